"""Buttons under a picture on Discord: whatever becomes of a press, the picture stays until its member deletes it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapters import publishing
from bot.errors import StorageTrouble
from tests.adapters.test_discord_flow import (
    MINUTE,
    Bot,
    answered,
    asked,
    bot,
    catalog,
    channel,
    chat,
    guild,
    mina,
    peer,
    running,
    say,
    seen_by_all,
    share,
    shown,
    theo,
    until,
)
from tests.bot.conftest import PNG, Chat
from tests.discord_peer.actors import Actor
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel, Guild
from tests.discord_peer.world import Message

__all__ = ["bot", "catalog", "channel", "chat", "guild", "mina", "peer", "theo"]

DAY = 24 * 60 * MINUTE


async def a_day_passes(bot: Bot) -> None:
    bot.peer.clock.advance(1.1 * DAY)
    await bot.chat.storage.jobs.sweep()


async def shared(bot: Bot, channel: Channel, who: Actor) -> Message:
    message = await bot.result(who, channel)
    await share(who, message)
    return await message.until(lambda one: "Take it back" in one.buttons)


async def sent_directly(bot: Bot, guild: Guild, channel: Channel, who: Actor) -> Message:
    """A picture that came so late that it stands among the direct messages, as if it could be taken back from there."""
    guild.deny(bot.peer.bot, "send_messages")
    await bot.asked(who, channel)
    bot.peer.clock.advance(20 * MINUTE)
    await bot.draw()
    (message,) = who.dms
    message.components = json.loads(json.dumps(message.components).replace(":save:", ":unshare:"))
    return message


# --- what is there stays ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direct", [False, True])
async def test_taken_back_a_day_later_the_picture_stays_with_its_member(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, *, direct: bool
) -> None:
    message = await (sent_directly(bot, guild, channel, mina) if direct else shared(bot, channel, mina))
    alts = message.alts
    await a_day_passes(bot)
    pressed = await mina.press(message, say("action-save" if direct else "action-unshare"))
    await pressed.until(lambda one: one.replies)
    (said,) = pressed.replies
    assert said.ephemeral
    assert say("unshare-done") in said.text
    assert say("discord-erased-copy") in said.text
    assert say("job-erased") not in said.text
    assert not seen_by_all(channel)
    await message.until(lambda one: one.buttons == ["Delete"])
    assert (message.pictures, message.alts, message.text) == ([PNG], alts, "")
    await mina.press(message, "Delete")
    await message.until(lambda one: not one.pictures)
    assert say("job-erased") in message.text


async def test_what_could_not_be_shared_in_trouble_stays_with_its_member(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bot.result(mina, channel)
    before, mark = message.buttons, bot.chat.storage.jobs.mark_shared

    async def broken(job: int, room: str, member: str, *, shared: bool) -> None:
        if not shared:
            raise StorageTrouble("storage-full")
        await mark(job, room, member, shared=shared)

    monkeypatch.setattr(bot.chat.storage.jobs, "mark_shared", broken)
    peer.refuse("POST", "/channels/*", status=403, code=50013)
    pressed = await share(mina, message)
    await pressed.until(lambda one: one.replies)
    assert say("discord-share-bot") in pressed.replies[0].text
    assert (message.pictures, message.buttons) == ([PNG], before)


async def test_cancelled_too_late_the_picture_stands_there_once(bot: Bot, channel: Channel, mina: Actor) -> None:
    message = shown(await bot.asked(mina, channel))
    await bot.chat.draw()  # and nobody has been told yet
    pressed = await mina.press(message, "Cancel")
    await message.until(lambda one: say("cancel-late") in one.text)
    await bot.deliver()
    assert message.pictures == [PNG]
    assert not pressed.replies


# --- what is deleted stays away ---------------------------------------------------------------------------------------


async def test_a_late_answer_does_not_bring_back_what_was_deleted(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    message = await bot.result(mina, channel)
    queue = await mina.slash(channel, "queue")
    gate = peer.hold("POST", "/webhooks/*")
    late = await mina.press(await answered(queue), "Show #")
    await asked(peer, "POST", "/webhooks/*")
    await mina.press(message, say("action-delete"))
    await message.until(lambda one: not one.pictures)
    gate.release()
    await peer.until(lambda: late.replies and late.replies[0].deleted)


@pytest.mark.parametrize("late", [False, True])
async def test_deleted_in_one_private_message_it_goes_from_all_or_that_is_said(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, *, late: bool
) -> None:
    other = await bot.result(mina, channel)
    still = await bot.result(mina, channel, motion="moving")
    queue = await answered(await mina.slash(channel, "queue"))
    again = await mina.press(queue, "Show #2")
    await again.until(lambda one: one.replies)
    peer.clock.advance(10 * MINUTE)
    pressed = await mina.press(still, say("action-moving"))
    await pressed.until(lambda one: one.replies)
    (moving,) = pressed.replies
    peer.clock.advance(10 * MINUTE if late else MINUTE)
    await mina.press(moving, say("action-delete"))
    await moving.until(lambda one: not one.pictures)
    # A press gave the first one a new token; the other's may be over.
    assert still.deleted
    assert again.replies[0].deleted is not late
    assert (say("discord-erased-copy") in moving.text) is late
    assert (say("job-erased") in moving.text) is not late
    assert other.pictures == [PNG]
    assert not other.deleted
    assert not queue.deleted


async def test_what_was_deleted_before_the_answer_was_given_is_not_shown(
    bot: Bot, channel: Channel, mina: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bot.result(mina, channel)
    queue = await answered(await mina.slash(channel, "queue"))
    pictures, read, deleted = bot.chat.storage.jobs.pictures, asyncio.Event(), asyncio.Event()

    async def slow(job: int, room: str, member: str) -> tuple[bytes, tuple[bytes, ...]]:
        found = await pictures(job, room, member)
        read.set()
        await deleted.wait()
        return found

    monkeypatch.setattr(bot.chat.storage.jobs, "pictures", slow)
    late = await mina.press(queue, "Show #")
    await read.wait()
    await mina.press(message, say("action-delete"))
    await message.until(lambda one: not one.pictures)
    deleted.set()
    await late.until(lambda one: one.replies)
    assert say("job-erased") in late.replies[0].text
    assert not late.replies[0].pictures


async def test_whoever_blocks_is_answered_before_a_slow_share_ends_and_that_is_not_called_shared(
    peer: DiscordPeer,
    chat: Chat,
    guild: Guild,
    channel: Channel,
    mina: Actor,
    theo: Actor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def still() -> list[str]:
        return [chat.dispatcher.share_tag(str(job)) for job in await chat.storage.jobs.shared()]

    monkeypatch.setattr(publishing, "UNSHARE_SECONDS", 0.05)
    guild.join(theo, permissions=("manage_guild",))
    async with running(peer, chat, tmp_path, shared=still) as bot:
        message = await bot.result(mina, channel)
        gate = peer.hold("PATCH", "/channels/*")
        await share(mina, message)
        await asked(peer, "PATCH", "/channels/*")
        blocked = await answered(await theo.slash(channel, "block", member=mina))
        assert say("discord-unshare-later") in blocked.text
        gate.release()
        await message.until(lambda one: say("discord-share-failed") in one.text)
        assert message.pictures == [PNG]
        assert not seen_by_all(channel)
        await until(lambda: not bot.posts)
