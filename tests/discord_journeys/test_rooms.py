"""Moderators on Discord, rules of a server and of one channel, and the places where people use the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.discord_journeys import traces
from tests.discord_journeys.bot_process import BotProcess, running, watched
from tests.discord_journeys.what_people_do import (
    accepted,
    avatar,
    chosen,
    drawn,
    finished,
    ids,
    pressed,
    settled,
    share,
)
from tests.discord_journeys.what_people_read import says
from tests.discord_peer.actors import Actor
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel, Guild, Role


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord() -> AsyncIterator[DiscordPeer]:
    async with watched() as peer:
        yield peer


@pytest.fixture(scope="module")
def keepers(discord: DiscordPeer) -> Role:
    """A role without any permission, which the installation has named as one that moderates."""
    return discord.guild("Archive").role("Keepers")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(
    discord: DiscordPeer, keepers: Role, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[BotProcess]:
    settings = {"BPP_DISCORD_MODERATOR_ROLES": str(keepers.id), "BPP_DISCORD_NAMES": "avatar=portrait,room=bpp-room"}
    async with running(tmp_path_factory.mktemp("bot"), discord, **settings) as process:
        yield process
    assert traces.everywhere(discord, process.data, process.log) == set()


async def test_commands_have_the_names_that_this_installation_gave_them(
    peer: DiscordPeer, channel: Channel, mina: Actor
) -> None:
    number = next(one["id"] for one in peer.commands if one["name"] == "portrait")
    names = {one["name"] for one in peer.commands}
    assert {"portrait", "bpp-room"} <= names
    assert not names & {"avatar", "room"}
    assert f"</portrait:{number}>" in (await settled(await mina.slash(channel, "help"))).text
    message = await avatar(mina, channel, "portrait", style="pixel")
    await pressed(mina, message, "Delete")
    assert f"</portrait:{number}>" in message.text
    assert "/avatar" not in message.text


async def test_a_role_named_in_the_settings_moderates_without_manage_server(peer: DiscordPeer, keepers: Role) -> None:
    channel = keepers.guild.channel("general")
    keeper, member = peer.user("keeper-of-keys"), peer.user("member-without-keys")
    keepers.guild.join(keeper, roles=[keepers])
    keepers.guild.join(member)
    room = await settled(await keeper.slash(channel, "bpp-room"))
    assert says(room, "room-headline")
    refused = await settled(await member.slash(channel, "bpp-room"))
    assert says(refused, "refused-moderator")
    keepers.guild.members[keeper] = []
    refused = await pressed(keeper, room, ":room-pause:")
    assert says(refused, "refused-moderator"), "looked at anew with each press"


async def test_a_style_forbidden_while_a_picture_is_drawn(
    bot: BotProcess, channel: Channel, mina: Actor, boss: Actor
) -> None:
    await bot.engines_ready(1)
    with bot.frozen():
        done = await mina.slash(channel, "portrait", style="pixel")
        await accepted(done)
        room = await settled(await boss.slash(channel, "bpp-room"))
        assert says(await chosen(boss, room, "room-style", "-pixel"), "room-styles")
    message = await drawn(done)
    assert says(message, "result-ready", style="Pixel"), "what was in line is still drawn"
    refused = await share(mina, message)
    assert says(refused, "refused-share-style")
    assert channel.posts == []
    refused = await settled(await mina.slash(channel, "portrait", style="pixel"))
    assert says(refused, "error-choice", name="Style")
    assert "pixel" not in dict(await mina.autocomplete(channel, "portrait", "style")).values()


async def test_a_blocked_member_makes_and_shares_nothing_and_their_posts_go(
    channel: Channel, mina: Actor, tomo: Actor, boss: Actor
) -> None:
    message = await avatar(mina, channel, "portrait", style="pixel")
    await share(mina, message)
    (post,) = channel.posts
    done = await settled(await boss.slash(channel, "block", member=mina))
    assert "Mina-Who-Draws" in done.text
    assert says(done, "block-done")
    assert done.ephemeral
    assert post.deleted
    refused = await settled(await mina.slash(channel, "portrait"))
    assert says(refused, "refused-blocked")
    kept = await pressed(mina, await settled(await mina.slash(channel, "queue")), ":show:")
    assert says(await share(mina, kept), "refused-blocked")
    assert channel.posts == []
    await accepted(await tomo.slash(channel, "portrait", style="pixel"))
    refused = await settled(await tomo.slash(channel, "unblock", member=mina))
    assert says(refused, "refused-moderator")
    await settled(await boss.slash(channel, "unblock", member=mina))
    await accepted(await mina.slash(channel, "portrait", style="pixel"))


async def test_one_channel_has_rules_of_its_own(guild: Guild, channel: Channel, mina: Actor, boss: Actor) -> None:
    quiet = guild.channel("quiet")
    room = await settled(await boss.slash(quiet, "bpp-room"))
    panel = await pressed(boss, room, ":room-channel:")
    assert says(panel, "channel-headline")
    assert says(await pressed(boss, panel, ":room-pause:"), "channel-paused")
    refused = await settled(await mina.slash(quiet, "portrait"))
    assert says(refused, "refused-paused")
    thread = quiet.thread("a thread of it")
    refused = await settled(await mina.slash(thread, "portrait"))
    assert says(refused, "refused-paused"), "a thread has the rules of its channel"
    await accepted(await mina.slash(channel, "portrait", style="pixel"))


@pytest.mark.parametrize("where", ["thread", "forum post"])
async def test_in_a_thread_and_in_a_forum_post_it_is_shared_right_there(
    guild: Guild, channel: Channel, mina: Actor, where: str
) -> None:
    parent = channel if where == "thread" else guild.forum("gallery")
    place = parent.thread("pictures")
    message = await avatar(mina, place, "portrait", style="pixel")
    assert says(await share(mina, message), "share-done")
    assert [post.pictures for post in place.posts] == [message.pictures]
    assert parent.posts == []


async def test_in_a_direct_message_everything_works_but_sharing(mina: Actor) -> None:
    message = await avatar(mina, mina.dm, "portrait", style="pixel")
    assert ":share:" not in ids(message)
    again = await drawn(await mina.press(message, "Try again"))
    await pressed(mina, again, "Delete")
    assert again.attachments == []


async def test_installed_by_a_member_it_works_in_servers_and_groups_that_do_not_have_it(peer: DiscordPeer) -> None:
    ana = peer.user("ana-who-installed-it")
    ana.install()
    elsewhere = peer.guild("Elsewhere", has_bot=False)
    elsewhere.join(ana)
    channel = elsewhere.channel("general")
    message = await avatar(ana, channel, "portrait", style="pixel")
    assert message.ephemeral
    refused = await share(ana, message)
    assert says(refused, "discord-share-here")
    assert channel.posts == []
    group = peer.conversation(ana, peer.user("bo"), peer.user("cy"))
    assert finished(await avatar(ana, group, "portrait", style="pixel"))
    assert group.posts == []


@pytest.mark.parametrize("who", ["bot", "member"])
async def test_where_one_of_them_may_not_post_nothing_is_shared_and_the_member_hears_why(
    peer: DiscordPeer, guild: Guild, channel: Channel, mina: Actor, who: str
) -> None:
    message = await avatar(mina, channel, "portrait", style="pixel")
    guild.deny(peer.bot if who == "bot" else mina, "attach_files")
    refused = await share(mina, message)
    assert says(refused, f"discord-share-{who}")
    assert ":unshare:" not in ids(refused), "it is not called shared"
    assert channel.posts == []


async def test_a_right_lost_between_the_press_and_the_post(
    peer: DiscordPeer, guild: Guild, channel: Channel, mina: Actor
) -> None:
    message = await avatar(mina, channel, "portrait", style="pixel")
    peer.refuse("POST", f"/channels/{channel.id}/messages", status=403, code=50013)
    refused = await share(mina, message)
    assert says(refused, "discord-share-bot")
    assert channel.posts == []
    assert says(await share(mina, refused), "share-done")


async def test_kicked_in_the_middle_of_a_picture(bot: BotProcess, guild: Guild, channel: Channel, mina: Actor) -> None:
    await bot.engines_ready(1)
    with bot.frozen():
        done = await mina.slash(channel, "portrait", style="pixel")
        await accepted(done)
        guild.kick_bot()
    assert finished(await drawn(done)), "whoever asked has it all the same"
