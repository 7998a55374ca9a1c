"""Discord as a chat platform: one bot account in many servers, private by default."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.chat import Address, Handler, Reply
from bot.wording import Wording


class Discord:
    """The ``Platform`` named "discord".

    ``folder`` keeps where shared pictures were posted, so that they can be taken back after a restart. ``clock`` gives
    ms UTC. ``api``, ``gateway`` and ``cdn`` replace Discord's own addresses; ``api`` does so for the whole process.
    ``moderator_roles`` are ids of roles whose members moderate beside those who may manage the server. ``names`` gives
    commands other names than ours. ``returned`` is told the id of a member who did something just now.
    """

    name = "discord"
    throttle = 2.0

    def __init__(
        self,
        handler: Handler,
        wording: Wording,
        folder: Path,
        *,
        token: str,
        clock: Callable[[], int],
        api: str = "",
        gateway: str = "",
        cdn: str = "",
        moderator_roles: Collection[int] = (),
        names: Mapping[str, str] = MappingProxyType({}),
        returned: Callable[[str], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Connect and serve until ``close``. Raises ``TokenRefused`` or ``IntentsRefused``; waits for whatever may pass."""
        raise NotImplementedError

    async def close(self) -> None:
        """Let running calls end, hang up and end ``run``."""
        raise NotImplementedError

    async def show(self, address: Address, reply: Reply) -> None:
        """Show ``reply`` where ``address`` says, or in the next best place once Discord no longer lets us."""
        raise NotImplementedError
