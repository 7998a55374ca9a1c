"""Draws the features that stand in for a person's own: nobody's eyes, brows, nose, mouth, jaw, as thin lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from generator.classic.chance import chance
from generator.classic.colour import Bytes
from generator.classic.figures import Oval

_FINE = 4
_SMILES: Mapping[str, float] = {
    "happy": 0.075, "calm": 0.03, "cheeky": 0.06, "serious": -0.005, "surprised": 0.02, "dreamy": 0.045,
}  # fmt: skip
"""Mood → how far the corners of the mouth rise, in half heights of the face."""
_LENSES: Mapping[str, tuple[float, float, float]] = {"round": (1.0, 0.3, 0.225), "square": (0.5, 0.3, 0.19)}
"""Glasses that are seen through → how round their corners are; half their width and height, in half axes."""

Points = Sequence[tuple[float, float]]


class Pen:
    """Draws on ``edges`` (uint8, square) in half axes of ``face`` from its centre, one pixel wide."""

    def __init__(self, edges: Bytes, face: Oval) -> None:
        self._edges = edges
        self._face = face

    def line(self, points: Points, *, closed: bool = False) -> None:
        """A line through ``points``."""
        cv2.polylines(self._edges, [self._placed(points)], closed, 255, 1, cv2.LINE_8, _FINE)

    def _placed(self, points: Points) -> np.ndarray:
        face = self._face
        places = [(face.x + x * face.half_width, face.y + y * face.half_height) for x, y in points]
        return np.round(np.array(places) * (1 << _FINE)).astype(np.int32)[:, None]


def draw_face(edges: Bytes, face: Oval, seed: int, mood: str, glasses: str) -> None:
    """Brows, eyes, nose, mouth and jaw of nobody, placed by ``seed`` alone; in place. Sunglasses are none of it."""
    dice = chance(seed, "features")
    apart, high = float(dice.uniform(0.4, 0.47)), float(dice.uniform(-0.23, -0.15))
    half, open_by = float(dice.uniform(0.165, 0.2)), float(dice.uniform(0.06, 0.08))
    brow, nose = float(dice.uniform(0.17, 0.22)), float(dice.uniform(0.2, 0.27))
    mouth, wide = float(dice.uniform(0.5, 0.57)), float(dice.uniform(0.27, 0.35))
    full, jaw = float(dice.uniform(0.05, 0.075)), float(dice.uniform(2.2, 2.7))
    if mood == "surprised":
        open_by, brow = open_by * 1.25, brow + 0.05
    pen = Pen(edges, face)
    _jaw(pen, jaw)
    for way in (-1, 1):
        _eye(pen, way * apart, high, half, open_by)
    if glasses in _LENSES:
        _glasses(pen, glasses, apart, high)
    for way in (-1, 1):
        _brow(pen, way, apart, high - brow)
    _nose(pen, nose)
    _mouth(pen, mouth, wide, full, _SMILES.get(mood, 0.03))


def _glasses(pen: Pen, shape: str, apart: float, high: float) -> None:
    lenses = [_lens(shape, way * apart, high) for way in (-1, 1)]
    for lens in lenses:
        pen.line(lens, closed=True)
    wide = max(x for x, _ in lenses[1]) - apart
    inner = apart - wide
    pen.line([(x, high - 0.05 - 0.03 * (1 - (x / inner) ** 2)) for x in np.linspace(-inner, inner, 9)])
    for way in (-1, 1):
        pen.line([(way * (apart + wide), high - 0.06), (way * 0.97, high - 0.08)])


def _lens(shape: str, middle: float, high: float) -> Points:
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    corners, wide, height = _LENSES[shape]

    def out(value: float) -> float:
        return float(np.sign(value) * abs(value) ** corners)

    return [(middle + wide * out(np.cos(t)), high + 0.015 + height * out(np.sin(t))) for t in turns]


def _eye(pen: Pen, x: float, y: float, half: float, open_by: float) -> None:
    turns = np.linspace(-1, 1, 17)
    upper = [(x + half * t, y - open_by * (1 - t * t)) for t in turns]
    lower = [(x + half * t, y + 0.75 * open_by * (1 - t * t)) for t in turns]
    pen.line(upper)
    pen.line(lower)
    pen.line([(x + 1.02 * half * t, y - 0.035 - 1.25 * open_by * (1 - t * t)) for t in turns[2:-2]])
    # The iris is rounder than the opening: only what lies between the lids shows.
    radius = 0.4 * half
    for start, end in ((0.72 * np.pi, 1.28 * np.pi), (-0.28 * np.pi, 0.28 * np.pi)):
        pen.line([(x + radius * np.cos(t), y + 0.8 * radius * np.sin(t)) for t in np.linspace(start, end, 9)])
    turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    pen.line([(x + 0.4 * radius * np.cos(t), y + 0.32 * radius * np.sin(t)) for t in turns], closed=True)


def _brow(pen: Pen, way: int, apart: float, y: float) -> None:
    turns = np.linspace(-1, 1, 17)
    top = [(way * (apart + 0.03 + 0.25 * t), y - 0.055 * (1 - t * t) - 0.012 * (1 - t) + 0.02 * t) for t in turns]
    low = [(way * (apart + 0.03 + 0.25 * t), y + 0.02 - 0.05 * (1 - t * t) + 0.024 * t) for t in turns]
    pen.line([*top, *low[::-1]], closed=True)


def _nose(pen: Pen, y: float) -> None:
    right = [(0.13, y - 0.07), (0.165, y - 0.03), (0.15, y + 0.01), (0.1, y + 0.015)]
    tip = [(0.08 * t, y + 0.015 + 0.028 * (1 - t * t)) for t in np.linspace(-1, 1, 9)]
    pen.line(right)
    pen.line([(-each, down) for each, down in right])
    pen.line(tip)


def _mouth(pen: Pen, y: float, wide: float, full: float, smile: float) -> None:
    turns = np.linspace(-1, 1, 25)
    pen.line([(wide * t, y - smile * t * t) for t in turns])
    bow = [(wide * t, y - smile * t * t - full * (1 - t * t) * (1 - 0.35 * np.exp(-((t / 0.16) ** 2)))) for t in turns]
    pen.line(bow)
    pen.line([(0.85 * wide * t, y - smile * t * t + 1.35 * full * (1 - t * t)) for t in turns[2:-2]])


def _jaw(pen: Pen, square: float) -> None:
    """From ear to ear below the eyes; ``square`` 2 is an ellipse, more has corners."""
    turns = np.linspace(0.04 * np.pi, 0.96 * np.pi, 49)
    power = 2 / square
    pen.line([(0.95 * np.sign(np.cos(t)) * abs(np.cos(t)) ** power, 1.0 * np.sin(t) ** power) for t in turns])
