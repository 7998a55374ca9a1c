"""What a member with an open page sees when the room is killed, stopped and started again: the picture, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.journeys.room_page import RoomPage, expect
from tests.journeys.room_page import enter as come_in
from tests.journeys.room_server import RoomServer, serving

pytestmark = pytest.mark.timeout(120)
NO_ENGINE = "http://127.0.0.1:9"
"""Nobody answers there: what waits keeps waiting."""
LOST = ("WebSocket connection", "ERR_CONNECTION_REFUSED", "Failed to load resource")
"""What a browser says about a server that is away."""


async def sees_pictures(page: RoomPage, count: int, left: str, *, since: int = 0) -> None:
    """Each picture came, none came twice, and each was counted once; also for somebody who presses F5.

    ``since``: so many may have come before the room was started anew, which does not show them again by itself.
    """
    await page.result(count - 1)
    await expect(page.results()).to_have_count(count)
    await page.reload()
    await page.result(count - 1 - since)
    await page.say("/settings")
    await expect(page.last()).to_contain_text(f"Pictures left today: {left}.")
    await page.say("/queue")
    await expect(page.last()).to_contain_text(
        f"Nothing of yours is in line. Finished pictures still kept or shared: {count}."
    )
    await expect(page.last().locator('[data-command="show"]')).to_have_count(count)
    page.forgive(*LOST)
    assert page.complaints == []


def engines_announced(room: RoomServer) -> int:
    return room.log.read_text().count("engine ready")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shaken(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RoomServer]:
    async with serving(tmp_path_factory.mktemp("room"), engines="classic") as served:
        yield served


@pytest_asyncio.fixture(loop_scope="session")
async def room(shaken: RoomServer) -> RoomServer:
    """The room that runs and has its engine again, whatever the test before did to it."""
    if not shaken.runs:
        await shaken.start()
    async with asyncio.timeout(30):
        while not shaken.engines() or engines_announced(shaken) < 1:  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.05)
    return shaken


async def test_after_kill_9_the_page_returns_by_itself_and_the_picture_comes_once(
    browser: Browser, room: RoomServer
) -> None:
    member = await come_in(browser, room.address)
    await member.settled()
    with room.frozen():
        await member.say("/avatar")
        await expect(member.last()).to_contain_text("Drawing your picture")
        await member.say("/avatar")
        await expect(member.last()).to_contain_text("You are next in line")
        await room.kill()
    await expect(member.page.locator("body.offline")).to_be_attached()
    await room.start()
    await member.ready()
    await sees_pictures(member, 2, "18 of 20")
    await member.leave()


async def test_after_kill_9_and_f5_a_member_in_line_still_sees_where_they_stand(
    browser: Browser, room: RoomServer
) -> None:
    member, other = await come_in(browser, room.address), await come_in(browser, room.address)
    await member.settled()
    await other.settled()
    with room.frozen():
        await other.say("/avatar")
        await expect(other.last()).to_contain_text("Drawing your picture")
        await member.say("/avatar")
        await expect(member.last()).to_contain_text("You are next in line")
        await room.kill()
    await room.start(engines=NO_ENGINE)
    await member.reload()
    await expect(member.bubbles()).to_have_count(1)
    await expect(member.last().locator('[data-command="cancel"]')).to_be_visible()
    assert await room.stop() == 0
    await room.start()
    await member.reload()
    await sees_pictures(member, 1, "19 of 20")
    await member.leave()
    await other.leave()


async def test_after_a_stop_and_a_start_everything_that_waited_is_drawn(browser: Browser, room: RoomServer) -> None:
    member = await come_in(browser, room.address)
    await member.settled()
    with room.frozen():
        for count in range(3):
            await member.say("/avatar")
            await expect(member.bubbles()).to_have_count(count + 1)
            await expect(member.last()).not_to_contain_text("Working on it")
        stopped = asyncio.create_task(room.stop())
        await asyncio.sleep(0)  # it is told, and then its engine goes on
    assert await stopped == 0
    await room.start()
    await member.ready()
    # What was being drawn was finished before the room had stopped.
    await sees_pictures(member, 3, "17 of 20", since=1)
    await member.leave()


async def test_after_kill_9_of_the_engine_alone_the_picture_comes_all_the_same(
    browser: Browser, room: RoomServer
) -> None:
    member = await come_in(browser, room.address)
    await member.settled()
    with room.frozen():
        await member.say("/avatar")
        await expect(member.last()).to_contain_text("Drawing your picture")
        for engine in room.engines():
            engine.kill()
    await sees_pictures(member, 1, "19 of 20")
    await member.leave()


async def test_who_one_is_and_what_one_shared_outlive_a_restart(browser: Browser, room: RoomServer) -> None:
    member = await come_in(browser, room.address)
    await member.press(await member.avatar(), "share")
    await expect(member.shared(await member.member())).to_be_visible()
    name = await member.nickname()
    face = await member.fetch(await member.page.locator("#me img").get_attribute("src") or "")
    await room.stop()
    await room.start()
    await member.ready()
    await member.reload()
    assert await member.nickname() == name
    assert await member.fetch(await member.page.locator("#me img").get_attribute("src") or "") == face
    await member.leave()


async def test_a_stopped_room_says_that_it_is_away_and_keeps_what_was_typed(browser: Browser, room: RoomServer) -> None:
    member = await come_in(browser, room.address)
    await room.stop()
    await expect(member.page.locator("#state")).to_contain_text("The connection is gone. Trying again")
    await member.say("is anybody here?")
    await expect(member.notice()).to_contain_text("The room cannot be reached. Your text is still there")
    await expect(member.box).to_have_value("is anybody here?")
    await member.leave()
