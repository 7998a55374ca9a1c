"""Props: each is seen where it belongs, on figures and photos alike, and hides what it is there to hide."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from generator.classic import ClassicEngine
from generator.classic.colour import lab, rgb
from generator.classic.faces import FaceFinder
from generator.classic.figures import HAIR, Figure, Figures, Head, Layers, completed
from generator.classic.landmarks import Landmarks
from generator.classic.likeness import Likeness
from generator.classic.photos import framed, prepared
from generator.classic.props import dressed, head_of
from generator.classic.subject import Subject
from generator.classic.trace import structure_correlation
from generator.classic.warp import field, warped
from generator.engine import Avatar, AvatarSpec
from generator.styles import load_catalog
from generator.traits import TRAITS
from tests.generator.classic.pictures import RememberingFinder, photo_of, portrait

SIDE = 128
CLOTHES, ACCENT = rgb("#2f63c4"), rgb("#ffcf5c")
SETS = tuple(style.id for style in load_catalog().values() if style.figure)
PLAIN = {"hair": "short", "glasses": "none", "beard": "none", "mood": "happy", "skin": "light"}
SKINS = ((240, 200, 180), (150, 100, 70), (96, 62, 44))

_figures = Figures()
_finder = RememberingFinder()


@cache
def drawn(
    style: str, hair: str = "short", prop: str = "", glasses: str = "none", mood: str = "happy"
) -> tuple[Subject, Head]:
    """A figure without the prop, framed as it is for one."""
    figure: Figure = _figures.draw(
        load_catalog()[style],
        completed({**PLAIN, "hairtone": "brown", "hair": hair, "prop": prop, "glasses": glasses, "mood": mood}, 5, 0),
        ("#2f63c4", "#ffcf5c"),
        5,
        SIDE,
    )
    rgba = figure.rgba.astype(np.float32) / 255
    matte = np.ascontiguousarray(rgba[:, :, 3])
    colour = rgba[:, :, :3] * matte[..., None] + (1 - matte[..., None])
    return Subject(colour, matte, figure.face, drawn=True, skin=0.8), figure.head


@cache
def sitter(skin: tuple[int, int, int] = SKINS[0]) -> tuple[Subject, np.ndarray]:
    """Somebody in a photo, as framed, and the way from the photo to there."""
    image = portrait(skin=skin)
    frame = framed(image, _finder.find(image)[0], SIDE)
    return Subject(frame.original, frame.matte, frame.face, drawn=False), frame.place


def worn(person: Subject, prop: str, head: Head | None = None) -> Subject:
    assert person.face is not None
    return dressed(person, prop, head or head_of(person.face, person.matte), CLOTHES, ACCENT)


def changed(before: Subject, after: Subject) -> np.ndarray:
    """Boolean: where the picture of the person, or their outline, is another."""
    apart = np.abs(before.colour - after.colour).max(axis=2) * after.matte
    return np.maximum(apart, np.abs(before.matte - after.matte)) > 0.1


def where_it_is(head: Head, seen: np.ndarray) -> tuple[float, float]:
    """Top and bottom of what was painted: 0 is the row of the eyes, 1 the chin."""
    rows = np.flatnonzero(seen.sum(axis=1) > 3)
    drop = head.face.y + head.face.half_height - head.eyes
    return (rows[0] - head.eyes) / drop, (rows[-1] - head.eyes) / drop


PLACES = {
    "shades": ((-0.5, -0.1), (0.1, 0.5)),
    "mask": ((-0.1, 0.4), (0.9, 1.5)),
    "cap": ((-3, -0.6), (-0.6, 0.9)),
    "headphones": ((-3, -0.6), (0.2, 1.0)),
    "flowers": ((-3, -0.3), (-0.5, 0.2)),
}
"""Prop → between which heights its top and its bottom lie."""


@pytest.mark.parametrize("style", [*SETS, "photo"])
def test_each_prop_is_seen_where_it_is_worn(style: str) -> None:
    assert set(PLACES) == {"shades", *TRAITS["prop"]}
    for prop, ((top, below_top), (bottom, below)) in PLACES.items():
        if prop == "shades" and style != "photo":
            continue  # a figure has those of its set
        if style == "photo":
            person = sitter()[0]
            assert person.face is not None
            head = head_of(person.face, person.matte)
        else:
            person, head = drawn(style, prop=prop)
        seen = changed(person, worn(person, prop, head))
        assert seen.sum() > 0.04 * head.face.half_width * head.face.half_height
        if style == "critters":
            continue  # their heads are what they please
        highest, lowest = where_it_is(head, seen)
        assert top < highest < below_top, prop
        assert bottom < lowest < below, prop


FEATURES = {
    "shades": [(side * 36, down, 27, tall) for side in (-1, 1) for down, tall in ((-16, 19), (-38, 9))],
    "mask": [(0, 68, 36, 14), (-13, 40, 12, 9), (13, 40, 12, 9)],
}
"""Prop → the ovals of ``portrait`` that it hides: eyes and brows; mouth and nostrils."""


@pytest.mark.parametrize("prop", FEATURES)
@pytest.mark.parametrize("strength", [0.0, 1.37])
def test_eyes_brows_and_mouth_are_hidden_however_the_face_is_bent(prop: str, strength: float) -> None:
    person, place = sitter()
    assert person.face is not None
    face, person = person.face, replace(person, skin=0.8)
    spots = np.zeros((480, 480), np.float32)
    for right, down, half_width, half_height in FEATURES[prop]:
        middle = (round(240 + right), round(0.46 * 480 + down))
        cv2.ellipse(spots, middle, (half_width, half_height), 0, 0, 360, 1.0, -1)
    spots = cv2.warpAffine(spots, place, (SIDE, SIDE))
    for seed in range(4):
        here = warped(spots, field(SIDE, face, seed, strength)) if strength else spots
        marked = replace(person, colour=np.where(here[..., None] > 0.5, np.float32(1), person.colour))
        assert (here > 0.5).sum() > 50
        apart = np.abs(worn(marked, prop).colour - worn(person, prop).colour)
        assert apart[here > 0.5].max() < 0.1


def test_glasses_sit_where_the_eyes_of_this_face_are() -> None:
    person, _ = sitter()
    assert person.face is not None
    x, y, wide = person.face.x, person.face.y - 0.27 * person.face.half_height, person.face.half_width
    bare = head_of(person.face, person.matte)
    assert head_of(person.face, person.matte, Landmarks((0, 0), (9, 9), (5, 20), sure=0)) == bare
    shares: list[float] = []
    for right in (-0.2, 0.0, 0.2):
        left, right_eye = ((x + (right + way * 0.47) * wide, y - 3) for way in (-1, 1))
        head = head_of(person.face, person.matte, Landmarks(left, right_eye, (x, y + wide), sure=0.6))
        wearing = worn(person, "shades", head)
        glass = np.argwhere(changed(person, wearing) & (wearing.colour.max(axis=2) < 0.3))
        shares.append(float((glass[:, 1] < head.middle).mean()))
        assert abs(head.eyes - (y - 3)) < 0.01
    # The glass on the near side of a turned face is the wider one.
    assert shares[0] < 0.45 < shares[1] < 0.55 < shares[2]


@pytest.mark.parametrize("seed", [3, 8])
def test_wherever_a_bend_moves_the_eyes_they_are_behind_dark_glass(seed: int) -> None:
    sitting = prepared(photo_of(portrait()), _finder, SIDE, Likeness.of(15), seed, lambda _: None)
    person, marks = sitting.subject, sitting.marks
    assert person.face is not None
    assert marks is not None
    picture = worn(person, "shades", head_of(person.face, person.matte, marks)).colour
    for column, row in (marks.left, marks.right):
        assert picture[round(row), round(column)].max() < 0.5


@pytest.mark.parametrize("style", SETS)
def test_the_eyes_of_figures_are_behind_their_sunglasses(style: str) -> None:
    """Whatever makes one mood's eyes another's is not seen behind them."""
    bare, hidden = (
        [drawn(style, glasses=worn, mood=mood) for mood in ("dreamy", "calm")] for worn in ("none", "shades")
    )
    head = bare[0][1]
    drop = head.face.y + head.face.half_height - head.eyes
    half = 0.8 * head.face.half_width
    centre = head.middle - 0.15 * (head.middle - head.face.x)
    rows = slice(round(head.eyes - 0.1 * drop), round(head.eyes + 0.1 * drop) + 1)
    columns = slice(round(centre - half), round(centre + half))
    eyes, seen = (
        np.abs(one.colour - other.colour).max(axis=2)[rows, columns] > 0.1 for (one, _), (other, _) in (bare, hidden)
    )
    assert eyes.sum() > 5
    assert not seen[eyes].any()


@pytest.mark.parametrize("hair", ["afro", "bun", "long", "covered"])
@pytest.mark.parametrize("style", ["peeps", "lorelei", "notionists"])
def test_no_hair_stands_above_a_cap(style: str, hair: str) -> None:
    person, head = drawn(style, hair, "cap")
    capped = worn(person, "cap", head)
    crown = round(head.skull.y - 1.2 * head.skull.half_height)
    assert capped.matte[: max(crown, 1)].max() == 0
    # Neither does anything float beside it.
    count, _ = cv2.connectedComponents((capped.matte > 0.5).astype(np.uint8))
    assert count == 2
    # Clothes are left as they were.
    assert np.array_equal(
        capped.matte[round(head.face.y + 1.2 * head.face.half_height) :],
        person.matte[round(head.face.y + 1.2 * head.face.half_height) :],
    )


@pytest.mark.parametrize("hair", ["short", "curly", "afro", "long", "bun"])
@pytest.mark.parametrize("style", ["peeps", "lorelei", "notionists"])
def test_only_the_bald_look_bald_under_a_cap(style: str, hair: str) -> None:
    person, head = drawn(style, hair, "cap")
    brown = (np.abs(person.colour - rgb(HAIR["brown"])).max(axis=2) < 0.12) & (person.matte > 0.9)
    assert (brown & ~changed(person, worn(person, "cap", head))).sum() > 60


@pytest.mark.parametrize("style", ["peeps", "lorelei", "notionists", "sprites"])
def test_a_cap_leaves_ears_as_they_are(style: str) -> None:
    person, head = drawn(style, "bald", "cap")
    capped = worn(person, "cap", head)
    lost = (person.matte - capped.matte)[round(head.eyes) :]
    assert lost.sum() < 10


@pytest.mark.parametrize("skin", SKINS[::2])
def test_a_mask_is_told_from_skin_where_only_tone_is_printed(skin: tuple[int, int, int]) -> None:
    person = sitter(skin)[0]
    masked = worn(person, "mask")
    face = person.face
    assert face is not None
    x, y = round(face.x), round(face.y + 0.45 * face.half_height)
    cloth = float(np.median(lab(masked.colour)[y - 6 : y + 6, x - 12 : x + 12, 0]))
    cheek = float(np.median(lab(person.colour)[round(face.y) - 3 : round(face.y) + 4, x - 18 : x + 18, 0]))
    assert 8 < abs(cloth - cheek) < 40
    # How light the skin is, painters know as if there were no mask.
    assert masked.skin is not None
    assert abs(100 * masked.skin - cheek) < 15


def test_printers_know_what_of_a_prop_is_ink_cloth_or_paper() -> None:
    person, head = drawn("peeps")
    none = np.zeros_like(person.matte)
    figure = replace(person, layers=Layers(none, person.matte.copy(), none.copy(), none.copy()))
    for prop in TRAITS["prop"]:
        layers = worn(figure, prop, head).layers
        assert layers is not None
        total = layers.light + layers.skin + layers.clothes + layers.accent
        assert total.max() < 1.001
        assert layers.accent.sum() > 20, prop
        assert (person.matte - total > 0.9).sum() > 20, prop  # outlines, and dark glass
        assert figure.layers is not None
        assert np.array_equal(figure.layers.skin, person.matte)


def test_a_small_prop_is_a_large_one_made_small() -> None:
    image = portrait()
    frames = [framed(image, _finder.find(image)[0], side) for side in (128, 384)]
    for prop in TRAITS["prop"]:
        small, large = (worn(Subject(frame.original, frame.matte, frame.face, drawn=False), prop) for frame in frames)
        shrunk = cv2.resize(large.colour, (128, 128), interpolation=cv2.INTER_AREA)
        assert np.abs(shrunk - small.colour)[small.matte > 0.9].mean() < 0.03


def draw(engine: ClassicEngine, spec: AvatarSpec) -> Avatar:
    return engine.draw(spec, lambda _: None, lambda: False)


@pytest.mark.usefixtures("small_canvas")
class TestTheEngine:
    def test_paints_what_a_member_chose_on_figures_and_photos(self, engine: ClassicEngine) -> None:
        for photo, props in ((None, ("headphones", "cap")), (photo_of(portrait(320)), ("mask", "flowers"))):
            bare = AvatarSpec("cel", 3, photo, 70, PLAIN if photo is None else {"colour": "blue"}, SIDE)
            specs = [replace(bare, traits={**bare.traits, "prop": prop}) for prop in props]
            pictures = [draw(engine, spec).png for spec in (bare, *specs)]
            assert len(set(pictures)) == 3
            with ThreadPoolExecutor(2) as pool:
                assert list(pool.map(lambda spec: draw(engine, spec).png, specs)) == pictures[1:]

    def test_keeps_it_in_another_try_and_in_what_is_like_it(self, engine: ClassicEngine) -> None:
        first = AvatarSpec("peeps", 3, size=SIDE)
        for spec in (replace(first, attempt=2), replace(first, attempt=1, like=(0,))):
            capped = replace(spec, traits={"prop": "cap"})
            assert draw(engine, capped).png != draw(engine, spec).png
        assert completed({}, 3, 0)["prop"] == ""

    def test_leaves_it_out_without_a_face_and_says_so(self, engine: ClassicEngine) -> None:
        thing = photo_of(np.full((200, 300, 3), (180, 60, 60), np.uint8))
        bare = AvatarSpec("cel", 3, thing, 70, {"colour": "blue"}, SIDE)
        plain, with_prop = (
            draw(engine, spec) for spec in (bare, replace(bare, traits={"colour": "blue", "prop": "cap"}))
        )
        assert plain.notes == ("note-no-face",)
        assert with_prop.notes == ("note-no-face", "note-prop-no-face")
        assert with_prop.png == plain.png

    def test_of_all_glasses_puts_sunglasses_alone_on_a_photo(self, engine: ClassicEngine) -> None:
        bare = AvatarSpec("cel", 3, photo_of(portrait(320)), 70, {"colour": "blue"}, SIDE)
        plain, clear, dark = (
            draw(engine, replace(bare, traits={"colour": "blue", **traits}))
            for traits in ({}, {"glasses": "round"}, {"glasses": "shades"})
        )
        assert clear.png == plain.png
        before, after = (
            np.asarray(Image.open(io.BytesIO(each.png)).convert("L"), np.float32) for each in (plain, dark)
        )
        rows = np.flatnonzero((before - after > 60).sum(axis=1) > 0.1 * SIDE)
        assert 0.2 * SIDE < rows[0] < rows[-1] < 0.7 * SIDE

    def test_puts_sunglasses_on_a_photo_beside_whatever_else_is_worn(self, engine: ClassicEngine) -> None:
        bare = AvatarSpec("cel", 3, photo_of(portrait(320)), 70, {"colour": "blue"}, SIDE)
        for prop in ("cap", "mask"):
            alone = replace(bare, traits={**bare.traits, "prop": prop})
            both = replace(bare, traits={**alone.traits, "glasses": "shades"})
            assert draw(engine, both).png not in {
                draw(engine, each).png for each in (alone, replace(bare, traits={**bare.traits, "glasses": "shades"}))
            }


def test_what_cannot_be_worn_at_once_gives_way() -> None:
    assert completed({"hair": "hat", "prop": "cap"}, 1, 0)["hair"] == "short"
    assert completed({"hair": "afro", "prop": "cap"}, 1, 0)["hair"] == "afro"


@pytest.mark.parametrize("prop", ["shades", "mask"])
def test_a_hidden_face_leaves_less_trace(prop: str) -> None:
    person = sitter()[0]
    plain = structure_correlation(person.colour, person.colour, person.face)
    assert structure_correlation(person.colour, worn(person, prop).colour, person.face) < plain - 0.2


def test_hair_and_hats_of_any_width_make_a_head_that_can_wear_things() -> None:
    """Nobody's head is a hand wide, whatever the matte says of a dark room or of a bad cut."""
    face = sitter()[0].face
    assert face is not None
    for matte in (np.zeros((SIDE, SIDE), np.float32), np.ones((SIDE, SIDE), np.float32), sitter()[0].matte):
        skull = head_of(face, matte).skull
        assert 1.05 < skull.half_width / face.half_width < 1.5
        assert 1.1 < skull.half_height / face.half_height < 1.5
        assert abs(skull.x - face.x) < 0.1 * face.half_width
        for prop in TRAITS["prop"]:
            wearing = worn(Subject(np.full((SIDE, SIDE, 3), 0.5, np.float32), matte, face, drawn=False), prop)
            assert np.isfinite(wearing.colour).all()
            assert 0 <= wearing.matte.min() <= wearing.matte.max() <= 1


def test_faces_at_the_edge_of_the_picture_are_no_trouble() -> None:
    assert isinstance(_finder, FaceFinder)
    person, _ = sitter()
    assert person.face is not None
    for x, y in ((2.0, 2.0), (SIDE - 2.0, SIDE - 2.0), (-40.0, 60.0)):
        lost = replace(person, face=replace(person.face, x=x, y=y))
        for prop in TRAITS["prop"]:
            assert np.isfinite(worn(lost, prop).colour).all()


def test_what_is_worn_on_squares_is_made_of_them() -> None:
    person, head = drawn("sprites")
    assert head.squares is not None
    left, top, size = head.squares
    columns = np.floor((np.arange(SIDE) + 0.5 - left) / size).astype(int)
    rows = np.floor((np.arange(SIDE) + 0.5 - top) / size).astype(int)
    plain = replace(person, colour=np.full_like(person.colour, 0.4), matte=np.ones_like(person.matte))
    for prop in TRAITS["prop"]:
        picture = worn(plain, prop, head).colour
        for way, numbers in ((1, columns), (0, rows)):
            steps = np.abs(np.diff(picture, axis=way)).max(axis=2)
            assert steps.max() > 0.3
            inside = np.diff(numbers) == 0
            assert (steps[:, inside] if way else steps[inside]).max() < 1e-6, prop


def test_a_band_on_squares_has_no_gaps_and_straps_are_seen() -> None:
    person, head = drawn("sprites")

    def pieces(prop: str, tint: np.ndarray) -> list[int]:
        """Pixels of each connected area of ``tint``, the largest first."""
        there = (np.abs(worn(person, prop, head).colour - tint).max(axis=2) < 0.06).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(there)
        return sorted((int(area) for area in stats[1:, cv2.CC_STAT_AREA]), reverse=True)

    assert head.squares is not None
    square = head.squares[2] ** 2
    band, *cups = (area for area in pieces("headphones", ACCENT * np.float32(0.95)) if area > 0.5 * square)
    assert band > 20 * square
    assert len(cups) <= 2
    straps = [area for area in pieces("mask", rgb("#fff8ec") * np.float32(0.92)) if area > 2 * square]
    assert len(straps) == 2
