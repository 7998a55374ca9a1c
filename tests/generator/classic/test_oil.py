"""Oils."""

from __future__ import annotations

import numpy as np
import pytest

from generator.classic.chance import chance
from generator.classic.oil import paint_oil
from tests.generator.classic.sitters import figure, lightness, skin_of, thing, told

COLOURS = ("#18264f", "#3a5f9e", "#8db0d6", "#e0b070")
BRIEF = told(*COLOURS)


@pytest.mark.parametrize("skin", ["lightest", "dark"])
def test_skin_keeps_its_lightness_and_eyes_stay_dark(skin: str) -> None:
    subject = figure(skin)
    picture = lightness(paint_oil(subject, BRIEF))
    apart = (picture - lightness(subject.colour))[skin_of(subject)]
    assert abs(float(np.median(apart))) < 4
    inside = subject.face_mask(0.7) > 0.5
    features = inside & (lightness(subject.colour) < 0.3 * 100 * (subject.skin or 0))
    assert np.median(picture[features]) < 0.5 * np.median(picture[inside])


def test_strokes_show_everywhere_but_least_on_skin() -> None:
    subject = figure("medium")
    picture = lightness(paint_oil(subject, BRIEF))
    rough = np.abs(np.diff(picture, axis=0))
    around, skin = subject.matte[1:] < 0.01, skin_of(subject)[1:]
    assert (rough[around] > 0.4).mean() > 0.6
    assert rough[skin].mean() < 0.85 * rough[around].mean()


def test_the_four_backdrops_differ() -> None:
    subject = figure(side=96)
    pictures = [lightness(paint_oil(subject, told(*COLOURS, attempt=n))) for n in range(4)]
    around = subject.matte < 0.01
    for place, one in enumerate(pictures):
        for other in pictures[place + 1 :]:
            assert (np.abs(one - other)[around] > 5).mean() > 0.3


def test_noise_and_nothing_are_painted_as_well() -> None:
    for colour in (chance(1).uniform(0, 1, (96, 96, 3)), np.zeros((96, 96, 3))):
        picture = paint_oil(thing(colour), BRIEF)
        assert picture.shape == (96, 96, 3)
        assert np.isfinite(picture).all()
        assert picture.std() > 0.05
