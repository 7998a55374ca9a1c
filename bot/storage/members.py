"""What is stored about a member: their choices, everything to show, everything to forget."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.errors import StorageTrouble
from bot.quotas import day_of
from bot.storage.spool import Spool
from bot.storage.writer import Reader, Writer

log = logging.getLogger(__name__)

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Preferences:
    """A member's own defaults in one room; None = not chosen."""

    style: str | None = None
    likeness: int | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased. ``counts``: ``jobs``, ``photos``, ``avatars``, ``preferences``, ``messages`` (final messages that
    had not arrived), ``decisions`` (log lines that no longer name the member), ``charges`` (of earlier days).

    ``kept``: ``charges`` of today (until midnight UTC, so that the limit holds) and ``blocks`` by moderators.
    """

    counts: Mapping[str, int]
    shared: tuple[int, ...]
    """Jobs whose avatar stands in a room: to be taken back there."""
    jobs: tuple[int, ...]
    """All jobs that were erased."""
    cancelled: tuple[int, ...]
    """Jobs that were still open: whoever draws them may stop."""
    kept: Mapping[str, int]


class Members:
    """Preferences, export and forgetting. Methods raise StorageTrouble."""

    def __init__(
        self, writer: Writer, reader: Reader, spool: Spool, clock: Clock, ring: Callable[[], None] | None = None
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._spool = spool
        self._clock = clock
        self._ring = ring

    async def preferences(self, room: str, member: str) -> Preferences:
        """What this member chose here; all None if nothing."""

        def look(db: sqlite3.Connection) -> Preferences:
            row = db.execute("SELECT * FROM preference WHERE room = ? AND member = ?", (room, member)).fetchone()
            return Preferences() if row is None else Preferences(row["style"], row["likeness"], row["locale"])

        return await self._reader.run(look)

    async def save(self, room: str, member: str, preferences: Preferences) -> None:
        """Replace what this member chose here."""

        def unit(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO preference VALUES (?, ?, ?, ?, ?) ON CONFLICT (room, member) DO UPDATE SET"
                " style = excluded.style, likeness = excluded.likeness, locale = excluded.locale",
                (room, member, preferences.style, preferences.likeness, preferences.locale),
            )

        await self._writer.run(unit)

    async def export(self, member: str) -> dict[str, Any]:
        """Everything stored about this member, ready for JSON. Rooms are numbered; nobody else is named."""
        return await self._reader.run(lambda db: _export(db, member))

    async def forget(self, member: str) -> Receipt:
        """Erase everything about this member but today's count and blocks. When it returns, the bytes are gone.

        Raises StorageTrouble only if nothing was erased. Bytes that the disk does not let go at once can no longer be
        opened, and go with the next sweep or idle moment.
        """
        return await asyncio.shield(asyncio.create_task(self._forget(member)))

    async def _forget(self, member: str) -> Receipt:
        now = self._clock()
        receipt, files = await self._writer.run(lambda db: _forget(db, member, now))
        await asyncio.to_thread(self._spool.remove, files)
        try:
            # Deleted rows can be read in the WAL until it is emptied.
            await self._writer.checkpoint()
        except StorageTrouble as trouble:
            log.error("what was forgotten stays in the WAL until it can be emptied: %s", trouble)  # noqa: TRY400
        if self._ring is not None:
            self._ring()
        return receipt


def _time(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def _export(db: sqlite3.Connection, member: str) -> dict[str, Any]:
    db.execute("BEGIN")  # one moment in time for all the looks below
    try:
        return _collect(db, member)
    finally:
        db.execute("ROLLBACK")


def _collect(db: sqlite3.Connection, member: str) -> dict[str, Any]:
    numbers: dict[str, int] = {}

    def name(room: str) -> str:
        return f"room {numbers.setdefault(room, len(numbers) + 1)}"

    jobs: list[dict[str, Any]] = [
        {
            "number": row["id"],
            "room": name(row["room"]),
            "state": row["state"],
            "request": json.loads(row["spec"]),
            "language": row["locale"],
            "asked": _time(row["created"]),
            "started": _time(row["started"]),
            "ended": _time(row["finished"]),
            "attempts": row["attempt"],
            "photo_stored_encrypted": row["photo"] is not None,
            "avatar_stored_encrypted": row["avatar"] is not None,
            "avatar_erased_at_the_latest": _time(row["avatar_until"]),
            "delivery_address_stored_sealed": row["address"] is not None,
            "shared_in_the_room": bool(row["shared"]),
            "trace_of_photo": row["trace"],
            "remarks": json.loads(row["notes"]) if row["notes"] else [],
            "failure": row["error_key"],
            "failure_details": json.loads(row["error_parameters"]) if row["error_parameters"] else {},
            "final_message_attempts": row["attempts"],
            "final_message_arrived_or_given_up": _time(row["closed"]),
            "expected_drawing_milliseconds": row["cost"],
            "call_pseudonym": row["key"],
        }
        for row in db.execute(
            "SELECT job.*, attempts, closed FROM job LEFT JOIN outbox ON outbox.job = job.id WHERE member = ?"
            " ORDER BY job.id",
            (member,),
        )
    ]
    preferences = [
        {"room": name(row["room"]), "style": row["style"], "likeness": row["likeness"], "language": row["locale"]}
        for row in db.execute("SELECT * FROM preference WHERE member = ? ORDER BY room", (member,))
    ]
    charges = [
        {
            "job": row["job"],
            "room": name(row["room"]),
            "day": datetime.fromtimestamp(row["day"] * 86_400, UTC).date().isoformat(),
            "state": row["state"],
        }
        for row in db.execute("SELECT * FROM charge WHERE member = ? ORDER BY job", (member,))
    ]
    blocks = [
        {"room": name(row["room"]), "since": _time(row["at"])}
        for row in db.execute("SELECT * FROM block WHERE member = ? ORDER BY at", (member,))
    ]
    taken = [
        {
            "room": name(row["room"]),
            "at": _time(row["at"]),
            "what": row["what"].partition("@")[0],
            # A block names another member.
            "detail": "" if row["what"] in ("block", "unblock") and row["detail"] != member else row["detail"],
        }
        for row in db.execute("SELECT * FROM decision WHERE moderator = ? ORDER BY id", (member,))
    ]
    about = [
        {"room": name(row["room"]), "at": _time(row["at"]), "what": row["what"]}
        for row in db.execute("SELECT * FROM decision WHERE detail = ? ORDER BY id", (member,))
    ]
    visit = db.execute("SELECT 1 FROM visit WHERE member = ?", (member,)).fetchone()
    flow = db.execute("SELECT vfinish FROM flow WHERE key = ?", (f"m{member}",)).fetchone()
    return {
        "your_pseudonym": member,
        "jobs": jobs,
        "preferences": preferences,
        "quota": charges,
        "blocks": blocks,
        "decisions_as_moderator": taken,
        "decisions_about_you": about,
        "turn_in_the_queue": None if flow is None else flow["vfinish"],
        "room_that_you_came_from_stored_sealed": visit is not None,
    }


def _forget(db: sqlite3.Connection, member: str, now: int) -> tuple[Receipt, list[str]]:
    rows = db.execute("SELECT id, photo, avatar, shared, finished FROM job WHERE member = ?", (member,)).fetchall()
    photos = [row["photo"] for row in rows if row["photo"]]
    avatars = [row["avatar"] for row in rows if row["avatar"]]
    messages = db.execute(
        "SELECT count(*) FROM outbox JOIN job ON job.id = outbox.job WHERE member = ? AND closed IS NULL", (member,)
    ).fetchone()[0]
    db.execute("INSERT OR IGNORE INTO spent_key SELECT key, ? FROM job WHERE member = ?", (now, member))
    db.execute(
        "UPDATE charge SET state = 'returned' WHERE state = 'held' AND job IN (SELECT id FROM job WHERE member = ?)",
        (member,),
    )
    jobs = db.execute("DELETE FROM job WHERE member = ?", (member,)).rowcount
    charges = db.execute(
        "DELETE FROM charge WHERE member = ? AND (day < ? OR state = 'returned')", (member, day_of(now))
    ).rowcount
    preferences = db.execute("DELETE FROM preference WHERE member = ?", (member,)).rowcount
    db.execute("DELETE FROM flow WHERE key = ?", (f"m{member}",))
    db.execute("DELETE FROM visit WHERE member = ?", (member,))
    decisions = db.execute("UPDATE decision SET moderator = '' WHERE moderator = ?", (member,)).rowcount
    decisions += db.execute(
        "UPDATE decision SET detail = '' WHERE detail = ?1"
        " AND NOT EXISTS (SELECT 1 FROM block WHERE block.room = decision.room AND block.member = ?1)",
        (member,),
    ).rowcount
    kept = {
        "charges": db.execute("SELECT count(*) FROM charge WHERE member = ?", (member,)).fetchone()[0],
        "blocks": db.execute("SELECT count(*) FROM block WHERE member = ?", (member,)).fetchone()[0],
    }
    counts = {
        "jobs": jobs,
        "photos": len(photos),
        "avatars": len(avatars),
        "preferences": preferences,
        "messages": messages,
        "decisions": decisions,
        "charges": charges,
    }
    receipt = Receipt(
        counts=counts,
        shared=tuple(row["id"] for row in rows if row["shared"]),
        jobs=tuple(row["id"] for row in rows),
        cancelled=tuple(row["id"] for row in rows if row["finished"] is None),
        kept=kept,
    )
    return receipt, photos + avatars
