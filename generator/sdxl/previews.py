"""Pixels on their way out: in another size, and as PNG bytes."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Bytes
from generator.errors import DrawFailed

SIDE = 256
"""Of a preview, at most: a PNG of that side stays below what the engine border lets through, even of pure noise."""


def resized(pixels: Bytes, side: int) -> Bytes:
    """uint8 (n, n, 3) at ``side`` px."""
    if pixels.shape[0] == side:
        return pixels
    kind = cv2.INTER_AREA if side < pixels.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=kind), np.uint8)


def png(pixels: Bytes) -> bytes:
    """``pixels`` as a PNG, without a mark."""
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise DrawFailed(parameters={"reason": "encode"})
    return data.tobytes()
