"""Bends a face a little in seven seeded directions, so that it is no longer quite that person's."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from generator.classic.chance import chance
from generator.classic.colour import Floats
from generator.classic.figures import Oval

REACH = 0.16
"""The furthest that one direction moves anything at warp 1, in half widths of the face."""
_SPREAD = 0.38

# Points in half axes of the face's oval from its centre, and which way each goes.
DIRECTIONS: Mapping[str, tuple[tuple[float, float, float, float], ...]] = {
    "eye-spacing": ((-0.46, -0.22, -1, 0), (0.46, -0.22, 1, 0)),
    "brow-height": ((-0.46, -0.48, 0, 1), (0.46, -0.48, 0, 1)),
    "nose-length": ((0.0, 0.14, 0, 1),),
    "mouth-width": ((-0.36, 0.48, -1, 0), (0.36, 0.48, 1, 0)),
    "jaw-width": ((-0.78, 0.62, -1, 0), (0.78, 0.62, 1, 0)),
    "cheek-width": ((-0.92, 0.12, -1, 0), (0.92, 0.12, 1, 0)),
    "face-length": ((0.0, 0.98, 0, 1), (0.0, 0.52, 0, 0.5)),
}


def amounts(seed: int) -> dict[str, float]:
    """Direction → -1 … 1, never between -0.55 and 0.55; depends on the seed alone."""
    dice = chance(seed, "warp")
    return {name: float(dice.choice((-1.0, 1.0)) * dice.uniform(0.55, 1.0)) for name in DIRECTIONS}


def field(side: int, face: Oval, seed: int, strength: float) -> tuple[Floats, Floats]:
    """Where every pixel of the warped square comes from: x and y, float32 (side, side), for ``cv2.remap``.

    Radial basis functions of 0.38 half widths around the points of ``DIRECTIONS``; smooth, without folds up to a
    strength of 1.5.
    """
    steps = np.arange(side, dtype=np.float32)
    from_x, from_y = np.meshgrid(steps, steps)
    spread = _SPREAD * face.half_width
    for name, amount in amounts(seed).items():
        for right, down, way_x, way_y in DIRECTIONS[name]:
            centre_x, centre_y = face.x + right * face.half_width, face.y + down * face.half_height
            # A round bump is a product of two that need one row and one column.
            bump_x, bump_y = (
                np.exp(-((steps - np.float32(centre)) ** 2) / np.float32(2 * spread * spread))
                for centre in (centre_x, centre_y)
            )
            push = amount * strength * REACH * face.half_width
            if way_x:
                from_x -= np.outer(bump_y, np.float32(push * way_x) * bump_x)
            if way_y:
                from_y -= np.outer(bump_y, np.float32(push * way_y) * bump_x)
    return from_x, from_y


def warped(image: Floats, where: tuple[Floats, Floats]) -> Floats:
    """``image`` bent by a ``field``."""
    return cv2.remap(image, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
