"""A whole chat for tests: calls in, replies out, the real database and the real catalog underneath."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.chat import Action, Address, Call, Reply, Text, Tile, Upload
from bot.choices import Choices
from bot.commands import declare
from bot.dispatch import Dispatcher
from bot.live import Live
from bot.secrets import Secret
from bot.storage import Storage
from bot.walls import Sheet
from bot.wording import Wording
from generator.engine import Avatar, Photo, Trace
from generator.errors import PhotoRefused
from generator.styles import Catalog, load_catalog
from tests.begun import begun

PNG = b"\x89PNG\r\n\x1a\n a small picture"
GIF = b"GIF89a a small picture that moves"
PHOTO = Upload(b"the bytes of a photo")
NO_PHOTO = Upload(b"this is no photo")
WORDING = Wording()

STYLE = """
engine = "classic"
photo = {photo}
recipe = "ink"
order = {order}
[name]
en = "{name}"
ko = "{ko}"
[description]
en = "A style for tests"
[palettes]
red = ["#f6efdd", "#15131a", "#e5432e"]
"""


def part(job: int, place: int) -> bytes:
    """A picture out of a grid that ``Chat.draw`` drew."""
    return PNG + b" %d of grid %d" % (place + 1, job)


@dataclass
class FixedClock:
    """Stands still until a test moves it."""

    now: int = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now


async def decode(data: bytes) -> Photo:
    """What the sandboxed decoder says, without its process: tests of intake and journeys use the real one."""
    if data != PHOTO.data:
        raise PhotoRefused("photo-unreadable")
    return Photo(2, 2, b"rgb rgb rgb ")


@dataclass
class Chat:
    """Somebody at a keyboard: says commands, presses buttons, reads answers."""

    storage: Storage
    catalog: Catalog
    dispatcher: Dispatcher
    clock: FixedClock
    live: Live
    folder: Path
    secret: Secret
    painting: list[bool] = field(default_factory=list[bool])
    unchecked: list[bool] = field(default_factory=list[bool])
    """Not empty while an engine that paints is there."""
    _keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def say(
        self,
        command: str,
        *,
        by: str = "mina",
        room: str = "library",
        key: str | None = None,
        moderator: bool = False,
        locale: str = "en",
        channel: str = "",
        **arguments: Any,
    ) -> Reply:
        key = key or f"event-{next(self._keys)}"
        reply = await self.dispatcher.handle(
            Call(
                key=key,
                platform="paper",
                room=room,
                member=by,
                command=command,
                arguments=arguments,
                address=Address("paper", f"{room}/{by}/{key}"),
                locale=locale,
                is_moderator=moderator,
                channel=channel,
            )
        )
        read(reply)
        return reply

    async def press(
        self, action: Action, choice: str | None = None, *, photo: Upload | None = None, **who: Any
    ) -> Reply:
        """Press a button as it comes back from a platform: 64 bytes of text, and the photo if the client has it."""
        command, arguments = Action.unpack(action.pack(choice))
        if action.wants_photo and photo is not None:
            arguments["photo"] = photo
        return await self.say(command, **arguments, **who)

    async def draw(
        self,
        *,
        trace: Trace = "low",
        notes: tuple[str, ...] = (),
        png: bytes = PNG,
        drawn_as: str = "",
        missing: Collection[int] = (),
    ) -> list[int]:
        """Draw everything that waits, as a worker would, grids without the pictures ``missing``; the numbers of the jobs."""
        drawn: list[int] = []
        while (claim := await self.storage.jobs.claim("test", ("classic", "sdxl"))) is not None:
            await self.storage.jobs.photo(claim)
            count = claim.spec.count if claim.spec.count > 1 else 0
            parts = tuple(b"" if place in missing else part(claim.job, place) for place in range(count))
            loop = GIF if claim.spec.loop and not count else b""
            avatar = Avatar(png, claim.spec.size, trace, notes, parts, drawn_as, loop)
            assert await self.storage.jobs.finish(claim, avatar, 0.5)
            drawn.append(claim.job)
        return drawn

    async def result(self, *, by: str = "mina", room: str = "library", **arguments: Any) -> tuple[int, Reply]:
        """Ask for a picture and have it: its job and the reply that shows it."""
        waiting = await self.say("avatar", by=by, room=room, **arguments)
        assert waiting.busy, read(waiting)
        await self.draw()
        job = button(waiting, "cancel").job
        assert job is not None
        return job, await self.say("show", by=by, room=room, job=job)

    def rows(self, query: str, *values: object) -> list[Any]:
        """What is in the database file, read past the application."""
        with closing(sqlite3.connect(f"file:{self.folder / 'bpp.db'}?mode=ro", uri=True)) as db:
            return db.execute(query, values).fetchall()

    def jobs(self) -> int:
        return self.rows("SELECT count(*) FROM job")[0][0]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def secret() -> Secret:
    return Secret(b"s" * 32)


def more_styles(folder: Path) -> Path:
    """Two more styles, so that tests can say which is the first of its kind."""
    moss = STYLE.format(photo="false", order=-2, name="Moss", ko="이끼")
    slate = STYLE.format(photo="true", order=-1, name="Slate", ko="석판")
    (folder / "moss.toml").write_text(moss, "utf-8")
    (folder / "slate.toml").write_text(slate, "utf-8")
    return folder


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The real catalog and two more styles."""
    return load_catalog([more_styles(tmp_path_factory.mktemp("styles"))])


async def joined(pictures: Sequence[bytes]) -> bytes:
    """A sheet that shows its order."""
    return b"|".join(pictures)


@pytest.fixture
async def chat(tmp_path: Path, clock: FixedClock, secret: Secret, catalog: Catalog) -> AsyncIterator[Chat]:
    async for chat in opened(tmp_path, clock, secret, catalog, joined):
        yield chat


@pytest.fixture
async def gallery(
    tmp_path: Path, clock: FixedClock, secret: Secret, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Chat]:
    """A chat in which pictures can be painted, too."""
    styles = load_catalog([more_styles(tmp_path_factory.mktemp("styles"))], painted=True)
    async for chat in opened(tmp_path, clock, secret, styles, joined):
        yield chat


async def opened(
    tmp_path: Path, clock: FixedClock, secret: Secret, catalog: Catalog, sheet: Sheet | None = None
) -> AsyncGenerator[Chat, None]:
    storage = await Storage.open(begun(tmp_path / "data", secret), secret, clock)
    live, painting = Live(), list[bool]()
    unchecked = list[bool]()
    commands = declare(storage, catalog, live, decode, sheet, lambda: bool(painting), lambda: bool(unchecked))
    sources = Choices(storage, catalog, lambda: bool(unchecked)).sources()
    dispatcher = Dispatcher(commands, sources, storage.members, secret, WORDING)
    try:
        yield Chat(storage, catalog, dispatcher, clock, live, tmp_path / "data", secret, painting, unchecked)
    finally:
        await storage.close()


def texts(reply: Reply) -> Iterator[Text]:
    """Every sentence of a reply, also those on buttons, in menus and for screen readers."""
    yield from reply.lines
    pictures = [reply.picture, *(tile.picture for tile in reply.wall), reply.share.picture if reply.share else None]
    yield from (picture.alt for picture in pictures if picture is not None)
    yield from (tile.label for tile in reply.wall)
    for action in actions(reply):
        yield action.label
        for option in action.options:
            yield option.label
            if option.hint:
                yield option.hint


def actions(reply: Reply) -> list[Action]:
    return [*reply.actions, *(tile.action for tile in reply.wall if tile.action)]


def button(reply: Reply, command: str) -> Action:
    found = [action for action in reply.actions if action.command == command]
    assert len(found) == 1, f"{len(found)} buttons {command!r} in: {read(reply)}"
    return found[0]


def buttons(reply: Reply) -> list[str]:
    return [action.command for action in reply.actions]


def tile(reply: Reply, choice: str) -> Action:
    """The way to a style on a wall, whether it has a picture or is a plain button."""
    pressed: list[Tile | Action] = [one for one in actions(reply) if one.choice == choice]
    assert len(pressed) == 1
    assert isinstance(pressed[0], Action)
    return pressed[0]


def complete(locale: str, text: Text) -> None:
    """Fails where a key is missing in this very language, or a placeholder is not filled in."""
    assert text.key in WORDING.keys(locale), f"no wording for {text.key} in {locale}"
    missing = WORDING.keys(locale)[text.key] - text.parameters.keys()
    assert not missing, f"{text.key} lacks {missing}"
    for value in text.parameters.values():
        assert value is not None
        if isinstance(value, Text):
            complete(locale, value)


def read(reply: Reply, locale: str | None = None) -> str:
    """A reply as its member reads it. Fails where a sentence is missing, empty or has a hole."""
    locale = locale or reply.locale
    assert locale in ("en", "ko")
    for text in texts(reply):
        complete(locale, text)
        assert WORDING.say(locale, text).strip(), f"nothing is said for {text.key}"
    assert any(WORDING.say(locale, line).strip() for line in reply.lines), "a reply without a sentence"
    for action in actions(reply):
        action.pack()
        for option in action.options:
            action.pack(option.value)
    return "\n".join(WORDING.say(locale, line) for line in reply.lines)
