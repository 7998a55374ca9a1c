"""Take it back: a shared picture leaves the room again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply, Text
from bot.orders import Orders
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture."""

    job: int


class Unshare:
    """Takes a post of the caller's back, whether or not its picture is still kept."""

    def __init__(self, storage: Storage, orders: Orders) -> None:
        self._storage = storage
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        return Command("unshare", self, (Argument("job", "number", least=1, required=True),), listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        jobs = self._storage.jobs
        view = await jobs.view(args.job, caller.room, caller.member)
        await jobs.mark_shared(args.job, caller.room, caller.member, shared=False)
        reply = await self._orders.show(caller, replace(view, shared=False), Text("unshare-done"))
        if reply.picture is None:
            reply = replace(reply, lines=(Text("unshare-done"), *reply.lines))
        return replace(reply, replaces=True, unshare=(str(args.job),))
