"""Pretended roundness: makes a flat silhouette swell like a cushion, for lines and light that follow a form."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Floats
from generator.classic.tone import blurred

_GRIDS = (16, 32, 64)
_ROUNDS = 40


def swollen(mask: Floats) -> Floats:
    """Height (side, side) of a cushion over ``mask`` (0 … 1): 0 at its edge, 1 at the fullest place.

    The square root of the solution of Poisson's equation with a constant load, on a coarse grid from coarse to fine.
    """
    side = mask.shape[0]
    height = np.zeros((_GRIDS[0],) * 2, np.float32)
    for size in _GRIDS:
        inside = cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA)
        height = cv2.resize(height, (size, size), interpolation=cv2.INTER_LINEAR) * inside
        load = np.float32((4 / size) ** 2)
        for _ in range(_ROUNDS):
            height = (cv2.blur(height, (3, 3), borderType=cv2.BORDER_REPLICATE) + load) * inside
    height = np.sqrt(np.maximum(height, 0))
    full = float(height.max())
    if full < 1e-6:
        return np.zeros_like(mask)
    smooth = cv2.resize(cv2.GaussianBlur(height / full, (0, 0), 0.8), (side, side), interpolation=cv2.INTER_CUBIC)
    return blurred(smooth, 0.8 * side / _GRIDS[-1])


def lit(height: Floats, steepness: float) -> Floats:
    """Light from the upper left on ``height``: -1 (turned away) … 1 (towards it), 0 where it is level.

    ``steepness`` is how many sides high a height of 1 stands.
    """
    side = height.shape[0]
    right = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=0.125) * side * steepness
    down = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=0.125) * side * steepness
    towards = 0.6 * right + 0.8 * down
    return (towards / np.sqrt(1 + right * right + down * down)).astype(np.float32)


def closed(mask: Floats, radius: float) -> Floats:
    """``mask`` with gaps narrower than about ``radius`` px filled: a face without its eyes and lines. Soft edges."""
    return np.clip((blurred(np.clip(blurred(mask, radius) * 3.2, 0, 1), radius) - 0.62) * 4, 0, 1)


def opened(mask: Floats, radius: float) -> Floats:
    """``mask`` without what is narrower than about ``2 * radius`` px: hair without the outlines, soft edges kept."""
    side = mask.shape[0]
    work = min(side, 256)
    small = cv2.resize(mask, (work, work), interpolation=cv2.INTER_AREA)
    reach = max(2 * round(radius * work / side) + 1, 3)
    broad = cv2.morphologyEx(small, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    broad = cv2.resize(cv2.dilate(broad, np.ones((3, 3), np.uint8)), (side, side), interpolation=cv2.INTER_LINEAR)
    return np.minimum(np.clip(3 * broad - 1, 0, 1), mask)
