"""Telegram as a chat platform: one bot account, groups where everything is public, and private chats where it serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine
from pathlib import Path
from typing import Any

from adapters.posts import Posts
from adapters.telegram.callbacks import Callbacks
from adapters.telegram.calls import Calls
from adapters.telegram.chooser import Chooser
from adapters.telegram.connection import (
    CLOSE_SECONDS,
    EPHEMERAL,
    FIRST_WAIT,
    LONGEST_WAIT,
    Client,
    Connection,
    hang_up,
    named,
)
from adapters.telegram.declarations import called, differs, scopes
from adapters.telegram.groups import Groups
from adapters.telegram.homes import Homes
from adapters.telegram.inbound import Inbound
from adapters.telegram.layout import Layout
from adapters.telegram.links import Links
from adapters.telegram.messages import Messages
from adapters.telegram.outbound import Outbound
from adapters.telegram.pace import Pace, Rates
from adapters.telegram.photos import Photos
from adapters.telegram.pointers import Pointers
from adapters.telegram.presses import Presses
from adapters.telegram.rights import Rights
from adapters.telegram.sender import Sender
from adapters.telegram.sharing import Sharing
from adapters.telegram.shown import Shown
from adapters.telegram.targets import PLATFORM, Target
from adapters.telegram.titles import Titles
from adapters.telegram.webhook import Webhook
from bot.chat import Address, Handler, Inbox, Reply, Visits
from bot.errors import Unreachable
from bot.wording import Wording

log = logging.getLogger(__name__)

REGISTER_SECONDS = 60.0


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
        self._handler = handler
        self._wording = wording
        self._shared = shared
        self._client = client = Client(token, api=api, file_api=file_api)
        homes, callbacks, links = Homes(folder, key), Callbacks(key), Links(key, clock)
        titles = Titles(client, homes)
        layout = Layout(wording, callbacks, called, title=titles.of, username=lambda: client.username)
        chooser = Chooser(handler, wording, callbacks, layout)
        rights = Rights(client)
        closing = asyncio.Event()
        self._pace = Pace(rates or Rates())
        sender = Sender(client, self._pace, homes)
        self._shown = Shown(folder / "shown")
        self._outbound = outbound = Outbound(layout, sender, self._shown)
        self._sharing = Sharing(layout, sender, rights, Posts(folder / "posts"))
        self._pointers = Pointers(sender, Posts(folder / "pointers"))
        calls = Calls(handler, homes, outbound, self._sharing, Photos(client), rights, visits, inbox, closing)
        self._inbound = Inbound(
            client,
            inbox,
            calls,
            Messages(handler, wording, calls, layout, chooser, callbacks, links, homes, rights, visits, titles, client),
            Presses(calls, sender, layout, chooser, callbacks, homes, titles),
            Groups(handler, calls, sender, self._pointers, layout, links, homes, rights, client),
            rights,
            key=key,
            clock=clock,
            closing=closing,
            returned=returned,
        )
        self._connection = Connection(
            client, self._inbound, self._welcome, webhook=Webhook(webhook, listen) if webhook else None
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
            # Nothing arrives any more; what is under way may still go out.
            await self._inbound.close(CLOSE_SECONDS)
            await self._outbound.close()
            await self._sharing.close()
            await self._pointers.close()
            await self._pace.close()
            await hang_up(self._client)

    async def close(self) -> None:
        """Let running calls end, hang up and end ``run``."""
        await self._connection.close()
        await self._inbound.close(CLOSE_SECONDS)

    async def show(self, address: Address, reply: Reply) -> None:
        """Show ``reply`` where ``address`` says."""
        try:
            target = Target.of(address)
        except ValueError:
            raise Unreachable from None
        await self._outbound.show(target, reply)

    async def _welcome(self) -> None:
        """What is done once the bot is known: register the commands, and go on removing what is to go."""
        sweeping = asyncio.create_task(self._sharing.sweep(self._shared))
        self._outbound.spawn(self._pointers.sweep())
        try:
            await self._register()
            await self._connection.connected.wait()
            self.ready.set()
            await sweeping
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)

    async def _register(self) -> None:
        """Tell Telegram what commands there are, if it does not know yet. Goes on trying: the rest works meanwhile."""
        wait = FIRST_WAIT
        while True:
            try:
                async with asyncio.timeout(REGISTER_SECONDS):
                    ephemeral = await self._client.offers(EPHEMERAL)
                    self._pointers.ephemerals = ephemeral
                    await self._register_once(ephemeral=ephemeral)
            except Exception as error:  # noqa: BLE001 - whatever it was, what is registered already must work
                log.warning("the commands could not be registered (%s); next try in %.0f s", named(error), wait)
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT, wait * 2)
            else:
                return

    async def _register_once(self, *, ephemeral: bool) -> None:
        changed = 0
        for scope, language, wanted in scopes(self._handler, self._wording, ephemeral=ephemeral):
            which: dict[str, Any] = {"scope": scope.to_dict()}
            if language is not None:
                which["language_code"] = language
            if differs(await self._client.ask("getMyCommands", which), wanted):
                await self._client.ask("setMyCommands", {**which, "commands": wanted})
                changed += 1
        if changed:
            log.info("%s lists of commands were registered", changed)
