"""How busy the machine is that runs the tests."""

from __future__ import annotations

import time

SAMPLE_SECONDS = 0.03


def slowdown() -> float:
    """How many times longer than alone everything takes here just now, because others want the processor, too."""
    began, own = time.perf_counter(), time.thread_time()
    while (took := time.thread_time() - own) < SAMPLE_SECONDS:
        pass
    return max(1.0, (time.perf_counter() - began) / took)
