"""What Telegram members asked for and could not be answered at once: after a restart, after a day, in a crowd."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram import calls, messages, platform
from adapters.telegram.connection import Client, hang_up
from adapters.telegram.photos import HELD_BYTES, Found, Photos
from bot.chat import MAX_UPLOAD_BYTES
from bot.errors import StorageTrouble
from bot.storage import inbox
from tests.adapters.telegram_bot import (
    PHOTO,
    SECONDS,
    Bot,
    bot,
    catalog,
    chat,
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
from tests.telegram_peer.peer import TelegramPeer

__all__ = ["bot", "catalog", "chat", "mina", "peer", "theo", "version"]

MINUTE, DAY = 60, 86_400


@pytest.fixture
def group(peer: TelegramPeer, mina: User) -> Group:
    group = peer.group("Library")
    group.join(mina)
    return group


async def cut_short(bot: Bot, monkeypatch: pytest.MonkeyPatch, *, acts: list[Callable[[], Awaitable[Any]]]) -> None:
    """Let people do something that the bot takes and does not get to before its end."""

    async def never(_call: object) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(platform, "CLOSE_SECONDS", 0.05)
    monkeypatch.setattr(bot.handler, "handle", never)
    for act in acts:
        await act()
    await bot.peer.settled()


async def test_after_a_longer_stop_only_pictures_are_made_and_the_rest_is_said_not_to_be_done(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        welcome = await bot.enters(mina, group)
        await bot.quiet()
        presses = lambda: mina.press(welcome, say("telegram-welcome-draw"))  # noqa: E731
        await cut_short(
            bot, monkeypatch, acts=[lambda: mina.says(None, photo=PHOTO), lambda: mina.says(None, "/help"), presses]
        )
    before = len(mina.told)
    peer.clock.advance(11 * MINUTE)
    async with running(peer, chat, tmp_path) as bot:
        await bot.quiet()
        assert [call.command for call in bot.handler.calls if call.command] == ["avatar"]
        assert bot.handler.calls[0].room == str(group.id)
    late = [message for message in mina.told[before:] if message.says.startswith(say("telegram-too-late"))]
    assert len(late) == 2


async def test_a_photo_for_one_group_is_not_drawn_in_the_next(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        await bot.enters(mina, group)
        await bot.quiet()
        visits = bot.platform._inbound._messages._visits
        home = await visits.home(str(mina.id))
        await cut_short(bot, monkeypatch, acts=[lambda: mina.says(None, photo=PHOTO)])
    peer.clock.advance(1)
    await visits.begin(str(mina.id), f"{home.partition(':')[0]}:{peer.clock()}")
    async with running(peer, chat, tmp_path) as bot:
        await bot.quiet()
        assert mina.told[-1].says.startswith(say("telegram-too-late"))
        assert not bot.handler.told("avatar")


async def test_what_the_bot_dies_of_again_and_again_is_said_to_have_failed(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        await cut_short(bot, monkeypatch, acts=[lambda: mina.says(None, photo=PHOTO)])
    monkeypatch.setattr(inbox, "MAX_ATTEMPTS", 1)
    async with running(peer, chat, tmp_path) as bot:
        await bot.quiet()
        assert [message.says.startswith(say("telegram-unexpected")) for message in mina.told] == [True]
        assert not bot.handler.told("avatar")


async def test_what_was_answered_while_the_disk_was_full_is_let_go_when_it_is_not(
    bot: Bot, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 0.01)
    done, tries = bot.chat.storage.inbox.done, list[str]()

    async def fails(key: str) -> None:
        tries.append(key)
        if len(tries) < 4:
            raise StorageTrouble("storage-full")
        await done(key)

    monkeypatch.setattr(bot.chat.storage.inbox, "done", fails)
    await bot.says(mina, "/help")
    await bot.quiet()
    assert len(bot.handler.told("help")) == 1


async def test_what_was_answered_while_the_disk_was_full_is_let_go_before_its_member_goes_on(
    bot: Bot, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, failed = bot.chat.storage.inbox.done, list[str]()

    async def fails(key: str) -> None:
        if len(failed) < 2:  # carried out, and answered
            failed.append(key)
            raise StorageTrouble("storage-full")
        await done(key)

    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 600.0)
    monkeypatch.setattr(bot.chat.storage.inbox, "done", fails)
    await bot.says(mina, "/help")
    await until(lambda: len(failed) == 2)
    assert bot.inbox()
    await bot.says(mina, "/help")
    await bot.quiet()


async def test_a_late_file_of_a_deleted_picture_does_not_stay(
    bot: Bot, peer: TelegramPeer, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 0.05)
    picture = await bot.result(mina, "/avatar")
    peer.refuse("sendDocument", status=502)
    sending = peer.hold("sendDocument")
    await mina.press(picture, say("telegram-as-file"))
    await peer.until(lambda: len(peer.asked("sendDocument")) == 2)
    await mina.press(picture, say("action-delete"))
    await bot.quiet()
    sending.release()
    file = await peer.until(lambda: next((one for one in mina.told if one.document), None))
    await file.until(lambda one: one.deleted)
    peer.problems.clear()


async def test_a_late_answer_is_not_left_over_a_newer_one(
    bot: Bot, peer: TelegramPeer, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 0.05)
    panel = await bot.says(mina, "/settings")
    await mina.press(panel, next(label for label in panel.buttons if label.startswith("Language")))
    await panel.until(lambda message: "한국어" in message.buttons)
    peer.refuse("editMessageText", status=502)
    editing = peer.hold("editMessageText")
    await mina.press(panel, "한국어")
    await peer.until(lambda: len(peer.asked("editMessageText")) == 2)
    await mina.press(panel, "English")
    await peer.until(lambda: len(peer.asked("editMessageText")) == 3)
    await bot.quiet()
    editing.release()
    await peer.until(lambda: len(peer.asked("editMessageText")) == 4)
    await panel.until(lambda message: any(label.startswith("Language") for label in message.buttons))
    peer.problems.clear()


async def test_a_late_picture_that_is_not_begun_yet_is_not_sent_when_it_is_deleted(
    bot: Bot, peer: TelegramPeer, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 0.05)
    picture = await bot.result(mina, "/avatar")
    peer.refuse("sendDocument", status=502)
    peer.refuse("sendDocument", status=429, retry_after=30)
    await mina.press(picture, say("telegram-as-file"))
    await peer.until(lambda: len(peer.asked("sendDocument")) == 2)
    pace = bot.platform._pace
    await until(lambda: pace._waiting)
    await mina.press(picture, say("action-delete"))
    await until(lambda: not bot.platform._inbound._calls._owed)
    pace._lane(mina.id).rests = 0.0
    pace._wake()
    await bot.quiet()
    assert len(peer.asked("sendDocument")) == 2
    peer.problems.clear()


async def test_an_answer_that_did_not_get_through_is_tried_once_more_at_the_end(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User
) -> None:
    async with running(peer, chat, tmp_path):
        peer.refuse("sendMessage", status=502, times=1)
        await mina.says(None, "/help")
        await peer.until(lambda: any(request.status == 502 for request in peer.asked("sendMessage")))
        assert not mina.told
    assert say("help-headline") in mina.told[0].says
    peer.problems.clear()


async def test_a_visit_that_lasted_a_day_is_said_to_be_over_before_anything_is_drawn(
    bot: Bot, group: Group, mina: User
) -> None:
    await bot.enters(mina, group)
    bot.peer.clock.advance(DAY + 1)
    told = await bot.says(mina, photo=PHOTO)
    assert say("telegram-visit-over") in told.says
    await bot.quiet()
    assert not bot.handler.told("avatar")
    await mina.press(told, say("telegram-choose-draw"))
    await bot.waiting()
    (call,) = bot.handler.told("avatar")
    assert call.room == f"dm-{mina.id}"
    assert call.arguments["photo"].data
    await bot.says(mina, photo=PHOTO)
    await bot.quiet()
    assert len(bot.handler.told("avatar")) == 2, "it is said once"


async def test_whoever_left_a_group_is_told_so_before_anything_is_drawn(bot: Bot, group: Group, mina: User) -> None:
    await bot.enters(mina, group)
    group.kick(mina)
    told = await bot.says(mina, "/avatar")
    assert say("telegram-visit-not-member") in told.says
    await bot.says(mina, "/avatar")
    await bot.quiet()
    assert [call.room for call in bot.handler.told("avatar")] == [f"dm-{mina.id}"]


async def test_whether_somebody_is_still_in_a_group_is_asked_once_a_minute_and_waited_for_a_moment(
    bot: Bot, peer: TelegramPeer, group: Group, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "LOOK_SECONDS", 0.05)
    await bot.enters(mina, group)
    look = peer.hold("getChatMember")
    asked = len(peer.asked("getChatMember"))
    for _ in range(2):
        await bot.says(mina, "/avatar")
    await bot.quiet()
    look.release()
    assert [call.room for call in bot.handler.told("avatar")] == [str(group.id)] * 2
    assert len(peer.asked("getChatMember")) == asked + 1


async def test_slow_photos_of_some_keep_nobody_else_waiting(bot: Bot, peer: TelegramPeer) -> None:
    crowd = [peer.user(f"painter{number}") for number in range(8)]
    download = peer.hold("download", times=len(crowd))
    for one in crowd:
        await one.says(None, photo=PHOTO)
    await peer.until(lambda: len(peer.asked("getFile")) == len(crowd))
    download.release()
    await bot.waiting(len(crowd))


async def test_large_photos_wait_for_each_other(peer: TelegramPeer) -> None:
    client = Client(peer.token, api=peer.api)
    photos, large = Photos(client), Found("file", 1, MAX_UPLOAD_BYTES + 1)
    async with AsyncExitStack() as first, AsyncExitStack() as others:
        await first.enter_async_context(photos.held(large))
        for _ in range(HELD_BYTES // MAX_UPLOAD_BYTES - 1):
            await others.enter_async_context(photos.held(large))
        next_one = asyncio.create_task(others.enter_async_context(photos.held(large)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not next_one.done()
        await first.aclose()
        assert len((await next_one).data) > MAX_UPLOAD_BYTES
    await hang_up(client)


async def test_in_a_crowd_whoever_begins_sees_that_something_happens(bot: Bot, peer: TelegramPeer) -> None:
    crowd = [peer.user(f"newcomer{number}") for number in range(12)]
    sending = peer.hold("sendMessage", times=len(crowd))
    for one in crowd:
        await one.says(None, "/start")
    await peer.until(lambda: peer.asked("sendChatAction"))
    sending.release()
    await peer.until(lambda: all(one.told for one in crowd))


async def test_what_is_drawn_before_in_line_was_said_is_said_to_be_drawn_though_its_engine_is_silent(
    bot: Bot, peer: TelegramPeer, mina: User
) -> None:
    saying = peer.hold("sendMessage")
    await mina.says(None, "/avatar")
    await bot.waiting()
    await peer.until(lambda: peer.asked("sendMessage"))
    assert await bot.chat.storage.jobs.claim("test", ("classic",)) is not None
    await bot.courier.round()
    await bot.courier.settle()
    saying.release()
    status = await peer.until(lambda: mina.told and mina.told[0])
    await bot.quiet()
    async with asyncio.timeout(SECONDS):
        while not status.says.startswith(say("job-drawing", percent=0).partition("0%")[0]):
            peer.clock.advance(bot.platform.throttle)
            await bot.courier.round()
            await bot.courier.settle()
