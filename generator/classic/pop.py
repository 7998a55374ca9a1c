"""The painter of loud flat tones and comic dots."""

from __future__ import annotations

import numpy as np

from generator.classic.backdrops import cover, grid
from generator.classic.colour import Floats, mix
from generator.classic.flow import along, tangents
from generator.classic.ink import strokes
from generator.classic.painting import Brief, bled, edge, grown, printed, step, unit
from generator.classic.subject import Subject
from generator.classic.tone import blurred, face_lightness, face_target, skin_shade, tone


def paint_pop(subject: Subject, brief: Brief) -> Floats:
    """Palette: ink, shade, skin tone, light, ray, second ray."""
    side, u = subject.side, unit(subject.side)
    ink, shade, middle, light, ray, second_ray = brief.colours
    values = bled(tone(subject), subject.matte, 6 * u)
    target = face_target(face_lightness(subject)) if subject.face is not None else 0.58
    smooth = blurred(values, (0.8 if subject.drawn else 1.4 + 1.5 * brief.abstraction) * u)
    if not subject.drawn:
        smooth = along(smooth, tangents(smooth, 2.6 * u), 5 * u)
    dark_skin = skin_shade(subject)
    pitch = max(6.6 * u, 3.6)
    person = np.broadcast_to(light, (side, side, 3))
    # On light skin dots make the half-tone; dark skin is the full tone itself, with shade as its dots.
    half = np.clip(0.22 + 0.5 * dark_skin + (target - smooth) * 2.2, 0, 1) * (1 - edge(smooth, target + 0.17))
    person = mix(person, middle, printed(half.astype(np.float32), pitch))
    deep = np.clip(0.9 * (dark_skin - 0.62) + (target - 0.10 - smooth) * 3.2, 0, 1)
    person = mix(person, shade, printed(deep.astype(np.float32), pitch))
    if subject.drawn:
        lines = 1 - edge(values, 0.2)
    else:
        lines = np.maximum(
            step(target - 0.13 - strokes(values, max(1.25 * u, 0.7), 5 * u), 0.06, 0.1), 1 - edge(smooth, 0.2)
        )
    person = mix(person, ink, lines)
    solid = step(subject.matte, 0.5, 0.6)
    image = _backdrop(side, ray, second_ray, light, brief)
    image = mix(image, light, grown(solid, 6.5 * u))
    image = mix(image, ink, grown(solid, 2.2 * u))
    return mix(image, person, solid)


def _backdrop(side: int, ray: Floats, second_ray: Floats, light: Floats, brief: Brief) -> Floats:
    x, y = grid(side)
    dice = brief.dice("pop-backdrop")
    count = int(dice.integers(10, 15))
    angle = np.arctan2(y + 0.05, x) * count + float(dice.uniform(0, 6.3))
    radius = np.hypot(x, y + 0.05)
    image = mix(np.broadcast_to(ray, (side, side, 3)), second_ray, cover(np.sin(angle) * radius / count, side))
    glow = np.clip(0.62 - 0.62 * radius, 0, 0.6)
    return mix(image, light, printed(glow.astype(np.float32), max(11 * unit(side), 5)) * 0.9)
