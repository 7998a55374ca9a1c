"""Whatever the photo, every style makes a picture of it in which something is to be seen."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import cv2
import numpy as np
import pytest
from PIL import Image

from generator.classic import ClassicEngine
from generator.engine import MOST_PICTURES, AvatarSpec
from tests.generator.classic.pictures import photo_of, portrait
from tests.generator.classic.sitters import figure
from tests.generator.classic.test_engine import PHOTO_STYLES

SIDE = 128
FLAT = {"one pixel", "a line", "flat", "black", "white"}
"""Photos that show nothing: a picture of them is a porthole in a designed backdrop."""

SELDOM = {"lying", "grey", "grain", "cut at the brow", "only a face", "black", "white", "one pixel", "a line"}
FEW = ("ink", "papercut", "cel", "pixel", "peeps")
"""What draws the photos that are much like others of them."""


def _noise(face: np.ndarray, strength: float) -> np.ndarray:
    return np.clip(face + np.random.default_rng(5).normal(0, strength, face.shape), 0, 255)


def _jpeg(face: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(face).save(file, "JPEG", quality=6)
    return np.asarray(Image.open(file))


def _tilted(face: np.ndarray) -> np.ndarray:
    turn = cv2.getRotationMatrix2D((240, 240), 24, 1)
    return cv2.warpAffine(face, turn, (480, 480), borderMode=cv2.BORDER_REFLECT)


def _drawing(_: np.ndarray) -> np.ndarray:
    return figure(lender="lorelei", hair="long").colour * 255


NASTY: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "64 px": lambda _: portrait(64),
    "20 megapixels": lambda face: cv2.resize(face, (5200, 3900)),
    "very dark": lambda face: face * 0.07,
    "over-exposed": lambda face: np.clip(face.astype(int) * 2 + 90, 0, 255),
    "tilted": _tilted,
    "lying": lambda face: np.rot90(face),
    "a cast of colour": lambda face: face * np.array((1.0, 0.72, 0.3)),
    "grey": lambda face: np.repeat(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    "JPEG noise": _jpeg,
    "grain": lambda face: _noise(face, 40),
    "half a face": lambda face: face[:, :250],
    "cut at the brow": lambda face: face[150:],
    "only a face": lambda face: face[110:340, 150:330],
    "a drawing": _drawing,
    "noise": lambda face: np.random.default_rng(5).integers(0, 255, (400, 300, 3)),
    "flat": lambda _: np.full((300, 400, 3), (20, 160, 90)),
    "black": lambda _: np.zeros((300, 400, 3)),
    "white": lambda _: np.full((400, 300, 3), 255),
    "one pixel": lambda _: np.full((1, 1, 3), 90),
    "a line": lambda _: np.full((2, 900, 3), 90),
}


def _fours(styles: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [styles[start : start + MOST_PICTURES] for start in range(0, len(styles), MOST_PICTURES)]


@pytest.mark.usefixtures("small_canvas")
@pytest.mark.parametrize("name", NASTY)
def test_any_photo_gives_a_picture_in_every_style(engine: ClassicEngine, name: str) -> None:
    """Four styles a call, which look at the photo once."""
    photo = photo_of(np.asarray(NASTY[name](portrait())))
    for styles in _fours(FEW if name in SELDOM else (*PHOTO_STYLES, "peeps")):
        several = styles if len(styles) > 1 else ()
        spec = AvatarSpec(next(iter(styles)), 2, photo, size=SIDE, count=len(styles), styles=several)
        avatar = engine.draw(spec, lambda _: None, lambda: False)
        assert "note-picture-broken" not in avatar.notes
        for style, png in zip(styles, avatar.parts or (avatar.png,), strict=True):
            picture = np.asarray(Image.open(io.BytesIO(png)).convert("L")).astype(float)
            assert picture.shape == (SIDE, SIDE)
            # Something stands before the backdrop, and there is more to it than one tone.
            assert picture.std() > 12, style
            if name not in FLAT:
                assert picture[32:96, 32:96].std() > 9, style
