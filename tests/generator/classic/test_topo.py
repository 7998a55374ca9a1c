"""Maps: contours, shallow shores, and faces in the colours of earth."""

from __future__ import annotations

import pytest

from generator.classic.colour import lab
from generator.classic.topo import paint_topo
from tests.generator.classic.people import alike, cheeks, liveliness, person, told, unlike_each_other

PALETTE = ("#0b2430", "#12474a", "#2f7a56", "#7fae5c", "#d6d58a", "#fbf6da")


def test_every_face_reads_and_deeper_skin_is_darker() -> None:
    found = liveliness(paint_topo, PALETTE)
    assert min(found) >= 0.6 * max(found)
    lightness = cheeks(paint_topo, PALETTE)
    assert lightness == sorted(lightness, reverse=True)


@pytest.mark.parametrize("skin", ["lightest", "tan", "dark"])
def test_nobody_is_green(skin: str) -> None:
    picture = lab(paint_topo(person(skin), told(PALETTE)))
    sea, cheek = picture[60:90, 8:24].mean(axis=(0, 1)), picture[102:116, 80:112].mean(axis=(0, 1))
    assert sea[1] < -8
    assert cheek[1] > -3


def test_the_sea_is_shallow_at_the_shore() -> None:
    lightness = lab(paint_topo(person("tan"), told(PALETTE)))[:, :, 0]
    assert lightness[60:90, 34:40].mean() > lightness[60:90, 4:10].mean() + 5


def test_a_small_picture_looks_like_a_large_one() -> None:
    assert alike(paint_topo, PALETTE) < 0.03


def test_four_attempts_bring_four_charts() -> None:
    assert unlike_each_other(paint_topo, PALETTE, 4) > 0.01
