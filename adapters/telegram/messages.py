"""What members write to the bot alone: commands in words, photos with and without them, and how they came here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import telegram

from adapters.telegram import spoken
from adapters.telegram.arrivals import Event, Said, said_in
from adapters.telegram.callbacks import Callbacks, Pressed
from adapters.telegram.calls import Calls, Who, member_named, takes_member, takes_photo, with_member
from adapters.telegram.chooser import Chooser
from adapters.telegram.homes import PRIVATE, Home, Homes
from adapters.telegram.lately import Lately
from adapters.telegram.layout import Layout
from adapters.telegram.links import Expired, Links
from adapters.telegram.photos import Found, photo_in
from adapters.telegram.rights import Rights
from adapters.telegram.titles import Titles
from bot.chat import Command, Handler, Text, Visits
from bot.errors import BadArgument, Refused
from bot.wording import Wording

AVATAR = "avatar"
START = "start"
SEEN = 4_096
SEEN_SECONDS = 60.0
"""So long nobody is looked up again who was in the group for which they draw, or of whom that could not be told."""
LOOK_SECONDS = 3.0
"""Nobody waits longer for that."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message in a private chat, and who wrote it."""

    key: str
    who: Who
    message: telegram.Message
    photo: Found | None
    several: bool
    """The photo is the first of several."""
    at: int
    """When it was taken, in ms."""


class Messages:
    """Answers messages in private chats."""

    def __init__(
        self,
        handler: Handler,
        wording: Wording,
        calls: Calls,
        layout: Layout,
        chooser: Chooser,
        callbacks: Callbacks,
        links: Links,
        homes: Homes,
        rights: Rights,
        visits: Visits,
        titles: Titles,
        bot: telegram.Bot,
    ) -> None:
        self._handler = handler
        self._wording = wording
        self._calls = calls
        self._layout = layout
        self._chooser = chooser
        self._callbacks = callbacks
        self._links = links
        self._homes = homes
        self._rights = rights
        self._visits = visits
        self._titles = titles
        self._bot = bot
        self._seen: Lately[tuple[int, int], float] = Lately(SEEN)

    async def handle(self, event: Event, user: telegram.User, locale: str) -> None:
        """Answer a message, or an album. Service messages are not answered."""
        first = event.messages[0]
        who = Who(user.id, user.full_name, locale, await self._home(user.id, event))
        commanded = [(message, command) for message in event.messages if (command := said_in(message))]
        message, command = commanded[0] if commanded else (first, None)
        photos = [photo for one in event.messages if (photo := photo_in(one))]
        arrival = Arrival(event.key, who, message, photos[0] if photos else None, len(event.messages) > 1, event.at)
        if command is not None and command.name == START:
            await self._start(arrival, command.rest)
        elif command is not None:
            await self._commanded(arrival, command)
        elif arrival.photo is not None:
            await self._photo(arrival, arrival.photo)
        elif message.text is not None or message.effective_attachment is not None:
            await self._calls.say(event.key, who, Text("telegram-lost"))

    async def _home(self, user: int, event: Event) -> Home | None:
        """Raises ``Refused`` where somebody has gone elsewhere since an earlier process took what they sent."""
        number, _, since = (await self._visits.home(str(user))).partition(":")
        if event.again and int(since or 0) > event.at:
            raise Refused("telegram-too-late")
        home = self._homes.get(int(number)) if number else None
        await self._titles.learn(home)
        return home

    async def _lost(self, who: Who, command: Command) -> Text | None:
        """Why somebody is not served for the group any more for which they came here; said once."""
        member = str(who.user)
        if who.home is None:
            # One that is not known any more is as good as over.
            over = await self._visits.home(member) or await self._visits.ran_out(member)
            reason = "telegram-visit-over"
        else:
            over = command.draws and not await self._belongs(who.home.chat, who.user)
            reason = "telegram-visit-not-member"
        if not over:
            return None
        await self._visits.end(member)
        return Text(reason)

    async def _belongs(self, chat: int, user: int) -> bool:
        """Whether somebody is, or was a moment ago, in a group; in doubt they are."""
        now = asyncio.get_running_loop().time()
        if now - self._seen.get((chat, user), -SEEN_SECONDS) < SEEN_SECONDS:
            return True
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                there = await self._rights.belongs(chat, user)
        except TimeoutError:
            there = True
        if there:
            self._seen[chat, user] = now
        return there

    # --- how they came here ------------------------------------------------------------------------------------------

    async def _start(self, arrival: Arrival, payload: str) -> None:
        who = arrival.who
        if not payload:
            await self._visits.end(str(who.user))
            await self._welcome(arrival.key, replace(who, home=None), "")
            return
        try:
            number, name = self._links.unpack(payload)
        except Expired:
            await self._calls.say(arrival.key, who, Text("telegram-link-expired"))
            return
        except ValueError:
            await self._calls.say(arrival.key, who, Text("telegram-link-broken"))
            return
        home, command = self._homes.get(number), self._calls.commands.get(name)
        if home is None or command is None:
            await self._calls.say(arrival.key, who, Text("telegram-link-broken"))
            return
        if not await self._rights.belongs(home.chat, who.user):
            await self._calls.say(arrival.key, who, Text("telegram-link-not-member"))
            return
        # What an earlier process took before this is not for this group.
        await self._visits.begin(str(who.user), f"{number}:{arrival.at}")
        await self._titles.learn(home)
        arrival = replace(arrival, who=replace(who, home=home))
        if name == AVATAR:
            await self._welcome(arrival.key, arrival.who, self._title(home, await self._calls.language(who)))
        else:
            await self._run(arrival, command, "")

    async def _welcome(self, key: str, who: Who, title: str) -> None:
        locale = await self._calls.language(who)
        laid = self._layout.welcome(title, chat=who.user, home=who.number, locale=locale)
        await self._calls.put(self._calls.target(key, who), laid)

    def _title(self, home: Home, locale: str) -> str:
        return self._titles.of(home.number) or self._wording.say(locale, Text("telegram-some-group"))

    # --- what they want ----------------------------------------------------------------------------------------------

    async def _commanded(self, arrival: Arrival, said: Said) -> None:
        command = self._calls.typed.get(said.name)
        if command is None:
            await self._calls.do(await self._calls.task(arrival.key, arrival.who, "", {}))
            return
        await self._run(arrival, command, said.rest)

    async def _run(self, arrival: Arrival, command: Command, rest: str) -> None:
        who, message = arrival.who, arrival.message
        photo = arrival.photo
        if photo is None and takes_photo(command):
            photo = _pointed_at(message, who)
        if not takes_photo(command):
            photo = None
        lost = await self._lost(who, command)
        if lost is not None:
            who = replace(who, home=None)
            arrival = replace(arrival, who=who)
            if not command.draws:
                await self._calls.say(f"{arrival.key}/lost", who, lost)
        if command.moderator and who.home is None:
            if takes_member(command) is not None:
                raise BadArgument("telegram-member-reply", {"command": command.name})
            raise Refused("telegram-room-in-group", {"command": command.name})
        task = await self._calls.task(arrival.key, who, command.name, {}, photo=photo)
        understood = await spoken.parse(self._handler, self._wording, task.call, rest)
        if understood.problem is not None or (lost is not None and command.draws):
            # Other styles hold now, and another limit: nothing is drawn before they know.
            await self._ask(arrival, command, understood, photo, lost)
            return
        meant = member_named(message)
        arguments = with_member(command, understood.arguments, meant)
        if (missing := takes_member(command)) is not None and missing not in arguments and task.call.is_moderator:
            raise BadArgument("telegram-member-reply", {"command": command.name})
        if arrival.several and photo is not None:
            # In a message of its own: the status changes until the picture is there.
            await self._calls.say(f"{arrival.key}/album", who, Text("telegram-album"))
        await self._calls.do(replace(task, call=replace(task.call, arguments=arguments)))

    async def _ask(
        self,
        arrival: Arrival,
        command: Command,
        understood: spoken.Spoken,
        photo: Found | None,
        lost: Text | None = None,
    ) -> None:
        """What could not be understood, or is not as it was, and buttons for it."""
        who = arrival.who
        problems = tuple(problem for problem in (lost if command.draws else None, understood.problem) if problem)
        if not any(argument.kind == "choice" for argument in command.arguments):
            await self._calls.say(arrival.key, who, *problems)
            return
        task = await self._calls.task(arrival.key, who, command.name, {}, photo=photo)
        given = {name: str(value) for name, value in understood.arguments.items()}
        laid = await self._chooser.message(
            task.call,
            given,
            chat=who.user,
            home=who.number,
            extra=problems,
            matches=understood.matches,
            photo=photo is not None,
        )
        await self._calls.put(task.target, laid)

    async def _photo(self, arrival: Arrival, photo: Found) -> None:
        """A photo without a command: for the button that asked for it, else a new picture."""
        replied = arrival.message.reply_to_message
        pressed = self._asked_for(replied, arrival.who.user)
        if pressed is None:
            await self._run(arrival, self._calls.commands[AVATAR], await self._wished(arrival))
            return
        home = self._homes.get(pressed.home)
        if home is None and pressed.home != PRIVATE:
            raise BadArgument("error-button")
        who = replace(arrival.who, home=home)
        name, arguments = pressed.command, pressed.arguments
        if pressed.kind == "run":
            name, arguments = self._chooser.read(replied)
        await self._calls.do(await self._calls.task(arrival.key, who, name, arguments, photo=photo))

    async def _wished(self, arrival: Arrival) -> str:
        """The caption of a photo if it says what to draw and nothing else: “ink”, but not “me on holiday”."""
        caption = arrival.message.caption or ""
        call = (await self._calls.task(arrival.key, arrival.who, AVATAR, {})).call
        return caption if (await spoken.parse(self._handler, self._wording, call, caption)).problem is None else ""

    def _asked_for(self, message: telegram.Message | None, chat: int) -> Pressed | None:
        """The first button of a message of ours for which a photo can be sent; that of a chooser runs what was chosen."""
        if message is None or message.reply_markup is None or message.from_user != self._bot.bot:
            return None
        for row in message.reply_markup.inline_keyboard:
            for button in row:
                try:
                    pressed = self._callbacks.unpack(str(button.callback_data or ""), chat=chat)
                except ValueError:
                    continue
                if pressed.kind == "run" or (pressed.kind == "call" and pressed.wants_photo):
                    return pressed
        return None


def _pointed_at(message: telegram.Message, who: Who) -> Found | None:
    """The photo in the message to which a command replies. Raises ``Refused`` unless it is the member's own."""
    replied = message.reply_to_message
    if replied is None:
        return None
    photo, own = photo_in(replied), replied.from_user is not None and replied.from_user.id == who.user
    if photo is None and own:
        raise Refused("telegram-message-empty")
    if photo is not None and not own:
        raise Refused("telegram-message-foreign")
    return photo
