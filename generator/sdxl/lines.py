"""Line images: finding, thinning and weeding lines one pixel wide. All are uint8 (h, w), 0 or 255."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Bytes, Floats

_INK = 96
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def border(shape: np.ndarray) -> Bytes:
    """The outline of a boolean ``shape``, open where the picture ends."""
    solid = shape.astype(np.uint8)
    inner = cv2.erode(solid, _CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return (solid - inner) * np.uint8(255)


def enough(edges: Bytes, least: Floats) -> Bytes:
    """``edges`` without pieces that have fewer pixels than ``least`` (h, w) asks for where their middle is."""
    _, labels, stats, middles = cv2.connectedComponentsWithStats(edges, connectivity=8)
    height, width = edges.shape
    columns = np.clip(np.nan_to_num(middles[:, 0]).round().astype(int), 0, width - 1)
    rows = np.clip(np.nan_to_num(middles[:, 1]).round().astype(int), 0, height - 1)
    kept = stats[:, cv2.CC_STAT_AREA] >= least[rows, columns]
    kept[0] = False
    return np.where(kept, np.uint8(255), np.uint8(0))[labels.astype(np.intp)]


def thin_out(edges: Bytes) -> Bytes:
    """Strokes worn down to their middle lines (Zhang and Suen 1984), looking at inked pixels alone."""
    padded = np.zeros((edges.shape[0] + 2, edges.shape[1] + 2), np.uint8)
    padded[1:-1, 1:-1] = edges > 0
    flat = padded.ravel()
    wide = padded.shape[1]
    around = np.array([-wide, 1 - wide, 1, wide + 1, wide, wide - 1, -1, -wide - 1])
    places = np.flatnonzero(flat)
    bits = 1 << np.arange(8)
    fresh = True
    while fresh:
        fresh = False
        for table in _WORN:
            code = flat[places[:, None] + around] @ bits
            gone = table[code]
            if gone.any():
                flat[places[gone]] = 0
                places = places[~gone]
                fresh = True
    return padded[1:-1, 1:-1] * np.uint8(255)


def _worn_tables() -> tuple[np.ndarray, np.ndarray]:
    """For each of the 256 neighbourhoods: may the pixel go in the first, in the second half of a round?"""
    first, second = np.zeros(256, bool), np.zeros(256, bool)
    for code in range(256):
        ring = [code >> place & 1 for place in range(8)]
        turns = sum(not here and there for here, there in zip(ring, ring[1:] + ring[:1], strict=True))
        if not 2 <= sum(ring) <= 6 or turns != 1:
            continue
        north, east, south, west = ring[0], ring[2], ring[4], ring[6]
        first[code] = not (north and east and south) and not (east and south and west)
        second[code] = not (north and east and west) and not (north and south and west)
    return first, second


_WORN = _worn_tables()


def drawn_lines(rgba: Bytes, half_stroke: float) -> Bytes:
    """The lines of an illustration whose outlines are dark and at most ``half_stroke`` px to each side of their middle.

    Thin ink becomes its middle line; where colours, solid black or nothing meet without ink, there is a line as well.
    Canny would give two lines for each stroke, and a painter takes those for a cord.
    """
    solid = rgba[:, :, 3] > 127
    ink = solid & (cv2.cvtColor(rgba[:, :, :3], cv2.COLOR_RGB2GRAY) < _INK)
    depth = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3)
    reach = 2 * int(np.ceil(2.1 * half_stroke)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    black = (cv2.dilate((depth > 2 * half_stroke).astype(np.uint8), disc) > 0) & ink
    thin = ink & ~black
    middle = thin_out(thin.astype(np.uint8))
    # Each pixel of thin ink takes the colour that is nearest: what is left are the bare meetings of colours.
    _, labels = cv2.distanceTransformWithLabels(thin.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = labels.astype(np.intp)
    colours = np.where(solid[..., None], rgba[:, :, :3], np.uint8(255))
    table = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    table[nearest[~thin]] = colours[~thin]
    filled = cv2.medianBlur(table[nearest], 5)
    meetings = cv2.Canny(filled, 60, 120)
    gap = 2 * int(np.ceil(1.2 * half_stroke)) + 1
    beside = 2 * int(np.ceil(1.15 * half_stroke)) + 1
    near = cv2.dilate(middle, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (beside, beside)))
    meetings[near > 0] = 0
    # Where a stroke runs into black the two kinds of lines leave gaps: lines that nearly touch become one.
    both = cv2.bitwise_or(middle, meetings)
    return thin_out(cv2.morphologyEx(both, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap, gap))))
