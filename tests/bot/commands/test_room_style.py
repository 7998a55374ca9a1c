"""Allowing and forbidding styles."""

from __future__ import annotations

from tests.bot.conftest import Chat, actions, button, read

BOSS = {"by": "boss", "moderator": True}


async def test_a_press_forbids_and_another_allows(chat: Chat) -> None:
    menu = button(await chat.say("room", **BOSS), "room-style")
    assert {option.value for option in menu.options} == {f"-{style}" for style in chat.catalog}
    panel = await chat.press(menu, "-ink", **BOSS)
    assert f"{len(chat.catalog) - 1} of {len(chat.catalog)}" in read(panel)
    assert "ink" not in {action.choice for action in actions(await chat.say("styles"))}
    await chat.press(button(panel, "room-style"), "+ink", **BOSS)
    assert "ink" in {action.choice for action in actions(await chat.say("styles"))}
    assert chat.rows("SELECT styles FROM room") == [(None,)], "all allowed means: also those that come later"


async def test_an_old_panel_pressed_twice_does_not_turn_it_back(chat: Chat) -> None:
    menu = button(await chat.say("room", **BOSS), "room-style")
    await chat.press(menu, "-ink", **BOSS)
    await chat.press(menu, "-ink", **BOSS)
    assert "ink" not in {action.choice for action in actions(await chat.say("styles"))}
    assert chat.rows("SELECT count(*) FROM decision") == [(1,)]


async def test_the_last_style_stays(chat: Chat) -> None:
    last, *others = chat.catalog
    for style in others:
        await chat.say("room-style", choice=f"-{style}", **BOSS)
    assert "last allowed style" in read(await chat.say("room-style", choice=f"-{last}", **BOSS))
    assert (await chat.say("avatar", by="mina")).busy
