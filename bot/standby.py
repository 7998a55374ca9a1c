"""What becomes of jobs whose engine is away: the classic engine draws them, in the style that comes nearest."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.engines import CAME_TO_NOTHING, NO_MEMORY, NO_MODEL, NO_STYLE, Slot
from bot.storage import Claim, JobSpec
from bot.storage.rows import Why
from generator.errors import EngineUnavailable, SpecInvalid
from generator.styles import Catalog

PAINTER, DRAWER = "sdxl", "classic"
"""The engine that may be away, and the one that is there on any machine."""
GRACE = 20.0
"""Seconds for which jobs wait for a painter that is starting, or gone: it may be back at once."""
DEATHS = 2
"""A painter that died so often over one job does not get it again."""

_REASONS: Mapping[str, Why] = {NO_MEMORY: "memory", NO_MODEL: "lacking", CAME_TO_NOTHING: "died"}
_LOOK, _LOOK_CLOSELY = 5.0, 1.0
"""Seconds between two looks whether a painter is away, and whether one that is starting has given up."""


def nearest(styles: Catalog, style: str, allowed: Collection[str] | None = None) -> str:
    """The style of the classic engine that comes nearest to another engine's, of those that are ``allowed``.

    One of its own comes nearest to itself. Empty where none is allowed.
    """
    wanted = styles.get(style)
    simple = [one for one in styles.values() if one.engine == DRAWER and (allowed is None or one.id in allowed)]
    for near in (style, wanted.fallback if wanted is not None else ""):
        if near in (one.id for one in simple):
            return near
    alike = [one for one in simple if wanted is None or one.photo is wanted.photo]
    return next((one.id for one in [*alike, *simple]), "")


def beside(styles: Catalog, wanted: Sequence[str], allowed: Collection[str] | None = None) -> tuple[str, ...]:
    """The same for each of several that are seen side by side: each another one, as far as there are enough."""
    first = [nearest(styles, style, allowed) for style in wanted]
    found = list(first)
    for place, style in enumerate(wanted):
        if found[place] in first[:place]:
            free = {*(styles if allowed is None else allowed)} - {*first, *found}
            found[place] = nearest(styles, style, free) or found[place]
    return tuple(found)


def stand_ins(styles: Catalog, spec: JobSpec) -> tuple[str, ...]:
    """What the classic engine draws in place of each style of ``spec``: one for its style, or for each of its styles.

    Where two of these would be the very same picture, all are tries of the first. An empty one says that the room
    allows nothing in its place.
    """
    found = spec.instead or beside(styles, spec.styles or (spec.style,))
    return found if "" in found or len({*found}) == len(found) else (found[0],) * len(found)


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

    def seats(self) -> Counter[str]:
        """Engine → how many seats there are for its jobs now, its own or those of whoever stands in."""
        away, seats = self._wait() <= 0, Counter[str]()
        for slot in self._slots:
            if not (away and PAINTER in slot.engines):
                seats.update(dict.fromkeys(self.lines(slot), slot.capacity))
        return seats

    def lines(self, slot: Slot) -> frozenset[str]:
        """The engines whose jobs ``slot`` takes now: its own, and the painter's where it stands in for one."""
        return slot.engines | {PAINTER} if DRAWER in slot.engines and self._wait() <= 0 else slot.engines

    def replaced(self, slot: Slot) -> frozenset[str]:
        """The engines of which ``slot`` takes only jobs in whose place it may draw something.

        The others wait for their painter; and end with a sentence, also by ``slot``, once there is nothing to wait for.
        """
        hopeful = any(not painter.hopeless for painter in self._painters())
        return frozenset({PAINTER}) if hopeful and PAINTER not in slot.engines else frozenset()

    def others(self, slot: Slot) -> frozenset[str]:
        """The names of the other painters that are there, where ``slot`` is one."""
        if PAINTER not in slot.engines:
            return frozenset()
        there = (one for one in self._slots if PAINTER in one.engines and one.down_since is None)
        return frozenset(one.name for one in there if one is not slot)

    def nap(self, slot: Slot, lines: frozenset[str], longest: float) -> float:
        """How long ``slot`` may sleep without missing that it has to stand in; at most ``longest`` seconds.

        ``lines`` is where it has found nothing: an engine may have gone since it was told where to look.
        """
        if DRAWER not in slot.engines or PAINTER in lines or not self._painters():
            return longest
        wait = max(0.0, self._wait())
        return min(longest, wait, _LOOK if wait == math.inf else _LOOK_CLOSELY)

    def now(self, spec: JobSpec) -> JobSpec:
        """What would be drawn of ``spec`` if its turn were now."""
        if spec.engine != PAINTER or self._wait() > 0:
            return spec
        instead = self.instead(spec)
        return spec if instead is None else replace(instead, engine=DRAWER)

    def instead(self, spec: JobSpec) -> JobSpec | None:
        """What the classic engine draws in place of ``spec``: each style becomes the nearest of its own.

        Styles that all become the same one are tries of it instead: side by side, one look would be one picture.
        None where nobody may draw anything in its place, or there is nobody to do so.
        """
        found = stand_ins(self._styles, spec)
        if "" in found or not any(DRAWER in slot.engines or not slot.engines for slot in self._slots):
            return None
        styles = found if len({*found}) > 1 else ()
        return replace(spec, style=found[0], styles=styles, about="", quality="", instead=())

    def refuses(self, claim: Claim, slot: Slot, error: EngineUnavailable | SpecInvalid | None = None) -> Why | None:
        """Why ``slot``, a painter, should not try this job (again): after ``error``, or before it begins.

        Nor at all, if nobody would look at the picture first and the moderators have not said that this may be.
        """
        if claim.spec.engine != PAINTER or PAINTER not in slot.engines:
            return None
        if isinstance(error, SpecInvalid):
            return "lacking" if error.key == NO_STYLE else None
        if not slot.checks and not claim.spec.unchecked:
            return "unchecked"
        if error is None:
            return "died" if claim.attempt > DEATHS else claim.refused.get(slot.name)
        if error.key in _REASONS:
            return _REASONS[error.key]
        return "died" if claim.attempt >= DEATHS else None

    def _painters(self) -> list[Slot]:
        # A slot of which nobody knows yet what answers there may turn out to be one.
        return [slot for slot in self._slots if not slot.engines or PAINTER in slot.engines]

    def _wait(self) -> float:
        """Seconds until others stand in for the painters; infinite while one is there."""
        if any(slot.down_since is None for slot in self._painters()):
            return math.inf
        gone = [slot.down_since for slot in self._painters() if not slot.hopeless and slot.down_since is not None]
        return max(gone) + self._grace - asyncio.get_running_loop().time() if gone else 0.0
