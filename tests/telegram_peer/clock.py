"""The time of the fake Telegram, which only a test moves."""

from __future__ import annotations

import time


class Clock:
    """Stands still until a test moves it; starts at the real time, so that a bot in another process agrees."""

    def __init__(self) -> None:
        self._now = int(time.time() * 1000)

    def now(self) -> int:
        return self._now

    __call__ = now

    def advance(self, seconds: float) -> None:
        self._now += int(seconds * 1000)
