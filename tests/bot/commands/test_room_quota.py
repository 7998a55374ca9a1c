"""The daily quota of a room."""

from __future__ import annotations

from tests.bot.conftest import Chat, button, read

BOSS = {"by": "boss", "moderator": True}


async def test_a_lower_quota_holds_at_once_and_midnight_gives_new_pictures(chat: Chat) -> None:
    panel = await chat.press(button(await chat.say("room", **BOSS), "room-quota"), "1", **BOSS)
    assert "day: 1" in read(panel)
    assert (await chat.say("avatar")).busy
    assert not (await chat.say("avatar")).busy
    await chat.draw()
    chat.clock.now += 24 * 3_600_000
    assert (await chat.say("avatar")).busy


async def test_only_offered_numbers_count(chat: Chat) -> None:
    for choice in ("0", "-1", "7", "many", "1e9"):
        assert "too old" in read(await chat.say("room-quota", choice=choice, **BOSS))
    assert chat.rows("SELECT count(*) FROM decision") == [(0,)]
