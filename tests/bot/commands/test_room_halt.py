"""Pause everywhere, and the way back."""

from __future__ import annotations

from tests.bot.conftest import Chat, button, buttons, read

BOSS = {"by": "boss", "moderator": True}
HERE, THERE = {"channel": "pictures"}, {"channel": "talk"}


async def test_it_holds_in_channels_with_rules_of_their_own_and_lifting_it_brings_these_back(chat: Chat) -> None:
    for channel in (HERE, THERE):
        await chat.say("room-channel", choice="own", **BOSS, **channel)
    await chat.say("room-pause", choice="on", **BOSS, **THERE)
    halted = await chat.press(button(await chat.say("room", **BOSS), "room-halt"), **BOSS)
    assert "PAUSED everywhere: nobody can ask" in read(halted)
    for channel in ({}, HERE, THERE):
        panel = await chat.say("room", **BOSS, **channel)
        assert "PAUSED everywhere" in read(panel)
        assert "room-pause" not in buttons(panel), "it would change nothing that anybody could see"
        assert "paused" in read(await chat.say("avatar", **channel))
    lifted = await chat.press(button(await chat.say("room", **BOSS, **HERE), "room-halt"), **BOSS, **HERE)
    assert "In this channel, members can ask" in read(lifted)
    assert (await chat.say("avatar", **HERE)).busy
    assert "paused" in read(await chat.say("avatar", **THERE)), "that was decided there"
    assert chat.rows("SELECT what FROM decision ORDER BY id DESC LIMIT 2") == [("lifted",), ("halted",)]
    log = read(await chat.say("room-log", **BOSS, **HERE)).splitlines()
    assert log[1].endswith("lifted the pause everywhere")
    assert log[2].endswith("paused new pictures everywhere")


async def test_it_is_offered_only_where_it_is_more_than_a_pause(chat: Chat) -> None:
    assert "room-halt" not in buttons(await chat.say("room", **BOSS, **HERE))
    await chat.say("room-channel", choice="own", **BOSS, **HERE)
    for channel in ({}, HERE, THERE):
        assert "room-halt" in buttons(await chat.say("room", **BOSS, **channel))


async def test_members_cannot(chat: Chat) -> None:
    assert "Only moderators" in read(await chat.say("room-halt", choice="on"))
    assert (await chat.say("avatar")).busy
