"""The likeness dial as members know it: four named levels on the engine's scale of 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import BadArgument
from generator.engine import DEFAULT_LIKENESS

LEVELS: Mapping[str, int] = {"none": 0, "hint": 25, "somewhat": DEFAULT_LIKENESS, "clear": 85}
"""Level → likeness. ``none`` uses no photo at all: an illustrated figure."""

STRONGEST = "clear"
NO_CEILING = 100
"""The likeness ceiling of a room that has none."""


def of_level(level: str) -> int:
    """The likeness of a named level. Raises BadArgument."""
    if level not in LEVELS:
        raise BadArgument("error-likeness")
    return LEVELS[level]


def nearest(likeness: int) -> str:
    """The name of the level closest to a likeness of 0 … 100."""
    return min(LEVELS, key=lambda level: abs(LEVELS[level] - likeness))


def within(ceiling: int) -> tuple[str, ...]:
    """The levels that a room with this ceiling allows, weakest first; ``none`` always is."""
    return tuple(level for level, likeness in LEVELS.items() if likeness <= max(ceiling, 0))


def stronger(likeness: int) -> int:
    """One level up; the strongest stays."""
    return min((value for value in LEVELS.values() if value > likeness), default=max(LEVELS.values()))


def weaker(likeness: int) -> int:
    """One level down; 0 stays."""
    return max((value for value in LEVELS.values() if value < likeness), default=0)
