"""A photo's way: from the member's device to a private picture, and from there only as the member says."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator

from tests.journeys.conftest import Enter
from tests.journeys.pictures import CAMERA
from tests.journeys.room_page import RoomPage, expect


async def give(page: RoomPage, photo: Path, way: str) -> None:
    if way == "dropped":
        await page.drop(photo)
    elif way == "pasted":
        await page.paste(photo)
    else:
        await page.give_photo(photo)
    await page.has_photo()


async def test_a_photo_becomes_a_private_picture_without_its_metadata_and_goes_to_the_bot_only_with_the_form(
    enter: Enter, photo: Path
) -> None:
    member = await enter()
    for number, way in enumerate(("chosen", "dropped", "pasted")):
        await give(member, photo, way)
        await expect(member.form.get_by_text("the server erases it as soon as the picture is done")).to_be_visible()
        await member.go()
        bubble = await member.result(number)
        said = await member.text_of(bubble)
        assert "Likeness: somewhat" in said
        assert "Photo trace:" in said
        assert "Your photo is already erased" in said
        picture = await member.picture_of(bubble)
        assert CAMERA.encode() not in picture
        assert not Image.open(BytesIO(picture)).getexif().get_ifd(0x8825)
    await member.give_photo(photo)
    await member.form.get_by_role("button", name="Remove the photo").click()
    await member.go()
    said = await member.text_of(await member.result(3))
    assert "photo" not in said.lower()


async def test_more_and_less_like_me_send_the_photo_again_from_the_tab_which_a_reloaded_one_has_lost(
    enter: Enter, photo: Path
) -> None:
    member = await enter()
    await member.give_photo(photo)
    await member.go()
    first = await member.result()
    await member.press(first, "more")
    more = await member.result(1)
    assert "Likeness: clearly me" in await member.text_of(more)
    await expect(more.locator('[data-command="more"]')).to_have_count(0)
    await member.press(first, "less")
    less = await member.result(2)
    assert "Likeness: a hint" in await member.text_of(less)
    pictures = {await member.picture_of(bubble) for bubble in (first, more, less)}
    assert len(pictures) == 3
    await expect(member.page.locator("#dialog[open]")).to_have_count(0)  # nobody was asked for anything

    await member.reload()
    bubble = await member.result()  # the picture itself is still there
    await member.press(bubble, "more")
    dialog = member.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("The server erased your photo when the picture was done, as promised")
    await member.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await member.press(bubble, "more")
    await member.pick_file(photo, dialog.get_by_role("button", name="Choose a photo").click)
    assert "Likeness: clearly me" in await member.text_of(await member.result(3))


async def looks_closely(member: RoomPage, several: Locator) -> None:
    """See them larger, and go on to the first button, without a mouse."""
    small = await several.locator(".sheet").bounding_box()
    await several.locator(".enlarge").focus()
    await member.page.keyboard.press("Enter")
    large = await member.page.locator("#dialog .sheet").bounding_box()
    assert small is not None
    assert large is not None
    assert large["width"] > 1.5 * small["width"] > 450
    await member.page.keyboard.press("Escape")
    await expect(member.page.locator("#dialog[open]")).to_have_count(0)
    await member.page.keyboard.press("Tab")
    await expect(several.locator('[data-command="use"]').first).to_be_focused()


async def test_of_four_pictures_one_is_used_and_shared_and_another_leads_on(enter: Enter, photo: Path) -> None:
    member, other = await enter(), await enter()
    await member.give_photo(photo)
    await member.choose("likeness", "hint")
    await member.choose("style", "notionists")
    await member.choose("pictures", "4")
    await member.go()
    four = await member.result()
    said = await member.text_of(four)
    assert "Here are 4 pictures." in said
    assert "Notionist" in said
    assert [await row.locator("button").count() for row in await four.locator(".alike").all()] == [4, 4]
    await looks_closely(member, four)
    await member.press(four, "use", "2")
    used = await member.result(1)
    assert "Your picture is ready" in await member.text_of(used)
    await expect(used.locator(".ground img")).to_have_count(6)
    await member.press(used, "share")
    posted = other.shared(await member.member())
    await expect(posted).to_be_visible()
    assert await other.fetch(await posted.get_attribute("src") or "") == await member.picture_of(used)

    await member.press(four, "like", "3")
    await expect(member.results()).to_have_count(3)
    more = await member.result(2)
    await expect(more.locator('[data-command="use"]')).to_have_count(4)
    assert await member.picture_of(more) != await member.picture_of(four)
    await member.press(used, "again")  # the tab knows that it was made of the same photo
    await member.result(3)
    await expect(member.page.locator("#dialog[open]")).to_have_count(0)
