"""Upgrade, back-up, restore and check as an admin uses them."""

# ruff: noqa: ASYNC240 - a test may look at its files
from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageTrouble
from bot.secrets import Secret
from bot.storage import Storage, backup, check, restore, upgrade
from bot.storage.copies import KEPT, KEPT_DAYS, stamp
from tests.bot.storage.conftest import HandClock, Opener
from tests.bot.storage.traffic import LIMITS, MARKER, PLATFORM_ID, SECRET, drawn, ticket


def rows(path: Path, table: str = "job") -> int:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


async def test_a_backup_beside_a_running_bot_is_whole_and_private(
    storage: Storage, folder: Path, clock: HandClock
) -> None:
    for n in range(3):
        await storage.jobs.accept(ticket(f"k{n}", with_photo=True), LIMITS)
    copy = backup(folder, None, clock)
    assert (copy.path.parent, copy.revision, rows(copy.path)) == (folder / "backups", "0007", 3)
    assert copy.path.stat().st_mode & 0o777 == 0o600
    elsewhere = folder.parent / "elsewhere" / "mine.db"
    assert backup(folder, elsewhere, clock).path == elsewhere
    with pytest.raises(StorageTrouble, match="storage-exists"):
        backup(folder, elsewhere, clock)
    for _ in range(KEPT + 3):
        clock.step(seconds=1)
        newest = backup(folder, None, clock).path
    kept = sorted((folder / "backups").iterdir())
    assert len(kept) == KEPT
    assert newest in kept
    assert elsewhere.exists()


async def test_a_restored_database_takes_over_and_the_replaced_one_stays_aside(
    reopen: Opener, folder: Path, clock: HandClock
) -> None:
    storage = await reopen()
    await storage.jobs.accept(ticket("early", with_photo=True), LIMITS)
    copy = backup(folder, folder.parent / "copy.db", clock).path
    await storage.jobs.accept(ticket("late"), LIMITS)
    with pytest.raises(StorageTrouble, match="storage-in-use"):
        restore(folder, copy, SECRET, clock)
    await storage.close()
    done = restore(folder, copy, SECRET, clock)
    assert done.revision == "0007"
    assert done.replaced is not None
    assert (rows(folder / "bpp.db"), rows(done.replaced)) == (1, 2)
    storage = await reopen()
    claim = await storage.jobs.claim("slot", ["classic"])
    assert claim is not None
    assert await storage.jobs.photo(claim) is not None
    assert copy.exists()


async def test_restore_into_an_empty_folder_on_a_new_machine(storage: Storage, folder: Path, clock: HandClock) -> None:
    await storage.jobs.accept(ticket("k", with_photo=True), LIMITS)
    copy = backup(folder, None, clock).path
    new = folder.parent / "new machine"
    assert restore(new, copy, SECRET, clock).replaced is None
    fresh = await Storage.open(new, SECRET, clock)
    [delivery] = await fresh.jobs.due(5)
    assert delivery.error_key == "job-photo-lost", "photos are never in a backup; the member is told"
    await fresh.close()


@pytest.mark.parametrize(
    ("harm", "key"),
    [("newer", "storage-newer"), ("garbage", "storage-corrupt"), ("empty", "storage-corrupt"),
     ("missing", "storage-none"), ("other secret", "storage-wrong-secret")],
)  # fmt: skip
async def test_a_copy_that_cannot_be_used_replaces_nothing(
    harm: str, key: str, storage: Storage, folder: Path, clock: HandClock
) -> None:
    await storage.jobs.accept(ticket("k"), LIMITS)
    copy = backup(folder, folder.parent / "copy.db", clock).path
    await storage.close()
    if harm == "newer":
        with closing(sqlite3.connect(copy)) as db:
            db.execute("UPDATE alembic_version SET version_num = '9999'")
            db.commit()
    elif harm == "garbage":
        copy.write_bytes(b"garbage" * 1000)
    elif harm == "empty":
        copy.write_bytes(b"")
    elif harm == "missing":
        copy.unlink()
    before = (folder / "bpp.db").read_bytes()
    secret = Secret(b"y" * 32) if harm == "other secret" else SECRET
    with pytest.raises(StorageTrouble, match=key):
        restore(folder, copy, secret, clock)
    assert (folder / "bpp.db").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["backups", "bpp.db", "lock", "spool"]


async def test_the_databases_that_restores_replaced_do_not_pile_up(
    storage: Storage, folder: Path, clock: HandClock
) -> None:
    copy = backup(folder, folder.parent / "copy.db", clock).path
    await storage.close()
    for _ in range(KEPT + 2):
        clock.step(seconds=1)
        newest = restore(folder, copy, SECRET, clock).replaced
    kept = sorted((folder / "backups").iterdir())
    assert len(kept) == KEPT
    assert kept[-1] == newest


async def test_copies_made_by_ourselves_go_after_a_month(reopen: Opener, folder: Path, clock: HandClock) -> None:
    backups = folder / "backups"
    await reopen()
    ours = [f"bpp-0001-{stamp(clock())}.db", f"replaced-{stamp(clock())}.db", f"replaced-{stamp(clock())}.db-wal"]
    for name in (*ours, "bpp-before-the-party.db", "by-hand.db", "bpp-0001-99999999T999999999.db"):
        (backups / name).touch()
    clock.step(days=KEPT_DAYS, seconds=-1)
    storage = await reopen()
    await storage.jobs.sweep()
    assert len(list(backups.iterdir())) == 6
    clock.step(seconds=2)
    await storage.jobs.sweep()
    theirs = ["bpp-0001-99999999T999999999.db", "bpp-before-the-party.db", "by-hand.db"]
    assert sorted(path.name for path in backups.iterdir()) == theirs
    (backups / ours[0]).touch()
    await reopen()
    assert sorted(path.name for path in backups.iterdir()) == theirs, "a start sweeps too"


async def test_a_damaged_database_can_be_replaced(storage: Storage, folder: Path, clock: HandClock) -> None:
    await storage.jobs.accept(ticket("k"), LIMITS)
    copy = backup(folder, folder.parent / "copy.db", clock).path
    await storage.close()
    (folder / "bpp.db").write_bytes(b"damaged " * 5000)
    replaced = restore(folder, copy, SECRET, clock).replaced
    assert replaced is not None
    assert replaced.read_bytes().startswith(b"damaged")
    assert rows(folder / "bpp.db") == 1


async def test_check_finds_what_is_wrong(reopen: Opener, folder: Path, clock: HandClock) -> None:
    with pytest.raises(StorageTrouble, match="storage-none"):
        check(folder, SECRET)
    storage = await reopen()
    await storage.jobs.accept(ticket("k", with_photo=True), LIMITS)
    good = check(folder, SECRET)
    assert (good.problems, good.orphans, good.missing, good.secret_fits) == ((), (), (), True)
    assert good.counts["queued"] == 1
    [photo] = (folder / "spool").iterdir()
    photo.rename(folder / "spool" / "stray")
    bad = check(folder, Secret(b"z" * 32))
    assert (bad.orphans, bad.missing, bad.secret_fits) == (("stray",), (photo.name,), False)
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        db.execute("INSERT INTO outbox (job, created, next_at) VALUES (77, 0, 0)")
        db.commit()
    assert "outbox" in check(folder, SECRET).problems[0]


def test_upgrade_makes_a_database_and_does_nothing_twice(folder: Path, clock: HandClock) -> None:
    assert (upgrade(folder, SECRET, clock).before, upgrade(folder, SECRET, clock).before) == (None, "0007")


async def test_no_photo_and_no_platform_id_stands_in_any_file(storage: Storage, folder: Path, clock: HandClock) -> None:
    for n in range(6):
        await storage.jobs.accept(ticket(f"k{n}", member=f"m{n}", with_photo=True), LIMITS)
    claim = await storage.jobs.claim("slot", ["classic"])
    assert claim is not None
    await storage.jobs.finish(claim, drawn(claim), 1)
    backup(folder, None, clock)
    shutil.copytree(folder, folder.parent / "while open")
    await storage.close()
    files = [path for path in folder.parent.rglob("*") if path.is_file()]
    assert any(path.name.endswith("-wal") and path.stat().st_size > 0 for path in files)
    for path in files:
        raw = path.read_bytes()
        assert MARKER not in raw, path
        assert PLATFORM_ID.encode() not in raw, path
        assert drawn(claim).png not in raw, path
    assert folder.stat().st_mode & 0o777 == 0o700
