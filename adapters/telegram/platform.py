"""Telegram as a chat platform: one bot account, groups where everything is public, and private chats where it serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.telegram.connection import CLOSE_SECONDS, Client, Connection, hang_up
from adapters.telegram.targets import PLATFORM, Target
from adapters.telegram.webhook import Webhook
from bot.chat import Address, Handler, Inbox, Reply, Visits
from bot.errors import Unreachable
from bot.wording import Wording

if TYPE_CHECKING:
    from adapters.telegram.pace import Rates

log = logging.getLogger(__name__)


class Telegram:
    """The ``Platform`` named "telegram".

    ``folder`` keeps what must outlive a restart: groups by number, messages by tag, where shared pictures were posted.
    ``key`` signs buttons and links. ``clock`` gives ms UTC. ``inbox`` has what arrives before it is confirmed, ``visits``
    where members come from. ``api`` and ``file_api`` replace Telegram's own address. With ``webhook``, an https address,
    Telegram calls us at ``listen``; else we ask. ``returned`` is told the id of a member who did something just now.
    ``shared`` gives the tags of all pictures that are shared: whatever else still stands there is removed.
    """

    name = PLATFORM
    throttle = 3.0

    def __init__(
        self,
        handler: Handler,
        wording: Wording,
        folder: Path,
        *,
        token: str,
        key: bytes,
        clock: Callable[[], int],
        inbox: Inbox,
        visits: Visits,
        api: str = "",
        file_api: str = "",
        webhook: str = "",
        listen: str = "127.0.0.1:8124",
        rates: Rates | None = None,
        returned: Callable[[str], Coroutine[Any, Any, None]] | None = None,
        shared: Callable[[], Awaitable[Collection[str]]] | None = None,
    ) -> None:
        self.ready = asyncio.Event()
        """Set once the bot is connected and its commands are registered."""
        self._client = Client(token, api=api, file_api=file_api)
        self._connection = Connection(
            self._client, self, self._welcome, webhook=Webhook(webhook, listen) if webhook else None
        )

    @property
    def unreached(self) -> asyncio.Event:
        """Set once Telegram could not be reached, before it ever was."""
        return self._connection.unreached

    @property
    def conflicted(self) -> asyncio.Event:
        """Set while another process asks for this bot's updates."""
        return self._connection.conflicted

    @property
    def username(self) -> str:
        """The bot's name in links, known once ``ready`` is set."""
        return self._client.username

    async def run(self) -> None:
        """Connect and serve until ``close``. Raises ``TokenRefused``; waits for whatever may pass."""
        try:
            await self._connection.run()
        finally:
            await hang_up(self._client)

    async def close(self) -> None:
        """Let running calls end, hang up and end ``run``."""
        await self._connection.close()

    async def receive(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Take what comes in."""

    async def room(self) -> None:
        """Wait until there is room for more."""

    async def _welcome(self) -> None:
        await self._connection.connected.wait()
        self.ready.set()

    async def show(self, address: Address, reply: Reply) -> None:
        """Show ``reply`` where ``address`` says."""
        try:
            target = Target.of(address)
        except ValueError:
            raise Unreachable from None
