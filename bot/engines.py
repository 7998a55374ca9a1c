"""Slots: where avatars are drawn, one or several at a time, by a child process of this machine or behind a URL."""

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
from collections.abc import AsyncIterator, Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

import httpcore
import httpx

from generator import confinement
from generator.blame import blame
from generator.engine import Avatar, AvatarSpec, Progress
from generator.errors import DrawCancelled, DrawFailed, EngineUnavailable, GeneratorError, SpecInvalid
from generator.wire import CANNOT, DRAWING, Frames, drawing_name, encode_request

log = logging.getLogger(__name__)

Report = Callable[[Progress], None]


class SlotNotReady(EngineUnavailable):
    """The slot did not take the job: it is starting, resting, busy with another, or not to be reached."""

    default_key = "error-engine-not-ready"


NO_MEMORY = "error-engine-memory"
"""An engine's own word: this picture needs more memory than there is."""
NO_MODEL = "error-model-missing"
"""An engine's own word: weights that this picture needs are not installed."""
CAME_TO_NOTHING = "error-draw-failed"
"""An engine's own word: the numbers of this picture were none, and would be again. With others all is well."""
NO_STYLE = "error-style"
"""An engine's own word: it has no such style. One elsewhere may have others than there are here."""


class Slot(Protocol):
    """Draws up to ``capacity`` avatars at a time; mends itself."""

    name: str
    """Names the slot in logs and in the jobs table."""

    @property
    def engines(self) -> frozenset[str]:
        """Which engines answer here: empty before it is known."""
        ...

    @property
    def capacity(self) -> int:
        """How many seats there are, free or not; 1 before it is known."""
        ...

    @property
    def checks(self) -> bool:
        """Whether what paints here looks at its pictures before anybody else does; True until it is known not to."""
        ...

    @property
    def down_since(self) -> float | None:
        """The loop's time since when no engine answers here; None while one does, idle or busy."""
        ...

    @property
    def hopeless(self) -> bool:
        """Whether the engine said that it cannot be had here as things stand: its weights or libraries are missing."""
        ...

    async def start(self) -> None:
        """Begin to make the slot ready; returns at once."""
        ...

    async def ready(self) -> None:
        """Wait until there is a free seat."""
        ...

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        """Draw ``spec``. Cancel the task to stop drawing. A seat is taken before anything else can happen.

        Raises ``SpecInvalid`` and ``DrawFailed`` (the job's fault), ``SlotNotReady`` (nothing happened: the slot is
        starting, resting, or has no seat free), and ``EngineUnavailable`` (the engine crashed, hung or spoke nonsense
        while it drew, or said by ``NO_MEMORY``, ``NO_MODEL`` or ``CAME_TO_NOTHING`` why not this picture).
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
    """Without any progress: the engine is stuck. For each picture that is asked for at once."""
    longest: float = 900.0
    """For one picture."""
    start: float = 120.0
    """Until a new child answers: it may load weights."""
    letting_go: float = 5.0
    """Until an engine that was told to stop has stopped, where nobody else's picture would suffer from its end. For each
    picture as well: an engine stops between two steps."""


PAINTING = Patience(stall=600.0, longest=4 * 3600.0, start=900.0, letting_go=120.0)
"""For an engine that loads gigabytes before its first answer, and may have nothing but a CPU to paint with."""

_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=0)
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


@dataclass(frozen=True, slots=True)
class _Health:
    """What a server says about itself."""

    engine: str
    capacity: int
    drawings: frozenset[str]
    """Names of what is being drawn, for whomever."""
    checks: bool
    """Whether it looks at what it painted before anybody else does."""
    worn: bool
    """Whether it takes no more drawings, so that its process had better end."""


def _health(said: object) -> _Health:
    """Raises ``ValueError`` for anything that our server does not say."""
    known = cast("dict[str, object]", said) if isinstance(said, dict) else {}
    engine, capacity, drawings = known.get("engine"), known.get("capacity"), known.get("drawings")
    if not isinstance(engine, str) or type(capacity) is not int or capacity < 1 or not isinstance(drawings, list):
        raise ValueError("no engine server of ours")
    names = frozenset(str(one) for one in cast("list[object]", drawings))
    return _Health(engine, capacity, names, known.get("checks") is True, known.get("worn") is True)


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

    async def health(self) -> _Health:
        """What the server says about itself. Raises ``SlotNotReady`` with the reason."""
        try:
            answer = await self._client.get("/healthz", timeout=self._patience.connect)
        except httpx.HTTPError as error:
            raise SlotNotReady("error-engine-not-reached") from error
        if answer.status_code == 401:
            raise SlotNotReady("error-engine-token")
        if answer.status_code != 200:
            raise SlotNotReady("error-engine-not-reached")
        try:
            return _health(answer.json())
        except ValueError as error:
            raise SlotNotReady("error-engine-not-reached") from error

    async def draw(self, spec: AvatarSpec, report: Report, name: str | None = None) -> Avatar:
        """See ``Slot.draw``. The server knows the drawing by ``name``."""
        try:
            async with (
                asyncio.timeout(self._patience.longest * spec.count),
                asyncio.timeout(self._patience.stall * spec.count) as stall,
            ):
                return await self._exchange(spec, report, stall, drawing_name(name))
        except (TimeoutError, httpx.HTTPError, httpx.StreamError) as error:
            raise EngineUnavailable from error

    async def _exchange(self, spec: AvatarSpec, report: Report, stall: asyncio.Timeout, name: str) -> Avatar:
        length, parts = encode_request(spec)
        request = self._client.build_request(
            "POST", "/draw", content=_each(parts), headers={"Content-Length": str(length), DRAWING: name}
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
                        # One step of all pictures at once may take as long as the steps of each.
                        stall.reschedule(asyncio.get_running_loop().time() + self._patience.stall * spec.count)
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


@dataclass(slots=True)
class _Child:
    """An engine process that answers, and its seats."""

    process: asyncio.subprocess.Process
    capacity: int
    taken: set[str] = field(default_factory=set[str])
    """Names of the drawings that it has not let go of."""
    wanted: set[str] = field(default_factory=set[str])
    """Those of them that somebody waits for."""
    worn: bool = False
    """It takes no more drawings, and ends with the last one."""


class LocalEngine:
    """A slot drawn by a child process that is started, watched, killed and started again here.

    ``engine`` is what ``python -m generator.server --engine`` takes, with further ``options``; ``serves`` the name that
    styles give it. ``memory`` limits the child's address space in MiB. ``environment`` is all that the child learns
    besides ``PATH``.
    """

    def __init__(
        self,
        name: str = "local-0",
        *,
        engine: str = "classic",
        serves: str | None = None,
        styles: Sequence[Path] = (),
        options: Sequence[str] = (),
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
        self._options = [*options]
        self._options += [part for folder in styles for part in ("--styles", str(folder))]
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
        self._child: _Child | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._letting_go: set[asyncio.Task[None]] = set()
        self.capacity = 1
        self.checks = True
        self.down_since: float | None = 0.0
        self.hopeless = False

    @property
    def pid(self) -> int | None:
        """Process id of the child, while there is one."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """See ``Slot.start``."""
        self._lock = await asyncio.to_thread(_own, self._socket.parent)
        self.down_since = asyncio.get_running_loop().time()
        self._keeper = asyncio.create_task(self._keep())

    async def ready(self) -> None:
        """See ``Slot.ready``."""
        await self._ready.wait()

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        """See ``Slot.draw``."""
        child = self._child
        if child is None or not self._ready.is_set():
            raise SlotNotReady
        name = drawing_name()
        child.taken.add(name)
        child.wanted.add(name)
        self._look(child)
        try:
            avatar = await self._line.draw(spec, report, name)
        except (SpecInvalid, DrawFailed):
            self._free(child, name)
            raise
        except (SlotNotReady, asyncio.CancelledError):
            self._let_go(child, name, self._patience.letting_go * spec.count)
            raise
        except EngineUnavailable as error:
            others = child.wanted - {name}
            if error.key in {NO_MODEL, CAME_TO_NOTHING} or (error.key == NO_MEMORY and others):
                # Whoever lacks memory for one picture may finish the others.
                child.worn |= error.key == NO_MEMORY
                self._free(child, name)
            else:
                self._kill(child.process)
            raise
        except BaseException:
            # Whatever state it is in, a fresh process is in a better one.
            self._kill(child.process)
            raise
        finally:
            child.wanted.discard(name)
        self._free(child, name)
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
        refusals = 0
        while True:
            try:
                self.hopeless = await self._live() == CANNOT
            except Exception as error:  # noqa: BLE001 - no memory for a process, no room for a socket: it may pass
                log.error("%s: the engine could not be kept: %s", self.name, blame(error))  # noqa: TRY400
            if self.hopeless:
                # What it lacks may be installed meanwhile; an hour of looking must not fill the log.
                await asyncio.sleep(min(self._rest * 2**refusals, 10 * self._rest))
                refusals += 1
                continue
            refusals = 0
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

    async def _live(self) -> int:
        """One life of a child, from its start to its end; how it ended."""
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
            about = await self._answers(ended)
            if about is not None:
                log.info("%s: engine ready, process %d", self.name, process.pid)
                self.capacity, self.checks = about.capacity, about.checks
                self._child = _Child(process, about.capacity)
                self.down_since, self.hopeless = None, False
                self._look(self._child)
            else:
                log.error("%s: the engine did not start", self.name)
                self._kill(process)
            await asyncio.wait({ended})
            log.warning("%s: engine process %d ended with %s", self.name, process.pid, _ending(ended.result()))
            return ended.result()
        finally:
            self._kill(process)
            await asyncio.wait({ended})
            self._process = None
            # A grandchild may hold the pipe open for longer than anybody wants to wait.
            await asyncio.wait({reading}, timeout=1)
            reading.cancel()

    async def _answers(self, ended: asyncio.Task[int]) -> _Health | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.start):
                while not ended.done():
                    if self._socket.exists():  # to ask before there is one costs a hundred times as much as to look
                        with contextlib.suppress(SlotNotReady):
                            return await self._line.health()
                    await asyncio.wait({ended}, timeout=0.02)
        return None

    def _let_go(self, child: _Child, name: str, patience: float) -> None:
        """Give the seat to nobody until the engine has stopped drawing this; kill the engine if it does not stop."""
        if child is not self._child:
            return
        task = asyncio.create_task(self._wait_for_end(child, name, patience))
        self._letting_go.add(task)
        task.add_done_callback(self._letting_go.discard)

    async def _wait_for_end(self, child: _Child, name: str, patience: float) -> None:
        loop, pause = asyncio.get_running_loop(), 0.02
        try:
            async with asyncio.timeout(patience) as limit:
                while await self._still_draws(child, name):
                    if child.wanted:  # the seat is lost for that long, and nobody's picture
                        limit.reschedule(loop.time() + patience)
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.1, 0.25)
        except Exception as error:  # noqa: BLE001 - a fresh process answers every doubt
            log.warning("%s: the engine does not stop drawing (%s)", self.name, type(error).__name__)
            self._kill(child.process)
            return
        self._free(child, name)

    async def _still_draws(self, child: _Child, name: str) -> bool:
        try:
            about = await self._line.health()
        except SlotNotReady:
            if not child.wanted:
                raise
            return True
        # It may have said so to nobody but the one who has left.
        child.worn |= about.worn
        return name in about.drawings

    def _free(self, child: _Child, name: str) -> None:
        child.taken.discard(name)
        if child.worn and not child.taken:
            self._kill(child.process)
        else:
            self._look(child)

    def _look(self, child: _Child) -> None:
        """Say whether there is a free seat."""
        if child is not self._child:
            return
        if child.process.returncode is None and not child.worn and len(child.taken) < child.capacity:
            self._ready.set()
        else:
            self._ready.clear()

    def _kill(self, process: asyncio.subprocess.Process | None) -> None:
        """SIGKILL the child and whatever it started."""
        if process is None:
            return
        if process is self._process:  # also when it is dead already, and the keeper has not heard of it yet
            self._ready.clear()
            self._child = None
            if self.down_since is None:
                self.down_since = asyncio.get_running_loop().time()
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


class RemoteEngine:
    """A slot behind a URL: the same server on another machine, or a cluster that answers like one.

    ``expects`` is the engine that should be there, if that is known.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        name: str | None = None,
        expects: str | None = None,
        patience: Patience | None = None,
        ask_every: float = 1.0,
    ) -> None:
        self.name = name or url
        self.engines: frozenset[str] = frozenset() if expects is None else frozenset({expects})
        self.capacity = 1
        self.checks = True
        self.down_since: float | None = 0.0
        self.hopeless = False
        self._expects = expects
        self._patience = patience or Patience()
        self._line = _Line(url, self._patience, token=token)
        self._ask_every = ask_every
        self._ready = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._doubt = asyncio.Event()
        self._reached = False
        self._taken: set[str] = set()
        """Names of our drawings that the engine has not let go of, as far as we know."""
        self._left: set[str] = set()
        """Those of them that we do not wait for any more."""
        self._theirs = 0
        """Seats that others had when the engine was asked last."""

    async def start(self) -> None:
        """See ``Slot.start``."""
        self.down_since = asyncio.get_running_loop().time()
        self._doubt.set()
        self._keeper = asyncio.create_task(self._keep())

    async def ready(self) -> None:
        """See ``Slot.ready``."""
        await self._ready.wait()

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        """See ``Slot.draw``."""
        if not self._ready.is_set():
            raise SlotNotReady
        name = drawing_name()
        self._taken.add(name)
        self._look()
        try:
            avatar = await self._line.draw(spec, report, name)
        except (SpecInvalid, DrawFailed):
            self._taken.discard(name)
            self._look()
            raise
        except BaseException as error:
            self._left.add(name)
            # Whoever was cancelled has left one seat behind; anything else says nothing good about all the others.
            self._reached &= isinstance(error, asyncio.CancelledError)
            self._doubt.set()
            self._look()
            raise
        self._taken.discard(name)
        self._look()
        return avatar

    async def close(self) -> None:
        """See ``Slot.close``."""
        self._ready.clear()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._line.close()

    def _look(self) -> None:
        """Say whether there is a free seat."""
        if self._reached and len(self._taken) + self._theirs < self.capacity:
            self._ready.set()
        else:
            self._ready.clear()

    async def _keep(self) -> None:
        """Whenever there is doubt, ask until the engine answers that all seats are free but those that we sit in."""
        now = asyncio.get_running_loop().time
        said: str | None = None
        wait = 0.05
        since = now()
        while True:
            if not self._doubt.is_set():
                await self._doubt.wait()
                since = now()
            left = frozenset(self._left)
            try:
                about = await self._line.health()
            except SlotNotReady as error:
                self._reached = False
                self._look()
                self.down_since = now() if self.down_since is None else self.down_since
                if said != error.key:  # once, not every second of a night
                    log.warning("%s: %s", self.name, error.key)
                    said = error.key
            except Exception as error:  # noqa: BLE001 - whoever keeps the slot must not give it up
                log.error("%s: cannot ask the engine: %s", self.name, blame(error))  # noqa: TRY400
            else:
                self._learn(about, left)
                if not self._left and not self._theirs and not about.worn:
                    log.info("%s: engine %s ready", self.name, about.engine)
                    said, wait = None, 0.05
                    self._doubt.clear()
                    continue
                if now() - since > self._patience.longest:
                    log.warning("%s: busy for %d s and more; it hangs, or others use it", self.name, now() - since)
                    since = now()
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._ask_every)

    def _learn(self, about: _Health, left: Collection[str]) -> None:
        """Take over what the server says; ``left`` was left before it was asked."""
        there = frozenset({about.engine})
        if self._expects not in (None, about.engine) and self.engines != there:
            log.error("%s: engine %s is there, and %s was expected", self.name, about.engine, self._expects)
        self.engines = there
        self.capacity, self.checks = about.capacity, about.checks
        gone = {name for name in left if name not in about.drawings}
        self._left -= gone
        self._taken -= gone
        self._theirs = len(about.drawings - self._taken)
        self._reached, self.down_since = not about.worn, None
        self._look()


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
