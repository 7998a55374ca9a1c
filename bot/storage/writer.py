"""The road of every SQL statement: one writing connection with group commit, few read-only ones beside it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from bot.errors import StorageTrouble
from bot.storage import trouble

T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], T]
"""A synchronous piece of work on the connection's own thread. It may run twice (a batch that failed is rolled back
and repeated unit by unit), so whatever it draws by lot is drawn before."""

LOOKS = 32
"""Looks a hop: few, so that their callers do not all wake up in the same moment and hold the loop."""
BATCH = 128
IDLE_SECONDS = 1.0
CHECKPOINT_TRIES, CHECKPOINT_PAUSE = 20, 0.025
READERS = 2


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open the database file as every part of the application does; statements commit only when told to."""
    if readonly:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5, cached_statements=256)
        db.execute("PRAGMA query_only=ON")
    else:
        db = sqlite3.connect(path, isolation_level=None, timeout=5, cached_statements=256)
        # FULL: without it a power cut loses commits that were already answered.
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        db.execute("PRAGMA secure_delete=ON")
        # Copying the WAL back costs an fsync more; in a burst that waits, and the idle moment after it does the rest.
        db.execute("PRAGMA wal_autocheckpoint=8000")
    db.row_factory = sqlite3.Row
    return db


class Line(aiosqlite.Connection):
    """An aiosqlite connection that runs a whole function in one hop to its thread, not one hop a statement."""

    def __init__(self, path: Path, *, readonly: bool) -> None:
        super().__init__(partial(connect, path, readonly=readonly), iter_chunk_size=64)
        # A start that fails half-way must not leave a thread that keeps the process alive.
        self._thread.daemon = True

    async def run(self, work: Unit[T]) -> T:
        """``work(db)`` on the connection's thread."""
        execute = cast("Any", self._execute)  # pyright: ignore[reportUnknownMemberType]
        return await execute(work, self._conn)


Outcome = tuple[Any, Exception | None]
_Waiting = tuple[Unit[Any], asyncio.Future[Any]]


class _Spoilt(Exception):
    """A unit failed after it had written: the batch must go back."""


def _together(units: list[Unit[Any]], db: sqlite3.Connection) -> list[Outcome]:
    outcomes: list[Outcome] = []
    db.execute("BEGIN IMMEDIATE")
    for unit in units:
        before = db.total_changes
        try:
            outcomes.append((unit(db), None))
        except sqlite3.Error:
            raise
        except Exception as error:
            # Most refusals come before the unit's first write; then there is nothing to take back.
            if db.total_changes != before:
                raise _Spoilt from error
            outcomes.append((None, error))
    db.execute("COMMIT")
    return outcomes


def _alone(unit: Unit[Any], db: sqlite3.Connection) -> Outcome:
    try:
        db.execute("BEGIN IMMEDIATE")
        result = unit(db)
        db.execute("COMMIT")
    except Exception as error:  # noqa: BLE001 - handed to the caller that waits for this unit
        _roll_back(db)
        return None, error
    return result, None


def _roll_back(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        db.execute("ROLLBACK")


def commit(units: list[Unit[Any]], db: sqlite3.Connection) -> list[Outcome]:
    """Run all units in one transaction; if that fails, each in its own. Result or error of each, in order."""
    if len(units) > 1:
        try:
            return _together(units, db)
        except (sqlite3.Error, _Spoilt):
            # SQLite may have rolled back by itself (disk full), so nothing of the batch counts.
            _roll_back(db)
    outcomes = [_alone(unit, db) for unit in units]
    if any(_is_full(error) for _, error in outcomes) and _emptied(db):
        # The WAL itself may be what fills the disk.
        outcomes = [
            _alone(unit, db) if _is_full(before[1]) else before for unit, before in zip(units, outcomes, strict=True)
        ]
    return outcomes


def _is_full(error: Exception | None) -> bool:
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL


def _emptied(db: sqlite3.Connection) -> bool:
    try:
        return _checkpoint(db)
    except sqlite3.Error:
        return False


def _checkpoint(db: sqlite3.Connection) -> bool:
    """Empty the WAL, for deleted rows stay readable in it. False if a reader is in the way: nobody waits for one."""
    db.execute("PRAGMA busy_timeout=0")
    try:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.execute("PRAGMA busy_timeout=5000")
    return not busy


class Writer:
    """Runs units one after the other, up to 128 a commit: one fsync answers everybody who waited meanwhile."""

    def __init__(self, line: Line, folder: Path) -> None:
        self._line = line
        self._folder = folder
        self._waiting: deque[_Waiting] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._closed = False

    async def run(self, unit: Unit[T]) -> T:
        """The unit's result, once it is on the disk. A cancelled caller does not stop its unit.

        Raises what the unit raised, or StorageTrouble; then nothing of the unit happened.
        """
        if self._closed:
            raise StorageTrouble("storage-closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, future))
        if self._pump is None:
            self._pump = asyncio.create_task(self._drain())
        return await future

    async def checkpoint(self) -> None:
        """Move everything into the database file and empty the WAL, as soon as short readers let it.

        While a long reader (a back-up) is in the way, the next idle moment does it instead.
        """
        try:
            for _ in range(CHECKPOINT_TRIES):
                if await self._line.run(_checkpoint):
                    return
                await asyncio.sleep(CHECKPOINT_PAUSE)
        except sqlite3.Error as error:
            raise await asyncio.to_thread(trouble.of_sqlite, error, self._folder) from error

    async def close(self) -> None:
        """Finish what waits, then close the connection."""
        self._closed = True
        if self._pump is not None:
            await self._pump
        if self._idle is not None:
            self._idle.cancel()
        await self._line.close()

    async def _drain(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                await _answer(batch, self._line.run(partial(commit, [unit for unit, _ in batch])), self._folder)
        finally:
            self._pump = None
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._rest)

    def _rest(self) -> None:
        self._idle = None
        if self._pump is None and not self._closed:
            self._pump = asyncio.create_task(self._tidy())

    async def _tidy(self) -> None:
        emptied = False
        # A full disk or a long reader: the next idle moment tries again.
        with suppress(sqlite3.Error):
            emptied = await self._line.run(_checkpoint)
        self._pump = None
        if self._waiting:
            self._pump = asyncio.create_task(self._drain())
        elif not emptied and not self._closed:
            self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._rest)


class Reader:
    """Read-only connections, so that looking never waits for writing.

    Looks that come while all connections are busy share the next hop to a thread, which in a burst costs more than they.
    """

    def __init__(self, lines: list[Line], folder: Path) -> None:
        self._lines = lines
        self._folder = folder
        self._waiting: deque[_Waiting] = deque()
        self._free = list(lines)
        self._pumps: set[asyncio.Task[None]] = set()
        self._closed = False

    async def run(self, look: Unit[T]) -> T:
        """``look(db)`` on one of the read-only connections. Raises StorageTrouble."""
        if self._closed:
            raise StorageTrouble("storage-closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((look, future))
        if self._free:
            pump = asyncio.create_task(self._drain(self._free.pop()))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)
        return await future

    async def _drain(self, line: Line) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(LOOKS, len(self._waiting)))]
                await _answer(batch, line.run(partial(_look, [look for look, _ in batch])), self._folder)
        finally:
            self._free.append(line)

    async def close(self) -> None:
        """Finish what was asked, then close the connections."""
        self._closed = True
        while self._pumps:
            await asyncio.wait(self._pumps)
        for line in self._lines:
            await line.close()


def _look(looks: list[Unit[Any]], db: sqlite3.Connection) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for look in looks:
        try:
            outcomes.append((look(db), None))
        except Exception as error:  # noqa: BLE001 - handed to the caller that waits for this look
            outcomes.append((None, error))
    return outcomes


async def _answer(batch: list[_Waiting], work: Awaitable[list[Outcome]], folder: Path) -> None:
    """Do ``work`` and hand everybody in ``batch`` their own result or error."""
    try:
        outcomes = await work
    except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it was
        outcomes = [(None, error)] * len(batch)
    for (_, future), (result, error) in zip(batch, outcomes, strict=True):
        if isinstance(error, sqlite3.Error):
            error = await _named(error, folder)
        if future.cancelled():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


async def _named(error: sqlite3.Error, folder: Path) -> Exception:
    try:
        return await asyncio.to_thread(trouble.of_sqlite, error, folder)
    except Exception as worse:  # noqa: BLE001 - a folder in which not even looking works; nobody may wait for ever
        return StorageTrouble("storage-broken", {"reason": f"{error}; {type(worse).__name__}"})
