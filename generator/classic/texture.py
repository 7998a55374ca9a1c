"""Uneven fields: clouds, grain, and the hand's tremble."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Floats


def clouds(side: int, scale: float, dice: np.random.Generator, octaves: int = 3) -> Floats:
    """Soft noise (side, side), mean about 0, deviation 1; ``scale`` px is the size of its largest swells."""
    half = (side + 1) // 2
    # Broad swells are as soft when they are made at half the size.
    broad, fine = np.zeros((half, half), np.float32), np.zeros((side, side), np.float32)
    for octave in range(octaves):
        count = max(round(side / scale * 2**octave), 1) + 3
        if count > side:
            break
        grain = dice.standard_normal((count, count)).astype(np.float32)
        total = broad if side > 16 * (count - 3) else fine
        work = len(total)
        # Cut from a larger field, so that no swell ends at the frame.
        field = cv2.resize(grain, None, fx=work / (count - 3), fy=work / (count - 3), interpolation=cv2.INTER_CUBIC)
        start = (len(field) - work) // 2
        total += field[start : start + work, start : start + work] * 0.55**octave
    fine += cv2.resize(broad, (side, side), interpolation=cv2.INTER_CUBIC)
    return (fine - fine.mean()) / max(float(fine.std()), 1e-6)


def trembled(field: Floats, amount: float, scale: float, dice: np.random.Generator) -> Floats:
    """``field`` as an unsteady hand would have drawn it: moved by about ``amount`` px, differently every ``scale`` px."""
    side = field.shape[0]
    steps = np.arange(side, dtype=np.float32)
    right, down = (amount * clouds(side, scale, dice, 2) for _ in range(2))
    return cv2.remap(
        field, steps[None, :] + right, steps[:, None] + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
