"""The real clock; everything else takes a clock as a value."""

from __future__ import annotations

import time


def clock() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
