"""What members notice when the bot is stopped, killed and started again: their picture comes, once, where it was promised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.discord_journeys import traces
from tests.discord_journeys.bot_process import BotProcess, running, watched
from tests.discord_journeys.what_people_do import accepted, avatar, drawn, original, pressed, settled
from tests.discord_journeys.what_people_read import says, traced
from tests.discord_peer.actors import Actor
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord() -> AsyncIterator[DiscordPeer]:
    async with watched() as peer:
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(discord: DiscordPeer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BotProcess]:
    folder: Path = tmp_path_factory.mktemp("bot")
    async with running(folder, discord, BPP_DRAIN="0") as process:
        yield process
    assert traces.everywhere(discord, process.data, process.log) == set()


@pytest.mark.parametrize("how", ["kill -9", "SIGTERM"])
async def test_a_restart_in_the_middle_of_pictures(
    peer: DiscordPeer, bot: BotProcess, channel: Channel, mina: Actor, tomo: Actor, photo: bytes, how: str
) -> None:
    before = await avatar(mina, channel, style="pixel")
    form = await mina.press(before, ":share:")
    if how == "kill -9":
        await mina.submit(form.modal)
        await before.until(lambda message: says(message, "share-done"))
    wish: dict[str, Any] = {"photo": photo} if how == "kill -9" else {}
    with bot.frozen():
        first = await mina.slash(channel, "avatar", style="pixel", **wish)
        await original(first).until(lambda message: says(message, "job-drawing"))
        second = await tomo.slash(channel, "avatar", style="pixel")
        await original(second).until(lambda message: says(message, "job-waiting", place=1))
        identified = peer.identifies
        if how == "SIGTERM":
            assert await bot.stop() == 0
        else:
            await bot.kill()
    assert traces.everywhere(peer, bot.data, bot.log) == set(), "this is what a thief finds"
    await bot.start()
    assert peer.identifies == identified + 1
    assert peer.command_writes == 1, "the commands are as they were"
    assert traced(await drawn(first)) == (how == "kill -9")
    assert mina.sees(channel)[-1] is original(first), "the status message of before has it"
    await drawn(second)
    assert tomo.sees(channel) == [*channel.posts, original(second)]
    assert says(await settled(await mina.slash(channel, "settings")), "settings-left", left=18, daily=20)

    if how == "SIGTERM":
        await mina.submit(form.modal)  # it was opened before
        await before.until(lambda message: says(message, "share-done"))
    (post,) = channel.posts
    assert post.pictures == before.pictures
    assert says(await pressed(mina, before, ":unshare:"), "unshare-done")
    assert post.deleted
    await accepted(await mina.press(before, "Try again"))
    await pressed(mina, original(first), "Delete")
    assert original(first).attachments == []


async def test_a_picture_posted_at_the_very_moment_of_a_kill_can_still_be_taken_back(
    peer: DiscordPeer, bot: BotProcess, channel: Channel, mina: Actor
) -> None:
    message = await avatar(mina, channel, style="pixel")
    form = await mina.press(message, ":share:")
    hold = peer.hold("POST", f"/channels/{channel.id}/messages")
    await mina.submit(form.modal)
    await peer.until(lambda: peer.asked("POST", f"/channels/{channel.id}/messages"))
    await bot.kill()
    hold.release()
    await peer.until(lambda: channel.posts)
    await bot.start()
    shown = await pressed(mina, await settled(await mina.slash(channel, "queue")), ":show:")
    assert says(shown, "result-shared")
    await pressed(mina, shown, ":unshare:")
    assert channel.posts == [], "the member is told that it is gone"
