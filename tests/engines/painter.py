"""An engine named ``sdxl`` that paints a shade which the classic engine of the tests does not have, and can be killed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from generator.engine import Avatar, AvatarSpec, Progress
from generator.errors import DrawCancelled, EngineUnavailable
from tests.engines.rogue import png

PAINTED, DRAWN = 250, 20
"""Shades of the two engines."""


class Painter:
    """Paints two at a time, slowly where the style says so; dies or lacks something where it says that."""

    name = "sdxl"
    capacity = 2

    def draw(self, spec: AvatarSpec, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Avatar:
        report(Progress(0.1))
        if spec.style == "oil-deadly":
            os._exit(3)
        if spec.style == "oil-huge":
            raise EngineUnavailable("error-engine-memory")
        while spec.style == "oil-slow":
            if cancelled():
                raise DrawCancelled
            time.sleep(0.02)
            report(Progress(0.5))
        return Avatar(png(spec.size, PAINTED), spec.size, "low" if spec.photo else "none")


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
