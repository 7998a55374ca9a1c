"""A member sees everything that is stored about them, and can have it forgotten."""

# ruff: noqa: ASYNC240 - a test may look at its files
from __future__ import annotations

import errno
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import Gone, Refused
from bot.storage import Limits, Preferences, Storage
from tests.bot.storage.conftest import HandClock
from tests.bot.storage.traffic import LIMITS, SECRET, drawn, ticket

ME, OTHER = SECRET.pseudonym("web", "me"), SECRET.pseudonym("web", "other")


async def full_life(storage: Storage) -> tuple[int, int]:
    """One avatar shared, one job open with a photo; preferences, a visit, a block, decisions. The two jobs."""
    jobs, members, rooms = storage.jobs, storage.members, storage.rooms
    shared = (await jobs.accept(ticket("call-1", member=ME), LIMITS)).job
    claim = await jobs.claim("slot", ["classic"])
    assert claim is not None
    await jobs.finish(claim, drawn(claim), 1)
    await jobs.mark_shared(shared, "room", ME, True)
    open_ = (await jobs.accept(ticket("call-2", member=ME, with_photo=True), LIMITS)).job
    await jobs.accept(ticket("call-3", member=OTHER, with_photo=True), LIMITS)
    await members.save("room", ME, Preferences("ink", 25, "ko"))
    await members.save("second room", ME, Preferences(locale="en"))
    await members.save("room", OTHER, Preferences("pixel"))
    await storage.visits.begin(ME, "7")
    await storage.visits.begin(OTHER, "8")
    await rooms.block("second room", OTHER, ME)
    await rooms.block("room", ME, OTHER)
    return shared, open_


async def test_preferences_are_kept_by_room(storage: Storage) -> None:
    assert await storage.members.preferences("room", ME) == Preferences()
    await storage.members.save("room", ME, Preferences("ink", 0, None))
    await storage.members.save("room", ME, Preferences("pixel", 0, "ko"))
    assert await storage.members.preferences("room", ME) == Preferences("pixel", 0, "ko")
    assert await storage.members.preferences("other", ME) == Preferences()


async def test_the_export_tells_everything_and_names_nobody_else(storage: Storage, folder: Path) -> None:
    await full_life(storage)
    export = await storage.members.export(ME)
    text = json.dumps(export)
    assert OTHER not in text
    assert "room" in export["jobs"][0]["room"]
    assert [job["state"] for job in export["jobs"]] == ["done", "queued"]
    assert [job["photo_stored_encrypted"] for job in export["jobs"]] == [False, True]
    assert len(export["preferences"]) == 2
    assert len(export["quota"]) == 2
    assert len(export["blocks"]) == 1
    assert [entry["what"] for entry in export["decisions_as_moderator"]] == ["block"]
    assert [entry["what"] for entry in export["decisions_about_you"]] == ["block"]
    # Whatever table names the member, the export must have something from it.
    parts = {"job": "jobs", "charge": "quota", "preference": "preferences", "block": "blocks",
             "flow": "turn_in_the_queue", "visit": "room_that_you_came_from_stored_sealed", "decision": "decisions_as_moderator"}  # fmt: skip
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        naming = {t for t in tables if any(ME in str(row) for row in db.execute(f"SELECT * FROM {t}"))}
    assert naming == set(parts)
    assert all(export[parts[table]] for table in naming)


async def test_forgetting_erases_everything_but_todays_count_and_blocks(
    storage: Storage, folder: Path, clock: HandClock
) -> None:
    shared, open_ = await full_life(storage)
    claims = [await storage.jobs.claim("slot", ["classic"]) for _ in range(2)]
    receipt = await storage.members.forget(ME)
    assert receipt.counts == {
        "jobs": 2, "photos": 1, "avatars": 1, "preferences": 2, "messages": 1, "decisions": 1, "charges": 1
    }  # fmt: skip
    assert (receipt.shared, receipt.cancelled) == ((shared,), (open_,))
    assert receipt.kept == {"charges": 1, "blocks": 1}
    left = await storage.members.export(ME)
    assert (left["jobs"], left["preferences"], left["decisions_as_moderator"]) == ([], [], [])
    assert [charge["state"] for charge in left["quota"]] == ["spent"]
    for claim in claims:
        assert claim is not None
        assert await storage.jobs.finish(claim, drawn(claim), 1) == (claim.member == OTHER)
    assert len(list((folder / "spool").iterdir())) == 1, "the other's avatar"
    with pytest.raises(Gone):
        await storage.jobs.accept(ticket("call-1", member=ME), LIMITS)
    limits = Limits(daily=2)
    await storage.jobs.accept(ticket("call-9", member=ME), limits)
    with pytest.raises(Refused, match="refused-quota"):
        await storage.jobs.accept(ticket("call-10", member=ME), limits)
    assert (await storage.jobs.mine("room", OTHER))[0].state == "done"
    again = await storage.members.forget(ME)
    assert again.counts["jobs"] == 1
    clock.step(days=1, hours=3)
    await storage.jobs.sweep()
    assert await storage.members.export(ME) | {"blocks": [], "decisions_about_you": []} == {
        "your_pseudonym": ME, "jobs": [], "preferences": [], "quota": [], "blocks": [],
        "decisions_as_moderator": [], "decisions_about_you": [], "turn_in_the_queue": None,
        "room_that_you_came_from_stored_sealed": False,
    }  # fmt: skip


async def test_what_was_forgotten_stands_in_no_byte_on_the_disk(storage: Storage, folder: Path) -> None:
    await full_life(storage)
    await storage.rooms.unblock("second room", OTHER, ME)
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        uids = [row[0] for row in db.execute("SELECT uid FROM job WHERE member = ?", (ME,))]
    await storage.members.forget(ME)
    raw = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    assert len(uids) == 2
    assert not any(uid.encode() in raw for uid in uids)
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        naming = {t for t in tables if any(ME in str(row) for row in db.execute(f"SELECT * FROM {t}"))}
    assert naming == {"charge"}, "today's count, the one thing kept"


async def test_a_disk_that_lets_nothing_go_keeps_nobody_from_their_receipt(
    storage: Storage, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shared, open_ = await full_life(storage)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", stubborn)
        # As on a full disk: the WAL cannot be copied back.
        patch.setattr("bot.storage.writer._checkpoint", out_of_room)
        receipt = await storage.members.forget(ME)
    assert (receipt.shared, receipt.cancelled) == ((shared,), (open_,))
    assert (await storage.members.export(ME))["jobs"] == []
    assert "unlinked" in caplog.text
    assert "WAL" in caplog.text
    assert len(list((folder / "spool").iterdir())) == 3
    assert (await storage.jobs.sweep()).files == 2
    assert len(list((folder / "spool").iterdir())) == 1, "the other's photo"


def stubborn(path: Path, missing_ok: bool = False) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def out_of_room(db: sqlite3.Connection) -> bool:
    trouble = sqlite3.OperationalError("database or disk is full")
    trouble.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise trouble


async def test_a_disk_that_lets_nothing_go_does_not_deny_what_was_written_down(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = storage.jobs
    drawn_, cancelled = [(await jobs.accept(ticket(f"k{n}", member=ME, with_photo=True), LIMITS)).job for n in (1, 2)]
    claim = await jobs.claim("slot", ["classic"])
    assert claim is not None
    monkeypatch.setattr(Path, "unlink", stubborn)
    assert await jobs.finish(claim, drawn(claim), 1)
    assert await jobs.cancel(cancelled, "room", ME)
    assert await jobs.delete(drawn_, "room", ME)
    assert [view.state for view in [await jobs.view(job, "room", ME) for job in (drawn_, cancelled)]] == [
        "done", "cancelled"
    ]  # fmt: skip
