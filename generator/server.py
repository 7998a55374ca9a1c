"""The engine border: a small ASGI app that draws as many avatars at a time as its engine can, and streams how it goes.

Run as ``python -m generator.server``: as a child process on a unix socket, or on another machine on a TCP port.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import faulthandler
import gc
import hmac
import importlib
import logging
import os
import socket
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from generator import confinement
from generator.blame import blame
from generator.engine import Avatar, AvatarSpec, Engine, Progress
from generator.errors import DrawFailed, EngineUnavailable, GeneratorError, SpecInvalid
from generator.wire import CANNOT, DRAWING, MAX_REQUEST_BYTES, Heartbeat, decode_request, drawing_name, encode_frame

log = logging.getLogger(__name__)

FRAMES = "application/x-bpp-frames"
NICENESS = 10
STUCK, STUCK_PAINTING = 120.0, 600.0
"""Seconds in which an engine that is told to stop has stopped: longer than any step of a drawing, or of a painting on a
CPU."""

MIN_TOKEN_BYTES = 16
_NO_MEMORY = "error-engine-memory"
_LOOK = 0.5
"""Seconds after which a server that nobody minds looks whether its engine can still draw."""
_FAREWELL = 60.0
"""Seconds that the last pictures of a server that ends have to reach those who asked for them."""


class Drawing:
    """One picture in the making. It holds a seat until the engine lets go, whether or not anybody still listens."""

    def __init__(self, engine: Engine, spec: AvatarSpec, over: Callable[[Avatar | GeneratorError], None]) -> None:
        self._engine = engine
        self._spec = spec
        self._over = over
        self._loop = asyncio.get_running_loop()
        self._cancelled = threading.Event()
        self._changed = asyncio.Event()
        self._progress: Progress | None = None
        self._final: Avatar | GeneratorError | None = None
        # A daemon thread: a hung engine must not keep the process from ending.
        threading.Thread(target=self._run, name="drawing", daemon=True).start()

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the picture any more."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the engine to stop at its next step."""
        self._cancelled.set()

    async def frames(self, heartbeat: float) -> AsyncIterator[bytes]:
        """The stream: the latest progress, a heartbeat after each ``heartbeat`` silent seconds, at last the end."""
        while True:
            try:
                async with asyncio.timeout(heartbeat):
                    await self._changed.wait()
            except TimeoutError:
                yield encode_frame(Heartbeat())
                continue
            self._changed.clear()
            progress, self._progress = self._progress, None
            if self._final is not None:
                yield encode_frame(self._final)
                return
            if progress is not None:
                yield encode_frame(progress)

    def _run(self) -> None:
        try:
            final: Avatar | GeneratorError = self._engine.draw(self._spec, self._report, self._cancelled.is_set)
            if not isinstance(final, Avatar):  # pyright: ignore[reportUnnecessaryIsInstance] - engines come from anywhere
                raise TypeError("an engine that returns no avatar")  # noqa: TRY301
        except GeneratorError as error:
            final = error
        except MemoryError:
            log.error("the engine ran out of memory")  # noqa: TRY400 - no memory for a traceback either
            final = EngineUnavailable(_NO_MEMORY)
        except Exception as error:  # noqa: BLE001 - engines come from anywhere
            log.error("the engine broke its promise to raise only its own errors: %s", blame(error))  # noqa: TRY400
            final = DrawFailed()
        except BaseException as error:  # noqa: BLE001 - as above
            log.error("the engine tried to leave: %s", blame(error))  # noqa: TRY400
            final = EngineUnavailable()
        with contextlib.suppress(RuntimeError):  # the server has ended meanwhile: nobody waits any more
            self._loop.call_soon_threadsafe(self._end, final)

    def _report(self, progress: Progress) -> None:
        self._loop.call_soon_threadsafe(self._show, progress)

    def _show(self, progress: Progress) -> None:
        self._progress = progress
        self._changed.set()

    def _end(self, final: Avatar | GeneratorError) -> None:
        self._over(final)  # before the last frame leaves, so that whoever reads it finds the engine free
        self._final = final
        self._changed.set()


class DrawingStream(StreamingResponse):
    """The frames of a drawing; when the stream ends for whatever reason, so does the wish for the picture."""

    def __init__(self, drawing: Drawing, heartbeat: float, over: Callable[[], None]) -> None:
        super().__init__(drawing.frames(heartbeat), media_type=FRAMES)
        self._drawing = drawing
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            pass
        finally:
            self._drawing.cancel()
            self._over()


class Border:
    """The two routes in front of one engine."""

    def __init__(self, engine: Engine, token: str | None, heartbeat: float) -> None:
        self._engine = engine
        self._token = token
        self._heartbeat = heartbeat
        self._drawings: dict[str, Drawing] = {}
        self._streams = 0
        """Answers that are still under way."""
        self._worn = False
        """It ran out of memory, and takes no more drawings: a fresh process has all that there is."""

    async def watch(self, stuck: float) -> None:
        """End the process when the engine has drawn for ``stuck`` seconds what nobody waits for, or let nothing else run.

        Where others still wait for theirs, it is told, and waited for them. The end is left to a thread that needs no
        interpreter lock, for an engine that hangs may hold it. That thread is put off again and again as long as all is
        well, and writes where the engine hangs before it acts.

        An engine that is ``broken``, or had too little memory, ends it too: once the last picture is with whoever asked
        for it.
        """
        said: set[Drawing] = set()
        clock = asyncio.get_running_loop().time
        done: float | None = None
        try:
            while True:
                left = {drawing for drawing in self._drawings.values() if drawing.cancelled}
                if not left or len(left) < len(self._drawings):
                    faulthandler.dump_traceback_later(stuck, exit=True)
                if left - said:
                    log.warning("the engine still draws what nobody waits for; if it does not stop, this process ends")
                said = left
                if self._drawings or not self._spent():
                    done = None
                elif done is None:
                    done = clock()
                elif not self._streams or clock() - done > _FAREWELL:
                    log.critical("the engine cannot draw in this process any more, which therefore ends")
                    os._exit(1)
                await asyncio.sleep(min(stuck / 8, _LOOK))
        finally:
            faulthandler.cancel_dump_traceback_later()

    async def health(self, request: Request) -> Response:
        """200 when the engine is loaded; who shows the token (or needs none) also learns which, and what it draws."""
        if self._token is not None and "authorization" not in request.headers:
            return JSONResponse({"ok": True})
        if not self._trusts(request):
            return _refusal(401)
        version = getattr(self._engine, "version", "")
        return JSONResponse(
            {
                "ok": True,
                "engine": self._engine.name,
                "version": str(version),
                "busy": self._full(),
                "worn": self._spent(),
                "capacity": self._engine.capacity,
                "drawings": sorted(self._drawings),
                # Whoever paints and does not say so looks at nothing.
                "checks": bool(getattr(self._engine, "checks", False)),
            }
        )

    async def draw(self, request: Request) -> Response:
        """Streams frames (200), or says: not with this token (401), too long (413), no such picture (422), busy (503)."""
        if not self._trusts(request):
            return _refusal(401)
        if self._full():
            return _refusal(503)
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > MAX_REQUEST_BYTES:
                    return _refusal(413)
        except ClientDisconnect:
            return _refusal(400)
        name = drawing_name(request.headers.get(DRAWING))
        if self._full() or name in self._drawings:  # somebody else was faster while the body arrived
            return _refusal(503)
        try:
            spec = decode_request(bytes(body))
        except SpecInvalid as error:
            return Response(encode_frame(error), status_code=422, media_type=FRAMES)
        try:
            self._drawings[name] = drawing = Drawing(self._engine, spec, partial(self._free, name))
        except RuntimeError as error:  # no memory for another thread: it may pass
            log.error("no drawing could be begun: %s", blame(error))  # noqa: TRY400
            return _refusal(503)
        self._streams += 1
        return DrawingStream(drawing, self._heartbeat, self._told)

    def _told(self) -> None:
        self._streams -= 1

    def _spent(self) -> bool:
        """Whether only another process can draw again."""
        return self._worn or bool(getattr(self._engine, "broken", False))

    def _full(self) -> bool:
        return self._worn or len(self._drawings) >= self._engine.capacity

    def _free(self, name: str, final: Avatar | GeneratorError) -> None:
        self._worn |= isinstance(final, EngineUnavailable) and final.key == _NO_MEMORY
        del self._drawings[name]

    def _trusts(self, request: Request) -> bool:
        if self._token is None:
            return True
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, b"Bearer " + self._token.encode())


def _refusal(status: int) -> Response:
    # Closing tells a caller in the middle of a long body to stop.
    return Response(status_code=status, headers={"Connection": "close"})


def create_app(
    engine: Engine, token: str | None = None, heartbeat: float = 1.0, stuck: float | None = None
) -> Starlette:
    """The ASGI app in front of ``engine``: ``GET /healthz`` and a streaming ``POST /draw``.

    With a ``token``, callers must send it as ``Authorization: Bearer …``. ``heartbeat`` in seconds. The process ends when
    the engine does not stop drawing within ``stuck`` seconds of being told to; None: somebody else sees to that.
    """
    border = Border(engine, token, heartbeat)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        watching = None if stuck is None else asyncio.create_task(border.watch(stuck))
        yield
        if watching is not None:
            watching.cancel()
            await asyncio.wait({watching})

    return Starlette(
        routes=[Route("/healthz", border.health, methods=["GET"]), Route("/draw", border.draw, methods=["POST"])],
        lifespan=lifespan,
    )


def load_engine(
    name: str,
    folders: Sequence[Path],
    *,
    models: Path | None = None,
    plan: str = "auto",
    device: str = "auto",
    control: str = "canny",
) -> Engine:
    """The engine called ``classic`` or ``sdxl``, or what ``factory(folders)`` of ``module:factory`` returns. Slow.

    The rest is for ``sdxl``: where its weights are, how they are laid out, on what, and the id of its ControlNet.
    Raises a ``GeneratorError`` or ``ImportError`` where this machine cannot have that engine as it stands.
    """
    styles: Any = importlib.import_module("generator.styles")
    if name == "classic":
        classic: Any = importlib.import_module("generator.classic")
        engine: Any = classic.ClassicEngine(styles.load_catalog(folders))
        # The first figure of a set that is not ours costs half a second more; nobody should wait for it, now or then.
        threading.Thread(target=engine.warm, daemon=True).start()
        return cast("Engine", engine)
    if name == "sdxl":
        if models is None:
            raise EngineUnavailable("error-model-missing", {"model": "sdxl-base"})
        store: Any = importlib.import_module("generator.sdxl.store")
        store.Store(models).path("sdxl-base")  # to say that there are no weights, no GPU library need be read
        sdxl: Any = importlib.import_module("generator.sdxl.engine")
        return cast("Engine", sdxl.create(folders, models, plan=plan, device=device, control=control))
    module, _, factory = name.partition(":")
    return cast("Engine", getattr(importlib.import_module(module), factory)(folders))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m generator.server", description="Draw avatars for a bot.")
    parser.add_argument("--engine", default="classic", help="classic, sdxl, or module:factory")
    parser.add_argument("--styles", action="append", default=[], type=Path, metavar="DIR", help="more styles")
    parser.add_argument("--models", type=Path, metavar="DIR", help="sdxl: the folder of its weights")
    parser.add_argument("--plan", default="auto", help="sdxl: how it is laid out in memory; auto looks what is there")
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"), help="sdxl: what paints")
    parser.add_argument("--control", default="canny", metavar="ID", help="sdxl: the ControlNet, one of its weights")
    parser.add_argument("--uds", type=Path, metavar="PATH", help="listen on this unix socket")
    parser.add_argument("--host", default="127.0.0.1", help="listen on this address (with --port)")
    parser.add_argument("--port", type=int, help="listen on this TCP port; 0 chooses one")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="the shared secret that callers must send")
    parser.add_argument("--memory", type=int, metavar="MIB", help="address space that the process may use")
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this process ends")
    parser.add_argument("--heartbeat", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument(
        "--stuck",
        type=float,
        metavar="SECONDS",
        help="without --parent: end when the engine does not stop drawing within this time",
    )
    arguments = parser.parse_args(argv)
    if (arguments.uds is None) == (arguments.port is None):
        parser.error("one of --uds and --port is needed")
    if arguments.port is not None and arguments.token_file is None:
        parser.error("--port needs --token-file: whoever reaches a TCP port is a stranger")
    if arguments.engine == "sdxl" and arguments.models is None:
        parser.error("--engine sdxl needs --models: the folder that `bpp models pull` fills")
    if arguments.stuck is None:
        arguments.stuck = STUCK_PAINTING if arguments.engine == "sdxl" else STUCK
    return arguments


def _load(arguments: argparse.Namespace) -> Engine:
    """The engine asked for; where this machine cannot have it, the process ends with ``CANNOT`` and says why."""
    try:
        return load_engine(
            arguments.engine,
            arguments.styles,
            models=arguments.models,
            plan=arguments.plan,
            device=arguments.device,
            control=arguments.control,
        )
    except GeneratorError as error:
        log.error("the engine cannot be had here: %s", error)  # noqa: TRY400 - the sentence is all there is to know
    except ImportError as error:
        log.error("the engine cannot be had here: %s is not installed", error.name)  # noqa: TRY400
    raise SystemExit(CANNOT)


def _token(file: Path | None) -> str | None:
    if file is None:
        return None
    token = file.read_text(encoding="ascii").strip()
    if len(token) < MIN_TOKEN_BYTES:
        raise SystemExit(f"{file}: a token needs at least {MIN_TOKEN_BYTES} characters")
    return token


def _socket(arguments: argparse.Namespace) -> socket.socket:
    if arguments.uds is None:
        family = socket.AF_INET6 if ":" in arguments.host else socket.AF_INET
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((arguments.host, arguments.port))
        return listener
    # uvicorn would make the socket writable for everybody.
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(arguments.uds))
    finally:
        os.umask(before)
    return listener


def _step_back(arguments: argparse.Namespace) -> None:
    if arguments.parent is not None:
        # On a machine with few cores the bot must answer while this process paints (P5): drawing takes what is left.
        os.nice(NICENESS)


def main(argv: Sequence[str] | None = None) -> None:
    """Give up what a drawing process does not need, load the engine, serve until told to end."""
    arguments = _arguments(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if arguments.parent is not None:
        confinement.die_with(arguments.parent)
    drawn_by_cpu = arguments.engine != "sdxl" or arguments.device == "cpu"
    if drawn_by_cpu:
        _step_back(arguments)
    confinement.keep_memory_private()
    if not drawn_by_cpu:
        hardware: Any = importlib.import_module("generator.sdxl.hardware")
        hardware.wake()
    confinement.gain_nothing()
    if arguments.memory is not None:
        confinement.limit_memory(arguments.memory * 2**20)
    token = _token(arguments.token_file)
    gc.disable()  # what is read now stays to the end: to look through it for garbage would be a sixth of the start
    engine = _load(arguments)
    gc.freeze()
    gc.enable()
    if not drawn_by_cpu and getattr(engine, "device", "") == "cpu":
        # Only ``auto`` comes here, and only where nothing says that there should be a GPU.
        _step_back(arguments)
        log.warning("there is no GPU that torch can use: SDXL paints on the processor, which is slow")
    if "cv2" in sys.modules:  # slots are the unit of parallel work, not threads inside of one
        cast("Any", sys.modules["cv2"]).setNumThreads(1)
    listener = _socket(arguments)
    if arguments.port is not None:
        print(f"serving on port {listener.getsockname()[1]}", flush=True)  # noqa: T201 - for whoever asked for port 0
    config = uvicorn.Config(
        # A parent kills what hangs by itself, and sooner; nobody else would restart what still answers.
        create_app(engine, token, arguments.heartbeat, arguments.stuck if arguments.parent is None else None),
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=1,
        limit_concurrency=64,  # a few callers draw, a few ask; more are strangers who hold connections open
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
