"""The engine as a whole: what it draws, what it refuses, and that it says the same thing twice."""

from __future__ import annotations

import io
import itertools
import threading
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from generator.classic import ClassicEngine
from generator.classic.chance import KEPT, Luck
from generator.classic.colour import lab, lab_of, luminance, rgb
from generator.classic.engine import PAINTERS, _palette
from generator.classic.faces import Face, FaceFinder
from generator.classic.figures import completed
from generator.classic.ink import paint_ink
from generator.classic.painting import Brief, brief
from generator.classic.subject import Subject
from generator.engine import Avatar, AvatarSpec, Photo, Progress
from generator.errors import DrawCancelled, DrawFailed
from generator.grid import NOTHING
from generator.mark import chunks
from generator.styles import Catalog
from generator.traits import FIGURES, TRAITS
from tests.generator.classic.pictures import RememberingFinder, photo_of, portrait

PHOTO_STYLES = (
    "ink", "papercut", "riso", "pop", "cel", "watercolor", "oil", "pixel", "glass", "engrave", "lino", "lowpoly", "mosaic",
    "neon", "topo",
)  # fmt: skip
FIGURE_STYLES = ("peeps", "lorelei", "notionists", "sprites", "critters")
STYLES = (*PHOTO_STYLES, *FIGURE_STYLES)
PLAIN = {"hair": "short", "glasses": "none", "beard": "none", "mood": "happy", "colour": "blue", "skin": "medium"}


def draw(engine: ClassicEngine, spec: AvatarSpec) -> Avatar:
    return engine.draw(spec, lambda _: None, lambda: False)


def pixels(avatar: Avatar) -> np.ndarray:
    return decoded(avatar.png)


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize("style", STYLES)
def test_a_figure_is_a_square_png_of_the_asked_size(engine: ClassicEngine, style: str) -> None:
    figures = {64: {"figure": "creature"} if style in PHOTO_STYLES else {}, 300: {}}
    for size, traits in figures.items():
        avatar = draw(engine, AvatarSpec(style, 1, traits=traits, size=size))
        assert pixels(avatar).shape == (size, size, 3)
        assert (avatar.trace, avatar.notes, avatar.size) == ("none", (), size)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.usefixtures("small_canvas")
def test_the_same_spec_gives_the_same_bytes_and_another_seed_gives_others(engine: ClassicEngine, style: str) -> None:
    photo = photo_of(portrait(240)) if style in PHOTO_STYLES else None
    spec = AvatarSpec(style, 7, photo, size=128)
    drawn = draw(engine, spec).png
    assert draw(engine, spec).png == drawn
    assert draw(engine, AvatarSpec(style, 8, photo, size=128)).png != drawn


def test_another_engine_of_the_same_versions_draws_the_same(engine: ClassicEngine, catalog: Catalog) -> None:
    spec = AvatarSpec("papercut", 99, size=128)
    assert draw(engine, spec).png == draw(ClassicEngine(catalog), spec).png


@pytest.mark.parametrize("style", FIGURE_STYLES)
@pytest.mark.parametrize("trait", [trait for trait in TRAITS if trait != "figure"])
def test_every_value_of_every_trait_shows(engine: ClassicEngine, style: str, trait: str) -> None:
    pictures = {
        value: pixels(draw(engine, AvatarSpec(style, 4, traits={**PLAIN, trait: value}, size=96))).astype(int)
        for value in TRAITS[trait]
    }
    values = list(pictures)
    for place, one in enumerate(values):
        for other in values[place + 1 :]:
            changed = (np.abs(pictures[one] - pictures[other]).max(axis=2) > 25).sum()
            assert changed >= 8, f"{trait}: {one} looks like {other}"


@pytest.mark.parametrize("style", PHOTO_STYLES)
def test_every_figure_can_be_drawn_in_every_style_that_has_none(
    engine: ClassicEngine, catalog: Catalog, style: str
) -> None:
    assert set(FIGURES.values()) == set(FIGURE_STYLES)
    spec = AvatarSpec(style, 4, traits=PLAIN, size=96)
    usual, _ = engine._figure(catalog[style], PLAIN, spec, 96)
    for figure, lender in FIGURES.items():
        subject, _ = engine._figure(catalog[style], {**PLAIN, "figure": figure}, spec, 96)
        differs = (np.abs(subject.colour - usual.colour).max(axis=2) > 0.1).mean()
        assert (differs == 0) if lender == catalog[style].parameters["figure"] else (differs > 0.05)


def test_where_another_figure_than_the_chosen_one_is_drawn_that_is_said(engine: ClassicEngine) -> None:
    own = draw(engine, AvatarSpec("peeps", 4, traits=PLAIN, size=96))
    for figure, notes in (("bold", ()), ("creature", ("note-own-figure",))):
        avatar = draw(engine, AvatarSpec("peeps", 4, traits={**PLAIN, "figure": figure}, size=96))
        assert (avatar.png, avatar.notes) == (own.png, notes)
    photo = photo_of(portrait(240))
    for likeness, notes in ((70, ("note-figure-photo",)), (0, ())):
        avatar = draw(engine, AvatarSpec("ink", 4, photo, likeness, {"figure": "creature"}, 96))
        assert avatar.notes == notes, "who wants no face must know that theirs was drawn"


@pytest.mark.parametrize("style", FIGURE_STYLES)
def test_whatever_chance_brings_is_whole_in_a_circle_and_apart_from_its_backdrop(
    engine: ClassicEngine, catalog: Catalog, style: str
) -> None:
    rows, columns = np.mgrid[0:96, 0:96] + 0.5
    radius = np.hypot(rows - 48, columns - 48)
    for palette in catalog[style].palettes.values():
        *backdrop, clothes = lab_of([rgb(colour) for colour in palette[:4]])
        assert min(np.linalg.norm(clothes - colour) for colour in backdrop) > 14, palette
    for seed in range(8):
        spec = AvatarSpec(style, seed, size=96)
        subject, palette = engine._figure(catalog[style], {}, spec, 96)
        assert subject.face is not None
        there = subject.matte > 0.5
        head = there & (rows < subject.face.y + subject.face.half_height)
        assert (radius[head] > 48).mean() < 0.01
        assert radius[subject.face_mask() > 0.5].max() < 36
        told = brief(palette, 0.2, catalog[style].parameters, Luck(seed))
        lightness = lab(PAINTERS["figure"](subject, told).astype(np.float32))[:, :, 0]
        inner = there & (cv2.erode(subject.matte, np.ones((5, 5))) < 0.5)
        outer = ~there & (cv2.dilate(subject.matte, np.ones((5, 5))) > 0.5)
        assert abs(lightness[inner].mean() - lightness[outer].mean()) > 12


def test_trying_again_keeps_what_the_member_chose(engine: ClassicEngine) -> None:
    chosen = {"skin": "dark", "colour": "teal", "hair": "covered"}
    pictures = {draw(engine, AvatarSpec("peeps", 5, traits=chosen, size=96, attempt=n)).png for n in range(6)}
    assert len(pictures) >= 5
    teal, orange = (
        pixels(draw(engine, AvatarSpec("peeps", 5, traits={**chosen, "colour": colour}, size=96)))[2:20, 2:20]
        for colour in ("teal", "orange")
    )
    assert teal.astype(int).mean(axis=(0, 1))[2] > orange.astype(int).mean(axis=(0, 1))[2]


def _is_skin(colour: np.ndarray, skin: str) -> np.ndarray:
    return np.abs(colour - rgb(skin)).max(axis=2) < 0.06


@pytest.mark.parametrize("style", FIGURE_STYLES)
def test_a_bald_head_has_skin_to_its_top(engine: ClassicEngine, catalog: Catalog, style: str) -> None:
    for seed in range(3):
        spec = AvatarSpec(style, seed, traits={**PLAIN, "hair": "bald"}, size=160)
        subject, _ = engine._figure(catalog[style], spec.traits, spec, 160)
        assert subject.face is not None
        column = slice(int(subject.face.x) - 3, int(subject.face.x) + 4)
        rows = np.flatnonzero((subject.matte[:, column] > 0.9).all(axis=1))
        top = int(rows[rows < subject.face.y][0])
        skin = engine._figures.skin(catalog[style], spec.traits, seed)
        crown = _is_skin(subject.colour, skin)[top + 6 : top + 20, column]
        assert crown.mean() > 0.9


@pytest.mark.parametrize("style", ["ink", "papercut", "riso", "pop"])
@pytest.mark.parametrize("hair", ["covered", "hat"])
@pytest.mark.parametrize("skin", ["light", "dark"])
def test_a_cloth_on_the_head_never_prints_like_hair(
    engine: ClassicEngine, catalog: Catalog, style: str, hair: str, skin: str
) -> None:
    """The crown is no deep ink, whichever hat or scarf chance brings."""
    for seed in range(4):
        traits = {**PLAIN, "hair": hair, "skin": skin}
        spec = AvatarSpec(style, seed, traits=traits, size=160)
        subject, _ = engine._figure(catalog[style], traits, spec, 160)
        assert subject.layers is not None
        cloth = subject.layers.accent > 0.9
        assert cloth.sum() > 160
        printed = lab(pixels(draw(engine, spec)).astype(np.float32) / 255)[:, :, 0]
        ink = np.percentile(printed[subject.matte > 0.9], 2)
        assert np.median(printed[cloth]) - ink > 18


@pytest.mark.parametrize("style", PHOTO_STYLES)
@pytest.mark.parametrize("skin", [(240, 200, 180), (150, 100, 70), (92, 58, 42)])
def test_a_photo_of_any_skin_keeps_its_eyes(engine: ClassicEngine, style: str, skin: tuple[int, int, int]) -> None:
    avatar = draw(engine, AvatarSpec(style, 3, photo_of(portrait(skin=skin)), likeness=100, size=256))
    picture = cv2.GaussianBlur(luminance(pixels(avatar).astype(np.float32) / 255), (0, 0), 1.5)
    face = picture[90:170, 80:176]
    assert (np.median(face) - face.min()) / (np.median(face) + face.min()) > 0.4


def test_at_the_low_end_of_the_dial_only_colours_of_the_photo_are_left(engine: ClassicEngine) -> None:
    face, mirrored = portrait(), np.ascontiguousarray(portrait()[:, ::-1])
    shades = [draw(engine, AvatarSpec("ink", 3, photo_of(image), likeness=9, size=96)) for image in (face, mirrored)]
    assert shades[0].png == shades[1].png
    assert shades[0].trace == "low"
    assert draw(engine, AvatarSpec("ink", 3, photo_of(face), likeness=10, size=96)).png != shades[0].png


def test_the_photos_backdrop_never_reaches_the_avatar(engine: ClassicEngine) -> None:
    face = portrait()
    lurid = face.copy()
    backdrop = np.abs(face.astype(int) - np.array((96, 128, 150))).max(axis=2) < 24
    lurid[backdrop] = (60, 200, 60)
    for style in PHOTO_STYLES:
        picture = pixels(draw(engine, AvatarSpec(style, 3, photo_of(lurid), traits={"colour": "red"}, size=256)))
        green = (picture[:, :, 1].astype(int) - picture[:, :, [0, 2]].max(axis=2) > 60).mean()
        assert green < 0.01


@pytest.mark.parametrize("photo", [None, photo_of(portrait())])
def test_progress_rises_to_the_end_and_shows_a_small_preview(engine: ClassicEngine, photo: Photo | None) -> None:
    seen: list[Progress] = []
    engine.draw(AvatarSpec("papercut", 1, photo, size=256), seen.append, lambda: False)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    previews = [progress.preview for progress in seen if progress.preview]
    assert previews
    assert all(Image.open(io.BytesIO(preview)).size == (96, 96) for preview in previews)
    assert max(map(len, previews)) < 30_000


@pytest.mark.parametrize("polls", range(5))
def test_drawing_stops_at_the_first_poll_after_a_cancel(engine: ClassicEngine, polls: int) -> None:
    answers = iter([False] * polls)
    with pytest.raises(DrawCancelled):
        engine.draw(AvatarSpec("ink", 1, photo_of(portrait()), size=256), lambda _: None, lambda: next(answers, True))


def test_the_avatar_carries_the_mark_and_nothing_else(engine: ClassicEngine) -> None:
    for photo, source in ((None, b"/algorithmicMedia<"), (photo_of(portrait()), b"/algorithmicallyEnhanced<")):
        for style in ("ink", "pixel"):
            avatar = draw(engine, AvatarSpec(style, 1, photo, size=128))
            kinds = [kind for kind, _ in chunks(avatar.png)]
            assert set(kinds) <= {b"IHDR", b"iTXt", b"PLTE", b"IDAT", b"IEND"}
            assert kinds.count(b"iTXt") == 1
            assert source in avatar.png


@pytest.mark.parametrize("style", STYLES)
def test_an_avatar_of_the_usual_size_is_a_small_file(engine: ClassicEngine, style: str) -> None:
    photo = photo_of(portrait()) if style in PHOTO_STYLES else None
    assert len(draw(engine, AvatarSpec(style, 3, photo)).png) < 300_000


@pytest.mark.usefixtures("small_canvas")
def test_two_threads_draw_what_one_would(engine: ClassicEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_finder", FaceFinder())
    specs = [AvatarSpec(style, 1, photo_of(portrait(240)), size=128) for style in STYLES]
    alone = [zlib.crc32(draw(engine, spec).png) for spec in specs]
    together: dict[int, int] = {}

    def work(numbers: range) -> None:
        for number in numbers:
            together[number] = zlib.crc32(draw(engine, specs[number]).png)

    threads = [threading.Thread(target=work, args=(range(start, len(specs), 2),)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[number] for number in range(len(specs))] == alone


def test_importing_the_engine_leaves_cv2s_threads_alone() -> None:
    source = (Path(__file__).parents[3] / "generator" / "classic" / "engine.py").read_text(encoding="utf-8")
    assert source.count("setNumThreads") == 1
    before = cv2.getNumThreads()
    ClassicEngine({}, threads=None)  # type: ignore[arg-type]
    assert cv2.getNumThreads() == before


GRID = AvatarSpec("ink", 12, size=96, count=4)


@pytest.mark.parametrize("style", PHOTO_STYLES)
@pytest.mark.usefixtures("small_canvas")
def test_four_of_a_photo_in_one_colour_all_look_different(engine: ClassicEngine, style: str) -> None:
    thing = np.ascontiguousarray(portrait(240)[:, ::-1] // 2 + 60)[150:]
    for photo, notes in ((portrait(240), ()), (thing, ("note-no-face",))):
        spec = replace(GRID, style=style, photo=photo_of(photo), traits={"colour": "teal"})
        avatar = draw(engine, spec)
        assert avatar.notes == notes
        for one, other in itertools.combinations(avatar.parts, 2):
            apart = np.abs(decoded(one).astype(int) - decoded(other)).max(axis=2) > 20
            assert apart.mean() > 0.05


def test_nine_attempts_walk_all_palettes(catalog: Catalog) -> None:
    for style in STYLES:
        worn = {_palette(catalog[style], {}, Luck(8, attempt)) for attempt in range(3, 12)}
        assert len(worn) == len(catalog[style].palettes)


def test_a_call_looks_at_its_photo_once(catalog: Catalog) -> None:
    class Counting(RememberingFinder):
        looks = 0

        def find(self, photo: np.ndarray) -> list[Face]:
            self.looks += 1
            return super().find(photo)

    engine = ClassicEngine(catalog, threads=1)
    engine._finder = finder = Counting()
    photo = photo_of(portrait(240))
    draw(engine, replace(GRID, photo=photo, styles=("ink", "pop", "cel", "pixel")))
    assert finder.looks == 1
    draw(engine, replace(GRID, style="peeps", photo=photo))
    assert finder.looks == 2


def test_a_grid_of_a_photo_and_of_figures_in_its_colours_says_so(engine: ClassicEngine) -> None:
    spec = replace(GRID, count=2, styles=("ink", "peeps"), photo=photo_of(portrait(240)))
    avatar = draw(engine, spec)
    assert avatar.trace == draw(engine, replace(spec, count=1, styles=())).trace
    assert b"/algorithmicallyEnhanced<" in avatar.parts[0]
    assert b"/algorithmicMedia<" in avatar.parts[1]
    assert b"/compositeSynthetic<" in avatar.png


def test_progress_goes_on_over_all_pictures_and_shows_them_together(engine: ClassicEngine) -> None:
    seen: list[Progress] = []
    engine.draw(replace(GRID, count=3), seen.append, lambda: False)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    previews = [decoded(progress.preview) for progress in seen if progress.preview]
    assert {preview.shape for preview in previews} == {(194, 194, 3)}
    corner = [(preview[:96, 98:] == NOTHING).all() for preview in previews]
    assert corner[0]
    assert not corner[-1]


@pytest.mark.parametrize("done", [1, 2])
def test_a_grid_stops_between_its_pictures_and_inside_them(engine: ClassicEngine, done: int) -> None:
    furthest = 0.0

    def report(progress: Progress) -> None:
        nonlocal furthest
        furthest = progress.fraction

    for part in (0.0, 0.4):
        with pytest.raises(DrawCancelled):
            engine.draw(replace(GRID, count=3), report, lambda at=(done + part) / 3: furthest >= at)
        assert furthest < (done + part + 0.5) / 3


def test_a_picture_that_fails_leaves_its_place_empty(engine: ClassicEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = draw(engine, GRID)
    fails = {1, 2}

    def now_and_then(subject: Subject, brief: Brief) -> np.ndarray:
        if brief.luck.attempt in fails:
            raise ValueError
        return paint_ink(subject, brief)

    monkeypatch.setitem(PAINTERS, "ink", now_and_then)
    avatar = draw(engine, GRID)
    assert avatar.parts == (whole.parts[0], b"", b"", whole.parts[3])
    assert avatar.notes == ("note-picture-broken",)
    assert (decoded(avatar.png)[:96, 100:] == NOTHING).all()
    fails.update({0, 3})
    with pytest.raises(DrawFailed) as caught:
        draw(engine, GRID)
    assert caught.value.parameters == {"reason": "ValueError"}


lucks = st.builds(
    Luck,
    seed=st.integers(0, 2**63 - 1),
    attempt=st.integers(0, 50),
    like=st.lists(st.integers(51, 1000), min_size=1, max_size=16, unique=True).map(tuple),
    settled=st.sampled_from([frozenset(), frozenset({"colour"}), frozenset({*TRAITS, "clothes"}) - {"colour"}]),
)


@given(lucks)
@example(Luck(11, 11, (591,), frozenset({"colour"})))
def test_what_is_like_another_keeps_some_of_it_and_changes_some(luck: Luck) -> None:
    changed, parent = luck.changed(), luck.parent
    assert parent is not None
    assert changed
    assert not changed & luck.settled
    assert not changed >= {"colour", "backdrop"}
    assert len(changed - {"colour", "backdrop", "clothes"}) <= 2
    for theme in KEPT:
        differs = luck.walk(theme, 7, "walk", theme) != parent.walk(theme, 7, "walk", theme)
        assert differs == (theme in changed)
        odds = (0.5, 0.3, 0.2)
        assert (luck.choice(theme, odds, theme) != parent.choice(theme, odds, theme)) == (theme in changed)
        same = luck.dice(theme, theme).random() == parent.dice(theme, theme).random()
        assert same == (theme not in changed)


def test_a_liked_figure_stays_the_same_person(engine: ClassicEngine) -> None:
    for attempt in range(1, 40):
        parent, child = completed({}, 12, 1), completed({}, 12, 100 + attempt, (1,))
        assert child["skin"] == parent["skin"]
        assert child["hairtone"] == parent["hairtone"]
        assert sum(child[trait] != parent[trait] for trait in ("hair", "glasses", "mood", "beard")) <= 3
    assert len({completed({}, 12, 100 + attempt, (1,))["colour"] for attempt in range(40)}) > 4


def test_liking_a_photo_changes_its_setting_and_never_its_shape(engine: ClassicEngine) -> None:
    spec = replace(GRID, photo=photo_of(portrait(240)), size=256)
    liked = replace(spec, attempt=9, like=(2,))
    parent, children = decoded(draw(engine, spec).parts[2]), draw(engine, liked).parts
    assert len({zlib.crc32(child) for child in children}) == 4
    # The lines of the face, whatever colour they are printed in.
    face = np.s_[90:150, 90:166]
    for child in children:
        one, other = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY)[face].ravel() for each in (parent, decoded(child)))
        assert np.corrcoef(one, other)[0, 1] > 0.97
    assert draw(engine, liked).parts == children
