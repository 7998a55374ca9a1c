"""What every painter is told, and what some of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from generator.classic.chance import Luck
from generator.classic.colour import Floats, mix, rgb
from generator.classic.subject import Subject
from generator.classic.tone import blurred

WORK = 448
"""Side at which photos are simplified: soft fields of a larger one hold no more. Edges are cut at output size."""


@dataclass(frozen=True, slots=True)
class Brief:
    """How to paint: colours, abstraction, and everything that is left to chance."""

    colours: tuple[Floats, ...]
    """The palette, sRGB 0 … 1, each (3,)."""
    abstraction: float
    """0 … 1: how far from the source's detail."""
    parameters: Mapping[str, Any]
    """The style's own numbers."""
    luck: Luck

    def dice(self, theme: str = "backdrop") -> np.random.Generator:
        """Numbers for all that belongs to ``theme``."""
        return self.luck.dice(theme, theme)

    def design(self, count: int) -> int:
        """Which of ``count`` backdrops: 0 …"""
        return self.luck.walk("backdrop", count, "design")


def brief(palette: tuple[str, ...], abstraction: float, parameters: Mapping[str, Any], luck: Luck) -> Brief:
    return Brief(tuple(rgb(colour) for colour in palette), abstraction, parameters, luck)


Painter = Callable[[Subject, Brief], Floats]
"""Paints float32 (side, side, 3), sRGB 0 … 1."""


def room(subject: Subject) -> float:
    """How much farther a shape must reach, in half sides, to be seen behind this than behind a head: pets and things
    come in a disc of their own."""
    return 0.0 if subject.face is not None else 0.26


def unit(side: int) -> float:
    """Lengths in the recipes are given for a side of 512 px."""
    return side / 512


def enlarged(field: Floats, side: int) -> Floats:
    """A soft ``field`` that was made small, (side, side)."""
    return field if len(field) == side else cv2.resize(field, (side, side), interpolation=cv2.INTER_CUBIC)


def shifted(field: Floats, right: float, down: float) -> Floats:
    """``field`` moved by a fraction of a pixel or more; what comes in repeats the edge."""
    height, width = field.shape[:2]
    move = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return cv2.warpAffine(field, move, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def grown(mask: Floats, radius: float) -> Floats:
    """A soft mask made wider by ``radius`` px, edges antialiased."""
    distance = cv2.distanceTransform((mask < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return np.maximum(np.clip(radius + 0.5 - distance, 0, 1), mask)


def bled(field: Floats, matte: Floats, sigma: float) -> Floats:
    """``field`` with what lies outside ``matte`` replaced by its surroundings inside, so that no edge is left there.

    ``field`` is (h, w) or (h, w, 3).
    """
    weight = step(blurred(matte, sigma / 3), 0.86, 0.2)
    whole = np.maximum(blurred(weight, sigma), 1e-3)
    if field.ndim == 3:
        near = blurred(field * cv2.merge((weight,) * 3), sigma) / cv2.merge((whole,) * 3)
        return mix(near, field, weight)
    near = blurred(field * weight, sigma) / whole
    return near + (field - near) * weight


def step(field: Floats, threshold: float | Floats, softness: float) -> Floats:
    """0 below ``threshold``, 1 above, a linear ramp of total width ``softness`` between."""
    return np.clip((field - threshold) / max(softness, 1e-4) + 0.5, 0, 1)


def edge(field: Floats, threshold: float) -> Floats:
    """1 where ``field`` is above ``threshold``, 0 below, with an edge one pixel wide whatever the slope."""
    right, down = (cv2.Sobel(field, cv2.CV_32F, *way, scale=0.125) for way in ((1, 0), (0, 1)))
    slope = cv2.magnitude(right, down)
    return np.clip((field - threshold) / np.maximum(slope, 0.002, out=slope) + 0.5, 0, 1)


def printed(coverage: Floats, pitch: float) -> Floats:
    """``coverage`` (0 … 1) as halftone dots: ink (0 … 1) with antialiased edges, solid at both ends."""
    dots = step(coverage, screen(coverage.shape[0], pitch), 1.8 / pitch)
    return np.where(coverage < 0.04, 0, np.where(coverage > 0.93, 1, dots)).astype(np.float32)


def screen(side: int, pitch: float) -> Floats:
    """A halftone screen at 45 degrees: for every pixel the ink coverage (0 … 1) from which it is inked.

    ``pitch`` px from dot to dot along the lattice.
    """
    wave = np.cos(np.arange(side, dtype=np.float32) * np.float32(2 * np.pi / (pitch * np.sqrt(2))))
    return (1 - np.multiply.outer(wave, wave)) / 2
