"""What members notice when the bot is stopped, killed and started again: their picture comes, once, where it was promised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.telegram_journeys import traces
from tests.telegram_journeys.bot_process import BotProcess, running
from tests.telegram_journeys.what_people_do import (
    accepted,
    answer,
    asks,
    avatar,
    drawn,
    enters,
    pictures,
    pressed,
    shares,
    tells,
)
from tests.telegram_journeys.what_people_read import label, says, traced
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.peer import TelegramPeer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telegram() -> AsyncIterator[TelegramPeer]:
    async with TelegramPeer.serving() as peer:
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(telegram: TelegramPeer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BotProcess]:
    folder: Path = tmp_path_factory.mktemp("bot")
    async with running(folder, telegram, BPP_DRAIN="0") as process:
        yield process
    assert traces.everywhere(telegram, process.data, process.log) == set()


@pytest.mark.parametrize("how", ["kill -9", "SIGTERM"])
async def test_a_restart_in_the_middle_of_pictures(
    peer: TelegramPeer, bot: BotProcess, group: Group, mina: User, tomo: User, photo: bytes, how: str
) -> None:
    await enters(mina, group)
    before = await avatar(mina, photo=photo)
    await shares(mina, before)
    writes = peer.command_writes
    with bot.frozen():
        first = await tells(mina, photo=photo)
        await first.until(lambda message: says(message, "job-drawing"))
        second = await bot.remembers(await accepted(await tells(tomo, "/avatar pixel")))
        if how == "SIGTERM":
            assert await bot.stop() == 0
        else:
            await bot.kill()
    assert traces.everywhere(peer, bot.data, bot.log) == set(), "this is what a thief finds"
    late = await mina.press(before, ":again:", wait=False)
    await tomo.says(group, "/avatar@bpp_bot")
    await bot.start()
    assert traced(await drawn(first)), "the status message of before has it"
    await drawn(second)
    assert tomo.told == [second]
    assert peer.command_writes == writes, "the commands are as they were"
    await peer.until(lambda: late.answered)
    third = await mina.world.until(lambda: mina.told[-1] is not first and mina.told[-1], 20, lambda: "what was pressed")
    assert traced(await drawn(third))
    pointer = await asks(tomo, group)
    assert says(await answer(tomo, tomo.opens(pointer.urls[0])), "telegram-welcome", title=group.title)
    assert says(await tells(mina, "/settings"), "settings-left", left=17, daily=20)

    (post,) = pictures(group)
    assert post.uploaded == before.uploaded
    assert says(await pressed(mina, before, ":unshare:"), "unshare-done")
    assert post.deleted
    await drawn(await answer(mina, mina.press(before, ":more:")))
    file = await answer(mina, mina.press(first, label("telegram-as-file")))
    assert file.document == first.uploaded
    await pressed(mina, first, ":delete:")
    await peer.until(lambda: not first.photo or first.deleted)


async def test_a_picture_posted_at_the_very_moment_of_a_kill_can_still_be_taken_back(
    peer: TelegramPeer, bot: BotProcess, group: Group, mina: User
) -> None:
    await enters(mina, group)
    message = await avatar(mina)
    hold = peer.hold("editMessageMedia", where=lambda request: request.params.get("chat_id") == group.id)
    await mina.press(message, ":share:")
    await message.until(lambda one: label("telegram-share-nameless") in one.buttons)
    await mina.press(message, label("telegram-share-nameless"))
    await peer.until(lambda: any(one.params.get("chat_id") == group.id for one in peer.asked("editMessageMedia")))
    await bot.kill()
    hold.release()
    await peer.until(lambda: pictures(group))
    await bot.start()
    await peer.settled()
    shown = await answer(mina, mina.press(await tells(mina, "/queue"), ":show:"))
    if pictures(group):
        await pressed(mina, shown, ":unshare:")
    await peer.until(lambda: pictures(group) == [])


async def test_what_was_received_and_not_answered_is_answered_by_the_next_process(
    peer: TelegramPeer, bot: BotProcess, mina: User, photo: bytes
) -> None:
    await tells(mina, "/start")
    hold = peer.hold("getFile")
    sent = await mina.says(None, photo=photo)
    await peer.until(lambda: peer.asked("getFile") and peer.asked("getFile")[-1].status == 0)
    await peer.settled()
    await bot.kill()
    assert traces.everywhere(peer, bot.data, bot.log) == set(), "where the photo was is sealed"
    hold.release()
    await bot.start()
    status = await peer.until(lambda: next((one for one in mina.told if one.reply_to is sent), None))
    assert traced(await drawn(status))
    assert len(mina.told) == 2
    assert says(await tells(mina, "/settings"), "settings-left", left=19, daily=20)
