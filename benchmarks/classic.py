"""Times the classic engine beside OpenCV's own stylising filters: ``python -m benchmarks.classic [PHOTO]``.

Writes ``benchmarks/results/classic.json``: milliseconds of wall and CPU time per avatar, one thread, warm, in the same
run as ``cv2.stylization``, ``cv2.pencilSketch`` and ``cv2.edgePreservingFilter`` on a frame of the same size. Those
filters neither find nor frame nor cut anybody out; they are a yardstick for the machine, not rivals.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.report import Row, write
from generator.classic import ClassicEngine
from generator.classic.gallery import read_photo
from generator.engine import AvatarSpec, Photo
from generator.styles import load_catalog

SIDE = 640
COLD = """
import time; start = time.perf_counter()
from generator.classic import ClassicEngine
from generator.engine import AvatarSpec
from generator.styles import load_catalog
ClassicEngine(load_catalog(), threads=1).draw(AvatarSpec({style!r}, 1), lambda _: None, lambda: False)
print(time.perf_counter() - start)
"""


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


def timed(work: Callable[[int], object], rounds: int) -> dict[str, float]:
    work(0)
    wall, busy = [], []
    for turn in range(rounds):
        start, start_busy = time.perf_counter(), time.process_time()
        work(turn + 1)
        wall.append((time.perf_counter() - start) * 1000)
        busy.append((time.process_time() - start_busy) * 1000)
    return {"median_ms": round(statistics.median(wall), 1), "median_cpu_ms": round(statistics.median(busy), 1)}


def measure(photo: Photo, rounds: int) -> tuple[list[Row], dict[str, object]]:
    catalog = load_catalog()
    engine = ClassicEngine(catalog, threads=1)
    styles: dict[str, dict[str, dict[str, float]]] = {}

    def draw(style: str, picture: Photo | None) -> Callable[[int], object]:
        return lambda turn: engine.draw(
            AvatarSpec(style, 1000 + turn, picture, size=SIDE), lambda _: None, lambda: False
        )

    for style in catalog.values():
        if style.engine == engine.name:
            styles[style.id] = {"figure": timed(draw(style.id, None), rounds)}
            if style.photo:
                styles[style.id]["photo"] = timed(draw(style.id, photo), rounds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pixels = np.frombuffer(photo.rgb, np.uint8).reshape(photo.height, photo.width, 3)
    frame = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    yardsticks = {
        "cv2.stylization": timed(lambda _: cv2.stylization(frame), rounds),
        "cv2.pencilSketch": timed(lambda _: cv2.pencilSketch(frame), rounds),
        "cv2.edgePreservingFilter": timed(lambda _: cv2.edgePreservingFilter(frame), rounds),
    }
    cold = [
        float(subprocess.run([sys.executable, "-c", COLD.format(style="ink")], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    rows: list[Row] = []
    for name, kinds in styles.items():
        for kind, times in kinds.items():
            plain_figure = kind == "figure" and not catalog[name].photo
            goal = "< 150" if plain_figure else "< 700"
            rows.append(Row(f"{name}, {kind}, CPU of one core", times["median_cpu_ms"], "ms", goal))
    slowest = max(kinds["photo"]["median_cpu_ms"] for kinds in styles.values() if "photo" in kinds)
    for name, times in yardsticks.items():
        rows.append(Row(f"slowest photo style to {name}", round(slowest / times["median_cpu_ms"], 2), "x"))
    rows.append(Row("first avatar of a new process, wall", round(statistics.median(cold) * 1000), "ms"))
    rows.append(Row("peak memory of the process", round(peak), "MiB"))
    return rows, {"side": SIDE, "opencv": cv2.__version__, "styles": styles, "yardsticks": yardsticks}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    rows, details = measure(read_photo(options.photo) if options.photo else painted(), options.rounds)
    command = (
        f"python -m benchmarks.classic{f' {options.photo.name}' if options.photo else ''} --rounds {options.rounds}"
    )
    write("classic", command, rows, details)


if __name__ == "__main__":
    main()
