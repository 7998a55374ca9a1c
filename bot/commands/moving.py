"""The moving one: a finished picture whose backdrop shimmers, for chats that show moving avatars."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.errors import Gone
from bot.replies import Replies
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture."""

    job: int


class Moving:
    """Hands over what was drawn together with a picture of the caller's; it goes when that goes."""

    def __init__(self, storage: Storage, replies: Replies) -> None:
        self._storage = storage
        self._replies = replies

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        return Command("moving", self, (Argument("job", "number", least=1, required=True),), listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        jobs, who = self._storage.jobs, (caller.room, caller.member)
        view = await jobs.view(args.job, *who)
        kept = await jobs.pictures(args.job, *who)
        if not kept.loop:
            raise Gone("error-not-moving")
        return self._replies.moving(args.job, view.spec, caller.locale, kept, view.drawn_as)
