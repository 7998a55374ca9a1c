"""A picture in one style, straight from the wall of styles."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.orders import Orders, Wish


@dataclass(frozen=True, slots=True)
class Args:
    """The style that was pressed."""

    choice: str


class TryStyle:
    """Places one job without a photo."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        arguments = (Argument("choice", "choice", source="styles", required=True),)
        return Command("try-style", self, arguments, listed=False, draws=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        return await self._orders.place(caller, Wish(args.choice))
