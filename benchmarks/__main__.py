"""Run every benchmark in a process of its own, then print all tables: ``python -m benchmarks``."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.report import RESULTS, Row, table

BENCHMARKS = ("classic", "mattes", "on_discord", "on_telegram", "queue", "room", "sdxl_flops")


def main() -> int:
    """Exit 1 if a benchmark failed; a missed goal is told, not punished."""
    failed = [
        name
        for name in BENCHMARKS
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
    ]
    tables = []
    for file in sorted(RESULTS.glob("*.json")):
        rows = [Row(r["name"], r["value"], r["unit"], r["goal"]) for r in json.loads(file.read_text("utf-8"))["rows"]]
        tables.append(table(file.stem, rows))
    (RESULTS / "README.md").write_text("# Results of `make bench`\n\n" + "\n".join(tables), "utf-8")
    print("\n".join(tables))
    if failed:
        print("failed:", ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
