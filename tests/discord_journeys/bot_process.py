"""The real `bpp run` in a process of its own, connected to the fake Discord of the test."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from tests.discord_peer.cdn import Cdn
from tests.discord_peer.peer import DiscordPeer
from tests.journeys.room_server import BPP, START_SECONDS, UNEXPECTED, RoomServer


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    status: int
    output: str
    errors: str


class BotProcess(RoomServer):
    """One data folder and, while it runs, one `bpp run` that serves it on Discord."""

    def __init__(self, folder: Path, peer: DiscordPeer, *, engines: str = "classic", **settings: str) -> None:
        super().__init__(folder, engines=engines)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "none.toml").touch()
        self.said = ""
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("BPP_")} | {
            "BPP_DATA": str(self.data),
            "BPP_SECRET_FILE": str(folder / "secret"),
            "BPP_CONFIG": str(folder / "none.toml"),
            "BPP_ENGINES": engines,
            "BPP_DISCORD_TOKEN": peer.token,
            "BPP_DISCORD_API": peer.api,
            "BPP_DISCORD_GATEWAY": peer.gateway,
            "BPP_DISCORD_CDN": peer.cdn,
            **settings,
        }

    async def begin(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                BPP,
                "run",
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )

    async def start(self) -> None:
        """Start it and wait until it says that it is there."""
        await self.begin()
        await self.says("Discord:    ready")

    async def says(self, sentence: str) -> None:
        """Wait until it prints this."""
        heard = ""
        async with asyncio.timeout(START_SECONDS):
            while sentence not in heard:
                line = await self._output.readline()
                assert line, f"bpp run ended: {heard}{self.log.read_text()}"
                heard += line.decode()
        self.said += heard

    async def logs(self, sentence: str) -> None:
        """Wait until its log has this."""
        async with asyncio.timeout(START_SECONDS):
            while sentence not in self.log.read_text():  # noqa: ASYNC110 - written by another process
                await asyncio.sleep(0.05)

    async def ended(self, seconds: float = 30) -> int:
        """Wait until it has ended by itself; its exit status."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            self.said += (await self._output.read()).decode()
            return await self._process.wait()

    async def command(self, *words: str) -> Ended:
        """Run another command of `bpp` with the same settings to its end."""
        process = await asyncio.create_subprocess_exec(
            BPP,
            *words,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(START_SECONDS):
            output, errors = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, output.decode(), errors.decode())

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def destroy(self) -> None:
        """Whatever happened, nothing of it goes on."""
        if self.runs:
            await self.kill()


def complaints(log: str, peer: DiscordPeer) -> list[str]:
    """Lines of a log that nobody had in mind, and secrets that no log may hold."""
    tokens = [peer.token, *(one.token for one in peer.interactions.all)]
    lines = log.splitlines()
    found = [line for line in lines if UNEXPECTED.search(line) or " ERROR " in line]
    return found + [f"a token: {line}" for line in lines if any(token in line for token in tokens)]


@contextlib.asynccontextmanager
async def running(folder: Path, peer: DiscordPeer, **settings: str) -> AsyncIterator[BotProcess]:
    """A bot that serves Discord while inside, ends well, and whose log has nothing to complain about."""
    bot = BotProcess(folder, peer, **settings)
    try:
        await bot.start()
        yield bot
        if bot.runs:
            assert await bot.stop() == 0
    finally:
        await bot.destroy()
    assert complaints(bot.log.read_text(), peer) == []


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[DiscordPeer]:
    """A Discord. Whoever fetches a photo from its CDN must not say who they are."""
    telling: list[str] = []
    serve = Cdn.serve

    async def listening(cdn: Cdn, request: web.Request) -> web.StreamResponse:
        telling.extend({"Authorization", "Cookie", "Referer"} & set(request.headers))
        return await serve(cdn, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cdn, "serve", listening)
        async with DiscordPeer.serving() as peer:
            yield peer
    assert telling == []
