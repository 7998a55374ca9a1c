"""kill -9 at every named fault point loses nothing, doubles nothing and leaves nothing behind."""

from __future__ import annotations

import random
import time

import pytest

from benchmarks.report import Row
from bot.faults import POINTS
from tests.crash.audit import Verdict
from tests.crash.campaign import Campaign, campaign
from tests.crash.tally import Tally, record

MIGRATION = "mid-migration"
ROUNDS, KILLS = 4, 5
"""Of the long form: so many at each point."""
RUNNING = tuple(point for point in POINTS if point != MIGRATION)


async def kill_at_every_point(war: Campaign, times: int, passes: int) -> Verdict:
    """Each point of the running bot ``times`` times, in turn, at one of its first ``passes`` passes under traffic."""
    await war.start()
    await war.peer.prepare()
    war.peer.bustle(members=12, pause=0.3)
    for _ in range(times):
        for point in RUNNING:
            assert await war.kill_at(point, passes), f"{point} was never passed"
    verdict = await war.judge()
    print(dict(war.kills), f"{war.busy_kills} while jobs were open;", verdict, dict(war.peer.counts))
    assert verdict, str(verdict)
    assert all(war.kills[point] == times for point in RUNNING)
    assert await war.expired() == []
    return verdict


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_by_kills_at_named_points() -> None:
    async with campaign(seed=2, photos=0.4) as war:
        await kill_at_every_point(war, times=1, passes=4)


async def kill_in_migration(seed: int) -> None:
    """The first start of a fresh folder dies while the tables are made; the next one serves."""
    async with campaign(seed, slots=1) as war:
        await war.start(fault=MIGRATION, nth=random.Random(seed).randint(1, 20))
        assert await war.buried() == -9, war.zygote.tail()
        await war.start()
        assert await war.up(), war.zygote.tail()
        await war.peer.prepare()
        war.peer.bustle(members=3, pause=0.05)
        assert await war.peer.quiet(10, lambda: any(wish.queued for wish in war.peer.wishes))
        verdict = await war.judge()
        assert verdict, str(verdict)
        assert verdict.counts["acknowledged"] > 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [3])
async def test_a_kill_in_the_middle_of_the_first_migration_harms_nothing(seed: int) -> None:
    await kill_in_migration(seed)


@pytest.mark.soak
async def test_nothing_is_lost_or_doubled_by_many_kills_at_named_points() -> None:
    began, tally = time.monotonic(), Tally()
    for seed in range(200, 200 + ROUNDS):
        async with campaign(seed, photos=0.4) as war:
            tally.add(war.kills, await kill_at_every_point(war, KILLS, passes=12))
    for seed in range(300, 300 + ROUNDS * KILLS):
        await kill_in_migration(seed)
        tally.kills[MIGRATION] += 1
    fewest = min(tally.kills[point] for point in POINTS)
    record(
        "named points",
        time.monotonic() - began,
        [Row("points", len(POINTS), ""), Row("kills at each, the fewest", fewest, "", ">= 20"), *tally.rows()],
        tally.details(),
    )
