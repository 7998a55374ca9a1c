"""What every chat platform must be able to do, seen from a member's chair: places, seats, and what is read there.

A ``Place`` is the whole bot on one platform. A ``Seat`` is one member at the keyboard: it does what a person does there
and gives back what that person reads, without the dressing that each platform puts around it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from bot.chat import Action, Address, Call, Command, Handler, MemberRef, Option, Platform, Reply, Text
from bot.choices import Choices
from bot.commands import declare
from bot.dispatch import Dispatcher
from bot.engines import LocalEngine, Report
from bot.live import Live
from bot.secrets import Secret
from bot.storage import Storage
from bot.wiring import Application, work
from bot.wording import Wording
from generator.engine import Avatar, AvatarSpec
from generator.intake import Intake
from generator.sheets import Sheets
from generator.styles import Catalog

WORDING = Wording()
SECRET = Secret(b"c" * 32)
SECONDS = 20.0
"""So long a member waits for anything, on a machine with other work."""
DAY = 86_400_000
NOON = 1_790_000_000_000 // DAY * DAY + DAY // 2
"""Days are counted in UTC: no test may fall into midnight."""


SIDE = 96
"""Of a picture in pixels: how large they are says nothing about chats, and takes most of the time."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. ``choice`` is what it stands for beside its command, if anything."""

    label: str
    command: str
    job: int | None = None
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """Something to choose from: value → label, in order. ``chosen`` is what holds now."""

    options: Mapping[str, str]
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer of the bot as its member reads it."""

    lines: tuple[str, ...] = ()
    picture: bytes | None = field(default=None, repr=False)
    alt: str = ""
    buttons: tuple[Button, ...] = ()
    menus: Mapping[str, Menu] = field(default_factory=dict[str, Menu])
    wall: tuple[str, ...] = ()
    file: tuple[str, bytes] | None = field(default=None, repr=False)
    progress: bool = False
    """It is not the end yet: a bar is shown."""
    private: bool = True
    """Nobody but its member sees it."""
    handle: Any = field(default=None, repr=False, compare=False)
    """The platform's own way to this message."""

    @property
    def commands(self) -> list[str]:
        """What its buttons do, in order."""
        return [button.command for button in self.buttons]

    def button(self, command: str, choice: str | None = None, job: int | None = None) -> Button:
        """The button that does ``command``."""
        found = [
            button
            for button in self.buttons
            if button.command == command and choice in (None, button.choice) and job in (None, button.job)
        ]
        assert len(found) == 1, f"{len(found)} buttons {command!r} in {self!r}"
        return found[0]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def sentences(texts: Sequence[Text], locale: str) -> tuple[str, ...]:
    """What ``texts`` say, line by line, as it is read on any platform."""
    return said("\n".join(WORDING.say(locale, text) for text in texts))


def said(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.split("\n") if line.strip())


def promised(reply: Reply) -> Seen:
    """What a member should read of ``reply``."""

    def say(text: Text) -> str:
        return WORDING.say(reply.locale, text)

    pressed = [(tile.label, tile.action) for tile in reply.wall if tile.action]
    assert len({action.command for _, action in pressed}) <= 1, "one wall does one thing"
    return Seen(
        lines=sentences(reply.lines, reply.locale),
        picture=reply.picture.data if reply.picture else None,
        alt=say(reply.picture.alt) if reply.picture else "",
        buttons=tuple(
            Button(say(action.label), action.command, action.job, action.choice)
            for action in reply.actions
            if not action.options
        ),
        menus={
            action.command: Menu(
                {option.value: say(option.label) for option in action.options},
                tuple(option.value for option in action.options if option.selected),
            )
            for action in reply.actions
            if action.options
        },
        wall=tuple(say(tile.label) for tile in reply.wall),
        file=(reply.file.name, reply.file.data) if reply.file else None,
        progress=reply.progress is not None,
    )


@dataclass(frozen=True, slots=True)
class Post:
    """A picture that everybody in the room sees, and the words beside it."""

    picture: bytes = field(repr=False)
    words: str = ""


class Heard:
    """The application, and what was asked and answered: hands everything on as it is."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.commands: Sequence[Command] = handler.commands
        self.answers: list[tuple[Call, Reply]] = []

    async def handle(self, call: Call) -> Reply:
        reply = await self._handler.handle(call)
        self.answers.append((call, reply))
        return reply

    async def options(self, call: Call, argument: str, typed: str = "") -> tuple[Option, ...]:
        return await self._handler.options(call, argument, typed)

    def has_answered(self, key: str) -> bool:
        return any(call.key == key for call, _ in self.answers)

    def last(self, command: str) -> tuple[Call, Reply]:
        """The latest call of ``command`` with its answer."""
        found = [one for one in self.answers if one[0].command == command]
        assert found, f"{command} was never called; {[call.command for call, _ in self.answers]} were"
        return found[-1]


class Shown:
    """A platform, and what the courier showed there: hands everything on as it is."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.name, self.throttle = platform.name, platform.throttle
        self.replies: list[Reply] = []

    async def show(self, address: Address, reply: Reply) -> None:
        self.replies.append(reply)
        await self._platform.show(address, reply)

    def final(self, job: int | None) -> Reply:
        """What the courier said at the end of ``job``."""
        found = [one for one in self.replies if not one.busy and job in [action.job for action in one.actions]]
        assert found, f"nothing final was shown of {job}"
        return found[-1]


class Seat(ABC):
    """One member. ``photo`` is what lies on their disk: where a button wants it again, they give it again."""

    place: Place
    locale: str
    moderator: bool
    photo: bytes = b""

    @abstractmethod
    async def palette(self) -> list[str]:
        """The commands that this member is offered, by our names."""

    @abstractmethod
    async def offers(self, command: str, argument: str, typed: str = "") -> dict[str, str]:
        """What can be chosen for an argument: value → how it reads, best match first."""

    @abstractmethod
    async def say(self, command: str, /, *, photo: bytes | None = None, **arguments: str | Seat) -> Seen:
        """Use a command; the first answer to it."""

    @abstractmethod
    async def press(self, seen: Seen, command: str, choice: str | None = None, *, job: int | None = None) -> Seen:
        """Press a button, choose in a menu, or press a picture of a wall; the first answer.

        ``seen`` may be another member's: whoever forges a press gets no further than this.
        """

    @abstractmethod
    async def press_old(self, action: Action) -> Seen:
        """Press a button of a message from long ago."""

    @abstractmethod
    async def repeat(self) -> None:
        """The platform delivers what was done last a second time, as it may."""

    @abstractmethod
    async def look(self, seen: Seen, such: Callable[[Seen], bool]) -> Seen:
        """Wait until an answer looks ``such``."""

    @abstractmethod
    def screen(self) -> list[Seen]:
        """All that the bot has said and only this member sees now, oldest first; without pictures' bytes."""

    @abstractmethod
    async def leave(self) -> None:
        """Close whatever this member has open."""

    @property
    @abstractmethod
    def secrets(self) -> list[bytes]:
        """What would tell the room who this member is."""

    async def result(self, seen: Seen) -> Seen:
        """What an answer becomes once its picture is finished, or cannot be."""
        return await self.look(seen, lambda now: not now.progress)

    async def picture(self, **arguments: Any) -> Seen:
        """Ask for a picture and have it."""
        return await self.result(await self.say("avatar", **arguments))

    async def agrees(self, seen: Seen, command: str) -> Seen:
        """That the member reads what the application answered to ``command``, all of it and nothing else."""
        call, reply = self.place.heard.last(command)
        assert call.platform == self.place.platform.name
        return await self.reads(seen, reply, call)

    async def reads(self, seen: Seen, reply: Reply, call: Call | None = None) -> Seen:
        """That an answer comes to say what ``reply`` says."""
        expected = promised(replace(reply, lines=tuple(self.place.lines(call, reply))) if call else reply)
        if not self.place.describes:
            expected = replace(expected, alt="")
        if _alike(seen, expected):
            assert seen.private
            return seen
        try:
            now = await self.look(seen, lambda now: _alike(now, expected))
        except TimeoutError:
            now = await self.look(seen, lambda _: True)
            assert _facts(now) == _facts(expected)  # says what is different
        assert now.private
        return now


def _facts(seen: Seen) -> Seen:
    """What must be the same everywhere. A file may hold more than the application knows."""
    return replace(seen, private=True, file=None if seen.file is None else (seen.file[0], b""))


def _alike(now: Seen, expected: Seen) -> bool:
    if _facts(now) != _facts(expected):
        return False
    if now.file and expected.file:
        return json.loads(expected.file[1]).items() <= json.loads(now.file[1]).items()
    return True


class Clock:
    """Runs as fast as time does, from a noon on."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.days = 0
        """That have gone by at once."""

    def __call__(self) -> int:
        return NOON + self.days * DAY + int((time.monotonic() - self._began) * 1000)


class Gate:
    """The engine's slot, which takes no job while it is held."""

    def __init__(self, engine: LocalEngine) -> None:
        self._engine = engine
        self.name, self.engines = engine.name, engine.engines
        self.hopeless = False
        self.checks = True
        self.open = asyncio.Event()
        self.open.set()
        self.brush = ""
        """The style in which it draws whatever it is asked for: what looks like painting, to whoever asked."""

    @property
    def capacity(self) -> int:
        return self._engine.capacity

    @property
    def down_since(self) -> float | None:
        return self._engine.down_since

    async def start(self) -> None:
        """It was started, and is closed, by whoever shares it."""

    async def ready(self) -> None:
        while True:
            await self.open.wait()
            await self._engine.ready()
            if self.open.is_set():  # an engine that still lets go of something takes its time
                return

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        return await self._engine.draw(replace(spec, style=self.brush or spec.style, size=SIDE), report)

    async def close(self) -> None:
        """See ``start``."""


@dataclass
class Machine:
    """What is dear to start and holds nothing of anybody: all tests share one."""

    engine: LocalEngine
    intake: Intake
    catalog: Catalog
    empty: Path
    """A data folder in which nothing has happened yet."""
    ending: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    """Servers that take a moment to close: the next test need not wait for them."""
    sheets: Sheets = field(default_factory=Sheets)

    async def ended(self) -> None:
        await asyncio.gather(*self.ending)
        self.ending.clear()

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """While inside, the engine stands still, and with it whatever it is drawing."""
        pid = self.engine.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


class Place(ABC):
    """A running bot on one platform: everything real but the chat service at the other end of the line."""

    kind: ClassVar[str]
    describes: ClassVar[bool] = True
    """Pictures can have words for those who cannot see them."""
    has_parts: bool = True
    """The room has channels or topics, which can have rules of their own."""
    app: Application
    heard: Heard
    platform: Any
    shown: Shown
    gate: Gate

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.folder = folder
        self.clock = Clock()
        self.seats: list[Seat] = []
        self._running = contextlib.AsyncExitStack()

    # --- what each platform is ---------------------------------------------------------------------------------------

    @abstractmethod
    async def connect(self, stack: contextlib.AsyncExitStack) -> Platform:
        """Make the platform and serve it until ``stack`` unwinds; again after a restart, on the same folder."""

    @abstractmethod
    async def newcomer(self, name: str, locale: str = "en", *, moderator: bool = False) -> Seat:
        """Somebody who comes into the room."""

    @abstractmethod
    async def demote(self, seat: Seat) -> None:
        """A moderator is one no longer."""

    @abstractmethod
    def room_sees(self) -> list[Post]:
        """The pictures that everybody sees now, oldest first."""

    @abstractmethod
    def room_got(self) -> bytes:
        """Every byte that came to anybody but those whom it was meant for: the words, and the pictures as they are."""

    @abstractmethod
    def lines(self, call: Call, reply: Reply) -> Sequence[Text]:
        """The sentences of ``reply``, and those that this platform adds to them, and why it may."""

    @abstractmethod
    def problems(self) -> list[str]:
        """What the other end of the line had to complain about."""

    @abstractmethod
    async def back(self) -> None:
        """After a restart: everybody's client comes back by itself."""

    # --- what all have in common -------------------------------------------------------------------------------------

    async def open(self) -> None:
        if not (self.folder / "data").exists():
            shutil.copytree(self.machine.empty, self.folder / "data")
        async with contextlib.AsyncExitStack() as stack:
            storage = await Storage.open(self.folder / "data", SECRET, self.clock)
            stack.push_async_callback(storage.close)
            live, catalog = Live(), self.machine.catalog
            self.gate = Gate(self.machine.engine)
            commands = declare(
                storage,
                catalog,
                live,
                self.machine.intake.decode,
                self.machine.sheets.draw,
                lambda: self.app.standby.painting,
                lambda: self.app.standby.unchecked,
            )
            sources = Choices(storage, catalog, lambda: self.app.standby.unchecked).sources()
            dispatcher = Dispatcher(commands, sources, storage.members, SECRET, WORDING)
            self.app = Application(storage, catalog, dispatcher, WORDING, [self.gate], live)
            self.heard = Heard(dispatcher)
            self.platform = await self.connect(stack)
            self.shown = Shown(self.platform)
            await stack.enter_async_context(work(self.app, [self.shown], drain=0.0))
            self._running = stack.pop_all()

    async def close(self) -> None:
        for seat in self.seats:
            await seat.leave()
        await self._running.aclose()

    async def restart(self) -> None:
        """Stop in the middle of whatever goes on, and start anew on the same data folder."""
        await self._running.aclose()
        await self.machine.ended()
        await self.open()
        await self.back()

    async def delivered(self) -> None:
        """Wait until it is written down that nobody waits for a picture any more."""
        async with asyncio.timeout(SECONDS):
            while await self.app.storage.jobs.due(1):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.005)

    async def days_pass(self, days: int) -> None:
        """Whatever is kept for less is erased."""
        self.clock.days += days
        await self.app.storage.jobs.sweep()

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """While inside, nothing new is drawn: what waits keeps waiting."""
        self.gate.open.clear()
        for _ in range(20):  # a worker that was let in has asked for its job by then
            await asyncio.sleep(0)
        await self.app.storage.prove_writable()  # and has got it by now, for all writes stand in one line
        try:
            yield
        finally:
            self.gate.open.set()

    def mentioned(self, call: Call) -> list[str]:
        """Ids of the members whom a call is about."""
        return [value.id for value in call.arguments.values() if isinstance(value, MemberRef)]
