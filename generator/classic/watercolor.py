"""The painter of watercolours: washes that pool at their edges, pencil, white paper."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import grid
from generator.classic.colour import Floats, in_strips, lab, lab_of, mix, unlab, weighed
from generator.classic.features import filled, lines, readable, skin_cover
from generator.classic.flow import along, tangents
from generator.classic.painting import WORK, Brief, bled, enlarged, shifted, step, unit
from generator.classic.subject import Subject
from generator.classic.texture import clouds, trembled
from generator.classic.tone import blurred, skin_depth, skin_shade

_PAPER = np.array([0.985, 0.975, 0.95], np.float32)


def paint_watercolor(subject: Subject, brief: Brief) -> Floats:
    """Palette: three pigments of the wash behind, pencil."""
    side = subject.side
    work = min(side, WORK)
    small = subject.at(work)
    dice = brief.dice("washes")
    skin = skin_cover(small)
    colour, pen = _person(small, skin, brief)
    tremble = brief.dice("hand")
    layers = trembled(np.dstack([colour, pen, small.matte]), 1.1 * unit(work), 26 * unit(work), tremble)
    colour, pen, matte = layers[:, :, :3], layers[:, :, 3], layers[:, :, 4]
    swells, fine = clouds(work, 90 * unit(work), dice), clouds(work, 18 * unit(work), dice, 2)
    wet = _dissolved(small, matte, swells, fine)
    density = _density(colour, wet, swells, fine, skin, unit(work))
    if small.drawn:
        density = density + 0.3 * _glaze(matte, fine)
    # Beer and Lambert: pigment twice as thick lets the square of the light through.
    person = np.power(np.clip(colour, 0.012, 1), cv2.merge((density * wet,) * 3))
    person *= _wash(work, brief, wet)
    tooth = _tooth(side)
    drawn = cv2.resize(pen * step(wet, 0.4, 0.5), (side, side), interpolation=cv2.INTER_CUBIC)
    # Pencil skips the hollows of the paper.
    drawn = np.clip(drawn * (0.96 + 0.14 * np.minimum(tooth, 0)), 0, 1)
    pencil = _pencil(brief, small)

    def on_paper(image: Floats, drawn: Floats, tooth: Floats) -> Floats:
        return np.clip(mix(image, pencil, drawn) * weighed(_PAPER, 1 + np.float32(0.012) * tooth), 0, 1)

    return in_strips(on_paper, enlarged(person, side), drawn, tooth)


def _person(subject: Subject, skin: Floats, brief: Brief) -> tuple[Floats, Floats]:
    """The colours to be washed in, and the lines to be drawn."""
    u = unit(subject.side)
    if subject.drawn:
        _, colour, pen = filled(subject)
        values = lab(colour)
    else:
        source = bled(readable(subject), subject.matte, 6 * u)
        smooth = blurred(source, (0.9 + 1.6 * brief.abstraction) * u)
        values = lab(along(smooth, tangents(cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY), 3 * u), 5 * u, 2))
        width = max((0.9 + 0.5 * brief.abstraction) * u, 0.6)
        pen = lines(subject, width) * (0.35 + 0.45 * skin_shade(subject))
    rest = 1 - skin
    # Washes lie one over another: large shapes have steps, not slopes.
    lightness, across, down = cv2.split(values)
    levels: Floats = lightness / 12.5
    stepped = 12.5 * (np.floor(levels) + step(levels - np.floor(levels), 0.5, 0.35))
    lightness += 0.55 * (stepped - lightness) * (rest if subject.drawn else 0.4 + 0.6 * rest)
    # Black is mixed from indigo and brown, and never covers the paper.
    # A cat's pupil, though, is to stay one.
    dark = np.clip((34 - lightness) / 30, 0, 1) * rest * (0.25 if subject.face is None else 1.0)
    lightness += dark * (27 - 0.72 * lightness)
    lightness += 7 * rest * np.clip(1 - lightness / 100, 0, 1)
    _, *indigo = lab_of([brief.colours[3]])[0].tolist()
    lively = 1.12 + 0.25 * rest
    for part, tint in zip((across, down), indigo, strict=True):
        part += 0.6 * dark * (tint - part)
        part *= lively
    return unlab(cv2.merge((lightness, across, down))), pen


def _dissolved(subject: Subject, matte: Floats, swells: Floats, fine: Floats) -> Floats:
    """Where the person is wet with paint: ragged below, where the wash runs out into the paper. 0 … 1."""
    side = subject.side
    x, y = grid(side)
    ragged = 0.05 * swells + 0.012 * blurred(fine, 1.5 * unit(side))
    end = (0.80 if subject.face is not None else 0.9) + 0.1 * np.cos(2.6 * x)
    whole = step(matte, 0.5, 0.3)
    if subject.face is None:
        return whole * step(0.79 + 0.8 * ragged - np.hypot(x, y), 0, 0.02)
    return whole * step(end + ragged - y, 0, 0.02)


def _density(colour: Floats, wet: Floats, swells: Floats, fine: Floats, skin: Floats, u: float) -> Floats:
    """How thick the pigment lies: about 1, more where a wash ends, clouded between. Calm on skin."""
    grey = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    pooled = np.clip(blurred(grey, 3.5 * u) - grey, 0, 0.25) * 2.2
    rim = np.clip(wet - blurred(wet, 3.0 * u), 0, 1) * 1.5
    clouded = 0.17 * swells + 0.07 * fine
    return np.clip(1 + (pooled + rim + clouded) * (1 - 0.66 * skin), 0.45, 2.4)


def _glaze(matte: Floats, fine: Floats) -> Floats:
    """A second wash on the side away from the light: a drawing has no shade of its own. 0 … 1."""
    u = unit(matte.shape[0])
    turned = blurred(1 - shifted(matte, -30 * u, -22 * u), 8 * u)
    puddle = step(turned + 0.03 * fine, 0.5, 0.12)
    return puddle * (0.75 + 0.25 * np.clip(1 - blurred(puddle, 6 * u), 0, 1) * 2)


def _wash(side: int, brief: Brief, wet: Floats) -> Floats:
    """Light that the wash around the person lets through, (side, side, 3): three pigments running into each other."""
    u = unit(side)
    dice = brief.dice("backdrop")
    x, y = grid(side)
    large, small, hue, other = (clouds(side, scale * u, dice, 4) for scale in (170, 60, 200, 150))
    one, two, three = brief.colours[:3]
    pigment = mix(np.broadcast_to(one, (side, side, 3)), two, step(hue, 0.1, 1.4))
    pigment = mix(pigment, three, step(other, 0.75, 0.9))
    # A strip of dry paper stays around the person, as painters leave it to keep colours apart.
    away = step(blurred(1 - wet, 5 * u) + 0.05 * small, 0.80, 0.12)
    reach = _reach(x, y, brief.design(4)) + 0.10 * large + 0.045 * small
    thick = 0.9 * _drops(side, dice, away)
    for depth, strength in ((0.0, 0.55), (0.16, 0.5)):
        puddle = step(reach - depth + 0.03 * other, 0, 0.014) * away
        rim = np.clip(puddle - blurred(puddle, 4 * u), 0, 1)
        thick = thick + puddle * strength * np.clip(1 + 0.3 * small, 0.3, 2) + 0.55 * rim
    return np.power(pigment, cv2.merge((thick,) * 3))


def _reach(x: Floats, y: Floats, design: int) -> Floats:
    """How far inside the wash a place is (half sides): a cloud, a slanting band, a wreath, or sky and ground."""
    if design == 0:
        return 0.80 - np.hypot(x, 0.92 * (y + 0.10))
    if design == 1:
        return 0.50 - np.abs(0.8 * x + 0.6 * y)
    if design == 2:
        return 0.20 - np.abs(np.hypot(x, y + 0.02) - 0.76)
    return np.maximum(-0.18 - y, 0.22 - np.hypot(0.35 * x, y - 0.42))


def _drops(side: int, dice: np.random.Generator, away: Floats) -> Floats:
    """Paint that a full brush lost, 0 … 1."""
    page = np.zeros((side, side), np.uint8)
    for _ in range(26):
        angle, far = float(dice.uniform(0, 2 * np.pi)), float(dice.normal(0.84, 0.09))
        centre = [round((0.5 + 0.5 * far * turn) * side * 16) for turn in (np.cos(angle), np.sin(angle))]
        radius = round(float(dice.gamma(2.0, 1.1) + 1.4) * unit(side) * 16)
        cv2.circle(page, (centre[0], centre[1]), radius, 255, -1, cv2.LINE_AA, 4)
    drops = page.astype(np.float32) / 255
    return (0.5 * drops + np.clip(drops - blurred(drops, 1.5 * unit(side)), 0, 1)) * away


def _pencil(brief: Brief, subject: Subject) -> Floats:
    """The colour of a line: the palette's, softer on light skin, as dark as it gets on dark skin."""
    shade = skin_depth(subject) if subject.drawn else skin_shade(subject)
    values = lab_of([brief.colours[3]])
    values[0, 0] = 33 - 31 * shade**0.7
    values[0, 1:] *= 1 - 0.6 * shade
    return unlab(values[None])[0, 0]


def _tooth(side: int) -> Floats:
    """The grain of the paper: the same for everybody, deviation about 1."""
    dice = np.random.default_rng(20261)
    count = max(round(side / 1.7), 8)
    grain = cv2.GaussianBlur(dice.standard_normal((count, count)).astype(np.float32), (0, 0), 0.9)
    return cv2.resize(grain / grain.std(), (side, side), interpolation=cv2.INTER_LINEAR)
