"""The whole road in Korean: not one English sentence and not one wording key on the way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.journeys.conftest import Enter
from tests.journeys.room_page import RoomPage, expect
from tests.journeys.room_server import RoomServer

VISIBLE = """() => {
    const words = [document.title];
    const seen = (element) => element.checkVisibility() && !element.closest("[lang=en]");
    for (const element of document.querySelectorAll("body, body *")) {
        if (!seen(element)) continue;
        for (const name of ["aria-label", "placeholder", "alt", "title"]) words.push(element.getAttribute(name) ?? "");
        for (const child of element.childNodes) if (child.nodeType === Node.TEXT_NODE) words.push(child.textContent);
        if (element instanceof HTMLSelectElement) words.push(...[...element.options].map((option) => option.lang ? "" : option.text));
    }
    return words;
}"""
"""Everything that can be read or heard on the page."""

SAME_EVERYWHERE = {
    "BPP",
    "JPEG",
    "PNG",
    "WebP",
    "AVIF",
    "MB",
    "UTC",
    "JSON",
    "HEIC",
    "GIF",
    "AM",
    "PM",
    "Enter",
    "English",
}
"""Names of formats, units, keys and languages."""


@pytest.fixture(scope="module")
def room(own_room: RoomServer) -> RoomServer:
    return own_room


async def only_korean(page: RoomPage, *typed: str) -> None:
    """No Latin words but commands, names that are the same in every language, and what the member ``typed``."""
    for text in await page.page.evaluate(VISIBLE):
        bare = re.sub(r"/[a-z]+|about-me\.json|avatar\.png", " ", text)
        latin = set(re.findall(r"[A-Za-z]{2,}(?:-[a-z]+)*", bare)) - SAME_EVERYWHERE - set(typed)
        assert not latin, f"{sorted(latin)} in {text!r}"


async def test_a_korean_browser_gets_korean_from_the_welcome_to_the_shared_picture(enter: Enter, photo: Path) -> None:
    member = await enter(locale="ko-KR")
    await expect(member.page.locator("html")).to_have_attribute("lang", "ko")
    await expect(member.page.locator("#welcome")).to_contain_text("어서 오세요!")
    await only_korean(member)
    await member.box.fill("/")
    await expect(member.page.locator("#palette li").first).to_be_visible()
    await only_korean(member)
    await member.run_form("avatar")
    await expect(member.form.locator("select").nth(3)).to_be_visible()
    await only_korean(member)
    await member.page.keyboard.press("Escape")
    await member.give_photo(photo)
    await only_korean(member)
    await member.go()
    bubble = await member.result()
    await expect(bubble).to_contain_text("그림이 완성됐어요")
    await only_korean(member)
    await member.press(bubble, "share")
    await expect(bubble).to_contain_text("공유했어요")
    await expect(member.shared(await member.member())).to_be_visible()
    await only_korean(member)
    await member.press(bubble, "delete")
    await expect(member.saying("이 그림은 지워졌어요")).to_be_visible()
    await only_korean(member)


async def test_every_panel_and_every_refusal_is_in_korean(enter: Enter) -> None:
    member = await enter(locale="ko-KR")
    for command, words in {
        "/styles": "쓸 수 있는 스타일",
        "/settings": "기본 스타일",
        "/queue": "/avatar",
        "/privacy": "나에 대해 저장된 것",
        "/help": "나만의 프로필 그림",
        "/nothing": "/help",
        "/avatar hair:none": "(",
        "/avatar 머리:보라": ":",
    }.items():
        count = await member.bubbles().count()
        await member.say(command)
        await expect(member.bubbles()).to_have_count(count + 1)
        await expect(member.last()).not_to_have_attribute("aria-busy", "true")
        if words not in "(:":
            await expect(member.last()).to_contain_text(words)
    await only_korean(member, "none", "hair")
    await member.press(member.page.locator(".bubble:has([data-command=forget])"), "forget")
    await expect(member.saying("나에 대한 모든 것을 지울까요?")).to_be_visible()
    await member.page.locator("#me").click()
    await expect(member.page.get_by_role("dialog")).to_be_visible()
    await only_korean(member, "none", "hair")


async def test_traits_may_be_typed_in_korean(enter: Enter) -> None:
    member = await enter(locale="ko-KR")
    await member.say("/아바타 머리:곱슬머리 안경:선글라스")
    await expect(await member.result()).to_contain_text("그림이 완성됐어요")


async def test_the_language_of_settings_is_that_of_the_page_too(enter: Enter) -> None:
    member = await enter()
    await member.say("/settings")
    board = member.saying("Your settings here")
    await member.menu(board, "set-language", "ko")
    await expect(member.page.locator("html[lang=ko] body[data-ready=true]")).to_be_attached()
    await expect(member.last()).to_contain_text("여기서 쓰는 내 설정")
    await expect(member.page.locator("#welcome")).to_contain_text("어서 오세요!")
    await expect(await member.avatar()).to_contain_text("그림이 완성됐어요")
    await member.menu(member.saying("여기서 쓰는 내 설정"), "set-language", "auto")
    await expect(member.page.locator("html[lang=en] body[data-ready=true]")).to_be_attached()
    await expect(member.saying("Your settings here")).to_be_visible()


async def test_the_language_that_is_chosen_in_the_profile_is_that_of_the_bot_too(enter: Enter) -> None:
    member = await enter()
    await member.page.locator("#me").click()
    await member.page.get_by_role("dialog").get_by_label("Language").select_option("ko")
    await expect(member.page.locator("html[lang=ko] body[data-ready=true]")).to_be_attached()
    await expect(member.page.locator("#welcome")).to_contain_text("어서 오세요!")
    await expect(member.saying("여기서 쓰는 내 설정")).to_contain_text("한국어")
    await member.say("/help")
    await expect(member.last()).to_contain_text("나만의 프로필 그림")
