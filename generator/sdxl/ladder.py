"""What to give up, in which order, when the device's memory runs out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, cast

import torch

from generator.sdxl.plans import OFFLOADS, Offload, Plan

BATCH, TILES, OFFLOADED, SMALLER = "note-memory-batch", "note-memory-tiles", "note-memory-offload", "note-memory-small"
"""What a member is told of each kind of rung."""

_SHORT = re.compile(
    # The last two are what a library of the device's says that finds no room for its own beginnings.
    r"out of memory|can't allocate memory|not enough memory|failed to allocate|ALLOC(?:ATION)?_FAILED"
    r"|cudaErrorMemoryAllocation|hipErrorOutOfMemory|unable to find an engine to execute this computation"
    r"|(?:CUBLAS|HIPBLAS|CUSOLVER)_STATUS_NOT_INITIALIZED|cannot allocate memory|insufficient memory",
    re.IGNORECASE,
)
_LOST = re.compile(r"\b(?:CUDA|HIP|cuDNN|MIOpen|cuBLAS|hipBLAS)\b.*\berror\b", re.IGNORECASE)

_CALM, _LONGEST = 3, 48
"""Batches without trouble after which one rung is climbed again; and after which, at most, where that went wrong."""


@dataclass(frozen=True, slots=True)
class Rung:
    """How pictures are painted while the engine stands on it."""

    batch: int
    tile: bool
    offload: Offload
    side: int
    note: str = ""
    """What distinguishes it from the one above."""


def rungs_of(plan: Plan, native: int) -> tuple[Rung, ...]:
    """From what ``plan`` says down to one small picture with nearly everything off the device."""
    rung = Rung(plan.batch, plan.tile, plan.offload, min(plan.size, native))
    rungs = [rung]
    while rung.batch > 1:
        rung = replace(rung, batch=rung.batch // 2, note=BATCH)
        rungs.append(rung)
    if not rung.tile:
        rung = replace(rung, tile=True, note=TILES)
        rungs.append(rung)
    for offload in OFFLOADS[OFFLOADS.index(plan.offload) + 1 :]:
        rung = replace(rung, offload=offload, note=OFFLOADED)
        rungs.append(rung)
    if rung.side > native * 3 // 4:
        rungs.append(replace(rung, side=native * 3 // 4, note=SMALLER))
    return tuple(rungs)


class Ladder:
    """Where the engine stands. It goes down at once, and up again after a calm: memory may have come back.

    Each climb that trouble follows makes the next calm twice as long; one that holds makes it short again.
    """

    def __init__(self, rungs: tuple[Rung, ...], calm: int = _CALM) -> None:
        self._rungs = rungs
        self._place = 0
        self._calm = self._shortest = calm
        self._since = 0
        self._climbed = False
        """There was no trouble since it climbed."""
        self._tiled = False

    @property
    def rung(self) -> Rung:
        """The rung that counts now."""
        rung = self._rungs[self._place]
        return replace(rung, tile=True) if self._tiled else rung

    def tile(self) -> None:
        """A decode had to be done in tiles, though the steps had room."""
        if not self.rung.tile:
            self._trouble()
            self._tiled = True

    def down(self, *, for_decode: bool = False) -> bool:
        """One rung down; False at the bottom. ``for_decode``: to where a single decode has more room."""
        self._trouble()
        if for_decode:
            below = self._rungs[self._place + 1 :]
            idle = next((place for place, rung in enumerate(below) if rung.note not in {BATCH, TILES}), len(below))
            self._place += min(idle, max(0, len(below) - 1))
        if self._place + 1 == len(self._rungs):
            return False
        self._place += 1
        return True

    def painted(self) -> None:
        """A batch was painted without trouble."""
        self._since += 1
        if self._since < self._calm:
            return
        self._since = 0
        if self._climbed:
            self._calm = self._shortest
        self._climbed = self._tiled or self._place > 0
        if self._tiled:
            self._tiled = False
        elif self._place:
            self._place -= 1

    def _trouble(self) -> None:
        self._since = 0
        if self._climbed:
            self._calm = min(2 * self._calm, max(_LONGEST, self._shortest))
        self._climbed = False

    def notes(self) -> tuple[str, ...]:
        """What a picture painted on this rung is told, if it does not stand at the top: batches are nobody's business."""
        passed = [rung.note for rung in self._rungs[1 : self._place + 1]]
        if self._tiled:
            passed.insert(0, TILES)
        return tuple(note for note in dict.fromkeys(passed) if note != BATCH)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that memory ran out, on whichever device."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, (RuntimeError, OSError)) and _SHORT.search(str(error)) is not None


def is_device_lost(error: BaseException) -> bool:
    """Whether ``error``, which is not about memory, comes of the device itself: whatever it is asked in this process
    from now on, it may give the same answer."""
    if is_out_of_memory(error) or not isinstance(error, RuntimeError):
        return False
    first, _, _ = str(error).partition("\n")
    return isinstance(error, cast("Any", torch).AcceleratorError) or _LOST.search(first) is not None
