"""Which styles the room allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.errors import Refused
from bot.panels import RoomPanel
from bot.storage import RoomPolicy
from generator.styles import Catalog


@dataclass(frozen=True, slots=True)
class Args:
    """The entry of the menu that was chosen."""

    choice: str


class RoomStyle:
    """Allows or forbids one style: ``+ink`` or ``-ink``, so that pressing twice is pressing once."""

    def __init__(self, panel: RoomPanel, catalog: Catalog) -> None:
        self._panel = panel
        self._catalog = catalog

    def command(self) -> Command:
        """The declaration; reached by the panel of /room only."""
        arguments = (Argument("choice", "choice", source="room-styles", required=True),)
        return Command("room-style", self, arguments, moderator=True, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        allow, style = args.choice[0] == "+", args.choice[1:]

        def edit(policy: RoomPolicy) -> RoomPolicy:
            before = frozenset(self._catalog) if policy.styles is None else policy.styles
            after = (before | {style} if allow else before - {style}) & frozenset(self._catalog)
            if not after:
                raise Refused("refused-last-style")
            return replace(policy, styles=None if after == frozenset(self._catalog) else after)

        return await self._panel.change(caller, edit, "style-allowed" if allow else "style-forbidden", style)
