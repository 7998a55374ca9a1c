"""`kill -9` between receiving an update and accepting what it asks for: nothing is lost, and nothing done twice."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.bot_process import NO_ENGINE
from tests.telegram_journeys.bot_process import BotProcess, complaints
from tests.telegram_journeys.what_people_do import finished
from tests.telegram_journeys.what_people_read import traced
from tests.telegram_peer.actors import User
from tests.telegram_peer.peer import TelegramPeer

WISHES = 2
"""Members who ask for a picture before each kill, one of them with a photo."""
FAULTS = ("after-spool-fsync:1", "after-accept-commit:1", "after-accept-commit:2")
ROUND = 6
"""Kills between which everybody gets their picture: what ten processes in a row died of is not tried by an eleventh."""
MOMENTS = ("handed out", "confirmed", "fetching", *FAULTS)


class Deaths:
    """A bot that is killed again and again while members ask it for pictures."""

    def __init__(self, folder: Path, peer: TelegramPeer, photo: bytes, seed: int) -> None:
        self.peer, self.photo = peer, photo
        self.bot = BotProcess(folder, peer, **NO_ENGINE)
        self.asked: list[User] = []
        self._dice = random.Random(seed)

    async def die(self, moment: str) -> None:
        """Start, let members ask, and be killed at this moment."""
        bot, updates = self.bot, self.peer.updates
        self._set(**NO_ENGINE, BPP_FAULT=moment if moment in FAULTS else "")
        # Half of what they say waits already when the bot comes.
        early = self._dice.random() < 0.5
        if early:
            await self._wish()
        await bot.begin()
        if not early:
            # One that finds work of its predecessor may be dead by now.
            await self.peer.until(lambda: not bot.runs or self._polls(), 30)
            await self._wish()
        wished = {str(user.id) for user in self.asked[-WISHES:]}

        def handed_out() -> bool:
            return any(one.delivered and str(one.chat) in wished for one in updates.delivered[-WISHES:])

        match moment:
            case "handed out":
                await self.peer.until(handed_out, 30)
            case "confirmed":
                await self.peer.until(lambda: handed_out() and not updates.pending, 30)
            case "fetching":
                fetched = len(self.peer.asked("getFile"))
                await self.peer.until(lambda: len(self.peer.asked("getFile")) > fetched or handed_out(), 30)
            case _:
                assert await bot.ended(60) == -signal.SIGKILL
        if moment not in FAULTS:
            await asyncio.sleep(self._dice.choice((0.0, 0.005, 0.02, 0.1)))
            await bot.kill()

    def _polls(self) -> bool:
        return self.peer.updates._poll is not None

    async def _wish(self) -> None:
        for number in range(WISHES):
            user = self.peer.user(f"wish_{len(self.asked)}_of_many")
            self.asked.append(user)
            if number == 0:
                await user.says(None, photo=self.photo, caption="/avatar pixel")
            else:
                await user.says(None, "/avatar pixel")

    async def live(self) -> None:
        """At last one that lives, with an engine: everybody has their picture."""
        bot = self.bot
        self._set(BPP_ENGINES="classic", BPP_FAULT="")
        await bot.start()
        await self.peer.until(lambda: all(self._served(user) for user in self.asked), 30 + 4 * len(self.asked))
        await self.peer.settled()
        assert await bot.stop() == 0

    def _set(self, **settings: str) -> None:
        settings = self.bot.environment | settings
        self.bot.environment = {name: value for name, value in settings.items() if value}

    @staticmethod
    def _served(user: User) -> bool:
        return any(finished(one) for one in user.told)

    def judge(self) -> None:
        """0 lost, 0 doubled: pictures, jobs, charges."""
        # A message that Telegram took at the very moment of a kill is sent once more: nobody can ask it what it took.
        twice = sum(len(user.told) > 1 for user in self.asked)
        print(f"{len(self.asked)} wishes; {twice} were told twice that they are in line")
        pictures = [[one for one in user.told if one.photo] for user in self.asked]
        assert [len(one) for one in pictures] == [1] * len(self.asked)
        assert [traced(one) for (one,) in pictures] == [user.private[0].photo != b"" for user in self.asked]
        with closing(sqlite3.connect(f"file:{self.bot.data / 'bpp.db'}?mode=ro", uri=True)) as db:
            jobs = db.execute("SELECT state, count(*) FROM job GROUP BY state").fetchall()
            charges = db.execute("SELECT state, count(*) FROM charge GROUP BY state").fetchall()
            members = db.execute("SELECT count(DISTINCT member) FROM charge").fetchone()[0]
            left = db.execute("SELECT count(*) FROM inbox WHERE event IS NOT NULL").fetchone()[0]
            damage = db.execute("PRAGMA integrity_check").fetchone()[0]
        assert jobs == [("done", len(self.asked))]
        assert charges == [("spent", len(self.asked))]
        assert members == len(self.asked)
        assert (left, damage) == (0, "ok")
        assert self.peer.problems == []
        assert complaints(self.bot.log.read_text(), self.peer) == []


async def kill(folder: Path, photo: bytes, moments: Sequence[str], seed: int) -> None:
    async with TelegramPeer.serving() as peer:
        deaths = Deaths(folder, peer, photo, seed)
        try:
            for number, moment in enumerate(moments, 1):
                await deaths.die(moment)
                if number % ROUND == 0 or number == len(moments):
                    await deaths.live()
            deaths.judge()
        finally:
            await deaths.bot.destroy()


async def test_a_kill_at_each_moment_loses_nothing_and_doubles_nothing(tmp_path: Path, photo: bytes) -> None:
    await kill(tmp_path, photo, MOMENTS, seed=8)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_a_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path, photo: bytes) -> None:
    seed = 100
    moments = random.Random(seed).choices(MOMENTS, k=100)
    await kill(tmp_path, photo, moments, seed)
