"""Discord as it is on bad days: many people at once, limits, errors, lost connections, links that are over."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from tests.busy import slowdown
from tests.discord_journeys.bot_process import BotProcess
from tests.discord_journeys.what_people_do import accepted, avatar, drawn, finished, original, pressed, settled
from tests.discord_journeys.what_people_read import says
from tests.discord_peer.actors import Actor, ClientRefuses
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel, Guild

MEMBERS, PATIENT = 50, 5


async def test_fifty_members_at_once_are_each_answered_within_a_second(
    peer: DiscordPeer, bot: BotProcess, guild: Guild, channel: Channel, photo: bytes
) -> None:
    await bot.engines_ready(1)
    crowd = [peer.user(f"number-{number}-of-the-crowd") for number in range(MEMBERS)]
    for member in crowd:
        guild.join(member)
    wishes: list[dict[str, Any]] = [{"photo": photo}, *({} for _ in crowd[1:])]
    asked = await asyncio.gather(
        *(member.slash(channel, "avatar", style="pixel", **wish) for member, wish in zip(crowd, wishes, strict=True))
    )
    seconds = sorted(done.ack_seconds or 99 for done in asked)
    print(f"acknowledged: median {seconds[MEMBERS // 2]:.3f} s, last {seconds[-1]:.3f} s")
    assert seconds[-1] < 1 * slowdown()
    await asyncio.gather(*(original(done).until(lambda one: not one.loading) for done in asked))
    for member, done in reversed(list(zip(crowd, asked, strict=True))[PATIENT:]):
        with contextlib.suppress(ClientRefuses):  # it is drawn by now, so there is nothing to cancel
            await pressed(member, original(done), "Cancel")
    messages = await asyncio.gather(*(drawn(done, seconds=40) for done in asked[:PATIENT]))
    assert all(message.ephemeral for message in messages)
    assert all(member.sees(channel) == [message] for member, message in zip(crowd, messages, strict=False))
    assert channel.posts == []


async def test_edits_that_discord_refuses_for_a_moment_are_made_again(
    peer: DiscordPeer, channel: Channel, mina: Actor
) -> None:
    for status in (429, 502, 0):  # too many, bad gateway, and a connection that is lost
        peer.refuse("PATCH", "/webhooks/*", status=status)
    asked = [await mina.slash(channel, "avatar", style="pixel") for _ in range(3)]
    assert mina.sees(channel) == [await drawn(done) for done in asked]


async def test_a_picture_whose_status_was_put_away_comes_in_a_message_of_its_own(
    bot: BotProcess, channel: Channel, mina: Actor
) -> None:
    await bot.engines_ready(1)
    with bot.frozen():
        done = await mina.slash(channel, "avatar", style="pixel")
        await accepted(done)
        mina.dismiss(original(done))
    await done.until(lambda one: one.replies)
    assert finished(done.replies[0])
    assert done.replies[0].ephemeral


async def test_a_photo_whose_link_is_over_is_asked_for_again_and_nothing_is_counted(
    peer: DiscordPeer, channel: Channel, mina: Actor, photo: bytes
) -> None:
    hold = peer.hold("POST", "/interactions/*")
    before = len(peer.requests)
    done = await mina.slash(channel, "avatar", photo=photo, wait=False)
    await peer.until(lambda: len(peer.requests) > before)
    peer.expire_links()
    hold.release()
    await done.acknowledged()
    message = await settled(done)
    assert says(message, "discord-photo-gone")
    assert says(await settled(await mina.slash(channel, "settings")), "settings-left", left=20, daily=20)


async def test_whoever_is_answered_too_late_is_left_alone(peer: DiscordPeer, channel: Channel, mina: Actor) -> None:
    hold = peer.hold("POST", "/interactions/*")
    before = len(peer.requests)
    done = await mina.slash(channel, "avatar", wait=False)
    await peer.until(lambda: len(peer.requests) > before)
    peer.clock.advance(4)
    hold.release()
    await peer.until(lambda: done.was_refused)
    assert mina.sees(channel) == []
    assert says(await settled(await mina.slash(channel, "settings")), "settings-left", left=20, daily=20), (
        "nothing was begun"
    )


async def test_an_event_that_is_delivered_twice_is_done_once(peer: DiscordPeer, channel: Channel, mina: Actor) -> None:
    done = await mina.slash(channel, "avatar", style="pixel")
    peer.deliver(done)
    message = await drawn(done)
    peer.interactions.all.remove(done)
    assert mina.sees(channel) == [message]
    assert says(await settled(await mina.slash(channel, "settings")), "settings-left", left=19, daily=20)


async def test_after_a_minute_without_the_gateway_what_was_missed_is_done_or_void_and_nothing_twice(
    peer: DiscordPeer, bot: BotProcess, channel: Channel, mina: Actor, tomo: Actor
) -> None:
    message = await avatar(mina, channel, style="pixel")
    identified, resumed = peer.identifies, peer.resumes
    await peer.cut_gateway(None)
    early = await tomo.slash(channel, "avatar", style="pixel", wait=False)
    peer.clock.advance(60)
    again = await mina.press(message, "Try again", wait=False)
    peer.mend_gateway()
    second = await drawn(await again.acknowledged(seconds=30))
    assert (peer.identifies, peer.resumes) == (identified, resumed + 1)
    assert mina.sees(channel) == [message, second]
    await peer.until(lambda: early.was_refused, what="the answer that comes a minute too late")
    assert tomo.sees(channel) == []
    assert says(await settled(await mina.slash(channel, "settings")), "settings-left", left=18, daily=20)
    assert says(await settled(await tomo.slash(channel, "settings")), "settings-left", left=20, daily=20)


async def test_discord_asks_to_reconnect(peer: DiscordPeer, bot: BotProcess, channel: Channel, mina: Actor) -> None:
    identified, resumed = peer.identifies, peer.resumes
    peer.reconnect()
    await peer.until(lambda: peer.resumes == resumed + 1)
    await peer.ready()
    assert peer.identifies == identified
    assert finished(await avatar(mina, channel, style="pixel"))
