"""Heads cut out of made pictures, where every pixel is known to be head or backdrop."""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.mattes import composites, fault, ours
from generator.classic.outline import filled, rays_around
from generator.classic.rim import crossed

CHOSEN = (27, 63, 84)
"""An afro in dim light, a wide hat in a room, long hair in the open; what the colours of a face alone cut away."""


def test_heads_are_cut_out_whole_and_without_scraps() -> None:
    faults = [fault(each, ours(each)) for each in composites(CHOSEN)]
    assert statistics.fmean(each.boundary for each in faults) < 4, faults
    assert max(each.scraps for each in faults) < 0.01, faults
    assert max(each.bites for each in faults) < 0.08, faults


def test_hair_of_a_colour_that_the_backdrop_has_too_is_told_by_the_way_from_the_rim() -> None:
    """A brown afro before brown leaves; by colours and edges alone a fifth of the head is lost."""
    (composite,) = composites([75])
    found = fault(composite, ours(composite))
    assert found.boundary < 10, found
    assert found.bites < 0.08, found
    assert found.scraps < 0.02, found


def test_the_way_from_the_rim_goes_around_walls_and_over_what_is_gentle() -> None:
    ramp = np.repeat(np.arange(40, dtype=np.float32)[None, :], 40, axis=0)
    picture = np.dstack([ramp, np.zeros_like(ramp), np.zeros_like(ramp)])
    picture[10:30, 10], picture[10:30, 29], picture[10, 10:30], picture[29, 10:30] = 90, 90, 90, 90
    rim = np.ones((40, 40), bool)
    rim[1:-1, 1:-1] = False
    closed = crossed(picture, rim, 2)
    assert closed[5, 20] == 0
    assert closed[20, 20] > 50
    picture[20, 10] = picture[20, 9]
    opened = crossed(picture, rim, 2)
    assert opened[20, 20] == 0
    assert crossed(picture, np.zeros_like(rim), 2).min() >= 1e4


def test_an_outline_covers_what_it_holds() -> None:
    rays = rays_around(96, 90, 50)
    ends = (np.hypot(rays.right, rays.down + 0.08) < 0.6).sum(axis=1).astype(np.float32)
    mask = filled(ends, 96, 90, 50, 192)
    rows, columns = np.mgrid[0:192, 0:192]
    head = np.hypot(columns - 96, rows - 86) < 30
    assert np.abs((mask > 0.5)[:86] ^ head[:86]).sum() < 40
