"""What tests must know of the machine that runs them: how busy it is, and whether a day is about to end there."""

from __future__ import annotations

import asyncio
import time

SAMPLE_SECONDS = 0.03
LAST_SECONDS = 25.0
DAY = 86_400


def slowdown() -> float:
    """How many times longer than alone everything takes here just now, because others want the processor, too."""
    began, own = time.perf_counter(), time.thread_time()
    while (took := time.thread_time() - own) < SAMPLE_SECONDS:
        pass
    return max(1.0, (time.perf_counter() - began) / took)


async def not_at_midnight() -> None:
    """Limits count UTC days by the machine's own clock: nobody begins to count in the last seconds of one."""
    left = DAY - time.time() % DAY
    if left < LAST_SECONDS:
        await asyncio.sleep(left + 0.1)
