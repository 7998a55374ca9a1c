"""One thread that paints, and the line of those who wait for it: pictures that go together are painted together."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from generator.blame import blame
from generator.classic.colour import Bytes
from generator.errors import GeneratorError
from generator.sdxl.control import Control
from generator.sdxl.loop import Start
from generator.sdxl.presets import Preset
from generator.sdxl.prompts import Prompt

log = logging.getLogger(__name__)

WINDOW, IDLE_WINDOW = 0.03, 0.3
"""Seconds that a batch with room left waits, at most, for those who are about to join the line; and that it waits where
nobody was in the line before: then those who are about to join it came with the first, and lines of a photo take a
while to find. Whoever was at it while another batch was painted has had time."""


@dataclass(frozen=True, slots=True)
class News:
    """Something happened to a picture."""

    place: int
    fraction: float = 0.0
    preview: Bytes | None = field(default=None, repr=False)
    pixels: Bytes | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    error: GeneratorError | None = None
    over: bool = False


@dataclass(eq=False, slots=True)
class Order:
    """One picture in the line; orders are equal only to themselves."""

    preset: Preset
    texts: Prompt
    seed: int
    lines: Control
    start: Start | None
    loras: Mapping[str, float]
    place: int
    cancelled: Callable[[], bool]
    inbox: queue.SimpleQueue[News]
    left: bool = False
    """Nobody waits for it any more."""
    over: bool = False
    """Nothing more will happen to it, and whoever waits was told so."""
    last_preview: float = float("-inf")
    notes: tuple[str, ...] = ()
    near: tuple[int, ...] = ()
    """Seeds of the pictures that its noise is to be near to, the oldest first."""
    whose: int = 0
    """Who waits for it: equal for all that one member asks for in a room."""
    turn: int = 0
    """The line's: each member has one picture in each turn."""

    @property
    def key(self) -> tuple[Preset, float | None]:
        """Equal for pictures that can be painted in one batch: of a preset, only what all share counts."""
        alike = {"name": "", "control_end": 1.0, "control_least": 0.0, "few_step": None}
        shared = replace(self.preset, guidance=float(self.preset.guided) * 2, **alike)
        return shared, None if self.start is None else self.start.strength

    def wanted(self) -> bool:
        """Whether anybody still waits for it."""
        try:
            self.left = self.left or self.cancelled()
        except Exception:  # noqa: BLE001 - the caller's; it meets it in its own thread
            self.left = True
        return not self.left

    def end(
        self, pixels: Bytes | None = None, notes: tuple[str, ...] = (), error: GeneratorError | None = None
    ) -> None:
        """It is over: with a picture, with an error, or with neither, for nobody waits for it."""
        self.over = True
        self.inbox.put(News(self.place, float(pixels is not None), pixels=pixels, notes=notes, error=error, over=True))


class Line:
    """Members take turns, a picture each; whoever fits the first goes with it, up to ``most`` at once.

    Who comes has their first picture in the turn after the one that is painted, before whoever had one just now. So
    however many pictures a member has in the line, another waits for one of them, and nobody waits for ever.

    ``paint`` runs in one thread of its own, which owns the device. The thread ends with ``close``, with the process, or
    with what ``paint`` raises: then the line is ``broken`` for good.
    """

    def __init__(
        self,
        paint: Callable[[Sequence[Order]], None],
        most: Callable[[], int],
        window: float = WINDOW,
        idle_window: float = IDLE_WINDOW,
    ) -> None:
        self._paint = paint
        self._most = most
        self._window = window
        self._idle_window = idle_window
        self._waiting: list[Order] = []
        self._turn = 0
        self._last: frozenset[int] = frozenset()
        """Whose pictures were painted last."""
        self._preparing = 0
        self._closed = False
        self.broken = False
        """Nobody paints any more."""
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="painting", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def preparing(self) -> Iterator[Callable[[Sequence[Order]], None]]:
        """Say that something will soon stand in the line; what is yielded puts it there."""
        announced = True
        with self._changed:
            self._preparing += 1

        def put(those: Sequence[Order]) -> None:
            nonlocal announced
            with self._changed:
                for each in those:
                    own = (other.turn for other in self._waiting if other.whose == each.whose)
                    each.turn = max(own, default=self._turn) + 1
                    self._waiting.append(each)
                self._preparing -= announced
                announced = False
                self._changed.notify_all()

        try:
            yield put
        finally:
            put(())

    def withdraw(self, those: Collection[Order]) -> None:
        """Forget whatever of ``those`` still waits: a photo's colours and a member's words go with whoever leaves."""
        with self._changed:
            self._waiting = [each for each in self._waiting if each not in those]

    def close(self) -> None:
        """End after what is being painted now. What still stands in the line is painted no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        try:
            while (batch := self._next()) is not None:
                self._paint(batch)
                del batch  # a photo and a member's words: nothing of it stays while nobody waits
        except BaseException as error:  # noqa: BLE001 - whoever waits must not wait for ever
            log.critical("the painting thread ended: %s", blame(error))
            self.broken = True

    def _next(self) -> list[Order] | None:
        batch: list[Order] = []
        with self._changed:
            while not batch:  # whoever was gathered may have left again
                window = self._window if self._waiting else self._idle_window
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return None
                most = max(1, self._most())
                until = time.monotonic() + window
                while len(self._fitting(most)) < most and self._preparing and not self._closed:
                    left = until - time.monotonic()
                    if left <= 0:
                        break
                    self._changed.wait(left)
                batch = self._fitting(most)
                self._waiting = [each for each in self._waiting if each not in batch]
                if batch:
                    self._turn, self._last = batch[0].turn, frozenset(each.whose for each in batch)
            return batch

    def _fitting(self, most: int) -> list[Order]:
        ranked = sorted(self._waiting, key=lambda each: (each.turn, each.whose in self._last))
        return [each for each in ranked if each.key == ranked[0].key][:most]
