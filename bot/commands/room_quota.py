"""How many pictures each member of the room gets in a day."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.panels import RoomPanel


@dataclass(frozen=True, slots=True)
class Args:
    """The entry of the menu that was chosen."""

    choice: str


class RoomQuota:
    """Sets the daily quota."""

    def __init__(self, panel: RoomPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room only."""
        arguments = (Argument("choice", "choice", source="room-quotas", required=True),)
        return Command("room-quota", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        daily = int(args.choice)
        return await self._panel.change(caller, lambda policy: replace(policy, daily=daily), "quota", args.choice)
