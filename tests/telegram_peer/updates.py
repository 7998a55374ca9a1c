"""How updates reach the bot: one queue, fetched by long polls or delivered to a webhook, until they are confirmed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.telegram_peer.world import Refusal, World, bad

UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}
KEPT = 24 * 3_600_000
"""Updates that nobody fetched are dropped after a day."""
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
PORTS = (443, 80, 88, 8443)


@dataclass(eq=False)
class Update:
    id: int
    kind: str
    body: str = field(repr=False)
    """JSON, as it was when it happened."""
    chat: int
    at: int
    delivered: int = 0
    again: bool = False
    """Delivered anew although it was confirmed."""


@dataclass(eq=False)
class Poll:
    is_open: Callable[[], bool]
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Webhook:
    url: str
    secret: str = ""
    connections: int = 40
    error: str = ""
    error_at: int = 0


class Updates:
    def __init__(self, world: World, judge: Callable[[Any], list[str]]) -> None:
        self.world, self.judge = world, judge
        self.pending: list[Update] = []
        self.delivered: list[Update] = []
        """Every delivery, the oldest first."""
        self.allowed: list[str] = []
        self.webhook: Webhook | None = None
        self.proxies: dict[str, str] = {}
        self.retry_seconds = 0.05
        self.conflicts = 0
        self.next_id = 512_000_000
        self._poll: Poll | None = None
        self._busy: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def tell(self, kind: str, payload: dict[str, Any], chat: int) -> None:
        if kind not in self.allowed if self.allowed else kind in UNASKED:
            return
        self.next_id += 1
        said = {"update_id": self.next_id, kind: payload}
        self.world.problems += self.judge(said)
        self.pending.append(Update(self.next_id, kind, json.dumps(said), chat, self.world.clock.now()))
        self.world.changed()
        self.push()

    # Long polls

    async def get(
        self,
        *,
        offset: int | None,
        limit: int | None,
        seconds: int,
        allowed: list[str] | None,
        is_open: Callable[[], bool],
    ) -> list[Any]:
        if self.webhook is not None:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if self._poll is not None:
            self._poll.ended.set()
        if allowed is not None:
            self.allowed = allowed
        poll = self._poll = Poll(is_open)
        try:
            self._confirm(offset)
            return await self._wait(poll, min(max(limit or 100, 1), 100), min(seconds, 50))
        finally:
            if self._poll is poll:
                self._poll = None

    async def _wait(self, poll: Poll, limit: int, seconds: int) -> list[Any]:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds or None):
                while not poll.ended.is_set() and self.conflicts == 0 and poll.is_open():
                    self._drop_old()
                    if self.pending or seconds == 0:
                        break
                    await self._changed(poll)
        if self.conflicts:
            self.conflicts -= 1
            poll.ended.set()
        if poll.ended.is_set():
            raise Refusal(409, CONFLICT)
        return [self._deliver(one) for one in self.pending[:limit]] if poll.is_open() else []

    async def _changed(self, poll: Poll) -> None:
        with suppress(AssertionError):
            await self.world.until(
                lambda: self.pending or poll.ended.is_set() or self.conflicts or not poll.is_open(), 60, lambda: "news"
            )

    def _deliver(self, update: Update) -> Any:
        update.delivered += 1
        update.again = False
        self.delivered.append(update)
        return json.loads(update.body)

    def _confirm(self, offset: int | None) -> None:
        if offset is None or offset == 0:
            return
        if offset < 0:
            self.pending = self.pending[offset:]
            return
        undelivered = [one.id for one in self.pending if one.id < offset and not one.delivered]
        if undelivered:
            self.world.problems.append(f"getUpdates confirmed updates that were never delivered: {undelivered}")
        self.pending = [one for one in self.pending if one.id >= offset or one.again]

    def _drop_old(self) -> None:
        now = self.world.clock.now()
        self.pending = [one for one in self.pending if now - one.at <= KEPT]

    def redeliver(self, count: int) -> None:
        """The last updates that were delivered come once more."""
        latest = {one.id: one for one in self.delivered}
        again = sorted(latest.values(), key=lambda one: one.id)[-count:]
        waiting = {one.id for one in self.pending}
        for one in again:
            one.again = True
        self.pending = [one for one in again if one.id not in waiting] + self.pending
        self.world.changed()
        self.push()

    # Webhook

    def set_webhook(self, url: str, *, secret: str, connections: int | None, allowed: list[str] | None) -> None:
        if not url:
            self.webhook = None
            return
        parts = urlsplit(url)
        if parts.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if allowed is not None:
            self.allowed = allowed
        if self._poll is not None:
            self._poll.ended.set()
        self.webhook = Webhook(url, secret, connections or 40)
        self.world.changed()
        self.push()

    @property
    def info(self) -> dict[str, Any]:
        hook = self.webhook
        said: dict[str, Any] = {"url": "", "has_custom_certificate": False, "pending_update_count": len(self.pending)}
        if hook is not None:
            said |= {"url": hook.url, "max_connections": hook.connections, "ip_address": "203.0.113.7"}
            if hook.error:
                said |= {"last_error_date": hook.error_at // 1000, "last_error_message": hook.error}
        return said | ({"allowed_updates": self.allowed} if self.allowed else {})

    def push(self) -> None:
        """Deliver what waits: at most one update of a chat at a time, in order."""
        hook = self.webhook
        if hook is None:
            return
        self._drop_old()
        for update in list(self.pending):
            if update.chat in self._busy or len(self._busy) >= hook.connections:
                continue
            self._busy.add(update.chat)
            task = asyncio.get_running_loop().create_task(self._post(hook, update))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _post(self, hook: Webhook, update: Update) -> None:
        """Until it is taken."""
        try:
            while self.webhook is hook and update in self.pending:
                error = await self._try(hook, update)
                if not error:
                    self.pending = [one for one in self.pending if one is not update]
                    self.world.changed()
                    break
                hook.error, hook.error_at = error, self.world.clock.now()
                await asyncio.sleep(self.retry_seconds)
        finally:
            self._busy.discard(update.chat)
        self.push()

    async def _try(self, hook: Webhook, update: Update) -> str:
        parts = urlsplit(hook.url)
        place = self.proxies.get(f"{parts.scheme}://{parts.netloc}")
        if place is None:
            return "Failed to resolve host: Name or service not known"
        self._session = self._session or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        headers = {"Content-Type": "application/json"}
        if hook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret
        update.delivered += 1
        self.delivered.append(update)
        try:
            async with self._session.post(place + parts.path, data=update.body, headers=headers) as answer:
                body = await answer.read()
                if 200 <= answer.status < 300:
                    if b'"method"' in body:
                        self.world.problems.append("a call in the answer to a webhook: its result is lost")
                    return ""
                return f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError, OSError):
            return "Connection refused"

    async def close(self) -> None:
        self.webhook = None
        if self._poll is not None:
            self._poll.ended.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
