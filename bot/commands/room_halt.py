"""Pause everywhere, over the rules of every channel that has its own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.panels import RoomPanel


@dataclass(frozen=True, slots=True)
class Args:
    """``on`` or ``off``."""

    choice: str


class RoomHalt:
    """Stops new jobs in the whole room, or brings back what held before; those in line are still drawn."""

    def __init__(self, panel: RoomPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room only."""
        arguments = (Argument("choice", "choice", source="halt", required=True),)
        return Command("room-halt", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        return await self._panel.halt(caller, on=args.choice == "on")
