"""`bpp` in processes of their own, forked from one that has read the modules already.

A process that begins with nothing spends half a second on modules before it looks at what it was told; a fork of one
that has them, next to nothing. All else is the same: arguments, environment, streams, signals, exit status, memory.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from generator import confinement

COMMAND_LINE = "bot.cli:main"
ROOT = Path(__file__).parents[1]
MOST_BYTES = 2**18
_LONGEST = 50
"""Seconds that a command may take."""
BOT = (
    "adapters.discord",
    "adapters.telegram",
    "adapters.web",
    "alembic.command",
    "bot.wiring",
    "sqlalchemy.dialects.sqlite",
)
"""What `bpp room` and `bpp run` read."""
COMMANDS = (*BOT, "bot.doctor", "bot.drawing", "bot.previews", "bot.smoke")
"""What the other commands read."""


@dataclass
class Fork:
    """A process that was forked, as far as ``asyncio.subprocess.Process`` would tell of it, too."""

    pid: int
    stdout: asyncio.StreamReader
    _ending: asyncio.Task[int] = field(repr=False)

    @property
    def returncode(self) -> int | None:
        return self._ending.result() if self._ending.done() else None

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended, and nobody has heard of it yet
            os.kill(self.pid, number)

    async def wait(self) -> int:
        return await asyncio.shield(self._ending)


class Forks:
    """The process that is forked, with ``modules`` and all that they read."""

    def __init__(self, *modules: str) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", str(theirs.fileno()), *modules],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1"},  # a fork has one thread only
            )

    def close(self) -> None:
        """End it, and whatever was forked from it and still runs."""
        self._control.close()
        self._process.wait(timeout=20)

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """``bpp`` with ``arguments`` and nothing but ``environment``, run to its end."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            with self._fork(COMMAND_LINE, arguments, environment, output.fileno(), errors.fileno()) as news:
                news.settimeout(_LONGEST)
                _pid, status = news.recv(64), int(news.recv(64))
            streams = []
            for file in (output, errors):
                file.seek(0)
                streams.append(file.read().decode())
        return subprocess.CompletedProcess(arguments, status, *streams)

    async def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], errors: int, program: str = COMMAND_LINE
    ) -> Fork:
        """The same while it runs, or another ``program`` than ``bpp``. ``errors`` is the file that its errors go to."""
        begin, end = os.pipe()
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as mine:
            pipe = mine.enter_context(os.fdopen(begin, "rb"))
            try:
                news = mine.enter_context(self._fork(program, arguments, environment, end, errors))
            finally:
                os.close(end)
            news.setblocking(False)
            pid = int(await loop.sock_recv(news, 64))
            stdout = asyncio.StreamReader()
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdout), pipe)
            mine.pop_all()

        async def ending() -> int:
            with news:
                return int(await loop.sock_recv(news, 64))

        return Fork(pid, stdout, asyncio.create_task(ending()))

    def _fork(
        self, program: str, arguments: Sequence[str], environment: Mapping[str, str], output: int, errors: int
    ) -> socket.socket:
        """Where its process id arrives at once, and its exit status after its end."""
        news, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told = json.dumps([program, list(arguments), dict(environment)]).encode()
        assert len(told) < MOST_BYTES
        with theirs:
            socket.send_fds(self._control, [told], [theirs.fileno(), output, errors])
        return news


@functools.cache
def bots() -> Forks:
    """One for all bots of this test process."""
    forks = Forks(*BOT)
    atexit.register(forks.close)
    return forks


def _serve(control: socket.socket) -> None:
    """Fork for each message, until there is nobody who could send one."""
    living: dict[int, tuple[int, socket.socket]] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd in living:
                    pid, news = living.pop(key.fd)
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    with news, contextlib.suppress(ConnectionError):  # a test that failed waits for nobody
                        news.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                    continue
                told, files, _flags, _address = socket.recv_fds(control, MOST_BYTES, 3)
                if not told:
                    return
                parent, pid = os.getpid(), os.fork()
                if not pid:
                    for own in (selector, control, *(news for _, news in living.values())):
                        own.close()
                    for file in (files[0], *living):
                        os.close(file)
                    _become(parent, *json.loads(told), *files[1:])
                for file in files[1:]:
                    os.close(file)
                news = socket.socket(fileno=files[0])
                with contextlib.suppress(ConnectionError):
                    news.send(b"%d" % pid)
                watched = os.pidfd_open(pid)
                living[watched] = pid, news
                selector.register(watched, selectors.EVENT_READ)


def _become(
    parent: int, program: str, arguments: Sequence[str], environment: Mapping[str, str], output: int, errors: int
) -> NoReturn:
    """End this process, which ``parent`` forked, as ``program`` with ``arguments`` would."""
    confinement.die_with(parent)
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), output, errors)):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["bpp", *arguments]
    module, _, function = program.partition(":")
    sys.exit(getattr(importlib.import_module(module), function)())


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in sys.argv[2:]:
        importlib.import_module(module)
    gc.freeze()  # a fork that looked through all of this for garbage would copy it
    _serve(socket.socket(fileno=int(sys.argv[1])))
