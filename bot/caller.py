"""Who called, as commands may know it: pseudonyms, language, rights."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.chat import Address


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
    is_moderator: bool = False
    address: Address | None = field(default=None, repr=False)
