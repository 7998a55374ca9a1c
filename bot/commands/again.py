"""Try again: the same wish drawn another way."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Action, Argument, Command, Reply, Text, Upload
from bot.orders import Orders, same
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture, with its photo again if it had one."""

    job: int
    photo: Upload | None = None


class Again:
    """Places the next attempt of a job."""

    def __init__(self, storage: Storage, orders: Orders) -> None:
        self._storage = storage
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        arguments = (Argument("job", "number", least=1, required=True), Argument("photo", "photo"))
        return Command("again", self, arguments, listed=False, draws=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        view = await self._storage.jobs.view(args.job, caller.room, caller.member)
        action = Action(Text("action-photo-again"), "again", args.job, wants_photo=True, tone="primary")
        return await self._orders.repeat(caller, view, action, same(view.spec, args.photo), after=view.spec)
