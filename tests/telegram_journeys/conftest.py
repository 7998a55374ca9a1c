"""A fake Telegram and a real bot that journeys share, and nothing to complain about after each of them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.sharing import content, kept, photo, pytest_runtest_protocol, same_day, together
from tests.telegram_journeys import traces
from tests.telegram_journeys.bot_process import BotProcess, running, secrets
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.peer import TelegramPeer

__all__ = ["photo", "pytest_runtest_protocol", "same_day"]

SECONDS = 180
"""Several pictures each, two processes, and a machine that may have other things to do."""
OTHERS = ("test_telemelya.py",)
"""They have a Telegram, and a loop, of their own."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for the bots that journeys share; one worker for each module."""
    here = Path(__file__).parent
    ours = [item for item in items if item.path.parent == here and item.path.name not in OTHERS]
    together(ours, here, "telegram_")
    for item in ours:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SECONDS))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def everyday(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[TelegramPeer, BotProcess]]:
    """A Telegram and a bot for all who need no others: each journey has a group and members of its own."""

    @contextlib.asynccontextmanager
    async def made() -> AsyncIterator[tuple[TelegramPeer, BotProcess]]:
        async with TelegramPeer.serving() as peer:
            async with running(tmp_path_factory.mktemp("bot"), peer) as process:
                yield peer, process
            assert traces.everywhere(peer, process.data, process.log) == set()

    async with kept(request, made) as both:
        yield both


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telegram(everyday: tuple[TelegramPeer, BotProcess]) -> TelegramPeer:
    return everyday[0]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(everyday: tuple[TelegramPeer, BotProcess]) -> BotProcess:
    """The bot of a module. When one has ended, everything that it sent and left behind is searched."""
    return everyday[1]


@pytest.fixture
def peer(telegram: TelegramPeer, bot: BotProcess) -> Iterator[TelegramPeer]:
    """Telegram, with a bot that is there. After each journey neither has anything to complain about."""
    with content(bot, telegram.problems, lambda: secrets(telegram)):
        yield telegram


@pytest.fixture
def group(peer: TelegramPeer) -> Group:
    """A group of this journey's own: rooms do not know of each other."""
    return peer.group("Library of the town")


@pytest.fixture
def mina(peer: TelegramPeer, group: Group) -> User:
    mina = peer.user("mina_who_draws")
    group.join(mina)
    return mina


@pytest.fixture
def tomo(peer: TelegramPeer, group: Group) -> User:
    """Somebody else in the same group."""
    tomo = peer.user("tomo_who_looks_on")
    group.join(tomo)
    return tomo


@pytest.fixture
def boss(peer: TelegramPeer, group: Group) -> User:
    """Who moderates the group."""
    boss = peer.user("boss_of_the_library")
    group.join(boss)
    group.admin(boss)
    return boss
