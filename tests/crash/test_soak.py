"""Hundreds of kills, with the figures written down."""

from __future__ import annotations

import random
import time
from collections import Counter
from statistics import quantiles

import pytest

from benchmarks.report import Row, write
from tests.crash.audit import KINDS, Verdict
from tests.crash.campaign import campaign
from tests.crash.test_engine_death import torment
from tests.crash.test_fault_points import MIGRATION, kill_at_every_point, kill_in_migration
from tests.crash.test_kills import kill_in_traffic
from tests.crash.test_mutants import CHARACTER, noticed_after

ROUNDS, KILLS = 6, 42
POINT_ROUNDS, POINT_KILLS = 4, 5
MIGRATIONS = 20


class Tally:
    """Sums over rounds."""

    def __init__(self) -> None:
        self.kills: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()

    def add(self, kills: Counter[str], verdict: Verdict) -> None:
        """One round more."""
        self.kills += kills
        self.counts += verdict.counts
        self.problems += Counter({kind: len(all_) for kind, all_ in verdict.problems.items()})


@pytest.mark.soak
async def test_hundreds_of_kills_lose_nothing_and_every_mistake_is_noticed() -> None:
    began, tally = time.monotonic(), Tally()
    for seed in range(100, 100 + ROUNDS):
        async with campaign(seed) as war:
            tally.add(war.kills, await kill_in_traffic(war, KILLS, pause=1.2))
    random_kills = sum(tally.kills.values()) - tally.kills["chat while starting"]
    for seed in range(200, 200 + POINT_ROUNDS):
        async with campaign(seed, photos=0.4) as war:
            tally.add(war.kills, await kill_at_every_point(war, POINT_KILLS, passes=12))
    for seed in range(300, 300 + MIGRATIONS):
        await kill_in_migration(seed)
        tally.kills[MIGRATION] += 1
    async with campaign(seed=400) as war:
        await war.start()
        assert await war.up()
        await war.peer.prepare()
        war.peer.bustle(members=12, pause=0.4)
        await torment(war, 30.0, random.Random(400))
        p99 = quantiles(war.peer.seconds, n=100)[98]
        verdict = await war.judge()
        assert verdict, str(verdict)
        tally.add(war.kills, verdict)
    noticed = {mutant: await noticed_after(mutant) for mutant in CHARACTER}
    write(
        "crash",
        "make soak ARGS=tests/crash",
        [
            Row("kills at random moments", random_kills, "", ">= 200"),
            Row("kills at each named point, the least", min(_at_points(tally.kills).values()), "", ">= 20"),
            Row("acknowledged jobs", tally.counts["acknowledged"], ""),
            *(Row(kind, tally.problems[kind], "", "< 1") for kind in KINDS),
            Row("mistakes made on purpose and noticed", len(noticed), f"of {len(CHARACTER)}", f">= {len(CHARACTER)}"),
            Row("acknowledgement while engines die, p99", p99 * 1000, "ms"),
            Row("wall time", time.monotonic() - began, "s"),
        ],
        {"kills": dict(tally.kills), "jobs": dict(tally.counts), "kills until a mistake was noticed": noticed},
    )
    assert random_kills >= 200
    assert min(_at_points(tally.kills).values()) >= 20
    assert not tally.problems.total()


def _at_points(kills: Counter[str]) -> dict[str, int]:
    return {point: count for point, count in kills.items() if "-" in point}
