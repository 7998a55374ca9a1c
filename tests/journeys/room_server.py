"""The real `bpp room` in a process of its own, as a person starts, stops and loses it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import psutil

from tests.forks import Fork, bots

START_SECONDS = 30
BPP = Path(sys.executable).with_name("bpp")


class RoomServer:
    """One data folder and, while it runs, one process that serves it.

    ``engines`` is BPP_ENGINES, ``environment`` what else the process is told.
    """

    def __init__(
        self,
        folder: Path,
        *,
        engines: str = "classic,classic",
        port: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self.address = ""
        self.moderator_link = ""
        self.log = folder / "log"
        self._engines = engines
        self._environment = dict(environment or {})
        self._process: asyncio.subprocess.Process | Fork | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    async def start(self, *, engines: str = "") -> None:
        """Start it and read its two addresses from its output; the next start takes the same port.

        ``engines`` for this once instead of its own.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "none.toml").touch()
        arguments = ("room", "--port", str(self.port), "--no-browser", "--data", str(self.data))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BPP_")}
        environment |= {
            "BPP_SECRET_FILE": str(self.folder / "secret"),
            "BPP_CONFIG": str(self.folder / "none.toml"),
            "BPP_ENGINES": engines or self._engines,
            "BPP_ENGINE_TOKEN": "only-for-engines-elsewhere",
        }
        with self.log.open("ab") as log:
            self._process = await bots().start(arguments, environment | self._environment, log.fileno())
        said = ""
        async with asyncio.timeout(START_SECONDS):
            while "Stop with" not in said:
                line = await self._output.readline()
                assert line, f"bpp room ended: {said}{self.log.read_text()}"
                said += line.decode()
        self.address, self.moderator_link = re.findall(r"http://\S+", said)[:2]
        self.port = int(re.findall(r":(\d+)/", self.address)[0])

    @property
    def _output(self) -> asyncio.StreamReader:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def stop(self) -> int:
        """SIGTERM, as a service manager does it. Returns the exit status."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """``kill -9``; its engines must notice by themselves."""
        orphans = self.engines()
        await self._end(signal.SIGKILL)
        await _until(lambda: not any(_lives(engine) for engine in orphans))

    async def _end(self, how: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(how)
        async with asyncio.timeout(30):
            await self._output.read()
            return await process.wait()

    def engines(self) -> list[psutil.Process]:
        """The engine processes that run now."""
        assert self._process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self._process.pid).children(recursive=True)
            return [child for child in children if "generator.server" in _command(child)]
        return []

    async def engines_ready(self, count: int) -> None:
        """Wait until so many engines have announced themselves in the log."""
        await _until(lambda: self.log.read_text().count("engine ready") >= count)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """While inside, the engines stand still: what is being drawn stays unfinished and what waits keeps waiting."""
        engines = self.engines()
        assert engines
        for engine in engines:
            engine.suspend()
        try:
            yield
        finally:
            for engine in engines:
                with contextlib.suppress(psutil.NoSuchProcess):
                    engine.resume()


async def _until(condition: Callable[[], bool]) -> None:
    """Look at something in another process until it is so."""
    async with asyncio.timeout(START_SECONDS):
        while not condition():  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.05)


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _command(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


UNEXPECTED = re.compile(r"Traceback|Exception in|never retrieved|error [0-9A-F]{6} in ")
"""What a log says when something went wrong that no code had in mind."""


@contextlib.asynccontextmanager
async def serving(
    folder: Path, *, engines: str = "classic,classic", environment: Mapping[str, str] | None = None
) -> AsyncIterator[RoomServer]:
    """A room that runs while inside and whose log has nothing to complain about afterwards."""
    room = RoomServer(folder, engines=engines, environment=environment)
    await room.start()
    try:
        yield room
    finally:
        assert await room.stop() == 0
    assert "Traceback" not in room.log.read_text()
