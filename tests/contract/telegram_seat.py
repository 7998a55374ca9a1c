"""Telegram from a member's chair: python-telegram-bot, unmodified, at a strict fake of the Bot API.

The room is a group, and a member is served in the private chat: they come there once, by the link that the group shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import certifi
import pytest
from PIL import Image, UnidentifiedImageError

from adapters.telegram import Telegram
from adapters.telegram.arrivals import key_of
from adapters.telegram.callbacks import Callbacks, Pressed
from adapters.telegram.layout import ELSEWHERE, SCOPED
from adapters.telegram.links import Links
from adapters.telegram.pace import Rates
from bot.chat import DEFAULT_LOCALE, LOCALES, Action, Call, Inbox, Left, Platform, Reply, Text
from tests.contract.seats import SECONDS, WORDING, Button, Heard, Machine, Menu, Place, Post, Seat, Seen, said
from tests.telegram_peer.actors import PrivateChat, User
from tests.telegram_peer.chats import Group, Topic
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer

KEY = b"t" * 32
"""Signs the buttons. Who has it can forge any: the seat does, to see what the application makes of such."""
PUBLIC = (
    "pointer",
    "pointer-answer",
    "photo-removed",
    "photo-stays",
    "photo-still",
    "photo-earlier",
    "share-frame",
    "done",
)
"""Sentences for a group; they tell nothing of anybody."""
PUTS = re.compile(r"(send(?!ChatAction)|edit|copy|forward)\w+")
"""Methods that put something before somebody's eyes."""

BAR = re.compile(r"[▰▱]+")
ITEM = "• "
TICK = "✓ "
NUMBERED = re.compile(r"\d+ ")
PAGE = re.compile(r"(\d+)/(\d+)")


class Answered:
    """The inbox, and which events were let go by the adapter because it had answered them: hands everything on."""

    def __init__(self, inbox: Inbox, answered: set[str], changed: Callable[[], None]) -> None:
        self._inbox = inbox
        self._answered = answered
        self._changed = changed

    async def take(self, events: Sequence[tuple[str, bytes]]) -> list[str]:
        return await self._inbox.take(events)

    async def left(self) -> list[Left]:
        return await self._inbox.left()

    async def done(self, key: str) -> None:
        await self._inbox.done(key)
        self._answered.add(key)
        self._changed()


class TelegramPlace(Place):
    kind = "telegram"
    describes = False  # beside a picture there is only its caption, and in that the sentences stand
    platform: Telegram
    seats: list[TelegramSeat]  # type: ignore[assignment]

    def __init__(self, machine: Machine, folder: Path, peer: TelegramPeer, *, forum: bool) -> None:
        super().__init__(machine, folder)
        self.peer = peer
        self.group = peer.group("Library", forum=forum)
        self.room: Group | Topic = self.group.topic("Art") if forum else self.group
        self.has_parts = forum
        self.callbacks = Callbacks(KEY)
        self._heard: list[Heard] = []
        self.answered: set[str] = set()
        self.repeats = False
        """Something was delivered twice."""

    @classmethod
    @contextlib.asynccontextmanager
    async def around(
        cls, machine: Machine, folder: Path, *, judged: bool, forum: bool = False
    ) -> AsyncIterator[TelegramPlace]:
        """A place with its own fake Telegram. ``judged``: held against Telegram's own document, which takes its time.

        ``forum``: the room is a topic of a group that has several.
        """
        with pytest.MonkeyPatch.context() as patch:
            # Nobody speaks TLS here, yet each client reads whom it would trust: all of the world's take a while.
            patch.setenv("SSL_CERT_FILE", str(_one_certificate(folder)))
            async with TelegramPeer.serving(judged=judged) as peer:
                yield cls(machine, folder, peer, forum=forum)

    async def connect(self, stack: contextlib.AsyncExitStack) -> Platform:
        peer = self.peer
        self._heard.append(self.heard)
        telegram = Telegram(
            self.heard,
            WORDING,
            self.folder / "data" / "telegram",
            token=peer.token,
            key=KEY,
            clock=peer.clock,
            inbox=Answered(self.app.inbox("telegram"), self.answered, peer.world.changed),
            visits=self.app.visits("telegram"),
            api=peer.api,
            file_api=peer.file_api,
            rates=Rates.unlimited(),
            shared=self.app.shared,
        )
        serving = asyncio.create_task(telegram.run())

        async def close() -> None:
            await telegram.close()
            await serving

        stack.push_async_callback(close)
        async with asyncio.timeout(SECONDS):
            await telegram.ready.wait()
        return telegram

    async def back(self) -> None:
        """Nobody's client was ever connected to the bot."""

    async def newcomer(self, name: str, locale: str = "en", *, moderator: bool = False) -> TelegramSeat:
        actor = self.peer.user(name, language=locale)
        self.group.join(actor)
        if moderator:
            self.group.admin(actor)
        seat = TelegramSeat(self, actor, locale, moderator=moderator)
        await seat.arrive()
        self.seats.append(seat)
        return seat

    async def demote(self, seat: Seat) -> None:
        assert isinstance(seat, TelegramSeat)
        self.group.demote(seat.actor)

    def room_sees(self) -> list[Post]:
        return [Post(one.uploaded, self._words(one)) for one in self.group.posts if one.media]

    def _words(self, post: Message) -> str:
        """What stands beside a picture, but for the description that other clients read to those who cannot see it."""
        shares = [reply for _, reply in self.heard.answers if reply.share and reply.share.picture.data == post.uploaded]
        described = {WORDING.say(reply.locale, reply.share.picture.alt) for reply in shares if reply.share}
        return "" if post.caption in described else post.caption

    def room_got(self) -> bytes:
        """All that the bot ever put into the group, and into the private chat of one who only looks on."""
        onlookers = (self.group.id, self.seats[-1].actor.id)
        shown = [one for one in self.peer.requests if PUTS.match(one.method) and one.params["chat_id"] in onlookers]
        words = [json.dumps(one.params, ensure_ascii=False).encode() for one in shown]
        return b"".join([*words, *(file.data for one in shown for file in one.files.values())])

    def lines(self, call: Call, reply: Reply) -> Sequence[Text]:
        lines: list[Text] = []
        for line in reply.lines:
            match line.key:
                case "privacy-likeness":
                    # What goes through Telegram, Telegram gets; and it is remembered from which group somebody came.
                    lines.append(Text("telegram-privacy"))
                case "help-privacy":
                    # Here nothing is chosen in a form: photos are just sent, and words are typed.
                    lines += [
                        Text("telegram-help-photo"),
                        Text("telegram-help-words", {"example": self._example(reply.locale)}),
                    ]
                    lines.append(Text("telegram-help-group"))
                case _:
                    pass
            lines.append(line)
        # A moderator's answer names the member by a code; only the platform knows their name.
        about = [seat for seat in self.seats if str(seat.actor.id) in self.mentioned(call)] if call.is_moderator else []
        lines[1:1] = [Text("telegram-about-member", {"name": seat.actor.first_name}) for seat in about]
        # One private chat serves many groups: what holds for one of them names it.
        alone, title = call.room.startswith("dm-"), {"title": self.group.title}
        if lines[0].key == "share-done":
            lines[0] = Text("telegram-share-done-in", title)
        elif lines[0].key in SCOPED:
            others = not alone and lines[0].key in ELSEWHERE
            scope = Text("telegram-for-alone") if alone else Text("telegram-for-group", title)
            lines[1:1] = [scope, *[Text("telegram-other-groups")] * others]
        # A photo cannot be asked for in a form either.
        lines += [Text("telegram-photo-reply")] * any(line.key == "photo-again" for line in reply.lines)
        # A bot can delete what it wrote lately and no more: the rest only the member can.
        lines += [Text("telegram-forget-screen")] * reply.forget
        # Pictures of an album have no buttons of their own, and no numbers on them.
        lines += [Text("telegram-wall-order")] * (len(reply.wall) > 1 and reply.sheet is None)
        # What the bot may not do, only an administrator of the group can change.
        lines += [Text("telegram-room-no-delete")] * (reply.panel == "room" and not self._may_delete)
        return [self.reworded(line) for line in lines]

    @property
    def _may_delete(self) -> bool:
        return self.group.member(self.peer.world.bot).rights.get("can_delete_messages", False)

    def _example(self, locale: str) -> str:
        return next(iter(self.app.styles.values())).called(locale)

    def problems(self) -> list[str]:
        astray = [one for one in self.group.posts if isinstance(self.room, Topic) and one.thread != self.room.id]
        # A press is acknowledged before it is looked up whether it is new: nobody is to wait for the disk.
        found = [one for one in self.peer.problems if not (self.repeats and one.endswith("a query answered twice"))]
        return [*found, *(f"not in the topic: {one}" for one in astray), *self._indiscretions()]

    def _indiscretions(self) -> Iterator[str]:
        """What the group ever got that was neither the way into the private chat nor shared."""
        shares = [
            (reply.locale, share) for heard in self._heard for _, reply in heard.answers if (share := reply.share)
        ]
        pictures = {share.picture.data for _, share in shares}
        known = {WORDING.say(locale, Text(f"telegram-{key}")) for locale in LOCALES for key in PUBLIC}
        for locale, share in shares:
            named = [Text("telegram-shared-by", {"name": seat.actor.first_name}) for seat in self.seats]
            known |= {WORDING.say(locale, text) for text in (share.picture.alt, *named)}
        for message in (one for one in self.group.all if one.from_bot):
            for _, text in message.history:
                yield from (f"said in the group: {words}" for words in text.split("\n\n") if words not in known)
        for request in self.peer.requests:
            if request.params.get("chat_id") == self.group.id:
                uploaded = {file.data for file in request.files.values()}
                yield from (f"shown in the group by {request.method}" for _ in uploaded - pictures)

    def reworded(self, text: Text) -> Text:
        """The same sentence in words that are true here: in a private chat, “here” is not the room."""
        own = f"telegram-own-{text.key}"
        parameters = {
            name: self.reworded(value) if isinstance(value, Text) else value for name, value in text.parameters.items()
        }
        key = own if own in WORDING.keys(DEFAULT_LOCALE) else text.key
        for name in (one for one in WORDING.keys(DEFAULT_LOCALE).get(key, ()) if one.startswith("typed")):
            command = name.removeprefix("typed").removeprefix("-") or str(parameters["command"])
            parameters[name] = f"/{command}@{self.peer.username}"
        return Text(key, parameters)

    def listed(self, typed: str) -> str:
        """Our name of a command that is typed here; Telegram takes no hyphens."""
        return next((one.name for one in self.heard.commands if one.name.replace("-", "_") == typed), typed)

    async def done(self, number: int) -> str:
        """Wait until the bot has answered an update. The key of its call."""
        updates = self.peer.updates
        body = next(one.body for one in (*updates.pending, *updates.delivered) if one.id == number)
        key = key_of(json.loads(body), KEY)
        # It is let go once it was carried out, which may be before all of its answer is said.
        busy = self.platform._inbound._busy
        await self.peer.until(lambda: key in self.answered and not busy, SECONDS, f"an answer to {body}")
        return key


def _one_certificate(folder: Path) -> Path:
    world = Path(certifi.where()).read_text("utf-8")
    file = folder / "certificate.pem"
    file.write_text(world[world.index("-----BEGIN") : world.index("-----END")] + "-----END CERTIFICATE-----\n")
    return file


@dataclass(frozen=True)
class Answer:
    """The messages in which an answer is read."""

    messages: tuple[Message, ...]


class TelegramSeat(Seat):
    place: TelegramPlace

    def __init__(self, place: TelegramPlace, actor: User, locale: str, *, moderator: bool) -> None:
        self.place, self.actor, self.locale, self.moderator = place, actor, locale, moderator
        self._welcome: Message
        self._came: Message
        self._home = 0
        self._menus: dict[Message, tuple[int, dict[str, Menu]]] = {}
        """What was found in the menus of a message, and after how many edits."""

    @property
    def chat(self) -> PrivateChat:
        return self.place.peer.world.private(self.actor)

    @property
    def secrets(self) -> list[bytes]:
        return [str(self.actor.id).encode(), self.actor.name.encode(), self.actor.first_name.encode()]

    async def leave(self) -> None:
        """Nothing was opened."""

    async def arrive(self) -> None:
        """Ask for a picture in the group, and follow the link that stands there then."""
        self._came, number = await self._write(self.place.room, f"/avatar@{self.place.peer.username}")
        await self.place.done(number)
        (self._welcome,) = await self._follow("avatar")
        (draw, *_) = self._welcome.parts
        self._home = self.place.callbacks.unpack(draw["callback_data"], chat=self.actor.id).home
        assert self._home

    async def palette(self) -> list[str]:
        return [self.place.listed(command["command"]) for command in self.actor.menu(self.place.group)]

    async def offers(self, command: str, argument: str, typed: str = "") -> dict[str, str]:
        if typed:
            return await self._understood(command, argument, typed)
        message = self._welcome
        if not self._ways(message, kind="run"):
            (choose,) = self._ways(message, kind="choose")
            await self._press(message, choose)
        (open_,) = [one for one in self._ways(message, kind="choose") if self._unpack(one).argument == argument]
        await self._press(message, open_)
        offered: dict[str, str] = {}
        async for parts in self._pages(message):
            choices = {self._unpack(part["callback_data"]).choice: part["text"] for part in parts if _is(part, "p")}
            offered |= {value: label.removeprefix(TICK) for value, label in choices.items()}
        assert offered.pop("")  # that it is left to us is no choice elsewhere
        (*_, back) = message.parts
        await self._press(message, back["callback_data"])
        return offered

    async def _understood(self, command: str, argument: str, typed: str) -> dict[str, str]:
        """What the beginning of a word is taken for: it is done at once if there is one such thing, else asked for."""
        before, asked = self._told(), len(self.place.heard.answers)
        _, number = await self._write(None, f"/{command} {argument}={typed}")
        await self.place.done(number)
        calls = [call for call, _ in self.place.heard.answers[asked:] if call.command == command]
        if calls:
            value = calls[-1].arguments[argument]
            return {value: WORDING.say(self.locale, Text("verbatim", {"text": value}))}
        (message,) = self._since(before)
        picks = [part for part in message.parts if _is(part, "p")]
        return {self._unpack(one["callback_data"]).choice: one["text"].partition(": ")[2] for one in picks}

    # --- doing -------------------------------------------------------------------------------------------------------

    async def say(self, command: str, /, *, photo: bytes | None = None, **arguments: str | Seat) -> Seen:
        self.photo = photo or self.photo
        name = command.replace("-", "_")
        before = self._told()
        members = [value for value in arguments.values() if isinstance(value, TelegramSeat)]
        given = {key: value for key, value in arguments.items() if isinstance(value, str)}
        words = " ".join([f"/{name}", *(f"{key}={value}" for key, value in given.items())])
        if members:
            # Only in the group there is a message of theirs to reply to.
            (whom,) = members
            text = f"{words}@{self.place.peer.username}"
            _, number = await self._write(self.place.room, text, reply_to=whom._came)
        elif photo is None:
            _, number = await self._write(None, words)
        elif _is_picture(photo):
            _, number = await self._write(None, caption=words, photo=photo)
        else:
            _, number = await self._write(None, caption=words, document=photo, name="photo")
        await self.place.done(number)
        if members and not self._since(before):
            # Who may not do that there is led to where they may read why.
            return await self._look_at(await self._follow(command))
        answer = self._since(before)
        if given and self._ways(answer[0], kind="run"):
            # What is not offered is no word either; it can still stand in a chooser that was opened before.
            return await self._run(answer[0], command, given)
        return await self._look_at(answer)

    async def _run(self, chooser: Message, command: str, given: Mapping[str, str]) -> Seen:
        """Press "Draw" under a line in which this is chosen."""
        for argument, value in given.items():
            pick = Pressed("pick", command, self._home, choice=value, argument=argument)
            await self._press(chooser, self.place.callbacks.press(pick, chat=self.actor.id), forged=True)
        (run,) = self._ways(chooser, kind="run")
        return await self._use(chooser, run)

    async def press(self, seen: Seen, command: str, choice: str | None = None, *, job: int | None = None) -> Seen:
        answer: Answer = seen.handle
        mine = all(message.chat is self.chat for message in answer.messages)
        for message in answer.messages:
            chat = message.chat.id
            if mine and self._ways(message, kind="named"):
                # The question how to share stands where the buttons were.
                (back,) = self._ways(message, kind="keys")
                await self._press(message, back)
            for part in message.parts:
                pressed = self.place.callbacks.unpack(part["callback_data"], chat=chat)
                if pressed.kind == "menu" and pressed.command == command and mine:
                    return await self._choose(message, part["callback_data"], command, str(choice))
                if (
                    pressed.kind in ("call", "share")
                    and pressed.command == command
                    and choice in (None, pressed.choice)
                    and job in (None, pressed.job)
                ):
                    if mine:
                        return await self._use(message, part["callback_data"])
                    return await self._forge(part["callback_data"], pressed)
        raise AssertionError(f"no way to {command} {choice} in {seen!r}")

    async def as_file(self, seen: Seen) -> Message:
        """Have a picture as a file: what is shown of it was compressed on its way."""
        (message,) = seen.handle.messages
        (file,) = self._ways(message, kind="file")
        before = self._told()
        await self._press(message, file)
        (sent,) = self._since(before)
        return sent

    async def share_by_name(self, seen: Seen) -> None:
        """Share a picture with one's name beside it."""
        (message,) = seen.handle.messages
        (share,) = self._ways(message, kind="share")
        await self._press(message, share)
        (named,) = self._ways(message, kind="named")
        await self._press(message, named)

    async def press_old(self, action: Action) -> Seen:
        data = self.place.callbacks.pack(action, chat=self.actor.id, home=self._home)
        return await self._use(self._welcome, data, forged=True)

    async def _forge(self, data: str, pressed: Pressed) -> Seen:
        """Somebody else's button: as it is, it is good for nothing here; and not even signing it for this chat helps."""
        asked, before = len(self.place.heard.answers), self._told()
        await self._press(self._welcome, data, forged=True)
        (refusal,) = self._since(before)
        assert refusal.says == WORDING.say(self.locale, Text("error-button"))
        assert not [call for call, _ in self.place.heard.answers[asked:] if call.command]
        own = self.place.callbacks.press(replace(pressed, home=self._home), chat=self.actor.id)
        return await self._use(self._welcome, own, forged=True)

    async def _choose(self, message: Message, menu: str, command: str, choice: str) -> Seen:
        """Open a menu, turn to the page with the choice, and press that."""
        await self._press(message, menu)
        async for parts in self._pages(message):
            for part in parts:
                pressed = self._unpack(part["callback_data"])
                if (pressed.kind, pressed.command, pressed.choice) == ("call", command, choice):
                    return await self._use(message, part["callback_data"])
        raise AssertionError(f"no {choice} among {message.buttons}")

    async def _use(self, message: Message, data: str, *, forged: bool = False) -> Seen:
        """Press a button and read what it says."""
        if self._unpack(data).kind == "share":
            # Asked how to share, they share without their name.
            await self._press(message, data, forged=forged)
            (nameless, *_) = message.parts
            data, forged = nameless["callback_data"], False
        before = self._told()
        key = await self._press(message, data, forged=forged)
        replaces = [reply.replaces for call, reply in self.place.heard.answers if call.key == key]
        there = [message] if replaces and replaces[-1] and not message.deleted else []
        return await self._look_at([*there, *self._since(before)])

    async def _press(self, message: Message, data: str, *, forged: bool = False) -> str:
        assert forged or data in [part.get("callback_data") for part in message.parts]
        press = await self.actor.forges(message, data, wait=False)  # by its data: two buttons may shut a menu
        key = await self.place.done(self.place.peer.updates.next_id)
        assert press.answered, "the button still turns"
        return key

    async def _write(self, where: Group | Topic | None, text: str = "", **more: Any) -> tuple[Message, int]:
        """Send a message. The number of the update in which the bot learns of it."""
        updates = self.place.peer.updates
        before = updates.next_id
        written = await self.actor.says(where, text, **more)
        assert updates.next_id == before + 1
        return written, updates.next_id

    async def _follow(self, command: str) -> list[Message]:
        """Press the link for a command that stands in the group now; what is said in the private chat then."""
        links = Links(KEY, self.place.peer.clock)
        urls = [url for one in self.place.room.posts for url in one.urls]
        url = next(url for url in reversed(urls) if links.unpack(url.partition("start=")[2])[1] == command)
        before = self._told()
        await self.actor.opens(url)
        await self.place.done(self.place.peer.updates.next_id)
        return self._since(before)

    async def repeat(self) -> None:
        peer, answers = self.place.peer, self.place.heard.answers
        await peer.settled()
        asked, number = len(answers), peer.updates.next_id
        peer.redeliver()
        await peer.settled()
        self.place.repeats = True
        # Nothing is to come of it, so something else is waited for: what one member does is done in order.
        before = self._told()
        _, help_ = await self._write(None, "/help")
        await self.place.done(help_)
        assert await self.place.done(number) not in [call.key for call, _ in answers[asked:]]
        assert len(self._since(before)) == 1

    def _unpack(self, data: str) -> Pressed:
        return self.place.callbacks.unpack(data, chat=self.actor.id)

    def _ways(self, message: Message, *, kind: str) -> list[str]:
        found = [part["callback_data"] for part in message.parts]
        return [data for data in found if self._unpack(data).kind == kind]

    # --- seeing ------------------------------------------------------------------------------------------------------

    def _told(self) -> int:
        return len(self.chat.all)

    def _since(self, before: int) -> list[Message]:
        return [one for one in self.chat.all[before:] if one.from_bot and not one.deleted]

    async def look(self, seen: Seen, such: Callable[[Seen], bool]) -> Seen:
        answer: Answer = seen.handle

        def state() -> list[tuple[int, bool]]:
            return [(message.edits, message.deleted) for message in answer.messages]

        now = await self._look_at(answer.messages)
        try:
            async with asyncio.timeout(SECONDS):
                while not such(now):
                    was = state()
                    await self.place.peer.until(lambda: state() != was, SECONDS, repr(seen))  # noqa: B023
                    now = await self._look_at(answer.messages)
        except AssertionError as error:
            raise TimeoutError from error
        return now

    def screen(self) -> list[Seen]:
        return [_read([message], self, {}) for message in self.actor.told if message is not self._welcome]

    async def reads(self, seen: Seen, reply: Reply, call: Call | None = None) -> Seen:
        reworded = self.place.reworded
        actions = [
            replace(
                action,
                label=reworded(action.label),
                options=tuple(replace(option, label=reworded(option.label)) for option in action.options),
            )
            for action in reply.actions
        ]
        # ``lines`` reads the keys of the sentences, so those are reworded there.
        lines = reply.lines if call else tuple(map(reworded, reply.lines))
        return await super().reads(seen, replace(reply, lines=lines, actions=tuple(actions)), call)

    async def _look_at(self, messages: Sequence[Message]) -> Seen:
        """Read an answer, with what is in its menus."""
        assert messages, "nothing was said"
        while stale := [one for one in messages if self._menus.get(one, (-1, {}))[0] != one.edits]:
            for message in stale:
                await self._open_menus(message)
        menus = {command: menu for message in messages for command, menu in self._menus[message][1].items()}
        return _read(messages, self, menus)

    async def _open_menus(self, message: Message) -> None:
        """Open each menu, read it, and shut it again."""
        found: dict[str, Menu] = {}
        if message.chat is self.chat and not message.deleted:
            for data in self._ways(message, kind="menu"):
                command = self._unpack(data).command
                await self._press(message, data)
                options: dict[str, str] = {}
                async for parts in self._pages(message):
                    options |= {
                        self._unpack(one["callback_data"]).choice: one["text"] for one in parts if _is(one, "c")
                    }
                chosen = tuple(value for value, label in options.items() if label.startswith(TICK))
                found[command] = Menu({value: label.removeprefix(TICK) for value, label in options.items()}, chosen)
                (*_, back) = message.parts
                await self._press(message, back["callback_data"])
        self._menus[message] = (message.edits, found)

    async def _pages(self, message: Message) -> AsyncIterator[list[dict[str, Any]]]:
        """All pages of what is open in a message, from the first one on."""
        pager = next((one for one in message.parts if PAGE.fullmatch(one["text"])), None)
        pages = int(pager["text"].partition("/")[2]) if pager else 1
        for page in range(1, pages + 1):
            while pages > 1 and f"{page}/{pages}" not in message.buttons:
                await self._press(message, message.data("▶"))
            yield message.parts


def _is(part: Mapping[str, Any], kind: str) -> bool:
    """Whether a button is of this kind, by the letter that stands behind its signature."""
    return part["callback_data"][8].lower() == kind


def _is_picture(data: bytes) -> bool:
    """Whether a client would send this as a photo."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.format in ("JPEG", "PNG") and len(data) < 10_000_000
    except UnidentifiedImageError:
        return False


def _lines(message: Message, place: TelegramPlace) -> Iterator[str]:
    """What a message says, with our names of the commands in it."""
    for line in said(message.says):
        yield re.sub(r"(?<![\w/])/([a-z0-9_]+)", lambda match: f"/{place.listed(match[1])}", line.removeprefix(ITEM))


def _read(messages: Sequence[Message], seat: TelegramSeat, menus: Mapping[str, Menu]) -> Seen:
    place, album = seat.place, [one for one in messages if one.album_id]
    found: dict[str, Any] = {"lines": (), "buttons": (), "menus": menus}
    # The order is all that ties a button to its picture where no name is seen: so it is numbered.
    assert all(one.caption.startswith(f"{number} ") for number, one in enumerate(album, 1))
    pressed = {one.caption for one in album}
    # Where all pictures of a wall are one, with numbers on them, these stand on the buttons.
    sheets = [one for one in messages if one.photo and any(NUMBERED.match(label) for label in one.buttons)]
    pressed |= {label for one in sheets for label in one.buttons if NUMBERED.match(label)}
    found["wall"] = tuple(one.partition(" ")[2] for one in sorted(pressed, key=lambda one: int(one.partition(" ")[0])))
    for message in messages:
        if message in album or message.deleted:
            continue
        for line in _lines(message, place):
            if BAR.fullmatch(line):
                found["progress"] = True
            else:
                found["lines"] += (line,)
        if message.photo and message not in sheets:
            found["picture"] = message.uploaded
        elif message.document:
            # What moves comes as a file: as anything else it would be compressed anew.
            moves = message.file_name == "avatar.gif"
            found |= {"picture": message.uploaded} if moves else {"file": (message.file_name, message.uploaded)}
        for part in message.parts:
            if "url" in part or part["text"] in pressed:
                continue
            one = place.callbacks.unpack(part["callback_data"], chat=message.chat.id)
            # Only here pictures are compressed on their way, so only here there is a button for the file.
            if one.kind in ("call", "share"):
                found["buttons"] += (Button(part["text"], one.command, one.job, one.choice or None),)
    private = all(message.chat is seat.chat for message in messages)
    return Seen(**found, private=private, handle=Answer(tuple(messages)))
