"""The classic engine: OpenCV and illustrated figures, no weights, one CPU core."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import cv2
import numpy as np
from PIL import Image

from generator.classic.cel import paint_cel
from generator.classic.chance import chance
from generator.classic.colour import Bytes, Floats, lab_of, rgb
from generator.classic.faces import FaceFinder
from generator.classic.figures import (
    MARKED_ACCENT,
    MARKED_CLOTHES,
    MARKED_SKIN,
    SKIN,
    Figures,
    completed,
    in_black_and_white,
    layers_of,
)
from generator.classic.flat import paint_flat
from generator.classic.ink import paint_ink
from generator.classic.likeness import Likeness
from generator.classic.painting import Brief, Painter, brief
from generator.classic.papercut import paint_papercut
from generator.classic.photos import colours_of, prepared
from generator.classic.pixel import paint_pixel
from generator.classic.pop import paint_pop
from generator.classic.riso import paint_riso
from generator.classic.subject import Subject
from generator.classic.trace import trace as trace_of
from generator.engine import LIKENESS_RANGE, SIZE_RANGE, Avatar, AvatarSpec, Progress, Trace
from generator.errors import DrawCancelled, DrawFailed, SpecInvalid
from generator.mark import Source, marked
from generator.styles import Catalog, Style
from generator.traits import check_traits

PAINTERS: Mapping[str, Painter] = {
    "cel": paint_cel,
    "figure": paint_flat,
    "ink": paint_ink,
    "papercut": paint_papercut,
    "pixel": paint_pixel,
    "pop": paint_pop,
    "riso": paint_riso,
}
"""Recipe of a style file → painter."""

FIGURE_BELOW = 10
"""Likeness under which a photo lends its colours to a figure, and nothing of its shapes."""

_FIGURE_COLOURS = "peeps"
_SMALLEST_CANVAS = 256
_PREVIEW = 96
_HIGHEST_SEED = 2**63 - 1


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
        style = self._checked(spec)

        def step(fraction: float, picture: Floats | None = None) -> None:
            if cancelled():
                raise DrawCancelled
            report(Progress(fraction, None if picture is None else _preview(picture)))

        try:
            return self._drawn(spec, style, step)
        except cv2.error as error:
            raise DrawFailed(parameters={"reason": error.func or "cv2"}) from error
        except (ArithmeticError, LookupError, MemoryError, ValueError) as error:
            raise DrawFailed(parameters={"reason": type(error).__name__}) from error

    def warm(self) -> None:
        """Read every illustrated set now (about half a second each), so that the first avatar need not wait for it."""
        for style in self._catalog.values():
            if style.engine == self.name and style.figure:
                self._figures.wardrobe(style)

    def _checked(self, spec: AvatarSpec) -> Style:
        style = self._catalog.find(spec.style)
        if style.engine != self.name or style.recipe not in PAINTERS:
            raise SpecInvalid("error-style", {"style": spec.style})
        if not SIZE_RANGE[0] <= spec.size <= SIZE_RANGE[1]:
            raise SpecInvalid("error-size", {"size": spec.size, "low": SIZE_RANGE[0], "high": SIZE_RANGE[1]})
        if not LIKENESS_RANGE[0] <= spec.likeness <= LIKENESS_RANGE[1]:
            low, high = LIKENESS_RANGE
            raise SpecInvalid("error-likeness-range", {"likeness": spec.likeness, "low": low, "high": high})
        if not 0 <= spec.seed <= _HIGHEST_SEED:
            raise SpecInvalid("error-seed", {"seed": str(spec.seed), "high": str(_HIGHEST_SEED)})
        if spec.attempt < 0:
            raise SpecInvalid("error-spec", {"attempt": spec.attempt})
        check_traits(spec.traits)
        return style

    def _drawn(self, spec: AvatarSpec, style: Style, step: Callable[..., None]) -> Avatar:
        step(0.05)
        canvas = max(spec.size, _SMALLEST_CANVAS)
        notes: tuple[str, ...] = ()
        trace: Trace = "none"
        source: Source = "algorithmicMedia"
        if spec.photo is not None and style.photo and spec.likeness >= FIGURE_BELOW:
            likeness = Likeness.of(spec.likeness)
            sitting = prepared(spec.photo, self._finder, canvas, likeness, spec.seed, step)
            subject, notes, abstraction = sitting.subject, sitting.notes, likeness.abstraction
            palette = _palette(style, spec.traits, spec.seed, spec.attempt)
            source = "algorithmicallyEnhanced"
            step(0.6, subject.colour)
            picture = PAINTERS[style.recipe](subject, _brief(style, palette, abstraction, spec))
            trace = trace_of(sitting.original, picture, subject.face)
        else:
            traits = dict(spec.traits)
            if spec.photo is not None:
                # The notes speak of what was drawn from the photo; here nothing was.
                colours, _ = colours_of(spec.photo, self._finder)
                traits = {**colours, **traits}
                trace = "low"
            subject, palette = self._figure(style, traits, spec, canvas)
            step(0.5, subject.colour)
            picture = PAINTERS[style.recipe](subject, _brief(style, palette, 0.2, spec))
        step(0.85, picture)
        pixels = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
        if canvas != spec.size:
            pixels = cv2.resize(pixels, (spec.size, spec.size), interpolation=cv2.INTER_AREA)
        png = marked(_encoded(pixels, int(style.parameters.get("colours", 0))), source)
        step(1.0)
        return Avatar(png, spec.size, trace, notes)

    def _figure(
        self, style: Style, traits: Mapping[str, str], spec: AvatarSpec, canvas: int
    ) -> tuple[Subject, tuple[str, ...]]:
        full = completed(traits, spec.seed, spec.attempt)
        palette = _palette(style, full, spec.seed, spec.attempt)
        lender = style if style.figure else self._catalog.find(str(style.parameters.get("figure", _FIGURE_COLOURS)))
        worn = _palette(lender, full, spec.seed, spec.attempt)
        if style.parameters.get("tonal"):
            return self._in_parts(lender, in_black_and_white(full), worn, spec, canvas), palette
        figure = self._figures.draw(lender, full, worn, spec.seed + spec.attempt, canvas)
        rgba = figure.rgba.astype(np.float32) / 255
        matte = np.ascontiguousarray(rgba[:, :, 3])
        colour = rgba[:, :, :3] * matte[..., None] + (1 - matte[..., None]) * rgb(worn[0])
        return Subject(colour, matte, figure.face, drawn=True, skin=_skin(full)), palette

    def _in_parts(
        self, lender: Style, traits: Mapping[str, str], worn: tuple[str, ...], spec: AvatarSpec, canvas: int
    ) -> Subject:
        """A figure whose parts the painter prints in inks of its own."""
        marked_palette = (*worn[:-2], MARKED_CLOTHES, MARKED_ACCENT)
        figure = self._figures.draw(lender, traits, marked_palette, spec.seed + spec.attempt, canvas, MARKED_SKIN)
        layers = layers_of(figure.rgba)
        if traits["hair"] in {"covered", "hat"}:
            layers = layers.with_head_cloth(figure.face.y + figure.face.half_height)
        matte = np.ascontiguousarray(figure.rgba[:, :, 3].astype(np.float32) / 255)
        colour = np.broadcast_to(layers.light[..., None], (canvas, canvas, 3))
        for part, tint in ((layers.skin, SKIN[traits["skin"]]), (layers.clothes, worn[-2]), (layers.accent, worn[-1])):
            colour = colour + part[..., None] * rgb(tint)
        colour = colour * matte[..., None] + (1 - matte[..., None]) * rgb(worn[0])
        return Subject(np.clip(colour, 0, 1), matte, figure.face, drawn=True, skin=_skin(traits), layers=layers)


def _skin(traits: Mapping[str, str]) -> float:
    """CIE lightness of the figure's skin, 0 … 1."""
    return float(lab_of([rgb(SKIN[traits["skin"]])])[0, 0]) / 100


def _palette(style: Style, traits: Mapping[str, str], seed: int, attempt: int) -> tuple[str, ...]:
    wanted = traits.get("colour", "")
    if wanted in style.palettes:
        return style.palettes[wanted]
    names = sorted(style.palettes)
    return style.palettes[names[int(chance(seed, "palette", attempt).integers(len(names)))]]


def _brief(style: Style, palette: tuple[str, ...], abstraction: float, spec: AvatarSpec) -> Brief:
    return brief(palette, abstraction, style.parameters, spec.seed, spec.attempt)


def _encoded(pixels: Bytes, colours: int = 0) -> bytes:
    """A PNG of uint8 (side, side, 3); with ``colours`` (2 … 256) reduced to as many, which flat styles do not show."""
    if colours:
        file = io.BytesIO()
        reduced = Image.fromarray(pixels).quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        reduced.save(file, "PNG", compress_level=6)
        return file.getvalue()
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise DrawFailed(parameters={"reason": "encode"})
    return data.tobytes()


def _preview(picture: Floats) -> bytes:
    small = cv2.resize(picture, (_PREVIEW, _PREVIEW), interpolation=cv2.INTER_AREA)
    return _encoded((np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8))
