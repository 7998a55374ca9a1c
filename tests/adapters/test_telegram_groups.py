"""Telegram groups in bad weather: photos go all the same, whoever asked is answered, and no right is taken for granted."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram import albums, calls, groups, homes, platform, rights
from adapters.telegram.links import Links
from tests.adapters.telegram_bot import (
    KEY,
    PHOTO,
    Bot,
    Chat,
    bot,
    built,
    catalog,
    chat,
    jpeg,
    mina,
    peer,
    running,
    say,
    started,
    theo,
    until,
    version,
)
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer

__all__ = ["bot", "catalog", "chat", "mina", "peer", "theo", "version"]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(albums, "QUIET_SECONDS", 0.3)
    monkeypatch.setattr(groups, "SHOW_AGAIN_SECONDS", 0.02)
    monkeypatch.setattr(groups, "SHOW_AGAIN_MOST", 0.05)
    monkeypatch.setattr(groups, "REMOVE_AGAIN_SECONDS", (0.02,) * 5)
    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 0.02)


@pytest.fixture
def group(peer: TelegramPeer, mina: User, theo: User) -> Group:
    group = peer.group("Library")
    group.join(mina)
    group.join(theo)
    return group


@pytest.fixture
def addressed(peer: TelegramPeer) -> str:
    return f"@{peer.username}"


def said(group: Group, key: str, **parameters: Any) -> Callable[[], list[Message]]:
    """What stands in the group and begins with this sentence."""
    return lambda: [post for post in group.posts if post.says.startswith(say(key, **parameters))]


def command_of(message: Message, peer: TelegramPeer) -> str:
    """Where the button of a pointer leads."""
    payload = message.urls[0].partition("start=")[2]
    return Links(KEY, peer.clock).unpack(payload)[1]


# --- photos -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "times"), [(502, 3), (429, 1), ("drop", 2)])
async def test_a_photo_that_telegram_does_not_remove_at_once_is_removed_a_little_later(
    bot: Bot, group: Group, mina: User, addressed: str, status: int | str, times: int
) -> None:
    group.bot_rights(can_delete_messages=True)
    await bot.peer.settled()
    bot.peer.refuse("deleteMessage", status=status, times=times)
    sent = await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}")
    await bot.peer.until(lambda: sent.deleted)
    await bot.peer.until(said(group, "telegram-photo-removed"))
    await bot.quiet()
    assert not said(group, "telegram-photo-stays")()
    bot.peer.problems.clear()


async def test_of_an_album_the_parts_that_did_not_go_are_removed_later(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    await bot.peer.settled()
    bot.peer.refuse("deleteMessage", status=502, times=2)
    await mina.says(group, album=[jpeg("red"), jpeg("green"), jpeg("blue")], caption=f"/avatar{addressed}")
    await bot.peer.until(lambda: all(one.deleted for one in group.all if one.photo))
    await bot.quiet()
    assert not said(group, "telegram-photo-stays")()
    bot.peer.problems.clear()


async def test_that_a_photo_is_still_there_is_said_when_telegram_was_not_well_for_too_long(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    await bot.peer.settled()
    bot.peer.refuse("deleteMessage", status=502, times=6)
    sent = await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}")
    (post,) = await bot.peer.until(said(group, "telegram-photo-still"))
    assert post.reply_to is sent
    assert not said(group, "telegram-photo-stays")()
    await bot.quiet()
    bot.peer.problems.clear()


async def test_whether_the_bot_may_remove_a_photo_is_tried_where_it_cannot_be_looked_up(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    await bot.peer.settled()
    bot.peer.refuse("getChatMember", status=502, times=2)
    sent = await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}")
    await bot.peer.until(lambda: sent.deleted)
    await bot.quiet()
    bot.peer.problems.clear()


async def test_photos_wait_for_no_look_up_that_does_not_come_back(
    bot: Bot, group: Group, mina: User, addressed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.bot_rights(can_delete_messages=True)
    await bot.quiet()
    monkeypatch.setattr(rights, "OWN_SECONDS", 0.1)
    bot.platform._inbound._rights.drop(group.id)
    asked = len(bot.peer.asked("getChatMember"))
    hold = bot.peer.hold("getChatMember", times=50)
    photos = [await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}") for _ in range(6)]
    await bot.peer.until(lambda: all(photo.deleted for photo in photos))
    await bot.quiet()
    assert len(bot.peer.asked("getChatMember")) == asked + 1, "one waited for it, and nobody after that"
    hold.release()
    bot.peer.problems.clear()


async def test_what_the_bot_may_do_is_asked_again_after_a_while(bot: Bot, group: Group) -> None:
    now = [100.0]
    asked = rights.Rights(bot.platform._inbound._bot, lambda: now[0])
    bot.peer.refuse("getChatMember", status=502)
    assert await asked.may_delete(group.id) is None
    assert await asked.may_delete(group.id) is None
    now[0] += rights.UNKNOWN_SECONDS
    assert await asked.may_delete(group.id) is False
    bot.peer.problems.clear()


async def test_whoever_sends_many_photos_that_stay_is_told_so_once(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    for _ in range(4):
        await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}")
    await theo.says(group, f"/help{addressed}")
    await bot.peer.until(said(group, "telegram-photo-stays"))
    await bot.peer.until(said(group, "telegram-pointer-answer"))
    await bot.quiet()
    assert len(group.posts) == 2


async def test_everybody_whose_photo_stays_is_told_so_at_their_photo(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    photos = [await one.says(group, photo=PHOTO, caption=f"/avatar{addressed}") for one in (mina, theo)]
    stays = said(group, "telegram-photo-stays")
    await bot.peer.until(lambda: len(stays()) == 2)
    told = stays()
    assert {one.reply_to for one in told} == set(photos)
    assert not any(one.silent for one in told)
    await bot.quiet()


async def test_the_photo_goes_while_the_disk_is_full_and_the_way_is_shown_afterwards(
    bot: Bot, group: Group, mina: User, addressed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.bot_rights(can_delete_messages=True)
    await bot.peer.settled()
    write, tries = homes._write, itertools.count(1)
    sent: list[Message] = []

    def full(*arguments: Any) -> None:
        if next(tries) < 4:
            raise OSError(28, "No space left on device")
        write(*arguments)

    monkeypatch.setattr(homes, "_write", full)
    sent.append(await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}"))
    (pointer,) = await bot.peer.until(said(group, "telegram-photo-removed"))
    assert sent[0].deleted
    assert next(tries) == 5
    await mina.opens(pointer.urls[0])
    await bot.peer.until(lambda: mina.told)
    await bot.quiet()


@pytest.mark.parametrize("version", [(10, 3)])
async def test_a_command_that_only_its_sender_sees_names_the_way_for_their_photo_too(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    photo = await mina.says(group, photo=PHOTO)
    await mina.says(group, f"/avatar{addressed}", reply_to=photo, ephemeral=True)
    (pointer,) = await bot.peer.until(lambda: [one for one in group.seen_by(mina) if one.from_bot])
    assert pointer.says.startswith(say("telegram-photo-earlier"))
    await bot.quiet()
    assert not photo.deleted


async def test_one_part_of_an_album_that_stood_there_before_is_not_torn_out(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    first = await mina.says(group, album=[jpeg("red"), jpeg("green")])
    await mina.says(group, f"/avatar{addressed}", reply_to=first)
    await bot.peer.until(said(group, "telegram-photo-earlier"))
    await bot.quiet()
    assert not any(one.deleted for one in group.all if one.photo)


# --- the way into the private chat ------------------------------------------------------------------------------------


async def test_a_longer_outage_leaves_nobody_without_an_answer(
    bot: Bot, group: Group, mina: User, addressed: str
) -> None:
    bot.peer.refuse("sendMessage", status=502, times=groups.TRIES - 1)
    await mina.says(group, f"/avatar{addressed}")
    await bot.peer.until(said(group, "telegram-pointer"))
    await bot.quiet()
    assert len(group.posts) == 1
    bot.peer.problems.clear()


@pytest.mark.parametrize("method", ["sendMessage", "deleteMessage"])
async def test_a_403_of_something_on_the_way_is_not_taken_for_telegrams_word(
    bot: Bot, group: Group, mina: User, addressed: str, method: str
) -> None:
    group.bot_rights(can_delete_messages=True)
    await bot.quiet()
    bot.peer.refuse(method, status=403, description="Forbidden")
    sent = await mina.says(group, photo=PHOTO, caption=f"/avatar{addressed}")
    await bot.peer.until(lambda: sent.deleted)
    await bot.peer.until(said(group, "telegram-photo-removed"))
    await bot.quiet()
    bot.peer.problems.clear()


async def test_an_event_that_met_such_a_403_to_the_end_is_kept(
    bot: Bot, group: Group, mina: User, addressed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "TRIES", 1)
    bot.peer.refuse("sendMessage", status=403, description="Forbidden")
    await mina.says(group, f"/avatar{addressed}")
    await bot.peer.until(said(group, "telegram-pointer"))
    await bot.quiet()
    bot.peer.problems.clear()


async def test_a_pointer_from_before_a_long_stop_is_left_alone_and_forgotten(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, group: Group, mina: User
) -> None:
    def noted() -> list[Path]:
        return list(tmp_path.rglob("*.doomed"))

    async with running(peer, chat, tmp_path) as bot:
        await mina.says(group, f"/avatar@{peer.username}")
        (post,) = await peer.until(said(group, "telegram-pointer"))
        await bot.quiet()
    assert noted()
    peer.clock.advance(49 * 3600)
    async with running(peer, chat, tmp_path):
        await peer.until(lambda: peer.asked("deleteMessage"))
        await until(lambda: not noted())
    assert said(group, "telegram-pointer")() == [post]
    assert not post.photo


async def test_what_was_not_answered_before_the_end_is_answered_by_the_next_process(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "CLOSE_SECONDS", 0.05)
    monkeypatch.setattr(groups, "SHOW_AGAIN_SECONDS", 60.0)
    async with running(peer, chat, tmp_path):
        peer.refuse("sendMessage", status=502)
        await mina.says(group, f"/avatar@{peer.username}")
        await peer.until(lambda: peer.asked("sendMessage"))
    assert not group.posts
    async with running(peer, chat, tmp_path) as bot:
        await peer.until(lambda: group.posts)
        await bot.quiet()
    peer.problems.clear()


async def test_each_language_has_its_own_pointer(
    bot: Bot, peer: TelegramPeer, group: Group, mina: User, addressed: str
) -> None:
    jun = peer.user("jun", language="ko")
    group.join(jun)
    await jun.says(group, f"/avatar{addressed}")
    await mina.says(group, f"/avatar{addressed}")
    await peer.until(said(group, "telegram-pointer", locale="ko"))
    await peer.until(said(group, "telegram-pointer"))
    await mina.says(group, f"/avatar{addressed}")
    await bot.quiet()
    assert len(group.posts) == 2


async def test_what_an_earlier_process_left_is_swept_up_and_nothing_else(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        await mina.says(group, f"/avatar@{peer.username}")
        (old,) = await peer.until(said(group, "telegram-pointer"))
        await bot.quiet()
    bot = built(peer, chat, tmp_path)
    posts = bot.platform._pointers._posts
    listed, shown = posts.doomed, asyncio.Event()

    async def after_the_first() -> list[str]:
        await shown.wait()
        return await listed()

    monkeypatch.setattr(posts, "doomed", after_the_first)
    async with started(bot):
        await bot.platform.ready.wait()
        await mina.says(group, f"/avatar@{peer.username}")
        (new,) = await peer.until(lambda: [post for post in group.posts if post is not old])
        await bot.quiet()
        shown.set()
        await peer.until(lambda: old.deleted)
        await until(lambda: not bot.platform._outbound._background._tasks)
        assert not new.deleted


# --- moderators -------------------------------------------------------------------------------------------------------


async def test_a_moderator_to_whom_telegram_lets_nothing_through_is_told_in_the_group(
    bot: Bot, group: Group, mina: User, theo: User, addressed: str
) -> None:
    group.admin(mina)
    await bot.says(mina, "/start")
    await bot.quiet()
    word = await theo.says(group, "rude")
    bot.peer.refuse("sendMessage", status=400, times=9, where=lambda asked: asked.params["chat_id"] == mina.id)
    await mina.says(group, f"/block{addressed}", reply_to=word)
    (pointer,) = await bot.peer.until(said(group, "telegram-done"))
    assert len(bot.chat.rows("SELECT * FROM block")) == 1
    assert command_of(pointer, bot.peer) == "room"
    assert say("telegram-pointer-answer") not in pointer.says
    await bot.quiet()
    bot.peer.problems.clear()


@pytest.mark.parametrize(("rights", "blocks"), [(["can_pin_messages"], 0), (["can_restrict_members"], 1)])
async def test_the_group_itself_moderates_only_if_all_who_can_write_as_it_do(
    bot: Bot, peer: TelegramPeer, group: Group, mina: User, theo: User, addressed: str, rights: list[str], blocks: int
) -> None:
    shade = peer.user("shade")
    group.join(shade)
    group.admin(mina, anonymous=True)
    group.admin(shade, anonymous=True, rights=rights)
    word = await theo.says(group, "rude")
    await mina.says(group, f"/block{addressed}", reply_to=word, anonymous=True)
    (pointer,) = await peer.until(lambda: group.posts)
    await bot.quiet()
    assert len(bot.chat.rows("SELECT * FROM block")) == blocks
    assert pointer.says.startswith(say("telegram-done" if blocks else "telegram-pointer-answer"))


async def test_each_of_two_blocks_right_after_each_other_is_answered(
    bot: Bot, peer: TelegramPeer, group: Group, mina: User, theo: User, addressed: str
) -> None:
    noor = peer.user("noor")
    group.join(noor)
    group.admin(mina, anonymous=True)
    for member in (theo, noor):
        word = await member.says(group, "rude")
        await mina.says(group, f"/block{addressed}", reply_to=word, anonymous=True)
    await peer.until(lambda: len(said(group, "telegram-done")()) == 2)
    await bot.quiet()


async def test_whom_the_group_itself_means_must_be_said(bot: Bot, group: Group, mina: User, addressed: str) -> None:
    group.admin(mina, anonymous=True)
    await mina.says(group, f"/block{addressed}", anonymous=True)
    (pointer,) = await bot.peer.until(said(group, "telegram-member-reply", command="block"))
    assert command_of(pointer, bot.peer) == "room"
    await bot.quiet()
