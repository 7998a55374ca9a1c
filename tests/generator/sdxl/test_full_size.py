"""SDXL as large as it is, with random weights: written, loaded by the server in a process of its own, two steps painted.

Writes ``benchmarks/results/sdxl_full_size.json``. About 9.4 GB go to the temporary folder, and are removed at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
import torch

from benchmarks import sdxl_gpu
from benchmarks.report import Row, write
from benchmarks.sdxl_random import PLACES, real_store, weights
from bot.engines import PAINTING, LocalEngine
from generator.engine import AvatarSpec, Progress
from generator.sdxl.plans import GIB, PARAMETERS, plan_named
from tests.generator.sdxl.painters import STYLE, pixels

pytestmark = [pytest.mark.full_size, pytest.mark.xdist_group("sdxl"), pytest.mark.timeout(1800)]

COMMAND = "pytest -m full_size tests/generator/sdxl/test_full_size.py"
SIDE = 512
PLAN = "cpu"
DISK, MEMORY = 15 * 10**9, 14 * GIB
"""What must be free, or nothing is tried."""
# The lines of a figure are followed for 60 % of the steps: at the first of two, and not at one alone.
TWO_STEPS = STYLE.replace("steps = 4", "steps = 2").replace("guidance = 5.0", "guidance = 6.0")


@pytest.fixture
def store() -> Iterator[Path]:
    if (free := shutil.disk_usage(tempfile.gettempdir()).free) < DISK:
        pytest.skip(f"needs {DISK / 1e9:.0f} GB of disk for the temporary folder, {free / 1e9:.0f} GB are free")
    if (free := psutil.virtual_memory().available) < MEMORY:
        pytest.skip(f"needs {MEMORY / GIB:.0f} GiB of memory, {free / GIB:.0f} GiB are free")
    with tempfile.TemporaryDirectory(prefix="bpp-full-size-") as folder:
        yield Path(folder)


class Memory:
    """What a process holds of the machine's memory."""

    def __init__(self) -> None:
        self.own = 0.0
        """GiB of its own at most, as often as somebody looked."""
        self.peak = 0.0
        """GiB at most by the kernel's count, pages of files that it reads through included."""

    @contextlib.asynccontextmanager
    async def watching(self, engine: LocalEngine) -> AsyncIterator[None]:
        async def watch() -> None:
            while True:
                self.look(engine.pid)
                await asyncio.sleep(0.1)

        watcher = asyncio.create_task(watch())
        try:
            yield
        finally:
            self.look(engine.pid)
            watcher.cancel()

    def look(self, pid: int | None) -> None:
        with contextlib.suppress(OSError):
            said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines())
            self.own = max(self.own, _gib(said.get("RssAnon", "0 kB")))
            self.peak = max(self.peak, _gib(said.get("VmHWM", "0 kB")))


def _gib(words: str) -> float:
    return int(words.split()[0]) * 1024 / GIB


async def test_the_real_architecture_is_loaded_in_a_worker_and_paints(store: Path, tmp_path: Path) -> None:
    begun = time.monotonic()
    real_store(store, SIDE)
    size = weights(store)
    write_seconds = time.monotonic() - begun
    assert size == pytest.approx(2 * sum(PARAMETERS.values()), rel=0.01)
    assert len(list((store / PLACES["unet"]).glob("*-of-*.safetensors"))) > 3
    (tmp_path / "gouache.toml").write_text(TWO_STEPS, encoding="utf-8")
    options = ("--models", str(store), "--plan", PLAN, "--device", "cpu")
    engine = LocalEngine("full", engine="sdxl", options=options, styles=[tmp_path], patience=PAINTING)
    memory = Memory()
    begun = time.monotonic()
    await engine.start()
    try:
        async with memory.watching(engine), asyncio.timeout(PAINTING.start):
            await engine.ready()
        load_seconds, loaded = time.monotonic() - begun, memory.peak
        async with memory.watching(engine):
            first = await drawn(engine, seed=5)
            second = await drawn(engine, seed=6)
    finally:
        await engine.close()
    for picture in (first, second):
        painted = pixels(picture.png)
        assert painted.shape == (SIDE, SIDE, 3)
        assert painted.std() > 5, "noise went in, and something of it must come out"
    plan = replace(plan_named(PLAN), size=SIDE)
    promised = round(plan.peak() / GIB, 2)
    rows = [
        Row("weights on the disk", round(size / 1e9, 2), "GB"),
        Row("writing them and two LoRAs", round(write_seconds, 1), "s"),
        Row(
            "from starting the process until it is ready; weights are mapped, not read yet", round(load_seconds, 1), "s"
        ),
        Row("resident memory then, at most", round(loaded, 2), "GiB"),
        Row(f"resident memory while painting at {SIDE} px, at most", round(memory.peak, 2), "GiB", f"< {promised}"),
        Row("of that not backed by the files of weights", round(memory.own, 2), "GiB"),
        Row("first step (guided, with ControlNet) since asking, all weights read from the disk", first.stepped, "s"),
        Row("first picture of two steps, the second without ControlNet, since asking", first.seconds, "s"),
        Row("second picture: its step since asking", second.stepped, "s"),
        Row("second picture of two steps since asking", second.seconds, "s"),
    ]
    about = {
        "side": SIDE,
        "plan": PLAN,
        "precision": plan.precision,
        "torch": torch.__version__,
        "plan peak GiB": promised,
        "load average of the last minutes": os.getloadavg(),
    }
    write("sdxl_full_size", COMMAND, rows, about)
    assert memory.peak < promised, "the plan promises to fit"
    assert (memory.peak - memory.own) * GIB > 0.9 * size, "each network was at work"


def test_the_benchmark_for_a_gpu_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    sdxl_gpu.main(["--tiny", "--rounds", "1"])
    assert "times as fast as stock" in capsys.readouterr().out


@dataclass(frozen=True)
class Drawn:
    png: bytes
    stepped: float
    """Seconds until the step was painted."""
    seconds: float
    """Until the picture was there."""


async def drawn(engine: LocalEngine, seed: int) -> Drawn:
    reports: list[tuple[float, Progress]] = []
    begun = time.monotonic()
    avatar = await engine.draw(
        AvatarSpec("gouache", seed=seed, size=SIDE), lambda said: reports.append((time.monotonic() - begun, said))
    )
    over = time.monotonic() - begun
    return Drawn(avatar.png, round(next(when for when, said in reports if said.fraction > 0), 1), round(over, 1))
