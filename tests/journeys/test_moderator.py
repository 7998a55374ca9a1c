"""A moderator's day: the link, the panel, the log, and what members see of each decision."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator

from generator.styles import load_catalog
from tests.journeys.conftest import Enter
from tests.journeys.room_page import RoomPage, expect
from tests.journeys.room_page import enter as come_in
from tests.journeys.room_server import RoomServer

STYLES = len(load_catalog())

FORGED = """async ({press, command, values}) => {
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
    const head = new TextEncoder().encode(JSON.stringify({id, ...(press ? {press} : {command, arguments: values})}));
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, head.length);
    const answer = await fetch("call", {method: "POST", body: new Blob([length, head])});
    return (await answer.json()).bubble.lines.join(" ");
}"""


@pytest.fixture(scope="module")
def room(own_room: RoomServer) -> RoomServer:
    return own_room


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def moderator(browser: Browser, room: RoomServer) -> AsyncIterator[RoomPage]:
    page = await come_in(browser, room.moderator_link)
    await expect(page.notice()).to_have_text("You are a moderator of this room now, in this browser.")
    yield page
    assert page.complaints == []
    assert page.strangers() == []
    await page.leave()


async def panel(moderator: RoomPage) -> Locator:
    count = await moderator.bubbles().count()
    await moderator.say("/room")
    bubble = moderator.bubbles().nth(count)
    await expect(bubble.locator('[data-command="room-log"]')).to_be_visible()
    return bubble


async def refusal(page: RoomPage, command: str, words: str) -> None:
    count = await page.bubbles().count()
    await page.say(command)
    await expect(page.bubbles().nth(count)).to_contain_text(words)


async def test_the_moderator_link_works_once(enter: Enter, moderator: RoomPage, room: RoomServer) -> None:
    assert moderator.page.url == room.address  # the token has left the address bar
    await expect(moderator.page.locator("#people-list li").first.get_by_role("img", name="Moderator")).to_be_visible()
    late = await enter(room.moderator_link)
    await expect(late.notice()).to_contain_text("This moderator link was used already")
    await expect(late.page.locator("#people-list li").first.get_by_role("img", name="Moderator")).to_have_count(0)
    late.forgive("410")
    await moderator.reload()
    await panel(moderator)  # the right stays with the browser, not with the link


async def test_a_forbidden_style_is_offered_no_more_and_refused_with_a_sentence(
    enter: Enter, moderator: RoomPage
) -> None:
    member = await enter()
    board = await panel(moderator)
    await moderator.menu(board, "room-style", "-notionists")
    await expect(board).to_contain_text(f"Allowed styles: {STYLES - 1} of {STYLES}")
    await member.say("/styles")
    wall = member.saying("These styles are allowed here")
    await expect(wall.get_by_role("button", name="Lorelei")).to_be_visible()
    await expect(wall.get_by_role("button", name="Notionist")).to_have_count(0)
    await member.run_form("avatar")
    await expect(member.form.locator('[data-value="lorelei"], option[value="lorelei"]')).to_have_count(1)
    await expect(member.form.locator('[data-value="notionists"], option[value="notionists"]')).to_have_count(0)
    await member.page.keyboard.press("Escape")
    await refusal(member, "/avatar style:notionists", "cannot be that")
    await moderator.menu(board, "room-style", "+notionists")
    await expect(board).to_contain_text(f"Allowed styles: {STYLES} of {STYLES}")
    assert "Notionist" in await member.text_of(await made_in(member, "notionists"))


async def made_in(page: RoomPage, style: str) -> Locator:
    count = await page.results().count()
    await page.say(f"/avatar style:{style}")
    return await page.result(count)


async def test_a_picture_that_waits_when_its_style_is_forbidden_is_drawn_but_cannot_be_shared(
    enter: Enter, moderator: RoomPage, room: RoomServer
) -> None:
    early, member = await enter(), await enter()
    for page in (early, member):
        await page.settled()
    board = await panel(moderator)
    with room.frozen():
        await early.say("/avatar style:peeps")
        await expect(early.last()).to_contain_text("Drawing")
        await member.say("/avatar style:lorelei")
        await expect(member.last()).to_contain_text("next in line")
        await moderator.menu(board, "room-style", "-lorelei")
        await expect(board).to_contain_text(f"Allowed styles: {STYLES - 1} of {STYLES}")
    bubble = await member.result()
    await member.press(bubble, "share")
    await expect(member.saying("A moderator has forbidden this style here")).to_be_visible()
    await expect(early.shared(await member.member())).to_have_count(0)
    await moderator.menu(board, "room-style", "+lorelei")
    await expect(board).to_contain_text(f"Allowed styles: {STYLES} of {STYLES}")


async def test_a_blocked_member_is_told_so_until_they_are_unblocked(enter: Enter, moderator: RoomPage) -> None:
    member, other = await enter(), await enter()
    bubble = await member.avatar()
    name = await member.nickname()
    await member.press(await member.avatar(), "share")
    await expect(other.shared(await member.member())).to_be_visible()
    await moderator.page.locator("#people-list").get_by_role("button", name=name).click()
    await moderator.page.get_by_role("dialog").get_by_role("button", name="Block Stop a member").click()
    await expect(moderator.saying("Blocked: member")).to_contain_text(f"About {name}:")
    await expect(other.shared(await member.member())).to_have_count(0)
    await refusal(member, "/avatar", "A moderator has blocked you")
    await member.press(bubble, "share")
    await expect(member.saying("has blocked you from making and sharing")).to_be_visible()
    await expect(other.shared(await member.member())).to_have_count(0)
    await other.avatar()  # nobody else is concerned
    board = await panel(moderator)
    await expect(board).to_contain_text("Blocked members: 1")
    await moderator.press(board, "room-unblock")
    await board.locator(".drawer [role=option]").click()
    await expect(board).to_contain_text("Blocked members: 0")
    await member.avatar()


async def test_a_nickname_that_is_typed_blocks_its_member_and_a_wrong_one_nobody(
    enter: Enter, moderator: RoomPage
) -> None:
    member = await enter()
    name = await member.nickname()
    await moderator.say(f"/block {name}x")
    await expect(moderator.saying(f"Nobody in this room is called “{name}x”")).to_be_visible()
    moderator.forgive("404")
    for typed in (name, f'"@{name}"'):
        await moderator.say(f"/block {typed}")
        await expect(moderator.last()).to_contain_text("Blocked: member")
        await refusal(member, "/avatar", "A moderator has blocked you")
        await moderator.say(f"/unblock {typed}")
        await expect(moderator.last()).to_contain_text("Unblocked: member")
    await member.avatar()


async def test_a_daily_limit_and_a_pause_hold_and_are_told(enter: Enter, moderator: RoomPage) -> None:
    member = await enter()
    board = await panel(moderator)
    await moderator.menu(board, "room-quota", "1")
    await expect(board).to_contain_text("Pictures per member and day: 1")
    await member.avatar()
    await refusal(member, "/avatar", "You have used up today’s limit here (1).")
    await moderator.menu(board, "room-quota", "20")
    await expect(board).to_contain_text("Pictures per member and day: 20")
    await moderator.press(board, "room-pause")
    await expect(board).to_contain_text("PAUSED: nobody can ask")
    await refusal(member, "/avatar", "The moderators have paused new pictures here.")
    await moderator.press(board, "room-pause")
    await expect(board).to_contain_text("Members can ask for pictures.")
    await member.avatar()


async def test_a_likeness_limit_holds_and_is_told(enter: Enter, moderator: RoomPage, photo: Path) -> None:
    member = await enter()
    board = await panel(moderator)
    await moderator.menu(board, "room-ceiling", "hint")
    await expect(board).to_contain_text("Likeness limit: a hint")
    await member.give_photo(photo)
    await member.go()
    bubble = await member.result()
    assert "Likeness: a hint" in await member.text_of(bubble)
    await member.press(bubble, "more")
    await expect(member.saying("do not allow more likeness")).to_be_visible()
    await moderator.menu(board, "room-ceiling", "clear")
    await expect(board).to_contain_text("Likeness limit: none")


async def test_the_log_lists_the_decisions_newest_first(moderator: RoomPage) -> None:
    board = await panel(moderator)
    await moderator.menu(board, "room-quota", "50")
    await expect(board).to_contain_text("Pictures per member and day: 50")
    await moderator.menu(board, "room-style", "-ink")
    await expect(board).to_contain_text(f"Allowed styles: {STYLES - 1} of {STYLES}")
    await moderator.menu(board, "room-style", "+ink")
    await expect(board).to_contain_text(f"Allowed styles: {STYLES} of {STYLES}")
    await moderator.menu(board, "room-quota", "20")
    await expect(board).to_contain_text("Pictures per member and day: 20")
    await moderator.press(board, "room-log")
    lines = board.locator(".line:not(.lead)")
    await expect(lines.first).to_contain_text("you: per member and day: 20")
    await expect(lines.nth(1)).to_contain_text("you: allowed the style Ink")
    await expect(lines.nth(2)).to_contain_text("you: forbade the style Ink")
    await expect(lines.nth(3)).to_contain_text("you: per member and day: 50")


async def test_a_member_has_no_moderator_commands_and_cannot_forge_them(enter: Enter, moderator: RoomPage) -> None:
    member, other = await enter(), await enter()
    await member.box.fill("/")
    await expect(member.page.locator("#palette [data-name=avatar]")).to_be_visible()
    await expect(member.page.locator("#palette [data-name=room]")).to_have_count(0)
    await member.box.fill("")
    await expect(member.page.locator("#people-list button")).to_have_count(0)
    refused = "Only moderators can do that here. Nothing was changed."
    whom = await other.member()
    for forged in (
        {"press": "room-pause::on"},
        {"press": "room-style::-ink"},
        {"press": "room-quota::1"},
        {"press": "room-log::"},
        {"command": "room", "values": {}},
        {"command": "block", "values": {"member": whom}},
        {"command": "unblock", "values": {"member": whom}},
    ):
        assert await member.page.evaluate(FORGED, forged) == refused
    board = await panel(moderator)
    await expect(board).to_contain_text("Members can ask for pictures.")
    await expect(board).to_contain_text("Blocked members: 0")


async def test_buttons_of_one_member_do_nothing_for_another(enter: Enter) -> None:
    member, thief = await enter(), await enter()
    await member.avatar()
    await member.say("/queue")
    label = await member.saying("finished").locator('[data-command="show"]').first.inner_text()
    number = label.partition("#")[2]
    for command in ("share", "again", "delete", "show", "save", "cancel", "unshare"):
        said = await thief.page.evaluate(FORGED, {"press": f"{command}:{number}:"})
        assert said == "That is no longer here, or it is not yours. /queue shows what is."
    await expect(thief.results()).to_have_count(0)
    await expect(member.results()).to_have_count(1)
