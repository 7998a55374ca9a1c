"""How fast the queue accepts and claims beside bare sqlite3, and whether a long line slows a claim.

Run: ``python -m benchmarks.queue``. Writes ``benchmarks/results/queue.json``.

"Bare" is one thread that runs the very same statements, one transaction each, with the same durability (WAL,
synchronous=FULL). "Slow disk" adds 5 ms to every fsync, as a consumer SSD or a network disk does, by a small library
that is compiled on the spot and preloaded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS, Row, write
from bot.chat import Address
from bot.quotas import Limits
from bot.secrets import Secret
from bot.storage import JobSpec, Storage, Ticket, queue, upkeep
from bot.storage.writer import connect

SECRET = Secret(bytes(range(32)))
PLENTY = Limits(daily=10**6, waiting=10**6, total=10**6)
CALLERS = 64
"""Members that ask at once, and slots that claim at once."""
SLOW_FSYNC = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static void nap(void) { struct timespec t = {0, 5000000}; nanosleep(&t, 0); }
int fsync(int fd) { static int (*real)(int); if (!real) real = dlsym(RTLD_NEXT, "fsync"); nap(); return real(fd); }
int fdatasync(int fd) { static int (*real)(int); if (!real) real = dlsym(RTLD_NEXT, "fdatasync"); nap(); return real(fd); }
"""


def clock() -> int:
    return int(time.time() * 1000)


def spec() -> JobSpec:
    return JobSpec("ink", "classic", 55, {"hair": "curly"}, 7, 640)


def ticket(n: int) -> Ticket:
    member, room = SECRET.pseudonym("member", str(n % 1000)), SECRET.pseudonym("room", str(n % 50))
    return Ticket(secrets.token_hex(16), room, member, spec(), "en", Address("web", f"room/{n}"))


def entry(n: int) -> queue.Entry:
    asked = ticket(n)
    return queue.Entry(
        uid=secrets.token_hex(16),
        key=asked.key,
        room=asked.room,
        member=asked.member,
        spec=asked.spec,
        locale="en",
        address=secrets.token_bytes(60),
        photo=None,
        photo_key=None,
        cost=700,
        now=clock(),
    )


def rate(count: int, work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def bare(folder: Path, count: int) -> dict[str, float]:
    """Accepts and claims per second, one thread, one transaction each."""
    upkeep.upgrade(folder, SECRET, clock)
    entries = [entry(n) for n in range(count)]
    with closing(connect(folder / "bpp.db")) as db:

        def one(unit: Callable[[sqlite3.Connection], object]) -> None:
            db.execute("BEGIN IMMEDIATE")
            unit(db)
            db.execute("COMMIT")

        def accepts() -> None:
            for each in entries:
                one(lambda db, each=each: queue.accept(db, each, PLENTY))

        def claims() -> None:
            for _ in range(count):
                one(lambda db: queue.claim(db, "slot", ("classic",), secrets.token_hex(16), clock()))

        return {"accepts": rate(count, accepts), "claims": rate(count, claims)}


async def ours(folder: Path, count: int) -> dict[str, float]:
    """Accepts and claims per second through the storage, many callers at once. An accept also tells its place."""
    storage = await Storage.open(folder, SECRET, clock)
    tickets = [ticket(n) for n in range(count)]

    async def member() -> None:
        while tickets:
            await storage.jobs.accept(tickets.pop(), PLENTY)

    async def slot(name: str) -> None:
        while await storage.jobs.claim(name, ("classic",)):
            pass

    start = time.perf_counter()
    await asyncio.gather(*(member() for _ in range(CALLERS)))
    middle = time.perf_counter()
    await asyncio.gather(*(slot(str(n)) for n in range(CALLERS)))
    end = time.perf_counter()
    await storage.close()
    return {"accepts": count / (middle - start), "claims": count / (end - middle)}


async def burst(folder: Path) -> dict[str, float]:
    """1,000 accepts at the same moment: how long each waits for its answer."""
    storage = await Storage.open(folder, SECRET, clock)

    async def call(asked: Ticket) -> float:
        start = time.perf_counter()
        await storage.jobs.accept(asked, PLENTY)
        return (time.perf_counter() - start) * 1000

    waits = sorted(await asyncio.gather(*(call(asked) for asked in [ticket(n) for n in range(1000)])))
    await storage.close()
    return {"p50 ms": waits[500], "p99 ms": waits[990]}


def speed(base: Path, count: int) -> dict[str, Any]:
    """All figures of (b) on the disk as it is for this process."""
    runs = 3
    found: dict[str, list[dict[str, float]]] = {"bare": [], "ours": [], "burst": []}
    for run in range(runs):
        found["bare"].append(bare(base / f"bare{run}", count))
        found["ours"].append(asyncio.run(ours(base / f"ours{run}", count)))
        found["burst"].append(asyncio.run(burst(base / f"burst{run}")))
    result: dict[str, Any] = {
        name: {key: statistics.median(each[key] for each in all_) for key in all_[0]} for name, all_ in found.items()
    }
    result["ratio"] = {key: result["ours"][key] / result["bare"][key] for key in ("accepts", "claims")}
    return result


def fill(folder: Path, waiting: int) -> None:
    """A database in which so many jobs wait."""
    upkeep.upgrade(folder, SECRET, clock)
    with closing(connect(folder / "bpp.db")) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("BEGIN IMMEDIATE")
        for n in range(waiting):
            queue.accept(db, entry(n), PLENTY)
        db.execute("COMMIT")


async def line_length(base: Path, samples: int) -> dict[str, Any]:
    """(c): milliseconds of a claim from a short and from a long line, in turn, so that the disk's moods meet both.

    Each job goes back before the next claim, so that the lines keep their lengths.
    """
    storages: dict[int, Storage] = {}
    for waiting in (100, 100_000):
        fill(base / str(waiting), waiting)
        storages[waiting] = await Storage.open(base / str(waiting), SECRET, clock)
    times: dict[int, list[float]] = {waiting: [] for waiting in storages}
    for _ in range(samples):
        for waiting, storage in storages.items():
            start = time.perf_counter()
            claim = await storage.jobs.claim("slot", ("classic",))
            times[waiting].append((time.perf_counter() - start) * 1000)
            assert claim is not None
            await storage.jobs.release(claim, counted=False)
    for storage in storages.values():
        await storage.close()
    medians = {waiting: statistics.median(all_) for waiting, all_ in times.items()}
    return {
        "claim ms, 100 waiting": medians[100],
        "claim ms, 100,000 waiting": medians[100_000],
        "ratio": medians[100_000] / medians[100],
    }


def slow_disk(base: Path, count: int) -> dict[str, Any]:
    """``speed`` in a process of its own in which every fsync takes 5 ms more."""
    source, library = base / "slow.c", base / "slow.so"
    source.write_text(SLOW_FSYNC)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    command = [sys.executable, "-m", "benchmarks.queue", "--only-speed", str(base / "slow"), "--count", str(count)]
    done = subprocess.run(
        command, env={**os.environ, "LD_PRELOAD": str(library)}, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def rows(results: dict[str, Any]) -> list[Row]:
    """Every figure beside its goal."""
    found: list[Row] = []
    for disk, goal in (("this disk", ">= 0.25"), ("slow disk", ">= 4")):
        for what in ("accepts", "claims"):
            by = {who: results[disk][who][what] for who in ("bare", "ours", "ratio")}
            found.append(Row(f"{disk}: {what}, bare sqlite3", by["bare"], "/s"))
            found.append(Row(f"{disk}: {what}, ours", by["ours"], "/s"))
            found.append(Row(f"{disk}: {what}, ours beside bare", by["ratio"], "x", goal))
        found.append(Row(f"{disk}: 1,000 accepts at once, p50", results[disk]["burst"]["p50 ms"], "ms"))
        p99 = results[disk]["burst"]["p99 ms"]
        found.append(Row(f"{disk}: 1,000 accepts at once, p99", p99, "ms", "< 100" if disk == "this disk" else ""))
    line = results["line"]
    found += [Row(name, value, "ms") for name, value in line.items() if name != "ratio"]
    found.append(Row("claim with 100,000 waiting beside 100", line["ratio"], "x", "< 1.5"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3000, help="accepts and claims in each run")
    parser.add_argument("--samples", type=int, default=600, help="claims timed for each length of the line")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder beside the results)")
    parser.add_argument("--only-speed", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_speed:
        print(json.dumps(speed(options.only_speed, options.count)))
        return
    RESULTS.mkdir(exist_ok=True)
    base = Path(tempfile.mkdtemp(prefix="queue-", dir=options.folder or RESULTS))
    try:
        results: dict[str, Any] = {
            "this disk": speed(base / "this", options.count),
            "slow disk": slow_disk(base, max(300, options.count // 5)),
            "line": asyncio.run(line_length(base, options.samples)),
        }
    finally:
        shutil.rmtree(base)
    command = f"python -m benchmarks.queue --count {options.count} --samples {options.samples}"
    write("queue", command, rows(results), {"callers": CALLERS, "sqlite": sqlite3.sqlite_version, **results})


if __name__ == "__main__":
    main()
