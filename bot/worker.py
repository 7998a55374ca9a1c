"""One worker per slot: claim the fairest job while there is a seat, draw it, write down how it ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from bot.engines import Slot, SlotNotReady
from bot.errors import BotError, StorageTrouble
from bot.live import Live
from bot.standby import DRAWER, PAINTER, Standby
from bot.storage import Claim, Jobs
from generator.blame import blame
from generator.engine import Avatar, AvatarSpec
from generator.errors import DrawFailed, EngineUnavailable, SpecInvalid

log = logging.getLogger(__name__)

T = TypeVar("T")
_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 30.0
NOBODY = "error-nobody-paints"
"""Nobody paints the picture, and nobody may draw it instead."""


class Worker:
    """Feeds ``slot`` from ``jobs`` until ``stop``. No error of engine, job or disk ends it.

    It holds as many jobs as the slot has seats, each in a task of its own, and looks for the next one only when the one
    before sits: a job that is claimed has a seat. Once jobs of several pictures have as many in hand as there are seats,
    one job more is claimed, of a member who has none in hand, so that no second job of somebody goes before it. What an
    engine has died of is drawn alone the next time, so that it takes nobody else with it. ``idle`` seconds pass at most
    between two looks for work. A drawn avatar that the disk does not take is kept in memory for ``patience`` seconds of
    further tries; then its job goes back into the line to be drawn again.
    """

    def __init__(
        self,
        slot: Slot,
        jobs: Jobs,
        live: Live,
        *,
        standby: Standby | None = None,
        idle: float = 30.0,
        patience: float = 300.0,
    ) -> None:
        self._slot = slot
        self._standby = standby
        self._jobs = jobs
        self._live = live
        self._idle = idle
        self._patience = patience
        self._stopping = asyncio.Event()
        self._cut = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._held: dict[asyncio.Task[bool], Claim] = {}
        """The jobs in hand, in the order in which they were claimed."""
        self._napping: asyncio.Timeout | None = None

    async def start(self) -> None:
        """Begin to work, in a task of its own."""
        self._running = asyncio.create_task(self.run())

    async def stop(self, seconds: float) -> None:
        """Claim no more; give the job being drawn ``seconds`` to end, then cut it and put it back into the line."""
        self._stopping.set()
        self._wake()
        if self._running is None:
            return
        await asyncio.wait({self._running}, timeout=seconds)
        self._cut.set()
        await asyncio.wait({self._running})

    async def run(self) -> None:
        """Work until ``stop``, and then until the jobs in hand have ended."""
        pause = _SHORTEST_PAUSE
        while not self._stopping.is_set() or self._held:
            try:
                worked = await (self._ended() if self._stopping.is_set() else self._next())
            except StorageTrouble as trouble:
                log.error("%s: storage: %s", self._slot.name, trouble)  # noqa: TRY400 - the disk's fault, no traceback
                worked = False
            except Exception as error:  # noqa: BLE001 - a worker that dies is a slot that nobody feeds
                log.error("%s: the worker stumbled: %s", self._slot.name, blame(error))  # noqa: TRY400
                worked = False
            pause = _SHORTEST_PAUSE if worked else min(pause * 2, _LONGEST_PAUSE)
            if not worked:
                await self._unless(self._stopping, asyncio.sleep(pause))

    async def _next(self) -> bool:
        """One look for work, and its beginning. False if a pause should follow."""
        pictures, seats = [claim.spec.count for claim in self._held.values()], self._slot.capacity
        if len(pictures) >= seats or sum(pictures[:-1]) >= seats:
            return await self._ended()
        if any(task.done() for task in self._held) and not await self._ended():
            return False
        if await self._unless(self._stopping, self._slot.ready()) is _STOPPED:
            return True
        full = sum(claim.spec.count for claim in self._held.values()) >= self._slot.capacity
        seated = frozenset(claim.member for claim in self._held.values()) if full else frozenset[str]()
        # Not to be cut short: a claim that nobody receives would stay claimed until the next start.
        engines = self._slot.engines if self._standby is None else self._standby.lines(self._slot)
        others = frozenset[str]() if self._standby is None else self._standby.others(self._slot)
        replaced = frozenset[str]() if self._standby is None else self._standby.replaced(self._slot)
        claim = await self._jobs.claim(self._slot.name, engines, others, replaced, seated)
        if claim is None:
            await self._nap(engines)
            return True
        sits, alone = asyncio.Event(), claim.attempt > 1
        task = asyncio.create_task(self._attend(claim, sits, set(self._held) if alone else set()))
        self._held[task] = claim
        task.add_done_callback(self._wake)
        sitting = asyncio.create_task(sits.wait())
        await asyncio.wait({task} if alone else {task, sitting}, return_when=asyncio.FIRST_COMPLETED)
        sitting.cancel()
        return True

    async def _ended(self) -> bool:
        """Wait until one of the jobs in hand has ended. False if a pause should follow."""
        over, _ = await asyncio.wait(self._held, return_when=asyncio.FIRST_COMPLETED)
        for task in over:
            del self._held[task]
        # All of them first: what one of them raises must not hide the others.
        problems = [error for task in over if (error := task.exception()) is not None]
        if problems:
            raise problems[0]
        return all(task.result() for task in over)

    async def _attend(self, claim: Claim, sits: asyncio.Event, before: set[asyncio.Task[bool]]) -> bool:
        """Draw a job after those ``before`` it have ended."""
        cancelled = self._live.begin(claim.job)
        try:
            return await self._work(claim, cancelled, sits, before)
        finally:
            self._live.forget(claim.job)

    async def _nap(self, engines: frozenset[str]) -> None:
        """Until there may be work, which may also be because a job in hand has ended."""
        if self._stopping.is_set() or any(task.done() for task in self._held):
            # Told while it looked for work: nobody will tell again.
            return
        # In this very task: storage remembers which task looked when, so that no work slips in between.
        try:
            async with asyncio.timeout(None) as self._napping:
                idle = self._idle if self._standby is None else self._standby.nap(self._slot, engines, self._idle)
                await self._jobs.wait_for_work(idle)
        except TimeoutError:
            pass
        finally:
            self._napping = None

    def _wake(self, _over: asyncio.Task[bool] | None = None) -> None:
        if self._napping is not None and not self._napping.expired():
            self._napping.reschedule(asyncio.get_running_loop().time())

    async def _work(
        self, claim: Claim, cancelled: asyncio.Event, sits: asyncio.Event, before: set[asyncio.Task[bool]]
    ) -> bool:
        clock = asyncio.get_running_loop().time
        if await self._refused(claim):
            return True
        if before:
            await self._unless(cancelled, self._unless(self._cut, asyncio.wait(before)))
        began = clock()
        try:
            avatar = await self._unless(cancelled, self._unless(self._cut, self._draw(claim, sits)))
        except (SpecInvalid, DrawFailed, BotError) as error:
            return await self._failed(claim, error)
        except SlotNotReady:
            await self._jobs.release(claim, counted=False)
            return False
        except EngineUnavailable as error:
            log.warning("%s: job %d, attempt %d: %s", self._slot.name, claim.job, claim.attempt, error.key)
            if not await self._refused(claim, error):
                await self._jobs.release(claim, counted=True)
            return True
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must not stay claimed
            log.error("%s: job %d, attempt %d: %s", self._slot.name, claim.job, claim.attempt, blame(error))  # noqa: TRY400
            await self._jobs.release(claim, counted=True)
            return False
        if not isinstance(avatar, Avatar):
            # Cancelled by its member: then the row is closed already and this changes nothing. Or cut by stop().
            await self._jobs.release(claim, counted=False)
            return True
        seconds = clock() - began
        if await self._settle(lambda: self._jobs.finish(claim, avatar, seconds), self._patience) is None:
            await self._jobs.release(claim, counted=False)
        else:
            log.info("%s: job %d drawn in %.2f s", self._slot.name, claim.job, seconds)
        return True

    async def _refused(self, claim: Claim, error: EngineUnavailable | SpecInvalid | None = None) -> bool:
        """Leave a job that this slot does not paint to the painters that have not refused it, then to whoever draws.

        False where there is no such reason. What nobody else may draw fails.
        """
        why = None if self._standby is None else self._standby.refuses(claim, self._slot, error)
        if self._standby is None or why is None:
            return False
        log.warning("%s: job %d: %s is not painted there: %s", self._slot.name, claim.job, claim.spec.style, why)
        if why != "died" and self._standby.others(self._slot) - claim.refused.keys():
            await self._jobs.release(claim, counted=False, why=why)
        elif self._standby.instead(claim.spec) is not None:
            await self._jobs.release(claim, counted=True, engine=DRAWER, why=why)
        else:
            await self._settle(lambda: self._jobs.fail(claim, NOBODY, {"why": why}))
        return True

    async def _failed(self, claim: Claim, error: SpecInvalid | DrawFailed | BotError) -> bool:
        """End a job that cannot be drawn, or hand it to whoever can. False if a pause should follow."""
        if isinstance(error, StorageTrouble):
            log.error("%s: job %d: storage: %s", self._slot.name, claim.job, error)
            await self._jobs.release(claim, counted=False)
            return False
        if isinstance(error, SpecInvalid) and await self._refused(claim, error):
            return True
        log.info("%s: job %d failed: %s", self._slot.name, claim.job, error.key)
        await self._settle(lambda: self._jobs.fail(claim, error.key, error.parameters))
        return True

    async def _draw(self, claim: Claim, sits: asyncio.Event) -> Avatar:
        spec, stands_in = claim.spec, False
        if self._standby is not None and spec.engine == PAINTER and DRAWER in self._slot.engines:
            instead, stands_in = self._standby.instead(spec), True
            if instead is None:
                raise SpecInvalid(NOBODY, {"why": "away"})
            spec = instead
        photo = await self._jobs.photo(claim)
        sits.set()  # nothing comes between this and the seat: ``draw`` takes it before it waits for anything
        avatar = await self._slot.draw(
            AvatarSpec(
                style=spec.style,
                seed=spec.seed,
                photo=photo,
                likeness=spec.likeness,
                traits=spec.traits,
                size=spec.size,
                attempt=spec.attempt,
                about=spec.about,
                quality=spec.quality,
                count=spec.count,
                styles=spec.styles,
                like=spec.like,
                instead=spec.instead,
                loop=spec.loop,
            ),
            lambda progress: self._live.report(claim.job, progress),
        )
        return replace(avatar, drawn_as=spec.style) if stands_in else avatar

    async def _settle(self, write: Callable[[], Awaitable[bool]], patience: float | None = None) -> bool | None:
        """Try ``write`` until the disk takes it, for at most ``patience`` seconds or until cut. None: it never did.

        What is not written down stays *running* in the database, and the next start puts it back into the line.
        """
        clock = asyncio.get_running_loop().time
        began, pause = clock(), _SHORTEST_PAUSE
        while True:
            try:
                return await write()
            except StorageTrouble as trouble:
                log.error("%s: cannot write down how a job ended: %s", self._slot.name, trouble)  # noqa: TRY400
            except Exception as error:  # noqa: BLE001 - nobody's mistake may keep a job claimed, or hold the slot for ever
                log.error("%s: cannot write down how a job ended: %s", self._slot.name, blame(error))  # noqa: TRY400
                patience = self._patience if patience is None else patience
            if self._cut.is_set() or (patience is not None and clock() - began > patience):
                return None
            await self._unless(self._cut, asyncio.sleep(pause))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _unless(self, event: asyncio.Event, doing: Coroutine[Any, Any, T]) -> T | _Stopped:
        """The result of ``doing``, or ``_STOPPED`` once ``event`` is set; then ``doing`` is cancelled."""
        task = asyncio.create_task(doing)
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else _STOPPED
        finally:
            waiting.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
                if not task.cancelled():
                    task.exception()  # looked at, so that asyncio does not complain about it later


class _Stopped:
    """Something was stopped before it came to a result."""


_STOPPED = _Stopped()
