"""The names of groups, to say which one something is about; kept in memory, for each private chat would ask again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable

import telegram

from adapters.telegram.connection import PASSING, named
from adapters.telegram.homes import Home, Homes

log = logging.getLogger(__name__)

FRESH_SECONDS = 600.0
AGAIN_SECONDS = 30.0
ASK_SECONDS = 3.0
"""A name is not worth a longer wait."""
KEPT = 4_096


class Titles:
    """Asks Telegram. ``now`` gives seconds."""

    def __init__(self, bot: telegram.Bot, homes: Homes, now: Callable[[], float] = time.monotonic) -> None:
        self._bot = bot
        self._homes = homes
        self._now = now
        self._known: OrderedDict[int, tuple[float, str]] = OrderedDict()

    def of(self, number: int) -> str:
        """The name of a home's group as it was last told; empty if it never was."""
        home = self._homes.get(number)
        return "" if home is None else self._known.get(home.chat, (0.0, ""))[1]

    async def learn(self, home: Home | None) -> None:
        """Ask for the name of a home's group, if that was not done lately."""
        if home is None:
            return
        asked, title = self._known.get(home.chat, (float("-inf"), ""))
        if self._now() - asked < FRESH_SECONDS:
            return
        fresh = True
        try:
            async with asyncio.timeout(ASK_SECONDS):
                title = (await self._bot.get_chat(home.chat)).title or title
        except (*PASSING, TimeoutError) as error:
            fresh = False
            log.info("a group does not tell its name: %s", named(error))
        self._known[home.chat] = (self._now() - (0 if fresh else FRESH_SECONDS - AGAIN_SECONDS), title)
        self._known.move_to_end(home.chat)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
