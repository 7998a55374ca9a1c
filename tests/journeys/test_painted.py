"""A room with SDXL: a picture that can be watched while it is painted, and what becomes of it when the painter dies."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from playwright.async_api import Locator

from tests.journeys.conftest import Enter
from tests.journeys.room_page import RoomPage, expect
from tests.journeys.room_server import RoomServer, serving

pytestmark = pytest.mark.timeout(180)  # the painter, which loads torch, is started three times

START_MS = 60_000
LONG = """
engine = "sdxl"
recipe = "painted"
photo = true
needs_gpu = true
fallback = "riso"
[name]
en = "Mural"
[description]
en = "So many strokes that there is time to change one's mind."
[parameters]
prompt = "mural of {subject}"
[parameters.balanced]
steps = 100
guidance_end = 1.0
"""
WATCH = """(bubble) => {
    const seen = window.seen = [];
    const look = () => {
        const shown = bubble.querySelector("img.preview")?.src;
        if (shown && !seen.includes(shown)) seen.push(shown);
    };
    new MutationObserver(look).observe(bubble, {subtree: true, childList: true, attributes: true});
    look();
}"""
"""Collects every picture that a bubble shows before the finished one."""
SIDE_BY_SIDE = """(sources) => Promise.all(sources.map(async (src) => {
    const image = Object.assign(new Image(), {src});
    await image.decode();
    return image.naturalWidth / image.naturalHeight;
})).then((ratios) => ratios.every((ratio) => ratio > 1.9 && ratio < 2.1))"""
"""Whether each of these pictures shows two beside each other."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RoomServer]:
    """A room whose SDXL has random weights: what it paints is noise."""
    folder = tmp_path_factory.mktemp("painted")
    (folder / "styles").mkdir()
    (folder / "styles" / "mural.toml").write_text(LONG, encoding="utf-8")
    environment = {
        "BPP_MODELS": str(_weights(folder / "models")),
        "BPP_STYLES": str(folder / "styles"),
        "BPP_DEVICE": "cpu",
        "OMP_NUM_THREADS": "1",  # for operations as small as these, two would mostly wait for each other
    }
    async with serving(folder, engines="sdxl", environment=environment) as served:
        await served.engines_ready(2)
        yield served


def _weights(folder: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tests.generator.sdxl import tiny  # noqa: PLC0415 - torch is no other journey's business

        return tiny.save(folder)


def painter(room: RoomServer) -> psutil.Process:
    (process,) = [engine for engine in room.engines() if "sdxl" in engine.cmdline()]
    return process


def starts(room: RoomServer) -> int:
    """How often the painter was ready to paint."""
    return room.log.read_text().count("sdxl-0: engine ready")


async def asked(member: RoomPage, command: str) -> Locator:
    """Type ``command``; the bubble that answers."""
    count = await member.bubbles().count()
    await member.say(command)
    bubble = member.bubbles().nth(count)
    await expect(bubble.locator('[data-command="cancel"]')).to_be_visible()
    return bubble


async def being_painted(bubble: Locator) -> None:
    """Wait until some steps are done and can be seen."""
    await expect(bubble.locator("img.preview")).to_be_visible(timeout=START_MS)
    await expect(bubble).to_contain_text("Drawing your picture")
    await expect(bubble.locator(".part-lines")).not_to_contain_text(" 0%")


async def test_pictures_change_before_ones_eyes_until_they_are_finished_and_one_is_chosen(enter: Enter) -> None:
    member = await enter()
    bubble = await asked(member, "/avatar style:aquarelle quality:best pictures:2")
    await bubble.evaluate(WATCH)
    await expect(bubble.locator(".result")).to_be_visible(timeout=START_MS)  # thirty steps for each of them
    text = await member.text_of(bubble)
    assert "Here are 2 pictures." in text
    assert "Style: Aquarelle." in text
    assert "away" not in text
    seen = await member.page.evaluate("window.seen")
    assert len(seen) > 1
    assert all(one.startswith("data:image/png;base64,") for one in seen)
    assert await member.page.evaluate(SIDE_BY_SIDE, seen)
    assert (await member.picture_of(bubble)).startswith(b"\x89PNG")
    await member.press(bubble, "use", "2")
    used = await member.result(1)
    assert "Your picture is ready. Style: Aquarelle." in await member.text_of(used)
    assert (await member.picture_of(used)).startswith(b"\x89PNG")
    await expect(bubble.locator("img.preview")).to_have_count(0)
    await expect(bubble.locator('[data-command="paint"]')).to_have_count(0)


async def test_cancel_works_while_it_is_painted_and_the_painter_is_free_at_once(enter: Enter) -> None:
    member = await enter()
    bubble = await asked(member, "/avatar style:mural")
    await being_painted(bubble)
    await member.press(bubble, "cancel")
    await expect(bubble).to_contain_text("Cancelled. It does not count towards your daily limit.")
    await expect(bubble.locator("img.preview, progress")).to_have_count(0)
    await member.say("/avatar style:aquarelle")
    assert "Style: Aquarelle." in await member.text_of(await member.result())
    await expect(member.results()).to_have_count(1)


@pytest.mark.soak  # torch starts three times; tests/bot/test_standby.py holds the same with a painter that starts at once
async def test_over_whose_picture_the_painter_dies_gets_a_drawing_and_others_their_painting(
    enter: Enter, room: RoomServer
) -> None:
    member = await enter()
    bubble = await asked(member, "/avatar style:mural")
    await being_painted(bubble)
    before = starts(room)
    painter(room).kill()
    await expect(bubble).to_contain_text("You are next in line")
    await being_painted(bubble)  # by its successor, which dies of the same picture
    assert starts(room) == before + 1
    painter(room).kill()
    drawn = await member.result()
    text = await member.text_of(drawn)
    assert "The painting engine is away, so this is a drawing in Riso." in text
    await expect(drawn.locator('[data-command="paint"]')).to_have_count(0)  # it would die of it again
    await room.engines_ready(before + 3)  # the classic one among them
    await member.say("/avatar style:aquarelle")
    await expect(member.results()).to_have_count(2)
    assert "Style: Aquarelle." in await member.text_of(await member.result(1))
