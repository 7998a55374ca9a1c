"""Pictures that take longer than the 15 minutes in which Discord lets a bot change its answer: twenty, by virtual time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from discord import AutoShardedClient

from tests.busy import DAY
from tests.discord_journeys import traces
from tests.discord_journeys.bot_process import watched
from tests.discord_journeys.inside import Inside, inside
from tests.discord_journeys.what_people_do import finished, ids, original, pressed, settled, share
from tests.discord_journeys.what_people_read import says
from tests.discord_peer.actors import Actor
from tests.discord_peer.interactions import Interaction, NotAcknowledged
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel, Guild
from tests.discord_peer.world import Message

MINUTE = 60


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord() -> AsyncIterator[DiscordPeer]:
    async with watched() as peer:
        # An hour after midnight, or limits would be counted anew in the middle of a journey.
        peer.clock.advance(DAY - peer.clock() // 1000 % DAY + 60 * MINUTE)
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(discord: DiscordPeer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Inside]:
    async with inside(tmp_path_factory.mktemp("bot"), discord) as running:
        yield running
    assert traces.everywhere(discord, running.data) == set()


@pytest.fixture
def peer(discord: DiscordPeer, bot: Inside, caplog: pytest.LogCaptureFixture) -> Iterator[DiscordPeer]:
    caplog.set_level(logging.INFO)
    bot.slot.let.clear()
    yield discord
    problems = list(discord.problems)
    discord.problems.clear()
    assert problems == []
    said = caplog.get_records("call")
    assert [record.getMessage() for record in said if record.levelno > logging.WARNING] == []
    # As `bpp run` starts it, the libraries that would tell are silent.
    ours = " ".join(record.getMessage() for record in said if record.name.startswith(("bot", "adapters")))
    assert not any(one.token in ours for one in discord.interactions.all)


async def drawing(actor: Actor, channel: Channel) -> Interaction:
    """A picture that is asked for and takes its time."""
    done = await actor.slash(channel, "avatar", style="pixel")
    await original(done).until(lambda message: message.buttons == ["Cancel"])
    return done


def warns(message: Message) -> bool:
    return any(says(message, f"discord-arrives-{where}") for where in ("note", "dm", "queue"))


async def warned(peer: DiscordPeer, actor: Actor, channel: Channel) -> Interaction:
    """Likewise, at the moment after Discord's 13th minute and a half: the status said one thing more, by itself."""
    hold = peer.hold("PATCH", "/webhooks/*/messages/@original")
    before = len(peer.requests)
    done = await actor.slash(channel, "avatar", style="pixel")
    await peer.until(lambda: any(one.method == "PATCH" for one in peer.requests[before:]))
    peer.clock.advance(13 * MINUTE + 29.9)
    hold.release()
    await original(done).until(warns)
    assert original(done).buttons == ["Cancel"]
    return done


def later(peer: DiscordPeer, bot: Inside) -> None:
    """Twenty minutes are over, and the picture is drawn."""
    peer.clock.advance(7 * MINUTE)
    bot.slot.let.set()


async def test_a_note_in_the_channel_leads_its_owner_to_the_picture_and_nobody_else(
    peer: DiscordPeer, bot: Inside, channel: Channel, mina: Actor, tomo: Actor
) -> None:
    done = await warned(peer, mina, channel)
    assert says(original(done), "discord-arrives-note")
    later(peer, bot)
    (note,) = await peer.until(lambda: channel.posts)
    assert says(note, "discord-note")
    assert note.buttons == ["Show it to me"]
    assert note.pictures == []
    assert note.asker is None
    assert str(mina.id) not in str(note.payload)

    refusal = await pressed(tomo, note, "Show it to me")
    assert refusal.ephemeral
    assert says(refusal, "discord-note-stranger")
    assert refusal.pictures == []
    assert channel.posts == [note], "it waits for its owner"

    shown = await pressed(mina, note, "Show it to me")
    assert shown.ephemeral
    assert finished(shown)
    assert len(shown.pictures) == 1
    await peer.until(lambda: channel.posts == [], what="the note to go")
    await share(mina, shown)
    assert [post.pictures for post in channel.posts] == [shown.pictures]


async def test_a_note_goes_when_its_owner_has_seen_the_picture_elsewhere(
    peer: DiscordPeer, bot: Inside, channel: Channel, mina: Actor
) -> None:
    await drawing(mina, channel)
    peer.clock.advance(15 * MINUTE)
    later(peer, bot)
    (note,) = await peer.until(lambda: channel.posts)
    assert finished(await pressed(mina, await settled(await mina.slash(channel, "queue")), ":show:"))
    await peer.until(lambda: note.deleted, what="the note to go")


async def test_discord_forgets_the_session_in_the_middle_of_a_picture(
    peer: DiscordPeer, bot: Inside, channel: Channel, mina: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(*_: object, **__: object) -> None:
        """The library waits five seconds here, in which nothing happens."""

    monkeypatch.setattr(AutoShardedClient, "before_identify_hook", at_once)
    identified = peer.identifies
    done = await drawing(mina, channel)
    await peer.until(lambda: bot.slot.reports, what="the engine to begin")
    peer.invalidate_sessions()
    with pytest.raises(NotAcknowledged):
        await mina.press(original(done), "Cancel")
    await peer.until(lambda: peer.identifies > identified)
    await peer.ready()
    said = await settled(await mina.slash(channel, "queue"))
    async with asyncio.timeout(20):
        while not says(said, "queue-drawing"):  # where the machine is busy, the worker may not have come to it yet
            said = await settled(await mina.slash(channel, "queue"))
    bot.slot.let.set()
    await original(done).until(finished)
    assert peer.identifies == identified + 1
    assert peer.command_writes == 1


async def test_where_the_bot_may_not_write_the_picture_comes_by_direct_message(
    peer: DiscordPeer, bot: Inside, guild: Guild, channel: Channel, mina: Actor
) -> None:
    guild.deny(peer.bot, "send_messages")
    done = await warned(peer, mina, channel)
    assert says(original(done), "discord-arrives-dm")
    later(peer, bot)
    (direct,) = await peer.until(lambda: mina.dms)
    assert finished(direct)
    assert len(direct.pictures) == 1
    assert channel.posts == []
    assert ":share:" not in ids(direct)
    assert says(direct, "discord-share-in-server")

    again = await pressed(mina, direct, "Try again")
    await again.until(finished)
    settings = await settled(await mina.slash(channel, "settings"))
    assert says(settings, "settings-left", left=18, daily=20), "its buttons belong to the server that it came from"

    privacy = await settled(await mina.slash(channel, "privacy"))
    await pressed(mina, privacy, ":forget:")
    await pressed(mina, privacy, "Yes, erase everything")
    await peer.until(lambda: direct.deleted, what="the direct message to go")


async def test_a_direct_message_from_which_the_picture_is_deleted_holds_it_no_more(
    peer: DiscordPeer, bot: Inside, guild: Guild, channel: Channel, mina: Actor
) -> None:
    guild.deny(peer.bot, "send_messages")
    await drawing(mina, channel)
    peer.clock.advance(15 * MINUTE)
    later(peer, bot)
    (direct,) = await peer.until(lambda: mina.dms)
    await pressed(mina, direct, "Delete")
    assert says(direct, "job-erased")
    assert direct.attachments == []


async def test_with_closed_direct_messages_queue_has_it(
    peer: DiscordPeer, bot: Inside, guild: Guild, channel: Channel, mina: Actor
) -> None:
    guild.deny(peer.bot, "send_messages")
    mina.block()
    done = await warned(peer, mina, channel)
    assert says(original(done), "discord-arrives-dm", hours=24)
    before = len(peer.requests)
    later(peer, bot)
    await peer.until(lambda: any(one.status == 403 for one in peer.requests[before:]), what="the refusal")
    queue = await settled(await mina.slash(channel, "queue"))
    shown = await pressed(mina, queue, ":show:")
    assert finished(shown)
    assert len(shown.pictures) == 1
    assert channel.posts == []
    assert mina.dms == []


async def test_outside_the_servers_of_the_bot_it_comes_by_direct_message(peer: DiscordPeer, bot: Inside) -> None:
    ana = peer.user("ana-who-installed-it")
    ana.install()
    elsewhere = peer.guild("Elsewhere", has_bot=False)
    elsewhere.join(ana)
    channel = elsewhere.channel("general")
    done = await warned(peer, ana, channel)
    assert says(original(done), "discord-arrives-dm")
    later(peer, bot)
    (direct,) = await peer.until(lambda: ana.dms)
    assert finished(direct)
    assert channel.posts == []


async def test_between_two_people_queue_has_it(peer: DiscordPeer, bot: Inside, mina: Actor) -> None:
    mina.install()
    talk = peer.conversation(mina, peer.user("somebody-else"))
    done = await warned(peer, mina, talk)
    assert says(original(done), "discord-arrives-queue")
    later(peer, bot)
    queue = await settled(await mina.slash(talk, "queue"))
    while ":show:" not in ids(queue):
        queue = await settled(await mina.slash(talk, "queue"))
    assert finished(await pressed(mina, queue, ":show:"))
    assert talk.posts == []
    assert mina.dms == []


async def test_kicked_in_the_middle_of_a_picture_that_comes_late(
    peer: DiscordPeer, bot: Inside, guild: Guild, channel: Channel, mina: Actor
) -> None:
    await drawing(mina, channel)
    guild.kick_bot()
    peer.clock.advance(15 * MINUTE)
    before = len(peer.requests)
    later(peer, bot)
    await peer.until(lambda: any(one.status in (403, 404) for one in peer.requests[before:]), what="the refusals")
    guild.invite_bot()
    queue = await settled(await mina.slash(channel, "queue"))
    assert finished(await pressed(mina, queue, ":show:"))
    assert channel.posts == []
