"""kill -9 at random moments of real traffic loses nothing, doubles nothing and leaves nothing behind."""

from __future__ import annotations

import time

import pytest

from benchmarks.report import Row
from tests.crash.audit import Verdict
from tests.crash.campaign import Campaign, campaign
from tests.crash.tally import Tally, record

ROUNDS, KILLS = 6, 42


async def kill_in_traffic(war: Campaign, times: int, pause: float) -> Verdict:
    """A whole round: traffic, ``times`` kills, and what is left afterwards."""
    await war.start()
    await war.peer.prepare()
    war.peer.bustle(members=12, pause=0.4)
    await war.kill_at_random(times, pause)
    verdict = await war.judge()
    print(dict(war.kills), f"{war.busy_kills} while jobs were open;", verdict, dict(war.peer.counts))
    assert verdict, str(verdict)
    assert war.busy_kills > times // 2
    assert verdict.counts["acknowledged"] > times
    assert await war.expired() == []
    return verdict


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_by_kills_at_random_moments() -> None:
    async with campaign(seed=1) as war:
        await kill_in_traffic(war, times=15, pause=0.7)


@pytest.mark.soak
async def test_nothing_is_lost_or_doubled_by_hundreds_of_kills_at_random_moments() -> None:
    began, tally, times = time.monotonic(), Tally(), 0
    for seed in range(100, 100 + ROUNDS):
        async with campaign(seed) as war:
            tally.add(war.kills, await kill_in_traffic(war, KILLS, pause=1.2))
            times += KILLS
    record(
        "random moments",
        time.monotonic() - began,
        [Row("kills", times, "", ">= 200"), *tally.rows()],
        tally.details(),
    )
