"""What a member can know, take along and have erased; their settings, queue and help."""

from __future__ import annotations

import json
from pathlib import Path

from tests.journeys.conftest import Enter
from tests.journeys.room_page import expect
from tests.journeys.room_server import RoomServer


def read(file: Path) -> bytes:
    return file.read_bytes()


async def test_the_export_is_a_file_with_everything_that_is_stored(enter: Enter) -> None:
    member = await enter()
    await member.settled()
    await member.avatar()
    await member.press(await member.avatar(), "save")
    await expect(
        member.saying("Saved. Your next picture starts")
    ).to_be_visible()  # calls of one member may overtake one another
    await member.say("/privacy")
    await member.press(member.saying("What is stored about you"), "export")
    async with member.page.expect_download() as download:
        await member.saying("This file holds everything").get_by_role("link", name="Download about-me.json").click()
    file = await download.value
    assert file.suggested_filename == "about-me.json"
    stored = json.loads(read(await file.path()))
    own = stored.pop("local_room")
    assert own["nickname"] == await member.nickname()
    assert "figure" in own["pictures_png_base64"]
    text = json.dumps(stored)
    assert text.count('"peeps"') >= 3  # two jobs and the saved default
    assert await member.member() not in text  # what is stored does not know who they are in the room
    assert await member.nickname() not in text


async def test_forget_me_erases_everything_with_a_receipt_and_begins_anew(enter: Enter, photo: Path) -> None:
    member, other = await enter(), await enter()
    await member.settled()
    name, author = await member.nickname(), await member.member()
    await member.say("I was here")
    await expect(other.messages("I was here")).to_be_visible()
    await member.give_photo(photo)
    await member.go()
    await member.press(await member.result(), "share")
    await expect(other.shared(author)).to_be_visible()
    source = await other.shared(author).get_attribute("src") or ""
    await member.say("/privacy")
    notice = member.saying("What is stored about you")
    await expect(notice).to_contain_text("Made here and stored now: 1.")
    await member.press(notice, "forget")
    await expect(member.saying("Erase everything about you?")).to_contain_text("This cannot be undone.")
    await member.saying("Erase everything about you?").get_by_role("button", name="Yes").click()
    receipt = member.saying("Done. Erased just now:")
    await expect(receipt).to_contain_text("Requests for pictures: 1")
    await expect(receipt).to_contain_text("Pictures: 1")
    await expect(receipt).to_contain_text("how many pictures you made today (1)")
    await expect(member.results()).to_have_count(0)
    await expect(other.shared(author)).to_have_count(0)
    await expect(other.messages("I was here")).to_have_count(0)
    assert (await other.page.request.get(other.address + source)).status == 404
    await expect(other.page.locator("#people-list")).not_to_contain_text(name)
    await expect(member.page.locator("#people-list")).not_to_contain_text(name)
    assert await member.nickname() != name
    assert await member.member() != author
    await expect(other.page.locator(f'[data-member="{author}"]')).to_have_count(0)
    await expect(other.page.locator(f'[data-member="{await member.member()}"]')).to_be_visible()
    await member.say("/queue")
    await expect(member.saying("Nothing of yours is in line.").or_(member.saying("/avatar")).last).to_be_visible()
    await expect(member.last().locator('[data-command="show"]')).to_have_count(0)
    await member.say("/settings")
    await expect(member.last()).to_contain_text("Pictures left today: 19 of 20.")  # the limit holds all the same


async def test_forget_me_can_be_thought_over_and_the_queue_shows_the_picture_again(enter: Enter) -> None:
    member = await enter()
    bubble = await member.avatar()
    await member.say("/privacy")
    await member.press(member.saying("What is stored about you"), "forget")
    await member.press(member.saying("Erase everything about you?"), "privacy")
    await expect(member.saying("What is stored about you")).to_be_visible()
    await expect(bubble.locator(".result")).to_be_visible()
    picture = await member.picture_of(bubble)
    await member.say("/queue")
    await member.saying(": finished.").locator('[data-command="show"]').click()
    assert await member.picture_of(await member.result(1)) == picture


async def test_settings_are_remembered_and_used(enter: Enter) -> None:
    member = await enter()
    await member.say("/settings")
    board = member.saying("Your settings here")
    await member.menu(board, "set-style", "lorelei")
    await expect(board).to_contain_text("Usual style: Lorelei")
    await member.menu(board, "set-likeness", "hint")
    await expect(board).to_contain_text("Usual likeness with a photo: a hint")
    assert "Lorelei" in await member.text_of(await member.avatar())
    await member.say("/settings")
    await expect(member.last()).to_contain_text("Pictures left today: 19 of 20.")


async def test_help_names_every_command_of_a_member_and_none_of_a_moderator(enter: Enter) -> None:
    member = await enter()
    await member.say("/help")
    help_ = member.saying("We make you a profile picture")
    for command in ("avatar", "styles", "queue", "settings", "privacy", "help"):
        await expect(help_).to_contain_text(f"/{command}:")
    await expect(help_).not_to_contain_text("/room:")
    await expect(help_).not_to_contain_text("/block:")
    await member.say("/nonsense")
    await expect(member.last()).to_contain_text("We do not know this command. /help shows what there is.")


async def test_a_nickname_changes_everywhere_and_may_not_be_somebody_elses(enter: Enter) -> None:
    member, other = await enter(), await enter()
    await member.say("who am I?")
    await expect(other.messages("who am I?")).to_be_visible()
    await member.page.locator("#me").click()
    dialog = member.page.get_by_role("dialog")
    field = dialog.get_by_label("Nickname")
    await field.fill(await other.nickname())
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Somebody here has that nickname")
    await field.fill("Moderator")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("looks like the bot or a moderator")
    await field.fill("Journey Worm")
    await dialog.get_by_role("button", name="Save").click()
    await expect(member.notice()).to_have_text("From now on you are Journey Worm.")
    await expect(other.messages("who am I?").locator("header")).to_contain_text("Journey Worm")
    await expect(other.page.locator("#people-list")).to_contain_text("Journey Worm")
    member.forgive("status of 400")


async def test_the_cookie_is_out_of_reach_and_the_address_says_when_it_can_take_calls(
    enter: Enter, room: RoomServer
) -> None:
    member = await enter()
    (cookie,) = await member.page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert await member.page.evaluate("document.cookie") == ""
    health = await member.page.request.get(room.address + "healthz")
    assert health.ok
    assert await health.json() == {"ready": True}
