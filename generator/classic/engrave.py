"""The painter of banknotes: lines that swell with the tone, crossed in the shade, before lathe work."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import cover, grid
from generator.classic.colour import Floats, mix
from generator.classic.figures import Layers
from generator.classic.flow import strokes
from generator.classic.painting import WORK, Brief, bled, enlarged, grown, step, unit
from generator.classic.relief import closed, lit, opened, swollen
from generator.classic.ruling import contoured, hatched
from generator.classic.subject import Subject
from generator.classic.tone import blurred, livened, skin_depth, skin_tone, tone

_PERIOD, _FINEST = 5.2, 3.0
"""From line to line: units, and px below which a line is none."""


def paint_engrave(subject: Subject, brief: Brief) -> Floats:
    """Palette: paper, glow of the paper, ink, second ink."""
    side, u = subject.side, unit(subject.side)
    paper, _, ink, second = brief.colours
    solid = step(subject.matte, 0.5, 0.6)
    dark, form, solid_lines = _figure(subject, subject.layers, u) if subject.layers else _photo(subject, brief)
    x = np.arange(side, dtype=np.float32)
    y = x[:, None]
    period = max((_PERIOD + 2 * brief.abstraction) * u, _FINEST)
    lines = hatched((y - 17 * u * form) / period, np.clip(1.12 * dark, 0, 0.84))
    # Only shade is crossed: skin has lines of one direction, which keeps it calm.
    across = hatched((0.72 * y + 0.69 * x + 17 * u * form) / (1.04 * period), np.clip(1.7 * (dark - 0.56), 0, 0.7))
    print_ = np.maximum(np.maximum(lines, across), solid_lines)
    image = _backdrop(side, brief)
    image = mix(image, paper, grown(solid, 5 * u))
    image = mix(image, ink, grown(solid, 1.3 * u))
    person = np.broadcast_to(paper, (side, side, 3))
    if subject.layers:
        person = mix(person, mix(paper, second, 0.5), subject.layers.accent)
    return mix(image, mix(person, ink, print_), solid)


def _figure(subject: Subject, layers: Layers, u: float) -> tuple[Floats, Floats, Floats]:
    """How dark, how round, and what is solid ink. Skin is as dark as its depth; its cushion is lit from the left."""
    depth = skin_depth(subject)
    skin = closed(layers.skin, 9 * u)
    form = swollen(skin) * 0.9 + swollen(subject.matte) * 0.6
    light = lit(form, 0.12)
    bare = np.clip(layers.light + layers.skin + layers.clothes + layers.accent, 0, 1)
    inked = (1 - bare) * subject.matte
    hair = opened(inked, 15 * u)
    outline = inked * (1 - hair)
    face = 0.07 + 0.315 * depth - (0.2 + 0.06 * depth) * light
    # On deep skin a bright seam runs along every line, as an engraver would leave it.
    face = face * (1 - 1.2 * depth * np.clip(grown(outline * subject.face_mask(0.95), 4 * u) - outline, 0, 1) * 0.7)
    dark = layers.skin * np.clip(face, 0.05, 0.72)
    dark = dark + layers.clothes * np.clip(0.5 - 0.45 * light, 0.25, 0.8)
    dark = dark + layers.accent * np.clip(0.26 - 0.4 * light, 0.08, 0.6)
    dark = dark + layers.light * np.clip(0.02 - 0.25 * light, 0, 0.3) * (1 - subject.face_mask(0.8))
    shine = np.clip(1.1 * lit(swollen(hair), 0.3) - 0.35, 0, 0.6)
    dark = dark + hair * (1.05 - 0.8 * shine)
    return dark, form, outline + hair * step(0.1 - shine, 0, 0.1)


def _photo(subject: Subject, brief: Brief) -> tuple[Floats, Floats, Floats]:
    side = subject.side
    small = subject.at(min(side, WORK))
    u = unit(small.side)
    values = bled(livened(tone(small), small), small.matte, 6 * u)
    shade, target = skin_tone(small)
    smooth = blurred(values, (0.7 + 1.5 * brief.abstraction) * u)
    # Hair and cloth are drawn strand by strand.
    rest = 1 - small.face_mask(1.05) if small.face is not None else 0.5
    smooth = smooth + 1.3 * rest * (smooth - blurred(smooth, 6 * u))
    # At a hint the lines are coarse: they say less of plain skin, or its few features would drown in them.
    hint = float(np.clip((brief.abstraction - 0.5) / 0.15, 0, 1))
    skin = (0.24 + 0.2 * shade) * (1 - 0.22 * hint)
    dark = np.interp(
        smooth,
        (target - 0.46, target - 0.22, target, target + 0.14, target + 0.3),
        (0.96, 0.6 + 0.08 * shade, skin, 0.5 * skin, 0.03),
    ).astype(np.float32)
    width = max((0.95 + 0.6 * brief.abstraction) * u, 0.6)
    drawn = strokes(values, width, (3.5 + 3 * brief.abstraction) * u)
    deep = target - 0.3 + 0.06 * shade - 0.12 * rest
    form = 1.1 * blurred(smooth, 5 * u) + 0.8 * swollen(small.matte)
    cut = deep - drawn
    if hint and small.face is not None:
        # What dips below the skin around it, whatever its tone, is cut solid, and a bright seam sets it off.
        face = small.face_mask(0.86)
        dips = 2 * (blurred(values, 6 * u) - 0.12 - drawn) - 2 * (1 - face)
        cut = cut + hint * (np.maximum(cut, dips) - cut)
        solid = step(cut, 0.02, 0.14)
        dark = dark * (1 - 0.95 * hint * face * np.clip(blurred(grown(solid, 3.5 * u), 1.2 * u) - solid, 0, 1))
    return enlarged(dark, side), enlarged(form, side), step(enlarged(cut, side), 0.02, 0.14)


def _backdrop(side: int, brief: Brief) -> Floats:
    """Lathe work around a light, on paper that changes its colour downwards."""
    paper, glow, _, second = brief.colours
    x, y = grid(side)
    dice = brief.dice("backdrop")
    image = mix(np.broadcast_to(paper, (side, side, 3)), glow, np.clip(0.5 + 0.5 * y, 0, 1))
    radius, angle = cv2.magnitude(x, y), np.arctan2(y, x)
    line = max(0.9 * unit(side), 0.7)
    petals = int(dice.integers(7, 12))
    work = _DESIGNS[brief.design(len(_DESIGNS))](radius, angle, petals, line)
    for middle, waves, threads in ((0.86, 2 * petals, 6), (1.16, 3 * petals, 5)):
        work = np.maximum(work, _rope(radius, angle, (middle, 0.115), waves, threads, line))
    return mix(image, second, 0.9 * work)


def _rope(radius: Floats, angle: Floats, place: tuple[float, float], waves: int, threads: int, line: float) -> Floats:
    """Sine curves around the middle that cross each other: ``place`` is mean radius and swing, in half sides."""
    (middle, swing), side = place, len(radius)
    covered = cover(np.abs(radius - middle) - swing, side)
    there = covered > 0
    radius, angle = radius[there], angle[there]
    across = np.clip((radius - middle) / swing, -0.999, 0.999)
    lean = np.arcsin(across)
    turn = np.float32(threads / (2 * np.pi))
    steep = np.sqrt(1 / (swing * swing * (1 - across * across)) + (waves / np.maximum(radius, 0.05)) ** 2)
    slope = turn * steep * np.float32(2 / side)
    curves = np.maximum(
        contoured((lean - waves * angle) * turn, line, slope),
        contoured((-lean - waves * angle) * turn + threads / 2, line, slope),
    )
    covered[there] *= curves
    return covered


def _garland(radius: Floats, angle: Floats, petals: int, line: float) -> Floats:
    return _rope(radius, angle, (0.61, 0.135), petals, 10, line)


def _rosette(radius: Floats, angle: Floats, petals: int, line: float) -> Floats:
    return _rope(radius, angle, (0.4, 0.345), petals, 7, line)


def _weave(radius: Floats, angle: Floats, petals: int, line: float) -> Floats:
    """Waves that run into each other, as under the numbers of a banknote."""
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    swell = 0.05 * np.sin(petals * x) * np.cos(0.7 * petals * y)
    woven = np.maximum(contoured((y + swell) * 26, line), 0.7 * contoured((y - swell) * 26 + 0.5, line))
    return woven * cover(radius - 0.745, len(radius))


def _sun(radius: Floats, angle: Floats, petals: int, line: float) -> Floats:
    """Rays that are drawn thick by the rings they pass."""
    rays = 12 * petals
    slope = rays / (2 * np.pi) / np.maximum(radius, 0.05) * (2 / len(radius))
    swell = line * (1.4 + 0.9 * np.cos(radius * 40))
    return contoured(angle * rays / np.float32(2 * np.pi), swell, slope) * cover(radius - 0.745, len(radius))


_DESIGNS = (_garland, _rosette, _weave, _sun)
