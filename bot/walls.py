"""Walls of style pictures, each with what happens when it is pressed."""

from __future__ import annotations

from collections.abc import Callable

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
        """A wall; ``pressed`` makes the action of a style id. Styles that have no picture yet are plain buttons."""
        styles = allowed(self._catalog, await self._storage.rooms.policy(caller.room))
        tiles = tuple(self._replies.tile(style, caller.locale, pressed(style.id)) for style in styles)
        return Reply(lines=(headline,), wall=tiles)
