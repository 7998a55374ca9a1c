"""What a person does on the room's page, for journeys through a real browser."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


class RoomPage:
    """One member's tab. ``complaints`` collects what the browser reported: script errors, broken policies."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type in {"error", "warning"} else None,
        )

    async def ready(self) -> None:
        """Wait until the page shows the room."""
        await self.page.wait_for_selector("body[data-ready=true]")

    async def say(self, text: str) -> None:
        """Write to the room, or run a command as it is typed."""
        await self.page.fill("#text", text)
        await self.page.press("#text", "Enter")

    async def run_form(self, command: str) -> None:
        """Open a command's form by its name."""
        await self.page.fill("#text", f"/{command} ")
        await self.page.wait_for_selector("form.card:not([hidden])")

    async def choose(self, argument: str, value: str) -> None:
        """Choose an option in the open form."""
        tile = self.page.locator(f'.field-wall [data-value="{value}"]')
        select = self.page.locator(f"#argument-{argument}")
        await tile.or_(select).first.wait_for()
        radio = select.locator(f'input[value="{value}"]')
        if await tile.count():
            await tile.first.click()
        elif await radio.count():
            await radio.check()
        else:
            await select.select_option(value)

    async def give_photo(self, photo: Path) -> None:
        """Choose a photo with the button beside the message box."""
        async with self.page.expect_file_chooser() as chooser:
            await self.page.click("#attach")
        await (await chooser.value).set_files(photo)
        await self.page.wait_for_selector("#photo-slot.filled")

    async def drop_photo(self, photo: Path, mime: str = "image/jpeg") -> None:
        """Drop a photo somewhere on the page."""
        script = """async ([url, name, mime]) => {
            const data = new DataTransfer();
            const bytes = Uint8Array.from(atob(url), (letter) => letter.charCodeAt(0));
            data.items.add(new File([bytes], name, {type: mime}));
            for (const type of ["dragenter", "dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
        }"""
        data = base64.b64encode(await asyncio.to_thread(photo.read_bytes)).decode()
        await self.page.evaluate(script, [data, photo.name, mime])
        await self.page.wait_for_selector("#photo-slot.filled")

    async def go(self) -> None:
        """Run the command whose form is open."""
        await self.page.click("form.card button[type=submit]")

    def bubbles(self) -> Locator:
        """The private bubbles, oldest first."""
        return self.page.locator(".bubble")

    def results(self) -> Locator:
        """The bubbles that show a finished picture."""
        return self.page.locator(".bubble:has(.result)")

    async def press(self, bubble: Locator, command: str) -> None:
        """Press the button of a bubble that runs ``command``."""
        await bubble.locator(f'.actions [data-command="{command}"]').first.click()

    async def menu(self, bubble: Locator, command: str, value: str) -> None:
        """Open the menu of a bubble that runs ``command`` and choose ``value``."""
        await self.press(bubble, command)
        await bubble.locator(f'.drawer [data-value="{value}"]').click()

    async def text_of(self, bubble: Locator) -> str:
        return await bubble.locator(".part-lines").inner_text()

    async def picture_of(self, bubble: Locator) -> bytes:
        """The bytes of the picture in a bubble, fetched as its owner."""
        source = await bubble.locator(".part-picture img").first.get_attribute("src")
        answer = await self.page.request.get(f"{self.page.url.rstrip('/')}/{source}")
        return await answer.body()

    async def look(self, path: Path) -> None:
        """Take a screenshot."""
        await self.page.screenshot(path=path)


async def enter(browser: Browser, address: str, *, locale: str = "en-GB", **options: Any) -> RoomPage:
    """A new browser profile enters the room."""
    context: BrowserContext = await browser.new_context(locale=locale, **options)
    room = RoomPage(await context.new_page())
    await room.page.goto(address)
    await room.ready()
    return room
