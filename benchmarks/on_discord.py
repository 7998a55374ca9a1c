"""How it feels on Discord, beside a bare discord.py bot that does nothing else: acknowledgement, picture, menu, memory.

Run: ``python -m benchmarks.on_discord``. Writes ``benchmarks/results/discord.json``.

Both bots run at the same time, each in a process of its own, connected over loopback to a fake Discord of its own; what
they are asked alternates. Both fakes live in the process of the benchmark and cost its CPU: part of every figure.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.report import Row, write
from benchmarks.room import percentile, selfie
from tests.discord_peer.actors import Actor
from tests.discord_peer.interactions import Interaction
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.world import Channel, Message

WARM = 4
ALONE, PHOTOS, NEWCOMERS = 40, 9, 80
CROWDS = {50: 3, 200: 1}
"""Members who call at the same moment: how often."""
LINE = 40
"""At least so many pictures wait all the time that newcomers come to a bot whose engines draw flat out."""
PAUSE = 0.03
"""Between two calls, so that neither bot still works for the one before."""
PATIENCE = 40.0
MEDIAN, P99 = 0.5, 0.99
GOAL = "< 1000"

NOTES = [
    "The two fakes of Discord do not judge what they are sent here, but they live in the process of the benchmark and"
    " their work is part of every figure, the bare bot's too: see cpu_ms_of_the_fake. No network, no rate limits.",
    "Every call is of a new member. Of 40 or 80 calls p99 is the slowest. The memory is with a long line in it.",
    "The bare bot's acknowledgement is of a command that does nothing after it. Its picture is one of ours, in memory;"
    " of a photo it does nothing but the download. Its menu's answer is one request, ours are two: first a deferral.",
]


@dataclass(frozen=True)
class Bot:
    """A bot in its own process, and a server in its own Discord."""

    peer: DiscordPeer
    channel: Channel
    process: psutil.Process

    async def call(self, command: str, *, wait: bool = True, **options: Any) -> Interaction:
        """Somebody new uses a command; by default, it is acknowledged when this returns."""
        member = self.peer.user("newcomer")
        assert self.channel.guild is not None
        self.channel.guild.join(member)
        return await member.slash(self.channel, command, wait=wait, **options)

    async def crowd(self, size: int, command: str) -> list[Interaction]:
        """So many use a command at the same moment; all of them acknowledged."""
        calls = [await self.call(command, wait=False) for _ in range(size)]
        await self.peer.until(lambda: all(call.callback for call in calls), PATIENCE)
        return calls

    async def picture(self, **options: Any) -> float:
        """Milliseconds from ``/avatar`` to the picture."""
        call = await self.call("avatar", **options)
        await drawn(call)
        return since(call)

    async def settings(self) -> Message:
        """The menus of somebody new."""
        return await said(await self.call("settings"))

    async def choose(self, message: Message, option: str) -> tuple[float, float]:
        """Choose in a menu: milliseconds to the acknowledgement and to the answer."""
        member, edits = message.owner, message.edits
        assert isinstance(member, Actor)
        call = await member.choose(message, "set-likeness", option)
        await message.until(lambda message: message.edits > edits)
        return ack(call), since(call)

    @property
    def memory(self) -> float:
        return self.process.memory_info().rss / 2**20


def ack(call: Interaction) -> float:
    """Milliseconds from the event to the first answer."""
    assert call.ack_seconds is not None
    return call.ack_seconds * 1000


def since(call: Interaction) -> float:
    return (time.perf_counter() - call.began) * 1000


async def said(call: Interaction) -> Message:
    """The answer, once it says anything."""
    assert call.message is not None
    return await call.message.until(lambda message: not message.loading, PATIENCE)


async def drawn(call: Interaction) -> Message:
    assert call.message is not None
    return await call.message.until(lambda message: message.pictures, PATIENCE)


def waits(call: Interaction) -> bool:
    return call.message is None or not call.message.pictures


@asynccontextmanager
async def connected(peer: DiscordPeer, *command: str, **settings: str) -> AsyncIterator[Bot]:
    """The bot that this command starts, once it is there and its commands are."""
    channel = peer.guild("Library").channel("general")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BPP_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, stdout=asyncio.subprocess.DEVNULL, env=clean | settings
    )
    try:
        await peer.ready(PATIENCE)
        await peer.until(lambda: peer.commands, PATIENCE, "commands")
        yield Bot(peer, channel, psutil.Process(process.pid))
        assert process.returncode is None
        assert not peer.problems, peer.problems
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


class Pair:
    """Samples of one thing, in ms: of our bot and of the bare one."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.ours: list[float] = []
        self.bare: list[float] = []

    def rows(self, share: float, goal: str = "") -> list[Row]:
        """One percentile of both, and how many times the bare bot's ours is."""
        name = f"{self.what}, {'median' if share == MEDIAN else 'p99'}"
        ours, bare = percentile(self.ours, share), percentile(self.bare, share)
        return [
            Row(name, ours, "ms", goal),
            Row(f"{name}, bare bot", bare, "ms"),
            Row(f"{name}, beside the bare bot", ours / bare, "x"),
        ]


async def one_at_a_time(ours: Bot, bare: Bot, photo: bytes) -> list[Row]:
    """Acknowledgement, picture and menu while nothing else is going on."""
    acks = Pair("acknowledgement of /avatar, one member at a time")
    figures = Pair("/avatar without a photo, 640 px, to the picture")
    photos = Pair("/avatar with a 12-megapixel JPEG, ink, 640 px, to the picture")
    presses = Pair("choice in a menu of /settings, to the acknowledgement")
    answers = Pair("choice in a menu of /settings, to the answer")
    menu, bare_menu = await ours.settings(), await bare.settings()
    for number in range(ALONE):
        await asyncio.sleep(PAUSE)
        call = await ours.call("avatar")
        acks.ours.append(ack(call))
        await drawn(call)
        figures.ours.append(since(call))
        await asyncio.sleep(PAUSE)
        figures.bare.append(await bare.picture())
        option = ("hint", "clear")[number % 2]
        for bot, message, pressed, answered in (
            (ours, menu, presses.ours, answers.ours),
            (bare, bare_menu, presses.bare, answers.bare),
        ):
            await asyncio.sleep(PAUSE)
            to_the_ack, to_the_answer = await bot.choose(message, option)
            pressed.append(to_the_ack)
            answered.append(to_the_answer)
        await asyncio.sleep(PAUSE)
        acks.bare.append(ack(await bare.call("ack")))
    for _ in range(PHOTOS):
        await asyncio.sleep(PAUSE)
        photos.ours.append(await ours.picture(photo=photo, style="ink"))
        await asyncio.sleep(PAUSE)
        photos.bare.append(await bare.picture(photo=photo))
    others = [row for pair in (figures, photos, presses, answers) for row in pair.rows(MEDIAN)]
    return acks.rows(MEDIAN) + acks.rows(P99) + others


async def crowds(ours: Bot, bare: Bot, details: dict[str, Any]) -> list[Row]:
    """Many at the same moment; then newcomers, while two engines draw for the last crowd."""
    rows: list[Row] = []
    line: list[Interaction] = []
    for size, times in CROWDS.items():
        acks = Pair(f"acknowledgement of {size} simultaneous /avatar")
        spent = dict.fromkeys((ours, bare), 0.0)
        for _ in range(times):
            for call in line:  # of the crowd before
                await drawn(call)
            for bot, command, light, samples in (
                (bare, "ack", "ack", acks.bare),
                (ours, "avatar", "settings", acks.ours),
            ):
                # So many connections are open already, or one bot would find more of them from before than the other.
                for call in await bot.crowd(size, light):
                    if bot is ours:
                        await said(call)
                await asyncio.sleep(PAUSE)
                began = time.process_time()
                line = await bot.crowd(size, command)
                spent[bot] += (time.process_time() - began) * 1000 / times
                samples += [ack(call) for call in line]
        details["cpu_ms_of_the_fake"][f"{size} at once"] = {"ours": spent[ours], "bare bot": spent[bare]}
        rows += acks.rows(MEDIAN) + acks.rows(P99, GOAL if size == min(CROWDS) else "")
    for call in line:  # everybody has been told their place
        await said(call)
    late = Pair("acknowledgement of newcomers while two engines draw flat out")
    before = sum(map(waits, line))
    for _ in range(NEWCOMERS):
        await asyncio.sleep(PAUSE)
        late.ours.append(ack(await ours.call("avatar")))
        await asyncio.sleep(PAUSE)
        late.bare.append(ack(await bare.call("ack")))
    after = sum(map(waits, line))
    details["pictures_in_line_while_newcomers_come"] = [before, after]
    assert before > after >= LINE, "the engines were through too soon, or stood still"
    return rows + late.rows(MEDIAN) + late.rows(P99, GOAL)


async def side_by_side(folder: Path, details: dict[str, Any]) -> list[Row]:
    """Both bots at once, asked in turns."""
    async with AsyncExitStack() as stack:
        peer, other = [await stack.enter_async_context(DiscordPeer.serving(judged=False)) for _ in range(2)]
        (folder / "none.toml").touch()
        ours = await stack.enter_async_context(
            connected(
                peer,
                *("bot.cli", "run"),
                BPP_DATA=str(folder / "data"),
                BPP_SECRET_FILE=str(folder / "secret"),
                BPP_CONFIG=str(folder / "none.toml"),
                BPP_ENGINES="classic,classic",
                BPP_DRAIN="0",
                BPP_LOG_LEVEL="WARNING",
                BPP_DISCORD_TOKEN=peer.token,
                BPP_DISCORD_API=peer.api,
                BPP_DISCORD_GATEWAY=peer.gateway,
                BPP_DISCORD_CDN=peer.cdn,
            )
        )
        first = await drawn((await ours.crowd(WARM, "avatar"))[0])
        (folder / "avatar.png").write_bytes(first.pictures[0])
        command = ("benchmarks.bare_bot", other.token, other.api, other.gateway, str(folder / "avatar.png"))
        bare = await stack.enter_async_context(connected(other, *command))
        photo = selfie()
        for bot in (ours, bare):
            for _ in range(WARM):
                await bot.picture()
                await bot.picture(photo=photo)
        rows = await one_at_a_time(ours, bare, photo)
        rows += await crowds(ours, bare, details)
        return [
            *rows,
            Row("memory of the chat process afterwards", ours.memory, "MiB", "< 150"),
            Row("memory of the bare bot afterwards", bare.memory, "MiB"),
        ]


def main() -> None:
    details: dict[str, Any] = {"notes": NOTES, "cpu_ms_of_the_fake": {}}
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(side_by_side(Path(folder), details))
    details["wall_seconds"] = time.perf_counter() - began
    write("discord", "python -m benchmarks.on_discord", rows, details)


if __name__ == "__main__":
    main()
