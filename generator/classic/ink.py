"""The painter of brush lines, solid blacks and dots."""

from __future__ import annotations

import numpy as np

from generator.classic.backdrops import FORMS, cover, grid
from generator.classic.colour import Floats, mix
from generator.classic.features import beside
from generator.classic.figures import Layers
from generator.classic.flow import strokes
from generator.classic.painting import WORK, Brief, bled, enlarged, grown, printed, room, step, unit
from generator.classic.subject import Subject
from generator.classic.tone import skin_depth, skin_tone, tone


def paint_ink(subject: Subject, brief: Brief) -> Floats:
    """Three colours: paper, ink, the shape behind the head."""
    side, u = subject.side, unit(subject.side)
    paper, ink, accent = brief.colours
    solid = step(subject.matte, 0.5, 0.6)
    image = _backdrop(side, paper, ink, accent, brief, room(subject))
    image = mix(image, paper, grown(solid, 5.5 * u))
    image = mix(image, ink, grown(solid, 1.7 * u))
    return mix(image, _figure(subject, subject.layers, brief) if subject.layers else _photo(subject, brief), solid)


def _figure(subject: Subject, layers: Layers, brief: Brief) -> Floats:
    """Skin as a screen that thickens with its depth and thins beside eyes and mouth; cloth in the disc's colour, which no
    skin or hair has."""
    side, u = subject.side, unit(subject.side)
    paper, ink, accent = brief.colours
    screened = 0.41 * skin_depth(subject) * (1 - 0.8 * beside(subject, 4.5 * u))
    dark = printed(screened.astype(np.float32), max(4.6 * u, 3.0))
    person = mix(np.broadcast_to(ink, (side, side, 3)), paper, layers.light)
    person = mix(person, mix(np.broadcast_to(paper, (side, side, 3)), ink, dark), layers.skin)
    if brief.dice("clothes").uniform() < 0.3:
        person = mix(person, paper, layers.clothes)
    return mix(person, accent, layers.accent)


def _photo(subject: Subject, brief: Brief) -> Floats:
    side = subject.side
    small = subject.at(min(side, WORK))
    u = unit(small.side)
    paper, ink, _ = brief.colours
    values = bled(tone(small), small.matte, 6 * u)
    shade, target = skin_tone(small)
    # Light skin stays paper; dark skin gets a screen of fine dots, on which lines still stand out in solid ink.
    white = target - 0.07 + 0.2 * shade
    width = max((0.95 + 0.7 * brief.abstraction) * u, 0.6)
    drawn = enlarged(strokes(values, width, (3.5 + 3 * brief.abstraction) * u), side)
    coverage = np.clip((white - drawn) / 0.3, 0, 1)
    return mix(np.broadcast_to(paper, (side, side, 3)), ink, printed(coverage, max(5.2 * unit(side), 3.2)))


def _backdrop(side: int, paper: Floats, ink: Floats, accent: Floats, brief: Brief, more: float) -> Floats:
    x, y = grid(side)
    dice = brief.dice()
    place = float(dice.uniform(-0.14, 0.14))
    size = float(dice.uniform(0.66, 0.74)) + more
    image = np.broadcast_to(paper, (side, side, 3))
    pitch = max(9 * unit(side), 4)
    design = brief.design(len(FORMS))
    turn = design * np.pi / 2 + float(dice.choice([-0.35, 0.35]))
    fade = np.clip(0.58 * (y * np.cos(turn) + x * np.sin(turn)) - 0.02, 0, 0.5).astype(np.float32)
    image = mix(image, ink, printed(fade, pitch))
    return mix(image, accent, cover(FORMS[design](x - place, y + 0.04) - size, side))
