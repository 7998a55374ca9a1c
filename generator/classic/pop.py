"""The painter of loud flat tones and comic dots."""

from __future__ import annotations

import numpy as np

from generator.classic.backdrops import cover, grid
from generator.classic.colour import Floats, mix, rgb
from generator.classic.features import beside
from generator.classic.figures import Layers
from generator.classic.flow import along, strokes, tangents
from generator.classic.painting import WORK, Brief, bled, edge, enlarged, grown, printed, step, unit
from generator.classic.subject import Subject
from generator.classic.tone import blurred, skin_depth, skin_tone, tone

_AMBER, _BROWN, _UMBER = (rgb(colour) for colour in ("#cf9355", "#8c5230", "#4a2318"))
"""Browns for skin, deep enough to print dark skin as dark and bright enough for its lines."""


def paint_pop(subject: Subject, brief: Brief) -> Floats:
    """Palette: ink, shade, skin tone, light, ray, second ray."""
    side, u = subject.side, unit(subject.side)
    ink, _, _, light, ray, second_ray = brief.colours
    person = _figure(subject, subject.layers, brief) if subject.layers else _photo(subject, brief)
    solid = step(subject.matte, 0.5, 0.6)
    image = _backdrop(side, ray, second_ray, light, brief)
    image = mix(image, light, grown(solid, 6.5 * u))
    image = mix(image, ink, grown(solid, 2.2 * u))
    return mix(image, person, solid)


def _figure(subject: Subject, layers: Layers, brief: Brief) -> Floats:
    """Skin in a flat tone with dots of the next deeper one; clothes and cloth in the colours of the rays."""
    side = subject.side
    ink, _, middle, light, ray, second_ray = brief.colours
    depth = skin_depth(subject)
    ground = mix(light, _AMBER, depth)
    dots = mix(middle, _BROWN, min(1.6 * depth, 1))
    lit = beside(subject, 4.5 * unit(side))
    screen = printed((0.1 + 0.16 * depth) * (1 - lit), max(5.4 * unit(side), 3.4))
    person = mix(np.broadcast_to(ink, (side, side, 3)), light, layers.light)
    flesh = mix(np.broadcast_to(ground, (side, side, 3)), light, 0.35 * lit)
    person = mix(person, mix(flesh, dots, screen), layers.skin)
    person = mix(person, mix(second_ray, ink, 0.25) if brief.dice("clothes").uniform() < 0.5 else light, layers.clothes)
    return mix(person, mix(ray, light, 0.35), layers.accent)


def _photo(subject: Subject, brief: Brief) -> Floats:
    side = subject.side
    small = subject.at(min(side, WORK))
    u = unit(small.side)
    ink, shade, middle, light, _, _ = brief.colours
    values = bled(tone(small), small.matte, 6 * u)
    dark_skin, target = skin_tone(small, 0.58)
    smooth = blurred(values, (1.4 + 1.5 * brief.abstraction) * u)
    smooth = enlarged(along(smooth, tangents(smooth, 2.6 * u), 5 * u), side)
    drawn = enlarged(strokes(values, max(1.25 * u, 0.7), 5 * u), side)
    pitch = max(6.6 * unit(side), 3.6)
    middle, shade = mix(middle, _BROWN, 0.8 * dark_skin), mix(shade, _UMBER, 0.8 * dark_skin)
    person = np.broadcast_to(light, (side, side, 3))
    # On light skin dots make the half-tone; dark skin is the full tone itself, with shade as its dots.
    half = np.clip(0.22 + 0.5 * dark_skin + (target - smooth) * 2.2, 0, 1) * (1 - edge(smooth, target + 0.17))
    person = mix(person, middle, printed(half.astype(np.float32), pitch))
    deep = np.clip(0.9 * (dark_skin - 0.62) + (target - 0.10 - smooth) * 3.2, 0, 1)
    person = mix(person, shade, printed(deep.astype(np.float32), pitch))
    lines = np.maximum(step(target - 0.13 - drawn, 0.06, 0.1), 1 - edge(smooth, 0.2))
    return mix(person, ink, lines)


def _backdrop(side: int, ray: Floats, second_ray: Floats, light: Floats, brief: Brief) -> Floats:
    x, y = grid(side)
    dice = brief.dice()
    radius = np.hypot(x, y + 0.05)
    pattern = _PATTERNS[brief.design(len(_PATTERNS))](x, y + 0.05, dice)
    image = mix(np.broadcast_to(ray, (side, side, 3)), second_ray, cover(pattern, side))
    glow = np.clip(0.62 - 0.62 * radius, 0, 0.6)
    return mix(image, light, printed(glow.astype(np.float32), max(11 * unit(side), 5)) * 0.9)


def _rays(x: Floats, y: Floats, dice: np.random.Generator) -> Floats:
    count = int(dice.integers(10, 15))
    return np.sin(np.arctan2(y, x) * count + float(dice.uniform(0, 6.3))) * np.hypot(x, y) / count


def _rings(x: Floats, y: Floats, dice: np.random.Generator) -> Floats:
    count = float(dice.uniform(11, 15))
    return np.sin(np.hypot(x, y) * count + float(dice.uniform(0, 6.3))) / count


def _bars(x: Floats, y: Floats, dice: np.random.Generator) -> Floats:
    slant = float(dice.choice((-1.0, 1.0)) * dice.uniform(0.6, 1.4))
    count = float(dice.uniform(9, 12))
    return np.sin((x + slant * y) * count / np.hypot(1, slant) + float(dice.uniform(0, 6.3))) / count


def _bang(x: Floats, y: Floats, dice: np.random.Generator) -> Floats:
    """The jagged cloud around a word like *pow*."""
    count = int(dice.integers(11, 15))
    tooth = np.abs((np.arctan2(y, x) * count / (2 * np.pi) + float(dice.uniform(0, 1))) % 1 - 0.5) * 2
    return (np.hypot(x, y) - 0.72 - 0.26 * tooth) * 0.55


_PATTERNS = (_rays, _rings, _bars, _bang)
"""x, y and dice → signed distance to the second colour, in half sides."""
