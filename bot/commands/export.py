"""Everything that is stored about the caller, as a file."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Command, File, Reply, Text
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Nothing to choose."""


class Export:
    """Hands over the member's rows as JSON."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def command(self) -> Command:
        """The declaration; reached by the button of /privacy only."""
        return Command("export", self, listed=False, args=Args)

    async def __call__(self, caller: Caller, _args: Args) -> Reply:
        rows = await self._storage.members.export(caller.member)
        data = json.dumps(rows, ensure_ascii=False, indent=2, sort_keys=True).encode()
        return Reply(lines=(Text("export-done"),), file=File("about-me.json", data))
