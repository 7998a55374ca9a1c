"""A member who writes to the bot alone is at home in the room they came from: for a day, and for nobody else to see."""

# ruff: noqa: ASYNC240 - a test may look at its files
from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage import Storage
from tests.bot.storage.conftest import HandClock, Opener
from tests.bot.storage.traffic import PLATFORM_ID


async def test_a_visit_lasts_until_the_next_one_or_its_end(reopen: Opener) -> None:
    storage = await reopen()
    assert await storage.visits.home("mina") == ""
    await storage.visits.begin("mina", "7")
    await storage.visits.begin("joon", "8")
    await storage.visits.begin("mina", "9")
    storage = await reopen()
    assert [await storage.visits.home(member) for member in ("mina", "joon")] == ["9", "8"]
    await storage.visits.end("mina")
    await storage.visits.end("mina")
    assert [await storage.visits.home(member) for member in ("mina", "joon")] == ["", "8"]


async def test_a_visit_is_over_after_a_day_and_that_is_told_once(
    storage: Storage, folder: Path, clock: HandClock
) -> None:
    await storage.visits.begin("mina", "7")
    await storage.visits.begin("joon", "8")
    clock.step(days=1, ms=-1)
    assert await storage.visits.home("mina") == "7"
    assert not await storage.visits.ran_out("mina")
    clock.step(ms=1)
    assert await storage.visits.home("mina") == ""
    await storage.jobs.sweep()
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        assert db.execute("SELECT DISTINCT home FROM visit").fetchall() == [(b"",)], "where they were is forgotten"
    assert await storage.visits.home("mina") == ""
    assert [await storage.visits.ran_out("mina") for _ in range(2)] == [True, False]
    clock.step(days=7)
    await storage.jobs.sweep()
    assert not await storage.visits.ran_out("joon")
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        assert db.execute("SELECT count(*) FROM visit").fetchone() == (0,)


async def test_a_visit_that_somebody_ended_did_not_run_out(storage: Storage, clock: HandClock) -> None:
    await storage.visits.begin("mina", "7")
    await storage.visits.end("mina")
    clock.step(days=1)
    assert not await storage.visits.ran_out("mina")


async def test_where_a_member_came_from_cannot_be_read_on_the_disk(storage: Storage, folder: Path) -> None:
    await storage.visits.begin("mina", PLATFORM_ID)
    raw = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    assert b"mina" in raw, "the row is there; real members are pseudonyms"
    assert PLATFORM_ID.encode() not in raw


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE visit SET home = substr(home, 1, 20) WHERE member = 'mina'",
        "UPDATE visit SET home = x'' WHERE member = 'mina'",
        "UPDATE visit SET home = (SELECT home FROM visit WHERE member = 'joon') WHERE member = 'mina'",
    ],
)
async def test_whoevers_visit_is_damaged_is_nowhere(harm: str, storage: Storage, folder: Path) -> None:
    await storage.visits.begin("mina", "7")
    await storage.visits.begin("joon", "8")
    with closing(sqlite3.connect(folder / "bpp.db")) as db, db:
        db.execute(harm)
    assert [await storage.visits.home(member) for member in ("mina", "joon")] == ["", "8"]
    await storage.visits.begin("mina", "7")
    assert await storage.visits.home("mina") == "7"


async def test_a_visit_is_forgotten_with_its_member(storage: Storage) -> None:
    await storage.visits.begin("mina", "7")
    await storage.visits.begin("joon", "8")
    await storage.members.forget("mina")
    assert [await storage.visits.home(member) for member in ("mina", "joon")] == ["", "8"]
