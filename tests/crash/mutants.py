"""Known mistakes, made on purpose in a forked chat process: what does not notice them proves nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from bot import wiring
from bot.courier import Courier
from bot.faults import fault
from bot.live import Live
from bot.quotas import Limits
from bot.storage import outbox, queue, spool
from bot.storage.jobs import Jobs
from bot.storage.spool import Spool


def _no_recovery() -> None:
    queue.recover = lambda db: 0


def _finish_in_two_transactions() -> None:
    keep = outbox.keep_avatar

    def keep_later(db: sqlite3.Connection, *rest: Any) -> None:
        db.execute("COMMIT")
        fault("before-finish-commit")
        db.execute("BEGIN IMMEDIATE")
        keep(db, *rest)

    outbox.keep_avatar = keep_later


def _answer_before_commit() -> None:
    """The answer comes from a rehearsal that is rolled back; the real step follows 50 ms later."""
    turn = asyncio.Lock()
    rehearsing: list[bool] = []
    accept, write = Jobs._accept, queue.accept

    def rehearse(db: sqlite3.Connection, *rest: Any) -> Any:
        if not rehearsing:
            return write(db, *rest)
        db.execute("SAVEPOINT rehearsal")
        try:
            return write(db, *rest)
        finally:
            db.execute("ROLLBACK TO rehearsal")
            db.execute("RELEASE rehearsal")

    async def accept_later(self: Jobs, *rest: Any) -> Any:
        await turn.acquire()
        rehearsing.append(True)
        try:
            answer = await accept(self, *rest)
        except BaseException:
            turn.release()
            raise
        finally:
            rehearsing.clear()

        async def really() -> None:
            await asyncio.sleep(0.05)
            try:
                await accept(self, *rest)
            finally:
                turn.release()

        self._steps.add(task := asyncio.create_task(really()))
        task.add_done_callback(self._steps.discard)
        return answer

    queue.accept = rehearse
    Jobs._accept = accept_later


def _delivered_before_show() -> None:
    deliver = Courier._deliver

    async def trusting(self: Courier, name: str, delivery: Any) -> None:
        await self._jobs.delivered(delivery)
        await deliver(self, name, delivery)

    Courier._deliver = trusting


def _no_fencing() -> None:
    """Nobody tells the worker of a cancel either: the token alone must hold."""
    end = queue.end

    def end_again(db: sqlite3.Connection, row: sqlite3.Row, *rest: Any, **more: Any) -> list[str]:
        db.execute("DELETE FROM outbox WHERE job = ?", (row["id"],))
        return end(db, row, *rest, **more)

    queue.held = lambda db, job, token: db.execute("SELECT * FROM job WHERE id = ?", (job,)).fetchone()
    queue.end = end_again
    _deaf_worker()


def _deaf_worker() -> None:
    """No mistake: whoever is not told of a cancel finds out by the token. Must not be reported."""
    Live.cancel = lambda self, job: None


def _redelivery_is_news() -> None:
    write = queue.accept

    def again(db: sqlite3.Connection, entry: queue.Entry, limits: Limits) -> Any:
        if db.execute("SELECT 1 FROM job WHERE key = ?", (entry.key,)).fetchone():
            entry = replace(entry, key=f"{entry.key}-{entry.uid}")
        return write(db, entry, limits)

    queue.accept = again


def _failure_costs() -> None:
    end = queue.end

    def end_dearly(db: sqlite3.Connection, row: sqlite3.Row, *rest: Any, **more: Any) -> list[str]:
        files = end(db, row, *rest, **more)
        db.execute("UPDATE charge SET state = 'spent' WHERE job = ?", (row["id"],))
        return files

    queue.end = end_dearly


def _nothing_is_erased() -> None:
    def remove(self: Spool, names: Iterable[str]) -> int:
        return 0

    Spool.remove = remove


def _spool_in_clear() -> None:
    spool._seal = lambda key, data, context: data
    spool._open = lambda key, sealed, context: sealed


def _sweeping_all_the_time() -> None:
    """No mistake either: a sweep may come at any moment."""
    wiring.SWEEP_SECONDS = 0.005


def _pictures_mixed_up() -> None:
    fetch, fetched = Jobs.avatar, list[bytes]()

    async def fetch_last(self: Jobs, *rest: Any) -> bytes:
        fetched.append(await fetch(self, *rest))
        return fetched[-2:][0]

    Jobs.avatar = fetch_last


MUTANTS: dict[str, Callable[[], None]] = {
    "no recovery at start": _no_recovery,
    "finish in two transactions": _finish_in_two_transactions,
    "answer before commit": _answer_before_commit,
    "delivered before show": _delivered_before_show,
    "no fencing": _no_fencing,
    "a redelivered call is a new one": _redelivery_is_news,
    "a failed job is charged": _failure_costs,
    "nothing is erased": _nothing_is_erased,
    "the spool is not encrypted": _spool_in_clear,
    "pictures mixed up": _pictures_mixed_up,
    "a worker that is not told of cancels": _deaf_worker,
    "a sweep every few milliseconds": _sweeping_all_the_time,
}
HARMLESS = ("a worker that is not told of cancels", "a sweep every few milliseconds")
"""The controls: with them all must be well."""
EXPOSED_BY = {
    "finish in two transactions": "before-finish-commit",
    "no recovery at start": "after-claim",
}
"""Fault points that show a mutant sooner than chance does."""
