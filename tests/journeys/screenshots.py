"""Takes the pictures of the room for docs/: `python -m tests.journeys.screenshots [PHOTO]`.

PHOTO becomes the open result; without one a portrait is drawn for it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.async_api import Browser

from tests.journeys.pictures import portrait
from tests.journeys.room_page import RoomPage, chromium, enter, expect
from tests.journeys.room_server import RoomServer, serving

DOCS = Path(__file__).parents[2] / "docs"
MOST_BYTES = 400_000
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "color_scheme": "dark",
    "locale": "ko-KR",
}


async def named(browser: Browser, address: str, nickname: str, **options: Any) -> RoomPage:
    """A member under a name of their own."""
    page = await enter(browser, address, **(DESKTOP | options))
    await page.page.evaluate(
        "(nickname) => fetch('me', {method: 'POST', body: JSON.stringify({nickname})}).then((answer) => answer.json())",
        nickname,
    )
    await expect(page.page.locator("#people-list li").first).to_contain_text(nickname)
    return page


async def shares(page: RoomPage, command: str) -> None:
    """Make a picture and share it."""
    count = await page.results().count()
    await page.say(command)
    await page.press(await page.result(count), "share")
    await expect(page.shared(await page.member()).last).to_be_visible()


async def says(page: RoomPage, text: str) -> None:
    await page.say(text)
    await expect(page.messages(text)).to_be_visible()


async def lively(browser: Browser, room: RoomServer, photo: Path) -> RoomPage:
    """Three members with pictures of their own, and one of them with a result that only they see."""
    fox = await named(browser, room.address, "Sunny Fox")
    otter = await named(browser, room.address, "Quiet Otter")
    me = await named(browser, room.address, "Daring Puffin")
    await shares(fox, "/avatar style:lorelei hair:long glasses:none mood:happy skin:tan colour:orange")
    await shares(me, "/avatar style:notionists hair:short glasses:round mood:happy skin:dark colour:yellow")
    await shares(otter, "/avatar style:peeps hair:bun glasses:none mood:cheeky skin:light colour:purple")
    await says(fox, "That suits you!")
    await says(fox, "Did you use a photo?")
    await says(otter, "No, I only chose the hair and let it do the rest.")
    await says(me, "Mine gets a new one from a photo. One moment …")
    await me.give_photo(photo)
    await me.choose("style", "ink")
    await me.go()
    await me.result(1)
    return me


async def quiet(page: RoomPage) -> None:
    """Everything loaded, nothing moving, no cursor blinking."""
    await page.page.evaluate("Promise.all([...document.images].map((image) => image.decode().catch(() => null)))")
    await page.page.evaluate("document.activeElement.blur()")
    await page.page.mouse.move(0, 0)
    await page.page.evaluate("document.getElementById('log').scrollTop = 1e9")
    await page.page.wait_for_function("document.getAnimations().every((one) => one.playState !== 'running')")


async def save(page: RoomPage, name: str) -> None:
    """A PNG of at most 400 kB: in true colours if it can be, otherwise in a palette of 256."""
    picture = Image.open(BytesIO(await page.page.screenshot())).convert("RGB")
    for candidate in (picture, picture.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)):
        file = BytesIO()
        candidate.save(file, "PNG", optimize=True)
        if file.tell() <= MOST_BYTES:
            break
    else:
        raise ValueError(f"{name} is too large: {file.tell()} bytes")
    await asyncio.to_thread((DOCS / name).write_bytes, file.getvalue())
    print(f"docs/{name}: {picture.width} x {picture.height}, {file.tell() // 1000} kB")


async def desktop(browser: Browser, room: RoomServer, photo: Path) -> None:
    me = await lively(browser, room, photo)
    await quiet(me)
    await save(me, "room.png")


async def styles(browser: Browser, room: RoomServer, photo: Path) -> None:
    page = await named(browser, room.address, "Merry Heron")
    await page.run_form("avatar")
    await expect(page.form.locator("[role=option] img").last).to_be_visible()
    await page.page.wait_for_load_state("networkidle")
    await save(page, "room-styles.png")


async def korean_phone(browser: Browser, room: RoomServer, photo: Path) -> None:
    page = await named(browser, room.address, "꿈꾸는 해달", **PHONE)
    await page.say("/avatar style:lorelei hair:bun glasses:round skin:medium colour:pink")
    await page.result()
    await quiet(page)
    await save(page, "room-phone.png")


async def moderator(browser: Browser, room: RoomServer, photo: Path) -> None:
    page = await named(browser, room.moderator_link, "Wise Badger")
    await page.reload()  # the sentence that greets a new moderator has been read
    await page.say("/room")
    board = page.saying("Members can ask for pictures.")
    await page.menu(board, "room-style", "-pixel")
    await expect(board.locator(".drawer")).to_be_hidden()
    await page.press(board, "room-style")
    await expect(board.locator(".drawer [role=option]").first).to_be_visible()
    await quiet(page)
    await save(page, "room-moderator.png")


SCENES: tuple[Callable[[Browser, RoomServer, Path], Awaitable[None]], ...] = (desktop, styles, korean_phone, moderator)


async def main(photo: Path | None) -> None:
    """Take them all, in one room."""
    with TemporaryDirectory() as folder:
        photo = photo or portrait(Path(folder) / "portrait.jpg")
        async with serving(Path(folder) / "room") as room, chromium() as browser:
            for scene in SCENES:
                await scene(browser, room, photo)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
