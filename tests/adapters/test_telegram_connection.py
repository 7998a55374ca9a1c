"""The way to Telegram: made, kept, given back; whatever goes wrong on it passes, or is said in one sentence."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import telegram

from adapters.telegram import ListenRefused, TokenRefused, Unreached, calls, checkup, connection, platform
from adapters.telegram.webhook import MAX_BODY, SECRET_HEADER
from bot.errors import StorageTrouble
from tests.adapters.telegram_bot import (
    PHOTO,
    SECONDS,
    Bot,
    Chat,
    bot,
    built,
    catalog,
    chat,
    mina,
    peer,
    running,
    started,
    version,
)
from tests.telegram_peer.actors import User
from tests.telegram_peer.peer import TelegramPeer

__all__ = ["bot", "catalog", "chat", "mina", "peer", "version"]

PUBLIC = "https://bot.example.org/telegram"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (connection, platform):
        monkeypatch.setattr(module, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(connection, "CONFLICT_WAIT", 0.05)
    monkeypatch.setattr(connection, "WEBHOOK_WAIT", 0.05)


@pytest.fixture
def listen() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    return f"127.0.0.1:{port}"


def polls(peer: TelegramPeer) -> list[dict[str, Any]]:
    return [request.params for request in peer.asked("getUpdates")]


# --- tokens and networks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "1:nobody", "with space", "1:a/../b", "ключ"])
async def test_a_token_that_telegram_does_not_know_is_refused(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, token: str
) -> None:
    async with started(built(peer, chat, tmp_path, token=token)) as serving:
        with pytest.raises(TokenRefused):
            await asyncio.wait_for(serving, SECONDS)
    with pytest.raises(TokenRefused):
        await checkup(token, api=peer.api)
    peer.problems.clear()


async def test_a_token_that_was_taken_back_ends_the_bot(peer: TelegramPeer, chat: Chat, tmp_path: Path) -> None:
    bot = built(peer, chat, tmp_path)
    async with started(bot) as serving:
        await asyncio.wait_for(bot.platform.ready.wait(), SECONDS)
        peer.reset_token()
        peer.cut(None)
        peer.mend()
        with pytest.raises(TokenRefused):
            await asyncio.wait_for(serving, SECONDS)
    peer.problems.clear()


async def test_a_server_that_is_away_is_waited_for(peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User) -> None:
    peer.cut(None)
    bot = built(peer, chat, tmp_path)
    async with started(bot):
        await asyncio.wait_for(bot.platform.unreached.wait(), SECONDS)
        assert not bot.platform.ready.is_set()
        peer.mend()
        await asyncio.wait_for(bot.platform.ready.wait(), SECONDS)
        await bot.says(mina, "/help")


async def test_a_cut_line_loses_and_doubles_nothing(bot: Bot, peer: TelegramPeer, mina: User) -> None:
    await bot.says(mina, "/start")
    peer.cut(0.3)
    await mina.says(None, photo=PHOTO)
    await bot.waiting()
    await bot.quiet()
    assert len(bot.handler.told("avatar")) == 1


@pytest.mark.parametrize("trouble", [429, 502, "drop"])
async def test_trouble_with_asking_passes(bot: Bot, peer: TelegramPeer, mina: User, trouble: int | str) -> None:
    await bot.says(mina, "/start")
    peer.refuse("getUpdates", status=trouble, times=2)
    await mina.says(None, "/avatar")
    await bot.waiting()
    await bot.quiet()
    peer.problems.clear()


async def test_a_stop_does_not_wait_for_a_long_poll(peer: TelegramPeer, chat: Chat, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with running(peer, chat, tmp_path):
        await peer.until(lambda: any(poll.get("timeout") for poll in polls(peer)))
        began = loop.time()
    assert loop.time() - began < connection.POLL_SECONDS / 2


# --- asking -----------------------------------------------------------------------------------------------------------


async def test_it_asks_for_nothing_that_it_does_not_need(bot: Bot, peer: TelegramPeer, mina: User) -> None:
    await bot.says(mina, "/help")
    await bot.quiet()
    for poll in polls(peer):
        assert poll["allowed_updates"] == ["message", "callback_query", "my_chat_member"]


async def test_numbers_that_start_anew_after_a_quiet_week_are_heard(
    bot: Bot, peer: TelegramPeer, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "POLL_SECONDS", 0)
    await bot.says(mina, "/help")
    await bot.quiet()
    # The long poll with the old number ends some time.
    peer.cut(None)
    peer.mend()
    asked = len(polls(peer))
    await peer.until(lambda: len(polls(peer)) > asked + 1)
    peer.quiet_week()
    await mina.says(None, "/queue")
    await peer.until(lambda: bot.handler.told("queue"))
    await bot.quiet()


async def test_a_second_poller_is_waited_out(
    bot: Bot, peer: TelegramPeer, mina: User, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, "adapters.telegram.connection")
    monkeypatch.setattr(connection, "POLL_SECONDS", 1)
    peer.conflict(3)
    await asyncio.wait_for(bot.platform.conflicted.wait(), SECONDS)
    await mina.says(None, "/help")
    await peer.until(lambda: bot.handler.told("help"))
    await peer.until(lambda: not bot.platform.conflicted.is_set())
    assert sum("another process" in record.message for record in caplog.records) == 1
    await bot.quiet()
    peer.problems.clear()


async def test_a_webhook_of_before_is_removed_with_all_that_waits_kept(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User
) -> None:
    async with telegram.Bot(peer.token, base_url=f"{peer.api}/bot") as other:
        await other.set_webhook("https://old.example.org/hook")
    await mina.says(None, "/avatar")
    async with running(peer, chat, tmp_path) as bot:
        await bot.waiting()
        await bot.quiet()
    (removed,) = peer.asked("deleteWebhook")
    assert not removed.params.get("drop_pending_updates")
    peer.problems.clear()


async def test_a_webhook_that_comes_back_belongs_to_another_process(
    peer: TelegramPeer, caplog: pytest.LogCaptureFixture
) -> None:
    client = connection.Client(peer.token, api=peer.api)
    await client.initialize()  # else the library closes nothing in the end
    waiting: Any = connection.Connection(client, None, None)  # type: ignore[arg-type]
    there = telegram.error.Conflict("Conflict: can't use getUpdates method while webhook is active")
    assert await waiting._yield(there) == connection.WEBHOOK_WAIT
    assert not waiting.conflicted.is_set()
    assert await waiting._yield(there) == connection.LONGEST_CONFLICT_WAIT
    assert waiting.conflicted.is_set()
    assert sum("again and again" in record.message for record in caplog.records) == 1
    assert len(peer.asked("deleteWebhook")) == 2, "whoever set it may be gone the next time"
    await connection.hang_up(client)


async def test_what_cannot_be_read_stops_nobody(bot: Bot, peer: TelegramPeer, mina: User) -> None:
    broken = {"update_id": 7, "message": {"message_id": "?", "chat": {"id": mina.id, "type": "private"}}}
    stranger: dict[str, Any] = {"update_id": 8, "callback_query": {"id": "1", "message": {"chat": {"id": "x"}}}}
    await bot.platform._inbound.receive([broken, stranger, {"update_id": 9}])
    await bot.says(mina, "/help")
    await bot.quiet()


# --- commands ---------------------------------------------------------------------------------------------------------


async def test_commands_are_registered_once(peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User) -> None:
    async with running(peer, chat, tmp_path):
        pass
    written = len(peer.asked("setMyCommands"))
    assert written
    async with running(peer, chat, tmp_path):
        pass
    assert len(peer.asked("setMyCommands")) == written
    assert {command["command"] for command in mina.menu()} >= {"avatar", "styles", "queue", "help"}


async def test_commands_that_cannot_be_registered_keep_nobody_waiting(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User
) -> None:
    peer.refuse("setMyCommands", status=502, times=100)
    bot = built(peer, chat, tmp_path)
    async with started(bot):
        await bot.says(mina, "/help")
        assert not bot.platform.ready.is_set()
        for order in peer.orders:
            order.times = 0
        await asyncio.wait_for(bot.platform.ready.wait(), SECONDS)
    peer.problems.clear()


# --- the webhook ------------------------------------------------------------------------------------------------------


async def test_telegram_calls_where_a_webhook_is_set(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User, listen: str
) -> None:
    peer.proxy("https://bot.example.org", f"http://{listen}")
    async with running(peer, chat, tmp_path, webhook=PUBLIC, listen=listen) as bot:
        assert not polls(peer)
        await bot.says(mina, "/avatar")
        await bot.waiting()
        await bot.quiet()
        (told,) = peer.asked("setWebhook")
        assert told.params["allowed_updates"] == ["message", "callback_query", "my_chat_member"]
        assert len(told.params["secret_token"]) >= 32


async def test_a_webhook_that_another_process_took_away_is_set_again(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User, listen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WATCH_SECONDS", 0.05)
    peer.proxy("https://bot.example.org", f"http://{listen}")
    async with running(peer, chat, tmp_path, webhook=PUBLIC, listen=listen) as bot:
        async with telegram.Bot(peer.token, base_url=peer.api + "/bot") as other:
            await other.delete_webhook()
        await bot.says(mina, "/avatar")
        await peer.until(lambda: len(peer.asked("setWebhook")) == 2)
        await bot.waiting()
        await bot.quiet()
        assert len(bot.handler.told("avatar")) == 1


@pytest.mark.parametrize("twin", [{"secret_token": "a_twins_own"}, {"allowed_updates": ["message"]}])
async def test_a_webhook_that_a_twin_with_our_address_has_set_is_set_again(
    peer: TelegramPeer,
    chat: Chat,
    tmp_path: Path,
    mina: User,
    listen: str,
    monkeypatch: pytest.MonkeyPatch,
    twin: dict[str, Any],
) -> None:
    monkeypatch.setattr(connection, "WATCH_SECONDS", 0.05)
    peer.proxy("https://bot.example.org", f"http://{listen}")
    async with running(peer, chat, tmp_path, webhook=PUBLIC, listen=listen) as bot:
        ours = peer.asked("setWebhook")[0].params["secret_token"]
        async with telegram.Bot(peer.token, base_url=peer.api + "/bot") as other:
            await other.set_webhook(PUBLIC, **{"secret_token": ours} | twin)
        panel = await bot.says(mina, "/settings")
        await peer.until(lambda: len(peer.asked("setWebhook")) >= 3)
        await mina.press(panel, next(label for label in panel.buttons if label.startswith("Language")))
        await bot.quiet()
    peer.problems.clear()


async def test_a_token_that_is_reset_ends_a_bot_that_is_called_too(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, listen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WATCH_SECONDS", 0.05)
    peer.proxy("https://bot.example.org", f"http://{listen}")
    bot = built(peer, chat, tmp_path, webhook=PUBLIC, listen=listen)
    async with started(bot) as serving:
        await asyncio.wait_for(bot.platform.ready.wait(), SECONDS)
        peer.reset_token()
        with pytest.raises(TokenRefused):
            await asyncio.wait_for(asyncio.shield(serving), SECONDS)
    peer.problems.clear()


async def test_what_could_not_be_written_down_is_sent_again(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User, listen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer.proxy("https://bot.example.org", f"http://{listen}")
    async with running(peer, chat, tmp_path, webhook=PUBLIC, listen=listen) as bot:
        taking, tries = chat.storage.inbox.take, 0

        async def fails(platform: str, events: Sequence[tuple[str, bytes]]) -> list[str]:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise StorageTrouble("storage-full")
            return await taking(platform, events)

        monkeypatch.setattr(chat.storage.inbox, "take", fails)
        await mina.says(None, "/avatar")
        await bot.waiting()
        await bot.quiet()
        assert len(bot.handler.told("avatar")) == 1


async def test_nobody_else_may_call(peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User, listen: str) -> None:
    peer.proxy("https://bot.example.org", f"http://{listen}")
    update = {"update_id": 1, "message": {"text": "/help"}}
    async with running(peer, chat, tmp_path, webhook=PUBLIC, listen=listen) as bot:
        secret = peer.asked("setWebhook")[0].params["secret_token"]
        async with httpx.AsyncClient(base_url=f"http://{listen}", trust_env=False) as stranger:
            for header in ({}, {SECRET_HEADER: "guess"}, {SECRET_HEADER: secret[:-1]}):
                assert (await stranger.post("/telegram", json=update, headers=header)).status_code == 403
            known = {SECRET_HEADER: secret}
            assert (await stranger.post("/elsewhere", json=update, headers=known)).status_code == 404
            assert (await stranger.post("/telegram", content=b"{", headers=known)).status_code == 400
            huge = b"x" * (MAX_BODY + 1)
            assert (await stranger.post("/telegram", content=huge, headers=known)).status_code == 413
        assert not bot.handler.calls


async def test_an_address_that_is_taken_is_one_sentence(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, listen: str
) -> None:
    host, _, port = listen.partition(":")
    with socket.socket() as other:
        other.bind((host, int(port)))
        other.listen()
        async with started(built(peer, chat, tmp_path, webhook=PUBLIC, listen=listen)) as serving:
            with pytest.raises(ListenRefused):
                await asyncio.wait_for(serving, SECONDS)


# --- looking at it ----------------------------------------------------------------------------------------------------


async def test_a_checkup_tells_what_telegram_says(bot: Bot, peer: TelegramPeer) -> None:
    found = await checkup(peer.token, api=peer.api, clock=lambda: 0)
    assert found.username == peer.username == bot.platform.username
    assert found.commands
    assert found.privacy
    assert not found.webhook
    assert not found.ephemeral
    assert found.ahead < -1_000_000, "the clock given here stopped in 1970"
    assert found.invite.startswith(f"https://t.me/{peer.username}?startgroup")


async def test_a_checkup_of_a_server_that_is_away() -> None:
    with pytest.raises(Unreached) as away:
        await checkup("1:token", api="http://127.0.0.1:9")
    assert away.value.parameters["problem"] == "NetworkError"


async def test_no_token_is_ever_logged(
    bot: Bot, peer: TelegramPeer, mina: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "adapters")
    for method in ("getUpdates", "getFile", "download", "sendMessage", "sendChatAction"):
        peer.refuse(method, status=502)
    peer.cut(0.2)
    await mina.says(None, photo=PHOTO)
    await bot.quiet()
    assert peer.token not in caplog.text
    assert peer.token.split(":")[1] not in caplog.text
    peer.problems.clear()


async def test_whoever_polls_for_days_beside_it_does_not_end_the_bot() -> None:
    client = connection.Client("1:a")
    waiting: Any = connection.Connection(client, None, None)  # type: ignore[arg-type]
    waits = [await waiting._yield(telegram.error.Conflict("another getUpdates")) for _ in range(1_200)]
    assert max(waits) <= connection.LONGEST_CONFLICT_WAIT
