"""The painter of brush lines, solid blacks and dots."""

from __future__ import annotations

import numpy as np

from generator.classic.backdrops import cover, grid
from generator.classic.colour import Floats, mix
from generator.classic.flow import along, tangents
from generator.classic.painting import Brief, grown, screen, step, unit
from generator.classic.subject import Subject
from generator.classic.tone import blurred, tone

_SHARPNESS = 17.0


def lines(field: Floats, width: float, flow_sigma: float, depth: float) -> Floats:
    """Ink coverage (0 … 1) of the dark side of edges in ``field``: a difference of Gaussians smoothed along them.

    After Winnemöller, Kyprianidis and Olsen, XDoG (2012), without its dependence on absolute lightness.
    ``width`` and ``flow_sigma`` in px; ``depth`` is the weakest response that prints.
    """
    response = _SHARPNESS * (blurred(field, width) - blurred(field, 1.6 * width))
    response = along(response, tangents(blurred(field, width), 2.2 * width + 1), flow_sigma)
    return step(-response, depth, 0.16)


def paint_ink(subject: Subject, brief: Brief) -> Floats:
    """Three colours: paper, ink, disc."""
    side, u = subject.side, unit(subject.side)
    paper, ink, accent = brief.colours
    values = tone(subject)
    width = (1.0 + 0.5 * brief.abstraction) * u
    smooth = blurred(values, (0.6 + (0.0 if subject.drawn else 1.6) + 1.2 * brief.abstraction) * u)
    drawn_lines = lines(values if subject.drawn else smooth, max(width, 0.6), 4.5 * u, 0.30 if subject.drawn else 0.34)
    blacks = step(smooth, 0.225, 0.05 / max(u, 0.5)) if not subject.drawn else step(values, 0.2, 0.1)
    blacks = 1 - blacks
    coverage = np.clip((0.635 - smooth) / 0.62, 0, 0.62)
    pitch = max(5.6 * u, 3.2)
    dots = step(coverage, screen(side, pitch, 45), 2.2 / pitch) * (coverage > 0.02)
    inked = np.maximum(np.maximum(drawn_lines, blacks), dots)
    person = mix(np.broadcast_to(paper, (side, side, 3)), ink, inked)
    solid = step(subject.matte, 0.5, 0.5)
    edged = np.maximum(grown(solid, 5.5 * u), solid)
    outline = grown(solid, 1.6 * u)
    image = _backdrop(side, paper, ink, accent, brief)
    image = mix(image, paper, edged)
    image = mix(image, ink, outline)
    return mix(image, person, solid)


def _backdrop(side: int, paper: Floats, ink: Floats, accent: Floats, brief: Brief) -> Floats:
    x, y = grid(side)
    dice = brief.dice("ink-backdrop")
    place = float(dice.uniform(-0.14, 0.14))
    size = float(dice.uniform(0.66, 0.74))
    image = np.broadcast_to(paper, (side, side, 3))
    pitch = max(9 * unit(side), 4)
    fade = np.clip(0.55 * (y + float(dice.choice([-0.35, 0.35])) * x) - 0.02, 0, 0.5)
    image = mix(image, ink, step(fade, screen(side, pitch, 45), 2.2 / pitch) * (fade > 0.015))
    return mix(image, accent, cover(np.hypot(x - place, y + 0.04) - size, side))
