"""Waiting until something in a fake world is so, without asking at fixed moments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changing:
    """A world that changes; ``problems`` are what the bot did wrong in it so far."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def changed(self) -> None:
        """Whoever waits looks again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    async def until(self, predicate: Callable[[], T], seconds: float, what: Callable[[], str]) -> T:
        """Wait until ``predicate`` holds: looked at after each request and event.

        It is looked at now and then too, for a test may wait for what the bot alone knows.
        """
        try:
            async with asyncio.timeout(seconds):
                while not (value := predicate()):
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiting.add(waiter)
                    await asyncio.wait([waiter], timeout=0.02)
                    self._waiting.discard(waiter)
        except TimeoutError:
            raise AssertionError(f"in {seconds} s there was not {what()}; problems: {self.problems}") from None
        return value
