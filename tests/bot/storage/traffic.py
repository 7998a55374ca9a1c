"""Members, workers and a courier at work on one data folder, in a process that may die at any moment."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import sqlite3
import time
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.chat import Address
from bot.errors import Gone, Refused
from bot.faults import fault
from bot.secrets import Secret
from bot.storage import Claim, Delivery, JobSpec, Limits, Storage, Ticket
from generator.engine import Avatar, Photo

SECRET = Secret(bytes(range(32)))
LIMITS = Limits(daily=4, waiting=3, total=500)
MARKER = b"A-FACE-NOBODY-MAY-KEEP"
PLATFORM_ID = "platform-id-31415926535"
ENGINES = ("classic",)


def hasty_clock() -> int:
    """A clock twenty times too fast, so that a courier that tries again later does so soon."""
    return int(time.time() * 20_000)


def spec(style: str = "ink", *, photo: bool = False, size: int = 64) -> JobSpec:
    return JobSpec(style, "classic", 55, {"hair": "curly"}, 7, size, has_photo=photo)


def photo(seed: int = 0) -> Photo:
    return Photo(16, 2, (MARKER * 5 + str(seed).encode() + bytes(96))[:96])


def address(text: str = "1") -> Address:
    return Address("web", f"{PLATFORM_ID}/{text}")


def ticket(
    key: str,
    *,
    room: str = "room",
    member: str = "member",
    with_photo: bool = False,
    spec: JobSpec | None = None,
    address: Address | None = None,
) -> Ticket:
    wanted = spec or JobSpec("ink", "classic", 55, {"hair": "curly"}, 7, 64, has_photo=with_photo)
    where = address or Address("web", f"{PLATFORM_ID}/{key}")
    return Ticket(key, room, member, wanted, "en", where, photo() if with_photo else None)


def picture_of(job: int) -> bytes:
    """The picture that belongs to this job and to no other."""
    return hashlib.sha256(f"picture {job}".encode()).digest()


def drawn(claim: Claim) -> Avatar:
    return Avatar(picture_of(claim.job), 64, "low")


class Journal:
    """Lines that survive the death of their writer: one write each, appended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, *words: object) -> None:
        os.write(self._handle, (" ".join(str(word) for word in words) + "\n").encode())

    def close(self) -> None:
        os.close(self._handle)

    @staticmethod
    def read(path: Path) -> list[list[str]]:
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


@dataclass(frozen=True)
class Plan:
    """Which calls arrive. Call number n is the same call in every run, so that a repeated event can be repeated."""

    calls: int
    seed: int
    crowd: int = 0
    """How many members; by default a fifth of the calls."""

    def ticket(self, number: int) -> Ticket:
        lot = random.Random(f"{self.seed}:{number}")
        member = f"member{lot.randrange(self.crowd or max(2, self.calls // 5))}"
        return ticket(f"call{number}", room=f"room{lot.randrange(3)}", member=member, with_photo=lot.random() < 0.4)

    def cancels(self, number: int) -> bool:
        return random.Random(f"cancel {self.seed}:{number}").random() < 0.12


@dataclass
class Shift:
    """Everybody who has to do with one opened data folder. ``told_early`` answers before the commit, as a mutant."""

    storage: Storage
    journal: Journal
    plan: Plan
    lot: random.Random
    told_early: bool = False

    async def members(self, answered: set[int]) -> None:
        todo = [number for number in range(self.plan.calls) if number not in answered]
        for start in range(0, len(todo), 5):
            await asyncio.gather(*(self.call(number) for number in todo[start : start + 5]))

    async def call(self, number: int) -> None:
        wanted, jobs = self.plan.ticket(number), self.storage.jobs
        if self.told_early:
            self.journal.note("told", number, 0)
        try:
            accepted = await jobs.accept(wanted, LIMITS)
            self.journal.note("told", number, accepted.job)
            if self.lot.random() < 0.1:
                assert (await jobs.accept(wanted, LIMITS)).job == accepted.job
            if self.plan.cancels(number):
                await jobs.cancel(accepted.job, wanted.room, wanted.member)
        except Refused:
            self.journal.note("refused", number)

    async def worker(self, slot: str) -> None:
        while True:
            claim = await self.storage.jobs.claim(slot, ENGINES)
            if claim is None:
                await self.storage.jobs.wait_for_work(0.02)
            else:
                await self.draw(claim)

    async def draw(self, claim: Claim) -> None:
        try:
            seen = await self.storage.jobs.photo(claim)
        except Gone:  # cancelled meanwhile
            return
        assert (seen is not None) == claim.spec.has_photo
        chance = self.lot.random()
        if chance < 0.05:
            await self.storage.jobs.release(claim, counted=False)
        elif chance < 0.1:
            await self.storage.jobs.fail(claim, "error-draw-failed", {})
        else:
            await self.storage.jobs.finish(claim, drawn(claim), 0.01)

    async def courier(self) -> None:
        while True:
            for delivery in await self.storage.jobs.due(20):
                await self.deliver(delivery)
            await self.storage.jobs.wait_for_deliveries(0.02)

    async def deliver(self, delivery: Delivery) -> None:
        picture = b""
        if delivery.state == "done":
            picture = await self.storage.jobs.avatar(delivery.job, delivery.room, delivery.member)
        if self.lot.random() < 0.1:
            await self.storage.jobs.postpone(delivery)
            return
        self.journal.note("shown", delivery.job, delivery.state, picture.hex() or "-")
        fault("after-show-before-delivered")
        await self.storage.jobs.delivered(delivery)

    async def quiet(self, folder: Path) -> None:
        look = (
            "SELECT (SELECT count(*) FROM job WHERE finished IS NULL)"
            " + (SELECT count(*) FROM outbox WHERE closed IS NULL)"
        )
        with closing(sqlite3.connect(folder / "bpp.db")) as db:
            while db.execute(look).fetchone()[0]:  # noqa: ASYNC110 - looks at the file itself, as nobody rings there
                await asyncio.sleep(0.02)


async def traffic(folder: Path, journal: Journal, plan: Plan, *, told_early: bool = False) -> None:
    """Send every call that was not answered yet, draw, deliver; return when nothing is left to do."""
    storage = await Storage.open(folder, SECRET, hasty_clock)
    answered = {int(line[1]) for line in Journal.read(journal.path) if line[0] in ("told", "refused")}
    shift = Shift(storage, journal, plan, random.Random(f"{plan.seed}:{len(answered)}"), told_early)

    async def all_done() -> None:
        await shift.members(answered)
        await shift.quiet(folder)

    endless = [asyncio.create_task(step) for step in (shift.worker("a"), shift.worker("b"), shift.courier())]
    last = asyncio.create_task(all_done())
    done, _ = await asyncio.wait([*endless, last], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    for task in endless:
        task.cancel()
    await asyncio.gather(*endless, return_exceptions=True)
    await storage.close()


def wrongs(folder: Path, journal: Path, plan: Plan) -> list[str]:
    """Everything that P1, P2 and P3 forbid and that is nevertheless so, after all is said to be done."""
    found: list[str] = []
    notes = Journal.read(journal)
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        db.row_factory = sqlite3.Row
        jobs = {row["id"]: row for row in db.execute("SELECT * FROM job")}
        by_key = Counter(plan.ticket(n).key for n in range(plan.calls))
        keys = Counter(row["key"].split("~")[0] for row in jobs.values())
        found += [f"call {key} made {n} jobs" for key, n in keys.items() if n > by_key[key]]
        told = {int(line[1]) for line in notes if line[0] == "told"}
        refused = {int(line[1]) for line in notes if line[0] == "refused"}
        found += [f"call {n} was told and is lost" for n in sorted(told - refused) if not keys[f"call{n}"]]
        found += [f"job {row['id']} never ended: {row['state']}" for row in jobs.values() if row["finished"] is None]
        charges = {row["job"]: row for row in db.execute("SELECT * FROM charge")}
        for row in jobs.values():
            charge = charges.get(row["id"])
            due = "spent" if row["state"] == "done" else "returned"
            if charge is None or (row["finished"] is not None and charge["state"] != due):
                found.append(f"job {row['id']} is {row['state']}, its charge {charge and charge['state']}")
            if row["finished"] is not None and (row["photo_key"] or row["photo"]):
                found.append(f"job {row['id']} is over and its photo can be opened")
        found += [f"charge without job {job}" for job in charges if job not in jobs]
        spent = Counter((r["member"], r["room"], r["day"]) for r in charges.values() if r["state"] != "returned")
        found += [f"{who} drew {n} avatars in a day" for who, n in spent.items() if n > LIMITS.daily]
        finals = {row["job"]: row for row in db.execute("SELECT * FROM outbox")}
        found += [f"job {job} has no final message" for job in jobs if job not in finals]
        found += [f"final of job {job} was never delivered" for job, row in finals.items() if row["closed"] is None]
        shown: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for line in notes:
            if line[0] == "shown":
                shown[int(line[1])].add((line[2], line[3]))
        for job, row in jobs.items():
            picture = picture_of(job).hex() if row["state"] == "done" else "-"
            if row["finished"] is not None and shown[job] != {(row["state"], picture)}:
                found.append(f"job {job} is {row['state']}, but {sorted(shown[job])} was shown")
        named = {row["avatar"] for row in jobs.values() if row["avatar"]}
    spool = {entry.name for entry in (folder / "spool").iterdir()}
    found += [f"file {name} belongs to nobody" for name in sorted(spool - named)]
    found += [f"avatar {name} is gone" for name in sorted(named - spool)]
    return found
