"""Slots: where one avatar at a time is drawn, by a child process of this machine or behind a URL."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import signal
import sys
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import httpcore
import httpx

from generator import confinement
from generator.blame import blame
from generator.engine import Avatar, AvatarSpec, Progress
from generator.errors import DrawCancelled, DrawFailed, EngineUnavailable, GeneratorError, SpecInvalid
from generator.wire import Frames, encode_request

log = logging.getLogger(__name__)

Report = Callable[[Progress], None]


class SlotNotReady(EngineUnavailable):
    """The slot did not take the job: it is starting, resting, busy with another, or not to be reached."""

    default_key = "error-engine-not-ready"


class Slot(Protocol):
    """Draws one avatar at a time; mends itself."""

    name: str
    """Names the slot in logs and in the jobs table."""

    @property
    def engines(self) -> frozenset[str]:
        """Which engines answer here: empty before it is known."""
        ...

    async def start(self) -> None:
        """Begin to make the slot ready; returns at once."""
        ...

    async def ready(self) -> None:
        """Wait until the slot can draw and does not."""
        ...

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        """Draw ``spec``. Cancel the task to stop drawing.

        Raises ``SpecInvalid`` and ``DrawFailed`` (the job's fault), ``SlotNotReady`` (nothing happened: the slot is
        starting, resting, or drawing for somebody else), and
        ``EngineUnavailable`` (the engine crashed, hung or spoke nonsense while it drew).
        """
        ...

    async def close(self) -> None:
        """Stop whatever runs and free everything."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a slot waits, in seconds."""

    connect: float = 5.0
    silence: float = 30.0
    """Without any frame, heartbeats included: the process is stuck or the network is gone."""
    stall: float = 60.0
    """Without any progress: the engine is stuck."""
    longest: float = 900.0
    """For one picture."""
    start: float = 120.0
    """Until a new child answers: it may load weights."""
    letting_go: float = 5.0
    """Until an engine that was told to stop has stopped."""


_LIMITS = httpx.Limits(max_connections=4, max_keepalive_connections=0)
"""A connection a job: an idle one that the server closes at the wrong moment would look like a crash."""


class _UnixTransport(httpx.AsyncHTTPTransport):
    """httpx on a UNIX socket, with asyncio's own streams in place of anyio's.

    anyio (4.16) waits for such a socket by ``add_reader(socket, future.set_result, None)``. Where the wait is cancelled
    in the turn of the loop in which something arrives, that is called all the same, and the log of a bot that did
    nothing wrong has a traceback: "Exception in callback Future.set_result(None)". httpx takes no other streams.
    """

    def __init__(self, uds: Path) -> None:
        super().__init__(verify=False)
        self._pool = httpcore.AsyncConnectionPool(
            uds=str(uds),
            network_backend=_UnixSockets(),
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
        )


class _UnixSockets(httpcore.AsyncNetworkBackend):
    """Opens what ``_UnixTransport`` speaks through."""

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the library says who keeps the time
        socket_options: object = None,  # noqa: ARG002 - nobody sets any
    ) -> httpcore.AsyncNetworkStream:
        with _named(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                return _UnixStream(*await asyncio.open_unix_connection(path))


class _UnixStream(httpcore.AsyncNetworkStream):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        with _named(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        with _named(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()

    async def aclose(self) -> None:
        # At once: an engine that is told to stop hears it by this, and may have stopped reading.
        self._writer.transport.abort()


@contextlib.contextmanager
def _named(late: type[Exception], broken: type[Exception]) -> Generator[None]:
    """Errors by the names that httpx knows."""
    try:
        yield
    except TimeoutError as error:
        raise late from error
    except OSError as error:
        raise broken from error


class _Line:
    """The client side of the engine border, to one server."""

    def __init__(self, url: str, patience: Patience, *, uds: Path | None = None, token: str | None = None) -> None:
        self._patience = patience
        self._client = httpx.AsyncClient(
            base_url=url,
            transport=httpx.AsyncHTTPTransport(limits=_LIMITS) if uds is None else _UnixTransport(uds),
            timeout=httpx.Timeout(patience.silence, connect=patience.connect),
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
            trust_env=False,
        )

    async def health(self) -> Mapping[str, Any]:
        """What the server says about itself. Raises ``SlotNotReady`` with the reason."""
        try:
            answer = await self._client.get("/healthz", timeout=self._patience.connect)
        except httpx.HTTPError as error:
            raise SlotNotReady("error-engine-not-reached") from error
        if answer.status_code == 401:
            raise SlotNotReady("error-engine-token")
        try:
            about = answer.json()
        except ValueError as error:
            raise SlotNotReady("error-engine-not-reached") from error
        if answer.status_code != 200 or not isinstance(about, dict):
            raise SlotNotReady("error-engine-not-reached")
        known = cast("dict[str, Any]", about)
        if not isinstance(known.get("engine"), str) or not isinstance(known.get("busy"), bool):
            raise SlotNotReady("error-engine-not-reached")
        return known

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        """See ``Slot.draw``."""
        try:
            async with asyncio.timeout(self._patience.longest), asyncio.timeout(self._patience.stall) as stall:
                return await self._exchange(spec, report, stall)
        except (TimeoutError, httpx.HTTPError, httpx.StreamError) as error:
            raise EngineUnavailable from error

    async def _exchange(self, spec: AvatarSpec, report: Report, stall: asyncio.Timeout) -> Avatar:
        length, parts = encode_request(spec)
        request = self._client.build_request(
            "POST", "/draw", content=_each(parts), headers={"Content-Length": str(length)}
        )
        try:
            response = await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise SlotNotReady("error-engine-not-reached") from error
        try:
            if response.status_code in (401, 503):
                raise SlotNotReady("error-engine-token" if response.status_code == 401 else None)
            if response.status_code not in (200, 422):
                raise EngineUnavailable
            frames = Frames()
            async for piece in response.aiter_raw():
                for frame in frames.feed(piece):
                    if isinstance(frame, Avatar):
                        return frame
                    if isinstance(frame, GeneratorError):
                        raise EngineUnavailable if isinstance(frame, DrawCancelled) else frame
                    if isinstance(frame, Progress):
                        stall.reschedule(asyncio.get_running_loop().time() + self._patience.stall)
                        report(frame)
            raise EngineUnavailable  # a stream that ends without an end was cut
        finally:
            await response.aclose()

    async def close(self) -> None:
        await self._client.aclose()


async def _each(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


_FOLDER = "bpp-engine-"
_OLD = 60
"""Seconds after which a folder that nobody has locked is nobody's."""


def _own(folder: Path) -> int:
    """Make ``folder``, locked by the descriptor returned, and remove those whose owners were killed."""
    folder.mkdir(mode=0o700)
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    now = folder.stat().st_mtime
    for other in folder.parent.glob(f"{_FOLDER}*"):
        with contextlib.suppress(OSError):  # somebody else's, or locked, or just gone
            if other == folder or now - other.stat().st_mtime < _OLD:
                continue
            theirs = os.open(other, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
                (other / "engine").unlink(missing_ok=True)
                other.rmdir()
            finally:
                os.close(theirs)
    return lock


class LocalEngine:
    """A slot drawn by a child process that is started, watched, killed and started again here.

    ``engine`` is what ``python -m generator.server --engine`` takes; ``serves`` the name that styles give it.
    ``memory`` limits the child's address space in MiB. ``environment`` is all that the child learns besides ``PATH``.
    """

    def __init__(
        self,
        name: str = "local-0",
        *,
        engine: str = "classic",
        serves: str | None = None,
        styles: Sequence[Path] = (),
        memory: int | None = None,
        environment: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        heartbeat: float = 1.0,
        crashes: int = 3,
        within: float = 300.0,
        rest: float = 60.0,
    ) -> None:
        self.name = name
        self.engines = frozenset({serves or engine})
        self._engine = engine
        self._options = [part for folder in styles for part in ("--styles", str(folder))]
        self._options += ["--heartbeat", str(heartbeat)] + ([] if memory is None else ["--memory", str(memory)])
        self._environment = confinement.environment(**(environment or {}))
        self._patience = patience or Patience()
        self._crashes, self._within, self._rest = crashes, within, rest
        self._ready = asyncio.Event()
        # Short, for a socket's path has 107 bytes; the folder holds nothing else.
        self._socket = Path(tempfile.gettempdir()) / f"{_FOLDER}{secrets.token_hex(6)}" / "engine"
        self._lock: int | None = None
        self._line = _Line("http://engine", self._patience, uds=self._socket)
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._letting_go: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """Process id of the child, while there is one."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """See ``Slot.start``."""
        self._lock = await asyncio.to_thread(_own, self._socket.parent)
        self._keeper = asyncio.create_task(self._keep())

    async def ready(self) -> None:
        """See ``Slot.ready``."""
        await self._ready.wait()

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        """See ``Slot.draw``."""
        if not self._ready.is_set():
            raise SlotNotReady
        self._ready.clear()
        process = self._process
        try:
            avatar = await self._line.draw(spec, report)
        except (SpecInvalid, DrawFailed):
            self._free(process)
            raise
        except (SlotNotReady, asyncio.CancelledError):
            self._let_go(process)
            raise
        except BaseException:
            # Whatever state it is in, a fresh process is in a better one.
            self._kill(process)
            raise
        self._free(process)
        return avatar

    async def close(self) -> None:
        """See ``Slot.close``."""
        self._ready.clear()
        tasks = [*self._letting_go, *([] if self._keeper is None else [self._keeper])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._line.close()
        self._socket.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._socket.parent.rmdir()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _keep(self) -> None:
        """Start the child, again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        ends: deque[float] = deque()
        while True:
            try:
                await self._live()
            except Exception as error:  # noqa: BLE001 - no memory for a process, no room for a socket: it may pass
                log.error("%s: the engine could not be kept: %s", self.name, blame(error))  # noqa: TRY400
            now = loop.time()
            ends.append(now)
            while ends[0] < now - self._within:
                ends.popleft()
            if len(ends) > self._crashes:
                log.error("%s: the engine ended %d times, resting for %d s", self.name, len(ends), self._rest)
                ends.clear()
                await asyncio.sleep(self._rest)
            else:
                await asyncio.sleep(0.1 * 2 ** len(ends))

    async def _live(self) -> None:
        """One life of a child, from its start to its end."""
        self._socket.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "generator.server",
            *("--engine", self._engine, "--uds", str(self._socket), "--parent", str(os.getpid()), *self._options),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self._process = process
        reading = asyncio.create_task(relay(cast("asyncio.StreamReader", process.stdout), self.name))
        ended = asyncio.create_task(process.wait())
        try:
            if await self._answers(ended):
                log.info("%s: engine ready, process %d", self.name, process.pid)
                self._ready.set()
            else:
                log.error("%s: the engine did not start", self.name)
                self._kill(process)
            await asyncio.wait({ended})
            log.warning("%s: engine process %d ended with %s", self.name, process.pid, _ending(ended.result()))
        finally:
            self._ready.clear()
            self._kill(process)
            await asyncio.wait({ended})
            self._process = None
            # A grandchild may hold the pipe open for longer than anybody wants to wait.
            await asyncio.wait({reading}, timeout=1)
            reading.cancel()

    async def _answers(self, ended: asyncio.Task[int]) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.start):
                while not ended.done():
                    with contextlib.suppress(SlotNotReady):
                        await self._line.health()
                        return True
                    await asyncio.wait({ended}, timeout=0.02)
        return False

    def _let_go(self, process: asyncio.subprocess.Process | None) -> None:
        """Take no job until the engine has stopped drawing the last one; kill it if it does not stop."""
        if process is None or process is not self._process:
            return
        task = asyncio.create_task(self._wait_for_idle(process))
        self._letting_go.add(task)
        task.add_done_callback(self._letting_go.discard)

    async def _wait_for_idle(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(self._patience.letting_go):
                while (await self._line.health())["busy"]:  # noqa: ASYNC110 - what changes is in another process
                    await asyncio.sleep(0.02)
        except Exception as error:  # noqa: BLE001 - a fresh process answers every doubt
            log.warning("%s: the engine does not stop drawing (%s)", self.name, type(error).__name__)
            self._kill(process)
            return
        self._free(process)

    def _free(self, process: asyncio.subprocess.Process | None) -> None:
        if process is not None and process is self._process and process.returncode is None:
            self._ready.set()

    def _kill(self, process: asyncio.subprocess.Process | None) -> None:
        """SIGKILL the child and whatever it started."""
        if process is None:
            return
        if process is self._process:  # also when it is dead already, and the keeper has not heard of it yet
            self._ready.clear()
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


class RemoteEngine:
    """A slot behind a URL: the same server on another machine, or a cluster that answers like one."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        name: str | None = None,
        patience: Patience | None = None,
        ask_every: float = 1.0,
    ) -> None:
        self.name = name or url
        self.engines: frozenset[str] = frozenset()
        self._patience = patience or Patience()
        self._line = _Line(url, self._patience, token=token)
        self._ask_every = ask_every
        self._ready = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._doubt = asyncio.Event()

    async def start(self) -> None:
        """See ``Slot.start``."""
        self._doubt.set()
        self._keeper = asyncio.create_task(self._keep())

    async def ready(self) -> None:
        """See ``Slot.ready``."""
        await self._ready.wait()

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        """See ``Slot.draw``."""
        if not self._ready.is_set():
            raise SlotNotReady
        self._ready.clear()
        try:
            avatar = await self._line.draw(spec, report)
        except (SpecInvalid, DrawFailed):
            self._ready.set()
            raise
        except BaseException:
            self._doubt.set()
            raise
        self._ready.set()
        return avatar

    async def close(self) -> None:
        """See ``Slot.close``."""
        self._ready.clear()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._line.close()

    async def _keep(self) -> None:
        """Whenever there is doubt, ask until the engine answers that it is free."""
        now = asyncio.get_running_loop().time
        said: str | None = None
        wait = 0.05
        since = now()
        while True:
            if not self._doubt.is_set():
                await self._doubt.wait()
                since = now()
            try:
                about = await self._line.health()
            except SlotNotReady as error:
                if said != error.key:  # once, not every second of a night
                    log.warning("%s: %s", self.name, error.key)
                    said = error.key
            except Exception as error:  # noqa: BLE001 - whoever keeps the slot must not give it up
                log.error("%s: cannot ask the engine: %s", self.name, blame(error))  # noqa: TRY400
            else:
                if not about["busy"]:
                    log.info("%s: engine %s ready", self.name, about["engine"])
                    self.engines = frozenset({about["engine"]})
                    said, wait = None, 0.05
                    self._doubt.clear()
                    self._ready.set()
                    continue
                if now() - since > self._patience.longest:
                    log.warning("%s: busy for %d s and more; it hangs, or others use it", self.name, now() - since)
                    since = now()
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._ask_every)


MAX_LINE_BYTES = 500
MAX_LINES = 200
"""What one child may write into our log in ten seconds."""


async def relay(stream: asyncio.StreamReader, name: str) -> None:
    """Log what a child writes, line by line; long lines are cut and floods are counted instead of shown."""
    loop = asyncio.get_running_loop()
    line = bytearray()
    shown = dropped = 0
    since = loop.time()
    while piece := await stream.read(65536):
        now = loop.time()
        if now - since > 10:
            if dropped:
                log.warning("%s: … and %d more lines", name, dropped)
            shown, dropped, since = 0, 0, now
        *whole, rest = piece.split(b"\n")
        for part in whole:
            line += part[: MAX_LINE_BYTES - len(line)]
            if line and shown < MAX_LINES:
                shown += 1
                log.info("%s: %s", name, line.decode(errors="backslashreplace"))
            else:
                dropped += bool(line)
            line.clear()
        line += rest[: MAX_LINE_BYTES - len(line)]
    if line:
        log.info("%s: %s", name, line.decode(errors="backslashreplace"))
    if dropped:
        log.warning("%s: … and %d more lines", name, dropped)


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"
