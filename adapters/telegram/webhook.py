"""The other way in: Telegram calls us. Answered with 200 only once what came is written down.

A reverse proxy speaks https to the world and passes on what comes for the webhook's path. Only Telegram knows the secret
that stands in each call; it is another one at each start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import socket
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import BotError

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105
MAX_BODY = 1_000_000
"""Updates hold text and ids of files; none comes near."""
BODY_SECONDS = 15.0
STOP_SECONDS = 3.0
OK, BAD_REQUEST, FORBIDDEN, TOO_LARGE, UNAVAILABLE = 200, 400, 403, 413, 503


class ListenRefused(BotError):
    """The address to listen at is taken, or not ours."""

    default_key = "telegram-listen"


class Receiver(Protocol):
    """Takes what comes in (``inbound.Inbound``)."""

    async def begin(self) -> None:
        """Called once, before anything comes in. Raises ``StorageTrouble``."""
        ...

    async def receive(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Returns once all of it may be confirmed. Raises ``StorageTrouble``."""
        ...

    async def room(self) -> None:
        """Wait until there is room for more."""
        ...


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        # Ctrl-C belongs to the whole application.
        yield


class Webhook:
    """Listens at ``listen`` (address:port) for what Telegram posts to ``url``."""

    def __init__(self, url: str, listen: str) -> None:
        self.url = url
        self._listen = listen
        self._path = urlsplit(url).path or "/"
        self._serving: asyncio.Task[None] | None = None
        self.port = 0
        """On which it listens, while it does."""

    @contextlib.asynccontextmanager
    async def serving(self, receiver: Receiver) -> AsyncGenerator[str]:
        """Listen; yields the secret that each call must carry. Raises ``ListenRefused``."""
        secret = secrets.token_urlsafe(32)
        listener = self._bind()
        server = _Server(_config(self._app(receiver, secret)))
        self._serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield secret
        finally:
            server.should_exit = True
            done, _ = await asyncio.wait({self._serving}, timeout=2 * STOP_SECONDS)
            if not done:
                self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
            listener.close()
            self.port = 0

    async def ended(self) -> None:
        """Wait until the listener ends, which it does by itself only when it fails."""
        if self._serving is None:
            raise RuntimeError("not serving")
        await asyncio.shield(self._serving)
        raise ConnectionError("the webhook's listener ended")

    def _bind(self) -> socket.socket:
        host, _, port = self._listen.rpartition(":")
        host = host.strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, int(port)))
        except OSError as error:
            listener.close()
            problem = error.strerror or type(error).__name__
            raise ListenRefused(parameters={"listen": self._listen, "problem": problem}) from None
        self.port = int(listener.getsockname()[1])
        return listener

    def _app(self, receiver: Receiver, secret: str) -> Starlette:
        async def take(request: Request) -> Response:
            given = request.headers.get(SECRET_HEADER, "")
            if not secrets.compare_digest(given.encode(), secret.encode()):
                return Response(status_code=FORBIDDEN)
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await _body(request)
            except (TimeoutError, ClientDisconnect):
                return Response(status_code=BAD_REQUEST)
            if body is None:
                return Response(status_code=TOO_LARGE)
            try:
                update: object = json.loads(body)
            except ValueError:
                return Response(status_code=BAD_REQUEST)
            if not isinstance(update, dict):
                return Response(status_code=BAD_REQUEST)
            try:
                await receiver.room()
                await receiver.receive([cast("dict[str, Any]", update)])
            except BotError as error:
                log.error("what arrives cannot be written down (%s); Telegram will send it again", error.key)  # noqa: TRY400
                return Response(status_code=UNAVAILABLE)
            return Response(status_code=OK)

        return Starlette(routes=[Route(self._path, take, methods=["POST"])])


async def _body(request: Request) -> bytes | None:
    """None if it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=int(STOP_SECONDS),
        limit_concurrency=200,
        h11_max_incomplete_event_size=32_768,
    )
