"""A browser and a room for all journeys, and members who may not complain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.journeys.pictures import portrait
from tests.journeys.room_page import RoomPage, chromium
from tests.journeys.room_page import enter as come_in
from tests.journeys.room_server import RoomServer, serving
from tests.journeys.sharing import same_day, together

__all__ = ["same_day"]

Enter = Callable[..., Awaitable[RoomPage]]


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for the browser that all share; one worker for each module."""
    together(items, Path(__file__).parent)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def room(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RoomServer]:
    """The room of all journeys. Members are new in each; ``own_room`` is for those who mind what was said before."""
    async with opened(tmp_path_factory) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_room(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RoomServer]:
    async with opened(tmp_path_factory) as served:
        yield served


@asynccontextmanager
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RoomServer]:
    """A room with one engine, so that one picture is drawn and the others wait."""
    async with serving(tmp_path_factory.mktemp("room"), engines="classic") as served:
        await served.engines_ready(1)
        yield served


@pytest.fixture(scope="session")
def left() -> list[Page]:
    """Tabs that members left, of profiles without any options."""
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def enter(browser: Browser, room: RoomServer, left: list[Page]) -> AsyncIterator[Enter]:
    """``await enter()`` is a new member. At the end of its test no page may have complained or asked a stranger."""
    pages: list[RoomPage] = []
    plain: list[RoomPage] = []

    async def newcomer(address: str | None = None, **options: object) -> RoomPage:
        tab = left.pop() if left and not options else None
        page = await come_in(browser, address or room.address, tab=tab, **options)
        pages.append(page)
        if not options:
            plain.append(page)
        return page

    yield newcomer
    complaints = [one for page in pages for one in page.complaints]
    strangers = [one for page in pages for one in page.strangers()]
    for page in pages:
        if page not in plain:
            await page.leave()
        elif tab := await page.go_away():
            left.append(tab)
    assert complaints == []
    assert strangers == []


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return portrait(tmp_path_factory.mktemp("photo") / "holiday.jpg")
