"""What is erased when its time is over, as synchronous steps inside a transaction."""

from __future__ import annotations

import sqlite3

from bot.quotas import MS_PER_DAY, MS_PER_HOUR, day_of
from bot.storage import inbox
from bot.storage.outbox import AVATAR_KEPT_MS
from bot.storage.outbox import close as close_delivery
from bot.storage.rows import WORDLESS, Swept

JOB_KEPT_MS = 7 * MS_PER_DAY
"""Finished jobs without a picture: so that a repeated event finds its answer. A shared one stays until it is taken back."""
DELIVERY_TRIED_MS = 7 * MS_PER_DAY
DECISION_KEPT_MS = 90 * MS_PER_DAY
CLOCK_SLACK_MS = 2 * MS_PER_HOUR
"""A clock that was wrong by up to this much must not give a second quota for a day that it had left too early."""


def expire(db: sqlite3.Connection, now: int) -> tuple[Swept, list[str]]:
    """Erase what is past its time. What was erased, and the files to unlink after the commit."""
    # A time further ahead than we ever set comes from a clock that was wrong; it must not keep anything for years.
    db.execute("UPDATE job SET avatar_until = min(avatar_until, ?) WHERE avatar IS NOT NULL", (now + AVATAR_KEPT_MS,))
    stale = db.execute(
        "SELECT job FROM outbox WHERE closed IS NULL AND created <= ?", (now - DELIVERY_TRIED_MS,)
    ).fetchall()
    for row in stale:
        close_delivery(db, row["job"], now)
    old = db.execute("SELECT avatar FROM job WHERE avatar IS NOT NULL AND avatar_until <= ?", (now,)).fetchall()
    db.execute(
        f"UPDATE job SET avatar = NULL, avatar_key = NULL, avatar_until = NULL, spec = {WORDLESS}"  # noqa: S608
        " WHERE avatar IS NOT NULL AND avatar_until <= ?",
        (now,),
    )
    # Who tries again has a day for it, as with a picture.
    db.execute(
        f"UPDATE job SET spec = {WORDLESS} WHERE finished <= ? AND state = 'failed' AND instr(spec, '\"about\"')",  # noqa: S608
        (now - AVATAR_KEPT_MS,),
    )
    jobs = db.execute(
        "DELETE FROM job WHERE finished <= ? AND avatar IS NULL AND shared = 0"
        " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.job = job.id AND closed IS NULL)",
        (now - JOB_KEPT_MS,),
    ).rowcount
    decisions = db.execute("DELETE FROM decision WHERE at <= ?", (now - DECISION_KEPT_MS,)).rowcount
    db.execute("DELETE FROM charge WHERE day < ? AND state <> 'held'", (day_of(now - CLOCK_SLACK_MS),))
    db.execute("DELETE FROM spent_key WHERE at <= ?", (now - JOB_KEPT_MS,))
    inbox.expire(db, now)
    # A flow behind the virtual time weighs nothing.
    db.execute("DELETE FROM flow WHERE vfinish <= (SELECT vnow FROM turn)")
    names = [row["avatar"] for row in old]
    return Swept(avatars=len(names), jobs=jobs, decisions=decisions, deliveries=len(stale)), names


def named_files(db: sqlite3.Connection) -> set[str]:
    """Every spool file that a row names."""
    rows = db.execute(
        "SELECT photo FROM job WHERE state = 'queued' AND photo IS NOT NULL"
        " UNION ALL SELECT photo FROM job WHERE state = 'running' AND photo IS NOT NULL"
        " UNION ALL SELECT avatar FROM job WHERE avatar IS NOT NULL"
    )
    return {row[0] for row in rows}
