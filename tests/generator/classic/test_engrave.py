"""Banknotes: lines that swell, lathe work, and skin that is drawn in lines of one direction."""

from __future__ import annotations

import numpy as np
import pytest

from generator.classic.engrave import paint_engrave
from generator.classic.ruling import contoured, hatched
from tests.generator.classic.people import alike, cheeks, liveliness, unlike_each_other

PALETTE = ("#f0f2ee", "#c6d8ee", "#14264f", "#5a86c6")


@pytest.mark.parametrize("period", [3.0, 7.3])
@pytest.mark.parametrize("coverage", [0.04, 0.3, 0.75])
def test_hatching_covers_as_much_paper_as_it_is_told(period: float, coverage: float) -> None:
    rows, columns = np.mgrid[0:210, 0:210].astype(np.float32)
    ink = hatched((0.8 * rows + 0.6 * columns) / period, coverage)
    assert abs(float(ink.mean()) - coverage) < 0.03


def test_a_contour_is_as_wide_on_a_slope_as_in_a_plain() -> None:
    height = np.cumsum(np.linspace(0.02, 0.2, 200, dtype=np.float32))[None].repeat(9, 0)
    ink = contoured(height, 2.0)[4, 2:-2]
    lines = np.round(height[4, 2:-2]).astype(int)
    widths = [float(ink[lines == level].sum()) for level in range(2, int(lines.max()) - 1)]
    assert len(widths) > 10
    assert max(widths) - min(widths) < 0.5


def test_every_face_reads_and_deeper_skin_is_darker() -> None:
    found = liveliness(paint_engrave, PALETTE)
    assert min(found) >= 0.6 * max(found)
    lightness = cheeks(paint_engrave, PALETTE)
    assert lightness == sorted(lightness, reverse=True)


def test_a_small_picture_looks_like_a_large_one() -> None:
    assert alike(paint_engrave, PALETTE) < 0.09


def test_four_attempts_bring_four_kinds_of_lathe_work() -> None:
    assert unlike_each_other(paint_engrave, PALETTE, 4) > 0.01
