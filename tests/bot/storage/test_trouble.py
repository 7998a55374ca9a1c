"""A disk that is full, read-only, taken, foreign, damaged or too new: one key each, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageTrouble
from bot.secrets import Secret
from bot.storage import Limits, Storage, check
from bot.storage.upkeep import lock
from tests.bot.storage import child
from tests.bot.storage.conftest import NOON, HandClock, Opener
from tests.bot.storage.traffic import LIMITS, SECRET, drawn, ticket

PLENTY = Limits(daily=100_000, waiting=100_000, total=100_000)
MAY_MOUNT = child.may_mount()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users of this machine can reach too."""
    base = Path(tempfile.mkdtemp(prefix="bpp-"))
    base.chmod(0o755)
    yield base / "data"
    shutil.rmtree(base)


async def _one_job(folder: Path) -> None:
    storage = await Storage.open(folder, SECRET, HandClock())
    await storage.jobs.accept(ticket("before", with_photo=True), LIMITS)
    await storage.close()


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def _refused(folder: Path, key: str, secret: Secret = SECRET) -> None:
    with pytest.raises(StorageTrouble) as caught:
        await Storage.open(folder, secret, HandClock())
    assert caught.value.key == key


async def test_a_second_process_is_told_that_the_folder_is_in_use(reopen: Opener, folder: Path) -> None:
    storage = await reopen()
    assert await asyncio.to_thread(child.run, lambda: asyncio.run(_refused(folder, "storage-in-use"))) == 0
    assert (await storage.jobs.accept(ticket("k"), LIMITS)).place == 1


async def test_a_killed_owner_frees_the_folder_at_once(folder: Path) -> None:
    held = folder.with_name("held")

    def hold() -> None:
        lock(folder)
        held.touch()
        time.sleep(50)

    pid = child.start(hold)
    while not held.exists():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await _refused(folder, "storage-in-use")
    os.kill(pid, signal.SIGKILL)
    child.ended(pid)
    await (await Storage.open(folder, SECRET, HandClock())).close()


@pytest.mark.parametrize("way", ["read-only mount", "no rights"] if MAY_MOUNT else ["no rights"])
def test_a_read_only_folder_is_named_and_left_as_it_is(way: str, open_folder: Path) -> None:
    def work() -> None:
        folder = open_folder
        if way == "read-only mount":
            child.own_mounts()
            folder.mkdir()
            child.mount_tmpfs(folder, "4m")
            asyncio.run(_one_job(folder))
            before = _bytes(folder)
            child.make_read_only(folder)
        else:
            asyncio.run(_one_job(folder))
            before = _bytes(folder)
            for path in [folder, *folder.rglob("*")]:
                path.chmod(0o555 if path.is_dir() else 0o444)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(child.NOBODY)
                os.setuid(child.NOBODY)
        asyncio.run(_refused(folder, "storage-read-only"))
        assert _bytes(folder) == before

    assert child.run(work) == 0


def test_a_database_file_that_may_not_be_written_is_named(open_folder: Path) -> None:
    def work() -> None:
        asyncio.run(_one_job(open_folder))
        for path in [open_folder, *open_folder.rglob("*")]:
            path.chmod(0o777 if path.is_dir() else 0o666)
        (open_folder / "bpp.db").chmod(0o444)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(child.NOBODY)
            os.setuid(child.NOBODY)
        asyncio.run(_refused(open_folder, "storage-read-only"))

    assert child.run(work) == 0


async def _fill(folder: Path, squeeze: Callable[[], None], relieve: Callable[[], None]) -> None:
    """Accept until the disk is full: who was told is on the disk and charged, and nobody else. Then go on."""
    storage = await Storage.open(folder, SECRET, HandClock())
    await storage.jobs.accept(ticket("first", with_photo=True), PLENTY)
    claim = await storage.jobs.claim("slot", ["classic"])
    assert claim is not None
    squeeze()
    told: list[int] = []
    troubles: list[StorageTrouble] = []
    for start in range(0, 20_000, 20):
        answers = await asyncio.gather(
            *(storage.jobs.accept(ticket(f"k{n}", with_photo=n % 10 == 0), PLENTY) for n in range(start, start + 20)),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, StorageTrouble):
                troubles.append(answer)
            else:
                assert not isinstance(answer, BaseException), answer
                told.append(answer.job)
        if len(troubles) > 30:
            break
    assert {trouble.key for trouble in troubles} == {"storage-full"}
    assert len(told) > 10

    async def cram() -> None:
        for n in range(2000):
            accepted = await storage.jobs.accept(ticket(f"more{n}", with_photo=True), PLENTY)
            told.append(accepted.job)

    with pytest.raises(StorageTrouble, match="storage-full"):
        await cram()
    with pytest.raises(StorageTrouble, match="storage-full"):
        await storage.jobs.finish(claim, drawn(claim), 1)
    assert await storage.jobs.release(claim, counted=False)
    relieve()
    again = await storage.jobs.claim("slot", ["classic"])
    assert again is not None
    assert (again.job, again.attempt) == (claim.job, 1), "given up on a full disk, and back in the line"
    assert await storage.jobs.finish(again, drawn(again), 1), "work goes on once there is room"
    after = await storage.jobs.accept(ticket("after", with_photo=True), PLENTY)
    await storage.close()
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        jobs, charges = (db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("job", "charge"))
        assert jobs == charges == len(told) + 2
        assert after.job == db.execute("SELECT max(id) FROM job").fetchone()[0]
        photos = db.execute("SELECT count(*) FROM job WHERE photo IS NOT NULL").fetchone()[0]
    assert len(list((folder / "spool").iterdir())) == photos + 1, "photos of open jobs and one avatar"
    assert check(folder, SECRET).problems == ()


@pytest.mark.parametrize("way", ["full disk", "file size limit"] if MAY_MOUNT else ["file size limit"])
def test_a_full_disk_tells_the_truth_and_work_goes_on_when_there_is_room(way: str, open_folder: Path) -> None:
    def work() -> None:
        if way == "full disk":
            child.own_mounts()
            open_folder.mkdir()
            child.mount_tmpfs(open_folder, "3m")
            ballast = open_folder / "ballast"

            def squeeze() -> None:
                free = shutil.disk_usage(open_folder).free
                ballast.write_bytes(bytes(free - 300_000))

            asyncio.run(_fill(open_folder, squeeze, ballast.unlink))
        else:
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

            def limit() -> None:
                size = max(path.stat().st_size for path in open_folder.glob("bpp.db*"))
                resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300_000, hard))

            asyncio.run(_fill(open_folder, limit, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))))

    assert child.run(work) == 0


async def test_a_disk_without_room_for_the_first_start_is_named(open_folder: Path) -> None:
    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
        asyncio.run(_refused(open_folder, "storage-full"))

    assert await asyncio.to_thread(child.run, work) == 0
    await (await Storage.open(open_folder, SECRET, HandClock())).close()


@pytest.mark.parametrize(
    ("harm", "key"),
    [
        ("newer", "storage-newer"),
        ("garbage", "storage-corrupt"),
        ("torn page", "storage-corrupt"),
        ("cut short", "storage-corrupt"),
        ("somebody else's", "storage-corrupt"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named_and_left_as_it_is(harm: str, key: str, folder: Path) -> None:
    await _one_job(folder)
    path = folder / "bpp.db"
    whole = path.read_bytes()
    if harm == "newer":
        with closing(sqlite3.connect(path)) as db:
            db.execute("UPDATE alembic_version SET version_num = '9999'")
            db.commit()
    elif harm == "garbage":
        path.write_bytes(b"not a database at all " * 1000)
    elif harm == "torn page":
        path.write_bytes(whole[:8192] + os.urandom(4096 * 4) + whole[8192 + 4096 * 4 :])
    elif harm == "cut short":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        path.unlink()
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE theirs (x)")
            db.commit()
    before = _bytes(folder)
    await _refused(folder, key)
    after = _bytes(folder)
    assert {name: raw for name, raw in after.items() if not name.endswith(("-wal", "-shm"))} == {
        name: raw for name, raw in before.items() if not name.endswith(("-wal", "-shm"))
    }


async def test_another_secret_is_refused_and_the_old_one_still_works(folder: Path) -> None:
    await _one_job(folder)
    before = _bytes(folder)
    await _refused(folder, "storage-wrong-secret", Secret(b"x" * 32))
    assert _bytes(folder)["bpp.db"] == before["bpp.db"]
    storage = await Storage.open(folder, SECRET, HandClock(NOON))
    claim = await storage.jobs.claim("slot", ["classic"])
    assert claim is not None
    assert await storage.jobs.photo(claim) is not None
    await storage.close()
