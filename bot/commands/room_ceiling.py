"""How much of a photo pictures in this room may keep."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot import likeness
from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.panels import RoomPanel


@dataclass(frozen=True, slots=True)
class Args:
    """The entry of the menu that was chosen."""

    choice: str


class RoomCeiling:
    """Sets the likeness ceiling."""

    def __init__(self, panel: RoomPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room only."""
        arguments = (Argument("choice", "choice", source="ceilings", required=True),)
        return Command("room-ceiling", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        level = args.choice
        ceiling = likeness.NO_CEILING if level == likeness.STRONGEST else likeness.of_level(level)
        return await self._panel.change(caller, lambda policy: replace(policy, ceiling=ceiling), "ceiling", level)
