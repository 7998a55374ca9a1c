"""Replies as Discord shows them: components V2, with pictures and files as attachments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import discord
from discord import ui

from bot.chat import Reply, Share, Text
from bot.wording import Wording


@dataclass(slots=True)
class Message:
    """One message to send: a view and the files that it refers to. To be sent once: files are read and closed."""

    view: ui.LayoutView
    files: list[discord.File] = field(default_factory=list[discord.File])


class Layout:
    """Lays replies out. ``mention`` makes a name of ours clickable; for one that is unknown it gives ``/name``."""

    def __init__(self, wording: Wording, mention: Callable[[str], str]) -> None:
        self._wording = wording
        self._mention = mention

    def status(self, reply: Reply, *, size_limit: int, home: str = "", extra: tuple[Text, ...] = ()) -> list[Message]:
        """A reply: the message, then what did not fit into it. ``extra``: sentences after those of the reply."""
        raise NotImplementedError

    def post(self, share: Share, *, name: str = "", locale: str) -> Message:
        """A shared picture as the room sees it, nameless unless its member wants it otherwise."""
        raise NotImplementedError

    def note(self, job: int, *, locale: str) -> Message:
        """In public: some picture is ready. Neither says whose nor shows it."""
        raise NotImplementedError
