"""Several pictures as one, each with its number, for people to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from generator.engine import GRID_SIDE
from generator.sheet import PAPER, badge

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

NOTHING = (206, 206, 210)
"""Where a picture should be, and none is."""
_GAP, _BADGE = 1 / 64, 0.15
"""Shares of a tile's side: the space between tiles, and what a number takes of a corner, where no face is."""
_SMALLEST_BADGE = 14


def grid(pictures: Sequence[Bytes | None], longest: int = GRID_SIDE) -> Bytes:
    """uint8 (n, n, 3) each, and one at least, as one picture of at most ``longest`` px: two side by side, more in rows of two.

    One alone is itself, without a number. Where there is None, the place stays empty, and the others keep theirs. No
    tile is larger than its picture.
    """
    there = [picture for picture in pictures if picture is not None]
    whole = max(picture.shape[0] for picture in there)
    if len(pictures) == 1:
        return _fitted(there[0], min(whole, longest))
    side = min(whole, round(longest / (2 + _GAP) - 0.5))
    gap = min(max(2, round(side * _GAP)), longest - 2 * side)
    rows = (len(pictures) + 1) // 2
    canvas = Image.new("RGB", (2 * side + gap, rows * side + (rows - 1) * gap), PAPER)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, 2)
        at = column * (side + gap), row * (side + gap)
        if picture is None:
            canvas.paste(NOTHING, (*at, at[0] + side, at[1] + side))
            continue
        canvas.paste(Image.fromarray(_fitted(picture, side)), at)
        edge = max(2, side // 48)
        badge(canvas, str(place + 1), (at[0] + edge, at[1] + edge), max(_SMALLEST_BADGE, round(side * _BADGE)))
    return np.asarray(canvas, np.uint8)


def _fitted(picture: Bytes, side: int) -> Bytes:
    if picture.shape[0] == side:
        return picture
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS), np.uint8)
