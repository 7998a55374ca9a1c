"""An engine named ``sdxl`` that paints a shade which the classic engine of the tests does not have, and can be killed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from generator.engine import Avatar, AvatarSpec, Progress
from generator.errors import DrawCancelled, EngineUnavailable, SpecInvalid
from tests.engines.rogue import png

PAINTED, WORDED, DRAWN = 250, 150, 20
"""Shades of the two engines, and of what is painted in a member's own words."""


class Painter:
    """Paints two at a time, slowly where the style says so; dies or lacks something where it says that."""

    name = "sdxl"
    capacity = 2

    def __init__(self) -> None:
        self.checks = "PAINTER_BLIND" not in os.environ

    def draw(self, spec: AvatarSpec, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Avatar:
        report(Progress(0.1))
        if spec.style == "oil-deadly":
            os._exit(3)
        if spec.style == "oil-huge":
            raise EngineUnavailable("error-engine-memory")
        if spec.style == "oil-void":
            raise EngineUnavailable("error-draw-failed", {"reason": "nan"})
        if spec.style == "oil-unknown":
            raise SpecInvalid("error-style", {"style": spec.style})
        if spec.style == "oil-wrong":
            raise SpecInvalid("error-spec")
        while spec.style == "oil-slow":
            if cancelled():
                raise DrawCancelled
            time.sleep(0.02)
            report(Progress(0.5))
        told = (spec.about, spec.quality, spec.count) == ("a zebra", "best", 2)
        return Avatar(png(spec.size, WORDED if told else PAINTED), spec.size, "low" if spec.photo else "none")


class Drawer:
    """Draws the styles of the classic engine, and leaves word of which."""

    name = "classic"
    capacity = 1

    def draw(self, spec: AvatarSpec, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Avatar:
        assert spec.style in ("ink", "moss"), "no style of the classic engine"
        return Avatar(png(spec.size, DRAWN), spec.size, "low" if spec.photo else "none")


def create(folders: Sequence[Path]) -> Painter:
    """There once the marker is, if there is to be one."""
    marker = os.environ.get("PAINTER_MARKER")
    if marker is not None and not Path(marker).exists():
        raise EngineUnavailable("error-model-missing", {"model": "sdxl-base"})
    return Painter()


def create_drawer(folders: Sequence[Path]) -> Drawer:
    return Drawer()
