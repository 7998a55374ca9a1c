"""The likeness ceiling of a room."""

from __future__ import annotations

from bot.chat import Call
from tests.bot.conftest import Chat, button, read

BOSS = {"by": "boss", "moderator": True}


async def test_members_are_offered_what_is_below_it(chat: Chat) -> None:
    panel = await chat.press(button(await chat.say("room", **BOSS), "room-ceiling"), "somewhat", **BOSS)
    assert "Likeness limit: somewhat" in read(panel)
    call = Call(key="k", platform="paper", room="library", member="mina", command="avatar")
    offered = await chat.dispatcher.options(call, "likeness")
    assert [option.value for option in offered] == ["none", "hint", "somewhat"]


async def test_the_strongest_level_means_no_ceiling(chat: Chat) -> None:
    await chat.say("room-ceiling", choice="hint", **BOSS)
    await chat.say("room-ceiling", choice="clear", **BOSS)
    assert chat.rows("SELECT ceiling FROM room") == [(100,)]
