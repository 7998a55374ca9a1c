"""A fake Discord and a real bot that journeys share, and nothing to complain about after each of them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.discord_journeys import traces
from tests.discord_journeys.bot_process import BotProcess, running, secrets, watched
from tests.discord_peer.actors import Actor
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel, Guild
from tests.journeys.sharing import content, kept, photo, pytest_runtest_protocol, same_day, together

__all__ = ["photo", "pytest_runtest_protocol", "same_day"]


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for the bots that journeys share; one worker for each module."""
    together(items, Path(__file__).parent, "discord_")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def everyday(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[DiscordPeer, BotProcess]]:
    """A Discord and a bot for all who need no others: each journey has a server and members of its own."""

    @contextlib.asynccontextmanager
    async def made() -> AsyncIterator[tuple[DiscordPeer, BotProcess]]:
        async with watched() as peer:
            async with running(tmp_path_factory.mktemp("bot"), peer) as process:
                yield peer, process
            assert traces.everywhere(peer, process.data, process.log) == set()

    async with kept(request, made) as both:
        yield both


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord(everyday: tuple[DiscordPeer, BotProcess]) -> DiscordPeer:
    return everyday[0]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(everyday: tuple[DiscordPeer, BotProcess]) -> BotProcess:
    """The bot of a module. When one has ended, everything that it sent and left behind is searched."""
    return everyday[1]


@pytest.fixture
def peer(discord: DiscordPeer, bot: BotProcess) -> Iterator[DiscordPeer]:
    """Discord, with a bot that is there. After each journey neither has anything to complain about."""
    with content(bot, discord.problems, lambda: secrets(discord)):
        yield discord


@pytest.fixture
def guild(peer: DiscordPeer) -> Guild:
    """A server of this journey's own: rooms do not know of each other."""
    return peer.guild("Library")


@pytest.fixture
def channel(guild: Guild) -> Channel:
    return guild.channel("general")


@pytest.fixture
def mina(peer: DiscordPeer, guild: Guild) -> Actor:
    mina = peer.user("mina-who-draws")
    guild.join(mina)
    return mina


@pytest.fixture
def tomo(peer: DiscordPeer, guild: Guild) -> Actor:
    """Somebody else in the same server."""
    tomo = peer.user("tomo-who-looks-on")
    guild.join(tomo)
    return tomo


@pytest.fixture
def boss(peer: DiscordPeer, guild: Guild) -> Actor:
    """Who may manage the server."""
    boss = peer.user("boss-of-the-library")
    guild.join(boss, permissions=("manage_guild",))
    return boss
