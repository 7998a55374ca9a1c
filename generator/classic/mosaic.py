"""The painter of mosaics: small stones in rows that follow every outline, before a halo."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import FORMS, grid
from generator.classic.colour import Floats, in_strips, lab, mix, unlab, weighed
from generator.classic.features import lines, readable, skin_cover
from generator.classic.painting import WORK, Brief, grown, step, unit
from generator.classic.panes import Labels, cells, means, pixels, relief, seams
from generator.classic.regions import regions
from generator.classic.subject import Subject
from generator.classic.tone import blurred, skin_shade


def paint_mosaic(subject: Subject, brief: Brief) -> Floats:
    """Palette: ground from the rim inwards (two), halo, ring around the halo."""
    side = subject.side
    if side < WORK:
        # Stones of two pixels would be dust: they are cut larger and seen from further away.
        return cv2.resize(paint_mosaic(subject.at(WORK), brief), (side, side), interpolation=cv2.INTER_AREA)
    u, dice, work = unit(side), brief.dice("stones"), WORK
    small = subject.at(work)
    skin = skin_cover(small)
    person = _person(small, brief)
    solid = small.matte > 0.5
    ground, bands = _ground(small, brief)
    scene = np.where(solid[..., None], person, ground)
    areas = np.where(solid, regions(person, small) + 10, bands)
    points = _laid(small, areas, brief, dice) * (side / work)
    labels = cells(points, side)
    near = cv2.resize(labels, (work, work), interpolation=cv2.INTER_NEAREST)
    columns, rows = pixels(points * (work / side), work)
    # A stone has the colour of its middle rather than of its whole: lines stay lines.
    middles = cv2.GaussianBlur(scene, (0, 0), 0.9 * unit(work))[rows, columns]
    stones = lab((0.3 * means(scene, near, None, len(points)) + 0.7 * middles)[None])[0]
    calm = skin[rows, columns]
    uneven = dice.normal(0, 1, stones.shape) * np.array([3.4, 2.0, 2.6])
    stones += uneven * (1 - 0.62 * calm[:, None])
    # Joints darken; skin shall not.
    stones[:, 0] *= 1 + 0.028 * calm
    colours = unlab(stones[None].astype(np.float32))[0]
    image = np.take(colours, labels, axis=0)
    distance = seams(labels, 0.55 * u)
    # Skin stays calm: its joints are finer and closer to its own colour.
    skin = cv2.resize(skin, (side, side), interpolation=cv2.INTER_LINEAR)
    joint = step((0.95 - 0.2 * subject.matte - 0.2 * skin) * u - distance, 0, 1.2) * (1 - 0.4 * skin)
    height = np.minimum(distance, 2.4 * u)
    image = weighed(image, 1 + (0.22 - 0.08 * skin) * relief(height, 0.7 * u))
    return in_strips(_joined, image, blurred(image, 5 * u), 0.6 + 0.1 * subject.matte + 0.15 * skin, joint)


def _joined(image: Floats, around: Floats, shade: Floats, joint: Floats) -> Floats:
    """Mortar as deep as ``shade`` (0 … 1) between the stones."""
    return np.clip(mix(image, weighed(around, shade), joint), 0, 1)


def _person(subject: Subject, brief: Brief) -> Floats:
    """What the stones show: fewer colours than the picture, lines as wide as a stone."""
    u = unit(subject.side)
    image = readable(subject)
    if subject.drawn:
        wide = grown(lines(subject, 0), 1.3 * u)
        image = mix(image, cv2.erode(image, np.ones((2 * round(1.3 * u) + 1,) * 2, np.uint8)), wide)
    else:
        drawn = lines(subject, max((1.3 + 0.6 * brief.abstraction) * u, 0.7)) * (0.35 + 0.4 * skin_shade(subject))
        image = mix(image, image * 0.2, drawn)
    values = lab(image)
    values[:, :, 1:] *= 1.18
    if subject.face is not None:
        # Between joints, stones need more contrast than paint does, most of all on dark skin.
        apart = values[:, :, 0] - blurred(values[:, :, 0], 0.24 * subject.face.half_height)
        values[:, :, 0] += (0.15 + 0.55 * skin_shade(subject)) * subject.face_mask(0.86) * np.clip(apart, -16, 16)
    return unlab(values)


def _ground(subject: Subject, brief: Brief) -> tuple[Floats, Labels]:
    """Behind the person: a halo with a ring, on a ground that darkens towards the rim. The picture, and its bands."""
    side, dice = subject.side, brief.dice("backdrop")
    x, y = grid(side)
    design = brief.design(len(FORMS))
    rim, ground, halo, ring = brief.colours
    lean = float(dice.uniform(-0.05, 0.05))
    size = float(dice.uniform(0.66, 0.72))
    if subject.face is not None:
        radius = FORMS[design](x - lean - 0.8 * (2 * _middle(subject) / side - 1), y + 0.06)
    else:
        # Around a disc there is room for a frame only: its colours take turns.
        radius, size = np.hypot(x, y), 0.89
        rim, ring, halo, ground = (brief.colours[(each + design) % 4] for each in range(4))
    image = mix(np.broadcast_to(ground, (side, side, 3)), rim, np.clip((np.hypot(x, y) - 0.72) / 0.3, 0, 1))
    image = mix(image, mix(halo, np.ones(3, np.float32), 0.25), (radius < size).astype(np.float32))
    bands = np.searchsorted(np.array([size, size + 0.06, size + 0.12]), radius).astype(np.int32)
    image = mix(image, ring, (bands == 1).astype(np.float32))
    return mix(image, rim * 0.8, (bands == 2).astype(np.float32)), bands


def _middle(subject: Subject) -> float:
    """The middle of the head, in px from the left."""
    columns = np.flatnonzero((subject.matte[: subject.side // 2] > 0.5).any(axis=0))
    return float(columns[0] + columns[-1]) / 2 if len(columns) else subject.side / 2


def _laid(subject: Subject, areas: Labels, brief: Brief, dice: np.random.Generator) -> Floats:
    """The middles of the stones, (n, 2) in px: in rows along the borders of ``areas``, smaller in the face."""
    u = unit(subject.side)
    borders = np.ones(areas.shape, np.uint8)
    borders[:, 1:][areas[:, 1:] != areas[:, :-1]] = 0
    borders[1:][areas[1:] != areas[:-1]] = 0
    depth = cv2.distanceTransform(borders, cv2.DIST_L2, 5)
    face = subject.face_mask(1.02) > 0.5 if subject.face is not None else np.zeros_like(subject.matte, bool)
    person = subject.matte > 0.5
    wide = 1 + 0.35 * brief.abstraction
    points: list[Floats] = []
    for where, pitch in ((~person, 9.0 * wide), (person & ~face, 7.4 * wide), (face, 4.5 * wide)):
        points.append(_rows(depth, where, pitch * u, dice))
    return np.concatenate(points).astype(np.float32)


def _rows(depth: Floats, where: Labels, pitch: float, dice: np.random.Generator) -> Floats:
    """Points ``pitch`` px apart on the lines at 0.5, 1.5, 2.5 … times ``pitch`` from the borders."""
    found: list[Floats] = []
    for number in range(int(depth[where].max(initial=0) / pitch + 0.5)):
        level = (depth > (number + 0.5) * pitch).astype(np.uint8)
        outlines, _ = cv2.findContours(level, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        if outlines:
            found.append(_spaced([each[:, 0] for each in outlines], pitch, dice.uniform(0, 1, len(outlines))))
    # What is too narrow for a row gets stones along its middle.
    ridge = (depth <= 0.5 * pitch) & (depth >= 0.8) & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)) - 0.01)
    rows, columns = np.nonzero(ridge & where)
    middles = np.stack([columns, rows], axis=1).astype(np.float32)
    if len(middles):
        _, first = np.unique(np.floor(middles / (0.85 * pitch)) @ np.array([1.0, 1e4]), return_index=True)
        found.append(middles[first])
    if not found:
        return np.zeros((0, 2), np.float32)
    points = np.concatenate(found)
    columns, rows = points.astype(int).T
    return points[where[rows, columns]]


def _spaced(outlines: list[Labels], pitch: float, starts: Floats) -> Floats:
    """Points along closed lines, as evenly as a whole number of them on each allows: (n, 2)."""
    closed = np.concatenate([part for each in outlines for part in (each, each[:1])])
    ends = np.cumsum([len(each) + 1 for each in outlines])
    steps = np.hypot(*np.diff(closed, axis=0).T.astype(np.float64))
    steps[ends[:-1] - 1] = 0
    way = np.concatenate([[0.0], np.cumsum(steps)])
    last = way[ends - 1]
    length = np.diff(last, prepend=0)
    count = np.maximum(np.round(length / pitch), 1).astype(int)
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    places = np.repeat(last - length, count) + (number + np.repeat(starts, count)) * np.repeat(length / count, count)
    return np.stack([np.interp(places, way, closed[:, each]) for each in (0, 1)], axis=1).astype(np.float32)
