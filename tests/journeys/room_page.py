"""What a person does on the room's page, for journeys through a real browser."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Error, Locator, Page, async_playwright
from playwright.async_api import expect as look

BROWSERS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
"""Chromium. The first is the same without the parts that draw a window, and takes a third less of the processor."""
MISSING = (
    "There is no Chromium to open a page in: install the Debian packages chromium-headless-shell and fonts-noto-cjk."
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
)
PATIENCE_MS = 20_000
"""A picture takes a second; so much longer only on a machine that has other things to do."""
GLANCES_MS = 2_400
"""Playwright looks ten times a second where it may wait less than two and a half, and twice a second otherwise."""


class expect:  # noqa: N801 - takes the place of Playwright's own
    """Playwright's ``expect``, waiting for ``PATIENCE_MS`` and yet looking ten times a second."""

    def __init__(self, what: Locator | Page) -> None:
        self._what = what

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        async def glance(*wanted: Any, **options: Any) -> None:
            timeout = options.pop("timeout", PATIENCE_MS)
            while timeout > GLANCES_MS:
                timeout -= GLANCES_MS
                with suppress(AssertionError):
                    return await getattr(look(self._what), name)(*wanted, timeout=GLANCES_MS, **options)
            return await getattr(look(self._what), name)(*wanted, timeout=timeout, **options)

        return glance


def required() -> Path:
    """Where Chromium is. Without one: skipped, except where CI promises it."""
    for browser in BROWSERS:
        if browser.exists():
            return browser
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    where = required()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=where, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


class RoomPage:
    """One member's tab. ``complaints`` collects what the browser reported: script errors, broken policies."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._viewport = page.viewport_size
        page.set_default_timeout(PATIENCE_MS)
        self._listeners: dict[Any, Callable[[Any], None]] = {
            "pageerror": lambda error: self.complaints.append(f"error: {error}"),
            "console": lambda message: (
                self.complaints.append(message.text) if message.type in {"error", "warning"} else None
            ),
            "request": lambda request: self.requests.append(request.url),
            "websocket": lambda line: self.requests.append(line.url),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    # --- coming and going -------------------------------------------------------------------------------------------

    async def ready(self) -> None:
        """Wait until the page shows the room."""
        await expect(self.page.locator("body[data-ready=true]:not(.offline)")).to_be_visible()

    async def settled(self) -> None:
        """Wait until the newcomer's figure is drawn, so that the engine has nothing to do for this member."""
        await expect(self.page.locator("#me img[src^='face/']")).to_be_visible()

    async def reload(self) -> None:
        """Press F5."""
        await self.page.reload()
        await self.ready()

    async def leave(self) -> None:
        """Close the browser profile."""
        await self.page.context.close()

    async def go_away(self) -> Page | None:
        """Leave the room and forget it: a tab for another newcomer, whom it costs half as much as a new profile.

        None where the room is gone or the tab is not as it was: then the profile is closed.
        """
        page, context = self.page, self.page.context
        if len(context.pages) > 1 or page.viewport_size != self._viewport:
            return await self.leave()
        for event, listener in self._listeners.items():
            page.remove_listener(event, listener)
        await page.unroute_all()
        await page.emulate_media(media="null", color_scheme="null", reduced_motion="null", forced_colors="null")
        try:
            await page.goto(self.address + "healthz")  # the same process goes on where the address is the same
        except Error:
            return await self.leave()
        await page.evaluate("sessionStorage.clear(), localStorage.clear()")
        await context.clear_cookies()
        return page

    def forgive(self, *words: str) -> None:
        """Take back what the browser complained about rightly: a refused request, a server that was stopped."""
        self.complaints = [one for one in self.complaints if not any(word in one for word in words)]

    def strangers(self) -> list[str]:
        """Requests to anywhere but the room."""
        home = urlsplit(self.address).netloc
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url).netloc != home
        ]

    # --- writing ----------------------------------------------------------------------------------------------------

    @property
    def box(self) -> Locator:
        """The message box."""
        return self.page.locator("#text")

    @property
    def form(self) -> Locator:
        """The form of a command's arguments."""
        return self.page.locator("form.card:not([hidden])")

    async def say(self, text: str) -> None:
        """Write to the room, or run a command as it is typed."""
        await self.box.fill(text)
        await self.box.press("Enter")

    async def run_form(self, command: str) -> None:
        """Open a command's form by its name."""
        await self.box.fill(f"/{command} ")
        await expect(self.form).to_be_visible()

    async def choose(self, argument: str, value: str) -> None:
        """Choose an option in the open form: a picture of a wall, a step of a scale or an entry of a list."""
        tile = self.form.locator(f'.field-wall [data-value="{value}"]')
        step = self.form.locator(f'input[type=radio][name="{argument}"][value="{value}"]')
        select = self.form.locator(f"select#argument-{argument}")
        await expect(tile.or_(step).or_(select).first).to_be_attached()
        if await select.count():
            await select.select_option(value)
        elif await step.count():
            await step.check(force=True)
        else:
            await tile.first.click()

    async def go(self) -> None:
        """Run the command whose form is open."""
        await self.form.locator("button[type=submit]").click()

    async def avatar(self) -> Locator:
        """Type /avatar and wait for the picture."""
        count = await self.results().count()
        await self.say("/avatar")
        return await self.result(count)

    # --- photos -----------------------------------------------------------------------------------------------------

    async def pick_file(self, file: Path, press: Callable[[], Awaitable[Any]]) -> None:
        """``press`` something that opens the file picker, and choose ``file``."""
        async with self.page.expect_file_chooser() as chooser:
            await press()
        await (await chooser.value).set_files(file)

    async def give_photo(self, photo: Path) -> None:
        """Choose a photo with the button beside the message box."""
        await self.pick_file(photo, self.page.locator("#attach").click)
        await self.has_photo()

    async def has_photo(self) -> None:
        """Wait until the open form shows the photo."""
        await expect(self.page.locator("#photo-slot.filled")).to_be_visible()

    async def drop(self, file: Path, mime: str = "image/jpeg") -> None:
        """Drop a file somewhere on the page."""
        await self._hand(
            file,
            mime,
            """(data) => {
                for (const type of ["dragenter", "dragover", "drop"])
                    document.body.dispatchEvent(
                        new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
            }""",
        )

    async def paste(self, file: Path, mime: str = "image/jpeg") -> None:
        """Paste a file into the message box."""
        await self.box.focus()
        await self._hand(
            file,
            mime,
            """(data) => document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}))""",
        )

    async def _hand(self, file: Path, mime: str, how: str) -> None:
        script = """([bytes, name, mime]) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, {type: mime}));
            (%s)(data);
        }"""
        await self.page.evaluate(script % how, [_base64(file), file.name, mime])

    # --- bubbles ----------------------------------------------------------------------------------------------------

    def bubbles(self) -> Locator:
        """The private bubbles, oldest first."""
        return self.page.locator(".bubble")

    def last(self) -> Locator:
        """The newest private bubble."""
        return self.bubbles().last

    def results(self) -> Locator:
        """The bubbles that show a finished picture."""
        return self.page.locator(".bubble:has(.result)")

    async def result(self, index: int = 0) -> Locator:
        """Wait for the finished picture of this number, and until all of it is loaded."""
        bubble = self.results().nth(index)
        await expect(bubble).to_be_visible()
        picture = bubble.locator(".result img").first
        await picture.scroll_into_view_if_needed()
        await picture.evaluate("(image) => image.decode()")
        return bubble

    def saying(self, words: str | re.Pattern[str]) -> Locator:
        """The newest bubble in which this can be read."""
        return self.bubbles().filter(has_text=words).last

    async def press(self, bubble: Locator, command: str, choice: str = "") -> None:
        """Press the button of a bubble that runs ``command``, of several the one with this choice."""
        which = f'[data-choice="{choice}"]' if choice else ""
        await bubble.locator(f'.actions [data-command="{command}"]{which}').first.click()

    async def menu(self, bubble: Locator, command: str, value: str) -> None:
        """Open the menu of a bubble that runs ``command`` and choose ``value``."""
        await self.press(bubble, command)
        await bubble.locator(f'.drawer [data-value="{value}"]').click()

    async def text_of(self, bubble: Locator) -> str:
        return await bubble.locator(".part-lines").inner_text()

    async def picture_of(self, bubble: Locator) -> bytes:
        """The bytes of the picture in a bubble, fetched as its owner."""
        return await self.fetch(await bubble.locator(".part-picture img").first.get_attribute("src") or "")

    async def fetch(self, source: str) -> bytes:
        """What the room serves to this member at an address."""
        answer = await self.page.request.get(self.address + source)
        assert answer.ok, f"{source}: {answer.status}"
        return await answer.body()

    # --- the room ---------------------------------------------------------------------------------------------------

    async def nickname(self) -> str:
        """One's own name here."""
        return await self.page.locator("#people-list li").first.locator("bdi").text_content() or ""

    async def member(self) -> str:
        """One's own id in the room."""
        return await self.page.locator("#people-list li").first.get_attribute("data-member") or ""

    def messages(self, text: str) -> Locator:
        """What somebody said to the room."""
        return self.page.locator(".message:not(.bubble)").filter(has_text=text)

    def shared(self, author: str) -> Locator:
        """Pictures that the member of this id shared and did not take back."""
        return self.page.locator(f'.message[data-author="{author}"] .shared img')

    def notice(self) -> Locator:
        """The sentence above the message box."""
        return self.page.locator("#notice:not([hidden])")

    async def look(self, path: Path) -> None:
        """Take a screenshot."""
        await self.page.screenshot(path=path)


async def enter(
    browser: Browser, address: str, *, tab: Page | None = None, locale: str = "en-GB", **options: Any
) -> RoomPage:
    """A new browser profile enters the room; or ``tab``, which somebody left."""
    if tab is None:
        context = await browser.new_context(locale=locale, **options)
        tab = await context.new_page()
    room = RoomPage(tab, address.split("#")[0])
    await room.page.goto(address)
    await room.ready()
    return room


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
