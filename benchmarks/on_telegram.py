"""How it feels on Telegram, beside a bare python-telegram-bot application; then a burst on both platforms at once.

Run: ``python -m benchmarks.on_telegram``. Writes ``benchmarks/results/telegram.json``.

Both bots run at the same time, each in a process of its own, and ask a fake Bot API server of its own on loopback; what
they are asked alternates. The fakes live in the process of the benchmark and cost its CPU: part of every figure.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks import telegram_burst
from benchmarks.on_discord import Pair
from benchmarks.processes import memory, running, settings
from benchmarks.report import Row, write
from benchmarks.room import selfie
from tests.telegram_peer import files
from tests.telegram_peer.actors import User
from tests.telegram_peer.peer import TelegramPeer

WARM = 2
ALONE, PHOTOS = 25, 5
AT_ONCE, CROWDS = 50, 2
"""So many press at the same moment; so often."""
PAUSE = 0.03
"""Between two things, so that neither bot still works for the one before."""
PATIENCE = 60.0
MEDIAN, P99 = 0.5, 0.99
CHOOSE = "Choose"

NOTES = [
    "The fakes of Telegram do not judge what they are sent here, but they live in the process of the benchmark and their"
    " work is part of every figure, the bare bot's too. No network. A photo is re-encoded by the fake, as by Telegram.",
    "Everything is asked by a new member, in private. The bare bot answers 256 updates at a time, keeps no line, writes"
    " nothing down and knows no limits; its picture is one of ours, in memory; of a photo it does nothing but the download."
    " Its first sign is a text, its press is answered and its message changed: ours does the same two calls.",
    "Ours writes each update to its disk before it is confirmed, and speaks within Telegram's limits.",
    "Of 25 samples p99 is the slowest, of 100 the slowest too.",
]


@dataclass(frozen=True)
class Bot:
    """A bot in its own process, and a Telegram of its own."""

    peer: TelegramPeer
    process: psutil.Process
    menu: str
    """The command that answers with a button."""

    async def sign(self, command: str) -> tuple[float, User]:
        """Somebody new writes a command: milliseconds to the first thing that they see, and who it was."""
        user = self.peer.user("newcomer")
        began = time.perf_counter()
        await user.says(None, command)
        await self.peer.until(lambda: user.told, PATIENCE)
        return since(began), user

    async def picture(self) -> tuple[float, float]:
        """Milliseconds from a command to the first sign, and to the picture."""
        files.encoded.cache_clear()  # else the same picture would cost its fake less than new ones
        began = time.perf_counter()
        first, user = await self.sign("/avatar")
        await self._drawn(user)
        return first, since(began)

    async def from_photo(self, photo: bytes) -> float:
        """Milliseconds from a photo in the chat to the picture."""
        user = self.peer.user("newcomer")
        await user.says(None, photo=photo, caption="/avatar ink")
        files.encoded.cache_clear()
        began = time.perf_counter()  # the fake has re-encoded the photo; the bot has not been told yet
        await self._drawn(user)
        return since(began)

    async def press(self) -> tuple[float, float]:
        """Somebody new presses a button: milliseconds to the acknowledgement, and to the change of the message."""
        _, user = await self.sign(self.menu)
        await asyncio.sleep(PAUSE)
        began = time.perf_counter()
        press = await user.press(user.told[0], CHOOSE)
        await self._changed([user])
        return press.ack_seconds * 1000, since(began)

    async def presses(self, count: int) -> list[float]:
        """So many press at the same moment: milliseconds to each acknowledgement."""
        users = [(await self.sign(self.menu))[1] for _ in range(count)]
        await asyncio.sleep(1.0)  # whatever Telegram allows in a second is allowed again
        presses = [await user.press(user.told[0], CHOOSE, wait=False) for user in users]
        await self.peer.until(lambda: all(press.answered for press in presses), PATIENCE)
        await self._changed(users)
        return [press.ack_seconds * 1000 for press in presses]

    async def _drawn(self, user: User) -> None:
        await self.peer.until(lambda: any(message.photo for message in user.told), PATIENCE)

    async def _changed(self, users: list[User]) -> None:
        await self.peer.until(lambda: all(user.told[0].edits for user in users), PATIENCE)


def since(began: float) -> float:
    """Milliseconds."""
    return (time.perf_counter() - began) * 1000


@asynccontextmanager
async def connected(peer: TelegramPeer, menu: str, *command: str, **settings: str) -> AsyncIterator[Bot]:
    """The bot that this command starts, once it asks for updates."""
    async with running(*command, **settings) as process:
        await peer.until(lambda: peer.asked("getUpdates"), PATIENCE, "getUpdates")
        yield Bot(peer, process, menu)
        assert not peer.problems, peer.problems


async def one_at_a_time(ours: Bot, bare: Bot, photo: bytes) -> list[Row]:
    """First sign, picture and press while nothing else is going on."""
    signs = Pair("/avatar, one member at a time, to the first sign")
    figures = Pair("/avatar without a photo, 640 px, to the picture")
    photos = Pair("/avatar with a 12-megapixel photo, ink, 640 px, to the picture")
    presses = Pair("press of a button, to the acknowledgement")
    answers = Pair("press of a button, to the changed message")
    for _ in range(ALONE):
        await asyncio.sleep(PAUSE)
        first, drawn = await ours.picture()
        signs.ours.append(first)
        figures.ours.append(drawn)
        await asyncio.sleep(PAUSE)
        figures.bare.append((await bare.picture())[1])
        for bot, acked, answered in ((ours, presses.ours, answers.ours), (bare, presses.bare, answers.bare)):
            await asyncio.sleep(PAUSE)
            to_the_ack, to_the_answer = await bot.press()
            acked.append(to_the_ack)
            answered.append(to_the_answer)
        await asyncio.sleep(PAUSE)
        signs.bare.append((await bare.sign(bare.menu))[0])
    for _ in range(PHOTOS):
        for bot, drawn_in in ((ours, photos.ours), (bare, photos.bare)):
            await asyncio.sleep(PAUSE)
            drawn_in.append(await bot.from_photo(photo))
    others = [row for pair in (figures, photos, presses, answers) for row in pair.rows(MEDIAN)]
    return signs.rows(MEDIAN) + signs.rows(P99) + others


async def crowds(ours: Bot, bare: Bot) -> list[Row]:
    """Many press at the same moment."""
    presses = Pair(f"{AT_ONCE} simultaneous presses, to the acknowledgement")
    for _ in range(CROWDS):
        presses.bare += await bare.presses(AT_ONCE)
        presses.ours += await ours.presses(AT_ONCE)
    return presses.rows(MEDIAN) + presses.rows(P99, "< 1000")


async def side_by_side(folder: Path, details: dict[str, Any]) -> list[Row]:
    """Both bots at once, asked in turns."""
    async with AsyncExitStack() as stack:
        peer, other = [await stack.enter_async_context(TelegramPeer.serving(judged=False)) for _ in range(2)]
        ours = await stack.enter_async_context(
            connected(
                peer,
                "/start",
                *("bot.cli", "run"),
                **settings(folder),
                BPP_TELEGRAM_TOKEN=peer.token,
                BPP_TELEGRAM_API=peer.api,
                BPP_TELEGRAM_FILE_API=peer.file_api,
            )
        )
        _, user = await ours.sign("/avatar")
        drawn = await user.told[0].until(lambda message: message.uploaded, PATIENCE)
        (folder / "avatar.png").write_bytes(drawn.uploaded)
        command = ("benchmarks.bare_telegram_bot", other.token, other.api, other.file_api, str(folder / "avatar.png"))
        bare = await stack.enter_async_context(connected(other, "/menu", *command))
        photo = selfie()
        for bot in (ours, bare):
            for _ in range(WARM):
                await bot.picture()
                await bot.from_photo(photo)
                await bot.press()
        before = len(peer.requests)
        rows = await one_at_a_time(ours, bare, photo)
        details["requests_of_ours_one_at_a_time"] = len(peer.requests) - before
        rows += await crowds(ours, bare)
        return [
            *rows,
            Row("memory of the chat process afterwards", memory(ours.process), "MiB", "< 150"),
            Row("memory of the bare bot afterwards", memory(bare.process), "MiB"),
        ]


async def measured(folder: Path, details: dict[str, Any]) -> list[Row]:
    """One after the other: the burst needs both cores."""
    rows: list[Row] = []
    for name, part in (("alone", side_by_side), ("burst", telegram_burst.burst)):
        (folder / name).mkdir()
        rows += await part(folder / name, details)
    return rows


def main() -> None:
    details: dict[str, Any] = {"notes": NOTES + telegram_burst.NOTES}
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measured(Path(folder), details))
    details["wall_seconds"] = time.perf_counter() - began
    write("telegram", "python -m benchmarks.on_telegram", rows, details)


if __name__ == "__main__":
    main()
