"""Whether this channel has rules of its own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.panels import RoomPanel


@dataclass(frozen=True, slots=True)
class Args:
    """``own`` or ``follow``."""

    choice: str


class RoomChannel:
    """Parts the channel of the call from the rules of its room, or lets it follow them again."""

    def __init__(self, panel: RoomPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room only."""
        arguments = (Argument("choice", "choice", source="scope", required=True),)
        return Command("room-channel", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        return await self._panel.part(caller, own=args.choice == "own")
