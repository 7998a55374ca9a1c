"""/privacy: what is stored about me, for how long, and the two buttons that take it out or away."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Action, Command, Reply, Text
from bot.quotas import MS_PER_DAY
from bot.replies import KEPT_HOURS
from bot.storage import Storage
from bot.storage.copies import KEPT_DAYS
from bot.storage.retention import DECISION_KEPT_MS, JOB_KEPT_MS


@dataclass(frozen=True, slots=True)
class Args:
    """Nothing to choose."""


class Privacy:
    """Says it in plain words, with this member's own counts."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command("privacy", self, args=Args)

    async def __call__(self, caller: Caller, _args: Args) -> Reply:
        views = await self._storage.jobs.mine(caller.room, caller.member)
        kept = sum(view.kept for view in views)
        lines = (
            Text("privacy-headline"),
            Text("privacy-photo"),
            Text("privacy-avatar", {"hours": KEPT_HOURS, "count": kept}),
            Text("privacy-who"),
            Text("privacy-settings", {"days": JOB_KEPT_MS // MS_PER_DAY, "copies": KEPT_DAYS}),
            Text("privacy-share"),
            Text("privacy-likeness"),
        )
        if caller.is_moderator:
            lines += (Text("privacy-moderator", {"days": DECISION_KEPT_MS // MS_PER_DAY}),)
        actions = (
            Action(Text("action-export"), "export"),
            Action(Text("action-forget"), "forget", tone="danger"),
        )
        # The way back from “Erase everything?” leaves no such button behind.
        return Reply(lines=lines, actions=actions, replaces=True)
