"""Walls of style pictures, each with what happens when it is pressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.caller import Caller
from bot.chat import Action, Reply, Text
from bot.orders import allowed
from bot.replies import Replies
from bot.storage import Storage
from generator.styles import Catalog


class Walls:
    """Shows the styles that a room allows."""

    def __init__(self, storage: Storage, catalog: Catalog, replies: Replies) -> None:
        self._storage = storage
        self._catalog = catalog
        self._replies = replies

    async def show(self, caller: Caller, headline: Text, pressed: Callable[[str], Action]) -> Reply:
        """A wall; ``pressed`` makes the action of a style id. A style that has no picture yet is a plain button."""
        styles = allowed(self._catalog, await self._storage.rooms.policy(caller.room, caller.channel))
        return Reply(
            lines=(headline,),
            wall=tuple(
                self._replies.tile(style, caller.locale, pressed(style.id)) for style in styles if style.preview
            ),
            actions=tuple(
                replace(pressed(style.id), label=self._replies.style(style.id, caller.locale))
                for style in styles
                if not style.preview
            ),
        )
