"""`bpp smoke` harms nobody, and takes nothing for the answer to a step that came before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from discord.http import Route
from telegram import Bot

from bot import smoke
from bot.chat import Call, Picture, Reply, Text
from bot.config import ConfigInvalid, Settings
from tests.bot.conftest import PNG
from tests.discord_peer.peer import DiscordPeer
from tests.journeys.pictures import portrait
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordPeer]:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    async with DiscordPeer.serving() as peer:
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


async def test_members_of_other_servers_are_left_alone(tmp_path: Path, peer: DiscordPeer) -> None:
    peer.guild("Test server")
    peer.guild("Library")
    settings = Settings(data=tmp_path, discord_token=peer.token, discord_api=peer.api)  # type: ignore[arg-type]
    said: list[str] = []
    assert not await smoke.check_discord(settings, said.append)
    assert len(said) == 1
    assert "it is in about 2" in said[0]
    assert peer.identifies == 0


async def test_without_a_token_there_is_nothing_to_try(tmp_path: Path) -> None:
    for check, setting in ((smoke.check_discord, "BPP_DISCORD_TOKEN"), (smoke.check_telegram, "BPP_TELEGRAM_TOKEN")):
        with pytest.raises(ConfigInvalid) as told:
            await check(Settings(data=tmp_path), print)
        assert told.value.key == "config-no-token"
        assert told.value.parameters == {"setting": setting}


async def test_a_late_picture_counts_for_no_later_step() -> None:
    watched = smoke._Watched(None, (), "discord")  # type: ignore[arg-type]
    late = Reply(lines=(Text("result-kept"),), picture=Picture(PNG, Text("result-kept")))
    watched.heard.put_nowait((Call("1", "discord", "2", "3", "avatar"), Reply(busy=True)))
    watched.arrived.put_nowait(late)
    said: list[str] = []
    assert not await smoke._walk(watched, smoke._on_discord(), said.append, 0.001)
    assert "7 of 7 steps did not go well." in said


@pytest.fixture
async def telegram() -> AsyncGenerator[TelegramPeer]:
    async with TelegramPeer.serving() as peer:
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


def on_telegram(folder: Path, peer: TelegramPeer) -> Settings:
    return Settings(
        data=folder,
        telegram_token=peer.token,  # type: ignore[arg-type]
        telegram_api=peer.api,
        telegram_file_api=peer.file_api,
        engines=["classic"],
    )


async def test_an_admin_is_led_through_all_steps_on_telegram(tmp_path: Path, telegram: TelegramPeer) -> None:
    photo = portrait(tmp_path / "me.jpg").read_bytes()
    group, admin = telegram.group("Test group"), telegram.user("admin")
    group.join(admin)
    group.admin(admin)
    said: list[str] = []
    check = asyncio.create_task(smoke.check_telegram(on_telegram(tmp_path / "data", telegram), said.append, 30))

    async def told(step: int) -> None:
        await telegram.until(lambda: check.done() or any(line.startswith(f"{step} of 8: ") for line in said), 40)
        assert not check.done(), said

    async def press(message: Message, label: str) -> None:
        await message.until(lambda one: label in one.buttons)
        await admin.press(message, label)

    def picture_after(count: int) -> object:
        return telegram.until(lambda: [one for one in admin.told if one.photo and "Delete" in one.buttons][count:], 40)

    await told(1)
    await admin.says(group, f"/avatar@{telegram.username}")
    pointer = await telegram.until(lambda: group.posts and group.posts[-1])
    await admin.opens(pointer.urls[0])
    welcome = await telegram.until(lambda: [one for one in admin.told if "Draw without a photo" in one.buttons])
    await press(welcome[-1], "Draw without a photo")
    (first,) = await picture_after(0)
    await told(2)
    await press(first, "Try again")
    await told(3)
    await admin.says(None, photo=photo, caption="/avatar ink")
    await told(4)
    third = admin.told[-1]
    await press(third, "Get it as a file")
    await told(5)
    await press(third, "Share in the group")
    await press(third, "Share without my name")
    await told(6)
    await telegram.until(lambda: [post for post in group.posts if post.photo])
    await press(third, "Take it back")
    await telegram.until(lambda: not [post for post in group.posts if post.photo])
    await told(7)
    await press(third, "Delete")
    await told(8)
    await admin.says(group, f"/room@{telegram.username}")
    pointer = await telegram.until(lambda: [one for one in group.posts if one.urls and one is not pointer][-1:])
    await admin.opens(pointer[0].urls[0])
    assert await asyncio.wait_for(check, 40), said
    assert "All is well." in said
    assert not any("WRONG" in line for line in said)
    assert not any(telegram.token in line for line in said)
    assert not (tmp_path / "data").exists(), "all data were thrown away"


async def test_beside_another_program_with_the_same_token_nothing_is_tried(
    tmp_path: Path, telegram: TelegramPeer
) -> None:
    said: list[str] = []
    check = asyncio.create_task(smoke.check_telegram(on_telegram(tmp_path, telegram), said.append))
    await telegram.until(lambda: check.done() or any(line.startswith("1 of 8: ") for line in said), 40)
    telegram.conflict()
    assert not await asyncio.wait_for(check, 40)
    assert smoke.TAKEN in said[-1]
    telegram.problems.clear()


async def test_a_bot_whose_updates_go_elsewhere_is_left_alone(tmp_path: Path, telegram: TelegramPeer) -> None:
    async with Bot(telegram.token, base_url=telegram.api + "/bot") as bot:
        await bot.set_webhook("https://other.example.org/bot")
    said: list[str] = []
    assert not await smoke.check_telegram(on_telegram(tmp_path, telegram), said.append)
    assert "https://other.example.org/bot" in said[0]
    assert not telegram.asked("deleteWebhook")
    assert not telegram.asked("getUpdates")
