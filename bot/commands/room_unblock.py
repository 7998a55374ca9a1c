"""Unblock from the panel, where blocked members have no names, only tags."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.panels import RoomPanel
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """The pseudonym that was chosen."""

    choice: str


class RoomUnblock:
    """Lifts a block and shows the panel again."""

    def __init__(self, storage: Storage, panel: RoomPanel) -> None:
        self._storage = storage
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room only."""
        arguments = (Argument("choice", "choice", source="blocked", required=True),)
        return Command("room-unblock", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        await self._storage.rooms.unblock(caller.room, caller.member, args.choice)
        return await self._panel.show(caller)
