"""Every style reads equally well on every skin, and those in true colours keep it (P10)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pytest

from generator.classic.chance import Luck
from generator.classic.colour import lab, luminance, rgb, unlab
from generator.classic.engine import PAINTERS, ClassicEngine, _palette
from generator.classic.faces import FaceFinder
from generator.classic.figures import SKIN
from generator.classic.landmarks import guessed
from generator.classic.likeness import Likeness, calmed, face_inside
from generator.classic.painting import brief
from generator.classic.photos import Sitting, prepared
from generator.classic.subject import Subject
from generator.classic.tone import blurred
from generator.engine import AvatarSpec
from generator.styles import load_catalog
from generator.traits import TRAITS
from tests.generator.classic.pictures import photo_of, portrait

pytestmark = pytest.mark.xdist_group("everybody")  # its tests share pictures

PLAIN = {"hair": "short", "glasses": "none", "beard": "none", "mood": "happy", "hairtone": "black"}
FIGURES = ("peeps", "lorelei", "notionists", "sprites", "critters")
PRINTS = ("ink", "papercut", "riso", "pop", "engrave", "lino", "neon", "topo")
"""Styles in inks of their own."""
DOTTED = ("ink", "papercut", "riso", "pop")
PAINTINGS = ("oil", "watercolor", "lowpoly", "mosaic", "glass")
STYLES = (*PRINTS, *PAINTINGS, "cel", "pixel", *FIGURES)
TRUE = tuple(style for style in STYLES if style not in {*PRINTS, "glass"})
"""Styles that show the skin as it is."""
SIDE = 256


@dataclass(frozen=True)
class Shown:
    """A figure and its picture."""

    subject: Subject
    picture: np.ndarray
    """sRGB float (side, side, 3), 0 … 1."""
    skin: str
    """The colour of skin or fur, ``#rrggbb``."""

    @property
    def lightness(self) -> np.ndarray:
        return lab(self.picture)[:, :, 0]

    @property
    def plain_skin(self) -> np.ndarray:
        """Boolean: the face's skin, no line within 3 px."""
        wanted = np.abs(self.subject.colour - rgb(self.skin)).max(axis=2) < 0.06
        bare = self.subject.layers.skin > 0.95 if self.subject.layers else wanted
        bare &= self.subject.face_mask(0.8) > 0.5
        return cv2.erode(bare.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0


@cache
def _engine() -> ClassicEngine:
    return ClassicEngine(load_catalog())


@cache
def shown(name: str, skin: str, colour: str, side: int = SIDE, worn: tuple[tuple[str, str], ...] = ()) -> Shown:
    """The same figure in any skin: the tests of a style share its pictures. ``name`` may go on with a figure's."""
    name, _, figure = name.partition(" ")
    style = load_catalog()[name]
    traits = {**PLAIN, **dict(worn), "skin": skin, "colour": colour, **({"figure": figure} if figure else {})}
    spec = AvatarSpec(name, 5, traits=traits, size=side)
    subject, _ = _engine()._figure(style, spec.traits, spec, side)
    luck = Luck(5, settled=frozenset(spec.traits))
    told = brief(_palette(style, spec.traits, luck), 0.2, style.parameters, luck)
    picture = np.clip(PAINTERS[style.recipe](subject, told), 0, 1).astype(np.float32)
    lender = _engine()._lender(style, {"figure": figure})
    return Shown(subject, picture, _engine()._figures.skin(lender, spec.traits, spec.seed))


@cache
def features(name: str, worn: tuple[tuple[str, str], ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Where brows and eyes are, and where nose and mouth: what is no skin in the lightest face, with 2 px around it;
    hair is too broad an area to be a feature."""
    lightest = shown(name, "lightest", "blue", worn=worn).subject
    assert lightest.skin is not None
    assert lightest.face is not None
    drawn = (np.abs(lab(lightest.colour)[:, :, 0] - 100 * lightest.skin) > 12) & (lightest.face_mask(0.8) > 0.5)
    broad = cv2.morphologyEx(drawn.astype(np.uint8), cv2.MORPH_OPEN, np.ones((15, 15), np.uint8))
    drawn &= cv2.dilate(broad, np.ones((5, 5), np.uint8)) == 0
    near = cv2.dilate(drawn.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    rows = ((np.arange(SIDE) - lightest.face.y) / lightest.face.half_height)[:, None]
    return near & (rows < 0.15), near & (rows > 0.3)


def contrasts_of(style: str, where: np.ndarray, worn: tuple[tuple[str, str], ...] = ()) -> list[float]:
    """Mean distance of ``where`` from the surroundings in CIE L, dots and grain aside, on each of six skins."""
    contrast: list[float] = []
    for skin in TRAITS["skin"]:
        face = shown(style, skin, "blue", worn=worn)
        assert face.subject.face is not None
        lightness = cv2.GaussianBlur(face.lightness, (0, 0), 1.0)
        apart = np.abs(lightness - blurred(lightness, 0.24 * face.subject.face.half_height))
        contrast.append(float(apart[where].mean()))
    return contrast


@pytest.mark.parametrize("style", [*STYLES, "ink creature", "cel creature", "pop squares"])
def test_eyes_brows_and_mouth_stand_out_alike_on_every_skin(style: str) -> None:
    """The worst of six skins has at least 60 % of the best."""
    for where in features(style):
        assert where.sum() > 60
        contrast = contrasts_of(style, where)
        assert min(contrast) >= 0.6 * max(contrast), contrast
        assert min(contrast) > 8, contrast


@pytest.mark.soak
@pytest.mark.parametrize("style", STYLES)
def test_they_do_so_whatever_is_worn(style: str) -> None:
    """Over five kinds of hair, with glasses and without; no single head is far below what all of them reach."""
    heads = itertools.product(("bald", "afro", "long", "covered", "hat"), ("none", "round"))
    found: list[list[float]] = []
    for hair, glasses in heads:
        worn = (("hair", hair), ("glasses", glasses))
        found += [contrasts_of(style, where, worn) for where in features(style, worn) if where.sum() > 60]
    assert len(found) >= 15
    together = np.mean([np.divide(contrast, max(contrast)) for contrast in found], axis=0)
    assert min(together) >= 0.6 * max(together), together
    assert min(min(contrast) / max(contrast) for contrast in found) >= 0.55


@pytest.mark.parametrize("style", [style for style in STYLES if style != "neon"])
def test_features_stand_out_on_every_skin(style: str) -> None:
    """Michelson contrast of the darkest features against the face's skin; where dots print tone, also in CIE L.

    The features of a neon sign are its lightest.
    """
    contrasts, gaps = [], []
    for skin in TRAITS["skin"]:
        face = shown(style, skin, "blue", 320 if style in DOTTED else SIDE)
        picture = cv2.GaussianBlur(face.picture, (0, 0), 1.5)
        inside = face.subject.face_mask(0.75) > 0.5
        for field, found in ((luminance(picture), contrasts), (lab(picture)[:, :, 0], gaps)):
            values = np.sort(field[inside])
            feature, ground = values[: len(values) // 33].mean(), np.median(values)
            found.append((ground - feature) / (ground + feature) if found is contrasts else ground - feature)
    assert min(contrasts) >= 0.6 * max(contrasts), contrasts
    assert min(contrasts) > 0.5, contrasts
    if style in DOTTED:
        assert min(gaps) >= 0.6 * max(gaps), gaps


@pytest.mark.parametrize(
    ("style", "colour"),
    [(style, colour) for style in STYLES for colour in ("blue", "orange", "green")[: 1 if style in PAINTINGS else 3]],
)
def test_every_step_of_skin_is_visibly_darker_and_none_drifts_to_pink(style: str, colour: str) -> None:
    """By the mean of the cheek's pixels that no line covers, in CIE Lab."""
    cheeks: list[np.ndarray] = []
    for skin in TRAITS["skin"]:
        face = shown(style, skin, colour)
        cheeks.append(lab(face.picture[face.plain_skin].mean(axis=0)[None, None])[0, 0])
    lightness = [float(cheek[0]) for cheek in cheeks]
    assert lightness[0] - lightness[-1] > 25
    assert all(lighter - darker > 1.5 for lighter, darker in itertools.pairwise(lightness)), lightness
    # A papercut has no colour but the member's own; everywhere else deep skin is no pink.
    assert style == "papercut" or cheeks[-1][1] - cheeks[0][1] < 25


@pytest.mark.parametrize("style", TRUE)
def test_true_colour_styles_never_lighten_or_darken_skin(style: str) -> None:
    for skin in TRAITS["skin"]:
        face = shown(style, skin, "blue")
        inside = face.plain_skin if style in PAINTINGS else face.subject.face_mask(0.75) > 0.5
        wanted = float(lab(rgb(face.skin)[None, None])[0, 0, 0])
        assert abs(float(np.median(face.lightness[inside])) - wanted) < 4, skin


@cache
def _finder() -> FaceFinder:
    return FaceFinder()


@cache
def sat(skin: str, likeness: int = 55) -> Sitting:
    """A painted portrait of that skin as if it were a photo, bent and simplified."""
    red, green, blue = (round(255 * float(part)) for part in rgb(SKIN[skin]))
    photo = photo_of(portrait(240, (red, green, blue)))
    return prepared(photo, _finder(), 160, Likeness.of(likeness), 3, lambda _: None)


@pytest.mark.parametrize("style", ["cel", "oil", "watercolor", "lowpoly", "mosaic", "pixel"])
def test_true_colour_styles_keep_the_skin_of_photos(style: str) -> None:
    """Lightness and hue of the face (median, CIE Lab); whoever is darker stays darker."""
    entry, levels = load_catalog()[style], []
    for skin in SKIN:
        sitting = sat(skin)
        assert sitting.notes == ()
        told = brief(entry.palettes["blue"], Likeness.of(55).abstraction, entry.parameters, Luck(3))
        picture = np.clip(PAINTERS[style](sitting.subject, told), 0, 1).astype(np.float32)
        inside = sitting.subject.face_mask(0.8) > 0.5
        before, after = (np.median(lab(each)[inside], axis=0) for each in (sitting.original, picture))
        assert abs(after[0] - before[0]) < 8, skin
        # Some paint livelier, none in another hue: the distance of the old colour from the line of the new one.
        assert abs(before[1] * after[2] - before[2] * after[1]) < 6 * np.hypot(*after[1:]), skin
        levels.append(float(after[0]))
    assert all(lighter > darker + 2 for lighter, darker in itertools.pairwise(levels)), levels


def test_calming_a_face_in_little_contrast_leaves_as_much_of_it() -> None:
    """A face has less contrast where skin is dark: folds may go from it, but eyes and mouth stay as they do on light."""
    sitting = sat("light", 100)
    face = sitting.subject.face
    assert face is not None
    inside = sitting.subject.face_mask(0.8) > 0.5
    kept: list[float] = []
    for deep in (1.0, 0.35):
        image = unlab(lab(sitting.original) * np.array([deep, 1, 1], np.float32))
        told = calmed(image, guessed(face), face_inside(160, face, guessed(face)), Likeness.of(55), 3)
        relief = [
            np.abs(each - blurred(each, 0.06 * face.half_height)) for each in (lab(told)[..., 0], lab(image)[..., 0])
        ]
        kept.append(float(relief[0][inside].mean() / relief[1][inside].mean()))
    assert kept[1] > 0.9 * kept[0], kept


def test_painting_leaves_the_dice_of_others_alone() -> None:
    """Neither numpy's nor OpenCV's own chance is asked or set: whatever was painted before, they go on as they would."""
    sitter, low, high = sat("medium").subject, np.zeros(1), np.ones(1)
    rolled: list[bytes] = []
    for painted in (False, True):
        np.random.seed(7)
        cv2.setRNGSeed(7)
        for style in (*PRINTS, *PAINTINGS, "cel", "pixel") if painted else ():
            entry = load_catalog()[style]
            told = brief(entry.palettes["blue"], 0.3, entry.parameters, Luck(3))
            PAINTERS[style](sitter, told)
        rolled.append(np.random.bytes(8) + cv2.randu(np.zeros(8, np.float32), low, high).tobytes())
    assert rolled[0] == rolled[1]
