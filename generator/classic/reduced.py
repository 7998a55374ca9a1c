"""A picture in few colours: quick, and as true as median cut alone."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from generator.classic.colour import Bytes

_ROUNDS = 2
_SAMPLED = 11
"""Every so many pixels have a say in the first palette."""


def reduced(pixels: Bytes, colours: int) -> Image.Image:
    """uint8 (h, w, 3) in at most ``colours`` (2 … 256) of its own: median cut of some, then k-means over a grid of 64
    steps a channel, whose cells stand for all of their pixels."""
    code = (pixels.astype(np.int32) >> 2 << np.array([12, 6, 0])).sum(axis=2).ravel()
    flat = pixels.reshape(-1, 3)
    mass = np.bincount(code, minlength=1 << 18)
    used = np.flatnonzero(mass)
    weight = mass[used].astype(np.float32)
    mean = np.stack([np.bincount(code, flat[:, each], 1 << 18)[used] for each in range(3)], axis=1) / weight[:, None]
    mean = mean.astype(np.float32)
    some = Image.fromarray(np.ascontiguousarray(flat[::_SAMPLED])[None])
    first = some.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette() or [0, 0, 0]
    palette = np.array(first, np.float32).reshape(-1, 3)[:colours]
    for _ in range(_ROUNDS):
        near = _nearest(mean, palette)
        total = np.bincount(near, weight, len(palette))
        sums = np.stack([np.bincount(near, weight * mean[:, each], len(palette)) for each in range(3)], axis=1)
        palette = np.where(total[:, None] > 0, sums / np.maximum(total, 1)[:, None], palette).astype(np.float32)
    which = np.zeros(1 << 18, np.uint8)
    which[used] = _nearest(mean, palette)
    picture = Image.fromarray(which[code].reshape(pixels.shape[:2]), "P")
    picture.putpalette(np.round(palette).astype(np.uint8).tobytes())
    return picture


def _nearest(mean: np.ndarray, palette: np.ndarray) -> np.ndarray:
    # By OpenCV's transform: a matrix product would wake threads that wait for each other long after.
    rows = np.column_stack([-2 * palette, (palette * palette).sum(axis=1)]).astype(np.float32)
    return cv2.transform(mean[:, None], rows).reshape(len(mean), len(palette)).argmin(axis=1)
