"""The commands as Discord registers them, in our languages; whether they changed; what completion offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discord import app_commands

from bot.chat import Handler, Option
from bot.wording import Wording

MESSAGE_COMMAND = "avatar-from-message"
"""Our name of the entry in a message's menu: /avatar with the picture of that message."""


async def declared(
    handler: Handler, wording: Wording, *, names: Mapping[str, str], open_to_all: bool
) -> list[dict[str, Any]]:
    """The payload of all commands. ``open_to_all``: Discord shows moderators' commands to everybody, for roles decide."""
    raise NotImplementedError


def differs(registered: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what Discord has is not what we want, past the ways in which Discord rewrites it."""
    raise NotImplementedError


def choices(options: Sequence[Option], wording: Wording, locale: str) -> list[app_commands.Choice[str]]:
    """What completion offers."""
    raise NotImplementedError
