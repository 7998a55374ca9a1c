"""/unblock: a blocked member may make pictures in this room again."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Argument, Command, Reply, Text
from bot.choices import tag
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Whom: a pseudonym by now."""

    member: str


class Unblock:
    """Changes one member's right to make pictures here."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command("unblock", self, (Argument("member", "member", required=True),), moderator=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        if not await self._storage.rooms.is_blocked(caller.room, args.member):
            return Reply(lines=(Text("unblock-not", {"tag": tag(args.member)}),))
        await self._storage.rooms.unblock(caller.room, caller.member, args.member)
        return Reply(lines=(Text("unblock-done", {"tag": tag(args.member)}),))
