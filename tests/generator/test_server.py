from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from generator.engine import Avatar, AvatarSpec, Progress
from generator.errors import EngineUnavailable, SpecInvalid
from generator.server import create_app
from generator.wire import CANNOT, DRAWING, MAX_REQUEST_BYTES, Frames, Heartbeat, encode_request
from tests.engines.rogue import create
from tests.engines.slots import SOON, spec

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def marker(tmp_path_factory) -> Path:
    """Once it is there, ``deaf`` has drawn long enough."""
    return tmp_path_factory.mktemp("deaf") / "marker"


@pytest.fixture(scope="module")
def socket(tmp_path_factory, marker: Path) -> Iterator[Path]:
    """A server with a rogue engine, in a process of its own."""
    path = tmp_path_factory.mktemp("border") / "engine"
    # Signs of life so often that some of them come even when a busy machine lets this server sleep.
    arguments = ["--engine", "tests.engines.rogue:create", "--uds", str(path), "--heartbeat", "0.02"]
    environment = os.environ | {"ROGUE_MARKER": str(marker)}
    process = subprocess.Popen([sys.executable, "-m", "generator.server", *arguments], cwd=ROOT, env=environment)
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.02)
    yield path
    process.kill()
    process.wait()


@pytest.fixture
async def client(socket: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.AsyncHTTPTransport(uds=str(socket), retries=20)
    async with httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=20) as client:
        yield client
        await idle(client)


async def idle(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(SOON):
        while (await client.get("/healthz")).json()["busy"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def body(wanted: AvatarSpec) -> bytes:
    return b"".join(encode_request(wanted)[1])


async def test_health_names_the_engine(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert answer.json() == {
        "ok": True,
        "engine": "rogue",
        "version": "1",
        "busy": False,
        "worn": False,
        "capacity": 1,
        "drawings": [],
        "checks": False,
    }


async def test_a_drawing_streams_signs_of_life_and_ends_with_the_avatar(client: httpx.AsyncClient) -> None:
    answer = await client.post("/draw", content=body(spec("brief")))
    frames = list(Frames().feed(answer.content))
    assert isinstance(frames[-1], Avatar)
    assert Progress(0.1) in frames
    assert frames.count(Heartbeat()) >= 2


async def test_an_invalid_request_is_refused_with_its_reason(client: httpx.AsyncClient) -> None:
    for content in (b"", b"nonsense", body(spec())[:-1], body(spec()) + b"more"):
        answer = await client.post("/draw", content=content)
        assert answer.status_code == 422
        (frame,) = Frames().feed(answer.content)
        assert isinstance(frame, SpecInvalid)


async def test_a_body_that_is_too_long_is_not_read_to_its_end(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10 * MAX_REQUEST_BYTES:
            sent += 2**20
            yield bytes(2**20)

    try:
        answer = await client.post("/draw", content=endless())
        assert answer.status_code == 413
    except httpx.WriteError:
        pass  # the server hung up while we were talking
    assert sent < 5 * MAX_REQUEST_BYTES


async def test_other_ways_lead_nowhere(client: httpx.AsyncClient) -> None:
    assert (await client.get("/draw")).status_code == 405
    assert (await client.post("/healthz")).status_code == 405
    assert (await client.get("/")).status_code == 404


async def test_a_second_job_is_told_that_the_engine_is_busy(client: httpx.AsyncClient) -> None:
    async with client.stream("POST", "/draw", content=body(spec("slow"))) as first:
        assert first.status_code == 200
        assert (await client.get("/healthz")).json()["busy"] is True
        assert (await client.post("/draw", content=body(spec()))).status_code == 503
    await idle(client)
    assert (await client.post("/draw", content=body(spec()))).status_code == 200


async def test_a_cut_connection_does_not_free_an_engine_that_still_draws(
    client: httpx.AsyncClient, marker: Path
) -> None:
    async with client.stream("POST", "/draw", content=body(spec("deaf"))):
        pass
    for _ in range(5):
        assert (await client.post("/draw", content=body(spec()))).status_code == 503
    await asyncio.to_thread(marker.touch)
    await idle(client)
    assert (await client.post("/draw", content=body(spec()))).status_code == 200


async def test_a_cut_connection_cancels(client: httpx.AsyncClient) -> None:
    """``slow`` would draw for five minutes."""
    async with client.stream("POST", "/draw", content=body(spec("slow"))):
        pass
    await idle(client)


async def test_a_hundred_connections_cut_at_odd_moments_leave_a_working_server(socket: Path, client) -> None:
    content = body(spec("brief"))
    request = b"POST /draw HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(content) + content
    for n in range(100):
        _, writer = await asyncio.open_unix_connection(str(socket))
        writer.write(request[: len(request) * n // 99])
        await asyncio.sleep(0.001 * (n % 5))
        writer.close()
    await idle(client)
    assert isinstance(list(Frames().feed((await client.post("/draw", content=content)).content))[-1], Avatar)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--port", "0"], "--token-file"),
        ([], "--uds and --port"),
        (["--uds", "/tmp/x", "--port", "0"], "--uds and --port"),
    ],
)
def test_a_server_that_strangers_could_reach_without_a_token_does_not_start(
    arguments: list[str], complaint: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "generator.server", *arguments], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 2
    assert complaint in done.stderr


def test_a_short_token_is_none(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("short")
    done = subprocess.run(
        [sys.executable, "-m", "generator.server", "--port", "0", "--token-file", str(file)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert "16 characters" in done.stderr


def test_only_the_right_token_opens(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("the-right-token-is-this")
    arguments = ["--engine", "tests.engines.rogue:create", "--port", "0", "--token-file", str(file)]
    with subprocess.Popen(
        [sys.executable, "-m", "generator.server", *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().split()[-1]}"
        try:
            with httpx.Client(base_url=url, transport=httpx.HTTPTransport(retries=5)) as client:
                assert client.get("/healthz").json() == {"ok": True}  # enough for a health check, nothing to learn
                for given in (
                    "",
                    "Bearer",
                    "Bearer the-right-token-is-thi",
                    "the-right-token-is-this",
                    "\xff",
                ):
                    headers = {"Authorization": given.encode("latin-1")}
                    assert client.get("/healthz", headers=headers).status_code == 401
                    assert client.post("/draw", content=body(spec()), headers=headers).status_code == 401
                assert client.post("/draw", content=body(spec())).status_code == 401
                right = {"Authorization": "Bearer the-right-token-is-this"}
                assert client.get("/healthz", headers=right).json()["engine"] == "rogue"
                assert client.post("/draw", content=body(spec()), headers=right).status_code == 200
        finally:
            process.kill()


def test_the_server_lives_without_picture_libraries_of_its_own() -> None:
    """Whatever is loaded beside the engine is another thing that a crash or a leak could come from."""
    script = "import sys, generator.server; print([m for m in ('cv2', 'torch', 'PIL', 'bot') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@contextmanager
def serving(
    folder: Path, *options: str, factory: str = "create", environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A server of a rogue engine without anybody who minds it; whatever it says can be read from it."""
    path = folder / "engine"
    arguments = ["--engine", f"tests.engines.rogue:{factory}", "--uds", str(path), *options]
    with subprocess.Popen(
        [sys.executable, "-m", "generator.server", *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (environment or {}),
    ) as process:
        try:
            while not path.exists():
                assert process.poll() is None
                time.sleep(0.02)
            yield process, path
        finally:
            process.kill()


async def draw_and_leave(path: Path, style: str) -> None:
    """Ask for a drawing and hang up as soon as it has begun."""
    transport = httpx.AsyncHTTPTransport(uds=str(path), retries=20)
    async with httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=20) as client:
        with suppress(httpx.TransportError):  # ``hog`` says nothing until the server ends
            async with client.stream("POST", "/draw", content=body(spec(style))) as answer:
                async for _ in answer.aiter_raw():
                    return


async def test_as_many_are_drawn_at_once_as_the_engine_can_and_each_is_left_alone(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    with serving(tmp_path, factory="create_crew", environment={"ROGUE_MARKER": str(marker)}) as (_, path):
        transport = httpx.AsyncHTTPTransport(uds=str(path), retries=20)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=20) as client,
            AsyncExitStack() as stack,
        ):

            async def begin(style: str, name: str) -> httpx.Response:
                return await stack.enter_async_context(
                    client.stream("POST", "/draw", content=body(spec(style)), headers={DRAWING: name})
                )

            async def at_work() -> list[str]:
                return (await client.get("/healthz")).json()["drawings"]

            slow, deaf, other = "a" * 16, "b" * 16, "c" * 16
            left = await begin("slow", slow)
            kept = await begin("deaf", deaf)
            assert (await client.get("/healthz")).json()["busy"] is False
            assert (await begin("deaf", deaf)).status_code == 503, "that name is taken"
            third = await begin("deaf", other)
            assert [one.status_code for one in (left, kept, third)] == [200] * 3
            assert (await client.get("/healthz")).json()["busy"] is True
            assert await at_work() == [slow, deaf, other]
            assert (await client.post("/draw", content=body(spec()))).status_code == 503
            await left.aclose()
            async with asyncio.timeout(SOON):
                while slow in await at_work():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert await at_work() == [deaf, other]
            assert (await client.post("/draw", content=body(spec()))).status_code == 200, "its seat is free"
            await asyncio.to_thread(marker.touch)
            for one in (kept, third):
                frames = list(Frames().feed(await one.aread()))
                assert isinstance(frames[-1], Avatar)


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("create_weightless", "error-model-missing"),
        ("create_unlibraried", "a_library_that_nobody_has is not installed"),
    ],
)
def test_a_server_that_cannot_have_its_engine_says_so_by_how_it_ends(tmp_path: Path, factory: str, said: str) -> None:
    arguments = ["--engine", f"tests.engines.rogue:{factory}", "--uds", str(tmp_path / "engine")]
    done = subprocess.run(
        [sys.executable, "-m", "generator.server", *arguments], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == CANNOT
    assert said in done.stderr
    assert "Traceback" not in done.stderr


WAKING = """
import ctypes, pathlib, sys, types
from generator import server

def say(what):
    (line,) = [line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if "NoNewPrivs" in line]
    print(what, line.split()[1], flush=True)

def library(name, *rest, real=ctypes.CDLL, **more):
    known = types.SimpleNamespace(cuInit=lambda flags: say("driver woken"))
    return known if name == "libcuda.so.1" else real(name, *rest, **more)

def load(arguments):
    say("engine loaded")
    return types.SimpleNamespace(device="cpu")

ctypes.CDLL, server._load = library, load
server.main(["--engine", "sdxl", "--models", "none", "--uds", "/nowhere/engine", "--device", sys.argv[1]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no_new_privs is Linux's")
@pytest.mark.parametrize(
    ("device", "said", "slow"),
    [
        ("auto", "driver woken 0\nengine loaded 1\n", True),
        ("cpu", "engine loaded 1\n", False),
    ],
)
def test_a_gpus_driver_is_woken_while_its_own_helper_may_still_do_that(device: str, said: str, slow: bool) -> None:
    done = subprocess.run([sys.executable, "-c", WAKING, device], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == said
    assert ("paints on the processor" in done.stderr) is slow, "who asked for the processor knows"
    assert "nowhere" in done.stderr or "FileNotFound" in done.stderr, "it came as far as its socket"


@pytest.mark.parametrize("style", ["loop", "hog"])
async def test_a_server_whose_engine_hangs_ends_and_says_where(tmp_path: Path, style: str) -> None:
    """``hog`` never lets go of the interpreter lock, so that nothing of the server's own gets a turn."""
    with serving(tmp_path, "--stuck", "1") as (process, path):
        await draw_and_leave(path, style)
        assert await asyncio.to_thread(process.wait, SOON) == 1
        assert process.stderr is not None
        said = process.stderr.read()
    assert f"in _{style}" in said
    assert "rogue.py" in said


@pytest.mark.parametrize("style", ["lose", "beyond"])
async def test_a_server_whose_engine_lost_its_device_or_lacks_memory_says_so_and_ends(
    tmp_path: Path, style: str
) -> None:
    with serving(tmp_path) as (process, path):
        transport = httpx.AsyncHTTPTransport(uds=str(path), retries=20)
        async with httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=20) as client:
            answer = await client.post("/draw", content=body(spec(style)))
        assert isinstance(list(Frames().feed(answer.content))[-1], EngineUnavailable)
        assert await asyncio.to_thread(process.wait, SOON) == 1


async def test_a_server_that_ends_lets_the_last_picture_arrive(tmp_path: Path) -> None:
    with serving(tmp_path, "--stuck", "0.8", factory="create_crew") as (process, path):
        transport = httpx.AsyncHTTPTransport(uds=str(path), retries=20)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=20) as client,
            client.stream("POST", "/draw", content=body(spec("bulky"))) as answer,
        ):
            await client.post("/draw", content=body(spec("beyond")))
            async with asyncio.timeout(SOON):
                while (health := (await client.get("/healthz")).json())["drawings"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert health["worn"]
            with pytest.raises(subprocess.TimeoutExpired):
                await asyncio.to_thread(process.wait, 0.4)  # it looks ten times a second whether it should end
            frames = list(Frames().feed(await answer.aread()))
        assert isinstance(frames[-1], Avatar)
        assert await asyncio.to_thread(process.wait, SOON) == 1


async def test_a_server_whose_engine_stops_or_is_listened_to_does_not_end(tmp_path: Path) -> None:
    with serving(tmp_path, "--stuck", "1.3") as (process, path):  # ``steady`` takes longer
        await draw_and_leave(path, "slow")
        transport = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=20) as client:
            await idle(client)
            answer = await client.post("/draw", content=body(spec("steady")))
        assert isinstance(list(Frames().feed(answer.content))[-1], Avatar)
        assert process.poll() is None


async def test_a_server_does_not_end_while_somebody_waits_for_another_drawing(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    crew = serving(tmp_path, "--stuck", "0.8", factory="create_crew", environment={"ROGUE_MARKER": str(marker)})
    with crew as (process, path):
        await draw_and_leave(path, "deaf")
        transport = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=20) as client:
            answer = await client.post("/draw", content=body(spec("steady")))  # takes longer
        assert isinstance(list(Frames().feed(answer.content))[-1], Avatar)
        assert await asyncio.to_thread(process.wait, SOON) == 1, "nobody waits any more"


async def test_the_message_of_a_mistake_in_an_engine_is_not_logged(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, path):
        transport = httpx.AsyncHTTPTransport(uds=str(path), retries=20)
        async with httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=20) as client:
            await client.post("/draw", content=body(spec("bug")))
        process.terminate()
        assert process.stderr is not None
        said = process.stderr.read()
    assert "KeyError at _bug (rogue.py:" in said
    assert "a bug" not in said


async def test_a_drawing_that_cannot_begin_leaves_the_engine_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    transport = httpx.ASGITransport(create_app(create([])))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            assert (await client.post("/draw", content=body(spec()))).status_code == 503
        assert (await client.get("/healthz")).json()["busy"] is False
        assert (await client.post("/draw", content=body(spec()))).status_code == 200
