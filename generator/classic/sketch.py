"""Draws eyes, brows, a nose and a mouth that are nobody's into a bare face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.chance import chance
from generator.classic.colour import Floats, lab, unlab
from generator.classic.landmarks import Landmarks
from generator.classic.tone import blurred

_FINE = 4
_Points = Sequence[tuple[float, float]]
_Paint = Callable[[Floats], Floats]
"""What becomes of the skin (h, w, 3), CIE Lab, under it."""


@dataclass(frozen=True, slots=True)
class _Looks:
    """The measures of a face, in half distances of its eyes."""

    apart: float
    high: float
    wide: float
    open: float
    slant: float
    brow: float
    arch: float
    thick: float
    nose: float
    nostrils: float
    mouth: float
    lips: float
    smile: float
    low: float

    @classmethod
    def of(cls, seed: int) -> _Looks:
        dice = chance(seed, "sketch")

        def between(low: float, high: float) -> float:
            return float(dice.uniform(low, high))

        return cls(
            apart=between(0.86, 1.04), high=between(0.04, 0.26), wide=between(0.41, 0.49), open=between(0.19, 0.25),
            slant=between(-0.03, 0.08), brow=between(0.5, 0.62), arch=between(0.06, 0.16), thick=between(0.09, 0.15),
            nose=between(0.46, 0.53), nostrils=between(0.26, 0.36), mouth=between(0.55, 0.78), lips=between(0.13, 0.2),
            smile=between(0.06, 0.2), low=between(0.86, 0.98),
        )  # fmt: skip


class _Canvas:
    """Lays paint on a face: shapes in half distances of the eyes, paint as what becomes of the skin below."""

    def __init__(self, image: Floats, cover: Floats, marks: Landmarks) -> None:
        self.values = lab(np.clip(image, 0, 1))
        self._cover = cover
        self._marks = marks
        self._bare = self.values.copy()
        right, down = marks.measured(image.shape[0], image.shape[1])
        near = (np.abs(right) < 1.2) & (down > 0) & (down < marks.long)
        self.skin = np.median(self.values[near], axis=0) if near.any() else np.array([60.0, 12.0, 16.0])

    def shape(self, points: _Points, paint: _Paint, soft: float = 0.0, within: _Points | None = None) -> None:
        """Fill ``points`` with ``paint``, its edge ``soft`` half distances of the eyes wide; only ``within`` a shape."""
        height, width = self.values.shape[:2]
        reach = round(3 * soft * self._marks.apart) + 2
        places = np.array([self._marks.at(*point) for point in points])
        (left, top), (right, bottom) = np.floor(places.min(axis=0)) - reach, np.ceil(places.max(axis=0)) + reach + 1
        left, right = (int(np.clip(each, 0, width)) for each in (left, right))
        top, bottom = (int(np.clip(each, 0, height)) for each in (top, bottom))
        if left >= right or top >= bottom:
            return
        part = np.s_[top:bottom, left:right]
        laid = self._filled(places - (left, top), bottom - top, right - left)
        if soft:
            laid = blurred(laid, soft * self._marks.apart)
        if within is not None:
            edge = np.array([self._marks.at(*point) for point in within]) - (left, top)
            laid = laid * self._filled(edge, bottom - top, right - left)
        laid = (laid * self._cover[part])[..., None]
        self.values[part] += laid * (paint(self._bare[part]) - self.values[part])

    def _filled(self, places: np.ndarray, height: int, width: int) -> Floats:
        mask = np.zeros((height, width), np.uint8)
        corners = np.round(places * (1 << _FINE)).astype(np.int32)[:, None]
        cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, _FINE)
        return mask.astype(np.float32) / 255

    def line(self, points: _Points, widths: Sequence[float], paint: _Paint) -> None:
        """A brush stroke through ``points`` (at least two), as wide as told at each."""
        middle = np.array(points)
        along = np.gradient(middle, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-6)
        half = np.maximum(np.array(widths), 1.1 / self._marks.apart)[:, None] / 2
        outline = np.vstack([middle + across * half, (middle - across * half)[::-1]])
        self.shape([(float(x), float(y)) for x, y in outline], paint)


def sketched(image: Floats, cover: Floats, marks: Landmarks, seed: int) -> Floats:
    """``image`` (side, side, 3), sRGB, with features drawn where the face is bare: ``cover`` (side, side), 0 … 1."""
    looks = _Looks.of(seed)
    left, top, width, height = cv2.boundingRect((cover > 0).astype(np.uint8))
    if not width:
        return image
    part = np.s_[top : top + height, left : left + width]
    canvas = _Canvas(image[part], cover[part], marks.beside(left, top))
    for way in (-1, 1):
        _eye(canvas, looks, way)
        _brow(canvas, looks, way)
    _nose(canvas, looks, marks.long)
    _mouth(canvas, looks, marks.long)
    result = image.copy()
    result[part] = unlab(canvas.values)
    return result


def _deeper(lightness: float, red: float = 0.0, chroma: float = 1.0) -> _Paint:
    """Skin at ``lightness`` times its own, a little redder."""

    def paint(values: Floats) -> Floats:
        result = values * np.array([lightness, chroma, chroma], np.float32)
        result[:, :, 1] += red
        return result

    return paint


def _plain(lightness: float, a: float, b: float) -> _Paint:
    """One colour, whatever lies below."""
    return lambda values: np.broadcast_to(np.array([lightness, a, b], np.float32), values.shape)


_INK = _plain(11, 3, 3)


def _eye(canvas: _Canvas, looks: _Looks, way: int) -> None:
    turns = np.linspace(-1, 1, 17)
    x0, y0 = way * looks.apart, looks.high

    def at(t: np.ndarray, rise: np.ndarray) -> list[tuple[float, float]]:
        # t is -1 at the nose and 1 at the temple.
        return [
            (x0 + way * looks.wide * float(s), y0 - looks.slant * float(s) - float(r))
            for s, r in zip(t, rise, strict=True)
        ]

    bow = (1 - turns**2) * (1 - 0.12 * turns)
    upper, lower = looks.open * bow * 1.15, -0.62 * looks.open * (1 - turns**2) * (1 + 0.15 * turns)
    socket = np.linspace(0, 2 * np.pi, 25)
    canvas.shape(
        [(x0 + 1.35 * looks.wide * np.cos(a), y0 - 0.08 + 0.3 * np.sin(a)) for a in socket], _deeper(0.86, 2), 0.14
    )
    outline = at(turns, upper) + at(turns[::-1], lower[::-1])
    light = float(np.clip(canvas.skin[0] + 14, 66, 90))
    canvas.shape(outline, _plain(light, 1, 3))
    round_eye = 1.02 * looks.open
    ring = [(x0 + round_eye * np.cos(a), y0 - 0.12 * looks.open + round_eye * np.sin(a)) for a in socket]
    canvas.shape(ring, _plain(20, 7, 10), within=outline)
    canvas.shape(
        [(x0 + 0.5 * (x - x0), y0 - 0.06 * looks.open + 0.5 * (y - y0)) for x, y in ring],
        _plain(5, 1, 1),
        within=outline,
    )
    # Under the lid it is darker.
    canvas.shape(at(turns, upper) + at(turns[::-1], upper[::-1] - 0.06), _deeper(0.5), within=outline)
    gleam = 0.2 * looks.open
    canvas.shape(
        [(x0 - 0.35 * looks.open + gleam * np.cos(a), y0 - 0.5 * looks.open + gleam * np.sin(a)) for a in socket],
        _plain(95, 0, 0),
    )
    longer = np.append(turns, 1.14)
    lash = np.append(upper, 0.03)
    canvas.line(at(longer, lash), [0.03 + 0.075 * min(1.0, (float(t) + 1) / 1.2) for t in turns] + [0.0], _INK)
    canvas.line(at(turns[6:], lower[6:]), [0.022] * 11, _deeper(0.55, 4))
    crease = turns[2:-1]
    canvas.line(at(crease, (upper + 0.1 + 0.02 * turns)[2:-1]), [0.03] * len(crease), _deeper(0.66, 4))


def _brow(canvas: _Canvas, looks: _Looks, way: int) -> None:
    turns = np.linspace(-1, 1, 15)
    x0, y0 = way * looks.apart * 1.03, looks.high - looks.brow
    points = [
        (
            x0 + way * 0.52 * float(t),
            y0 - looks.arch * float(np.cos(1.25 * (t - 0.35))) + looks.arch - 0.4 * looks.slant * float(t),
        )
        for t in turns
    ]
    widths = [looks.thick * float(np.clip(0.72 + 0.28 * (1 - abs(t + 0.4)) - 0.75 * max(t, 0), 0.1, 1)) for t in turns]
    canvas.line(points, widths, _deeper(0.3, 1, 0.7))


def _nose(canvas: _Canvas, looks: _Looks, long: float) -> None:
    base, half = looks.nose * long, looks.nostrils
    turns = np.linspace(0, 2 * np.pi, 25)
    # One side of the bridge, the tip, and what lies below it.
    canvas.shape(
        [(0.12, -0.25), (0.2, 0.3), (0.32, base - 0.15), (0.12, base - 0.12), (0.06, 0.2)], _deeper(0.85, 3), 0.07
    )
    canvas.shape([(0.1 * np.cos(a) - 0.03, base - 0.2 + 0.2 * np.sin(a)) for a in turns], _deeper(1.06), 0.08)
    canvas.shape([(1.1 * half * np.cos(a), base + 0.1 + 0.1 * np.sin(a)) for a in turns], _deeper(0.84, 3), 0.06)
    for way in (-1, 1):
        t = np.linspace(0, 1, 9)
        wing = [
            (way * half * (0.82 + 0.2 * np.sin(np.pi * s)), base - 0.22 + 0.24 * s) for s in (float(each) for each in t)
        ]
        canvas.line(wing, [0.05 * np.sin(np.pi * (0.15 + 0.8 * float(s))) for s in t], _deeper(0.55, 5))
        nostril = [
            (way * half * (0.25 + 0.5 * s), base + 0.03 - 0.06 * np.sin(np.pi * s)) for s in (float(e) for e in t)
        ]
        canvas.line(nostril, [0.085 * np.sin(np.pi * (0.1 + 0.8 * float(s))) for s in t], _deeper(0.32, 5))


def _mouth(canvas: _Canvas, looks: _Looks, long: float) -> None:
    y0, wide, full = looks.low * long, looks.mouth, looks.lips
    turns = np.linspace(-1, 1, 21)
    seam = np.array([y0 - looks.smile * float(t * t) + 0.03 * np.cos(3 * np.pi * t) * (1 - abs(t)) for t in turns])
    bow = full * 0.72 * (1 - np.abs(turns) ** 1.7) * (1 - 0.28 * np.exp(-((turns / 0.16) ** 2)))
    lower = full * 1.05 * (1 - np.abs(turns) ** 2.4)

    def at(rows: np.ndarray) -> list[tuple[float, float]]:
        return [(wide * float(t), float(y)) for t, y in zip(turns, rows, strict=True)]

    around = np.linspace(0, 2 * np.pi, 25)
    canvas.shape(
        [(0.5 * wide * np.cos(a), y0 + 1.75 * full + 0.07 * np.sin(a)) for a in around], _deeper(0.84, 2), 0.07
    )
    canvas.shape(at(seam - bow) + at(seam)[::-1], _deeper(0.68, 15, 1.05), 0.012)
    canvas.shape(at(seam) + at(seam + lower)[::-1], _deeper(0.8, 15, 1.05), 0.012)
    canvas.line(at(seam), [0.02 + 0.05 * float(1 - 0.5 * t * t) for t in turns], _deeper(0.28, 8))
