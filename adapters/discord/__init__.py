"""Discord: the same commands, replies and promises, said in slash commands, buttons and menus."""

from __future__ import annotations

from adapters.discord.connection import Checkup, IntentsRefused, TokenRefused, Unreached, checkup
from adapters.discord.platform import Discord
from adapters.discord.rights import invite_link

__all__ = ["Checkup", "Discord", "IntentsRefused", "TokenRefused", "Unreached", "checkup", "invite_link"]
