"""Other style: the same wish in another of the styles that are allowed here."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Action, Argument, Command, Reply, Text, Upload
from bot.orders import Orders, Wish
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
        if args.choice is None:
            return await self._walls.show(
                caller, Text("other-headline"), lambda style: _action(view, style, Text("action-draw"))
            )
        spec = view.spec
        wish = Wish(
            args.choice,
            spec.likeness if spec.has_photo else None,
            args.photo,
            spec.traits,
            spec.attempt,
            about=self._orders.about(spec, args.choice),
            quality=spec.quality,
        )
        action = _action(view, args.choice, Text("action-photo-again"))
        return await self._orders.repeat(caller, view, action, wish)


def _action(view: JobView, style: str, label: Text) -> Action:
    return Action(label, "other", view.job, style, wants_photo=view.spec.has_photo)
