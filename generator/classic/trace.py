"""Tells how much of a photo's structure survives in an avatar: an alarm, never a score of anonymity."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Floats
from generator.classic.figures import Oval
from generator.classic.tone import blurred
from generator.engine import Trace

_PATCH = (64, 80)
_LOW, _HIGH = 0.20, 0.45
"""Up to the first, correlation is that of unrelated photos; above the second, most of the structure is there."""


def structure_correlation(before: Floats, after: Floats, face: Oval | None) -> float:
    """Correlation (-1 … 1) of local contrast in the face of two aligned pictures (side, side, 3), 0 … 1."""
    one, other = _normal(_patch(before, face)), _normal(_patch(after, face))
    weight = _oval() if face is not None else np.ones_like(one)
    one, other = (each - float(np.average(each, weights=weight)) for each in (one, other))
    spread = np.sqrt(float((weight * one * one).sum()) * float((weight * other * other).sum()))
    return float(np.clip((weight * one * other).sum() / (spread + 1e-6), -1, 1))


def trace(before: Floats, after: Floats, face: Oval | None) -> Trace:
    """The word for ``structure_correlation``; without a face at most ``medium``, since there nobody is recognised."""
    correlation = structure_correlation(before, after, face)
    return "low" if correlation <= _LOW else "medium" if correlation <= _HIGH or face is None else "high"


def _patch(image: Floats, face: Oval | None) -> Floats:
    side = image.shape[0]
    if face is None:
        box = (0.0, 0.0, float(side), float(side))
    else:
        box = (face.x - face.half_width, face.y - face.half_height, 2 * face.half_width, 2 * face.half_height)
    width, height = _PATCH
    move = np.array([[box[2] / width, 0, box[0]], [0, box[3] / height, box[1]]], np.float32)
    grey = cv2.GaussianBlur(cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY), (0, 0), box[2] / width / 2)
    return cv2.warpAffine(
        grey, move, _PATCH, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )


def _oval() -> Floats:
    """The face in its patch: what hair, hat and jaw outline is much the same around every face."""
    columns, rows = ((np.arange(count, dtype=np.float32) + 0.5) * 2 / count - 1 for count in _PATCH)
    return np.clip((0.95 - np.hypot(columns[None, :], rows[:, None])) / 0.3, 0, 1).astype(np.float32)


def _normal(patch: Floats) -> Floats:
    patch = patch - blurred(patch, 5)
    return patch / np.sqrt(blurred(patch * patch, 5) + 1e-4)
