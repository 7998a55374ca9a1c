"""The painter of maps: height in steps of colour, contours, hill shade, soundings in the sea."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import grid
from generator.classic.chance import chance
from generator.classic.colour import Floats, in_strips, lab_of, mix, rgb, unlab, weighed
from generator.classic.features import broad_skin
from generator.classic.figures import Layers
from generator.classic.flow import along, strokes, tangents
from generator.classic.painting import WORK, Brief, bled, enlarged, grown, shifted, step, unit
from generator.classic.relief import closed, lit, opened, swollen
from generator.classic.ruling import contoured, off_line, slope_of
from generator.classic.subject import Subject
from generator.classic.tone import blurred, livened, skin_depth, skin_shade, skin_tone, tone

_LEVELS = 22
_EARTH = tuple(rgb(colour) for colour in ("#241a1c", "#54352a", "#966244", "#cc986a", "#efcda2", "#fff3e0"))
"""What mountains are coloured with on any map."""
_INDEX = 4
"""Every so many contours one is drawn thick."""


def paint_topo(subject: Subject, brief: Brief) -> Floats:
    """Palette: six colours from the deep sea to the snow."""
    u = unit(subject.side)
    ramp = _ramp(brief.colours)
    solid = step(blurred(subject.matte, 1.0 * u), 0.5, 0.3)
    height, lines = _figure(subject, subject.layers, u) if subject.layers else _photo(subject, brief)
    shade = skin_shade(subject)
    image = _sea(solid, ramp, brief)
    image = mix(image, np.zeros(3, np.float32), 0.4 * blurred(shifted(solid, 3 * u, 4 * u), 4 * u))
    image = mix(image, brief.colours[5], grown(solid, 3.6 * u))
    land = _map(height, _LEVELS - 6 * brief.abstraction, ramp, 0.14, _skin_of(subject, shade))
    # Eyes, brows and mouth are lakes; the deeper the skin, the brighter their shores.
    shore = np.clip(grown(lines, 6.5 * u) - lines, 0, 1) * subject.face_mask(1.0)
    if subject.face is not None:
        land = mix(land, brief.colours[5], min(1.15 * shade, 1) * blurred(shore, 0.8 * u))
    land = mix(land, brief.colours[0] * 0.5, lines if subject.drawn else 0.7 * lines)
    return np.clip(mix(image, land, solid), 0, 1)


def _ramp(colours: tuple[Floats, ...]) -> Floats:
    """256 colours from the deep to the snow, evenly in CIE Lab."""
    tones = lab_of(list(colours))
    place = np.linspace(0, len(tones) - 1, 256)
    steps = np.stack([np.interp(place, np.arange(len(tones)), tones[:, part]) for part in range(3)], axis=1)
    return unlab(steps[None].astype(np.float32))[0]


def _map(height: Floats, levels: float, ramp: Floats, steepness: float, earth: Floats | None = None) -> Floats:
    """Coloured steps of ``height`` (0 … 1) with their contours, lit from the upper left; ``earth``: where it is bare."""
    u = unit(len(height))
    stairs = height * np.float32(levels)
    slope = slope_of(stairs)
    inner = np.floor(stairs)
    smooth = (inner + np.clip((stairs - inner) / slope, 0, 1) - 0.5) * np.float32(255 / levels)
    places = np.clip(smooth, 0, 255).astype(np.uint8)
    light = 1 + np.float32(0.34) * lit(blurred(height, 6 * u), steepness)
    thin = contoured(stairs, max(0.8 * u, 0.6), slope)
    thick = contoured(stairs / _INDEX, max(1.7 * u, 1.0), slope / _INDEX)
    ink = np.maximum(0.5 * thin, 0.75 * thick) * np.clip(1.5 - slope, 0.2, 1)
    # Contours are darker than the land, but lighter than the deep.
    drawn = np.array([each + 60 if each < 70 else each - 75 for each in range(256)]).clip(0, 255)
    tables = [ramp] if earth is None else [ramp, _ramp(_EARTH)]

    def coloured(places: Floats, light: Floats, ink: Floats, earth: Floats | None = None) -> Floats:
        which = cv2.merge((places,) * 3)
        grounds = [cv2.LUT(which, each[:, None]) for each in tables]
        lines = [cv2.LUT(which, each[drawn][:, None]) for each in tables]
        ground, line = (each[0] if earth is None else mix(each[0], each[1], earth) for each in (grounds, lines))
        return mix(weighed(ground, light), line, ink)

    return in_strips(coloured, places, light, ink, *(() if earth is None else (earth,)))


def _skin_of(subject: Subject, shade: float) -> Floats:
    """How far a place has the colours of bare earth, 0 … 1: faces are, so that nobody is green."""
    if subject.layers:
        return 0.9 * closed(subject.layers.skin, 9 * unit(subject.side))
    # Heights of light skin have a palette's palest colours, which are no green.
    return (0.3 + 0.6 * shade) * broad_skin(subject)


def _figure(subject: Subject, layers: Layers, u: float) -> tuple[Floats, Floats]:
    """Height, and lines: each part is an island of its own, skin as high as it is light."""
    depth = skin_depth(subject)
    inked = (1 - np.clip(layers.light + layers.skin + layers.clothes + layers.accent, 0, 1)) * subject.matte
    hair = opened(inked, 15 * u)
    height = 0.03 + 0.2 * swollen(hair)
    for part, base, swell in (
        (layers.clothes, 0.22, 0.26),
        (layers.accent, 0.38, 0.26),
        (layers.skin, 0.62 - 0.218 * depth, 0.3 - 0.1 * depth),
    ):
        island = closed(part, 9 * u)
        height = height + island * (base + swell * swollen(island) - height)
    height = height + 0.014 * _swell(subject.side, chance(7, "land"))
    height = height + layers.light * (0.97 - height)
    return height.astype(np.float32), inked - hair


def _photo(subject: Subject, brief: Brief) -> tuple[Floats, Floats]:
    side = subject.side
    small = subject.at(min(side, WORK))
    u = unit(small.side)
    values = bled(livened(tone(small), small), small.matte, 6 * u)
    shade, target = skin_tone(small)
    smooth = blurred(values, (1.1 + 2.0 * brief.abstraction) * u)
    smooth = along(smooth, tangents(smooth, 3 * u), 6 * u, 2)
    skin = 0.74 - 0.22 * shade
    steps = (0, 0.35 * target, 0.72 * target, target, target + 0.7 * (1 - target), 1)
    height = np.interp(smooth, steps, (0.03, 0.16, 0.5 - 0.1 * shade, skin, skin + 0.11, 0.94)).astype(np.float32)
    if small.face is None:
        return enlarged(height, side), np.zeros((side, side), np.float32)
    width = max((1.0 + 0.6 * brief.abstraction) * u, 0.6)
    drawn = enlarged(strokes(values, width, (4 + 3 * brief.abstraction) * u), side)
    lines = step(target - 0.36 + 0.05 * shade - drawn, 0.02, 0.12) * subject.face_mask(0.92)
    return enlarged(height, side), lines


def _sea(land: Floats, ramp: Floats, brief: Brief) -> Floats:
    """The sea around ``land`` (0 … 1), shallow at the shore, with the thin lines of a chart."""
    side = len(land)
    u = unit(side)
    x, y = grid(side)
    dice = brief.dice("backdrop")
    small = cv2.resize(land, (128, 128), interpolation=cv2.INTER_AREA)
    away = cv2.distanceTransform((small < 0.5).astype(np.uint8), cv2.DIST_L2, 5) / 128
    away = blurred(cv2.resize(away, (side, side), interpolation=cv2.INTER_CUBIC), 5 * u)
    floor = _swell(side, dice)
    height = 0.5 - 0.4 * np.sqrt(np.clip(away / 0.26, 0, 1)) + 0.035 * floor * np.clip(away / 0.06, 0, 1)
    image = _map(np.clip(height, 0.05, 0.6).astype(np.float32), 26, ramp, 0.3)
    chart = _DESIGNS[brief.design(len(_DESIGNS))](x, y, dice)
    return mix(image, brief.colours[5], 0.42 * np.clip(0.5 - chart * (side / 2) + 0.4 * u, 0, 1))


def _graticule(x: Floats, y: Floats, dice: np.random.Generator) -> Floats:
    bend, turn = float(dice.uniform(0.05, 0.12)), float(dice.uniform(-0.12, 0.12))
    right, down = x * (1 + bend * y) + turn * y, y + bend * x * x - turn * x
    return np.minimum(off_line(right * 2.6), off_line(down * 2.6)) / 2.6


def _bearings(x: Floats, y: Floats, dice: np.random.Generator) -> Floats:
    """A compass ring: 72 marks, every sixth of them long."""
    radius, angle = np.hypot(x, y), np.arctan2(y, x) / (2 * np.pi)
    ring = np.minimum(np.abs(radius - 0.95), np.abs(radius - 0.89))
    turn = float(dice.uniform(0, 1))
    fine = np.where((radius > 0.89) & (radius < 0.95), off_line(angle * 72) / 72 * 2 * np.pi * radius, 1)
    coarse = np.where((radius > 0.81) & (radius < 0.95), off_line(angle * 12 + turn) / 12 * 2 * np.pi * radius, 1)
    return np.minimum(np.minimum(ring, fine), coarse)


def _rhumbs(x: Floats, y: Floats, dice: np.random.Generator) -> Floats:
    """Courses from two roses, as on a portolan."""
    lines = np.full_like(x, 1)
    for side_of in (-1.0, 1.0):
        right, down = x - side_of * float(dice.uniform(0.62, 0.75)), y + float(dice.uniform(0.3, 0.6))
        reach = np.hypot(right, down)
        courses = off_line(np.arctan2(down, right) * np.float32(8 / np.pi)) * np.float32(np.pi / 8) * reach
        lines = np.minimum(lines, np.minimum(courses, np.abs(reach - 0.09)))
    return lines


def _soundings(x: Floats, y: Floats, dice: np.random.Generator) -> Floats:
    """Crosses where the lead was dropped."""
    shift = float(dice.uniform(0, 1))
    right, down = (x * 5 + shift), (y * 5 + 0.5 * np.round(x * 5 + shift))
    right, down = (right - np.round(right)) / 5, (down - np.round(down)) / 5
    return np.where(np.maximum(np.abs(right), np.abs(down)) < 0.024, np.minimum(np.abs(right), np.abs(down)), 1)


_DESIGNS = (_graticule, _bearings, _rhumbs, _soundings)
"""x, y and dice → distance to the nearest line of the chart, in half sides."""


def _swell(side: int, dice: np.random.Generator) -> Floats:
    """Gentle hills, about -2 … 2."""
    noise = cv2.GaussianBlur(dice.standard_normal((20, 20)).astype(np.float32), (0, 0), 1.6)
    hills = cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    return hills / max(float(hills.std()), 1e-6)
