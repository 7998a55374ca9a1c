from __future__ import annotations

import asyncio
import logging
import os
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engines import LocalEngine, Patience, RemoteEngine, SlotNotReady, _Line
from generator.engine import Avatar, AvatarSpec, Photo, Progress
from generator.errors import DrawFailed, EngineUnavailable, SpecInvalid
from tests.engines.slots import CALM, PHOTO, SOON, is_gone, kill, ready, rogue, shade, silent, spec

TOKEN = "a-token-for-tests-only"


@pytest.fixture
async def slots() -> AsyncIterator[list]:
    """Slots to close at the end, whatever the test did."""
    made: list = []
    yield made
    for slot in made:
        await slot.close()


@pytest.fixture
async def slot(slots: list) -> LocalEngine:
    slots.append(rogue())
    await slots[0].start()
    await ready(slots[0])
    return slots[0]


async def test_a_child_process_draws_what_the_spec_says(slot: LocalEngine) -> None:
    seen: list[Progress] = []
    avatar = await slot.draw(spec(seed=2**63 - 1), seen.append)
    assert shade(avatar) == 255
    assert (avatar.size, avatar.trace, avatar.notes) == (64, "none", ("note-no-face",))
    assert slot.pid not in (None, os.getpid())


async def test_a_photo_crosses_the_border_unharmed(slot: LocalEngine) -> None:
    large = Photo(1280, 1280, os.urandom(1280 * 1280 * 3))
    for photo in (PHOTO, large):
        avatar = await slot.draw(spec(photo=photo), silent)
        assert shade(avatar) == sum(photo.rgb) % 256
        assert avatar.trace == "low"


async def until(condition: Callable[[], object], seconds: float = 40) -> None:
    """Wait for what another process brings about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


LIMITS = {"loop": {"stall": 1.2}, "chatty-loop": {"longest": 2.0}, "hog": {"silence": 1.0}}
"""What ends an engine that does not end by itself."""


@pytest.mark.parametrize(
    "crime", ["segfault", "leave", "politely-leave", "loop", "chatty-loop", "hog", "nan", "stolen-thread"]
)
async def test_a_crime_of_the_engine_costs_one_job_and_one_process(slots: list, crime: str) -> None:
    slots.append(slot := rogue(patience=replace(CALM, **LIMITS.get(crime, {}))))
    await slot.start()
    await ready(slot)
    before = slot.pid
    assert before is not None
    began = time.monotonic()
    with pytest.raises(EngineUnavailable) as caught:
        await slot.draw(spec(crime), silent)
    assert not isinstance(caught.value, SlotNotReady)
    assert time.monotonic() - began < SOON
    await ready(slot)
    assert slot.pid != before
    assert is_gone(before)
    assert shade(await slot.draw(spec(seed=9), silent)) == 9


@pytest.mark.parametrize("crime", ["segfault", "leave"])
async def test_a_crash_is_seen_at_once(slot: LocalEngine, crime: str) -> None:
    began = time.monotonic()
    with pytest.raises(EngineUnavailable):
        await slot.draw(spec(crime), silent)
    assert time.monotonic() - began < SOON  # and not by the silence that follows


async def test_an_engine_that_devours_memory_meets_its_own_limit(slots: list) -> None:
    slots.append(slot := rogue(memory=512))
    await slot.start()
    await ready(slot)
    with pytest.raises(EngineUnavailable) as caught:
        await slot.draw(spec("devour"), silent)
    assert caught.value.key == "error-engine-memory"
    await ready(slot)
    assert shade(await slot.draw(spec(), silent)) == 7


@pytest.mark.parametrize("factory", ["create_garbler", "create_huge"])
async def test_garbage_is_not_taken_for_an_avatar(slots: list, factory: str) -> None:
    slots.append(slot := rogue(factory=factory))
    await slot.start()
    await ready(slot)
    with pytest.raises(EngineUnavailable):
        await slot.draw(spec(), silent)


@pytest.mark.parametrize(
    ("style", "error", "key"),
    [
        ("refuse", SpecInvalid, "error-style"),
        ("fail", DrawFailed, "error-draw-failed"),
        ("bug", DrawFailed, "error-draw-failed"),
        ("nothing", DrawFailed, "error-draw-failed"),
    ],
)
async def test_a_job_at_fault_leaves_the_engine_alone(slot: LocalEngine, style: str, error: type, key: str) -> None:
    before = slot.pid
    with pytest.raises(error) as caught:
        await slot.draw(spec(style), silent)
    assert caught.value.key == key
    assert shade(await slot.draw(spec(), silent)) == 7
    assert slot.pid == before


async def test_a_long_drawing_is_no_stall_as_long_as_it_gets_on(slots: list) -> None:
    slots.append(slot := rogue(patience=Patience(stall=1.3)))  # ``steady`` takes longer
    await slot.start()
    await ready(slot)
    assert shade(await slot.draw(spec("steady"), silent)) == 7


@pytest.mark.parametrize(("style", "limit"), [("loop", "stall"), ("chatty-loop", "longest")])
async def test_several_pictures_at_once_have_the_time_of_each(slots: list, style: str, limit: str) -> None:
    slots.append(slot := rogue(patience=replace(CALM, **{limit: 0.1})))
    await slot.start()
    await ready(slot)
    began = asyncio.get_running_loop().time()
    with pytest.raises(EngineUnavailable):
        await slot.draw(replace(spec(style), count=4), silent)
    assert asyncio.get_running_loop().time() - began >= 4 * 0.1


async def test_a_flood_of_progress_does_not_drown_the_result(slot: LocalEngine) -> None:
    seen: list[Progress] = []
    assert shade(await slot.draw(spec("flood"), seen.append)) == 7
    assert len(seen) < 20_000


async def test_cancelling_stops_the_drawing_within_a_step(slot: LocalEngine) -> None:
    before = slot.pid
    began = asyncio.Event()
    drawing = asyncio.create_task(slot.draw(spec("slow"), lambda _: began.set()))
    await asyncio.wait_for(began.wait(), 20)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    await ready(slot, SOON)  # it would draw for five minutes, and be killed later than that
    assert slot.pid == before
    assert shade(await slot.draw(spec(), silent)) == 7


async def test_a_slot_draws_for_one_at_a_time_and_a_second_caller_harms_nobody(slots: list, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    slots.append(slot := rogue(patience=Patience(letting_go=0.1), environment={"ROGUE_MARKER": str(marker)}))
    await slot.start()
    await ready(slot)
    before = slot.pid
    began = asyncio.Event()
    first = asyncio.create_task(slot.draw(spec("deaf", seed=1), lambda _: began.set()))
    await asyncio.wait_for(began.wait(), 20)
    for _ in range(3):
        with pytest.raises(SlotNotReady):
            await slot.draw(spec(seed=2), silent)
    await asyncio.sleep(0.3)  # longer than an engine that was left gets
    marker.touch()
    assert shade(await first) == 1
    assert slot._ready.is_set()
    assert slot.pid == before


async def test_an_engine_that_ignores_cancelling_is_killed(slots: list) -> None:
    slots.append(slot := rogue(patience=replace(CALM, letting_go=0.1)))
    await slot.start()
    await ready(slot)
    before = slot.pid
    began = asyncio.Event()
    drawing = asyncio.create_task(slot.draw(replace(spec("loop"), count=3), lambda _: began.set()))
    await asyncio.wait_for(began.wait(), 20)
    left = asyncio.get_running_loop().time()
    drawing.cancel()
    await asyncio.gather(drawing, return_exceptions=True)
    with pytest.raises(SlotNotReady):
        await slot.draw(spec(), silent)
    assert before is not None
    assert await asyncio.to_thread(is_gone, before)
    assert asyncio.get_running_loop().time() - left >= 3 * 0.1, "a step of several takes longer"
    await ready(slot)
    assert slot.pid != before
    assert shade(await slot.draw(spec(), silent)) == 7


async def begin(slot: LocalEngine | RemoteEngine, style: str, **more: int) -> asyncio.Task[Avatar]:
    """A drawing that the engine has begun."""
    began = asyncio.Event()
    drawing = asyncio.create_task(slot.draw(spec(style, **more), lambda _: began.set()))
    await asyncio.wait_for(began.wait(), 20)
    return drawing


async def abandon(drawing: asyncio.Task[Avatar]) -> None:
    drawing.cancel()
    await asyncio.gather(drawing, return_exceptions=True)


@pytest.fixture
async def crew(slots: list, tmp_path: Path) -> LocalEngine:
    """Draws three at a time; ``deaf`` until ``marker`` is there."""
    patience = replace(CALM, letting_go=0.3)
    environment = {"ROGUE_MARKER": str(tmp_path / "marker")}
    slots.append(slot := rogue(factory="create_crew", patience=patience, environment=environment))
    await slot.start()
    await ready(slot)
    return slot


async def test_as_many_draw_at_once_as_there_are_seats(crew: LocalEngine, tmp_path: Path) -> None:
    assert crew.capacity == 3
    before = crew.pid
    drawings = [await begin(crew, "deaf", seed=n) for n in range(3)]
    with pytest.raises(SlotNotReady):
        await crew.draw(spec(), silent)
    (tmp_path / "marker").touch()
    assert [shade(await one) for one in drawings] == [0, 1, 2]
    assert crew.pid == before


async def test_whoever_cancels_leaves_all_other_drawings_alone(crew: LocalEngine, tmp_path: Path) -> None:
    before = crew.pid
    slow, kept = await begin(crew, "slow"), await begin(crew, "deaf", seed=5)
    ignored = await begin(crew, "deaf")
    await abandon(ignored)
    await abandon(slow)
    await ready(crew, SOON)  # the seat of the one that listens
    assert shade(await crew.draw(spec(seed=9), silent)) == 9
    await asyncio.sleep(0.5)  # longer than an engine that was left gets
    assert crew.pid == before, "it still draws for somebody"
    (tmp_path / "marker").touch()
    assert shade(await kept) == 5
    await ready(crew)
    assert crew.pid == before


async def test_an_engine_that_ignores_cancelling_is_killed_once_nobody_waits(crew: LocalEngine) -> None:
    before = crew.pid
    ignored, steady = await begin(crew, "loop"), await begin(crew, "steady", seed=5)
    await abandon(ignored)
    assert shade(await steady) == 5
    await until(lambda: crew.pid not in (before, None))
    await ready(crew)
    assert shade(await crew.draw(spec(), silent)) == 7


async def test_a_crash_costs_all_drawings_of_that_process(crew: LocalEngine) -> None:
    drawings = [await begin(crew, style) for style in ("slow", "stolen-thread")]
    for drawing in drawings:
        with pytest.raises(EngineUnavailable) as caught:
            await drawing
        assert not isinstance(caught.value, SlotNotReady)
    await ready(crew)
    assert shade(await crew.draw(spec(), silent)) == 7


async def test_a_picture_beyond_the_memory_ends_the_engine_after_the_others(crew: LocalEngine, tmp_path: Path) -> None:
    before = crew.pid
    kept = await begin(crew, "deaf", seed=5)
    with pytest.raises(EngineUnavailable) as caught:
        await crew.draw(spec("beyond"), silent)
    assert caught.value.key == "error-engine-memory"
    with pytest.raises(SlotNotReady):
        await crew.draw(spec(), silent)
    (tmp_path / "marker").touch()
    assert shade(await kept) == 5
    await until(lambda: crew.pid not in (before, None))
    await ready(crew)


async def test_an_engine_that_lacked_memory_for_somebody_who_left_is_replaced(slot: LocalEngine) -> None:
    before = slot.pid
    await abandon(await begin(slot, "beyond-late"))
    await ready(slot)
    assert slot.pid != before
    assert shade(await slot.draw(spec(), silent)) == 7


async def test_a_picture_whose_weights_are_not_there_leaves_the_engine_alone(slot: LocalEngine) -> None:
    before = slot.pid
    with pytest.raises(EngineUnavailable) as caught:
        await slot.draw(spec("lack"), silent)
    assert caught.value.key == "error-model-missing"
    assert shade(await slot.draw(spec(), silent)) == 7
    assert slot.pid == before


async def test_an_engine_that_cannot_be_had_says_so_until_it_can(slots: list, tmp_path: Path, caplog) -> None:
    environment = {"ROGUE_MARKER": str(tmp_path / "marker")}
    slots.append(slot := rogue(factory="create_weightless", rest=0.05, environment=environment))
    assert not slot.hopeless
    await slot.start()
    await until(lambda: slot.hopeless)
    assert slot.down_since is not None
    (tmp_path / "marker").touch()
    await ready(slot)
    assert not slot.hopeless
    assert slot.down_since is None


async def test_since_when_an_engine_is_away_is_known(slot: LocalEngine) -> None:
    assert slot.down_since is None
    before = asyncio.get_running_loop().time()
    assert slot.pid is not None
    kill(slot.pid)
    await until(lambda: slot.down_since is not None)
    assert slot.down_since is not None
    assert slot.down_since >= before
    await ready(slot)
    assert slot.down_since is None


async def test_an_engine_killed_between_jobs_is_started_again(slot: LocalEngine) -> None:
    before = slot.pid
    assert before is not None
    kill(before)
    await until(lambda: slot.pid != before)
    await ready(slot)
    assert shade(await slot.draw(spec(), silent)) == 7


async def test_an_engine_that_cannot_start_rests_and_is_tried_again(slots: list, caplog) -> None:
    caplog.set_level(logging.INFO)
    slots.append(slot := rogue(factory="create_broken", crashes=1, rest=0.2))
    await slot.start()
    await until(lambda: caplog.text.count("resting") >= 2)
    assert "no weights here" in caplog.text  # the child's own words reach the log
    with pytest.raises(SlotNotReady):
        await slot.draw(spec(), silent)


async def test_an_engine_that_never_comes_up_is_given_up(slots: list, caplog) -> None:
    caplog.set_level(logging.INFO)
    patience = Patience(start=1.0)
    slots.append(slot := rogue(factory="create_sleepy", patience=patience))
    await slot.start()
    await until(lambda: "ended with SIGKILL" in caplog.text)
    assert "did not start" in caplog.text


async def test_a_shouting_engine_fills_neither_pipe_nor_log(slot: LocalEngine, caplog) -> None:
    caplog.set_level(logging.INFO)
    assert shade(await slot.draw(spec("shout"), silent)) == 7
    await slot.close()
    assert 10 < len(caplog.records) < 300
    assert max(len(record.getMessage()) for record in caplog.records) < 600
    assert "more lines" in caplog.text


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_nobody_else_can_reach_the_socket_and_nothing_stays(slot: LocalEngine) -> None:
    path: Path = slot._socket
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    pid = slot.pid
    assert pid is not None
    await slot.close()
    assert not path.parent.exists()
    assert is_gone(pid)


@pytest.fixture
def own_tempdir(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sockets of this test alone: others sweep theirs, too. ``tmp_path`` is too long for one."""
    with tempfile.TemporaryDirectory(prefix="bpp-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield
        monkeypatch.undo()


@pytest.mark.usefixtures("own_tempdir")
async def test_being_cancelled_as_the_answer_arrives_is_no_accident(tmp_path: Path) -> None:
    loop, accidents = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: accidents.append(context))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "engine"))
        server.listen()
        server.setblocking(False)
        line = _Line("http://engine", CALM, uds=tmp_path / "engine")
        asking = asyncio.create_task(line.health())
        async with asyncio.timeout(SOON):
            connection, _ = await loop.sock_accept(server)
            with connection:
                await loop.sock_recv(connection, 65536)
                for _ in range(10):  # it waits for the answer by now
                    await asyncio.sleep(0)
                connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
                loop.call_soon(asking.cancel)  # before the loop looks what has arrived
                await asyncio.wait({asking})
        await line.close()
    assert asking.cancelled()
    assert accidents == []


async def test_what_killed_processes_left_is_swept_and_what_lives_is_not(slots: list) -> None:
    for _ in range(2):
        slots.append(slot := rogue())
        await slot.start()
        await ready(slot)
    killed, living = slots[0]._socket.parent.with_name("bpp-engine-of-nobody"), slots[0]._socket.parent
    killed.mkdir()
    (killed / "engine").touch()
    for folder in (killed, living):
        os.utime(folder, (1, 1))
    slots.append(third := rogue())
    await third.start()
    assert not killed.exists()
    assert shade(await slots[0].draw(spec(), silent)) == 7


async def test_a_child_is_told_no_secret_of_the_chat_process(slots: list, monkeypatch) -> None:
    monkeypatch.setenv("BPP_DISCORD_TOKEN", "very-secret")
    slots.append(slot := rogue(environment={"CUDA_VISIBLE_DEVICES": "1"}))
    await slot.start()
    await ready(slot)
    environment = await asyncio.to_thread(Path(f"/proc/{slot.pid}/environ").read_bytes)
    assert b"very-secret" not in environment
    assert b"CUDA_VISIBLE_DEVICES=1" in environment


@pytest.mark.parametrize("style", ["grey", "slow", "hog"])
def test_killing_the_chat_process_leaves_no_engine_behind(style: str) -> None:
    script = f"""
        import asyncio
        from tests.engines.slots import rogue, spec
        async def main():
            slot = rogue()
            await slot.start()
            await slot.ready()
            drawing = asyncio.create_task(slot.draw(spec({style!r}), lambda progress: None))
            await asyncio.sleep(0.3)
            print(slot.pid, flush=True)
            await asyncio.sleep(60)
        asyncio.run(main())
    """
    chat = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert chat.stdout is not None
    with chat, chat.stdout:
        engine = int(chat.stdout.readline())
        assert not is_gone(engine, 0.05)
        chat.kill()
        assert is_gone(engine)


async def test_the_classic_engine_draws_figures_and_photos_behind_the_border(slots: list) -> None:
    slots.append(slot := LocalEngine(memory=2048))
    await slot.start()
    await ready(slot, 30)
    assert slot.engines == {"classic"}
    grey = Photo(200, 200, bytes(range(200)) * 600)
    for photo in (None, grey):
        avatar = await slot.draw(AvatarSpec("ink", 5, photo, size=128), silent)
        assert avatar.size == 128
    with pytest.raises(SpecInvalid):
        await slot.draw(AvatarSpec("no-such-style", 5), silent)


# --- another machine -----------------------------------------------------------------------------------------------


class Far:
    """An engine server of its own, on a TCP port of this machine."""

    def __init__(self, folder: Path, factory: str = "create") -> None:
        self._engine = f"tests.engines.rogue:{factory}"
        self._token = folder / "token"
        self._token.write_text(TOKEN + "\n")
        self.port = 0
        self.start()

    def start(self) -> None:
        arguments = [
            "--engine",
            self._engine,
            "--port",
            str(self.port),
            "--token-file",
            str(self._token),
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "generator.server", "--heartbeat", "0.2", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().split()[-1])

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    server = Far(tmp_path)
    yield server
    server.stop()


async def far_slot(slots: list, url: str, token: str = TOKEN, **limits: float) -> RemoteEngine:
    slots.append(slot := RemoteEngine(url, token, patience=replace(CALM, **limits), ask_every=0.1))
    await slot.start()
    return slot


async def test_an_engine_behind_a_url_draws_the_same(slots: list, far: Far) -> None:
    slot = await far_slot(slots, far.url)
    await ready(slot)
    assert slot.engines == {"rogue"}
    assert shade(await slot.draw(spec(photo=PHOTO), silent)) == sum(PHOTO.rgb) % 256


async def test_a_wrong_token_draws_nothing_and_is_said_once(slots: list, far: Far, caplog) -> None:
    slot = await far_slot(slots, far.url, "another-token-than-that")
    await until(lambda: "error-engine-token" in caplog.text)
    await asyncio.sleep(0.5)  # it goes on asking
    with pytest.raises(SlotNotReady):
        await slot.draw(spec(), silent)
    with pytest.raises(SlotNotReady) as caught:  # also when it tries in spite of that
        await slot._line.draw(spec(), silent)
    assert caught.value.key == "error-engine-token"
    assert caplog.text.count("error-engine-token") == 1


async def test_a_closed_stream_stops_the_far_engine_within_a_step(slots: list, far: Far) -> None:
    slot = await far_slot(slots, far.url)
    await ready(slot)
    began = asyncio.Event()
    drawing = asyncio.create_task(slot.draw(spec("slow"), lambda _: began.set()))
    await asyncio.wait_for(began.wait(), 20)
    drawing.cancel()
    await asyncio.gather(drawing, return_exceptions=True)
    await ready(slot, SOON)  # it would draw for five minutes
    assert shade(await slot.draw(spec(), silent)) == 7


async def test_a_busy_far_engine_takes_no_second_job(slots: list, far: Far) -> None:
    first, second = await far_slot(slots, far.url), await far_slot(slots, far.url)
    await ready(first)
    await ready(second)
    began = asyncio.Event()
    drawing = asyncio.create_task(first.draw(spec("slow"), lambda _: began.set()))
    await asyncio.wait_for(began.wait(), 20)
    with pytest.raises(SlotNotReady):
        await second.draw(spec(), silent)
    drawing.cancel()
    await asyncio.gather(drawing, return_exceptions=True)
    await ready(second)
    assert shade(await second.draw(spec(), silent)) == 7


@pytest.fixture
def far_crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    """Draws three at a time; ``deaf`` until ``marker`` is there."""
    monkeypatch.setenv("ROGUE_MARKER", str(tmp_path / "marker"))
    server = Far(tmp_path, "create_crew")
    yield server
    server.stop()


async def test_two_bots_share_the_seats_of_a_far_engine(slots: list, far_crew: Far, tmp_path: Path) -> None:
    first, second = await far_slot(slots, far_crew.url), await far_slot(slots, far_crew.url)
    await ready(first)
    await ready(second)
    assert first.capacity == 3
    kept = [await begin(first, "deaf", seed=n) for n in range(2)]
    slow = await begin(second, "slow")
    with pytest.raises(SlotNotReady):
        await first.draw(spec(), silent)
    await abandon(slow)
    for slot in (first, second):
        await ready(slot, SOON)
        assert shade(await slot.draw(spec(seed=8), silent)) == 8
    (tmp_path / "marker").touch()
    assert [shade(await one) for one in kept] == [0, 1]


async def test_another_engine_than_expected_is_told_in_the_log(slots: list, far: Far, caplog) -> None:
    slots.append(slot := RemoteEngine(far.url, TOKEN, expects="sdxl", patience=CALM, ask_every=0.1))
    assert slot.engines == {"sdxl"}
    await slot.start()
    await ready(slot)
    assert slot.engines == {"rogue"}
    assert caplog.text.count("sdxl was expected") == 1


async def test_a_far_engine_that_never_gets_free_is_told_in_the_log(slots: list, far: Far, caplog) -> None:
    slot = await far_slot(slots, far.url, longest=2.0)
    await ready(slot)
    began = asyncio.Event()
    drawing = asyncio.create_task(slot.draw(spec("loop"), lambda _: began.set()))
    await asyncio.wait_for(began.wait(), 20)
    drawing.cancel()
    await asyncio.gather(drawing, return_exceptions=True)
    await until(lambda: "busy for" in caplog.text)
    await asyncio.sleep(0.3)
    assert caplog.text.count("busy for") == 1  # not every time that it is asked
    far.stop()
    await asyncio.to_thread(far.start)
    await ready(slot)
    assert shade(await slot.draw(spec(), silent)) == 7


async def test_a_far_engine_that_died_is_used_again_when_it_is_back(slots: list, far: Far) -> None:
    slot = await far_slot(slots, far.url)
    await ready(slot)
    began = asyncio.Event()
    drawing = asyncio.create_task(slot.draw(spec("slow"), lambda _: began.set()))
    await asyncio.wait_for(began.wait(), 20)
    far.stop()
    with pytest.raises(EngineUnavailable):
        await drawing
    with pytest.raises(SlotNotReady):
        await slot.draw(spec(), silent)
    await asyncio.to_thread(far.start)
    await ready(slot)
    assert shade(await slot.draw(spec(), silent)) == 7


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00" * 100,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\nh\x00\x02\x00\x00\x00\x00{}",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nGZIP",
    ],
)
async def test_a_server_that_speaks_nonsense_is_only_unavailable(slots: list, answer: bytes) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    async with server:
        slot = await far_slot(slots, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(EngineUnavailable):
            await slot._line.draw(spec(photo=PHOTO), silent)
        with pytest.raises(SlotNotReady):
            await slot._line.health()
        await asyncio.sleep(0.1)
        assert not slot._ready.is_set()


async def test_a_server_that_never_answers_is_given_up(slots: list) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with server:
        slot = await far_slot(slots, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", silence=1.0)
        began = time.monotonic()
        with pytest.raises(EngineUnavailable):
            await slot._line.draw(spec(), silent)
        assert time.monotonic() - began < SOON
