"""Draws the preview pictures that lie beside the style files: ``python -m generator.classic.previews``."""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from generator.classic.engine import ClassicEngine
from generator.engine import AvatarSpec
from generator.mark import marked
from generator.styles import CATALOG_FOLDER, load_catalog

SIDE = 256
MOST_BYTES, FEWEST = 36_000, 16
LOOKS: Mapping[str, tuple[int, Mapping[str, str]]] = {
    "ink": (5, {"hair": "bun", "glasses": "round", "skin": "light", "mood": "happy", "colour": "red", "beard": "none"}),
    "papercut": (8, {"hair": "afro", "glasses": "none", "skin": "brown", "mood": "calm", "colour": "purple"}),
    "riso": (5, {"hair": "long", "glasses": "none", "skin": "medium", "mood": "happy", "colour": "orange"}),
    "pop": (
        2,
        {"hair": "short", "glasses": "shades", "skin": "light", "mood": "happy", "colour": "blue", "beard": "none"},
    ),
    "cel": (3, {"hair": "long", "glasses": "round", "skin": "tan", "mood": "happy", "colour": "purple"}),
    "pixel": (3, {"hair": "covered", "glasses": "none", "skin": "tan", "mood": "happy", "colour": "teal"}),
    "watercolor": (7, {"hair": "long", "glasses": "none", "skin": "tan", "mood": "happy", "colour": "teal"}),
    "oil": (12, {"hair": "short", "glasses": "none", "skin": "medium", "mood": "calm", "colour": "orange"}),
    "glass": (3, {"hair": "afro", "glasses": "none", "skin": "dark", "mood": "happy", "colour": "blue"}),
    "engrave": (3, {"hair": "bun", "glasses": "round", "skin": "light", "mood": "happy", "colour": "green"}),
    "lino": (9, {"hair": "curly", "glasses": "none", "skin": "brown", "mood": "happy", "colour": "red"}),
    "lowpoly": (9, {"hair": "covered", "glasses": "none", "skin": "brown", "mood": "happy", "colour": "purple"}),
    "mosaic": (5, {"hair": "hat", "glasses": "none", "skin": "light", "mood": "happy", "colour": "teal"}),
    "neon": (8, {"hair": "short", "glasses": "round", "skin": "tan", "mood": "cheeky", "colour": "pink"}),
    "topo": (2, {"hair": "long", "glasses": "none", "skin": "medium", "mood": "calm", "colour": "orange"}),
    "peeps": (
        21,
        {"hair": "curly", "glasses": "square", "skin": "medium", "mood": "happy", "colour": "green", "beard": "none"},
    ),
    "lorelei": (4, {"hair": "long", "glasses": "none", "skin": "dark", "mood": "happy", "colour": "pink"}),
    "notionists": (9, {"hair": "hat", "glasses": "none", "skin": "light", "mood": "cheeky", "colour": "yellow"}),
    "sprites": (5, {"hair": "bun", "glasses": "none", "skin": "tan", "mood": "happy", "colour": "teal"}),
    "critters": (6, {"hair": "bun", "glasses": "none", "skin": "medium", "mood": "happy", "colour": "blue"}),
}
"""Style → seed and traits of the figure that stands for it; other styles get seed 1 and whatever it brings."""


def spec_of(style: str) -> AvatarSpec:
    """What stands for ``style``."""
    seed, traits = LOOKS.get(style, (1, {}))
    return AvatarSpec(style, seed, traits=dict(traits), size=SIDE)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=CATALOG_FOLDER, help="where the style files are")
    folder: Path = parser.parse_args(arguments).folder
    catalog = load_catalog([] if folder == CATALOG_FOLDER else [folder])
    engine = ClassicEngine(catalog)
    for style in catalog.values():
        if style.engine == engine.name and style.source.parent == folder:
            avatar = engine.draw(spec_of(style.id), lambda _: None, lambda: False)
            style.source.with_suffix(".png").write_bytes(_light(avatar.png))


def _light(png: bytes) -> bytes:
    """In as few colours as it takes to be ``MOST_BYTES``: a wall shows many at once, and grain needs no more."""
    colours = 64
    while len(png) > MOST_BYTES and colours >= FEWEST:
        file = io.BytesIO()
        with Image.open(io.BytesIO(png)) as picture:
            reduced = picture.convert("RGB").quantize(
                colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
            )
        reduced.save(file, "PNG", optimize=True)
        png, colours = marked(file.getvalue(), "algorithmicMedia"), colours // 2
    return png


if __name__ == "__main__":
    main()
