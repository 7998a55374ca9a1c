"""The painter of coloured paper sheets that cast shadows on each other."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import FORMS, grid
from generator.classic.chance import chance
from generator.classic.colour import Floats, in_strips, lab_of, mix, unlab, weighed
from generator.classic.features import beside
from generator.classic.figures import Layers
from generator.classic.flow import along, strokes, tangents
from generator.classic.painting import WORK, Brief, bled, enlarged, grown, room, shifted, step, unit
from generator.classic.subject import Subject
from generator.classic.tone import blurred, skin_depth, tone

_CUTS = (0.20, 0.34, 0.48, 0.63, 0.79)


def _laid(image: Floats, sheet: Floats, colour: Floats, u: float, depth: float = 1.0) -> Floats:
    """Lay a sheet (soft mask) of ``colour`` on ``image``: its shadow below right, its lit edge above left."""
    shadow = blurred(shifted(sheet, 1.6 * u * depth, 2.4 * u * depth), 2.4 * u * depth)
    edge = np.float32(0.16) * np.maximum(sheet - shifted(sheet, 1.2 * u, 1.4 * u), 0)
    edge -= np.float32(0.05) * np.maximum(sheet - shifted(sheet, -1.0 * u, -1.2 * u), 0)

    def laid(image: Floats, sheet: Floats, shadow: Floats, edge: Floats) -> Floats:
        bare = 1 - sheet
        below = weighed(image, bare * (1 - np.float32(0.2 + 0.11 * depth) * shadow * bare))
        paper = cv2.merge([edge + part for part in colour.tolist()])
        below += weighed(np.clip(paper, 0, 1, out=paper), sheet)
        return below

    return in_strips(laid, image, sheet, shadow, edge)


def paint_papercut(subject: Subject, brief: Brief) -> Floats:
    """Palette: six sheets from dark to light."""
    side, u = subject.side, unit(subject.side)
    sheets = brief.colours
    solid = step(blurred(subject.matte, 1.2 * u), 0.5, 0.35)
    person = _figure(subject, subject.layers, brief, u) if subject.layers else _photo(subject, brief)
    image = _openings(side, sheets, brief, room(subject))
    rim = grown(solid, 4.2 * u)
    image = _laid(image, rim, sheets[-1] * 0.5 + 0.5, u, 2.2)
    return in_strips(_finished, image, person, solid, _grain(side))


def _finished(image: Floats, person: Floats, solid: Floats, grain: Floats) -> Floats:
    return np.clip(weighed(mix(image, person, solid), grain), 0, 1)


def _figure(subject: Subject, layers: Layers, brief: Brief, u: float) -> Floats:
    """One sheet for each part: skin as light as its depth asks, cloth never the sheet of hair and lines."""
    side = subject.side
    sheets = brief.colours
    depth = skin_depth(subject)
    person = np.broadcast_to(sheets[0], (side, side, 3))
    cloth = sheets[5] if depth > 0.4 else _sheet(sheets, 48)
    for part, colour in (
        (layers.clothes, _sheet(sheets, 26)),
        (layers.accent, cloth),
        (layers.skin, _sheet(sheets, 88 - 30 * depth)),
        (layers.light, sheets[5]),
    ):
        person = _laid(person, part, colour, u, 0.6)
    return mix(person, sheets[5], 0.4 * beside(subject, 4.5 * u) * layers.skin)


def _sheet(sheets: tuple[Floats, ...], lightness: float) -> Floats:
    """The colour between two sheets that has this CIE lightness (0 … 100)."""
    tones = lab_of(list(sheets))
    tone_of = [np.interp(lightness, tones[:, 0], tones[:, part]) for part in range(3)]
    return unlab(np.array(tone_of, np.float32)[None, None])[0, 0]


def _photo(subject: Subject, brief: Brief) -> Floats:
    """Cut by tone first, then round each contour with the scissors; eyes and brows are a sheet of their own."""
    side, sheets, a = subject.side, brief.colours, brief.abstraction
    small = subject.at(min(side, WORK))
    u = unit(small.side)
    values = bled(tone(small, contrast=0.5), small.matte, 6 * u)
    smooth = blurred(values, (1.0 + 1.6 * a) * u)
    smooth = enlarged(along(smooth, tangents(smooth, 2.6 * u), 5 * u), side)
    width = max((1.1 + 0.5 * a) * u, 0.7)
    lines = enlarged(blurred(values, 7 * u) - 0.2 - strokes(values, width, 4.5 * u), side)
    u = unit(side)
    roundness = max((1.8 + 1.8 * a) * u, 0.8)
    person = np.broadcast_to(sheets[-1], (side, side, 3))
    for cut, colour in zip(reversed(_CUTS), reversed(sheets[:-1]), strict=True):
        person = _laid(person, _rounded(smooth < cut, roundness), colour, u, 0.8)
    features = _rounded(lines > 0, max(1.0 * u, 0.6)) * subject.face_mask(1.0)
    return _laid(person, features, sheets[0], u, 0.4)


def _rounded(mask: np.ndarray, radius: float) -> Floats:
    """A boolean mask with rounded contours, their edges one pixel wide."""
    return step(blurred(mask.astype(np.float32), radius), 0.5, 1 / (2.5 * radius))


def _openings(side: int, sheets: tuple[Floats, ...], brief: Brief, more: float) -> Floats:
    """Nested wavy holes, the lightest sheet at the bottom."""
    x, y = grid(side)
    dice = brief.dice()
    angle, radius = np.arctan2(y, x), FORMS[brief.design(len(FORMS))](x, y)
    image = np.broadcast_to(sheets[-1], (side, side, 3))
    # The darkest sheets are left to the person, so that dark hair never sinks into its backdrop.
    for number, (colour, size) in enumerate(((sheets[4], 0.66), (sheets[3], 0.80), (sheets[2], 0.93))):
        wave = sum(
            float(dice.uniform(0.012, 0.03)) * np.sin(angle * count + float(dice.uniform(0, 6.3)))
            for count in (3, 5, 8 + number)
        )
        hole = np.clip((radius - size - more - wave) * side / 2 + 0.5, 0, 1).astype(np.float32)
        image = _laid(image, hole, colour, unit(side), 2.0)
    return image


def _grain(side: int) -> Floats:
    """Paper fibre: the same for everybody, 1 ± 0.02."""
    noise = chance(20260, "paper").standard_normal((side // 2 + 1, side // 2 + 1)).astype(np.float32)
    fine = cv2.resize(cv2.GaussianBlur(noise, (0, 0), 0.8), (side, side), interpolation=cv2.INTER_LINEAR)
    return 1 + 0.018 * fine
