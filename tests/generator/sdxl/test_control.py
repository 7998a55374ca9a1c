"""The lines that guide the painter: what the dial leaves of a photo, and what stands in for it."""

from __future__ import annotations

import zlib

import cv2
import numpy as np
import pytest

from generator.classic.figures import Oval
from generator.classic.likeness import Likeness
from generator.classic.photos import framed
from generator.classic.warp import field
from generator.engine import Photo
from generator.sdxl import control
from generator.sdxl.control import Control, Studio, control_for, edge_correlation, edge_trace, reduced, strictness
from generator.sdxl.lines import border, drawn_lines, enough, thin_out
from generator.styles import load_catalog
from generator.traits import TRAITS
from tests.generator.classic.pictures import RememberingFinder, lived_in, photo_of, portrait

SIDE = 512
SKINS = ((240, 200, 180), (190, 140, 105), (100, 62, 42))


_DRAWN: dict[tuple[object, ...], Control] = {}
"""Most of a test's time is framing a photo; many ask for the same one."""


@pytest.fixture(scope="module")
def studio() -> Studio:
    cv2.setNumThreads(1)
    _DRAWN.clear()
    return Studio(load_catalog(), RememberingFinder())


@pytest.fixture(scope="module")
def person() -> Photo:
    return photo_of(lived_in(portrait()))


def lines(
    photo: Photo | None, likeness: int, studio: Studio, seed: int = 3, attempt: int = 0, **traits: str
) -> Control:
    key = (None if photo is None else zlib.crc32(photo.rgb), likeness, seed, attempt, *sorted(traits.items()))
    if key not in _DRAWN:
        _DRAWN[key] = control_for(photo, likeness, traits, seed, attempt, SIDE, studio)
    return _DRAWN[key]


def inner_face(edges: np.ndarray) -> np.ndarray:
    """Eyes to mouth of the painted portrait, which the frame puts in the middle; the outline of a narrow jaw passes the
    lower corners."""
    part = edges[200:330, 190:322].copy()
    part[100:, :20] = part[100:, -20:] = 0
    return part


def texture() -> Photo:
    rows, columns = np.mgrid[0:300, 0:300]
    checks = np.repeat((((rows // 25 + columns // 25) % 2) * 200)[..., None], 3, axis=2)
    return photo_of(checks)


@pytest.mark.parametrize(("likeness", "side"), [(0, 64), (25, 64), (85, 64), (55, 768)])
def test_lines_are_black_and_white_at_the_side_asked_for(
    studio: Studio, person: Photo, likeness: int, side: int
) -> None:
    edges = control_for(person, likeness, {}, 3, 0, side, studio).edges
    assert (edges.shape, edges.dtype) == ((side, side), np.uint8)
    assert set(np.unique(edges)) == {0, 255}
    assert 0.002 < (edges > 0).mean() < 0.3


@pytest.mark.parametrize("skin", SKINS)
def test_less_likeness_leaves_fewer_lines_and_follows_them_less(studio: Studio, skin: tuple[int, int, int]) -> None:
    photo = photo_of(lived_in(portrait(skin=skin)))
    close, half, hint = (lines(photo, level, studio) for level in (100, 55, 25))
    assert (close.edges > 0).sum() > (half.edges > 0).sum() > (hint.edges > 0).sum()
    assert close.scale > half.scale > hint.scale > 0.4
    assert close.end > half.end > hint.end > 0.25


def lines_for_its_size(studio: Studio, image: np.ndarray) -> float:
    """Pixels of lines in the face at a close likeness, in half widths of the face: frames differ a little."""
    frame = framed(image, studio.finder.find(image)[0], SIDE)
    edges, _ = control._of_person(frame, Likeness.of(85), 3, {})
    return cv2.countNonZero(edges[control._own_face(SIDE, frame.face)]) / frame.face.half_width


def test_every_skin_gets_as_many_lines(studio: Studio) -> None:
    counts = [lines_for_its_size(studio, lived_in(portrait(skin=skin))) for skin in SKINS]
    assert min(counts) > 0.8 * max(counts), counts


def test_a_face_in_little_light_keeps_its_lines(studio: Studio) -> None:
    light = lived_in(portrait(skin=SKINS[2]))
    dark = (light * 0.25).astype(np.uint8)
    assert lines_for_its_size(studio, dark) > 0.7 * lines_for_its_size(studio, light)


def test_at_a_hint_the_face_holds_no_line_of_the_photo(studio: Studio) -> None:
    """Two people of one outline get the same face, line by line: glasses, folds, eyes, mouth are nobody's."""
    face = studio.finder.find(portrait())[0]
    frames = [framed(image, face, SIDE) for image in (portrait(), lived_in(portrait()))]
    for level in (10, 39):
        plain, lived = (control._of_person(frame, Likeness.of(level), 3, {})[0] for frame in frames)
        assert np.array_equal(inner_face(plain), inner_face(lived))
        assert inner_face(plain).any()
    plain, lived = (control._of_person(frame, Likeness.of(85), 3, {})[0] for frame in frames)
    assert not np.array_equal(inner_face(plain), inner_face(lived))


def test_a_seed_has_one_geometry_whatever_the_attempt(studio: Studio, person: Photo) -> None:
    for level in (25, 55):
        first, again, other = (
            lines(person, level, studio, seed, attempt) for seed, attempt in ((7, 0), (7, 3), (8, 0))
        )
        assert np.array_equal(first.edges, again.edges)
        assert not np.array_equal(first.edges, other.edges)


def test_the_bend_is_that_of_the_classic_engine() -> None:
    face = Oval(250, 240, 90, 120)
    for mine, theirs in zip(control._bend(SIDE, face, 11, 1.2), field(SIDE, face, 11, 1.2), strict=True):
        assert np.abs(mine - theirs).max() < 0.4


def test_the_backdrop_is_gone_and_the_outline_is_there(studio: Studio) -> None:
    image = lived_in(portrait())
    rows, columns = np.mgrid[0:480, 0:480]
    away = (np.abs(columns - 240) > 200) | (rows < 30)
    image[away & ((rows // 8 + columns // 8) % 2 == 0)] = 255
    for level in (25, 55, 100):
        edges = lines(photo_of(image), level, studio).edges
        assert not edges[:24].any()
        assert not edges[:240, :40].any()
        assert not edges[:240, -40:].any()
        top = np.flatnonzero(edges[:, SIDE // 2 - 20 : SIDE // 2 + 20].any(axis=1))[0]
        assert top < 130


def test_the_trace_falls_with_likeness(studio: Studio, person: Photo) -> None:
    order = ("low", "medium", "high")
    traces = [order.index(lines(person, level, studio).trace) for level in (0, 25, 55, 85, 100)]
    assert traces == sorted(traces)
    assert (traces[0], traces[1]) == (0, 0)
    assert traces[2] >= 1
    assert traces[-1] == 2


def test_the_trace_tells_the_same_photo_from_another(studio: Studio) -> None:
    images = [lived_in(portrait()), portrait()]
    frames = [framed(image, studio.finder.find(image)[0], SIDE) for image in images]
    one = control._own_edges(frames[0].original)
    assert edge_correlation(one, one, frames[0].face) > 0.99
    assert edge_trace(one, one, frames[0].face) == "high"
    assert edge_trace(one, one, None) == "medium"
    noise = (np.random.default_rng(1).random((SIDE, SIDE)) > 0.95).astype(np.uint8) * 255
    assert edge_correlation(one, noise, frames[0].face) < 0.15
    assert edge_trace(one, noise, frames[0].face) == "low"
    assert edge_correlation(one, np.zeros_like(one), frames[0].face) == 0


def test_a_thing_is_lines_in_the_middle_and_says_so(studio: Studio) -> None:
    found = lines(texture(), 85, studio, skin="dark", hair="long", colour="teal")
    assert found.notes == ("note-no-face",)
    assert not found.person
    assert found.trace in {"low", "medium"}
    assert found.traits == {"colour": "teal"}
    assert found.edges[200:312, 200:312].any()
    assert not found.edges[:20, :20].any()


def test_a_photo_without_anything_has_no_lines(studio: Studio) -> None:
    empty = lines(photo_of(np.full((200, 300, 3), 120)), 85, studio)
    assert not empty.edges.any()
    assert empty.notes == ("note-no-face",)


def test_of_several_faces_the_largest_counts(studio: Studio) -> None:
    small = np.vstack([portrait(300), np.full((180, 300, 3), 120, np.uint8)])
    assert lines(photo_of(np.hstack([portrait(480), small])), 70, studio).notes == ("note-several-faces",)


def test_words_take_colours_from_the_photo_and_wishes_from_the_member(studio: Studio) -> None:
    found = lines(photo_of(portrait(skin=(100, 62, 42))), 55, studio, mood="happy", hair="bald", colour="red")
    assert found.person
    assert found.traits["skin"] in {"brown", "dark"}
    assert found.traits["mood"] == "happy"
    assert found.traits["colour"] == "red"
    assert "hair" not in found.traits
    assert lines(photo_of(portrait()), 55, studio, hair="covered").traits["hair"] == "covered"


def test_shades_hide_the_eyes_at_any_likeness(studio: Studio, person: Photo) -> None:
    for level in (25, 85):
        bare, hidden = (lines(person, level, studio, glasses=worn).edges for worn in ("none", "shades"))
        assert not np.array_equal(inner_face(bare), inner_face(hidden))


def test_without_a_photo_the_figure_is_the_one_of_the_traits(studio: Studio) -> None:
    first, again, other = (lines(None, 55, studio, 5, attempt, hair="afro") for attempt in (0, 0, 1))
    assert np.array_equal(first.edges, again.edges)
    assert not np.array_equal(first.edges, other.edges)
    assert first.traits["hair"] == "afro"
    assert set(TRAITS) <= set(first.traits)
    assert (first.trace, first.notes, first.person) == ("none", (), True)
    long = lines(None, 55, studio, 5, hair="long").edges
    assert not np.array_equal(first.edges, long)


def test_the_figure_that_was_asked_for_lends_its_lines_where_there_is_no_photo(studio: Studio) -> None:
    usual, other = (lines(None, 55, studio, 5, figure=figure) for figure in ("fine", "creature"))
    assert np.array_equal(usual.edges, lines(None, 55, studio, 5).edges)
    assert not np.array_equal(usual.edges, other.edges)
    assert other.traits["figure"] == "creature"
    photo = photo_of(portrait())
    plain, chosen = (lines(photo, 55, studio, 5, **traits) for traits in ({}, {"figure": "creature"}))
    assert np.array_equal(plain.edges, chosen.edges)
    assert chosen.traits == plain.traits


def test_a_photo_with_no_likeness_lends_a_figure_its_colours_and_no_line(studio: Studio) -> None:
    image = lived_in(portrait(skin=(100, 62, 42)))
    one, mirrored = (lines(photo_of(each), 5, studio, 5) for each in (image, image[:, ::-1]))
    assert np.array_equal(one.edges, mirrored.edges)
    assert one.traits["skin"] in {"brown", "dark"}
    assert (one.trace, one.notes) == ("low", ())


@pytest.mark.parametrize("figure", ["lorelei", "peeps"])
def test_a_figure_is_thin_lines_without_the_cords_that_canny_makes_of_ink(studio: Studio, figure: str) -> None:
    edges = control_for(None, 0, {"hair": "short", "glasses": "none"}, 4, 0, SIDE, studio, figure).edges > 0
    solid = edges[:-1, :-1] & edges[1:, :-1] & edges[:-1, 1:] & edges[1:, 1:]
    assert solid.sum() < 0.06 * edges.sum()
    assert edges.sum() > 3 * SIDE


def test_strictness_follows_the_dial() -> None:
    """Up to *somewhat* a photo says where things are; features are held on to only by those who want to be seen."""
    scales, ends = zip(*(strictness(level) for level in (0, 25, 55, 85, 100)), strict=True)
    assert scales == pytest.approx((0.47, 0.55, 0.646, 0.742, 0.79))
    assert ends == pytest.approx((0.27, 0.28, 0.36, 0.6, 0.8), abs=0.006)
    falling = [strictness(level) for level in range(101)]
    assert falling == sorted(falling)


def test_strokes_are_worn_down_to_one_line_that_hangs_together() -> None:
    ring = np.zeros((120, 120), np.uint8)
    cv2.circle(ring, (60, 60), 40, 255, 9)
    worn = thin_out(ring)
    assert cv2.connectedComponents(worn, connectivity=8)[0] == 2
    assert 0.8 * 2 * np.pi * 40 < (worn > 0).sum() < 1.2 * 2 * np.pi * 40
    rows, columns = np.nonzero(worn)
    assert np.abs(np.hypot(rows - 60, columns - 60) - 40).max() < 2.5


def test_short_pieces_go_and_long_ones_stay() -> None:
    edges = np.zeros((60, 60), np.uint8)
    edges[10, 5:50] = 255
    edges[40, 5:12] = 255
    kept = enough(edges, np.full((60, 60), 10, np.float32))
    assert kept[10, 5:50].all()
    assert not kept[40].any()


def test_an_outline_is_open_where_the_picture_ends() -> None:
    shape = np.zeros((50, 50), bool)
    shape[20:, 10:40] = True
    edge = border(shape)
    assert edge[20, 10:40].all()
    assert not edge[49, 12:38].any()


def test_a_drawing_gives_one_line_a_stroke_and_one_where_colours_meet() -> None:
    drawing = np.zeros((200, 200, 4), np.uint8)
    drawing[40:160, 40:160] = (240, 200, 180, 255)
    drawing[100:160, 40:160, :3] = (120, 160, 240)
    cv2.line(drawing, (60, 70), (140, 70), (20, 20, 20, 255), 9)
    found = drawn_lines(drawing, 4.5) > 0
    assert found[66:75, 80:120].sum(axis=0).tolist() == [1] * 40
    assert found[97:103, 80:120].any(axis=0).all()
    assert not found[80:92, 60:140].any()
    assert not found[120:150, 60:140].any()


def test_a_small_control_keeps_its_lines() -> None:
    edges = np.zeros((512, 512), np.uint8)
    edges[100] = 255
    assert (reduced(edges, 64) > 0).any(axis=0).all()
    assert reduced(edges, 512) is edges
