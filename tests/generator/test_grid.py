"""Several pictures as one."""

from __future__ import annotations

import numpy as np
import pytest

from generator.grid import NOTHING, grid

SHADES = (40, 90, 140, 190)


def shade(number: int, side: int = 200) -> np.ndarray:
    return np.full((side, side, 3), SHADES[number], np.uint8)


@pytest.mark.parametrize(("count", "shape"), [(2, (200, 403, 3)), (3, (403, 403, 3)), (4, (403, 403, 3))])
def test_each_picture_has_its_place_and_a_number_that_hides_only_a_corner(
    count: int, shape: tuple[int, int, int]
) -> None:
    whole = grid([shade(number) for number in range(count)])
    assert whole.shape == shape
    corners: list[bytes] = []
    for number in range(count):
        row, column = divmod(number, 2)
        tile = whole[row * 203 : row * 203 + 200, column * 203 : column * 203 + 200]
        assert (tile[38:] == SHADES[number]).all()
        assert (tile[:, 38:] == SHADES[number]).all()
        badge = tile[4:34, 4:34]
        assert badge.max() == 255, "chalk"
        assert badge.min() < 40, "ink"
        corners.append((badge > 128).tobytes())
    assert len(set(corners)) == count


def test_a_place_without_a_picture_stays_empty_and_the_others_keep_theirs() -> None:
    pictures = [shade(number) for number in range(4)]
    full, lacking = grid(pictures), grid([None, *pictures[1:]]).copy()
    assert (lacking[:200, :200] == NOTHING).all()
    lacking[:200, :200] = full[:200, :200]
    assert (lacking == full).all()


@pytest.mark.parametrize("side", [64, 101, 640, 1024])
@pytest.mark.parametrize("longest", [192, 256, 1024])
def test_no_grid_is_longer_than_it_may_be_and_no_tile_larger_than_its_picture(side: int, longest: int) -> None:
    wide = grid([shade(0, side), shade(1, side)], longest)
    assert wide.shape[1] <= min(longest, 2 * side + max(2, side // 32))
    assert wide.shape[1] == longest or side * 2 < longest or longest - wide.shape[1] <= 2
    alone = grid([shade(0, side)], longest)
    assert alone.shape == (min(side, longest),) * 2 + (3,)
    assert (alone == SHADES[0]).all()
