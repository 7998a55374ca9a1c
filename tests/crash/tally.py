"""Writes what the long forms found beside their goals, each its own part of one file."""

from __future__ import annotations

import fcntl
import json
from collections import Counter
from typing import Any

from benchmarks.report import RESULTS, Row, write
from tests.crash.audit import KINDS, Verdict


class Tally:
    """Sums over rounds."""

    def __init__(self) -> None:
        self.kills: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()

    def add(self, kills: Counter[str], verdict: Verdict) -> None:
        """One round more."""
        self.kills += kills
        self.counts += verdict.counts
        self.problems += Counter({kind: len(all_) for kind, all_ in verdict.problems.items()})

    def rows(self) -> list[Row]:
        """What was acknowledged, and what went wrong with it."""
        found = [Row(kind, self.problems[kind], "", "< 1") for kind in KINDS]
        return [Row("acknowledged jobs", self.counts["acknowledged"], ""), *found]

    def details(self) -> dict[str, Any]:
        """Everything counted."""
        return {"kills": dict(self.kills), "jobs": dict(self.counts)}


def record(part: str, seconds: float, rows: list[Row], details: dict[str, Any]) -> None:
    """Put the rows of ``part`` into ``results/crash.json``, in place of those of an earlier run."""
    rows = [*rows, Row("wall time", round(seconds), "s")]
    file = RESULTS / "crash.json"
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / ".crash-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        old: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {"rows": [], "details": {}}
        kept = [
            Row(row["name"], row["value"], row["unit"], row["goal"])
            for row in old["rows"]
            if not row["name"].startswith(f"{part}: ")
        ]
        mine = [Row(f"{part}: {row.name}", row.value, row.unit, row.goal) for row in rows]
        all_ = sorted([*kept, *mine], key=lambda row: row.name.split(": ")[0])
        write("crash", "make soak ARGS=tests/crash", all_, {**old["details"], part: details})
    (RESULTS / ".crash-lock").unlink(missing_ok=True)
