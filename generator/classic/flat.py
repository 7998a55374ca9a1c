"""The painter that leaves a figure as it was drawn, before a designed backdrop."""

from __future__ import annotations

import numpy as np

from generator.classic.backdrops import BACKDROPS
from generator.classic.colour import Floats, mix
from generator.classic.features import clear
from generator.classic.painting import Brief, grown, shifted, unit
from generator.classic.subject import Subject


def paint_flat(subject: Subject, brief: Brief) -> Floats:
    """Palette: back, shape, second shape, clothes, accent. Parameters: ``backdrops`` (names), ``rim`` (px of 512)."""
    side, u = subject.side, unit(subject.side)
    names = brief.parameters.get("backdrops", ["disc"])
    image = BACKDROPS[names[brief.design(len(names))]](side, brief.colours[:3], brief.dice())
    rim = float(brief.parameters.get("rim", 0))
    edge = grown(subject.matte, rim * u) if rim else subject.matte
    shade = 0.55 * mix(brief.colours[1], brief.colours[3], 0.5)
    image = mix(image, shade, 0.35 * shifted(edge, 7 * u, 6 * u))
    if rim:
        image = mix(image, np.full(3, 0.995, np.float32), edge)
    return mix(image, clear(subject), subject.matte)
