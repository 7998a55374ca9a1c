"""The default style: see test_settings.py for the menu, here for what it refuses."""

from __future__ import annotations

from tests.bot.conftest import Chat, read


async def test_what_is_not_in_the_menu_changes_nothing(chat: Chat) -> None:
    assert "too old" in read(await chat.say("set-style", choice="velvet"))
    assert "too old" in read(await chat.say("set-style"))
    assert chat.rows("SELECT count(*) FROM preference") == [(0,)]
