"""Eyes, brows and mouths in true colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from generator.classic.chance import chance
from generator.classic.colour import encoded, lab, linear, rgb
from generator.classic.features import exposed, filled, lines, outlines, readable, skin_colour, skin_cover
from generator.classic.figures import SKIN
from generator.classic.subject import Subject
from generator.classic.tone import blurred
from tests.generator.classic.pictures import portrait
from tests.generator.classic.sitters import figure, lightness, skin_of, thing


def relief(subject: Subject, picture: np.ndarray) -> float:
    """Mean distance in CIE L of the pixels between brows and mouth from their surroundings."""
    assert subject.face is not None
    values = lightness(picture)
    apart = np.abs(values - blurred(values, 0.24 * subject.face.half_height))
    return float(apart[subject.face_mask(0.8) > 0.5].mean())


def test_features_of_figures_stand_out_alike_on_every_skin_and_the_skin_stays() -> None:
    sitters = [figure(skin, side=200) for skin in SKIN]
    before = [relief(each, each.colour) for each in sitters]
    after = [relief(each, readable(each)) for each in sitters]
    assert min(before) < 0.4 * max(before)
    assert min(after) > 0.6 * max(after)
    for each in sitters:
        assert np.median(np.abs(lightness(readable(each)) - lightness(each.colour))[skin_of(each)]) < 0.5


def sitting(skin: tuple[int, int, int]) -> Subject:
    """A painted portrait as if it came from a photo."""
    drawn = figure()
    image = cv2.resize(portrait(skin=skin), (256, 256), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    assert drawn.face is not None
    face = type(drawn.face)(128, 122, 47, 62)
    return Subject(image, np.ones((256, 256), np.float32), face, drawn=False)


def test_features_in_photos_stand_out_alike_on_every_skin() -> None:
    sitters = [sitting(skin) for skin in ((240, 200, 180), (150, 100, 70), (92, 58, 42))]
    after = [relief(each, readable(each)) for each in sitters]
    assert relief(sitters[-1], sitters[-1].colour) < 0.4 * relief(sitters[0], sitters[0].colour)
    assert min(after) > 0.6 * max(after)
    cheek = (slice(132, 142), slice(96, 106))
    for each in sitters:
        assert abs(float(np.median(lightness(readable(each))[cheek] - lightness(each.colour)[cheek]))) < 4


def test_a_photo_taken_in_the_dark_is_lifted_to_the_darkest_skin_and_no_further() -> None:
    lit = sitting((92, 58, 42))
    dark = Subject(lit.colour * 0.22, lit.matte, lit.face, drawn=False)
    cheek = (slice(132, 142), slice(96, 106))
    before, after = (float(np.median(lightness(each)[cheek])) for each in (dark.colour, readable(dark)))
    assert before < 8
    assert 15 < after < 30


def test_lines_of_a_figure_are_its_features_and_no_hair() -> None:
    subject = figure(hair="afro")
    drawn = lines(subject, 1)
    assert 0.005 < (drawn > 0.5).mean() < 0.05
    assert (outlines(subject.colour)[20:60, 118:138] > 0.5).mean() < 0.3


def test_a_filled_figure_has_no_outlines_left_but_all_of_its_colours() -> None:
    subject = figure("light")
    _, areas, pen = filled(subject)
    hair = lightness(areas) < 22
    assert (hair & (pen > 0.9) & (skin_cover(subject) > 0.9)).mean() < 0.002
    assert (pen > 0.9).mean() > 0.01
    assert np.abs(areas - subject.colour)[skin_of(subject)].max() < 0.2


def test_skin_reaches_to_the_top_of_a_bald_head_and_not_into_clothes() -> None:
    subject = figure("brown", hair="bald")
    cover = skin_cover(subject)
    assert subject.face is not None
    top = int(np.flatnonzero(subject.matte[:, int(subject.face.x)] > 0.9)[0])
    assert cover[top + 8 : top + 14, int(subject.face.x)].min() > 0.9
    assert cover[-8:, 100:150].max() < 0.2


def test_shades_and_a_beard_do_not_pass_for_skin() -> None:
    subject = figure("light", glasses="shades", beard="full")
    colour = skin_colour(subject, lab(subject.colour))
    assert abs(float(colour[0]) - 100 * (subject.skin or 0)) < 1
    assert (skin_cover(subject)[skin_of(subject)] > 0.9).all()


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_plain_thing_stays_plain_and_noise_stays_within_bounds(value: float) -> None:
    flat = thing(np.full((96, 96, 3), value, np.float32))
    assert readable(flat).std() < 0.02
    assert lines(flat, 1.0).max() < 0.01
    assert not skin_cover(flat).any()
    noise = readable(thing(chance(1).uniform(0, 1, (96, 96, 3))))
    assert np.isfinite(noise).all()
    assert 0 <= noise.min() <= noise.max() <= 1


@pytest.mark.parametrize("skin", SKIN)
@pytest.mark.parametrize("dim", [0.03, 0.05])
def test_skin_of_a_photo_in_the_dark_is_lifted_in_its_own_colour(skin: str, dim: float) -> None:
    """As more light would show it: no dark face turns red."""
    place = sitting((0, 0, 0))
    of_day = linear(rgb(SKIN[skin]))
    night = Subject(np.broadcast_to(encoded(of_day * dim), (256, 256, 3)), place.matte, place.face, drawn=False)
    assert lab(night.colour)[128, 128, 0] < 25
    seen = lab(exposed(night).colour)[128, 128]
    usual = [lab(encoded(of_day * more)[None, None])[0, 0] for more in np.geomspace(0.01, 1, 200)]
    assert seen[0] > 15
    assert min(float(np.linalg.norm(each - seen)) for each in usual) < 1.0


def test_a_photo_in_the_light_is_left_as_it_is() -> None:
    day = sitting((150, 100, 70))
    assert exposed(day) is day
