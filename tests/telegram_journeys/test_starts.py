"""How `bpp run` begins and ends on Telegram: tokens, servers that are not there, and Telegram calling us by webhook."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import aiohttp
import pytest_asyncio
from aiohttp.test_utils import unused_port

from bot.chat import Text
from tests.journeys import bot_process
from tests.journeys.bot_process import NO_ENGINE
from tests.telegram_journeys.bot_process import BotProcess, secrets
from tests.telegram_journeys.what_people_do import accepted, answer, asks, tells
from tests.telegram_journeys.what_people_read import WORDING, says
from tests.telegram_peer.peer import TelegramPeer

STOP_SECONDS = 15.0
"""What is waited for otherwise takes minutes."""
PUBLIC = "https://bot.example.org"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest_asyncio.fixture(loop_scope="session")
async def alone() -> AsyncIterator[TelegramPeer]:
    """A Telegram of this journey's own."""
    async with TelegramPeer.serving() as peer:
        yield peer
        assert peer.problems == []


def beginning(folder: Path, peer: TelegramPeer, **settings: str) -> AbstractAsyncContextManager[bot_process.BotProcess]:
    """A bot that was started just now and has said nothing yet."""
    bot = BotProcess(folder, peer, hasty=False, **NO_ENGINE | settings)
    return bot_process.beginning(bot, lambda: secrets(peer))


async def stops(bot: bot_process.BotProcess) -> None:
    began = time.monotonic()
    assert await bot.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS


async def test_a_token_that_telegram_does_not_know(tmp_path: Path, alone: TelegramPeer) -> None:
    async with beginning(tmp_path, alone, BPP_TELEGRAM_TOKEN="7000000001:AAnobodyKnowsThisOne") as bot:
        assert await bot.ended() != 0
    assert bot.last_line == WORDING.say("en", Text("telegram-token"))
    assert "AAnobodyKnowsThisOne" not in bot.log.read_text()
    assert not alone.asked("getUpdates")


async def test_a_server_that_cannot_be_reached_at_first_and_a_token_that_is_reset_later(
    tmp_path: Path, alone: TelegramPeer
) -> None:
    alone.cut(None)
    async with beginning(tmp_path, alone) as bot:
        await bot.says("cannot be reached; trying again until it can")
        assert bot.runs
        alone.mend()
        await bot.says("ready as @bpp_bot")
        alone.reset_token()
        alone.cut(0.1)
        assert await bot.ended(60) != 0
    assert bot.last_line == WORDING.say("en", Text("telegram-token"))


async def test_a_stop_while_it_connects(tmp_path: Path, alone: TelegramPeer) -> None:
    hold = alone.hold("getMe")
    async with beginning(tmp_path, alone) as bot:
        await bot.says("Stop with Ctrl-C.")
        await alone.until(lambda: alone.asked("getMe"))
        await stops(bot)
    hold.release()


async def test_telegram_calls_and_only_telegram_is_believed(tmp_path: Path, alone: TelegramPeer) -> None:
    port = unused_port()
    here = f"http://127.0.0.1:{port}"
    alone.proxy(PUBLIC, here)
    group, mina = alone.group("Library of the town"), alone.user("mina_by_webhook")
    group.join(mina)
    hook = {"BPP_TELEGRAM_WEBHOOK": f"{PUBLIC}/telegram", "BPP_TELEGRAM_LISTEN": f"127.0.0.1:{port}"}
    async with beginning(tmp_path, alone, **hook) as bot:
        await bot.says("ready as @bpp_bot")
        pointer = await asks(mina, group)
        assert says(await answer(mina, mina.opens(pointer.urls[0])), "telegram-welcome", title=group.title)
        await accepted(await tells(mina, "/avatar pixel"))
        await alone.settled()
        assert not alone.asked("getUpdates")

        body = (
            alone.updates.delivered[-1]
            .body.replace("/avatar pixel", "/cancel")
            .replace(f'"update_id": {alone.updates.delivered[-1].id}', '"update_id": 1')
        )
        said = len(mina.told)
        async with aiohttp.ClientSession() as stranger:
            for headers in ({}, {SECRET_HEADER: "guessed"}):
                async with stranger.post(f"{here}/telegram", data=body, headers=headers) as refused:
                    assert refused.status == 403
            async with stranger.post(f"{here}/elsewhere", data=body) as refused:
                assert refused.status == 404
        assert says(await tells(mina, "/settings"), "settings-left", left=19, daily=20)
        assert len(mina.told) == said + 1

        # What comes again, since the answer to it was lost, is done once.
        alone.redeliver(3)
        await alone.settled()
        assert says(await tells(mina, "/settings"), "settings-left", left=19, daily=20)
        assert len(mina.told) == said + 2

        # What comes while nobody listens is tried until somebody does, with the secret of then.
        first = alone.updates.webhook
        assert first is not None
        await bot.kill()
        await mina.says(None, "/help")
        await alone.until(lambda: alone.updates.webhook is not None and alone.updates.webhook.error)
        await bot.start()
        await alone.until(lambda: any(says(one, "telegram-help-photo") for one in mina.told))
        second = alone.updates.webhook
        assert second is not None
        assert second.secret != first.secret
        assert second.secret not in bot.log.read_text()
        await stops(bot)


async def test_back_from_a_webhook_to_asking(tmp_path: Path, alone: TelegramPeer) -> None:
    alone.updates.set_webhook(f"{PUBLIC}/telegram", secret="of-an-earlier-run", connections=None, allowed=None)
    mina = alone.user("mina_who_waited")
    await mina.says(None, "/help")
    async with beginning(tmp_path, alone) as bot:
        await bot.says("ready as @bpp_bot")
        assert says(await alone.until(lambda: mina.told and mina.told[-1]), "telegram-help-photo")
        assert alone.updates.webhook is None
        await asyncio.gather(stops(bot), alone.settled())
