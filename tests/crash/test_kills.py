"""kill -9 at random moments of real traffic loses nothing, doubles nothing and leaves nothing behind."""

from __future__ import annotations

import pytest

from tests.crash.audit import Verdict
from tests.crash.campaign import Campaign, campaign


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
        await kill_in_traffic(war, times=25, pause=0.7)
