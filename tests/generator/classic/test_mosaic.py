"""Mosaics."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from generator.classic.chance import chance
from generator.classic.mosaic import _rows, paint_mosaic
from tests.generator.classic.sitters import figure, lightness, skin_of, thing, told

BRIEF = told("#142c63", "#2f64b0", "#f2cf7c", "#f7f0dc")


@pytest.mark.parametrize("skin", ["lightest", "dark"])
def test_skin_keeps_its_lightness_and_calm_and_eyes_are_stones_of_their_own(skin: str) -> None:
    subject = figure(skin)
    picture = lightness(paint_mosaic(subject, BRIEF))
    there = skin_of(subject)
    assert abs(float(np.median((picture - lightness(subject.colour))[there]))) < 4
    cloth = picture[-20:, 110:146]
    assert picture[there].std() / picture[there].mean() < cloth.std() / cloth.mean()
    inside = subject.face_mask(0.7) > 0.5
    features = inside & (lightness(subject.colour) < 0.35 * 100 * (subject.skin or 0))
    assert features.sum() > 60
    assert np.median(picture[features]) < 0.6 * np.median(picture[inside])


def test_stones_lie_in_rows_along_a_border_and_in_what_is_too_narrow_for_a_row() -> None:
    borders = np.ones((120, 120), np.uint8)
    borders[40] = borders[44] = 0
    depth = cv2.distanceTransform(borders, cv2.DIST_L2, 5)
    where = np.zeros((120, 120), bool)
    where[:, 20:100] = True
    points = _rows(depth, where, 8.0, chance(1))
    columns, rows = points.T
    assert columns.min() >= 20
    below = np.sort(np.unique(rows[rows > 44]))
    assert np.abs((below - 44) / 8 % 1 - 0.5).max() < 0.2
    between = np.sort(columns[(rows > 40) & (rows < 44)])
    assert len(between) >= 8
    assert np.diff(between).max() < 14
    first = np.sort(columns[(rows > 44) & (rows < 52)])
    assert np.abs(np.diff(first) - 8).max() < 3


def test_noise_and_nothing_are_laid_as_well() -> None:
    for colour in (chance(1).uniform(0, 1, (96, 96, 3)), np.zeros((96, 96, 3))):
        picture = paint_mosaic(thing(colour), BRIEF)
        assert picture.shape == (96, 96, 3)
        assert np.isfinite(picture).all()
        assert 0 <= picture.min() <= picture.max() <= 1
        assert picture.std() > 0.05
