"""Heads in parts, drawn in a moment, for the tests of single painters."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from generator.classic.chance import Luck
from generator.classic.colour import lab, lab_of, luminance, rgb
from generator.classic.figures import SKIN, Layers, Oval
from generator.classic.painting import Brief, Painter, brief
from generator.classic.subject import Subject
from generator.classic.tone import blurred


def person(skin: str, side: int = 192) -> Subject:
    """A head with black hair, eyes, brows, a mouth and a shirt, in parts."""
    big = 4 * side

    def drawn(*shapes: tuple[float, float, float, float]) -> np.ndarray:
        mask = np.zeros((big, big), np.uint8)
        for x, y, half_width, half_height in shapes:
            box = (int(x * big), int(y * big)), (int(half_width * big), int(half_height * big))
            cv2.ellipse(mask, *box, 0, 0, 360, 255, -1)
        return cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255

    shirt, head, hair = drawn((0.5, 1.0, 0.34, 0.24)), drawn((0.5, 0.5, 0.17, 0.24)), drawn((0.5, 0.4, 0.23, 0.24))
    marks = drawn(
        (0.44, 0.5, 0.012, 0.02), (0.56, 0.5, 0.012, 0.02), (0.44, 0.44, 0.03, 0.008), (0.56, 0.44, 0.03, 0.008),
        (0.5, 0.63, 0.05, 0.011),
    )  # fmt: skip
    face = head * (1 - drawn((0.5, 0.26, 0.2, 0.1)))
    flesh = face * (1 - marks)
    matte = np.maximum(np.maximum(hair, head), shirt)
    clothes = shirt * (1 - np.maximum(hair, head))
    colour = flesh[..., None] * rgb(SKIN[skin]) + clothes[..., None] * np.array((0.2, 0.5, 0.8), np.float32)
    none = np.zeros_like(matte)
    lightness = float(lab_of([rgb(SKIN[skin])])[0, 0]) / 100
    oval = Oval(0.5 * side, 0.53 * side, 0.15 * side, 0.2 * side)
    return Subject(colour, matte, oval, drawn=True, skin=lightness, layers=Layers(none, flesh, clothes, none))


def nothing(side: int = 128) -> Subject:
    """A photo of one flat colour, in a porthole."""
    rows, columns = np.mgrid[0:side, 0:side] - side / 2
    matte = (np.hypot(rows, columns) < 0.3 * side).astype(np.float32)
    return Subject(np.full((side, side, 3), 0.4, np.float32), matte, face=None, drawn=False)


def told(palette: tuple[str, ...], seed: int = 3, attempt: int = 0) -> Brief:
    return brief(palette, 0.2, {}, Luck(seed, attempt))


def unlike_each_other(paint: Painter, palette: tuple[str, ...], count: int) -> float:
    """The least mean difference between the pictures of ``count`` attempts at ``nothing``; none of them is blank."""
    pictures = [paint(nothing(), told(palette, attempt=attempt)) for attempt in range(count)]
    assert all(np.isfinite(picture).all() and picture.std() > 0.05 for picture in pictures)
    return min(float(np.abs(one - other).mean()) for one, other in itertools.combinations(pictures, 2))


def liveliness(paint: Painter, palette: tuple[str, ...]) -> list[float]:
    """Mean distance of a face's pixels from their surroundings in luminance, from the lightest skin to the darkest."""
    found: list[float] = []
    for skin in SKIN:
        subject = person(skin)
        assert subject.face is not None
        light = blurred(luminance(paint(subject, told(palette))), subject.side / 340)
        inside = subject.face_mask(0.8) > 0.5
        around = blurred(light, 0.24 * subject.face.half_height)
        found.append(float(np.abs(light - around)[inside].mean()))
    return found


def alike(paint: Painter, palette: tuple[str, ...]) -> float:
    """Mean difference (0 … 1) between a small picture and a large one made small."""
    small, large = (paint(person("tan", side), told(palette)) for side in (256, 512))
    return float(np.abs(cv2.resize(large, (256, 256), interpolation=cv2.INTER_AREA) - small).mean())


def cheeks(paint: Painter, palette: tuple[str, ...]) -> list[float]:
    """Mean lightness (CIE, 0 … 100) of a cheek, from light skin to dark."""
    pictures = [paint(person(skin), told(palette)) for skin in ("light", "tan", "dark")]
    return [float(lab(picture)[102:116, 80:112, 0].mean()) for picture in pictures]
