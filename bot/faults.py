"""Named points at which a test may kill this process, to see what a crash exactly there leaves behind."""

from __future__ import annotations

import os
import signal

_ARMED: dict[str, int] = {}
"""Point → how many more passes until the kill. Empty outside of kill tests; the one mutable global on purpose, for a
fault point must cost nothing and be reachable from everywhere."""

POINTS = (
    "after-spool-fsync",
    "after-accept-commit",
    "after-claim",
    "after-result-rename",
    "before-finish-commit",
    "after-finish-commit",
    "after-show-before-delivered",
    "mid-migration",
)


def fault(name: str) -> None:
    """Die here by SIGKILL if ``arm`` said so; else nothing."""
    if name in _ARMED:
        _ARMED[name] -= 1
        if _ARMED[name] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(name: str, nth: int = 1) -> None:
    """Kill this process at its ``nth`` pass through the point ``name``. Raises ValueError for a point that is none."""
    if name not in POINTS:
        raise ValueError(f"no such fault point: {name}")
    _ARMED[name] = nth
