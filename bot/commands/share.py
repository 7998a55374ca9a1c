"""Share: the one way in which a picture gets into the room."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Picture, Reply, Share, Text
from bot.errors import Gone, Refused
from bot.orders import Orders, allowed
from bot.storage import JobView, Storage
from generator.styles import Catalog


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture."""

    job: int


class ShareAvatar:
    """Posts a finished avatar of the caller's, if the rules of the place still allow its style, its likeness and its member."""

    def __init__(self, storage: Storage, catalog: Catalog, orders: Orders) -> None:
        self._storage = storage
        self._catalog = catalog
        self._orders = orders

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        return Command("share", self, (Argument("job", "number", least=1, required=True),), listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        jobs, rooms = self._storage.jobs, self._storage.rooms
        view = await jobs.view(args.job, caller.room, caller.member)
        if view.state != "done" or not view.kept:
            raise Gone("error-no-picture")
        if view.spec.count > 1:
            raise Refused("refused-grid")
        if await rooms.is_blocked(caller.room, caller.member):
            raise Refused("refused-blocked")
        policy = await rooms.policy(caller.room, caller.channel)
        shown = {view.spec.style, view.drawn_as or view.spec.style}
        if not shown <= {style.id for style in allowed(self._catalog, policy)}:
            raise Refused("refused-share-style")
        if _shown_of_photo(view, self._catalog) > policy.ceiling:
            raise Refused("refused-share-likeness")
        reply = await self._orders.show(caller, replace(view, shared=True), Text("share-done"))
        if reply.picture is None:
            raise Gone("error-no-picture")
        # Last, and refused for a picture erased meanwhile: nothing is called shared that nobody can take back.
        await jobs.mark_shared(args.job, caller.room, caller.member, shared=True)
        posted = Picture(reply.picture.data, Text("picture-shared"))
        return replace(reply, replaces=True, share=Share(posted, str(args.job)))


def _shown_of_photo(view: JobView, catalog: Catalog) -> int:
    """How much of a photo the picture shows, 0 … 100. A figure takes no more than colours from one."""
    style = catalog.get(view.spec.style)
    if not view.spec.has_photo:
        return 0
    return view.spec.likeness if style is None or style.photo else min(view.spec.likeness, 1)
