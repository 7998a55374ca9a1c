"""Finds faces in photos: Haar cascades of which two must agree, and eyes that say how a head leans."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import cv2.data
import numpy as np

from generator.classic.colour import Bytes
from generator.errors import DrawFailed

_CASCADES = (
    "haarcascade_frontalface_default.xml",
    "haarcascade_frontalface_alt.xml",
    "haarcascade_frontalface_alt2.xml",
)
_EYES = ("haarcascade_eye_tree_eyeglasses.xml", "haarcascade_eye.xml")
_ALIKE = 0.4
_NEAR = 0.35
"""How far around a hit, in its own size, the other cascades look for it."""
_LEAST_UPRIGHT, _LEAST = 0.11, 0.14
"""Size of the smallest faces that are looked for, upright ones and others, in short sides of the photo."""
_LARGE = 0.2
"""Size of faces that are looked for first, in short sides of the photo."""
_TOLD = 0.38
"""Size of a second face that a member is told of, in sizes of the first."""
_WINDOW = 24
"""Pixels of the face that the first cascade learned."""
_FACE = 128
"""Pixels of the face in which eyes are looked for."""
_LEANS = (4.0, 22.0)
"""Degrees by which eyes may correct a head's lean; less is the chance of the boxes, more is no pair of eyes."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One way of looking: long side in px, tilt in degrees, how many neighbours a hit needs, how many must agree,
    and whether small lights are put out first."""

    long_side: int
    tilt: float
    neighbours: int
    agree: int
    matt: bool = False


_UPRIGHT = (_Look(400, 0, 4, 2), _Look(400, 0, 4, 2, matt=True))
"""Tried in this order. On deep skin a gleam on lids and cheeks is as strong as eyes and brows are: the second look takes
it away, and what is left are features that are darker than the skin, as the cascades know them."""
_GROWTH = 1.12
"""From one size that is looked for to the next."""
_GLEAM = 3
"""Pixels of the lights that are put out."""
_LEANING = (_Look(320, -24, 4, 2), _Look(320, 24, 4, 2))
_TURNED = _Look(400, 0, 3, 3)


@dataclass(frozen=True, slots=True)
class Face:
    """A face in the pixels of the photo."""

    x: float
    """Centre."""
    y: float
    size: float
    """Side of the detector's box: about from the brows' top to the chin."""
    tilt: float
    """Degrees by which the head leans, clockwise on the screen; the photo turned by as much counter-clockwise has
    the face upright."""


class FaceFinder:
    """Holds the cascades; a lock keeps threads apart, since a cascade is no place for two at once."""

    def __init__(self) -> None:
        folder = Path(cv2.data.haarcascades)
        self._cascades = [cv2.CascadeClassifier(str(folder / name)) for name in _CASCADES]
        self._eyes = [cv2.CascadeClassifier(str(folder / name)) for name in _EYES]
        if any(cascade.empty() for cascade in (*self._cascades, *self._eyes)):
            raise DrawFailed(parameters={"reason": "cascades"})
        self._lock = threading.Lock()

    def find(self, photo: Bytes) -> list[Face]:
        """Faces in ``photo`` (uint8 (h, w, 3) RGB), the largest first; others than upright ones only when none is."""
        for look in _UPRIGHT:
            found = self._seen(photo, look)
            if found:
                return found
        # A face on its side can pass for a smaller one that leans: the largest counts.
        others = [*(self._seen(photo, look) for look in _LEANING), self._turned(photo)]
        return max(others, key=lambda faces: faces[0].size if faces else 0.0)

    def _turned(self, photo: Bytes) -> list[Face]:
        """Faces in a photo that lies on its side or stands on its head, where all cascades must agree."""
        height, width = photo.shape[:2]
        for quarters in (2, 1, 3):
            found: list[Face] = []
            for face in self._seen(np.ascontiguousarray(np.rot90(photo, quarters)), _TURNED):
                x, y = face.x, face.y
                if quarters == 1:
                    x, y = width - 1 - y, x
                elif quarters == 2:
                    x, y = width - 1 - x, height - 1 - y
                else:
                    x, y = y, height - 1 - x
                found.append(Face(x, y, face.size, 90.0 * quarters + face.tilt))
            if found:
                return found
        return []

    def _seen(self, photo: Bytes, look: _Look) -> list[Face]:
        grey, scale, pad = _prepared(photo, look)
        return [
            Face(
                (x - pad) / scale, (y - pad) / scale, size / scale, look.tilt + self._lean(grey, x, y, size, look.tilt)
            )
            for x, y, size in self._looked(grey, look)
        ]

    def _lean(self, grey: Bytes, x: float, y: float, size: float, tilt: float) -> float:
        """Degrees that a face at (x, y) leans beyond ``tilt``, by its eyes; 0 where no pair of them is seen."""
        turn = cv2.getRotationMatrix2D((x, y), tilt, _FACE / size)
        turn[:, 2] += _FACE / 2 - np.array([x, y])
        face = cv2.warpAffine(grey, turn, (_FACE, _FACE), borderMode=cv2.BORDER_REPLICATE)
        upper = np.ascontiguousarray(face[int(0.1 * _FACE) : int(0.62 * _FACE)])
        for cascade in self._eyes:
            with self._lock:
                found = cascade.detectMultiScale(upper, 1.12, 4, minSize=(20, 20), maxSize=(48, 48))
            eyes = [np.array([left + w / 2, top + h / 2]) for left, top, w, h in found]
            pairs = [
                (one, other)
                for one in eyes
                for other in eyes
                if 0.25 * _FACE < other[0] - one[0] < 0.6 * _FACE and one[0] < _FACE / 2 < other[0]
            ]
            if len(pairs) == 1:
                right, down = pairs[0][1] - pairs[0][0]
                lean = float(np.degrees(np.arctan2(down, right)))
                return lean if _LEANS[0] < abs(lean) < _LEANS[1] else 0.0
        return 0.0

    def _voted(self, grey: Bytes, look: _Look, smallest: int) -> list[tuple[int, np.ndarray]]:
        """What each cascade takes for a face, as (its number, box x, y, w, h).

        The first searches everywhere, the others where it hit, and elsewhere for what is larger: the largest face
        counts, and searching for small ones takes nearly all the time. So they are looked for last, with a coarser
        eye, and none that would not be told beside the largest.
        """
        most = min(grey.shape)
        if look.agree == len(self._cascades):
            # Where every one of them must see it for itself, none is shown where to look.
            strict: list[tuple[int, np.ndarray]] = []
            sizes = (smallest, min(grey.shape))
            for number in range(look.agree):
                found = self._everywhere(number, grey, look, *sizes)
                if not found:
                    return []
                strict.extend((number, box) for box in found)
                widths = [max(box[2:]) for box in found]
                sizes = (max(int(0.6 * min(widths)), smallest), int(1.6 * max(widths)) + 1)
            return strict
        large = max(int(_LARGE * most), smallest)
        first = [(0, box) for box in self._everywhere(0, grey, look, large, most)]
        hits = [*first, *self._seconded(grey, first, look)]
        sure = [box for _, box in first if _votes(box, hits) >= look.agree]
        least = max(smallest, int(_TOLD * max((max(box[2:]) for box in sure), default=0)))
        if least < large:
            small = [
                (0, box)
                for box in self._everywhere(0, grey, look, least, int(1.25 * large))
                if all(_overlap(box, other) <= _ALIKE for _, other in hits)
            ]
            first += small
            hits += [*small, *self._seconded(grey, small, look)]
            sure = [box for _, box in first if _votes(box, hits) >= look.agree]
        larger = max((int(max(box[2:])) + 1 for box in sure), default=smallest)
        if larger < most:
            new = [
                (1, box)
                for box in self._everywhere(1, grey, look, larger, most)
                if all(_overlap(box, other) <= _ALIKE for _, other in hits)
            ]
            hits += [*new, *self._seconded(grey, new, look)]
        return hits

    def _seconded(self, grey: Bytes, hits: list[tuple[int, np.ndarray]], look: _Look) -> list[tuple[int, np.ndarray]]:
        """What the later cascades find around ``hits``."""
        found: list[tuple[int, np.ndarray]] = []
        for number, (x, y, w, h) in hits:
            left, top = max(int(x - _NEAR * w), 0), max(int(y - _NEAR * h), 0)
            right, bottom = (
                min(int(x + (1 + _NEAR) * w), grey.shape[1]),
                min(int(y + (1 + _NEAR) * h), grey.shape[0]),
            )
            for other in range(number + 1, len(self._cascades)):
                around = self._around(other, grey, (left, top, right, bottom), look, int(0.65 * w))
                found.extend((other, box) for box in around)
        return found

    def _everywhere(self, number: int, grey: Bytes, look: _Look, smallest: int, largest: int) -> list[np.ndarray]:
        """Boxes of one cascade of sizes between two, in a picture in which the smallest just fill its window: there it
        takes longer steps."""
        scale = min(_WINDOW / smallest, 1)
        area = (round(grey.shape[1] * scale), round(grey.shape[0] * scale))
        reduced = cv2.resize(grey, area, interpolation=cv2.INTER_AREA) if scale < 1 else grey
        found = self._cascades[number].detectMultiScale(
            reduced,
            _GROWTH,
            look.neighbours,
            minSize=(int(scale * smallest),) * 2,
            maxSize=(int(scale * largest) + 1,) * 2,
        )
        return [np.asarray(box, float) / scale for box in found]

    def _around(
        self, number: int, grey: Bytes, area: tuple[int, int, int, int], look: _Look, smallest: int
    ) -> list[np.ndarray]:
        """Boxes of one cascade in ``area`` (left, top, right, bottom); a part of the picture is another chance to err,
        and there a hit needs one neighbour more."""
        left, top, right, bottom = area
        part = np.ascontiguousarray(grey[top:bottom, left:right])
        found = self._cascades[number].detectMultiScale(
            part, _GROWTH, look.neighbours + (part.size < grey.size), minSize=(smallest, smallest)
        )
        return [np.asarray(box, float) + np.array([left, top, 0, 0]) for box in found]

    def _looked(self, grey: Bytes, look: _Look) -> list[tuple[float, float, float]]:
        """(x, y, size) of the faces that are upright once ``grey`` is turned by the look's tilt counter-clockwise."""
        height, width = grey.shape
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), look.tilt, 1.0)
        turned = cv2.warpAffine(grey, turn, (width, height), borderMode=cv2.BORDER_REPLICATE) if look.tilt else grey
        smallest = _smallest(turned, look)
        with self._lock:
            boxes = self._voted(turned, look, smallest)
        faces: list[tuple[float, float, float]] = []
        back = cv2.invertAffineTransform(turn)
        while boxes:
            _, first = boxes[0]
            group = [(number, box) for number, box in boxes if _overlap(first, box) > _ALIKE]
            boxes = [(number, box) for number, box in boxes if _overlap(first, box) <= _ALIKE]
            if len({number for number, _ in group}) >= look.agree:
                x, y, w, h = np.mean([box for _, box in group], axis=0)
                centre = back @ np.array([x + w / 2, y + h / 2, 1])
                faces.append((float(centre[0]), float(centre[1]), float(w + h) / 2))
        return sorted(faces, key=lambda face: -face[2])


def _prepared(photo: Bytes, look: _Look) -> tuple[Bytes, float, int]:
    """The photo in evened-out grey, its scale, and the border that tiny ones get."""
    height, width = photo.shape[:2]
    scale = min(look.long_side / max(height, width), 2.0)
    area = (max(round(width * scale), 1), max(round(height * scale), 1))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    grey = cv2.cvtColor(cv2.resize(photo, area, interpolation=way), cv2.COLOR_RGB2GRAY)
    if look.matt:
        grey = cv2.erode(grey, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_GLEAM, _GLEAM)))
    pad = 24 if min(grey.shape) < 48 else 0
    if pad:
        grey = cv2.copyMakeBorder(grey, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    return cv2.createCLAHE(2.0, (6, 6)).apply(grey), scale, pad


def _smallest(grey: Bytes, look: _Look) -> int:
    """Pixels of the smallest face that is looked for."""
    return max(int((_LEAST_UPRIGHT if look in _UPRIGHT else _LEAST) * min(grey.shape)), _WINDOW)


def _votes(box: np.ndarray, hits: list[tuple[int, np.ndarray]]) -> int:
    """How many cascades see a face there."""
    return len({number for number, other in hits if _overlap(box, other) > _ALIKE})


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes (x, y, w, h)."""
    left, top = np.maximum(one[:2], other[:2])
    right, bottom = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    shared = max(right - left, 0) * max(bottom - top, 0)
    return float(shared / (one[2] * one[3] + other[2] * other[3] - shared))
