"""Who called, as commands may know it: pseudonyms, language, rights."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.chat import DEFAULT_LOCALE, Address
from bot.storage import Preferences


@dataclass(frozen=True, slots=True)
class Caller:
    """The member behind a call. Made by ``bot.dispatch``; no platform id gets past it except sealed in ``address``."""

    key: str
    """Pseudonym of the event: the same event delivered twice has the same key."""
    room: str
    member: str
    seed: int
    """0 … 2**63-1: this member's stable look in this room."""
    locale: str
    """The language in which the member reads: their own setting, else what the platform says."""
    is_moderator: bool = False
    platform_locale: str = DEFAULT_LOCALE
    """What the platform alone says."""
    channel: str = ""
    """Pseudonym of the part of the room in which it was done; empty where rooms have no parts."""
    preferences: Preferences = field(default_factory=Preferences)
    """What the member had chosen for this room when the call came in."""
    address: Address | None = field(default=None, repr=False)
