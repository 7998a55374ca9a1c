"""Where a benchmark writes its result: one JSON file with the command and the machine, and one row a goal."""

from __future__ import annotations

import json
import operator
import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """One figure beside its goal. ``value`` in ``unit``; ``goal`` reads like ``< 100``, ``<= 1`` or ``>= 4``."""

    name: str
    value: float
    unit: str
    goal: str = ""

    def reached(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        if not self.goal:
            return None
        sign, bound = self.goal.split()
        holds = {"<": operator.lt, "<=": operator.le, ">=": operator.ge}[sign]
        return holds(self.value, float(bound))


def write(name: str, command: str, rows: list[Row], details: dict[str, Any] | None = None) -> None:
    """Write ``results/<name>.json`` and print its rows as a table."""
    document = {
        "command": command,
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "rows": [asdict(row) | {"reached": row.reached()} for row in rows],
        "details": details or {},
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(table(name, rows), file=sys.stdout, flush=True)


def table(name: str, rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    marks = {True: "reached", False: "**missed**", None: ""}
    lines = [f"### {name}", "", "| what | figure | goal | |", "|---|---:|---|---|"]
    lines += [f"| {row.name} | {row.value:,.4g} {row.unit} | {row.goal} | {marks[row.reached()]} |" for row in rows]
    return "\n".join(lines) + "\n"
