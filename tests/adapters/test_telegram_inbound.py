"""Telegram groups, where everything is public: the way into private, photos removed, and moderators in all their guises."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from adapters.telegram import albums, calls, groups
from bot.chat import MemberRef
from tests.adapters.telegram_bot import (
    PHOTO,
    Bot,
    bot,
    catalog,
    chat,
    jpeg,
    mina,
    peer,
    running,
    say,
    theo,
    until,
    version,
)
from tests.bot.conftest import Chat
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer

__all__ = ["bot", "catalog", "chat", "mina", "peer", "theo", "version"]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(albums, "QUIET_SECONDS", 0.3)


@pytest.fixture
def group(peer: TelegramPeer, mina: User, theo: User) -> Group:
    group = peer.group("Library")
    group.join(mina)
    group.join(theo)
    return group


@pytest.fixture
def addressed(peer: TelegramPeer) -> str:
    return f"@{peer.username}"


# --- from the group into private --------------------------------------------------------------------------------------


async def test_a_command_in_a_group_is_answered_by_the_way_into_private(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    await mina.says(group, f"/avatar{addressed}")
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    assert pointer.says.startswith(say("telegram-pointer"))
    assert pointer.silent
    assert pointer.reply_to is None
    assert "Mina" not in pointer.says
    await mina.opens(pointer.urls[0])
    welcome = await bot.peer.until(lambda: mina.told and mina.told[0])
    assert "Library" in welcome.says
    await mina.press(welcome, say("telegram-welcome-draw"))
    await bot.waiting()
    (call,) = bot.handler.told("avatar")
    assert call.room == str(group.id)
    assert call.channel == ""
    assert not call.is_moderator
    await bot.quiet()


async def test_who_came_from_a_group_stays_there_until_they_begin_anew(bot: Bot, group: Group, mina: User) -> None:
    await bot.enters(mina, group)
    await bot.says(mina, photo=PHOTO)
    await bot.waiting()
    await bot.says(mina, "/start")
    await bot.says(mina, "/avatar")
    await bot.waiting(2)
    assert [call.room for call in bot.handler.told("avatar")] == [str(group.id), f"dm-{mina.id}"]
    await bot.quiet()


async def test_another_command_is_answered_right_behind_its_link(bot: Bot, group: Group, mina: User) -> None:
    answer = await bot.enters(mina, group, "/queue")
    assert bot.handler.told("queue")[0].room == str(group.id)
    assert answer.says
    await bot.quiet()


async def test_a_topic_is_a_channel_of_its_group(bot: Bot, peer: TelegramPeer, mina: User, addressed: str) -> None:
    forum = peer.group("Forum", forum=True)
    forum.join(mina)
    topic = forum.topic("Art")
    await mina.says(topic, f"/avatar{addressed}")
    pointer = await peer.until(lambda: topic.posts and topic.posts[0])
    await mina.opens(pointer.urls[0])
    welcome = await peer.until(lambda: mina.told and mina.told[0])
    await mina.press(welcome, say("telegram-welcome-draw"))
    await bot.waiting()
    (call,) = bot.handler.told("avatar")
    assert (call.room, call.channel) == (str(forum.id), str(topic.id))
    await bot.quiet()


async def test_a_link_is_good_for_an_hour(bot: Bot, group: Group, mina: User, addressed: str) -> None:
    await mina.says(group, f"/avatar{addressed}")
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    bot.peer.clock.advance(61 * 60)
    await mina.opens(pointer.urls[0])
    answer = await bot.peer.until(lambda: mina.told and mina.told[0])
    assert answer.says.startswith(say("telegram-link-expired"))
    await bot.says(mina, "/avatar")
    await bot.waiting()
    assert bot.handler.told("avatar")[0].room == f"dm-{mina.id}"


async def test_a_link_of_nobodys_making(bot: Bot, mina: User) -> None:
    answer = await bot.says(mina, "/start 1_avatar_zzzzzAAAAAAAAAAAA")
    assert answer.says.startswith(say("telegram-link-broken"))
    await bot.quiet()


async def test_a_link_is_of_no_use_to_who_is_not_in_the_group(
    bot: Bot, peer: TelegramPeer, group: Group, mina: User, addressed: str
) -> None:
    stranger = peer.user("stranger")
    await mina.says(group, f"/avatar{addressed}")
    pointer = await peer.until(lambda: group.posts and group.posts[0])
    await stranger.opens(pointer.urls[0])
    answer = await peer.until(lambda: stranger.told and stranger.told[0])
    assert answer.says.startswith(say("telegram-link-not-member"))
    await bot.says(stranger, "/avatar")
    await bot.waiting()
    assert bot.handler.told("avatar")[0].room == f"dm-{stranger.id}"


async def test_what_is_not_meant_for_this_bot_is_left_alone(bot: Bot, group: Group, mina: User) -> None:
    group.bot_rights(can_delete_messages=True)
    await mina.says(group, "/avatar@someone_else_bot")
    await mina.says(group, "just talking")
    await mina.says(group, photo=PHOTO)
    group.other_bot_says("/avatar")
    channel = bot.peer.channel("News")
    group.forwards(channel, "/avatar", photo=PHOTO)
    await bot.quiet()
    assert not group.posts
    assert not any(message.deleted for message in group.messages)
    assert not bot.handler.calls


async def test_what_members_say_to_each_other_is_never_written_down(bot: Bot, group: Group, mina: User) -> None:
    group.bot_rights(can_delete_messages=True)
    await bot.peer.settled()
    before = bot.chat.rows("SELECT key FROM inbox")
    await mina.says(group, "just talking")
    await mina.says(group, "/ban@other_bot him")
    other = group.other_bot_says("Who is it?")
    await mina.says(group, "it is me", reply_to=other)
    await mina.says(group, album=[jpeg("red"), jpeg("blue")], caption="holidays")
    await bot.peer.settled()
    assert bot.chat.rows("SELECT key FROM inbox") == before


async def test_an_unknown_command_for_this_bot_leads_to_help(bot: Bot, group: Group, mina: User) -> None:
    answer = await bot.enters(mina, group, "/nonsense")
    assert answer.says.startswith(say("help-headline"))


async def test_where_the_groups_were_lost_old_buttons_lead_nowhere_and_later_to_their_own_group(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, group: Group, mina: User
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        welcome = await bot.enters(mina, group)
        await mina.press(welcome, say("telegram-welcome-choose"))
        chooser = await bot.peer.until(lambda: "Draw it" in mina.told[-1].buttons and mina.told[-1])
        await bot.quiet()
    (tmp_path / "telegram" / "homes.json").unlink()
    async with running(peer, chat, tmp_path) as bot:
        other = peer.group("Chess")
        other.join(mina)
        await bot.enters(mina, other)
        answers = len(mina.told)
        await mina.press(chooser, "Draw it")
        await peer.until(lambda: len(mina.told) > answers)
        assert mina.told[-1].says.startswith(say("error-button"))
        refused = await bot.says(mina, photo=PHOTO, reply_to=chooser)
        assert refused.says.startswith(say("error-button"))
        assert not bot.handler.told("avatar")
        await bot.enters(mina, group)
        await mina.press(chooser, "Draw it")
        await bot.waiting()
        assert [call.room for call in bot.handler.told("avatar")] == [str(group.id)]
        await bot.quiet()


# --- photos in public -------------------------------------------------------------------------------------------------


async def test_a_photo_with_the_command_is_removed_where_that_may_be(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    sent = await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}")
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    assert sent.deleted
    assert pointer.says.startswith(say("telegram-photo-removed"))
    assert not bot.peer.downloads
    await bot.quiet()


async def test_a_photo_that_may_not_be_removed_is_said_to_stay(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    sent = await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}")
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    assert not sent.deleted
    assert pointer.says.startswith(say("telegram-photo-stays"))
    assert not bot.peer.asked("deleteMessage")
    assert not bot.peer.downloads


async def test_a_photo_that_stood_there_before_stays_and_the_way_to_use_it_is_told(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    photo = await mina.says(group, photo=PHOTO)
    command = await mina.says(group, f"/avatar{addressed}", reply_to=photo)
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    await bot.quiet()
    assert pointer.says.startswith(say("telegram-photo-earlier"))
    assert not photo.deleted
    assert command.deleted


async def test_nobody_removes_the_photo_of_another_member(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    photo = await theo.says(group, photo=PHOTO)
    await mina.says(group, f"/avatar{addressed}", reply_to=photo)
    await bot.peer.until(lambda: group.posts)
    await bot.quiet()
    assert not photo.deleted


async def test_an_album_with_the_command_is_removed_in_all_its_parts(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    await mina.says(group, album=[jpeg("red"), jpeg("green"), jpeg("blue")], caption=f"/avatar{addressed}")
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    await bot.quiet()
    assert pointer.says.startswith(say("telegram-photo-removed"))
    assert [message for message in group.messages if not message.deleted and not message.from_bot] == []
    assert not bot.peer.downloads


async def test_a_part_of_an_album_that_comes_late_is_removed_too(
    bot: Bot, group: Group, mina: User, addressed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.bot_rights(can_delete_messages=True)
    tell, late = bot.peer.world.tell_message, list[Message]()
    count = itertools.count(1)
    monkeypatch.setattr(
        bot.peer.world, "tell_message", lambda message: tell(message) if next(count) < 3 else late.append(message)
    )
    await mina.says(group, album=[jpeg("red"), jpeg("green"), jpeg("blue")], caption=f"/avatar{addressed}")
    await bot.peer.until(lambda: group.posts)
    await bot.quiet()
    assert not late[0].deleted
    tell(late[0])
    await bot.peer.until(lambda: late[0].deleted)


async def test_an_album_whose_command_comes_last_is_removed_and_answered(
    bot: Bot, group: Group, mina: User, addressed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.bot_rights(can_delete_messages=True)
    told = list[Message]()
    with monkeypatch.context() as patch:
        patch.setattr(bot.peer.world, "tell_message", told.append)
        await mina.says(group, album=[jpeg("red"), jpeg("green"), jpeg("blue")], caption=f"/avatar{addressed}")
    bot.peer.world.tell_message(told[1])
    await bot.peer.settled()
    await until(lambda: bot.platform._inbound._unasked)
    bot.peer.world.tell_message(told[2])
    await until(lambda: any(len(parts) == 2 for parts in bot.platform._inbound._unasked.values()))
    bot.peer.world.tell_message(told[0])
    await bot.peer.until(lambda: all(message.deleted for message in told))
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    await bot.quiet()
    assert pointer.says.startswith(say("telegram-photo-removed"))


async def test_a_way_that_could_not_be_shown_is_shown_a_little_later(
    bot: Bot, group: Group, mina: User, addressed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "SHOW_AGAIN_SECONDS", 0.05)
    bot.peer.refuse("sendMessage", status=502, times=2)
    await mina.says(group, f"/avatar{addressed}")
    await bot.peer.until(lambda: group.posts)
    await bot.quiet()
    bot.peer.problems.clear()


async def test_what_was_asked_in_a_group_is_not_forgotten_in_a_longer_trouble(
    bot: Bot, group: Group, mina: User, addressed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "TRIES", 1)
    monkeypatch.setattr(groups, "SHOW_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 0.05)
    bot.peer.refuse("sendMessage", status=502, times=4)
    await mina.says(group, f"/avatar{addressed}")
    await bot.peer.until(lambda: group.posts)
    await bot.quiet()
    assert len(group.posts) == 1
    bot.peer.problems.clear()


async def test_a_new_right_is_used_at_once(bot: Bot, group: Group, mina: User, theo: User, addressed: str) -> None:
    await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}")
    await bot.peer.until(lambda: group.posts)
    group.bot_rights(can_delete_messages=True)
    await bot.peer.settled()
    sent = await theo.says(group, photo=PHOTO, caption=f"/avatar{addressed}")
    await bot.peer.until(lambda: sent.deleted)
    await bot.quiet()


async def test_a_photo_that_answers_the_way_into_private_is_removed_too(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    await mina.says(group, f"/avatar{addressed}")
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    sent = await theo.says(group, photo=PHOTO, reply_to=pointer)
    await bot.peer.until(lambda: sent.deleted)
    await bot.peer.until(lambda: any(one.says.startswith(say("telegram-photo-removed")) for one in group.posts))
    await bot.quiet()


# --- moderators -------------------------------------------------------------------------------------------------------


async def test_moderators_are_looked_up_for_each_call(bot: Bot, group: Group, mina: User) -> None:
    group.admin(mina)
    panel = await bot.enters(mina, group, "/room")
    assert bot.handler.told("room")[-1].is_moderator
    menu = next(label for label in panel.buttons if "▾" in label)
    group.demote(mina)
    before = len(mina.told)
    await mina.press(panel, menu)
    await bot.quiet()
    assert not bot.handler.told("room")[-1].is_moderator
    assert say("refused-moderator") in panel.says or len(mina.told) > before


async def test_help_tells_moderators_more(bot: Bot, group: Group, mina: User, theo: User) -> None:
    group.admin(mina)
    assert say("help-moderator") in (await bot.enters(mina, group, "/help")).says
    assert say("help-moderator") not in (await bot.enters(theo, group, "/help")).says


async def test_a_moderator_blocks_by_answering_a_message(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    group.admin(mina)
    await bot.says(mina, "/start")
    word = await theo.says(group, "rude")
    before = len(mina.told)
    await mina.says(group, f"/block{addressed}", reply_to=word)
    answer = await bot.peer.until(lambda: len(mina.told) > before and mina.told[-1])
    assert say("telegram-about-member", name="Theo") in answer.says
    (call,) = bot.handler.told("block")
    assert call.arguments == {"member": MemberRef(str(theo.id))}
    assert call.is_moderator
    await bot.quiet()
    assert not group.posts


async def test_a_moderator_who_never_wrote_to_the_bot_is_told_in_the_group_that_it_is_done(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    group.admin(mina)
    word = await theo.says(group, "rude")
    await mina.says(group, f"/block{addressed}", reply_to=word)
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    assert pointer.says.startswith(say("telegram-done"))
    assert "Theo" not in pointer.says
    assert len(bot.chat.rows("SELECT * FROM block")) == 1
    await bot.quiet()
    bot.peer.problems[:] = [problem for problem in bot.peer.problems if "initiate" not in problem]


async def test_an_anonymous_administrator_blocks_without_a_trace_of_the_shared_id(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    group.admin(mina, anonymous=True)
    word = await theo.says(group, "rude")
    await mina.says(group, f"/block{addressed}", reply_to=word, anonymous=True)
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    assert pointer.says.startswith(say("telegram-done"))
    (call,) = bot.handler.told("block")
    assert call.is_moderator
    assert "1087968824" not in call.member
    await bot.quiet()


async def test_an_anonymous_administrator_reaches_the_panel_under_their_own_name(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    group.admin(mina, anonymous=True)
    await mina.says(group, f"/room{addressed}", anonymous=True)
    pointer = await bot.peer.until(lambda: group.posts and group.posts[0])
    await mina.opens(pointer.urls[0])
    await bot.peer.until(lambda: mina.told)
    (call,) = bot.handler.told("room")
    assert (call.member, call.is_moderator, call.room) == (str(mina.id), True, str(group.id))
    await bot.quiet()


async def test_a_member_blocks_nobody(bot: Bot, group: Group, mina: User, theo: User, addressed: str) -> None:
    word = await theo.says(group, "rude")
    await mina.says(group, f"/block{addressed}", reply_to=word)
    await bot.peer.until(lambda: group.posts)
    await bot.quiet()
    assert not bot.handler.told("block")
    assert not bot.chat.rows("SELECT * FROM block")


async def test_a_channel_is_served_like_everybody_and_moderates_nothing(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    group.admin(mina)
    channel = bot.peer.channel("News")
    word = await theo.says(group, "rude")
    await mina.says(group, f"/block{addressed}", reply_to=word, as_channel=channel)
    await bot.peer.until(lambda: group.posts)
    await bot.quiet()
    assert not bot.handler.calls


async def test_whom_a_moderator_means_must_be_said(bot: Bot, group: Group, mina: User, addressed: str) -> None:
    group.admin(mina)
    await bot.says(mina, "/start")
    before = len(mina.told)
    await mina.says(group, f"/block{addressed}")
    await bot.peer.until(lambda: len(mina.told) > before)
    assert mina.told[-1].says.startswith(say("telegram-member-reply", command="block"))
    await bot.quiet()


async def test_a_moderators_command_alone_leads_to_the_group(bot: Bot, mina: User) -> None:
    answer = await bot.says(mina, "/room")
    assert answer.says.startswith(say("telegram-room-in-group", command="room"))
    await bot.quiet()


# --- groups that move and change --------------------------------------------------------------------------------------


async def test_a_group_that_becomes_a_supergroup_stays_the_same_room(bot: Bot, peer: TelegramPeer, mina: User) -> None:
    small = peer.group("Small", basic=True)
    small.join(mina)
    await bot.enters(mina, small)
    large = small.migrate()
    await peer.settled()
    await bot.quiet()
    await bot.says(mina, "/avatar")
    await bot.waiting()
    assert bot.handler.told("avatar")[0].room == str(small.id)
    await bot.enters(mina, large, "/queue")
    assert bot.handler.told("queue")[0].room == str(small.id)


async def test_a_bot_that_was_thrown_out_says_nothing(bot: Bot, group: Group, mina: User) -> None:
    group.bot_kicked()
    await bot.peer.settled()
    assert not bot.handler.calls


# --- messages that only one member sees -------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(10, 2), (10, 3)])
async def test_where_the_server_can_only_the_asker_sees_the_way(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    await mina.says(group, f"/avatar{addressed}", ephemeral=True)
    pointer = await bot.peer.until(lambda: [one for one in group.seen_by(mina) if one.from_bot])
    assert pointer[0].ephemeral
    assert not [one for one in group.seen_by(theo) if one.from_bot]
    await mina.opens(pointer[0].urls[0])
    await bot.peer.until(lambda: mina.told)
    await bot.quiet()


@pytest.mark.parametrize("version", [(10, 3)])
async def test_commands_in_groups_are_ephemeral_where_the_server_can(bot: Bot, group: Group, mina: User) -> None:
    assert all(command.get("is_ephemeral") for command in mina.menu(group))
    assert not any(command.get("is_ephemeral") for command in mina.menu())


@pytest.mark.parametrize("version", [(10, 3)])
async def test_a_way_that_cannot_be_for_one_alone_is_for_all(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    bot.peer.refuse("sendMessage", status=400, where=lambda request: "receiver_user_id" in str(request.params))
    await mina.says(group, f"/avatar{addressed}", ephemeral=True)
    pointer = await bot.peer.until(lambda: [one for one in group.seen_by(theo) if one.from_bot])
    assert pointer[0].says.startswith(say("telegram-pointer"))
    await bot.quiet()
    bot.peer.problems.clear()
