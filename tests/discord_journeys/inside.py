"""The bot in this process, so that the virtual time of the fake Discord rules it too. The engine is the real one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord import Discord
from bot import config, wiring
from tests.discord_peer.peer import DiscordPeer
from tests.journeys.slow import Slow


@dataclass(frozen=True)
class Inside:
    """A bot in this process."""

    data: Path
    platform: Discord
    slot: Slow


@contextlib.asynccontextmanager
async def inside(folder: Path, peer: DiscordPeer) -> AsyncIterator[Inside]:
    """The whole bot, as `bpp run` puts it together, but with the clock of ``peer``."""
    (folder / "none.toml").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BPP_CONFIG", str(folder / "none.toml"))
        patch.setattr(wiring, "clock", peer.clock)
        # The library keeps these for the whole process.
        patch.setattr(Route, "BASE", Route.BASE)
        patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
        settings = config.load(
            data=folder / "data",
            discord_api=peer.api,
            discord_gateway=peer.gateway,
            discord_cdn=peer.cdn,
        )
        slot = Slow()
        async with wiring.application(settings, config.load_secret(folder / "secret"), [slot]) as app:
            returned = partial(app.returned, Discord.name)
            platform = wiring.discord(
                settings, app.dispatcher, app.wording, peer.token, returned=returned, shared=app.shared
            )
            serving = asyncio.create_task(platform.run())
            try:
                async with wiring.work(app, [platform], drain=0.0):
                    await platform.ready.wait()
                    yield Inside(folder / "data", platform, slot)
            finally:
                await platform.close()
                await serving
