"""Linocuts: gouge marks, two blocks, and a tint under deep skin."""

from __future__ import annotations

import numpy as np

from generator.classic.colour import lab, rgb
from generator.classic.lino import paint_lino
from generator.classic.relief import closed, lit, opened, swollen
from tests.generator.classic.people import alike, cheeks, liveliness, person, told, unlike_each_other

PALETTE = ("#f1efe4", "#1b2350", "#4b8fdc")


def test_every_face_reads_and_deeper_skin_is_darker() -> None:
    found = liveliness(paint_lino, PALETTE)
    assert min(found) >= 0.6 * max(found)
    lightness = cheeks(paint_lino, PALETTE)
    assert lightness == sorted(lightness, reverse=True)


def test_hair_is_ink_with_cuts_in_it_and_light_skin_is_bare_paper() -> None:
    picture = paint_lino(person("lightest"), told(PALETTE))
    crown = np.abs(picture[44:62, 66:126] - rgb(PALETTE[1])).max(axis=2) < 0.1
    assert 0.5 < crown.mean() < 0.99
    cheek = lab(picture)[102:116, 80:112, 0]
    assert np.median(cheek) > 88


def test_a_small_picture_looks_like_a_large_one() -> None:
    assert alike(paint_lino, PALETTE) < 0.06


def test_four_attempts_bring_four_backdrops() -> None:
    assert unlike_each_other(paint_lino, PALETTE, 4) > 0.05


def test_a_disc_swells_to_its_middle_and_is_lit_from_the_upper_left() -> None:
    rows, columns = np.mgrid[0:128, 0:128].astype(np.float32)
    disc = (np.hypot(rows - 64, columns - 64) < 40).astype(np.float32)
    height = swollen(disc)
    assert height[64, 64] > 0.9
    assert np.all(np.diff(height[64, 64:104]) < 0.01)
    assert height[disc == 0].max() < 0.35
    light = lit(height, 0.2)
    assert light[44, 44] > 0.3
    assert light[84, 84] < -0.3
    assert abs(light[64, 64]) < 0.1
    assert swollen(np.zeros((64, 64), np.float32)).max() == 0


def test_lines_are_told_from_areas_and_gaps_are_closed() -> None:
    mask = np.zeros((128, 128), np.float32)
    mask[20:80, 20:80] = 1
    mask[100:104] = 1
    areas = opened(mask, 8)
    assert areas[50, 50] == 1
    assert areas[101].max() == 0
    mask[48:52, 20:80] = 0
    assert closed(mask, 6)[50, 50] > 0.9
    assert closed(mask, 6)[115, 10] < 0.1
