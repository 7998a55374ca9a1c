"""Compares what members were told with what the data folder holds, when everything has come to rest."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.storage.upkeep import DATABASE, SPOOL
from tests.crash import engine
from tests.crash.peer import DAILY, PAUSED_ROOM, Peer, Wish
from tests.crash.process import PLATFORM, SECRET


@dataclass(frozen=True)
class Verdict:
    """``problems`` by kind (lost, doubled, …), each a sentence; ``counts`` of what was looked at."""

    problems: dict[str, list[str]]
    counts: Counter[str]

    def __bool__(self) -> bool:
        """Whether all is well."""
        return not any(self.problems.values())

    def __str__(self) -> str:
        found = [f"{kind}: {len(all_)}, e.g. {all_[0]}" for kind, all_ in self.problems.items() if all_]
        return "; ".join(found) or f"all is well: {dict(self.counts)}"


KINDS = ("lost", "doubled", "charged wrongly", "left behind", "wrong picture", "untruthful")


class Audit:
    """Looks at one data folder and one journal."""

    def __init__(self, folder: Path, peer: Peer) -> None:
        self._folder = folder
        self._peer = peer
        self._problems: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self._counts: Counter[str] = Counter()

    def everything(self, chats: Collection[int]) -> Verdict:
        """All checks; ``chats`` are the process ids that the chat process had. No chat process may run."""
        with _reading(self._folder) as db:
            db.row_factory = sqlite3.Row
            rows = {row["key"]: row for row in db.execute("SELECT * FROM job")}
            charges = {row["job"]: row for row in db.execute("SELECT * FROM charge")}
            self._whole(db)
            self._nothing_open(db, rows.values())
        self._wishes(rows)
        self._charges(rows.values(), charges)
        self._files(rows.values())
        self._processes(chats)
        if self._peer.stray:
            self._blame("doubled", f"messages where nobody asked: {self._peer.stray[:3]}")
        return Verdict(self._problems, self._counts)

    def _blame(self, kind: str, sentence: str) -> None:
        self._problems[kind].append(sentence)

    def _whole(self, db: sqlite3.Connection) -> None:
        answer = [row[0] for row in db.execute("PRAGMA integrity_check")]
        if answer != ["ok"] or db.execute("PRAGMA foreign_key_check").fetchall():
            self._blame("lost", f"the database is damaged: {answer[:3]}")

    def _nothing_open(self, db: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> None:
        for row in rows:
            if row["finished"] is None:
                self._blame("lost", f"job {row['id']} is {row['state']} for ever")
            for name in ("photo", "photo_key", "address", "token"):
                if row[name] is not None:
                    self._blame("left behind", f"job {row['id']} ({row['state']}) still holds its {name}")
            if row["state"] != "done" and row["avatar"] is not None:
                self._blame("left behind", f"job {row['id']} ({row['state']}) keeps an avatar")
        for row in db.execute("SELECT job FROM outbox WHERE closed IS NULL"):
            self._blame("lost", f"the final message of job {row['job']} waits for ever")
        ended = db.execute("SELECT count(*) FROM outbox").fetchone()[0]
        if ended != db.execute("SELECT count(*) FROM job WHERE finished IS NOT NULL").fetchone()[0]:
            self._blame("lost", "finished jobs and final messages differ in number")

    def _wishes(self, rows: dict[str, sqlite3.Row]) -> None:
        known: set[str] = set()
        for wish in self._peer.wishes:
            key = SECRET.pseudonym("call", PLATFORM, wish.call.key)
            known.add(key)
            self._counts["wishes"] += 1
            self._wish(wish, rows.get(key))
        for key in rows.keys() - known:
            self._blame("doubled", f"job {rows[key]['id']} belongs to no call")

    def _wish(self, wish: Wish, row: sqlite3.Row | None) -> None:
        name = wish.call.key
        for sentence in wish.wrong:
            self._blame("wrong picture" if "picture" in sentence else "untruthful", f"{name}: {sentence}")
        for meaning, key in wish.told:
            self._counts[meaning] += 1
            if meaning == "nonsense":
                self._blame("untruthful", f"{name} was answered {key!r}")
        self._job(wish, row)

    def _job(self, wish: Wish, row: sqlite3.Row | None) -> None:
        name = wish.call.key
        if len(wish.jobs) > 1:
            self._blame("doubled", f"{name} was told of jobs {sorted(wish.jobs)}")
        if wish.queued and row is None:
            self._blame("lost", f"{name} was told 'queued' and has no job")
        if row is None:
            if wish.finals:
                self._blame("doubled", f"{name} has no job but was shown {wish.finals}")
            return
        if wish.denied:
            self._blame("untruthful", f"{name} was told {wish.told} and has job {row['id']}")
        if wish.room == PAUSED_ROOM:
            self._blame("untruthful", f"{name}: a paused room took a job")
        if wish.jobs and wish.jobs != {row["id"]}:
            self._blame("doubled", f"{name} was told of job {wish.jobs}, its row is {row['id']}")
        self._counts["acknowledged"] += wish.queued
        self._counts[row["state"]] += 1
        self._counts["poison"] += row["error_key"] == "job-poison"
        self._finals(wish, row)

    def _finals(self, wish: Wish, row: sqlite3.Row) -> None:
        name = wish.call.key
        if wish.deaf:
            if row["avatar"] is not None:
                self._blame("left behind", f"{name}: an avatar for an address that is gone")
            return
        if not wish.finals:
            self._blame("lost", f"{name} ({row['state']}) never had a final message")
            return
        self._counts["repeated finals"] += len(wish.finals) - 1
        if len(set(wish.finals)) > 1:
            self._blame("doubled", f"{name} saw different final messages: {[kind for kind, _ in wish.finals]}")
        kind = wish.finals[0][0]
        if kind != row["state"]:
            # An avatar that was drawn and never seen is as good as lost.
            found = "lost" if row["state"] == "done" else "untruthful"
            self._blame(found, f"{name} was shown {kind}, its job is {row['state']}")
        if wish.cancel == "stopped" and (kind != "cancelled" or wish.pictures):
            self._blame("untruthful", f"{name} was told 'cancelled' and then shown {kind}")
        if kind == "cancelled" and wish.cancel is None:
            self._blame("lost", f"{name} was cancelled by nobody")
        if kind == "failed" and not (self._peer.signed and engine.fails(wish.who)) and row["error_key"] != "job-poison":
            self._blame("lost", f"{name} failed with {row['error_key']}")
        if kind == "done" and self._peer.signed and engine.fails(wish.who):
            self._blame("wrong picture", f"{name} shows what cannot be drawn")

    def _charges(self, rows: Iterable[sqlite3.Row], charges: dict[int, sqlite3.Row]) -> None:
        used: Counter[tuple[str, str, int]] = Counter()
        done = 0
        for row in rows:
            charge = charges.pop(row["id"], None)
            wanted = "spent" if row["state"] == "done" else "returned"
            done += row["state"] == "done"
            if charge is None or charge["state"] != wanted:
                is_ = None if charge is None else charge["state"]
                self._blame("charged wrongly", f"job {row['id']} is {row['state']}, its charge {is_}")
            elif (charge["room"], charge["member"]) != (row["room"], row["member"]):
                self._blame("charged wrongly", f"job {row['id']} was charged to somebody else")
            elif charge["state"] == "spent":
                used[charge["room"], charge["member"], charge["day"]] += 1
        for job in charges:
            self._blame("charged wrongly", f"a charge for job {job}, which does not exist")
        self._counts["charges"] = sum(used.values())
        if self._counts["charges"] != done:
            self._blame("charged wrongly", f"{done} avatars, {self._counts['charges']} charges")
        limits = {SECRET.pseudonym("room", PLATFORM, room): daily for room, daily in DAILY.items()}
        for (room, member, day), count in used.items():
            self._counts["quotas used up"] += count == limits[room]
            if count > limits[room]:
                self._blame("charged wrongly", f"{member} had {count} of {limits[room]} on day {day}")

    def _files(self, rows: Iterable[sqlite3.Row]) -> None:
        named = {row["avatar"] for row in rows if row["avatar"] is not None}
        there = {path.name for path in (self._folder / SPOOL).iterdir()}
        self._counts["files"] = len(there)
        for name in there - named:
            self._blame("left behind", f"spool file {name} that no row names")
        for name in named - there:
            self._blame("lost", f"avatar {name} has no file")

    def _processes(self, chats: Collection[int]) -> None:
        ours = {str(pid) for pid in chats}
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            if any(part in ("generator.server", "generator.gate") for part in line) and ours & set(line):
                self._blame("left behind", f"process {process.pid}: {' '.join(line[-6:])}")


def _reading(folder: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True))


def count_open(folder: Path) -> int:
    """Jobs without an end and final messages that have not arrived; the chat process may be at work."""
    with _reading(folder) as db:
        return db.execute(
            "SELECT (SELECT count(*) FROM job WHERE finished IS NULL)"
            " + (SELECT count(*) FROM outbox WHERE closed IS NULL)"
        ).fetchone()[0]


def emptied(folder: Path) -> list[str]:
    """What is still in the spool or named by a row after everything kept has expired."""
    with _reading(folder) as db:
        named = [f"job {job} names a picture" for (job,) in db.execute("SELECT id FROM job WHERE avatar IS NOT NULL")]
    return named + [path.name for path in (folder / SPOOL).iterdir()]
