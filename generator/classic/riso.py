"""The painter of overprinted inks, out of register by a hair."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import FORMS, cover, grid
from generator.classic.chance import chance
from generator.classic.colour import Floats, mix
from generator.classic.figures import Layers
from generator.classic.flow import strokes
from generator.classic.painting import WORK, Brief, bled, enlarged, grown, printed, room, shifted, step, unit
from generator.classic.subject import Subject
from generator.classic.tone import blurred, skin_depth, skin_tone, tone


def paint_riso(subject: Subject, brief: Brief) -> Floats:
    """Palette: paper, key ink, second ink, flat ink. Inks multiply, as on real paper."""
    side, u = subject.side, unit(subject.side)
    paper, key, second, flat = brief.colours
    solid = step(subject.matte, 0.5, 0.6)
    pitch = max(5.0 * u, 3.2)
    key_ink, second_ink, flat_ink = (
        _figure(subject, subject.layers, pitch, warm=float(flat[0]) > float(flat[2]))
        if subject.layers
        else _photo(subject, brief, pitch)
    )
    key_ink = np.maximum(key_ink * solid, grown(solid, 1.6 * u) - solid)
    dice = brief.dice()
    back, sun = _backdrop(side, dice, brief.design(len(FORMS)), 0.7 + room(subject))
    around = 1 - grown(solid, 3.5 * u)
    second_ink = np.maximum(second_ink * solid, printed(back, pitch * 1.7) * around)
    flat_ink = np.maximum(flat_ink * solid, sun * around)
    image = np.broadcast_to(paper, (side, side, 3))
    slip = dice.uniform(0.8, 1.7, 4) * dice.choice((-1, 1), 4) * u
    for ink, cover_of, move in (
        (flat, flat_ink, (slip[0], slip[1])),
        (second, second_ink, (slip[2], slip[3])),
        (key, key_ink, (0.0, 0.0)),
    ):
        density = shifted(cover_of, *move) * _density(side, ink)
        image = image * mix(np.ones(3, np.float32), ink, density)
    return image


def _figure(subject: Subject, layers: Layers, pitch: float, *, warm: bool) -> tuple[Floats, Floats, Floats]:
    """Key, second and flat ink: deeper skin has more of the first two, cloth has the flat ink or a screen of the second."""
    side = subject.side
    depth = skin_depth(subject)

    def even(coverage: float) -> Floats:
        return printed(np.full((side, side), coverage, np.float32), pitch)

    bare = np.clip(layers.light + layers.skin + layers.clothes + layers.accent, 0, 1)
    key = np.maximum(1 - bare, layers.skin * even((0.34 if warm else 0.38) * depth))
    # Lines are overprinted where skin is deep, so that they stay as far from it as from light skin.
    second = layers.skin * even(0.12 + 0.2 * depth) + layers.clothes + (1 - bare) * min(2 * depth, 1)
    # A cool flat ink is for cloth alone: nobody is green.
    flat = layers.accent + layers.skin * even(0.3 + 0.3 * depth) * float(warm and depth > 0)
    return key, second, flat


def _photo(subject: Subject, brief: Brief, pitch: float) -> tuple[Floats, Floats, Floats]:
    side = subject.side
    small = subject.at(min(side, WORK))
    u = unit(small.side)
    values = bled(tone(small), small.matte, 6 * u)
    shade, target = skin_tone(small)
    width = max((1.0 + 0.7 * brief.abstraction) * u, 0.6)
    drawn = enlarged(strokes(values, width, (4 + 3 * brief.abstraction) * u), side)
    dark = np.clip((target - 0.09 + 0.2 * shade - drawn) / 0.3, 0, 1)
    blush = np.clip(0.16 + 0.3 * shade + (target - enlarged(blurred(values, 2 * u), side)) * 1.5, 0, 1)
    second = printed(np.where(enlarged(values, side) > target + 0.16, 0, blush), pitch * 0.92)
    return printed(dark, pitch), second, np.zeros_like(dark)


def _backdrop(side: int, dice: np.random.Generator, design: int, size: float) -> tuple[Floats, Floats]:
    """A fading screen and a shape."""
    x, y = grid(side)
    lean = float(dice.uniform(-0.12, 0.12))
    fade = np.clip(0.34 + 0.3 * (y + 2 * lean * x), 0, 0.6)
    shape = cover(FORMS[design](x - lean, y + 0.03) - size, side)
    return (fade * (1 - shape)).astype(np.float32), shape


def _density(side: int, ink: Floats) -> Floats:
    """How evenly the drum inked: 0.9 … 1, speckled; its pattern depends on the ink alone."""
    noise = chance(int(ink.sum() * 1000), "drum").standard_normal((side // 2 + 1, side // 2 + 1)).astype(np.float32)
    fine = cv2.resize(cv2.GaussianBlur(noise, (0, 0), 0.7), (side, side), interpolation=cv2.INTER_LINEAR)
    return np.clip(0.95 + 0.05 * fine, 0.8, 1)
