"""Buttons under a picture on Telegram: whatever becomes of a press, the picture stays until its member deletes it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters import publishing
from adapters.telegram import albums, calls, platform, presses
from bot.errors import StorageTrouble
from tests.adapters.telegram_bot import (
    DRAWN,
    Bot,
    Chat,
    bot,
    catalog,
    chat,
    mina,
    peer,
    running,
    say,
    theo,
    version,
)
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer

__all__ = ["bot", "catalog", "chat", "mina", "peer", "theo", "version"]

DAY = 86_400


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(albums, "QUIET_SECONDS", 0.1)
    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 0.02)


@pytest.fixture
def group(peer: TelegramPeer, mina: User) -> Group:
    group = peer.group("Library")
    group.join(mina)
    return group


async def from_group(bot: Bot, who: User, group: Group) -> Message:
    """A picture that can be shared there."""
    await bot.enters(who, group)
    return await bot.result(who, "/avatar")


async def days_pass(bot: Bot, days: float) -> None:
    bot.peer.clock.advance(days * DAY)
    await bot.chat.storage.jobs.sweep()


async def asks_to_share(who: User, picture: Message) -> None:
    await who.press(picture, say("telegram-own-action-share"))
    await picture.until(lambda message: say("telegram-share-nameless") in message.buttons)


async def shares(bot: Bot, who: User, picture: Message) -> None:
    await asks_to_share(who, picture)
    await who.press(picture, say("telegram-share-nameless"))
    await picture.until(lambda message: say("action-unshare") in message.buttons)
    await bot.quiet()


def told(who: User, key: str) -> list[Message]:
    return [message for message in who.told if say(key) in message.says]


def there(picture: Message) -> bool:
    return not picture.deleted and picture.uploaded == DRAWN


# --- what is there stays ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1.1, 3.1])
async def test_the_picture_stays_in_the_chat_when_our_copy_is_erased(bot: Bot, mina: User, days: float) -> None:
    picture = await bot.result(mina, "/avatar")
    await days_pass(bot, days)
    await mina.press(picture, say("telegram-as-file"))
    await picture.until(lambda message: say("telegram-erased-copy") in message.says)
    await bot.quiet()
    assert there(picture)
    assert not picture.buttons, "there is nothing left that they could do"
    assert not told(mina, "job-erased")


async def test_the_way_back_from_sharing_an_old_picture_leaves_it_there(bot: Bot, group: Group, mina: User) -> None:
    picture = await from_group(bot, mina, group)
    await days_pass(bot, 1.1)
    await asks_to_share(mina, picture)
    await mina.press(picture, say("telegram-share-nameless"))
    await bot.peer.until(lambda: told(mina, "error-no-picture"))
    await picture.until(lambda message: say("telegram-erased-copy") in message.says)
    await bot.quiet()
    assert there(picture)


@pytest.mark.parametrize("days", [1.1, 3.1])
async def test_taken_back_a_day_later_it_leaves_the_group_and_not_the_chat(
    bot: Bot, group: Group, mina: User, days: float
) -> None:
    picture = await from_group(bot, mina, group)
    await shares(bot, mina, picture)
    (post,) = [one for one in group.posts if one.photo]
    await days_pass(bot, days)
    await mina.press(picture, say("action-unshare"))
    await picture.until(lambda message: say("unshare-done") in message.says)
    await bot.quiet()
    assert post.deleted or post.uploaded != DRAWN
    assert there(picture)


@pytest.mark.parametrize("deletes", [False, True])
async def test_of_a_message_that_telegram_no_longer_hands_over_the_picture_stays_too(
    bot: Bot, mina: User, *, deletes: bool
) -> None:
    picture = await bot.result(mina, "/avatar")
    picture.inaccessible = True
    await days_pass(bot, 1.1)
    await mina.press(picture, say("action-delete" if deletes else "telegram-as-file"))
    await bot.peer.until(lambda: picture.deleted if deletes else not picture.buttons)
    await bot.quiet()
    assert there(picture) is not deletes
    assert bool(told(mina, "job-erased")) is deletes


async def test_a_picture_that_was_put_away_is_not_missed(bot: Bot, group: Group, mina: User) -> None:
    picture = await bot.result(mina, "/avatar")
    await days_pass(bot, 1.1)
    await mina.press(picture, say("telegram-as-file"), wait=False)
    await mina.deletes(picture)
    await bot.quiet()
    assert all(message.buttons == [] for message in mina.told)


# --- trouble that passes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("button", ["action-back", "telegram-share-nameless"])
async def test_trouble_with_the_disk_costs_neither_the_picture_nor_its_buttons(
    bot: Bot, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    picture = await from_group(bot, mina, group)
    before = picture.buttons
    await asks_to_share(mina, picture)

    async def broken(*_: Any) -> None:
        raise StorageTrouble("storage-full")

    with monkeypatch.context() as patch:
        patch.setattr(bot.chat.storage.jobs, "view", broken)
        await mina.press(picture, say(button))
        await bot.peer.until(lambda: told(mina, StorageTrouble.default_key))
        await bot.quiet()
    assert there(picture)
    assert len(told(mina, StorageTrouble.default_key)) == 1
    await mina.press(picture, say("action-back"))
    await picture.until(lambda message: message.buttons == before)
    await bot.quiet()


async def test_what_could_not_be_shared_in_trouble_stays_with_its_member(
    bot: Bot, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = await from_group(bot, mina, group)
    await asks_to_share(mina, picture)
    mark = bot.chat.storage.jobs.mark_shared

    async def broken(job: int, room: str, member: str, *, shared: bool) -> None:
        if not shared:
            raise StorageTrouble("storage-full")
        await mark(job, room, member, shared=shared)

    monkeypatch.setattr(bot.chat.storage.jobs, "mark_shared", broken)
    bot.peer.refuse("sendMessage", status=502, where=lambda asked: asked.params["chat_id"] == group.id)
    await mina.press(picture, say("telegram-share-nameless"))
    await bot.peer.until(lambda: told(mina, "telegram-share-frame-left"))
    await bot.quiet()
    assert there(picture)
    bot.peer.problems.clear()


# --- a group that has to wait -----------------------------------------------------------------------------------------


async def test_a_share_that_has_to_wait_holds_up_nothing_else(
    bot: Bot, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presses, "SHARE_SECONDS", 0.05)
    picture = await from_group(bot, mina, group)
    await asks_to_share(mina, picture)
    await bot.quiet()
    hold = bot.peer.hold("sendMessage", where=lambda asked: asked.params["chat_id"] == group.id)
    await mina.press(picture, say("telegram-share-nameless"))
    await picture.until(lambda message: message.says == say("telegram-share-waits"))
    assert not picture.buttons
    await bot.says(mina, "/help")
    assert len(bot.inbox()) >= 1, "what is not done yet is not let go"
    hold.release()
    await picture.until(lambda message: say("action-unshare") in message.buttons)
    await bot.quiet()
    assert [post.uploaded for post in group.posts if post.photo] == [DRAWN]
    assert there(picture)


async def test_a_share_that_was_waiting_at_the_end_is_done_by_the_next_process(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presses, "SHARE_SECONDS", 0.05)
    monkeypatch.setattr(platform, "CLOSE_SECONDS", 0.1)
    async with running(peer, chat, tmp_path) as bot:
        picture = await from_group(bot, mina, group)
        await asks_to_share(mina, picture)
        await bot.quiet()
        hold = peer.hold("getChatMember")
        await mina.press(picture, say("telegram-share-nameless"))
        await picture.until(lambda message: message.says == say("telegram-share-waits"))
    hold.release()
    async with running(peer, chat, tmp_path) as bot:
        await picture.until(lambda message: say("action-unshare") in message.buttons)
        await bot.quiet()
    assert [post.uploaded for post in group.posts if post.photo] == [DRAWN]


async def test_a_picture_deleted_while_its_share_waits_does_not_come_back(
    bot: Bot, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presses, "SHARE_SECONDS", 0.05)
    monkeypatch.setattr(publishing, "UNSHARE_SECONDS", 0.05)
    picture = await from_group(bot, mina, group)
    queue = await bot.says(mina, "/queue")
    await mina.press(queue, queue.buttons[0])
    await bot.peer.until(lambda: mina.told[-1].photo and mina.told[-1] is not picture)
    copy = mina.told[-1]
    await asks_to_share(mina, picture)
    await bot.quiet()
    hold = bot.peer.hold("editMessageMedia", where=lambda asked: asked.params["chat_id"] == group.id)
    await mina.press(picture, say("telegram-share-nameless"))
    await bot.peer.until(lambda: group.posts and bot.peer.asked("editMessageMedia"))
    await mina.press(copy, say("action-delete"))
    await bot.peer.until(lambda: told(mina, "job-erased"))
    hold.release()
    await bot.peer.until(lambda: not [post for post in group.posts if post.photo])
    await bot.quiet()
    await bot.peer.until(lambda: not [message for message in mina.told if message.photo])


async def test_a_share_that_is_refused_late_says_so_and_gives_the_buttons_back(
    bot: Bot, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presses, "SHARE_SECONDS", 0.05)
    picture = await from_group(bot, mina, group)
    before = picture.buttons
    await asks_to_share(mina, picture)
    await bot.quiet()
    group.restrict(mina, can_send_photos=False)
    hold = bot.peer.hold("getChatMember")
    await mina.press(picture, say("telegram-share-nameless"))
    await picture.until(lambda message: message.says == say("telegram-share-waits"))
    hold.release()
    await picture.until(lambda message: message.buttons == before)
    assert say("telegram-share-no-photos") in picture.says
    await bot.quiet()


# --- one press, one picture -------------------------------------------------------------------------------------------


async def test_cancelled_too_late_the_picture_stands_there_once(bot: Bot, mina: User) -> None:
    waits = await bot.says(mina, "/avatar")
    await bot.waiting()
    cancel = say("action-cancel")
    await waits.until(lambda message: cancel in message.buttons)
    await bot.chat.draw(png=DRAWN)  # and nobody has been told yet
    await mina.press(waits, cancel)
    await waits.until(lambda message: say("cancel-late") in message.says)
    await bot.quiet()
    await bot.courier.round()
    await bot.courier.settle()
    assert mina.told == [waits]
    assert there(waits)


async def test_two_taps_on_one_button_are_one_wish(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, "/avatar")
    again = say("action-again")
    await asyncio.gather(*(mina.press(picture, again, wait=False) for _ in range(2)))
    await bot.waiting(2)
    await bot.quiet()
    assert bot.chat.jobs() == 2
    assert len(bot.handler.told("again")) == 1
