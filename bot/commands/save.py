"""Save as my default: the style and the likeness of a picture become the member's own settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply, Text
from bot.replies import Replies, level
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Which picture."""

    job: int


class Save:
    """Remembers how a picture was made; the picture itself is not kept any longer for it."""

    def __init__(self, storage: Storage, replies: Replies) -> None:
        self._storage = storage
        self._replies = replies

    def command(self) -> Command:
        """The declaration; reached by buttons only."""
        return Command("save", self, (Argument("job", "number", least=1, required=True),), listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        spec = (await self._storage.jobs.view(args.job, caller.room, caller.member)).spec
        members = self._storage.members
        preferences = replace(await members.preferences(caller.room, caller.member), style=spec.style)
        if spec.has_photo:
            preferences = replace(preferences, likeness=spec.likeness)
        await members.save(caller.room, caller.member, preferences)
        style = self._replies.style(spec.style, caller.locale)
        if spec.has_photo:
            return Reply(lines=(Text("save-done-photo", {"style": style, "level": level(spec.likeness)}),))
        return Reply(lines=(Text("save-done", {"style": style}),))
