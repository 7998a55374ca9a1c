"""The first minute of a newcomer: a picture without a photo, seen by nobody until it is shared."""

from __future__ import annotations

import asyncio

from playwright.async_api import Route

from tests.journeys.conftest import Enter
from tests.journeys.room_page import expect


async def test_a_newcomer_has_a_name_and_a_figure_types_avatar_and_has_a_picture_that_nobody_else_sees(
    enter: Enter,
) -> None:
    newcomer, other = await enter(), await enter()
    assert await newcomer.nickname() != await other.nickname()
    faces = [await page.page.locator("#me img").get_attribute("src") for page in (newcomer, other)]
    assert faces[0] != faces[1]
    await expect(
        newcomer.page.locator("#me img[src^='face/']")
    ).to_be_visible()  # the drawn figure took the pattern's place
    name = await other.nickname()
    await expect(other.page.get_by_role("heading", name=f"Welcome! You are {name} here.")).to_be_visible()
    bubble = await newcomer.avatar()
    assert "Your picture is ready" in await newcomer.text_of(bubble)
    await expect(bubble.locator(".private")).to_have_text("Only you can see this")
    picture = await newcomer.picture_of(bubble)
    assert picture.startswith(b"\x89PNG")
    source = await bubble.locator(".result img").first.get_attribute("src")
    await newcomer.say("hello, everybody")  # what others see of it is in front of this message
    await expect(other.messages("hello, everybody")).to_be_visible()
    await expect(other.bubbles()).to_have_count(0)
    answer = await other.page.request.get(other.address + str(source))
    assert answer.status == 404


async def test_try_again_and_other_style_draw_another_picture_and_keep_the_first(enter: Enter) -> None:
    member = await enter()
    first = await member.avatar()
    await member.press(first, "again")
    second = await member.result(1)
    assert await member.picture_of(first) != await member.picture_of(second)
    await member.press(first, "other")
    await member.saying("Which style").get_by_role("button", name="Notionist").click()
    assert "Notionist" in await member.text_of(await member.result(2))
    await expect(member.results()).to_have_count(3)


async def test_a_shared_picture_stands_beside_its_members_messages_until_it_is_taken_back_or_erased(
    enter: Enter,
) -> None:
    member, other = await enter(), await enter()
    author = await member.member()
    await member.say("before my picture")
    await expect(other.messages("before my picture")).to_be_visible()
    face = other.messages("before my picture").locator(".face")
    before = await face.get_attribute("src")
    bubble = await member.avatar()
    await member.press(bubble, "share")
    await expect(other.shared(author)).to_be_visible()
    await expect(face).not_to_have_attribute("src", str(before))
    name = await member.nickname()
    await expect(other.shared(author)).to_have_attribute("alt", f"The new profile picture of {name}")
    posted = await other.fetch(await other.shared(author).get_attribute("src") or "")
    assert posted == await other.fetch(await face.get_attribute("src") or "")
    assert posted == await member.picture_of(bubble)
    in_list = other.page.locator("#people-list li").filter(has_text=name).locator(".face")
    await expect(in_list).to_have_attribute("src", await face.get_attribute("src") or "")

    source = await other.shared(author).get_attribute("src") or ""
    await member.press(bubble, "unshare")
    await expect(other.shared(author)).to_have_count(0)
    await expect(
        other.messages("This picture was taken back.").and_(other.page.locator(f'[data-author="{author}"]'))
    ).to_be_visible()
    assert (await other.page.request.get(other.address + source)).status == 404
    await member.press(bubble, "share")  # a change of mind is allowed
    await expect(other.shared(author)).to_be_visible()

    await member.press(bubble, "delete")
    await expect(other.shared(author)).to_have_count(0)
    await expect(member.results()).to_have_count(0)
    await expect(member.saying("This picture is erased")).to_be_visible()
    figure = await in_list.get_attribute("src") or ""
    assert (await other.page.request.get(other.address + figure)).ok


async def test_a_picture_is_asked_for_on_the_wall_of_styles_in_a_form_and_in_words(enter: Enter) -> None:
    member = await enter()
    await member.say("/styles")
    wall = member.saying("These styles are allowed here")
    await wall.get_by_role("button", name="Lorelei").click()
    assert "Lorelei" in await member.text_of(await member.result())
    await member.run_form("avatar")
    await member.choose("style", "notionists")
    await member.choose("hair", "long")
    await member.choose("glasses", "round")
    await member.go()
    assert "Notionist" in await member.text_of(await member.result(1))
    await member.say("/avatar style:lorelei hair:long glasses:round skin:dark")
    assert "Lorelei" in await member.text_of(await member.result(2))
    await member.say("/avatar hair:purple")
    await expect(member.saying("cannot be that. Possible:")).to_be_visible()


async def test_what_a_member_writes_is_text_and_nothing_else(enter: Enter) -> None:
    member, other = await enter(), await enter()
    await member.say("<img src=x onerror=alert(1)><b>bold</b> {{web-title}} /avatar")
    said = other.messages("<b>bold</b>")
    await expect(said.locator(".text")).to_have_text("<img src=x onerror=alert(1)><b>bold</b> {{web-title}} /avatar")
    await expect(said.locator("b")).to_have_count(0)


async def test_two_things_said_quickly_over_a_slow_line_both_arrive_in_order(enter: Enter) -> None:
    member, other = await enter(), await enter()

    async def slowly(route: Route) -> None:
        await asyncio.sleep(0.4)
        await route.continue_()

    await member.page.route("**/say", slowly)
    await member.say("first of two")
    await expect(member.box).to_have_value("")
    await member.say("second of two")
    await member.box.fill("a third that is still being wri")
    await expect(other.messages("second of two")).to_be_visible()
    said = await other.messages("of two").locator(".text").all_inner_texts()
    assert said == ["first of two", "second of two"]
    await expect(member.box).to_have_value("a third that is still being wri")
