"""Heads cut out of made pictures, where every pixel is known to be head or backdrop."""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.mattes import composites, fault, ours
from generator.classic.outline import filled, rays_around

CHOSEN = (27, 63, 84)
"""An afro in dim light, a wide hat in a room, long hair in the open; what the colours of a face alone cut away."""


def test_heads_are_cut_out_whole_and_without_scraps() -> None:
    faults = [fault(each, ours(each)) for each in composites(CHOSEN)]
    assert statistics.fmean(each.boundary for each in faults) < 4, faults
    assert max(each.scraps for each in faults) < 0.01, faults
    assert max(each.bites for each in faults) < 0.08, faults


def test_an_outline_covers_what_it_holds() -> None:
    rays = rays_around(96, 90, 50)
    ends = (np.hypot(rays.right, rays.down + 0.08) < 0.6).sum(axis=1).astype(np.float32)
    mask = filled(ends, 96, 90, 50, 192)
    rows, columns = np.mgrid[0:192, 0:192]
    head = np.hypot(columns - 96, rows - 86) < 30
    assert np.abs((mask > 0.5)[:86] ^ head[:86]).sum() < 40
