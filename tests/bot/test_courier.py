"""Everything reaches its member: slow platforms, broken ones, restarts and changes of mind included."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.chat import Address, Call, Platform, Reply
from bot.courier import Courier
from bot.errors import StorageTrouble, Unreachable
from bot.storage import Storage
from generator.engine import Avatar, Progress
from tests.bot.conftest import PHOTO, PNG, Chat, button, buttons, read


@dataclass
class Paper:
    """A platform on which one message stands at each address. What it shows and refuses can be seen and set."""

    name: str = "paper"
    throttle: float = 0.0
    shown: list[tuple[str, Reply]] = field(default_factory=list)
    trouble: Callable[[str], Exception | None] = lambda target: None
    hang: bool = False
    under_way: int = 0
    most_under_way: int = 0
    before: Callable[[], Any] | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def show(self, address: Address, reply: Reply) -> None:
        assert address.platform == self.name
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self.before:
                await self.before()
            if self.hang:
                await asyncio.sleep(3600)
            if error := self.trouble(address.target):
                raise error
            await asyncio.sleep(0)
            read(reply)
            self.shown.append((address.target, reply))
            self.arrived.set()
        finally:
            self.under_way -= 1

    def last(self, target: str | None = None) -> Reply:
        return [reply for at, reply in self.shown if target in (at, None)][-1]


@dataclass
class Post:
    """A courier with its platforms, and rounds that wait until everything is on its way."""

    chat: Chat
    paper: Paper
    courier: Courier

    async def round(self) -> None:
        await self.courier.round()
        await self.courier.settle()

    def closed(self) -> list[bool]:
        return [row[0] is not None for row in self.chat.rows("SELECT closed FROM outbox ORDER BY id")]


def courier(chat: Chat, *platforms: Platform, **more: Any) -> Courier:
    by_name = {platform.name: platform for platform in platforms}
    return Courier(chat.storage.jobs, chat.live, by_name, chat.catalog, chat.clock, **more)


@pytest.fixture
def post(chat: Chat) -> Post:
    paper = Paper()
    return Post(chat, paper, courier(chat, paper))


# --- final messages -------------------------------------------------------------------------------------------------


async def test_a_finished_picture_is_delivered_once_with_its_buttons(post: Post) -> None:
    await post.chat.say("avatar", photo=PHOTO, style="slate")
    await post.chat.draw(trace="medium", notes=())
    for _ in range(3):
        await post.round()
    assert len(post.paper.shown) == 1
    reply = post.paper.last()
    assert reply.picture is not None
    assert reply.picture.data == PNG
    assert reply.share is None
    assert "Photo trace: medium" in read(reply)
    assert buttons(reply) == ["again", "four", "more", "less", "other", "share", "save", "delete"]
    assert post.closed() == [True]
    assert post.chat.rows("SELECT address FROM job") == [(None,)]


async def test_several_pictures_are_delivered_as_one_with_buttons_for_each(post: Post) -> None:
    await post.chat.say("avatar", pictures="2")
    await post.chat.draw()
    await post.round()
    reply = post.paper.last()
    assert reply.picture is not None
    assert (reply.picture.data, reply.picture.tiles) == (PNG, 2)
    assert buttons(reply) == ["use", "use", "like", "like", "again", "other", "delete"]


async def test_it_is_said_in_the_members_language(post: Post) -> None:
    await post.chat.say("avatar", locale="ko")
    await post.chat.draw()
    await post.round()
    assert post.paper.last().locale == "ko"
    assert "이끼" in read(post.paper.last())


async def test_the_buttons_of_a_delivered_picture_work(post: Post) -> None:
    await post.chat.say("avatar")
    await post.chat.draw()
    await post.round()
    assert (await post.chat.press(button(post.paper.last(), "share"))).share is not None
    assert (await post.chat.press(button(post.paper.last(), "again"))).busy


async def test_a_failure_is_delivered_with_its_reason(post: Post) -> None:
    await post.chat.say("avatar")
    claim = await post.chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    await post.chat.storage.jobs.fail(claim, "job-poison", {"attempts": 3})
    await post.round()
    said = read(post.paper.last())
    assert "3 times" in said
    assert "does not count" in said
    assert post.closed() == [True]
    assert (await post.chat.press(button(post.paper.last(), "again"))).busy


async def test_a_cancelled_job_says_so_where_it_stood(post: Post) -> None:
    await post.chat.press(button(await post.chat.say("avatar"), "cancel"))
    await post.round()
    assert "Cancelled" in read(post.paper.last())
    assert post.closed() == [True]


async def test_a_platform_that_fails_gets_it_again_ever_more_rarely(post: Post) -> None:
    await post.chat.say("avatar")
    await post.chat.draw()
    post.paper.trouble = lambda target: ConnectionError("down")
    waits: list[int] = []
    for _ in range(4):
        before = post.chat.rows("SELECT attempts FROM outbox")[0][0]
        await post.round()
        attempts, next_at = post.chat.rows("SELECT attempts, next_at FROM outbox")[0]
        assert attempts == before + 1
        waits.append(next_at - post.chat.clock.now)
        await post.round()
        assert post.chat.rows("SELECT attempts FROM outbox")[0][0] == attempts, "not before its time"
        post.chat.clock.now = next_at
    assert waits == sorted(waits)
    assert waits[-1] > waits[0]
    post.paper.trouble = lambda target: None
    await post.round()
    assert len(post.paper.shown) == 1
    assert post.closed() == [True]


async def test_a_platform_that_hangs_is_given_up_after_a_while_and_asked_again(chat: Chat) -> None:
    paper = Paper(hang=True)
    post = Post(chat, paper, courier(chat, paper, seconds=0.05))
    await chat.say("avatar")
    await chat.draw()
    await post.round()
    assert post.closed() == [False]
    paper.hang, post.courier._seconds = False, 20.0
    chat.clock.now += 10_000
    await post.round()
    assert post.closed() == [True]
    assert len(paper.shown) == 1


async def test_an_address_that_never_works_again_closes_the_job_and_erases_the_picture(post: Post) -> None:
    await post.chat.say("avatar")
    await post.chat.draw()
    post.paper.trouble = lambda target: Unreachable()
    await post.round()
    assert post.chat.rows("SELECT avatar, address FROM job") == [(None, None)]
    assert post.closed() == [True]
    assert not [path for path in (post.chat.folder / "spool").rglob("*") if path.is_file()]


async def test_a_message_for_a_platform_that_is_switched_off_waits_for_it(chat: Chat) -> None:
    await chat.say("avatar")
    await chat.draw()
    nobody = courier(chat)
    await nobody.round()
    await nobody.settle()
    assert chat.rows("SELECT closed, attempts FROM outbox") == [(None, 1)]
    chat.clock.now += 10_000
    paper = Paper()
    back = courier(chat, paper)
    await back.round()
    await back.settle()
    assert len(paper.shown) == 1


async def test_a_restart_between_show_and_delivered_shows_the_same_again_at_the_same_place(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(name: str) -> None:
        assert name == "after-show-before-delivered"
        raise Killed

    await post.chat.say("avatar", key="e1")
    await post.chat.draw()
    with monkeypatch.context() as patch:
        patch.setattr("bot.courier.fault", die)
        await post.courier.round()
        tasks = list(post.courier._tasks)
        assert isinstance((await asyncio.gather(*tasks, return_exceptions=True))[0], Killed)
    assert post.closed() == [False]
    after = Post(post.chat, post.paper, courier(post.chat, post.paper))
    await after.round()
    await after.round()
    assert len(post.paper.shown) == 2
    assert post.paper.shown[0] == post.paper.shown[1]
    assert post.closed() == [True]


async def test_nothing_is_delivered_where_nobody_waits(chat: Chat) -> None:
    """A call without an address, such as one that can only be answered at once."""
    paper = Paper()
    await chat.dispatcher.handle(Call(key="e1", platform="paper", room="library", member="mina", command="avatar"))
    await chat.draw()
    post = Post(chat, paper, courier(chat, paper))
    await post.round()
    assert paper.shown == []


# --- a slow platform, many messages ---------------------------------------------------------------------------------


async def test_one_slow_platform_never_delays_another(chat: Chat) -> None:
    slow, quick = Paper("slow", hang=True), Paper("quick")
    busy = courier(chat, slow, quick, seconds=30)
    for number in range(150):
        await ask(chat, "slow", f"s{number}")
    await chat.draw()
    await ask(chat, "quick", "q1")
    await chat.draw()
    for _ in range(4):
        await busy.round()
        await asyncio.sleep(0.02)
    await until(lambda: quick.shown)
    assert [at for at, _ in quick.shown] == ["q1"]
    assert slow.most_under_way <= 8
    for task in list(busy._tasks):
        task.cancel()
    await asyncio.gather(*busy._tasks, return_exceptions=True)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is on its way has no event
            await asyncio.sleep(0.002)


async def ask(chat: Chat, platform: str, who: str) -> None:
    reply = await chat.dispatcher.handle(
        Call(
            key=who,
            platform=platform,
            room="library",
            member=who,
            command="avatar",
            address=Address(platform, who),
        )
    )
    assert reply.busy


async def test_a_crowd_is_served_completely_and_a_few_at_a_time(post: Post) -> None:
    for number in range(100):
        await ask(post.chat, "paper", f"m{number}")
    await post.chat.draw()
    for _ in range(40):
        await post.round()
    assert sorted(at for at, _ in post.paper.shown) == sorted(f"m{number}" for number in range(100))
    assert post.paper.most_under_way <= 8
    assert all(post.closed())


# --- progress -------------------------------------------------------------------------------------------------------


async def test_progress_is_shown_with_percent_and_preview(post: Post) -> None:
    await post.chat.say("avatar")
    claim = await post.chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    post.chat.live.begin(claim.job)
    await post.round()
    assert "0%" in read(post.paper.last())
    post.chat.live.report(claim.job, Progress(0.4, b"preview"))
    await post.round()
    reply = post.paper.last()
    assert "40%" in read(reply)
    assert reply.progress == pytest.approx(0.4)
    assert reply.busy
    assert reply.picture is not None
    assert reply.picture.data == b"preview"
    assert buttons(reply) == ["cancel"]


async def test_what_looks_the_same_is_not_sent_again(post: Post) -> None:
    await post.chat.say("avatar")
    claim = await post.chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    post.chat.live.begin(claim.job)
    post.chat.live.report(claim.job, Progress(0.40))
    for _ in range(3):
        await post.round()
    post.chat.live.report(claim.job, Progress(0.401))
    await post.round()
    assert len(post.paper.shown) == 1


async def test_updates_keep_to_the_platforms_pace(chat: Chat) -> None:
    paper = Paper(throttle=3.0)
    post = Post(chat, paper, courier(chat, paper))
    await chat.say("avatar")
    claim = await chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    chat.live.begin(claim.job)
    for step in range(40):
        chat.live.report(claim.job, Progress(step / 40))
        await post.round()
        chat.clock.now += 250
    assert 3 <= len(paper.shown) <= 5
    await chat.storage.jobs.finish(claim, Avatar(PNG, 640, "none"), 1.0)
    await post.round()
    assert paper.last().picture is not None, "a final message never waits for the pace of updates"


async def test_after_a_restart_everybody_in_line_is_told_once_where_they_stand(post: Post) -> None:
    await post.round()
    await post.chat.say("avatar", by="jun")
    await post.chat.say("avatar", by="mina", key="e2")
    await post.round()
    assert post.paper.shown == [], "the answer to the call said it already"
    after = Post(post.chat, post.paper, courier(post.chat, post.paper))
    await after.round()
    assert "number 2" in read(post.paper.last("library/mina/e2"))
    await after.round()
    assert len(post.paper.shown) == 2


async def test_moving_up_in_line_is_told(post: Post) -> None:
    await post.round()
    await post.chat.say("avatar", by="jun")
    await post.chat.say("avatar", by="mina", key="e2")
    await post.round()
    assert post.paper.shown == [], "the answer to the call said it already"
    await post.chat.storage.jobs.claim("test", ("classic",))
    await post.round()
    assert "next in line" in read(post.paper.last("library/mina/e2"))


async def test_a_round_updates_a_bounded_number_of_messages(post: Post) -> None:
    for number in range(40):
        await ask(post.chat, "paper", f"m{number}")
    await post.round()
    await post.chat.storage.jobs.claim("test", ("classic",))
    await post.courier.round()
    assert len(post.courier._tasks) <= 10
    await post.courier.settle()
    assert post.paper.most_under_way <= 4


async def test_a_second_update_waits_for_the_first(post: Post) -> None:
    await post.chat.say("avatar")
    claim = await post.chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    post.chat.live.begin(claim.job)
    gate = asyncio.Event()
    post.paper.before = gate.wait
    for fraction in (0.1, 0.5, 0.9):
        post.chat.live.report(claim.job, Progress(fraction))
        await post.courier.round()
        await until(lambda: post.paper.under_way)
    assert post.paper.under_way == 1
    gate.set()
    await post.courier.settle()
    await post.round()
    assert [reply.progress for _, reply in post.paper.shown] == [0.1, 0.9]


async def test_an_unreachable_address_ends_a_job_that_still_waits(post: Post) -> None:
    await post.chat.say("avatar", photo=PHOTO)
    claim = await post.chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    woken = post.chat.live.begin(claim.job)
    post.paper.trouble = lambda target: Unreachable()
    await post.round()
    assert woken.is_set()
    assert post.chat.rows("SELECT state, photo, address FROM job") == [("cancelled", None, None)]


async def test_an_update_that_did_not_arrive_is_no_trouble_and_is_told_again(post: Post) -> None:
    await post.chat.say("avatar")
    await post.chat.storage.jobs.claim("test", ("classic",))
    post.paper.trouble = lambda target: ConnectionError()
    await post.round()
    assert post.chat.rows("SELECT state FROM job") == [("running",)]
    post.paper.trouble = lambda target: None
    await post.round()
    assert len(post.paper.shown) == 1, "its engine may be silent for long"


# --- changes of mind ------------------------------------------------------------------------------------------------


async def test_a_picture_deleted_while_it_is_on_its_way_does_not_stay(post: Post) -> None:
    waiting = await post.chat.say("avatar")
    await post.chat.draw()
    job = button(waiting, "cancel").job
    pressed = False

    async def delete() -> None:
        nonlocal pressed
        if not pressed:
            pressed = True
            await post.chat.say("delete", job=job)

    post.paper.before = delete
    await post.round()
    assert pressed
    assert post.paper.last().picture is None
    assert "is erased" in read(post.paper.last())
    assert post.closed() == [True]


async def test_everything_forgotten_while_it_is_on_its_way_does_not_stay(post: Post) -> None:
    await post.chat.say("avatar")
    await post.chat.draw()
    forgotten = False

    async def forget() -> None:
        nonlocal forgotten
        if not forgotten:
            forgotten = True
            await post.chat.say("forget", choice="yes")

    post.paper.before = forget
    await post.round()
    assert post.paper.last().picture is None
    assert post.chat.rows("SELECT count(*) FROM outbox") == [(0,)]


async def test_cancelling_while_the_final_message_is_on_its_way_keeps_the_picture(post: Post) -> None:
    waiting = await post.chat.say("avatar")
    await post.chat.draw()
    answers: list[Reply] = []

    async def cancel() -> None:
        if not answers:
            answers.append(await post.chat.press(button(waiting, "cancel")))

    post.paper.before = cancel
    await post.round()
    assert answers[0].picture is not None
    assert "Too late" in read(answers[0])
    assert post.paper.last().picture is not None


async def test_a_late_update_never_lands_on_a_final_message(post: Post) -> None:
    """The update hangs in the platform while the job is cancelled: the last word is the cancellation."""
    waiting = await post.chat.say("avatar")
    claim = await post.chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    post.chat.live.begin(claim.job)
    gate = asyncio.Event()
    post.paper.before = gate.wait
    await post.courier.round()
    await until(lambda: post.paper.under_way)
    await post.chat.press(button(waiting, "cancel"))
    for _ in range(3):
        await post.courier.round()
        await asyncio.sleep(0.01)
    assert post.paper.under_way == 1, "one message of a job at a time"
    gate.set()
    await post.courier.settle()
    await post.round()
    assert [reply.busy for _, reply in post.paper.shown] == [True, False]
    assert "Cancelled" in read(post.paper.last())


async def test_a_round_that_read_too_early_delivers_nothing_twice(post: Post) -> None:
    """A round reads that a message is due while that very message is being delivered and written down."""
    await post.chat.say("avatar")
    await post.chat.draw()
    late = Late(post.chat.storage)
    slow = Courier(late, post.chat.live, {"paper": post.paper}, post.chat.catalog, post.chat.clock)  # type: ignore[arg-type]
    taken = asyncio.Event()
    post.paper.before = taken.wait
    late.go.set()
    await slow.round()
    late.go.clear()
    late.read.clear()
    looking = asyncio.create_task(slow.round())
    await late.read.wait()
    taken.set()
    await slow.settle()
    assert post.closed() == [True]
    late.go.set()
    await looking
    await slow.settle()
    assert len(post.paper.shown) == 1


class Late:
    """The real jobs; what is due arrives late."""

    def __init__(self, storage: Storage) -> None:
        self._jobs = storage.jobs
        self.read, self.go = asyncio.Event(), asyncio.Event()

    async def due(self, limit: int) -> Any:
        found = await self._jobs.due(limit)
        self.read.set()
        await self.go.wait()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jobs, name)


# --- running --------------------------------------------------------------------------------------------------------


async def test_it_runs_by_itself_and_stops_when_told(post: Post) -> None:
    running = asyncio.create_task(post.courier.run())
    await post.chat.say("avatar")
    await post.chat.draw()
    async with asyncio.timeout(20):
        await post.paper.arrived.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not post.courier._tasks


async def test_a_job_that_ends_in_the_middle_of_a_round_is_delivered_in_the_next_one_at_once(post: Post) -> None:
    waiting = await post.chat.say("avatar")
    await post.chat.storage.jobs.due(10)
    await post.chat.press(button(waiting, "cancel"))
    await post.chat.storage.jobs.open_deliveries()
    async with asyncio.timeout(20):
        await post.chat.storage.jobs.wait_for_deliveries(3600)


async def test_trouble_with_the_data_folder_is_waited_out(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.courier.REST_SECONDS", 0.01)
    paper = Paper()
    troubled = Troubled(chat.storage, failures=3)
    sturdy = Courier(troubled, chat.live, {"paper": paper}, chat.catalog, chat.clock)  # type: ignore[arg-type]
    await chat.say("avatar")
    await chat.draw()
    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(sturdy.run())
        async with asyncio.timeout(20):
            await paper.arrived.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert "StorageTrouble" in caplog.text


class Troubled:
    """The real jobs behind a data folder that fails a few times first."""

    def __init__(self, storage: Storage, failures: int) -> None:
        self._jobs = storage.jobs
        self.failures = failures

    async def due(self, limit: int) -> Any:
        if self.failures:
            self.failures -= 1
            raise StorageTrouble("storage-full")
        return await self._jobs.due(limit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jobs, name)


async def test_the_log_never_tells_whose_message_it_was(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    await post.chat.say("avatar", key="e1")
    await post.chat.draw()
    post.paper.trouble = lambda target: ConnectionError(f"no such user {target}")
    with caplog.at_level(logging.DEBUG, logger="bot"):
        await post.round()
    assert "ConnectionError" in caplog.text
    for private in ("mina", "library", "e1'"):
        assert private not in caplog.text


async def test_a_show_is_repeated_exactly(post: Post) -> None:
    """``Platform.show`` may rely on equal replies being equal."""
    await post.chat.say("avatar")
    await post.chat.draw()
    delivery = (await post.chat.storage.jobs.due(1))[0]
    one, two = await post.courier._final(delivery), await post.courier._final(replace(delivery, attempts=9))
    assert one == two
