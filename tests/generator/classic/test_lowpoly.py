"""Facets."""

from __future__ import annotations

import numpy as np
import pytest

from generator.classic.chance import chance
from generator.classic.lowpoly import paint_lowpoly
from tests.generator.classic.sitters import figure, lightness, skin_of, thing, told

BRIEF = told("#1d2a70", "#2f6fc4", "#6fc4e8", "#d8f0fb")


@pytest.mark.parametrize("skin", ["lightest", "dark"])
def test_skin_keeps_its_lightness_and_lines_stay_whole(skin: str) -> None:
    subject = figure(skin)
    picture = lightness(paint_lowpoly(subject, BRIEF))
    apart = (picture - lightness(subject.colour))[skin_of(subject)]
    assert abs(float(np.median(apart))) < 3
    inside = subject.face_mask(0.7) > 0.5
    features = inside & (lightness(subject.colour) < 0.3 * 100 * (subject.skin or 0))
    assert features.sum() > 40
    assert (picture[features] < 0.6 * np.median(picture[inside])).mean() > 0.8


def test_no_corner_is_left_bare() -> None:
    white = told(*["#ffffff"] * 4)
    for side in (256, 300):
        picture = paint_lowpoly(thing(np.ones((side, side, 3))), white)
        assert picture.shape == (side, side, 3)
        assert picture.min() > 0.75


def test_cloth_is_folded_into_flat_facets() -> None:
    subject = figure()
    picture = lightness(paint_lowpoly(subject, BRIEF))
    cloth = picture[-24:-4, 90:166]
    assert cloth.std() > 1
    flat = (np.abs(np.diff(cloth, axis=1)) < 0.05).mean()
    assert flat > 0.5


def test_noise_and_nothing_are_folded_as_well() -> None:
    for colour in (chance(1).uniform(0, 1, (96, 96, 3)), np.zeros((96, 96, 3))):
        picture = paint_lowpoly(thing(colour), BRIEF)
        assert picture.shape == (96, 96, 3)
        assert np.isfinite(picture).all()
        assert picture.std() > 0.05
