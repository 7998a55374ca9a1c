"""Finds eyes, nose and mouth in a face that is upright."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from generator.classic.colour import Floats, lab
from generator.classic.figures import Oval

_GRID = 22
"""Pixels of half a face's width where features are looked for."""
_REACH = (1.25, 1.15, 1.6)
"""How far from the face's centre the searched part reaches: to the sides, up and down, in half widths of the face."""
_MANY = 10
"""Places at which each eye may be."""
_APART, _LONG, _HIGH = (0.5, 0.085), (2.1, 0.26), (-0.38, 0.24)
"""Of most faces, mean and spread: half the distance of the eyes and how high they are, in half widths of the face from
its centre; the way to the mouth, in half distances of the eyes."""
_PALE, _RED = 0.5, 0.7
"""Weight of colour beside lightness: eyes are less red than skin, and lips redder."""
_UNDER_EYES = 0.35
"""Where the lower half of a face begins, in half distances of the eyes."""
_DOUBT = 0.12
"""Likeness of the features to their patterns (mean correlation) below which a face is taken for a usual one."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Where the features of a face are, in pixels."""

    left: tuple[float, float]
    """Middle of the eye on the picture's left."""
    right: tuple[float, float]
    mouth: tuple[float, float]
    sure: float
    """How much the face looks like one at these places: a correlation, 0 … 1; 0 for a guess."""

    @property
    def eyes(self) -> tuple[float, float]:
        """The point between the eyes."""
        return (self.left[0] + self.right[0]) / 2, (self.left[1] + self.right[1]) / 2

    @property
    def apart(self) -> float:
        """Half the distance of the eyes: the unit in which the rest is measured."""
        return float(np.hypot(self.right[0] - self.left[0], self.right[1] - self.left[1])) / 2

    @property
    def long(self) -> float:
        """The way from the eyes down to the mouth, in half distances of the eyes."""
        return float(np.hypot(self.mouth[0] - self.eyes[0], self.mouth[1] - self.eyes[1])) / max(self.apart, 1e-3)

    def at(self, right: float, down: float) -> tuple[float, float]:
        """The pixel at so many half distances of the eyes from the point between them, along the line of the eyes and
        along that to the mouth."""
        (x, y), (mouth_x, mouth_y), long = self.eyes, self.mouth, self.long
        return (
            x + right * (self.right[0] - x) + down * (mouth_x - x) / long,
            y + right * (self.right[1] - y) + down * (mouth_y - y) / long,
        )

    def measured(self, height: int, width: int = 0) -> tuple[Floats, Floats]:
        """For every pixel of a picture (square without ``width``) what ``at`` is told for it."""
        (x, y), long = self.eyes, self.long
        axes = np.array(
            [[self.right[0] - x, (self.mouth[0] - x) / long], [self.right[1] - y, (self.mouth[1] - y) / long]]
        )
        back = np.linalg.inv(axes).astype(np.float32)
        columns, rows = (
            np.arange(count, dtype=np.float32) - np.float32(at) for count, at in ((width or height, x), (height, y))
        )
        columns, rows = columns[None, :], rows[:, None]
        return back[0, 0] * columns + back[0, 1] * rows, back[1, 0] * columns + back[1, 1] * rows

    def beside(self, left: int, top: int) -> Landmarks:
        """The same in a part of the picture that begins there."""
        one, other, mouth = ((x - left, y - top) for x, y in (self.left, self.right, self.mouth))
        return Landmarks(one, other, mouth, self.sure)

    def scaled(self, factor: float) -> Landmarks:
        """The same in a picture of ``factor`` times the side."""
        left, right, mouth = (
            ((x + 0.5) * factor - 0.5, (y + 0.5) * factor - 0.5) for x, y in (self.left, self.right, self.mouth)
        )
        return Landmarks(left, right, mouth, self.sure)


def between(one: Landmarks, other: Landmarks) -> Landmarks:
    """Features half-way between those of two faces."""
    left, right, mouth = (
        ((x + a) / 2, (y + b) / 2)
        for (x, y), (a, b) in ((one.left, other.left), (one.right, other.right), (one.mouth, other.mouth))
    )
    return Landmarks(left, right, mouth, min(one.sure, other.sure))


def guessed(face: Oval) -> Landmarks:
    """Where the features of a usual face lie."""
    apart = _APART[0] * face.half_width
    high = face.y + _HIGH[0] * face.half_width
    return Landmarks((face.x - apart, high), (face.x + apart, high), (face.x, high + _LONG[0] * apart), sure=0.0)


def landmarks(image: Floats, face: Oval) -> Landmarks:
    """Eyes and mouth of an upright face in ``image`` (side, side, 3).

    Each eye has several places where the local contrast looks like one; of all pairs the one is taken whose eyes look
    most like eyes and lie most as in other faces. The mouth is sought below them together with the nose.
    """
    scale = _GRID / face.half_width
    across, up, down = (reach * _GRID for reach in _REACH)
    size = round(2 * across), round(up + down)
    move = np.array([[scale, 0, across - scale * face.x], [0, scale, up - scale * face.y]], np.float32)
    soft = cv2.GaussianBlur(image, (0, 0), 0.45 / scale) if scale < 1 else image
    values = lab(
        cv2.warpAffine(np.clip(soft, 0, 1), move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )
    light, red = _evened(values[:, :, 0]), _evened(values[:, :, 1])
    dark, white, pale = _eyes()
    alike = np.maximum(_alike(light, dark), _alike(light, white)) + _PALE * _alike(red, pale)
    left, right, sure = _pair(alike / (1 + _PALE), np.array([across, up]))
    if sure < _DOUBT:
        return guessed(face)
    mouth = _mouth(light, red, left, right)
    corner = np.array([face.x - across / scale, face.y - up / scale])
    places = [(float(x), float(y)) for x, y in (corner + each / scale for each in (left, right, mouth))]
    return Landmarks(places[0], places[1], places[2], float(sure))


def _pair(alike: Floats, middle: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The eyes in a map of what looks like one, and how sure they are; ``middle`` is the face's centre."""
    peaks = alike * (alike >= cv2.dilate(alike, np.ones((5, 5), np.uint8)))
    halves = peaks[:, : int(middle[0])], peaks[:, int(middle[0]) :]
    best = np.zeros(2), np.zeros(2), -9.0
    sides: list[list[tuple[np.ndarray, float]]] = []
    for half, begin in zip(halves, (0, int(middle[0])), strict=True):
        order = np.argsort(half, axis=None)[::-1][:_MANY]
        rows, columns = np.unravel_index(order, half.shape)
        sides.append([(np.array([begin + x, y], float), float(half[y, x])) for y, x in zip(rows, columns, strict=True)])
    for left, one in sides[0]:
        for right, other in sides[1]:
            wide, lean = right - left
            x, y = ((left + right) / 2 - middle) / _GRID
            odd = ((wide / 2 / _GRID - _APART[0]) / _APART[1]) ** 2 + ((y - _HIGH[0]) / _HIGH[1]) ** 2
            odd += (x / 0.18) ** 2 + (lean / max(wide, 1) / 0.1) ** 2
            sure = (one + other) / 2 - 0.2 * abs(one - other) - 0.035 * odd
            if sure > best[2]:
                best = left, right, sure
    return best


def _mouth(light: Floats, red: Floats, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Where the mouth is below two eyes."""
    unit = _APART[0] * _GRID
    across = (right - left) / 2
    turn = np.array([[across[0], -across[1]], [across[1], across[0]]]) / unit
    size = 2 * round(1.6 * unit) + 1, round(3.4 * unit)
    middle = np.array([(size[0] - 1) / 2, 0.0])
    move = np.column_stack([turn, (left + right) / 2 - turn @ middle])
    straight, blush = (
        cv2.warpAffine(each, move, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
        for each in (light, red)
    )
    best = (-9.0, middle)
    for long in np.arange(1.6, 2.75, 0.1):
        lips, shapes = _lower(float(round(long, 1)))
        reach = (size[0] - lips.shape[1]) // 2
        row = round(_UNDER_EYES * unit)
        part = np.s_[row : row + lips.shape[0], reach - 2 : size[0] - reach + 2]
        blushing = cv2.matchTemplate(blush[part], lips, cv2.TM_CCOEFF_NORMED)
        usual = 0.03 * ((long - _LONG[0]) / _LONG[1]) ** 2
        for shape in shapes:
            alike = (cv2.matchTemplate(straight[part], shape, cv2.TM_CCOEFF_NORMED) + _RED * blushing)[0]
            column = int(alike.argmax())
            if alike[column] - usual > best[0]:
                best = float(alike[column]) - usual, middle + np.array([column - 2, long * unit])
    return move[:, :2] @ best[1] + move[:, 2]


def _alike(field: Floats, pattern: Floats) -> Floats:
    """Correlation of ``pattern`` with ``field`` around each place, in the field's size."""
    high, wide = (each // 2 for each in pattern.shape)
    padded = cv2.copyMakeBorder(field, high, high, wide, wide, cv2.BORDER_REPLICATE)
    return cv2.matchTemplate(padded, pattern, cv2.TM_CCOEFF_NORMED)


def _evened(values: Floats) -> Floats:
    """Local contrast of CIE L or a: whatever the light and the skin, -1 … 1."""
    wide = 0.42 * _GRID
    apart = values - cv2.GaussianBlur(values, (0, 0), wide)
    spread = np.sqrt(cv2.GaussianBlur(apart * apart, (0, 0), wide)) + 1.2
    return np.tanh(cv2.GaussianBlur(apart, (0, 0), 0.8) / spread).astype(np.float32)


_Blob = tuple[float, float, float, float, float]
"""x and y of a blob, its half width and half height in half distances of the eyes, and how light it is."""


def _pattern(wide: float, top: float, bottom: float, blobs: tuple[_Blob, ...]) -> Floats:
    """Blobs in a field from ``-wide`` to ``wide`` and from ``top`` to ``bottom``."""
    unit = _APART[0] * _GRID
    columns, rows = (
        np.arange(round(first * unit), round(last * unit) + 1) / unit for first, last in ((-wide, wide), (top, bottom))
    )
    result = np.zeros((len(rows), len(columns)), np.float32)
    for x, y, half_width, half_height, much in blobs:
        down, right = (
            np.exp(-(((each - at) / half) ** 2))
            for each, at, half in ((rows, y, half_height), (columns, x, half_width))
        )
        result += np.float32(much) * np.outer(down, right).astype(np.float32)
    return result


@cache
def _eyes() -> tuple[Floats, Floats, Floats]:
    """An eye as a dark place, one whose white is seen, and how red either is."""
    field = 0.8, -0.85, 0.85
    around = ((0, -0.52, 0.55, 0.13, -0.5), (0, 0.6, 0.6, 0.25, 0.5))
    dark = ((0, -0.28, 0.5, 0.1, 0.35), (0, 0, 0.4, 0.2, -1.0), (0, 0, 0.16, 0.16, -0.4))
    white = ((0, 0, 0.6, 0.36, -0.5), (-0.32, 0, 0.17, 0.16, 1.4), (0.32, 0, 0.17, 0.16, 1.4), (0, 0, 0.12, 0.16, -0.8))
    pale = ((0, 0, 0.45, 0.24, -1.0), (0, -0.6, 0.55, 0.13, -0.4))
    return _pattern(*field, (*around, *dark)), _pattern(*field, (*around, *white)), _pattern(*field, pale)


@cache
def _lower(long: float) -> tuple[Floats, tuple[Floats, Floats]]:
    """The lower half of a face whose mouth is ``long`` below the eyes: how red it is; how light, the mouth closed or
    with teeth."""
    nose = (
        (-0.2, 0.56 * long, 0.16, 0.13, -0.5), (0.2, 0.56 * long, 0.16, 0.13, -0.5), (0, 0.3 * long, 0.22, 0.4, 0.5),
        (-1.1, 0.4 * long, 0.5, 0.4, 0.6), (1.1, 0.4 * long, 0.5, 0.4, 0.6), (0, 0.77 * long, 0.4, 0.14, 0.2),
    )  # fmt: skip
    closed = ((0, long, 0.65, 0.14, -1.0), (0, long + 0.45, 0.45, 0.2, 0.3))
    teeth = (
        (0, long, 0.5, 0.14, 0.9), (0, long - 0.24, 0.7, 0.1, -0.6), (0, long + 0.27, 0.5, 0.12, -0.6),
        (-0.8, long - 0.08, 0.18, 0.18, -0.8), (0.8, long - 0.08, 0.18, 0.18, -0.8),
    )  # fmt: skip
    field = 1.3, _UNDER_EYES, long + 0.6
    lips = ((0.0, long, 0.75, 0.3, 1.0), (0.0, 0.52 * long, 0.5, 0.3, -0.3))
    return _pattern(*field, lips), (_pattern(*field, (*nose, *closed)), _pattern(*field, (*nose, *teeth)))
