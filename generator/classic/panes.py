"""Divides a picture into panes or tiles: cells around points, their seams, their mean colours."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generator.classic.colour import Floats
from generator.classic.tone import blurred

Labels = NDArray[Any]
"""Whole numbers by agreement."""


def cells(points: Floats, side: int) -> Labels:
    """The number of the nearest of ``points`` ((n, 2), x and y in px) for every pixel: int32 (side, side), 0 … n-1."""
    free = np.ones((side, side), np.uint8)
    columns, rows = pixels(points, side)
    free[rows, columns] = 0
    _, found = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    labels = np.asarray(found, np.int32)
    number = np.zeros(int(labels.max()) + 1, np.int32)
    number[labels[rows, columns]] = np.arange(len(points))
    return number[labels]


def pixels(points: Floats, side: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The columns and rows of points, inside the picture."""
    places = np.clip(points + 0.5, 0, side - 1).astype(np.intp)
    return places[:, 0], places[:, 1]


def spread(count: int, weight: Floats, dice: np.random.Generator, rounds: int = 5) -> Floats:
    """``count`` points, evenly spread where ``weight`` (side, side) is above 0 and closer where it is high (Lloyd)."""
    side = weight.shape[0]
    work = min(side, 128)
    small = cv2.resize(weight, (work, work), interpolation=cv2.INTER_AREA).astype(np.float64)
    total = float(small.sum())
    if total <= 0:
        small, total = np.ones_like(small), float(small.size)
    chosen = dice.choice(small.size, count, p=(small / total).ravel())
    points = np.stack([chosen % work, chosen // work], axis=1) + dice.uniform(-0.5, 0.5, (count, 2))
    y, x = np.mgrid[0:work, 0:work]
    for _ in range(rounds):
        labels = cells(points.astype(np.float32), work).ravel()
        mass = np.bincount(labels, small.ravel(), count)
        middle = np.stack([np.bincount(labels, (small * each).ravel(), count) for each in (x, y)], axis=1)
        points = np.where(mass[:, None] > 0, middle / np.maximum(mass, 1e-9)[:, None], points)
    return ((points + 0.5) * (side / work) - 0.5).astype(np.float32)


def seams(labels: Labels, softness: float) -> Floats:
    """Distance in px from the nearest border between two labels; ``softness`` (px) rounds its corners and stairs."""
    inside = np.ones(labels.shape, np.uint8)
    inside[:, 1:][labels[:, 1:] != labels[:, :-1]] = 0
    inside[1:][labels[1:] != labels[:-1]] = 0
    return cv2.GaussianBlur(cv2.distanceTransform(inside, cv2.DIST_L2, 5), (0, 0), softness)


def means(image: Floats, labels: Labels, weight: Floats | None, count: int) -> Floats:
    """The mean colour of each label, (count, 3); where ``weight`` (h, w) leaves nothing of it, that of its area."""
    flat = labels.ravel()
    weighed = np.full(flat.shape, 1.0) if weight is None else weight.ravel() + 1e-4
    mass = np.maximum(np.bincount(flat, weighed, count), 1e-9)
    sums = [np.bincount(flat, weighed * image[:, :, each].ravel(), count) for each in range(3)]
    return (np.stack(sums, axis=1) / mass[:, None]).astype(np.float32)


def relief(height: Floats, softness: float) -> Floats:
    """How much more (positive) or less light a surface of ``height`` (px) catches from above left, about -1 … 1."""
    smooth = blurred(height, softness)
    slope = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125) + cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    return np.clip(slope, -1, 1)
