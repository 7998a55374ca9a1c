"""Moderators on Telegram, rules of a group and of one topic, and what becomes of photos that are posted in a group."""

from __future__ import annotations

import pytest

from tests.telegram_journeys.bot_process import BotProcess
from tests.telegram_journeys.what_people_do import (
    accepted,
    answer,
    asks,
    avatar,
    chosen,
    drawn,
    enters,
    ids,
    pictures,
    pointers,
    pressed,
    shares,
    tells,
)
from tests.telegram_journeys.what_people_read import label, over_quota, says
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer


async def served(who: User, group: Group, text: str = "/avatar pixel") -> Message:
    """A picture for this group."""
    await enters(who, group)
    return await avatar(who, text)


async def test_a_style_forbidden_while_a_picture_is_drawn(
    bot: BotProcess, group: Group, mina: User, boss: User
) -> None:
    await bot.engines_ready(1)
    await enters(mina, group)
    room = await enters(boss, group, "/room")
    assert says(room, "room-headline")
    with bot.frozen():
        waiting = await accepted(await tells(mina, "/avatar pixel"))
        assert says(await chosen(boss, room, "room-style", "-pixel"), "room-styles")
    message = await drawn(waiting)
    assert says(message, "result-ready", style="Pixel"), "what was in line is still drawn"
    assert says(await shares(mina, message), "refused-share-style")
    assert pictures(group) == []
    refused = await tells(mina, "/avatar pixel")
    assert says(refused, "telegram-style-forbidden", style="Pixel")
    assert ":cancel:" not in ids(refused)


async def test_block_by_reply_takes_back_what_was_shared(group: Group, mina: User, tomo: User, boss: User) -> None:
    message = await served(mina, group)
    await shares(mina, message)
    (post,) = pictures(group)
    words = await mina.says(group, "look at me")
    await tells(boss, "/start")
    done = await answer(boss, boss.says(group, "/block@bpp_bot", reply_to=words))
    assert says(done, "block-done")
    assert says(done, "telegram-about-member", name=mina.first_name)
    assert post.deleted
    assert not [one for one in group.posts if mina.first_name in one.says], "nobody in the group is told"
    assert says(await tells(mina, "/avatar"), "refused-blocked")
    tried = await answer(tomo, tomo.opens((await asks(tomo, group, "/room")).urls[0]))
    assert says(tried, "refused-moderator")
    await asks(tomo, group, "/unblock", reply_to=words)
    assert says(await tells(mina, "/avatar"), "refused-blocked")
    assert says(await answer(boss, boss.says(group, "/unblock@bpp_bot", reply_to=words)), "unblock-done")
    await accepted(await tells(mina, "/avatar pixel"))


async def test_nobody_gets_more_pictures_than_the_group_allows_in_a_day(
    group: Group, mina: User, tomo: User, boss: User
) -> None:
    room = await enters(boss, group, "/room")
    assert says(await chosen(boss, room, "room-quota", "1"), "room-quota", daily=1)
    message = await served(mina, group)
    assert over_quota(await tells(mina, "/avatar"), daily=1)
    assert over_quota(await pressed(mina, message, ":again:"), daily=1)
    await enters(tomo, group)
    await accepted(await tells(tomo, "/avatar pixel"))


async def test_pause_and_rules_of_one_topic(peer: TelegramPeer) -> None:
    forum = peer.group("Forum with rules", forum=True)
    quiet, lively = forum.topic("Quiet"), forum.topic("Lively")
    mina, boss = peer.user("mina_in_topics"), peer.user("boss_of_topics")
    forum.join(mina, boss)
    forum.admin(boss)
    room = await enters(boss, quiet, "/room")
    panel = await pressed(boss, room, ":room-channel:")
    assert says(panel, "channel-headline")
    assert says(await pressed(boss, panel, ":room-pause:"), "channel-paused")
    await enters(mina, quiet)
    assert says(await tells(mina, "/avatar"), "refused-paused")
    await enters(mina, lively)
    await accepted(await tells(mina, "/avatar pixel"))
    await enters(mina, forum)
    await accepted(await tells(mina, "/avatar pixel"))


async def test_an_anonymous_administrator_moderates_here_and_in_private(
    peer: TelegramPeer, group: Group, mina: User
) -> None:
    shade = peer.user("shade_without_a_name")
    group.join(shade)
    group.admin(shade, anonymous=True)
    words = await mina.says(group, "look at me")
    await shade.says(group, "/block@bpp_bot", reply_to=words, anonymous=True)
    done = await peer.until(lambda: pointers(group) and pointers(group)[-1])
    assert says(done, "telegram-done")
    assert mina.first_name not in done.says
    await enters(mina, group)
    assert says(await tells(mina, "/avatar"), "refused-blocked")
    pointer = await asks(shade, group, "/room", anonymous=True)
    room = await answer(shade, shade.opens(pointer.urls[0]))
    assert says(room, "room-headline"), "in private they are themselves, and Telegram says what they may"


async def test_whoever_writes_as_a_channel_is_pointed_to_the_private_chat_and_moderates_nothing(
    peer: TelegramPeer, group: Group, mina: User, boss: User
) -> None:
    news = peer.channel("News of the town")
    pointer = await asks(boss, group, as_channel=news)
    assert says(await answer(boss, boss.opens(pointer.urls[0])), "telegram-welcome", title=group.title)
    words = await mina.says(group, "look at me")
    said = len(group.posts)
    await boss.says(group, "/block@bpp_bot", reply_to=words, as_channel=news)
    await peer.until(lambda: len(group.posts) > said)
    await enters(mina, group)
    await accepted(await tells(mina, "/avatar pixel"))


async def test_a_demoted_moderator_is_none_at_the_next_press(group: Group, boss: User) -> None:
    room = await enters(boss, group, "/room")
    group.demote(boss)
    assert says(await pressed(boss, room, ":room-pause:"), "refused-moderator")


async def test_a_group_that_becomes_a_supergroup_stays_the_same_room(peer: TelegramPeer) -> None:
    small = peer.group("Growing group", basic=True)
    mina, boss = peer.user("mina_who_stays"), peer.user("boss_who_stays")
    small.join(mina, boss)
    small.admin(boss)
    room = await enters(boss, small, "/room")
    await chosen(boss, room, "room-quota", "3")
    await chosen(boss, room, "room-style", "-peeps")
    message = await served(mina, small)
    await pressed(mina, message, ":save:")
    await shares(mina, message)
    large = small.migrate()
    await peer.settled()
    again = await drawn(await answer(mina, mina.press(message, ":again:")))
    assert says(await shares(mina, again), "telegram-share-done-in"), "the buttons go on working"
    assert [one.uploaded for one in pictures(large)] == [again.uploaded]
    mine = await drawn(await tells(mina, "/avatar"))
    assert says(mine, "result-ready", style="Pixel"), "their look is of this group"
    assert over_quota(await tells(mina, "/avatar"), daily=3), "what was drawn before is counted"
    assert says(await enters(boss, large, "/room"), "room-headline")
    assert says(await pressed(boss, room, ":room-pause:"), "room-paused"), "an old panel belongs to the new group"
    await enters(mina, large)
    assert says(await tells(mina, "/avatar"), "refused-paused")


@pytest.mark.parametrize("may", [True, False], ids=["may delete", "may not delete"])
async def test_a_photo_posted_in_the_group_is_never_fetched_and_goes_if_it_can(
    peer: TelegramPeer, group: Group, mina: User, photo: bytes, *, may: bool
) -> None:
    group.bot_rights(can_delete_messages=may)
    await peer.settled()
    downloads = len(peer.asked("getFile"))
    sent = await mina.says(group, photo=photo, caption="/avatar@bpp_bot pixel")
    pointer = await peer.until(lambda: pointers(group) and pointers(group)[-1])
    assert says(pointer, "telegram-photo-removed" if may else "telegram-photo-stays")
    assert sent.deleted == may
    pair = await mina.says(group, album=[photo, photo], caption="/avatar@bpp_bot")
    await peer.until(lambda: may is False or all(one.deleted for one in pair.album))
    await peer.settled()
    assert len(peer.asked("getFile")) == downloads
    assert says(await answer(mina, mina.opens(pointers(group)[-1].urls[0])), "telegram-welcome", title=group.title)


async def test_two_groups_keep_their_rules_and_looks_apart(peer: TelegramPeer, group: Group, mina: User) -> None:
    other = peer.group("Another library")
    boss = peer.user("boss_of_the_other")
    other.join(mina, boss)
    other.admin(boss)
    await chosen(boss, await enters(boss, other, "/room"), "room-style", "-pixel")
    here = await served(mina, group)
    await pressed(mina, here, ":save:")
    await enters(mina, other)
    refused = await tells(mina, "/avatar pixel")
    assert ":cancel:" not in ids(refused), "forbidden there"
    there = await drawn(await tells(mina, "/avatar"))
    assert not says(there, "result-ready", style="Pixel"), "their look is of the other group"
    assert says(await shares(mina, there), "telegram-share-done-in")
    assert (pictures(group), len(pictures(other))) == ([], 1)
    assert says(await shares(mina, here), "telegram-share-done-in"), (
        "a message belongs to the group that it was made for"
    )
    assert len(pictures(group)) == 1
    await enters(mina, group)
    assert says(await drawn(await tells(mina, "/avatar")), "result-ready", style="Pixel")


async def test_a_member_who_may_not_post_or_has_left_hears_why(group: Group, mina: User, tomo: User) -> None:
    message = await served(mina, group)
    group.restrict(mina, can_send_photos=False)
    assert says(await shares(mina, message), "telegram-share-no-photos")
    group.kick(mina)
    assert says(await shares(mina, message), "telegram-share-not-member")
    assert pictures(group) == []
    pointer = await asks(tomo, group)
    assert says(await answer(mina, mina.opens(pointer.urls[0])), "telegram-link-not-member")
    assert label("telegram-pointer-open") in pointer.buttons


async def test_where_a_topic_is_closed_or_gone_the_member_hears_why(peer: TelegramPeer) -> None:
    forum = peer.group("Forum that closes", forum=True)
    art = forum.topic("Art")
    mina = peer.user("mina_too_late")
    forum.join(mina)
    await enters(mina, art)
    message = await avatar(mina)
    art.close()
    said = await shares(mina, message)
    assert says(said, "telegram-share-topic-closed")
    art.delete()
    said = await shares(mina, message)
    assert says(said, "telegram-share-gone") or says(said, "telegram-share-bot-may-not")
    assert pictures(forum) == [], "nor does it end up somewhere else"


async def test_whoever_was_kicked_and_comes_back_finds_things_as_they_were(group: Group, mina: User) -> None:
    message = await served(mina, group)
    group.bot_kicked()
    assert says(await shares(mina, message), "telegram-share-gone")
    group.bot_added()
    await mina.world.until(lambda: group.member(mina.world.bot).is_in, 20, lambda: "the bot to be back")
    assert says(await shares(mina, message), "telegram-share-done-in")
    assert len(pictures(group)) == 1


async def test_a_moderators_command_in_private_leads_to_the_group(boss: User) -> None:
    await tells(boss, "/start")
    assert says(await tells(boss, "/room"), "telegram-room-in-group")
