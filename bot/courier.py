"""Delivers: progress of open jobs as it comes, final messages until they arrived."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.chat import Address, Platform, Reply
from bot.errors import Gone, Unreachable
from bot.faults import fault
from bot.live import Live
from bot.replies import Replies
from bot.storage import Clock, Delivery, Jobs, Status
from generator.styles import Catalog

log = logging.getLogger(__name__)

SHOW_SECONDS = 15.0
"""A platform that has not taken a message by then gets it again later."""
LANE = 8
"""Messages under way to one platform at a time."""
UPDATES_PER_ROUND = 10
"""Progress updates that one platform gets per round; the longest unseen first."""
ROUND_SECONDS = 0.25
"""Between two looks at what moved; what is finished goes out at once."""
BREATH_SECONDS = 0.01
"""Between two rounds: in a burst, every accepted job rings."""
BATCH = 64
MAX_HELD = 5000
"""Final messages in memory. Those of a platform that hangs must not fill the view on all others."""
REST_SECONDS = 5.0
"""After the data folder failed us."""


@dataclass(slots=True)
class _Shown:
    """What the member sees of a job now."""

    at: int
    face: object


@dataclass(slots=True)
class _Lane:
    """What is on its way to one platform."""

    finals: dict[int, Delivery] = field(default_factory=dict[int, Delivery])
    """Waiting to be shown, by id, in order."""
    busy: set[int] = field(default_factory=set[int])
    """Jobs of which a message is under way. There is never more than one: an old one must not land on a new one."""


class Courier:
    """Shows what happens to jobs at the addresses where they were asked for.

    Each platform has a lane of its own, so that a slow one delays nobody else. A final message is shown, then marked
    as delivered; whatever happens in between, it is shown again, which ``Platform.show`` allows.
    """

    def __init__(
        self,
        jobs: Jobs,
        live: Live,
        platforms: Mapping[str, Platform],
        catalog: Catalog,
        clock: Clock,
        seconds: float = SHOW_SECONDS,
    ) -> None:
        self._jobs = jobs
        self._live = live
        self._platforms = platforms
        self._replies = Replies(catalog)
        self._clock = clock
        self._seconds = seconds
        self._lanes: dict[str, _Lane] = {}
        self._shown: dict[int, _Shown] = {}
        self._inherited: frozenset[int] | None = None
        """Jobs that were open when this process began; None before the first look."""
        self._handled: set[int] = set()
        """Jobs of which a message went out since this round began: what the round has read of them may be stale."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Deliver until cancelled. Trouble with the data folder is waited out."""
        loop = asyncio.get_running_loop()
        looked = -ROUND_SECONDS
        try:
            while True:
                try:
                    moved = loop.time() >= looked + ROUND_SECONDS
                    looked = loop.time() if moved else looked
                    await self.round(updates=moved)
                    await asyncio.sleep(BREATH_SECONDS)
                    await self._jobs.wait_for_deliveries(ROUND_SECONDS)
                except Exception as error:  # noqa: BLE001 - whatever it is, tomorrow's messages must still go out
                    log.error("deliveries rest for %s s: %s", REST_SECONDS, type(error).__name__)  # noqa: TRY400
                    await asyncio.sleep(REST_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def round(self, *, updates: bool = True) -> None:
        """Look once at what is due, and perhaps at what moved, and set it on its way; waits for no platform."""
        self._handled = set()
        held = sum(len(lane.finals) + len(lane.busy) for lane in self._lanes.values())
        for delivery in await self._jobs.due(min(held + BATCH, MAX_HELD)):
            lane = self._lane(delivery.address.platform)
            if delivery.job not in lane.busy and delivery.job not in self._handled:
                lane.finals.setdefault(delivery.id, delivery)
        for name, lane in self._lanes.items():
            self._send_finals(name, lane)
        if updates:
            self._send_updates(await self._jobs.open_deliveries())

    async def settle(self) -> None:
        """Wait until nothing is on its way any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _lane(self, platform: str) -> _Lane:
        return self._lanes.setdefault(platform, _Lane())

    def _start(self, lane: _Lane, job: int, work: Coroutine[Any, Any, None]) -> None:
        lane.busy.add(job)
        task = asyncio.create_task(self._guarded(lane, job, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, lane: _Lane, job: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the row is still there: the next round tries again
            log.error("a delivery could not be written down: %s", type(error).__name__)  # noqa: TRY400
            await asyncio.sleep(1)
        finally:
            lane.busy.discard(job)
            self._handled.add(job)

    # --- final messages ------------------------------------------------------------------------------------------

    def _send_finals(self, name: str, lane: _Lane) -> None:
        for delivery in list(lane.finals.values()):
            if len(lane.busy) >= LANE:
                return
            del lane.finals[delivery.id]
            self._start(lane, delivery.job, self._deliver(name, delivery))

    async def _deliver(self, name: str, delivery: Delivery) -> None:
        platform = self._platforms.get(name)
        if platform is None:
            log.warning("no platform called %s: a message waits for it", name)
            await self._jobs.postpone(delivery)
            return
        try:
            reply = await self._final(delivery)
            await self._show(platform, delivery.address, reply)
            if reply.picture is not None and (again := await self._final(delivery)).picture is None:
                # Deleted while it was under way: what the member sees now must not outlive their decision.
                await self._show(platform, delivery.address, again)
        except Unreachable:
            await self._jobs.unreachable(delivery)
        except Exception as error:  # noqa: BLE001 - "anything else means: try later" is the contract of Platform.show
            log.warning("%s did not take a final message (try %s): %s", name, delivery.attempts + 1, _named(error))
            await self._jobs.postpone(delivery)
            return
        else:
            fault("after-show-before-delivered")
            await self._jobs.delivered(delivery)
        self._shown.pop(delivery.job, None)

    async def _final(self, delivery: Delivery) -> Reply:
        spec, locale = delivery.spec, delivery.locale
        if delivery.state == "failed":
            return self._replies.failed(
                delivery.job, spec, locale, delivery.error_key or "error-draw-failed", delivery.error_parameters
            )
        if delivery.state != "done":
            return self._replies.cancelled(spec, locale)
        try:
            view = await self._jobs.view(delivery.job, delivery.room, delivery.member)
            kept = await self._jobs.pictures(delivery.job, delivery.room, delivery.member)
        except Gone:
            return self._replies.erased(locale)
        return self._replies.result(
            delivery.job,
            spec,
            locale,
            kept,
            trace=view.trace,
            notes=view.notes,
            shared=view.shared,
            drawn_as=view.drawn_as,
            why=view.why,
            paintable=view.paintable,
        )

    # --- progress ------------------------------------------------------------------------------------------------

    def _send_updates(self, open_jobs: list[Status]) -> None:
        if self._inherited is None:
            self._inherited = frozenset(status.job for status in open_jobs)
        for gone in self._shown.keys() - {status.job for status in open_jobs}:
            del self._shown[gone]
        started: dict[str, int] = {}
        for status in sorted(open_jobs, key=lambda one: self._shown[one.job].at if one.job in self._shown else 0):
            name = status.address.platform
            platform = self._platforms.get(name)
            lane = self._lane(name)
            # Half of the lane stays free for final messages, which matter more.
            if platform is None or started.get(name, 0) >= UPDATES_PER_ROUND or len(lane.busy) >= LANE // 2:
                continue
            if status.job not in lane.busy and status.job not in self._handled and self._is_news(status, platform):
                started[name] = started.get(name, 0) + 1
                self._start(lane, status.job, self._update(platform, status))

    def _is_news(self, status: Status, platform: Platform) -> bool:
        now, shown = self._clock(), self._shown.get(status.job)
        if shown is None:
            # The answer to the call has just said where the job stands, unless an earlier process gave it: a page that
            # was reloaded since then has nothing left of it. What it said is not known here: the line may have moved.
            self._shown[status.job] = _Shown(now, None)
            return status.state == "running" or (self._inherited is not None and status.job in self._inherited)
        # A clock that went back must not silence anybody.
        waited = abs(now - shown.at) >= platform.throttle * 1000
        return waited and self._face(status) != shown.face

    def _face(self, status: Status) -> object:
        """What a member could tell apart: equal faces need no second message."""
        if status.state != "running":
            return status.place, _coarse(status.seconds)
        progress = self._live.progress(status.job)
        if progress is None:
            return "drawing"
        return int(progress.fraction * 20), progress.preview is not None

    async def _update(self, platform: Platform, status: Status) -> None:
        self._shown[status.job] = _Shown(self._clock(), self._face(status))
        if status.state == "running":
            reply = self._replies.drawing(status.job, status.spec, status.locale, self._live.progress(status.job))
        else:
            reply = self._replies.waiting(status.job, status.spec, status.locale, status.place or 1, status.seconds)
        try:
            await self._show(platform, status.address, reply)
        except Unreachable:
            await self._jobs.unreachable(status)
            self._live.cancel(status.job)
        except Exception as error:  # noqa: BLE001 - progress that did not arrive is replaced by the next
            log.debug("%s did not take an update: %s", platform.name, _named(error))
            # Of an engine that is silent there is no next one: then this is told again.
            if (shown := self._shown.get(status.job)) is not None:
                shown.face = None

    async def _show(self, platform: Platform, address: Address, reply: Reply) -> None:
        async with asyncio.timeout(self._seconds):
            await platform.show(address, reply)


def _coarse(seconds: float) -> int:
    """Seconds in the steps in which they are worth telling."""
    return round(seconds) if seconds < 10 else round(seconds / 5) * 5 if seconds < 90 else round(seconds / 60) * 60


def _named(error: Exception) -> str:
    """The kind of an error for the log; its message may hold an address."""
    return type(error).__name__
