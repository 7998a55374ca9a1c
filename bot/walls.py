"""Walls of style pictures, each with what happens when it is pressed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.caller import Caller
from bot.chat import Action, Picture, Reply, Text
from bot.orders import allowed
from bot.replies import Replies
from bot.storage import Storage
from generator.styles import Catalog

Sheet = Callable[[Sequence[bytes]], Awaitable[bytes]]
"""Small pictures → one with all of them, numbered; empty where it cannot be had."""


class Walls:
    """Shows the styles that a room allows."""

    def __init__(
        self,
        storage: Storage,
        catalog: Catalog,
        replies: Replies,
        sheet: Sheet | None = None,
        unchecked: Callable[[], bool] = lambda: False,
    ) -> None:
        self._storage = storage
        self._catalog = catalog
        self._replies = replies
        self._sheet = sheet
        self._unchecked = unchecked

    async def show(self, caller: Caller, headline: Text, pressed: Callable[[str], Action]) -> Reply:
        """A wall; ``pressed`` makes the action of a style id. A style that has no picture yet is a plain button."""
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        styles = allowed(self._catalog, policy, unchecked=self._unchecked())
        previews = [style.preview for style in styles if style.preview]
        sheet = await self._sheet(previews) if self._sheet is not None and len(previews) > 1 else b""
        return Reply(
            lines=(headline,),
            sheet=Picture(sheet, headline) if sheet else None,
            wall=tuple(
                self._replies.tile(style, caller.locale, pressed(style.id)) for style in styles if style.preview
            ),
            actions=tuple(
                replace(pressed(style.id), label=self._replies.style(style.id, caller.locale))
                for style in styles
                if not style.preview
            ),
        )
