"""Telegram as it is on bad days: limits, errors, lost connections, what comes twice or late, people who change their mind."""

from __future__ import annotations

import pytest

from tests.telegram_journeys.bot_process import BotProcess
from tests.telegram_journeys.what_people_do import (
    accepted,
    answer,
    avatar,
    drawn,
    enters,
    finished,
    ids,
    pictures,
    pressed,
    shares,
    tells,
)
from tests.telegram_journeys.what_people_read import says, traced
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.peer import Request, TelegramPeer


def to(who: User, request: Request) -> bool:
    return request.params.get("chat_id") == who.id


@pytest.mark.parametrize("status", [429, 502, "drop"], ids=["too fast", "not well", "cut off"])
async def test_what_telegram_does_not_take_at_first_comes_all_the_same_and_once(
    peer: TelegramPeer, bot: BotProcess, mina: User, status: int | str
) -> None:
    for method in ("sendMessage", "sendPhoto", "editMessageMedia"):
        peer.refuse(method, status=status, where=lambda request: to(mina, request))
    await mina.says(None, "/avatar pixel")
    await peer.until(lambda: any(finished(one) for one in mina.told), 60)
    refused = [one.method for one in peer.requests if to(mina, one) and one.status != 200]
    assert refused[0] == "sendMessage"
    assert len(refused) > 1, "the picture, too, was refused, whether it came in a message of its own or not"
    assert len(mina.told) == 1


async def test_an_answer_that_is_lost_on_its_way_back_is_not_given_twice(peer: TelegramPeer, mina: User) -> None:
    status = await accepted(await tells(mina, "/avatar pixel"))
    peer.refuse("editMessageMedia", status="drop", after=True, where=lambda request: to(mina, request))
    await drawn(status)
    await tells(mina, "/queue")
    assert [one for one in mina.told if one.photo] == [status]


async def test_updates_that_cannot_be_fetched_for_a_moment_are_fetched_later(peer: TelegramPeer, mina: User) -> None:
    peer.refuse("getUpdates", status=502)
    await tells(mina, "/help")
    assert says(await tells(mina, "/settings"), "settings-left", left=20, daily=20)


async def test_after_a_minute_without_a_network_everything_missed_is_done_once(
    peer: TelegramPeer, mina: User, tomo: User, photo: bytes
) -> None:
    message = await avatar(mina)
    peer.cut(None)
    press = await mina.press(message, ":again:", wait=False)
    sent = await tomo.says(None, photo=photo)
    peer.clock.advance(60)
    peer.mend()
    await peer.until(lambda: any(finished(one) and one is not message for one in mina.told), 60)
    await peer.until(lambda: any(finished(one) for one in tomo.told), 60)
    assert not press.answered, "too late for that"
    (theirs,) = tomo.told
    assert traced(theirs)
    assert theirs.reply_to is sent
    assert says(await tells(mina, "/settings"), "settings-left", left=18, daily=20)
    assert says(await tells(tomo, "/settings"), "settings-left", left=19, daily=20)


async def test_whoever_blocks_the_bot_in_the_middle_of_a_picture_is_left_alone_and_welcome_again(
    peer: TelegramPeer, bot: BotProcess, mina: User
) -> None:
    await bot.engines_ready(1)
    with bot.frozen():
        await accepted(await tells(mina, "/avatar pixel"))
        mina.blocks_bot = True
    await peer.until(lambda: any(to(mina, one) and one.status == 403 for one in peer.requests))
    mina.blocks_bot = False
    assert says(await tells(mina, "/queue"), "queue-headline", open=0, kept=0), "nothing waits for nobody"
    refused = sum(to(mina, one) and one.status == 403 for one in peer.requests)
    assert finished(await avatar(mina))
    assert sum(to(mina, one) and one.status == 403 for one in peer.requests) == refused


async def test_a_status_that_its_member_deleted_comes_anew_as_the_picture(
    bot: BotProcess, mina: User, photo: bytes
) -> None:
    await bot.engines_ready(1)
    with bot.frozen():
        status = await accepted(await tells(mina, photo=photo))
        await mina.deletes(status)
    await mina.world.until(lambda: any(finished(one) for one in mina.told), 40, lambda: "a new message")
    assert len(mina.told) == 1
    assert mina.told[0].reply_to is mina.private[0]


async def test_what_is_delivered_twice_is_done_once(peer: TelegramPeer, group: Group, mina: User) -> None:
    await enters(mina, group)
    message = await avatar(mina)
    shared = await shares(mina, message)
    assert says(shared, "telegram-share-done-in")
    await peer.settled()
    said, posts = len(mina.told), list(group.posts)
    peer.redeliver(5)
    await peer.settled()
    assert says(await tells(mina, "/settings"), "settings-left", left=19, daily=20)
    assert len(mina.told) == said + 1
    assert group.posts == posts
    # Whether the first answer to a press arrived, nobody knows who gets it once more.
    peer.problems[:] = [one for one in peer.problems if "answered twice" not in one]


async def test_old_buttons_say_what_can_still_be_done(peer: TelegramPeer, mina: User, photo: bytes) -> None:
    message = await avatar(mina, photo=photo)
    stale = message.data(":again:")
    message.inaccessible = True
    asked = await pressed(mina, message, ":again:")
    assert says(asked, "photo-again"), "of a message that Telegram no longer tells us nothing is known"
    message.inaccessible = False
    result = await drawn(await answer(mina, mina.says(None, photo=photo, reply_to=asked)))
    assert traced(result)
    said = await answer(mina, mina.forges(result, "AAAAAAAA" + stale[8:]))
    assert says(said, "error-button"), "a button that nobody of us made"


async def test_a_photo_that_was_deleted_in_the_chat_is_asked_for_again(mina: User, photo: bytes) -> None:
    message = await avatar(mina, photo=photo)
    mine = mina.private[0]
    await mina.deletes(mine)
    asked = await answer(mina, mina.press(message, ":more:"))
    assert says(asked, "photo-again")
    assert says(asked, "telegram-photo-reply")
    assert ":more:" in ids(asked)
    more = await drawn(await answer(mina, mina.says(None, photo=photo, reply_to=asked)))
    assert traced(more)


async def test_one_press_after_another_ends_in_what_was_wanted_last(group: Group, mina: User) -> None:
    await enters(mina, group)
    message = await avatar(mina)
    await shares(mina, message)
    (post,) = pictures(group)
    await mina.press(message, ":unshare:", wait=False)
    await mina.press(message, ":delete:", wait=False)
    await mina.world.until(lambda: any(says(one, "job-erased") for one in mina.told), 20, lambda: "an end")
    await post.until(lambda one: one.deleted)
    assert pictures(group) == []


async def test_cancelled_and_forgotten_in_the_middle_of_pictures(
    peer: TelegramPeer, bot: BotProcess, group: Group, mina: User, tomo: User, photo: bytes
) -> None:
    await bot.engines_ready(1)
    await enters(mina, group)
    with bot.frozen():
        first = await accepted(await tells(mina, photo=photo))
        second = await accepted(await tells(mina, "/avatar pixel"))
        third = await accepted(await tells(tomo, "/avatar pixel"))
        assert says(await pressed(tomo, third, ":cancel:"), "job-cancelled")
        asked = await pressed(mina, await tells(mina, "/privacy"), ":forget:")
        done = await pressed(mina, asked, ":forget::")
        assert says(done, "forget-done")
        await peer.until(lambda: first.deleted and second.deleted)
    fresh = await avatar(tomo)
    assert [one for one in tomo.told if one.photo] == [fresh]
    assert says(await tells(mina, "/queue"), "queue-headline", open=0, kept=0)
    assert not [one for one in mina.told if one.photo], "nothing comes later"
    assert len([one for one in mina.told if one is not done]) == 1


async def test_kicked_in_the_middle_of_a_picture(bot: BotProcess, group: Group, mina: User) -> None:
    await bot.engines_ready(1)
    await enters(mina, group)
    with bot.frozen():
        status = await accepted(await tells(mina, "/avatar pixel"))
        group.bot_kicked()
    assert finished(await drawn(status)), "whoever asked has it all the same"
    assert says(await shares(mina, status), "telegram-share-gone")


async def test_numbers_of_updates_that_start_anew(peer: TelegramPeer, mina: User) -> None:
    await tells(mina, "/start")
    await peer.settled()
    peer.quiet_week()
    assert says(await tells(mina, "/help"), "telegram-help-photo")
    assert finished(await avatar(mina))
    await peer.settled()
