"""Group commit: many units share one fsync, and none of them pays for another's failure."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import Refused, StorageTrouble
from bot.storage import writer as module
from bot.storage.writer import Line, Reader, Writer, connect


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(connect(tmp_path / "x.db")) as db:
        db.execute("PRAGMA journal_mode=WAL").fetchall()
        db.execute("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT")
    return tmp_path / "x.db"


@pytest.fixture
async def writer(path: Path) -> AsyncIterator[Writer]:
    line = Line(path, readonly=False)
    await line
    made = Writer(line, path.parent)
    yield made
    await made.close()


@pytest.fixture
async def reader(path: Path, writer: Writer) -> AsyncIterator[Reader]:
    line = Line(path, readonly=True)
    await line
    made = Reader([line], path.parent)
    yield made
    await made.close()


def insert(x: int) -> module.Unit[int]:
    def unit(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t VALUES (?)", (x,))
        return x

    return unit


def refuse(db: sqlite3.Connection) -> None:
    raise Refused("refused-quota")


def spoil(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO t VALUES (-1)")
    raise Refused("after writing")


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT count(*) FROM t").fetchone()[0]


async def test_units_at_once_share_a_few_commits(writer: Writer, path: Path) -> None:
    commits: list[str] = []
    await writer._line.run(
        lambda db: db.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    )
    assert await asyncio.gather(*(writer.run(insert(x)) for x in range(500))) == list(range(500))
    assert count(path) == 500
    assert len(commits) <= 5


async def test_an_answer_means_that_others_can_see_it(writer: Writer, reader: Reader) -> None:
    for x in range(20):
        await writer.run(insert(x))
        assert await reader.run(lambda db: db.execute("SELECT count(*) FROM t").fetchone()[0]) == x + 1


@pytest.mark.parametrize("trouble", [refuse, spoil, insert(3)])
async def test_one_failure_in_a_batch_is_its_own(trouble: module.Unit[None], writer: Writer, path: Path) -> None:
    units = [writer.run(insert(x)) for x in range(10)]
    results = await asyncio.gather(*units[:5], writer.run(trouble), *units[5:], return_exceptions=True)
    assert [r for r in results if not isinstance(r, Exception)] == list(range(10))
    assert isinstance(results[5], Refused | StorageTrouble)
    assert count(path) == 10, "nothing of the unit that failed, everything of the others"


async def test_a_cancelled_caller_does_not_undo_or_disturb_anything(writer: Writer, path: Path) -> None:
    tasks = [asyncio.create_task(writer.run(insert(x))) for x in range(100)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[1::2] == list(range(1, 100, 2))
    assert count(path) in range(50, 101)


async def test_the_wal_is_emptied_when_idle(writer: Writer, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 60.0)
    wal = path.with_name("x.db-wal")
    await writer.run(insert(1))
    assert wal.stat().st_size > 0
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    await writer.run(insert(2))
    await emptied(wal)
    await writer.run(insert(3))
    assert count(path) == 3


async def emptied(wal: Path) -> None:
    async with asyncio.timeout(20):
        while (await asyncio.to_thread(wal.stat)).st_size:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_long_reader_does_not_hold_up_the_writer(
    writer: Writer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.02)
    said: list[str] = []
    await writer._line.run(lambda db: db.set_trace_callback(said.append))
    with closing(connect(path, readonly=True)) as reading:
        await writer.run(insert(0))
        reading.execute("BEGIN")
        reading.execute("SELECT * FROM t").fetchall()
        for x in range(1, 10):
            await writer.run(insert(x))
            await asyncio.sleep(0.03)
        assert count(path) == 10, "while the reader still reads"
        tries = [at for at, sql in enumerate(said) if "wal_checkpoint" in sql]
        assert tries
        assert all("busy_timeout=0" in said[at - 1] for at in tries), "never waits for a reader"
        reading.execute("ROLLBACK")
    await emptied(path.with_name("x.db-wal"))  # tried again once the reader was gone


async def test_readers_cannot_write(reader: Reader) -> None:
    with pytest.raises(StorageTrouble):
        await reader.run(lambda db: db.execute("INSERT INTO t VALUES (1)"))


async def test_after_closing_everybody_is_told_so(writer: Writer, reader: Reader, path: Path) -> None:
    last = asyncio.create_task(writer.run(insert(1)))
    await asyncio.sleep(0)
    await writer.close()
    await reader.close()
    assert await last == 1
    with pytest.raises(StorageTrouble, match="storage-closed"):
        await writer.run(insert(2))
    with pytest.raises(StorageTrouble, match="storage-closed"):
        await reader.run(lambda db: None)
    writer.close = reader.close = _done  # type: ignore[method-assign]


async def _done() -> None:
    return None


async def test_every_commit_is_durable_and_erases_what_it_deletes(writer: Writer) -> None:
    def look(db: sqlite3.Connection) -> list[int]:
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "secure_delete", "foreign_keys")]

    assert await writer._line.run(look) == [2, 1, 1]


def broken(db: sqlite3.Connection) -> None:
    trouble = sqlite3.OperationalError("disk I/O error")
    trouble.sqlite_errorcode = sqlite3.SQLITE_IOERR
    raise trouble


@pytest.mark.parametrize("harm", ["unlink", "iterdir"])
async def test_everybody_is_answered_however_broken_the_folder_is(
    harm: str, writer: Writer, reader: Reader, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise (OSError(errno.EIO, "Input/output error") if harm == "unlink" else RuntimeError("worse"))

    with monkeypatch.context() as patch:
        patch.setattr(Path, harm, fail)
        async with asyncio.timeout(20):
            answers = await asyncio.gather(
                *(writer.run(broken) for _ in range(3)), *(reader.run(broken) for _ in range(3)), return_exceptions=True
            )
    assert [str(answer.args[0]).split()[0] for answer in answers] == ["storage-broken"] * 6  # type: ignore[union-attr]
    assert await writer.run(insert(1)) == 1
    assert await reader.run(lambda db: db.execute("SELECT count(*) FROM t").fetchone()[0]) == 1
