"""A word that the room blocked may be said again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.choices import word_tag
from bot.panels import PaintingPanel
from bot.storage import RoomPolicy, Storage


@dataclass(frozen=True, slots=True)
class Args:
    """What stands for the word."""

    choice: str


class RoomWord:
    """Takes one word off the room's list."""

    def __init__(self, storage: Storage, panel: PaintingPanel) -> None:
        self._storage = storage
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room-words only."""
        arguments = (Argument("choice", "choice", source="room-words", required=True),)
        return Command("room-word", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        before = (await self._storage.rooms.policy(caller.room, caller.channel)).blocked_words
        word = next((word for word in before if word_tag(word) == args.choice), "")

        def edit(policy: RoomPolicy) -> RoomPolicy:
            return replace(policy, blocked_words=policy.blocked_words - {word})

        return await self._panel.change(caller, edit, "word-unblocked", word)
