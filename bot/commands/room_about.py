"""Whether members may describe painted pictures in their own words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.panels import PaintingPanel


@dataclass(frozen=True, slots=True)
class Args:
    """``on`` or ``off``."""

    choice: str


class RoomAbout:
    """Allows or forbids free text."""

    def __init__(self, panel: PaintingPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the panel of /room-words only."""
        arguments = (Argument("choice", "choice", source="words-switch", required=True),)
        return Command("room-about", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        allow = args.choice == "on"
        what = "words-on" if allow else "words-off"
        return await self._panel.change(caller, lambda policy: replace(policy, words=allow), what)
