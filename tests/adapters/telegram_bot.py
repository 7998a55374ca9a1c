"""The bot on the fake Telegram with everything behind it, but for the engines: fixtures for tests of the adapter."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from adapters.telegram import Telegram
from adapters.telegram.pace import Rates
from bot.chat import Call, Command, Handler, Option, Reply, Text
from bot.courier import Courier
from bot.secrets import Secret
from bot.wiring import Application
from generator.engine import Photo
from generator.errors import PhotoRefused
from generator.styles import Catalog
from tests.bot.conftest import WORDING, Chat, catalog, opened
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer

__all__ = ["catalog"]

KEY = b"k" * 32
SECONDS = 20.0


def jpeg(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 320), colour).save(out, "JPEG")
    return out.getvalue()


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (512, 512), "orange").save(out, "PNG")
    return out.getvalue()


PHOTO, DRAWN = jpeg(), png()


async def decode(data: bytes) -> Photo:
    """What the sandboxed decoder says, without its process: Telegram makes a JPEG of each photo."""
    if not data.startswith((b"\xff\xd8", b"\x89PNG")):
        raise PhotoRefused("photo-unreadable")
    return Photo(2, 2, b"rgb rgb rgb ")


def say(key: str, locale: str = "en", **parameters: Any) -> str:
    """A sentence, up to the first command in it: that has another name here."""
    commands = {name: "/" for name in WORDING.keys(locale)[key] if name.startswith("typed")}
    return WORDING.say(locale, Text(key, {**commands, **parameters})).split("/")[0]


@dataclass
class Watched:
    """The application, with a look at what it is told."""

    handler: Handler
    calls: list[Call] = field(default_factory=list[Call])

    @property
    def commands(self) -> Sequence[Command]:
        return self.handler.commands

    async def handle(self, call: Call) -> Reply:
        self.calls.append(call)
        return await self.handler.handle(call)

    async def options(self, call: Call, argument: str, typed: str = "") -> tuple[Option, ...]:
        return await self.handler.options(call, argument, typed)

    def told(self, command: str) -> list[Call]:
        return [call for call in self.calls if call.command == command]


@dataclass
class Bot:
    """The bot with everything behind it, but for the engine: what waits is drawn when a test says so."""

    peer: TelegramPeer
    chat: Chat
    platform: Telegram
    courier: Courier
    handler: Watched
    folder: Path
    greeted: list[str] = field(default_factory=list[str])

    async def draw(self) -> list[int]:
        """Draw everything that waits and hand it over."""
        jobs = await self.chat.draw(png=DRAWN)
        await self.courier.round()
        await self.courier.settle()
        return jobs

    async def says(self, who: User, *what: Any, **more: Any) -> Message:
        """Something in a private chat; the bot's answer to it, which may still change."""
        before = len(who.told)
        await who.says(None, *what, **more)
        await self.peer.until(lambda: len(who.told) > before)
        return who.told[before]

    async def result(self, who: User, *what: Any, **more: Any) -> Message:
        """The same, up to the picture."""
        waits = await self.says(who, *what, **more)
        await self.waiting()
        await self.draw()
        return await waits.until(lambda message: message.photo)

    async def waiting(self, jobs: int = 1) -> None:
        """Until so many jobs are in line."""
        await self.peer.until(lambda: self.chat.jobs() >= jobs)

    async def enters(self, who: User, group: Group, command: str = "/avatar") -> Message:
        """From a command in a group into the private chat; what stands there then."""
        await who.says(group, f"{command}@{self.peer.username}")
        pointer = await self.peer.until(lambda: group.posts and group.posts[-1])
        before = len(who.told)
        await who.opens(pointer.urls[0])
        await self.peer.until(lambda: len(who.told) > before)
        return who.told[-1]

    def inbox(self) -> list[Any]:
        """What waits for its answer."""
        return self.chat.rows("SELECT key FROM inbox WHERE event IS NOT NULL")

    async def quiet(self) -> None:
        """Until everything that was received is answered."""
        await self.peer.settled()
        await self.peer.until(lambda: not self.inbox() and not self.platform._inbound._busy)


async def until(holds: Callable[[], object]) -> None:
    """Wait for something of which the fake does not tell."""
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - there is nothing to wait on
            await asyncio.sleep(0.01)


def built(peer: TelegramPeer, chat: Chat, folder: Path, **options: Any) -> Bot:
    """The bot, not yet running."""
    greeted: list[str] = []

    async def returned(member: str) -> None:
        greeted.append(member)

    app = Application(chat.storage, chat.catalog, chat.dispatcher, WORDING, (), chat.live)
    handler = Watched(options.pop("handler", chat.dispatcher))
    platform = Telegram(
        handler,
        WORDING,
        folder / "telegram",
        token=options.pop("token", peer.token),
        key=KEY,
        clock=peer.clock,
        inbox=app.inbox("telegram"),
        visits=app.visits("telegram"),
        api=peer.api,
        file_api=peer.file_api,
        rates=options.pop("rates", Rates.unlimited()),
        returned=returned,
        shared=options.pop("shared", app.shared),
        **options,
    )
    courier = Courier(chat.storage.jobs, chat.live, {"telegram": platform}, chat.catalog, peer.clock)
    return Bot(peer, chat, platform, courier, handler, folder, greeted)


@asynccontextmanager
async def started(bot: Bot) -> AsyncGenerator[asyncio.Task[None]]:
    """The bot while it runs, whether or not Telegram lets it."""
    serving = asyncio.create_task(bot.platform.run())
    try:
        yield serving
    finally:
        await bot.platform.close()
        await asyncio.wait({serving}, timeout=SECONDS)
        assert serving.done()


@asynccontextmanager
async def running(peer: TelegramPeer, chat: Chat, folder: Path, **options: Any) -> AsyncGenerator[Bot]:
    """The bot once it is ready."""
    bot = built(peer, chat, folder, **options)
    async with started(bot) as serving:
        ready = asyncio.create_task(bot.platform.ready.wait())
        await asyncio.wait({serving, ready}, timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED)
        assert ready.done() or serving.done()
        ready.cancel()
        if serving.done():
            await serving
        yield bot
    await serving


@pytest.fixture
def version() -> tuple[int, int]:
    """Of the Bot API that the server speaks."""
    return (10, 1)


@pytest.fixture
async def peer(version: tuple[int, int]) -> AsyncGenerator[TelegramPeer]:
    async with TelegramPeer.serving(version=version) as peer:
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


@pytest.fixture
async def chat(
    peer: TelegramPeer, tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Chat]:
    monkeypatch.setattr("tests.bot.conftest.decode", decode)
    clock: Any = peer.clock
    async for chat in opened(tmp_path, clock, Secret(b"s" * 32), catalog):
        yield chat


@pytest.fixture
async def bot(peer: TelegramPeer, chat: Chat, tmp_path: Path) -> AsyncGenerator[Bot]:
    async with running(peer, chat, tmp_path) as bot:
        yield bot


@pytest.fixture
def mina(peer: TelegramPeer) -> User:
    return peer.user("mina")


@pytest.fixture
def theo(peer: TelegramPeer) -> User:
    return peer.user("theo")
