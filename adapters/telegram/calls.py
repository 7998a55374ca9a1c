"""From a call to what the member sees: its photo is fetched, it is handled, and whatever the reply asks for is done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import telegram
from telegram.error import BadRequest, ChatMigrated

from adapters.publishing import Removed
from adapters.telegram import spoken
from adapters.telegram.connection import PASSING, named
from adapters.telegram.declarations import by_typed
from adapters.telegram.homes import PRIVATE, Home, Homes
from adapters.telegram.lately import Lately
from adapters.telegram.layout import Message
from adapters.telegram.outbound import Outbound
from adapters.telegram.photos import Found, PhotoLost, Photos
from adapters.telegram.rights import Rights
from adapters.telegram.sharing import Sharing
from adapters.telegram.targets import PLATFORM, Target
from bot.chat import Call, Command, Handler, Inbox, MemberRef, Reply, Text, Visits
from bot.errors import BotError, StorageTrouble, Unreachable
from bot.wording import negotiate

log = logging.getLogger(__name__)

ANSWER_SECONDS = 180.0
"""All messages of an answer, with the rests that Telegram asks for."""
SHOW_AGAIN_SECONDS, LONGEST_REST_SECONDS = 5.0, 60.0
"""Between two tries of what did not get through, growing from the one to the other."""
OWED_SECONDS = 600.0
"""After which that is given up."""
OWED = 500
"""Answers that wait for Telegram in memory; whoever comes after that gets none."""
CARRIED_OUT = 4_096
LANGUAGES = 4_096

ROOM = "room"
"""The panel in which moderators also read what the bot may not do in their group."""

TELL_MODERATORS = frozenset({"help", "privacy"})
"""Commands that everybody may call, and that tell moderators more."""


LEFT = {
    Removed.LATER: "telegram-unshare-later",
    Removed.REFUSED: "telegram-unshare-refused",
    Removed.MOVED: "telegram-unshare-old",
}
"""What a member is told whose picture could not be removed from the group."""

EXTRA: dict[str, tuple[Text, ...]] = {
    # What is stored about somebody, and who else gets what goes through here.
    "privacy-likeness": (Text("telegram-privacy"),),
    "help-privacy": (Text("telegram-help-photo"), Text("telegram-help-words"), Text("telegram-help-group")),
}


class RightsUnknown(BotError):
    """Telegram does not say just now who moderates a group."""

    default_key = "telegram-rights-unknown"


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody in their private chat, and the group that they came from."""

    user: int = field(repr=False)
    name: str = field(repr=False)
    locale: str
    """What Telegram says that they read."""
    home: Home | None = None

    @property
    def number(self) -> int:
        """The home as buttons carry it."""
        return PRIVATE if self.home is None else self.home.number


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: a call without its photo, and where the answer goes."""

    who: Who
    call: Call
    target: Target
    message: telegram.MaybeInaccessibleMessage | None = field(default=None, repr=False)
    """That of the button: the answer may replace it."""
    photo: Found | None = None
    named: bool = False
    """The member wants their name to stand beside what they share."""
    as_file: bool = False
    """The picture is wanted in its full quality."""
    about: tuple[Text, ...] = ()
    """Sentences of ours, to stand under the headline."""


@dataclass(eq=False, slots=True)
class _Owed:
    """An answer that is to get through yet."""

    user: int
    place: int
    """The message that it changes; 0 for a new one."""
    job: int | None
    """Of which it shows the picture."""
    wanted: bool = True
    trying: asyncio.Task[bool | None] | None = None


class Languages:
    """In which language somebody was last answered, and which one Telegram says that they read."""

    def __init__(self) -> None:
        self._answered: Lately[int, str] = Lately(LANGUAGES)
        self._heard: Lately[int, str] = Lately(LANGUAGES)

    def learn(self, user: int, locale: str) -> None:
        self._answered[user] = locale

    def of(self, user: int, locale: str) -> str:
        """Sentences of the adapter's own are in no other."""
        return self._answered.get(user, locale)

    def heard(self, chat: int, code: str | None) -> str:
        """The language of somebody's Telegram; where that does not tell, what was last spoken in this chat."""
        if code:
            self._heard[chat] = negotiate(code)
        return self._heard.get(chat) or negotiate(None)

    def forget(self, user: int) -> None:
        self._answered.pop(user, None)
        self._heard.pop(user, None)


class Calls:
    """Does what members ask for in their private chats."""

    def __init__(
        self,
        handler: Handler,
        homes: Homes,
        outbound: Outbound,
        sharing: Sharing,
        photos: Photos,
        rights: Rights,
        visits: Visits,
        inbox: Inbox,
        closing: asyncio.Event,
    ) -> None:
        self.commands: dict[str, Command] = {command.name: command for command in handler.commands}
        self.typed = by_typed(handler)
        self.languages = Languages()
        self._handler = handler
        self._homes = homes
        self._outbound = outbound
        self._sharing = sharing
        self._photos = photos
        self._rights = rights
        self._visits = visits
        self._inbox = inbox
        self._closing = closing
        self._owed: set[_Owed] = set()
        self._carried_out: Lately[str, None] = Lately(CARRIED_OUT)
        self._beside: set[str] = set()
        self._kept: dict[str, None] = {}
        """What could not be let go yet."""
        self._letting_go = False

    async def task(
        self,
        key: str,
        who: Who,
        command: str,
        arguments: Mapping[str, Any],
        *,
        message: telegram.MaybeInaccessibleMessage | None = None,
        photo: Found | None = None,
        reply_to: int = 0,
        moderator: bool | None = None,
    ) -> Task:
        """A call of this command; ``moderator`` if that is known already. Raises ``RightsUnknown``."""
        declared = self.commands.get(command)
        target = self.target(key, who, reply_to=photo.message if photo is not None else reply_to)
        # What is said in a message that is there already does not stand for a job.
        fresh = message is None or (declared is not None and declared.draws)
        home = who.home
        call = Call(
            key=key,
            platform=PLATFORM,
            room=f"dm-{who.user}" if home is None else home.room,
            channel=str(home.thread) if home is not None and home.thread else "",
            member=str(who.user),
            command=command,
            arguments=arguments,
            address=target.address() if fresh else None,
            locale=who.locale,
            is_moderator=await self._moderates(who, declared) if moderator is None else moderator,
        )
        return Task(who, call, target, message, photo)

    def target(self, key: str, who: Who, *, reply_to: int = 0) -> Target:
        """Where this is answered: a private chat has the number of whom it is with."""
        return Target(who.user, reply_to=reply_to, home=who.number, tag=key, locale=who.locale)

    async def do(self, task: Task) -> None:
        """Handle a call, do what the reply asks for, and show it."""
        await self.show(task, await self.carry_out(task))

    async def carry_out(self, task: Task) -> Reply:
        """Handle a call and do what the reply asks for. What is left to be shown.

        From then on it is not done again, whatever becomes of the answer: the member may have wished otherwise since.
        """
        reply = await self._done(task)
        self._carried_out[task.call.key] = None
        self._beside.discard(task.call.key)
        await self.let_go(task.call.key)
        return reply

    def go_on(self, key: str) -> None:
        """An event is carried out beside what its member does next: until then it is not let go."""
        self._beside.add(key)

    def give_up(self, key: str) -> None:
        """It is not carried out any more."""
        self._beside.discard(key)

    def is_carried_out(self, key: str) -> bool:
        """Whether a call was, lately and in this process."""
        return key in self._carried_out

    async def let_go(self, key: str) -> None:
        """Nothing is left to do about an event. Where that cannot be written down now, it is as soon as it can be."""
        if key in self._beside:
            return
        try:
            await self._inbox.done(key)
            # Whatever can be written down again is: done anew after a kill, it would undo what its member did since.
            await self._let_go_kept()
        except StorageTrouble as error:
            log.error("an event that was answered stays in the inbox for now: %s", error.key)  # noqa: TRY400
            self._kept[key] = None
            if not self._letting_go:
                self._letting_go = True
                self._outbound.spawn(self._let_go_later())

    async def _let_go_kept(self) -> None:
        for key in tuple(self._kept):
            await self._inbox.done(key)
            self._kept.pop(key, None)

    async def _let_go_later(self) -> None:
        rest = SHOW_AGAIN_SECONDS
        while self._kept:
            await self.rest(rest)
            rest = min(LONGEST_REST_SECONDS, rest * 2)
            try:
                await self._let_go_kept()
            except StorageTrouble as error:
                if self._closing.is_set():
                    log.error("events that were answered are left to the next start: %s", error.key)  # noqa: TRY400
                    return
        self._letting_go = False

    async def _done(self, task: Task) -> Reply:
        reply = await self.handled(task)
        if reply.share is not None:
            reply = await self._share(task, reply)
        if reply.unshare and (told := LEFT.get(await self._sharing.unshare(reply.unshare))):
            reply = replace(reply, lines=(*reply.lines, Text(told)))
        if task.call.command == "delete":
            self._erase(task, reply)
        if reply.forget:
            reply = await self._forget(task, reply)
        return await self._with_telegram(task, _about(task, reply))

    async def handled(self, task: Task) -> Reply:
        """What the application says to a call."""
        if task.photo is None:
            reply = await self._handler.handle(task.call)
        else:
            try:
                async with self._photos.held(task.photo) as upload:
                    arguments = {**task.call.arguments, "photo": upload}
                    reply = await self._handler.handle(replace(task.call, arguments=arguments))
            except PhotoLost as error:
                return said(error, await self.language(task.who))
        if reply.locale:
            self.languages.learn(task.who.user, reply.locale)
        return reply

    async def say(self, key: str, who: Who, *lines: Text) -> bool:
        """A sentence of the adapter's own, in a new message. False if the member does not see it."""
        task = Task(who, self._nothing(key, who), self.target(key, who))
        return await self.show(task, Reply(lines=lines, locale=await self.language(who)))

    async def put(
        self, target: Target, laid: Message, *, message: telegram.MaybeInaccessibleMessage | None = None
    ) -> bool:
        """Show something that is laid out already, in place of ``message`` if there is one. As ``show``."""
        return await self.tell(
            target.chat,
            partial(self._outbound.say, target, laid, message=message),
            partial(self._outbound.answer, target, _sorry(target.locale)),
            place=_number(message),
        )

    async def language(self, who: Who) -> str:
        """In which language somebody reads: their own choice, which the application knows."""
        known = self.languages.of(who.user, "")
        if not known:
            known = await spoken.reads(self._handler, self._nothing("", who))
            self.languages.learn(who.user, known)
        return known

    def _nothing(self, key: str, who: Who) -> Call:
        """A call of no command."""
        room = f"dm-{who.user}" if who.home is None else who.home.room
        return Call(key, PLATFORM, room, str(who.user), locale=who.locale)

    async def show(self, task: Task, reply: Reply) -> bool:
        """Show the answer to a call. False if the member cannot be reached; as ``tell``."""
        target, message = task.target, task.message
        if task.as_file and reply.picture is not None:
            work = partial(self._outbound.file, target, reply)
        else:
            work = partial(self._outbound.answer, target, reply, message=message)
        # Whatever made Telegram refuse the reply, this is short.
        sorry = partial(self._outbound.answer, target, replace(_sorry(reply.locale), busy=reply.busy), message=message)
        place = _number(message) if reply.replaces else 0
        return await self.tell(target.chat, work, sorry, place=place, job=_job_shown(reply))

    async def tell(
        self,
        user: int,
        work: Callable[[], Awaitable[bool]],
        sorry: Callable[[], Awaitable[bool]],
        *,
        place: int = 0,
        job: int | None = None,
    ) -> bool:
        """Do what shows a member something, ``sorry`` if Telegram refuses it. False if they cannot be reached.

        What only did not get through is tried again for minutes, while the member goes on: until they delete the picture
        of ``job``, if it shows that, or until there is something newer for the message at ``place``.
        """
        before = self._drop(user, place=place) if place else []
        told = await self._tried(work, sorry)
        if told is False or (told and not before):
            return told
        if len(self._owed) < OWED:
            owed = _Owed(user, place, job)
            self._owed.add(owed)
            self._outbound.spawn(self._go_on(owed, work, sorry, before))
        else:
            log.error("too many answers wait for Telegram: one is not given")
        return True

    async def _go_on(
        self,
        owed: _Owed,
        work: Callable[[], Awaitable[bool]],
        sorry: Callable[[], Awaitable[bool]],
        before: Sequence[asyncio.Task[Any]],
    ) -> None:
        """Until an answer gets through, and stands there after those ``before`` it which are under way."""

        async def settled() -> bool:
            if not owed.wanted:
                return True
            owed.trying = trying = asyncio.create_task(self._tried(work, sorry))
            try:
                await asyncio.wait({trying})
                # Abandoned ones end as if cancelled.
                return trying.cancelled() or trying.result() is not None
            finally:
                trying.cancel()
                await asyncio.gather(trying, return_exceptions=True)
                owed.trying = None

        given = False
        try:
            if before:
                await asyncio.wait(before)
                given = await settled()
            given = given or await self.again(settled)
        finally:
            if not given:
                log.error("an answer was given up")
            self._owed.discard(owed)

    async def _tried(self, work: Callable[[], Awaitable[bool]], sorry: Callable[[], Awaitable[bool]]) -> bool | None:
        """None if it did not get through."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                try:
                    return await work()
                except BadRequest as error:
                    log.warning("an answer was refused: %s", named(error))
                    return await sorry()
        except Unreachable:
            return False
        except BadRequest:
            raise
        except PASSING as error:
            log.warning("an answer did not get through: %s", named(error))
            return None

    def _drop(self, user: int, *, place: int = 0, job: int | None = None) -> list[asyncio.Task[Any]]:
        """What is owed to somebody is not wanted any more: that at one place, or that of one job, or all. Of what Telegram
        is asked for just now, the tasks that end once it is known what became of it."""
        under_way: list[asyncio.Task[Any]] = []
        for owed in [one for one in self._owed if one.user == user]:
            if (place and owed.place != place) or (job is not None and owed.job != job):
                continue
            owed.wanted = False
            if owed.trying is None:
                self._owed.discard(owed)
            else:
                self._outbound.abandon(owed.trying)
                under_way.append(owed.trying)
        return under_way

    def _erase(self, task: Task, reply: Reply) -> None:
        """Its member has deleted a picture: nothing of it may stand or arrive in their chat."""
        user, job, but = task.who.user, int(task.call.arguments.get("job", 0)), _number(task.message)
        under_way = self._drop(user, job=job)
        if reply.unshare:
            self._outbound.erased(user, job, but=but)
        if under_way:
            self._outbound.spawn(self._erase_after(under_way, user, job, but))

    async def _erase_after(self, under_way: Sequence[asyncio.Task[Any]], user: int, job: int, but: int) -> None:
        await asyncio.wait(under_way)
        self._outbound.erased(user, job, but=but)

    async def again(self, work: Callable[[], Awaitable[bool]]) -> bool:
        """Try ``work`` after growing rests until it is true. False after minutes; at the end there is one try more."""
        clock = asyncio.get_running_loop().time
        until, rest = clock() + OWED_SECONDS, SHOW_AGAIN_SECONDS
        while clock() < until:
            await self.rest(rest)
            if await work():
                return True
            if self._closing.is_set():
                return False
            rest = min(LONGEST_REST_SECONDS, rest * 2)
        return False

    async def rest(self, seconds: float) -> None:
        """Wait, but not past the end."""
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            pass

    async def _moderates(self, who: Who, command: Command | None) -> bool:
        """Looked up for each call that asks for it."""
        home = who.home
        if home is None or command is None or not (command.moderator or command.name in TELL_MODERATORS):
            return False
        try:
            return await self._look_up(home.chat, who.user)
        except PASSING as error:
            log.warning("who moderates a group cannot be told: %s", named(error))
            if command.moderator:
                raise RightsUnknown from None
            return False

    async def _look_up(self, chat: int, user: int) -> bool:
        try:
            return await self._rights.moderates(chat, user)
        except ChatMigrated as error:
            await self._homes.moved(chat, error.new_chat_id)
            return await self._rights.moderates(error.new_chat_id, user)

    async def _share(self, task: Task, reply: Reply) -> Reply:
        """Post the picture; where that cannot be, undo what the application has noted, and say why."""
        who, share = task.who, reply.share
        if share is None:
            return reply
        refusal: str | None = "telegram-share-in-group"
        if who.home is not None:
            name = who.name if task.named else ""
            try:
                refusal = await self._sharing.share(share, who.home, user=who.user, name=name, locale=reply.locale)
            except PASSING as error:
                log.warning("a picture could not be shared: %s", named(error))
                refusal = "telegram-share-unknown"
        if refusal is None:
            return reply
        # Where it was shared before, it still stands, and the application is right to think so.
        command = "show" if await self._sharing.stands(share.tag) else "unshare"
        told = await self._handler.handle(replace(task.call, key=f"{task.call.key}/{command}", command=command))
        # Its picture stays where it is when only the application is in trouble.
        placed = told.replaces or told.picture is not None
        # What the attempt may have left is on its way out; to say more of it would frighten without need.
        await self._sharing.unshare(told.unshare)
        return replace(told, lines=(Text(refusal), *told.lines[1:]), replaces=placed, unshare=())

    async def _with_telegram(self, task: Task, reply: Reply) -> Reply:
        """``reply`` with what is only so here: each of these stands before the sentence for whose sake it is said."""
        lines = [said for line in reply.lines for said in (*EXTRA.get(line.key, ()), line)]
        for number, line in enumerate(lines):
            if line.key == "telegram-help-words":
                styles = await self._handler.options(replace(task.call, command="avatar"), "style")
                lines[number] = Text(line.key, {"example": styles[0].label if styles else ""})
        if any(line.key == "photo-again" for line in lines):
            lines.append(Text("telegram-photo-reply"))
        home = task.who.home
        if reply.panel == ROOM and home is not None and await self._rights.may_delete(home.chat) is False:
            lines.append(Text("telegram-room-no-delete"))
        return replace(reply, lines=tuple(lines))

    async def _forget(self, task: Task, reply: Reply) -> Reply:
        user = task.who.user
        self.languages.forget(user)
        if under_way := self._drop(user):
            await asyncio.wait(under_way)  # else nobody would know of what arrives after this
        await self._visits.end(str(user))
        self._outbound.forget(user, reply.forgotten, but=_number(task.message))
        return replace(reply, lines=(*reply.lines, Text("telegram-forget-screen")))


def said(error: BotError, locale: str) -> Reply:
    """An error as its member reads it."""
    return Reply(lines=(Text(error.key, error.parameters),), locale=locale)


def _sorry(locale: str) -> Reply:
    return Reply(lines=(Text("telegram-unexpected"),), locale=locale)


def _job_shown(reply: Reply) -> int | None:
    """Whose picture a reply shows."""
    return None if reply.picture is None else next((one.job for one in reply.actions if one.job is not None), None)


def _about(task: Task, reply: Reply) -> Reply:
    """A moderator's reply with the names of those whom it is about: the application does not know any."""
    if not task.about or not reply.lines:
        return reply
    return replace(reply, lines=(reply.lines[0], *task.about, *reply.lines[1:]))


def _number(message: telegram.MaybeInaccessibleMessage | None) -> int:
    return 0 if message is None else message.message_id


def member_named(message: telegram.Message, replied: telegram.Message | None = None) -> telegram.User | None:
    """Whom a command is about: the author of ``replied``, or whoever is mentioned by name."""
    if replied is not None:
        # Anonymous administrators and channels write under ids that many share.
        return None if replied.sender_chat is not None else replied.from_user
    entities = message.entities or message.caption_entities
    return next((entity.user for entity in entities if entity.user is not None), None)


def with_member(command: Command, arguments: Mapping[str, Any], user: telegram.User | None) -> dict[str, Any]:
    """``arguments`` with the member whom the command is about."""
    name = takes_member(command)
    return dict(arguments) if name is None or user is None else {**arguments, name: MemberRef(str(user.id))}


def takes_member(command: Command) -> str | None:
    """The name of the argument for a member."""
    return next((argument.name for argument in command.arguments if argument.kind == "member"), None)


def takes_photo(command: Command) -> bool:
    return any(argument.kind == "photo" for argument in command.arguments)
