"""Pause and resume: whether the room takes new wishes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.panels import RoomPanel


@dataclass(frozen=True, slots=True)
class Args:
    """The entry of the menu that was chosen."""

    choice: str


class RoomPause:
    """Stops new jobs or takes them again; those in line are still drawn."""

    def __init__(self, panel: RoomPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room only."""
        arguments = (Argument("choice", "choice", source="switch", required=True),)
        return Command("room-pause", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        paused = args.choice == "on"
        what = "paused" if paused else "resumed"
        return await self._panel.change(caller, lambda policy: replace(policy, paused=paused), what, "")
