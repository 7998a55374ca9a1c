"""Draws sheets of avatars: ``python -m generator.classic.gallery PHOTO... -o docs/avatars.png``.

With ``--styles -o docs/gallery.png`` every style stands beside the others.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from generator.classic.engine import ClassicEngine
from generator.engine import AvatarSpec, Photo
from generator.styles import load_catalog

COLUMNS, ROWS = 7, 3
_CIRCLE, _GAP = 180, 18
_FIGURES: tuple[tuple[str, int, dict[str, str]], ...] = (
    ("peeps", 12, {"hair": "afro", "skin": "dark", "colour": "yellow", "mood": "happy", "glasses": "none"}),
    ("lorelei", 31, {"hair": "long", "skin": "light", "colour": "teal", "mood": "happy", "glasses": "none"}),
    ("lino", 9, {"hair": "hat", "skin": "tan", "colour": "pink", "mood": "cheeky", "glasses": "none"}),
    ("papercut", 6, {"hair": "bun", "skin": "brown", "colour": "purple", "mood": "happy", "glasses": "round"}),
    ("watercolor", 2, {"hair": "covered", "skin": "brown", "colour": "blue", "mood": "calm", "glasses": "none"}),
    ("peeps", 3, {"hair": "short", "skin": "medium", "colour": "green", "beard": "full", "glasses": "square"}),
    ("engrave", 8, {"hair": "curly", "skin": "dark", "colour": "red", "mood": "cheeky", "glasses": "none"}),
    ("glass", 14, {"hair": "bun", "skin": "dark", "colour": "orange", "mood": "happy", "glasses": "round"}),
    ("pixel", 5, {"hair": "covered", "skin": "tan", "colour": "purple", "mood": "happy", "glasses": "none"}),
    ("oil", 17, {"hair": "afro", "skin": "dark", "colour": "yellow", "mood": "happy", "glasses": "round"}),
    ("critters", 40, {"hair": "long", "skin": "light", "colour": "pink", "mood": "happy", "prop": "flowers"}),
    ("riso", 22, {"hair": "covered", "skin": "light", "colour": "teal", "mood": "happy", "glasses": "none"}),
    ("lowpoly", 25, {"hair": "hat", "skin": "medium", "colour": "red", "mood": "cheeky", "glasses": "none"}),
    ("sprites", 9, {"hair": "afro", "skin": "brown", "colour": "orange", "mood": "happy", "prop": "headphones"}),
    ("pop", 34, {"hair": "long", "skin": "brown", "colour": "blue", "mood": "happy", "glasses": "none"}),
    ("mosaic", 8, {"hair": "covered", "skin": "brown", "colour": "orange", "mood": "happy", "glasses": "none"}),
    ("ink", 2, {"hair": "hat", "skin": "light", "colour": "blue", "mood": "happy", "glasses": "round"}),
    ("lorelei", 47, {"hair": "long", "skin": "lightest", "colour": "green", "mood": "happy", "prop": "flowers"}),
    ("topo", 50, {"hair": "covered", "skin": "tan", "colour": "green", "mood": "calm", "glasses": "none"}),
    ("neon", 77, {"hair": "bun", "skin": "tan", "colour": "red", "mood": "happy", "glasses": "none"}),
    ("riso", 90, {"figure": "creature", "skin": "dark", "colour": "red", "mood": "happy", "glasses": "shades"}),
)
_PHOTO_STYLES = ("watercolor", "glass", "oil", "cel", "ink", "lino", "mosaic", "watercolor")
_PHOTO_COLOURS = ("red", "purple", "teal", "blue", "orange", "pink", "green", "yellow")
_PHOTO_PLACES: tuple[int, ...] = (3, 8, 13, 18, 11, 6, 16, 1)
"""Where photos go: places 0 … 20 of the sheet, spread so that no two of them touch."""


def read_photo(file: Path) -> Photo:
    """A trusted file of one's own; strangers' files go through ``generator.intake``."""
    with Image.open(file) as image:
        image = image.convert("RGB")
        image.thumbnail((1280, 1280))
        return Photo(image.width, image.height, image.tobytes())


def specs(photos: Sequence[Photo]) -> Iterator[AvatarSpec]:
    """The avatars of the sheet, row by row; each photo stands once in each of two photo styles as room allows."""
    wanted = [
        AvatarSpec(
            _PHOTO_STYLES[(number + 4 * turn) % len(_PHOTO_STYLES)],
            11 + number,
            photo,
            70,
            {"colour": colour},
            2 * _CIRCLE,
        )
        for turn in range(2)
        for number, photo in enumerate(photos)
        for colour in (_PHOTO_COLOURS[(number + 4 * turn) % len(_PHOTO_COLOURS)],)
    ][: len(_PHOTO_PLACES)]
    placed = dict(zip(_PHOTO_PLACES, wanted, strict=False))
    for place, (style, seed, traits) in enumerate(_FIGURES[: COLUMNS * ROWS]):
        yield placed.get(place) or AvatarSpec(style, seed, traits=traits, size=2 * _CIRCLE)


def sheet(photos: Sequence[Photo]) -> Image.Image:
    """The sheet as an RGBA picture, transparent between the circles, so that it suits light and dark pages."""
    engine = ClassicEngine(load_catalog())
    step = _CIRCLE + _GAP
    page = Image.new("RGBA", (COLUMNS * step + _GAP, ROWS * step + _GAP), (0, 0, 0, 0))
    mask = Image.new("L", (4 * _CIRCLE, 4 * _CIRCLE), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, 4 * _CIRCLE - 1, 4 * _CIRCLE - 1), fill=255)
    mask = mask.resize((_CIRCLE, _CIRCLE), Image.Resampling.LANCZOS)
    for place, spec in enumerate(specs(photos)):
        avatar = Image.open(io.BytesIO(engine.draw(spec, lambda _: None, lambda: False).png)).convert("RGB")
        avatar = avatar.resize((_CIRCLE, _CIRCLE), Image.Resampling.LANCZOS)
        page.paste(avatar, (_GAP + place % COLUMNS * step, _GAP + place // COLUMNS * step), mask)
    return page


_SKINS = ("lightest", "light", "medium", "tan", "brown", "dark")
_HEADS = (
    {"hair": "long", "glasses": "none", "mood": "happy"},
    {"hair": "covered", "glasses": "none", "mood": "happy"},
    {"hair": "short", "glasses": "round", "beard": "full", "mood": "calm"},
    {"hair": "bun", "glasses": "none", "mood": "happy"},
    {"hair": "bald", "glasses": "none", "mood": "happy"},
    {"hair": "afro", "glasses": "round", "mood": "happy"},
)
"""What the figures of the gallery wear, one for each skin."""
_COLOURS = ("blue", "orange", "teal", "purple", "red", "green", "pink", "yellow")
_TILE, _LABEL, _PAGE = 152, 118, (250, 248, 244)


def gallery(photos: Sequence[Photo]) -> Image.Image:
    """A row for each style: its name, the photos in it, and a figure of each skin."""
    catalog = load_catalog()
    engine = ClassicEngine(catalog)
    styles = sorted((each for each in catalog.values() if each.engine == engine.name), key=lambda each: each.order)
    columns, step = len(photos) + len(_SKINS), _TILE + 6
    page = Image.new("RGB", (_LABEL + columns * step + 6, len(styles) * step + 6), _PAGE)
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(17)
    for row, style in enumerate(styles):
        top = 6 + row * step
        pen.text((10, top + _TILE / 2), style.id.capitalize(), (40, 40, 46), font, anchor="lm")
        figures = [
            AvatarSpec(
                style.id,
                7 + place,
                traits={**_HEADS[place], "skin": skin, "colour": _COLOURS[(row + 3 * place) % len(_COLOURS)]},
                size=2 * _TILE,
            )
            for place, skin in enumerate(_SKINS)
        ]
        wanted = [
            AvatarSpec(
                style.id, 11 + place, photo, 70, {"colour": _COLOURS[(row + 2 * place) % len(_COLOURS)]}, 2 * _TILE
            )
            for place, photo in enumerate(photos)
        ]
        for place, spec in enumerate([*(wanted if style.photo else [None] * len(photos)), *figures]):
            if spec is not None:
                avatar = Image.open(io.BytesIO(engine.draw(spec, lambda _: None, lambda: False).png)).convert("RGB")
                tile = avatar.resize((_TILE, _TILE), Image.Resampling.LANCZOS)
                page.paste(tile, (_LABEL + place * step, top))
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="*", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--styles", action="store_true", help="a row for each style")
    options = parser.parse_args(arguments)
    photos = [read_photo(file) for file in options.photo]
    if options.styles:
        gallery(photos).quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(options.output, optimize=True)
    else:
        sheet(photos).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
