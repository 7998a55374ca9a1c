"""Engines that die or freeze in the middle of a picture delay nobody's acknowledgement and lose no job."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from statistics import quantiles

import psutil
import pytest

from benchmarks.report import Row
from tests.busy import slowdown
from tests.crash.audit import Verdict
from tests.crash.campaign import Campaign, campaign
from tests.crash.tally import Tally, record


async def torment(war: Campaign, seconds: float, dice: random.Random) -> None:
    """Kill or freeze an engine, now and then all of them, while calls go on."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        await asyncio.sleep(dice.uniform(0.1, 0.5))
        engines = war.engines()
        for engine in engines if dice.random() < 0.2 else engines[:1]:
            blow = dice.choice((signal.SIGKILL, signal.SIGSTOP))
            with contextlib.suppress(psutil.NoSuchProcess):
                engine.send_signal(blow)
                war.kills[blow.name] += 1


async def acknowledged_meanwhile(war: Campaign, seconds: float, seed: int) -> tuple[float, Verdict]:
    """99th percentile of acknowledgements in seconds while engines suffer, and what the audit says afterwards."""
    await war.start()
    assert await war.up()
    await war.peer.prepare()
    war.peer.bustle(members=12, pause=0.4)
    await torment(war, seconds, random.Random(seed))
    await war.peer.quiet(30, lambda: len(war.peer.seconds) > 10 * seconds)
    p99, answered = quantiles(war.peer.seconds, n=100)[98], len(war.peer.seconds)
    verdict = await war.judge()
    print(dict(war.kills), f"{answered} answers, p99 {p99 * 1000:.0f} ms", verdict)
    assert verdict, str(verdict)
    assert len(war.pids) == 2, "the chat process died of its engines"
    assert verdict.counts["done"] > seconds
    assert answered > 10 * seconds
    return p99, verdict


@pytest.mark.timeout(300)
async def test_acknowledgements_go_on_while_engines_die_and_freeze() -> None:
    async with campaign(seed=6) as war:
        p99, _ = await acknowledged_meanwhile(war, 3.0, seed=6)
        # Photos are decoded in a child of their own, on the same two cores as everything else here.
        assert p99 < 2.0 * slowdown()


@pytest.mark.soak
async def test_acknowledgements_go_on_while_many_engines_die_and_freeze() -> None:
    began, tally = time.monotonic(), Tally()
    async with campaign(seed=400) as war:
        p99, verdict = await acknowledged_meanwhile(war, 30.0, seed=400)
        tally.add(war.kills, verdict)
    deaths = Row("engines killed or frozen", tally.kills.total(), "")
    acknowledged = Row("acknowledgement, p99", round(p99 * 1000, 1), "ms")
    record("engines", time.monotonic() - began, [deaths, acknowledged, *tally.rows()], tally.details())
