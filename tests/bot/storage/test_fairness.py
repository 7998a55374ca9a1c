"""P6: one member's burst delays another by at most one job, one room's burst starves no other room.

Every case is played twice on the same queue with a simulated clock: as it is, and first come first served.
"""

from __future__ import annotations

import heapq
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest

from bot.errors import Refused
from bot.storage import JobSpec, Limits, upkeep
from bot.storage import queue as line
from bot.storage.writer import connect
from tests.bot.storage.conftest import NOON, HandClock
from tests.bot.storage.traffic import SECRET

PLENTY = Limits(daily=10**6, waiting=10**6, total=10**6)


@dataclass(frozen=True)
class Request:
    at: float
    member: str
    room: str
    cost: float = 10
    """Seconds of drawing, known in advance as if measured."""


@dataclass
class Simulation:
    """Slots that draw for exactly as long as expected, on a clock that jumps from event to event."""

    db: sqlite3.Connection
    slots: int = 1
    fair: bool = True
    limits: Limits = PLENTY
    serial: int = 0
    waits: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    order: list[str] = field(default_factory=list[str])

    def ask(self, request: Request) -> int:
        self.serial += 1
        entry = line.Entry(
            uid=secrets.token_hex(8),
            key=f"call{self.serial}",
            room=request.room,
            member=request.member,
            spec=JobSpec("ink", "classic", 55, {}, 1, 64),
            locale="en",
            address=None,
            photo=None,
            photo_key=None,
            cost=round(request.cost * 1000),
            now=NOON + round(request.at * 1000),
        )
        job, _ = line.accept(self.db, entry, self.limits)
        if not self.fair:
            self.db.execute("UPDATE job SET vtag = 0 WHERE id = ?", (job,))
        return job

    def draw(self, at: float) -> tuple[int, float] | None:
        """Claim and end the next job; its number and how long it takes."""
        now = NOON + round(at * 1000)
        claim, _ = line.claim(self.db, "slot", ["classic"], secrets.token_hex(8), now)
        if claim is None:
            return None
        row = self.db.execute("SELECT * FROM job WHERE id = ?", (claim.job,)).fetchone()
        self.waits.setdefault(claim.member, []).append((now - row["created"]) / 1000)
        self.order.append(claim.member)
        line.end(self.db, row, "done", now)
        return claim.job, row["cost"] / 1000

    def play(self, requests: list[Request]) -> dict[str, list[float]]:
        arrivals = sorted(requests, key=lambda request: request.at)
        free = [0.0] * self.slots
        while arrivals or self._waiting():
            slot_at = heapq.heappop(free)
            if not self._waiting():
                slot_at = max(slot_at, arrivals[0].at)
            while arrivals and arrivals[0].at <= slot_at:
                with suppress(Refused):
                    self.ask(arrivals.pop(0))
            drawn = self.draw(slot_at)
            heapq.heappush(free, slot_at + (drawn[1] if drawn else 0.001))
        return self.waits

    def _waiting(self) -> bool:
        return self.db.execute("SELECT 1 FROM job WHERE state = 'queued' LIMIT 1").fetchone() is not None


Stage = Callable[..., Simulation]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    opened: list[sqlite3.Connection] = []

    def make(**named: object) -> Simulation:
        folder = tmp_path / str(len(opened))
        upkeep.upgrade(folder, SECRET, HandClock())
        db = connect(folder / "bpp.db")
        db.execute("PRAGMA synchronous=OFF")
        db.execute("BEGIN IMMEDIATE")  # nothing here is meant to last
        opened.append(db)
        return Simulation(db, **named)  # type: ignore[arg-type]

    yield make
    for db in opened:
        db.close()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def others(waits: dict[str, list[float]], prefix: str) -> list[float]:
    return [wait for member, all_ in waits.items() if member.startswith(prefix) for wait in all_]


def both(stage: Stage, requests: list[Request], prefix: str, slots: int = 1) -> tuple[list[float], list[float]]:
    """Waits of the members called ``prefix…``: fair, and first come first served."""
    fair = stage(slots=slots).play(list(requests))
    fifo = stage(slots=slots, fair=False).play(list(requests))
    return others(fair, prefix), others(fifo, prefix)


def test_a_member_who_floods_delays_each_other_member_by_at_most_one_job(stage: Stage) -> None:
    flood = [Request(0, "flood", "flood's dm") for _ in range(60)]
    crowd = [Request(5 + 25 * n, f"other{n}", f"dm{n}") for n in range(20)]
    alone = others(stage().play(list(crowd)), "other")
    fair, fifo = both(stage, flood + crowd, "other")
    assert max(wait - before for wait, before in zip(fair, alone, strict=True)) <= 10
    assert median(fair) <= 10
    assert percentile(fair, 0.95) <= 16
    assert median(fifo) > 300


def test_a_flood_in_the_same_room_costs_the_rest_of_a_running_job_and_one_waiting_one(stage: Stage) -> None:
    flood = [Request(n, "flood", "room") for n in range(600)]  # refused beyond three unfinished ones
    crowd = [Request(5 + 30 * n, f"other{n}", "room") for n in range(15)]
    fair = others(stage(limits=Limits(daily=10**6)).play(flood + crowd), "other")
    alone = others(stage().play(list(crowd)), "other")
    assert max(wait - before for wait, before in zip(fair, alone, strict=True)) <= 10 + 5


def test_a_busy_room_does_not_starve_members_who_ask_elsewhere(stage: Stage) -> None:
    room = [Request(n % 4, f"room{n % 40}", "busy room") for n in range(80)]
    alone = [Request(5 + n * 4, f"dm{n % 4}", f"dm of {n % 4}") for n in range(8)]
    fair, fifo = both(stage, room + alone, "dm")
    assert median(fair) <= 60
    assert percentile(fair, 0.95) <= 130
    assert median(fifo) > 600


def test_throw_away_accounts_in_one_room_do_not_starve_other_rooms(stage: Stage) -> None:
    crowd = [Request(0, f"fake{n}", "raided room") for n in range(100)]
    alone = [Request(3 + 50 * n, f"honest{n}", f"room{n}") for n in range(12)]
    fair, fifo = both(stage, crowd + alone, "honest")
    assert median(fair) <= 10
    assert percentile(fair, 0.95) <= 16
    assert median(fifo) > 600


def test_whoever_asks_for_costly_jobs_pays_with_turns_not_others_with_time(stage: Stage) -> None:
    costly = [Request(0, "costly", "dm1", cost=40) for _ in range(20)]
    cheap = [Request(1, "cheap", "dm2", cost=10) for _ in range(20)]
    fair, fifo = both(stage, costly + cheap, "cheap")
    assert median(fair) <= 0.5 * median(fifo)
    assert max(fair) <= 0.5 * max(fifo)
    assert max(fair) <= 2 * 200 + 40, "half of the time is theirs, plus one costly job"


def test_two_slots_are_shared_as_fairly_as_one(stage: Stage) -> None:
    flood = [Request(0, "flood", "a") for _ in range(60)]
    crowd = [Request(5 + 25 * n, f"other{n}", f"dm{n}") for n in range(10)]
    fair, _ = both(stage, flood + crowd, "other", slots=2)
    assert max(fair) <= 10


def test_idle_time_earns_no_credit(stage: Stage) -> None:
    simulation = stage()
    for n in range(30):
        simulation.ask(Request(n, "steady", "a"))
        simulation.draw(n)
    for _ in range(5):
        simulation.ask(Request(31, "steady", "a"))
    for _ in range(5):
        simulation.ask(Request(31, "newcomer", "b"))
    simulation.order.clear()
    while simulation.draw(40):
        pass
    assert max(simulation.order[:6].count(who) for who in ("steady", "newcomer")) <= 4


def test_after_a_cancel_the_members_later_jobs_move_up_and_nobody_is_overtaken(stage: Stage) -> None:
    simulation = stage()
    mine = [simulation.ask(Request(0, "me", "my room")) for _ in range(3)]
    theirs = [simulation.ask(Request(0, "they", "their room")) for _ in range(3)]
    row = simulation.db.execute("SELECT * FROM job WHERE id = ?", (mine[0],)).fetchone()
    before = dict(simulation.db.execute("SELECT id, vtag FROM job").fetchall())
    line.end(simulation.db, row, "cancelled", NOON)
    after = dict(simulation.db.execute("SELECT id, vtag FROM job").fetchall())
    assert after[mine[1]] == before[mine[0]]
    assert after[mine[2]] == before[mine[1]]
    assert [after[job] for job in theirs] == [before[job] for job in theirs]
    again = simulation.ask(Request(0, "me", "my room"))
    tag = simulation.db.execute("SELECT vtag FROM job WHERE id = ?", (again,)).fetchone()[0]
    assert tag == before[mine[2]], "asking again after a cancel is as good as never having cancelled, and no better"


def test_asking_and_cancelling_over_and_over_gains_nothing(stage: Stage) -> None:
    honest, sly = stage(), stage()
    for simulation in (honest, sly):
        for n in range(10):
            simulation.ask(Request(0, f"they{n}", f"room{n}"))
    for _ in range(20):
        job = sly.ask(Request(0, "me", "mine"))
        line.end(sly.db, sly.db.execute("SELECT * FROM job WHERE id = ?", (job,)).fetchone(), "cancelled", NOON)
    for simulation in (honest, sly):
        for _ in range(3):
            simulation.ask(Request(0, "me", "mine"))
        while simulation.draw(1):
            pass
    assert sly.order == honest.order


def test_a_job_that_goes_back_keeps_its_turn(stage: Stage) -> None:
    simulation = stage()
    first = simulation.ask(Request(0, "a", "x"))
    for n in range(5):
        simulation.ask(Request(0, f"b{n}", "y"))
    claim, _ = line.claim(simulation.db, "slot", ["classic"], "token", NOON)
    assert claim is not None
    assert claim.job == first
    assert line.release(simulation.db, first, "token", counted=True)
    assert simulation.draw(1) == (first, 10)


def test_the_claim_takes_as_long_with_a_hundred_thousand_waiting_as_with_a_hundred(tmp_path: Path) -> None:
    upkeep.upgrade(tmp_path, SECRET, HandClock())
    with closing(connect(tmp_path / "bpp.db")) as db:
        plan = " ".join(
            row["detail"]
            for row in db.execute(
                "EXPLAIN QUERY PLAN SELECT band, vtag, id, attempt FROM job WHERE state = 'queued' AND engine = ?"
                " ORDER BY band, vtag, id LIMIT 1",
                ("classic",),
            )
        )
    assert "job_line" in plan
    assert "B-TREE" not in plan, "no sorting"
