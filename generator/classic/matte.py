"""Cuts a person out of a photo: an outline across rays, GrabCut in a band along it, a smooth edge."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Floats
from generator.classic.outline import filled, outline, rays_around

GRID = 192
_BAND, _LOW_BAND = 4, 12
"""How far outside the outline the cut may look for more of the person, in pixels of the grid: ears, wisps, brims; and
from the chin down, where collars are."""
_CORE = 6
"""How far inside it the cut may take away."""
_SKEW = 2
"""How far the two sides of a head may differ and still be mirror images, in pixels of the grid."""
_SLIVER = 3
"""What is left over is thicker than twice this."""


def colour_odds(image: Floats, odds: Floats) -> Floats:
    """Log-odds of being the person by colour: smoothed Lab histograms of sure person against sure backdrop.

    ``image`` Lab (h, w, 3); ``odds`` current log-odds (h, w). Returns (h, w), clipped to ±3.
    """
    bins = (14, 18, 18)
    lows, highs = np.array([0, -60, -60], np.float32), np.array([100, 60, 60], np.float32)
    index = ((image - lows) / (highs - lows) * np.array(bins, np.float32)).astype(int)
    index = np.clip(index, 0, np.array(bins) - 1)
    flat = np.ravel_multi_index((index[:, :, 0], index[:, :, 1], index[:, :, 2]), bins)
    chances: list[np.ndarray] = []
    for weight in (1 / (1 + np.exp(-odds)), 1 / (1 + np.exp(odds))):
        sure = np.where(weight > 0.75, weight, 0)
        histogram = np.bincount(flat.ravel(), sure.ravel(), int(np.prod(bins))).reshape(bins)
        for axis in range(3):
            histogram = _smooth(histogram, axis)
        chances.append((histogram / max(histogram.sum(), 1e-6) + 2e-5)[index[:, :, 0], index[:, :, 1], index[:, :, 2]])
    return np.clip(np.log(chances[0] / chances[1]), -3, 3).astype(np.float32)


def _smooth(histogram: np.ndarray, axis: int) -> np.ndarray:
    places = np.arange(histogram.shape[axis])
    low = np.take(histogram, np.maximum(places - 1, 0), axis)
    high = np.take(histogram, np.minimum(places + 1, places[-1]), axis)
    return 0.25 * low + 0.5 * histogram + 0.25 * high


def guided(guide: Floats, mask: Floats, radius: int, epsilon: float, reduced: int = 1) -> Floats:
    """``mask`` (h, w) with its edges moved to those of ``guide`` (h, w, 0 … 1): He's guided filter.

    With ``reduced`` its coefficients are found in pictures so many times smaller, after He and Sun, "Fast Guided
    Filter" (2015); ``radius`` is of the full size.
    """
    size, full = mask.shape[::-1], guide
    if reduced > 1:
        area = (max(size[0] // reduced, 1), max(size[1] // reduced, 1))
        guide, mask = (cv2.resize(each, area, interpolation=cv2.INTER_AREA) for each in (guide, mask))
        radius = max(round(radius / reduced), 1)
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(field: Floats) -> Floats:
        return cv2.blur(field, window)

    mean_guide, mean_mask = mean(guide), mean(mask)
    slope = (mean(guide * mask) - mean_guide * mean_mask) / (mean(guide * guide) - mean_guide**2 + epsilon)
    slope, offset = mean(slope), mean(mean_mask - slope * mean_guide)
    if reduced > 1:
        slope, offset = (cv2.resize(each, size, interpolation=cv2.INTER_LINEAR) for each in (slope, offset))
    return slope * full + offset


def person_matte(
    image: Floats, lab_image: Floats, x: float, y: float, size: float, valid: Floats, others: Floats
) -> Floats:
    """Matte (GRID, GRID), 0 … 1, of the person whose face box is at (x, y) with ``size``, all in pixels of the grid.

    ``image`` sRGB (GRID, GRID, 3); ``lab_image`` the same in Lab; ``valid`` 1 where the photo has pixels;
    ``others`` 1 where somebody else's head is, (GRID, GRID) each.
    """
    rough = filled(outline(lab_image, valid, others, rays_around(x, y, size)), x, y, size, GRID)
    cut = _cut(image, rough > 0.5, y + 0.6 * size) & (valid > 0.5) & (others < 0.5)
    cut &= ~_leftover(cut, lab_image, x, y, size)
    solid = _extended(_whole(cut, (round(x), round(y))), valid > 0.5, y + 0.6 * size)
    mask = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 1.0)
    return np.clip((guided(lab_image[:, :, 0] / 100, mask, 2, 1e-3) - 0.5) * 1.8 + 0.5, 0, 1)


def _leftover(inside: np.ndarray, lab_image: Floats, x: float, y: float, size: float) -> np.ndarray:
    """Pixels beside head and neck that are neither mirrored on the other side nor of the colours of crown or clothes.

    Chairs, flags and curtains stick there; long hair has the colour of the hair above the brow, a collar that of the clothes.
    """
    rows, columns = np.mgrid[0:GRID, 0:GRID].astype(np.float32)
    right, down = (columns - x) / size, (rows - y) / size
    beside = (np.abs(right) > 0.40) & (down > -0.45) & (down < 0.6) & inside
    mirror = np.clip((2 * x - columns).round().astype(int), 0, GRID - 1)
    apart = beside & ~np.take_along_axis(cv2.dilate(inside.astype(np.uint8), _disc(_SKEW)) > 0, mirror, axis=1)
    # No head is its own mirror image to the pixel: slivers are its own.
    thick = cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_OPEN, _disc(_SLIVER))
    alone = apart & (cv2.dilate(thick, np.ones((3, 3), np.uint8)) > 0)
    if not alone.any():
        return alone
    worn = inside & (((np.abs(right) < 0.45) & (down < -0.42)) | (down > 0.65))
    odds = np.where(worn, 4.0, np.where(inside, 0.0, -4.0)).astype(np.float32)
    hair = cv2.GaussianBlur(colour_odds(lab_image, odds), (0, 0), 1.0) > 1.2
    return alone & ~hair


def _extended(mask: np.ndarray, valid: np.ndarray, below: float) -> np.ndarray:
    """``mask`` carried on beyond the lower edge of the photo, and beyond its sides below the chin."""
    rows = np.flatnonzero(valid.any(axis=1))
    columns = np.flatnonzero(valid.any(axis=0))
    if not len(rows) or not len(columns):
        return mask
    mask = mask.copy()
    chin = int(np.clip(below, 0, GRID - 1))
    if columns[0] > 1:
        mask[chin:, : columns[0] + 2] = mask[chin:, columns[0] + 2 : columns[0] + 3]
    if columns[-1] < GRID - 2:
        mask[chin:, columns[-1] - 1 :] = mask[chin:, columns[-1] - 2 : columns[-1] - 1]
    bottom = min(rows[-1], GRID - 1) - 2
    if bottom < GRID - 3:
        mask[bottom:] = mask[bottom]
    return mask


def _cut(image: Floats, inside: np.ndarray, chin: float) -> np.ndarray:
    """``inside`` (GRID, GRID, bool) corrected by GrabCut in a band along its edge; ``chin`` a row."""
    person = inside.astype(np.uint8)
    core = cv2.erode(person, _disc(_CORE), borderType=cv2.BORDER_REPLICATE)
    reach = cv2.dilate(person, _disc(_BAND))
    low = int(np.clip(chin, 0, GRID))
    reach[low:] = cv2.dilate(person, _disc(_LOW_BAND))[low:]
    if not core.any() or reach.all():
        return inside
    labels = np.where(inside, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[core > 0] = cv2.GC_FGD
    labels[reach == 0] = cv2.GC_BGD
    pixels = (image * 255).astype(np.uint8)
    # Every fourth pixel teaches the colours as well as all do, and only near the person is anything left to decide.
    few, backdrop, colours = np.ascontiguousarray(labels[::2, ::2]), np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(np.ascontiguousarray(pixels[::2, ::2]), few, None, backdrop, colours, 1, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    near = tuple(slice(max(each.min() - 2, 0), each.max() + 3) for each in np.nonzero(reach))
    known = np.ascontiguousarray(labels[near])
    cv2.grabCut(np.ascontiguousarray(pixels[near]), known, None, backdrop, colours, 1, cv2.GC_EVAL_FREEZE_MODEL)  # type: ignore[call-overload]
    labels[near] = known
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _whole(mask: np.ndarray, seat: tuple[int, int]) -> np.ndarray:
    """The part of ``mask`` that hangs together with the face by more than a thread, without holes."""
    solid = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _disc(2))
    solid[max(seat[1] - 4, 0) : seat[1] + 5, max(seat[0] - 4, 0) : seat[0] + 5] = 1
    count, labels = cv2.connectedComponents(solid)
    column, row = np.clip(seat, 0, mask.shape[0] - 1)
    kept = (labels == labels[row, column]) if count > 1 else solid > 0
    # What the opening took from its edge comes back: strands, arms of glasses.
    kept = kept | (mask & (cv2.dilate(kept.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0))
    padded = np.pad((~kept).astype(np.uint8), 1, constant_values=1)
    padded[-1] = 0
    _, labels = cv2.connectedComponents(padded)
    outer = labels == labels[0, 0]
    return ~outer[1:-1, 1:-1]
