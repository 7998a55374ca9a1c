"""Days, what is left, and which limit holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.quotas import MS_PER_DAY, daily_limit, day_of, hours_to_next_day, left, ms_to_next_day

times = st.integers(min_value=0, max_value=10**14)


@given(times)
def test_the_next_day_begins_exactly_when_it_was_said_to(at: int) -> None:
    wait = ms_to_next_day(at)
    assert 1 <= wait <= MS_PER_DAY
    assert day_of(at + wait) == day_of(at) + 1
    assert day_of(at + wait - 1) == day_of(at)


@given(times)
def test_the_hours_told_are_never_too_few(at: int) -> None:
    hours = hours_to_next_day(at)
    assert 1 <= hours <= 24
    assert (hours - 1) * 3_600_000 < ms_to_next_day(at) <= hours * 3_600_000


@given(st.integers(0, 100), st.integers(0, 100))
def test_what_is_left_is_never_negative(daily: int, used: int) -> None:
    assert left(daily, used) == (daily - used if used < daily else 0)


def test_a_moderators_lower_limit_wins() -> None:
    assert (daily_limit(20, None), daily_limit(20, 5), daily_limit(5, 20)) == (20, 5, 5)
