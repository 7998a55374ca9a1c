"""Bends a face in seeded directions in which faces differ, so that it is no longer quite that person's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.chance import chance
from generator.classic.colour import Floats
from generator.classic.figures import Oval
from generator.classic.landmarks import Landmarks, guessed

_GRID = 160
"""Side of the grid on which the bend is computed: it is smooth."""
_STILL = 0.07
"""Width of the rim of the picture in which the bend fades to nothing, in sides."""


_LEAST = 0.25
"""To how small a part of its area the bend may shrink anything."""


@dataclass(frozen=True, slots=True)
class _Plane:
    """Every pixel of the grid in half distances of the eyes from the point between them: right, and down along the
    line to the mouth, which is ``long`` away."""

    right: Floats
    down: Floats
    long: float

    def near(self, x: float, y: float, half_width: float, half_height: float) -> Floats:
        """1 at a place, falling to 0 around it."""
        return np.exp(-0.5 * (((self.right - x) / half_width) ** 2 + ((self.down - y) / half_height) ** 2))

    def head(self) -> Floats:
        """1 in the face, falling to 0 beyond the hair."""
        return np.exp(-(((self.right / 3.3) ** 2 + ((self.down - 0.4 * self.long) / 3.6) ** 2) ** 2))


_Push = tuple[Floats | float, Floats | float]
"""How far each pixel goes to the right and down, in half distances of the eyes."""


def _both(plane: _Plane, push: Callable[[_Plane, int], _Push]) -> _Push:
    """The same on both sides of the face."""
    (one, two), (three, four) = push(plane, -1), push(plane, 1)
    return one + three, two + four


def _eye_size(plane: _Plane, way: int) -> _Push:
    near = plane.near(way, 0, 0.46, 0.36)
    return 0.26 * (plane.right - way) * near, 0.3 * plane.down * near


def _wide(plane: _Plane, much: float, high: float, reach: float) -> _Push:
    """Broader around a height of the face, out to the ears."""
    rows = np.exp(-0.5 * ((plane.down - high) / reach) ** 2)
    return much * plane.right * rows * np.exp(-((plane.right / 2.7) ** 4)), 0.0


def _smile(plane: _Plane) -> _Push:
    bow = np.clip((plane.right / 0.8) ** 2, 0, 2) - 0.35
    return 0.0, -0.1 * bow * plane.near(0, plane.long, 0.75, 0.4)


DIRECTIONS: Mapping[str, Callable[[_Plane], _Push]] = {
    "eye-spacing": lambda plane: _both(plane, lambda at, way: (0.12 * way * at.near(way, -0.1, 0.7, 0.6), 0.0)),
    "eye-height": lambda plane: (0.0, 0.17 * plane.near(0, -0.15, 1.9, 0.75)),
    "eye-size": lambda plane: _both(plane, _eye_size),
    "eye-slant": lambda plane: _both(
        plane, lambda at, way: (0.0, 0.2 * way * (at.right - way) * at.near(way, -0.1, 0.5, 0.5))
    ),
    "brow-height": lambda plane: _both(plane, lambda at, way: (0.0, 0.1 * at.near(1.05 * way, -0.55, 0.6, 0.26))),
    "nose-length": lambda plane: (0.0, 0.16 * plane.near(0, 0.57 * plane.long, 0.6, 0.45)),
    "nose-width": lambda plane: (0.26 * plane.right * plane.near(0, 0.52 * plane.long, 0.45, 0.5), 0.0),
    "mouth-height": lambda plane: (0.0, 0.17 * plane.near(0, plane.long, 1.0, 0.5)),
    "mouth-width": lambda plane: (0.17 * plane.right * plane.near(0, plane.long, 0.8, 0.42), 0.0),
    "lips": lambda plane: (0.0, 0.3 * (plane.down - plane.long) * plane.near(0, plane.long, 0.75, 0.3)),
    "smile": _smile,
    "cheek-width": lambda plane: _wide(plane, 0.1, 0.4 * plane.long, 0.8),
    "jaw-width": lambda plane: _wide(plane, 0.13, 1.35 * plane.long, 0.85),
    "chin": lambda plane: (0.0, 0.24 * plane.near(0, 1.75 * plane.long, 1.3, 0.75)),
    "face-length": lambda plane: (
        -0.085 * plane.right * plane.head(),
        0.095 * (plane.down - 0.5 * plane.long) * plane.head(),
    ),
    "crown": lambda plane: (0.0, -0.24 * plane.near(0, -2.7, 2.4, 1.0)),
}
"""Name → how far each pixel goes at strength 1."""
_GENTLE: Mapping[str, float] = {"eye-size": 0.5, "smile": 0.4}
"""What is left of the way back, in directions in which that way is the less handsome one."""


def amounts(seed: int) -> dict[str, float]:
    """Direction → -1 … 1, never between -0.55 and 0.55; depends on the seed alone."""
    dice = chance(seed, "warp")
    return {name: float(dice.choice((-1.0, 1.0)) * dice.uniform(0.55, 1.0)) for name in DIRECTIONS}


def field(side: int, face: Oval, seed: int, strength: float, marks: Landmarks | None = None) -> tuple[Floats, Floats]:
    """Where every pixel of the warped square comes from: x and y, float32 (side, side), for ``cv2.remap``.

    ``marks`` are the features of ``face``, a usual face's where they are not known. Smooth, without folds up to a
    strength of 1.5; the rim of the square stays where it is.
    """
    marks = marks or guessed(face)
    small = min(_GRID, side)
    plane, across, unit = _plane(marks, side, small)
    move_right, move_down = np.zeros((2, small, small), np.float32)
    for name, amount in amounts(seed).items():
        right, down = DIRECTIONS[name](plane)
        amount *= _GENTLE.get(name, 1.0) if amount < 0 else 1.0
        move_right += np.float32(amount) * right
        move_down += np.float32(amount) * down
    steps = (np.arange(small, dtype=np.float32) + 0.5) / small
    rim = np.clip(np.minimum(steps, 1 - steps) / _STILL - 0.5 * steps[0] / _STILL, 0, 1)
    rim = rim * rim * (3 - 2 * rim)
    push = (strength * unit * np.outer(rim, rim)).astype(np.float32)
    moves = (
        push * (move_right * across[0] - move_down * across[1]),
        push * (move_right * across[1] + move_down * across[0]),
    )
    gentle = _unfolded(moves[0] * small / side, moves[1] * small / side)
    whole = [cv2.resize(gentle * each, (side, side), interpolation=cv2.INTER_LINEAR) for each in moves]
    pixels = np.arange(side, dtype=np.float32)
    return pixels[None, :] - whole[0], pixels[:, None] - whole[1]


def _unfolded(right: Floats, down: Floats) -> np.float32:
    """How much of moves (in pixels of their own grid) leaves every part of the picture at least ``_LEAST`` of its area."""
    (right_down, right_across), (down_down, down_across) = np.gradient(right), np.gradient(down)
    for part in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3):
        area = (1 - part * right_across) * (1 - part * down_down) - part * part * right_down * down_across
        if area.min() >= _LEAST:
            return np.float32(part)
    return np.float32(0.2)


def warped(image: Floats, where: tuple[Floats, Floats]) -> Floats:
    """``image`` bent by a ``field``."""
    return cv2.remap(image, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def bent(marks: Landmarks, where: tuple[Floats, Floats]) -> Landmarks:
    """Where the features of a face are once the picture is ``warped``."""

    def moved(place: tuple[float, float]) -> tuple[float, float]:
        x, y = place
        for _ in range(12):
            back = [float(cv2.getRectSubPix(each, (1, 1), (x, y))[0, 0]) for each in where]
            x, y = x + 0.7 * (place[0] - back[0]), y + 0.7 * (place[1] - back[1])
        return x, y

    return Landmarks(moved(marks.left), moved(marks.right), moved(marks.mouth), marks.sure)


def _plane(marks: Landmarks, side: int, small: int) -> tuple[_Plane, tuple[float, float], float]:
    """The grid in the face's own measures; the direction from eye to eye, and half their distance in pixels."""
    x, y = marks.eyes
    unit = max(marks.apart, 1.0)
    across = (marks.right[0] - x) / unit, (marks.right[1] - y) / unit
    places = (np.arange(small, dtype=np.float32) + 0.5) * side / small - 0.5
    columns, rows = (places[None, :] - x) / unit, (places[:, None] - y) / unit
    right, down = columns * across[0] + rows * across[1], rows * across[0] - columns * across[1]
    mouth = (marks.mouth[0] - x) / unit, (marks.mouth[1] - y) / unit
    aside, long = mouth[0] * across[0] + mouth[1] * across[1], mouth[1] * across[0] - mouth[0] * across[1]
    long = max(long, 1.2)
    # In a face that is turned a little, the mouth is not straight below the eyes.
    lean = aside / long * np.clip(down / long, -0.3, 1)
    right = right - lean * long
    return _Plane(right.astype(np.float32), down.astype(np.float32), float(long)), across, unit
