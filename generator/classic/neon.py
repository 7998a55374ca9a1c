"""The painter of neon signs: glowing tubes along the lines of a face, and their light on a wall."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.backdrops import FORMS, cover, grid
from generator.classic.chance import chance
from generator.classic.colour import Floats, in_strips, mix, weighed
from generator.classic.figures import Layers
from generator.classic.flow import along, tangents
from generator.classic.painting import WORK, Brief, bled, enlarged, grown, step, unit
from generator.classic.relief import closed, lit, opened, swollen
from generator.classic.ruling import contoured, off_line, slope_of
from generator.classic.subject import Subject
from generator.classic.tone import blurred, livened, skin_depth, skin_tone, tone

_CLEAR = 0.018
"""How sharp the sharpest edges of a clear face are: tone per unit of length."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """What hangs before the wall."""

    tubes: Floats
    """Where a tube is, (side, side), 0 … 1."""
    colours: Floats
    """The colour of the tube that is or would be there, (side, side, 3)."""
    board: Floats
    """What the tubes are mounted on, dark, (side, side, 3)."""


def paint_neon(subject: Subject, brief: Brief) -> Floats:
    """Palette: night, tube of the face, tube of hair and hats, tube of clothes, tube on the wall."""
    side, u = subject.side, unit(subject.side)
    solid = step(blurred(subject.matte, 1.0 * u), 0.5, 0.35)
    sign = _figure(subject, subject.layers, brief) if subject.layers else _photo(subject, brief)
    wall, sun, shape, shape_colour = _wall(side, brief)
    behind = shape * (1 - grown(solid, 4 * u))
    tubes = sign.tubes * solid
    light = in_strips(_shining, tubes, sign.colours, behind, shape_colour)
    near, far = _glow(light, u)
    board = np.float32(0.25) + np.float32(0.75) * (1 - subject.face_mask(1.0))
    core = np.maximum(tubes, behind)
    core *= np.float32(0.86) * step(blurred(core, 1.1 * u), 0.78, 0.45)
    return in_strips(
        _seen, wall, sun, near, far, sign.board, board, solid, sign.colours, shape_colour, tubes, behind, core
    )


def _shining(tubes: Floats, colours: Floats, behind: Floats, shape_colour: Floats) -> Floats:
    light = weighed(colours, tubes)
    light += weighed(shape_colour, behind)
    return light


def _seen(
    wall: Floats, sun: Floats, near: Floats, far: Floats, board: Floats, lighted: Floats, solid: Floats, colours: Floats,
    shape_colour: Floats, tubes: Floats, behind: Floats, core: Floats,
) -> Floats:  # fmt: skip
    """Everything as bright as it is, and as an eye or a film would have it."""
    image = wall * (1 + 7 * far) + np.float32(0.35) * far + np.float32(0.5) * near + sun * (1 - np.float32(0.5) * far)
    image = mix(image, board + weighed(np.float32(0.42) * near + np.float32(0.12) * far, lighted), solid)
    image = mix(image, mix(colours, shape_colour, behind), np.maximum(tubes, behind))
    image += weighed(1 - image, core)
    # What shines brighter than the paper is white rolls off softly.
    glare = cv2.exp(-1.9 * cv2.pow(np.maximum(image, 0), 1.12))
    return np.clip((1 - glare) / np.float32(1 - np.exp(-1.9)), 0, 1)


def _glow(light: Floats, u: float) -> tuple[Floats, Floats]:
    """``light`` close to the tubes and far from them, made on a half-size grid."""
    side = len(light)
    small = cv2.resize(light, (side // 2, side // 2), interpolation=cv2.INTER_AREA)
    far = blurred(small, 6 * u) + 1.3 * blurred(small, 17 * u)
    near, far = (cv2.resize(each, (side, side)) for each in (blurred(small, 1.6 * u), far))
    return near, far


def _rim(mask: Floats, width: float) -> Floats:
    """The inner edge of a soft mask, ``width`` px wide."""
    return mask * grown(1 - mask, width)


def _coloured(parts: tuple[tuple[Floats, Floats], ...], reach: float) -> Floats:
    """Each place in the colour of the part that is nearest, blending where two meet."""
    total = np.zeros((*parts[0][0].shape, 3), np.float32)
    weights = np.zeros_like(parts[0][0])
    for part, colour in parts:
        weight = (blurred(part, reach) + 1e-3) ** 2
        total = total + weight[..., None] * colour
        weights = weights + weight
    return total / weights[..., None]


def _figure(subject: Subject, layers: Layers, brief: Brief) -> _Sign:
    """Outlines are tubes; skin is a painted board, the deeper the darker."""
    u = unit(subject.side)
    night, face, hair_tube, cloth_tube, _ = brief.colours
    depth = skin_depth(subject)
    inked = (1 - np.clip(layers.light + layers.skin + layers.clothes + layers.accent, 0, 1)) * subject.matte
    hair = opened(inked, 15 * u)
    lines = inked - hair
    tubes = np.clip(lines + _rim(hair, 4.5 * u) + 0.3 * hair * contoured(3.2 * swollen(hair), 2 * u), 0, 1)
    fair = layers.light * (1 - subject.face_mask(1.0))
    wide = 7 * u
    colours = _coloured(
        ((layers.skin, face), (hair + layers.accent + fair, hair_tube), (layers.clothes, cloth_tube)), wide
    )
    form = swollen(closed(layers.skin, 9 * u))
    shade = 1 + 0.5 * lit(form, 0.13)
    seam = 1 - (0.8 - 0.3 * depth) * np.clip(blurred(grown(lines, 4.5 * u), 1.5 * u), 0, 1) * subject.face_mask(1.0)
    board = np.broadcast_to(night * 0.6, (*inked.shape, 3))
    board = mix(board, night * 0.4 + hair_tube * 0.05, hair)
    board = mix(board, mix(night, cloth_tube, 0.16), layers.clothes)
    board = mix(board, mix(night, hair_tube, 0.37), layers.accent)
    board = mix(board, mix(night, hair_tube, 0.42), fair)
    skin = mix(night * 0.8, mix(face, hair_tube, 0.3), 0.33 - 0.245 * depth)
    board = mix(board, (skin * (shade * seam)[..., None]), layers.skin)
    return _Sign(tubes.astype(np.float32), colours, board)


def _photo(subject: Subject, brief: Brief) -> _Sign:
    side = subject.side
    small = subject.at(min(side, WORK))
    u = unit(small.side)
    night, face, hair_tube, cloth_tube, _ = brief.colours
    values = bled(livened(tone(small), small), small.matte, 6 * u)
    shade, target = skin_tone(small)
    inside = small.face_mask(1.0) if small.face is not None else 0.7 * small.matte
    smooth = blurred(values, (1.1 + 1.2 * brief.abstraction) * u)
    # Tubes run where light and dark meet: at eyes, lips and glasses, and strand by strand.
    rise = along(slope_of(smooth) * u, tangents(smooth, 2.4 * u), (4 + 3 * brief.abstraction) * u)
    ridge = rise - 0.85 * blurred(rise, 3.4 * u)
    here = ridge[inside > 0.5]
    # A face in the dark has weak edges, and they are its eyes and mouth all the same.
    gain = float(np.clip(_CLEAR / max(float(np.percentile(here, 96)), 1e-4), 1.0, 4.0)) if here.size else 1.0
    tubes = np.clip(enlarged(ridge * gain * (75 + 25 * shade) - 0.45 * inside, side) - 0.25, 0, 1)
    solid = step(blurred(subject.matte, 1.0 * unit(side)), 0.5, 0.35)
    tubes = np.maximum(tubes * (0.7 + 0.3 * enlarged(inside, side)), _rim(solid, 3.8 * unit(side)))
    down = np.clip((grid(small.side)[1] - 0.25) / 0.35, 0, 1)
    outer = mix(np.broadcast_to(hair_tube, (*values.shape, 3)), cloth_tube, down)
    colours = mix(outer, mix(face, hair_tube, 0.25), blurred(small.face_mask(1.0), 6 * u)) if small.face else outer
    glow = np.clip((smooth - 0.1) / target, 0, 1.3) ** 1.5 * (0.4 - 0.16 * shade) * (0.5 + 0.5 * inside)
    board = night * 0.35 + weighed(mix(colours, hair_tube, 0.5 * inside), glow)
    return _Sign(tubes, *(enlarged(each, side) for each in (colours, board)))


def _wall(side: int, brief: Brief) -> tuple[Floats, Floats, Floats, Floats]:
    """The wall, what shines by itself, the tube on the wall, and that tube's colour; all but the tube (side, side, 3)."""
    x, y = grid(side)
    night, _, _, cloth_tube, wall_tube = brief.colours
    dice = brief.dice("backdrop")
    design = brief.design(len(FORMS) + 1)
    if design == len(FORMS):
        return _sunset(x, y, brief)
    reach = FORMS[design](x, y + 0.02) - float(dice.uniform(0.68, 0.74))
    tube = cover(np.abs(reach) - 0.013, side)
    second = 0.55 * cover(np.abs(reach - 0.13) - 0.007, side)
    colour = mix(np.broadcast_to(wall_tube, (side, side, 3)), cloth_tube, step(reach, 0.065, 0.02))
    return _bricks(x, y, night), np.zeros((side, side, 3), np.float32), np.maximum(tube, second), colour


def _bricks(x: Floats, y: Floats, night: Floats) -> Floats:
    """Courses of bricks, each a little different."""
    side = len(x)
    rows = (y[:, 0] + 1) * 7.5
    course = np.floor(rows).astype(int).clip(0, 15)
    # Every other course is shifted by half a brick, and that is all in which courses differ across.
    columns = (x[0] + 1) * 3.4 + np.array([[0.0], [0.5]], np.float32)
    joint = np.minimum((off_line(rows) / 7.5)[:, None], (off_line(columns) / 3.4)[course % 2])
    shades = chance(3, "bricks").uniform(0.7, 1.15, (16, 9)).astype(np.float32)
    bricks = np.stack([shades[each, columns[each % 2].astype(int).clip(0, 8)] for each in range(16)])
    face = bricks[course] * (0.45 + 0.55 * np.clip(joint * 60, 0, 1)) * (1 - 0.45 * cover(joint - 0.006, side))
    return weighed(night * np.float32(0.75), face)


def _sunset(x: Floats, y: Floats, brief: Brief) -> tuple[Floats, Floats, Floats, Floats]:
    """A striped sun above a floor of light."""
    side = len(x)
    u = unit(side)
    night, face, _, cloth_tube, wall_tube = brief.colours
    sky = mix(
        np.broadcast_to(night * 0.45, (side, side, 3)),
        mix(night, cloth_tube, 0.28),
        np.clip((y + 0.9) / 1.5, 0, 1) ** 2,
    )
    sun = cover(np.hypot(x, y + 0.12) - 0.72, side)
    stripe = step(off_line((y + 0.04) * 8) / 8, np.clip(0.052 * (y + 0.4), 0.0, 0.055), 2 / side)
    heat = np.clip((y + 0.84) / 1.3, 0, 1)
    disc = mix(np.broadcast_to(mix(face, wall_tube, 0.5), (side, side, 3)), cloth_tube, heat)
    sun = sun * np.where(y > -0.38, stripe, 1) * cover(y - 0.5, side)
    floor = y - 0.5
    below = cover(-floor, side)
    depth = 1 / np.maximum(floor + 0.06, 0.02)
    lines = np.maximum(
        contoured((x * depth * 0.55).astype(np.float32), 1.4 * u), contoured((depth * 0.5).astype(np.float32), 1.4 * u)
    )
    sky = mix(sky, np.broadcast_to(night * 0.3, (side, side, 3)), below)
    tube = 0.8 * lines * below * np.clip(1.2 - floor, 0, 1)
    return (
        sky * (1 - sun[..., None]),
        0.5 * disc * sun[..., None],
        tube.astype(np.float32),
        np.broadcast_to(cloth_tube, (side, side, 3)),
    )
