"""Keeps eyes, brows and mouth readable on every skin, in styles that keep the skin's own colour."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from generator.classic.colour import Floats, encoded, lab, linear, mix, unlab
from generator.classic.figures import Oval
from generator.classic.flow import strokes
from generator.classic.painting import bled, grown, step, unit
from generator.classic.panes import cells
from generator.classic.subject import Subject
from generator.classic.tone import blurred, face_lightness, skin_depth, skin_mask, tone

_INK = (31.0, 15.0, 11.0)
"""Lines on light skin, CIE Lab: a deep brown, so that they speak no louder than lines on dark skin can."""
_NIGHT = (3.0, 2.0, -2.0)
"""Lines on dark skin."""
_LIVELY = 12.0
"""Mean distance in CIE L of a face's pixels from their surroundings that reads well (a well-lit portrait has 8 to 12)."""
_MOST = 5.0
_DARKEST_SKIN = 25.0
"""CIE L below which a face is a face in the dark."""
_MOST_LIFTED = 8.0
"""Most by which its CIE L is multiplied: beyond that there is only noise."""


_SOFTLY = 0.75
"""How far flat figures go towards ``readable``: they are all line, and a strong light beside each would glow."""


def clear(figure: Subject) -> Floats:
    """A flat figure's own colours, and features that read on every skin; sRGB. Gentler than ``readable``."""
    return mix(figure.colour, _figure(figure), _SOFTLY) if figure.face is not None else figure.colour


def readable(subject: Subject) -> Floats:
    """The subject's colours with features that stand out from the skin as far on dark skin as on light; sRGB.

    The skin itself is left as it is: a drawing's lines get a paint that contrasts and, the darker the skin, a light
    beside them; in a photo, differences at the scale of eyes and mouth are widened as far as this face needs it.
    """
    if subject.face is None:
        return _opened(subject, lab(exposed(subject).colour), subject.matte, 0.07 * subject.side, 1.5)
    return _figure(subject) if subject.drawn else _photo(subject, subject.face)


def exposed(subject: Subject) -> Subject:
    """A photo too dark for any skin, in so much light that its skin has the lightness of the darkest; any other as it is.

    Light is added as a lamp would: multiplied in Lab, colours would grow half as strong again, and dark skin red.
    """
    lightness = max(100 * face_lightness(subject), 1.0)
    wanted = min(_DARKEST_SKIN, _MOST_LIFTED * lightness)
    if lightness >= wanted:
        return subject
    light = linear(np.clip(subject.colour, 0, 1)) * np.float32(_luminance(wanted) / _luminance(lightness))
    return replace(subject, colour=encoded(np.clip(light, 0, 1)))


def _luminance(lightness: float) -> float:
    """The relative luminance, 0 … 1, of CIE L, 0 … 100."""
    return ((lightness + 16) / 116) ** 3 if lightness > 8 else lightness * 27 / 24389


def skin_colour(subject: Subject, values: Floats) -> Floats:
    """The skin's own colour in CIE Lab, (3,), whatever glasses lie on it; ``values`` is the subject in Lab."""
    inner = subject.face_mask(0.9) > 0.5
    if subject.skin is not None:
        known = inner & (np.abs(values[:, :, 0] - 100 * subject.skin) < 2.5)
        inner = known if known.sum() >= 16 else inner
    else:
        measured = skin_mask(subject, values[:, :, 0])
        inner = measured if measured.any() else inner
    return np.median(values[inner], axis=0) if inner.any() else np.array([60.0, 12.0, 16.0], np.float32)


def skin_cover(subject: Subject) -> Floats:
    """Where skin is, 0 … 1: the face, and what has its colour around it; nowhere without a face."""
    if subject.face is None:
        return np.zeros_like(subject.matte)
    values = lab(subject.colour)
    away = np.linalg.norm(values - skin_colour(subject, values), axis=2)
    alike = np.clip(1.6 - away / (7 if subject.drawn else 13), 0, 1)
    near = subject.matte if subject.drawn else subject.face_mask(1.9)
    return np.maximum(blurred(alike * near, 0.8 * unit(subject.side)), subject.face_mask(1.05))


def broad_skin(subject: Subject) -> Floats:
    """``skin_cover`` of a photo, soft and cheap: what printers lay a tint under."""
    face, work = subject.face, min(192, subject.side)
    if face is None:
        return np.zeros_like(subject.matte)
    scale, area = work / subject.side, (work, work)
    small = Subject(
        cv2.resize(subject.colour, area, interpolation=cv2.INTER_AREA),
        cv2.resize(subject.matte, area, interpolation=cv2.INTER_AREA),
        Oval(face.x * scale, face.y * scale, face.half_width * scale, face.half_height * scale),
        drawn=subject.drawn,
        skin=subject.skin,
    )
    cover = cv2.GaussianBlur(skin_cover(small), (0, 0), 1.2)
    return cv2.resize(cover, (subject.side, subject.side), interpolation=cv2.INTER_LINEAR)


def lines(subject: Subject, width: float) -> Floats:
    """The brush lines of a face or a thing, 0 … 1: what is darker than its surroundings at the scale of features.

    ``width`` in px, for photos; a drawing brings its own lines.
    """
    if subject.drawn:
        return drawn_lines(subject)
    u = unit(subject.side)
    values = bled(tone(subject), subject.matte, 6 * u)
    return step(blurred(values, 6 * u) - 0.2 - strokes(values, width, 4.5 * u), 0.0, 0.22) * subject.matte


def beside(figure: Subject, reach: float) -> Floats:
    """Where a printer leaves light beside the features of a figure, 0 … 1: ``reach`` px, the more the darker the skin."""
    pen = drawn_lines(figure)
    ring = np.clip(blurred(grown(pen, reach), 0.25 * reach) - pen, 0, 1)
    return ring * figure.face_mask(0.86) * np.float32(skin_depth(figure) ** 0.75)


def drawn_lines(subject: Subject) -> Floats:
    """What is darker than the skin in a figure's face, but no area: hair and beard are left out."""
    u = unit(subject.side)
    lightness = lab(subject.colour)[:, :, 0]
    skin = 100 * subject.skin if subject.skin is not None else 60.0
    dark = np.clip((0.8 * skin - lightness) / (0.62 * skin - 7), 0, 1)
    reach = 2 * round(10.5 * u) + 1
    broad = cv2.morphologyEx(dark, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return dark * (1 - step(grown(broad, 2 * u), 0.5, 0.5)) * subject.face_mask(1.0)


def outlines(drawing: Floats) -> Floats:
    """The thin dark lines of a drawing (side, side, 3), 0 … 1; not its dark areas."""
    dark = np.clip((26 - lab(drawing)[:, :, 0]) / 10, 0, 1)
    reach = 2 * round(6.5 * unit(drawing.shape[0])) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return np.clip(dark - cv2.dilate(cv2.morphologyEx(dark, cv2.MORPH_OPEN, kernel), np.ones((3, 3))), 0, 1)


def filled(subject: Subject) -> tuple[Floats, Floats, Floats]:
    """A figure for those who draw its outlines themselves: ``readable``, its areas reaching to the middle of the
    outlines, and the outlines, 0 … 1."""
    image = readable(subject)
    pen = np.maximum(outlines(subject.colour), drawn_lines(subject))
    away = (grown(pen, 1.2 * unit(subject.side)) > 0.2) | (subject.matte < 0.9)
    if away.all():
        return image, image, pen
    rows, columns = np.nonzero(~away)
    nearest = cells(np.stack([columns, rows], axis=1).astype(np.float32), subject.side)
    return image, image[rows, columns][nearest], pen


def _figure(subject: Subject) -> Floats:
    u, depth = unit(subject.side), skin_depth(subject)
    dark = drawn_lines(subject)
    values = lab(subject.colour)
    ink = np.array(_INK, np.float32) + (np.array(_NIGHT, np.float32) - np.array(_INK, np.float32)) * depth**0.7
    image = mix(subject.colour, unlab(ink[None, None])[0, 0], dark)
    skin = 100 * subject.skin if subject.skin is not None else 60.0
    near = np.abs(values[:, :, 0] - skin) < 5
    halo = blurred(grown(dark, (2.2 + 3.4 * depth) * u), 1.1 * u) * (1 - dark) * near
    lit = values + np.array([46.0 * depth**0.75, 1.0 * depth, 9.0 * depth], np.float32)
    return mix(image, unlab(lit), halo * subject.face_mask(0.86) * (depth > 0.05))


def _photo(subject: Subject, face: Oval) -> Floats:
    scale = 0.24 * face.half_height
    values = lab(exposed(subject).colour)
    lightness = values[:, :, 0]
    band = subject.face_mask(0.85)
    relief = float((np.abs(lightness - blurred(lightness, scale)) * band).sum() / max(float(band.sum()), 1.0))
    gain = float(np.clip(_LIVELY / max(relief, 0.5), 1.0, _MOST))
    return _opened(subject, values, subject.face_mask(1.0), scale, gain)


def _opened(subject: Subject, values: Floats, where: Floats, scale: float, gain: float) -> Floats:
    """``values`` (Lab) as sRGB with ``gain`` times the contrast at ``scale`` px ``where`` (0 … 1)."""
    weight = np.maximum(subject.matte, 1e-3)
    lightness = values[:, :, 0]
    mean = blurred(lightness * weight, scale) / blurred(weight, scale)
    apart = (gain - 1) * where * (lightness - mean)
    # What is already far from its surroundings need not be driven further: no glare, no holes.
    limit = np.where(apart > 0, 27, 40).astype(np.float32)
    apart = limit * np.tanh(apart / limit)
    values[:, :, 0] = np.clip(lightness + apart, 2, 98)
    return unlab(values)
