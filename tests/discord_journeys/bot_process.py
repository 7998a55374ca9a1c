"""The real `bpp run` in a process of its own, connected to the fake Discord of the test."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.discord_peer.cdn import Cdn
from tests.discord_peer.peer import DiscordPeer
from tests.journeys import bot_process
from tests.journeys.room_server import BPP

__all__ = ["BPP", "BotProcess", "complaints", "running", "secrets", "settings", "watched"]

READY = "Discord:    ready"


class BotProcess(bot_process.BotProcess):
    """One data folder and, while it runs, one `bpp run` that serves it on Discord."""

    def __init__(self, folder: Path, peer: DiscordPeer, *, engines: str = "classic", **more: str) -> None:
        super().__init__(folder, ready=[READY], engines=engines, **settings(peer) | more)


def settings(peer: DiscordPeer) -> dict[str, str]:
    """What a bot must be told to find this Discord."""
    return {
        "BPP_DISCORD_TOKEN": peer.token,
        "BPP_DISCORD_API": peer.api,
        "BPP_DISCORD_GATEWAY": peer.gateway,
        "BPP_DISCORD_CDN": peer.cdn,
    }


def secrets(peer: DiscordPeer) -> list[str]:
    return [peer.token, *(one.token for one in peer.interactions.all)]


def complaints(log: str, peer: DiscordPeer) -> list[str]:
    """Lines of a log that nobody had in mind, and secrets that no log may hold."""
    return bot_process.complaints(log, secrets(peer))


@contextlib.asynccontextmanager
async def running(folder: Path, peer: DiscordPeer, **settings: str) -> AsyncIterator[BotProcess]:
    """A bot that serves Discord while inside, ends well, and whose log has nothing to complain about."""
    bot = BotProcess(folder, peer, **settings)
    async with bot_process.running(bot, lambda: secrets(peer)):
        yield bot


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[DiscordPeer]:
    """A Discord. Whoever fetches a photo from its CDN must not say who they are."""
    telling: list[str] = []
    serve = Cdn.serve

    async def listening(cdn: Cdn, request: web.Request) -> web.StreamResponse:
        telling.extend({"Authorization", "Cookie", "Referer"} & set(request.headers))
        return await serve(cdn, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cdn, "serve", listening)
        async with DiscordPeer.serving() as peer:
            yield peer
    assert telling == []
