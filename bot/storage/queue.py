"""The fair queue as synchronous steps on a connection inside a transaction."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.errors import Gone, Refused
from bot.quotas import Limits, daily_limit, day_of, hours_to_next_day
from bot.storage import inbox
from bot.storage.rows import WORDLESS, Claim, JobSpec, State, Why, dump, dump_spec, load_refused, load_spec

log = logging.getLogger(__name__)

MEMBER_WEIGHT = 1
ROOM_WEIGHT = 4
"""Start-time fair queueing (Goyal, Vin, Cheng 1996) over two flows, the member and the room: a room may use four times
what one member may, before its members wait for other rooms."""

MAX_ATTEMPTS = 3

NO_LINE = ""
"""In place of an engine: this job never waits for one. So it is not painted in full either; its grid is."""

Durations = dict[tuple[str, str, int, str], float]
"""Measured milliseconds by engine, style, size and quality."""
DEFAULT_MS: Mapping[str, int] = {"classic": 700, "sdxl": 20_000}
UNKNOWN_MS = 5_000
SMOOTHING = 0.2


def expected_ms(durations: Durations, spec: JobSpec) -> int:
    """Milliseconds that drawing all pictures of ``spec`` is expected to take, at least 1."""
    return max(1, round(sum(_picture_ms(durations, spec, style) for style in _styles(spec))))


def shares(durations: Durations, spec: JobSpec, ms: float) -> dict[str, float]:
    """Style → how long one picture in it has taken, where all pictures of ``spec`` took ``ms``: each the share of it
    that was expected.
    """
    expected = [(style, _picture_ms(durations, spec, style)) for style in _styles(spec)]
    share = ms / sum(one for _, one in expected)
    return {style: one * share for style, one in expected}


def _styles(spec: JobSpec) -> tuple[str, ...]:
    """The style of each of its pictures."""
    return spec.styles or (spec.style,) * spec.count


def _picture_ms(durations: Durations, spec: JobSpec, style: str) -> float:
    known = durations.get((spec.engine, style, spec.size, spec.quality))
    if known is not None:
        return known
    same = {key: ms for key, ms in durations.items() if key[0] == spec.engine}
    # Steps decide more than styles do.
    alike = [ms for (*_, quality), ms in same.items() if quality == spec.quality] or [*same.values()]
    return sum(alike) / len(alike) if alike else DEFAULT_MS.get(spec.engine, UNKNOWN_MS)


@dataclass(frozen=True, slots=True)
class Entry:
    """A ticket made ready for the transaction: all lots drawn, everything sealed."""

    uid: str
    key: str
    room: str
    member: str
    spec: JobSpec
    locale: str
    address: bytes | None
    photo: str | None
    photo_key: bytes | None
    cost: int
    now: int
    channel: str = ""
    paints: int | None = None


_ACCEPT_FACTS = """
SELECT (SELECT count(*) FROM charge
         WHERE member = :member AND room = :room AND day = :day AND state <> 'returned') AS used,
       (SELECT count(*) FROM job WHERE member = :member AND finished IS NULL) AS own,
       (SELECT 1 FROM block WHERE room = :room AND member = :member) AS blocked,
       (SELECT 1 FROM spent_key WHERE key = :key) AS forgotten,
       (SELECT vfinish FROM flow WHERE key = :member_flow) AS member_tag,
       (SELECT vfinish FROM flow WHERE key = :room_flow) AS room_tag,
       turn.vnow, turn.unfinished AS total, room.styles, room.daily, room.ceiling, room.paused, room.words,
       (SELECT halted FROM room WHERE room = :room) AS halted
  FROM turn LEFT JOIN room ON room.room = coalesce((SELECT room FROM room WHERE room = :channel), :room)
"""

_INSERT_JOB = """
INSERT INTO job (uid, key, room, member, engine, spec, locale, cost, vtag, member_tag, room_tag, state, address,
                 photo, photo_key, created, paints)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?)
"""


def admit(
    db: sqlite3.Connection,
    key: str,
    room: str,
    channel: str,
    member: str,
    spec: JobSpec,
    limits: Limits,
    now: int,
    paints: int | None = None,
) -> sqlite3.Row | None:
    """What the tags of a new job follow from, if every rule allows it; None if this call was answered before.

    Raises Refused and Gone. Only looks, so it can also be asked before the work of taking a photo in.
    """
    if db.execute("SELECT 1 FROM job WHERE key = ?", (key,)).fetchone() is not None:
        return None
    facts = db.execute(
        _ACCEPT_FACTS,
        {
            "key": key,
            "member": member,
            "room": room,
            "channel": channel,
            "day": day_of(now),
            "member_flow": f"m{member}",
            "room_flow": f"r{room}",
        },
    ).fetchone()
    if facts["forgotten"]:
        raise Gone
    if facts["blocked"]:
        raise Refused("refused-blocked")
    _check_rules(facts, spec)
    if paints is not None:
        _check_painting(db, paints, room, member)
    if facts["own"] >= limits.waiting:
        raise Refused("refused-busy", {"waiting": limits.waiting})
    if facts["total"] >= limits.total:
        raise Refused("refused-full", {"total": limits.total})
    allowed = daily_limit(limits.daily, facts["daily"])
    if paints is None and facts["used"] >= allowed:
        raise Refused("refused-quota", {"daily": allowed, "hours": hours_to_next_day(now)})
    return facts


def _check_rules(facts: sqlite3.Row, spec: JobSpec) -> None:
    """Raises Refused unless the rules of the place allow it."""
    if facts["paused"] or facts["halted"]:
        raise Refused("refused-paused")
    if facts["styles"] is not None:
        for style in {spec.style, *spec.styles} - set(json.loads(facts["styles"])):
            raise Refused("refused-style", {"style": style})
    if spec.about and facts["words"] == 0:
        raise Refused("refused-words-off")


def _check_painting(db: sqlite3.Connection, job: int, room: str, member: str) -> None:
    """Raises Gone or Refused unless ``job`` may be painted in full."""
    row = db.execute(
        "SELECT * FROM job WHERE id = ? AND room = ? AND member = ? AND state = 'done'", (job, room, member)
    ).fetchone()
    if row is None:
        raise Gone
    if not row["drawn_as"] or _is_painted(db, job):
        raise Refused("refused-painted")
    if not can_be_painted(db, row):
        raise Refused("refused-unpaintable")


def can_be_painted(db: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Whether the picture of a job, which another engine drew, is to be painted in full where its member wishes it.

    Once, since it costs the member nothing; and not where a painter died of it, and would again.
    """
    if not row["drawn_as"] or row["paints"] is not None or row["engine"] == NO_LINE:
        return False
    refused = load_refused(row["refused"])
    # Before reasons were written down, it was another line that told of a painter that gave up.
    lost = "died" in refused.values() if refused else row["engine"] != load_spec(row["spec"]).engine
    return not lost and not _is_painted(db, row["id"])


def _is_painted(db: sqlite3.Connection, job: int) -> bool:
    """Whether another job paints the picture of ``job`` in full, or has done so."""
    query = "SELECT 1 FROM job WHERE paints = ? AND state NOT IN ('failed', 'cancelled')"
    return db.execute(query, (job,)).fetchone() is not None


def accept(db: sqlite3.Connection, entry: Entry, limits: Limits) -> tuple[int, bool]:
    """Add the job, hold its charge and tag it, unless this call was answered before or a rule says no.

    The job, and whether it was there before. Raises Refused and Gone before the first write.
    """
    spec = entry.spec
    facts = admit(db, entry.key, entry.room, entry.channel, entry.member, spec, limits, entry.now, entry.paints)
    inbox.release(db, entry.key)
    if facts is None:
        return db.execute("SELECT id FROM job WHERE key = ?", (entry.key,)).fetchone()["id"], True
    if facts["ceiling"] is not None and spec.likeness > facts["ceiling"]:
        spec = replace(spec, likeness=facts["ceiling"])
    vnow, member_tag, room_tag = facts["vnow"], facts["member_tag"] or 0, facts["room_tag"] or 0
    vtag = max(vnow, member_tag, room_tag)
    row = (entry.uid, entry.key, entry.room, entry.member, spec.engine, dump_spec(spec), entry.locale, entry.cost, vtag)
    job = db.execute(
        _INSERT_JOB, (*row, member_tag, room_tag, entry.address, entry.photo, entry.photo_key, entry.now, entry.paints)
    ).lastrowid
    assert job is not None  # noqa: S101 - an INSERT that did not raise has a row id
    day = day_of(entry.now)
    charge = "held" if entry.paints is None else "returned"
    db.execute("INSERT INTO charge VALUES (?, ?, ?, ?, ?)", (job, entry.room, entry.member, day, charge))
    db.execute(
        "INSERT INTO flow VALUES (?, ?), (?, ?) ON CONFLICT (key) DO UPDATE SET vfinish = excluded.vfinish",
        (
            f"m{entry.member}",
            vtag + entry.cost // MEMBER_WEIGHT,
            # Not from vtag on: the room must not pay for the turns that one eager member has to wait for themselves.
            f"r{entry.room}",
            max(vnow, room_tag) + -(-entry.cost // ROOM_WEIGHT),
        ),
    )
    return job, False


def take(db: sqlite3.Connection, grid: sqlite3.Row, key: str, uid: str, spec: JobSpec, now: int) -> int:
    """Add a picture out of ``grid`` as a job of its own that is over: in no line, charged to nobody, told to nobody.

    One whose picture was erased is done anew under its old number.
    """
    row = db.execute("SELECT id FROM job WHERE key = ?", (key,)).fetchone()
    if row is not None:
        db.execute("UPDATE job SET spec = ?, finished = ? WHERE id = ?", (dump_spec(spec), now, row["id"]))
        return row["id"]
    job = db.execute(
        "INSERT INTO job (uid, key, room, member, engine, spec, locale, cost, vtag, member_tag, room_tag, state,"
        " created, finished, refused) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, 0, 0, 'done', ?, ?, ?)",
        (uid, key, grid["room"], grid["member"], NO_LINE, dump_spec(spec), grid["locale"], now, now, grid["refused"]),
    ).lastrowid
    assert job is not None  # noqa: S101 - an INSERT that did not raise has a row id
    db.execute("INSERT INTO outbox (job, created, next_at, closed) VALUES (?, ?, ?, ?)", (job, now, now, now))
    return job


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a job stands. ``place`` 1 = next, 0 = no longer waiting; ``ms`` until its picture, 0 when it is over."""

    place: int
    ms: float


def _rest_ms(row: sqlite3.Row, now: int) -> int:
    # What runs longer than expected still needs a little; a clock that went back makes nobody wait for hours.
    return min(row["cost"], max(row["cost"] // 10, row["cost"] - (now - row["started"])))


_LINE = """
SELECT id, place, ahead, cost FROM (
    SELECT id, cost, row_number() OVER w AS place, sum(cost) OVER w - cost AS ahead
      FROM job WHERE state = 'queued' AND engine = :engine
    WINDOW w AS (ORDER BY band, vtag, id)
)
 WHERE :jobs IS NULL OR id IN (SELECT value FROM json_each(:jobs))
"""


def standings(
    db: sqlite3.Connection, now: int, slots: Mapping[str, int], jobs: Collection[int] | None = None
) -> dict[int, Standing]:
    """Where these jobs (or all) stand; unfinished ones only. One walk along each line, inside SQLite."""
    found: dict[int, Standing] = {}
    rest: dict[str, int] = {}
    for row in db.execute("SELECT id, engine, cost, started FROM job WHERE state = 'running'"):
        ms = _rest_ms(row, now)
        rest[row["engine"]] = rest.get(row["engine"], 0) + ms
        if jobs is None or row["id"] in jobs:
            found[row["id"]] = Standing(0, ms)
    wanted = None if jobs is None else dump(sorted(jobs))
    for engine in _engines(db):
        width, before = max(1, slots.get(engine, 1)), rest.get(engine, 0)
        for job, place, ahead, cost in db.execute(_LINE, {"engine": engine, "jobs": wanted}):
            found[job] = Standing(place, (before + ahead) / width + cost)
    return found


def _engines(db: sqlite3.Connection) -> Iterator[str]:
    """Engines that somebody waits for: one look into the index for each."""
    engine = ""
    look = "SELECT min(engine) FROM job WHERE state = 'queued' AND engine > ?"
    while (engine := db.execute(look, (engine,)).fetchone()[0]) is not None:
        yield engine


def claim(
    db: sqlite3.Connection,
    slot: str,
    engines: Collection[str],
    token: str,
    now: int,
    others: Collection[str] = (),
    replaced: Collection[str] = (),
    seated: Collection[str] = (),
) -> tuple[Claim | None, list[str]]:
    """Take the fairest waiting job, counting the attempt. Also the photo files of jobs given up meanwhile: poison,
    and those whose row cannot be read.

    What ``slot`` has refused is left to ``others``, as long as one of them has not. Of the lines of engines that are
    ``replaced``, only jobs are taken in whose place something else may be drawn. Those of members who are ``seated``
    wait.
    """
    erased: list[str] = []
    while (first := _first(db, slot, engines, others, replaced, seated)) is not None:
        _, vtag, job, attempt = first
        row = db.execute("SELECT * FROM job WHERE id = ?", (job,)).fetchone()
        if attempt >= MAX_ATTEMPTS:
            erased += end(db, row, "failed", now, error=("job-poison", {"attempts": attempt}))
            continue
        try:
            spec = load_spec(row["spec"])
        except Gone:
            log.error("job %d: what to draw cannot be read; it fails", job)  # noqa: TRY400 - the row's fault
            erased += end(db, row, "failed", now, error=("error-spec", {}))
            continue
        db.execute("UPDATE turn SET vnow = max(vnow, ?)", (vtag,))
        db.execute(
            "UPDATE job SET state = 'running', token = ?, slot = ?, attempt = attempt + 1, started = ? WHERE id = ?",
            (token, slot, now, job),
        )
        refused = load_refused(row["refused"])
        return Claim(job, token, row["room"], row["member"], spec, attempt + 1, refused), erased
    return None, erased


_MINE = """
  AND CASE WHEN json_valid(refused) THEN :slot NOT IN (SELECT key FROM json_each(refused)) OR NOT EXISTS
      (SELECT 1 FROM json_each(:others) WHERE value NOT IN (SELECT key FROM json_each(refused))) ELSE 1 END
"""
_REPLACEABLE = """
  AND CASE WHEN json_valid(spec) THEN '' NOT IN (SELECT value FROM json_each(spec, '$.instead')) ELSE 1 END
"""
_OF_OTHERS = "AND member NOT IN (SELECT value FROM json_each(:seated))"


def _first(
    db: sqlite3.Connection,
    slot: str,
    engines: Collection[str],
    others: Collection[str],
    replaced: Collection[str],
    seated: Collection[str],
) -> tuple[int, int, int, int] | None:
    # One look into the index for each engine: `engine IN (…) ORDER BY` would sort the whole line.
    firsts = (
        db.execute(
            "SELECT band, vtag, id, attempt FROM job WHERE state = 'queued' AND engine = :engine"  # noqa: S608
            f"{_MINE if others else ''} {_REPLACEABLE if engine in replaced else ''} {_OF_OTHERS if seated else ''}"
            " ORDER BY band, vtag, id LIMIT 1",
            {"engine": engine, "slot": slot, "others": dump([*others]), "seated": dump([*seated])},
        ).fetchone()
        for engine in engines
    )
    return min((tuple(row) for row in firsts if row is not None), default=None)


def held(db: sqlite3.Connection, job: int, token: str) -> sqlite3.Row | None:
    """The running job, if ``token`` still holds it."""
    return db.execute("SELECT * FROM job WHERE id = ? AND token = ? AND state = 'running'", (job, token)).fetchone()


def release(
    db: sqlite3.Connection,
    job: int,
    token: str,
    *,
    counted: bool,
    engine: str | None = None,
    why: Why | None = None,
) -> bool:
    """Back into the line with the old tag; or into the line of another ``engine``, which counts attempts anew.

    ``why``: the slot that held it did not paint it.
    """
    row = held(db, job, token)
    if row is None:
        return False
    refused = load_refused(row["refused"])
    if why is not None:
        refused.pop(row["slot"], None)  # the last reason is the one that its member is told
        refused[row["slot"]] = why
    db.execute(
        "UPDATE job SET state = 'queued', token = NULL, slot = NULL, started = NULL, engine = coalesce(?, engine),"
        " attempt = CASE WHEN ? THEN 0 ELSE attempt - ? END, refused = ? WHERE id = ?",
        (engine, engine is not None, 0 if counted else 1, dump(refused) if refused else None, job),
    )
    return True


def end(
    db: sqlite3.Connection,
    row: sqlite3.Row,
    state: State,
    now: int,
    *,
    error: tuple[str, Mapping[str, Any]] | None = None,
    announce: bool = True,
) -> list[str]:
    """The one place where a job ends: state, charge, photo key and final message change together.

    Returns the photo files to unlink after the commit.
    """
    key, parameters = (error[0], dump(dict(error[1]))) if error else (None, None)
    db.execute(
        "UPDATE job SET state = ?, token = NULL, slot = NULL, photo = NULL, photo_key = NULL, finished = ?,"
        " error_key = ?, error_parameters = ? WHERE id = ?",
        (state, now, key, parameters, row["id"]),
    )
    db.execute(
        "UPDATE charge SET state = ? WHERE job = ? AND state = 'held'",
        ("spent" if state == "done" else "returned", row["id"]),
    )
    closed = None if announce and row["address"] is not None else now
    db.execute("INSERT INTO outbox (job, created, next_at, closed) VALUES (?, ?, ?, ?)", (row["id"], now, now, closed))
    if closed is not None:
        db.execute("UPDATE job SET address = NULL WHERE id = ?", (row["id"],))
    if state == "cancelled":
        db.execute(f"UPDATE job SET spec = {WORDLESS} WHERE id = ?", (row["id"],))  # noqa: S608 - our own words
    if row["state"] == "queued":
        _pull_forward(db, row)
    return [row["photo"]] if row["photo"] else []


def _pull_forward(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Give back the virtual time of a job that was never drawn: its member's and its room's later jobs move up.

    None of them moves before the place of the job that left, so leaving never overtakes anybody.
    """
    vtag, by_member, by_room = row["vtag"], row["cost"] // MEMBER_WEIGHT, -(-row["cost"] // ROOM_WEIGHT)
    later = (vtag, vtag, row["id"])
    db.execute(
        "UPDATE job SET member_tag = member_tag - ? WHERE member = ? AND finished IS NULL AND state = 'queued'"
        " AND (vtag > ? OR vtag = ? AND id > ?)",
        (by_member, row["member"], *later),
    )
    db.execute(
        "UPDATE job SET room_tag = room_tag - ? WHERE room = ? AND state = 'queued'"
        " AND (vtag > ? OR vtag = ? AND id > ?)",
        (by_room, row["room"], *later),
    )
    # A tag only ever moves forward.
    for mine, who in (("member = ? AND finished IS NULL", row["member"]), ("room = ?", row["room"])):
        db.execute(
            f"UPDATE job SET vtag = min(vtag, max(?, member_tag, room_tag)) WHERE {mine} AND state = 'queued'"  # noqa: S608
            " AND (vtag > ? OR vtag = ? AND id > ?)",
            (vtag, who, *later),
        )
    for key, least, by in ((f"m{row['member']}", vtag, by_member), (f"r{row['room']}", row["room_tag"], by_room)):
        db.execute("UPDATE flow SET vfinish = max(?, vfinish - ?) WHERE key = ?", (least, by, key))


def recover(db: sqlite3.Connection) -> int:
    """After a start: whatever ran when the last process ended waits again, with its old tag. How many."""
    changed = db.execute(
        "UPDATE job SET state = 'queued', token = NULL, slot = NULL, started = NULL WHERE state = 'running'"
    )
    return changed.rowcount


def learn(db: sqlite3.Connection, spec: JobSpec, taken: Mapping[str, float]) -> Durations:
    """Move the expected durations of such pictures towards what was measured (see ``shares``). The new expectations."""
    return {
        (spec.engine, style, spec.size, spec.quality): db.execute(
            "INSERT INTO duration VALUES (:engine, :style, :size, :quality, :ms)"
            " ON CONFLICT (engine, style, size, quality)"
            " DO UPDATE SET ms = ms + :smoothing * (excluded.ms - ms) RETURNING ms",
            {
                "engine": spec.engine,
                "style": style,
                "size": spec.size,
                "quality": spec.quality,
                "ms": ms,
                "smoothing": SMOOTHING,
            },
        ).fetchone()[0]
        for style, ms in taken.items()
    }


def load_durations(db: sqlite3.Connection) -> Durations:
    """All measured durations."""
    rows = db.execute("SELECT * FROM duration")
    return {(row["engine"], row["style"], row["size"], row["quality"]): row["ms"] for row in rows}
