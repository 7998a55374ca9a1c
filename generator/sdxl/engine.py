"""The SDXL engine: words, lines and noise become an avatar, on whatever device there is."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import cv2
import diffusers
import numpy as np
import torch

from generator.asked import pictures_of
from generator.blame import blame
from generator.classic import ClassicEngine
from generator.classic.colour import Bytes
from generator.classic.engine import FIGURE_BELOW
from generator.classic.faces import FaceFinder
from generator.classic.likeness import Likeness
from generator.classic.photos import prepared
from generator.engine import Avatar, AvatarSpec, Engine, Photo, Progress
from generator.errors import DrawCancelled, DrawFailed, EngineUnavailable, GeneratorError, SpecInvalid
from generator.grid import grid
from generator.mark import marked
from generator.sdxl import control, hardware
from generator.sdxl.batching import News, Order
from generator.sdxl.control import Control
from generator.sdxl.easel import CameToNothing, Easel
from generator.sdxl.ladder import is_device_lost, is_out_of_memory
from generator.sdxl.loading import CONTROL, Components, load
from generator.sdxl.loop import Start, steps_of
from generator.sdxl.loras import Shelf
from generator.sdxl.plans import Plan, plan_for, plan_named
from generator.sdxl.presets import DEFAULT_QUALITY, Preset, preset_of
from generator.sdxl.previews import SIDE as PREVIEW_SIDE
from generator.sdxl.previews import png, resized
from generator.sdxl.prompts import Prompt, prompt_for
from generator.sdxl.store import ModelMissing, Store
from generator.styles import Catalog, Style, load_catalog

log = logging.getLogger(__name__)

PREVIEW_EVERY = 0.25
"""Seconds between two previews of one picture."""
_POLL = 0.05
"""Seconds after which a waiting call looks whether it was cancelled."""
_PAINT_OVER_FROM = 70
"""Likeness from which a style may begin with the photo's own colours; below, not one of its pixels goes in."""
_DONE_BY = 0.95
_GROUND = 0.8
"""Grey behind a photo that is painted over, 0 … 1."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What prepares a picture before a network sees it, and what looks at it afterwards."""

    lines: Callable[[AvatarSpec, int], Control]
    """(spec, side) → the lines."""
    texts: Callable[[Style, Control, AvatarSpec], Prompt]
    start: Callable[[Photo, int, int, int], Bytes] | None = None
    """(photo, likeness, seed, side) → the picture to paint over, for styles that do so."""
    unfit: Callable[[Sequence[Bytes]], Sequence[bool]] | None = None
    """Which pictures nobody may see; None: nobody looks."""
    placeholder: Engine | None = None
    """Draws something at once, in a style's fallback, while the painting goes on."""


class SdxlEngine:
    """Paints the styles of ``catalog`` whose engine is ``sdxl``. Safe for as many threads as ``capacity``."""

    name = "sdxl"

    def __init__(
        self,
        catalog: Catalog,
        components: Components,
        plan: Plan,
        studio: Studio,
        wardrobe: Shelf | None = None,
        preview_every: float = PREVIEW_EVERY,
        models: Path = Path(),
        weights: str = "",
    ) -> None:
        self._catalog = catalog
        self._studio = studio
        self._wardrobe = wardrobe
        self._easel = Easel(components, plan, wardrobe, preview_every)
        self._models = models
        self.capacity = plan.batch
        self.device = components.device.type
        self.checks = studio.unfit is not None
        """Whether somebody looks at pictures before anybody sees them."""
        layout = plan.precision + (" channels-last" if plan.channels_last else "") + (" compiled" * plan.compile)
        self.version = (
            f"weights {weights or 'unknown'}, {layout} on {self.device},"
            f" diffusers {diffusers.__version__}, torch {torch.__version__}"
        )
        """What pictures depend on beside their spec."""

    @property
    def broken(self) -> bool:
        """The device, or the thread that owns it, is lost: only another process can paint again."""
        return self._easel.broken

    def warm(self) -> None:
        """Paint for nobody, so that the first member does not wait for what only the first picture needs."""
        self._easel.warm()

    def close(self) -> None:
        """Let go of the thread that paints; calls that still wait fail."""
        self._easel.close()

    def draw(self, spec: AvatarSpec, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Avatar:
        """See ``generator.engine.Engine.draw``."""
        singles = pictures_of(spec)
        wanted = [self._checked(single) for single in singles]
        if self.broken:
            raise EngineUnavailable
        orders: list[Order] = []
        inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
        over = threading.Event()
        try:
            with self._easel.preparing() as put:
                self._sketch(spec, [style for style, _ in wanted], inbox, lambda: over.is_set() or cancelled())
                if cancelled():
                    raise DrawCancelled
                with _only_our_errors(self._easel):
                    orders = self._orders(singles, wanted, cancelled, inbox)
                if cancelled():
                    raise DrawCancelled
                put(orders)
            return self._finished(spec, orders, inbox, report, cancelled)
        finally:
            over.set()
            for order in orders:
                order.left = True
            self._easel.withdraw(orders)

    def _checked(self, spec: AvatarSpec) -> tuple[Style, Preset]:
        style = self._catalog.find(spec.style)
        if style.engine != self.name:
            raise SpecInvalid("error-style", {"style": spec.style})
        return style, preset_of(style, spec.quality)

    def _sketch(
        self,
        spec: AvatarSpec,
        styles: Sequence[Style],
        inbox: queue.SimpleQueue[News],
        cancelled: Callable[[], bool],
    ) -> None:
        """Let the placeholder be drawn beside the painting."""
        artist = self._studio.placeholder
        instead = spec.instead or tuple(style.fallback for style in styles)
        if artist is None or not all(instead):
            return
        quick = replace(
            spec,
            style=instead[0],
            styles=instead if spec.styles else (),
            size=PREVIEW_SIDE if spec.count == 1 else PREVIEW_SIDE // 2,
            about="",
            quality="",
        )

        def draw() -> None:
            try:
                drawn = artist.draw(quick, lambda _progress: None, cancelled)
            except GeneratorError:
                return  # it is an extra
            pixels = cv2.imdecode(np.frombuffer(drawn.png, np.uint8), cv2.IMREAD_COLOR)
            if pixels is not None:
                inbox.put(News(-1, preview=cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).astype(np.uint8)))

        threading.Thread(target=draw, name="placeholder", daemon=True).start()

    def _orders(
        self,
        singles: Sequence[AvatarSpec],
        wanted: Sequence[tuple[Style, Preset]],
        cancelled: Callable[[], bool],
        inbox: queue.SimpleQueue[News],
    ) -> list[Order]:
        """One for each of ``singles``. What they have in common is looked for once."""
        side = self._easel.side
        found: dict[object, Control] = {}
        start: Bytes | None = None
        orders: list[Order] = []
        for place, (single, (style, asked)) in enumerate(zip(singles, wanted, strict=True)):
            # What is like another is like the first of its kin: of its words and lines nothing changes, only the noise.
            root = replace(single, attempt=single.like[0], like=()) if single.like else single
            alike = None if _of_photo(single) else (root.attempt, style.parameters.get("figure"))
            lines = found.get(alike) or self._studio.lines(root, side)
            found[alike] = lines
            texts = self._studio.texts(style, lines, root)
            strength = self._painted_over(style, single, lines)
            if strength and start is None:
                start = self._beginning(single, side)
            under = None if start is None or not strength else Start(start, strength)
            preset, notes = self._paintable(style, asked)
            steps_of(preset, under)
            loras = loras_of(style, self._models)
            if preset.few_step is not None:
                loras[preset.few_step] = 1.0
            if loras and self._wardrobe is None:
                raise EngineUnavailable("error-model-missing", {"model": next(iter(loras))})
            near = tuple(seed_of(replace(single, attempt=attempt)) for attempt in single.like)
            orders.append(
                Order(
                    preset,
                    texts,
                    seed_of(single),
                    lines,
                    under,
                    loras,
                    place,
                    cancelled,
                    inbox,
                    notes=notes,
                    near=near,
                    whose=single.seed,
                )
            )
        return orders

    def _paintable(self, style: Style, preset: Preset) -> tuple[Preset, tuple[str, ...]]:
        """``preset``; or the usual one, and a note, where the LoRA that makes few steps enough is not installed."""
        if preset.few_step is None or (self._wardrobe is not None and self._wardrobe.has(preset.few_step)):
            return preset, ()
        usual = preset_of(style, DEFAULT_QUALITY)
        return (preset, ()) if usual.few_step is not None else (usual, ("note-quality-balanced",))

    def _painted_over(self, style: Style, spec: AvatarSpec, lines: Control) -> float:
        """How much of the photo's own colours is painted over, 0 … 1; 0: nothing of them goes in. They do only where
        the style paints over photos and the member is that bold."""
        if self._studio.start is None or spec.photo is None or not lines.person or spec.likeness < _PAINT_OVER_FROM:
            return 0.0
        return float(np.clip(float(style.parameters.get("paint_over", 0)), 0, 1))

    def _beginning(self, spec: AvatarSpec, side: int) -> Bytes | None:
        if self._studio.start is None or spec.photo is None:
            return None
        return self._studio.start(spec.photo, spec.likeness, spec.seed, side)

    def _finished(
        self,
        spec: AvatarSpec,
        orders: list[Order],
        inbox: queue.SimpleQueue[News],
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Avatar:
        """Tell how it goes until every picture is over; then the avatar."""
        album = _Album(len(orders))
        while not album.complete:
            news = self._next(inbox, cancelled)
            sketch = album.add(news)
            preview = sketch
            if any(each.place >= 0 and each.preview is not None for each in news):
                preview = self._preview(album.shown)
            if not album.complete and (preview is not None or any(each.place >= 0 for each in news)):
                report(Progress(album.fraction, None if preview is None else png(preview)))
        if cancelled():
            raise DrawCancelled
        if not album.pictures:
            raise album.failure or DrawCancelled
        with _only_our_errors(self._easel):
            avatar = self._avatar(spec, orders, album)
        report(Progress(1.0))
        return avatar

    def _next(self, inbox: queue.SimpleQueue[News], cancelled: Callable[[], bool]) -> list[News]:
        """All news there are, as soon as there are any."""
        while True:
            if cancelled():
                raise DrawCancelled
            if self._easel.closed:
                raise EngineUnavailable
            try:
                news = [inbox.get(timeout=_POLL)]
            except queue.Empty:
                if self.broken:
                    raise EngineUnavailable from None
                continue
            while not inbox.empty():
                news.append(inbox.get())
            return news

    def _preview(self, shown: Sequence[Bytes | None]) -> Bytes | None:
        """An extra: where it cannot be made, or nobody can look at it first, there is none."""
        try:
            with _only_our_errors(self._easel):
                return self._together(shown)
        except GeneratorError:
            if self.broken:
                raise
        return None

    def _together(self, shown: Sequence[Bytes | None]) -> Bytes:
        """One preview of all pictures, each in its place, as far as anybody may see them."""
        hidden = self._hidden(shown)
        seen = {place: picture for place, picture in enumerate(shown) if picture is not None and place not in hidden}
        if not seen:
            return np.full((PREVIEW_SIDE, PREVIEW_SIDE, 3), 128, np.uint8)
        large = {place: resized(picture, PREVIEW_SIDE) for place, picture in seen.items()}
        return grid([large.get(place) for place in range(len(shown))], PREVIEW_SIDE)

    def _hidden(self, pictures: Sequence[Bytes | None]) -> set[int]:
        """The places of those that nobody may see."""
        there = {place: picture for place, picture in enumerate(pictures) if picture is not None}
        if self._studio.unfit is None or not there:
            return set()
        return {place for place, bad in zip(there, self._studio.unfit(list(there.values())), strict=True) if bad}

    def _avatar(self, spec: AvatarSpec, orders: Sequence[Order], album: _Album) -> Avatar:
        notes = [*(note for order in orders for note in order.lines.notes), *album.notes]
        painted = [album.pictures.get(order.place) for order in orders]
        hidden = self._hidden(painted)
        pictures = [None if place in hidden else picture for place, picture in enumerate(painted)]
        if all(picture is None for picture in pictures):
            raise DrawFailed("error-picture-unsafe")
        if hidden:
            notes.append("note-picture-left-out")
        if spec.loop:
            notes.append("note-still-painted")
        trace = "high" if any(order.start is not None for order in orders) else orders[0].lines.trace
        source = "compositeSynthetic" if _of_photo(spec) else "trainedAlgorithmicMedia"
        sized = [None if picture is None else resized(picture, spec.size) for picture in pictures]
        parts = tuple(b"" if picture is None else marked(png(picture), source) for picture in sized)
        whole = parts[0] if spec.count == 1 else marked(png(grid(sized)), source)
        return Avatar(whole, spec.size, trace, tuple(dict.fromkeys(notes)), parts if spec.count > 1 else ())


@contextlib.contextmanager
def _only_our_errors(easel: Easel) -> Iterator[None]:
    """What libraries raise, as an error of ours; what callers' own functions raise never comes by here."""
    try:
        yield
    except GeneratorError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise EngineUnavailable("error-engine-memory") from error
        if is_device_lost(error):
            log.critical("the device was lost: %s", blame(error))
            easel.give_up()
            raise EngineUnavailable from error
        log.error("preparing or finishing a picture failed: %s", blame(error))  # noqa: TRY400
        raise DrawFailed(parameters={"reason": type(error).__name__}) from error


class _Album:
    """What is known of the pictures of one call."""

    def __init__(self, count: int) -> None:
        self._fractions = [0.0] * count
        self._over: set[int] = set()
        self._furthest = 0.0
        self.shown: list[Bytes | None] = [None] * count
        self.pictures: dict[int, Bytes] = {}
        self.failure: GeneratorError | None = None
        """Why one of them, the first of those, came to nothing; the others are painted all the same."""
        self.notes: list[str] = []

    @property
    def complete(self) -> bool:
        return len(self._over) == len(self._fractions)

    @property
    def fraction(self) -> float:
        """How far it is; never less than before, even where a picture must begin anew."""
        self._furthest = max(self._furthest, _DONE_BY * sum(self._fractions) / len(self._fractions))
        return self._furthest

    def add(self, news: Sequence[News]) -> Bytes | None:
        """Take notice; returns the placeholder, where it came before anything was painted.

        Raises what went wrong, but for what is one picture's own: its failure, or that its style lacks a LoRA.
        """
        sketch: Bytes | None = None
        for each in news:
            if isinstance(each.error, EngineUnavailable) and not isinstance(each.error, (ModelMissing, CameToNothing)):
                raise each.error
            if each.error is not None:
                self.failure = self.failure or each.error
                self.notes.append("note-picture-broken")
            if each.place < 0:
                sketch = each.preview if not any(seen is not None for seen in self.shown) else None
                continue
            self.notes.extend(each.notes)
            self._fractions[each.place] = each.fraction
            if each.preview is not None:
                self.shown[each.place] = each.preview
            if each.over:
                self._over.add(each.place)
            if each.pixels is not None:
                self.pictures[each.place] = each.pixels
        return sketch


def _of_photo(spec: AvatarSpec) -> bool:
    """Whether the photo's own shapes go in, and not its colours alone."""
    return spec.photo is not None and spec.likeness >= FIGURE_BELOW


def seed_of(spec: AvatarSpec) -> int:
    """The seed of the noise of a picture: another for each attempt."""
    words = f"{spec.seed} {spec.attempt}".encode()
    return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest()) >> 1


def loras_of(style: Style, models: Path) -> dict[str, float]:
    """What ``loras`` in a style's file names → its weight: a model by its id, a file in ``models`` by its path."""
    worn: dict[str, float] = {}
    for entry in cast("Sequence[Mapping[str, Any]]", style.parameters.get("loras", ())):
        name, file = str(entry.get("model", "")), str(entry.get("file", ""))
        if bool(name) == bool(file):
            raise SpecInvalid(
                "error-style-file", {"file": str(style.source), "key": "loras", "reason": "model or file"}
            )
        worn[name or str((models / file).absolute())] = float(entry.get("weight", 1.0))
    return worn


def create(
    folders: Sequence[Path], models: Path, plan: str = "auto", device: str = "auto", control: str = CONTROL
) -> SdxlEngine:
    """The engine on the weights in ``models`` and the styles in ``folders``, as the server runs it. Slow.

    ``plan`` is a name of ``plans``, ``device`` one of cuda, mps and cpu; ``auto`` takes what suits this machine.
    ``control`` is the id of the ControlNet; a smaller one than the usual is quicker and follows lines less exactly. Raises
    ``GeneratorError`` for weights that are missing or broken, and for a device or a plan that is not there, or too small.
    """
    try:
        return _created(folders, models, plan, device, control)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        log.error("there is no memory for this plan; a smaller one may fit")  # noqa: TRY400
    raise EngineUnavailable("error-engine-memory")


def _created(folders: Sequence[Path], models: Path, plan: str, device: str, controlnet: str) -> SdxlEngine:
    place = hardware.look(device)
    layout = plan_for(place.free, place.kind) if plan == "auto" else plan_named(plan)
    slow = place.kind == "cpu" and place.why != "asked"
    log.log(logging.WARNING if slow else logging.INFO, "%s for %s (%s)", layout.name, place.name, place.why)
    catalog = load_catalog(folders, painted=True, models=models)
    store = Store(models)
    parts = load(store, layout, place.kind, controlnet)
    shelf = Shelf(parts, store, layout.lora_bytes, steady=layout.compile, home=layout.loras_at_home)
    for style in catalog.values():
        try:
            shelf.check(loras_of(style, models))
        except GeneratorError as error:
            log.warning("nothing can be painted as %s: %s", style.id, error)
    tools = control.Studio(catalog)
    classic = ClassicEngine(catalog)
    studio = Studio(
        lines=partial(_lines, catalog, tools),
        texts=words_for,
        start=partial(_beginning, tools.finder),
        unfit=parts.safety,
        placeholder=classic,
    )
    weights = store.fingerprint if controlnet == CONTROL else f"{store.fingerprint} {controlnet}"
    engine = SdxlEngine(catalog, parts, layout, studio, shelf, models=models, weights=weights)
    threading.Thread(target=classic.warm, daemon=True).start()
    if place.kind != "cpu":
        engine.warm()
    gc.collect()
    gc.freeze()  # what is here now stays for good, and no collection need look through it again
    return engine


def _lines(catalog: Catalog, tools: control.Studio, spec: AvatarSpec, side: int) -> Control:
    figure = str(catalog.find(spec.style).parameters.get("figure", control.SET))
    return control.control_for(
        spec.photo, spec.likeness, spec.traits, spec.seed, spec.attempt, side, tools, figure=figure
    )


def words_for(style: Style, lines: Control, spec: AvatarSpec) -> Prompt:
    """The words of a picture, and those of its second tries where they can be known: a figure's looks vary with each."""
    prompt = prompt_for(style, lines.traits, spec.about, spec.seed + spec.attempt, with_face=lines.person)
    return prompt if _of_photo(spec) else replace(prompt, others=())


def _beginning(finder: FaceFinder, photo: Photo, likeness: int, seed: int, side: int) -> Bytes:
    """The photo as the classic engine bends and calms it, on a plain ground: its own background never goes in."""
    subject = prepared(photo, finder, side, Likeness.of(likeness), seed, lambda _fraction: None).subject
    matte = subject.matte[..., None]
    colour = subject.colour * matte + _GROUND * (1 - matte)
    return (np.clip(colour, 0, 1) * 255 + 0.5).astype(np.uint8)
