"""The geometry warp: seeded, bounded, without folds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.classic.figures import Oval
from generator.classic.likeness import Likeness
from generator.classic.warp import DIRECTIONS, amounts, field, warped

seeds = st.integers(0, 2**63 - 1)
FACE = Oval(64, 62, 26, 34)


@given(seeds)
def test_every_direction_is_pushed_clearly_and_never_wildly(seed: int) -> None:
    pushes = amounts(seed)
    assert set(pushes) == set(DIRECTIONS)
    assert all(0.55 <= abs(push) <= 1 for push in pushes.values())
    assert pushes == amounts(seed)


def test_two_members_are_bent_differently() -> None:
    assert len({tuple(amounts(seed).values()) for seed in range(50)}) == 50


@settings(max_examples=40)
@given(seeds, st.integers(10, 100))
def test_the_face_never_folds(seed: int, likeness: int) -> None:
    x, y = field(128, FACE, seed, Likeness.of(likeness).warp)
    dx, dy = np.gradient(x), np.gradient(y)
    jacobian = dx[1] * dy[0] - dx[0] * dy[1]
    assert jacobian.min() > 0.05


@given(seeds)
def test_far_from_the_face_nothing_moves(seed: int) -> None:
    x, y = field(128, FACE, seed, 1.3)
    assert abs(float(x[0, 0])) < 0.2
    assert abs(float(y[127, 127]) - 127) < 0.2


@given(st.integers(0, 99))
def test_less_likeness_means_more_of_both(likeness: int) -> None:
    less, more = Likeness.of(likeness), Likeness.of(likeness + 1)
    assert less.abstraction > more.abstraction
    assert less.warp > more.warp


def test_a_warped_flat_colour_stays_that_colour() -> None:
    flat = np.full((128, 128, 3), 0.4, np.float32)
    assert np.allclose(warped(flat, field(128, FACE, 5, 1.3)), 0.4, atol=1e-5)
