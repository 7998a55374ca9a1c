"""Cancel: a job that waits or is being drawn stops, costs nothing and leaves nothing behind."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply, Text
from bot.live import Live
from bot.orders import Orders
from bot.replies import Replies
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Which job."""

    job: int


class Cancel:
    """Ends a job of the caller's, or says that it had ended before."""

    def __init__(self, storage: Storage, live: Live, orders: Orders, replies: Replies) -> None:
        self._storage = storage
        self._live = live
        self._orders = orders
        self._replies = replies

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        return Command("cancel", self, (Argument("job", "number", least=1, required=True),), listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        jobs = self._storage.jobs
        stopped = await jobs.cancel(args.job, caller.room, caller.member)
        view = await jobs.view(args.job, caller.room, caller.member)
        if stopped:
            # After the row says so: whoever the worker asks next sees a job that is over.
            self._live.cancel(args.job)
            return self._replies.cancelled(view.spec, caller.locale)
        reply = await self._orders.show(caller, view, Text("cancel-late"))
        # The courier is about to show the picture where it said "drawing": it is to stand there once.
        return replace(reply, replaces=reply.replaces or reply.picture is not None)
