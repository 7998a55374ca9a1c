"""What becomes of a file that somebody sends, with the real sandboxed decoder."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.chat import Upload
from bot.choices import Choices
from bot.commands import declare
from bot.dispatch import Dispatcher
from bot.orders import Decode
from generator.engine import Photo
from generator.intake import Intake
from tests.bot.conftest import WORDING, Chat, button, read


def picture(kind: str, side: int = 96) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), (200, 120, 90)).save(out, kind)
    return out.getvalue()


@pytest.fixture
async def strict(chat: Chat) -> AsyncIterator[Chat]:
    """The chat, its photos decoded as in real life."""
    intake = Intake()
    decoding_with(chat, intake.decode)
    yield chat
    await intake.close()


@pytest.mark.parametrize("locale", ["en", "ko"])
async def test_every_unusable_file_gets_a_sentence_and_costs_nothing(strict: Chat, locale: str) -> None:
    jpeg = picture("JPEG")
    told: list[str] = []
    for data in (
        b"",
        b"hello",
        picture("GIF"),
        picture("BMP"),
        picture("JPEG", 8),
        jpeg[: len(jpeg) // 2],
        b"%PDF-1.7 not a photo",
        b"\0\0\0\x18ftypheic" + b"\0" * 64,
        bytes(20_000_001),
    ):
        reply = await strict.say("avatar", photo=Upload(data), locale=locale)
        assert not reply.busy
        told.append(read(reply))
    assert len(set(told)) >= 7, "different faults get different sentences"
    assert strict.jobs() == 0
    assert strict.rows("SELECT count(*) FROM charge") == [(0,)]
    assert not [path for path in (strict.folder / "spool").rglob("*") if path.is_file()]


async def test_a_photo_is_on_the_disk_only_encrypted_and_only_until_the_job_ends(strict: Chat) -> None:
    waiting = await strict.say("avatar", photo=Upload(picture("PNG")))
    assert waiting.busy
    spooled = [path for path in (strict.folder / "spool").rglob("*") if path.is_file()]
    assert len(spooled) == 1
    pixels = bytes((200, 120, 90)) * 20
    assert all(pixels not in path.read_bytes() for path in everything(strict.folder))
    await strict.press(button(waiting, "cancel"))
    assert not spooled[0].exists()


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def decoding_with(chat: Chat, decode: Decode) -> None:
    commands = declare(chat.storage, chat.catalog, chat.live, decode)
    sources = Choices(chat.storage, chat.catalog).sources()
    chat.dispatcher = Dispatcher(commands, sources, chat.storage.members, chat.secret, WORDING)


async def test_nobody_makes_us_decode_photos_whose_job_would_be_refused(chat: Chat) -> None:
    decoded: list[bytes] = []

    async def count(data: bytes) -> Photo:
        decoded.append(data)
        return Photo(64, 64, bytes(64 * 64 * 3))

    decoding_with(chat, count)
    replies = [await chat.say("avatar", photo=Upload(picture("PNG"))) for _ in range(5)]
    assert [reply.busy for reply in replies] == [True, True, True, False, False]
    assert len(decoded) == 3


class SlowDecoder:
    """Looks at a file for as long as a test likes; two seats for everybody."""

    def __init__(self) -> None:
        self.begun: list[bytes] = []
        self.go = asyncio.Event()
        self._seats = asyncio.Semaphore(2)

    async def decode(self, data: bytes) -> Photo:
        async with self._seats:
            self.begun.append(data)
            if data.startswith(b"large"):
                await self.go.wait()
            return Photo(64, 64, bytes(64 * 64 * 3))

    async def begins(self) -> None:
        """Wait until it looks at the first file."""
        async with asyncio.timeout(20):
            while not self.begun:  # noqa: ASYNC110
                await asyncio.sleep(0.005)


async def test_many_large_photos_of_one_member_do_not_keep_another_waiting(chat: Chat) -> None:
    decoder = SlowDecoder()
    decoding_with(chat, decoder.decode)
    many = [asyncio.create_task(chat.say("avatar", photo=Upload(b"large %d" % n), by="greedy")) for n in range(6)]
    await decoder.begins()
    await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        assert (await chat.say("avatar", photo=Upload(b"small"), by="mina")).busy
    assert decoder.begun == [b"large 0", b"small"]
    decoder.go.set()
    replies = await asyncio.gather(*many)
    assert [reply.busy for reply in replies].count(True) == 3
    assert len(decoder.begun) == 4, "those whose job is refused once it is their turn are not decoded"


async def test_a_call_that_is_repeated_is_answered_alike_and_decoded_once(chat: Chat) -> None:
    decoder = SlowDecoder()
    decoding_with(chat, decoder.decode)
    both = [asyncio.create_task(chat.say("avatar", photo=Upload(b"large"), key="one-event")) for _ in range(2)]
    await decoder.begins()
    await asyncio.sleep(0.05)
    decoder.go.set()
    first, second = await asyncio.gather(*both)
    third = await chat.say("avatar", photo=Upload(b"large"), key="one-event")
    assert len({button(reply, "cancel").job for reply in (first, second, third)}) == 1
    assert len(decoder.begun) == 1
    assert chat.jobs() == 1


async def test_a_turn_is_given_on_when_a_call_is_given_up(chat: Chat) -> None:
    decoder = SlowDecoder()
    decoding_with(chat, decoder.decode)
    stuck = asyncio.create_task(chat.say("avatar", photo=Upload(b"large")))
    await decoder.begins()
    waiting = asyncio.create_task(chat.say("avatar", photo=Upload(b"small")))
    await asyncio.sleep(0.05)
    stuck.cancel()
    async with asyncio.timeout(20):
        assert (await waiting).busy
