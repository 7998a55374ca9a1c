"""Copies of the database that we made by ourselves: their names, and how long they stay."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from bot.quotas import MS_PER_DAY

FOLDER = "backups"
KEPT = 5
"""Of each kind, at most."""
KEPT_DAYS = 30
"""A copy remembers, without any picture, who was forgotten since; so it must not stay for ever."""
SIDE_FILES = ("-wal", "-shm")

_STAMP = "%Y%m%dT%H%M%S%f"
_OURS = re.compile(r"(bpp|replaced)-(?:.*-)?(\d{8}T\d{9})\.db")


def stamp(at: int) -> str:
    """A time in ms UTC, as it ends the name of a copy."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y%m%dT%H%M%S") + f"{at % 1000:03d}"


def expire(folder: Path, now: int) -> int:
    """Erase copies that are too old or too many; what an admin called otherwise is theirs. How many. Raises OSError."""
    kinds: dict[str, list[tuple[str, Path]]] = {"bpp": [], "replaced": []}
    for path in folder.iterdir() if folder.is_dir() else ():
        if (match := _OURS.fullmatch(path.name)) is not None:
            kinds[match[1]].append((match[2], path))
    erased = 0
    for copies in kinds.values():
        for place, (made, path) in enumerate(sorted(copies, reverse=True)):
            if place >= KEPT or _age(made, now) > KEPT_DAYS * MS_PER_DAY:
                for name in (path.name, *(path.name + suffix for suffix in SIDE_FILES)):
                    path.with_name(name).unlink(missing_ok=True)
                erased += 1
    return erased


def _age(made: str, now: int) -> float:
    try:
        return now - datetime.strptime(made, _STAMP).replace(tzinfo=UTC).timestamp() * 1000
    except ValueError:  # digits that are no date
        return 0
