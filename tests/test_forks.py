"""Forks are processes like any other."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.forks import Forks

PROGRAM = f"{__name__}:main"


def main() -> int:
    """What is forked: tell which files are open, and end like no other program."""
    print(*(number for number in range(64) if Path(f"/proc/self/fd/{number}").exists()))
    return 7


@pytest.fixture
def forks() -> Iterator[Forks]:
    with closing(Forks()) as one:
        yield one


async def test_a_fork_has_its_streams_and_nothing_of_those_beside_it(forks: Forks) -> None:
    errors = os.open(os.devnull, os.O_WRONLY)
    try:
        async with asyncio.timeout(20):
            beside = [await forks.start((), {}, errors, "signal:pause") for _ in range(2)]
            fork = await forks.start((), {}, errors, PROGRAM)
            assert await fork.stdout.read() == b"0 1 2\n"
            assert await fork.wait() == 7
            for each in beside:
                each.send_signal(signal.SIGKILL)
                assert await each.wait() == -signal.SIGKILL
    finally:
        os.close(errors)


async def test_whoever_goes_before_the_answer_takes_nobody_along(forks: Forks) -> None:
    errors = os.open(os.devnull, os.O_WRONLY)
    try:
        async with asyncio.timeout(20):
            beside = await forks.start((), {}, errors, "signal:pause")
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0):
                        await forks.start((), {}, errors, PROGRAM)
            fork = await forks.start((), {}, errors, PROGRAM)
            assert await fork.wait() == 7
            assert beside.returncode is None
            beside.send_signal(signal.SIGTERM)
            assert await beside.wait() == -signal.SIGTERM
    finally:
        os.close(errors)
