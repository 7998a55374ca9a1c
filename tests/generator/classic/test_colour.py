"""Mixing: quick ways that give what the plain formula does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from generator.classic.colour import in_strips, mix, weighed

DICE = np.random.default_rng(3)
PICTURE, OTHER = (DICE.random((150, 70, 3), np.float32) for _ in range(2))
COVER = DICE.random((150, 70), np.float32)
COLOUR, INK = (np.array(each, np.float32) for each in ((0.9, 0.2, 0.4), (0.1, 0.7, 0.3)))
EVEN = np.broadcast_to(INK, PICTURE.shape)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == np.float32 and one.shape == other.shape and bool((np.abs(one - other) < 1e-6).all())


@pytest.mark.parametrize("part", [np.s_[:], np.s_[::2, 3:40]])
def test_what_is_mixed_lies_between_as_far_as_the_cover_says(part: tuple[slice, ...] | slice) -> None:
    for below, above in itertools.product((PICTURE[part], COLOUR, EVEN[part]), (OTHER[part], INK, EVEN[part])):
        for cover in (COVER[part], COVER[part].astype(np.float64)):
            weight = cover[..., None]
            assert same(mix(below, above, cover), below * (1 - weight) + above * weight)
        assert same(mix(below, above, 0.3), np.float32(0.7) * below + np.float32(0.3) * above)


def test_nothing_is_mixed_to_nothing() -> None:
    assert mix(PICTURE[:0], COLOUR, COVER[:0]).shape == (0, 70, 3)


@pytest.mark.parametrize("colour", [PICTURE, COLOUR, EVEN])
def test_weighing_is_multiplying(colour: np.ndarray) -> None:
    assert same(weighed(colour, COVER), colour * COVER[..., None])


def test_strips_make_the_whole_picture() -> None:
    def paint(picture: np.ndarray, cover: np.ndarray) -> np.ndarray:
        return picture * cover[..., None]

    assert (in_strips(paint, PICTURE, COVER) == paint(PICTURE, COVER)).all()
