"""The audit notices known mistakes, so that its silence means something."""

from __future__ import annotations

import time

import pytest

from benchmarks.report import Row
from tests.crash.audit import Verdict
from tests.crash.campaign import campaign
from tests.crash.mutants import EXPOSED_BY, HARMLESS, MUTANTS
from tests.crash.tally import record

AT_MOST = 12
"""Kills until a mutant must be noticed."""
CHARACTER = {
    "no recovery at start": "lost",
    "finish in two transactions": "lost",
    "answer before commit": "lost",
    "delivered before show": "lost",
    "no fencing": "charged wrongly",
    "a redelivered call is a new one": "doubled",
    "a failed job is charged": "charged wrongly",
    "nothing is erased": "left behind",
    "pictures mixed up": "wrong picture",
}
"""What the audit must say of each."""
ABOUT_CANCELS = ("no fencing", "a worker that is not told of cancels")
QUICK = ("no recovery at start", "finish in two transactions", "answer before commit")


async def live_with(mutant: str, seed: int, kills: int, photos: float = 0.2, patience: float = 4.0) -> Verdict:
    """What the audit says after ``kills`` kills of a mutated chat process."""
    async with campaign(seed, mutant=mutant, photos=photos) as war:
        await war.start()
        await war.peer.prepare()
        war.peer.bustle(members=12, pause=0.3)
        if mutant in ABOUT_CANCELS:
            war.peer.cancels = 0.5
        for _ in range(kills):
            if mutant in EXPOSED_BY:
                await war.kill_at(EXPOSED_BY[mutant], most=4)
            else:
                await war.kill_at_random(1)
        war.patience = patience
        verdict = await war.judge()
        print(mutant, kills, verdict)
        return verdict


async def noticed_after(mutant: str) -> int:
    """Number of kills after which the audit says what is wrong with the mutant."""
    kills = 2
    while kills <= AT_MOST:
        verdict = await live_with(mutant, seed=kills, kills=kills)
        if verdict.problems[CHARACTER[mutant]]:
            return kills
        kills *= 2
    raise AssertionError(f"{mutant}: {AT_MOST} kills showed nothing")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", QUICK)
async def test_a_mistake_is_noticed(mutant: str) -> None:
    await noticed_after(mutant)


@pytest.mark.soak
async def test_every_mistake_is_noticed() -> None:
    began = time.monotonic()
    noticed = {mutant: await noticed_after(mutant) for mutant in CHARACTER}
    record(
        "mistakes made on purpose",
        time.monotonic() - began,
        [Row("noticed", len(noticed), f"of {len(CHARACTER)}", f">= {len(CHARACTER)}")],
        {"kills until noticed": noticed},
    )


@pytest.mark.soak
@pytest.mark.parametrize("oddity", HARMLESS)
async def test_what_is_no_mistake_is_not_reported(oddity: str) -> None:
    verdict = await live_with(oddity, seed=5, kills=6, photos=0.7, patience=30)
    assert verdict, str(verdict)


def test_every_mutant_is_tried() -> None:
    assert {*CHARACTER, *HARMLESS, "the spool is not encrypted"} == MUTANTS.keys()
