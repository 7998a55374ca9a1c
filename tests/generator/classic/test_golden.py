"""Every style still draws the picture that stands for it in the catalog.

To the byte where the same libraries run on the same kind of processor, and to the eye everywhere else. Where a style
was changed on purpose: ``python -m generator.classic.previews``, look at them, then
``python -m tests.generator.classic.test_golden``.
"""

from __future__ import annotations

import hashlib
import io
import json
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from generator.classic import ClassicEngine
from generator.classic.colour import lab
from generator.classic.previews import LOOKS, _light, spec_of
from generator.styles import Catalog, load_catalog

HASHES = Path(__file__).with_name("golden.json")
LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "dicebear-core", "dicebear-styles", "resvg-py")
NEAR = 2.5
"""Mean distance in CIE Lab that nobody sees between two small pictures; a change of palette is ten times as far."""
NEAR_ANYWHERE = 12.0
"""The same for the worst of 8 x 8 places: an eye that is gone is farther."""


def kind_of_machine() -> str:
    """Whatever may change the last bit of a picture: versions, and what the processor can do."""
    told = " ".join(f"{name} {version(name)}" for name in LIBRARIES) + cv2.getCPUFeaturesLine()
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def drawn(engine: ClassicEngine, style: str) -> bytes:
    return engine.draw(spec_of(style), lambda _: None, lambda: False).png


def digest(png: bytes) -> str:
    """Of the pixels: how a library packs them says nothing about the picture."""
    return hashlib.sha256(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).tobytes()).hexdigest()[:32]


def small(png: bytes) -> np.ndarray:
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.float32) / 255
    return lab(cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA))


def apart(one: bytes, other: bytes) -> tuple[float, float]:
    """How far two pictures are from each other in CIE Lab: on the average, and in the worst of 8 x 8 places."""
    distance = np.linalg.norm(small(one) - small(other), axis=2)
    return float(distance.mean()), float(distance.reshape(8, 8, 8, 8).mean(axis=(1, 3)).max())


@pytest.mark.parametrize("style", LOOKS)
def test_a_style_draws_what_its_preview_shows(engine: ClassicEngine, catalog: Catalog, style: str) -> None:
    picture = drawn(engine, style)
    everywhere, anywhere = apart(_light(picture), catalog[style].preview)
    assert everywhere < NEAR
    assert anywhere < NEAR_ANYWHERE
    known = json.loads(HASHES.read_text()).get(kind_of_machine(), {})
    assert known.get(style, digest(picture)) == digest(picture)


def test_two_looks_of_a_style_are_farther_apart_than_the_bound(catalog: Catalog) -> None:
    """Otherwise the bound would let anything pass."""
    previews = [catalog[style].preview for style in LOOKS]
    for place, one in enumerate(previews):
        for other in previews[place + 1 :]:
            everywhere, anywhere = apart(one, other)
            assert everywhere > 2 * NEAR
            assert anywhere > 2 * NEAR_ANYWHERE


def main() -> None:
    engine = ClassicEngine(load_catalog(), threads=1)
    known = json.loads(HASHES.read_text()) if HASHES.exists() else {}
    known[kind_of_machine()] = {style: digest(drawn(engine, style)) for style in LOOKS}
    HASHES.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
