"""Where shared pictures were posted, so that they can be taken back: one small file a post, and nothing about whose it is.

A file is named by the post's tag, which only a secret ties to a picture, and holds a place on the platform. No member's id is in it (P4).
"""

from __future__ import annotations

import asyncio
import hmac
import os
import re
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from weakref import WeakValueDictionary

from adapters import durable

_TAG = re.compile(r"[0-9a-f]{16,64}")
_POSTED, _DOOMED = "", ".doomed"


class Posts:
    """Tag → place, in ``folder``. A place is text that the platform's adapter understands.

    A post is ``prepare``d before it is made and ``put`` once it stands, ``doom``ed before it is deleted and dropped once
    it is gone: whatever is cut off in between, is to go, and somebody can go on deleting.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = b""
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        durable.prepare(folder)

    def tag(self, what: str) -> str:
        """The tag of a post for which the application has none: without the key in this folder it says nothing."""
        if not self._key:
            path = self._folder / "key"
            if not path.exists():
                durable.replace(path, secrets.token_bytes(32))
            self._key = path.read_bytes()
        return hmac.new(self._key, what.encode(), "sha256").hexdigest()[:32]

    @asynccontextmanager
    async def turn(self, tag: str) -> AsyncGenerator[None]:
        """Nobody else changes the post ``tag`` meanwhile."""
        async with self._turns.setdefault(tag, asyncio.Lock()):
            yield

    async def place(self, tag: str) -> str | None:
        """Where the post stands; None if there is none, or if it is to go."""
        return await asyncio.to_thread(self._read, tag, _POSTED)

    async def leaving(self, tag: str) -> str | None:
        """Where the post stands that is to go; None if there is none, or if it may stay."""
        return await asyncio.to_thread(self._read, tag, _DOOMED)

    async def put(self, tag: str, place: str) -> None:
        """Remember a post, also one that was doomed. It is on the disk when this returns. Raises OSError."""
        await asyncio.to_thread(self._put, tag, place)

    async def prepare(self, tag: str, place: str) -> None:
        """Remember a post that is being made: unless it is ``put``, it is to go. Raises OSError."""
        await asyncio.to_thread(self._prepare, tag, place)

    async def doom(self, tag: str) -> bool:
        """From now on this post is to go. False if there is none. Raises OSError."""
        return await asyncio.to_thread(self._doom, tag)

    async def doomed_for(self, tag: str) -> float | None:
        """For how many seconds this post has been to go; None if it is not. Raises OSError."""
        return await asyncio.to_thread(durable.age, self._path(tag, _DOOMED))

    async def drop(self, tag: str) -> None:
        """Forget a post that is gone."""
        await asyncio.to_thread(self._drop, tag)

    async def standing(self) -> list[str]:
        """Tags of the posts that may stay."""
        return await asyncio.to_thread(self._list, _POSTED)

    async def doomed(self) -> list[str]:
        """Tags of the posts that are still to go, oldest first."""
        return await asyncio.to_thread(self._list, _DOOMED)

    def _path(self, tag: str, state: str) -> Path:
        if not _TAG.fullmatch(tag):
            raise ValueError("not the tag of a post")
        return self._folder / f"{tag}{state}"

    def _read(self, tag: str, state: str) -> str | None:
        try:
            return self._path(tag, state).read_text("utf-8")
        except FileNotFoundError:
            return None

    # One file a post at each moment, so that a kill in between leaves no question open.

    def _put(self, tag: str, place: str) -> None:
        durable.replace(self._path(tag, _DOOMED), place.encode())
        self._path(tag, _DOOMED).replace(self._path(tag, _POSTED))
        durable.settle(self._folder)

    def _prepare(self, tag: str, place: str) -> None:
        self._doom(tag)
        durable.replace(self._path(tag, _DOOMED), place.encode())
        durable.settle(self._folder)

    def _doom(self, tag: str) -> bool:
        try:
            self._path(tag, _POSTED).replace(self._path(tag, _DOOMED))
        except FileNotFoundError:
            return self._path(tag, _DOOMED).exists()
        os.utime(self._path(tag, _DOOMED))
        durable.settle(self._folder)
        return True

    def _drop(self, tag: str) -> None:
        for state in (_POSTED, _DOOMED):
            self._path(tag, state).unlink(missing_ok=True)

    def _list(self, state: str) -> list[str]:
        found = [path for path in self._folder.iterdir() if path.suffix == state and _TAG.fullmatch(path.stem)]
        return [path.stem for path in sorted(found, key=lambda path: path.stat().st_mtime)]
