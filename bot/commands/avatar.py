"""/avatar: a new picture for yourself, from a photo or from a few traits."""

from __future__ import annotations

from dataclasses import dataclass

from bot import likeness
from bot.caller import Caller
from bot.chat import Argument, Command, Reply, Upload
from bot.orders import Orders, Wish
from generator.traits import TRAITS


@dataclass(frozen=True, slots=True)
class Args:
    """Nothing is required."""

    style: str | None = None
    photo: Upload | None = None
    likeness: str | None = None
    hair: str | None = None
    glasses: str | None = None
    mood: str | None = None
    beard: str | None = None
    skin: str | None = None
    colour: str | None = None


class Avatar:
    """Places one job."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command(
            "avatar",
            self,
            (
                Argument("style", "choice", source="styles"),
                Argument("photo", "photo"),
                Argument("likeness", "choice", source="likeness"),
                *(Argument(trait, "choice", source=trait, fixed=True) for trait in TRAITS),
            ),
            draws=True,
            args=Args,
        )

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        traits = {trait: value for trait in TRAITS if (value := getattr(args, trait)) is not None}
        wanted = None if args.likeness is None else likeness.of_level(args.likeness)
        return await self._orders.place(caller, Wish(args.style, wanted, args.photo, traits))
