"""How `bpp run` begins and ends on Discord, and the two commands with which an admin looks at it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest_asyncio

from bot.chat import Text
from tests.discord_journeys.bot_process import BPP, BotProcess, secrets
from tests.discord_journeys.what_people_do import drawn, finished, pressed, share
from tests.discord_journeys.what_people_read import WORDING
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import bits
from tests.journeys import bot_process
from tests.journeys.bot_process import NO_ENGINE

STOP_SECONDS = 15.0
"""What is waited for otherwise takes minutes."""


@pytest_asyncio.fixture(loop_scope="session")
async def alone() -> AsyncIterator[DiscordPeer]:
    """A Discord of this journey's own."""
    async with DiscordPeer.serving() as peer:
        yield peer
        assert peer.problems == []


def beginning(folder: Path, peer: DiscordPeer, **settings: str) -> AbstractAsyncContextManager[bot_process.BotProcess]:
    """A bot that was started just now and has said nothing yet."""
    return bot_process.beginning(BotProcess(folder, peer, **NO_ENGINE | settings), lambda: secrets(peer))


async def stops(bot: bot_process.BotProcess) -> None:
    began = time.monotonic()
    assert await bot.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS


async def test_a_token_that_discord_does_not_know(tmp_path: Path, alone: DiscordPeer) -> None:
    async with beginning(tmp_path, alone, BPP_DISCORD_TOKEN="not.a.token") as bot:
        assert await bot.ended() != 0
    assert bot.last_line == WORDING.say("en", Text("discord-token"))
    assert "not.a.token" not in bot.log.read_text()
    assert alone.identifies == 0


async def test_discord_that_cannot_be_reached_at_first_and_a_token_that_is_reset_later(
    tmp_path: Path, alone: DiscordPeer
) -> None:
    async with Door(alone.port) as door, beginning(tmp_path, alone, BPP_DISCORD_API=door.api) as bot:
        await bot.logs("Discord cannot be reached (")
        assert alone.requests == []
        await door.open()
        await bot.says("Discord:    ready")
        alone.reset_token()
        await alone.cut_gateway()
        assert await bot.ended() != 0
    assert bot.last_line == WORDING.say("en", Text("discord-token"))
    assert alone.identifies == 1


async def test_with_its_starts_used_up_it_waits_and_a_stop_ends_it(tmp_path: Path, alone: DiscordPeer) -> None:
    alone.hub.identifies_left = 3
    async with beginning(tmp_path, alone) as bot:
        await bot.logs("Discord allows 3 more starts until it counts anew")
        assert bot.runs
        await stops(bot)
    assert alone.identifies == 0


async def test_a_stop_while_it_connects(tmp_path: Path, alone: DiscordPeer) -> None:
    await alone.cut_gateway(None)
    async with beginning(tmp_path, alone) as bot:
        await bot.says("Stop with Ctrl-C.")
        await alone.until(lambda: alone.asked("GET", "/gateway/bot"))
        await stops(bot)


async def test_the_doctor_prints_the_invitation_and_what_discord_says(tmp_path: Path, alone: DiscordPeer) -> None:
    alone.guild("Library")
    bot = BotProcess(tmp_path, alone)
    healthy = await bot.command("doctor")
    assert healthy.status == 0, healthy
    assert f"client_id={alone.bot.id}" in healthy.output
    needed = bits(("view_channel", "send_messages", "send_messages_in_threads", "attach_files"))
    assert f"permissions={needed}" in healthy.output
    assert "scope=bot+applications.commands" in healthy.output
    assert "servers: about 1; no commands yet" in healthy.output
    assert "1000 of 1000 connections left today" in healthy.output
    assert alone.identifies == 0
    assert alone.token not in healthy.output + healthy.errors


async def test_an_admin_is_led_through_the_smoke_check(tmp_path: Path, alone: DiscordPeer, photo: bytes) -> None:
    guild = alone.guild("Test server")
    channel = guild.channel("general")
    admin = alone.user("admin-of-the-test")
    guild.join(admin, permissions=("manage_guild",))
    bot = BotProcess(tmp_path, alone)
    process = await asyncio.create_subprocess_exec(
        BPP,
        "smoke",
        "discord",
        env=bot.environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said: list[str] = []

    async def told(what: str) -> None:
        async with asyncio.timeout(30):
            while not (said and what in said[-1]):
                assert process.stdout is not None
                line = await process.stdout.readline()
                assert line, said
                said.append(line.decode())

    try:
        await told("1 of 7: ")
        first = await drawn(await admin.slash(channel, "avatar"))
        await told("2 of 7: ")
        await drawn(await admin.press(first, "Try again"))
        await told("3 of 7: ")
        third = await drawn(await admin.slash(channel, "avatar", photo=photo, style="ink"))
        await told("4 of 7: ")
        await share(admin, third)
        assert len(channel.posts) == 1
        await told("5 of 7: ")
        await pressed(admin, third, ":unshare:")
        assert channel.posts == []
        await told("6 of 7: ")
        await pressed(admin, third, "Delete")
        assert not finished(third)
        await told("7 of 7: ")
        await admin.slash(channel, "room")
        output, errors = await process.communicate()
        report = "".join(said) + output.decode()
        assert process.returncode == 0, report + errors.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert "WRONG" not in report
    assert report.count("  ok     ") == 8
    assert report.endswith("All is well.\n")
    assert alone.token not in report + errors.decode()


class Door:
    """A port that refuses whoever comes until it is opened, and then leads to another one."""

    def __init__(self, port: int) -> None:
        self._inner = port
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Door:
        server = await asyncio.start_server(self._lead, "127.0.0.1", 0)
        self.port: int = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.transport.abort()
            await self._server.wait_closed()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._inner)
        self._writers += [writer, inner_writer]
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
