"""P1, P2 and P3 hold when the process is killed, at random and at every named point; broken queues are caught."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot import faults
from bot.storage import jobs, outbox, queue
from bot.storage.jobs import Jobs
from tests.bot.storage import child
from tests.bot.storage.traffic import Journal, Plan, traffic, wrongs

POINTS = [name for name in faults.POINTS if name != "mid-migration"]
PATIENCE = 40.0
"""Seconds in which the little traffic of one plan is done many times over."""


def _run(folder: Path, journal: Path, plan: Plan, prepare: Callable[[], None], *, told_early: bool = False) -> int:
    def work() -> None:
        prepare()
        asyncio.run(asyncio.wait_for(traffic(folder, Journal(journal), plan, told_early=told_early), PATIENCE))

    return child.start(work)


def _nothing() -> None:
    return None


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_named_point_loses_and_doubles_nothing(point: str, place: Path) -> None:
    folder, journal, plan = place / "data", place / "journal", Plan(calls=80, seed=POINTS.index(point))
    kills = 0
    for nth in range(1, 400):
        prepare = lambda nth=nth: faults.arm(point, 1 + nth % 3)  # noqa: E731
        code = child.ended(_run(folder, journal, plan, prepare if kills < 20 else _nothing))
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
    assert kills >= 20
    assert wrongs(folder, journal, plan) == []


def _random_kills(place: Path, monkeypatch: pytest.MonkeyPatch, *, kills: int, calls: int, seed: int) -> int:
    folder, journal, plan = place / "data", place / "journal", Plan(calls, seed, crowd=calls // 5)
    lot = random.Random(seed)
    done = 0
    while done < kills:
        pid = _run(folder, journal, plan, _nothing)
        time.sleep(lot.uniform(0.005, 0.09))
        os.kill(pid, signal.SIGKILL)
        if child.ended(pid) == 0:  # everything was done: more calls come
            plan = replace(plan, calls=plan.calls + calls)
        else:
            done += 1
    monkeypatch.setattr(f"{__name__}.PATIENCE", 120.0)
    assert child.ended(_run(folder, journal, plan, _nothing)) == 0
    assert wrongs(folder, journal, plan) == []
    told = sum(line[0] == "told" for line in Journal.read(journal))
    print(f"{done} kills, {told} answers: nothing lost, doubled, charged twice or left behind")
    return done


def test_kills_at_random_moments_lose_and_double_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _random_kills(place, monkeypatch, kills=45, calls=300, seed=1) == 45


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(5))
def test_hundreds_of_kills_at_random_moments_lose_and_double_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    assert _random_kills(place, monkeypatch, kills=200, calls=1000, seed=100 + seed) == 200


# --- Broken queues: the same checker must see each of them. --------------------------------------------------------


def _no_recovery() -> None:
    queue.recover = lambda db: 0


def _finish_in_two_transactions() -> None:
    async def finish(self: Jobs, claim: jobs.Claim, avatar: jobs.Avatar, seconds: float) -> bool:
        row = await self._reader.run(lambda db: queue.held(db, claim.job, claim.token))
        if row is None:
            return False
        stored = self._spool.write(avatar.png, row["uid"], "avatar")
        now = self._clock()

        def first(db: sqlite3.Connection) -> bool:
            if queue.held(db, claim.job, claim.token) is None:
                return False
            db.execute(
                "UPDATE job SET state = 'done', token = NULL, photo = NULL, photo_key = NULL, finished = ? WHERE id = ?",
                (now, claim.job),
            )
            outbox.keep_avatar(db, claim.job, stored, avatar, now)
            return True

        def second(db: sqlite3.Connection) -> None:
            db.execute("UPDATE charge SET state = 'spent' WHERE job = ?", (claim.job,))
            db.execute("INSERT INTO outbox (job, created, next_at) VALUES (?, ?, ?)", (claim.job, now, now))
            faults.fault("before-finish-commit")

        if not await self._writer.run(first):
            return False
        await self._writer.run(second)
        return True

    Jobs._finish = finish  # type: ignore[method-assign]


def _no_idempotency() -> None:
    accept = queue.accept

    def forgetful(db: sqlite3.Connection, entry: queue.Entry, limits: jobs.Limits) -> tuple[int, bool]:
        return accept(db, replace(entry, key=f"{entry.key}~{entry.uid}"), limits)

    queue.accept = forgetful


def _photo_kept() -> None:
    end = queue.end

    def careless(*arguments: object, **named: object) -> list[str]:
        end(*arguments, **named)  # type: ignore[arg-type]
        return []

    queue.end = careless
    Jobs.sweep = lambda self: asyncio.sleep(0)  # type: ignore[method-assign, assignment, return-value]


def _refund_forgotten() -> None:
    end = queue.end

    def greedy(db: sqlite3.Connection, row: sqlite3.Row, *rest: object, **named: object) -> list[str]:
        erased = end(db, row, *rest, **named)  # type: ignore[arg-type]
        db.execute("UPDATE charge SET state = 'spent' WHERE job = ?", (row["id"],))
        return erased

    queue.end = greedy


MUTANTS = {
    "no recovery": (_no_recovery, "after-claim"),
    "finish in two transactions": (_finish_in_two_transactions, "before-finish-commit"),
    "no idempotency": (_no_idempotency, "after-accept-commit"),
    "photos not erased": (_photo_kept, "after-finish-commit"),
    "no refund": (_refund_forgotten, "after-claim"),
    "answer before commit": (_nothing, "after-spool-fsync"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_queue_is_caught(name: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate, point = MUTANTS[name]
    folder, journal, plan = place / "data", place / "journal", Plan(calls=25, seed=5)
    monkeypatch.setattr(f"{__name__}.PATIENCE", 2.0)
    early = name == "answer before commit"

    def prepare() -> None:
        mutate()
        faults.arm(point, 2)

    for _ in range(3):
        assert child.ended(_run(folder, journal, plan, prepare, told_early=early)) in (-signal.SIGKILL, 0, 1)
    child.ended(_run(folder, journal, plan, mutate, told_early=early))
    assert wrongs(folder, journal, plan) != []


def test_the_checker_finds_nothing_wrong_without_a_mutant(place: Path) -> None:
    plan = Plan(calls=25, seed=5)
    assert child.ended(_run(place / "data", place / "journal", plan, _nothing)) == 0
    assert wrongs(place / "data", place / "journal", plan) == []
