"""The painter of facets: triangles whose corners lie on the outlines of what they show."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import FORMS, grid
from generator.classic.colour import Bytes, Floats, lab, mix, unlab
from generator.classic.features import filled, lines, readable
from generator.classic.painting import WORK, Brief, unit
from generator.classic.panes import Labels, means, pixels
from generator.classic.regions import regions
from generator.classic.subject import Subject
from generator.classic.tone import blurred, skin_shade


def paint_lowpoly(subject: Subject, brief: Brief) -> Floats:
    """Palette: backdrop above left, middle, below right, light behind the head."""
    small = subject.at(min(subject.side, WORK))
    dice = brief.dice("facets")
    ink, person, pen = filled(small) if small.drawn else (None, _photo(small, brief), None)
    person = _lively(person)
    triangles = _triangles(_corners(small, person, brief, dice), small.side)
    colours = _colours(triangles, small, person, brief, dice)
    page = _folded(triangles / (small.side - 1), colours, 2 * subject.side)
    if pen is not None and ink is not None:
        _inked(page, pen, ink)
    return cv2.resize(page, (subject.side,) * 2, interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _photo(subject: Subject, brief: Brief) -> Floats:
    u = unit(subject.side)
    image = blurred(readable(subject), (0.8 + 1.2 * brief.abstraction) * u)
    drawn = lines(subject, max((1.2 + 0.6 * brief.abstraction) * u, 0.7)) * (0.3 + 0.4 * skin_shade(subject))
    return mix(image, image * 0.2, drawn)


def _lively(image: Floats) -> Floats:
    values = lab(image)
    values[:, :, 1:] *= 1.12
    return unlab(values)


def _corners(subject: Subject, person: Floats, brief: Brief, dice: np.random.Generator) -> Floats:
    """The corners of the facets, (n, 2) in px: on every outline, finer in the face, and a few between them."""
    side, u = subject.side, unit(subject.side)
    solid = subject.matte > 0.5
    areas = np.where(solid, regions(person, subject) + 2, _form(side, brief) < 0).astype(np.uint8)
    if not subject.drawn:
        areas = np.where(subject.face_mask(0.95) > 0.5, areas, cv2.medianBlur(areas, 2 * round(3 * u) + 1))
    face = subject.face_mask(0.95) > 0.5 if subject.face is not None else np.zeros_like(solid)
    wide = 1 + 0.5 * brief.abstraction
    polygons: list[Labels] = []
    longest: list[float] = []
    for label in np.flatnonzero(np.bincount(areas.ravel())):
        outlines, _ = cv2.findContours((areas == label).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for outline in outlines:
            if len(outline) < 7 * u:
                continue
            fine = 2 * np.count_nonzero(face[outline[:, 0, 1], outline[:, 0, 0]]) > len(outline)
            polygons.append(cv2.approxPolyDP(outline, (1.0 if fine else 2.4 * wide) * u, closed=True)[:, 0])
            longest.append((16 if fine else 30 * wide) * u)
    found = [_divided(polygons, longest)] if polygons else []
    for where, count in ((~solid, 70), (solid & ~face, 90), (face, 50)):
        rows, columns = np.nonzero(where)
        if len(rows):
            chosen = dice.integers(len(rows), size=round(count * where.mean() * 2.4 / wide) + 4)
            found.append(np.stack([columns[chosen], rows[chosen]], axis=1).astype(np.float32))
    frame = np.linspace(0, side - 1, 7, dtype=np.float32)
    edges = [np.stack([frame, np.full(7, each, np.float32)], axis=1) for each in (0, side - 1)]
    return _thinned(np.concatenate([*found, *edges, *(each[:, ::-1] for each in edges)]), 2.2 * u)


def _divided(polygons: list[Labels], longest: list[float]) -> Floats:
    """The corners of closed polygons, and points between those that are further apart than ``longest`` px: (n, 2)."""
    corners = np.concatenate(polygons).astype(np.float32)
    counts = np.array([len(each) for each in polygons])
    following = np.arange(1, len(corners) + 1)
    following[np.cumsum(counts) - 1] -= counts
    side = corners[following] - corners
    parts = np.ceil(cv2.magnitude(side[:, 0], side[:, 1])[:, 0] / np.repeat(longest, counts)).astype(int).clip(1)
    which = np.repeat(np.arange(len(parts)), parts)
    share = (np.arange(len(which)) - (np.cumsum(parts) - parts)[which]) / parts[which]
    return corners[which] + side[which] * share.astype(np.float32)[:, None]


def _thinned(points: Floats, apart: float) -> Floats:
    """One point of each cell of a grid of ``apart`` px: the first."""
    key = np.floor(points / apart).astype(np.int64)
    _, first = np.unique(key[:, 0] + key[:, 1] * 100_000, return_index=True)
    return points[np.sort(first)]


def _triangles(corners: Floats, side: int) -> Floats:
    """Delaunay's triangles between ``corners``, (n, 3, 2) in px."""
    division = cv2.Subdiv2D((0, 0, side, side))
    division.insert([(float(x), float(y)) for x, y in np.clip(corners, 0, side - 1)])
    triangles = np.array(division.getTriangleList(), np.float32).reshape(-1, 3, 2)
    inside = ((triangles > -1) & (triangles < side)).all(axis=(1, 2))
    return triangles[inside]


def _colours(triangles: Floats, subject: Subject, person: Floats, brief: Brief, dice: np.random.Generator) -> Floats:
    """The colour of each triangle, (n, 3): what lies under its middle, a little uneven, as if each caught other light."""
    side = subject.side
    middle = triangles.mean(axis=1)
    spots = np.concatenate([middle[:, None], 0.55 * middle[:, None] + 0.45 * triangles], axis=1)
    columns, rows = pixels(spots.reshape(-1, 2), side)
    weight = np.array([3.0, 1.0, 1.0, 1.0], np.float32)[None, :, None] * np.maximum(
        subject.matte[rows, columns].reshape(-1, 4, 1), 1e-3
    )
    own = (person[rows, columns].reshape(-1, 4, 3) * weight).sum(axis=1) / weight.sum(axis=1)
    columns, rows = pixels(middle, side)
    inside = subject.matte[rows, columns] > 0.5
    around = _backdrop(side, brief)[rows, columns]
    values = lab(np.where(inside[:, None], own, around).astype(np.float32)[None])[0]
    calm = subject.face_mask(0.95)[rows, columns] * (subject.face is not None)
    # Facets that lean to the upper left are lighter: the turn of their longest side stands for their lean.
    sides = np.roll(triangles, -1, axis=1) - triangles
    longest = np.take_along_axis(sides, np.hypot(*sides.transpose(2, 0, 1)).argmax(axis=1)[:, None, None], axis=1)[:, 0]
    lean = np.cos(2 * (np.arctan2(longest[:, 1], longest[:, 0]) - 0.8))
    # A drawing is flat, so its facets must differ more than a photo's; skin stays calm.
    strength = np.where(inside, (2.0 if subject.drawn else 1.0) * (1 - 0.72 * calm), 1.5)
    values[:, 0] += (2.4 * lean + dice.normal(0, 1.8, len(lean))) * strength
    return unlab(values[None].astype(np.float32))[0]


def _form(side: int, brief: Brief) -> Floats:
    """The light shape behind the head, below 0 inside."""
    x, y = grid(side)
    size = float(brief.dice("backdrop").uniform(0.68, 0.76))
    return FORMS[brief.design(len(FORMS))](x, y + 0.04) - size


def _backdrop(side: int, brief: Brief) -> Floats:
    """A slope of colours with a light shape behind the head."""
    dice = brief.dice("backdrop")
    above, middle, below, light = brief.colours
    x, y = grid(side)
    turn = float(dice.uniform(0.3, 1.25)) + brief.design(len(FORMS)) * np.pi / 2
    slope = (float(np.cos(turn)) * x + float(np.sin(turn)) * y) * 0.55 + 0.5
    image = mix(np.broadcast_to(above, (side, side, 3)), middle, np.clip(slope * 2, 0, 1))
    image = mix(image, below, np.clip(slope * 2 - 1, 0, 1))
    inside = np.where(_form(side, brief) < 0, np.float32(0.62), np.float32(0.06))
    return mix(image, light, inside + 0.25 * np.exp(-((x * x + (y + 0.08) ** 2) / 0.3)))


def _folded(triangles: Floats, colours: Floats, side: int) -> Bytes:
    """The facets without smooth edges, uint8 (side, side, 3); ``triangles`` in fractions of the side."""
    page = np.zeros((side, side, 3), np.uint8)
    places: Labels = np.round((triangles * side - 0.5) * 8).astype(np.int32)
    for corners, paint in zip(places, np.round(colours * 255).astype(int).tolist(), strict=True):
        cv2.fillConvexPoly(page, corners, paint, cv2.LINE_8, 3)
    return page


def _inked(page: Bytes, pen: Floats, colours: Floats) -> None:
    """Draw the lines of ``pen`` onto ``page`` with straight edges, each in its own one of ``colours``. In place."""
    side = pen.shape[0]
    scale = page.shape[0] / side
    big = cv2.resize(pen, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    count, parts = cv2.connectedComponents((big > 0.5).astype(np.uint8))
    outlines_of, nesting = cv2.findContours((big > 0.5).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if count < 2:
        return
    inks = means(colours, parts[::2, ::2], pen, count)
    groups: dict[int, list[Labels]] = {}
    for number, outline in enumerate(outlines_of):
        outer = int(nesting[0][number][3])
        first = outlines_of[number if outer < 0 else outer][0, 0]
        part = int(parts[first[1], first[0]])
        straight = cv2.approxPolyDP(outline, 1.1 * unit(2 * side), closed=True)
        groups.setdefault(part, []).append(np.round((straight + 0.5) * (scale / 2) * 8 - 4).astype(np.int32))
    for part, polygons in groups.items():
        cv2.fillPoly(page, polygons, np.round(inks[part] * 255).astype(int).tolist(), cv2.LINE_8, 3)
