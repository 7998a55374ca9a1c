"""Show again: a job of the caller's as it stands now."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.orders import Orders
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Which job."""

    job: int


class Show:
    """Shows a picture that is still kept, or how far it has got."""

    def __init__(self, storage: Storage, orders: Orders) -> None:
        self._storage = storage
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        return Command("show", self, (Argument("job", "number", least=1, required=True),), listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        return await self._orders.show(caller, await self._storage.jobs.view(args.job, caller.room, caller.member))
