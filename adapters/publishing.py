"""Messages of the bot's own that everybody sees: put there so that they can always be taken back, and taken back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from enum import StrEnum
from typing import Any

from adapters.posts import Posts
from bot.errors import BotError

log = logging.getLogger(__name__)

UNSHARE_SECONDS = 20.0
"""Somebody waits for the answer meanwhile."""
SWEEP_SECONDS = 300.0
LONGEST_REST = 86_400.0
"""Between two tries to remove what the platform does not let us remove."""
REFUSED_SECONDS = 30 * 86_400.0
"""So long it may change its mind: a place that put the bot out may let it in again."""


class Removed(StrEnum):
    """What became of a message that is to go. Only ``GONE`` is true."""

    GONE = "gone"
    REFUSED = "refused"
    """The platform says that we may not."""
    LATER = "later"
    """Nobody knows yet: it is worth another try."""
    MOVED = "moved"
    """It stands where no bot gets any more."""

    def __bool__(self) -> bool:
        return self is Removed.GONE

    @property
    def over(self) -> bool:
        """Whether there is nothing left that we could do."""
        return self in (Removed.GONE, Removed.MOVED)


_WORST = (Removed.LATER, Removed.REFUSED, Removed.MOVED)
"""Of several messages, what is said of all: first that some of them may go yet."""

Shared = Callable[[], Awaitable[Collection[str]]]
Clear = Callable[[str], Awaitable[Removed]]


async def wanted(shared: Shared | None, tag: str) -> bool:
    """Whether a picture is ``shared`` still: whoever takes it back before it stands finds nothing here to remove. In doubt
    it is not: nothing is posted then that nobody could take back."""
    if shared is None:
        return True
    try:
        return tag in await shared()
    except BotError as error:
        log.warning("whether a picture is shared cannot be looked up: %s", error.key)
        return False


class Publishing:
    """``posts`` remembers by tag where they stand, ``clear`` deletes the message at a place as it is kept there, and
    ``spawn`` does something in the background.
    """

    def __init__(
        self, posts: Posts, clear: Clear, spawn: Callable[[Coroutine[Any, Any, object]], object], *, kind: str
    ) -> None:
        self._posts = posts
        self._clear = clear
        self._spawn = spawn
        self._kind = kind

    async def publish(
        self,
        tag: str,
        again: Callable[[str], Awaitable[bool]],
        anew: Callable[[], Awaitable[str | None]],
        *,
        unknown: str,
    ) -> str | None:
        """Make a post stand where it is wanted. A wording key that says why not, ``unknown`` if that is not certain.

        ``again`` says whether an earlier one, at a place, is what is wanted now; else that goes, and there is one ``anew``.
        """
        async with self._posts.turn(tag):
            try:
                earlier = await self._posts.place(tag) or await self._posts.leaving(tag)
                if earlier is not None:
                    if await again(earlier):
                        await self._posts.put(tag, earlier)
                        return None
                    await self._posts.doom(tag)
                    cleared = await self._clear(earlier)
                    if cleared is Removed.LATER:
                        return unknown
                    if cleared is Removed.REFUSED:
                        # It is tried on, under a name of its own: what is wanted now does not wait for that.
                        await self._posts.prepare(self._posts.tag(earlier), earlier)
                    await self._posts.drop(tag)
                return await anew()
            except (OSError, ValueError) as error:
                log.error("where a %s stands cannot be written down: %s", self._kind, type(error).__name__)  # noqa: TRY400
                self._spawn(self.take_back(tag))
                return unknown

    async def stands(self, tag: str) -> bool:
        """Whether this is posted somewhere."""
        try:
            return await self._posts.place(tag) is not None
        except (OSError, ValueError):
            return False

    async def withdraw(self, tags: Sequence[str]) -> Removed:
        """Take posts back. What is not gone is gone on with by ``sweep``, as long as there is any hope."""
        became = dict.fromkeys(tags, Removed.LATER)
        ended = asyncio.Event()
        # Whoever posts one of them just now is not waited for any longer than the rest, nor is that forgotten.
        self._spawn(self._withdraw(became, ended))
        try:
            async with asyncio.timeout(UNSHARE_SECONDS):
                await ended.wait()
        except TimeoutError:
            log.warning("a %s could not be taken back yet", self._kind)
        return next((worst for worst in _WORST if worst in became.values()), Removed.GONE)

    async def _withdraw(self, became: dict[str, Removed], ended: asyncio.Event) -> None:
        async def doomed(tag: str) -> tuple[str, bool | None]:
            return tag, await self.doom(tag)

        try:
            for marked in asyncio.as_completed([doomed(tag) for tag in became]):
                tag, there = await marked
                if there is not None:
                    became[tag] = await self.take_back(tag) if there else Removed.GONE
        finally:
            ended.set()

    async def doom(self, tag: str) -> bool | None:
        """Whether there was something that is to go from now on; None if the disk does not let us say so."""
        try:
            async with self._posts.turn(tag):
                return await self._posts.doom(tag)
        except OSError as error:
            log.error("a %s that is to go cannot be marked: error %s", self._kind, error.errno)  # noqa: TRY400
            return None

    async def take_back(self, tag: str) -> Removed:
        """Remove what is to go."""
        try:
            async with self._posts.turn(tag):
                place = await self._posts.leaving(tag)
                if place is None:
                    return Removed.GONE  # posted again, or gone
                result = await self._clear(place)
                if result.over or (result is Removed.REFUSED and await self._hopeless(tag)):
                    await self._posts.drop(tag)
                return result
        except (OSError, ValueError) as error:
            log.error("a %s that is to go cannot be looked up: %s", self._kind, type(error).__name__)  # noqa: TRY400
            return Removed.LATER

    async def _hopeless(self, tag: str) -> bool:
        seconds = await self._posts.doomed_for(tag)
        hopeless = seconds is not None and seconds > REFUSED_SECONDS
        if hopeless:
            log.error(
                "a %s is given up: we have not been allowed to remove it for %.0f days",
                self._kind,
                REFUSED_SECONDS / 86_400,
            )
        return hopeless

    async def keep(self, shared: Shared) -> None:
        """From now on everything is to go that is not in ``shared``."""
        # In this order: what is posted meanwhile is in neither, or in the second.
        standing = await self._posts.standing()
        for tag in set(standing) - set(await shared()):
            await self.doom(tag)

    async def left(self) -> list[str]:
        """What is still to go."""
        try:
            return await self._posts.doomed()
        except OSError as error:
            log.warning("a %s that is to go cannot be looked up: error %s", self._kind, error.errno)
            return []


async def sweep(*published: Publishing, before: Callable[[], Awaitable[object]] | None = None) -> None:
    """Go on removing what is to go, until cancelled. ``before`` each round, something else is done."""
    now = asyncio.get_running_loop().time
    rests: dict[tuple[int, str], tuple[float, float]] = {}
    while True:
        if before is not None:
            await before()
        for number, one in enumerate(published):
            for tag in await one.left():
                due, rest = rests.get((number, tag), (0.0, SWEEP_SECONDS))
                if now() < due:
                    continue
                if (await one.take_back(tag)).over:
                    rests.pop((number, tag), None)
                else:
                    # Whoever put us out may take us back, but is not to be asked for too often.
                    rests[number, tag] = (now() + rest, min(LONGEST_REST, 2 * rest))
        await asyncio.sleep(SWEEP_SECONDS)
