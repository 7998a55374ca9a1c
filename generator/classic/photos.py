"""Turns a photo into a subject: found, framed, cut out, warped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.colour import Bytes, Floats, lab, lab_of, rgb
from generator.classic.faces import Face, FaceFinder
from generator.classic.figures import HAIR, NATURAL_HAIR, SKIN, Oval
from generator.classic.flow import simplified, tangents
from generator.classic.landmarks import Landmarks, between, guessed, landmarks
from generator.classic.likeness import Likeness, calmed, face_inside
from generator.classic.matte import GRID, guided, person_matte
from generator.classic.rim import disc_around_subject
from generator.classic.subject import Subject
from generator.classic.tone import blurred
from generator.classic.warp import bent, field, warped
from generator.engine import Photo

_WIDE = 0.26
"""Size of the face in the wide crop that is cut out."""
_PORTHOLE = 0.86
"""Radius of the disc that is left of a photo without a face, in half sides."""
_BASE = 448
"""Side at which photos are simplified; thresholds come later, at output size."""
_HUES: Mapping[str, str] = {
    "red": "#d63f36",
    "orange": "#ee7b22",
    "yellow": "#f2b705",
    "green": "#3d9a50",
    "teal": "#12897b",
    "blue": "#2f63c4",
    "purple": "#6b46b8",
    "pink": "#d94f86",
}


@dataclass(frozen=True, slots=True)
class Sitting:
    """A photo, framed."""

    subject: Subject
    """Cut out, bent, simplified."""
    original: Floats
    """The same frame of the photo as it was: sRGB (side, side, 3)."""
    notes: tuple[str, ...]
    marks: Landmarks | None = None
    """Where the features are in ``subject``; None without a face."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A photo cut to head and shoulders, the head upright; nothing in it is bent or simplified yet."""

    original: Floats
    """sRGB (side, side, 3)."""
    matte: Floats
    """(side, side), 1 = the person."""
    face: Oval
    place: np.ndarray
    """Photo → frame, 2x3."""


@dataclass(frozen=True, slots=True)
class _Crop:
    """A square of the photo: centre, side, and the angle that sets the head upright."""

    x: float
    y: float
    side: float
    tilt: float

    def matrix(self, pixels: int) -> np.ndarray:
        """Photo → square of ``pixels``, 2x3."""
        turn = cv2.getRotationMatrix2D((self.x, self.y), self.tilt, pixels / self.side)
        turn[:, 2] += pixels / 2 - np.array([self.x, self.y])
        return turn

    def cut(self, image: np.ndarray, pixels: int, border: int = cv2.BORDER_REPLICATE) -> np.ndarray:
        """The square as (pixels, pixels, …), without aliasing when it shrinks."""
        factor = int(np.clip(self.side / pixels, 1, 4))
        big = cv2.warpAffine(
            image, self.matrix(pixels * factor), (pixels * factor,) * 2, flags=cv2.INTER_LINEAR, borderMode=border
        )
        return big if factor == 1 else cv2.resize(big, (pixels, pixels), interpolation=cv2.INTER_AREA)


def pixels_of(photo: Photo) -> Bytes:
    """The photo as uint8 (height, width, 3); at most 1280 px on its long side."""
    image = np.frombuffer(photo.rgb, np.uint8).reshape(photo.height, photo.width, 3)
    longest = max(photo.width, photo.height)
    if longest > 1280:
        area = (max(round(photo.width * 1280 / longest), 1), max(round(photo.height * 1280 / longest), 1))
        image = cv2.resize(image, area, interpolation=cv2.INTER_AREA)
    return image


def notes_on(faces: list[Face]) -> tuple[str, ...]:
    """What the member should know about the faces that were found."""
    if not faces:
        return ("note-no-face",)
    second = faces[1].size if len(faces) > 1 else 0.0
    return ("note-several-faces",) if second > 0.4 * faces[0].size else ()


def prepared(
    photo: Photo, finder: FaceFinder, side: int, likeness: Likeness, seed: int, step: Callable[[float], None]
) -> Sitting:
    """Find, frame, cut out, bend and simplify. ``step`` is called with the fraction done between the parts."""
    image = pixels_of(photo)
    faces = finder.find(image)
    step(0.15)
    if not faces:
        return _whole(image, side, likeness, notes_on(faces))
    frame = framed(image, faces[0], side, faces[1:], lambda: step(0.3))
    step(0.4)
    marks = landmarks(frame.original, frame.face)
    if likeness.sketched:
        # How far apart somebody's features are is their own as well.
        marks = between(marks, guessed(frame.face))
    where = field(side, frame.face, seed, likeness.warp, marks)
    base = _simplified(warped(frame.original, where), likeness)
    moved = bent(marks, where)
    base = calmed(base, moved, warped(face_inside(side, frame.face, marks), where), likeness, seed)
    matte = _shape(np.clip(warped(frame.matte, where), 0, 1), likeness)
    return Sitting(Subject(base, matte, frame.face, drawn=False), frame.original, notes_on(faces), moved)


def framed(
    image: Bytes, face: Face, side: int, others: Sequence[Face] = (), step: Callable[[], None] = lambda: None
) -> Frame:
    """Whoever ``face`` belongs to, from a little above the head to the shoulders, in a square of ``side`` px.

    ``others`` are faces in the same photo, of which nothing is kept.
    """
    wide = _Crop(face.x, face.y + 0.12 * face.size, face.size / _WIDE, face.tilt)
    scene = wide.cut(image, GRID).astype(np.float32) / 255
    valid = wide.cut(np.ones(image.shape[:2], np.float32), GRID, cv2.BORDER_CONSTANT)
    seat = wide.matrix(GRID) @ np.array([face.x, face.y, 1])
    size = _WIDE * GRID
    around = wide.cut(_heads(image.shape[:2], face, others), GRID, cv2.BORDER_CONSTANT) if others else 0 * valid
    rough = person_matte(scene, lab(scene), float(seat[0]), float(seat[1]), size, valid, around)
    step()
    frame = _framed(face, wide, rough, seat)
    original = frame.cut(image, side).astype(np.float32) / 255
    matte = _refined(rough, wide, frame, original)
    middle = frame.matrix(side) @ np.array([face.x, face.y, 1])
    scale = side / frame.side
    oval = Oval(
        float(middle[0]), float(middle[1]) + 0.05 * face.size * scale, 0.38 * face.size * scale, 0.5 * face.size * scale
    )
    return Frame(original, matte, oval, frame.matrix(side))


def _heads(area: tuple[int, int], face: Face, others: Sequence[Face]) -> Floats:
    """Where in a photo of ``area`` (height, width) the heads of ``others`` are, as far as ``face`` does not hide them."""
    mask = np.zeros(area, np.float32)

    def lay(whose: Face, size: tuple[float, float], value: float) -> None:
        middle = (whose.x, whose.y - 0.1 * whose.size)
        axes = (2 * size[0] * whose.size, 2 * size[1] * whose.size)
        cv2.ellipse(mask, (middle, axes, whose.tilt), value, -1)

    for other in others:
        # What is found within a head is a part of it, whatever it looks like.
        if np.hypot(other.x - face.x, other.y - face.y) > 0.6 * face.size:
            lay(other, (0.48, 0.72), 1)
    lay(face, (0.5, 0.7), 0)
    return mask


def centred(image: Bytes, side: int) -> Floats:
    """What stands out in a photo without a face: sRGB (side, side, 3)."""
    disc = disc_around_subject(image)
    return _Crop(disc.x, disc.y, 2 * disc.radius, 0.0).cut(image, side, cv2.BORDER_REFLECT_101).astype(np.float32) / 255


def _whole(image: Bytes, side: int, likeness: Likeness, notes: tuple[str, ...]) -> Sitting:
    """Pets and things: what stands out in the photo, in a disc whose rim dissolves into broad shapes."""
    disc = disc_around_subject(image)
    crop = _Crop(disc.x, disc.y, 2 * disc.radius / _PORTHOLE, 0.0)
    original = crop.cut(image, side, cv2.BORDER_REFLECT_101).astype(np.float32) / 255
    subject = crop.cut(disc.subject, side, cv2.BORDER_CONSTANT)
    distance = 1 - likeness.abstraction
    base = _simplified(original, Likeness(max(likeness.abstraction, 0.5), likeness.warp, likeness.sketched))
    steps = (np.arange(side, dtype=np.float32) + 0.5) * 2 / side - 1
    radius = np.hypot(steps[None, :], steps[:, None] - 0.02)
    # Whoever or whatever stands around the subject goes; at a hint, most of the subject's own detail too.
    away = np.clip((radius - 0.26 - 0.3 * distance * (1 + 1.5 * subject)) / 0.3, 0, 1)[..., None]
    base = base + away * (blurred(base, (8 + 22 * likeness.abstraction) * side / 512) - base)
    matte = np.clip((_PORTHOLE - radius) * side / 2 + 0.5, 0, 1).astype(np.float32)
    return Sitting(Subject(base.astype(np.float32), matte, None, drawn=False), original, notes)


def _framed(face: Face, wide: _Crop, rough: Floats, seat: np.ndarray) -> _Crop:
    """The square from a little above the real top of the head to the shoulders."""
    size = _WIDE * GRID
    rows, columns = np.mgrid[0:GRID, 0:GRID].astype(np.float32)
    near = (rough > 0.5) & (np.abs(columns - seat[0]) < 0.9 * size)
    broad = near.sum(axis=1) > 0.14 * size
    tops = np.flatnonzero(broad[: int(seat[1])])
    gaps = np.flatnonzero(~broad[: int(seat[1])])
    top = float(gaps[-1] + 1) if len(gaps) else float(tops[0] if len(tops) else 0)
    top = float(np.clip(top, seat[1] - 1.75 * size, seat[1] - 0.55 * size))
    chin = float(seat[1] + 0.6 * size)
    above = near & (rows < chin) & (rows >= top)
    middle = float(columns[above].mean()) if above.any() else float(seat[0])
    side = max((chin - top) / 0.64, 1.95 * size)
    # In whole steps: a pair of glasses or a wrinkle must not move the frame by a hair.
    x = float(seat[0]) + round((middle - float(seat[0])) / 4) * 2
    y = top - 0.085 * side + side / 2
    back = cv2.invertAffineTransform(wide.matrix(GRID))
    centre = back @ np.array([x, y, 1])
    return _Crop(float(centre[0]), float(centre[1]), side * wide.side / GRID, face.tilt)


def _refined(rough: Floats, wide: _Crop, frame: _Crop, original: Floats) -> Floats:
    """The matte of the wide crop brought into the frame, its edge drawn to the picture's own edges."""
    side = original.shape[0]
    between = np.vstack([frame.matrix(side), [0, 0, 1]]) @ np.linalg.inv(np.vstack([wide.matrix(GRID), [0, 0, 1]]))
    matte = cv2.warpAffine(rough, between[:2], (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(original, cv2.COLOR_RGB2GRAY)
    radius = max(round(side / 110), 2)
    sharp = guided(grey, matte, radius, 8e-4, 2 if side >= _BASE else 1)
    return np.clip((np.clip(sharp, 0, 1) - 0.5) * 1.7 + 0.5, 0, 1).astype(np.float32)


def _shape(matte: Floats, likeness: Likeness) -> Floats:
    """The outline without its small bays and spikes, the less like the photo the smoother."""
    side = matte.shape[0]
    radius = 9 * max(likeness.abstraction - 0.3, 0) * side / 512
    return np.clip((blurred(matte, radius) - 0.5) * max(2.5 * radius, 1) + 0.5, 0, 1) if radius > 0.5 else matte


def _simplified(image: Floats, likeness: Likeness) -> Floats:
    side = image.shape[0]
    work = min(side, _BASE)
    small = cv2.resize(image, (work, work), interpolation=cv2.INTER_AREA) if work != side else image
    lightness = lab(small)[:, :, 0] / 100
    u = work / 512
    way = tangents(lightness, 2.6 * u)
    base = simplified(small, lightness, way, (1.6 + 6.4 * likeness.abstraction**1.5) * u)
    keep = 0.8 * max(1 - 1.5 * likeness.abstraction, 0)
    base = base + keep * (small - base)
    return base if work == side else cv2.resize(base, (side, side), interpolation=cv2.INTER_CUBIC)


def colours_of(photo: Photo, finder: FaceFinder) -> tuple[dict[str, str], tuple[str, ...]]:
    """Traits that carry a photo's colours alone (``skin``, ``hairtone``, ``colour``), and the notes.

    Nothing of the photo's shapes is in them: each is the nearest of a handful.
    """
    image = pixels_of(photo)
    faces = finder.find(image)
    return colours_in(image, faces), notes_on(faces)


def colours_in(image: Bytes, faces: list[Face]) -> dict[str, str]:
    """``colours_of`` a photo in which somebody has looked for faces already."""
    if not faces:
        return {"colour": _hue(lab(_reduced(image)).reshape(-1, 3))}
    face = faces[0]
    crop = _Crop(face.x, face.y, face.size / 0.3, face.tilt)
    scene = lab(crop.cut(image, 96).astype(np.float32) / 255)
    rows, columns = np.mgrid[0:96, 0:96]
    right, down = (columns - 48) / 28.8, (rows - 48) / 28.8
    skin = scene[(np.hypot(right / 0.28, (down - 0.08) / 0.3) < 1)]
    hair = scene[(np.abs(right) < 0.3) & (down > -0.78) & (down < -0.58)]
    cloth = scene[(np.abs(right) < 0.5) & (down > 1.05)]
    traits = {"skin": _nearest(np.median(skin, axis=0), SKIN, (1.0, 0.6, 0.6)), "colour": _hue(cloth)}
    natural = {name: HAIR[name] for name in NATURAL_HAIR}
    traits["hairtone"] = _nearest(np.median(hair, axis=0), natural, (0.8, 1.0, 1.0))
    return traits


def _reduced(image: Bytes) -> Floats:
    return cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _nearest(colour: np.ndarray, choices: Mapping[str, str], weights: tuple[float, float, float]) -> str:
    table = lab_of([rgb(each) for each in choices.values()])
    distance = (((table - colour) * np.array(weights)) ** 2).sum(axis=1)
    return list(choices)[int(distance.argmin())]


def _hue(colours: np.ndarray) -> str:
    """The palette nearest to the liveliest quarter of Lab ``colours`` (n, 3); grey when none of them is lively."""
    chroma = np.hypot(colours[:, 1], colours[:, 2])
    lively = colours[chroma >= np.quantile(chroma, 0.75)]
    middle = np.median(lively, axis=0)
    if np.hypot(middle[1], middle[2]) < 14:
        return "grey"
    return _nearest(middle, _HUES, (0.3, 1.0, 1.0))
