"""The geometry warp: seeded, bounded, without folds."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.classic.figures import Oval
from generator.classic.landmarks import Landmarks, guessed
from generator.classic.likeness import Likeness
from generator.classic.warp import DIRECTIONS, amounts, bent, field, warped

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


places = st.floats(-4, 4)


@st.composite
def faces(draw: st.DrawFn) -> Landmarks:
    """Features of faces that are turned and lean a little, broad and narrow ones."""
    x, y = 64 + draw(places), 56 + draw(places)
    apart, lean = draw(st.floats(8, 16)), draw(st.floats(-0.15, 0.15))
    long, aside = draw(st.floats(1.6, 2.7)), draw(st.floats(-0.3, 0.3))
    across, down = (np.cos(lean), np.sin(lean)), (-np.sin(lean), np.cos(lean))
    left, right = ((float(x + way * apart * across[0]), float(y + way * apart * across[1])) for way in (-1, 1))
    mouth = [float(at + apart * (long * to + aside * side)) for at, to, side in zip((x, y), down, across, strict=True)]
    return Landmarks(left, right, (mouth[0], mouth[1]), 0.5)


@settings(max_examples=50)
@given(seeds, st.integers(10, 100), st.none() | faces(), st.sampled_from([96, 128, 200]))
def test_the_face_never_folds(seed: int, likeness: int, marks: Landmarks | None, side: int) -> None:
    grown = side / 128
    face = Oval(*(grown * part for part in (FACE.x, FACE.y, FACE.half_width, FACE.half_height)))
    x, y = field(side, face, seed, Likeness.of(likeness).warp, marks and marks.scaled(grown))
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()
    dx, dy = np.gradient(x), np.gradient(y)
    jacobian = dx[1] * dy[0] - dx[0] * dy[1]
    assert jacobian.min() > 0.05


@settings(max_examples=30)
@given(seeds, st.none() | faces())
def test_far_from_the_face_nothing_moves(seed: int, marks: Landmarks | None) -> None:
    """Not at all on the rim of the picture, which nothing is bent into or out of."""
    x, y = field(128, FACE, seed, 1.5, marks)
    still = np.arange(128, dtype=np.float32)
    for edge in (0, -1):
        assert np.abs(x[edge] - still).max() < 0.2
        assert np.abs(y[:, edge] - still).max() < 0.2
        assert np.abs(x[:, edge] - still[edge]).max() < 0.2
        assert np.abs(y[edge] - still[edge]).max() < 0.2


@settings(max_examples=25)
@given(seeds, faces())
def test_features_are_found_again_where_the_bend_brings_them(seed: int, marks: Landmarks) -> None:
    where = field(128, FACE, seed, 1.2, marks)
    after = bent(marks, where)
    for before, (x, y) in zip(
        (marks.left, marks.right, marks.mouth), (after.left, after.right, after.mouth), strict=True
    ):
        back = [cv2.getRectSubPix(each, (1, 1), (x, y))[0, 0] for each in where]
        assert np.hypot(back[0] - before[0], back[1] - before[1]) < 0.5


def test_another_seed_bends_the_same_face_visibly_otherwise() -> None:
    """One member looks like another person in each room: the features of two rooms lie apart."""
    found = [bent(guessed(FACE), field(128, FACE, seed, Likeness.of(55).warp)) for seed in range(12)]
    apart = [
        max(np.hypot(one[0] - other[0], one[1] - other[1]) for one, other in zip(*pair, strict=True))
        for a, b in itertools.combinations(found, 2)
        for pair in [((a.left, a.right, a.mouth), (b.left, b.right, b.mouth))]
    ]
    assert np.median(apart) > 0.09 * FACE.half_width


@given(st.integers(0, 99))
def test_less_likeness_means_more_of_both(likeness: int) -> None:
    less, more = Likeness.of(likeness), Likeness.of(likeness + 1)
    assert less.abstraction > more.abstraction
    assert less.warp > more.warp


def test_a_warped_flat_colour_stays_that_colour() -> None:
    flat = np.full((128, 128, 3), 0.4, np.float32)
    assert np.allclose(warped(flat, field(128, FACE, 5, 1.3)), 0.4, atol=1e-5)
