"""The real `bpp run` in a process of its own, connected to whatever platforms a test plays."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import forks
from tests.forks import bots
from tests.journeys.room_server import BPP, START_SECONDS, UNEXPECTED, RoomServer

Secrets = Callable[[], Iterable[str]]

NO_ENGINE = {"BPP_ENGINES": "http://127.0.0.1:9", "BPP_ENGINE_TOKEN": "nobody-answers-there"}
"""For bots that draw nothing: a child of their own would only cost time."""


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    status: int
    output: str
    errors: str


class BotProcess(RoomServer):
    """One data folder and, while it runs, one `bpp run` that serves it.

    ``ready``: what it says once it is there, in whatever order. ``settings`` are the environment's. ``program`` is
    what runs instead of ``bpp``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ready: Sequence[str],
        engines: str = "classic",
        program: str = forks.COMMAND_LINE,
        **settings: str,
    ) -> None:
        super().__init__(folder, engines=engines)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "none.toml").touch()
        self.said = ""
        self._ready = tuple(ready)
        self._program = program
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("BPP_")} | {
            "BPP_DATA": str(self.data),
            "BPP_SECRET_FILE": str(folder / "secret"),
            "BPP_CONFIG": str(folder / "none.toml"),
            "BPP_ENGINES": engines,
            **settings,
        }

    async def begin(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self._process = await bots().start(("run",), self.environment, log.fileno(), self._program)

    async def start(self) -> None:
        """Start it and wait until it says that it is there."""
        await self.begin()
        await self.says(*self._ready)

    async def says(self, *sentences: str) -> None:
        """Wait until it prints all of this."""
        heard = ""
        async with asyncio.timeout(START_SECONDS):
            while not all(sentence in heard for sentence in sentences):
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
    def last_line(self) -> str:
        """The last line that it wrote before it ended."""
        return self.log.read_text().strip().splitlines()[-1]

    async def destroy(self) -> None:
        """Whatever happened, nothing of it goes on."""
        if self.runs:
            await self.kill()


def complaints(log: str, secrets: Iterable[str]) -> list[str]:
    """Lines of a log that nobody had in mind, and ``secrets``, which no log may hold."""
    hidden = tuple(secrets)
    lines = log.splitlines()
    found = [line for line in lines if UNEXPECTED.search(line) or " ERROR " in line]
    return found + [f"a secret: {line}" for line in lines if any(one in line for one in hidden)]


@contextlib.asynccontextmanager
async def running(bot: BotProcess, secrets: Secrets) -> AsyncIterator[BotProcess]:
    """``bot`` serves while inside, ends well, and its log has nothing to complain about."""
    try:
        await bot.start()
        yield bot
        if bot.runs:
            assert await bot.stop() == 0
    finally:
        await bot.destroy()
    found = complaints(bot.log.read_text(), secrets())
    assert not found, "\n".join(found)


@contextlib.asynccontextmanager
async def beginning(bot: BotProcess, secrets: Secrets) -> AsyncIterator[BotProcess]:
    """``bot`` was started just now and has said nothing yet."""
    await bot.begin()
    try:
        yield bot
    finally:
        await bot.destroy()
    assert complaints(bot.log.read_text(), secrets()) == []
