"""The painter of animation stills: flat shades, thin lines, clouds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from generator.classic.backdrops import cover, grid
from generator.classic.colour import Floats, lab, mix, unlab
from generator.classic.features import clear, exposed
from generator.classic.flow import along, strokes, tangents
from generator.classic.painting import WORK, Brief, bled, edge, enlarged, grown, room, shifted, step, unit
from generator.classic.subject import Subject
from generator.classic.tone import blurred, face_lightness, opened, skin_shade, tone

_STEPS = (-0.42, -0.27, -0.12, 0.1, 0.24)
"""Where shades change, in CIE lightness (0 … 1) from the face's own."""


def paint_cel(subject: Subject, brief: Brief) -> Floats:
    """Palette: sky above, middle, below, cloud, line. The person keeps their own colours."""
    side, u = subject.side, unit(subject.side)
    line = brief.colours[4]
    person = _shaded_figure(subject, u) if subject.drawn else _shaded_photo(subject, brief, line)
    solid = step(subject.matte, 0.5, 0.6)
    image = _sky(side, brief, room(subject))
    image = mix(image, line, grown(solid, 2.0 * u))
    if not subject.drawn:
        inner = np.clip(solid - shifted(solid, 3.0 * u, 4.0 * u), 0, 1)
        person = mix(person, brief.colours[2] * 0.4 + 0.6, 0.55 * blurred(inner, 0.7 * u))
    return mix(image, np.clip(person, 0, 1), solid)


def _shaded_figure(subject: Subject, u: float) -> Floats:
    """A drawing's flat colours with one shade from the lower right."""
    solid = step(subject.matte, 0.5, 0.6)
    shade = step(blurred(1 - shifted(solid, -26 * u, -20 * u), 7 * u), 0.5, 0.05)
    colour = clear(subject)
    cool = colour * np.array([0.80, 0.74, 0.86], np.float32)
    return mix(colour, cool, 0.8 * shade)


def _shaded_photo(subject: Subject, brief: Brief, line: Floats) -> Floats:
    side = subject.side
    small = exposed(subject.at(min(side, WORK)))
    u = unit(small.side)
    smooth, colour, centre, printed = _soft(small, brief)
    drawn = strokes(printed, max((1.0 + 0.5 * brief.abstraction) * u, 0.6), 5 * u)
    lines = enlarged(blurred(printed, 6 * u) - 0.24 - drawn, side)
    smooth, colour = enlarged(smooth, side), enlarged(colour, side)
    flat = _stairs(smooth, centre, subject.matte > 0.6)
    shadow = np.clip((centre - 0.1 - flat) / 0.3, 0, 1)
    lively = 1.1 + 0.22 * centre
    green_red = lively * colour[:, :, 0] + 4 * shadow
    blue_yellow = lively * colour[:, :, 1] - 8 * shadow
    painted = unlab(cv2.merge([100 * flat, green_red, blue_yellow]))
    return mix(painted, line, 0.9 * step(lines, 0.0, 0.2))


def _soft(subject: Subject, brief: Brief) -> tuple[Floats, Floats, float, Floats]:
    """Lightness without its details (0 … 1), a and b, the face's own lightness, and the tone from which lines come."""
    u = unit(subject.side)
    # Dark skin shows its form in small steps of lightness: more contrast there, and shades closer together.
    values = lab(opened(subject, 1.15 + 0.6 * skin_shade(subject)))
    lightness = bled(values[:, :, 0] / 100, subject.matte, 6 * u)
    way = tangents(lightness, 2.6 * u)
    smooth = along(blurred(lightness, (1.0 + 1.6 * brief.abstraction) * u), way, 5 * u, 2)
    # Hair and cloth are a few broad shades; only the face is worth small ones.
    rest = 1 - subject.face_mask(1.05)
    smooth = smooth + rest * (along(blurred(smooth, 3.2 * u), way, 7 * u, 2) - smooth)
    colour = cv2.GaussianBlur(values[:, :, 1:], (0, 0), 1.6 * u)
    colour = colour + rest[..., None] * (blurred(colour, 6 * u) - colour)
    # Blond in the shade is gold in a still, never olive.
    colour[:, :, 0] += rest * np.clip(0.42 * colour[:, :, 1] - colour[:, :, 0], 0, 12)
    return smooth, colour, face_lightness(subject), bled(tone(subject), subject.matte, 6 * u)


def _stairs(smooth: Floats, centre: float, inside: np.ndarray) -> Floats:
    """``smooth`` in a few flat shades around ``centre``, each as light as what it stands for."""
    cuts = [cut for cut in (centre + each * (0.28 + 0.72 * centre) for each in _STEPS) if 0.06 < cut < 0.96]
    bounds = [-1.0, *cuts, 2.0]
    # One pixel of four has the same median.
    some = smooth[::2, ::2][inside[::2, ::2]]
    shades: list[float] = []
    for low, high in itertools.pairwise(bounds):
        members = some[(some > low) & (some <= high)]
        shades.append(float(np.median(members)) if len(members) else float(np.clip((low + high) / 2, 0, 1)))
    flat = np.full_like(smooth, shades[0])
    for cut, (below, above) in zip(cuts, itertools.pairwise(shades), strict=True):
        flat += edge(smooth, cut) * (above - below)
    return flat


def _sky(side: int, brief: Brief, more: float) -> Floats:
    above, middle, below, cloud, _ = brief.colours
    x, y = grid(side)
    dice = brief.dice()
    sky = mix(np.broadcast_to(above, (side, side, 3)), middle, np.clip((y + 1) / 1.0, 0, 1))
    sky = mix(sky, below, np.clip((y + 0.1) / 0.9, 0, 1))
    return _SKIES[brief.design(len(_SKIES))](sky, x, y, (middle, below, cloud), dice, more)


def _clouds(
    sky: Floats, x: Floats, y: Floats, colours: Sequence[Floats], dice: np.random.Generator, _more: float
) -> Floats:
    _, below, cloud = colours
    for level, weight in ((0.1, 0.35), (0.38, 0.65), (0.66, 1.0)):
        sky = mix(sky, mix(below, cloud, weight), cover(_bank(x, y, level, dice), len(sky)))
    return sky


def _bank(x: Floats, y: Floats, level: float, dice: np.random.Generator) -> Floats:
    bank, below = np.full_like(x, 9.0), y - (level + 0.16)
    for place in np.linspace(-1.1, 1.1, 8):
        centre = float(place + dice.uniform(-0.1, 0.1))
        size = float(dice.uniform(0.14, 0.27))
        bank = np.minimum(bank, cv2.magnitude(x - centre, below) - size)
    return np.minimum(bank, level + 0.16 - y)


def _sunrise(
    sky: Floats, x: Floats, y: Floats, colours: Sequence[Floats], dice: np.random.Generator, more: float
) -> Floats:
    """A great sun behind the head, over one bank of clouds."""
    _, below, cloud = colours
    lean = float(dice.uniform(-0.16, 0.16))
    sun = np.hypot(x - lean, y + 0.06) - more
    sky = mix(sky, below, 0.5 * cover(sun - 0.86, len(sky)))
    sky = mix(sky, cloud, cover(sun - 0.7, len(sky)))
    return mix(sky, mix(below, cloud, 0.5), cover(_bank(x, y, 0.6, dice), len(sky)))


def _mountains(
    sky: Floats, x: Floats, y: Floats, colours: Sequence[Floats], dice: np.random.Generator, _more: float
) -> Floats:
    """Two ridges, the farther one paler, under a small moon."""
    middle, below, cloud = colours
    side = float(dice.choice((-1.0, 1.0)))
    sky = mix(sky, cloud, cover(np.hypot(x - 0.62 * side, y + 0.62) - 0.13, len(sky)))
    for level, weight, count in ((-0.05, 0.6, 1.7), (0.3, 0.0, 2.3)):
        turn = float(dice.uniform(0, 1))
        peaks = np.abs((x * count / 2 + turn) % 1 - 0.5) + 0.16 * np.abs((x * count * 1.7 + turn) % 1 - 0.5)
        ridge = (level - 0.42 + 1.1 * peaks - y) * 0.7
        sky = mix(sky, mix(middle * 0.82, below, weight), cover(ridge, len(sky)))
    return sky


def _petals(
    sky: Floats, x: Floats, y: Floats, colours: Sequence[Floats], dice: np.random.Generator, _more: float
) -> Floats:
    """Petals in the wind."""
    _, below, cloud = colours
    side = len(sky)
    for number in range(26):
        across, down = float(dice.uniform(-1, 1)), float(dice.uniform(-1, 1))
        turn, size = float(dice.uniform(0, np.pi)), float(dice.uniform(0.05, 0.12))
        left, top, end, bottom = (
            int(np.clip((each + 1) * side / 2 + way, 0, side))
            for each, way in ((across - size, -2), (down - size, -2), (across + size, 3), (down + size, 3))
        )
        here = np.s_[top:bottom, left:end]
        right = (x[here] - across) * np.cos(turn) + (y[here] - down) * np.sin(turn)
        low = (y[here] - down) * np.cos(turn) - (x[here] - across) * np.sin(turn)
        petal = np.hypot(right, low * 2) - size
        sky[here] = mix(sky[here], cloud if number % 3 else mix(below, cloud, 0.5), 0.9 * cover(petal, side))
    return sky


_SKIES = (_clouds, _sunrise, _mountains, _petals)
