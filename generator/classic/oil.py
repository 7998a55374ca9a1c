"""The painter of oils: brush strokes laid from broad to fine, thick enough to catch the light."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import grid
from generator.classic.colour import Bytes, Floats, in_strips, lab, mix, unlab, weighed
from generator.classic.features import filled, lines, readable, skin_cover
from generator.classic.flow import along, tangents
from generator.classic.painting import Brief, bled, enlarged, shifted, unit
from generator.classic.panes import pixels, relief
from generator.classic.subject import Subject
from generator.classic.texture import clouds
from generator.classic.tone import blurred, skin_shade

_WORK = 512
"""Largest side at which strokes are laid; their thickness catches the light at output size."""
_BRUSHES = (19.0, 10.0, 5.4, 3.0)
"""Diameters in px of 512, in the order of painting."""
_STEPS = 4
_DESIGNS = 4
"""Backdrops: brushed around the head, slanting, level, and in rays."""
_DRIFT = 0.15
"""A stroke ends where the colour beneath it differs this much (sRGB, mean of the channels) from where it began."""

Way = tuple[Floats, Floats]


def paint_oil(subject: Subject, brief: Brief) -> Floats:
    """Palette: backdrop in the shade, in the middle, in the light, and stray touches."""
    side = subject.side
    small = subject.at(min(side, _WORK))
    skin = skin_cover(small)
    person, pen, ink = _sitter(small, skin, brief)
    scene = mix(enlarged(_ground((small.side + 1) // 2, brief), small.side), person, small.matte)
    way = _directions(small, scene, brief)
    canvas = _painted(small, scene, skin, way, brief)
    image = np.ascontiguousarray(canvas[:, :, :3], np.float32) / 255
    height = canvas[:, :, 3].astype(np.float32) / 255
    image = mix(image, _line_colour(image, ink, small), pen)
    u = unit(small.side)
    bristles = along(clouds(small.side, 3.2 * u, brief.dice("bristles"), 1), way, 6 * u, 4)
    thick = height * 3.2 * u + 0.55 * u * bristles
    thick = enlarged(thick, side) * (side / small.side)
    calm = cv2.resize(1 - 0.6 * skin, (side, side), interpolation=cv2.INTER_LINEAR)
    light = 1 + 0.5 * calm * relief(thick, 0.5 * unit(side))
    return in_strips(_catching, enlarged(image, side), light)


def _catching(image: Floats, light: Floats) -> Floats:
    return np.clip(weighed(image, light), 0, 1)


def _sitter(subject: Subject, skin: Floats, brief: Brief) -> tuple[Floats, Floats, Floats | None]:
    """What is to be painted, the lines that the finest brush adds (0 … 1), and colours of their own, if they have any."""
    u = unit(subject.side)
    if subject.drawn:
        ink, colour, pen = filled(subject)
        # A drawing is flat: light from the upper left gives it a body.
        turned = blurred(1 - shifted(subject.matte, -34 * u, -26 * u), 16 * u)
        lit = blurred(1 - shifted(subject.matte, 30 * u, 26 * u), 15 * u)
        values = lab(colour)
        values[:, :, 0] *= 1 - 0.24 * turned
        values[:, :, 0] += (7 * lit + 5 * np.clip(0.3 - values[:, :, 0] / 100, 0, 1)) * (1 - values[:, :, 0] / 100)
        values[:, :, 2] -= 5 * turned
        return unlab(values), pen * np.maximum(subject.face_mask(1.0), 0.72), ink
    values = lab(bled(readable(subject), subject.matte, 6 * u))
    values[:, :, 1:] *= (1.22 - 0.1 * skin)[..., None]
    pen = lines(subject, max((0.9 + 0.5 * brief.abstraction) * u, 0.6))
    return unlab(values), pen * (0.25 + 0.5 * skin_shade(subject)), None


def _line_colour(image: Floats, ink: Floats | None, subject: Subject) -> Floats:
    """Lines are no black: the colour beneath, much deeper; the features of a figure keep their own."""
    deep = image * np.array([0.26, 0.2, 0.22], np.float32)
    return deep if ink is None else mix(deep, ink, subject.face_mask(1.15))


def _ground(side: int, brief: Brief) -> Floats:
    """The backdrop: dark on one side and light on the other (two of them), sky over ground, or a light behind."""
    dice = brief.dice("backdrop")
    shade, middle, light, touch = brief.colours
    x, y = grid(side)
    turn = float(dice.uniform(-0.4, 0.4))
    swells = clouds(side, 150 * unit(side), dice, 3)
    design = brief.design(_DESIGNS)
    if design == 0:
        slope = 0.42 + 0.4 * (x * float(np.cos(turn)) + y * float(np.sin(turn)))
    elif design == 1:
        slope = 0.5 + 0.42 * np.tanh(2.6 * (0.75 * y - 0.66 * x + turn))
    elif design == 2:
        slope = np.where(y < 0.2 + 0.3 * turn, 0.85 + 0.3 * y, 0.02)
    else:
        slope = 1.1 - 1.25 * np.hypot(x, y + 0.1)
    # Dark hair needs some light behind it.
    slope = slope + 0.13 * swells + 0.3 * np.exp(-((x * x + y * y) / 0.5))
    image = mix(np.broadcast_to(shade, (side, side, 3)), middle, np.clip(slope * 2, 0, 1))
    image = mix(image, light, np.clip(slope * 2 - 1, 0, 1))
    image = mix(image, touch, np.clip(clouds(side, 110 * unit(side), dice, 2) - 1.15, 0, 0.7))
    return weighed(image, 1 - 0.22 * np.clip(np.hypot(x, y) - 0.55, 0, 1))


def _directions(subject: Subject, scene: Floats, brief: Brief) -> Way:
    """Which way the brush goes: along the forms of the person, around them and swirling behind."""
    side, u = subject.side, unit(subject.side)
    grey = cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)
    right, down = tangents(blurred(grey, 1.2 * u), 5 * u)
    x, y = grid(side)
    around = np.arctan2(y, x)
    behind = (around + np.float32(np.pi / 2), np.full_like(x, -0.9), np.zeros_like(x), around)[brief.design(_DESIGNS)]
    swirl = behind + 0.5 * clouds(side, 190 * u, brief.dice("backdrop"), 2)
    weight = blurred(subject.matte, 4 * u)
    # Directions have no sign: they are mixed as doubled angles.
    angle = 2 * np.arctan2(down, right)
    both_x = weight * np.cos(angle) + (1 - weight) * np.cos(2 * swirl)
    both_y = weight * np.sin(angle) + (1 - weight) * np.sin(2 * swirl)
    mixed = 0.5 * np.arctan2(both_y, both_x)
    return np.cos(mixed), np.sin(mixed)


def _painted(subject: Subject, scene: Floats, skin: Floats, way: Way, brief: Brief) -> Bytes:
    """The strokes, layer over layer, uint8 (side, side, 4): their colours, and how thick they lie."""
    side, u = subject.side, unit(subject.side)
    dice = brief.dice("strokes")
    # Strokes with hard edges on a page of twice the size take a third of the time of smooth ones on a page of this size.
    canvas = np.zeros((2 * side, 2 * side, 4), np.uint8)
    ground = np.round(np.clip(blurred(scene, 8 * u), 0, 1) * 255).astype(np.uint8)
    canvas[:, :, :3] = cv2.resize(ground, (2 * side, 2 * side), interpolation=cv2.INTER_LINEAR)
    face = subject.face_mask(1.05) if subject.face is not None else subject.matte
    for number, brush in enumerate(_BRUSHES):
        width = max(brush * (1 + 0.45 * brief.abstraction) * u, 1.6)
        wanted = blurred(scene, 0.3 * width)
        starts = _starts(side, width, dice)
        columns, rows = pixels(starts, side)
        error = np.abs(wanted[rows, columns] - canvas[2 * rows, 2 * columns, :3].astype(np.float32) / 255).mean(axis=1)
        detail = np.maximum(face, 0.25 * subject.matte)[rows, columns]
        # Broad strokes go everywhere; finer ones only where they mend something, finest of all in the face.
        kept = np.ones(len(starts), bool) if number == 0 else error > (0.045, 0.035, 0.03)[number - 1] * (2 - detail)
        if number == 3:
            kept &= detail > 0.2
        if not kept.any():
            continue
        paths = _paths(starts[kept], wanted, way, width)
        if number > 1:
            # The turns of a fine brush are too small to be seen one by one.
            paths = np.ascontiguousarray(paths[:, ::2])
        columns, rows = columns[kept], rows[kept]
        paints = lab(wanted[rows, columns][None])[0]
        uneven = dice.normal(0, 1, paints.shape) * np.array([3.6, 2.4, 2.8]) * (1, 0.9, 0.6, 0.4)[number]
        paints = paints + uneven * (1 - 0.7 * skin[rows, columns])[:, None]
        inks = np.round(unlab(paints[None].astype(np.float32))[0] * 255)
        tops = 50 + 40 * number + dice.integers(0, 70, len(inks))
        thickness = max(round(2 * width), 1)
        for path, ink in zip(paths, np.column_stack([inks, tops]).astype(int).tolist(), strict=True):
            cv2.polylines(canvas, [path], isClosed=False, color=ink, thickness=thickness, lineType=cv2.LINE_8, shift=3)
    return cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)


def _starts(side: int, width: float, dice: np.random.Generator) -> Floats:
    """Where strokes begin, (n, 2) px: a jittered grid, in an order that shows none."""
    pitch = 0.95 * width
    count = int(side / pitch) + 1
    places = np.stack(np.meshgrid(np.arange(count), np.arange(count)), axis=2).reshape(-1, 2)
    points = (places + dice.uniform(0, 1, places.shape)) * pitch
    return np.clip(points, 0, side - 1)[dice.permutation(len(points))].astype(np.float32)


def _paths(starts: Floats, wanted: Floats, way: Way, width: float) -> Floats:
    """Curved strokes through ``starts`` along ``way``, int32 (n, 2 * _STEPS + 1, 2) in 1/16 px."""
    side = wanted.shape[0]
    columns, rows = pixels(starts, side)
    colour = wanted[rows, columns]
    halves: list[list[Floats]] = []
    for sign in (1.0, -1.0):
        place, alive = starts, np.ones(len(starts), bool)
        heading = sign * np.stack([way[0][rows, columns], way[1][rows, columns]], axis=1)
        half: list[Floats] = []
        for _ in range(_STEPS):
            ahead = np.clip(place + heading * (0.75 * width), 0, side - 1)
            across, along_rows = pixels(ahead, side)
            alive = alive & (np.abs(wanted[along_rows, across] - colour).mean(axis=1) < _DRIFT)
            place = np.where(alive[:, None], ahead, place)
            turn = np.stack([way[0][along_rows, across], way[1][along_rows, across]], axis=1)
            heading = np.where((turn * heading).sum(axis=1)[:, None] < 0, -turn, turn)
            half.append(place)
        halves.append(half)
    path = np.stack([*reversed(halves[1]), starts, *halves[0]], axis=1)
    return np.round(path * 16 + 4).astype(np.int32)
