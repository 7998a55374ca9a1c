"""The painter of stained glass: panes in lead, a face painted on one of them, light from behind."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import FORMS, grid
from generator.classic.colour import Floats, in_strips, lab, lab_of, mix, unlab, weighed
from generator.classic.features import lines, outlines, readable, skin_colour
from generator.classic.flow import along, tangents
from generator.classic.painting import WORK, Brief, enlarged, step, unit
from generator.classic.panes import Labels, cells, means, relief, seams, spread
from generator.classic.subject import Subject
from generator.classic.tone import blurred, skin_shade

_LEAD = np.array([0.075, 0.068, 0.09], np.float32)
_DARKEST = 21.0
"""CIE L of the darkest pane: light comes through all of them."""


def paint_glass(subject: Subject, brief: Brief) -> Floats:
    """Palette: three panes of the backdrop, the pane around the head, two of the border."""
    side, u = subject.side, unit(subject.side)
    dice = brief.dice("panes")
    solid = step(blurred(subject.matte, 1.5 * u), 0.5, 0.3)
    inside = solid > 0.5
    small = subject.at(min(side, WORK))
    skin: Floats = (enlarged(_face_pane(small), side) > 0.5) * subject.matte
    count = round((30 if subject.face is None else 44 if subject.drawn else 64) * (1.25 - 0.5 * brief.abstraction))
    weight = solid * (1 - skin) + 1e-6 * solid
    labels = cells(spread(count, weight, dice), side) + 1
    labels[skin > 0.5] = 0
    image, backdrop = _window(side, brief, framed=subject.face is None)
    if subject.drawn:
        person = _glass(subject, labels, skin, brief, dice)
    else:
        area = (small.side, small.side)
        near = cv2.resize(labels, area, interpolation=cv2.INTER_NEAREST)
        calm = cv2.resize(skin, area, interpolation=cv2.INTER_AREA)
        person = enlarged(_glass(small, near, calm, brief, dice), side)
    image[inside] = person[inside]
    image = _lit(image, side, dice)
    labels = np.where(inside, labels, count + 1 + backdrop)
    distance = seams(labels, 0.9 * u)
    width = np.where(inside, 1.5, 2.0).astype(np.float32) * u
    outline = seams(inside.astype(np.int32) + (skin > 0.5), 0.9 * u)
    distance = np.minimum(distance - width, outline - 2.3 * u)
    lead = np.clip(0.5 - distance, 0, 1)
    bulge = relief(np.clip(-distance, -1.0, 4 * u), 0.6 * u)
    return in_strips(_leaded, image, lead, 0.5 * np.clip(bulge, 0, 0.5))


def _leaded(image: Floats, lead: Floats, shine: Floats) -> Floats:
    return np.clip(mix(image, cv2.merge([shine + part for part in _LEAD.tolist()]), lead), 0, 1)


def _face_pane(subject: Subject) -> Floats:
    """Where the skin of head and neck is: one pane, for leads must not cut through a face. 0 or 1, rounded."""
    u = unit(subject.side)
    if subject.face is None:
        return np.zeros_like(subject.matte)
    values = lab(subject.colour)
    core = (subject.face_mask(0.55) > 0.5) & (subject.matte > 0.5)
    if core.sum() < 16:
        return np.zeros_like(subject.matte)
    own = skin_colour(subject, values)
    reach = np.array([7.0, 7.0, 7.0] if subject.drawn else [20.0, 11.0, 13.0], np.float32)
    likely = (cv2.inRange(values, own - reach, own + reach) > 0).astype(np.float32)
    # The oval without its upper rim, where the hair may be, is face whatever glasses and shadows lie on it.
    likely = np.maximum(likely, subject.face_mask(0.72))
    y = np.arange(subject.side, dtype=np.float32)[:, None]
    neck = y > subject.face.y + 0.8 * subject.face.half_height
    if not subject.drawn:
        likely = likely * subject.face_mask(1.5) * np.where(neck, subject.face_mask(1.3), 1)
    hole = 2 * round(8 * u) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (hole, hole))
    closed = cv2.morphologyEx((255 * likely).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel) if not subject.drawn else closed
    rounded = blurred(opened.astype(np.float32), (1.6 if subject.drawn else 5.0) * u)
    return _filled(rounded > 127.5, None if subject.drawn else core) * subject.matte


def _filled(mask: Labels, core: Labels | None) -> Floats:
    """``mask`` without its small holes and specks; with ``core`` only its connected parts that touch that. 0 or 1."""
    parts: Labels
    outside: Labels
    _, parts = cv2.connectedComponents(mask.astype(np.uint8))
    wanted = np.bincount(parts[mask if core is None else mask & core], minlength=int(parts.max()) + 1)
    kept = (wanted > 0.001 * mask.size)[parts] & mask
    _, outside = cv2.connectedComponents((~kept).astype(np.uint8), connectivity=4)
    small = np.bincount(outside.ravel()) < 0.02 * mask.size
    return (kept | (small[outside] & ~kept)).astype(np.float32)


def _glass(subject: Subject, labels: Labels, skin: Floats, brief: Brief, dice: np.random.Generator) -> Floats:
    """The person's panes, painted; without their leads."""
    u = unit(subject.side)
    source = readable(subject)
    if not subject.drawn:
        smooth = blurred(source, 1.2 * u)
        source = along(smooth, tangents(cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY), 3 * u), 4 * u, 2)
    count = int(labels.max()) + 1
    panes = means(source[::2, ::2], labels[::2, ::2], (subject.matte * (1 - skin))[::2, ::2], count)
    own = 0.12 if subject.drawn or subject.face is None else 0.3 + 0.2 * brief.abstraction
    which = cv2.merge((labels.astype(np.uint8),) * 3)
    values = lab(mix(source, _table(panes, which), own * (1 - skin)))
    # Black glass would be a hole in the window: what is dark becomes a deep colour of the palette instead.
    deep = lab_of([brief.colours[2]])[0]
    dark = values[:, :, 0] if subject.drawn else cv2.LUT(which[:, :, 0], _padded(lab_of(list(panes))[:, :1])[:, 0])
    low = np.clip((38 - dark) / 30, 0, 1) * (1 - skin)
    light, across, down = cv2.split(values)
    light += low * np.maximum(0.9 * _DARKEST - 0.45 * dark, 0)
    lively, less = 1.12 + 0.3 * (1 - skin), 0.55 * low
    across, down = (
        each * lively * (1 - less) + less * tint for each, tint in ((across, 0.8 * deep[1]), (down, 0.8 * deep[2]))
    )
    uneven = dice.normal(0, 1, (count, 3)).astype(np.float32) * np.array([5.0, 3.0, 3.0], np.float32)
    uneven[0] = 0
    painted = unlab(cv2.merge((light, across, down)) + _table(uneven, which))
    if subject.drawn:
        return mix(painted, _LEAD, outlines(source) * (1 - subject.face_mask(0.95)))
    drawn = lines(subject, max((1.0 + 0.5 * brief.abstraction) * u, 0.6))
    # Light skin takes fainter lines than dark skin, where paint has less to stand out from.
    where = (0.4 + 0.5 * skin_shade(subject)) * (0.6 + 0.4 * skin)
    return mix(painted, painted * 0.14, drawn * where)


def _table(colours: Floats, which: Labels) -> Floats:
    """The colours (at most 256 of them, (n, 3)) of ``which`` (uint8, (h, w, 3), all channels alike)."""
    return cv2.LUT(which, _padded(colours)[:, None])


def _padded(rows: Floats) -> Floats:
    return np.concatenate([rows, np.zeros((256 - len(rows), rows.shape[1]), np.float32)])


def _window(side: int, brief: Brief, *, framed: bool) -> tuple[Floats, Labels]:
    """Sectors of coloured glass inside a border of small panes: the picture, and a number for each pane from 0.

    ``framed``: only the border will be seen, so its colours take turns.
    """
    x, y = grid(side)
    dice, design = brief.dice("backdrop"), brief.design(len(FORMS))
    border = ((4, 5), (3, 5), (0, 4), (1, 3))[design if framed else 0]
    radius, angle = cv2.cartToPolar(x, y)
    ring = 1 + (radius >= 0.875).astype(np.uint8) + (radius >= 0.975)
    # The glow behind the head is a disc, an arch, a blossom or a gem.
    ring[(FORMS[design](x, y + 0.02) < 0.7) & (ring == 1)] = 0
    counts = np.array([1, 14, 44, 44], np.float32)
    shift = float(dice.uniform(0, 1)) + 0.5 * np.arange(4, dtype=np.float32) / counts
    number, turned = (cv2.LUT(ring, _padded(each[:, None])[:, 0]) for each in (counts, shift))
    turned += angle * np.float32(0.5 / np.pi)
    turned -= np.floor(turned)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.float32)
    pictures = np.minimum(turned * number, number - 1).astype(np.uint8)
    pictures += cv2.LUT(ring, _padded(first[:, None])[:, 0]).astype(np.uint8)
    shown = [brief.colours[each] for each in border]
    colours = [_ring(each, int(count), shown, brief, dice) for each, count in enumerate(counts)]
    return _table(np.concatenate(colours), cv2.merge((pictures,) * 3)), pictures.astype(np.int32)


def _ring(number: int, count: int, border: list[Floats], brief: Brief, dice: np.random.Generator) -> Floats:
    """Colours of a ring's panes, (count, 3): glow, sectors that never repeat beside each other, border, corners."""
    if number == 0:
        return brief.colours[3][None]
    if number == 3:
        return np.repeat(brief.colours[0][None] * 0.8, count, axis=0)
    choices = np.stack(brief.colours[:3] if number == 1 else border)
    order = np.arange(count) % len(choices)
    tones = lab_of(list(choices[order]))
    tones += dice.normal(0, 1, (count, 3)) * np.array([4.0, 3.0, 3.0])
    return unlab(tones[None].astype(np.float32))[0]


def _lit(image: Floats, side: int, dice: np.random.Generator) -> Floats:
    """Streaks in the glass, daylight that is stronger above, and a bloom of the brightest panes."""
    u = unit(side)
    work = 96
    noise = dice.standard_normal((work, work)).astype(np.float32)
    streaks = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.9, sigmaY=3.2)
    streaks = cv2.resize(streaks / streaks.std(), (side, side), interpolation=cv2.INTER_CUBIC)
    y = np.linspace(1, -1, side, dtype=np.float32)[:, None]
    image = weighed(image, 1 + np.float32(0.035) * streaks + np.float32(0.05) * y)
    small = cv2.resize(image, (side // 2, side // 2), interpolation=cv2.INTER_AREA)
    bloom = blurred(np.clip(small - np.float32(0.55), 0, 1), 7 * u)
    return in_strips(_bloomed, image, cv2.resize(bloom, (side, side), interpolation=cv2.INTER_LINEAR))


def _bloomed(image: Floats, bloom: Floats) -> Floats:
    return 1 - (1 - np.clip(image, 0, 1)) * (1 - np.float32(0.35) * np.clip(bloom, 0, 1))
