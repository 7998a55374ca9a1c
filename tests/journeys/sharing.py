"""What journeys have in common, whatever the platform: one loop, one worker a module, a photo, and bots without a complaint."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.busy import not_at_midnight
from tests.journeys.bot_process import BotProcess, complaints
from tests.journeys.pictures import portrait


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
    return portrait(tmp_path_factory.mktemp("photo") / "holiday.jpg", width=800, height=900).read_bytes()


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def same_day() -> None:
    await not_at_midnight()
