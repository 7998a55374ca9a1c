"""Watercolours."""

from __future__ import annotations

import numpy as np
import pytest

from generator.classic.chance import chance
from generator.classic.texture import clouds, trembled
from generator.classic.watercolor import paint_watercolor
from tests.generator.classic.sitters import figure, lightness, skin_of, thing, told

PIGMENTS = ("#6fa4dc", "#a9d3ec", "#8f8fd6", "#262b47")
BRIEF = told(*PIGMENTS)


@pytest.mark.parametrize("skin", ["lightest", "dark"])
def test_skin_keeps_its_lightness(skin: str) -> None:
    subject = figure(skin)
    apart = (lightness(paint_watercolor(subject, BRIEF)) - lightness(subject.colour))[skin_of(subject)]
    assert abs(float(np.median(apart))) < 4


def test_paper_is_left_white_around_the_head_and_black_hair_lets_light_through() -> None:
    subject = figure("dark", hair="afro")
    picture = lightness(paint_watercolor(subject, BRIEF))
    assert (picture[subject.matte < 0.01] > 94).mean() > 0.15
    hair = (lightness(subject.colour) < 20) & (subject.matte > 0.99)
    assert 15 < np.median(picture[hair]) < 40


def test_the_four_washes_differ() -> None:
    subject = figure()
    pictures = [lightness(paint_watercolor(subject, told(*PIGMENTS, attempt=n))) for n in range(4)]
    around = subject.matte < 0.01
    for place, one in enumerate(pictures):
        for other in pictures[place + 1 :]:
            assert (np.abs(one - other)[around] > 5).mean() > 0.2


def test_noise_and_nothing_are_painted_as_well() -> None:
    for colour in (chance(1).uniform(0, 1, (96, 96, 3)), np.zeros((96, 96, 3))):
        picture = paint_watercolor(thing(colour), BRIEF)
        assert picture.shape == (96, 96, 3)
        assert np.isfinite(picture).all()
        assert picture.std() > 0.05


@pytest.mark.parametrize(("side", "scale"), [(64, 10.0), (100, 300.0), (7, 2.0)])
def test_clouds_are_even_at_any_size_and_repeat(side: int, scale: float) -> None:
    field = clouds(side, scale, chance(2))
    assert field.shape == (side, side)
    assert abs(float(field.mean())) < 0.01
    assert abs(float(field.std()) - 1) < 0.01
    assert np.array_equal(field, clouds(side, scale, chance(2)))


def test_a_trembling_hand_moves_edges_a_little() -> None:
    edge = np.zeros((64, 64), np.float32)
    edge[:, 32:] = 1
    moved = trembled(edge, 1.5, 12, chance(4))
    places = moved.argmax(axis=1)
    assert 0.3 < places.std() < 4
    assert abs(float(moved.mean()) - 0.5) < 0.05
