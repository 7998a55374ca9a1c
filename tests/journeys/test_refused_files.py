"""Files that are no photos: a sentence each, and nothing is counted."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.journeys.conftest import Enter
from tests.journeys.room_page import expect

LARGE = 25_000_000


def gif() -> bytes:
    file = BytesIO()
    Image.new("P", (64, 64), 3).save(file, "GIF")
    return file.getvalue()


def heic() -> bytes:
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(400)


def text() -> bytes:
    return b"This is no photo at all, whatever its name says.\n" * 40


def truncated() -> bytes:
    file = BytesIO()
    Image.effect_noise((600, 600), 90).save(file, "JPEG")
    return file.getvalue()[:4_000]


def bomb() -> bytes:
    file = BytesIO()
    Image.new("1", (30_000, 30_000)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("dance.gif", gif, "GIF"),
        ("phone.heic", heic, "HEIC"),
        ("letter.jpg", text, "JPEG, PNG"),
        ("half.jpg", truncated, "damaged or incomplete"),
        ("bomb.png", bomb, "30,000 × 30,000 pixels"),
    ],
    ids=["gif", "heic", "text", "truncated", "bomb"],
)
async def test_a_file_that_is_no_photo_gets_a_sentence_and_costs_nothing(
    enter: Enter, tmp_path: Path, name: str, content: Callable[[], bytes], words: str
) -> None:
    member = await enter()
    file = tmp_path / name
    file.write_bytes(content())
    await member.give_photo(file)
    await member.go()
    answer = member.bubbles().first
    await expect(answer).not_to_contain_text("Working on it")
    await expect(answer).to_have_attribute("aria-busy", "false")
    said = await member.text_of(answer)
    assert words in said
    await member.say("/settings")
    await expect(member.last()).to_contain_text("Pictures left today: 20 of 20.")
    await expect(member.results()).to_have_count(0)


async def test_a_photo_of_25_mb_is_refused_before_it_is_sent(enter: Enter, tmp_path: Path) -> None:
    member = await enter()
    file = tmp_path / "huge.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0" + bytes(LARGE))
    await member.pick_file(file, member.page.locator("#attach").click)
    await expect(member.notice()).to_have_text("That photo is larger than 20 MB. Please send a smaller one.")
    await expect(member.form).to_have_count(0)
    assert member.address + "call" not in member.requests


async def test_a_page_that_sends_25_mb_all_the_same_is_refused_by_the_room(enter: Enter) -> None:
    member = await enter()
    said = await member.page.evaluate(
        """async (size) => {
            const head = new TextEncoder().encode('{"id": "00112233445566778899aabbccddeeff", "command": "avatar"}');
            const length = new DataView(new ArrayBuffer(4));
            length.setUint32(0, head.length);
            const answer = await fetch("call", {method: "POST", body: new Blob([length, head, new Uint8Array(size)])});
            return [answer.status, (await answer.json()).error];
        }""",
        LARGE,
    )
    assert said == [413, "That photo is larger than 20 MB. Please send a smaller one."]
    member.forgive("413")


async def test_a_dropped_file_that_is_no_picture_is_refused_at_once(enter: Enter, tmp_path: Path) -> None:
    member = await enter()
    file = tmp_path / "letter.txt"
    file.write_bytes(text())
    await member.drop(file, "text/plain")
    await expect(member.notice()).to_have_text("That file is no picture. Send a JPEG, PNG, WebP or AVIF photo.")
    await expect(member.page.locator("#drop")).to_be_hidden()
