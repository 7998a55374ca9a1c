"""Waiting, being drawn, changing one's mind, and pressing F5 in the middle of it."""

from __future__ import annotations

from playwright.async_api import Locator

from tests.journeys.conftest import Enter
from tests.journeys.room_page import RoomPage, expect
from tests.journeys.room_server import RoomServer


async def ask(page: RoomPage) -> Locator:
    """Type /avatar; the bubble that answers."""
    count = await page.bubbles().count()
    await page.say("/avatar")
    bubble = page.bubbles().nth(count)
    await expect(bubble.locator('[data-command="cancel"]')).to_be_visible()
    return bubble


async def left_today(page: RoomPage) -> str:
    await page.say("/settings")
    line = page.last().get_by_text("Pictures left today:")
    return (await line.inner_text()).partition("Pictures left today: ")[2].partition(".")[0]


async def test_cancel_works_in_line_and_while_drawing_and_costs_nothing(enter: Enter, room: RoomServer) -> None:
    first, second, third = await enter(), await enter(), await enter()
    for page in (first, second, third):
        await page.settled()
    with room.frozen():
        drawing = await ask(first)
        await expect(drawing).to_contain_text("Drawing your picture")
        waiting = await ask(second)
        await expect(waiting).to_contain_text("You are next in line")
        behind = await ask(third)
        await expect(behind).to_contain_text("In line: number 2")
        await second.press(waiting, "cancel")
        await expect(waiting).to_contain_text("Cancelled. It does not count towards your daily limit.")
        await third.say("/queue")
        await expect(third.saying("number 1 in line")).to_be_visible()
        await first.press(drawing, "cancel")
        await expect(drawing).to_contain_text("Cancelled. It does not count towards your daily limit.")
        await expect(drawing.locator("progress")).to_have_count(0)
    await third.result()
    assert await left_today(first) == "20 of 20"
    assert await left_today(second) == "20 of 20"
    assert await left_today(third) == "19 of 20"
    await expect(first.results()).to_have_count(0)
    await expect(second.results()).to_have_count(0)


async def test_a_member_in_a_hurry_is_told_to_wait_and_cancels_from_the_queue(enter: Enter, room: RoomServer) -> None:
    member = await enter()
    await member.settled()
    with room.frozen():
        for _ in range(3):
            await ask(member)
        await member.say("/avatar")
        await expect(member.last()).to_contain_text("You already have 3 pictures on the way.")
        await member.say("/queue")
        queue = member.saying("being drawn now")
        await expect(queue).to_contain_text("number 1 in line")
        await expect(queue).to_contain_text("number 2 in line")
        await queue.get_by_role("button", name="Cancel #").last.click()
        await expect(member.saying("Cancelled. It does not count")).to_be_visible()
    await member.result(1)
    await expect(member.results()).to_have_count(2)
    assert await left_today(member) == "18 of 20"


async def test_a_page_that_is_reloaded_in_the_middle_shows_the_same_job_and_its_picture(
    enter: Enter, room: RoomServer
) -> None:
    member = await enter()
    await member.settled()
    with room.frozen():
        bubble = await ask(member)
        await expect(bubble).to_contain_text("Drawing your picture")
        await member.reload()
        again = member.bubbles()
        await expect(again).to_have_count(1)
        await expect(again).to_contain_text("Drawing your picture")
        await expect(again.locator("progress")).to_be_visible()
    await member.result()
    await expect(member.bubbles()).to_have_count(1)
    await member.reload()
    await expect(member.results()).to_have_count(1)


async def test_a_member_who_leaves_in_the_middle_finds_the_picture_when_they_return(
    enter: Enter, room: RoomServer
) -> None:
    member = await enter()
    await member.settled()
    with room.frozen():
        await ask(member)
        await member.page.goto("about:blank")
    await member.page.goto(room.address)
    await member.ready()
    await member.result()
    await expect(member.results()).to_have_count(1)
    member.requests = [url for url in member.requests if url != "about:blank"]
