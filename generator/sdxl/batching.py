"""One thread that paints, and the line of those who wait for it: pictures that go together are painted together."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from generator.blame import blame

log = logging.getLogger(__name__)

WINDOW, IDLE_WINDOW = 0.03, 0.3
"""Seconds that a batch with room left waits, at most, for those who are about to join the line; and that it waits where
nobody was in the line before: then those who are about to join it came with the first, and lines of a photo take a
while to find. Whoever was at it while another batch was painted has had time."""


class Waiting(Protocol):
    """What stands in the line."""

    @property
    def key(self) -> Hashable:
        """Equal for pictures that may be painted together."""
        ...


Each = TypeVar("Each", bound=Waiting)


class Line(Generic[Each]):
    """First come, first painted; whoever fits the first goes with it, up to ``most`` at once.

    What stands in the line is told apart by identity. ``paint`` runs in one thread of its own, which owns the device. The thread ends with
    ``close``, with the process, or with what ``paint`` raises: then the line is ``broken`` for good.
    """

    def __init__(
        self,
        paint: Callable[[Sequence[Each]], None],
        most: Callable[[], int],
        window: float = WINDOW,
        idle_window: float = IDLE_WINDOW,
    ) -> None:
        self._paint = paint
        self._most = most
        self._window = window
        self._idle_window = idle_window
        self._waiting: list[Each] = []
        self._preparing = 0
        self._closed = False
        self.broken = False
        """Nobody paints any more."""
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="painting", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def preparing(self) -> Iterator[Callable[[Sequence[Each]], None]]:
        """Say that something will soon stand in the line; what is yielded puts it there, all of it next to each other."""
        announced = True
        with self._changed:
            self._preparing += 1

        def put(those: Sequence[Each]) -> None:
            nonlocal announced
            with self._changed:
                self._waiting.extend(those)
                self._preparing -= announced
                announced = False
                self._changed.notify_all()

        try:
            yield put
        finally:
            put(())

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

    def _next(self) -> list[Each] | None:
        with self._changed:
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
            return batch

    def _fitting(self, most: int) -> list[Each]:
        return [each for each in self._waiting if each.key == self._waiting[0].key][:most]
