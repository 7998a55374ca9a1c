"""The classic engine: OpenCV and illustrated figures, no weights, one CPU core."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from generator.asked import pictures_of
from generator.classic.cel import paint_cel
from generator.classic.chance import Luck
from generator.classic.colour import Bytes, Floats, lab_of, rgb
from generator.classic.engrave import paint_engrave
from generator.classic.faces import FaceFinder
from generator.classic.figures import (
    MARKED_ACCENT,
    MARKED_CLOTHES,
    MARKED_SKIN,
    Figure,
    Figures,
    completed,
    in_black_and_white,
    layers_of,
)
from generator.classic.flat import paint_flat
from generator.classic.glass import paint_glass
from generator.classic.ink import paint_ink
from generator.classic.likeness import Likeness
from generator.classic.lino import paint_lino
from generator.classic.loop import loop
from generator.classic.lowpoly import paint_lowpoly
from generator.classic.mosaic import paint_mosaic
from generator.classic.neon import paint_neon
from generator.classic.oil import paint_oil
from generator.classic.painting import Painter, brief
from generator.classic.papercut import paint_papercut
from generator.classic.photos import Sitting, colours_of, prepared
from generator.classic.pixel import paint_pixel
from generator.classic.pop import paint_pop
from generator.classic.props import dressed, head_of, props_on_photo
from generator.classic.reduced import reduced
from generator.classic.riso import paint_riso
from generator.classic.subject import Subject
from generator.classic.topo import paint_topo
from generator.classic.trace import trace as trace_of
from generator.classic.watercolor import paint_watercolor
from generator.engine import Avatar, AvatarSpec, Photo, Progress, Trace
from generator.errors import DrawCancelled, DrawFailed, SpecInvalid
from generator.grid import grid
from generator.mark import Source, marked, marked_gif
from generator.styles import Catalog, Style
from generator.traits import FIGURES, TRAITS

PAINTERS: Mapping[str, Painter] = {
    "cel": paint_cel,
    "engrave": paint_engrave,
    "figure": paint_flat,
    "glass": paint_glass,
    "ink": paint_ink,
    "lino": paint_lino,
    "lowpoly": paint_lowpoly,
    "mosaic": paint_mosaic,
    "neon": paint_neon,
    "oil": paint_oil,
    "papercut": paint_papercut,
    "pixel": paint_pixel,
    "pop": paint_pop,
    "riso": paint_riso,
    "topo": paint_topo,
    "watercolor": paint_watercolor,
}
"""Recipe of a style file → painter."""

FIGURE_BELOW = 10
"""Likeness under which a photo lends its colours to a figure, and nothing of its shapes."""

_FIGURE_COLOURS = "peeps"
_SMALLEST_CANVAS = 256
_PREVIEW = 96
"""Side of a picture in a preview."""
_SEEN_IN_PHOTOS = frozenset({"colour", "backdrop"})
"""What chance has a say in where a photo's own shapes are drawn."""
_OF_FIGURES = frozenset({*TRAITS, "clothes"}) - _SEEN_IN_PHOTOS
_TRACES: tuple[Trace, ...] = ("none", "low", "medium", "high")


class _Step(Protocol):
    def __call__(self, fraction: float, picture: Floats | None = None) -> None:
        """So much of a picture is done, 0 … 1, and it looks like this. Raises ``DrawCancelled``."""
        ...


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One picture of a call."""

    pixels: Bytes
    png: bytes = field(repr=False)
    trace: Trace
    notes: tuple[str, ...]
    source: Source
    loop: bytes = field(default=b"", repr=False)


class _Looked:
    """What is seen in the photo of a call: looked for once, and forgotten with the call."""

    def __init__(self, finder: FaceFinder, photo: Photo) -> None:
        self._finder = finder
        self._photo = photo
        self._sitting: Sitting | None = None
        self._colours: Mapping[str, str] | None = None

    def sitting(self, canvas: int, likeness: int, seed: int, step: _Step) -> Sitting:
        """The photo as it is painted; all pictures of a call are of one size, likeness and seed."""
        if self._sitting is None:
            self._sitting = prepared(self._photo, self._finder, canvas, Likeness.of(likeness), seed, step)
        return self._sitting

    def colours(self) -> Mapping[str, str]:
        if self._colours is None:
            self._colours, _ = colours_of(self._photo, self._finder)
        return self._colours


class ClassicEngine:
    """Draws the styles of ``catalog`` whose engine is ``classic``. Safe for several threads at once.

    ``threads`` is how many threads OpenCV may use **in this process**; None leaves it alone.
    """

    name = "classic"
    capacity = 1

    def __init__(self, catalog: Catalog, threads: int | None = None) -> None:
        self._catalog = catalog
        self._figures = Figures()
        self._finder = FaceFinder()
        if threads is not None:
            cv2.setNumThreads(threads)

    def draw(self, spec: AvatarSpec, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Avatar:
        """See ``generator.engine.Engine.draw``."""
        singles = pictures_of(spec)
        styles = [self._style(single.style) for single in singles]
        looked = None if spec.photo is None else _Looked(self._finder, spec.photo)
        drawn: list[_Drawn | None] = []
        failures: list[DrawFailed] = []
        for single, style in zip(singles, styles, strict=True):
            try:
                drawn.append(self._tried(single, style, looked, _steps(drawn, len(singles), report, cancelled)))
            except DrawFailed as failure:
                drawn.append(None)
                failures.append(failure)
        return _avatar(spec, drawn, failures)

    def _tried(self, spec: AvatarSpec, style: Style, looked: _Looked | None, step: _Step) -> _Drawn:
        try:
            return self._drawn(spec, style, looked, step)
        except cv2.error as error:
            raise DrawFailed(parameters={"reason": error.func or "cv2"}) from error
        except (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError) as error:
            # A style file's own mistake is among them: a parameter of a kind that its painter does not expect.
            raise DrawFailed(parameters={"reason": type(error).__name__}) from error

    def warm(self) -> None:
        """Read every illustrated set now (about half a second each), so that the first avatar need not wait for it."""
        for style in self._catalog.values():
            if style.engine == self.name and style.figure:
                self._figures.wardrobe(style)

    def _style(self, name: str) -> Style:
        style = self._catalog.find(name)
        if style.engine != self.name or style.recipe not in PAINTERS:
            raise SpecInvalid("error-style", {"style": name})
        return style

    def _drawn(self, spec: AvatarSpec, style: Style, looked: _Looked | None, step: _Step) -> _Drawn:
        step(0.05)
        canvas = max(spec.size, _SMALLEST_CANVAS)
        notes: tuple[str, ...] = ()
        trace: Trace = "none"
        source: Source = "algorithmicMedia"
        if looked is not None and style.photo and spec.likeness >= FIGURE_BELOW:
            sitting = looked.sitting(canvas, spec.likeness, spec.seed, step)
            luck = Luck(spec.seed, spec.attempt, spec.like, _OF_FIGURES.union(spec.traits))
            subject, notes = self._equipped(sitting, spec.traits, luck)
            notes += ("note-figure-photo",) if "figure" in spec.traits else ()
            palette, abstraction = _palette(style, spec.traits, luck), Likeness.of(spec.likeness).abstraction
            source = "algorithmicallyEnhanced"
            step(0.6, subject.colour)
            picture = PAINTERS[style.recipe](subject, brief(palette, abstraction, style.parameters, luck))
            trace = trace_of(sitting.original, picture, subject.face)
        else:
            traits = dict(spec.traits)
            if looked is not None:
                # The notes speak of what was drawn from the photo; here nothing was.
                traits = {**looked.colours(), **traits}
                trace = "low"
            if style.figure and FIGURES.get(traits.get("figure", ""), style.id) != style.id:
                notes = ("note-own-figure",)
            subject, palette = self._figure(style, traits, spec, canvas)
            luck = _luck(spec, traits)
            step(0.5, subject.colour)
            picture = PAINTERS[style.recipe](subject, brief(palette, 0.2, style.parameters, luck))
        step(0.85, picture)
        pixels = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
        if canvas != spec.size:
            pixels = cv2.resize(pixels, (spec.size, spec.size), interpolation=cv2.INTER_AREA)
        png = marked(_encoded(pixels, int(style.parameters.get("colours", 0))), source)
        step(0.95)
        moving = marked_gif(loop(pixels, subject.matte, luck.dice("backdrop", "loop")), source) if spec.loop else b""
        step(1.0)
        return _Drawn(pixels, png, trace, notes, source, moving)

    def _equipped(self, sitting: Sitting, traits: Mapping[str, str], luck: Luck) -> tuple[Subject, tuple[str, ...]]:
        """Whoever sat for the photo with what they chose to wear, and the notes."""
        person, props = sitting.subject, props_on_photo(traits)
        if not props:
            return person, sitting.notes
        if person.face is None:
            return person, (*sitting.notes, "note-prop-no-face")
        head = head_of(person.face, person.matte, sitting.marks)
        for prop in props:
            person = dressed(person, prop, head, *self._prop_colours(traits, luck))
        return person, sitting.notes

    def _prop_colours(self, traits: Mapping[str, str], luck: Luck) -> list[Floats]:
        """Those of clothes and of what is worn with them, in the set whose colours are clear everywhere."""
        return [rgb(colour) for colour in _palette(self._catalog.find(_FIGURE_COLOURS), traits, luck)[-2:]]

    def _figure(
        self, style: Style, traits: Mapping[str, str], spec: AvatarSpec, canvas: int
    ) -> tuple[Subject, tuple[str, ...]]:
        full = completed(traits, spec.seed, spec.attempt, spec.like)
        luck = _luck(spec, traits)
        palette = _palette(style, full, luck)
        lender = self._lender(style, full)
        worn = _palette(lender, full, luck)
        person = spec.seed + luck.source("person").attempt
        if style.parameters.get("tonal"):
            figure, subject = self._in_parts(lender, in_black_and_white(full), worn, person, canvas)
        else:
            figure, subject = self._in_colour(lender, full, worn, person, canvas)
        if full["prop"]:
            subject = dressed(subject, full["prop"], figure.head, *self._prop_colours(full, luck))
        return subject, palette

    def _lender(self, style: Style, traits: Mapping[str, str]) -> Style:
        """Whose figure is drawn: the style's own, else the one that was asked for, else the one that it borrows."""
        if style.figure:
            return style
        wanted = self._catalog.get(FIGURES.get(traits["figure"], ""))
        if wanted is not None and wanted.figure:
            return wanted
        return self._catalog.find(str(style.parameters.get("figure", _FIGURE_COLOURS)))

    def _in_colour(
        self, lender: Style, traits: Mapping[str, str], worn: tuple[str, ...], person: int, canvas: int
    ) -> tuple[Figure, Subject]:
        figure = self._figures.draw(lender, traits, worn, person, canvas)
        rgba = figure.rgba.astype(np.float32) / 255
        matte = np.ascontiguousarray(rgba[:, :, 3])
        colour = rgba[:, :, :3] * matte[..., None] + (1 - matte[..., None]) * rgb(worn[0])
        skin = _lightness(self._figures.skin(lender, traits, person))
        return figure, Subject(colour, matte, figure.face, drawn=True, skin=skin)

    def _in_parts(
        self, lender: Style, traits: Mapping[str, str], worn: tuple[str, ...], person: int, canvas: int
    ) -> tuple[Figure, Subject]:
        """A figure whose parts the painter prints in inks of its own."""
        marked_palette = (*worn[:-2], MARKED_CLOTHES, MARKED_ACCENT)
        figure = self._figures.draw(lender, traits, marked_palette, person, canvas, MARKED_SKIN)
        layers = layers_of(figure.rgba)
        if traits["hair"] in {"covered", "hat"}:
            layers = layers.with_head_cloth(figure.face.y + figure.face.half_height)
        matte = np.ascontiguousarray(figure.rgba[:, :, 3].astype(np.float32) / 255)
        skin = self._figures.skin(lender, traits, person)
        colour = np.broadcast_to(layers.light[..., None], (canvas, canvas, 3))
        for part, tint in ((layers.skin, skin), (layers.clothes, worn[-2]), (layers.accent, worn[-1])):
            colour = colour + part[..., None] * rgb(tint)
        colour = colour * matte[..., None] + (1 - matte[..., None]) * rgb(worn[0])
        lightness = _lightness(skin)
        colour = np.clip(colour, 0, 1)
        return figure, Subject(colour, matte, figure.face, drawn=True, skin=lightness, layers=layers)


def _lightness(colour: str) -> float:
    """CIE lightness, 0 … 1."""
    return float(lab_of([rgb(colour)])[0, 0]) / 100


def _luck(spec: AvatarSpec, traits: Mapping[str, str]) -> Luck:
    """What is left to chance in a figure of ``traits``."""
    return Luck(spec.seed, spec.attempt, spec.like, frozenset(traits))


def _palette(style: Style, traits: Mapping[str, str], luck: Luck) -> tuple[str, ...]:
    wanted = traits.get("colour", "")
    if wanted in style.palettes:
        return style.palettes[wanted]
    names = sorted(style.palettes)
    return style.palettes[names[luck.walk("colour", len(names), "palette")]]


def _steps(
    drawn: Sequence[_Drawn | None], count: int, report: Callable[[Progress], None], cancelled: Callable[[], bool]
) -> _Step:
    """How the next picture of ``count`` after ``drawn`` comes on."""

    def step(fraction: float, picture: Floats | None = None) -> None:
        if cancelled():
            raise DrawCancelled
        preview: bytes | None = None
        if picture is not None:
            small = (np.clip(_small(picture), 0, 1) * 255 + 0.5).astype(np.uint8)
            places = [None if each is None else _small(each.pixels) for each in drawn]
            nobody = [None] * (count - len(places) - 1)
            preview = _encoded(grid([*places, small, *nobody]))
        report(Progress((len(drawn) + fraction) / count, preview))

    return step


def _small(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (_PREVIEW, _PREVIEW), interpolation=cv2.INTER_AREA)


def _avatar(spec: AvatarSpec, drawn: Sequence[_Drawn | None], failures: Sequence[DrawFailed]) -> Avatar:
    """The pictures of a call as one. Raises the first of ``failures`` where there is no picture."""
    there = [each for each in drawn if each is not None]
    if not there:
        raise failures[0]
    trace = _TRACES[max(_TRACES.index(each.trace) for each in there)]
    notes = [note for each in there for note in each.notes]
    if len(there) < len(drawn):
        notes.append("note-picture-broken")
    if spec.count == 1:
        return Avatar(there[0].png, spec.size, trace, tuple(notes), loop=there[0].loop)
    if spec.loop:
        notes.append("note-still-grid")
    source: Source = there[0].source if len({each.source for each in there}) == 1 else "compositeSynthetic"
    whole = _encoded(grid([None if each is None else each.pixels for each in drawn]))
    png = marked(whole, source)
    parts = tuple(b"" if each is None else each.png for each in drawn)
    return Avatar(png, spec.size, trace, tuple(dict.fromkeys(notes)), parts)


def _encoded(pixels: Bytes, colours: int = 0) -> bytes:
    """A PNG of uint8 (side, side, 3); with ``colours`` (2 … 256) reduced to as many, which flat styles do not show."""
    if colours:
        file = io.BytesIO()
        reduced(pixels, colours).save(file, "PNG", compress_level=4)
        return file.getvalue()
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise DrawFailed(parameters={"reason": "encode"})
    return data.tobytes()
