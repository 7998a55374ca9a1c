"""The painter of big pixels in few colours."""

from __future__ import annotations

import cv2
import numpy as np

from generator.classic.backdrops import grid
from generator.classic.colour import Floats, lab, unlab
from generator.classic.features import drawn_lines, exposed
from generator.classic.flow import strokes
from generator.classic.painting import Brief, room
from generator.classic.subject import Subject
from generator.classic.tone import blurred, livened, opened, skin_depth, tone

_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.46875
_INK = (8.0, 6.0, -8.0)
_ROUNDS = 8


def cells_for(abstraction: float) -> int:
    """Cells along a side: 64 for a close likeness down to 40; even."""
    return 2 * round(32 - 12 * float(np.clip(abstraction, 0, 1)))


def paint_pixel(subject: Subject, brief: Brief) -> Floats:
    """Palette: the sky from top to bottom. The person keeps their own colours, in about a dozen steps."""
    if not subject.drawn:
        subject = exposed(subject)
    count = cells_for(brief.abstraction)
    area = (count, count)
    weight = subject.matte[..., None]
    matte = cv2.resize(subject.matte, area, interpolation=cv2.INTER_AREA)
    source = subject.colour if subject.drawn else opened(subject, 1.5)
    cells = cv2.resize(source * weight, area, interpolation=cv2.INTER_AREA) / np.maximum(matte, 1e-3)[..., None]
    values = lab(np.clip(cells, 0, 1))
    # Eyes and mouths are smaller than a cell: let the darkest of a cell speak louder than its mean.
    span = max(subject.side / count, 1.0)
    darkest = cv2.erode(cv2.GaussianBlur(lab(source)[:, :, 0], (0, 0), 0.2 * span), np.ones((3, 3), np.uint8))
    darkest = cv2.resize(darkest, area, interpolation=cv2.INTER_AREA)
    face = cv2.resize(subject.face_mask(0.9), area, interpolation=cv2.INTER_AREA)
    values[:, :, 0] -= face * np.clip(values[:, :, 0] - darkest - 2, 0, None) * (0.55 if subject.drawn else 0.6)
    if subject.drawn:
        _light_beside_lines(values, subject, area)
    else:
        _calm_gleams(values, face)
        lines = _lines(subject, area)
        values[:, :, 0] -= 42 * lines
        # Lips and lids that are darkened beyond what their colour can be would come out a glaring red.
        values[:, :, 1:] *= (1 - 0.6 * face * lines)[..., None]
    values += 0.5 * (values - blurred(values, 1.0)) * (matte > 0.6)[..., None]
    person = matte > 0.45
    painted = _quantised(values, person, 10 if subject.drawn else 14, 2.0 if subject.drawn else 5.0)
    image = np.where(person[..., None], painted, _sky(count, brief, room(subject)))
    rim = cv2.dilate(person.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))).astype(bool) & ~person
    image[rim] = np.array(_INK, np.float32)
    result = unlab(image.astype(np.float32))
    return cv2.resize(result, (subject.side, subject.side), interpolation=cv2.INTER_NEAREST_EXACT)


def _light_beside_lines(values: Floats, figure: Subject, area: tuple[int, int]) -> None:
    """Cells above and below a figure's eyes, brows and mouth are lit, and those under them deeper, the darker the skin;
    on light skin they are softer."""
    depth = skin_depth(figure)
    pen = np.clip(2.4 * cv2.resize(drawn_lines(figure), area, interpolation=cv2.INTER_AREA) - 0.2, 0, 1)
    ring = np.clip(cv2.dilate(pen, np.ones((3, 1), np.uint8)) - 1.5 * pen, 0, 1)
    ring *= cv2.resize(figure.face_mask(0.86), area, interpolation=cv2.INTER_AREA)
    deep, soft = np.minimum(5 - values[:, :, 0], 0), np.maximum(50 - values[:, :, 0], 0)
    values[:, :, 0] += pen * (depth * deep + (1 - depth) * soft) + 28 * depth**0.75 * ring


def _calm_gleams(values: Floats, face: Floats) -> None:
    """Lowers cells of a photo's face that are far lighter than its skin, by the spread of the face's own lightness."""
    skin = values[:, :, 0][face > 0.5]
    if len(skin) < 16:
        return
    low, middle, high = np.percentile(skin, (25, 50, 75))
    over = values[:, :, 0] - (middle + 0.9 * max(high - low, 4.0))
    values[:, :, 0] -= face * 0.6 * np.clip(over, 0, None)


def _lines(subject: Subject, area: tuple[int, int]) -> Floats:
    """How much of each cell is brush line (0 … 1): what the ink painter would draw, coarsely."""
    small = cv2.resize(livened(tone(subject), subject), (256, 256), interpolation=cv2.INTER_AREA)
    sharp = strokes(small, 0.9, 2.0)
    dips = np.clip((blurred(small, 6) - 0.12 - sharp) / 0.3, 0, 1)
    return np.clip(cv2.resize(dips, area, interpolation=cv2.INTER_AREA) - 0.12, 0, 1)


def _quantised(values: Floats, inside: np.ndarray, colours: int, dither: float) -> Floats:
    """Lab cells reduced to ``colours`` of their own, found by k-means from even steps of lightness."""
    points = values[inside]
    if len(points) < colours:
        return values
    space = points * np.array([1.0, 1.3, 1.3], np.float32)
    order = np.argsort(space[:, 0] + 0.4 * space[:, 1], kind="stable")
    centres = space[order[np.linspace(0, len(order) - 1, colours).astype(int)]].copy()
    for _ in range(_ROUNDS):
        nearest = ((space[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        for each in range(colours):
            members = space[nearest == each]
            if len(members):
                centres[each] = members.mean(axis=0)
    height, width = values.shape[:2]
    tile = np.tile(_BAYER, (height // 4 + 1, width // 4 + 1))[:height, :width]
    wanted = values * np.array([1.0, 1.3, 1.3], np.float32)
    wanted[:, :, 0] += dither * tile
    nearest = ((wanted[:, :, None] - centres[None, None]) ** 2).sum(axis=3).argmin(axis=2)
    chosen = centres[nearest] / np.array([1.0, 1.3, 1.3], np.float32)
    chosen[:, :, 1:] *= 1.25
    return chosen.astype(np.float32)


def _sky(count: int, brief: Brief, more: float) -> Floats:
    """Dusk from the palette's first colour down to its last: alone, with a sun, over hills, or full of stars."""
    tones = lab(np.stack(brief.colours)[None])[0]
    tile = np.tile(_BAYER, (count // 4 + 1, count // 4 + 1))[:count, :count]
    place = np.linspace(0.0, len(tones) - 1.0, count, dtype=np.float32)[:, None] + 0.72 * tile
    sky = tones[np.clip(np.round(place), 0, len(tones) - 1).astype(int)]
    dice = brief.dice()
    x, y = grid(count)
    design = brief.design(4)
    if design == 1:
        sun = np.hypot(x - float(dice.uniform(-0.12, 0.12)), y + 0.08) - more
        sky[sun < 0.82] = tones[-1]
        sky[(sun < 0.82) & (y > 0.1) & (np.arange(count)[:, None] % 4 == 0)] = tones[1]
    elif design == 2:
        for level, tone_of in ((0.05, 2), (0.36, 0)):
            turn, wide = float(dice.uniform(0, 6.3)), float(dice.uniform(3.4, 5.2))
            sky[y > level + 0.16 * np.sin(x * wide + turn)] = tones[tone_of]
    elif design == 3:
        sky[:] = np.where((place < 1.4)[..., None], tones[0], tones[1])
        for across, down in dice.integers(1, count - 1, (count // 2, 2)):
            sky[down, across] = tones[-1]
        for across, down in dice.integers(2, count - 2, (count // 9, 2)):
            sky[down - 1 : down + 2, across] = sky[down, across - 1 : across + 2] = tones[-1]
    return sky
