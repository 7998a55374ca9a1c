"""From a photo to a subject: finding, framing, cutting out, borrowing colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from generator.classic.chance import Luck
from generator.classic.engine import PAINTERS
from generator.classic.faces import Face, FaceFinder
from generator.classic.landmarks import landmarks
from generator.classic.likeness import Likeness
from generator.classic.painting import brief
from generator.classic.photos import Sitting, colours_of, framed, prepared
from generator.classic.rim import disc_around_subject
from generator.classic.trace import structure_correlation, trace
from generator.classic.warp import field, warped
from generator.styles import load_catalog
from tests.generator.classic.pictures import RememberingFinder, lived_in, photo_of, portrait


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return RememberingFinder()


def test_whoever_looks_again_finds_the_same_faces() -> None:
    finder = FaceFinder()
    for photo in (portrait(), portrait(160)):
        assert finder.find(photo) == finder.find(photo) != []


def sit(finder: FaceFinder, pixels: np.ndarray, likeness: int = 70, seed: int = 3, side: int = 256) -> Sitting:
    return prepared(photo_of(pixels), finder, side, Likeness.of(likeness), seed, lambda _: None)


@pytest.mark.parametrize("skin", [(240, 200, 180), (214, 166, 134), (150, 100, 70), (96, 62, 44)])
def test_a_face_of_any_skin_is_found_where_it_is(finder: FaceFinder, skin: tuple[int, int, int]) -> None:
    faces = finder.find(portrait(skin=skin))
    assert len(faces) == 1
    assert abs(faces[0].x - 240) < 20
    assert abs(faces[0].y - 221) < 25


@pytest.mark.parametrize("width", [4, 5])
def test_a_dark_face_that_gleams_is_found(finder: FaceFinder, width: int) -> None:
    """A lamp on lids, nose and cheeks is stronger than eyes and brows are on deep skin."""
    photo, gleam = portrait(skin=(76, 50, 36)), (200, 190, 180)
    for x in (204, 276):
        cv2.ellipse(photo, (x, 207), (24, 15), 0, 0, 360, gleam, width, cv2.LINE_AA)
    for x in (190, 290):
        cv2.ellipse(photo, (x, 245), (14, 8), 0, 0, 360, gleam, -1, cv2.LINE_AA)
    cv2.line(photo, (240, 195), (240, 256), gleam, width, cv2.LINE_AA)
    faces = finder.find(photo)
    assert len(faces) == 1
    assert np.hypot(faces[0].x - 240, faces[0].y - 221) < 30


@pytest.mark.parametrize("lean", [-36, -13, 13, 36])
def test_a_leaning_head_is_found_and_set_upright(finder: FaceFinder, lean: int) -> None:
    turn = cv2.getRotationMatrix2D((240, 240), lean, 1)
    leaning = cv2.warpAffine(portrait(), turn, (480, 480), borderMode=cv2.BORDER_REPLICATE)
    face = finder.find(leaning)[0]
    assert abs(face.tilt + lean) < 4
    middle = turn @ np.array([240, 221, 1])
    assert np.hypot(face.x - middle[0], face.y - middle[1]) < 40


def test_things_are_no_faces(finder: FaceFinder) -> None:
    rows, columns = np.mgrid[0:300, 0:300]
    checks = np.repeat((((rows // 25 + columns // 25) % 2) * 200)[..., None], 3, axis=2).astype(np.uint8)
    noise = np.random.default_rng(1).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    assert finder.find(checks) == []
    assert finder.find(noise) == []


def test_the_frame_holds_the_whole_head_and_drops_the_backdrop(finder: FaceFinder) -> None:
    sitting = sit(finder, portrait())
    matte = sitting.subject.matte
    rows = np.flatnonzero((matte > 0.5).any(axis=1))
    assert 0.04 * 256 < rows[0] < 0.2 * 256
    assert sitting.subject.face is not None
    assert abs(sitting.subject.face.x - 128) < 16
    assert matte[:40, :40].max() < 0.1
    assert matte[:40, -40:].max() < 0.1
    assert matte[150:160, 120:136].min() > 0.9
    assert sitting.notes == ()


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_face_on_its_side_or_on_its_head_is_found_and_set_upright(finder: FaceFinder, quarters: int) -> None:
    turned = np.ascontiguousarray(np.rot90(portrait(where=(0.42, 0.4)), quarters))
    upright, sitting = sit(finder, portrait(where=(0.42, 0.4))), sit(finder, turned)
    assert sitting.notes == ()
    assert structure_correlation(upright.original, sitting.original, None) > 0.8


def test_without_a_face_only_a_disc_of_the_photo_is_left(finder: FaceFinder) -> None:
    rows, columns = np.mgrid[0:300, 0:300]
    checks = np.repeat((((rows // 12 + columns // 12) % 2) * 200)[..., None], 3, axis=2).astype(np.uint8)
    sitting = sit(finder, checks)
    assert sitting.notes == ("note-no-face",)
    assert sitting.subject.matte[:30, :30].max() == 0
    assert sitting.subject.matte[128, 128] == 1
    rim, middle = sitting.subject.colour[40:60, 120:136], sitting.subject.colour[118:138, 118:138]
    assert rim.std() < 0.6 * middle.std()
    assert trace(sitting.original, sitting.original, None) == "medium"


def a_mug(where: tuple[int, int], backdrop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A mug with a handle before ``backdrop`` (h, w, 3), and which pixels are mug."""
    x, y = where
    mask = np.zeros(backdrop.shape[:2], np.uint8)
    cv2.rectangle(mask, (x - 55, y - 65), (x + 55, y + 65), 255, -1)
    cv2.ellipse(mask, (x + 65, y), (32, 40), 0, 0, 360, 255, 13)
    shade = 0.7 + 0.3 * np.cos((np.arange(backdrop.shape[1]) - x) / 60)
    mug = shade[None, :, None] * np.array((196, 92, 70))
    return np.where(mask[..., None] > 0, mug, backdrop).astype(np.uint8), mask > 0


@pytest.mark.parametrize("where", [(130, 150), (250, 190), (330, 140)])
@pytest.mark.parametrize("kind", ["plain", "table", "stripes"])
def test_a_thing_beside_the_middle_keeps_its_handle(where: tuple[int, int], kind: str) -> None:
    rows, columns = np.mgrid[0:300, 0:480]
    tone = {
        "plain": 120 + rows / 6,
        "table": np.where(rows > 170, 80, 190 + columns / 20),
        "stripes": rows // 20 % 2 * 60,
    }
    photo, mug = a_mug(where, tone[kind][..., None] * np.array((0.9, 1.0, 1.1)))
    disc = disc_around_subject(photo)
    there = np.hypot(columns - disc.x, rows - disc.y) < disc.radius
    assert (mug & ~there).sum() < 0.01 * mug.sum()
    assert disc.radius < 0.6 * 300


def test_a_photo_of_nothing_is_shown_from_its_middle() -> None:
    disc = disc_around_subject(np.full((200, 300, 3), 90, np.uint8))
    assert (round(disc.x, 1), round(disc.y, 1)) == (149.5, 99.5)
    assert abs(disc.radius - 100) < 2
    assert disc.subject.max() == 0


def test_a_photo_without_a_face_says_so(finder: FaceFinder) -> None:
    sitting = sit(finder, np.full((200, 300, 3), (180, 60, 60), np.uint8))
    assert sitting.notes == ("note-no-face",)


def test_of_several_faces_the_largest_is_drawn_and_the_member_is_told(finder: FaceFinder) -> None:
    large, small = portrait(480), portrait(300)
    both = np.hstack([large, np.vstack([small, np.full((180, 300, 3), 120, np.uint8)])])
    faces = finder.find(both)
    assert len(faces) == 2
    assert faces[0].x < 480 < faces[1].x
    assert sit(finder, both).notes == ("note-several-faces",)


def test_nothing_of_a_neighbour_is_kept() -> None:
    """Cheek to cheek, of the same hair and skin."""
    photo, small = portrait(where=(0.4, 0.46)), portrait(300)
    rows, columns = np.mgrid[0:480, 0:480]
    own = np.hypot((columns - 192) / 112, (rows - 200) / 140) < 1
    other = (np.hypot((columns - 335) / 70, (rows - 243) / 80) < 1) & ~own
    photo[other] = small[rows[other] - 113, columns[other] - 185]
    frame = framed(photo, Face(192, 221, 190, 0), 192, [Face(335, 250, 115, 0)])
    kept = cv2.warpAffine(frame.matte, frame.place, (480, 480), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    assert kept[other].mean() < 0.05
    assert kept[own].mean() > 0.85


def test_one_member_keeps_one_bend_whatever_the_attempt(finder: FaceFinder) -> None:
    assert np.array_equal(
        sit(finder, portrait(), seed=9).subject.colour, sit(finder, portrait(), seed=9).subject.colour
    )
    assert not np.array_equal(
        sit(finder, portrait(), seed=9).subject.colour, sit(finder, portrait(), seed=10).subject.colour
    )


def test_less_likeness_leaves_less_trace(finder: FaceFinder) -> None:
    values = []
    for likeness in (100, 55, 10):
        sittings = [sit(finder, portrait(), likeness, seed) for seed in range(4)]
        values.append(np.mean([structure_correlation(s.original, s.subject.colour, s.subject.face) for s in sittings]))
    assert values[0] > values[1] > values[2]


LEVELS = (85, 55, 25)


SKINS = ((240, 200, 180), (190, 140, 105), (150, 100, 70))


@pytest.mark.parametrize("skin", SKINS)
def test_each_level_of_the_dial_keeps_clearly_less_of_the_face(finder: FaceFinder, skin: tuple[int, int, int]) -> None:
    """Structure that is left between forehead and chin, beside the photo bent alike: what the bend hides is not
    counted, nor the outline that hair and jaw give every face."""
    left: dict[int, float] = {}
    for level in LEVELS:
        sitting = sit(finder, lived_in(portrait(skin=skin)), level, seed=4)
        face = sitting.subject.face
        assert face is not None
        where = field(256, face, 4, Likeness.of(level).warp, landmarks(sitting.original, face))
        left[level] = structure_correlation(warped(sitting.original, where), sitting.subject.colour, face)
    assert left[85] > left[55] + 0.03, left
    assert left[55] > left[25] + 0.3, left
    assert left[25] < 0.55, left


@pytest.mark.parametrize("style", ["ink", "papercut", "riso", "pop", "cel", "pixel"])
def test_a_hint_never_leaves_a_high_trace_and_a_close_likeness_leaves_more(finder: FaceFinder, style: str) -> None:
    entry = load_catalog()[style]
    left: dict[int, list[float]] = {85: [], 25: []}
    for level, found in left.items():
        for seed, skin in enumerate(SKINS):
            sitting = sit(finder, lived_in(portrait(skin=skin)), level, seed, 192)
            assert sitting.subject.face is not None
            colours = brief(entry.palettes["blue"], Likeness.of(level).abstraction, entry.parameters, Luck(seed))
            picture = PAINTERS[style](sitting.subject, colours)
            found.append(structure_correlation(sitting.original, picture, sitting.subject.face))
            assert level > 25 or trace(sitting.original, picture, sitting.subject.face) != "high"
    assert np.mean(left[85]) > np.mean(left[25]) + 0.02


def test_at_a_hint_two_people_get_much_the_same_face(finder: FaceFinder) -> None:
    """Glasses, folds and freckles tell two portraits apart in a close likeness, and no longer in a hint."""
    alike: dict[int, float] = {}
    for level in LEVELS:
        one, two = (sit(finder, each, level, seed=5).subject for each in (portrait(), lived_in(portrait())))
        alike[level] = structure_correlation(one.colour, two.colour, one.face)
    assert alike[25] > alike[85] + 0.15


def test_the_trace_of_the_photo_itself_is_high_and_of_another_picture_low(finder: FaceFinder) -> None:
    sitting = sit(finder, portrait())
    assert trace(sitting.original, sitting.original, sitting.subject.face) == "high"
    other = np.random.default_rng(2).random((256, 256, 3)).astype(np.float32)
    assert trace(sitting.original, other, sitting.subject.face) == "low"


@pytest.mark.parametrize(
    ("skin", "named"),
    [((252, 226, 208), {"lightest", "light"}), ((198, 134, 84), {"tan", "medium"}), ((100, 62, 42), {"dark", "brown"})],
)
def test_a_figure_borrows_the_skin_of_the_photo(
    finder: FaceFinder, skin: tuple[int, int, int], named: set[str]
) -> None:
    traits, notes = colours_of(photo_of(portrait(skin=skin)), finder)
    assert traits["skin"] in named
    assert traits["colour"] in {"purple", "blue"}
    assert traits["hairtone"] in {"black", "darkbrown"}
    assert notes == ()
