"""More like this: a grid of pictures that keep most of what one picture of another grid shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Action, Argument, Command, Reply, Text, Upload
from bot.errors import Gone, Refused
from bot.orders import Orders, same
from bot.storage import Storage
from bot.storage.rows import single
from generator.engine import MOST_LIKE, MOST_PICTURES


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture of which grid, with its photo again if it had one."""

    job: int
    choice: str
    photo: Upload | None = None


class Like:
    """Places one job for all of them."""

    def __init__(self, storage: Storage, orders: Orders) -> None:
        self._storage = storage
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        arguments = (
            Argument("job", "number", least=1, required=True),
            Argument("choice", "choice", source="places", required=True),
            Argument("photo", "photo"),
        )
        return Command("like", self, arguments, listed=False, draws=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        view = await self._storage.jobs.view(args.job, caller.room, caller.member)
        place = int(args.choice) - 1
        if place >= view.spec.count:
            raise Gone
        liked = single(view.spec, place)
        if len(liked.like) >= MOST_LIKE:
            raise Refused("refused-like")
        wish = replace(same(liked, args.photo), count=MOST_PICTURES, like=(*liked.like, liked.attempt))
        action = Action(Text("action-photo-again"), "like", args.job, args.choice, wants_photo=True, tone="primary")
        return await self._orders.repeat(caller, view, action, wish, after=liked)
