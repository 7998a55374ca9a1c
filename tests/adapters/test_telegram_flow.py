"""Telegram as members meet it: answered at once, in private, and never left without the picture that was promised."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import pytest

from adapters.telegram import albums, calls, connection, inbound, platform
from bot.chat import MAX_UPLOAD_BYTES, Text
from bot.errors import StorageTrouble
from tests.adapters.telegram_bot import (
    DRAWN,
    PHOTO,
    WORDING,
    Bot,
    Chat,
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
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer

__all__ = ["bot", "catalog", "chat", "mina", "peer", "theo", "version"]

MINUTE = 60


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(albums, "QUIET_SECONDS", 0.3)
    monkeypatch.setattr(calls, "SHOW_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(connection, "FIRST_WAIT", 0.05)


# --- from the wish to the picture -------------------------------------------------------------------------------------


async def test_a_command_becomes_a_picture_in_the_same_message(bot: Bot, mina: User) -> None:
    waits = await bot.says(mina, "/avatar")
    await bot.waiting()
    await bot.draw()
    picture = await waits.until(lambda message: message.photo)
    assert picture.buttons
    assert mina.told == [picture]
    await bot.quiet()


async def test_a_photo_alone_is_enough(bot: Bot, mina: User) -> None:
    sent = await mina.says(None, photo=PHOTO)
    waits = await bot.peer.until(lambda: mina.told and mina.told[0])
    assert waits.reply_to is sent
    await bot.waiting()
    (call,) = bot.handler.told("avatar")
    assert call.arguments["photo"].data == sent.photo
    assert call.room == f"dm-{mina.id}"
    await bot.draw()
    picture = await waits.until(lambda message: message.photo)
    assert picture.reply_to is sent
    await bot.quiet()


async def test_a_caption_says_how(bot: Bot, mina: User) -> None:
    await bot.says(mina, photo=PHOTO, caption="/avatar slate")
    await bot.waiting()
    (call,) = bot.handler.told("avatar")
    assert call.arguments["style"] == "slate"
    assert call.arguments["photo"].data


async def test_a_file_keeps_its_bytes(bot: Bot, mina: User) -> None:
    original = jpeg("navy")
    await bot.says(mina, document=original, name="me.jpg")
    await bot.waiting()
    assert bot.handler.told("avatar")[0].arguments["photo"].data == original


async def test_a_command_can_answer_the_own_photo(bot: Bot, mina: User) -> None:
    waits = await bot.says(mina, photo=PHOTO)
    await bot.waiting()
    photo = mina.private[0]
    await mina.says(None, "/avatar moss", reply_to=photo)
    second = await bot.peer.until(lambda: len(mina.told) > 1 and mina.told[1])
    assert second is not waits
    assert second.reply_to is photo
    await bot.waiting(2)
    assert bot.handler.told("avatar")[1].arguments["photo"].data == photo.photo


async def test_a_picture_of_the_bots_is_not_the_own_photo(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, "/avatar")
    answer = await bot.says(mina, "/avatar", reply_to=picture)
    assert answer.says.startswith(say("telegram-message-foreign"))
    assert bot.chat.jobs() == 1
    await bot.quiet()


async def test_of_an_album_the_first_picture_is_taken_and_that_is_said(bot: Bot, mina: User) -> None:
    parts = [jpeg("red"), jpeg("green"), jpeg("blue")]
    await mina.says(None, album=parts, caption="/avatar slate")
    await bot.waiting()
    await bot.quiet()
    (call,) = bot.handler.told("avatar")
    first = mina.private[0]
    assert call.arguments["photo"].data == first.photo
    assert call.arguments["style"] == "slate"
    assert [message.says for message in mina.told if message.says.startswith(say("telegram-album"))]
    assert bot.chat.jobs() == 1


async def test_what_is_not_understood_opens_the_chooser_which_keeps_the_photo(bot: Bot, mina: User) -> None:
    chooser = await bot.says(mina, photo=PHOTO, caption="/avatar slatey mood=happy")
    assert "slatey" in chooser.says
    assert bot.chat.jobs() == 0
    draw = say("telegram-choose-draw")
    await mina.press(chooser, draw)
    await bot.waiting()
    (call,) = bot.handler.told("avatar")
    assert call.arguments["photo"].data == mina.private[0].photo
    assert call.arguments["mood"] == "happy"


async def test_the_chooser_from_the_welcome(bot: Bot, mina: User) -> None:
    welcome = await bot.says(mina, "/start")
    await mina.press(welcome, say("telegram-welcome-choose"))
    chooser = await welcome.until(lambda message: say("telegram-choose") in message.says)
    await mina.press(chooser, WORDING.say("en", Text("avatar-style")))
    await chooser.until(lambda message: "Moss" in " ".join(message.buttons))
    await mina.press(chooser, "Moss")
    await chooser.until(lambda message: "style=moss" in message.says)
    await mina.press(chooser, say("telegram-choose-draw"))
    await bot.waiting()
    assert bot.handler.told("avatar")[0].arguments == {"style": "moss"}
    await bot.quiet()


async def test_a_photo_can_answer_the_chooser(bot: Bot, mina: User) -> None:
    welcome = await bot.says(mina, "/start")
    await mina.press(welcome, say("telegram-welcome-choose"))
    await welcome.until(lambda message: say("telegram-choose") in message.says)
    await mina.press(welcome, WORDING.say("en", Text("avatar-style")))
    await welcome.until(lambda message: "Slate" in " ".join(message.buttons))
    await mina.press(welcome, "Slate")
    await welcome.until(lambda message: "style=slate" in message.says)
    await mina.says(None, photo=PHOTO, reply_to=welcome)
    await bot.waiting()
    (call,) = bot.handler.told("avatar")
    assert call.arguments["style"] == "slate"
    assert call.arguments["photo"].data
    await bot.quiet()


async def test_who_chose_a_language_is_spoken_to_in_it(bot: Bot, mina: User) -> None:
    panel = await bot.says(mina, "/settings")
    await mina.press(panel, next(label for label in panel.buttons if label.startswith("Language")))
    await panel.until(lambda message: "한국어" in message.buttons)
    await mina.press(panel, "한국어")
    await panel.until(lambda message: any("언어" in label for label in message.buttons))
    bot.platform._inbound._calls.languages.forget(mina.id)
    assert (await bot.says(mina, "hello")).says.startswith(say("telegram-lost", "ko"))
    await bot.quiet()


async def test_a_photo_too_large_for_telegram_is_refused_in_a_sentence(bot: Bot, mina: User) -> None:
    bot.peer.refuse("getFile", status=400, description="Bad Request: file is too big")
    await bot.says(mina, photo=PHOTO)
    await bot.quiet()
    (call,) = bot.handler.told("avatar")
    assert len(call.arguments["photo"].data) == MAX_UPLOAD_BYTES + 1
    bot.peer.problems.clear()


@pytest.mark.parametrize(("status", "key"), [(400, "telegram-photo-gone"), (502, "telegram-photo-slow")])
async def test_a_photo_that_cannot_be_had(bot: Bot, mina: User, status: int, key: str) -> None:
    bot.peer.refuse("getFile", status=status)
    answer = await bot.says(mina, photo=PHOTO)
    assert answer.says.startswith(say(key))
    assert bot.chat.jobs() == 0
    await bot.quiet()
    bot.peer.problems.clear()


async def test_a_file_that_is_no_picture_is_refused_by_what_is_in_it(bot: Bot, mina: User) -> None:
    answer = await bot.says(mina, document=b"%PDF-1.7", name="cv.pdf")
    assert answer.says.startswith(say("photo-unreadable"))
    await bot.quiet()


async def test_an_answer_that_telegram_did_not_take_is_given_again(bot: Bot, mina: User) -> None:
    bot.peer.refuse("sendMessage", status=502, times=2)
    await bot.says(mina, "/start")
    bot.peer.refuse("sendMessage", status="drop", times=1)
    assert (await bot.says(mina, "/help")).says.startswith(say("help-headline"))
    await bot.quiet()
    bot.peer.problems.clear()


async def test_an_answer_gets_through_after_a_longer_trouble_and_holds_nothing_up(bot: Bot, mina: User) -> None:
    bot.peer.refuse("sendMessage", status=502, times=5, where=lambda one: "▾" in str(one.params))
    await mina.says(None, "/settings")
    await bot.peer.until(lambda: bot.handler.told("settings"))
    assert (await bot.says(mina, "/help")).says.startswith(say("help-headline"))
    await bot.peer.until(lambda: any("▾" in str(one.buttons) for one in mina.told))
    assert not any(say("telegram-unexpected") in one.says for one in mina.told)
    await bot.quiet()
    bot.peer.problems.clear()


async def test_an_answer_that_telegram_refuses_is_replaced_by_a_short_one(bot: Bot, mina: User) -> None:
    bot.peer.refuse("sendMessage", status=400, times=1)
    assert (await bot.says(mina, "/settings")).says.startswith(say("telegram-unexpected"))
    await bot.quiet()
    bot.peer.problems.clear()


async def test_words_that_are_no_command(bot: Bot, mina: User) -> None:
    assert (await bot.says(mina, "hello")).says.startswith(say("telegram-lost"))
    assert (await bot.says(mina, "/nothing")).says.startswith(say("error-command"))
    await bot.quiet()


async def test_korean_is_answered_in_korean(bot: Bot, peer: TelegramPeer) -> None:
    jun = peer.user("jun", language="ko-KR")
    assert (await bot.says(jun, "안녕")).says.startswith(say("telegram-lost", "ko"))


# --- buttons ----------------------------------------------------------------------------------------------------------


async def test_more_takes_the_photo_along_that_is_still_in_the_chat(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, photo=PHOTO, caption="/avatar slate")
    press = await mina.press(picture, say("action-more"))
    assert press.answered
    await bot.waiting(2)
    (call,) = bot.handler.told("more")
    assert call.arguments["photo"].data == mina.private[0].photo
    waits = mina.told[-1]
    assert waits.reply_to is mina.private[0]
    await bot.draw()
    await waits.until(lambda message: message.photo)
    assert picture.photo, "the picture from before stays"
    await bot.quiet()


async def test_a_photo_that_is_gone_is_asked_for_and_taken_as_a_reply(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, photo=PHOTO, caption="/avatar slate")
    await mina.deletes(mina.private[0])
    before = len(mina.told)
    await mina.press(picture, say("action-more"))
    asks = await bot.peer.until(lambda: len(mina.told) > before and mina.told[-1])
    assert say("telegram-photo-reply") in asks.says
    press = await mina.press(asks, say("action-photo-again"))
    assert press.is_alert
    assert press.text == say("telegram-photo-answer")
    await bot.quiet()
    assert mina.told[-1] is asks, "the button says how, and no second message does"
    await mina.says(None, photo=PHOTO, reply_to=asks)
    await bot.waiting(2)
    assert "photo" in bot.handler.told("more")[-1].arguments
    await bot.quiet()


async def test_the_picture_as_a_file_has_every_byte(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, "/avatar")
    await mina.press(picture, say("telegram-as-file"))
    file = await bot.peer.until(lambda: len(mina.told) > 1 and mina.told[-1])
    assert file.uploaded == DRAWN
    assert file.file_name == "avatar.png"
    await bot.quiet()


async def test_a_menu_opens_and_shuts_and_its_choice_holds(bot: Bot, mina: User) -> None:
    panel = await bot.says(mina, "/settings")
    closed = panel.buttons
    language = next(label for label in closed if "▾" in label)
    await mina.press(panel, language)
    await panel.until(lambda message: any("▴" in label for label in message.buttons))
    await mina.press(panel, "Back")
    await panel.until(lambda message: message.buttons == closed)
    await bot.quiet()


async def test_a_menu_opens_after_a_short_trouble(bot: Bot, mina: User) -> None:
    panel = await bot.says(mina, "/settings")
    bot.peer.refuse("editMessageReplyMarkup", status=502, times=2)
    await mina.press(panel, next(label for label in panel.buttons if "▾" in label))
    await panel.until(lambda message: any("▴" in label for label in message.buttons))
    await bot.quiet()
    assert mina.told == [panel]
    bot.peer.problems.clear()


async def test_a_menu_of_a_message_that_is_gone(bot: Bot, mina: User) -> None:
    panel = await bot.says(mina, "/settings")
    bot.peer.refuse("editMessageReplyMarkup", status=400, description="Bad Request: message to edit not found")
    await mina.press(panel, next(label for label in panel.buttons if "▾" in label))
    await bot.peer.until(lambda: len(mina.told) > 1)
    assert mina.told[-1].says.startswith(say("error-button"))
    await bot.quiet()
    bot.peer.problems.clear()


async def test_a_button_of_nobodys_making_is_too_old(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, "/avatar")
    label = say("telegram-as-file")
    forged = picture.button(label)
    forged["callback_data"] = "AAAAAAAA" + forged["callback_data"][8:]
    before = len(mina.told)
    assert (await mina.press(picture, label)).answered
    await bot.peer.until(lambda: len(mina.told) > before)
    assert mina.told[-1].says.startswith(say("error-button"))
    await bot.quiet()


async def test_a_press_that_telegram_no_longer_waits_for_is_carried_out(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, "/avatar")
    bot.peer.refuse("answerCallbackQuery", status=400, description="Bad Request: query is too old")
    await mina.press(picture, say("action-again"), wait=False)
    await bot.waiting(2)
    await bot.quiet()
    bot.peer.problems.clear()


async def test_a_press_is_acknowledged_while_a_photo_is_still_on_its_way(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, "/avatar")
    held = bot.peer.hold("getFile")
    await mina.says(None, photo=PHOTO)
    press = await mina.press(picture, say("action-again"))
    assert press.answered
    assert not bot.handler.told("again"), "what one member says is done in its order"
    held.release()
    await bot.waiting(3)
    assert bot.handler.calls.index(bot.handler.told("avatar")[1]) < bot.handler.calls.index(
        bot.handler.told("again")[0]
    )
    await bot.quiet()


async def test_a_slow_photo_keeps_nobody_else_waiting(bot: Bot, mina: User, theo: User) -> None:
    held = bot.peer.hold("getFile")
    await mina.says(None, photo=PHOTO)
    await bot.says(theo, "/help")
    assert not mina.told
    await bot.peer.until(lambda: bot.peer.asked("sendChatAction"))
    held.release()
    await bot.waiting()
    await bot.quiet()


async def test_who_sends_too_much_in_one_go_is_told_and_holds_nobody_up(
    bot: Bot, mina: User, theo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "LANE", 3)
    held = bot.peer.hold("getFile")
    await mina.says(None, photo=PHOTO)
    for _ in range(6):
        await mina.says(None, "/help")
    await bot.peer.settled()
    await bot.says(theo, "/help")
    held.release()
    await bot.quiet()
    assert sum(one.says.startswith(say("telegram-too-many")) for one in mina.told) == 1
    assert sum(one.says.startswith(say("help-headline")) for one in mina.told) == 2
    assert (await bot.says(mina, "/queue")).says
    await bot.quiet()


async def test_an_album_behind_too_much_else_is_not_kept_for_later(
    bot: Bot, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "LANE", 2)
    held = bot.peer.hold("getFile")
    await mina.says(None, photo=PHOTO)
    for _ in range(2):
        await mina.says(None, "/help")
    await mina.says(None, album=[jpeg("red"), jpeg("green"), jpeg("blue")])
    await bot.peer.settled()
    held.release()
    await bot.quiet()
    assert len(bot.handler.told("avatar")) == 1


@pytest.mark.parametrize("what", ["photos", "presses"])
async def test_nobody_waits_for_what_one_member_does_much_of(
    bot: Bot, mina: User, theo: User, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(inbound, "CROWD_SECONDS", 60.0)
    panel = await bot.says(mina, "/settings")
    signs = bot.peer.hold("sendChatAction", times=100)
    answers = bot.peer.hold("answerCallbackQuery", times=100)
    for _ in range(12):
        if what == "photos":
            await mina.says(None, photo=PHOTO)
        else:
            await mina.press(panel, next(label for label in panel.buttons if "▾" in label), wait=False)
    await bot.peer.settled()
    await bot.says(theo, "/help")
    signs.release()
    answers.release()
    await bot.quiet()


async def test_a_press_whose_acknowledgement_was_lost_is_acknowledged_once_more(bot: Bot, mina: User) -> None:
    panel = await bot.says(mina, "/settings")
    bot.peer.refuse("answerCallbackQuery", status=502)
    assert (await mina.press(panel, next(label for label in panel.buttons if "▾" in label))).answered
    await bot.quiet()
    bot.peer.problems.clear()


async def test_stopping_with_much_in_hand_makes_no_noise(
    bot: Bot, mina: User, caplog: pytest.LogCaptureFixture
) -> None:
    held = bot.peer.hold("sendMessage")
    for _ in range(5):
        await mina.says(None, "/help")
    await bot.peer.until(lambda: bot.peer.asked("sendMessage"))
    await bot.peer.settled()
    await bot.platform._inbound.close(0)
    held.release()
    assert not [record for record in caplog.records if record.name == "asyncio"]


async def test_a_late_part_of_an_album_is_no_second_picture(
    bot: Bot, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell, late = bot.peer.world.tell_message, list[Message]()
    count = itertools.count(1)
    monkeypatch.setattr(
        bot.peer.world, "tell_message", lambda message: tell(message) if next(count) < 3 else late.append(message)
    )
    await mina.says(None, album=[jpeg("red"), jpeg("green"), jpeg("blue")])
    await bot.waiting()
    await bot.quiet()
    tell(late[0])
    await bot.quiet()
    assert len(bot.handler.told("avatar")) == 1


# --- forgetting -------------------------------------------------------------------------------------------------------


async def test_forgetting_leaves_nothing_of_what_was_said(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, "/avatar")
    panel = await bot.says(mina, "/privacy")
    assert say("telegram-privacy") in panel.says
    await mina.press(panel, say("action-forget"))
    await panel.until(lambda message: message.edits)
    await mina.press(panel, panel.buttons[0])
    await panel.until(lambda message: say("telegram-forget-screen") in message.says)
    await bot.peer.until(lambda: picture.deleted)
    await bot.quiet()


# --- sharing ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def group(peer: TelegramPeer, mina: User) -> Group:
    group = peer.group("Library")
    group.join(mina)
    return group


async def test_a_picture_is_shared_with_the_group_and_taken_back(bot: Bot, group: Group, mina: User) -> None:
    await bot.enters(mina, group)
    picture = await bot.result(mina, "/avatar")
    before, caption = picture.buttons, picture.says
    press = await mina.press(picture, say("telegram-own-action-share"))
    assert press.is_alert
    assert press.alert == say("telegram-share-ask-in", title="Library")
    await picture.until(lambda message: "Back" in message.buttons)
    assert picture.says == press.alert, "it stands there until they have chosen"
    await mina.press(picture, "Back")
    await picture.until(lambda message: message.buttons == before)
    assert picture.says == caption
    await mina.press(picture, say("telegram-own-action-share"))
    await picture.until(lambda message: "Back" in message.buttons)
    await mina.press(picture, picture.buttons[0])
    post = await bot.peer.until(lambda: next((one for one in group.posts if one.photo), None))
    assert "Mina" not in post.says
    await bot.quiet()
    unshare = await bot.peer.until(lambda: [one for one in mina.told if say("action-unshare") in one.buttons])
    await mina.press(unshare[-1], say("action-unshare"))
    await bot.peer.until(lambda: post.deleted)
    await bot.quiet()


async def test_a_name_stands_under_a_picture_only_where_it_was_chosen(bot: Bot, group: Group, mina: User) -> None:
    await bot.enters(mina, group)
    picture = await bot.result(mina, "/avatar")
    await mina.press(picture, say("telegram-own-action-share"))
    named = say("telegram-share-named", name="Mina")
    await picture.until(lambda message: named in message.buttons)
    await mina.press(picture, named)
    post = await bot.peer.until(lambda: next((one for one in group.posts if one.photo), None))
    assert "Mina" in post.caption
    await bot.quiet()


async def test_what_may_not_be_shared_is_not_and_counts_as_not_shared(bot: Bot, group: Group, mina: User) -> None:
    await bot.enters(mina, group)
    picture = await bot.result(mina, "/avatar")
    group.restrict(mina, can_send_photos=False)
    await mina.press(picture, say("telegram-own-action-share"))
    await picture.until(lambda message: "Back" in message.buttons)
    await mina.press(picture, picture.buttons[0])
    sentence = say("telegram-share-no-photos")
    await bot.peer.until(lambda: [one for one in mina.told if sentence in one.says])
    assert not [one for one in group.posts if one.photo]
    assert not await bot.chat.storage.jobs.shared()
    await bot.quiet()


async def test_a_picture_whose_sharing_was_refused_has_its_own_words_and_buttons_back(
    bot: Bot, group: Group, mina: User, theo: User
) -> None:
    await bot.enters(mina, group)
    picture = await bot.result(mina, "/avatar moss")
    before, caption = picture.buttons, picture.says
    await mina.press(picture, say("telegram-own-action-share"))
    await picture.until(lambda message: "Back" in message.buttons)
    group.admin(theo)
    command = f"/block@{bot.peer.username}"
    await theo.says(group, command, reply_to=await mina.says(group, "hello"))
    await bot.peer.until(lambda: bot.handler.told("block"))
    await bot.quiet()
    await mina.press(picture, picture.buttons[0])
    await bot.peer.until(lambda: [one for one in mina.told if say("refused-blocked") in one.says])
    await picture.until(lambda message: message.buttons == before)
    assert picture.says == caption
    assert not [one for one in group.posts if one.photo]
    await bot.quiet()


# --- nothing lost, nothing twice --------------------------------------------------------------------------------------


async def test_what_comes_again_is_not_done_again(bot: Bot, mina: User) -> None:
    await bot.says(mina, "/avatar")
    await bot.waiting()
    await bot.quiet()
    bot.peer.redeliver(1)
    await bot.peer.settled()
    await bot.says(mina, "hello")
    assert bot.chat.jobs() == 1
    assert len(bot.handler.told("avatar")) == 1


async def test_an_update_is_confirmed_only_once_it_is_written_down(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        await bot.says(mina, "/start")
        await bot.quiet()
        inbox = chat.storage.inbox
        taking, tries = inbox.take, []

        async def fails(platform: str, events: object) -> list[str]:
            tries.append(events)
            if len(tries) < 3:
                raise StorageTrouble("storage-full")
            return await taking(platform, events)  # pyright: ignore[reportArgumentType]

        monkeypatch.setattr(inbox, "take", fails)
        await mina.says(None, "/avatar")
        await bot.waiting()
        assert len(tries) == 3
        assert bot.chat.jobs() == 1
        await bot.quiet()


async def test_the_next_process_answers_what_the_last_one_took(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "CLOSE_SECONDS", 0.2)
    async with running(peer, chat, tmp_path) as bot:
        await bot.says(mina, "/start")
        await bot.quiet()
        held = peer.hold("getFile")
        await mina.says(None, photo=PHOTO)
        await peer.until(lambda: peer.asked("getFile"))
        await mina.says(None, "/help")
        await peer.settled()
        assert len(bot.inbox()) == 2
    held.release()
    async with running(peer, chat, tmp_path) as bot:
        await bot.waiting()
        await bot.quiet()
        assert [call.command for call in bot.handler.calls] == ["avatar", "help"]


async def test_what_was_carried_out_is_not_done_again_by_the_next_process(
    peer: TelegramPeer, chat: Chat, tmp_path: Path, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "CLOSE_SECONDS", 0.2)
    async with running(peer, chat, tmp_path) as bot:
        picture = await bot.result(mina, "/avatar")
        for method in ("edit*", "send*"):
            peer.refuse(method, status=502, times=1_000)
        await mina.press(picture, say("action-delete"))
        await bot.peer.until(lambda: bot.handler.told("delete"))
        await bot.quiet()
    peer.orders.clear()
    async with running(peer, chat, tmp_path) as bot:
        await bot.says(mina, "/help")
        await bot.quiet()
        assert [call.command for call in bot.handler.calls] == ["help"]
    peer.problems.clear()


async def test_a_picture_that_was_deleted_meanwhile_does_not_come_late(bot: Bot, mina: User) -> None:
    picture = await bot.result(mina, "/avatar")
    bot.peer.refuse("sendDocument", status=502, times=1_000)
    await mina.press(picture, say("telegram-as-file"))
    await bot.peer.until(lambda: bot.peer.asked("sendDocument"))
    await mina.press(picture, say("action-delete"))
    await bot.peer.until(lambda: bot.handler.told("delete"))
    await bot.quiet()
    bot.peer.orders.clear()
    await until(lambda: not bot.platform._inbound._calls._owed)
    await bot.says(mina, "/help")
    assert not any(one.uploaded == DRAWN for one in mina.told if not one.deleted)
    bot.peer.problems.clear()


async def test_nothing_is_logged_that_a_member_sent(bot: Bot, mina: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "adapters.telegram")
    bot.peer.refuse("sendMessage", status=502, times=2)
    bot.peer.refuse("getFile", status=502, times=1)
    await mina.says(None, photo=PHOTO, caption="/avatar secretword")
    await mina.says(None, "anotherword")
    await bot.peer.settled()
    assert bot.peer.token not in caplog.text
    assert "secretword" not in caplog.text
    assert str(mina.id) not in caplog.text
    bot.peer.problems.clear()


async def test_whoever_lets_the_bot_in_again_is_known_to_be_there(bot: Bot, mina: User) -> None:
    await bot.says(mina, "/start")
    assert bot.greeted == [str(mina.id)]
    mina.blocks_bot = True
    await bot.peer.settled()
    bot.platform._inbound._here.clear()
    mina.blocks_bot = False
    await bot.peer.until(lambda: len(bot.greeted) == 2)
