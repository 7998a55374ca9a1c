"""Work that nobody waits for, or that goes on when nobody waits any longer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from adapters.telegram.connection import named

log = logging.getLogger(__name__)

CLOSE_SECONDS = 5.0
"""What is on its way out may still arrive: else nobody would know where it stands."""

T = TypeVar("T")


class Background:
    """Tasks of one owner, who ``close``s them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._within: dict[asyncio.Task[Any], asyncio.Task[Any]] = {}
        """Whoever waits in ``through``, and for what."""

    async def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Let end what is under way, for so long, and stop the rest."""
        if self._tasks and seconds > 0:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something for which nobody waits."""
        self._start(quietly(work))

    async def through(
        self, work: Coroutine[Any, Any, T], abandon: Callable[[asyncio.Task[Any]], object] | None = None
    ) -> T:
        """Do something that goes on when its caller is cancelled; ``abandon`` is told of it."""
        task, caller = self._start(work), asyncio.current_task()
        if caller is not None:
            self._within[caller] = task
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if abandon is not None:
                abandon(task)
            raise
        finally:
            if caller is not None:
                del self._within[caller]

    def within(self, caller: asyncio.Task[Any]) -> asyncio.Task[Any]:
        """What a task waits for in ``through``, else the task itself."""
        return self._within.get(caller, caller)

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its caller may have gone; asyncio would print what it holds.
            log.debug("something in the background did not get through: %s", named(error))


async def quietly(work: Coroutine[Any, Any, object]) -> None:
    """Do something whatever becomes of it."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - nobody waits for it, and asyncio would print what it holds
        log.warning("something in the background went wrong: %s", named(error))
