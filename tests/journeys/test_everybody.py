"""The room for people without a mouse, with a screen reader, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.journeys.conftest import Enter
from tests.journeys.room_page import RoomPage, expect
from tests.journeys.room_server import RoomServer

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESKTOP: Any = {"width": 1280, "height": 720}

FOCUS = """() => {
    const here = document.activeElement;
    const box = here.closest(".composer") ?? here;
    const style = getComputedStyle(here), around = getComputedStyle(box);
    return {
        lost: here === document.body || !here.checkVisibility(),
        visible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || around.boxShadow !== "none",
        what: here.dataset.command ?? here.id ?? "",
        tag: here.outerHTML.slice(0, 120),
    };
}"""

TARGETS = """() => [...document.querySelectorAll(
    "button, a[href], select, textarea, input:not([type=file]), [role=option], [tabindex='0']:not(.log)"
)].filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.matches(".skip")).map((one) => {
    const {width, height} = one.getBoundingClientRect();
    return {what: one.outerHTML.slice(0, 140), width: Math.round(width * 10) / 10, height: Math.round(height * 10) / 10};
}).filter(({width, height}) => width < 44 || height < 44)"""

WIDE = """() => {
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility() && !one.matches(".skip, svg *"))
        .filter((one) => one.getBoundingClientRect().right > width + 0.5 || one.getBoundingClientRect().left < -0.5)
        .map((one) => one.outerHTML.slice(0, 140));
}"""

SIDEWAYS = """() => [...document.querySelectorAll("html, body, .log, .card, .form-body, dialog")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className || one.tagName)"""

CONTRAST = """() => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (one) => {
        for (let at = one; at; at = at.parentElement) {
            const colour = rgba(getComputedStyle(at).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return rgba("Canvas");
    };
    const poor = [];
    for (const one of document.querySelectorAll("body *")) {
        const text = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
        if (!text || !one.checkVisibility() || one.closest("noscript, .skip")) continue;
        const style = getComputedStyle(one);
        const [a, b] = [light(rgba(style.color)), light(behind(one))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
        if (ratio < (large ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${one.outerHTML.slice(0, 120)}`);
    }
    return poor;
}"""

NAMED_ROLES = {
    "button", "textbox", "combobox", "link", "radio", "checkbox", "listbox", "option", "spinbutton", "dialog", "image",
    "progressbar", "log", "radiogroup",
}  # fmt: skip


async def nameless(page: RoomPage) -> list[str]:
    """What a screen reader meets on the page and has no name for."""
    session = await page.page.context.new_cdp_session(page.page)
    tree = await session.send("Accessibility.getFullAXTree")
    await session.detach()
    found: list[str] = []
    named = 0
    for node in tree["nodes"]:
        role = node.get("role", {}).get("value")
        if node.get("ignored") or role not in NAMED_ROLES:
            continue
        if node.get("name", {}).get("value", "").strip():
            named += 1
        else:
            found.append(f"{role}: {node.get('properties', [])}")
    assert named > 3
    without_alt = await page.page.locator("img:not([alt])").evaluate_all("(all) => all.map((one) => one.outerHTML)")
    return found + without_alt


async def every_state(page: RoomPage) -> AsyncIterator[str]:
    """Walk through what the page can show and stop at each of it, by name."""
    yield "welcome"
    await page.box.fill("/")
    await expect(page.page.locator("#palette li").first).to_be_visible()
    yield "palette"
    await page.run_form("avatar")
    await expect(page.form.locator("select, [role=option]").nth(5)).to_be_visible()
    yield "form"
    await page.page.keyboard.press("Escape")
    bubble = await page.avatar()
    yield "result"
    await page.press(bubble, "share")
    await expect(page.shared(await page.member())).to_be_visible()
    yield "shared"
    await page.say("/avatar notionists pictures:4")
    await (await page.result(1)).locator(".enlarge").click()
    await expect(page.page.get_by_role("dialog")).to_be_visible()
    yield "several, larger"
    await page.page.keyboard.press("Escape")
    yield "several"
    for command in ("/styles", "/settings", "/privacy", "/help"):
        count = await page.bubbles().count()
        await page.say(command)
        await expect(page.bubbles()).to_have_count(count + 1)
        await expect(page.last()).to_have_attribute("aria-busy", "false")
        yield command
    board = page.page.locator(".bubble:has([data-command=set-style])")
    await page.press(board, "set-style")
    await expect(board.locator(".drawer [role=option]").first).to_be_visible()
    yield "menu"
    await page.page.locator("#me").click()
    await expect(page.page.get_by_role("dialog")).to_be_visible()
    yield "profile"
    await page.page.keyboard.press("Escape")
    await page.say("/room")
    await expect(page.last()).to_have_attribute("aria-busy", "false")
    yield "refusal"


async def focus(page: RoomPage) -> dict[str, Any]:
    here = await page.page.evaluate(FOCUS)
    assert not here["lost"], f"the focus is lost: {here}"
    assert here["visible"], f"nobody sees where the focus is: {here}"
    return here


async def test_a_picture_is_made_and_shared_with_the_keyboard_alone(enter: Enter) -> None:
    member, other = await enter(), await enter()
    press = member.page.keyboard.press
    assert (await focus(member))["what"] == "text"  # the page starts where one writes
    await member.page.keyboard.type("/ava")
    await expect(member.page.locator("#palette [aria-selected=true]")).to_have_attribute("data-name", "avatar")
    await press("Enter")
    await expect(member.form).to_be_visible()
    await focus(member)
    await press("Enter")
    await member.result()
    for _ in range(40):
        await press("Shift+Tab")
        if (await focus(member))["what"] == "share":
            break
    await press("Enter")
    await expect(other.shared(await member.member())).to_be_visible()
    await focus(member)
    await expect(member.page.locator("[data-command=unshare]")).to_be_visible()
    await focus(member)


async def test_escape_closes_whatever_is_open_and_the_focus_is_where_it_was(enter: Enter) -> None:
    member = await enter()
    press = member.page.keyboard.press
    await member.box.focus()
    await member.page.keyboard.type("/")
    await expect(member.page.locator("#palette")).to_be_visible()
    await press("Escape")
    await expect(member.page.locator("#palette")).to_be_hidden()
    assert (await focus(member))["what"] == "text"
    await member.page.keyboard.type("/avatar ")
    await expect(member.form.locator("select").first).to_be_visible()
    await press("ArrowDown")
    assert (await focus(member))["what"] != "text"
    await press("Escape")
    await expect(member.form).to_have_count(0)
    assert (await focus(member))["what"] == "text"
    await expect(member.box).to_have_value("")
    await member.say("/settings")
    await expect(member.last()).to_contain_text("Your settings")
    await member.last().locator("[data-command=set-language]").focus()
    await press("Enter")
    await expect(member.last().locator(".drawer")).to_be_visible()
    await focus(member)
    await press("ArrowDown")
    await focus(member)
    await press("Escape")
    await expect(member.last().locator(".drawer")).to_be_hidden()
    assert (await focus(member))["what"] == "set-language"
    await member.page.locator("#me").focus()
    await press("Enter")
    await expect(member.page.get_by_role("dialog")).to_be_visible()
    await focus(member)
    await press("Escape")
    await expect(member.page.get_by_role("dialog")).to_have_count(0)
    assert (await focus(member))["what"] == "me"


async def test_tab_goes_round_the_page_and_never_loses_the_focus(enter: Enter) -> None:
    member = await enter()
    await member.avatar()
    seen: set[str] = set()
    for _ in range(30):
        await member.page.keyboard.press("Tab")
        if await member.page.evaluate("document.activeElement === document.body"):
            continue  # between the last and the first stands the browser's own bar
        seen.add((await focus(member))["what"])
    assert {"slash", "text", "attach", "send", "share", "again", "delete", "people-toggle", "me"} <= seen


@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("ko-KR", "dark")])
async def test_a_phone_shows_everything_to_thumbs_and_everything_can_be_read_in_light_and_dark_and_has_a_name(
    enter: Enter, locale: str, scheme: str
) -> None:
    member = await enter(locale=locale, color_scheme=scheme, **PHONE)
    background = await member.page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = sum(int(part) for part in background.removeprefix("rgb(").removesuffix(")").split(",")) < 200
    assert dark is (scheme == "dark")
    async for state in every_state(member):
        assert await member.page.evaluate(SIDEWAYS) == [], state
        assert await member.page.evaluate(WIDE) == [], state
        assert await member.page.evaluate(TARGETS) == [], state
        await member.page.set_viewport_size(DESKTOP)  # which has the most beside each other
        assert await member.page.evaluate(CONTRAST) == [], state
        assert await nameless(member) == [], state
        await member.page.set_viewport_size(PHONE["viewport"])
    await member.pick_file(Path(__file__), member.page.locator("#attach").tap)
    await expect(member.notice()).to_be_visible()
    await member.run_form("avatar")
    await expect(member.form.locator("[role=option]").last).to_be_attached()
    await member.page.set_viewport_size({"width": 360, "height": 400})  # the phone's keyboard takes the rest
    await expect(member.page.locator("#send")).to_be_in_viewport(ratio=1)
    await expect(member.form.locator("button[type=submit]")).to_be_in_viewport(ratio=1)
    await expect(member.page.locator("#me")).to_be_in_viewport(ratio=1)
    await member.page.set_viewport_size(PHONE["viewport"])
    await member.page.keyboard.press("Escape")
    await member.page.locator("#people-toggle").tap()
    await expect(member.page.locator("#people")).to_be_visible()
    await member.page.locator("#people-close").tap()
    await expect(member.page.locator("#people")).to_be_hidden()


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 320), ("ko-KR", 320), ("en-GB", 360)])
async def test_a_narrow_page_is_never_wider_than_its_screen(enter: Enter, locale: str, width: int) -> None:
    hand = PHONE if width < 360 else {}  # with a mouse, scroll bars take their part
    member = await enter(locale=locale, **(hand | {"viewport": {"width": width, "height": 640}}))

    async def fits(state: str) -> None:
        boxes = "[document.documentElement.clientWidth, document.body.getBoundingClientRect().width]"
        assert await member.page.evaluate(boxes) == [width, width], state
        assert await member.page.evaluate(SIDEWAYS) == [], state
        assert await member.page.evaluate(WIDE) == [], state

    await fits("welcome")
    await member.box.fill("/")
    await expect(member.page.locator("#palette li").first).to_be_visible()
    await fits("palette")
    await member.run_form("avatar")
    await expect(member.form.locator("select, [role=option]").nth(5)).to_be_visible()
    await fits("form")
    await member.page.keyboard.press("Escape")
    await member.say("/settings")
    await expect(member.last().locator("[data-command=set-style]")).to_be_visible()
    await fits("settings")


async def test_a_phone_on_its_side_leaves_room_for_the_choices_of_a_form(enter: Enter) -> None:
    member = await enter(**(PHONE | {"viewport": {"width": 740, "height": 340}}))
    await member.run_form("avatar")
    await expect(member.form.locator("select, [role=option]").nth(5)).to_be_attached()
    body = await member.form.locator(".form-body").bounding_box()
    assert body is not None
    assert body["height"] >= 120
    for what in (member.page.locator("#send"), member.form.locator("button[type=submit]"), member.page.locator("#me")):
        await expect(what).to_be_in_viewport(ratio=1)
    assert await member.page.evaluate(TARGETS) == []


async def test_a_moving_bar_stands_still_for_those_who_asked_for_less_motion(enter: Enter) -> None:
    member = await enter(reduced_motion="reduce")
    moving = await member.page.evaluate(
        "(() => { const bar = document.body.appendChild(document.createElement('progress'));"
        " const time = getComputedStyle(bar).animationDuration; bar.remove(); return parseFloat(time); })()"
    )
    assert moving < 0.01


async def test_a_moving_picture_stands_still_for_those_who_asked_for_less_motion(enter: Enter) -> None:
    member = await enter(reduced_motion="reduce")
    await member.run_form("avatar")
    await member.choose("motion", "moving")
    await member.go()
    await member.press(await member.result(), "moving")
    bubble = await member.result(1)
    still = await member.fetch(await bubble.locator(".result img").first.get_attribute("src") or "")
    assert still == await member.picture_of(await member.result())
    save = bubble.locator("a[download]")
    assert await save.get_attribute("download") == "avatar.gif"
    gif = await member.fetch(await save.get_attribute("href") or "")
    assert gif.startswith(b"GIF89a")
    await member.page.emulate_media(reduced_motion="no-preference")
    await member.reload()
    bubble = await member.result(1)
    shown = {await image.get_attribute("src") for image in await bubble.locator(".result img").all()}
    assert [await member.fetch(source or "") for source in shown] == [gif]
    await member.press(bubble, "delete")
    await expect(member.results()).to_have_count(0)


async def test_a_result_leaves_the_room_in_sight_on_a_desktop(enter: Enter, photo: Path) -> None:
    member = await enter(viewport={"width": 1280, "height": 800})
    await member.say("still to be seen")
    await member.give_photo(photo)
    await member.go()
    bubble = await member.result()
    picture = await bubble.locator(".result .portrait").first.bounding_box()
    words = await bubble.locator(".part-lines").bounding_box()
    assert picture is not None
    assert words is not None
    assert picture["x"] + picture["width"] <= words["x"]  # side by side
    await expect(member.messages("still to be seen")).to_be_in_viewport()
    assert await nameless(member) == []


@pytest.mark.parametrize("path", ["", "?again"])
async def test_a_link_on_another_site_leads_a_member_back_to_themselves(enter: Enter, path: str) -> None:
    member = await enter()
    name = await member.nickname()
    link = f'<a href="{member.address}{path}">the room</a>'
    await member.page.route(
        "http://elsewhere.example/", lambda route: route.fulfill(body=link, content_type="text/html")
    )
    await member.page.goto("http://elsewhere.example/")
    await member.page.get_by_role("link").click()
    await member.ready()
    assert await member.nickname() == name
    member.requests = [url for url in member.requests if "elsewhere.example" not in url]


async def test_a_newcomer_whom_a_link_brought_comes_in_and_one_without_cookies_is_told_why(
    enter: Enter, browser: Browser, room: RoomServer
) -> None:
    member = await enter()
    link = f'<a href="{member.address}">the room</a>'
    for cookies in (True, False):
        context = await browser.new_context()
        page = await context.new_page()
        await page.route("http://elsewhere.example/", lambda route: route.fulfill(body=link, content_type="text/html"))
        if not cookies:
            await context.route(f"{room.address}knock", lambda route: route.fulfill(json={"known": False}))
        await page.goto("http://elsewhere.example/")
        await page.get_by_role("link").click()
        await expect(page.locator("#text" if cookies else "#shut")).to_be_visible()
        await context.close()
