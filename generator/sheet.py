"""Draws one sheet: ``python -m generator.sheet`` reads PNGs, each behind its length in four bytes, and writes one."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Iterator, Sequence

from PIL import Image, ImageDraw, ImageFont

from generator.mark import marked

WIDE = 1280
"""No sheet is wider: a chat shows no more of it."""
TILE, GAP = 256, 12
PAPER, INK, CHALK = (238, 238, 240), (28, 28, 32), (255, 255, 255)
BADGE = 0.25
"""How much of a tile's side its number takes."""


def sheet(pictures: Sequence[bytes]) -> Image.Image:
    """The pictures in rows, each with its number in a corner."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    side = min(TILE, (WIDE - GAP) // columns - GAP)
    canvas = Image.new("RGB", (columns * (side + GAP) + GAP, rows * (side + GAP) + GAP), PAPER)
    for number, data in enumerate(pictures):
        row, column = divmod(number, columns)
        at = GAP + column * (side + GAP), GAP + row * (side + GAP)
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            tile = picture.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)
        canvas.paste(tile, at, tile)
        badge(canvas, str(number + 1), at, round(side * BADGE))
    return canvas


def badge(canvas: Image.Image, said: str, at: tuple[int, int], size: int) -> None:
    """Write ``said`` on a badge of ``size`` px whose left upper corner is ``at``. In place.

    Digits need no font but the one that comes with the library."""
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size * 0.72)
    wide = max(size, round(draw.textlength(said, font)) + size // 2)
    left, top = at
    box = (left, top, left + wide, top + size)
    draw.rounded_rectangle(box, size // 3, fill=INK, outline=CHALK, width=max(1, size // 24))
    draw.text((left + wide / 2, top + size / 2), said, fill=CHALK, font=font, anchor="mm")


def _read(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def main() -> None:
    """Until the input ends; then the sheet."""
    canvas = sheet(list(_read(sys.stdin.buffer.read())))
    png = io.BytesIO()
    canvas.save(png, "PNG")
    # Some of its parts may come from a trained model.
    sys.stdout.buffer.write(marked(png.getvalue(), "compositeSynthetic"))


if __name__ == "__main__":
    main()
