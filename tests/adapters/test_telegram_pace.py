"""How fast the bot speaks on Telegram: never faster than it may, fair between chats, progress first to be dropped."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import RetryAfter

from adapters.telegram.pace import Dropped, Pace, Rates

MINA, NOOR, GROUP = 11, 12, -100


class Time:
    """Time that passes when nobody has anything to do."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, woken))
        await woken

    async def sleep_through(self, seconds: float) -> None:
        slept = asyncio.create_task(self.sleep(seconds))
        await self.pass_until(slept.done)

    async def pass_until(self, done: Callable[[], bool], steps: int = 20_000) -> None:
        for _ in range(steps):
            for _ in range(20):  # everything that can happen now, does
                await asyncio.sleep(0)
            if done():
                return
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if self._sleepers:
                due, _, woken = heapq.heappop(self._sleepers)
                self.now = max(self.now, due)
                woken.set_result(None)
        raise AssertionError("nothing happens any more")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def pace(time: Time) -> AsyncGenerator[Pace]:
    pace = Pace(Rates(), lambda: time.now, time.sleep)
    yield pace
    await pace.close()


async def finish(time: Time, *work: Coroutine[Any, Any, Any]) -> list[Any]:
    tasks = [asyncio.create_task(one) for one in work]
    await time.pass_until(lambda: all(task.done() for task in tasks))
    return await asyncio.gather(*tasks, return_exceptions=True)


def most(moments: list[float], seconds: float) -> int:
    """How many there were at most in any such span."""
    return max((sum(start <= moment < start + seconds - 1e-6 for moment in moments) for start in moments), default=0)


asked = st.lists(
    st.tuples(
        st.sampled_from([MINA, NOOR, 13, GROUP, -101]),
        st.sampled_from(["answer", "final", "status", "progress"]),
        st.floats(0, 5),
        st.sampled_from([1, 1, 1, 9]),  # nine: an album
    ),
    max_size=120,
)


@settings(deadline=None, max_examples=60)
@given(asked)
def test_there_is_never_more_than_telegram_allows(wishes: list[tuple[int, Any, float, int]]) -> None:
    async def run() -> None:
        time = Time()
        pace = Pace(Rates(), lambda: time.now, time.sleep)
        said: list[tuple[float, int]] = []
        pictures: list[float] = []
        shown: list[bool] = []

        async def one(chat: int, kind: Any, after: float, messages: int) -> None:
            await time.sleep(after)
            messages = 1 if kind == "progress" else messages
            given = await pace.turn(chat, kind=kind, messages=messages)
            shown.append(given)
            assert given or kind == "progress", "only progress is dropped"
            if given:
                said.append((time.now, chat))
                pictures.extend([time.now] * messages)

        await finish(time, *(one(*wish) for wish in wishes))
        assert len(shown) == len(wishes), "everybody had an answer"
        assert most(pictures, 1.0) <= 30
        for chat in {chat for _, chat in said}:
            moments = [moment for moment, one in said if one == chat]
            assert most(moments, 1.0) <= 3
            if chat < 0:
                assert most(moments, 60.0) <= 20
            else:
                assert most(moments, 20.0) <= 23
        await pace.close()

    asyncio.run(run())


async def test_a_slow_way_there_makes_no_more_than_thirty_a_second(pace: Pace, time: Time) -> None:
    """What is sent in a burst arrives late, and together with what is sent after it."""
    arrived: list[float] = []

    async def say(slow: float) -> None:
        await time.sleep(slow)
        arrived.append(time.now)

    slow = [0.4 if number < 20 else 0.0 for number in range(90)]
    await finish(time, *(pace.call(100 + number, "answer", lambda s=s: say(s)) for number, s in enumerate(slow)))
    assert len(arrived) == 90
    assert most(arrived, 1.0) <= 30


async def test_a_group_never_hears_more_than_twenty_a_minute(pace: Pace, time: Time) -> None:
    moments: list[float] = []

    async def one(kind: Any) -> None:
        await pace.turn(GROUP, kind=kind)
        moments.append(time.now)

    await finish(time, *(one(kind) for kind in ("answer", "final") for _ in range(40)))
    assert len(moments) == 80
    assert most(moments, 60.0) == 20


async def test_there_are_never_more_than_thirty_a_second_in_all(pace: Pace, time: Time) -> None:
    moments: list[float] = []

    async def one(chat: int) -> None:
        await pace.turn(chat, kind="answer")
        moments.append(time.now)

    await finish(time, *(one(chat) for chat in range(1, 201)))
    assert most(moments, 1.0) == 28
    assert max(moments) - min(moments) < 8, "nor much fewer"


async def test_a_crowd_is_served_one_a_chat_before_anybody_has_a_second_one(pace: Pace, time: Time) -> None:
    order: list[int] = []

    async def one(chat: int) -> None:
        await pace.turn(chat, kind="answer")
        order.append(chat)

    # One asks for much, then many ask for one thing each.
    many = range(100, 160)
    await finish(time, *(one(MINA) for _ in range(40)), *(one(chat) for chat in many))
    assert set(order[:64]) >= set(many), "nobody waits for what one member alone asked for"
    assert order.count(MINA) == 40


async def test_what_somebody_waits_for_comes_before_what_is_posted(pace: Pace, time: Time) -> None:
    order: list[str] = []

    async def one(chat: int, kind: Any) -> None:
        await pace.turn(chat, kind=kind)
        order.append(kind)

    said = [one(chat, "status") for chat in range(1, 61)]
    posted = [one(chat, "final") for chat in range(201, 231)]
    await finish(time, *said, *posted, *(one(chat, "answer") for chat in range(101, 131)))
    at_once = order.index("answer")  # there was room for so many
    assert at_once <= 30
    assert order[at_once : at_once + 60] == ["answer"] * 30 + ["final"] * 30


async def test_what_is_posted_is_not_put_off_for_ever(pace: Pace, time: Time) -> None:
    began, posted = time.now, 0.0
    left = 900

    async def impatient(chat: int) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await pace.turn(chat, kind="answer")

    async def post() -> None:
        nonlocal posted
        await pace.turn(7, kind="final")
        posted = time.now

    await finish(time, *(impatient(chat) for chat in range(100, 180)), post())
    assert posted - began < 15


async def test_progress_never_waits_and_leaves_room_for_the_rest(pace: Pace, time: Time) -> None:
    assert await pace.turn(MINA, kind="progress")
    assert await pace.turn(MINA, kind="progress")
    assert not await pace.turn(MINA, kind="progress"), "the last one is for what is asked next"
    assert await pace.turn(MINA, kind="answer")
    assert await pace.turn(NOOR, kind="progress"), "others are not concerned"


async def test_one_chat_rests_as_long_as_it_is_told_while_another_goes_on(pace: Pace, time: Time) -> None:
    began = time.now
    moments: dict[int, list[float]] = {MINA: [], NOOR: []}

    def work(chat: int) -> Callable[[], Awaitable[str]]:
        async def do() -> str:
            moments[chat].append(time.now - began)
            if chat == MINA and len(moments[chat]) == 1:
                raise RetryAfter(12)
            return "said"

        return do

    done = await finish(time, pace.call(MINA, "answer", work(MINA)), pace.call(NOOR, "answer", work(NOOR)))
    assert done == ["said", "said"]
    assert moments[MINA][1] >= 12
    assert moments[NOOR] == [0]


async def test_whoever_is_refused_for_a_minute_is_told_so(pace: Pace, time: Time) -> None:
    async def refused() -> None:
        raise RetryAfter(25)

    began = time.now
    (error,) = await finish(time, pace.call(MINA, "final", refused))
    assert isinstance(error, RetryAfter)
    assert time.now - began <= 60
    (dropped,) = await finish(time, pace.call(NOOR, "progress", refused))
    assert isinstance(dropped, Dropped)


async def test_nobody_waits_in_vain_for_a_long_rest_to_end(pace: Pace, time: Time) -> None:
    tries = 0

    async def refused() -> None:
        nonlocal tries
        tries += 1
        raise RetryAfter(600)

    began = time.now
    for expected in (RetryAfter, TimeoutError):
        (error,) = await finish(time, pace.call(MINA, "final", refused))
        assert isinstance(error, expected)
    assert tries == 1
    assert time.now == began
    await time.sleep_through(560)
    (error,) = await finish(time, pace.call(MINA, "final", refused))
    assert tries == 2
    assert time.now - began >= 600


async def test_when_many_chats_are_told_to_rest_all_do(pace: Pace, time: Time) -> None:
    began = time.now
    tries: dict[int, int] = {}

    def work(chat: int) -> Callable[[], Awaitable[float]]:
        async def do() -> float:
            tries[chat] = tries.get(chat, 0) + 1
            if chat < 4 and tries[chat] == 1:
                raise RetryAfter(9)
            return time.now - began

        return do

    first = await finish(time, *(pace.call(chat, "answer", work(chat)) for chat in (1, 2, 3)))
    assert all(moment >= 9 for moment in first)
    began = time.now
    tries.clear()
    tasks = [asyncio.create_task(pace.call(chat, "answer", work(chat))) for chat in (1, 2, 3)]
    await time.pass_until(lambda: len(tries) == 3)
    (late,) = await finish(time, pace.call(50, "answer", work(50)))
    assert late >= 9, "it is the bot that is too fast, not these three"
    await asyncio.gather(*tasks)


async def test_groups_that_are_told_to_rest_silence_nobody_else(pace: Pace, time: Time) -> None:
    began = time.now
    tries: dict[int, int] = {}

    def work(chat: int) -> Callable[[], Awaitable[float]]:
        async def do() -> float:
            tries[chat] = tries.get(chat, 0) + 1
            if chat < 0 and tries[chat] == 1:
                raise RetryAfter(40)
            return time.now - began

        return do

    resting = [asyncio.create_task(pace.call(chat, "answer", work(chat))) for chat in (-1, -2, -3, -4)]
    await time.pass_until(lambda: len(tries) == 4)
    (soon,) = await finish(time, pace.call(MINA, "answer", work(MINA)))
    assert soon < 1
    await time.pass_until(lambda: all(one.done() for one in resting))
    assert all(one.result() >= 40 for one in resting), "and they rest as long as they were told"


async def test_whoever_stops_waiting_takes_no_turn(pace: Pace, time: Time) -> None:
    for _ in range(3):
        await pace.turn(MINA, kind="answer")
    given_up = asyncio.create_task(pace.turn(MINA, kind="answer"))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    began = time.now
    await finish(time, pace.turn(MINA, kind="answer"))
    assert time.now - began <= 1.01


async def test_what_is_withdrawn_takes_no_turn(pace: Pace, time: Time) -> None:
    tries: list[str] = []

    async def refused() -> None:
        tries.append("again")
        raise RetryAfter(5)

    for _ in range(3):
        await pace.turn(MINA, kind="answer")
    waiting = asyncio.create_task(pace.turn(MINA, kind="status"))
    resting = asyncio.create_task(pace.call(NOOR, "status", refused))
    await time.pass_until(lambda: bool(tries))
    for task in (waiting, resting):
        pace.withdraw(task)
    began = time.now
    await finish(time, pace.turn(MINA, kind="final"))
    assert time.now - began <= 1.01
    await time.sleep_through(10)
    assert not await waiting
    with pytest.raises(Dropped):
        await resting
    assert len(tries) == 1


async def test_without_limits_nobody_waits(time: Time) -> None:
    pace = Pace(Rates.unlimited(), lambda: time.now, time.sleep)
    for _ in range(500):
        assert await pace.turn(GROUP, kind="progress")
        assert await pace.turn(GROUP, kind="answer")
    await pace.close()


async def test_progress_goes_on_while_another_chat_rests(pace: Pace, time: Time) -> None:
    pace._rest(GROUP, 40)
    shared = asyncio.create_task(pace.turn(GROUP, kind="final"))
    await asyncio.sleep(0)
    assert await pace.turn(MINA, kind="progress")
    assert not await pace.turn(GROUP, kind="progress")
    await finish(time, asyncio.wait_for(shared, None))
