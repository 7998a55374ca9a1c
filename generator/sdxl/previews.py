"""Pixels on their way out: small pictures of unfinished ones, several on one sheet, PNG bytes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from generator.classic.colour import Bytes
from generator.errors import DrawFailed

SIDE = 256
"""Of a preview, at most: a PNG of that side stays below what the engine border lets through, even of pure noise."""

_PAPER = 238


def resized(pixels: Bytes, side: int) -> Bytes:
    """uint8 (n, n, 3) at ``side`` px."""
    if pixels.shape[0] == side:
        return pixels
    kind = cv2.INTER_AREA if side < pixels.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=kind), np.uint8)


def sheet(pictures: Sequence[Bytes], side: int) -> Bytes:
    """One to four pictures as one of ``side`` px, from the left and from the top; more than one get numbers."""
    if len(pictures) == 1:
        return resized(pictures[0], side)
    cell = side // 2
    whole = np.full((side, side, 3), _PAPER, np.uint8)
    top = (side - cell) // 2 if len(pictures) == 2 else 0
    for place, picture in enumerate(pictures):
        row, column = divmod(place, 2)
        left = (side - cell) // 2 if place == 2 and len(pictures) == 3 else column * cell
        down = top + row * cell
        whole[down : down + cell, left : left + cell] = _numbered(resized(picture, cell), place + 1)
    return whole


def png(pixels: Bytes) -> bytes:
    """``pixels`` as a PNG, without a mark."""
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise DrawFailed(parameters={"reason": "encode"})
    return data.tobytes()


def _numbered(picture: Bytes, number: int) -> Bytes:
    side = picture.shape[0]
    radius = max(6, side // 16)
    middle = (side - radius - side // 40 - 1, side - radius - side // 40 - 1)
    marked = picture.copy()
    cv2.circle(marked, middle, radius, (20, 20, 20), -1, cv2.LINE_AA)
    size, thick = radius / 18, max(1, radius // 8)
    (wide, high), _ = cv2.getTextSize(str(number), cv2.FONT_HERSHEY_SIMPLEX, size, thick)
    corner = (middle[0] - wide // 2, middle[1] + high // 2)
    cv2.putText(marked, str(number), corner, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), thick, cv2.LINE_AA)
    return marked
