"""Engines on the tiny model, and what a call of theirs is watched with."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from generator.classic.colour import Bytes
from generator.engine import Avatar, AvatarSpec, Progress, Trace
from generator.sdxl.control import Control
from generator.sdxl.engine import SdxlEngine, Studio
from generator.sdxl.loading import Components, load
from generator.sdxl.plans import Plan
from generator.sdxl.prompts import Prompt
from generator.styles import Catalog, Style, load_catalog
from tests.generator.sdxl.shelves import Folder

PLAN = Plan("tiny", precision="fp32", batch=4)

STYLE = """
engine = "sdxl"
recipe = "painted"
photo = true
needs_gpu = true
fallback = "ink"
[name]
en = "Oil"
[description]
en = "Thick paint"
[parameters]
prompt = "oil painting of {subject}"
quality = "best"
paint_over = 0.7
[parameters.best]
steps = 4
guidance = 5.0
scheduler = "euler"
[parameters.fast]
steps = 2
few_step = ""
[parameters.balanced]
steps = 3
guidance = 0
scheduler = "euler"
"""


def edges_of(spec: AvatarSpec, side: int) -> Control:
    """Canny of the photo, or of blots that follow the seed."""
    if spec.photo is None:
        grey = np.random.default_rng(spec.seed + spec.attempt).integers(0, 256, (4, 4), dtype=np.uint8)
        trace: Trace = "none"
    else:
        flat = np.frombuffer(spec.photo.rgb, np.uint8).reshape(spec.photo.height, spec.photo.width, 3)
        grey = cv2.cvtColor(flat, cv2.COLOR_RGB2GRAY)
        trace = "medium"
    grey = cv2.resize(grey, (side, side), interpolation=cv2.INTER_NEAREST)
    edges = np.asarray(cv2.Canny(grey, 40, 100), np.uint8)
    return Control(edges, 0.7, 1.0, trace, {}, person=True, notes=("note-no-face",))


def words_of(style: Style, _lines: Control, spec: AvatarSpec) -> Prompt:
    return Prompt(str(style.parameters["prompt"]).replace("{subject}", "a person") + " " + spec.about, "blurry")


def catalog_in(folder: Path, **styles: str) -> Catalog:
    folder.mkdir(exist_ok=True)
    for name, text in (styles or {"oil": STYLE}).items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_catalog([folder])


@contextmanager
def engine(
    catalog: Catalog,
    weights: Path,
    plan: Plan = PLAN,
    parts: Components | None = None,
    **settings: Any,
) -> Iterator[SdxlEngine]:
    """An engine on freshly loaded components, closed at the end.

    Previews are asked for by those who look at them (``preview_every=0.0``): each takes longer than a step.
    """
    studio = Studio(**{"lines": edges_of, "texts": words_of, **settings.pop("studio", {})})
    made = SdxlEngine(catalog, parts or load(Folder(weights), plan), plan, studio, **settings)
    try:
        yield made
    finally:
        made.close()


@dataclass
class Call:
    """One call of ``draw``, in a thread of its own or not, with what it reported."""

    engine: SdxlEngine
    spec: AvatarSpec
    stop_at: float = 2.0
    """Fraction from which it is cancelled."""
    reports: list[Progress] = field(default_factory=list)
    result: Avatar | BaseException | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def __call__(self) -> Avatar:
        return self.engine.draw(self.spec, self._report, self.cancelled.is_set)

    def start(self) -> Call:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def end(self) -> Avatar | BaseException | None:
        assert self.thread is not None
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.result

    def _run(self) -> None:
        try:
            self.result = self()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.result = error

    def _report(self, progress: Progress) -> None:
        self.reports.append(progress)
        if progress.fraction >= self.stop_at:
            self.cancelled.set()


def pixels(png: bytes) -> Bytes:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), np.uint8)


def near(one: bytes, other: bytes) -> bool:
    """Whether two pictures differ by rounding only."""
    return int(np.abs(pixels(one).astype(int) - pixels(other)).max()) <= 1


def at_once(calls: Sequence[Call]) -> list[Avatar | BaseException | None]:
    for call in calls:
        call.start()
    return [call.end() for call in calls]


@contextmanager
def failing(module: Any, when: Callable[[int, Any], bool], error: Callable[[], Exception]) -> Iterator[list[int]]:
    """``module``'s forward raises before those calls of which ``when(number, first argument)`` says so."""
    calls: list[int] = []

    def before(_module: Any, given: Any) -> None:
        calls.append(len(given[0]))
        if when(len(calls), given[0]):
            raise error()

    hook = module.register_forward_pre_hook(before)
    try:
        yield calls
    finally:
        hook.remove()
