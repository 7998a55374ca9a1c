"""Follows the strokes of a picture: the direction of its edges, smoothing along and across them."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Floats
from generator.classic.tone import blurred

_SHARPNESS = 19.0
_NOISE = 0.006


def tangents(field: Floats, sigma: float) -> tuple[Floats, Floats]:
    """Unit vectors (x, y), each (h, w), along the edges of ``field``: the structure tensor's minor eigenvector."""
    gx = cv2.Scharr(field, cv2.CV_32F, 1, 0)
    gy = cv2.Scharr(field, cv2.CV_32F, 0, 1)
    xx, yy, xy = (blurred(each, sigma) for each in (gx * gx, gy * gy, gx * gy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.float32(np.pi / 2)
    return np.cos(angle), np.sin(angle)


def along(field: Floats, way: tuple[Floats, Floats], sigma: float, steps: int = 3) -> Floats:
    """``field`` smoothed along ``way`` by a Gaussian of ``sigma`` px, sampled ``steps`` times to each side."""
    height, width = field.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    total, weights = field.copy(), 1.0
    for step in range(1, steps + 1):
        reach = 2.0 * sigma * step / steps
        weight = float(np.exp(-0.5 * (reach / sigma) ** 2))
        for sign in (-reach, reach):
            total += weight * cv2.remap(
                field, x + way[0] * sign, y + way[1] * sign, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        weights += 2 * weight
    return total / weights


def simplified(colour: Floats, lightness: Floats, way: tuple[Floats, Floats], radius: float) -> Floats:
    """A painter's base: each pixel takes the mean of the calmest of eight windows around it (after Kuwahara).

    ``colour`` (h, w, 3), ``lightness`` (h, w) 0 … 1, ``way`` from ``tangents``, ``radius`` px.
    """
    height, width = lightness.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    sigma = 0.42 * radius
    fields = blurred(np.dstack([colour, lightness * lightness]), sigma)
    mean = blurred(lightness, sigma)
    calm = np.maximum(fields[:, :, 3] - mean * mean, 0) * np.float32((100 / 2.2) ** 2)
    # Each window is weighed where it stands, so that one look at it brings its colour and its weight.
    fields[:, :, 3] = 1
    fields *= (1 / (1 + calm**4))[..., None]
    total = np.zeros_like(fields)
    for turn in range(8):
        angle = turn * np.pi / 4
        forward, aside = np.float32(1.25 * radius * np.cos(angle)), np.float32(0.8 * radius * np.sin(angle))
        there = (x + way[0] * forward - way[1] * aside, y + way[1] * forward + way[0] * aside)
        total += cv2.remap(fields, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return total[:, :, :3] / total[:, :, 3:]


def strokes(field: Floats, width: float, flow_sigma: float) -> Floats:
    """``field`` (tone, 0 … 1) with its edges driven apart, smoothed along them: below 0 in lines, above 1 beside.

    After Winnemöller, Kyprianidis and Olsen, "XDoG" (2012). ``width`` and ``flow_sigma`` in px.
    """
    fine = blurred(field, width)
    edges = fine - blurred(field, 1.6 * width)
    # What is weaker than paper grain is noise: cloth must not sparkle.
    edges = np.sign(edges) * np.maximum(np.abs(edges) - _NOISE, 0)
    sharp = fine + _SHARPNESS * edges
    return along(sharp, tangents(fine, 2.2 * width + 1), flow_sigma)
