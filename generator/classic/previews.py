"""Draws the preview pictures that lie beside the style files: ``python -m generator.classic.previews``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from generator.classic.engine import ClassicEngine
from generator.engine import AvatarSpec
from generator.styles import CATALOG_FOLDER, load_catalog

SIDE = 256
LOOKS: Mapping[str, tuple[int, Mapping[str, str]]] = {
    "ink": (5, {"hair": "bun", "glasses": "round", "skin": "light", "mood": "happy", "colour": "red", "beard": "none"}),
    "papercut": (8, {"hair": "afro", "glasses": "none", "skin": "brown", "mood": "calm", "colour": "purple"}),
    "riso": (5, {"hair": "long", "glasses": "none", "skin": "medium", "mood": "happy", "colour": "orange"}),
    "pop": (
        2,
        {"hair": "short", "glasses": "shades", "skin": "light", "mood": "happy", "colour": "blue", "beard": "none"},
    ),
    "cel": (6, {"hair": "long", "glasses": "round", "skin": "tan", "mood": "happy", "colour": "purple"}),
    "pixel": (3, {"hair": "covered", "glasses": "none", "skin": "tan", "mood": "happy", "colour": "teal"}),
    "peeps": (
        21,
        {"hair": "curly", "glasses": "square", "skin": "medium", "mood": "happy", "colour": "green", "beard": "none"},
    ),
    "lorelei": (4, {"hair": "long", "glasses": "none", "skin": "dark", "mood": "happy", "colour": "pink"}),
    "notionists": (9, {"hair": "hat", "glasses": "none", "skin": "light", "mood": "cheeky", "colour": "yellow"}),
}
"""Style → seed and traits of the figure that stands for it; other styles get seed 1 and whatever it brings."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=CATALOG_FOLDER, help="where the style files are")
    folder: Path = parser.parse_args(arguments).folder
    catalog = load_catalog([] if folder == CATALOG_FOLDER else [folder])
    engine = ClassicEngine(catalog)
    for style in catalog.values():
        if style.engine == engine.name and style.source.parent == folder:
            seed, traits = LOOKS.get(style.id, (1, {}))
            spec = AvatarSpec(style.id, seed, traits=dict(traits), size=SIDE)
            avatar = engine.draw(spec, lambda _: None, lambda: False)
            style.source.with_suffix(".png").write_bytes(avatar.png)


if __name__ == "__main__":
    main()
