"""Use: one picture of a grid becomes a picture of the member's own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.errors import Gone
from bot.orders import Orders
from bot.replies import OF_GRIDS
from bot.standby import stand_ins
from bot.storage import Storage
from generator.styles import Catalog


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture of which grid."""

    job: int
    choice: str


class Use:
    """Takes it out, for nothing and without a wait; the grid stays, for its other pictures."""

    def __init__(self, storage: Storage, catalog: Catalog, orders: Orders) -> None:
        self._storage = storage
        self._catalog = catalog
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        arguments = (
            Argument("job", "number", least=1, required=True),
            Argument("choice", "choice", source="places", required=True),
        )
        # Places no job in any line, yet what it answers is a picture with a message of its own.
        return Command("use", self, arguments, listed=False, draws=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        jobs, who = self._storage.jobs, (caller.room, caller.member)
        view, place = await jobs.view(args.job, *who), int(args.choice) - 1
        if place >= view.spec.count:
            raise Gone
        drawn_as = view.drawn_as
        if drawn_as and view.spec.styles:
            drawn_as = stand_ins(self._catalog, view.spec)[place]
        notes = tuple(note for note in view.notes if note not in OF_GRIDS)
        taken = await jobs.take(args.job, *who, place, notes, drawn_as)
        return await self._orders.show(caller, await jobs.view(taken, *who))
