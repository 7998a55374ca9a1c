"""Draws an illustrated head from traits."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import dicebear
import numpy as np
import resvg_py

from generator.classic.chance import Luck, chance
from generator.classic.colour import Bytes, Floats, rgb
from generator.classic.wardrobe import MARKS, Wardrobe, wardrobe_of
from generator.errors import DrawFailed
from generator.styles import Style
from generator.traits import TRAITS

SKIN: Mapping[str, str] = {
    "lightest": "#ffe3d1",
    "light": "#f7caa4",
    "medium": "#e3a878",
    "tan": "#c68652",
    "brown": "#9c6239",
    "dark": "#764528",
}
HAIR: Mapping[str, str] = {
    "black": "#2b2430",
    "darkbrown": "#4b2f22",
    "brown": "#74472c",
    "auburn": "#9a4a2b",
    "ginger": "#d2692e",
    "blond": "#e0b060",
    "grey": "#b5b3b8",
    "plum": "#7b4a86",
    "teal": "#2f8288",
    "white": "#f3eee4",
    "jet": "#17141c",
}
NATURAL_HAIR = ("black", "darkbrown", "brown", "auburn", "ginger", "blond", "grey")
DYED = frozenset({"plum", "teal"})
_FAIR = ("black", "darkbrown", "brown", "brown", "auburn", "ginger", "blond", "blond", "grey", "plum", "teal")
_DEEP = ("black", "black", "black", "darkbrown", "darkbrown", "auburn", "grey", "plum", "teal")

_WEIGHTS: Mapping[str, tuple[float, ...]] = {
    "hair": (0.06, 0.2, 0.14, 0.1, 0.22, 0.12, 0.08, 0.08),
    "glasses": (0.58, 0.17, 0.14, 0.11),
    "mood": (0.36, 0.2, 0.18, 0.08, 0.06, 0.12),
    "beard": (0.73, 0.08, 0.07, 0.12),
}
"""How often chance picks each value, in the order of ``TRAITS``; traits not named here are picked evenly."""

_BEARDED_HAIR = frozenset({"bald", "short", "curly", "afro", "hat"})
"""Hair that chance may combine with a beard; a member may combine anything."""


@dataclass(frozen=True, slots=True)
class Oval:
    """A face in pixels: centre and half axes."""

    x: float
    y: float
    half_width: float
    half_height: float


@dataclass(frozen=True, slots=True)
class Head:
    """Where a head wears things, in pixels."""

    face: Oval
    skull: Oval
    """From the chin to the crown, ears and hair aside."""
    middle: float
    """Column of the bridge of the nose: beside ``face.x`` where the head is turned."""
    eyes: float
    """Row of the eyes."""
    apart: float = 0.475
    """Half the distance of the eyes, in half widths of the face."""
    line: float = 0.0
    """Width of the outlines of what is drawn; 0 in a photo."""
    squares: tuple[float, float, float] | None = None
    """Left, top and side of one of the squares that a drawing in squares is made of."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Which part of a figure covers a pixel, each (side, side), 0 … 1; what none of them covers is ink or dark hair."""

    light: Floats
    """White of eyes and teeth, light hair."""
    skin: Floats
    clothes: Floats
    accent: Floats
    """Hats, scarves, ribbons."""

    def with_head_cloth(self, chin: float) -> Layers:
        """What is clothing by its colour, but lies above row ``chin``, counts as scarf or hat."""
        above = (np.arange(len(self.clothes)) < chin)[:, None]
        return replace(
            self, clothes=np.where(above, 0, self.clothes), accent=self.accent + np.where(above, self.clothes, 0)
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn head: ``rgba`` uint8 (side, side, 4), straight alpha, transparent around it."""

    rgba: Bytes
    head: Head

    @property
    def face(self) -> Oval:
        return self.head.face


_ASKED_FOR = frozenset({"prop", "figure"})
"""Traits that are left to nobody's chance: no prop is worn, and the figure is the style's."""


def completed(traits: Mapping[str, str], seed: int, attempt: int, like: tuple[int, ...] = ()) -> dict[str, str]:
    """Every trait with a value: the given ones, the rest by chance, plus ``hairtone`` (a key of ``HAIR``).

    ``prop`` and ``figure`` are empty where none was chosen. Of two things that cannot be worn at once, the prop is.
    """
    luck = Luck(seed, attempt, like, frozenset(traits))
    full: dict[str, str] = {}
    for trait, values in TRAITS.items():
        if trait in _ASKED_FOR:
            full[trait] = traits.get(trait, "")
            continue
        odds = _WEIGHTS.get(trait)
        if odds is None:
            picked = luck.walk(trait, len(values), "trait", trait)
        else:
            picked = luck.choice(trait, odds, "trait", trait)
        full[trait] = traits.get(trait) or values[picked]
    if "beard" not in traits and full["hair"] not in _BEARDED_HAIR:
        full["beard"] = "none"
    if full["prop"] == "cap" and full["hair"] == "hat":
        full["hair"] = "short"
    tones = _DEEP if full["skin"] in {"tan", "brown", "dark"} else _FAIR
    full["hairtone"] = traits.get("hairtone") or str(luck.dice("hairtone", "hairtone").choice(tones))
    return full


MARKED_SKIN, MARKED_CLOTHES, MARKED_ACCENT = "#ff0000", "#00ff00", "#0000ff"
"""Stand-ins for a figure whose parts are told apart in the raster."""


def in_black_and_white(traits: Mapping[str, str]) -> dict[str, str]:
    """Complete traits for a style that prints parts in inks of its own: hair is light or dark, nothing between."""
    return {**traits, "hairtone": "white" if traits["hairtone"] in {"blond", "grey"} else "jet"}


def layers_of(rgba: Bytes) -> Layers:
    """The parts of a figure that was drawn in the marked colours, with black and white between them."""
    colour = rgba[:, :, :3].astype(np.float32) / 255
    light = colour.min(axis=2)
    # Ink and paper are a little tinted; below that, a colour is none of the marks.
    parts = np.clip((colour - light[..., None] - 0.07) / 0.93, 0, 1)
    return Layers(np.clip((light - 0.12) / 0.76, 0, 1), parts[:, :, 0], parts[:, :, 1], parts[:, :, 2])


class Figures:
    """Draws figures; keeps each set in memory once it was read. Safe for several threads."""

    def __init__(self) -> None:
        self._wardrobes: dict[str, Wardrobe] = {}
        self._lock = threading.Lock()

    def wardrobe(self, style: Style) -> Wardrobe:
        """The wardrobe of a style that has a ``[figure]`` table."""
        with self._lock:
            if style.id not in self._wardrobes:
                self._wardrobes[style.id] = wardrobe_of(style)
            return self._wardrobes[style.id]

    def skin(self, style: Style, traits: Mapping[str, str], seed: int) -> str:
        """The colour of the skin, or of the fur, of complete ``traits`` in the set of ``style``."""
        shades = self.wardrobe(style).skins.get(traits["skin"]) or (SKIN[traits["skin"]],)
        return shades[int(chance(seed, "part", "skin").integers(len(shades)))]

    def draw(
        self,
        style: Style,
        traits: Mapping[str, str],
        palette: tuple[str, ...],
        seed: int,
        side: int,
        skin: str | None = None,
    ) -> Figure:
        """Draw ``traits`` (complete) in the set of ``style``; ``palette`` ends with clothes and accent colours.

        ``skin`` replaces the colour of the trait."""
        wardrobe = self.wardrobe(style)
        clothes, accent = palette[-2], palette[-1]
        ink = wardrobe.ink if skin else wardrobe.inks.get(traits["skin"], wardrobe.ink)
        options = _options(wardrobe, traits, clothes, accent, skin or self.skin(style, traits, seed), ink, seed)
        svg = _bare(str(dicebear.Avatar(wardrobe.drawing, options)))
        x, y, size = _frame(svg, wardrobe, capped=traits.get("prop") == "cap")
        rgba = _raster(svg, (x, y, size), side)
        scale = side / size
        cloth = options.get(f"{wardrobe.parts['hair']}Variant") in wardrobe.hats
        hair = rgb(HAIR[traits["hairtone"]])
        beard = rgb(HAIR[_bristle(traits)])
        _colour_hair(rgba, rgb(accent) if cloth else hair, beard, rgb(wardrobe.ink), wardrobe.line * scale)

        def placed(oval: tuple[float, float, float, float]) -> Oval:
            return Oval((oval[0] - x) * scale, (oval[1] - y) * scale, oval[2] * scale, oval[3] * scale)

        middle, eyes = (wardrobe.middle - x) * scale, (wardrobe.eyes - y) * scale
        squares = (-x * scale, -y * scale, wardrobe.square * scale) if wardrobe.square else None
        line = 2 * wardrobe.line * scale
        head = Head(placed(wardrobe.face), placed(wardrobe.skull), middle, eyes, line=line, squares=squares)
        return Figure(rgba, head)


def _options(
    wardrobe: Wardrobe, traits: Mapping[str, str], clothes: str, accent: str, skin: str, ink: str, seed: int
) -> dict[str, str | float | list[str]]:
    meaning = {
        "skin": skin,
        "clothes": clothes,
        "accent": accent,
        "tint": accent if traits["hair"] in {"covered", "hat", "bun"} else HAIR[traits["hairtone"]],
        "tone": HAIR[traits["hairtone"]],
        "bristle": HAIR[_bristle(traits)],
        "lips": "#c9505f",
        "hair": MARKS["hair"],
        "beard": MARKS["beard"],
        "ink": ink,
        "paper": "#fffdf8",
    }
    options: dict[str, str | float | list[str]] = {"seed": str(seed)}
    for component in wardrobe.components:
        options[f"{component}Probability"] = 0
    picks: dict[str, tuple[str, ...]] = dict(wardrobe.also)
    for trait, component in wardrobe.parts.items():
        picks[component] = wardrobe.choices[trait][traits[trait]]
    picks[wardrobe.parts["hair"]] = _haircuts(wardrobe, traits)
    for trait in ("hair", "glasses", "mood"):
        picks.update(wardrobe.along.get(traits[trait], {}))
    for component in wardrobe.components:
        variants = picks.get(component)
        if variants:
            options[f"{component}Variant"] = variants[int(chance(seed, "part", component).integers(len(variants)))]
            options[f"{component}Probability"] = 100
        elif component not in picks:
            options.pop(f"{component}Probability")
            options[f"{component}Probability"] = 100 if component in {"head", "nose"} else 0
    for colour, stands_for in wardrobe.colours.items():
        if colour in wardrobe.drawing_colours:
            options[f"{colour}Color"] = [meaning[stands_for]]
    return options


def _haircuts(wardrobe: Wardrobe, traits: Mapping[str, str]) -> tuple[str, ...]:
    """The variants of the hair that go with what else is worn."""
    hair = traits["hair"]
    if traits.get("prop") == "cap" and hair in wardrobe.capped:
        return wardrobe.capped[hair]
    if traits["beard"] != "none" and hair in wardrobe.bearded:
        return wardrobe.bearded[hair]
    return wardrobe.choices["hair"][hair]


def _bristle(traits: Mapping[str, str]) -> str:
    """The key of a beard's colour in ``HAIR``: nobody dyes it."""
    return "black" if traits["hairtone"] in DYED else traits["hairtone"]


def _bare(svg: str) -> str:
    """Without metadata and without clips: that at the canvas cuts big hair off."""
    return re.sub(r' clip-path="[^"]*"', "", re.sub(r"<metadata.*?</metadata>", "", svg, flags=re.DOTALL))


def _raster(svg: str, view: tuple[float, float, float], side: int) -> Bytes:
    x, y, size = view
    framed = re.sub(r'viewBox="[^"]*"', f'viewBox="{x:.2f} {y:.2f} {size:.2f} {size:.2f}"', svg, count=1)
    try:
        png = resvg_py.svg_to_bytes(svg_string=framed, width=side, height=side, skip_system_fonts=True)
    except (ValueError, RuntimeError) as error:
        raise DrawFailed(parameters={"reason": "svg"}) from error
    bgra = cv2.imdecode(np.frombuffer(bytes(png), np.uint8), cv2.IMREAD_UNCHANGED)
    if bgra is None or bgra.shape != (side, side, 4):
        raise DrawFailed(parameters={"reason": "raster"})
    return cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA)


def _frame(svg: str, wardrobe: Wardrobe, *, capped: bool) -> tuple[float, float, float]:
    """Where to look: left, top and side of the square that holds the head well inside a circle.

    ``capped``: nothing of the hair will be seen above the crown.
    """
    margin = 0.3 * wardrobe.canvas
    size = wardrobe.canvas + 2 * margin
    small = 128
    alpha = _raster(svg, (-margin, -margin, size), small)[:, :, 3] > 100
    unit = size / small
    face_x, _, half_width, _ = wardrobe.face
    if capped:
        _, crown, _, above = wardrobe.skull
        alpha[: max(int((crown - 1.12 * above + margin) / unit), 0)] = False
    rows = np.flatnonzero(alpha.any(axis=1))
    top = rows[0] * unit - margin
    upper = alpha[: max(int((wardrobe.chin + margin) / unit), rows[0] + 1)]
    columns = np.flatnonzero(upper.any(axis=0))
    left, right = columns[0] * unit - margin, (columns[-1] + 1) * unit - margin
    height = wardrobe.chin - top
    side = max(height / 0.64, (right - left) / 0.86, half_width * 4.2)
    side = min(side, (wardrobe.floor - top) / 0.9)
    x = 0.55 * (left + right) / 2 + 0.45 * face_x - side / 2
    y = top - max(0.1 * side, (side - height) * 0.36)
    return x, min(y, wardrobe.floor - side), side


def _colour_hair(rgba: Bytes, hair: Floats, beard: Floats, ink: Floats, line: float) -> None:
    """Fill what lies deeper than an outline inside hair and beard; the outline itself becomes ink. In place."""
    for mark, tint in ((MARKS["hair"], hair), (MARKS["beard"], beard)):
        sought = [round(float(part) * 255) for part in rgb(mark)]
        low, high = [part - 1 for part in sought], [part + 1 for part in sought]
        there = cv2.inRange(rgba, np.array([*low, 251]), np.array([*high, 255]))
        place = there > 0
        if place.any():
            fill = np.clip(cv2.distanceTransform(there, cv2.DIST_L2, 5)[place] - line, 0, 1)[:, None]
            rgba[place, :3] = ((ink + (tint - ink) * fill) * 255).round().astype(np.uint8)
