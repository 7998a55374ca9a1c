"""What becomes of jobs whose engine is away: the classic engine draws them, in the style that comes nearest."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace

from bot.engines import NO_MEMORY, NO_MODEL, NO_STYLE, Slot
from bot.storage import Claim, JobSpec
from generator.errors import EngineUnavailable, SpecInvalid
from generator.styles import Catalog

PAINTER, DRAWER = "sdxl", "classic"
"""The engine that may be away, and the one that is there on any machine."""
GRACE = 20.0
"""Seconds for which jobs wait for a painter that is starting, or gone: it may be back at once."""
DEATHS = 2
"""A painter that died so often over one job does not get it again."""

_LOOK, _LOOK_CLOSELY = 5.0, 1.0
"""Seconds between two looks whether a painter is away, and whether one that is starting has given up."""


def nearest(styles: Catalog, style: str) -> str:
    """The style of the classic engine that comes nearest to another engine's."""
    wanted = styles.get(style)
    if wanted is not None and wanted.fallback:
        return wanted.fallback
    simple = [style for style in styles.values() if style.engine == DRAWER]
    alike = [style for style in simple if wanted is None or style.photo is wanted.photo]
    return (alike or simple)[0].id


class Standby:
    """Says which slot takes whose jobs now. It asks the slots each time and remembers nothing."""

    def __init__(self, slots: Sequence[Slot], styles: Catalog, grace: float = GRACE) -> None:
        self._slots = slots
        self._styles = styles
        self._grace = grace

    @property
    def painting(self) -> bool:
        """Whether a painter is there, idle or busy."""
        return any(PAINTER in slot.engines and slot.down_since is None for slot in self._slots)

    @property
    def unchecked(self) -> bool:
        """Whether a painter is known that shows its pictures without having looked at them."""
        return any(PAINTER in slot.engines and not slot.checks for slot in self._slots)

    def lines(self, slot: Slot) -> frozenset[str]:
        """The engines whose jobs ``slot`` takes now: its own, and the painter's where it stands in for one."""
        return slot.engines | {PAINTER} if DRAWER in slot.engines and self._wait() <= 0 else slot.engines

    def nap(self, slot: Slot, lines: frozenset[str], longest: float) -> float:
        """How long ``slot`` may sleep without missing that it has to stand in; at most ``longest`` seconds.

        ``lines`` is where it has found nothing: an engine may have gone since it was told where to look.
        """
        if DRAWER not in slot.engines or PAINTER in lines or not self._painters():
            return longest
        wait = max(0.0, self._wait())
        return min(longest, wait, _LOOK if wait == math.inf else _LOOK_CLOSELY)

    def instead(self, spec: JobSpec) -> JobSpec:
        """What the classic engine draws in place of ``spec``: each style becomes the nearest of its own."""
        styles = tuple(nearest(self._styles, style) for style in spec.styles)
        return replace(spec, style=nearest(self._styles, spec.style), styles=styles, about="", quality="")

    def gives_up(self, claim: Claim, slot: Slot, error: EngineUnavailable | SpecInvalid | None = None) -> bool:
        """Whether ``slot``, a painter, should not try this job again: after ``error``, or before it begins.

        Nor at all, if nobody would look at the picture first and the moderators have not said that this may be.
        """
        if claim.spec.engine != PAINTER or PAINTER not in slot.engines:
            return False
        if isinstance(error, SpecInvalid):
            return error.key == NO_STYLE
        if not slot.checks and not claim.spec.unchecked:
            return True
        if error is None:
            return claim.attempt > DEATHS
        return claim.attempt >= DEATHS or error.key in (NO_MEMORY, NO_MODEL)

    def _painters(self) -> list[Slot]:
        # A slot of which nobody knows yet what answers there may turn out to be one.
        return [slot for slot in self._slots if not slot.engines or PAINTER in slot.engines]

    def _wait(self) -> float:
        """Seconds until others stand in for the painters; infinite while one is there."""
        if any(slot.down_since is None for slot in self._painters()):
            return math.inf
        gone = [slot.down_since for slot in self._painters() if not slot.hopeless and slot.down_since is not None]
        return max(gone) + self._grace - asyncio.get_running_loop().time() if gone else 0.0
