"""The road of one job: accept, draw, deliver, and every way to leave it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Gone, Refused
from bot.storage import Claim, Jobs, Limits, RoomPolicy, Storage
from bot.storage.spool import Kind, Pictures, Stored
from generator.engine import Avatar
from tests.bot.storage.conftest import HandClock, Opener
from tests.bot.storage.traffic import LIMITS, drawn, photo, spec, ticket

PLENTY = Limits(daily=1000, waiting=1000, total=100_000)


def files(folder: Path) -> list[str]:
    return sorted(entry.name for entry in (folder / "spool").iterdir())


async def claimed(jobs: Jobs) -> Claim:
    claim = await jobs.claim("slot", ["classic"])
    assert claim is not None
    return claim


async def test_a_photo_travels_encrypted_from_its_member_to_the_worker(storage: Storage, folder: Path) -> None:
    accepted = await storage.jobs.accept(ticket("k", with_photo=True), LIMITS)
    assert (accepted.repeated, accepted.place) == (False, 1)
    [name] = files(folder)
    assert photo().rgb not in (folder / "spool" / name).read_bytes()
    claim = await claimed(storage.jobs)
    assert (claim.job, claim.attempt, claim.spec) == (accepted.job, 1, ticket("k", with_photo=True).spec)
    assert await storage.jobs.photo(claim) == photo()


async def test_a_finished_job_erases_its_photo_and_keeps_its_avatar_until_a_day_after_delivery(
    storage: Storage, folder: Path, clock: HandClock
) -> None:
    job = (await storage.jobs.accept(ticket("k", with_photo=True), LIMITS)).job
    claim = await claimed(storage.jobs)
    [photo_file] = files(folder)
    assert await storage.jobs.finish(claim, drawn(claim), 0.5)
    assert photo_file not in files(folder)
    clock.step(days=3)
    assert (await storage.jobs.sweep()).avatars == 0, "not delivered yet"
    [delivery] = await storage.jobs.due(10)
    assert (delivery.job, delivery.state, delivery.trace) == (job, "done", "low")
    assert delivery.address == ticket("k").address
    await storage.jobs.delivered(delivery)
    assert await storage.jobs.due(10) == []
    clock.step(hours=23.9)
    assert (await storage.jobs.sweep()).avatars == 0
    assert await storage.jobs.avatar(job, "room", "member") == drawn(claim).png
    clock.step(hours=0.2)
    assert (await storage.jobs.sweep()).avatars == 1
    assert files(folder) == []
    with pytest.raises(Gone):
        await storage.jobs.avatar(job, "room", "member")


async def test_a_repeated_call_gets_the_same_answer_also_when_the_quota_is_used_up(
    storage: Storage, folder: Path
) -> None:
    limits = Limits(daily=1)
    first = await storage.jobs.accept(ticket("k", with_photo=True), limits)
    again = await storage.jobs.accept(ticket("k", with_photo=True), limits)
    assert again == replace(first, repeated=True)
    assert len(files(folder)) == 1, "the second photo file is gone"
    with pytest.raises(Refused, match="refused-quota") as refused:
        await storage.jobs.accept(ticket("other", with_photo=True), limits)
    assert refused.value.parameters == {"daily": 1, "hours": 12}
    assert len(files(folder)) == 1
    claim = await claimed(storage.jobs)
    await storage.jobs.finish(claim, drawn(claim), 1)
    assert (await storage.jobs.accept(ticket("k"), limits)).job == first.job


async def test_the_same_event_delivered_many_times_at_once_makes_one_job(storage: Storage, folder: Path) -> None:
    answers = await asyncio.gather(*(storage.jobs.accept(ticket("k", with_photo=True), LIMITS) for _ in range(20)))
    assert len({answer.job for answer in answers}) == 1
    assert sum(not answer.repeated for answer in answers) == 1
    assert len(files(folder)) == 1


async def test_an_eager_member_is_told_to_wait_and_others_are_not(storage: Storage) -> None:
    for n in range(3):
        await storage.jobs.accept(ticket(f"k{n}"), LIMITS)
    with pytest.raises(Refused, match="refused-busy"):
        await storage.jobs.accept(ticket("k3", room="another room"), LIMITS)
    await storage.jobs.accept(ticket("k4", member="other"), LIMITS)
    with pytest.raises(Refused, match="refused-full"):
        await storage.jobs.accept(ticket("k5", member="third"), replace(LIMITS, total=4))


async def test_a_crowd_at_once_never_gets_more_than_its_quota(storage: Storage) -> None:
    limits = Limits(daily=7, waiting=1000)
    answers = await asyncio.gather(
        *(storage.jobs.accept(ticket(f"k{n}"), limits) for n in range(200)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert (len(answers) - len(refused), {str(answer.key) for answer in refused}) == (7, {"refused-quota"})
    assert await storage.jobs.left_today("room", "member", 7) == 0


async def test_room_rules_hold_inside_the_transaction(storage: Storage) -> None:
    rooms, jobs = storage.rooms, storage.jobs
    await rooms.change("room", "mod", RoomPolicy(styles=frozenset({"pixel"}), daily=2, ceiling=25), "styles", "pixel")
    with pytest.raises(Refused, match="refused-style"):
        await jobs.accept(ticket("a"), LIMITS)
    accepted = await jobs.accept(ticket("b", spec=spec("pixel")), LIMITS)
    assert (await jobs.view(accepted.job, "room", "member")).spec.likeness == 25, "the ceiling holds"
    await rooms.change("room", "mod", RoomPolicy(paused=True), "pause", "")
    with pytest.raises(Refused, match="refused-paused"):
        await jobs.accept(ticket("c"), LIMITS)
    await rooms.change("room", "mod", RoomPolicy(daily=1), "daily", "1")
    with pytest.raises(Refused, match="refused-quota"):
        await jobs.accept(ticket("d"), LIMITS)
    await rooms.block("room", "mod", "member")
    with pytest.raises(Refused, match="refused-blocked"):
        await jobs.accept(ticket("e"), LIMITS)
    await jobs.accept(ticket("e2", room="other room"), LIMITS)


@pytest.mark.parametrize("way", ["fail", "cancel waiting", "cancel running"])
async def test_a_job_without_a_picture_costs_nothing_and_keeps_nothing(
    way: str, storage: Storage, folder: Path
) -> None:
    job = (await storage.jobs.accept(ticket("k", with_photo=True), LIMITS)).job
    assert await storage.jobs.left_today("room", "member", 4) == 3
    claim = None if way == "cancel waiting" else await claimed(storage.jobs)
    if way == "fail":
        assert claim is not None
        assert await storage.jobs.fail(claim, "error-draw-failed", {"reason": "x", "n": 3})
    else:
        assert await storage.jobs.cancel(job, "room", "member")
        assert not await storage.jobs.cancel(job, "room", "member")
    assert await storage.jobs.left_today("room", "member", 4) == 4
    assert files(folder) == []
    [delivery] = await storage.jobs.due(10)
    view = await storage.jobs.view(job, "room", "member")
    if way == "fail":
        assert (delivery.state, delivery.error_key) == ("failed", "error-draw-failed")
        assert view.error_parameters == {"reason": "x", "n": 3}
    else:
        assert (delivery.state, view.state) == ("cancelled", "cancelled")
    if claim is not None:
        assert not await storage.jobs.finish(claim, drawn(claim), 1)
        assert not await storage.jobs.fail(claim, "late", {})
        assert not await storage.jobs.release(claim, counted=True)
    assert len(await storage.jobs.due(10)) == 1
    assert files(folder) == []


async def test_a_worker_that_lost_its_claim_can_change_nothing(reopen: Opener, folder: Path) -> None:
    storage = await reopen()
    await storage.jobs.accept(ticket("k", with_photo=True), LIMITS)
    lost = await claimed(storage.jobs)
    storage = await reopen()  # what ran waits again
    held = await claimed(storage.jobs)
    assert (held.job, held.attempt) == (lost.job, 2)
    with pytest.raises(Gone):
        await storage.jobs.photo(lost)
    assert not await storage.jobs.release(lost, counted=False)
    assert not await storage.jobs.fail(lost, "error-draw-failed", {})
    assert not await storage.jobs.finish(lost, Avatar(b"wrong", 64, "low"), 1)
    assert len(files(folder)) == 1
    assert await storage.jobs.finish(held, drawn(held), 1)
    assert not await storage.jobs.finish(held, drawn(held), 1), "one finish a job"
    assert await storage.jobs.avatar(held.job, "room", "member") == drawn(held).png
    assert len(await storage.jobs.due(10)) == 1


async def test_a_poison_job_fails_alone_and_is_refunded(reopen: Opener, folder: Path) -> None:
    storage = await reopen()
    poison = (await storage.jobs.accept(ticket("poison", with_photo=True), LIMITS)).job
    await storage.jobs.accept(ticket("good", member="other"), LIMITS)
    for attempt in (1, 2, 3):
        claim = await claimed(storage.jobs)
        assert (claim.job, claim.attempt) == (poison, attempt)
        storage = await reopen()
    good = await claimed(storage.jobs)
    assert good.job != poison
    assert files(folder) == []
    [delivery] = await storage.jobs.due(10)
    assert (delivery.job, delivery.error_key) == (poison, "job-poison")
    assert await storage.jobs.left_today("room", "member", 4) == 4
    assert await storage.jobs.claim("slot", ["classic"]) is None


async def test_a_released_job_goes_first_and_its_attempt_can_be_given_back(storage: Storage) -> None:
    for n in range(3):
        await storage.jobs.accept(ticket(f"k{n}", member=f"m{n}"), LIMITS)
    claim = await claimed(storage.jobs)
    for _ in range(10):
        assert await storage.jobs.release(claim, counted=False)
        again = await claimed(storage.jobs)
        assert (again.job, again.attempt) == (claim.job, 1)
        claim = again
    assert await storage.jobs.release(claim, counted=True)
    assert (await claimed(storage.jobs)).attempt == 2


async def test_a_release_that_the_disk_does_not_take_is_owed_until_the_next_claim(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = (await storage.jobs.accept(ticket("k"), LIMITS)).job
    claim = await claimed(storage.jobs)

    def full(*_args: object, **_options: object) -> bool:
        trouble = sqlite3.OperationalError("database or disk is full")
        trouble.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr("bot.storage.queue.release", full)
        assert await storage.jobs.release(claim, counted=False)
    assert (await storage.jobs.view(job, "room", "member")).state == "running"
    again = await claimed(storage.jobs)
    assert (again.job, again.attempt) == (job, 1)
    assert not await storage.jobs.release(claim, counted=False), "the old token is stale"


async def test_a_cancelled_claim_gives_the_job_back_uncounted(storage: Storage) -> None:
    await storage.jobs.accept(ticket("k"), LIMITS)
    for moment in range(8):
        task = asyncio.create_task(storage.jobs.claim("slot", ["classic"]))
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await storage.jobs.close()
    claim = await claimed(storage.jobs)
    assert claim.attempt == 1


async def test_a_cancelled_accept_keeps_the_photo_of_a_job_that_was_made(storage: Storage, folder: Path) -> None:
    for moment in range(12):
        task = asyncio.create_task(storage.jobs.accept(ticket(f"k{moment}", with_photo=True), PLENTY))
        for _ in range(moment):
            await asyncio.sleep(0.0005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await storage.jobs.close()
    made = await storage.jobs.mine("room", "member")
    assert len(files(folder)) == len(made)
    for _ in made:
        assert await storage.jobs.photo(await claimed(storage.jobs)) == photo()


async def test_a_job_whose_photo_is_gone_ends_with_a_sentence(reopen: Opener, folder: Path) -> None:
    storage = await reopen()
    await storage.jobs.accept(ticket("k", with_photo=True), LIMITS)
    (folder / "spool" / files(folder)[0]).unlink()
    storage = await reopen()
    [delivery] = await storage.jobs.due(10)
    assert (delivery.state, delivery.error_key) == ("failed", "job-photo-lost")
    assert await storage.jobs.left_today("room", "member", 4) == 4


async def test_nobody_sees_or_touches_the_job_of_another(storage: Storage) -> None:
    job = (await storage.jobs.accept(ticket("k"), LIMITS)).job
    for room, member in (("room", "other"), ("other", "member")):
        for step in (storage.jobs.view, storage.jobs.cancel, storage.jobs.avatar, storage.jobs.delete):
            with pytest.raises(Gone):
                await step(job, room, member)
        with pytest.raises(Gone):
            await storage.jobs.mark_shared(job, room, member, True)
        assert await storage.jobs.mine(room, member) == []


async def test_delete_erases_the_avatar_at_once(storage: Storage, folder: Path) -> None:
    job = (await storage.jobs.accept(ticket("k"), LIMITS)).job
    assert not await storage.jobs.delete(job, "room", "member")
    claim = await claimed(storage.jobs)
    await storage.jobs.finish(claim, drawn(claim), 1)
    assert [view.kept for view in await storage.jobs.mine("room", "member")] == [True]
    assert await storage.jobs.delete(job, "room", "member")
    assert files(folder) == []
    assert await storage.jobs.mine("room", "member") == []
    assert not await storage.jobs.delete(job, "room", "member")


async def test_place_and_estimate_follow_measured_durations_and_slots(storage: Storage, clock: HandClock) -> None:
    jobs = storage.jobs
    jobs.slots = {"classic": 2}
    first = await jobs.accept(ticket("learn"), LIMITS)
    assert first.seconds == pytest.approx(0.7), "a sane default before anything was measured"
    claim = await claimed(jobs)
    await jobs.finish(claim, drawn(claim), 10.0)
    places = [await jobs.accept(ticket(f"k{n}", member=f"m{n}", room=f"r{n}"), LIMITS) for n in range(4)]
    assert [answer.place for answer in places] == [1, 2, 3, 4]
    assert [answer.seconds for answer in places] == pytest.approx([10, 15, 20, 25])
    running = await claimed(jobs)
    clock.step(seconds=4)
    view = await jobs.view(running.job, "r0", "m0")
    assert (view.state, view.place, view.seconds) == ("running", None, pytest.approx(6))
    waiting = await jobs.view(places[1].job, "r1", "m1")
    assert (waiting.place, waiting.seconds) == (1, pytest.approx(6 / 2 + 10))
    statuses = await jobs.open_deliveries()
    assert [(status.state, status.place) for status in statuses] == [
        ("running", None), ("queued", 1), ("queued", 2), ("queued", 3)
    ]  # fmt: skip
    clock.step(hours=-1)
    assert (await jobs.view(running.job, "r0", "m0")).seconds == pytest.approx(10), "a clock that went back is bounded"


async def test_several_at_once_cost_and_teach_as_much_as_each_of_them(storage: Storage) -> None:
    jobs, one = storage.jobs, ticket("k").spec
    four = replace(one, count=4)
    mixed = replace(one, count=3, styles=("ink", "pop", "riso"))
    assert (await jobs.accept(ticket("first", spec=four), PLENTY)).seconds == pytest.approx(4 * 0.7)
    assert await finished(jobs, 8.0)
    assert (await jobs.accept(ticket("mixed", spec=mixed), PLENTY)).seconds == pytest.approx(3 * 2.0)
    assert await finished(jobs, 12.0), "twice as long as expected, each of them"
    expected = {"ink": 2.0 + 0.2 * (4.0 - 2.0), "pop": 4.0, "riso": 4.0}
    for style, seconds in expected.items():
        alone = await jobs.accept(ticket(style, spec=replace(one, style=style), member=style, room=style), PLENTY)
        assert alone.seconds == pytest.approx(seconds, abs=0.01)
        assert await finished(jobs, seconds)


async def finished(jobs: Jobs, seconds: float) -> bool:
    claim = await claimed(jobs)
    return await jobs.finish(claim, drawn(claim), seconds)


async def test_no_picture_of_several_may_be_in_a_forbidden_style(storage: Storage) -> None:
    await storage.rooms.change("room", "mod", RoomPolicy(styles=frozenset({"ink"})), "style-forbidden", "pop")
    both = replace(ticket("k").spec, count=2, styles=("ink", "pop"))
    with pytest.raises(Refused, match="refused-style"):
        await storage.jobs.accept(ticket("k", spec=both), LIMITS)


async def test_a_picture_is_taken_once_whoever_is_first_and_none_out_of_what_is_gone(
    storage: Storage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, who = storage.jobs, ("room", "member")
    grid = (await jobs.accept(ticket("k", spec=replace(ticket("k").spec, count=2)), LIMITS)).job
    claim = await claimed(jobs)
    assert await jobs.finish(claim, replace(drawn(claim), parts=(b"one", b"two")), 1)
    assert await jobs.pictures(grid, *who) == Pictures(drawn(claim).png, (b"one", b"two"))
    write, together = jobs._spool.write, threading.Barrier(2, timeout=20)

    def slow(data: bytes, uid: str, kind: Kind) -> Stored:
        together.wait()  # both have seen that nobody took it
        return write(data, uid, kind)

    monkeypatch.setattr(jobs._spool, "write", slow)
    first, second = await asyncio.gather(jobs.take(grid, *who, 0), jobs.take(grid, *who, 0))
    assert first == second
    assert await jobs.pictures(first, *who) == Pictures(b"one")
    assert len(files(folder)) == 2
    taking = asyncio.create_task(jobs.take(grid, *who, 1))
    while not together.n_waiting:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    assert await jobs.delete(grid, *who)
    await asyncio.to_thread(together.wait)
    with pytest.raises(Gone):
        await taking
    assert len(files(folder)) == 1


async def test_a_delivery_is_tried_again_ever_more_rarely_until_it_works(storage: Storage, clock: HandClock) -> None:
    await storage.jobs.accept(ticket("k"), LIMITS)
    claim = await claimed(storage.jobs)
    await storage.jobs.fail(claim, "x", {})
    waits: list[int] = []
    for _ in range(14):
        [delivery] = await storage.jobs.due(10)
        await storage.jobs.postpone(delivery)
        start = clock.now
        while not await storage.jobs.due(10):
            clock.step(seconds=1)
        waits.append((clock.now - start) // 1000)
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == 300
    [delivery] = await storage.jobs.due(10)
    await storage.jobs.postpone(delivery)
    clock.step(hours=-1)
    assert len(await storage.jobs.due(10)) == 1, "a clock that went back does not delay by an hour"
    clock.step(days=8)
    assert (await storage.jobs.sweep()).deliveries == 1, "after a week it is given up"


def damage(folder: Path, job: int, harm: str) -> None:
    """What a bad disk, or a version that we do not know, may leave in a row."""
    change = {
        "address": "address = zeroblob(length(address))",
        "short address": "address = x'00'",
        "spec of another version": "spec = json_set(spec, '$.mood', 'calm')",
        "spec cut short": "spec = substr(spec, 1, 20)",
    }[harm]
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        db.execute("PRAGMA ignore_check_constraints=ON")
        db.execute(f"UPDATE job SET {change} WHERE id = ?", (job,))
        db.commit()


HARMS = ["address", "short address", "spec of another version", "spec cut short"]


@pytest.mark.parametrize("harm", HARMS[:3])  # a spec cut short is told as a damaged database before anything starts
async def test_a_waiting_job_whose_row_cannot_be_read_holds_up_nobody(
    harm: str, reopen: Opener, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = (await reopen()).jobs
    harmed, other = [(await jobs.accept(ticket(f"k{n}", member=f"m{n}", with_photo=True), LIMITS)).job for n in (0, 1)]
    damage(folder, harmed, harm)
    jobs = (await reopen()).jobs
    assert [status.job for status in await jobs.open_deliveries()] == [other]
    assert f"job {harmed}" in caplog.text
    assert (await claimed(jobs)).job == other
    assert await jobs.claim("slot", ["classic"]) is None
    assert len(files(folder)) == 1, "its photo is erased"
    assert await jobs.left_today("room", "m0", 4) == 4
    assert await jobs.mine("room", "m0") == []
    assert await jobs.due(10) == []


@pytest.mark.parametrize("harm", HARMS)
async def test_a_finished_job_whose_row_cannot_be_read_holds_up_nobody(
    harm: str, storage: Storage, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = storage.jobs
    harmed, other = [(await jobs.accept(ticket(f"k{n}", member=f"m{n}"), LIMITS)).job for n in (0, 1)]
    for _ in range(2):
        claim = await claimed(jobs)
        await jobs.finish(claim, drawn(claim), 1)
    damage(folder, harmed, harm)
    assert await jobs.mine("room", "m0") == [] or "address" in harm
    assert [delivery.job for delivery in await jobs.due(10)] == [other]
    assert f"job {harmed}" in caplog.text
    assert len(files(folder)) == 1, "its picture is erased"
    caplog.clear()
    assert [delivery.job for delivery in await jobs.due(10)] == [other]
    assert caplog.text == "", "closed once"


@pytest.mark.parametrize("harm", ["spec of another version", "spec cut short"])
async def test_a_job_that_cannot_be_read_fails_at_its_turn(harm: str, storage: Storage, folder: Path) -> None:
    jobs = storage.jobs
    harmed, other = [(await jobs.accept(ticket(f"k{n}", member=f"m{n}", with_photo=True), LIMITS)).job for n in (0, 1)]
    damage(folder, harmed, harm)
    assert (await claimed(jobs)).job == other
    assert await jobs.left_today("room", "m0", 4) == 4
    assert len(files(folder)) == 1
    with pytest.raises(Gone):
        await jobs.view(harmed, "room", "m0")


async def test_a_member_who_returns_need_not_wait_for_the_next_try(storage: Storage, clock: HandClock) -> None:
    for member in ("member", "other"):
        await storage.jobs.accept(ticket(f"k-{member}", member=member), LIMITS)
        await storage.jobs.fail(await claimed(storage.jobs), "x", {})
    for _ in range(6):
        for delivery in await storage.jobs.due(10):
            await storage.jobs.postpone(delivery)
        clock.step(seconds=20)
    for delivery in await storage.jobs.due(10):
        await storage.jobs.postpone(delivery)
    assert await storage.jobs.due(10) == []
    await storage.jobs.hurry("member")
    assert [delivery.member for delivery in await storage.jobs.due(10)] == ["member"]


@pytest.mark.parametrize("moment", ["queued", "running", "done"])
async def test_an_unreachable_address_closes_the_job_and_erases_what_it_held(
    moment: str, storage: Storage, folder: Path
) -> None:
    jobs = storage.jobs
    job = (await jobs.accept(ticket("k", with_photo=True), LIMITS)).job
    if moment != "queued":
        claim = await claimed(jobs)
        if moment == "done":
            await jobs.finish(claim, drawn(claim), 1)
    await jobs.unreachable((await jobs.due(1) if moment == "done" else await jobs.open_deliveries())[0])
    assert files(folder) == []
    assert await jobs.due(10) == []
    assert await jobs.open_deliveries() == []
    assert (await jobs.view(job, "room", "member")).state == ("done" if moment == "done" else "cancelled")


async def test_the_words_of_a_picture_that_came_to_nothing_are_kept_for_a_day(
    storage: Storage, clock: HandClock
) -> None:
    job = (await storage.jobs.accept(ticket("k", spec=replace(spec(), about="a zebra")), LIMITS)).job
    await storage.jobs.fail(await claimed(storage.jobs), "error-draw-failed", {})
    for hours, about in ((23, "a zebra"), (2, "")):
        clock.step(hours=hours)
        await storage.jobs.sweep()
        assert (await storage.jobs.view(job, "room", "member")).spec.about == about


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_clock_that_steps_over_midnight_gives_no_second_quota(
    hours: int, storage: Storage, clock: HandClock
) -> None:
    clock.step(hours=11.5 if hours > 0 else 12.5)  # half an hour before or after midnight UTC
    limits = Limits(daily=2, waiting=10)
    for n in range(2):
        await storage.jobs.accept(ticket(f"a{n}"), limits)
    while claim := await storage.jobs.claim("slot", ["classic"]):
        await storage.jobs.finish(claim, drawn(claim), 1)
    clock.step(hours=hours)
    await storage.jobs.sweep()
    clock.step(hours=-hours)
    with pytest.raises(Refused, match="refused-quota"):
        await storage.jobs.accept(ticket("b"), limits)
    clock.step(days=1)
    await storage.jobs.accept(ticket("c"), limits)


async def test_whoever_waits_for_work_is_woken_at_once(storage: Storage) -> None:
    async def wait() -> None:
        assert await storage.jobs.claim("slot", ["classic"]) is None
        await storage.jobs.wait_for_work(3600)

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await storage.jobs.accept(ticket("k"), LIMITS)
    async with asyncio.timeout(30):
        await waiting


async def test_work_that_came_between_looking_and_waiting_is_not_missed(storage: Storage) -> None:
    assert await storage.jobs.claim("slot", ["classic"]) is None
    assert await storage.jobs.due(5) == []
    await storage.jobs.accept(ticket("k"), LIMITS)
    async with asyncio.timeout(30):
        await storage.jobs.wait_for_work(3600)
        await storage.jobs.wait_for_deliveries(3600)


async def test_waiting_for_nothing_ends_by_itself(storage: Storage) -> None:
    async with asyncio.timeout(30):
        await storage.jobs.wait_for_work(0.05)


async def test_old_jobs_are_forgotten_after_a_week(storage: Storage, clock: HandClock) -> None:
    job = (await storage.jobs.accept(ticket("k"), LIMITS)).job
    claim = await claimed(storage.jobs)
    await storage.jobs.fail(claim, "x", {})
    [delivery] = await storage.jobs.due(1)
    await storage.jobs.delivered(delivery)
    clock.step(days=6)
    assert (await storage.jobs.sweep()).jobs == 0
    clock.step(days=2)
    assert (await storage.jobs.sweep()).jobs == 1
    with pytest.raises(Gone):
        await storage.jobs.view(job, "room", "member")


async def test_a_shared_picture_can_be_taken_back_however_old_it_is(storage: Storage, clock: HandClock) -> None:
    job = (await storage.jobs.accept(ticket("k"), LIMITS)).job
    claim = await claimed(storage.jobs)
    await storage.jobs.finish(claim, drawn(claim), 1)
    [delivery] = await storage.jobs.due(1)
    await storage.jobs.delivered(delivery)
    await storage.jobs.mark_shared(job, "room", "member", True)
    for _ in range(3):
        clock.step(days=10)
        await storage.jobs.sweep()
    assert (await storage.jobs.view(job, "room", "member")).shared
    await storage.jobs.mark_shared(job, "room", "member", False)
    assert (await storage.jobs.sweep()).jobs == 1


async def test_each_quality_takes_its_own_time_and_whoever_stands_in_takes_theirs(storage: Storage) -> None:
    jobs = storage.jobs
    for quality, seconds in (("best", 60.0), ("fast", 2.0)):
        await jobs.accept(ticket(quality, spec=replace(spec(), engine="sdxl", quality=quality)), LIMITS)
        claim = await jobs.claim("slot", ["sdxl"])
        assert claim is not None
        await jobs.finish(claim, drawn(claim), seconds)
    for style, quality, seconds in (("oil", "best", 60), ("oil", "fast", 2), ("other", "fast", 2), ("oil", "", 31)):
        asked = replace(spec(), style=style if style == "other" else spec().style, engine="sdxl", quality=quality)
        accepted = await jobs.accept(ticket(f"{style} {quality}", spec=asked), LIMITS)
        assert accepted.seconds == pytest.approx(seconds)
        assert await jobs.cancel(accepted.job, "room", "member")
    jobs.drawn = lambda one: replace(one, engine="classic", quality="")
    asked = replace(spec(), engine="sdxl", quality="best")
    assert (await jobs.accept(ticket("simply", spec=asked), LIMITS)).seconds == pytest.approx(0.7)


async def test_only_the_engines_that_a_slot_has_are_claimed(storage: Storage) -> None:
    gpu = replace(spec(), engine="sdxl")
    await storage.jobs.accept(ticket("gpu", spec=gpu), LIMITS)
    assert await storage.jobs.claim("slot", ["classic"]) is None
    claim = await storage.jobs.claim("slot", ["classic", "sdxl"])
    assert claim is not None
    assert claim.spec == gpu


async def test_a_job_that_changes_its_engine_keeps_its_place_and_has_all_its_attempts(storage: Storage) -> None:
    for n in range(3):
        await storage.jobs.accept(ticket(f"k{n}", member=f"m{n}"), LIMITS)
    for _ in range(2):
        claim = await claimed(storage.jobs)
        assert await storage.jobs.release(claim, counted=True)
    claim = await claimed(storage.jobs)
    assert await storage.jobs.release(claim, counted=True, engine="other")
    assert (await claimed(storage.jobs)).job != claim.job
    moved = await storage.jobs.claim("slot", ["classic", "other"])
    assert moved is not None
    assert (moved.job, moved.attempt, moved.spec.engine) == (claim.job, 1, "classic")


async def simply_drawn(storage: Storage, key: str) -> int:
    """A picture that another engine drew instead."""
    job = (await storage.jobs.accept(ticket(key), LIMITS)).job
    claim = await claimed(storage.jobs)
    assert await storage.jobs.finish(claim, replace(drawn(claim), drawn_as="peeps"), 1)
    return job


async def test_what_another_engine_drew_is_painted_in_full_once_and_free_of_charge(storage: Storage) -> None:
    jobs, limits = storage.jobs, replace(LIMITS, daily=1)
    simple = await simply_drawn(storage, "simple")
    assert (await jobs.view(simple, "room", "member")).drawn_as == "peeps"
    with pytest.raises(Refused, match="refused-quota"):
        await jobs.accept(ticket("more"), limits)
    painting = replace(ticket("paint"), paints=simple)
    assert await jobs.admit(painting, limits)
    accepted = await jobs.accept(painting, limits)
    assert not (await jobs.view(simple, "room", "member")).paintable
    assert (await jobs.accept(painting, limits)).job == accepted.job, "delivered twice"
    with pytest.raises(Refused, match="refused-painted"):
        await jobs.accept(replace(ticket("twice"), paints=simple), limits)
    assert await jobs.cancel(accepted.job, "room", "member")
    assert (await jobs.view(simple, "room", "member")).paintable
    await jobs.accept(replace(ticket("anew"), paints=simple), limits)
    claim = await claimed(jobs)
    assert await jobs.finish(claim, drawn(claim), 1)
    with pytest.raises(Refused, match="refused-painted"):
        await jobs.accept(replace(ticket("again"), paints=simple), limits)
    assert await jobs.left_today("room", "member", 2) == 1, "the first one, and no other"


@pytest.mark.parametrize("whose", ["another member's", "another room's", "unfinished", "of nobody", "in full"])
async def test_nobody_gets_a_picture_for_nothing(storage: Storage, whose: str) -> None:
    simple = await simply_drawn(storage, "simple")
    if whose == "unfinished":
        simple = (await storage.jobs.accept(ticket("open"), LIMITS)).job
    elif whose == "in full":
        simple = (await storage.jobs.accept(ticket("whole"), LIMITS)).job
        claim = await claimed(storage.jobs)
        await storage.jobs.finish(claim, drawn(claim), 1)
    elif whose == "of nobody":
        simple += 1
    who = {"another member's": {"member": "eve"}, "another room's": {"room": "cellar"}}.get(whose, {})
    with pytest.raises(Refused if whose == "in full" else Gone):
        await storage.jobs.accept(replace(ticket("paint", **who), paints=simple), LIMITS)


async def test_what_another_engine_drew_says_nothing_about_how_long_it_takes(storage: Storage, folder: Path) -> None:
    await simply_drawn(storage, "simple")
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        assert db.execute("SELECT count(*) FROM duration").fetchone()[0] == 0


async def test_orphan_files_are_swept_but_not_those_about_to_be_named(storage: Storage, folder: Path) -> None:
    (folder / "spool" / "0123").write_bytes(b"x")
    (folder / "spool" / "4567.part").write_bytes(b"x")
    accepting = [
        asyncio.create_task(storage.jobs.accept(ticket(f"k{n}", member=f"m{n}", with_photo=True), LIMITS))
        for n in range(30)
    ]
    swept = 0
    while not all(task.done() for task in accepting):
        swept += (await storage.jobs.sweep()).files
    assert swept == 2
    assert len(files(folder)) == 30
