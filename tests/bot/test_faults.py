"""A fault point kills when armed, and costs nothing when not."""

from __future__ import annotations

import signal

import pytest

from bot import faults
from tests.bot.storage import child


def test_an_armed_point_kills_at_the_nth_pass() -> None:
    def work() -> None:
        faults.arm("after-claim", 3)
        faults.fault("after-claim")
        faults.fault("after-finish-commit")
        faults.fault("after-claim")
        faults.fault("after-claim")

    assert child.run(work) == -signal.SIGKILL


def test_nothing_happens_unarmed() -> None:
    for name in faults.POINTS:
        faults.fault(name)


def test_a_misspelt_point_is_refused() -> None:
    with pytest.raises(ValueError, match="after-clam"):
        faults.arm("after-clam")
