"""The log of the moderators' decisions in this room."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Command, Reply
from bot.panels import RoomPanel


@dataclass(frozen=True, slots=True)
class Args:
    """Nothing to choose."""


class RoomLog:
    """Shows the latest decisions, newest first."""

    def __init__(self, panel: RoomPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room only."""
        return Command("room-log", self, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, _args: Args) -> Reply:
        return await self._panel.log(caller)
