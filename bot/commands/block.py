"""/block: a member may make no more pictures in this room; what they shared leaves it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Argument, Command, Reply, Text
from bot.choices import tag
from bot.errors import Refused
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """Whom: a pseudonym by now."""

    member: str


class Block:
    """Ends one member's right to make pictures here, and takes back what they shared."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command("block", self, (Argument("member", "member", required=True),), moderator=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        if args.member == caller.member:
            raise Refused("refused-block-self")
        await self._storage.rooms.block(caller.room, caller.member, args.member)
        shared = await self._storage.jobs.unshare_all(caller.room, args.member)
        lines = (Text("block-done", {"tag": tag(args.member)}), Text("block-taken-back", {"count": len(shared)}))
        return Reply(lines=lines, unshare=tuple(str(job) for job in shared))
