"""Pictures that were sent together: Telegram delivers them one by one and never says which is the last."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

import telegram

QUIET_SECONDS = 1.0
"""An album is complete when nothing more of it has come for this long."""
LONGEST_SECONDS = 5.0
REMEMBERED = 1_024


class Album:
    """One that is being collected."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, telegram.Message]] = []
        """Key of the event and message, as they came."""
        self._came = asyncio.Event()

    def add(self, key: str, message: telegram.Message) -> None:
        self.parts.append((key, message))
        self._came.set()

    async def complete(self) -> None:
        """Wait for the rest."""
        loop = asyncio.get_running_loop()
        latest = loop.time() + LONGEST_SECONDS
        while (left := min(QUIET_SECONDS, latest - loop.time())) > 0:
            self._came.clear()
            try:
                async with asyncio.timeout(left):
                    await self._came.wait()
            except TimeoutError:
                return


class Albums:
    """All albums that came lately."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[int, str], Album | None] = OrderedDict()

    def begun(self, key: str, message: telegram.Message, *, wanted: bool = True) -> tuple[Album | None, bool]:
        """The album to which a message belongs, None if it is complete or not wanted; and whether this is its first part."""
        name = (message.chat.id, str(message.media_group_id))
        if name in self._open:
            album = self._open[name]
            if album is not None:
                album.add(key, message)
            return album, False
        album = self._open[name] = Album() if wanted else None
        if album is not None:
            album.add(key, message)
        while len(self._open) > REMEMBERED:
            self._open.popitem(last=False)
        return album, True

    def close(self, album: Album) -> list[tuple[str, telegram.Message]]:
        """Take what was collected, in the order in which it was sent. What comes later is not looked at."""
        message = album.parts[0][1]
        self._open[message.chat.id, str(message.media_group_id)] = None
        return sorted(album.parts, key=_sent)


def _sent(part: tuple[str, telegram.Message]) -> Any:
    return part[1].message_id
