"""How it feels in the room: acknowledgement and loop lag under a burst, memory, and the time to an avatar."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import websockets
from PIL import Image
from websockets.typing import Origin

from benchmarks.report import Row, write
from bot import wiring
from bot.chat import Address, Call, Reply
from bot.config import Settings
from bot.secrets import Secret

BURST = 1000
EVENTS_PER_TURN = 10
"""A chat network's connection hands over events as it reads them: some a turn of the loop, never all in one."""
WARM, COUNTED = 3, 16  # together under a member's daily quota


class Nowhere:
    """A platform that takes every message at once, as a chat network's send buffer does."""

    name = "bench"
    throttle = 2.0

    async def show(self, address: Address, reply: Reply) -> None:
        """Taken."""


async def lag(samples: list[float], stop: asyncio.Event) -> None:
    """How much later than asked the loop wakes, every 5 ms."""
    while not stop.is_set():
        asked = time.perf_counter()
        await asyncio.sleep(0.005)
        samples.append((time.perf_counter() - asked - 0.005) * 1000)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def burst(folder: Path) -> list[Row]:
    """1,000 members call /avatar at the same moment while two slots draw."""
    settings = Settings(data=folder, engines=["classic", "classic"])
    started = wiring.application(settings, Secret(os.urandom(32)), wiring.create_slots(settings))
    async with started as app, wiring.work(app, [Nowhere()], drain=0):
        for slot in app.slots:
            await slot.ready()
        handle = app.dispatcher.handle

        async def one(number: int, taken: list[float]) -> None:
            began = time.perf_counter()
            reply = await handle(
                Call(
                    key=f"burst-{number}",
                    platform="bench",
                    room=f"room-{number % 20}",
                    member=f"member-{number}",
                    command="avatar",
                    address=Address("bench", f"{number}"),
                )
            )
            taken.append((time.perf_counter() - began) * 1000)
            assert reply.busy, reply

        for number in range(-20, 0):  # both slots are drawing when the burst comes
            await one(number, [])
        await asyncio.sleep(1)
        taken: list[float] = []
        lags: list[float] = []
        stop = asyncio.Event()
        watching = asyncio.create_task(lag(lags, stop))
        calls: list[asyncio.Task[None]] = []
        for number in range(BURST):
            calls.append(asyncio.create_task(one(number, taken)))
            if number % EVENTS_PER_TURN == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*calls)
        await asyncio.sleep(2)  # what the burst sets off afterwards counts too
        stop.set()
        await watching
    return [
        Row(f"acknowledgement of {BURST} simultaneous /avatar, p50", percentile(taken, 0.50), "ms"),
        Row(f"acknowledgement of {BURST} simultaneous /avatar, p99", percentile(taken, 0.99), "ms", "< 100"),
        Row("event-loop lag meanwhile, p99", percentile(lags, 0.99), "ms", "< 20"),
        Row("event-loop lag meanwhile, max", max(lags), "ms"),
    ]


def selfie() -> bytes:
    """A 12-megapixel JPEG like a phone's, made of a figure: no real face is needed to measure."""
    from generator.classic import ClassicEngine
    from generator.engine import AvatarSpec
    from generator.styles import load_catalog

    spec = AvatarSpec(style="peeps", seed=3, size=1024, traits={"skin": "medium", "hair": "short"})
    figure = Image.open(io.BytesIO(ClassicEngine(load_catalog()).draw(spec, lambda _: None, lambda: False).png))
    out = io.BytesIO()
    figure.convert("RGB").resize((3464, 3464)).save(out, "JPEG", quality=90)
    return out.getvalue()


async def in_the_room(folder: Path) -> list[Row]:
    """One member over the room's real HTTP and WebSocket; nothing else is going on."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", "room", "--port", "0", "--no-browser", "--data", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "BPP_SECRET_FILE": str(folder / "secret"),
            "BPP_LOG_LEVEL": "WARNING",
        },
    )
    assert process.stdout
    address = re.search(r"http://\S+", (await process.stdout.readline()).decode())
    assert address
    base = address.group(0)
    try:
        figure = await as_member(base, {}, None)
        photo = await as_member(base, {"style": "ink"}, selfie())
        chat = psutil.Process(process.pid)
        memory = chat.memory_info().rss / 2**20
    finally:
        process.terminate()
        await process.wait()
    return [
        Row("/avatar without a photo, 640 px, press to picture, median", figure, "s", "< 1"),
        Row("/avatar with a 12-megapixel JPEG, ink, 640 px, press to picture, median", photo, "s", "< 1"),
        Row("memory of the chat process afterwards", memory, "MiB", "< 150"),
    ]


async def as_member(base: str, arguments: dict[str, str], photo: bytes | None) -> float:
    """Median seconds of /avatar for somebody who is new in the room."""
    origin = base.rstrip("/")
    async with httpx.AsyncClient(base_url=base, headers={"Origin": origin}, timeout=30) as client:
        await client.post("/knock")
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        line = websockets.connect(f"ws{base[4:]}live", additional_headers={"Cookie": cookie}, origin=Origin(origin))
        async with line as socket:
            return await median(lambda: avatar(client, socket, arguments, photo))


async def median(measure: Callable[[], Awaitable[float]]) -> float:
    """Median of the counted tries, in seconds; the room's own limit on calls a second is waited out."""
    times: list[float] = []
    for _ in range(WARM + COUNTED):
        times.append(await measure())
        await asyncio.sleep(0.7)
    return statistics.median(times[WARM:])


async def avatar(client: httpx.AsyncClient, socket: Any, arguments: dict[str, str], photo: bytes | None) -> float:
    """Seconds from the call until the page has the finished picture's bytes."""
    bubble = uuid.uuid4().hex
    head = json.dumps({"id": bubble, "command": "avatar", "arguments": arguments}).encode()
    began = time.perf_counter()
    answer = await client.post("/call", content=len(head).to_bytes(4, "big") + head + (photo or b""))
    answer.raise_for_status()
    while True:
        event = json.loads(await asyncio.wait_for(socket.recv(), 30))
        if event.get("type") != "bubble" or event["bubble"]["id"] != bubble:
            continue
        shown = event["bubble"]
        await socket.send(json.dumps({"seen": [bubble, shown["version"]]}))
        if not shown["busy"]:
            picture = shown["picture"]["src"]
            (await client.get(f"/{picture}")).raise_for_status()
            return time.perf_counter() - began


def command_line() -> list[Row]:
    """How soon ``bpp --help`` answers, as a whole process."""
    times: list[float] = []
    for _ in range(9):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bot.cli", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return [Row("bpp --help, median of 9", statistics.median(times), "s", "< 0.5")]


def main() -> None:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        rows = asyncio.run(burst(Path(first)))
        rows += asyncio.run(in_the_room(Path(second)))
    rows += command_line()
    write("room", "python -m benchmarks.room", rows)


if __name__ == "__main__":
    main()
