"""Divides somebody into areas of one colour each: skin, hair, cloth, and the features of the face."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Floats, lab
from generator.classic.panes import Labels
from generator.classic.subject import Subject
from generator.classic.tone import blurred

_COLOURS = 7
_APART = 6.0
"""How much darker or lighter (CIE L) than its surroundings a feature is."""


def regions(image: Floats, subject: Subject) -> Labels:
    """A number for every pixel, int32 (side, side), 0 … 29: equal within an area, meaningless outside the matte.

    ``image`` (side, side, 3), sRGB, is what will be painted of ``subject``.
    """
    return _areas(image, subject.matte > 0.5) + 10 * _details(image, subject)


def _areas(image: Floats, inside: Labels) -> Labels:
    """The number of the nearest of the picture's own few colours, int32."""
    values = lab(cv2.GaussianBlur(image, (0, 0), 0.8)) * np.array([1.0, 1.2, 1.2], np.float32)
    points = values[inside][::37]
    if len(points) < _COLOURS:
        return np.zeros(image.shape[:2], np.int32)
    order = np.argsort(points[:, 0], kind="stable")
    centres = points[order[np.linspace(0, len(order) - 1, _COLOURS).astype(int)]]
    for _ in range(5):
        nearest = ((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        for each in range(_COLOURS):
            if (nearest == each).any():
                centres[each] = points[nearest == each].mean(axis=0)
    rows = np.column_stack([-2 * centres, (centres**2).sum(axis=1)]).astype(np.float32)
    nearest, *others = cv2.split(cv2.transform(values, rows, None))
    areas = np.zeros(nearest.shape, np.uint8)
    for number, each in enumerate(others, 1):
        areas[each < nearest] = number
        nearest = np.minimum(nearest, each)
    return cv2.medianBlur(areas, 3).astype(np.int32)


def _details(image: Floats, subject: Subject) -> Labels:
    """1 where the face is darker than its surroundings, 2 where it is lighter, else 0."""
    if subject.face is None:
        return np.zeros(image.shape[:2], np.int32)
    lightness = lab(image)[:, :, 0]
    apart = lightness - blurred(lightness, 0.14 * subject.face.half_height)
    inside = subject.face_mask(0.9) > 0.5
    return ((apart < -_APART) * 1 + (apart > _APART) * 2).astype(np.int32) * inside
