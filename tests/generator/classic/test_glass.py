"""Stained glass, and panes in general."""

from __future__ import annotations

import numpy as np
import pytest

from generator.classic.chance import chance
from generator.classic.glass import paint_glass
from generator.classic.panes import cells, means, seams, spread
from tests.generator.classic.sitters import figure, lightness, skin_of, thing, told

BRIEF = told("#1d3f9c", "#2f78cf", "#4a2f93", "#8fd0f2", "#ffc83f", "#d8433a")


@pytest.mark.parametrize(
    ("skin", "glasses", "beard"), [("lightest", "none", "none"), ("dark", "none", "none"), ("light", "shades", "full")]
)
def test_no_lead_crosses_a_face_and_skin_keeps_its_lightness(skin: str, glasses: str, beard: str) -> None:
    subject = figure(skin, glasses=glasses, beard=beard)
    apart = (lightness(paint_glass(subject, BRIEF)) - lightness(subject.colour))[skin_of(subject)]
    assert abs(float(np.median(apart))) < 3
    assert (apart < -12).mean() < 0.003


def test_light_comes_through_black_hair_and_leads_stay_dark() -> None:
    subject = figure("tan", hair="afro")
    picture = lightness(paint_glass(subject, BRIEF))
    hair = (lightness(subject.colour) < 20) & (subject.matte > 0.99)
    assert np.median(picture[hair]) > 15
    assert np.percentile(picture[hair], 5) < 10


def test_the_four_windows_differ() -> None:
    subject = figure()
    pictures = [paint_glass(subject, told(*["#1d3f9c"] * 3, "#8fd0f2", *["#ffc83f"] * 2, attempt=n)) for n in range(4)]
    for place, one in enumerate(pictures):
        for other in pictures[place + 1 :]:
            assert (np.abs(one - other).max(axis=2) > 0.1).mean() > 0.03


def test_a_plain_thing_becomes_panes() -> None:
    picture = lightness(paint_glass(thing(np.zeros((128, 128, 3))), BRIEF))
    middle = picture[32:96, 32:96]
    assert np.median(middle) > 12
    assert (middle < 10).mean() > 0.05


def test_every_pixel_belongs_to_the_nearest_point() -> None:
    points = chance(3).uniform(0, 63, (12, 2)).astype(np.float32)
    labels = cells(points, 64)
    rows, columns = np.mgrid[0:64, 0:64]
    distances = np.hypot(columns[..., None] - points[:, 0], rows[..., None] - points[:, 1])
    chosen = np.take_along_axis(distances, labels[..., None], axis=2)[..., 0]
    assert (chosen - distances.min(axis=2)).max() < 2.5
    assert set(np.unique(labels)) == set(range(12))


def test_points_are_spread_where_they_are_wanted() -> None:
    weight = np.zeros((80, 80), np.float32)
    weight[:, 40:] = 1
    points = spread(20, weight, chance(1))
    assert points[:, 0].min() > 38
    near = np.sort(np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)), axis=1)[:, 1]
    assert near.min() > 4
    assert spread(5, np.zeros((80, 80), np.float32), chance(1)).shape == (5, 2)


def test_seams_and_means_of_two_halves() -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[:, 10:] = 1
    distance = seams(labels, 0.3)
    assert distance[:, 10].max() < 0.5
    assert distance[:, 2].min() > 5
    image = np.where(labels[..., None] == 0, np.float32(0.2), np.float32(0.8)) * np.ones(3, np.float32)
    assert np.allclose(means(image, labels, None, 2), [[0.2] * 3, [0.8] * 3], atol=1e-4)
    left_out = np.zeros((20, 20), np.float32)
    assert np.allclose(means(image, labels, left_out, 2), [[0.2] * 3, [0.8] * 3], atol=1e-3)
