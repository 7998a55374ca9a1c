"""A member's photo: found in their message, and fetched from Telegram, no more of it than is looked at.

The address of a file holds the bot's token, so neither it nor the text of an error leaves this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import telegram
from telegram.error import BadRequest

from adapters.telegram.connection import PASSING
from bot.chat import MAX_UPLOAD_BYTES, Upload
from bot.errors import BotError

PHOTO_SECONDS = 30.0
HELD_BYTES = 6 * MAX_UPLOAD_BYTES
"""Of photos in memory at a time. Most have a hundredth of the largest, and Telegram says how large they are."""
DOWNLOADS = 16
"""At a time: the other connections are for answers."""


class PhotoLost(BotError):
    """The photo could not be had; nothing happened."""

    default_key = "telegram-photo-gone"


@dataclass(frozen=True, slots=True)
class Found:
    """A photo in a message."""

    file: str = field(repr=False)
    message: int = field(repr=False)
    """The message in which it stands."""
    size: int = 0
    """Bytes, 0 where Telegram does not say."""


def photo_in(message: telegram.Message | None) -> Found | None:
    """The photo of a message, or the file: what kind of file it is, only its bytes say. None where there is neither."""
    if message is None:
        return None
    if message.photo:
        best = max(message.photo, key=lambda size: size.width * size.height)
        return Found(best.file_id, message.message_id, best.file_size or 0)
    document = message.document
    if document is None or message.animation is not None:  # what moves has a document too
        return None
    return Found(document.file_id, message.message_id, document.file_size or 0)


class Photos:
    """The way to Telegram's files."""

    def __init__(self, bot: telegram.Bot, seconds: float = PHOTO_SECONDS) -> None:
        self._bot = bot
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._free = HELD_BYTES
        self._freed = asyncio.Event()
        self._downloads = asyncio.Semaphore(DOWNLOADS)

    @asynccontextmanager
    async def held(self, found: Found) -> AsyncGenerator[Upload]:
        """The file, as long as it is needed. One that is too large comes just long enough to be refused.

        Raises ``PhotoLost``. Whoever comes when memory is full waits, in order.
        """
        size = min(found.size or MAX_UPLOAD_BYTES, MAX_UPLOAD_BYTES)
        async with self._turn:
            while self._free < size:
                self._freed.clear()
                await self._freed.wait()
            self._free -= size
        try:
            yield await self._fetched(found)
        finally:
            self._free += size
            self._freed.set()

    async def _fetched(self, found: Found) -> Upload:
        if found.size > MAX_UPLOAD_BYTES:
            return _too_large()
        async with self._downloads:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._fetch(found)
            except PASSING:
                raise PhotoLost("telegram-photo-slow") from None  # its cause holds the link

    async def _fetch(self, found: Found) -> Upload:
        try:
            file = await self._bot.get_file(found.file)
        except BadRequest as error:
            if "too big" in error.message.lower():
                return _too_large()
            raise PhotoLost from None
        if (file.file_size or 0) > MAX_UPLOAD_BYTES:
            return _too_large()
        data = await file.download_as_bytearray()
        return Upload(bytes(data[: MAX_UPLOAD_BYTES + 1]))


def _too_large() -> Upload:
    return Upload(bytes(MAX_UPLOAD_BYTES + 1))
