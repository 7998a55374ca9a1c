"""Fewer colours for smaller files."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from generator.classic import ClassicEngine
from generator.classic.reduced import reduced
from generator.engine import AvatarSpec
from tests.generator.classic.pictures import photo_of, portrait


@pytest.mark.parametrize("colours", [32, 256])
def test_fewer_colours_come_as_near_as_median_cut_does(colours: int) -> None:
    face = portrait()
    cut = Image.fromarray(face).quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    ours, theirs = (
        np.abs(np.asarray(each.convert("RGB")).astype(int) - face).mean() for each in (reduced(face, colours), cut)
    )
    assert len(reduced(face, colours).getcolors() or []) <= colours
    # Nobody sees half a step of 255.
    assert ours < max(theirs, 0.6)


def test_a_picture_of_one_colour_stays_as_it_is() -> None:
    flat = np.full((40, 30, 3), (20, 160, 90), np.uint8)
    assert (np.asarray(reduced(flat, 64).convert("RGB")) == flat).all()


@pytest.mark.parametrize("style", ["mosaic", "oil"])
def test_even_noise_is_a_small_file_in_the_busiest_styles(engine: ClassicEngine, style: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 300, 3), np.uint8)
    avatar = engine.draw(AvatarSpec(style, 1003, photo_of(noise), likeness=100), lambda _: None, lambda: False)
    assert avatar.size == 640
    assert len(avatar.png) < 300_000
