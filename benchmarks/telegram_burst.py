"""Both platforms at once: 200 members of 20 Telegram groups and 100 of 5 Discord servers, one process, one queue.

A part of ``benchmarks.on_telegram``. Telegram's limits are on: a message a second in a chat, 20 a minute in a group, 30
a second in all; whoever is faster gets a 429.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.processes import memory, running, settings
from benchmarks.report import Row
from benchmarks.room import percentile
from tests.discord_peer.actors import Actor
from tests.discord_peer.interactions import Interaction
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel
from tests.telegram_peer.actors import Press, User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer

GROUPS = (48, *[8] * 19)
SERVERS = (60, *[10] * 4)
"""Members of each group and server that take part: in one of each there is a crowd."""
NEWCOMERS, NEWCOMERS_EVERY = 5, 1.5
"""On each platform, from rooms where nobody else asks; one after another, so many seconds apart, from the first second."""
SLOTS = 2
PER_SECOND = 30
"""Messages that Telegram takes from one bot."""
LOOKS_EVERY = 0.02
READS = 1.0
"""Seconds until somebody has read a message and opens its link. Nobody is faster."""
START, PATIENCE = 60.0, 150.0
P99 = 0.99
CROWDED = 20
"""Pictures that are more than those of a quiet room."""
POINTED = "/avatar@{username}"
DRAW = "Draw without a photo"

NOTES = [
    "The burst: a group's members all write /avatar at the same moment, open the link a second after it is there, and press"
    " when the last of them has been welcomed: 200 on Telegram and the 100 on Discord at the same moment.",
    "A welcome is a message of its own in each private chat, so the limit of 30 a second makes the last of 200 wait for it:"
    " the floor beside it is what that limit alone takes. The fake counts real time and answers 429 to what is beyond.",
    "The floor of all pictures is the sum of what the two engines needed for each, or the messages by the limit, whichever"
    " is longer; both are generous by a little. Waits are those in the queue, by its own database, from accepted to begun.",
    "No photo is in the burst, and no network. The fakes share the two cores with the engines: they re-encode every photo"
    " as Telegram does.",
]


class Watch:
    """Notes when something that somebody waits for is there, to 20 ms: more looks would take what is measured its CPU.

    Acknowledgements are timed by the fakes, to the microsecond.
    """

    def __init__(self) -> None:
        self._open: dict[asyncio.Future[float], Callable[[], Any]] = {}
        self._looked = 0.0
        self._done = False

    @asynccontextmanager
    async def of(self, peer: TelegramPeer | DiscordPeer) -> Any:
        looking = asyncio.create_task(peer.until(self._look, 4 * PATIENCE))
        try:
            yield self
        finally:
            self._done = True
            await looking

    async def when(self, predicate: Callable[[], Any], seconds: float = PATIENCE) -> float:
        """The moment at which this began to hold."""
        if predicate():
            return time.perf_counter()
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._open[future] = predicate
        try:
            async with asyncio.timeout(seconds):
                return await future
        finally:
            del self._open[future]

    def _look(self) -> bool:
        now = time.perf_counter()
        if now - self._looked < LOOKS_EVERY:
            return self._done
        self._looked = now
        for future, predicate in self._open.items():
            if not future.done() and predicate():
                future.set_result(now)
        return self._done


@dataclass
class Taken:
    """Seconds of everything that somebody waited for."""

    pointers: list[float] = field(default_factory=list)
    welcomes: list[float] = field(default_factory=list)
    presses: list[float] = field(default_factory=list)
    slashes: list[float] = field(default_factory=list)
    statuses: list[float] = field(default_factory=list)
    pictures: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    newcomers: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    asked: int = 0
    all: float = 0.0
    """From the presses to the last picture."""


class Burst:
    """Who takes part, and what they do."""

    def __init__(self, telegram: TelegramPeer, discord: DiscordPeer, tg: Watch, dc: Watch) -> None:
        self._telegram, self._discord, self._tg, self._dc = telegram, discord, tg, dc
        self.taken = Taken()

    async def run(self) -> Taken:
        """All of it, until the last picture has arrived."""
        groups = [(self._telegram.group(f"Group {number}"), size) for number, size in enumerate(GROUPS)]
        channels = [
            (self._discord.guild(f"Server {number}").channel("general"), size) for number, size in enumerate(SERVERS)
        ]
        people = [(self._member(group), group) for group, size in groups for _ in range(size)]
        welcomes = await asyncio.gather(*(self._comes(user, group) for user, group in people))
        # Whoever drew before would be one of the crowd; all else that can be ready is.
        actors = [(self._actor(channel), channel) for channel, size in channels for _ in range(size)]
        began = time.perf_counter()
        await asyncio.gather(
            *(self._draws(user, welcome) for (user, _), welcome in zip(people, welcomes, strict=True)),
            *(self._slashes(actor, channel, self.taken.pictures["discord"]) for actor, channel in actors),
            self._newcomers(),
        )
        self.taken.all = time.perf_counter() - began
        return self.taken

    def _member(self, group: Group) -> User:
        user = self._telegram.user("member")
        group.join(user)
        return user

    def _actor(self, channel: Channel) -> Actor:
        actor = self._discord.user("member")
        assert channel.guild is not None
        channel.guild.join(actor)
        return actor

    async def _comes(self, user: User, group: Group) -> Message:
        """From the command in the group to the welcome in private."""
        began = time.perf_counter()
        await user.says(group, POINTED.format(username=self._telegram.username))
        self.taken.pointers.append(await self._tg.when(lambda: _links(group)) - began)
        await asyncio.sleep(READS)
        began = time.perf_counter()
        await user.opens(_links(group)[0])
        self.taken.welcomes.append(await self._tg.when(lambda: user.told) - began)
        return user.told[0]

    async def _draws(self, user: User, welcome: Message) -> None:
        began = time.perf_counter()
        press = await user.press(welcome, DRAW, wait=False)
        self.taken.asked += 1
        self.taken.statuses.append(await self._tg.when(lambda: len(user.told) > 1) - began)
        self.taken.pictures["telegram"].append(await self._tg.when(lambda: _picture(user)) - began)
        await self._acknowledged(press)

    async def _acknowledged(self, press: Press) -> None:
        await self._tg.when(lambda: press.answered)
        self.taken.presses.append(press.ack_seconds)

    async def _slashes(self, actor: Actor, channel: Channel, pictures: list[float]) -> None:
        began = time.perf_counter()
        call = await actor.slash(channel, "avatar", wait=False)
        self.taken.asked += 1
        await self._dc.when(lambda: call.callback)
        assert call.ack_seconds is not None
        self.taken.slashes.append(call.ack_seconds)
        pictures.append(await self._dc.when(lambda: _shown(call)) - began)

    async def _newcomers(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(NEWCOMERS):
                await asyncio.sleep(NEWCOMERS_EVERY if number else 1.0)
                channel = self._discord.guild(f"Quiet {number}").channel("general")
                pictures = self.taken.newcomers["discord"]
                group.create_task(self._slashes(self._actor(channel), channel, pictures))
                group.create_task(self._alone(self._telegram.user("newcomer")))

    async def _alone(self, user: User) -> None:
        """Somebody who writes to the bot without a group."""
        began = time.perf_counter()
        await user.says(None, "/avatar")
        self.taken.asked += 1
        self.taken.newcomers["telegram"].append(await self._tg.when(lambda: _picture(user)) - began)


def _links(group: Group) -> list[str]:
    return [url for message in group.posts for url in message.urls]


def _picture(user: User) -> bool:
    return any(message.photo for message in user.told)


def _shown(call: Interaction) -> bool:
    return call.message is not None and bool(call.message.pictures)


@dataclass(frozen=True)
class Line:
    """What the queue knows of the burst, in seconds; rooms without their names."""

    jobs: Sequence[tuple[str, float, float, float]]
    """Room, accepted, begun, finished."""

    @classmethod
    def of(cls, folder: Path) -> Line:
        with closing(sqlite3.connect(f"file:{folder / 'data' / 'bpp.db'}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT room, created, started, finished FROM job WHERE state = 'done'").fetchall()
        return cls(
            [(room, created / 1000, started / 1000, finished / 1000) for room, created, started, finished in rows]
        )

    @property
    def drawing(self) -> float:
        """What all slots together drew for."""
        return sum(finished - started for _, _, started, finished in self.jobs)

    @property
    def sizes(self) -> Counter[str]:
        return Counter(room for room, *_ in self.jobs)

    def waits(self, least: int, most: int) -> list[float]:
        """Of members of rooms with so many pictures."""
        sizes = self.sizes
        return [started - created for room, created, started, _ in self.jobs if least <= sizes[room] <= most]

    def worst_share(self) -> float:
        """Of what the worst served room is due, while all rooms had pictures in line."""
        crowd = [job for job in self.jobs if self.sizes[job[0]] > 1]
        rooms = {room for room, *_ in crowd}
        begin = max(min(created for room, created, *_ in crowd if room == one) for one in rooms)
        end = min(max(started for room, _, started, _ in crowd if room == one) for one in rooms)
        drawn = Counter(room for room, _, started, _ in crowd if begin <= started < end)
        return min(drawn[room] for room in rooms) * len(rooms) / drawn.total()


async def burst(folder: Path, details: dict[str, Any]) -> list[Row]:
    """The burst at a bot of its own."""
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramPeer.serving(judged=False))
        discord = await stack.enter_async_context(DiscordPeer.serving(judged=False))
        process = await stack.enter_async_context(
            running(
                *("bot.cli", "run"),
                **settings(folder),
                BPP_TELEGRAM_TOKEN=telegram.token,
                BPP_TELEGRAM_API=telegram.api,
                BPP_TELEGRAM_FILE_API=telegram.file_api,
                BPP_DISCORD_TOKEN=discord.token,
                BPP_DISCORD_API=discord.api,
                BPP_DISCORD_GATEWAY=discord.gateway,
                BPP_DISCORD_CDN=discord.cdn,
            )
        )
        await discord.ready(START)
        await discord.until(lambda: discord.commands, START, "commands")
        await telegram.until(lambda: telegram.commands and telegram.asked("getUpdates"), START, "commands")
        tg = await stack.enter_async_context(Watch().of(telegram))
        dc = await stack.enter_async_context(Watch().of(discord))
        telegram.floods = True
        telegram.requests.clear()
        taken = await Burst(telegram, discord, tg, dc).run()
        line = Line.of(folder)
        # One who is served again, or not at all, would be seen here.
        arrived = sum(map(len, (*taken.pictures.values(), *taken.newcomers.values())))
        pictures = sum(bool(message.photo) for chat in telegram.world.chats.values() for message in chat.all)
        assert not telegram.problems + discord.problems, telegram.problems + discord.problems
        assert pictures == sum(GROUPS) + NEWCOMERS, f"{pictures} pictures on Telegram"
        rows = _rows(taken, line, arrived, telegram)
        details["burst"] = _details(taken, line, telegram)
        return [*rows, Row("burst: memory of the one process with both platforms", memory(process), "MiB")]


def _rows(taken: Taken, line: Line, arrived: int, telegram: TelegramPeer) -> list[Row]:
    refused = sum(one.status == 429 for one in telegram.requests)
    counted = sum(one.status == 200 and _is_counted(one.method) for one in telegram.requests)
    welcome_floor = len(taken.welcomes) / PER_SECOND
    floor = max(line.drawing / SLOTS, counted / PER_SECOND)
    quiet, crowd = line.waits(2, CROWDED), line.waits(CROWDED + 1, 10**6)
    newcomers = line.waits(1, 1)
    return [
        Row(
            "burst: /avatar of 200 members in 20 groups, to the pointer, p99",
            1000 * p99(taken.pointers),
            "ms",
            "< 1000",
        ),
        Row("burst: link opened by 200 at once, to the last welcome", max(taken.welcomes), "s"),
        Row("burst: the same, beside what 30 messages a second take", max(taken.welcomes) / welcome_floor, "x"),
        Row("burst: press of 200 at once, to the acknowledgement, p99", 1000 * p99(taken.presses), "ms", "< 1000"),
        Row(
            "burst: /avatar of 100 on Discord then, to the acknowledgement, p99",
            1000 * p99(taken.slashes),
            "ms",
            "< 1000",
        ),
        Row("burst: pictures asked for that did not arrive", taken.asked - arrived, "", "< 1"),
        Row("burst: messages that Telegram refused for haste (429)", refused, "", "< 1"),
        Row("burst: all pictures, to the last one", taken.all, "s"),
        Row("burst: the same, beside its floor", taken.all / floor, "x"),
        Row("burst: worst room's share of the drawing while all wait", line.worst_share(), "x its due"),
        Row("burst: wait in line of members of the 2 crowded rooms, median", statistics.median(crowd), "s"),
        Row("burst: wait in line of members of the 23 other rooms, median", statistics.median(quiet), "s"),
        Row("burst: wait in line of newcomers from rooms of their own, longest", max(newcomers), "s"),
        Row("burst: the same, beside the longest of the crowd", max(newcomers) / max(crowd), "x"),
        *(
            Row(f"burst: newcomers on {name.title()}, to the picture, longest", max(seconds), "s")
            for name, seconds in sorted(taken.newcomers.items())
        ),
    ]


def p99(values: Sequence[float]) -> float:
    return percentile(list(values), P99)


def _is_counted(method: str) -> bool:
    return method.startswith(("send", "edit")) and method != "sendChatAction"


def _details(taken: Taken, line: Line, telegram: TelegramPeer) -> dict[str, Any]:
    people = sum(GROUPS)
    asked = Counter(one.method for one in telegram.requests)
    seconds = {
        "pointers": taken.pointers,
        "welcomes": taken.welcomes,
        "presses": taken.presses,
        "status messages": taken.statuses,
        "slash commands": taken.slashes,
        "pictures on Telegram": taken.pictures["telegram"],
        "pictures on Discord": taken.pictures["discord"],
        "newcomers on Telegram": taken.newcomers["telegram"],
        "newcomers on Discord": taken.newcomers["discord"],
        "wait in line, crowded rooms": line.waits(CROWDED + 1, 10**6),
        "wait in line, other rooms": line.waits(2, CROWDED),
        "wait in line, newcomers": line.waits(1, 1),
    }
    return {
        "seconds (median, p99, longest)": {
            name: [statistics.median(values), p99(values), max(values)] for name, values in seconds.items()
        },
        "requests_a_member": {method: count / people for method, count in sorted(asked.items())},
        "pictures": len(line.jobs),
        "drawing_seconds_of_a_picture": line.drawing / len(line.jobs),
    }
