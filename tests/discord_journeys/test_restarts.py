"""What members notice when the bot is stopped, killed and started again: their picture comes, once, where it was promised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.discord_journeys import traces
from tests.discord_journeys.bot_process import BotProcess, running
from tests.discord_journeys.what_people_do import avatar, drawn, original, pressed, settled, share
from tests.discord_peer.actors import Actor
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(discord: DiscordPeer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BotProcess]:
    folder: Path = tmp_path_factory.mktemp("bot")
    async with running(folder, discord, BPP_DRAIN="0.5") as process:
        yield process
    assert traces.everywhere(discord, process.data, process.log) == set()


@pytest.mark.parametrize("how", ["kill -9", "SIGTERM"])
async def test_a_restart_in_the_middle_of_pictures(
    peer: DiscordPeer, bot: BotProcess, channel: Channel, mina: Actor, tomo: Actor, photo: bytes, how: str
) -> None:
    before = await avatar(mina, channel, style="pixel")
    await share(mina, before)
    (post,) = channel.posts
    with bot.frozen():
        first = await mina.slash(channel, "avatar", photo=photo, style="pixel")
        await original(first).until(lambda message: "Drawing your picture" in message.text)
        second = await tomo.slash(channel, "avatar", style="pixel")
        await original(second).until(lambda message: "next in line" in message.text)
        identified = peer.identifies
        if how == "SIGTERM":
            assert await bot.stop() == 0
        else:
            await bot.kill()
    assert traces.everywhere(peer, bot.data, bot.log) == set(), "this is what a thief finds"
    await bot.start()
    assert peer.identifies == identified + 1
    assert "Photo trace" in (await drawn(first)).text
    assert mina.sees(channel)[-1] is original(first), "the status message of before has it"
    await drawn(second)
    assert tomo.sees(channel) == [post, original(second)]
    assert "18 of 20" in (await settled(await mina.slash(channel, "settings"))).text

    assert "Taken back" in (await pressed(mina, before, ":unshare:")).text
    assert post.deleted
    again = await drawn(await mina.press(before, "Try again"))
    assert again.pictures != before.pictures
    asked = await mina.press(original(first), "Try again")
    await drawn(await mina.submit(asked.modal, photo=photo))
    await pressed(mina, original(first), "Delete")
    assert original(first).attachments == []


async def test_a_form_opened_before_a_restart_can_be_sent_after_it(
    peer: DiscordPeer, bot: BotProcess, channel: Channel, mina: Actor, photo: bytes
) -> None:
    message = await avatar(mina, channel, photo=photo, style="pixel")
    again, sharing = await mina.press(message, "Try again"), await mina.press(message, ":share:")
    assert await bot.stop() == 0
    await bot.start()
    assert "Photo trace" in (await drawn(await mina.submit(again.modal, photo=photo))).text
    await original(await mina.submit(sharing.modal)).until(lambda one: "Shared:" in one.text)
    assert len(channel.posts) == 1


async def test_the_commands_were_written_once(peer: DiscordPeer, bot: BotProcess) -> None:
    assert peer.command_writes == 1
    assert peer.identifies == 4, "one for each start"
