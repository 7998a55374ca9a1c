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
    # The angle of the major eigenvector, doubled, is that of (xx - yy, 2 xy): two blurs do for three.
    apart, both = blurred(gx * gx - gy * gy, sigma), blurred(gx * gy, sigma)
    angle = 0.5 * np.arctan2(2 * both, apart) + np.float32(np.pi / 2)
    return np.cos(angle), np.sin(angle)


def along(field: Floats, way: tuple[Floats, Floats], sigma: float, steps: int = 3) -> Floats:
    """``field`` smoothed along ``way`` by a Gaussian of ``sigma`` px, sampled ``steps`` times to each side."""
    height, width = field.shape[:2]
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    right, down = np.empty_like(way[0]), np.empty_like(way[1])
    total, weights = field.copy(), 1.0
    for step in range(1, steps + 1):
        reach = 2.0 * sigma * step / steps
        weight = float(np.exp(-0.5 * (reach / sigma) ** 2))
        for sign in (-reach, reach):
            np.add(columns, np.multiply(way[0], np.float32(sign), out=right), out=right)
            np.add(rows, np.multiply(way[1], np.float32(sign), out=down), out=down)
            there = cv2.remap(field, right, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            total = cv2.scaleAdd(there, weight, total)
        weights += 2 * weight
    total *= np.float32(1 / weights)
    return total


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
    edges -= np.clip(edges, -_NOISE, _NOISE)
    sharp = cv2.scaleAdd(edges, _SHARPNESS, fine)
    return along(sharp, tangents(fine, 2.2 * width + 1), flow_sigma)
