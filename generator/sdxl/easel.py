"""The easel: the one thread that owns the device, and paints what stands in the line."""

from __future__ import annotations

import copy
import logging
import queue
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager

import cv2
import numpy as np
import torch

from generator.blame import blame
from generator.classic.colour import Bytes
from generator.errors import DrawFailed, EngineUnavailable, GeneratorError
from generator.sdxl.batching import Line, News, Order
from generator.sdxl.control import Control
from generator.sdxl.encoding import Encoder
from generator.sdxl.ladder import Ladder, Rung, is_device_lost, is_out_of_memory, rungs_of
from generator.sdxl.loading import Components
from generator.sdxl.loop import NoRoomToDecode, Picture, Start, decoded, paint
from generator.sdxl.loras import Shelf
from generator.sdxl.placement import Placement, compiled, in_channels_last, release, tiled
from generator.sdxl.plans import LAYER_BY_LAYER, Offload, Plan
from generator.sdxl.presets import Preset
from generator.sdxl.previews import SIDE as PREVIEW_SIDE
from generator.sdxl.previews import resized
from generator.sdxl.prompts import Prompt

log = logging.getLogger(__name__)

_LOOK = 0.05
"""Seconds after which whoever waits looks whether there is still something to wait for."""


class CameToNothing(EngineUnavailable):
    """The numbers of a picture are none: here it would come to that again, but another engine may draw it."""

    default_key = "error-draw-failed"


class Easel:
    """Paints with ``parts`` as ``plan`` says, and gives up what must be given up where memory runs out."""

    def __init__(self, parts: Components, plan: Plan, wardrobe: Shelf | None, preview_every: float) -> None:
        self._parts = parts
        self._wardrobe = wardrobe
        self._preview_every = preview_every
        self._ladder = Ladder(rungs_of(plan, parts.native))
        if plan.channels_last:
            in_channels_last(parts)
        self._placement = Placement(parts, plan.offload)
        if plan.compile and parts.device.type == "cuda":
            compiled(parts)
        self._encoder = Encoder(parts, self._placement)
        self._line = Line(self._batch, lambda: self._ladder.rung.batch)
        self.closed = False
        self._lost = False

    @property
    def broken(self) -> bool:
        """Nothing can be painted in this process any more."""
        return self._lost or self._line.broken

    def give_up(self) -> None:
        """The device was lost by another thread than the one that paints."""
        self._lost = True

    @property
    def side(self) -> int:
        """Side of the square that is painted now, in px."""
        return self._ladder.rung.side

    def preparing(self) -> AbstractContextManager[Callable[[Sequence[Order]], None]]:
        """See ``Line.preparing``."""
        return self._line.preparing()

    def withdraw(self, orders: Collection[Order]) -> None:
        """See ``Line.withdraw``."""
        self._line.withdraw(orders)

    def warm(self) -> None:
        """Paint for nobody, alone and in company, so that the first who waits does not wait for kernels as well."""
        lines = Control(np.zeros((self.side, self.side), np.uint8), 1.0, 1.0, "none", {}, person=True)
        texts = Prompt("a picture", "")
        preset = Preset("warm", 2, 2.0, "euler", guidance_end=0.5)
        for count in sorted({1, min(2, self._ladder.rung.batch), self._ladder.rung.batch}):
            inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
            with self.preparing() as put:
                put(
                    [
                        Order(preset, texts, place, lines, None, {}, place, lambda: False, inbox)
                        for place in range(count)
                    ]
                )
            left = count
            while left:
                try:
                    news = inbox.get(timeout=_LOOK)
                except queue.Empty:
                    if self.broken:
                        raise EngineUnavailable from None
                    continue
                left -= news.over
                if news.error is not None:
                    raise news.error

    def close(self) -> None:
        """End the thread after what it is painting."""
        self.closed = True
        self._line.close()

    def _batch(self, orders: Sequence[Order]) -> None:
        """Paint ``orders``, going down the ladder where memory runs out, and tell each how it ended.

        Raises what says that the device is lost: with it the thread ends, and whoever waits sees that.
        """
        left = list(orders)
        alone: set[Order] = set()
        while left := self._wanted(left):
            group = left[:1] if left[0] in alone else left
            try:
                group = self._fitting(group)
                self._group(group)
                self._ladder.painted()
                self._come_back()
            except Exception as error:
                if is_device_lost(error):
                    raise
                short, failure = is_out_of_memory(error), _translated(error).with_traceback(None)
                for_decode = isinstance(error, NoRoomToDecode)
            else:
                for order in group:
                    if not order.over:  # whoever left meanwhile
                        order.end()
                continue
            # Out here the error is gone, and with it what its frames held of the device's memory. Who has their picture
            # already keeps it.
            group = [order for order in group if not order.over]
            if short and self._go_down(group, for_decode=for_decode):
                continue
            if not short and len(group) > 1:
                alone.update(group)  # one of them did it, and the others shall have their picture
                continue
            for order in group:
                order.end(error=copy.copy(failure))

    def _wanted(self, orders: Sequence[Order]) -> list[Order]:
        """Those that are not over, and for which somebody still waits; to the others it is over."""
        open_ones = [order for order in orders if not order.over]
        wanted = [order for order in open_ones if order.wanted()]
        for order in open_ones:
            if order.left:
                order.end()
        return wanted

    def _fitting(self, orders: Sequence[Order]) -> list[Order]:
        """As many of them, from the first on, as can be painted at once."""
        most = self._ladder.rung.batch
        if self._wardrobe is not None:
            most = min(most, self._wardrobe.room([order.loras for order in orders[:most]]))
        return list(orders[:most])

    def _go_down(self, group: Sequence[Order], *, for_decode: bool) -> bool:
        if self._wardrobe is not None:
            self._wardrobe.drop_idle()
        release()
        if not self._ladder.down(for_decode=for_decode):
            log.error("out of memory, and nothing is left to give up")
            return False
        rung = self._ladder.rung
        log.warning(
            "out of memory: from now on %d at once, %s, offload %s, %d px",
            rung.batch,
            "decoded in tiles" if rung.tile else "decoded whole",
            rung.offload,
            rung.side,
        )
        try:
            self._leave(rung.offload)
        except Exception as error:  # noqa: BLE001 - no room even to make room
            log.error("the networks could not be moved: %s", blame(error))  # noqa: TRY400
            return False
        for order in group:
            order.notes = (*order.notes, *self._ladder.notes(), rung.note)
        return True

    def _come_back(self) -> None:
        """Bring to the device what the ladder, once it is climbed again, leaves there; or go down once more."""
        offload = self._ladder.rung.offload
        if offload == self._placement.offload:
            return
        try:
            self._placement.climb(offload)
            if self._wardrobe is not None and offload not in LAYER_BY_LAYER:
                self._wardrobe.move(home=False)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            log.warning("there is still no memory to bring networks back to the device")
        else:
            return
        release()
        self._ladder.down()
        self._leave(self._ladder.rung.offload)

    def _leave(self, offload: Offload) -> None:
        """Keep no more on the device than ``offload`` says."""
        if self._wardrobe is not None and offload in LAYER_BY_LAYER:
            self._wardrobe.move(home=True)
        self._placement.lower(offload)

    def _tile(self, rung: Rung) -> None:
        if rung.tile:
            tiled(self._parts.vae, rung.side)
        else:
            self._parts.vae.disable_tiling()

    def _group(self, group: list[Order]) -> None:
        rung, preset = self._ladder.rung, group[0].key[0]
        self._tile(rung)
        texts: list[str | None] = [order.texts.text for order in group]
        if preset.guided:
            texts += [order.texts.negative for order in group]
        # A second try takes another of them, and shall run no text encoder.
        words = self._encoder.words(texts, ahead=[each for order in group for each in order.texts.others])
        unwanted = words[len(group) :] if preset.guided else [None] * len(group)
        pictures = [
            Picture(
                word,
                without,
                order.seed,
                _edges(order.lines.edges, rung.side),
                order.lines.scale,
                order.preset.lines_until(order.lines.end),
                order.preset.guidance,
                None if order.start is None else Start(resized(order.start.rgb, rung.side), order.start.strength),
                order.loras,
                order.near,
            )
            for order, word, without in zip(group, words, unwanted, strict=False)
        ]
        watch = _Watch(self._parts, group, self._preview_every, self._ladder)
        paint(self._parts, self._placement, pictures, preset, rung.side, watch, self._wardrobe)


class _Watch:
    """Stands between the loop and those who wait."""

    def __init__(self, parts: Components, group: Sequence[Order], every: float, ladder: Ladder) -> None:
        self._parts = parts
        self._group = group
        self._every = every
        self._ladder = ladder
        self._shows = parts.preview_vae is not None

    def wanted(self, place: int) -> bool:
        return self._group[place].wanted()

    def painted(self, place: int, done: int, steps: int, latents: torch.Tensor) -> None:
        order = self._group[place]
        preview: Bytes | None = None
        now = time.monotonic()
        if self._shows and done < steps and now - order.last_preview >= self._every:
            preview = self._preview(latents)
            order.last_preview = now
        order.inbox.put(News(order.place, done / steps, preview))

    def _preview(self, latents: torch.Tensor) -> Bytes | None:
        """An extra: what keeps it from being made ends this batch's previews, and never a picture."""
        try:
            return _preview(self._parts, latents)
        except FloatingPointError:
            return None  # the picture itself will say so
        except Exception as error:
            if is_device_lost(error):
                raise
            log.warning("these pictures are painted without previews: %s", blame(error))
        self._shows = False
        release()
        return None

    def ended(self, place: int, pixels: Bytes | None) -> None:
        order = self._group[place]
        if pixels is None:
            log.error("a picture came to nothing: its numbers are none")
            order.end(error=CameToNothing(parameters={"reason": "nan"}))
            return
        if self._parts.vae.use_tiling:
            self._ladder.tile()
        order.end(pixels, tuple(dict.fromkeys((*order.notes, *self._ladder.notes()))))


def _preview(parts: Components, latents: torch.Tensor) -> Bytes:
    # The decoder knows finished pictures only: what is still mostly noise is brought to their range. And of half the
    # side, for a preview is small.
    calm = latents / latents.std().clamp(min=1)
    if latents.shape[-1] * parts.factor > 2 * PREVIEW_SIDE:
        calm = torch.nn.functional.avg_pool2d(calm, 2)
    pixels = decoded(parts, calm, tiny=True)
    return resized(pixels, min(PREVIEW_SIDE, pixels.shape[0]))


def _translated(error: Exception) -> GeneratorError:
    if isinstance(error, GeneratorError):
        return error
    if is_out_of_memory(error):
        return EngineUnavailable("error-engine-memory")
    log.error("painting failed: %s", blame(error))
    return DrawFailed(parameters={"reason": type(error).__name__})


def _edges(edges: Bytes, side: int) -> Bytes:
    """``edges`` at ``side``, where they were found at another."""
    if edges.shape[0] == side:
        return edges
    small = cv2.resize(edges, (side, side), interpolation=cv2.INTER_AREA)
    return np.where(small > 96, np.uint8(255), np.uint8(0))
