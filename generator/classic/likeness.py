"""Says what the likeness dial does to a face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.colour import Floats, lab, mix, unlab
from generator.classic.figures import Oval
from generator.classic.landmarks import Landmarks
from generator.classic.sketch import sketched
from generator.classic.tone import blurred

_WORK = 160
_SKETCHED_BELOW = 40


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the dial means for a photo."""

    abstraction: float
    """0 … 1: how much detail goes."""
    warp: float
    """How far the face is bent; 1 is another face of the same family, and still a handsome one."""
    sketched: bool
    """True where eyes, brows, nose and mouth are no longer the photo's, but drawn."""

    @classmethod
    def of(cls, likeness: int) -> Likeness:
        """``likeness`` 0 … 100; 100 still bends the face."""
        distance = 1 - likeness / 100
        return cls(0.15 + 0.8 * distance, 0.4 + 1.2 * distance**0.85, likeness < _SKETCHED_BELOW)


def calmed(image: Floats, marks: Landmarks, inside: Floats, likeness: Likeness, seed: int) -> Floats:
    """``image`` (side, side, 3) with as little of the face's own detail as the dial says.

    First folds and spots go, later the features themselves: others are drawn in their place. ``marks`` and ``inside``
    (``face_inside``) are the face as ``image`` shows it.
    """
    strength = float(np.clip((likeness.abstraction - 0.3) / 0.25, 0, 1))
    if strength <= 0:
        return image
    side, work = image.shape[0], min(_WORK, image.shape[0])
    small, inside = marks.scaled(work / side), cv2.resize(inside, (work, work), interpolation=cv2.INTER_AREA)
    reduced = lab(np.clip(cv2.resize(image, (work, work), interpolation=cv2.INTER_AREA), 0, 1))
    whole = (side, side)
    if not likeness.sketched:
        weak = (0.2 + 0.16 * strength) * _contrast(reduced[:, :, 0], inside)
        smooth = cv2.bilateralFilter(reduced, 0, weak, max(0.14 * small.apart, 0.5))
        # Only what goes is enlarged: the rest keeps its edges.
        apart = 0.85 * strength * (smooth - reduced) * inside[..., None]
        return unlab(lab(np.clip(image, 0, 1)) + cv2.resize(apart, whole, interpolation=cv2.INTER_LINEAR))
    foreign = _foreign(reduced, small, inside)
    hair = _hair(foreign, small, inside)
    bare = unlab(_filled(reduced, foreign, small, inside * (1 - hair)))
    bare = cv2.resize(bare, whole, interpolation=cv2.INTER_LINEAR)
    cover = inside * (1 - blurred(hair, 0.06 * small.apart))
    cover = cv2.resize(cover, whole, interpolation=cv2.INTER_LINEAR)
    return sketched(mix(image, bare, cover), cover, marks, seed)


def _contrast(lightness: Floats, inside: Floats) -> float:
    """From the dark to the light parts of a face, in CIE L: less on dark skin than on light."""
    low, high = np.percentile(lightness[inside > 0.5], (4, 96)) if (inside > 0.5).any() else (0.0, 50.0)
    return float(np.clip(high - low, 8, 60))


def face_inside(side: int, face: Oval, marks: Landmarks) -> Floats:
    """Soft mask (side, side), from the forehead to the chin, and along the temples as far as rims of glasses go."""
    right, down = marks.measured(side)
    away = np.minimum(
        np.hypot(right / 1.75, (down / marks.long - 0.44) / 1.06), np.hypot(right / 2.2, (down + 0.05) / 0.6)
    )
    # Features are sought in the face, and may be taken for others: none of them is left.
    steps = np.arange(side, dtype=np.float32)
    columns, rows = (steps - face.x) / face.half_width, (steps - face.y) / face.half_height
    away = np.minimum(away, np.hypot(columns / 0.94, rows[:, None] / 0.84))
    return np.clip((1.12 - away) / 0.25, 0, 1).astype(np.float32)


def _features(marks: Landmarks, side: int) -> np.ndarray:
    """Boolean: eyes, nostrils, mouth, which have skin's colours in part."""
    right, down = marks.measured(side)
    level = down / marks.long
    own = np.hypot((np.abs(right) - 1) / 0.95, (down + 0.1) / 0.65) < 1
    own |= np.hypot(right / 1.0, (level - 1) / 0.24) < 1
    return own | (np.hypot(right / 0.5, (level - 0.58) / 0.14) < 1)


def _foreign(values: Floats, marks: Landmarks, inside: Floats) -> Floats:
    """How little each pixel looks like the skin of cheeks and nose in some light, 0 … 1; ``values`` in CIE Lab."""
    right, down = marks.measured(values.shape[0])
    level = down / marks.long
    cheeks = (inside > 0.9) & (level > 0.1) & (level < 0.75) & (np.abs(right) < 1.5)
    cheeks &= ~_features(marks, values.shape[0])
    if cheeks.sum() < 16:
        return 1 - inside
    skin = np.median(values[cheeks], axis=0)
    light = max(0.3 * float(skin[0]), 8.0, 3 * float(np.median(np.abs(values[cheeks][:, 0] - skin[0]))))
    away = (values - skin) / np.array([light, 9.0, 11.0], np.float32)
    return np.clip(1.25 * np.linalg.norm(away, axis=2) - 0.9, 0, 1).astype(np.float32)


def _hair(foreign: Floats, marks: Landmarks, inside: Floats) -> Floats:
    """Hair, beard and hats inside the face, 0 … 1: what is no skin, thicker than eyes and brows, and goes on outside."""
    reach = 2 * max(round(0.26 * marks.apart), 1) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    thick = cv2.morphologyEx((foreign > 0.5).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    _, islands = cv2.connectedComponents(thick)
    outside = np.unique(islands[inside < 0.05])
    right, down = marks.measured(foreign.shape[0])
    # Rims of glasses and shadows go on outside as well, but hair seldom lies on eyes, and never on nose and mouth.
    apart = max(1.0, marks.long / 2.1)
    own = np.hypot((np.abs(right) - apart) / (1.1 * apart), (down + 0.12) / 0.6) < 1
    own |= np.hypot(right / 1.2, (down / marks.long - 0.65) / 0.5) < 1
    return (np.isin(islands, outside) & (thick > 0) & ~own).astype(np.float32)


def _filled(values: Floats, foreign: Floats, marks: Landmarks, where: Floats) -> Floats:
    """Bare skin in the light of the photo, CIE Lab: what looks like skin ``where`` (0 … 1) is spread over the rest."""
    weight = where * (1 - foreign) * np.where(_features(marks, values.shape[0]), 0.005, 1) + 1e-5
    wide = 0.42 * marks.apart
    skin = (values * weight[..., None]).sum(axis=(0, 1)) / weight.sum()
    spread = [blurred(((values[:, :, each] - skin[each]) * weight).astype(np.float32), wide) for each in range(3)]
    return (np.stack(spread, axis=2) / blurred(weight.astype(np.float32), wide)[..., None] + skin).astype(np.float32)
