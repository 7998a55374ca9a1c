"""Measures how much has to be crossed from the rim of a photo to each of its pixels, and finds its subject by that.

What a photo shows on purpose seldom touches its rim, and its backdrop mostly does: the geodesic saliency of Wei, Wen,
Zhu and Sun, "Geodesic Saliency Using Background Priors" (2012), on pixels instead of patches.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.colour import Bytes, Floats, lab

_LONG_SIDE = 96
"""Pixels at which a photo is looked through for its subject."""
_SLACK = 2.0
"""Steps in Lab that count for nothing there: gradients, noise."""
_FAINT = 8.0
"""Less than this, summed up, tells nothing."""
_PART = 0.32
"""Share of the most that is crossed which a subject has at least."""
_CLIFF = 0.43
"""Most that is crossed just outside a subject, as a share of what is inside: a texture rises gently everywhere."""
_SMALLEST, _LARGEST = 0.34, 0.57
"""Radius of the disc around a subject, in short sides of the photo."""
_AIR, _BEYOND = 1.1, 0.06
"""Room around a subject; how far the disc may reach out of the photo, in short sides: its rim is blurred anyway."""


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle in the pixels of a photo."""

    x: float
    y: float
    radius: float
    subject: Floats
    """Soft mask (height, width) of what stands out; 0 where nothing does."""


def crossed(lab_image: Floats, rim: np.ndarray, slack: float) -> Floats:
    """Least sum of colour steps, each less ``slack``, on a way from ``rim`` to each pixel, (h, w), in units of Lab.

    ``lab_image`` (h, w, 3); ``rim`` (h, w), bool. Two rounds of sweeps in four directions, which ways of more than two
    turns back and forth would need more of.
    """
    fall = np.maximum(np.sqrt(np.square(np.diff(lab_image, axis=0)).sum(axis=2)) - slack, 0)
    side = np.maximum(np.sqrt(np.square(np.diff(lab_image, axis=1)).sum(axis=2)) - slack, 0)
    side = np.ascontiguousarray(side.T)
    sums = np.where(rim, 0, 1e4).astype(np.float32)
    for _ in range(2):
        for steps in (fall, side):
            for line in range(1, len(sums)):
                np.minimum(sums[line], sums[line - 1] + steps[line - 1], out=sums[line])
            for line in range(len(sums) - 2, -1, -1):
                np.minimum(sums[line], sums[line + 1] + steps[line], out=sums[line])
            sums = np.ascontiguousarray(sums.T)
    return sums


def disc_around_subject(image: Bytes) -> Disc:
    """The disc that holds what stands out in a photo without a face; its middle where nothing does.

    What cannot be told from its backdrop gets a wide disc around the middle.
    """
    height, width = image.shape[:2]
    scale = _LONG_SIDE / max(height, width)
    rows, columns = max(round(height * scale), 3), max(round(width * scale), 3)
    small = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
    rim = np.ones((rows, columns), bool)
    rim[1:-1, 1:-1] = False
    sums = crossed(lab(small.astype(np.float32) / 255), rim, _SLACK)
    down = (np.arange(rows) - (rows - 1) / 2) / (0.45 * rows)
    right = (np.arange(columns) - (columns - 1) / 2) / (0.45 * columns)
    central = np.outer(np.exp(-0.5 * down**2), np.exp(-0.5 * right**2))
    weight = np.minimum(sums / max(float(np.quantile(sums, 0.95)), _FAINT), 1) * central
    out = cv2.morphologyEx((weight > _PART).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(out)
    mass = np.bincount(labels.ravel(), (weight * out).ravel())
    short = min(rows, columns)
    x, y, radius = (columns - 1) / 2, (rows - 1) / 2, 0.5 * short
    kept = (labels == mass.argmax()).astype(np.uint8) if mass.max() > 0 else np.zeros((rows, columns), np.uint8)
    if _stands_out(kept, sums):
        (x, y), radius = cv2.minEnclosingCircle(np.argwhere(kept)[:, ::-1].astype(np.float32))
        radius = float(np.clip(_AIR * radius + 1, _SMALLEST * short, _LARGEST * short))
    else:
        kept[:] = 0
    least = radius - _BEYOND * short
    x, y = (
        float(np.clip(each, min(least, (count - 1) / 2), max(count - 1 - least, (count - 1) / 2)))
        for each, count in ((x, columns), (y, rows))
    )
    subject = cv2.GaussianBlur(cv2.dilate(kept, np.ones((5, 5))).astype(np.float32), (0, 0), 2)
    return Disc((x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5, radius / scale, cv2.resize(subject, (width, height)))


def _stands_out(mask: np.ndarray, sums: Floats) -> bool:
    if not mask.any():
        return False
    around = (cv2.dilate(mask, np.ones((9, 9))) > 0) & (cv2.dilate(mask, np.ones((3, 3))) == 0)
    return bool(around.any()) and float(np.median(sums[around])) < _CLIFF * float(np.median(sums[mask > 0]))
