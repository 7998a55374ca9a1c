"""The four levels of the likeness dial."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import likeness
from bot.errors import BadArgument
from generator.engine import DEFAULT_LIKENESS, LIKENESS_RANGE

scale = st.integers(*LIKENESS_RANGE)


@given(scale)
def test_up_and_down_move_one_level_and_stop_at_the_ends(value: int) -> None:
    levels = sorted(likeness.LEVELS.values())
    assert likeness.stronger(value) == next((level for level in levels if level > value), levels[-1])
    assert likeness.weaker(value) == max([0, *(level for level in levels if level < value)])


@given(scale)
def test_a_ceiling_allows_nothing_above_it_and_always_a_figure(ceiling: int) -> None:
    allowed = likeness.within(ceiling)
    assert allowed[0] == "none"
    assert all(likeness.LEVELS[level] <= ceiling for level in allowed)
    assert (ceiling != likeness.NO_CEILING) or allowed == tuple(likeness.LEVELS)


@given(scale)
def test_every_likeness_has_a_name_and_a_level_names_itself(value: int) -> None:
    assert likeness.nearest(value) in likeness.LEVELS
    for level, exact in likeness.LEVELS.items():
        assert likeness.nearest(exact) == level
        assert likeness.of_level(level) == exact


def test_the_default_is_one_of_the_levels() -> None:
    assert DEFAULT_LIKENESS in likeness.LEVELS.values()


def test_a_level_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadArgument):
        likeness.of_level("very")
