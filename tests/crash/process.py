"""The chat process under test: the real wiring behind a socket, forked from a zygote that has imported everything.

Run as ``python -m tests.crash.process FD``: the zygote. ``Zygote`` is the other end of its socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import alembic.command  # imported for the first start of a folder
import alembic.config
import anyio._backends._asyncio  # imported for the first request to an engine
import anyio.lowlevel
import sqlalchemy.dialects.sqlite

from bot import faults, wiring
from bot.chat import Address, Handler, Reply
from bot.clock import clock
from bot.config import Settings
from bot.engines import LocalEngine, Patience
from bot.errors import Unreachable
from bot.secrets import Secret
from bot.storage import Storage
from bot.wording import Wording
from generator import confinement
from tests.crash import frames, mutants

ROOT = Path(__file__).parents[2]
PLATFORM = "crash"
SECRET = Secret(bytes(range(32)))
TINY = "tests.crash.engine:create"
PATIENCE = Patience(silence=1.5, stall=3.0, letting_go=1.0)
"""With the tiny engine. Short, so that one that was stopped is given up within a test."""
log = logging.getLogger(__name__)
_PRELOADED = (alembic.command, alembic.config, sqlalchemy.dialects.sqlite, anyio.lowlevel, anyio._backends._asyncio)


@dataclass(frozen=True)
class Life:
    """One life of the chat process. ``ahead``: by how many ms its clock is ahead of ours."""

    folder: Path
    peer: Path
    fault: str | None = None
    nth: int = 1
    mutant: str | None = None
    engine: str = TINY
    slots: int = 2
    ahead: int = 0
    largest_file: int | None = None
    only_open: bool = False
    """Open the data folder and close it again."""


class Wire:
    """The ``Platform`` of these tests: every message crosses a socket to a server that survives us."""

    name = PLATFORM
    throttle = 0.03

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._numbers = itertools.count()
        self._answers: dict[int, asyncio.Future[str]] = {}
        self._handling: set[asyncio.Task[None]] = set()

    async def show(self, address: Address, reply: Reply) -> None:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            frames.write(self._writer, "show", number, address, reply)
            outcome = await answer
        finally:
            del self._answers[number]
        if outcome == "unreachable":
            raise Unreachable
        if outcome != "ok":
            raise ConnectionError(outcome)

    async def serve(self, reader: asyncio.StreamReader, handler: Handler) -> None:
        """Take calls until the server goes."""
        with contextlib.suppress(EOFError):
            while True:
                kind, number, content = await frames.read(reader)
                if kind == "call":
                    task = asyncio.create_task(self._handle(handler, number, content))
                    self._handling.add(task)
                    task.add_done_callback(self._handling.discard)
                elif number in self._answers and not self._answers[number].done():
                    self._answers[number].set_result(content)

    async def _handle(self, handler: Handler, number: int, call: Any) -> None:
        reply = await handler.handle(call)
        frames.write(self._writer, "reply", number, reply)


def _slots(life: Life) -> list[LocalEngine]:
    return [
        LocalEngine(
            f"tiny-{number}",
            engine=life.engine,
            serves="classic",
            environment={"TMPDIR": tempfile.gettempdir()},
            patience=PATIENCE if life.engine == TINY else None,
            heartbeat=0.2,
            # Engines are killed far more often here than any engine may crash.
            crashes=1_000_000,
            within=0.01,
        )
        for number in range(life.slots)
    ]


async def _live(life: Life) -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    settings = Settings(data=life.folder, secret_file=life.folder / "unused")
    async with wiring.application(settings, SECRET, _slots(life)) as app:
        reader, writer = await asyncio.open_unix_connection(life.peer)
        wire = Wire(writer)
        async with wiring.work(app, [wire], drain=2.0):
            frames.write(writer, "hello", os.getpid(), None)
            serving = asyncio.create_task(wire.serve(reader, app.dispatcher))
            asking = asyncio.create_task(asked.wait())
            await asyncio.wait({serving, asking}, return_when=asyncio.FIRST_COMPLETED)
            asking.cancel()
            serving.cancel()
        await asyncio.gather(serving, asking, return_exceptions=True)
        writer.close()


async def _open_only(life: Life) -> None:
    storage = await Storage.open(life.folder, SECRET, wiring.clock)
    await storage.close()


def live(life: Life) -> None:
    """Everything the forked child does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wiring.clock = lambda: clock() + life.ahead
    if life.largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (life.largest_file, resource.RLIM_INFINITY))
    if life.fault is not None:
        faults.arm(life.fault, life.nth)
    if life.mutant is not None:
        mutants.MUTANTS[life.mutant]()
    asyncio.run(_open_only(life) if life.only_open else _live(life))


def main() -> None:
    """Fork a child for each ``Life`` that arrives, and tell how it ended."""
    logging.basicConfig(level=logging.DEBUG, format="%(process)d %(levelname)s %(name)s: %(message)s")
    logging.getLogger("asyncio").setLevel(logging.INFO)
    Wording()  # so that what is known of each language is read once
    control = socket.socket(fileno=int(sys.argv[1]))
    while data := control.recv(65536):
        life = pickle.loads(data)
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            control.close()
            status = 1
            try:
                confinement.die_with(parent)
                live(life)
                status = 0
            except BaseException:
                log.exception("the chat process ended badly")
            finally:
                logging.shutdown()
                os._exit(status)
        control.send(pickle.dumps(pid))
        control.send(pickle.dumps(os.waitpid(pid, 0)[1]))


class Zygote:
    """Bears one chat process at a time. ``log`` collects what they and their children write."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self.temp = folder / "temp"
        self.temp.mkdir()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        with theirs, self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.process", str(theirs.fileno())],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "TMPDIR": str(self.temp)},
            )

    async def bear(self, life: Life) -> int:
        """Process id of a new chat process."""
        await asyncio.get_running_loop().sock_sendall(self._control, pickle.dumps(life))
        return await self._receive()

    async def death(self) -> int:
        """Exit status of the chat process, negative for a signal; waits for it."""
        return os.waitstatus_to_exitcode(await self._receive())

    async def _receive(self) -> int:
        return pickle.loads(await asyncio.get_running_loop().sock_recv(self._control, 4096))

    def close(self) -> None:
        """End the zygote."""
        self._control.close()
        self._process.wait(timeout=10)

    def tail(self, lines: int = 40) -> str:
        """The end of the log, for a failing test."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


if __name__ == "__main__":
    main()
