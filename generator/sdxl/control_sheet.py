"""Draws what the dial leaves of photos and figures: ``python -m generator.sdxl.control_sheet docs/sdxl-control.png PHOTO...``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from generator.classic.colour import Bytes
from generator.classic.gallery import read_photo
from generator.engine import Photo
from generator.sdxl.control import Control, Studio, control_for
from generator.styles import load_catalog

LEVELS = (0, 25, 40, 55, 70, 85, 100)
FIGURES: tuple[tuple[int, Mapping[str, str]], ...] = (
    (3, {"hair": "covered", "glasses": "round", "beard": "none", "mood": "calm"}),
    (1, {"hair": "short", "glasses": "none", "beard": "full", "mood": "happy"}),
    (7, {"hair": "afro", "glasses": "none", "beard": "none", "mood": "happy"}),
    (5, {"hair": "long", "glasses": "none", "beard": "none", "mood": "dreamy"}),
    (12, {"hair": "hat", "glasses": "shades", "beard": "none", "mood": "cheeky"}),
    (9, {"hair": "bun", "glasses": "square", "beard": "none", "mood": "surprised"}),
    (4, {"hair": "bald", "glasses": "none", "beard": "goatee", "mood": "serious"}),
)
_CELL, _GAP, _HEAD = 250, 6, 22
_SIDE = 1024


def darker(photo: Photo) -> Photo:
    """The same person in little light: lines must not depend on how light a face is."""
    pixels = np.frombuffer(photo.rgb, np.uint8).astype(np.float32) / 255
    return Photo(photo.width, photo.height, (0.55 * pixels**2 * 255).astype(np.uint8).tobytes())


def cell(control: Control) -> Bytes:
    """The lines in black on white, small, with what the painter is told beneath."""
    # Thickened before it shrinks: a line of one pixel would be a fifth of grey.
    lines = cv2.dilate(control.edges, np.ones((3, 3), np.uint8))
    return 255 - cv2.resize(lines, (_CELL, _CELL), interpolation=cv2.INTER_AREA)


def sheet(photos: Sequence[Photo]) -> Image.Image:
    """One row a photo, one column a level of likeness; figures below."""
    studio = Studio(load_catalog())
    rows = [[control_for(photo, level, {}, 7, 0, _SIDE, studio) for level in LEVELS] for photo in photos]
    rows.append([control_for(None, 0, traits, seed, 0, _SIDE, studio) for seed, traits in FIGURES])
    step = _CELL + _GAP
    page = Image.new("L", (len(LEVELS) * step + _GAP, _HEAD + len(rows) * (step + _HEAD)), 225)
    pen = ImageDraw.Draw(page)
    for column, level in enumerate(LEVELS):
        pen.text((_GAP + column * step, 5), f"likeness {level}", fill=0)
    for row, controls in enumerate(rows):
        for column, control in enumerate(controls):
            place = (_GAP + column * step, _HEAD + row * (step + _HEAD))
            page.paste(Image.fromarray(cell(control)), place)
            told = f"trace {control.trace}, scale {control.scale:.2f}, end {control.end:.2f}"
            pen.text((place[0], place[1] + _CELL + 4), told, fill=70)
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("photo", nargs="*", type=Path, help="each is drawn; the first also in little light")
    options = parser.parse_args(arguments)
    photos = [read_photo(file) for file in options.photo]
    page = sheet([*photos[:1], *(darker(photo) for photo in photos[:1]), *photos[1:]])
    page.quantize(16).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
