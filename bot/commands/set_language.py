"""The language in which the bot speaks to the member."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.choices import AUTOMATIC
from bot.panels import MemberPanel
from bot.storage import Storage


@dataclass(frozen=True, slots=True)
class Args:
    """The entry of the menu that was chosen."""

    choice: str


class SetLanguage:
    """Remembers it and shows the member's panel again."""

    def __init__(self, storage: Storage, panel: MemberPanel) -> None:
        self._storage = storage
        self._panel = panel

    def command(self) -> Command:
        """The declaration; reached by the menus of /settings only."""
        arguments = (Argument("choice", "choice", source="languages", required=True),)
        return Command("set-language", self, arguments, listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        before = await self._storage.members.preferences(caller.room, caller.member)
        locale = None if args.choice == AUTOMATIC else args.choice
        await self._storage.members.save(caller.room, caller.member, replace(before, locale=locale))
        return await self._panel.show(replace(caller, locale=locale or caller.platform_locale))
