"""Events between their platform and their answer: once a platform was told that we have one, no kill loses it.

Telegram forgets an update when it is confirmed, which its libraries do before anybody acted on it. Here an event is
written down first. It is let go in the transaction that accepts its job (see ``queue.accept``), or once it is answered.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence

from bot.chat import Left
from bot.errors import Gone
from bot.quotas import MS_PER_HOUR
from bot.storage.spool import Seal
from bot.storage.writer import Reader, Writer

log = logging.getLogger(__name__)

Clock = Callable[[], int]

MAX_ATTEMPTS = 10
"""An event during which the bot died this often is not tried again: it may have been the reason. That is said once."""
SEEN_KEPT_MS = 72 * MS_PER_HOUR
"""Telegram keeps what was not confirmed for 24 hours."""
OVER_KEPT_MS = 7 * 24 * MS_PER_HOUR
"""So long it is known that somebody's visit was over after a day, for them to be told; not where they were."""


class Inbox:
    """Events of all platforms by key. Keys are pseudonyms of calls, the same that jobs have. Methods raise StorageTrouble."""

    def __init__(self, writer: Writer, reader: Reader, seal: Seal, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._seal = seal
        self._clock = clock

    async def take(self, platform: str, events: Sequence[tuple[str, bytes]]) -> list[str]:
        """Write events down together, in this order. The keys of those that were never here before.

        When it returns, they are on the disk and may be confirmed.
        """
        now = self._clock()
        rows = [(key, platform, self._seal.shut(event, f"inbox:{key}"), now) for key, event in events]

        def unit(db: sqlite3.Connection) -> list[str]:
            add = "INSERT OR IGNORE INTO inbox (key, platform, event, at, attempts) VALUES (?, ?, ?, ?, 1)"
            return [row[0] for row in rows if db.execute(add, row).rowcount]

        return await self._writer.run(unit)

    async def left(self, platform: str) -> list[tuple[str, Left]]:
        """Events that were taken by a process that ended before it could let them go, the oldest first.

        To be asked once, at the start: each time counts as an attempt.
        """

        def unit(db: sqlite3.Connection) -> list[sqlite3.Row]:
            db.execute(
                "UPDATE inbox SET event = NULL WHERE platform = ? AND event IS NOT NULL AND attempts > ?",
                (platform, MAX_ATTEMPTS),
            )
            db.execute("UPDATE inbox SET attempts = attempts + 1 WHERE platform = ? AND event IS NOT NULL", (platform,))
            found = db.execute(
                "SELECT key, event, at, attempts FROM inbox WHERE platform = ? AND event IS NOT NULL ORDER BY id",
                (platform,),
            )
            return found.fetchall()

        found: list[tuple[str, Left]] = []
        for row in await self._writer.run(unit):
            key = row["key"]
            try:
                event = self._seal.unshut(row["event"], f"inbox:{key}")
                found.append((key, Left(event, row["at"], given_up=row["attempts"] > MAX_ATTEMPTS)))
            except Gone:
                log.error("an event that waited for its answer cannot be read; it is dropped")  # noqa: TRY400
                await self.done(key)
        return found

    async def done(self, key: str) -> None:
        """Let an event go: it was answered. Safe to repeat."""
        await self._writer.run(lambda db: release(db, key))


def release(db: sqlite3.Connection, key: str) -> None:
    """Let an event go within a transaction; only that it was here is remembered."""
    db.execute("UPDATE inbox SET event = NULL WHERE key = ? AND event IS NOT NULL", (key,))


def expire(db: sqlite3.Connection, now: int) -> None:
    """Forget events that no platform delivers again and nobody waits for any more, and where members were at home."""
    db.execute("DELETE FROM inbox WHERE at <= ?", (now - SEEN_KEPT_MS,))
    db.execute("DELETE FROM visit WHERE until <= ?", (now - OVER_KEPT_MS,))
    db.execute("UPDATE visit SET home = x'' WHERE until <= ? AND home <> x''", (now,))
