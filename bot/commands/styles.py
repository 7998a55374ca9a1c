"""/styles: a wall of pictures of the styles that are allowed here."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Action, Command, Reply, Text
from bot.walls import Walls


@dataclass(frozen=True, slots=True)
class Args:
    """Nothing to choose."""


class Styles:
    """Shows the wall; each picture draws one for the member."""

    def __init__(self, walls: Walls) -> None:
        self._walls = walls

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command("styles", self, args=Args)

    async def __call__(self, caller: Caller, _args: Args) -> Reply:
        return await self._walls.show(
            caller, Text("styles-headline"), lambda style: Action(Text("action-draw"), "try-style", choice=style)
        )
