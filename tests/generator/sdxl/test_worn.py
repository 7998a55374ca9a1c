"""Props among the lines that guide the painter."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from generator.classic.figures import completed
from generator.classic.photos import framed
from generator.classic.props import fitted, head_of
from generator.sdxl.control import SET, Control, Studio, control_for
from generator.sdxl.prompts import looks
from generator.styles import load_catalog
from generator.traits import TRAITS
from tests.generator.classic.pictures import RememberingFinder, lived_in, photo_of, portrait

SIDE = 512
IMAGE = lived_in(portrait())
WEARS = {"shades": "glasses"}
"""What is painted onto photos → the trait whose value it is, where that is not ``prop``."""
STUDIO = Studio(load_catalog(), RememberingFinder())


@cache
def lines(likeness: int, prop: str = "") -> Control:
    traits = {"hair": "short"} | ({WEARS.get(prop, "prop"): prop} if prop else {})
    return control_for(None if likeness == 0 else photo_of(IMAGE), likeness, traits, 3, 0, SIDE, STUDIO)


def inside_of(points: np.ndarray) -> np.ndarray:
    """Boolean: what lies well within an outline."""
    area = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(area, [points.round().astype(np.int32)[:, None]], 1)
    return cv2.erode(area, np.ones((9, 9), np.uint8)) > 0


@pytest.mark.parametrize("prop", [*WEARS, *TRAITS["prop"]])
def test_each_prop_adds_its_lines(prop: str) -> None:
    """To photos near and far; to figures, see below."""
    likeness = 85 if prop in {"shades", "mask"} else 25
    bare, found = lines(likeness), lines(likeness, prop)
    assert np.count_nonzero(found.edges & ~bare.edges) > 0.3 * SIDE
    assert set(np.unique(found.edges)) == {0, 255}
    assert found.traits[WEARS.get(prop, "prop")] == prop
    assert not {"prop", "glasses"} & bare.traits.keys()


def test_no_line_of_the_eyes_is_left_behind_shades_and_none_of_the_mouth_under_a_mask() -> None:
    frame = framed(IMAGE, STUDIO.finder.find(IMAGE)[0], SIDE)
    bare = lines(85).edges
    for prop in ("shades", "mask"):
        worn = fitted(prop, head_of(frame.face, frame.matte), frame.matte)
        areas = [piece for piece in worn.pieces if not piece.width and piece.opacity == 1]
        drawn = np.zeros((SIDE, SIDE), np.uint8)
        for piece in worn.pieces:
            points = piece.points.round().astype(np.int32)[:, None]
            thick = round(piece.width) + 7
            cv2.polylines(drawn, [points], isClosed=not piece.width, color=1, thickness=thick)
        blank = np.logical_or.reduce([inside_of(piece.points) for piece in areas]) & (drawn == 0)
        assert np.count_nonzero(bare[blank]) > 20
        assert not lines(85, prop).edges[blank].any()


@pytest.mark.parametrize("likeness", [25, 85])
def test_sunglasses_are_worn_beside_whatever_else_is(likeness: int) -> None:
    """Nobody's face (far) and one's own (near): where lenses are, the lines are those of sunglasses alone."""
    frame = framed(IMAGE, STUDIO.finder.find(IMAGE)[0], SIDE)
    worn = fitted("shades", head_of(frame.face, frame.matte), frame.matte)
    glass = np.logical_or.reduce([inside_of(each.points) for each in worn.pieces if each.tint == "dark"])
    traits = {"hair": "short", "glasses": "shades", "prop": "mask"}
    both = control_for(photo_of(IMAGE), likeness, traits, 3, 0, SIDE, STUDIO).edges
    assert np.array_equal(both[glass], lines(likeness, "shades").edges[glass])
    assert np.count_nonzero(both & ~lines(likeness, "shades").edges) > 0.3 * SIDE
    assert np.count_nonzero(both & ~lines(likeness, "mask").edges) > 0.3 * SIDE


def test_the_far_side_of_headphones_is_hidden_by_a_turned_head() -> None:
    bare, found = lines(0).edges, lines(0, "headphones").edges
    added = cv2.dilate(cv2.subtract(found, bare), np.ones((3, 3), np.uint8)) > 0
    middle = SIDE // 2
    assert np.count_nonzero(added[:, :middle]) > 2 * np.count_nonzero(added[:, middle:]) > 0


def test_a_cap_leaves_no_line_of_the_hair_above_it() -> None:
    full = completed({"hair": "afro", "prop": "cap"}, 3, 0)
    lender = load_catalog()[SET]
    head = STUDIO.figures.draw(lender, full, ("#ffffff", "#9cc4ff", "#ffb0a0"), 3, SIDE).head
    edges = control_for(None, 0, {"hair": "afro", "prop": "cap"}, 3, 0, SIDE, STUDIO).edges
    crown = round(head.skull.y - 1.2 * head.skull.half_height)
    assert crown > 10
    assert not edges[:crown].any()


def test_without_a_face_the_member_is_told_that_nothing_is_worn() -> None:
    thing = photo_of(np.repeat((np.indices((300, 300)).sum(axis=0) // 25 % 2 * 200)[..., None], 3, axis=2))
    bare, asked = (control_for(thing, 70, traits, 3, 0, SIDE, STUDIO) for traits in ({}, {"prop": "mask"}))
    assert bare.notes == ("note-no-face",)
    assert asked.notes == ("note-no-face", "note-prop-no-face")
    assert control_for(thing, 70, {"glasses": "shades"}, 3, 0, SIDE, STUDIO).notes == asked.notes
    assert control_for(thing, 70, {"figure": "creature"}, 3, 0, SIDE, STUDIO).notes == (
        "note-no-face",
        "note-figure-photo",
    )
    assert np.array_equal(bare.edges, asked.edges)
    assert "prop" not in asked.traits


def test_words_say_what_is_worn() -> None:
    assert looks({"prop": "flowers"}) == ["a wreath of flowers"]
    said = looks({"hair": "bald", "prop": "mask", "mood": "happy"})
    assert said.index("a cloth face mask") < said.index("a warm smile")
    assert looks({"glasses": "shades", "prop": "cap"}) == ["a baseball cap", "dark sunglasses"]
