"""Rules of one channel: where they hold, who is told, and the way back."""

from __future__ import annotations

from tests.bot.conftest import Chat, button, buttons, read

BOSS = {"by": "boss", "moderator": True}
HERE, THERE = {"channel": "pictures"}, {"channel": "talk"}


async def own_rules(chat: Chat) -> None:
    reply = await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-channel"), **BOSS, **HERE)
    assert "This channel takes requests" in read(reply)
    assert "for this channel alone" in read(reply)


async def test_a_room_without_channels_speaks_of_none(chat: Chat) -> None:
    reply = await chat.say("room", **BOSS)
    assert "channel" not in read(reply)
    assert "room-channel" not in buttons(reply)
    assert "This room takes requests" in read(await chat.say("room-channel", choice="own", **BOSS))
    assert chat.rows("SELECT * FROM room") == []


async def test_the_rules_of_the_room_hold_in_every_channel_without_its_own(chat: Chat) -> None:
    reply = await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-pause"), **BOSS, **HERE)
    assert "This room is PAUSED" in read(reply)
    assert "every channel of this room that has no rules of its own" in read(reply)
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


async def test_the_way_back_gives_the_channel_the_rules_of_the_room(chat: Chat) -> None:
    await own_rules(chat)
    panel = await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-pause"), **BOSS, **HERE)
    back = await chat.press(button(panel, "room-channel"), **BOSS, **HERE)
    assert "This room takes requests" in read(back)
    assert (await chat.say("avatar", **HERE)).busy


async def test_the_log_tells_where_a_decision_holds(chat: Chat) -> None:
    await own_rules(chat)
    await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-pause"), **BOSS, **HERE)
    for locale, here, elsewhere in (
        ("en", "in this channel: paused", "in another channel"),
        ("ko", "이 채널: ", "다른 채널: "),
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
