"""The open connections of the room's pages: what is sent down them, and what a page says it has received."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from adapters.web.pace import Pace

MAX_LINES = 8
"""Open pages of one member."""
MAX_QUEUE = 512
BURST, RATE = 60, 20
"""How many bubbles a page may say that it shows: at once, for it may just have got all of them, and each second."""
TICK_SECONDS = 20.0
"""Silence is broken this often, so that a page notices a dead connection."""
GARBLED, TOO_MANY, TOO_SLOW, UNKNOWN, RESTART = 4400, 4429, 4408, 4401, 1012


class Line:
    """One open page: events wait in a queue until the socket takes them."""

    def __init__(
        self, socket: WebSocket, heard: Callable[[str, int], None], seconds: Callable[[], float], locale: str
    ) -> None:
        """``heard`` is told each bubble id and version that the page says it shows; ``seconds`` never goes back.

        ``locale`` is the language of the page's browser.
        """
        self.locale = locale
        self._pace = Pace(BURST, RATE, seconds)
        self._socket = socket
        self._queue: asyncio.Queue[str] = asyncio.Queue(MAX_QUEUE)
        self._closing = asyncio.Event()
        self._code = RESTART
        self._heard = heard

    def send_event(self, event: Mapping[str, Any]) -> None:
        self.send(_packed(event))

    def send(self, event: str) -> None:
        """Queue an event; a page that does not keep up is closed and comes back to a fresh view."""
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.close(TOO_SLOW)

    def close(self, code: int) -> None:
        self._code = code
        self._closing.set()

    async def run(self) -> None:
        """Serve the socket until either side closes it."""
        tasks = [asyncio.create_task(work) for work in (self._write(), self._read(), self._closing.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self._socket.close(self._code)

    async def _write(self) -> None:
        while True:
            try:
                event = await asyncio.wait_for(self._queue.get(), TICK_SECONDS)
            except TimeoutError:
                event = '{"type":"tick"}'
            await self._socket.send_text(event)

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] != "websocket.receive":
                return
            acknowledged = _acknowledgement(message.get("text") or "")
            if acknowledged is None or not self._pace.allows(""):
                self.close(GARBLED)
                return
            self._heard(*acknowledged)


def _packed(event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _acknowledgement(text: str) -> tuple[str, int] | None:
    """The bubble id and version of ``{"seen": [id, version]}``; None for anything else."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    match value:
        case {"seen": [str(bubble), int(version)]} if len(bubble) <= 64:
            return bubble, version
        case _:
            return None


class Lines:
    """All open pages, by member."""

    def __init__(self) -> None:
        self._of: dict[str, list[Line]] = {}
        self._awaited: dict[tuple[str, str], tuple[int, asyncio.Event]] = {}

    def add(self, member: str, line: Line) -> bool:
        """Count a page in; False when the member has too many already."""
        mine = self._of.setdefault(member, [])
        if len(mine) >= MAX_LINES:
            return False
        mine.append(line)
        return True

    def remove(self, member: str, line: Line) -> None:
        mine = self._of.get(member, [])
        if line in mine:
            mine.remove(line)
        if not mine:
            self._of.pop(member, None)

    def of(self, member: str) -> list[Line]:
        return list(self._of.get(member, ()))

    def members(self) -> list[str]:
        return list(self._of)

    def tell(self, member: str, event: Mapping[str, Any]) -> None:
        """Send an event to all pages of one member."""
        self._send(self.of(member), event)

    def tell_all(self, event: Mapping[str, Any]) -> None:
        """Send an event to every page."""
        self._send([line for lines in self._of.values() for line in lines], event)

    def heard(self, member: str, bubble: str, version: int) -> None:
        """A page of ``member`` shows this bubble in this version."""
        wanted, event = self._awaited.get((member, bubble), (0, None))
        if event is not None and version >= wanted:
            event.set()

    async def shown(self, member: str, bubble: str, version: int, seconds: float) -> bool:
        """Wait until one page of ``member`` shows this version; False when none said so in time."""
        event = asyncio.Event()
        self._awaited[member, bubble] = version, event
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        finally:
            if self._awaited.get((member, bubble), (0, None))[1] is event:
                del self._awaited[member, bubble]
        return True

    def close(self) -> None:
        for lines in tuple(self._of.values()):
            for line in lines:
                line.close(RESTART)

    @staticmethod
    def _send(lines: list[Line], event: Mapping[str, Any]) -> None:
        if lines:
            text = _packed(event)
            for line in lines:
                line.send(text)
