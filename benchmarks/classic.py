"""Times the classic engine beside OpenCV's own stylising filters: ``python -m benchmarks.classic [PHOTO]``.

Writes ``benchmarks/results/classic.json``: wall and CPU time and peak memory of every style at 512, 640 and 1024 px, one
thread, warm, each style in a process of its own; in the same run ``cv2.stylization``, ``cv2.pencilSketch`` and
``cv2.edgePreservingFilter`` on a frame of 640 px. Those filters neither find nor frame nor cut anybody out; they are a
yardstick for the machine, not rivals. A style's time is that of painting and of the PNG; looking at the photo comes once
for all pictures of it, and is measured apart.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as an engine's process has it; read when the library is loaded

import cv2
import numpy as np

from benchmarks.report import Row, write
from generator.classic import ClassicEngine
from generator.classic.faces import FaceFinder
from generator.classic.gallery import read_photo
from generator.classic.likeness import Likeness
from generator.classic.photos import prepared
from generator.engine import DEFAULT_LIKENESS, DEFAULT_SIZE, MOST_PICTURES, AvatarSpec, Photo, Progress
from generator.styles import load_catalog

SIDES = (512, 640, 1024)
USUAL = DEFAULT_SIZE
GOALS = {"oil": "< 300", "watercolor": "< 300"}
"""Milliseconds on one core at ``USUAL`` px; any other style has ``GOAL``."""
GOAL = "< 200"
COLD = """
import time; start = time.perf_counter()
from generator.classic import ClassicEngine
from generator.engine import AvatarSpec
from generator.styles import load_catalog
ClassicEngine(load_catalog(), threads=1).draw(AvatarSpec({style!r}, 1), lambda _: None, lambda: False)
print(time.perf_counter() - start)
"""
Times = dict[str, float]


def painted() -> Photo:
    """A face-like picture, for runs without a photo."""
    rows, columns = np.mgrid[0:800, 0:640].astype(np.float32)
    image = np.full((800, 640, 3), (96, 128, 150), np.float32)
    for x, y, width, height, colour in (
        (320, 700, 260, 220, (70, 60, 110)),
        (320, 320, 150, 190, (44, 32, 28)),
        (320, 360, 118, 155, (206, 158, 128)),
        (272, 330, 24, 10, (40, 30, 30)),
        (368, 330, 24, 10, (40, 30, 30)),
        (320, 440, 44, 12, (150, 66, 70)),
    ):
        image[np.hypot((columns - x) / width, (rows - y) / height) < 1] = colour
    return Photo(640, 800, np.clip(image, 0, 255).astype(np.uint8).tobytes())


def timed(work: Callable[[int], object], rounds: int) -> Times:
    """Median wall and CPU milliseconds of ``rounds`` calls after one to warm up."""
    work(0)
    wall, busy = [], []
    for turn in range(rounds):
        start, start_busy = time.perf_counter(), time.process_time()
        work(turn + 1)
        wall.append((time.perf_counter() - start) * 1000)
        busy.append((time.process_time() - start_busy) * 1000)
    return _medians(wall, busy)


def peak() -> float:
    """The most memory that this process ever had, MiB."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024, 1)


def of_style(name: str, photo: Photo, rounds: int) -> dict[str, Any]:
    """What one style takes in this process, the small sizes first, so that the memory is that of each size."""
    catalog = load_catalog()
    engine = ClassicEngine(catalog, threads=1)

    def draw(turn: int, picture: Photo | None = None) -> None:
        engine.draw(AvatarSpec(name, 1000 + turn, picture), lambda _: None, lambda: False)

    found: dict[str, Any] = {}
    for side in SIDES:
        times: dict[str, Any] = {}
        if catalog[name].photo:
            times["style"] = _painting(engine, name, photo, side, rounds)
        else:
            engine.draw(AvatarSpec(name, 1, size=side), lambda _: None, lambda: False)
        if side == USUAL:
            times["figure"] = timed(draw, rounds)
            if catalog[name].photo:
                times["photo"] = timed(lambda turn: draw(turn, photo), rounds)
        times["peak_MiB"] = peak()
        found[str(side)] = times
    return found


def _painting(engine: ClassicEngine, name: str, photo: Photo, side: int, rounds: int) -> Times:
    """All but looking at the photo: the later pictures of calls for four, at least ``rounds`` of them."""
    wall, busy = [], []
    ends = [(place + 1) / MOST_PICTURES for place in range(MOST_PICTURES)]
    while len(wall) < rounds:
        marks: dict[float, tuple[float, float]] = {}

        def report(progress: Progress, marks: dict[float, tuple[float, float]] = marks) -> None:
            marks[progress.fraction] = (time.perf_counter(), time.process_time())

        spec = AvatarSpec(name, 1000 + len(wall), photo, size=side, count=MOST_PICTURES)
        engine.draw(spec, report, lambda: False)
        for before, after in itertools.pairwise(ends):
            wall.append((marks[after][0] - marks[before][0]) * 1000)
            busy.append((marks[after][1] - marks[before][1]) * 1000)
    return _medians(wall, busy)


def _medians(wall: list[float], busy: list[float]) -> Times:
    return {"median_ms": round(statistics.median(wall), 1), "median_cpu_ms": round(statistics.median(busy), 1)}


def of_analysis(photo: Photo, rounds: int) -> dict[str, Times]:
    """Finding, framing, cutting out, bending and simplifying, at every size."""
    finder = FaceFinder()
    likeness = Likeness.of(DEFAULT_LIKENESS)
    return {
        str(side): timed(lambda turn, side=side: prepared(photo, finder, side, likeness, turn, lambda _: None), rounds)
        for side in SIDES
    }


def of_filters(photo: Photo, rounds: int) -> dict[str, Times]:
    pixels = np.frombuffer(photo.rgb, np.uint8).reshape(photo.height, photo.width, 3)
    frame = cv2.resize(pixels, (USUAL, USUAL), interpolation=cv2.INTER_AREA)
    return {
        "cv2.stylization": timed(lambda _: cv2.stylization(frame), rounds),
        "cv2.pencilSketch": timed(lambda _: cv2.pencilSketch(frame), rounds),
        "cv2.edgePreservingFilter": timed(lambda _: cv2.edgePreservingFilter(frame), rounds),
    }


def measure(file: Path | None, rounds: int) -> tuple[list[Row], dict[str, Any]]:
    cv2.setNumThreads(1)
    photo = read_photo(file) if file else painted()
    catalog = load_catalog()
    names = [style.id for style in catalog.values() if style.engine == ClassicEngine.name]
    analysis, filters = of_analysis(photo, rounds), of_filters(photo, rounds)
    styles = {name: _apart(name, file, rounds) for name in names}
    cold = [
        float(subprocess.run([sys.executable, "-c", COLD.format(style="ink")], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    usual = {name: sizes[str(USUAL)] for name, sizes in styles.items()}
    painting = {name: times["style"]["median_cpu_ms"] for name, times in usual.items() if "style" in times}
    rows = [Row("analysis of the photo, CPU of one core", analysis[str(USUAL)]["median_cpu_ms"], "ms", "< 150")]
    rows += [Row(f"{name}, CPU of one core", cpu, "ms", GOALS.get(name, GOAL)) for name, cpu in painting.items()]
    rows += [
        Row(f"{name}, figure and all, CPU of one core", times["figure"]["median_cpu_ms"], "ms", GOAL)
        for name, times in usual.items()
        if name not in painting
    ]
    slowest = max(painting, key=painting.__getitem__)
    for name, times in filters.items():
        ratio = statistics.median(painting.values()) / times["median_cpu_ms"]
        rows.append(Row(f"median style to {name}", round(ratio, 2), "x"))
        rows.append(
            Row(f"slowest style ({slowest}) to {name}", round(painting[slowest] / times["median_cpu_ms"], 2), "x")
        )
    rows.append(Row("first avatar of a new process, wall", round(statistics.median(cold) * 1000), "ms", "< 1500"))
    for side in SIDES:
        most = max(sizes[str(side)]["peak_MiB"] for sizes in styles.values())
        rows.append(Row(f"peak memory at {side} px, most of all styles", most, "MiB", "< 300" if side == USUAL else ""))
    details = {"opencv": cv2.__version__, "analysis": analysis, "styles": styles, "filters": filters}
    return rows, details


def _apart(name: str, file: Path | None, rounds: int) -> dict[str, Any]:
    """``of_style`` in a process of its own, whose memory is the style's alone."""
    command = [sys.executable, "-m", "benchmarks.classic", "--style", name, "--rounds", str(rounds)]
    ran = subprocess.run([*command, *([str(file)] if file else [])], stdout=subprocess.PIPE, check=True)
    return json.loads(ran.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--style", help="print what this one takes")
    options = parser.parse_args()
    if options.style:
        photo = read_photo(options.photo) if options.photo else painted()
        print(json.dumps(of_style(options.style, photo, options.rounds)))
        return
    rows, details = measure(options.photo, options.rounds)
    command = (
        f"python -m benchmarks.classic{f' {options.photo.name}' if options.photo else ''} --rounds {options.rounds}"
    )
    write("classic", command, rows, details)


if __name__ == "__main__":
    main()
