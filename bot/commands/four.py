"""Four at once: a grid of new tries of the same wish, or of the same look in several styles."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Action, Argument, Command, Reply, Text, Upload
from bot.orders import Orders, same
from bot.storage import Storage
from generator.engine import MOST_PICTURES


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture, with its photo again if it had one; with a choice, in several styles."""

    job: int
    choice: str | None = None
    photo: Upload | None = None


class Four:
    """Places one job for all of them."""

    def __init__(self, storage: Storage, orders: Orders) -> None:
        self._storage = storage
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        arguments = (
            Argument("job", "number", least=1, required=True),
            Argument("choice", "choice", source="four"),
            Argument("photo", "photo"),
        )
        return Command("four", self, arguments, listed=False, draws=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        view = await self._storage.jobs.view(args.job, caller.room, caller.member)
        wish, after = same(view.spec, args.photo), None
        if args.choice is None:
            wish, after = replace(wish, count=MOST_PICTURES, in_styles=False), view.spec
        else:
            wish = replace(wish, count=1, in_styles=True)
        action = Action(Text("action-photo-again"), "four", args.job, args.choice, wants_photo=True, tone="primary")
        return await self._orders.repeat(caller, view, action, wish, after=after)
