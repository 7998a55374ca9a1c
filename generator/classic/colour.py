"""Colours as numbers: hex to arrays, sRGB to CIE Lab, mixing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# The stubs of cv2 and numpy lose the element type at every call, so the names say it and the checker does not.
Floats = NDArray[Any]
"""float32 by agreement."""
Bytes = NDArray[Any]
"""uint8 by agreement."""

_STRIP = 64
"""Rows that are mixed at once."""


def rgb(colour: str) -> Floats:
    """``#rrggbb`` → float32 (3,), 0 … 1, sRGB."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def lab(image: Floats) -> Floats:
    """sRGB float32 (h, w, 3), 0 … 1 → CIE Lab (D65): L 0 … 100, a and b about -127 … 127."""
    return cv2.cvtColor(np.ascontiguousarray(image, np.float32), cv2.COLOR_RGB2Lab)


def unlab(image: Floats) -> Floats:
    """The inverse of ``lab``, clipped to 0 … 1."""
    return np.clip(cv2.cvtColor(np.ascontiguousarray(image, np.float32), cv2.COLOR_Lab2RGB), 0, 1)


def lab_of(colours: list[Floats]) -> Floats:
    """A list of sRGB (3,) → Lab (n, 3)."""
    return lab(np.stack(colours)[None])[0]


def mix(below: Floats, above: Floats, cover: Floats | float) -> Floats:
    """``above`` over ``below`` where ``cover`` (0 … 1, (h, w) or a number) says so; colours may be (3,) or (h, w, 3)."""
    if not isinstance(cover, np.ndarray):
        return below + (above - below) * np.float32(cover)
    if cover.ndim != 2 or not cover.size or below.dtype != np.float32 or above.dtype != np.float32:
        return below + (above - below) * cover[..., None]
    plain, over = _plain(below), _plain(above)
    image = np.empty((*cover.shape, 3), np.float32)
    # In strips that stay in the processor's cache: four times as quick as whole pictures, for each of which the system
    # has to find memory. Equal shapes, because of a picture and a colour numpy makes an inner loop of three steps.
    for top in range(0, len(cover), _STRIP):
        rows = np.s_[top : top + _STRIP]
        part = cover[rows].astype(np.float32, copy=False)
        weight: Floats = cv2.merge((part, part, part))
        here = image[rows]
        if plain is not None and over is not None:
            cv2.transform(weight, np.column_stack([np.diag(over - plain), plain]), dst=here)
        elif over is not None:
            np.multiply(below[rows], weight, out=here)
            np.subtract(below[rows], here, out=here)
            here += cv2.transform(weight, np.diag(over))
        elif plain is not None:
            np.multiply(above[rows], weight, out=here)
            here += cv2.transform(weight, np.column_stack([np.diag(-plain), plain]))
        else:
            np.subtract(above[rows], below[rows], out=here)
            here *= weight
            here += below[rows]
    return image


def weighed(colour: Floats, weight: Floats) -> Floats:
    """``colour`` ((3,) or (h, w, 3)) times ``weight`` (h, w): (h, w, 3)."""
    plain = _plain(colour)
    whole: Floats = cv2.merge((weight.astype(np.float32, copy=False),) * 3)
    if plain is not None:
        return cv2.transform(whole, np.diag(plain.astype(np.float32, copy=False)))
    whole *= colour
    return whole


def in_strips(paint: Callable[..., Floats], *fields: Floats) -> Floats:
    """``paint`` of ``fields``, each (h, w) or (h, w, 3): float32 (h, w, 3), for which each pixel asks only itself.

    Strip by strip, so that what long arithmetic leaves on its way stays in the processor's cache.
    """
    height, width = fields[0].shape[:2]
    image = np.empty((height, width, 3), np.float32)
    for top in range(0, height, _STRIP):
        image[top : top + _STRIP] = paint(*(field[top : top + _STRIP] for field in fields))
    return image


def _plain(colour: Floats) -> Floats | None:
    """The colour (3,) of what is the same everywhere."""
    if colour.ndim == 1:
        return colour
    return colour[0, 0] if colour.ndim == 3 and colour.strides[:2] == (0, 0) else None


def luminance(image: Floats) -> Floats:
    """Relative luminance Y (Rec. 709) of sRGB float (…, 3), 0 … 1."""
    light = linear(image)
    # Weighed by hand: numpy's matrix product would start threads that wait for each other.
    return (0.2126 * light[..., 0] + 0.7152 * light[..., 1] + 0.0722 * light[..., 2]).astype(np.float32)


def linear(image: Floats) -> Floats:
    """sRGB float (…), 0 … 1 → light, 0 … 1: what sums of light are made of."""
    return np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)


def encoded(light: Floats) -> Floats:
    """The inverse of ``linear``, float32."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)
