"""More like me: the same wish, one level of likeness up."""

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


class More:
    """Places a job that keeps more of the photo, within what the room allows."""

    def __init__(self, storage: Storage, orders: Orders) -> None:
        self._storage = storage
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        arguments = (Argument("job", "number", least=1, required=True), Argument("photo", "photo"))
        return Command("more", self, arguments, listed=False, draws=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        view = await self._storage.jobs.view(args.job, caller.room, caller.member)
        spec = view.spec
        wanted = likeness.stronger(spec.likeness)
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        if not spec.has_photo:
            raise Refused("refused-figure")
        if wanted == spec.likeness:
            raise Refused("refused-most")
        if spec.likeness >= policy.ceiling:
            raise Refused("refused-ceiling")
        action = Action(Text("action-photo-again"), "more", args.job, wants_photo=True, tone="primary")
        wish = replace(same(spec, args.photo), likeness=wanted)
        return await self._orders.repeat(caller, view, action, wish)
