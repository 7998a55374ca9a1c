"""The painter of linocuts: gouge marks that follow the form, ragged ink, and a second block behind."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.backdrops import cover, grid
from generator.classic.chance import chance
from generator.classic.colour import Floats, mix, rgb
from generator.classic.features import broad_skin
from generator.classic.figures import Layers
from generator.classic.flow import along, strokes, tangents
from generator.classic.painting import WORK, Brief, bled, edge, enlarged, grown, shifted, step, unit
from generator.classic.relief import closed, lit, opened, swollen
from generator.classic.ruling import off_line
from generator.classic.subject import Subject
from generator.classic.tone import blurred, livened, skin_depth, skin_tone, tone

_CLAY = rgb("#ad6630")
"""A tint under deep skin, so that it is a tone and no tangle of cuts."""
_WORK = 256
_PERIOD = 8.5
"""From gouge to gouge: units."""


def paint_lino(subject: Subject, brief: Brief) -> Floats:
    """Palette: paper, ink, second block."""
    side, u = subject.side, unit(subject.side)
    paper, ink, second = brief.colours
    solid = step(blurred(subject.matte, 0.8 * u), 0.5, 0.3)
    cut = _figure(subject, subject.layers, u) if subject.layers else _photo(subject, brief)
    key = np.maximum(edge((cut.dark - _gouges(cut)).astype(np.float32), 0.0), cut.lines) * solid
    key_back, block_back = _backdrop(side, brief)
    around = 1 - grown(solid, 6.5 * u)
    rim = np.clip(grown(solid, 2.2 * u) - solid, 0, 1)
    key = np.maximum(np.maximum(key, rim), key_back * around)
    block = np.maximum(cut.block * solid, block_back * around)
    image = mix(np.broadcast_to(paper, (side, side, 3)), _CLAY, cut.tint * solid)
    image = mix(image, second, shifted(block, 1.4 * u, -1.0 * u) * _worn(side, "block", 0.9))
    return mix(image, ink, key * _worn(side, "key", 0.97))


@dataclass(frozen=True, slots=True)
class _Cut:
    """What to cut, each (side, side)."""

    dark: Floats
    """How much ink stays, about 0 … 1."""
    form: Floats
    """How high a place stands, about 0 … 2: gouges run around it."""
    calm: Floats
    """1 where gouges run in parallel, 0 where they follow strands."""
    lines: Floats
    """Where the ink is left whole."""
    block: Floats
    """What the second block prints."""
    tint: Floats
    """How much of ``_CLAY`` lies under the rest."""


def _figure(subject: Subject, layers: Layers, u: float) -> _Cut:
    depth = skin_depth(subject)
    form = swollen(closed(layers.skin, 9 * u)) * 0.8 + swollen(subject.matte) * 0.7
    light = lit(form, 0.13)
    inked = (1 - np.clip(layers.light + layers.skin + layers.clothes + layers.accent, 0, 1)) * subject.matte
    hair = opened(inked, 15 * u)
    lines = inked - hair
    # A bare seam runs along the lines of a face.
    near = np.clip(grown(lines * subject.face_mask(0.95), 6.5 * u) - lines, 0, 1)
    face = 0.06 + 0.14 * depth - 0.42 * np.minimum(light + 0.1, 0.5)
    dark = layers.skin * np.clip(face, 0, 0.5) * (1 - near)
    dark = dark + layers.clothes * np.clip(0.56 - 0.9 * light, 0.2, 0.95)
    dark = dark + layers.accent * np.clip(0.02 - 0.7 * light, 0, 0.5)
    shine = np.clip(1.2 * lit(swollen(hair), 0.3) - 0.3, 0, 0.75)
    dark = dark + hair * (1.1 - 0.9 * shine) + lines
    return _Cut(dark, form, 1 - hair, lines, layers.accent, 0.53 * layers.skin * depth * (1 - near))


def _photo(subject: Subject, brief: Brief) -> _Cut:
    side = subject.side
    small = subject.at(min(side, WORK))
    u = unit(small.side)
    values = bled(livened(tone(small, contrast=0.5), small), small.matte, 6 * u)
    shade, target = skin_tone(small)
    smooth = blurred(values, (1.0 + 1.6 * brief.abstraction) * u)
    rest = 1 - small.face_mask(1.05) if small.face is not None else np.full_like(values, 0.5)
    # Hair is cut strand by strand, however dark it is.
    mean = blurred(smooth, 7 * u)
    smooth = smooth + rest * (2.6 * (smooth - mean) + 0.6 * np.clip(target - 0.36 - mean, 0, 1))
    skin = 0.06 + 0.16 * shade
    dark = np.interp(
        smooth,
        (target - 0.48, target - 0.24, target, target + 0.13, target + 0.24),
        (1.02, 0.66, skin, 0.4 * skin, -0.05),
    ).astype(np.float32)
    dark = np.minimum(dark, 1.02 - 0.13 * rest)
    width = max((1.0 + 0.6 * brief.abstraction) * u, 0.6)
    drawn = strokes(values, width, (4 + 3 * brief.abstraction) * u)
    lines = edge(enlarged(target - 0.26 + 0.05 * shade - 0.5 * rest - drawn, side), 0.0)
    form = 1.0 * blurred(smooth, 9 * u) + 0.9 * swollen(small.matte)
    lights = step(smooth, target + 0.2, 0.05)
    tint = 0.75 * float(np.clip(1.4 * shade - 0.35, 0, 1)) * broad_skin(small) * (1 - 0.7 * lights)
    dark, form, calm, tint = (enlarged(each, side) for each in (dark, form, 1 - rest, tint))
    return _Cut(dark, form, calm, lines, np.zeros_like(dark), tint)


def _gouges(cut: _Cut) -> Floats:
    """How dark a place must be to keep its ink, about evenly 0 … 1: parallel cuts around the form, cut by hand."""
    side = len(cut.form)
    small = cv2.resize(cut.form, (_WORK, _WORK), interpolation=cv2.INTER_AREA)
    u = unit(_WORK)
    noise = chance(9, "gouge").standard_normal((_WORK, _WORK)).astype(np.float32)
    way = tangents(small + 0.004 * cv2.GaussianBlur(noise, (0, 0), 6), 9 * u)
    grain = cv2.GaussianBlur(noise, (0, 0), 1.7 * u)
    for reach in (4 * u, 9 * u):
        grain = along(grain, way, reach)
    grain = 0.5 + 0.5 * np.tanh(0.85 * grain / max(float(grain.std()), 1e-6))
    y, x = np.mgrid[0:_WORK, 0:_WORK].astype(np.float32)
    wobble = 1.1 * cv2.GaussianBlur(noise, (0, 0), 10 * u) * 20 * u
    rows = 2 * off_line((0.8 * y - 0.6 * x + wobble - 26 * u * small) / (_PERIOD * u))
    calm = cv2.resize(cut.calm.astype(np.float32), (_WORK, _WORK), interpolation=cv2.INTER_AREA)
    field = grain + (0.3 + 0.45 * calm) * (rows - grain)
    return cv2.resize(field, (side, side), interpolation=cv2.INTER_CUBIC)


def _backdrop(side: int, brief: Brief) -> tuple[Floats, Floats]:
    """What the key block and the second block print around the head."""
    x, y = grid(side)
    dice = brief.dice("backdrop")
    ragged = cv2.resize(
        cv2.GaussianBlur(dice.standard_normal((64, 64)).astype(np.float32), (0, 0), 0.9),
        (side, side),
        interpolation=cv2.INTER_CUBIC,
    )
    key, block = _DESIGNS[brief.design(len(_DESIGNS))](x, y, ragged, dice)
    return cover(key.astype(np.float32), side), cover(block.astype(np.float32), side)


def _rays(x: Floats, y: Floats, ragged: Floats, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Wedges of both blocks, one between the other."""
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    count = int(dice.integers(22, 30))
    turn = angle + 0.012 * ragged + 0.05 * np.sin(radius * 9)
    wave = np.abs(((turn * count / (2 * np.pi)) % 1) - 0.5) * 2 * np.pi / count * radius
    inner = wave - np.clip((radius - 0.42) * 0.16, 0, 0.075) * np.clip((0.84 - radius) * 8, 0, 1)
    other = (np.pi / count * radius) - wave
    outer = other - np.clip((radius - 0.66) * 0.2, 0, 0.06)
    return outer + 0.006 * ragged, inner + 0.006 * ragged


def _wreath(x: Floats, y: Floats, ragged: Floats, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Leaves around a ring, the two blocks taking turns."""
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    count = 2 * int(dice.integers(6, 8))
    sway = float(dice.choice((-1.0, 1.0)) * dice.uniform(0.5, 0.75))
    place = (angle / (2 * np.pi) + float(dice.uniform(0, 1))) * count
    odd = np.round(place) % 2 == 1
    turn = (place - np.round(place)) * 2 * np.pi / count
    right, out = radius * np.sin(turn), radius * np.cos(turn) - np.where(odd, 0.88, 0.74)
    along_leaf = out * np.cos(sway) + right * np.sin(sway)
    across = np.abs(right * np.cos(sway) - out * np.sin(sway))
    leaf = across - 0.105 * (1 - (along_leaf / 0.25) ** 2) * (1 - 1.2 * along_leaf)
    vein = np.minimum(
        across, np.abs((along_leaf - 0.9 * across) * 24 - np.round((along_leaf - 0.9 * across) * 24)) / 24
    )
    leaf = np.maximum(leaf, 0.0065 - np.where(along_leaf > -0.2, vein, 1)) + 0.003 * ragged
    return np.minimum(np.where(odd, leaf, 1), np.abs(radius - 0.81) - 0.008), np.where(odd, 1, leaf)


def _moon(x: Floats, y: Floats, ragged: Floats, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """A moon in a night that was cut away line by line."""
    side_of, bend = float(dice.choice((-1.0, 1.0))), float(dice.uniform(1.6, 2.6))
    reach = np.hypot(x - side_of * 0.5, y + 0.5)
    rows = y * 12.5 + 0.32 * np.sin(bend * x + float(dice.uniform(0, 6))) + 0.1 * ragged
    ink = off_line(rows) / 12.5 - np.clip(0.030 - 0.021 * (y + 0.25), 0.002, 0.034) - 0.003 * ragged
    return np.maximum(ink, 0.36 - reach), reach - 0.31 + 0.0025 * ragged


def _sun(x: Floats, y: Floats, ragged: Floats, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """A disc with grooves of the gouge, and short cuts around it."""
    lean = float(dice.uniform(-0.08, 0.08))
    radius, angle = np.hypot(x - lean, y + 0.03), np.arctan2(y + 0.03, x - lean)
    groove = 0.0035 + 0.008 * np.clip(np.sin(angle * 5 + radius * 23 + ragged), 0, 1)
    disc = np.maximum(radius - 0.77, groove - off_line(radius * 13 + 0.13 * ragged) / 13)
    count = int(dice.integers(34, 42))
    place = angle * count / (2 * np.pi)
    out = 0.92 + 0.025 * np.cos(np.pi * np.floor(place + 0.5))
    dash = off_line(place) * 2 * np.pi / count * radius - 0.022 * (1 - ((radius - out) / 0.095) ** 2)
    return np.where(np.abs(radius - out) < 0.1, dash + 0.004 * ragged, 1), disc + 0.004 * ragged


_DESIGNS = (_rays, _wreath, _moon, _sun)
"""x, y, roughness (about -2 … 2) and dice → signed distances to what the key and the second block print."""


def _worn(side: int, block: str, evenness: float) -> Floats:
    """How well a block was inked: mostly 1, with specks where the paper shows; a block's own pattern."""
    noise = chance(4, "lino", block).standard_normal((_WORK, _WORK)).astype(np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), 0.75)
    broad = cv2.GaussianBlur(noise, (0, 0), 12)
    specks: Floats = cv2.addWeighted(fine, 1 / float(fine.std()), broad, 6.0, 0.0)
    specks = cv2.resize(specks, (side, side), interpolation=cv2.INTER_CUBIC)
    return evenness * (1 - 0.75 * step(specks, 3.0, 0.5))
