"""Finds the outline of head and shoulders: one line across rays that leave face and neck, believed, then chosen.

The numbers below were found by search on the composites of ``benchmarks/mattes.py``; they belong together.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from generator.classic.colour import Floats
from generator.classic.rim import crossed

STEP = 0.026
"""Distance of the samples on a ray, in face sizes."""
_SAMPLES = 74
_FAN = 76
"""Rays of the half circle over the head."""
_ROWS = 66
"""Level rays on either side below it."""
_ROW = 1.1 * STEP
"""Distance of the level rays, in face sizes."""
_AXIS = -0.08
"""Where the fan stands, in face sizes below the middle of the face."""

_COLOURS = 26
_ALIKE = 7.0
"""Distance in Lab at which two colours may still be one."""
_HEATS = (3.6, 2.7, 0.46, 1.0)
"""Temperatures of the rounds: first every outline that is not absurd has a say, then only the best."""
_BIAS = 1.78
"""Log-odds by which the first guess is too wide: what stays outside it is backdrop for sure."""
_PLACE, _CROWN, _CROSSED, _ALONE, _LEANING = 0.847, 0.283, 0.1, 0.104, 0.363
"""Weights of place, crown, edges on the way and the other side of the face; odds of what nothing is known about."""
_INSIDE, _EDGE, _JUMP, _FARTHEST_JUMP = 0.302, 7.42, 0.5, 17.0
"""What an outline gains by each unit of log-odds inside it and by a full edge under it, what it loses by each sample
that it jumps from ray to ray, and the most it can lose so."""
_SHARED = 0.332
"""How much the colours of the whole picture count beside those of the same and neighbouring rays."""
_SPREAD_INSIDE, _SPREAD_OUTSIDE = 14.0, 9.0
"""How many rays are neighbours."""
_RIM_SIDE = 96
"""Pixels at which ways from the rim of the photo are measured."""
_SLACK = 2.3
"""Steps in Lab that count for nothing on them."""
_RIM, _RIM_HELD, _RIM_SURE, _CALM = 0.3, 0.47, 1.2, 10.0
"""Weight of the way from the rim; share of it where it speaks for the person; how many times more it counts for head and
chest where nothing else than they stands in it, and what crossing may sum up to there."""
_NECK = 0.328
"""Log-odds against what stands beside the neck: long hair has its colour to speak for it."""
_SHOULDERS, _OTHER_SHOULDER = 0.85, 0.75
"""From here down, in face sizes, a body grows no narrower, nor is one half of it much narrower than the other."""


@dataclass(frozen=True, slots=True)
class Rays:
    """Rays around a face: a fan over the head, then level ones from its axis down to the shoulders.

    They go from the lower left over the top to the lower right, so that the reverse is the mirror image. All fields are
    float32 (rays, samples).
    """

    x: Floats
    """Samples in pixels of the picture."""
    y: Floats
    right: Floats
    """Samples in face sizes from the middle of the face."""
    down: Floats


def rays_around(x: float, y: float, size: float) -> Rays:
    """Rays around a face box at (x, y) with ``size``, in pixels."""
    heights = np.arange(_ROWS, 0, -1, dtype=np.float32) * _ROW
    angles = np.linspace(-np.pi, 0, _FAN, dtype=np.float32)
    level = np.zeros(_ROWS, np.float32)
    reach = (np.arange(_SAMPLES, dtype=np.float32) + 0.5) * STEP
    ways_x = np.concatenate([level - 1, np.cos(angles), level + 1])
    ways_y = np.concatenate([level, np.sin(angles), level])
    starts = np.concatenate([heights, np.zeros(_FAN, np.float32), heights[::-1]])
    right = ways_x[:, None] * reach
    down = _AXIS + starts[:, None] + ways_y[:, None] * reach
    return Rays(x + size * right, y + size * down, right, down)


def outline(lab_image: Floats, valid: Floats, others: Floats, rays: Rays) -> Floats:
    """Where the person ends on each ray: how many of its samples are inside, (rays,).

    ``lab_image`` Lab (side, side, 3), ``valid`` (side, side), 1 where the photo has pixels, ``others`` (side, side), 1
    where somebody else's head is. Colours of inside and outside are
    learned and outlines weighed in turns, as in deterministic annealing; the last outline is the cheapest of all.
    """
    colours = cv2.remap(lab_image, rays.x, rays.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # What lies beyond the photo repeats its rim and proves little.
    weight = 0.2 + 0.8 * cv2.remap(valid, rays.x, rays.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    palette = _Palette(colours, weight)
    edge = _edges(colours)
    elsewhere = cv2.remap(others, rays.x, rays.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    by_place = np.minimum(_prior(rays), 5 - 10 * elsewhere)
    crossed = np.minimum(np.cumsum(np.minimum(edge, 1), axis=1), 6)
    fixed = (
        _RIM * _from_rim(lab_image, valid, rays)
        + _PLACE * by_place
        + _CROWN * palette.crown(rays)
        - _CROSSED * crossed
        + _LEANING
    )
    held = 1 / (1 + np.exp(-by_place - _BIAS))
    for heat in _HEATS:
        held = _believed(fixed + palette.odds(held), edge, heat)
    return _broadened(_chosen(fixed + palette.odds(held), edge), rays)


def filled(ends: Floats, x: float, y: float, size: float, side: int) -> Floats:
    """The inside of an outline as (side, side), 0 … 1, soft over about a pixel; face box as in ``rays_around``."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    right, down = (columns - x) / size, (rows - y) / size - _AXIS
    upper = _ROWS + (np.arctan2(down, right) / np.pi + 1) * (_FAN - 1)
    depth = np.minimum(down / _ROW, _ROWS)
    lower = np.where(right < 0, _ROWS - depth, _ROWS + _FAN - 1 + depth)
    place = np.where(down < 0, upper, lower)
    length = np.interp(place.ravel(), np.arange(len(ends)), ends).reshape(side, side)
    distance = np.where(down < 0, np.hypot(right, down), np.abs(right)) / STEP
    return np.clip((length - distance) * STEP * size + 0.5, 0, 1).astype(np.float32)


def _prior(rays: Rays) -> Floats:
    """Log-odds of being the person by place alone, (rays, samples): sure in face, neck and chest, open around."""
    right, down = np.abs(rays.right), rays.down
    face = 1 - np.hypot(right / 0.5, (down + 0.02) / 0.7)
    neck = np.minimum(0.152 - right, down - 0.3) / 0.3
    chest = np.minimum(0.2 + 0.75 * np.sqrt(np.clip((down - 0.7) / 0.5, 0, 1)) - right, down - 0.8) / 0.4
    inside = np.maximum(np.maximum(face, neck), chest)
    hair = np.hypot(right / 1.05, (down + 0.2) / 0.99) - 1
    wide = right / 1.57 - 1 - 0.95 * np.clip((down - 0.4) / 0.5, 0, 1)
    outside = np.maximum(np.where(down < 0.25, hair, wide), 0)
    odds = np.where(inside > 0, np.clip(12 * inside, 0, 5), 0.044 - np.clip(2.3 * outside, 0, 3))
    beside = np.clip((right - 0.42) / 0.1, 0, 1) * np.clip((0.25 - np.abs(down - 0.344)) / 0.12, 0, 1)
    return (odds - _NECK * beside).astype(np.float32)


def _from_rim(lab_image: Floats, valid: Floats, rays: Rays) -> Floats:
    """How much the way from the rim of the photo speaks for a sample, about -1 … 1; (rays, samples).

    What is reached without crossing an edge is backdrop. What is not may be anything that stands before it: so the
    usual of the far backdrop is the measure, and where that is calm, hair and clothes of any colour stand out.
    """
    scale = _RIM_SIDE / len(lab_image)
    small, there = (cv2.resize(each, (_RIM_SIDE,) * 2, interpolation=cv2.INTER_AREA) for each in (lab_image, valid))
    middle, across = rays.x[_ROWS + _FAN // 2, 0], float(np.ptp(rays.x[0]) / np.ptp(rays.right[0]))
    rows, columns = np.mgrid[0:_RIM_SIDE, 0:_RIM_SIDE].astype(np.float32) / scale
    right, down = (columns - middle) / across, (rows - rays.y[0, 0]) / across + rays.down[0, 0]
    rim = (there < 0.5) | (columns == 0) | (columns == columns.max()) | (rows == 0)
    rim &= (down < 0.35) & (np.hypot(right / 1.5, (down + 0.2) / 1.4) > 1)
    sums = crossed(small, rim, _SLACK)
    sums = cv2.remap(
        sums, (rays.x + 0.5) * scale - 0.5, (rays.y + 0.5) * scale - 0.5, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
    )
    far = sums[(rays.down < 0.25) & (np.hypot(rays.right / 1.05, (rays.down + 0.2) / 0.99) > 1)]
    usual, most = np.quantile(far, (0.58, 0.9))
    speaks = np.tanh((sums - 2.78 - 0.91 * usual) / (3.8 + 0.3 * usual))
    alone = np.clip((-0.1 - rays.down) / 0.3, 0, 1) + np.clip((rays.down - 0.8) / 0.2, 0, 1)
    sure = 1 + _RIM_SURE * np.exp(-most / _CALM) * alone
    return (np.where(speaks > 0, _RIM_HELD, 1) * speaks * sure).astype(np.float32)


def _broadened(ends: Floats, rays: Rays) -> Floats:
    """An outline with whole shoulders."""
    count = int((rays.down[:_ROWS, 0] > _SHOULDERS).sum())
    ends = ends.copy()
    left, right = ends[:count][::-1], ends[-count:]
    for half in (left, right):
        np.maximum.accumulate(half, out=half)
    other = _OTHER_SHOULDER * left
    np.maximum(left, _OTHER_SHOULDER * right, out=left)
    np.maximum(right, other, out=right)
    return ends


def _edges(colours: Floats) -> Floats:
    """How much the colour changes just before each sample along its ray, 0 … 1.5."""
    edge = np.zeros(colours.shape[:2], np.float32)
    change = colours[:, 2:-1] + colours[:, 3:] - colours[:, :-3] - colours[:, 1:-2]
    edge[:, 2:-1] = np.minimum(np.sqrt((change * change).sum(axis=2)) / 24, 1.5)
    return edge


class _Palette:
    """The few colours that the samples have, and where they are seen."""

    def __init__(self, colours: Floats, weight: Floats) -> None:
        """``colours`` Lab (rays, samples, 3); ``weight`` (rays, samples): what a sample proves."""
        flat = colours.reshape(-1, 3) * np.array([0.8, 1.15, 1.15], np.float32)
        criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 8, 1.0)
        cv2.setRNGSeed(0)
        chosen = np.ascontiguousarray(flat[::7])
        _, _, centres = cv2.kmeans(chosen, _COLOURS, None, criteria, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
        far = (centres**2).sum(axis=1) - 2 * flat @ centres.T
        self._rows = np.arange(len(colours))[:, None]
        self._labels = far.argmin(axis=1).reshape(colours.shape[:2])
        self._index = (self._rows * _COLOURS + self._labels).ravel()
        self._weight = weight
        apart = ((centres[:, None] - centres[None]) ** 2).sum(axis=2)
        near = np.exp(-apart / (2 * _ALIKE**2)).astype(np.float32)
        self._near = near / near.sum(axis=1, keepdims=True)

    def odds(self, held: Floats) -> Floats:
        """Log-odds of being inside by colour, and by the mirror image, if ``held`` is the chance of it so far."""
        mine = self._shares(self._seen(self._weight * held), _SPREAD_INSIDE) + 0.0027
        other = self._shares(self._seen(self._weight * (1 - held)), _SPREAD_OUTSIDE) + 0.0027
        by_colour = np.clip(np.log(mine / other), -3, 3)[self._rows, self._labels]
        mirror = held[::-1]
        return by_colour + _ALONE * np.clip(np.log((mirror + 0.02) / (1.02 - mirror)), -3, 0)

    def crown(self, rays: Rays) -> Floats:
        """Log-odds of the colours above the brow, which hair and hats have, against those far out on the same side."""
        crown = (np.abs(rays.right) < 0.3) & (rays.down < -0.45) & (rays.down > -0.66)
        there = self._seen(crown.astype(np.float32)).sum(axis=0, keepdims=True)
        far = self._seen(self._weight * (np.arange(_SAMPLES) > 42))
        away = _along(far, _SPREAD_OUTSIDE) + 0.15 * far.mean(axis=0, keepdims=True)
        mine, other = ((each / (each.sum(axis=1, keepdims=True) + 1e-3)) @ self._near + 0.004 for each in (there, away))
        return np.clip(np.log(mine / other), -2.8, 2.8)[self._rows, self._labels]

    def _seen(self, weight: Floats) -> Floats:
        """How much of each colour there is on each ray, (rays, colours)."""
        size = len(self._rows)
        counted = np.bincount(self._index, weight.ravel(), size * _COLOURS)
        return counted.reshape(size, _COLOURS).astype(np.float32)

    def _shares(self, seen: Floats, spread: float) -> Floats:
        """Share of each colour around each ray, (rays, colours)."""
        local, whole = _along(seen, spread), seen.sum(axis=0)
        local = local / (local.sum(axis=1, keepdims=True) + 1e-3)
        return ((1 - _SHARED) * local + _SHARED * whole / (whole.sum() + 1e-3)) @ self._near


def _along(table: Floats, spread: float) -> Floats:
    """``table`` (rays, …) blurred over neighbouring rays."""
    kernel = cv2.getGaussianKernel(2 * int(2.5 * spread) + 1, spread, cv2.CV_32F)
    return cv2.sepFilter2D(table, cv2.CV_32F, np.ones((1, 1), np.float32), kernel, borderType=cv2.BORDER_REFLECT)


def _gain(odds: Floats, edge: Floats) -> Floats:
    """What an outline gains on each ray by ending before each sample."""
    return _INSIDE * (np.cumsum(odds, axis=1) - odds) + _EDGE * edge


def _believed(odds: Floats, edge: Floats, heat: float) -> Floats:
    """Chance of each sample to be inside, over all outlines weighed by what they gain: forward and backward sums."""
    gain = _gain(odds, edge) / heat
    force = np.exp(gain - gain.max(axis=1, keepdims=True)) + 1e-12
    number = np.arange(_SAMPLES, dtype=np.float32)
    kernel = np.exp(-np.minimum(_JUMP * np.abs(number[:, None] - number), _FARTHEST_JUMP) / heat)
    before, after = np.empty_like(force), np.empty_like(force)
    # The sums of both directions stand side by side; the way back goes over the reversed rays.
    state = np.stack([force[0], force[-1]])
    last = len(force) - 1
    before[0], after[last] = force[0], 1
    for ray in range(1, last + 1):
        carried = state @ kernel
        carried /= carried.sum(axis=1, keepdims=True)
        after[last - ray] = carried[1]
        state = carried * (force[ray], force[last - ray])
        before[ray] = state[0]
    share = before * after
    share /= share.sum(axis=1, keepdims=True)
    return (1 - np.cumsum(share, axis=1)).astype(np.float32)


def _chosen(odds: Floats, edge: Floats) -> Floats:
    """The outline that gains most, by dynamic programming from ray to ray."""
    cost = -_gain(odds, edge)
    number = np.arange(_SAMPLES, dtype=np.float32)
    jumps = _JUMP * number
    best = np.empty_like(cost)
    best[0] = cost[0]
    for ray in range(1, len(cost)):
        last = best[ray - 1]
        outward = np.minimum.accumulate(last - jumps) + jumps
        inward = np.minimum.accumulate((last + jumps)[::-1])[::-1] - jumps
        best[ray] = cost[ray] + np.minimum(np.minimum(outward, inward), last.min() + _FARTHEST_JUMP)
    ends = np.empty(len(cost), np.float32)
    ends[-1] = best[-1].argmin()
    for ray in range(len(cost) - 1, 0, -1):
        ends[ray - 1] = (best[ray - 1] + np.minimum(_JUMP * np.abs(number - ends[ray]), _FARTHEST_JUMP)).argmin()
    return ends
