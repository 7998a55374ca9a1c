"""How much a member may ask for: pure functions of limits and time."""

from __future__ import annotations

from dataclasses import dataclass

MS_PER_DAY = 86_400_000
MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one request. ``daily`` avatars per member, room and UTC day; ``waiting`` unfinished jobs of one
    member in all rooms; ``total`` unfinished jobs of everybody."""

    daily: int
    waiting: int = 3
    total: int = 5000


def day_of(at: int) -> int:
    """The UTC day of a time in ms, as days since 1970-01-01. Leap seconds do not exist in UTC milliseconds."""
    return at // MS_PER_DAY


def ms_to_next_day(at: int) -> int:
    """Milliseconds (1 … 86,400,000) until the next UTC midnight, when the quota is whole again."""
    return MS_PER_DAY - at % MS_PER_DAY


def hours_to_next_day(at: int) -> int:
    """Hours until the next UTC midnight, rounded up: 1 … 24."""
    return -(-ms_to_next_day(at) // MS_PER_HOUR)


def left(daily: int, used: int) -> int:
    """How many avatars are left today; never negative, also after a moderator lowered the limit."""
    return max(0, daily - used)


def daily_limit(asked: int, room: int | None) -> int:
    """The limit that holds: what the command was told, or less if the room's moderators have lowered it meanwhile."""
    return asked if room is None else min(asked, room)
