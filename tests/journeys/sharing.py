"""What journeys have in common, whatever the platform: one loop, one worker a module, a photo, and bots without a complaint."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio

from tests.busy import not_at_midnight
from tests.journeys.bot_process import BotProcess, complaints
from tests.journeys.pictures import portrait

T = TypeVar("T")
_NEXT = pytest.StashKey[pytest.Item | None]()
_OPEN = pytest.StashKey[dict[Path, tuple[contextlib.AsyncExitStack, Any]]]()


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """To be imported by the conftest of who uses ``kept``."""
    item.session.stash[_NEXT] = nextitem


@contextlib.asynccontextmanager
async def kept(
    request: pytest.FixtureRequest, make: Callable[[], contextlib.AbstractAsyncContextManager[T]]
) -> AsyncIterator[T]:
    """What ``make`` opens, kept open from a module to the next one that wants it, too.

    Not for the whole session: while tests of others run, the loop of the journeys stands still, and a bot would complain of
    a platform that does not answer.
    """
    opened = request.session.stash.setdefault(_OPEN, {})
    folder = request.path.parent
    if folder not in opened:
        stack = contextlib.AsyncExitStack()
        opened[folder] = stack, await stack.enter_async_context(make())
    stack, found = opened[folder]
    yield found
    following = request.session.stash[_NEXT]
    wants = isinstance(following, pytest.Function) and request.fixturename in following.fixturenames
    if following is None or following.path.parent != folder or not wants:
        del opened[folder]
        await stack.aclose()


def together(items: Iterable[pytest.Item], folder: Path, prefix: str = "") -> None:
    """Tests of ``folder`` share the event loop of the bots that they share, and one worker has all tests of a module."""
    for item in items:
        if item.path.parent == folder:
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.xdist_group(prefix + item.path.stem))


@contextlib.contextmanager
def content(bot: BotProcess, problems: list[str], secrets: Callable[[], Iterable[str]]) -> Iterator[None]:
    """After what happens inside, neither platform (``problems``) nor ``bot`` has anything to complain about."""
    before = len(bot.log.read_text())
    yield
    found = list(problems)
    problems.clear()
    assert found == []
    assert complaints(bot.log.read_text()[before:], secrets()) == []


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return portrait(tmp_path_factory.mktemp("photo") / "holiday.jpg").read_bytes()


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def same_day() -> None:
    await not_at_midnight()
