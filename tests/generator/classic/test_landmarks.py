"""Eyes and mouths are found where they are, in faces of every skin and in every light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.classic.colour import rgb
from generator.classic.figures import SKIN, Oval
from generator.classic.landmarks import Landmarks, guessed, landmarks
from tests.generator.classic.pictures import portrait

EYES, MOUTH = ((204.0, 207.0), (276.0, 207.0)), (240.0, 289.0)
"""Where ``portrait`` has them."""
FACE = Oval(240, 236, 84, 110)


def missed(found: Landmarks) -> float:
    """The largest distance of a feature from its place, in half distances of the eyes."""
    return (
        max(
            np.hypot(one[0] - other[0], one[1] - other[1])
            for one, other in zip((found.left, found.right, found.mouth), (*EYES, MOUTH), strict=True)
        )
        / 36
    )


@pytest.mark.parametrize("skin", SKIN)
def test_features_of_every_skin_are_found_in_any_light(skin: str) -> None:
    red, green, blue = (round(255 * float(part)) for part in rgb(SKIN[skin]))
    image = portrait(skin=(red, green, blue)).astype(np.float32) / 255
    aside = np.linspace(0.3, 1.0, 480, dtype=np.float32)[None, :, None]
    for lit in (image, image**1.6, 0.35 * image, np.clip(1.4 * image, 0, 1), image * aside):
        assert missed(landmarks(lit, FACE)) < 0.5


@settings(max_examples=30)
@given(st.floats(-20, 20), st.floats(-20, 20), st.floats(0.85, 1.2))
def test_it_does_not_matter_much_where_the_face_is_thought_to_be(right: float, down: float, size: float) -> None:
    face = Oval(FACE.x + right, FACE.y + down, FACE.half_width * size, FACE.half_height * size)
    assert missed(landmarks(portrait().astype(np.float32) / 255, face)) < 0.5


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_where_no_features_are_a_usual_face_is_assumed(value: float) -> None:
    assert landmarks(np.full((96, 96, 3), value, np.float32), Oval(48, 48, 20, 26)) == guessed(Oval(48, 48, 20, 26))


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(2, 60), st.floats(-30, 130))
def test_noise_gives_some_face_of_human_measures(seed: int, half_width: float, x: float) -> None:
    noise = np.random.default_rng(seed).random((96, 96, 3), np.float32)
    found = landmarks(noise, Oval(x, 48, half_width, 1.3 * half_width))
    assert 0.2 * half_width < found.apart < 0.9 * half_width
    assert 1.3 < found.long < 3.2
    assert 0 <= found.sure <= 1


@given(st.floats(-2, 2), st.floats(-2, 3))
def test_places_are_measured_as_they_are_given(right: float, down: float) -> None:
    marks = Landmarks((40.0, 50.0), (70.0, 56.0), (50.0, 90.0), 1.0)
    x, y = marks.at(right, down)
    if 0 <= x <= 127 and 0 <= y <= 127:
        across, below = (
            cv2.remap(each, np.array([[x]], np.float32), np.array([[y]], np.float32), cv2.INTER_LINEAR)[0, 0]
            for each in marks.measured(128)
        )
        assert across == pytest.approx(right, abs=0.08)
        assert below == pytest.approx(down, abs=0.08)
