"""A picture whose backdrop shimmers slowly while the figure stays still, as a GIF that has no end."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from generator.classic.backdrops import grid, ring
from generator.classic.colour import Bytes, Floats, lab, unlab
from generator.classic.painting import grown, unit
from generator.classic.reduced import reduced
from generator.classic.tone import blurred
from generator.engine import LOOP_BYTES, LOOP_SIDE
from generator.mark import MARK_BYTES

_FRAMES = 20
_FRAME_MS = 150
"""Together three seconds."""
_SIDES = (LOOP_SIDE, 224, 160)
"""Sides in px: the first at which the file is small enough, as it is at the last whatever it shows."""
_COLOURS = 255
"""One entry of a GIF's palette is left for the pixels that stay as they are."""
_SAME = _COLOURS
_DIMMEST, _BRIGHTEST = 5.0, 12.0
"""How far the light swings up and down, in CIE L: on black, and how much farther on white."""
_LIVELY = 0.2
"""How much more, or less, of its colour a backdrop has at the ends of the swing."""
_MARGIN = 3.0
"""So far from the figure, in 512ths of the side, the shimmer begins: outlines and rims are part of it."""


def loop(pixels: Bytes, matte: Floats, dice: np.random.Generator) -> bytes:
    """A GIF within ``LOOP_SIDE`` and ``LOOP_BYTES`` that begins with the picture itself and comes back to it.

    ``pixels`` uint8 (side, side, 3) is the finished picture, ``matte`` (any side) 1 where somebody is.
    """
    turns, wide, lean = (
        float(dice.choice([-1.0, 1.0])),
        float(dice.uniform(0.9, 1.4)),
        float(dice.uniform(0, 2 * np.pi)),
    )
    gif = b""
    for most in _SIDES:
        side = min(pixels.shape[0], most)
        still = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
        backdrop = _backdrop(cv2.resize(matte, (side, side), interpolation=cv2.INTER_AREA))
        gif = _gif(_frames(still, backdrop, _phase(side, turns, wide) + np.float32(lean)))
        if len(gif) < LOOP_BYTES - MARK_BYTES:
            break
    return gif


def _frames(still: Bytes, backdrop: Floats, phase: Floats) -> list[Bytes]:
    swing = _swing(still.astype(np.float32) / 255) * backdrop[..., None]
    frames: list[Bytes] = []
    for number in range(_FRAMES):
        # The light that stands at the beginning is taken away again, so that the first frame is the picture as it is.
        light = np.sin(phase + np.float32(2 * np.pi * number / _FRAMES)) - np.sin(phase)
        frames.append(np.clip(np.rint(still + light[..., None] * swing), 0, 255).astype(np.uint8))
    return frames


def _backdrop(matte: Floats) -> Floats:
    """1 where nobody is, 0 at the figure and beside it."""
    u = unit(matte.shape[0])
    figure = (matte > 1 / 255).astype(np.float32)
    soft = np.clip(1.5 * (1 - blurred(grown(figure, 2 * _MARGIN * u), _MARGIN * u)), 0, 1)
    return np.where(grown(figure, _MARGIN * u) > 0, 0, soft).astype(np.float32)


def _swing(still: Floats) -> Floats:
    """What half of the light's swing adds to each pixel, in 255ths."""
    colours = lab(still)
    swing = _DIMMEST + _BRIGHTEST * colours[..., :1] / 100
    lit = np.concatenate([colours[..., :1] + swing, colours[..., 1:] * (1 + _LIVELY)], axis=2)
    shaded = np.concatenate([colours[..., :1] - swing, colours[..., 1:] * (1 - _LIVELY)], axis=2)
    return (unlab(lit) - unlab(shaded)) * np.float32(255 / 4)


def _phase(side: int, turns: float, wide: float) -> Floats:
    """When the light comes by, in radians: it travels outwards as it turns."""
    x, y = grid(side)
    return (turns * np.arctan2(y + 0.1, x) - np.pi * wide * ring(x, y)).astype(np.float32)


def _gif(frames: list[Bytes]) -> bytes:
    """Frames of one size as a GIF without end, in the colours of all of them."""
    side = frames[0].shape[0]
    tall = reduced(np.concatenate(frames), _COLOURS)
    indices = np.asarray(tall).reshape(len(frames), side, side)
    pictures: list[Image.Image] = []
    for number, each in enumerate(indices):
        own = each if number == 0 else np.where(each == indices[number - 1], np.uint8(_SAME), each)
        picture = Image.fromarray(own, "P")
        picture.putpalette(tall.getpalette() or [])
        pictures.append(picture)
    file = io.BytesIO()
    pictures[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=_FRAME_MS,
        loop=0,
        disposal=1,
        transparency=_SAME,
        optimize=False,
    )
    return file.getvalue()
