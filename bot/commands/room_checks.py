"""Whether painted pictures are made where nobody looks at them before their member does."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.panels import PaintingPanel


@dataclass(frozen=True, slots=True)
class Args:
    """``on``: only checked pictures; ``off``: others, too."""

    choice: str


class RoomChecks:
    """Takes the moderators' word for pictures that no safety checker has seen."""

    def __init__(self, panel: PaintingPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room-words only."""
        arguments = (Argument("choice", "choice", source="checks-switch", required=True),)
        return Command("room-checks", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        unchecked = args.choice == "off"
        what = "checks-off" if unchecked else "checks-on"
        return await self._panel.change(caller, lambda policy: replace(policy, unchecked=unchecked), what)
