"""Ruled lines: at every whole number of a field, so that one field makes hatching and another makes contours."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Floats


def slope_of(field: Floats) -> Floats:
    """How much ``field`` changes from one pixel to the next, in its steepest direction; never 0."""
    right = cv2.Sobel(field, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(field, cv2.CV_32F, 0, 1, scale=0.125)
    return cv2.magnitude(right, down) + np.float32(1e-4)


def off_line(field: Floats) -> Floats:
    """Distance of each value from the nearest whole number, 0 … 0.5."""
    return np.abs(field - np.round(field))


def hatched(field: Floats, coverage: Floats | float, slope: Floats | None = None) -> Floats:
    """Ink 0 … 1 of lines at the whole numbers of ``field`` that leave ``1 - coverage`` of the paper bare.

    Edges are one pixel wide; ``slope`` (per pixel) is measured where it is not given. Where lines stand closer than a
    pixel they melt into their mean.
    """
    slope = slope_of(field) if slope is None else slope
    ink = np.clip((0.5 * coverage - off_line(field)) / slope + 0.5, 0, np.minimum(coverage / slope, 1))
    melt = np.clip((slope - 0.4) / 0.4, 0, 1)
    return (ink + (coverage - ink) * melt).astype(np.float32)


def contoured(field: Floats, width: Floats | float, slope: Floats | None = None) -> Floats:
    """Ink 0 … 1 of lines ``width`` px wide at the whole numbers of ``field``, thinner than a pixel by paler ink."""
    slope = slope_of(field) if slope is None else slope
    return np.clip(0.5 * width + 0.5 - off_line(field) / slope, 0, np.minimum(width, 1)).astype(np.float32)
