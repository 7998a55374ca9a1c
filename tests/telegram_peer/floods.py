"""Flood limits as bots report them: a second per message in a chat, twenty a minute in a group, thirty a second in all."""

from __future__ import annotations

import math
import time
from collections import deque

from tests.telegram_peer.chats import Group
from tests.telegram_peer.world import Refusal, World

BURST = 3
GROUP_MINUTE = 20
OVERALL_SECOND = 30
GRACE = 0.5
"""Requests that were on their way while the refusal was are no disobedience."""


class Floods:
    def __init__(self, world: World) -> None:
        self.world = world
        self.on = False
        self._tokens: dict[int, tuple[float, float]] = {}
        self._minutes: dict[int, deque[float]] = {}
        self._all: deque[float] = deque()
        self._waits: dict[int, tuple[float, float, float]] = {}

    def now(self) -> float:
        """Both clocks move it: the test's and the real one."""
        return self.world.clock.now() / 1000 + time.monotonic()

    def refused(self, chat: int, seconds: float) -> None:
        """A bot has been told to wait."""
        now = self.now()
        self._waits[chat] = (now, time.monotonic(), now + seconds)

    def obeyed(self, chat: int, method: str) -> None:
        """Does the bot still have to wait in this chat?"""
        told, told_real, until = self._waits.get(chat, (0.0, 0.0, 0.0))
        now = self.now()
        if told and now < until - 0.25 and time.monotonic() - told_real > GRACE:
            self.world.problems.append(f"{method}: {until - now:.1f} s before the wait of a 429 in that chat was over")

    def count(self, chat: int, messages: int = 1) -> None:
        """One message more in a chat, or an album of so many. Raises the refusal.

        In its private chat an album counts once: how Telegram counts it there is not known.
        """
        if not self.on:
            return
        now = self.now()
        left, since = self._tokens.get(chat, (float(BURST), now))
        left = min(float(BURST), left + now - since)
        self._tokens[chat] = (left, now)
        waits = [1 - left] if left < 1 else []
        minute = self._minutes.setdefault(chat, deque())
        for times, span in ((minute, 60.0), (self._all, 1.0)):
            while times and times[0] <= now - span:
                times.popleft()
        if isinstance(self.world.chats.get(chat), Group) and len(minute) + messages > GROUP_MINUTE:
            waits.append(minute[0] + 60 - now)
        if len(self._all) + messages > OVERALL_SECOND:
            waits.append(self._all[0] + 1 - now)
        if waits:
            seconds = max(1, math.ceil(max(waits)))
            self.refused(chat, seconds)
            raise flood(seconds)
        grouped = isinstance(self.world.chats.get(chat), Group)
        self._tokens[chat] = (left - (messages if grouped else 1), now)
        minute.extend([now] * messages)
        self._all.extend([now] * messages)


def flood(seconds: int) -> Refusal:
    return Refusal(429, f"Too Many Requests: retry after {seconds}", parameters={"retry_after": seconds})
