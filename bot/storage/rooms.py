"""What moderators decided for their rooms, and the log of it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.storage.rows import dump
from bot.storage.writer import Reader, Writer

Clock = Callable[[], int]

MAX_KNOWN = 4096
"""Policies in memory; beyond, it is emptied and fills again."""

_INSERT = (
    "INSERT INTO room (room, parent, styles, daily, ceiling, paused, words, blocked_words, unchecked)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """What is allowed in a room. ``styles`` None = all; ``ceiling`` = the highest likeness (0 … 100)."""

    styles: frozenset[str] | None = None
    daily: int = 20
    ceiling: int = 100
    paused: bool = False
    halted: bool = False
    """Paused everywhere: until that is lifted, it holds over the rules of any part of the room."""
    words: bool = True
    """Whether members may describe painted pictures in their own words."""
    blocked_words: frozenset[str] = frozenset()
    """What these words may not contain, beside what they may not contain anywhere."""
    unchecked: bool = False
    """Whether painted pictures are made although nobody looks at them before their member does."""

    @property
    def stopped(self) -> bool:
        """Whether nobody can ask for new pictures here."""
        return self.paused or self.halted


@dataclass(frozen=True, slots=True)
class Parts:
    """How many parts of a room have rules of their own, and how many of these are paused by them."""

    count: int
    paused: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One decision. ``by`` is the moderator's pseudonym, empty once they were forgotten."""

    at: int
    by: str
    what: str
    detail: str
    channel: str = ""
    """The part of the room that it was about; empty for the whole room."""


class Rooms:
    """Policies, blocks and the log of decisions. Methods raise StorageTrouble."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._known: dict[tuple[str, str], RoomPolicy] = {}
        self._decisions = 0

    async def policy(self, room: str, channel: str = "") -> RoomPolicy:
        """What holds here: the rules of this part of the room if it has its own, else the room's, else the defaults.

        Remembered, for it is asked with every call and seldom changes. Whether a job is accepted is decided by the rows.
        """
        known = self._known.get((room, channel))
        if known is not None:
            return known
        decisions = self._decisions
        policy = await self._reader.run(lambda db: _holding(db, room, channel))
        if decisions == self._decisions:
            # Nobody decided anything since this look began, so it saw the latest.
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[room, channel] = policy
        return policy

    async def chosen(self, room: str) -> RoomPolicy | None:
        """What moderators chose for this room, or for this channel; None if nobody did."""
        return await self._reader.run(lambda db: _policy(db, room))

    async def change(self, room: str, by: str, policy: RoomPolicy, what: str, detail: str, channel: str = "") -> None:
        """Save the policy and one line in the log together. ``channel``: the rules of this part of the room alone."""
        now = self._clock()
        row = _row(room, channel, policy)

        def unit(db: sqlite3.Connection) -> None:
            db.execute(
                f"{_INSERT} ON CONFLICT (room) DO UPDATE SET styles = excluded.styles, daily = excluded.daily,"
                " ceiling = excluded.ceiling, paused = excluded.paused, parent = excluded.parent, words = excluded.words,"
                " blocked_words = excluded.blocked_words, unchecked = excluded.unchecked",
                row,
            )
            _note(db, room, now, by, what, detail, channel)

        await self._decide(unit)

    async def part(self, room: str, by: str, channel: str) -> None:
        """From now on this channel has rules of its own, first a copy of the room's. Safe to repeat."""
        now = self._clock()

        def unit(db: sqlite3.Connection) -> None:
            row = _row(room, channel, _policy(db, room) or RoomPolicy())
            if db.execute(f"{_INSERT} ON CONFLICT DO NOTHING", row).rowcount:
                _note(db, room, now, by, "parted", "", channel)

        await self._decide(unit)

    async def rejoin(self, room: str, by: str, channel: str) -> None:
        """This channel follows the room's rules again. Safe to repeat."""
        now = self._clock()

        def unit(db: sqlite3.Connection) -> None:
            if db.execute("DELETE FROM room WHERE room = ?", (channel,)).rowcount:
                _note(db, room, now, by, "rejoined", "", channel)

        await self._decide(unit)

    async def halt(self, room: str, by: str, *, on: bool) -> None:
        """Pause the room and every part of it, whatever rules that has, or lift this again: then what held before holds.

        Safe to repeat.
        """
        now = self._clock()

        def unit(db: sqlite3.Connection) -> None:
            db.execute(f"{_INSERT} ON CONFLICT DO NOTHING", _row(room, "", RoomPolicy()))
            update = "UPDATE room SET halted = ? WHERE room = ? AND halted <> ?"
            if db.execute(update, (int(on), room, int(on))).rowcount:
                _note(db, room, now, by, "halted" if on else "lifted", "")

        await self._decide(unit)

    async def parts(self, room: str) -> Parts:
        """The parts of a room that have rules of their own."""

        def look(db: sqlite3.Connection) -> Parts:
            found = db.execute("SELECT count(*) AS n, total(paused) AS paused FROM room WHERE parent = ?", (room,))
            row = found.fetchone()
            return Parts(row["n"], int(row["paused"]))

        return await self._reader.run(look)

    async def _decide(self, unit: Callable[[sqlite3.Connection], None]) -> None:
        async def step() -> None:
            try:
                await self._writer.run(unit)
            finally:
                self._decisions += 1
                self._known.clear()

        # To its end, even if the caller is cancelled: what was remembered must not outlive what is written.
        await asyncio.shield(asyncio.create_task(step()))

    async def block(self, room: str, by: str, member: str) -> None:
        """This member may not ask for avatars here any more. Safe to repeat."""
        now = self._clock()

        def unit(db: sqlite3.Connection) -> None:
            if db.execute("INSERT OR IGNORE INTO block VALUES (?, ?, ?)", (room, member, now)).rowcount:
                _note(db, room, now, by, "block", member)

        await self._writer.run(unit)

    async def unblock(self, room: str, by: str, member: str) -> None:
        """This member may ask again. Safe to repeat."""
        now = self._clock()

        def unit(db: sqlite3.Connection) -> None:
            if db.execute("DELETE FROM block WHERE room = ? AND member = ?", (room, member)).rowcount:
                _note(db, room, now, by, "unblock", member)

        await self._writer.run(unit)

    async def blocked(self, room: str) -> list[str]:
        """Pseudonyms of the members who are blocked here, the earliest first."""

        def look(db: sqlite3.Connection) -> list[str]:
            rows = db.execute("SELECT member FROM block WHERE room = ? ORDER BY at, member", (room,))
            return [row["member"] for row in rows]

        return await self._reader.run(look)

    async def is_blocked(self, room: str, member: str) -> bool:
        """Whether this member is blocked here."""

        def look(db: sqlite3.Connection) -> bool:
            found = db.execute("SELECT 1 FROM block WHERE room = ? AND member = ?", (room, member)).fetchone()
            return found is not None

        return await self._reader.run(look)

    async def log(self, room: str, limit: int = 20) -> list[LogEntry]:
        """The latest decisions, the newest first."""

        def look(db: sqlite3.Connection) -> list[LogEntry]:
            rows = db.execute("SELECT * FROM decision WHERE room = ? ORDER BY id DESC LIMIT ?", (room, limit))
            return [_entry(row) for row in rows]

        return await self._reader.run(look)


def _policy(db: sqlite3.Connection, room: str) -> RoomPolicy | None:
    row = db.execute("SELECT * FROM room WHERE room = ?", (room,)).fetchone()
    if row is None:
        return None
    styles = None if row["styles"] is None else frozenset[str](json.loads(row["styles"]))
    return RoomPolicy(
        styles=styles,
        daily=row["daily"],
        ceiling=row["ceiling"],
        paused=bool(row["paused"]),
        halted=bool(row["halted"]),
        words=bool(row["words"]),
        blocked_words=frozenset[str](json.loads(row["blocked_words"] or "[]")),
        unchecked=bool(row["unchecked"]),
    )


def _holding(db: sqlite3.Connection, room: str, channel: str) -> RoomPolicy:
    whole = _policy(db, room) or RoomPolicy()
    own = _policy(db, channel) if channel else None
    return whole if own is None else replace(own, halted=whole.halted)


def _row(room: str, channel: str, policy: RoomPolicy) -> tuple[str | int | None, ...]:
    """Rules of a room, or of one channel of it, as they are kept; ``halted`` is decided by ``halt`` alone."""
    whose = (channel, room) if channel else (room, None)
    words = dump(sorted(policy.blocked_words)) if policy.blocked_words else None
    rules = (_styles(policy), policy.daily, policy.ceiling, int(policy.paused))
    return (*whose, *rules, int(policy.words), words, int(policy.unchecked))


def _styles(policy: RoomPolicy) -> str | None:
    return None if policy.styles is None else dump(sorted(policy.styles))


def _note(db: sqlite3.Connection, room: str, at: int, by: str, what: str, detail: str, channel: str = "") -> None:
    db.execute(
        "INSERT INTO decision (room, at, moderator, what, detail) VALUES (?, ?, ?, ?, ?)",
        (room, at, by, f"{what}@{channel}" if channel else what, detail),
    )


def _entry(row: sqlite3.Row) -> LogEntry:
    what, _, channel = row["what"].partition("@")
    return LogEntry(row["at"], row["moderator"], what, row["detail"], channel)
