"""Final messages and finished avatars until they are delivered, as synchronous steps inside a transaction."""

from __future__ import annotations

import sqlite3

from bot.storage.rows import WORDLESS, dump
from bot.storage.spool import Stored
from generator.engine import Avatar

AVATAR_KEPT_MS = 24 * 3_600_000
"""How long an avatar is kept after its delivery."""
FIRST_RETRY_MS = 1_000
LAST_RETRY_MS = 300_000


def keep_avatar(db: sqlite3.Connection, job: int, stored: Stored, avatar: Avatar, now: int) -> None:
    """Name the avatar's file in its job. Without an address there is no delivery to wait for."""
    db.execute(
        "UPDATE job SET avatar = ?, avatar_key = ?, trace = ?, notes = ?, drawn_as = ?,"
        " avatar_until = CASE WHEN address IS NULL THEN ? END WHERE id = ?",
        (
            stored.name,
            stored.key,
            avatar.trace,
            dump(list(avatar.notes)),
            avatar.drawn_as or None,
            now + AVATAR_KEPT_MS,
            job,
        ),
    )


def drop_avatar(db: sqlite3.Connection, job: int) -> list[str]:
    """Forget the avatar's key and name, and in which words it was wished for. The file to unlink after the commit."""
    row = db.execute("SELECT avatar FROM job WHERE id = ?", (job,)).fetchone()
    db.execute(
        f"UPDATE job SET avatar = NULL, avatar_key = NULL, avatar_until = NULL, spec = {WORDLESS} WHERE id = ?",  # noqa: S608
        (job,),
    )
    return [row["avatar"]] if row is not None and row["avatar"] is not None else []


def due(db: sqlite3.Connection, now: int, limit: int) -> list[sqlite3.Row]:
    """Final messages whose time has come. One that claims to wait longer than we ever wait was set by another clock."""
    return db.execute(
        "SELECT outbox.id AS delivery, outbox.attempts AS attempts, job.id, uid, room, member, address, locale, state,"
        " spec, trace, notes, error_key, error_parameters FROM outbox JOIN job ON job.id = outbox.job"
        " WHERE closed IS NULL AND address IS NOT NULL AND (next_at <= ? OR next_at > ?)"
        " ORDER BY next_at, outbox.id LIMIT ?",
        (now, now + LAST_RETRY_MS, limit),
    ).fetchall()


def close(db: sqlite3.Connection, job: int, now: int) -> None:
    """The message of this job is done with. The address goes, the avatar's last day begins."""
    if db.execute("UPDATE outbox SET closed = ? WHERE job = ? AND closed IS NULL", (now, job)).rowcount:
        db.execute(
            "UPDATE job SET address = NULL, avatar_until = CASE WHEN avatar IS NULL THEN NULL ELSE ? END WHERE id = ?",
            (now + AVATAR_KEPT_MS, job),
        )


def postpone(db: sqlite3.Connection, delivery: int, now: int) -> None:
    """Try again after 1, 2, 4 … seconds, at most five minutes."""
    db.execute(
        "UPDATE outbox SET attempts = attempts + 1, next_at = ? + min(?, ? << min(attempts, 20))"
        " WHERE id = ? AND closed IS NULL",
        (now, LAST_RETRY_MS, FIRST_RETRY_MS, delivery),
    )


def hurry(db: sqlite3.Connection, member: str, now: int) -> None:
    """Try what this member is owed now, instead of at the end of a pause."""
    db.execute(
        "UPDATE outbox SET next_at = ? WHERE closed IS NULL AND next_at > ?"
        " AND job IN (SELECT id FROM job WHERE member = ?)",
        (now, now, member),
    )
