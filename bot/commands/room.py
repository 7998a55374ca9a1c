"""/room: the moderators' panel of this room."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Command, Reply
from bot.panels import RoomPanel


@dataclass(frozen=True, slots=True)
class Args:
    """Nothing to choose: the menus are in the answer."""


class Room:
    """Shows the panel."""

    def __init__(self, panel: RoomPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command("room", self, moderator=True, args=Args)

    async def __call__(self, caller: Caller, _args: Args) -> Reply:
        return await self._panel.show(caller)
