"""In which room a member is at home who writes to the bot alone: sealed, for some hours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from bot.errors import Gone
from bot.quotas import MS_PER_HOUR
from bot.storage.spool import Seal
from bot.storage.writer import Reader, Writer

Clock = Callable[[], int]

VISIT_MS = 24 * MS_PER_HOUR


class Visits:
    """Member → home, which is text that the platform's adapter understands. Methods raise StorageTrouble."""

    def __init__(self, writer: Writer, reader: Reader, seal: Seal, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._seal = seal
        self._clock = clock

    async def begin(self, member: str, home: str) -> None:
        """From now on, until the next visit or for a day."""
        row = (member, self._seal.shut(home.encode(), f"visit:{member}"), self._clock() + VISIT_MS)
        await self._writer.run(lambda db: db.execute("INSERT OR REPLACE INTO visit VALUES (?, ?, ?)", row))

    async def home(self, member: str) -> str:
        """Empty if the member is nowhere."""
        now = self._clock()

        def look(db: sqlite3.Connection) -> bytes | None:
            row = db.execute("SELECT home FROM visit WHERE member = ? AND until > ?", (member, now)).fetchone()
            return None if row is None else row["home"]

        sealed = await self._reader.run(look)
        try:
            return "" if sealed is None else self._seal.unshut(sealed, f"visit:{member}").decode()
        except Gone:
            return ""

    async def ran_out(self, member: str) -> bool:
        """Whether a visit of theirs was over after a day; true once."""
        row = (member, self._clock())
        # Most have none: a look costs less than a write.
        look = "SELECT 1 FROM visit WHERE member = ? AND until <= ?"
        if await self._reader.run(lambda db: db.execute(look, row).fetchone()) is None:
            return False
        take = "DELETE FROM visit WHERE member = ? AND until <= ?"
        return await self._writer.run(lambda db: db.execute(take, row).rowcount > 0)

    async def end(self, member: str) -> None:
        """Safe to repeat."""
        await self._writer.run(lambda db: db.execute("DELETE FROM visit WHERE member = ?", (member,)))
