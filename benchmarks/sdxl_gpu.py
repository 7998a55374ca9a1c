"""Times SDXL on a GPU beside diffusers' own pipeline: ``python -m benchmarks.sdxl_gpu``; ``--tiny`` tries it on a CPU.

Random weights of full size are written to a temporary folder (10 GB; nothing is downloaded) and read by the real loader.
Pictures are of 1024 px, follow lines and wear a LoRA. Both sides get the same words, lines, seeds and settings, and are
timed from there to the finished pixels, after two pictures to warm up; ours has its words encoded before, as for a
re-roll, and encodes them in the time to the first picture. Writes ``benchmarks/results/sdxl_gpu.json``, but for
``--tiny``, which only prints: a CPU says nothing about a GPU.

The floor is the work of the networks at 790 TFLOP/s, what an H100 does in bf16 at best, with the ControlNet at every
step. It and the goals are told on an H100 only, or an H200, which computes as fast.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.report import Row, table, write
from benchmarks.sdxl_flops import Prices, stock_dressed, stock_picture, stock_pipeline
from benchmarks.sdxl_random import LORAS, STYLE, STYLE_LORA, real_store, tiny_store, weights
from generator.engine import DEFAULT_LIKENESS, AvatarSpec
from generator.sdxl import hardware
from generator.sdxl.control import Control, strictness
from generator.sdxl.easel import Easel
from generator.sdxl.engine import SdxlEngine, Studio
from generator.sdxl.loading import load
from generator.sdxl.loop import Picture, paint
from generator.sdxl.loras import Shelf
from generator.sdxl.plans import COMPILED, PLANS, Plan, plan_for, plan_named
from generator.sdxl.presets import PRESETS, Preset
from generator.sdxl.prompts import Prompt
from generator.sdxl.store import Store
from generator.styles import load_catalog

COMMAND = "python -m benchmarks.sdxl_gpu"
H100_FLOPS = 790e12
BATCHES = (1, 2, 4, 8)
QUALITIES = ("best", "balanced", "fast")


WORDS = Prompt(
    "oil painting portrait of a person with curly brown hair, thick impasto, window light from one side",
    "photo, blurry, low quality, deformed, extra fingers, bad anatomy, text, watermark, frame",
)


def lines_of(side: int) -> Control:
    """Lines as a face has them, followed as those of a photo at the likeness that members begin with."""
    rows, columns = np.mgrid[0:side, 0:side] / side - 0.5
    rings = [
        np.abs(np.hypot(columns / width, rows / height) - 1) < 0.01 for width, height in ((0.3, 0.4), (0.08, 0.05))
    ]
    edges = np.where(np.any(rings, axis=0), 255, 0).astype(np.uint8)
    return Control(edges, *strictness(DEFAULT_LIKENESS), "none", {}, person=True)


class Machine:
    """The device and its clock."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.cuda = kind == "cuda"

    def settle(self) -> None:
        if self.cuda:
            torch.cuda.synchronize()
        elif self.kind == "mps":
            torch.mps.synchronize()

    def seconds(self, work: Callable[[], object], rounds: int, warm: int = 2) -> float:
        """Median of ``rounds`` after ``warm`` others."""
        taken: list[float] = []
        for turn in range(warm + rounds):
            self.settle()
            begun = time.perf_counter()
            work()
            self.settle()
            if turn >= warm:
                taken.append(time.perf_counter() - begun)
        return statistics.median(taken)

    def forget(self) -> None:
        gc.collect()
        if self.cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def peak(self) -> float:
        """GiB of the device that tensors took since ``forget``; 0 where nobody counts."""
        return torch.cuda.max_memory_allocated() / 2**30 if self.cuda else 0.0

    def mark(self) -> Callable[[], float]:
        """Now, on the device's own clock; called later, the milliseconds since some beginning that all marks share."""
        if not self.cuda:
            now = time.perf_counter() * 1000
            return lambda: now
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return lambda: _BEGINNING[0].elapsed_time(event)


_BEGINNING: list[Any] = []


class Everybody:
    """Waits for every picture."""

    def wanted(self, place: int) -> bool:  # noqa: ARG002
        return True

    def painted(self, place: int, done: int, steps: int, latents: torch.Tensor) -> None:
        """Nothing is shown meanwhile."""

    def ended(self, place: int, pixels: Any) -> None:
        assert pixels is not None, place


class Ours:
    """The engine as the server makes it, with lines and words at hand."""

    def __init__(self, models: Path, plan: Plan, machine: Machine) -> None:
        self.machine = machine
        self.plan = plan
        store = Store(models)
        self.parts = load(store, plan, machine.kind)
        self.side = self.parts.native
        self.lines, self.words = lines_of(self.side), WORDS
        self.shelf = Shelf(self.parts, store, plan.lora_bytes, steady=plan.compile)
        studio = Studio(lines=lambda _spec, _side: self.lines, texts=lambda _style, _lines, _spec: self.words)
        catalog = load_catalog([models / "styles"])
        self.engine = SdxlEngine(
            catalog, self.parts, plan, studio, self.shelf, preview_every=float("inf"), models=models
        )
        easel: Easel = self.engine._easel
        self.placement, self.encoder = easel._placement, easel._encoder

    def paint(self, preset: Preset, count: int = 1, lora: str = STYLE_LORA) -> None:
        """Words, lines and noise to pixels, as the easel does it."""
        text, negative = self.encoder.words([self.words.text, self.words.negative])
        loras = {lora: 0.9} | ({preset.few_step: 1.0} if preset.few_step else {})
        pictures = [
            Picture(
                words=text,
                unwanted=negative,
                seed=seed,
                edges=self.lines.edges,
                scale=self.lines.scale,
                control_end=preset.lines_until(self.lines.end),
                loras=loras,
            )
            for seed in range(count)
        ]
        paint(self.parts, self.placement, pictures, preset, self.side, Everybody(), self.shelf)

    def draw(self, quality: Any) -> None:
        """A whole call: what a member waits for who has nobody before them, with the PNG."""
        spec = AvatarSpec("plain", 1, size=self.side, quality=quality)
        self.engine.draw(spec, lambda _progress: None, lambda: False)

    def outside(self, preset: Preset) -> float:
        """Share of a picture's time in which no network is at work, by the device's clock."""
        spans: list[tuple[Callable[[], float], Callable[[], float]]] = []
        with self._timed(spans):
            self.machine.settle()
            first = self.machine.mark()
            self.paint(preset)
            last = self.machine.mark()
            self.machine.settle()
        inside = sum(end() - start() for start, end in spans)
        return 1 - inside / (last() - first())

    @contextmanager
    def _timed(self, spans: list[tuple[Callable[[], float], Callable[[], float]]]) -> Iterator[None]:
        began: list[Callable[[], float]] = []
        networks = (self.parts.unet, self.parts.controlnet, self.parts.control_embedding)
        hooks: list[Any] = []
        for network in networks:
            hooks.append(network.register_forward_pre_hook(lambda *_: began.append(self.machine.mark())))
            hooks.append(network.register_forward_hook(lambda *_: spans.append((began.pop(), self.machine.mark()))))
        decode = self.parts.vae.decode

        def timed(*given: Any, **named: Any) -> Any:
            start = self.machine.mark()
            answer = decode(*given, **named)
            spans.append((start, self.machine.mark()))
            return answer

        self.parts.vae.decode = timed
        try:
            yield
        finally:
            self.parts.vae.decode = decode
            for hook in hooks:
                hook.remove()

    def close(self) -> None:
        self.engine.close()


def floor(preset: Preset, prices: Prices) -> float:
    """Seconds of an H100 at its best."""
    none: frozenset[str] = frozenset()
    step = prices.of("unet", 1, none, shelf=False) + sum(
        prices.of(name, 1, none, shelf=False) for name in ("controlnet", "control_embedding")
    )
    rows = sum(2 if preset.guided and each < preset.guidance_end * preset.steps else 1 for each in range(preset.steps))
    return (rows * step + prices.of("vae_decoder", 1, none, shelf=False)) / H100_FLOPS


@dataclass
class Figures:
    """What was measured of one side."""

    rows: list[Row]
    seconds: dict[str, float]


def measure_ours(
    models: Path, plan: Plan, machine: Machine, presets: dict[str, Preset], rounds: int, *, goals: bool
) -> Figures:
    name = f"ours, plan {plan.name}{COMPILED if plan.compile else ''}"
    rows: list[Row] = []
    machine.forget()
    weights(models)
    begun = time.perf_counter()
    ours = Ours(models, plan, machine)
    ready = time.perf_counter() - begun
    ours.paint(presets["best"])
    machine.settle()
    rows.append(Row(f"{name}: networks loaded, the weights read from the disk", round(ready, 2), "s"))
    rows.append(
        Row(f"{name}: time to the first picture (best) since then", round(time.perf_counter() - begun - ready, 2), "s")
    )
    seconds: dict[str, float] = {}
    for quality, preset in presets.items():
        machine.forget()
        taken = seconds[quality] = machine.seconds(lambda preset=preset: ours.paint(preset), rounds)
        aim = "< 0.12" if goals and quality == "fast" and plan.compile else ""
        rows.append(Row(f"{name}: {quality}, {preset.steps} steps, a picture", round(taken, 4), "s", aim))
        if machine.cuda:
            rows.append(Row(f"{name}: {quality}, peak of device memory", round(machine.peak(), 2), "GiB"))
        share = statistics.median(ours.outside(preset) for _ in range(rounds))
        rows.append(
            Row(f"{name}: {quality}, outside the networks", round(100 * share, 1), "%", "< 10" if goals else "")
        )
        whole = machine.seconds(lambda quality=quality: ours.draw(quality), rounds, warm=1)
        rows.append(Row(f"{name}: {quality}, a whole call with its PNG", round(whole, 4), "s"))
    rows += batches(ours, name, presets, rounds)
    rows += switches(ours, models, name, presets["fast"], rounds, goals=goals)
    ours.close()
    return Figures(rows, seconds)


def batches(ours: Ours, name: str, presets: dict[str, Preset], rounds: int) -> list[Row]:
    """Several pictures at once, as many as there is memory for."""
    machine, rows = ours.machine, list[Row]()
    for quality in ("best", "fast"):
        for count in BATCHES[1:]:
            machine.forget()
            try:
                taken = machine.seconds(
                    lambda q=quality, n=count: ours.paint(presets[q], n), max(1, rounds // 2), warm=1
                )
            except torch.OutOfMemoryError:
                break
            rows.append(Row(f"{name}: {quality}, batch {count}, seconds a picture", round(taken / count, 4), "s"))
            if machine.cuda:
                rows.append(
                    Row(f"{name}: {quality}, batch {count}, peak of device memory", round(machine.peak(), 2), "GiB")
                )
    return rows


def switches(ours: Ours, models: Path, name: str, fast: Preset, rounds: int, *, goals: bool) -> list[Row]:
    """What another style costs: its LoRA in memory, and from the disk; compiled anew it would be seconds."""
    other = models / "other.safetensors"
    shutil.copyfile(models / STYLE_LORA / f"{STYLE_LORA}.safetensors", other)
    machine, step = ours.machine, replace(fast, steps=1)
    ours.paint(step)
    first = machine.seconds(lambda: ours.paint(step, lora=str(other)), 1, warm=0)
    same = machine.seconds(lambda: ours.paint(step, lora=str(other)), rounds)
    looks = itertools.cycle((STYLE_LORA, str(other)))
    changed = machine.seconds(lambda: ours.paint(step, lora=next(looks)), 2 * rounds)
    return [
        Row(f"{name}: style switch, LoRA in memory", round(1000 * (changed - same), 1), "ms", "< 50" if goals else ""),
        Row(f"{name}: style switch, LoRA from the disk", round(1000 * (first - same), 1), "ms"),
    ]


def measure_stock(
    models: Path, machine: Machine, dtype: torch.dtype, presets: dict[str, Preset], rounds: int
) -> Figures:
    machine.forget()
    weights(models)
    begun = time.perf_counter()
    pipe = stock_pipeline(models, dtype).to(machine.kind)
    ready = time.perf_counter() - begun
    side = int(pipe.unet.config.sample_size) * pipe.vae_scale_factor
    lines, words = lines_of(side), WORDS
    rows = [Row("stock diffusers: pipeline loaded, the weights read from the disk", round(ready, 2), "s")]
    seconds: dict[str, float] = {}
    for quality, preset in presets.items():
        machine.forget()
        stock_dressed(pipe, preset)
        taken = machine.seconds(lambda preset=preset: stock_picture(pipe, preset, words, lines, 1), rounds)
        seconds[quality] = taken
        rows.append(Row(f"stock diffusers: {quality}, {preset.steps} steps, a picture", round(taken, 4), "s"))
        if machine.cuda:
            rows.append(Row(f"stock diffusers: {quality}, peak of device memory", round(machine.peak(), 2), "GiB"))
    return Figures(rows, seconds)


def measure(models: Path, device: hardware.Device, options: argparse.Namespace) -> tuple[list[Row], dict[str, Any]]:
    machine = Machine(device.kind)
    if machine.cuda:
        _BEGINNING.append(torch.cuda.Event(enable_timing=True))
        _BEGINNING[0].record()
    presets = {name: PRESETS[name] for name in QUALITIES}
    plan = plan_named(options.plan) if options.plan != "auto" else plan_for(device.free, device.kind)
    if options.tiny:
        plan = replace(PLANS["cpu"], precision="fp32", batch=max(BATCHES))
        presets = {name: replace(preset, steps=min(preset.steps, 4)) for name, preset in presets.items()}
    (models / "styles").mkdir(exist_ok=True)
    (models / "styles" / "plain.toml").write_text(STYLE, encoding="utf-8")
    plans = [plan] if options.tiny or not machine.cuda else [plan, replace(plan, compile=True)]
    h100 = machine.cuda and any(name in device.name for name in ("H100", "H200"))
    rows: list[Row] = []
    mine: dict[str, Figures] = {}
    for each in plans:
        figures = measure_ours(models, each, machine, presets, options.rounds, goals=h100)
        mine["compiled" if each.compile else "plain"] = figures
        rows += figures.rows
    dtype = torch.float32 if options.tiny else torch.bfloat16
    stock = measure_stock(models, machine, dtype, presets, options.rounds)
    rows += stock.rows
    prices = Prices(models / "prices") if h100 else None
    for quality, preset in presets.items():
        if prices is not None:
            rows.append(Row(f"floor of an H100: {quality}", round(floor(preset, prices), 4), "s"))
        for name, figures in mine.items():
            best = quality == "best" and h100 and name == "compiled"
            faster = stock.seconds[quality] / figures.seconds[quality]
            rows.append(
                Row(f"{quality}, {name}: times as fast as stock", round(faster, 2), "x", ">= 1.8" if best else "")
            )
            if prices is not None:
                above = figures.seconds[quality] / floor(preset, prices)
                rows.append(Row(f"{quality}, {name}: to the floor", round(above, 2), "x", "<= 1.7" if best else ""))
    about = {
        "device": device.name,
        "device memory GiB": round(device.total / 2**30, 1),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "python": platform.python_version(),
        "plan": str(plan),
        "presets": {name: str(preset) for name, preset in presets.items()},
        "loras": {name: f"rank {rank}" for name, (rank, _) in LORAS.items()},
        "control": "until 36 % of the steps; fast: 50 %",
        "rounds": options.rounds,
    }
    return rows, about


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="the tests' tiny model on the CPU, four steps at most")
    parser.add_argument("--plan", default="auto")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    device = hardware.look("cpu" if options.tiny else "auto")
    if device.kind == "cpu" and not options.tiny:
        parser.error("no GPU is here; --tiny tries the benchmark itself on the CPU")
    with tempfile.TemporaryDirectory(prefix="bpp-gpu-") as folder:
        models = tiny_store(Path(folder)) if options.tiny else real_store(Path(folder))
        rows, about = measure(models, device, options)
    if options.tiny:
        print(table(f"sdxl_gpu, tried with the tiny model on {device.name}", rows))
    else:
        write("sdxl_gpu", COMMAND, rows, about)


if __name__ == "__main__":
    main()
