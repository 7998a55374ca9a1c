"""Delete: a picture is erased at once, here and from the room."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.errors import Refused
from bot.replies import Replies
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture."""

    job: int


class Delete:
    """Erases a finished picture of the caller's; pressed twice it answers the same."""

    def __init__(self, storage: Storage, replies: Replies) -> None:
        self._storage = storage
        self._replies = replies

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        return Command("delete", self, (Argument("job", "number", least=1, required=True),), listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        view = await self._storage.jobs.view(args.job, caller.room, caller.member)
        if view.state in ("queued", "running"):
            raise Refused("refused-delete-open")
        await self._storage.jobs.delete(args.job, caller.room, caller.member)
        # Told to the adapter in any case: an earlier press may have been cut off right here.
        taken_back = (str(args.job),)
        return replace(self._replies.erased(caller.locale), erases=True, unshare=taken_back)
