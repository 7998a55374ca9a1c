"""How often somebody may do something: a bucket of tokens that refills."""

from __future__ import annotations

from collections.abc import Callable


class Pace:
    """``burst`` things at once, then ``rate`` a second, counted for each name apart."""

    def __init__(self, burst: float, rate: float, seconds: Callable[[], float]) -> None:
        self._burst = burst
        self._rate = rate
        self._seconds = seconds
        self._left: dict[str, tuple[float, float]] = {}

    def allows(self, name: str) -> bool:
        """Take one token of ``name``; False when there is none."""
        now = self._seconds()
        left, at = self._left.get(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        if len(self._left) > 10_000:
            full = self._burst / self._rate
            self._left = {key: value for key, value in self._left.items() if now - value[1] < full}
        self._left[name] = (left - 1 if left >= 1 else left, now)
        return left >= 1
