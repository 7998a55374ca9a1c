"""Whom the tests of single painters paint, and how."""

from __future__ import annotations

from functools import cache

import numpy as np

from generator.classic.chance import Luck
from generator.classic.colour import lab, lab_of, rgb
from generator.classic.figures import SKIN, Figures, completed
from generator.classic.painting import Brief, brief
from generator.classic.subject import Subject
from generator.styles import load_catalog

PLAIN = {"hair": "short", "glasses": "none", "beard": "none", "mood": "happy", "hairtone": "black"}


@cache
def _figures() -> Figures:
    return Figures()


@cache
def figure(skin: str = "medium", side: int = 256, lender: str = "peeps", **chosen: str) -> Subject:
    """A figure with black hair and blue clothes on white."""
    traits = completed({**PLAIN, "skin": skin, **chosen}, 5, 0)
    style = load_catalog()[lender]
    drawn = _figures().draw(style, traits, style.palettes["blue"], 5, side)
    rgba = drawn.rgba.astype(np.float32) / 255
    matte = np.ascontiguousarray(rgba[:, :, 3])
    colour = rgba[:, :, :3] * matte[..., None] + (1 - matte[..., None])
    return Subject(colour, matte, drawn.face, drawn=True, skin=float(lab_of([rgb(SKIN[skin])])[0, 0]) / 100)


def thing(colour: np.ndarray) -> Subject:
    """A photo without a face: sRGB float (side, side, 3), in a disc."""
    side = colour.shape[0]
    steps = (np.arange(side, dtype=np.float32) + 0.5) * 2 / side - 1
    matte = np.clip((0.86 - np.hypot(steps[None, :], steps[:, None])) * side / 2 + 0.5, 0, 1)
    return Subject(colour.astype(np.float32), matte.astype(np.float32), None, drawn=False)


def told(*palette: str, seed: int = 5, attempt: int = 0) -> Brief:
    return brief(palette, 0.2, {}, Luck(seed, attempt))


def lightness(picture: np.ndarray) -> np.ndarray:
    """CIE L, 0 … 100."""
    return lab(np.clip(picture, 0, 1).astype(np.float32))[:, :, 0]


def skin_of(subject: Subject) -> np.ndarray:
    """Boolean: the plain skin of a figure's face, no line within 3 px."""
    assert subject.face is not None
    assert subject.skin is not None
    plain = np.abs(lightness(subject.colour) - 100 * subject.skin) < 1.5
    plain &= subject.face_mask(0.85) > 0.5
    padded = np.pad(plain, 3)
    side = subject.side
    return np.logical_and.reduce(
        [
            padded[3 + down : 3 + down + side, 3 + right : 3 + right + side]
            for down in (-3, 0, 3)
            for right in (-3, 0, 3)
        ]
    )
