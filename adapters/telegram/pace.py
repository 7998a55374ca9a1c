"""How fast the bot speaks: within Telegram's limits, fair between chats, progress last."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from weakref import WeakSet

from telegram.error import RetryAfter

from adapters.telegram.connection import seconds_of

Class = Literal["answer", "final", "status", "progress"]
"""What somebody waits for; what is owed to somebody or posted for them; that a result will come, which its result makes
needless; what the next one replaces."""

_RANKS: dict[Class, int] = {"answer": 0, "final": 1, "status": 2}
"""Of those that wait, the smallest is the first."""

PATIENCE = 60.0
"""Seconds after which a call that Telegram goes on refusing is given up."""
MARGIN = 0.1
"""Seconds beyond those that Telegram says: its clock is not ours."""
LANES = 8_192
"""Chats of which it is remembered when something was said there; the longest silent is forgotten first."""
CROWD = 3
"""So many private chats told to rest at a time: it is the bot as a whole that is too fast. Groups have a limit of their own,
which others fill too."""
AGED = 10.0
"""Seconds after which nobody who waits comes after others any more."""
TICK = 0.001
"""No rest is shorter: clocks are not exact."""
RESERVE = 2.0
"""Progress leaves at least one message to whatever is asked for next."""

T = TypeVar("T")


class Dropped(Exception):
    """Progress that could not be shown at once. The next one replaces it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``burst`` at once and ``count`` in any ``seconds``; between those, evenly."""

    count: int
    seconds: float
    burst: int

    @property
    def every(self) -> float:
        return self.seconds / self.count


@dataclass(frozen=True, slots=True)
class Rates:
    """What Telegram says that it allows. It promises nothing, so ``retry_after`` has the last word."""

    private: Rate | None = Rate(60, 60.0, 3)
    group: Rate | None = Rate(20, 60.0, 3)
    overall: Rate | None = Rate(28, 1.0, 20)
    """Telegram allows 30, and counts when they arrive: requests overtake each other on the way."""

    @classmethod
    def unlimited(cls) -> Rates:
        return cls(None, None, None)


class _Lane:
    """What was said in one place, and when the next thing may be."""

    def __init__(self, rate: Rate | None) -> None:
        self._rate = rate
        self._said: deque[float] = deque(maxlen=rate.count if rate else 0)
        self._spent = 0.0
        """Of the burst, at the moment of the last message."""
        self.rests = float("-inf")
        """Until then Telegram takes nothing here."""
        self.round = 0
        """In which the last one here has its turn."""

    def due(self, now: float, reserve: float = 1.0, messages: int = 1) -> float:
        """The earliest moment for ``messages``, the first of which leaves ``reserve`` - 1 more of the burst."""
        rate = self._rate
        if rate is None:
            return max(now, self.rests)
        due = max(now, self.rests)
        if self._said:
            # Enough of the burst must have come back since the last message.
            missing = self._spent + min(reserve, rate.burst) - rate.burst
            due = max(due, self._said[-1] + missing * rate.every)
        over = len(self._said) + min(messages, rate.count) - rate.count
        if over > 0:
            due = max(due, self._said[over - 1] + rate.seconds)
        return due

    def say(self, now: float, messages: int = 1) -> None:
        if (rate := self._rate) is not None:
            back = (now - self._said[-1]) / rate.every if self._said else 0.0
            self._spent = max(0.0, self._spent - back) + messages
            self._said.extend([now] * messages)

    def idle(self, now: float) -> bool:
        """Whether a new one would say the same."""
        rate = self._rate
        return self.rests <= now and (rate is None or not self._said or self._said[-1] + rate.seconds <= now)


class _Window:
    """How much Telegram may count in its last seconds, wherever between sending and answer it counted.

    In a burst the way there takes longer for the last than for the first, and longer than for what follows.
    """

    def __init__(self, rate: Rate | None) -> None:
        self._rate = rate
        self._under_way = 0
        self._answered: deque[float] = deque(maxlen=rate.count if rate else 0)

    def due(self, now: float, messages: int = 1) -> float:
        """The earliest moment for so many more; what is under way may be answered sooner than it supposes."""
        rate = self._rate
        if rate is None:
            return now
        free = rate.count - self._under_way - min(messages, rate.count)
        if free < 0:
            return now + rate.seconds
        over = len(self._answered) - free
        return now if over <= 0 else max(now, self._answered[over - 1] + rate.seconds)

    def begin(self, messages: int) -> None:
        self._under_way += messages

    def end(self, now: float, messages: int) -> None:
        self._under_way -= messages
        self._answered.extend([now] * messages)


@dataclass(slots=True, eq=False)
class _Turn:
    """Somebody who waits."""

    chat: int
    kind: Class
    task: asyncio.Task[Any] | None
    since: float
    round: int
    """One a chat and round: whoever asks for much comes again when all others had something."""
    order: int
    messages: int
    granted: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Pace:
    """Gives turns. ``now`` and ``sleep`` are those of one clock, in seconds."""

    def __init__(
        self,
        rates: Rates,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Coroutine[Any, Any, object]] = asyncio.sleep,
    ) -> None:
        self._rates = rates
        self._now = now
        self._sleep = sleep
        self._overall = _Lane(rates.overall)
        self._window = _Window(rates.overall)
        self._lanes: OrderedDict[int, _Lane] = OrderedDict()
        self._waiting: dict[int, list[_Turn]] = {}
        self._withdrawn: WeakSet[asyncio.Task[Any]] = WeakSet()
        self._turns = 0
        self._round = 0
        self._pump: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def close(self) -> None:
        """Nobody is given a turn any more."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        for turns in self._waiting.values():
            for turn in turns:
                turn.granted.cancel()
        self._waiting.clear()

    async def turn(self, chat: int, *, kind: Class, messages: int = 1) -> bool:
        """Wait until something may be said in ``chat``. False: it was progress, and there is no room for it now; or it was
        ``withdraw``n.

        An album is as many ``messages`` as it has pictures, for the bot as a whole: in its chat it is one. Bots report
        the former; of the latter Telegram says nothing, so there ``retry_after`` decides.
        """
        if not await self._turn(chat, kind, messages):
            return False
        self._end(messages)
        return True

    async def _turn(self, chat: int, kind: Class, messages: int) -> bool:
        """As ``turn``; what is said then is under way until ``_end``."""
        now, lane = self._now(), self._lane(chat)
        if kind == "progress":
            if chat in self._waiting or lane.due(now, RESERVE) > now or self._due(now, RESERVE) > now:
                return False
            if any(self._lane(other).due(now) <= now for other in self._waiting):
                return False  # somebody there waits for the bot as a whole: this would go before them
            self._say(chat, now, messages)
            return True
        task = asyncio.current_task()
        if task in self._withdrawn:
            return False
        lane.round = max(lane.round + 1, self._round)
        if not self._waiting and max(lane.due(now), self._due(now, messages=messages)) <= now:
            self._round = lane.round
            self._say(chat, now, messages)
            return True
        self._turns += 1
        turn = _Turn(chat, kind, task, now, lane.round, self._turns, messages)
        self._waiting.setdefault(chat, []).append(turn)
        self._wake()
        try:
            return await turn.granted
        except asyncio.CancelledError:
            self._leave(turn)
            if turn.granted.done() and not turn.granted.cancelled() and turn.granted.result():
                self._end(messages)
            raise

    def withdraw(self, task: asyncio.Task[Any]) -> None:
        """What this task waits to say, and all that it would say after that, is not wanted any more. What is under way
        already is not stopped."""
        self._withdrawn.add(task)
        for turn in [turn for turns in self._waiting.values() for turn in turns if turn.task is task]:
            if not turn.granted.done():
                turn.granted.set_result(False)
            self._leave(turn)

    async def call(self, chat: int, kind: Class, work: Callable[[], Awaitable[T]], messages: int = 1) -> T:
        """Do ``work`` in turn, and once more when Telegram says to wait.

        Raises ``Dropped`` for progress that has no turn and for what is withdrawn, ``RetryAfter`` after a minute of refusals, and ``TimeoutError``
        where it is known already that there is more than a minute to wait.
        """
        until = self._now() + PATIENCE
        while True:
            if max(self._lane(chat).rests, self._overall.rests) > until:
                if kind == "progress":
                    raise Dropped
                raise TimeoutError("Telegram takes nothing for longer than anybody waits")
            if not await self._turn(chat, kind, messages):
                raise Dropped
            try:
                return await work()
            except RetryAfter as error:
                rest = self._rest(chat, seconds_of(error))
                if kind == "progress":
                    raise Dropped from error
                if rest > until:
                    raise
            finally:
                self._end(messages)

    def _rest(self, chat: int, rest: float) -> float:
        """Say nothing in ``chat`` for a while. Until when."""
        now = self._now()
        until = now + rest + MARGIN
        lane = self._lane(chat)
        lane.rests = max(lane.rests, until)
        if chat > 0 and sum(1 for one, other in self._lanes.items() if one > 0 and other.rests > now) >= CROWD:
            self._overall.rests = max(self._overall.rests, until)
        self._wake()
        return until

    # --- whose turn it is ---------------------------------------------------------------------------------------------

    def _lane(self, chat: int) -> _Lane:
        lane = self._lanes.get(chat)
        if lane is None:
            # Groups have negative ids.
            lane = self._lanes[chat] = _Lane(self._rates.private if chat > 0 else self._rates.group)
            if len(self._lanes) > LANES:
                now = self._now()
                for old in [one for one, lane in self._lanes.items() if lane.idle(now) and one not in self._waiting]:
                    if old != chat:
                        del self._lanes[old]
        return lane

    def _say(self, chat: int, now: float, messages: int = 1) -> None:
        self._lane(chat).say(now)
        self._overall.say(now, messages)
        self._window.begin(messages)

    def _end(self, messages: int) -> None:
        """Telegram has counted it by now."""
        self._window.end(self._now(), messages)
        if self._waiting:
            self._wake()

    def _due(self, now: float, reserve: float = 1.0, messages: int = 1) -> float:
        """When the bot as a whole may say so much."""
        return max(self._overall.due(now, reserve, messages), self._window.due(now, messages))

    def _leave(self, turn: _Turn) -> None:
        """Somebody does not wait any longer."""
        turns = self._waiting.get(turn.chat, [])
        with contextlib.suppress(ValueError):
            turns.remove(turn)
        if not turns:
            self._waiting.pop(turn.chat, None)
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        if self._waiting and (self._pump is None or self._pump.done()):
            self._pump = asyncio.create_task(self._give_turns())

    async def _give_turns(self) -> None:
        while self._waiting:
            self._changed.clear()
            due = self._grant()
            if not self._waiting:
                return
            rest = asyncio.ensure_future(self._sleep(max(TICK, due - self._now())))
            changed = asyncio.ensure_future(self._changed.wait())
            try:
                await asyncio.wait((rest, changed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                rest.cancel()
                changed.cancel()

    def _grant(self) -> float:
        """Give a turn to everybody who may speak now: who is waited for first, then who has waited for longest. When the next may."""
        while self._waiting:
            now = self._now()
            if (due := self._due(now)) > now:
                return due
            chats = {chat: self._lane(chat).due(now) for chat in self._waiting}
            ready = [chat for chat, due in chats.items() if due <= now]
            if not ready:
                return min(chats.values())
            turn = min(
                (turn for chat in ready for turn in self._waiting[chat]), key=lambda turn: self._place(turn, now)
            )
            if (due := self._due(now, messages=turn.messages)) > now:
                return due  # nobody overtakes an album: it would never find room
            self._round = max(self._round, turn.round)
            self._say(turn.chat, now, turn.messages)
            turns = self._waiting[turn.chat]
            turns.remove(turn)
            if not turns:
                del self._waiting[turn.chat]
            if turn.granted.done():
                self._end(turn.messages)  # whoever waited has just gone
            else:
                turn.granted.set_result(True)
        return self._now()

    def _place(self, turn: _Turn, now: float) -> tuple[int, bool, int, int]:
        """The smallest is the first. What a group is answered is for many, and rare."""
        rank = _RANKS[turn.kind] if now - turn.since < AGED else 0
        return rank, not (turn.kind == "answer" and turn.chat < 0), turn.round, turn.order
