"""What members do on Discord while something is not as it should be: a clock, a disk, Discord itself."""

from __future__ import annotations

import asyncio
import errno
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import discord
import pytest
from discord.http import Route

from adapters.discord import TokenRefused, checkup, connection, inbound
from adapters.discord.connection import Connection
from adapters.posts import Posts
from bot import wiring
from bot.chat import Call, Reply, Text
from bot.clock import clock
from bot.config import ConfigInvalid, Settings
from tests.adapters import test_discord_flow as flow
from tests.adapters.test_discord_flow import Bot, answered, running, say, seen_by_all, shown, until
from tests.bot.conftest import PHOTO, PNG, WORDING, Chat
from tests.discord_peer.actors import Actor
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.world import Channel, Guild

peer, catalog, chat, bot = flow.peer, flow.catalog, flow.chat, flow.bot
guild, channel, mina, theo = flow.guild, flow.channel, flow.mina, flow.theo


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "SHOW_AGAIN_SECONDS", 0.05)


class Elsewhere:
    """The fake Discord, for a machine whose clock is ``ahead`` of it by some ms."""

    def __init__(self, peer: DiscordPeer, ahead: int) -> None:
        self._peer = peer
        self._ahead = ahead

    def __getattr__(self, name: str) -> Any:
        return getattr(self._peer, name)

    def clock(self) -> int:
        return self._peer.clock() + self._ahead


# --- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-16, 14, 16, 9 * 60])
async def test_a_wrong_clock_changes_nothing_but_the_log(
    peer: DiscordPeer,
    chat: Chat,
    channel: Channel,
    mina: Actor,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    minutes: int,
) -> None:
    wrong = cast("DiscordPeer", Elsewhere(peer, minutes * 60_000))
    async with running(wrong, chat, tmp_path) as bot:
        done = await bot.asked(mina, channel, style="moss")
        assert "in line" in shown(done).text
        assert "closes this message" not in shown(done).text
        await answered(await mina.slash(channel, "help"))
        await bot.draw()
        assert shown(done).pictures == [PNG]
        assert not seen_by_all(channel)
    told = [record for record in caplog.records if "clock" in record.getMessage()]
    assert len(told) == 1
    assert f"{abs(minutes) * 60} s {'ahead of' if minutes > 0 else 'behind'} Discord's" in told[0].getMessage()


async def test_a_right_clock_is_not_worth_a_word(
    bot: Bot, channel: Channel, mina: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.asked(mina, channel, style="moss")
    assert "clock" not in caplog.text


# --- Discord says no --------------------------------------------------------------------------------------------------


async def test_a_note_stays_until_its_owner_has_seen_the_picture(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    await bot.asked(mina, channel, style="moss")
    peer.clock.advance(20 * flow.MINUTE)
    await bot.draw()
    (note,) = seen_by_all(channel)
    peer.refuse("PATCH", "/webhooks/*", status=400, code=50035, times=2)
    sorry = await answered(await mina.press(note, say("discord-note-open")))
    assert sorry.text.startswith(say("discord-unexpected").split(".")[0])
    assert not note.deleted
    assert (await answered(await mina.press(note, say("discord-note-open")))).pictures == [PNG]
    await peer.until(lambda: note.deleted)


async def test_a_strangers_press_leaves_the_note_also_while_nothing_can_be_read(
    bot: Bot, channel: Channel, mina: Actor, theo: Actor, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.asked(mina, channel, style="moss")
    peer.clock.advance(20 * flow.MINUTE)
    await bot.draw()
    (note,) = seen_by_all(channel)

    async def closed(_call: Call) -> Reply:
        return Reply(lines=(Text("storage-closed"),), locale="en")

    monkeypatch.setattr(bot.chat.dispatcher, "handle", closed)
    await answered(await theo.press(note, say("discord-note-open")))
    assert not note.deleted


async def test_nobody_is_left_before_an_answer_that_discord_refuses(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    peer.refuse("PATCH", "/webhooks/*", status=400, code=50035, times=2)
    sorry = await answered(await mina.slash(channel, "help"))
    assert sorry.text.startswith(say("discord-unexpected").split(".")[0])


# --- the disk is full -------------------------------------------------------------------------------------------------


async def test_a_full_disk_takes_back_no_answer(
    bot: Bot, channel: Channel, mina: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bot.result(mina, channel, style="moss")
    share = await mina.press(message, say("action-share"))
    await mina.submit(share.modal, tick=False)
    await message.until(lambda one: say("action-unshare") in one.buttons)

    def full(_self: Posts, _tag: str) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Posts, "_doom", full)
    again = await answered(await mina.press(message, say("action-again")))
    assert "in line" in again.text
    assert bot.chat.jobs() == 2
    await mina.press(message, say("action-delete"))
    await message.until(lambda one: not one.pictures)
    assert say("discord-unshare-later") in message.text


# --- photos -----------------------------------------------------------------------------------------------------------


async def test_nobody_waits_behind_all_the_photos_of_somebody_else(
    bot: Bot, channel: Channel, mina: Actor, theo: Actor, peer: DiscordPeer
) -> None:
    arrives = asyncio.Event()
    peer.slow_cdn(until=arrives, times=1)
    hers = [await mina.slash(channel, "avatar", photo=PHOTO.data, style="slate") for _ in range(12)]
    await peer.until(lambda: peer.downloads)
    await answered(await theo.slash(channel, "avatar", photo=PHOTO.data, style="slate"))
    assert all(shown(done).loading for done in hers)
    arrives.set()
    await peer.until(lambda: not any(shown(done).loading for done in hers))


# --- what has to be said on Discord -----------------------------------------------------------------------------------


async def test_a_photo_that_still_stands_in_the_channel_is_told(bot: Bot, channel: Channel, mina: Actor) -> None:
    own = mina.says(channel, "me", photo=PHOTO.data)
    done = await mina.message_command(channel, own)
    await done.until(lambda one: one.replies)
    (told,) = done.replies
    assert told.ephemeral
    assert told.text == say("discord-message-stays")
    await bot.draw()
    assert shown(done).pictures == [PNG]
    assert not told.deleted
    empty = await mina.message_command(channel, mina.says(channel, "no photo"))
    await answered(empty)
    assert not empty.replies


async def test_nobody_else_reads_a_conversation_with_the_bot(bot: Bot, mina: Actor) -> None:
    done = await mina.message_command(mina.dm, mina.says(mina.dm, "me", photo=PHOTO.data))
    assert "in line" in (await answered(done)).text
    await answered(await mina.slash(mina.dm, "help"))
    assert not done.replies


async def test_privacy_names_discord(bot: Bot, channel: Channel, mina: Actor) -> None:
    assert say("discord-privacy") in (await answered(await mina.slash(channel, "privacy"))).text


async def test_what_came_of_it_is_said_before_whom_it_is_about(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    keeper = peer.user("keeper")
    guild.join(keeper, permissions=("manage_guild",))
    said = (await answered(await keeper.slash(channel, "block", member=mina))).text
    assert "Mina" not in said.splitlines()[0]
    assert say("discord-about-member", name="Mina") in said


async def test_who_shares_sees_under_which_name_before_it_is_done(
    bot: Bot, guild: Guild, channel: Channel, peer: DiscordPeer
) -> None:
    long = peer.user("n" * 32)
    guild.join(long)
    message = await bot.result(long, channel, style="moss")
    modal = (await long.press(message, say("action-share"))).modal
    assert modal is not None
    said = [label.get("description") for label in modal.payload["components"]]
    assert any("n" * 31 in one for one in said if one), said


# --- rights -----------------------------------------------------------------------------------------------------------


async def test_a_role_moderates_also_before_discord_has_told_of_the_server(
    peer: DiscordPeer, chat: Chat, guild: Guild, channel: Channel, tmp_path: Path
) -> None:
    keepers = guild.role("Keepers")
    kim, lee = peer.user("kim"), peer.user("lee")
    guild.join(kim, roles=[keepers])
    guild.join(lee, roles=[guild.role("Readers")])
    async with running(peer, chat, tmp_path, moderator_roles=[keepers.id]) as bot:
        state = bot.platform._connection.client._connection
        state._remove_guild(state._get_guild(guild.id))
        panel = await answered(await kim.slash(channel, "room"))
        assert say("action-pause") in panel.buttons
        assert (await answered(await lee.slash(channel, "room"))).text == say("refused-moderator")


async def test_a_choice_that_was_never_offered_is_answered(bot: Bot, channel: Channel, mina: Actor) -> None:
    settings = await answered(await mina.slash(channel, "settings"))
    (menu, *_) = settings.menus
    chosen = next(part for part in settings.parts if part.get("custom_id") == menu.custom_id)
    chosen["options"].append({"label": "forged", "value": "x" * 90})
    done = await mina.choose(settings, menu.custom_id, "forged")
    assert (await answered(done)).text.startswith(say("error-button").split("/")[0])


# --- the log ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def discreet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The log as `bpp run` sets it up, and afterwards as it was."""
    loggers = [logging.getLogger(), *map(logging.getLogger, ("discord", "discord.http", "discord.webhook"))]
    levels = [logger.level for logger in loggers]
    filters = {handler: list(handler.filters) for handler in logging.getLogger().handlers}
    wiring.log_discreetly("INFO")
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    for handler, known in filters.items():
        handler.filters[:] = known


@pytest.mark.usefixtures("discreet")
async def test_the_log_names_no_place_when_discord_asks_for_patience(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, caplog: pytest.LogCaptureFixture
) -> None:
    message = await bot.result(mina, channel, style="moss")
    for method, pattern in (("POST", "/channels/*"), ("DELETE", "/channels/*"), ("PATCH", "/webhooks/*")):
        peer.refuse(method, pattern, status=429, retry_after=0.01)
    await mina.submit((await mina.press(message, say("action-share"))).modal, tick=False)
    await message.until(lambda one: say("action-unshare") in one.buttons)
    await mina.press(message, say("action-delete"))
    await peer.until(lambda: not seen_by_all(channel))
    assert len([one for one in peer.requests if one.status == 429]) == 3
    logging.getLogger("discord.client").warning("still heard")
    assert "still heard" in caplog.text
    assert not re.search(r"\d{15,}", "".join(record.getMessage() for record in caplog.records))


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ("avatr=portrait", "there is no command /avatr"),
        ("avatar=room", "two commands would be called /room"),
        ("cancel=stop", "there is no command /cancel"),
    ],
)
def test_names_that_discord_would_refuse_are_told_at_the_start(
    chat: Chat, tmp_path: Path, names: str, problem: str
) -> None:
    settings = Settings(data=tmp_path, discord_names=names)  # type: ignore[arg-type]
    with pytest.raises(ConfigInvalid) as told:
        wiring.discord(settings, chat.dispatcher, WORDING, "token")
    assert told.value.parameters == {"setting": "discord_names", "problem": problem}


async def test_two_commands_may_change_their_names(chat: Chat, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, discord_names="avatar=room,room=avatar")  # type: ignore[arg-type]
    await wiring.discord(settings, chat.dispatcher, WORDING, "token").close()


# --- the connection ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("peer")
async def test_a_discord_that_cannot_be_reached_is_told_as_such(caplog: pytest.LogCaptureFixture) -> None:
    async def welcome(_client: object) -> None:
        raise AssertionError

    nobody: Any = None
    alone = Connection("token", nobody, welcome, api="http://127.0.0.1:9/api/v10")
    running = asyncio.create_task(alone.run())
    await asyncio.wait_for(alone.unreached.wait(), 30)
    await alone.close()
    await running
    assert "Discord cannot be reached (ClientConnectorError)" in caplog.text


async def test_a_token_that_no_header_can_carry_is_refused_without_a_word_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    nobody: Any = None
    with pytest.raises(TokenRefused):
        await Connection("tökén", nobody, nobody).run()
    with pytest.raises(TokenRefused):
        await checkup("tökén")
    assert not caplog.records


async def test_how_far_two_clocks_are_apart_is_asked_of_discord(
    peer: DiscordPeer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for warning in ("warn_nacl", "warn_dave"):
        monkeypatch.setattr(discord.VoiceClient, warning, True)
    found = await checkup(peer.token, api=peer.api, clock=lambda: clock() + 5_000_000)
    assert 4_990 < found.ahead < 5_010
    assert found.public
    assert not found.code_grant
    assert not caplog.records


# --- what else is erased ----------------------------------------------------------------------------------------------


async def test_delete_erases_the_copy_in_direct_messages_too(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    channel.deny(peer.bot, "send_messages")
    await bot.result(mina, mina.dm, style="moss")
    await bot.asked(mina, channel, style="moss")
    peer.clock.advance(20 * flow.MINUTE)
    await bot.draw()
    (copy,) = [message for message in mina.dms if message.pictures and ":delete:2:" in str(message.payload)]
    opened = await mina.press(await answered(await mina.slash(channel, "queue")), ":show:2:")
    await opened.until(lambda one: one.replies)
    await mina.press(opened.replies[0], say("action-delete"))
    await peer.until(lambda: copy.deleted)
    assert any(message.pictures for message in mina.dms if not message.deleted)


async def test_forget_me_removes_the_note_that_a_picture_is_ready(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    await bot.asked(mina, channel, style="moss")
    peer.clock.advance(20 * flow.MINUTE)
    await bot.draw()
    (note,) = seen_by_all(channel)
    privacy = await answered(await mina.slash(channel, "privacy"))
    await mina.press(privacy, say("action-forget"))
    await privacy.until(lambda one: say("action-forget-yes") in one.buttons)
    await mina.press(privacy, say("action-forget-yes"))
    await peer.until(lambda: note.deleted)


async def test_an_admin_is_told_once_that_discord_cannot_be_reached(
    peer: DiscordPeer, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "FIRST_WAIT", 0.01)
    settings = Settings(data=tmp_path, discord_api="http://127.0.0.1:9/api/v10", discord_gateway=peer.gateway)
    served = wiring._Discord.served(wiring.discord(settings, chat.dispatcher, WORDING, peer.token))
    said: list[str] = []
    serving = asyncio.create_task(served.serve(said.append))
    await until(lambda: len(said) == 2)
    Route.BASE = peer.api  # there it is
    await until(lambda: len(said) == 3)
    await served.close()
    await serving
    assert said == [
        "Discord:    connecting",
        "Discord:    cannot be reached; trying again until it can",
        "Discord:    ready",
    ]


async def test_a_share_that_is_refused_elsewhere_leaves_what_stands_and_the_way_to_take_it_back(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor
) -> None:
    message = await bot.result(mina, channel, style="moss")
    other = guild.channel("other")
    opened = await mina.press(await answered(await mina.slash(other, "queue")), ":show:1:")
    await opened.until(lambda one: one.replies)
    (elsewhere,) = opened.replies
    await mina.submit((await mina.press(message, say("action-share"))).modal, tick=False)
    await message.until(lambda one: say("action-unshare") in one.buttons)
    other.deny(mina, "attach_files")
    await mina.submit((await mina.press(elsewhere, say("action-share"))).modal, tick=False)
    await elsewhere.until(lambda one: say("discord-share-member").split("/")[0] in one.text)
    assert len(seen_by_all(channel)) == 1
    await mina.press(elsewhere, say("action-unshare"))
    await bot.peer.until(lambda: not seen_by_all(channel))
    await until(lambda: not bot.posts)


async def test_a_korean_client_is_told_of_the_commands_that_it_lists(
    bot: Bot, guild: Guild, channel: Channel, peer: DiscordPeer
) -> None:
    jun = peer.user("jun", locale="ko")
    guild.join(jun)
    (avatar,) = [command for command in peer.commands if command["name"] == "avatar"]
    style = next(option for option in avatar["options"] if option["name"] == "style")
    assert "/스타일" in style["description_localizations"]["ko"]
    assert "/styles" in style["description"]
    message = await bot.result(jun, channel, photo=PHOTO.data, style="slate")
    modal = (await jun.press(message, "다시 그리기")).modal
    assert modal is not None
    assert "/아바타" in modal.text
