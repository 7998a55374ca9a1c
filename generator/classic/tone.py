"""Maps lightness to printable tone so that a face of any skin reads well."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.colour import Floats, lab, unlab
from generator.classic.figures import Oval
from generator.classic.subject import Subject

DARKEST_TARGET, LIGHTEST_TARGET = 0.47, 0.70
_DARKEST_SKIN, _LIGHTEST_SKIN = 0.345, 0.92
_INNER = 0.8
"""Half axes of the inner face, where most is skin, in those of the face."""
_FINEST_BLUR = 1.6
"""Deviation, in px of the smaller grid, below which a blur is not made on one."""
_LIVELY = 0.085
"""Mean distance in tone of a face's pixels from their nearest surroundings that reads well."""


def face_target(lightness: float) -> float:
    """Tone (0 … 1) at which a face with median CIE lightness ``lightness`` (0 … 1) is printed.

    A dark face stays darker than a light one, but never so dark that its lines drown. Never falling.
    """
    return DARKEST_TARGET + (LIGHTEST_TARGET - DARKEST_TARGET) * _scaled(lightness)


def _scaled(lightness: float) -> float:
    """Skin from the darkest (0) to the lightest (1)."""
    return float(np.clip((lightness - 0.25) / 0.6, 0, 1))


def stretched(lightness: Floats, low: float, high: float, middle: float, target: float) -> Floats:
    """``lightness`` with low → 0, high → 1 and middle → ``target`` by a power; monotone for low < middle < high."""
    span = max(high - low, 0.08)
    scaled = np.clip((lightness - low) / span, 0, 1)
    at_middle = float(np.clip((middle - low) / span, 0.04, 0.96))
    return cv2.pow(scaled.astype(np.float32, copy=False), float(np.log(target) / np.log(at_middle)))


def face_lightness(subject: Subject) -> float:
    """Median CIE lightness of the face's skin, 0 … 1; of the whole person or thing without a face."""
    if subject.skin is not None:
        return subject.skin
    if subject.face is not None:
        near = _near(subject.face, subject.side)
        lightness = lab(subject.colour[near])[:, :, 0]
        skin = _skin_in(subject.face_mask(_INNER)[near] > 0.5, lightness)
        if skin.any():
            return float(np.median(lightness[skin])) / 100
    inside = subject.matte > 0.5
    return float(np.median(lab(subject.colour)[:, :, 0][inside])) / 100 if inside.any() else 0.5


def skin_tone(subject: Subject, elsewhere: float = 0.56) -> tuple[float, float]:
    """How dark the face is (0 = lightest, 1 = darkest), and the tone at which it is printed; 0.3 and ``elsewhere`` without
    a face."""
    if subject.face is None:
        return 0.3, elsewhere
    lightness = face_lightness(subject)
    return 1 - _scaled(lightness), face_target(lightness)


def skin_shade(subject: Subject) -> float:
    """How dark the face is: 0 = lightest, 1 = darkest; 0.3 without a face."""
    return skin_tone(subject)[0]


def skin_depth(subject: Subject) -> float:
    """Where a figure's skin stands between the lightest (0) and the darkest (1) of ``figures.SKIN``, evenly in CIE L."""
    return float(np.clip((_LIGHTEST_SKIN - face_lightness(subject)) / (_LIGHTEST_SKIN - _DARKEST_SKIN), 0, 1))


def tone(subject: Subject, contrast: float = 0.35) -> Floats:
    """Printable tone, float32 (side, side), 0 … 1; the face's median lies at ``face_target``.

    ``contrast`` is the gain of detail at face scale (photos only: a drawing has its contrast already).
    """
    lightness = lab(subject.colour)[:, :, 0] / 100
    # One pixel of four says as much about the whole.
    some = lightness[::2, ::2]
    inside = subject.matte[::2, ::2] > 0.5
    low, high = (
        float(each) for each in np.percentile(some[inside] if np.count_nonzero(inside) > 15 else some, (1, 99))
    )
    middle = face_lightness(subject)
    target = face_target(middle) if subject.face is not None else 0.55
    if subject.drawn:
        low, high = 0.06, max(high, 0.9)
    result = stretched(lightness, min(low, middle - 0.12), max(high, middle + 0.08), middle, target)
    if subject.drawn or not contrast:
        return result
    scale = 0.14 * subject.side if subject.face is None else 0.5 * subject.face.half_width
    weight = np.maximum(subject.matte, 1e-3)
    mean = blurred(result * weight, scale) / blurred(weight, scale)
    if subject.face is None:
        return np.clip(result + 1.6 * contrast * (result - mean), 0, 1)
    # Hair and clothes are lifted and opened up, or they would print as one blob.
    rest = 1 - subject.face_mask(1.05)
    lifted = result + rest * (
        1.4 * contrast * np.clip(mean / 0.16, 0.2, 1) * (result - mean) + 0.35 * np.clip(0.5 - mean, 0, 0.5)
    )
    return np.clip(lifted + (1 - rest) * contrast * (result - mean), 0, 1)


def livened(values: Floats, subject: Subject) -> Floats:
    """A photo's tone (0 … 1) with the face's differences at the scale of eyes and mouth widened until they read well."""
    face = subject.face
    if face is None or subject.drawn:
        return values
    inner = subject.face_mask(0.7)
    fine = np.abs(values - blurred(values, 0.06 * face.half_height))
    relief = float((fine * inner).sum() / max(float(inner.sum()), 1.0))
    more = float(np.clip(_LIVELY / max(relief, 0.01), 1.0, 4.0)) - 1
    apart = values - blurred(values, 0.14 * face.half_height)
    # What is far from its surroundings already is left as it is: no glare, no holes.
    return np.clip(values + subject.face_mask(0.8) * 0.3 * np.tanh(more * apart / 0.3), 0, 1)


def opened(subject: Subject, gain: float) -> Floats:
    """The subject's colours with ``gain`` times the contrast at face scale; the face's own lightness stays."""
    values = lab(subject.colour)
    scale = 0.5 * subject.face.half_width if subject.face is not None else 0.12 * subject.side
    weight = np.maximum(subject.matte, 1e-3)
    mean = blurred(values[:, :, 0] * weight, scale) / blurred(weight, scale)
    values[:, :, 0] = np.clip(mean + gain * (values[:, :, 0] - mean), 0, 100)
    return unlab(values)


def skin_mask(subject: Subject, lightness: Floats) -> np.ndarray:
    """Boolean mask of the pixels in the inner face that are skin: neither the darkest nor the lightest of them."""
    if subject.face is None:
        return np.zeros(lightness.shape, bool)
    return _skin_in(subject.face_mask(_INNER) > 0.5, lightness)


def _skin_in(inner: np.ndarray, lightness: Floats) -> np.ndarray:
    if np.count_nonzero(inner) < 16:
        return inner
    low, high = np.percentile(lightness[inner], (25, 95))
    return inner & (lightness >= low) & (lightness <= high)


def _near(face: Oval, side: int) -> tuple[slice, slice]:
    """Rows and columns of the inner face."""
    across, down = _INNER * face.half_width, _INNER * face.half_height
    ends = (face.y - down, face.y + down, face.x - across, face.x + across)
    top, bottom, left, right = (int(np.clip(end, 0, side - 1)) for end in ends)
    return slice(top, bottom + 2), slice(left, right + 2)


def blurred(field: Floats, sigma: float) -> Floats:
    """Gaussian blur; wide ones are made on smaller grids, in a fraction of the time and as smooth."""
    if sigma <= 0.05:
        return field
    # A step of OpenCV's pyramid, up or down, is a blur of variance 1, and of 4, 16 … of a full pixel's on smaller grids.
    levels = 0
    while _rest(sigma, levels + 1) >= _FINEST_BLUR**2:
        levels += 1
    sizes: list[tuple[int, int]] = []
    for _ in range(levels):
        sizes.append((field.shape[1], field.shape[0]))
        field = cv2.pyrDown(field)
    field = cv2.GaussianBlur(field, (0, 0), _rest(sigma, levels) ** 0.5)
    for size in reversed(sizes):
        field = cv2.pyrUp(field, dstsize=size)
    return field


def _rest(sigma: float, levels: int) -> float:
    """The variance, on the grid ``levels`` steps down, that makes a blur of ``sigma`` px of the steps down and up."""
    return (sigma * sigma - 2 * (4**levels - 1) / 3) / 4**levels
