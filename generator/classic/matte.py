"""Cuts a person out of a photo: colours of sure person and sure backdrop, GrabCut, a smooth edge."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Floats

GRID = 192
_ROUNDS = 4


def shape_prior(side: int, x: float, y: float, size: float) -> Floats:
    """Log-odds of being the person, from a head-and-shoulders shape around a face box alone.

    ``x``, ``y`` (centre) and ``size`` in pixels of the ``side`` x ``side`` grid. The ring where hair may be is near 0.
    """
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    right, down = (columns - x) / size, (rows - y) / size
    # Distances in face sizes; 0 on the outline, negative inside.
    head = np.hypot(right / 0.46, (down + 0.02) / 0.64) - 1
    hair = np.hypot(right / 0.86, (down + 0.22) / 0.98) - 1
    slope = np.clip((down - 0.55) / 0.55, 0, 1)
    shoulders = np.abs(right) - (0.30 + 0.72 * np.sqrt(slope) + 0.25 * np.clip(down - 0.9, 0, 2))
    torso = np.maximum(shoulders, 0.52 - down)
    wide = np.maximum(np.abs(right) - (0.62 + 1.15 * np.clip((down - 0.25) / 0.6, 0, 1)), 0.2 - down)
    inside = np.minimum(head, np.maximum(torso + 0.12, -1))
    outside = np.minimum(hair, wide)
    odds = np.where(inside < 0, np.clip(-inside * 14, 0, 5), 0)
    return np.where(outside > 0, -np.clip(1.0 + outside * 6, 0, 5), np.where(inside < 0, odds, -0.35)).astype(
        np.float32
    )


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
    padded = np.pad(histogram, [(1, 1) if each == axis else (0, 0) for each in range(3)], mode="edge")
    low = np.take(padded, range(histogram.shape[axis]), axis)
    high = np.take(padded, range(2, histogram.shape[axis] + 2), axis)
    return 0.25 * low + 0.5 * histogram + 0.25 * high


def guided(guide: Floats, mask: Floats, radius: int, epsilon: float) -> Floats:
    """``mask`` (h, w) with its edges moved to those of ``guide`` (h, w, 0 … 1): He's guided filter."""
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(field: Floats) -> Floats:
        return cv2.blur(field, window)

    mean_guide, mean_mask = mean(guide), mean(mask)
    slope = (mean(guide * mask) - mean_guide * mean_mask) / (mean(guide * guide) - mean_guide**2 + epsilon)
    offset = mean_mask - slope * mean_guide
    return mean(slope) * guide + mean(offset)


def person_matte(image: Floats, lab_image: Floats, x: float, y: float, size: float, valid: Floats) -> Floats:
    """Matte (GRID, GRID), 0 … 1, of the person whose face box is at (x, y) with ``size``, all in pixels of the grid.

    ``image`` sRGB (GRID, GRID, 3); ``lab_image`` the same in Lab; ``valid`` 1 where the photo has pixels.
    """
    prior = shape_prior(GRID, x, y, size)
    prior = np.where(valid > 0.5, prior, np.minimum(prior, -3))
    odds = prior.copy()
    guide = lab_image[:, :, 0] / 100
    for _ in range(_ROUNDS):
        by_colour = cv2.GaussianBlur(colour_odds(lab_image, odds), (0, 0), 0.8)
        odds = prior + 0.9 * by_colour
        odds = guided(guide, odds, 4, 1e-3)
    second = _cut(image, odds, prior)
    mixed = 0.7 * np.clip(odds, -4, 4) + 1.4 * np.clip(second, -2, 2)
    mixed = np.where(_leftover(mixed, lab_image, x, y, size), -1, mixed)
    solid = _extended(_whole(mixed > 0, (round(x), round(y))), valid > 0.5, y + 0.6 * size)
    mask = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 1.6)
    return np.clip((guided(guide, mask, 3, 2e-3) - 0.5) * 2.2 + 0.5, 0, 1)


def _leftover(mixed: Floats, lab_image: Floats, x: float, y: float, size: float) -> np.ndarray:
    """Pixels beside head and neck that are neither mirrored on the other side nor of the crown's colour.

    Chairs, flags and curtains stick there; long hair has the colour of the hair above the brow.
    """
    rows, columns = np.mgrid[0:GRID, 0:GRID].astype(np.float32)
    right, down = (columns - x) / size, (rows - y) / size
    beside = (np.abs(right) > 0.40) & (down > -0.45) & (down < 0.56) & (mixed > 0)
    mirror = np.clip((2 * x - columns).round().astype(int), 0, GRID - 1)
    alone = np.take_along_axis(mixed, mirror, axis=1) < 0
    crown = (mixed > 0) & (np.abs(right) < 0.42) & (down < -0.42)
    if crown.sum() < 20:
        return beside & alone
    odds = np.where(crown, 4.0, np.where(mixed < 0, -4.0, 0.0)).astype(np.float32)
    hair = cv2.GaussianBlur(colour_odds(lab_image, odds), (0, 0), 1.0) > 0.3
    return beside & alone & ~hair


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


def _cut(image: Floats, odds: Floats, prior: Floats) -> Floats:
    """GrabCut's opinion as ±2."""
    labels = np.full(odds.shape, cv2.GC_PR_BGD, np.uint8)
    labels[odds > 0] = cv2.GC_PR_FGD
    labels[prior > 3] = cv2.GC_FGD
    labels[prior < -2.5] = cv2.GC_BGD
    if not (labels == cv2.GC_FGD).any() or not (labels == cv2.GC_BGD).any():
        return np.sign(odds) * 2
    pixels = (image * 255).astype(np.uint8)
    cv2.setRNGSeed(0)
    cv2.grabCut(pixels, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    return np.where((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), 2.0, -2.0).astype(np.float32)


def _whole(mask: np.ndarray, seat: tuple[int, int]) -> np.ndarray:
    """The part of ``mask`` that hangs together with the face, without thin bits and without holes."""
    solid = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    solid[max(seat[1] - 4, 0) : seat[1] + 5, max(seat[0] - 4, 0) : seat[0] + 5] = 1
    count, labels = cv2.connectedComponents(solid)
    column, row = np.clip(seat, 0, mask.shape[0] - 1)
    kept = (labels == labels[row, column]) if count > 1 else solid > 0
    padded = np.pad((~kept).astype(np.uint8), 1, constant_values=1)
    padded[-1] = 0
    _, labels = cv2.connectedComponents(padded)
    outer = labels == labels[0, 0]
    return ~outer[1:-1, 1:-1]
