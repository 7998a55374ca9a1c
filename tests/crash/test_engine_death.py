"""Engines that die or freeze in the middle of a picture delay nobody's acknowledgement and lose no job."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from statistics import quantiles

import psutil
import pytest

from tests.crash.campaign import Campaign, campaign


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


@pytest.mark.timeout(300)
async def test_acknowledgements_go_on_while_engines_die_and_freeze() -> None:
    async with campaign(seed=6) as war:
        await war.start()
        assert await war.up()
        await war.peer.prepare()
        war.peer.bustle(members=12, pause=0.4)
        await torment(war, 4.0, random.Random(6))
        p99 = quantiles(war.peer.seconds, n=100)[98]
        answered = len(war.peer.seconds)
        verdict = await war.judge()
        print(dict(war.kills), f"{answered} answers, p99 {p99 * 1000:.0f} ms", verdict)
        assert verdict, str(verdict)
        assert len(war.pids) == 2, "the chat process died of its engines"
        assert verdict.counts["done"] > 5
        assert answered > 100
        # Photos are decoded in a child of their own, on the same two cores as everything else here.
        assert p99 < 1.0
