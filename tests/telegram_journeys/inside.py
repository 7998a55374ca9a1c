"""The bot in this process, so that the virtual time of the fake Telegram rules it too. The engine is the real one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from adapters.telegram import Telegram, connection, platform
from adapters.telegram.pace import Rates
from bot import config, wiring
from tests.journeys.slow import Slow
from tests.telegram_peer.peer import TelegramPeer


@dataclass(frozen=True)
class Inside:
    """A bot in this process."""

    data: Path
    platform: Telegram
    slot: Slow | None


@contextlib.asynccontextmanager
async def inside(folder: Path, peer: TelegramPeer, *, draws: bool = True) -> AsyncIterator[Inside]:
    """The whole bot, as `bpp run` puts it together, but with the clock of ``peer``, and without rests between messages."""
    (folder / "none.toml").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BPP_CONFIG", str(folder / "none.toml"))
        patch.setattr(wiring, "clock", peer.clock)
        patch.setattr(platform, "Rates", Rates.unlimited)
        patch.setattr(connection, "CONFLICT_WAIT", 0.2)
        settings = config.load(data=folder / "data", telegram_api=peer.api, telegram_file_api=peer.file_api)
        secret = config.load_secret(folder / "secret")
        slot = Slow() if draws else None
        async with wiring.application(settings, secret, [slot] if slot else []) as app:
            served = wiring.telegram(
                settings,
                app.dispatcher,
                app.wording,
                peer.token,
                key=secret.key("telegram"),
                inbox=app.inbox("telegram"),
                visits=app.visits("telegram"),
                returned=partial(app.returned, "telegram"),
                shared=app.shared,
            )
            serving = asyncio.create_task(served.run())
            try:
                async with wiring.work(app, [served], drain=0.0):
                    async with asyncio.timeout(20):
                        await served.ready.wait()
                    yield Inside(folder / "data", served, slot)
            finally:
                await served.close()
                await serving
