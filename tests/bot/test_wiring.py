"""The whole bot as one process: how it starts, says that it is well, and stops."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import socket
import sqlite3
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from adapters.telegram import connection
from bot import wiring
from bot.chat import Address, Call
from bot.config import ConfigInvalid, Settings
from bot.engines import LocalEngine
from bot.errors import BotError
from bot.secrets import Secret
from tests.telegram_peer.peer import TelegramPeer

ROOT = Path(__file__).parent.parent.parent


@asynccontextmanager
async def room(
    folder: Path, *arguments: str, **environment: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A running ``bpp room`` and its address; killed if it is still there at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", "room", "--port", "0", "--data", str(folder / "data"), *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONUNBUFFERED": "1",
            "BPP_SECRET_FILE": str(folder / "secret"),
            "BPP_ENGINES": "classic",
            **environment,
        },
    )
    assert process.stdout
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        address = re.search(r"http://\S+", line)
        assert address, line
        yield process, address.group(0)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_ctrl_c_stops_the_room_while_a_text_browser_is_still_open(tmp_path: Path) -> None:
    browser = tmp_path / "slow.sh"
    browser.write_text("#!/bin/sh\nexec sleep 20 >/dev/null 2>&1\n")
    browser.chmod(0o755)
    async with room(tmp_path, BROWSER=f"{browser} %s") as (process, _):
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 15) == 0


async def test_the_process_that_holds_photos_leaves_no_core_dump(tmp_path: Path) -> None:
    async with room(tmp_path, "--no-browser") as (process, _):
        limits = await asyncio.to_thread(Path(f"/proc/{process.pid}/limits").read_text)
        assert re.search(r"Max core file size\s+0\s+0\s", limits)


async def test_health_is_told_over_http(tmp_path: Path) -> None:
    async with room(tmp_path, "--no-browser") as (_, address):
        answer = await asyncio.to_thread(urllib.request.urlopen, f"{address}healthz", timeout=10)
        assert answer.status == 200


def slots_of(folder: Path, engines: str, **more: str) -> list[tuple[str, frozenset[str]]]:
    settings = Settings(data=folder, secret_file=folder / "secret", engines=engines, **more)  # type: ignore[arg-type]
    return [(slot.name, slot.engines) for slot in wiring.create_slots(settings)]


def test_each_entry_of_engines_is_a_slot_and_sdxl_is_never_alone(tmp_path: Path) -> None:
    classic, sdxl = frozenset({"classic"}), frozenset({"sdxl"})
    token = {"engine_token": "0123456789abcdef"}
    assert slots_of(tmp_path, "classic,classic") == [("classic-0", classic), ("classic-1", classic)]
    assert slots_of(tmp_path, "sdxl") == [("sdxl-0", sdxl), ("classic-1", classic)]
    assert slots_of(tmp_path, "sdxl,classic") == [("sdxl-0", sdxl), ("classic-1", classic)]
    far = slots_of(tmp_path, "classic,sdxl+http://gpu:8400,http://else:8400", **token)
    assert far == [("classic-0", classic), ("remote-1", sdxl), ("remote-2", frozenset())]
    assert slots_of(tmp_path, "sdxl+https://gpu", **token) == [("remote-0", sdxl), ("classic-1", classic)]
    for wrong in ("", "sdxl+", "sdxl+ftp://gpu", "torch"):
        with pytest.raises(ValueError, match="engine"):
            slots_of(tmp_path, wrong)


async def test_styles_that_are_painted_are_offered_where_something_paints(tmp_path: Path) -> None:
    for engines, painted in (("classic", False), ("sdxl", True)):
        settings = Settings(data=tmp_path / engines, secret_file=tmp_path / "secret", engines=engines)  # type: ignore[arg-type]
        async with wiring.application(settings, Secret(os.urandom(32)), []) as app:
            assert any(style.engine == "sdxl" for style in app.styles.values()) is painted


async def test_a_painting_child_learns_of_gpus_and_of_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BPP_DISCORD_TOKEN", "very-secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    told = {"engines": "sdxl", "plan": "8gb", "device": "cpu", "control": "canny-small"}
    settings = Settings(data=tmp_path, secret_file=tmp_path / "secret", **told)  # type: ignore[arg-type]
    painter = wiring.create_slots(settings)[0]
    assert isinstance(painter, LocalEngine)
    assert painter._environment["CUDA_VISIBLE_DEVICES"] == "1"
    assert painter._environment["HF_HUB_OFFLINE"] == "1"
    assert "very-secret" not in painter._environment.values()
    assert painter._options[:6] == ["--models", str(tmp_path / "models"), "--plan", "8gb", "--device", "cpu"]
    assert painter._options[6:8] == ["--control", "canny-small"]
    assert "--memory" not in painter._options


def test_several_painters_of_one_machine_get_a_gpu_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gpus(variable: str, **more: str) -> list[tuple[str | None, str]]:
        known = {"data": tmp_path, "secret_file": tmp_path / "secret", "engines": "sdxl,classic,sdxl"}
        slots = wiring.create_slots(Settings(**(known | more)))  # type: ignore[arg-type]
        painters = [slot for slot in slots if isinstance(slot, LocalEngine) and slot.engines == {"sdxl"}]
        return [(slot._environment.get(variable), slot._options[5]) for slot in painters]

    for variable in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"):
        monkeypatch.delenv(variable, raising=False)
    assert gpus("CUDA_VISIBLE_DEVICES") == [("0", "cuda"), ("1", "cuda")]
    monkeypatch.setenv("HIP_VISIBLE_DEVICES", "3, 1")
    assert gpus("HIP_VISIBLE_DEVICES", device="cuda") == [("3", "cuda"), ("1", "cuda")]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-8f6c")
    assert gpus("CUDA_VISIBLE_DEVICES", engines="sdxl") == [("GPU-8f6c", "auto")]
    for more in ({}, {"device": "cpu"}, {"device": "mps"}):
        with pytest.raises(ConfigInvalid) as caught:
            gpus("CUDA_VISIBLE_DEVICES", **more)
        assert "2 times sdxl" in str(caught.value.parameters["problem"])


async def test_a_bot_whose_database_takes_nothing_says_that_it_is_not_ready(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, secret_file=tmp_path / "secret")
    async with wiring.application(settings, Secret(os.urandom(32)), []) as app:
        assert await app.ready()
        with closing(sqlite3.connect(tmp_path / "bpp.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert not await app.ready()
        assert await app.ready()


async def test_the_event_of_an_accepted_call_is_let_go_and_no_other(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, secret_file=tmp_path / "secret")
    async with wiring.application(settings, Secret(os.urandom(32)), []) as app:
        inbox, elsewhere = app.inbox("telegram"), app.inbox("elsewhere")
        assert await inbox.take([("1", b"avatar"), ("2", b"help")]) == ["1", "2"]
        assert await elsewhere.take([("1", b"other"), ("1", b"other")]) == ["1"], "a key is a platform's own"
        for key, command in (("1", "avatar"), ("2", "help")):
            call = Call(key, "telegram", "-100", "7", command, address=Address("telegram", "7"))
            assert (await app.dispatcher.handle(call)).lines
        assert [one.event for one in await inbox.left()] == [b"help"]
        assert [one.event for one in await elsewhere.left()] == [b"other"]
        await inbox.done("2")
        assert await inbox.left() == []
        assert await inbox.take([("1", b"avatar"), ("2", b"help"), ("3", b"help")]) == ["3"]


async def test_where_a_member_came_from_is_known_by_platform(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, secret_file=tmp_path / "secret")
    async with wiring.application(settings, Secret(os.urandom(32)), []) as app:
        await app.visits("telegram").begin("7", "3")
        assert await app.visits("telegram").home("7") == "3"
        assert await app.visits("discord").home("7") == ""
        await app.visits("discord").end("7")
        await app.storage.members.forget(app.dispatcher.known_as("telegram", "7"))
        assert await app.visits("telegram").home("7") == ""


@asynccontextmanager
async def on_telegram(
    folder: Path, peer: TelegramPeer, **more: str
) -> AsyncIterator[tuple[asyncio.Task[None], list[str]]]:
    """A bot that is served on Telegram, and what it says of that."""
    settings = Settings(
        data=folder,
        secret_file=folder / "secret",
        telegram_token=peer.token,  # type: ignore[arg-type]
        telegram_api=peer.api,
        telegram_file_api=peer.file_api,
        **more,  # type: ignore[arg-type]
    )
    secret = Secret(os.urandom(32))
    said: list[str] = []
    async with wiring.application(settings, secret, []) as app:
        served = wiring._Telegram(peer.token).open(app, settings, secret)
        serving = asyncio.create_task(served.serve(said.append))
        try:
            yield serving, said
        finally:
            await served.close()
            await asyncio.gather(serving, return_exceptions=True)


async def test_an_admin_is_told_how_it_goes_with_telegram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(connection, "CONFLICT_WAIT", 0.01)
    async with TelegramPeer.serving() as peer:
        peer.cut(None)
        peer.conflict(1)
        async with on_telegram(tmp_path, peer) as (serving, said):
            await peer.until(lambda: len(said) == 2)
            peer.mend()
            await peer.until(lambda: len(said) == 4)
            peer.reset_token()
            peer.cut(0.05)  # else the poll that waits would be answered first
            with pytest.raises(BotError) as refused:
                await asyncio.wait_for(serving, 30)
        assert refused.value.key == "telegram-token"
        assert said == [
            "Telegram:   connecting",
            "Telegram:   cannot be reached; trying again until it can",
            "Telegram:   another program receives this bot's updates; trying again until it stops",
            f"Telegram:   ready as @{peer.username}",
        ]
        peer.problems.clear()


async def test_where_a_webhook_is_set_telegram_calls_the_bot(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    url = "https://bot.example.org/telegram"
    async with TelegramPeer.serving() as peer:
        peer.proxy("https://bot.example.org", f"http://{place}")
        async with on_telegram(tmp_path, peer, telegram_webhook=url, telegram_listen=place) as (_, said):
            await peer.until(lambda: said[-1:] == [f"Telegram:   ready as @{peer.username}"])
            mina = peer.user("mina")
            await mina.says(None, "/help")
            shown = await peer.until(lambda: mina.told and mina.told[-1])
            assert "/avatar" in shown.text
        assert not peer.asked("getUpdates")
        assert not peer.problems, "\n".join(peer.problems)


async def test_an_address_that_is_taken_ends_it_with_a_sentence(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        async with TelegramPeer.serving() as peer:
            ours = {"telegram_webhook": "https://bot.example.org/telegram", "telegram_listen": place}
            async with on_telegram(tmp_path, peer, **ours) as (serving, _):
                with pytest.raises(BotError) as told:
                    await asyncio.wait_for(serving, 30)
            assert told.value.key == "telegram-listen"
            assert told.value.parameters["listen"] == place
            assert not peer.asked("setWebhook")


def test_no_log_line_holds_the_message_of_a_librarys_exception() -> None:
    try:
        int("bytes of a photo")
    except ValueError as error:
        record = logging.LogRecord(
            "uvicorn.error",
            logging.ERROR,
            "",
            1,
            "Exception in ASGI application\n",
            None,
            (ValueError, error, error.__traceback__),
        )
    assert wiring._Discreet().filter(record)
    said = logging.Formatter("%(message)s").format(record)
    assert "bytes of a photo" not in said
    assert said.startswith("Exception in ASGI application: ValueError at test_no_log_line")
