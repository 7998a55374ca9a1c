"""Photos of faces in little contrast, as deep skin often is in a photo: features read, and gleams do not cover them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from generator.classic.chance import Luck
from generator.classic.colour import lab, rgb
from generator.classic.engine import PAINTERS
from generator.classic.figures import SKIN
from generator.classic.likeness import Likeness
from generator.classic.painting import brief
from generator.classic.photos import prepared
from generator.classic.subject import Subject
from generator.classic.tone import blurred
from generator.styles import load_catalog
from tests.generator.classic.pictures import RememberingFinder, photo_of, portrait

SIDE = 160
GLEAMS = ((106, 118), (134, 118), (120, 114), (120, 85), (108, 128), (132, 130))


@pytest.fixture(scope="module")
def finder() -> RememberingFinder:
    return RememberingFinder()


def faded(skin: str, contrast: float, *gleams: tuple[int, int]) -> np.ndarray:
    """A portrait of 240 px with ``contrast`` times the contrast in the face, and spots twice as light as the skin."""
    tone = np.array([round(255 * float(part)) for part in rgb(SKIN[skin])], np.float32)
    image = portrait(240, (int(tone[0]), int(tone[1]), int(tone[2]))).astype(np.float32)
    rows, columns = np.mgrid[0:240, 0:240]
    inside = np.clip((1.2 - np.hypot((columns - 120) / 46, (rows - 114) / 58)) / 0.2, 0, 1)[..., None]
    image += inside * (contrast - 1) * (image - tone)
    for x, y in gleams:
        cv2.circle(image, (x, y), 3, [min(2 * float(part), 255) for part in tone], -1, cv2.LINE_AA)
    return np.clip(cv2.GaussianBlur(image, (0, 0), 1.0), 0, 255).astype(np.uint8)


def painted(finder: RememberingFinder, style: str, photo: np.ndarray, likeness: int) -> tuple[Subject, np.ndarray]:
    """The subject, and its picture's lightness (CIE L)."""
    entry, dial = load_catalog()[style], Likeness.of(likeness)
    sitting = prepared(photo_of(photo), finder, SIDE, dial, 3, lambda _: None)
    assert sitting.notes == ()
    told = brief(entry.palettes["blue"], dial.abstraction, entry.parameters, Luck(3))
    picture = np.clip(PAINTERS[style](sitting.subject, told), 0, 1).astype(np.float32)
    return sitting.subject, lab(picture)[:, :, 0]


def standing_out(subject: Subject, lightness: np.ndarray) -> float:
    """How much darker the face's lines are in the picture than what is 2 to 3 px beside them."""
    own = lab(subject.colour)[:, :, 0]
    inside = subject.face_mask(0.75) > 0.5
    dips = (blurred(own, SIDE / 64) - own) * inside
    line = (dips > 0.5 * np.percentile(dips[inside], 99)).astype(np.uint8)
    near, beside = (cv2.dilate(line, np.ones((reach, reach), np.uint8)) > 0 for reach in (3, 7))
    return float(lightness[beside & ~near].mean() - lightness[line > 0].mean())


@pytest.mark.parametrize("skin", ["medium", "brown", "dark"])
def test_a_hint_is_engraved_with_features_about_as_clear_as_in_ink(finder: RememberingFinder, skin: str) -> None:
    """On paper between lines nothing is quite as clear as on bare paper: two thirds."""
    for likeness in (15, 25):
        engraved, inked = (
            standing_out(*painted(finder, style, faded(skin, 0.5), likeness)) for style in ("engrave", "ink")
        )
        assert engraved > 0.68 * inked


@pytest.mark.parametrize("skin", ["medium", "brown", "dark"])
def test_features_of_a_faint_face_are_seen_in_pixels(finder: RememberingFinder, skin: str) -> None:
    assert standing_out(*painted(finder, "pixel", faded(skin, 0.22), 55)) > 20


@pytest.mark.parametrize("skin", ["brown", "dark"])
def test_gleams_leave_no_blotches_in_pixels(finder: RememberingFinder, skin: str) -> None:
    """The lightest of a face's cells, beside its median."""
    subject, lightness = painted(finder, "pixel", faded(skin, 1.0, *GLEAMS), 85)
    cells = lightness[subject.face_mask(0.7) > 0.5]
    assert float(np.percentile(cells, 96) - np.median(cells)) < 19
