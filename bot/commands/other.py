"""Other style: the same wish in another of the styles that are allowed here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Action, Argument, Command, Reply, Text, Upload
from bot.choices import IN_STYLES
from bot.orders import Orders, same
from bot.storage import JobView, Storage
from bot.walls import Walls


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture; without a choice the styles are shown."""

    job: int
    choice: str | None = None
    photo: Upload | None = None


class Other:
    """Shows the wall of styles, then places the job."""

    def __init__(self, storage: Storage, orders: Orders, walls: Walls) -> None:
        self._storage = storage
        self._orders = orders
        self._walls = walls

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        arguments = (
            Argument("job", "number", least=1, required=True),
            Argument("choice", "choice", source="styles"),
            Argument("photo", "photo"),
        )
        return Command("other", self, arguments, listed=False, draws=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        view = await self._storage.jobs.view(args.job, caller.room, caller.member)
        spec = view.spec
        if args.choice is None:
            wall = await self._walls.show(
                caller, Text("other-headline"), lambda style: _action(view, style, Text("action-draw"))
            )
            if not await self._orders.compares(caller, spec):
                return wall
            four = Action(Text("action-four-styles"), "four", args.job, IN_STYLES, wants_photo=spec.has_photo)
            return replace(wall, actions=(four, *wall.actions))
        wish = same(spec, args.photo)
        wish = replace(wish, style=args.choice, about=self._orders.about(spec, args.choice), in_styles=False)
        action = _action(view, args.choice, Text("action-photo-again"))
        return await self._orders.repeat(caller, view, action, wish)


def _action(view: JobView, style: str, label: Text) -> Action:
    return Action(label, "other", view.job, style, wants_photo=view.spec.has_photo)
