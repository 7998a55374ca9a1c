"""The real `bpp run` in a process of its own, connected to the fake Telegram of the test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from tests.forks import COMMAND_LINE
from tests.journeys import bot_process
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer

HASTY = "tests.telegram_journeys.hasty:main"
"""`bpp` as it is, but for the rests between its messages: journeys would mostly wait for those."""


class BotProcess(bot_process.BotProcess):
    """One data folder and, while it runs, one `bpp run` that serves it on Telegram."""

    def __init__(
        self, folder: Path, peer: TelegramPeer, *, engines: str = "classic", hasty: bool = True, **more: str
    ) -> None:
        program = HASTY if hasty else COMMAND_LINE
        super().__init__(folder, ready=[ready(peer)], engines=engines, program=program, **settings(peer) | more)

    async def remembers(self, message: Message) -> Message:
        """Wait until where a status stands is on the disk.

        Killed in the moment before, the next process says it once more: nobody can ask Telegram what it took.
        """
        note = f'"message": {message.id},'
        folder = self.data / "telegram" / "shown"
        async with asyncio.timeout(20):
            while not any(note in text for text in _texts(folder)):  # noqa: ASYNC110 - written by another process
                await asyncio.sleep(0.02)
        return message


def _texts(folder: Path) -> list[str]:
    """All notes; the one that is being written may go while we look."""
    found: list[str] = []
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(file.read_text("utf-8", "replace"))
    return found


def ready(peer: TelegramPeer) -> str:
    return f"ready as @{peer.username}"


def settings(peer: TelegramPeer) -> dict[str, str]:
    """What a bot must be told to find this Telegram."""
    return {
        "BPP_TELEGRAM_TOKEN": peer.token,
        "BPP_TELEGRAM_API": peer.api,
        "BPP_TELEGRAM_FILE_API": peer.file_api,
    }


def secrets(peer: TelegramPeer) -> list[str]:
    """What no log may hold: the token, the ways to files (they hold it too), and who somebody is."""
    people = [user for user in peer.world.users.values() if not user.is_bot]
    files = peer.world.files.files.values()
    return [
        peer.token,
        *(part for file in files for part in (file.id, file.path)),
        *(part for user in people for part in (str(user.id), user.first_name) if len(part) > 7),
    ]


def complaints(log: str, peer: TelegramPeer) -> list[str]:
    """Lines of a log that nobody had in mind, and secrets that no log may hold."""
    return bot_process.complaints(log, secrets(peer))


@contextlib.asynccontextmanager
async def running(folder: Path, peer: TelegramPeer, *, hasty: bool = True, **more: str) -> AsyncIterator[BotProcess]:
    """A bot that serves Telegram while inside, ends well, and whose log has nothing to complain about."""
    bot = BotProcess(folder, peer, hasty=hasty, **more)
    async with bot_process.running(bot, lambda: secrets(peer)):
        yield bot
