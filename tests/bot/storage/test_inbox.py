"""What a platform was told that we have is answered, also by the next process; and nothing of it is answered twice."""

# ruff: noqa: ASYNC240 - a test may look at its files
from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from bot import faults
from bot.chat import Left
from bot.errors import Refused, StorageTrouble
from bot.storage import Limits, Storage, schema
from bot.storage.inbox import MAX_ATTEMPTS
from tests.bot.storage import child
from tests.bot.storage.conftest import HandClock, Opener
from tests.bot.storage.traffic import LIMITS, MARKER, PLATFORM_ID, SECRET, drawn, ticket

EVENT = MARKER + b' {"update_id": 1, "from": {"id": ' + PLATFORM_ID.encode() + b"}}"


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        return db.execute(query).fetchall()


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "bpp.db")) as db, db:
        assert db.execute(statement).rowcount == 1


async def left(storage: Storage, platform: str) -> list[tuple[str, bytes]]:
    return [(key, one.event) for key, one in await storage.inbox.left(platform)]


async def test_an_event_is_new_once(storage: Storage) -> None:
    assert await storage.inbox.take("telegram", [("a", b"1"), ("b", b"2")]) == ["a", "b"]
    assert await storage.inbox.take("telegram", [("b", b"2"), ("c", b"3"), ("c", b"3")]) == ["c"]
    assert await storage.inbox.take("telegram", []) == []
    await storage.inbox.done("a")
    await storage.inbox.done("a")
    assert await storage.inbox.take("telegram", [("a", b"1")]) == [], "delivered again after its answer"


async def test_many_deliveries_of_one_event_at_once_make_it_new_once(storage: Storage) -> None:
    news = await asyncio.gather(*(storage.inbox.take("telegram", [("a", b"1")]) for _ in range(20)))
    assert sorted(news) == [[]] * 19 + [["a"]]


async def test_what_was_not_answered_is_left_to_the_next_process_in_order(reopen: Opener) -> None:
    storage = await reopen()
    await storage.inbox.take("telegram", [(f"k{n}", b"%d" % n) for n in (3, 1, 2)])
    await storage.inbox.take("elsewhere", [("k4", b"4")])
    await storage.inbox.take("telegram", [("k0", b"0"), ("k5", b"5")])
    await storage.inbox.done("k1")
    await storage.jobs.accept(ticket("k0"), LIMITS)
    storage = await reopen()
    assert await left(storage, "telegram") == [("k3", b"3"), ("k2", b"2"), ("k5", b"5")]
    assert await left(storage, "elsewhere") == [("k4", b"4")]


async def test_an_event_that_the_bot_dies_of_is_given_up_after_so_many_attempts_and_handed_out_once_more_for_that(
    reopen: Opener, folder: Path, clock: HandClock
) -> None:
    await (await reopen()).inbox.take("telegram", [("poison", b"!")])
    taken = clock()
    for _attempt in range(2, MAX_ATTEMPTS + 1):
        clock.step(ms=1)
        storage = await reopen()
        assert await storage.inbox.left("telegram") == [("poison", Left(b"!", taken))]
    storage = await reopen()
    await storage.inbox.take("telegram", [("fine", b"1")])
    assert await storage.inbox.left("telegram") == [
        ("poison", Left(b"!", taken, given_up=True)),
        ("fine", Left(b"1", clock())),
    ]
    await storage.inbox.done("fine")
    storage = await reopen()
    assert await storage.inbox.left("telegram") == []
    assert rows(folder, "SELECT count(*) FROM inbox WHERE event IS NOT NULL") == [(0,)]
    assert await storage.inbox.take("telegram", [("poison", b"!")]) == []


async def test_what_is_written_down_cannot_be_read_on_the_disk(storage: Storage, folder: Path) -> None:
    await storage.inbox.take("telegram", [("k1", EVENT), ("k2", EVENT)])
    await storage.inbox.done("k1")
    raw = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    assert b"k2" in raw, "the row is there"
    assert MARKER not in raw
    assert PLATFORM_ID.encode() not in raw
    sealed = rows(folder, "SELECT event FROM inbox WHERE event IS NOT NULL")
    assert len(sealed) == 1


async def accept_and_die(folder: Path, point: str) -> None:
    storage = await Storage.open(folder, SECRET, HandClock())
    await storage.inbox.take("telegram", [("call", EVENT), ("later", b"2")])
    faults.arm(point)
    await storage.jobs.accept(ticket("call", with_photo=True), LIMITS)


def dying(folder: Path, work: Callable[[Path, str], Awaitable[None]], point: str) -> int:
    async def live() -> None:
        await work(folder, point)

    return child.run(lambda: asyncio.run(live()))


async def test_a_kill_before_the_accept_leaves_the_event_and_no_job(reopen: Opener, folder: Path) -> None:
    assert await asyncio.to_thread(dying, folder, accept_and_die, "after-spool-fsync") == -signal.SIGKILL
    storage = await reopen()
    assert await left(storage, "telegram") == [("call", EVENT), ("later", b"2")]
    assert rows(folder, "SELECT count(*) FROM job") == [(0,)]
    await storage.jobs.accept(ticket("call", with_photo=True), LIMITS)
    assert [key for key, _ in await left(storage, "telegram")] == ["later"]


async def test_a_kill_right_after_the_accept_leaves_the_job_and_no_event(reopen: Opener, folder: Path) -> None:
    assert await asyncio.to_thread(dying, folder, accept_and_die, "after-accept-commit") == -signal.SIGKILL
    storage = await reopen()
    assert await left(storage, "telegram") == [("later", b"2")]
    assert rows(folder, "SELECT key FROM job") == [("call",)]
    assert await storage.inbox.take("telegram", [("call", EVENT)]) == []


async def test_an_event_whose_job_was_refused_stays_until_it_is_answered(storage: Storage) -> None:
    await storage.jobs.accept(ticket("first"), LIMITS)
    await storage.inbox.take("telegram", [("second", b"2")])
    with pytest.raises(Refused):
        await storage.jobs.accept(ticket("second"), Limits(daily=1))
    assert await left(storage, "telegram") == [("second", b"2")]
    await storage.inbox.done("second")
    assert await left(storage, "telegram") == []


async def test_an_event_that_already_is_a_job_is_let_go(storage: Storage) -> None:
    job = (await storage.jobs.accept(ticket("call"), LIMITS)).job
    await storage.inbox.take("telegram", [("call", b"1")])
    again = await storage.jobs.accept(ticket("call"), LIMITS)
    assert (again.job, again.repeated) == (job, True)
    assert await left(storage, "telegram") == []


async def test_a_damaged_event_holds_up_no_other(
    storage: Storage, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await storage.inbox.take("telegram", [(f"k{n}", EVENT) for n in (1, 2, 3, 4, 5)])
    change(folder, "UPDATE inbox SET event = substr(event, 1, 40) WHERE key = 'k1'")
    change(folder, "UPDATE inbox SET event = x'' WHERE key = 'k5'")
    # Also a sealed event that was put under another's key.
    change(folder, "UPDATE inbox SET event = (SELECT event FROM inbox WHERE key = 'k2') WHERE key = 'k3'")
    assert await left(storage, "telegram") == [("k2", EVENT), ("k4", EVENT)]
    assert caplog.text.count("cannot be read") == 3
    assert [key for key, _ in await left(storage, "telegram")] == ["k2", "k4"]


async def test_that_an_event_was_here_is_forgotten_after_three_days(storage: Storage, clock: HandClock) -> None:
    await storage.inbox.take("telegram", [("answered", b"1"), ("open", b"2")])
    await storage.inbox.done("answered")
    clock.step(hours=72, ms=-1)
    await storage.jobs.sweep()
    assert await storage.inbox.take("telegram", [("answered", b"1")]) == []
    clock.step(ms=1)
    await storage.jobs.sweep()
    assert await left(storage, "telegram") == [], "nobody waits for an answer any more"
    assert await storage.inbox.take("telegram", [("answered", b"1"), ("open", b"2")]) == ["answered", "open"]


async def test_a_disk_that_takes_nothing_confirms_nothing(storage: Storage, folder: Path) -> None:
    """Else the platform would forget what only it still has."""
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        db.execute("CREATE TRIGGER stubborn BEFORE INSERT ON inbox BEGIN SELECT RAISE(ABORT, 'no'); END")
        db.commit()
    with pytest.raises(StorageTrouble):
        await storage.inbox.take("telegram", [("a", b"1")])


async def test_a_database_of_the_version_before_is_upgraded_with_its_jobs(
    reopen: Opener, folder: Path, clock: HandClock
) -> None:
    storage = await reopen()
    await storage.jobs.accept(ticket("waits", with_photo=True), LIMITS)
    finished = (await storage.jobs.accept(ticket("done", member="other"), LIMITS)).job
    claims = {claim.job: claim for _ in range(2) if (claim := await storage.jobs.claim("slot", ["classic"]))}
    await storage.jobs.finish(claims[finished], drawn(claims[finished]), 1)
    await storage.close()
    before = Config()
    before.set_main_option("script_location", str(schema.scripts()))
    before.attributes["path"] = str(folder / "bpp.db")
    await asyncio.to_thread(command.downgrade, before, "0001")
    assert not rows(folder, "SELECT 1 FROM sqlite_master WHERE name IN ('inbox', 'visit')")
    storage = await Storage.open(folder, SECRET, clock)
    try:
        assert len(list((folder / "backups").glob("bpp-0001-*.db"))) == 1
        assert await left(storage, "telegram") == []
        await storage.inbox.take("telegram", [("new", EVENT)])
        await storage.visits.begin("member", "7")
        claim = await storage.jobs.claim("slot", ["classic"])
        assert claim is not None
        assert await storage.jobs.photo(claim) is not None
        assert (await storage.jobs.view(finished, "room", "other")).state == "done"
    finally:
        await storage.close()
