"""Neon signs: bright tubes, light on the wall, faces on dark boards."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from generator.classic.colour import luminance, rgb
from generator.classic.neon import paint_neon
from tests.generator.classic.people import alike, cheeks, liveliness, person, told, unlike_each_other

PALETTE = ("#0b1236", "#bcd7ff", "#4a8dff", "#a25bff", "#2fc4ff")


def test_every_face_reads_and_deeper_skin_is_darker() -> None:
    found = liveliness(paint_neon, PALETTE)
    assert min(found) >= 0.6 * max(found)
    lightness = cheeks(paint_neon, PALETTE)
    assert lightness == sorted(lightness, reverse=True)


def test_eyes_are_tubes_that_outshine_any_skin() -> None:
    for skin in ("lightest", "dark"):
        light = luminance(paint_neon(person(skin), told(PALETTE)))
        assert light[95:98, 84:86].min() > 0.6
        assert light[102:116, 80:112].mean() < 0.3


def test_tubes_light_the_wall_beside_them() -> None:
    light = luminance(paint_neon(person("tan"), told(PALETTE)))
    assert (light >= 0).all()
    assert (light <= 1).all()
    assert np.median(light[2:10]) > 1.2 * float(luminance(rgb(PALETTE[0]) * 0.4))


def test_a_small_picture_looks_like_a_large_one() -> None:
    assert alike(paint_neon, PALETTE) < 0.03


def test_five_attempts_bring_five_walls() -> None:
    assert unlike_each_other(paint_neon, PALETTE, 5) > 0.02


def test_a_dim_and_blurred_face_has_its_tubes() -> None:
    lit = person("tan")
    colour = 0.05 + 0.02 * cv2.GaussianBlur(lit.colour, (0, 0), 3.5)
    dark = replace(lit, colour=colour, drawn=False, skin=None, layers=None)
    light = luminance(paint_neon(dark, told(PALETTE)))
    assert light[88:104, 76:92].max() > 0.3
