"""Paint it in full: the picture that another engine drew while the one asked for was away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Action, Argument, Command, Reply, Text, Upload
from bot.errors import Refused
from bot.orders import Orders, same
from bot.replies import Replies
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture, with its photo again if it had one."""

    job: int
    photo: Upload | None = None


class Paint:
    """Places the same job again, free of charge and once, while the engine that it is for is there."""

    def __init__(self, storage: Storage, replies: Replies, orders: Orders, painting: Callable[[], bool]) -> None:
        self._storage = storage
        self._replies = replies
        self._orders = orders
        self._painting = painting

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        arguments = (Argument("job", "number", least=1, required=True), Argument("photo", "photo"))
        return Command("paint", self, arguments, listed=False, draws=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        view = await self._storage.jobs.view(args.job, caller.room, caller.member)
        if view.paintable and not self._replies.painted(view.spec):
            raise Refused("refused-unpainted")
        if not self._painting():
            raise Refused("refused-away")
        wish = replace(same(view.spec, args.photo), paints=args.job)
        action = Action(Text("action-photo-again"), "paint", args.job, wants_photo=True, tone="primary")
        return await self._orders.repeat(caller, view, action, wish)
