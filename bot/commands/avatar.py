"""/avatar: a new picture for yourself, from a photo or from a few traits."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot import likeness
from bot.caller import Caller
from bot.chat import Argument, Command, Reply, Upload
from bot.choices import IN_STYLES, MOVING
from bot.orders import Orders, Wish
from generator.engine import ABOUT_CHARS, Quality
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
    prop: str | None = None
    figure: str | None = None
    about: str = field(default="", repr=False)
    quality: Quality = ""
    pictures: str = "1"
    motion: str = ""


class Avatar:
    """Places one job."""

    def __init__(self, orders: Orders, *, painted: bool = False) -> None:
        """``painted``: there are styles that are painted from words."""
        self._orders = orders
        self._painted = painted

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        painted = (
            Argument("about", "text", most=ABOUT_CHARS),
            Argument("quality", "choice", source="qualities", fixed=True),
        )
        return Command(
            "avatar",
            self,
            (
                Argument("style", "choice", source="styles"),
                Argument("photo", "photo"),
                Argument("likeness", "choice", source="likeness"),
                *(Argument(trait, "choice", source=trait, fixed=True) for trait in TRAITS),
                Argument("pictures", "choice", source="pictures", fixed=True),
                Argument("motion", "choice", source="motion", fixed=True),
                *(painted if self._painted else ()),
            ),
            draws=True,
            args=Args,
        )

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        traits = {trait: value for trait in TRAITS if (value := getattr(args, trait)) is not None}
        wanted = None if args.likeness is None else likeness.of_level(args.likeness)
        in_styles = args.pictures == IN_STYLES
        wish = Wish(
            args.style,
            wanted,
            args.photo,
            traits,
            about=args.about,
            quality=args.quality,
            count=1 if in_styles else int(args.pictures),
            in_styles=in_styles,
            loop=args.motion == MOVING,
        )
        return await self._orders.place(caller, wish)
