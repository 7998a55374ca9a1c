"""Rules of one channel: where they hold, who is told, and the way back."""

from __future__ import annotations

from tests.bot.conftest import PHOTO, Chat, button, buttons, read

BOSS = {"by": "boss", "moderator": True}
HERE, THERE = {"channel": "pictures"}, {"channel": "talk"}


async def own_rules(chat: Chat) -> None:
    reply = await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-channel"), **BOSS, **HERE)
    assert "In this channel, members can ask for pictures" in read(reply)
    assert "in this channel alone" in read(reply)


async def test_a_room_without_channels_speaks_of_none(chat: Chat) -> None:
    reply = await chat.say("room", **BOSS)
    assert "channel" not in read(reply)
    assert "room-channel" not in buttons(reply)
    assert "Members can ask for pictures" in read(await chat.say("room-channel", choice="own", **BOSS))
    assert chat.rows("SELECT * FROM room") == []


async def test_the_rules_of_the_room_hold_in_every_channel_without_its_own(chat: Chat) -> None:
    reply = await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-pause"), **BOSS, **HERE)
    assert "PAUSED: nobody can ask" in read(reply)
    assert "every channel that has no rules of its own" in read(reply)
    assert "paused" in read(await chat.say("avatar", **THERE))


async def test_rules_of_a_channel_hold_there_and_nowhere_else(chat: Chat) -> None:
    await own_rules(chat)
    panel = await chat.say("room", **BOSS, **HERE)
    await chat.press(button(panel, "room-pause"), **BOSS, **HERE)
    await chat.press(button(panel, "room-style"), "-ink", **BOSS, **HERE)
    assert "paused" in read(await chat.say("avatar", **HERE))
    assert (await chat.say("avatar", style="ink", **THERE)).busy
    await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-pause"), **BOSS, **HERE)
    assert "cannot be that" in read(await chat.say("avatar", style="ink", **HERE))
    assert (await chat.say("avatar", style="peeps", **HERE)).busy


async def test_where_a_change_holds_is_said_before_anything_can_be_pressed_by_mistake(chat: Chat) -> None:
    room = await chat.say("room", **BOSS, **HERE)
    assert "every channel that has no rules of its own" in read(room).splitlines()[1]
    channel = await chat.press(button(room, "room-channel"), **BOSS, **HERE)
    assert "this channel alone" in read(channel).splitlines()[1]


async def test_a_channel_may_allow_what_the_room_forbids(chat: Chat) -> None:
    await own_rules(chat)
    await chat.press(button(await chat.say("room", **BOSS, **THERE), "room-pause"), **BOSS, **THERE)
    assert (await chat.say("avatar", **HERE)).busy
    assert "paused" in read(await chat.say("avatar", **THERE))


async def test_a_picture_is_shared_only_where_its_style_is_allowed(chat: Chat) -> None:
    job, _ = await chat.result(style="ink")
    await own_rules(chat)
    await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-style"), "-ink", **BOSS, **HERE)
    assert "cannot be shared" in read(await chat.say("share", job=job, **HERE))
    assert (await chat.say("share", job=job, **THERE)).share is not None


async def test_a_picture_is_shared_only_where_so_much_likeness_is_allowed(chat: Chat) -> None:
    job, _ = await chat.result(photo=PHOTO, likeness="clear", channel="talk")
    figure, _ = await chat.result(style="peeps", channel="talk")
    await own_rules(chat)
    await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-ceiling"), "none", **BOSS, **HERE)
    for locale, sentence in (("en", "more of your photo than the moderators allow here"), ("ko", "공유할 수 없어요")):
        refused = await chat.say("share", job=job, locale=locale, **HERE)
        assert sentence in read(refused)
        assert refused.share is None
    assert chat.rows("SELECT shared FROM job WHERE id = ?", job) == [(0,)]
    assert (await chat.say("share", job=figure, **HERE)).share is not None
    assert (await chat.say("share", job=job, **THERE)).share is not None


async def test_the_way_back_gives_the_channel_the_rules_of_the_room(chat: Chat) -> None:
    await own_rules(chat)
    panel = await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-pause"), **BOSS, **HERE)
    back = await chat.press(button(panel, "room-channel"), **BOSS, **HERE)
    assert "Members can ask for pictures" in read(back)
    assert (await chat.say("avatar", **HERE)).busy


async def test_the_room_itself_says_how_many_channels_go_their_own_way(chat: Chat) -> None:
    await own_rules(chat)
    for channel in ({}, THERE):
        said = read(await chat.say("room", **BOSS, **channel)).splitlines()
        assert "every channel that has no rules of its own" in said[1]
        assert said[2] == "Channels with rules of their own: 1, paused by these: 0"
    paused = read(await chat.say("room-pause", choice="on", **BOSS))
    assert "PAUSED, but not in channels with rules of their own" in paused
    await chat.say("room-pause", choice="on", **BOSS, **HERE)
    assert "PAUSED: nobody can ask" in read(await chat.say("room", **BOSS)), "now it is true"


async def test_the_log_tells_where_a_decision_holds(chat: Chat) -> None:
    await own_rules(chat)
    await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-pause"), **BOSS, **HERE)
    for locale, here, elsewhere in (
        ("en", "paused new pictures (this channel)", "(another channel)"),
        ("ko", "(이 채널)", "(다른 채널)"),
    ):
        assert here in read(await chat.say("room-log", locale=locale, **BOSS, **HERE))
        assert elsewhere in read(await chat.say("room-log", locale=locale, **BOSS, **THERE))
        assert "@" not in read(await chat.say("room-log", locale=locale, **BOSS))


async def test_the_same_channel_id_in_another_room_is_another_channel(chat: Chat) -> None:
    await own_rules(chat)
    await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-pause"), **BOSS, **HERE)
    assert (await chat.say("avatar", room="cellar", **HERE)).busy


async def test_members_cannot_part_a_channel(chat: Chat) -> None:
    assert "Only moderators" in read(await chat.say("room-channel", choice="own", **HERE))
    assert chat.rows("SELECT * FROM room") == []
