"""Says what the likeness dial does to a face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.chance import chance
from generator.classic.colour import Floats, lab, mix, unlab
from generator.classic.figures import Oval
from generator.classic.tone import blurred

_WORK = 160
_SKETCHED_BELOW = 40


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the dial means for a photo."""

    abstraction: float
    """0 … 1: how much detail goes."""
    warp: float
    """How far the face is bent; 1 is clearly another face, but still a face."""
    sketched: bool
    """True where eyes, brows, nose and mouth are no longer the photo's, but drawn."""

    @classmethod
    def of(cls, likeness: int) -> Likeness:
        """``likeness`` 0 … 100; 100 still bends the face by half."""
        distance = 1 - likeness / 100
        return cls(0.15 + 0.8 * distance, 0.5 + 0.87 * distance, likeness < _SKETCHED_BELOW)


def calmed(image: Floats, face: Oval, likeness: Likeness, seed: int) -> Floats:
    """``image`` (side, side, 3) with the inside of the face reduced to large shapes, as far as the dial says."""
    side = image.shape[0]
    strength = float(np.clip((likeness.abstraction - 0.3) / 0.45, 0, 1))
    if strength <= 0:
        return image
    broad = _broad(image, face, 1.05 if likeness.sketched else 0.16 + 0.3 * strength)
    inside = _inside(side, face)
    result = mix(image, broad, inside * (1.0 if likeness.sketched else 0.35 + 0.6 * strength))
    return _sketched(result, face, seed) if likeness.sketched else result


def _broad(image: Floats, face: Oval, span: float) -> Floats:
    """The median over windows of ``span`` half widths of the face: eyes and mouths vanish, beards and fringes stay."""
    side = image.shape[0]
    work = min(_WORK, side)
    window = 2 * round(span * face.half_width * work / side / 2) + 1
    small = cv2.resize(image, (work, work), interpolation=cv2.INTER_AREA)
    filtered = cv2.medianBlur((np.clip(small, 0, 1) * 255).astype(np.uint8), max(window, 3))
    smooth = cv2.GaussianBlur(filtered.astype(np.float32) / 255, (0, 0), max(0.16 * window, 0.6))
    return cv2.resize(smooth, (side, side), interpolation=cv2.INTER_CUBIC)


def _inside(side: int, face: Oval) -> Floats:
    """Soft mask from the brows to under the mouth."""
    x, y = _places(side, face)
    return np.clip((1.12 - np.hypot(x / 0.94, (y - 0.06) / 0.82)) / 0.3, 0, 1).astype(np.float32)


def _places(side: int, face: Oval) -> tuple[Floats, Floats]:
    """Every pixel in half axes of the face from its centre."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    return (x - face.x) / face.half_width, (y - face.y) / face.half_height


def _sketched(image: Floats, face: Oval, seed: int) -> Floats:
    """Brows, eyes, nose and mouth of a cartoonist, in a tone deeper than the skin they lie on."""
    dice = chance(seed, "sketch")
    apart, high = float(dice.uniform(0.3, 0.48)), float(dice.uniform(-0.3, -0.06))
    lift, smile = float(dice.uniform(0.02, 0.12)), float(dice.uniform(0.05, 0.13))
    wide, low = float(dice.uniform(0.2, 0.4)), float(dice.uniform(0.46, 0.62))
    size, nose = float(dice.uniform(0.075, 0.105)), float(dice.uniform(0.12, 0.26))
    side = image.shape[0]
    scale = 16
    pen = np.zeros((side, side), np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        return (
            round((face.x + x * face.half_width) * scale),
            round((face.y + y * face.half_height) * scale),
        )

    def curve(points: list[tuple[float, float]], width: float) -> None:
        line = np.array([at(*point) for point in points], np.int32)[:, None]
        thickness = max(round(width * face.half_width), 1)
        cv2.polylines(pen, [line], isClosed=False, color=255, thickness=thickness, lineType=cv2.LINE_AA, shift=4)

    for way in (-1, 1):
        middle = way * apart
        turns = np.linspace(-1, 1, 13)
        curve([(middle + 0.19 * t, high - 0.27 - lift * (1 - t * t) + 0.03 * way * t) for t in turns], 0.055)
        cv2.ellipse(
            pen,
            at(middle, high),
            (round(size * face.half_width * scale), round(1.25 * size * face.half_width * scale)),
            0, 0, 360, 255, -1, cv2.LINE_AA, 4,
        )  # fmt: skip
    turns = np.linspace(0, 1, 13)
    curve([(0.02 + 0.1 * np.sin(np.pi * t) * (1 - 0.2 * t), -0.02 + (nose + 0.02) * t) for t in turns], 0.035)
    turns = np.linspace(-1, 1, 17)
    curve([(wide * t, low - smile * t * t) for t in turns], 0.045)
    drawn = blurred(pen.astype(np.float32) / 255, 0.006 * side)
    values = lab(image)
    deep = values * np.array([0.22, 0.5, 0.5], np.float32)
    return mix(image, unlab(deep), drawn)
