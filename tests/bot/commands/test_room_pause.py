"""Pause and resume."""

from __future__ import annotations

from tests.bot.conftest import Chat, read

BOSS = {"by": "boss", "moderator": True}


async def test_what_was_in_line_is_still_drawn(chat: Chat) -> None:
    await chat.say("avatar")
    await chat.say("room-pause", choice="on", **BOSS)
    assert len(await chat.draw()) == 1


async def test_pausing_a_paused_room_writes_no_second_line(chat: Chat) -> None:
    for _ in range(2):
        assert "PAUSED" in read(await chat.say("room-pause", choice="on", **BOSS))
    assert chat.rows("SELECT what FROM decision") == [("paused",)]
