from __future__ import annotations

import asyncio
import itertools
import logging
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.engines import LocalEngine, RemoteEngine, Report, Slot
from bot.live import Live
from bot.secrets import Secret
from bot.storage import Claim, JobSpec, JobView, Limits, Storage, Ticket
from bot.worker import Worker
from generator.engine import Avatar, AvatarSpec, Photo
from tests.begun import begun
from tests.engines.slots import CALM, PHOTO, ready, rogue, shade

ROOM = "room"
DAILY = 20
NOON = 1_790_000_000_000
"""No day ends soon after it."""
TOKEN = "a-token-for-tests-only"


class House:
    """A real data folder, real slots with rogue engines, and a worker at each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.live = Live()
        self.slots: list[Slot] = []
        self.workers: list[Worker] = []
        self._keys = itertools.count()

    async def open(self) -> None:
        began = time.monotonic_ns()
        secret = Secret(b"w" * 32)
        clock = lambda: NOON + (time.monotonic_ns() - began) // 1_000_000  # noqa: E731
        self.storage = await Storage.open(begun(self.folder, secret), secret, clock)
        self.jobs = self.storage.jobs

    async def staff(self, *slots: Slot, **options) -> None:
        for slot in slots:
            await slot.start()
            worker = Worker(slot, self.jobs, self.live, **options)
            await worker.start()
            self.slots.append(slot)
            self.workers.append(worker)

    async def close(self) -> None:
        await asyncio.gather(*(worker.stop(0) for worker in self.workers))
        await asyncio.gather(*(slot.close() for slot in self.slots))
        await self.storage.close()

    async def ask(
        self, style: str = "grey", seed: int = 7, member: str = "mina", photo: Photo | None = None, count: int = 1
    ) -> int:
        spec = JobSpec(style, "rogue", 55, {"hair": "short"}, seed, 64, has_photo=photo is not None, count=count)
        ticket = Ticket(f"key-{next(self._keys)}", ROOM, member, spec, "en", None, photo)
        return (await self.jobs.accept(ticket, Limits(daily=DAILY, waiting=50))).job

    async def over(self, job: int, member: str = "mina", seconds: float = 40) -> JobView:
        """The job once it has ended."""
        async with asyncio.timeout(seconds):
            while (view := await self.jobs.view(job, ROOM, member)).state in ("queued", "running"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return view

    async def drawn(self, job: int, member: str = "mina") -> int:
        """The shade of the finished job's avatar."""
        view = await self.over(job, member)
        assert view.state == "done", (view.state, view.error_key)
        return shade(await self.jobs.avatar(job, ROOM, member))

    async def began(self, job: int) -> None:
        """Wait until an engine has reported on the job."""
        async with asyncio.timeout(20):
            while self.live.progress(job) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def left(self, member: str = "mina") -> int:
        return await self.jobs.left_today(ROOM, member, DAILY)

    def row(self, job: int) -> sqlite3.Row:
        with closing(sqlite3.connect(f"file:{self.folder / 'bpp.db'}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            return db.execute("SELECT * FROM job WHERE id = ?", (job,)).fetchone()

    def spooled(self) -> set[str]:
        return {file.name for file in (self.folder / "spool").iterdir()}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "data")
    await house.open()
    yield house
    await house.close()


async def test_jobs_are_drawn_and_written_down(house: House) -> None:
    await house.staff(rogue())
    figure, portrait = await house.ask(seed=11), await house.ask(photo=PHOTO)
    assert await house.drawn(figure) == 11
    assert await house.drawn(portrait) == sum(PHOTO.rgb) % 256
    view = await house.over(portrait)
    assert (view.trace, view.notes) == ("low", ("note-no-face",))
    assert house.row(portrait)["photo"] is None
    assert len(house.spooled()) == 2  # two avatars and no photo
    assert await house.left() == DAILY - 2


async def test_progress_is_known_while_drawing_and_forgotten_after(house: House) -> None:
    await house.staff(rogue())
    job = await house.ask("brief")
    await house.began(job)
    progress = house.live.progress(job)
    assert progress is not None
    assert progress.fraction == 0.1
    await house.drawn(job)
    assert house.live.progress(job) is None


@pytest.mark.parametrize(("crime", "limits"), [("segfault", {}), ("loop", {"stall": 1.2}), ("hog", {"silence": 1.0})])
async def test_a_poison_job_fails_alone_and_is_refunded(house: House, crime: str, limits: dict[str, float]) -> None:
    await house.staff(*(rogue(f"rogue-{n}", patience=replace(CALM, **limits)) for n in range(2)))
    poison = await house.ask(crime, photo=PHOTO, member="eve")
    others = [await house.ask(seed=n, member=f"member-{n}") for n in range(6)]
    for n, job in enumerate(others):
        assert await house.drawn(job, f"member-{n}") == n
    view = await house.over(poison, "eve")
    assert (view.state, view.error_key) == ("failed", "job-poison")
    assert house.row(poison)["attempt"] == 3
    assert house.row(poison)["photo"] is None
    assert await house.left("eve") == DAILY
    assert len(house.spooled()) == 6
    for slot in house.slots:
        await ready(slot)
    assert await house.drawn(await house.ask(seed=99)) == 99


async def test_one_slot_survives_poison_too_and_draws_on_at_once(house: House) -> None:
    await house.staff(rogue())
    poison = await house.ask("segfault", member="eve")
    other = await house.ask(seed=5)
    assert await house.drawn(other) == 5
    assert (await house.over(poison, "eve")).error_key == "job-poison"


async def test_the_job_of_a_crashed_engine_is_drawn_by_another_slot(house: House, tmp_path: Path) -> None:
    marker = {"ROGUE_MARKER": str(tmp_path / "crashed-once")}
    await house.staff(rogue("rogue-0", environment=marker), rogue("rogue-1", environment=marker))
    job = await house.ask("crash-once", photo=PHOTO)
    assert await house.drawn(job) == sum(PHOTO.rgb) % 256
    assert house.row(job)["attempt"] == 2
    assert (tmp_path / "crashed-once").exists()


@pytest.mark.parametrize(
    ("style", "key"), [("refuse", "error-style"), ("fail", "error-draw-failed"), ("bug", "error-draw-failed")]
)
async def test_a_job_that_cannot_be_drawn_fails_at_the_first_attempt(house: House, style: str, key: str) -> None:
    slot = rogue()
    await house.staff(slot)
    await ready(slot)
    pid = slot.pid
    job = await house.ask(style, photo=PHOTO)
    view = await house.over(job)
    assert (view.state, view.error_key) == ("failed", key)
    assert house.row(job)["attempt"] == 1
    assert await house.left() == DAILY
    assert house.spooled() == set()
    assert slot.pid == pid


async def test_cancelling_while_drawing_frees_the_slot_within_a_step(house: House) -> None:
    slot = rogue()
    await house.staff(slot)
    job = await house.ask("slow", photo=PHOTO)
    await house.began(job)
    pid = slot.pid
    assert await house.jobs.cancel(job, ROOM, "mina")
    house.live.cancel(job)
    assert await house.drawn(await house.ask(seed=8)) == 8
    assert slot.pid == pid, "left in the middle, not ended"
    assert (await house.over(job)).state == "cancelled"
    assert await house.left() == DAILY - 1
    assert len(house.spooled()) == 1


async def test_a_cancel_that_the_worker_does_not_hear_keeps_nothing_either(house: House) -> None:
    await house.staff(rogue())
    job = await house.ask("brief")
    await house.began(job)
    assert await house.jobs.cancel(job, ROOM, "mina")
    assert await house.drawn(await house.ask(seed=8)) == 8, "so the first has come to its end"
    assert (await house.over(job)).state == "cancelled"
    assert len(house.spooled()) == 1
    assert await house.left() == DAILY - 1


async def test_a_graceful_stop_lets_the_running_job_end(house: House) -> None:
    await house.staff(rogue())
    job = await house.ask("brief", seed=3)
    await house.began(job)
    waiting = await house.ask()
    await house.workers[0].stop(20)
    assert await house.drawn(job) == 3
    assert house.row(waiting)["state"] == "queued"


async def test_a_graceful_stop_puts_a_long_job_back_uncounted(house: House) -> None:
    await house.staff(rogue())
    job = await house.ask("slow", photo=PHOTO)
    await house.began(job)
    await house.workers[0].stop(0.2)
    row = house.row(job)
    assert (row["state"], row["attempt"], row["token"]) == ("queued", 0, None)
    assert row["photo"] in house.spooled()


async def test_an_idle_worker_stops_at_once(house: House) -> None:
    slots = rogue("rogue-0"), rogue("rogue-1", factory="create_sleepy")
    await house.staff(*slots, idle=3600)
    await ready(slots[0])
    await asyncio.sleep(0.1)
    async with asyncio.timeout(20):
        for worker in house.workers:
            await worker.stop(3600)


async def test_a_worker_that_is_told_to_stop_while_it_looks_for_work_does_not_nap(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, go, claim = asyncio.Event(), asyncio.Event(), house.jobs.claim

    async def slow(*asked: Any) -> Claim | None:
        found = await claim(*asked)
        looking.set()
        await go.wait()
        return found

    monkeypatch.setattr(house.jobs, "claim", slow)
    await house.staff(rogue(), idle=3600)
    await looking.wait()
    stopping = asyncio.create_task(house.workers[0].stop(3600))
    await asyncio.sleep(0)
    go.set()
    async with asyncio.timeout(20):
        await stopping


async def test_a_worker_holds_as_many_jobs_as_the_slot_has_seats(house: House, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    await house.staff(rogue(factory="create_crew", environment={"ROGUE_MARKER": str(marker)}), idle=3600)
    jobs = [await house.ask("deaf", seed=n, member=f"member-{n}") for n in range(4)]
    cancelled = await house.ask("slow", member="member-9")
    for job in jobs[:3]:
        await house.began(job)
    assert [house.row(job)["state"] for job in (*jobs, cancelled)] == ["running"] * 3 + ["queued"] * 2
    await asyncio.to_thread(marker.touch)
    assert [await house.drawn(job, f"member-{n}") for n, job in enumerate(jobs)] == [0, 1, 2, 3]
    await house.began(cancelled)
    other = await house.ask(seed=6)
    assert await house.drawn(other) == 6, "beside the one that is slow"
    assert await house.jobs.cancel(cancelled, ROOM, "member-9")
    house.live.cancel(cancelled)
    assert {house.row(job)["attempt"] for job in (*jobs, other)} == {1}
    assert [await house.drawn(await house.ask(seed=n)) for n in range(3)] == [0, 1, 2]


async def test_a_burst_of_grids_delays_nobody_by_more_than_the_grid_that_is_drawn(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker, looked = tmp_path / "marker", asyncio.Event()
    claim, finish, ring, rings = house.jobs.claim, house.jobs.finish, house.jobs.ring, 0

    def ringing() -> None:
        nonlocal rings
        rings += 1
        looked.clear()
        ring()

    async def looking(*asked: Any) -> Claim | None:
        before = rings
        if (found := await claim(*asked)) is None and before == rings:
            looked.set()
        return found

    async def slow(held: Claim, *drawn: Any) -> bool:
        """The last but one is over only after the worker has heard of its end, looked in vain, and naps."""
        written = await finish(held, *drawn)
        if held.job == grids[1]:
            await looked.wait()
        return written

    monkeypatch.setattr(house.jobs, "ring", ringing)
    monkeypatch.setattr(house.jobs, "claim", looking)
    monkeypatch.setattr(house.jobs, "finish", slow)
    grids = [await house.ask("deaf", member="eve", count=4) for _ in range(3)]
    await house.staff(rogue(factory="create_crew", environment={"ROGUE_MARKER": str(marker)}), idle=3600)
    await house.began(grids[0])
    one = await house.ask("deaf", seed=5)
    await house.began(one)
    two = await house.ask(seed=6, member="joon")
    states = [house.row(job)["state"] for job in (*grids, one, two)]
    assert states == ["running", "queued", "queued", "running", "queued"]
    await asyncio.to_thread(marker.touch)
    for job, member in zip((*grids, one, two), ("eve", "eve", "eve", "mina", "joon"), strict=True):
        await house.drawn(job, member)
    began = {job: house.row(job)["started"] for job in (*grids, one, two)}
    assert began[one] <= began[two] <= began[grids[1]] <= began[grids[2]], "and all are drawn, without a long nap"


async def test_a_poison_job_takes_others_with_it_once_only(house: House) -> None:
    await house.staff(rogue(factory="create_crew"))
    jobs = [await house.ask("slow", member="mina"), await house.ask("steady", seed=4, member="joon")]
    for job in jobs:
        await house.began(job)
    poison = await house.ask("leave", member="eve")
    others = [await house.ask(seed=n, member=f"member-{n}") for n in range(4)]
    async with asyncio.timeout(20):
        while house.row(jobs[0])["attempt"] < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert await house.jobs.cancel(jobs[0], ROOM, "mina")
    house.live.cancel(jobs[0])
    assert await house.drawn(jobs[1], "joon") == 4
    assert [await house.drawn(job, f"member-{n}") for n, job in enumerate(others)] == [0, 1, 2, 3]
    assert (await house.over(poison, "eve")).error_key == "job-poison"
    assert [house.row(job)["attempt"] for job in jobs] == [2, 2]
    assert all(house.row(job)["attempt"] <= 2 for job in others)


async def test_a_graceful_stop_lets_all_running_jobs_end(house: House) -> None:
    await house.staff(rogue(factory="create_crew"))
    jobs = [await house.ask("brief", seed=n, member=f"member-{n}") for n in range(3)]
    for job in jobs:
        await house.began(job)
    await house.workers[0].stop(20)
    assert [await house.drawn(job, f"member-{n}") for n, job in enumerate(jobs)] == [0, 1, 2]


async def test_work_that_arrives_is_begun_at_once(house: House) -> None:
    slot = rogue()
    await house.staff(slot, idle=3600)
    await ready(slot)
    for n in range(20):
        await asyncio.sleep(0.01 * (n % 3))
        assert await house.drawn(await house.ask(seed=n)) == n


async def test_a_disk_that_takes_nothing_for_a_while_costs_no_avatar(house: House, caplog, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    await house.staff(rogue(environment={"ROGUE_MARKER": str(marker)}))
    job = await house.ask("deaf", seed=21)
    await house.began(job)
    spool, aside = house.folder / "spool", house.folder / "aside"
    spool.rename(aside)
    spool.touch()
    marker.touch()
    async with asyncio.timeout(20):
        while "cannot write down" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await house.jobs.view(job, ROOM, "mina")).state == "running"
    spool.unlink()
    aside.rename(spool)
    assert await house.drawn(job) == 21
    assert house.row(job)["attempt"] == 1


async def test_an_avatar_is_not_kept_in_memory_for_ever(house: House, caplog, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    await house.staff(rogue(environment={"ROGUE_MARKER": str(marker)}), patience=0.2)
    job = await house.ask("deaf", seed=22)
    await house.began(job)
    spool, aside = house.folder / "spool", house.folder / "aside"
    spool.rename(aside)
    spool.touch()
    marker.touch()
    async with asyncio.timeout(20):
        while "cannot write down" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    marker.unlink()  # the next drawing takes until the disk is well
    token = house.row(job)["token"]
    async with asyncio.timeout(20):
        while house.row(job)["token"] == token:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    spool.unlink()
    aside.rename(spool)
    marker.touch()
    assert await house.drawn(job) == 22


async def test_a_lost_photo_fails_its_job_with_a_sentence(house: House) -> None:
    job = await house.ask(photo=PHOTO)
    (house.folder / "spool" / house.row(job)["photo"]).unlink()
    await house.staff(rogue())
    view = await house.over(job)
    assert (view.state, view.error_key) == ("failed", "job-photo-lost")
    assert await house.left() == DAILY
    assert await house.drawn(await house.ask(seed=4)) == 4


@pytest.mark.parametrize("harm", ["a flipped byte", "cut short", "cut to nothing", "no file at all"])
async def test_a_photo_that_cannot_be_read_fails_its_own_job_only(house: House, harm: str) -> None:
    harmed = await house.ask(photo=PHOTO, member="eve")
    others = [await house.ask(seed=n, member=f"member-{n}") for n in range(3)]
    path = house.folder / "spool" / house.row(harmed)["photo"]
    whole = path.read_bytes()
    if harm == "a flipped byte":
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    elif harm == "no file at all":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(whole[:40] if harm == "cut short" else b"")
    await house.staff(rogue())
    assert [await house.drawn(job, f"member-{n}") for n, job in enumerate(others)] == [0, 1, 2]
    view = await house.over(harmed, "eve")
    assert (view.state, view.error_key) == ("failed", "job-photo-lost")
    assert house.row(harmed)["attempt"] == 1
    assert await house.left("eve") == DAILY


async def test_a_slot_with_a_bug_loses_no_job_and_no_worker(house: House, caplog) -> None:
    """Its line is closed under its feet: an error that nobody planned for."""
    slot = rogue()
    await house.staff(slot)
    await ready(slot)
    await slot._line.close()
    job = await house.ask(seed=6)
    async with asyncio.timeout(20):
        while "RuntimeError" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await house.staff(rogue("rogue-1"))
    assert await house.drawn(job) == 6
    running = house.workers[0]._running
    assert running is not None
    assert not running.done()


async def test_jobs_wait_for_engines_that_are_not_there_yet(house: House) -> None:
    jobs = [await house.ask(seed=n) for n in range(3)]
    broken = rogue("rogue-0", factory="create_broken")
    await house.staff(broken)
    await asyncio.sleep(1)
    assert [house.row(job)["attempt"] for job in jobs] == [0, 0, 0]
    await house.staff(rogue("rogue-1"))
    assert [await house.drawn(job) for job in jobs] == [0, 1, 2]


@pytest.fixture
def far(tmp_path: Path) -> Iterator[str]:
    """The URL of an engine server on a TCP port of this machine, with ``TOKEN``."""
    (tmp_path / "token").write_text(TOKEN)
    arguments = ["--engine", "tests.engines.rogue:create", "--port", "0", "--token-file", str(tmp_path / "token")]
    process = subprocess.Popen(
        [sys.executable, "-m", "generator.server", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    yield f"http://127.0.0.1:{process.stdout.readline().split()[-1]}"
    process.kill()
    process.communicate()


async def test_two_chats_share_one_far_engine_without_counting_attempts(house: House, far: str) -> None:
    slots = [RemoteEngine(far, TOKEN, name=f"chat-{n}", patience=CALM, ask_every=0.1) for n in range(2)]
    await house.staff(*slots)
    jobs = [await house.ask("brief", seed=n) for n in range(8)]
    assert [await house.drawn(job) for job in jobs] == list(range(8))
    assert {house.row(job)["attempt"] for job in jobs} == {1}


async def test_nothing_of_a_job_is_in_the_log(house: House, caplog) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    await house.staff(rogue())
    for style in ("grey", "fail", "bug", "segfault"):
        await house.over(await house.ask(style, seed=123_456_789, photo=PHOTO))
    assert "123456789" not in caplog.text
    assert repr(PHOTO.rgb[:20])[2:30] not in caplog.text
    assert "mina" not in caplog.text


class Confused(LocalEngine):
    """A slot with a mistake of our own in it."""

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        raise RuntimeError("bytes of a photo")


async def test_the_log_names_the_place_of_a_mistake_and_not_its_message(house: House, caplog) -> None:
    await house.staff(Confused("confused", engine="tests.engines.rogue:create", serves="rogue"))
    assert (await house.over(await house.ask())).state == "failed"
    assert "RuntimeError at draw (test_worker.py:" in caplog.text
    assert "bytes of a photo" not in caplog.text
