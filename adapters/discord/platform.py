"""Discord as a chat platform: one bot account in many servers, private by default."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from discord import AppCommandType
from discord.http import Route

from adapters.discord.connection import (
    CLOSE_SECONDS,
    FIRST_WAIT,
    LONGEST_WAIT,
    Client,
    Connection,
    named,
)
from adapters.discord.declarations import declared, differs
from adapters.discord.inbound import Inbound
from adapters.discord.layout import Layout
from adapters.discord.outbound import Outbound
from adapters.discord.photos import Photos
from adapters.discord.targets import PLATFORM, Target
from adapters.posts import Posts
from adapters.publishing import Shared
from bot.chat import Address, Handler, Reply
from bot.errors import Unreachable
from bot.wording import Wording

log = logging.getLogger(__name__)

REGISTER_SECONDS = 60.0
CHAT_INPUT = AppCommandType.chat_input.value


class Discord:
    """The ``Platform`` named "discord".

    ``folder`` keeps where shared pictures were posted, so that they can be taken back after a restart. ``clock`` gives
    ms UTC. ``api``, ``gateway`` and ``cdn`` replace Discord's own addresses; ``api`` does so for the whole process.
    ``moderator_roles`` are ids of roles whose members moderate beside those who may manage the server. ``names`` gives
    commands other names than ours. ``returned`` is told the id of a member who did something just now. ``shared`` gives
    the tags of all pictures that are shared: whatever else still stands there is removed.
    """

    name = PLATFORM
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
        shared: Shared | None = None,
    ) -> None:
        self.ready = asyncio.Event()
        """Set once the bot is connected and its commands are registered."""
        self._handler = handler
        self._wording = wording
        self._roles = moderator_roles
        self._names = names
        self._shared = shared
        self._ids: dict[str, int] = {}
        self._photos = Photos(cdn)
        posts, notes = Posts(folder / "posts"), Posts(folder / "notes")
        self._outbound = Outbound(Layout(wording, self._mention), posts, notes, clock, lambda: self._connection.client)
        self._inbound = Inbound(
            handler,
            wording,
            self._outbound,
            self._photos,
            roles=moderator_roles,
            names=names,
            returned=returned,
            clock=clock,
        )
        self._connection = Connection(token, self._inbound, self._welcome, api=api, gateway=gateway)

    @property
    def unreached(self) -> asyncio.Event:
        """Set once Discord could not be reached, before it ever was."""
        return self._connection.unreached

    async def run(self) -> None:
        """Connect and serve until ``close``. Raises ``TokenRefused`` or ``IntentsRefused``; waits for whatever may pass."""
        try:
            await self._connection.run()
        finally:
            await self._outbound.close()
            await self._photos.close()

    async def close(self) -> None:
        """Let running calls end, hang up and end ``run``."""
        await self._inbound.close(CLOSE_SECONDS)
        await self._connection.close()

    async def show(self, address: Address, reply: Reply) -> None:
        """Show ``reply`` where ``address`` says, or in the next best place once Discord no longer lets us."""
        try:
            target = Target.of(address)
        except ValueError:
            raise Unreachable from None
        await self._outbound.show(target, reply)

    async def _welcome(self, client: Client) -> None:
        """What is done with each new connection: register the commands, and go on removing what is to go."""
        sweeping = asyncio.create_task(self._outbound.sweep(self._shared))
        try:
            await self._register(client)
            await client.connected.wait()
            self.ready.set()
            await sweeping
        finally:
            sweeping.cancel()

    async def _register(self, client: Client) -> None:
        """Tell Discord what commands there are, if it does not know yet. Goes on trying: the rest works meanwhile."""
        wait = FIRST_WAIT
        while True:
            try:
                async with asyncio.timeout(REGISTER_SECONDS):
                    await self._register_once(client)
            except Exception as error:  # noqa: BLE001 - whatever it was, what is registered already must work
                log.warning("the commands could not be registered (%s); next try in %.0f s", named(error), wait)
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT, wait * 2)
            else:
                return

    async def _register_once(self, client: Client) -> None:
        application = client.application_id
        if application is None:
            raise RuntimeError("logged in above")
        wanted = await declared(self._handler, self._wording, names=self._names, open_to_all=bool(self._roles))
        route = Route("GET", "/applications/{application_id}/commands", application_id=application)
        known: list[dict[str, Any]] = await client.http.request(route, params={"with_localizations": "true"})
        if differs(known, wanted):
            registered = await client.http.bulk_upsert_global_commands(application, wanted)
            known = [dict(command) for command in registered]
            log.info("%s commands were registered", len(known))
        by_name = {command["name"]: int(command["id"]) for command in known if command.get("type", 1) == CHAT_INPUT}
        self._ids = {
            command.name: by_name[called]
            for command in self._handler.commands
            if (called := self._names.get(command.name, command.name)) in by_name
        }

    def _mention(self, name: str) -> str:
        """How a sentence names a command: clickable once Discord has told its number."""
        called = self._names.get(name, name)
        number = self._ids.get(name)
        return f"/{called}" if number is None else f"</{called}:{number}>"
