"""Less like me: the same wish, one level of likeness down."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot import likeness
from bot.caller import Caller
from bot.chat import Action, Argument, Command, Reply, Text, Upload
from bot.errors import Refused
from bot.orders import Orders, same
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture, with its photo again."""

    job: int
    photo: Upload | None = None


class Less:
    """Places a job that keeps less of the photo; below a hint, a figure without any photo."""

    def __init__(self, storage: Storage, orders: Orders) -> None:
        self._storage = storage
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        arguments = (Argument("job", "number", least=1, required=True), Argument("photo", "photo"))
        return Command("less", self, arguments, listed=False, draws=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        view = await self._storage.jobs.view(args.job, caller.room, caller.member)
        spec = view.spec
        if not spec.has_photo:
            raise Refused("refused-figure")
        wanted = likeness.weaker(spec.likeness)
        action = Action(Text("action-photo-again"), "less", args.job, wants_photo=True, tone="primary")
        wish = replace(same(spec, args.photo if wanted else None), likeness=wanted)
        return await self._orders.repeat(caller, view, action, wish)
