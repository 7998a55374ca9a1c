"""/settings: my default style, likeness and language, and what is left of today's quota."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Command, Reply
from bot.panels import MemberPanel


@dataclass(frozen=True, slots=True)
class Args:
    """Nothing to choose: the menus are in the answer."""


class Settings:
    """Shows the member's panel."""

    def __init__(self, panel: MemberPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command("settings", self, args=Args)

    async def __call__(self, caller: Caller, _args: Args) -> Reply:
        return await self._panel.show(caller)
