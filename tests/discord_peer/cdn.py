"""The CDN: files behind signed links that expire; slow or broken when a test wants it so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web

from tests.discord_peer.world import World

PREFIX = "/cdn"
CHUNK = 16 * 1024


@dataclass
class Trouble:
    """How the next downloads go: begun with ``until``, ``delay`` seconds before every chunk, ended after ``break_after``
    bytes."""

    delay: float = 0.0
    break_after: int | None = None
    times: int = 1_000_000
    until: asyncio.Event | None = None


class Cdn:
    def __init__(self, world: World) -> None:
        self.world = world
        self.trouble = Trouble(times=0)
        self.downloads: list[str] = []
        """Names of the files that were asked for."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        path = request.url.raw_path.removeprefix(PREFIX)
        gone = web.Response(status=404, text="This content is no longer available.")
        if request.method not in ("GET", "HEAD") or not self.world.link_is_good(path, request.query):
            return gone
        *_, number, name = path.split("/")
        found = self.world.attachments.get(int(number))
        if found is None or found.name != unquote(name):
            return gone
        self.downloads.append(found.name)
        headers = {"Content-Type": found.type, "Content-Length": str(len(found.data))}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        trouble = self.trouble if self.trouble.times > 0 else Trouble()
        self.trouble.times -= 1
        if trouble.until is not None:
            await trouble.until.wait()
        sent = 0
        while sent < len(found.data):
            await asyncio.sleep(trouble.delay)
            end = len(found.data) if trouble.break_after is None else trouble.break_after
            piece = found.data[sent : min(sent + CHUNK, end)]
            if not piece:
                assert request.transport is not None
                request.transport.abort()
                break
            await response.write(piece)
            sent += len(piece)
        return response
