"""A picture in few colours: quick, and truer than median cut."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from generator.classic.colour import Bytes

_CELLS = 1 << 18
"""A grid of 64 steps a channel."""


def reduced(pixels: Bytes, colours: int) -> Image.Image:
    """uint8 (h, w, 3) in at most ``colours`` (2 … 256) of its own.

    The cells of a grid stand for their pixels. They are divided where their colours lie furthest apart, then each takes
    the nearest of the colours found.
    """
    code = _cells(pixels)
    flat = pixels.reshape(-1, 3)
    mass = np.bincount(code, minlength=_CELLS)
    used = np.flatnonzero(mass)
    weight = mass[used].astype(np.float64)
    mean = np.stack([np.bincount(code, flat[:, each], _CELLS)[used] for each in range(3)], axis=1) / weight[:, None]
    box, count = _divided(mean, weight, colours)
    palette = _centres(mean, weight, box, np.zeros((count, 3)))
    near = _nearest(mean.astype(np.float32), palette.astype(np.float32))
    palette = _centres(mean, weight, near, palette)
    which = np.zeros(_CELLS, np.uint8)
    which[used] = near
    picture = Image.fromarray(which[code].reshape(pixels.shape[:2]), "P")
    picture.putpalette(np.round(palette).astype(np.uint8).tobytes())
    return picture


def _cells(pixels: Bytes) -> np.ndarray:
    """The cell of each pixel: the upper six bits of its channels, (h * w)."""
    packed: np.ndarray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA)).view("<u4").ravel()
    return ((packed >> 2 & 0x3F) | (packed >> 4 & 0xFC0) | (packed >> 6 & 0x3F000)).astype(np.intp)


def _divided(points: np.ndarray, weight: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """A box for each of ``points`` (n, 3), 0 …, and how many boxes there are, at most ``most``.

    In each round the worse half of the boxes is cut at the mean of the channel that varies most, after Wu, "Efficient
    statistical computations for optimal color quantization" (1991).
    """
    box, count = np.zeros(len(points), np.intp), 1
    everyone = np.arange(len(points))
    while count < most:
        total = np.bincount(box, weight, count)
        sums = _sums(points, weight, box, count)
        spread = _sums(points * points, weight, box, count) - sums * sums / total[:, None]
        axis = spread.argmax(axis=1)
        worth = spread.max(axis=1)
        worst = np.argsort(-worth, kind="stable")[: min(max(count // 2, 1), most - count)]
        worst = worst[worth[worst] > 1e-3]
        if not len(worst):
            break
        middle = np.full(count, np.inf)
        middle[worst] = sums[worst, axis[worst]] / total[worst]
        new = np.zeros(count, np.intp)
        new[worst] = count + np.arange(len(worst))
        box = np.where(points[everyone, axis[box]] > middle[box], new[box], box)
        count += len(worst)
    return box, count


def _sums(values: np.ndarray, weight: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """The weighed sum of ``values`` (n, 3) of each group, (count, 3)."""
    return np.stack([np.bincount(group, weight * values[:, each], count) for each in range(3)], axis=1)


def _centres(points: np.ndarray, weight: np.ndarray, group: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The middle of each group, (n, 3); of an empty one as it was ``before``."""
    total = np.bincount(group, weight, len(before))[:, None]
    return np.where(total > 0, _sums(points, weight, group, len(before)) / np.maximum(total, 1), before)


def _nearest(mean: np.ndarray, palette: np.ndarray) -> np.ndarray:
    # By OpenCV's transform: a matrix product would wake threads that wait for each other long after.
    rows = np.column_stack([-2 * palette, (palette * palette).sum(axis=1)]).astype(np.float32)
    return cv2.transform(mean[:, None], rows).reshape(len(mean), len(palette)).argmin(axis=1)
