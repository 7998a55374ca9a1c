"""Colours as numbers: hex to arrays, sRGB to CIE Lab, mixing."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# The stubs of cv2 and numpy lose the element type at every call, so the names say it and the checker does not.
Floats = NDArray[Any]
"""float32 by agreement."""
Bytes = NDArray[Any]
"""uint8 by agreement."""


def rgb(colour: str) -> Floats:
    """``#rrggbb`` → float32 (3,), 0 … 1, sRGB."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def hexed(colour: Floats) -> str:
    """float (3,), 0 … 1 → ``#rrggbb``."""
    return "#" + "".join(f"{round(float(part) * 255):02x}" for part in np.clip(colour, 0, 1))


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
    weight = cover[..., None] if isinstance(cover, np.ndarray) else np.float32(cover)
    return below + (above - below) * weight


def luminance(image: Floats) -> Floats:
    """Relative luminance Y (Rec. 709) of sRGB float (…, 3), 0 … 1."""
    linear = np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    # Weighed by hand: numpy's matrix product would start threads that wait for each other.
    return (0.2126 * linear[..., 0] + 0.7152 * linear[..., 1] + 0.0722 * linear[..., 2]).astype(np.float32)
