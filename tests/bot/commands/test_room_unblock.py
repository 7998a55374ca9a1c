"""Unblocking from the panel."""

from __future__ import annotations

from bot.chat import MemberRef
from tests.bot.conftest import WORDING, Chat, button, buttons, read

BOSS = {"by": "boss", "moderator": True}


async def test_blocked_members_are_offered_by_tag(chat: Chat) -> None:
    await chat.say("block", member=MemberRef("mina"), **BOSS)
    panel = await chat.say("room", **BOSS)
    menu = button(panel, "room-unblock")
    tag = chat.secret.pseudonym("member", "paper", "mina")[:6].upper()
    assert [WORDING.say("en", option.label) for option in menu.options] == [tag]
    after = await chat.press(menu, menu.options[0].value, **BOSS)
    assert "Blocked members: 0" in read(after)
    assert "room-unblock" not in buttons(after)


async def test_an_old_panel_is_answered_kindly(chat: Chat) -> None:
    await chat.say("block", member=MemberRef("mina"), **BOSS)
    menu = button(await chat.say("room", **BOSS), "room-unblock")
    await chat.press(menu, menu.options[0].value, **BOSS)
    assert "too old" in read(await chat.press(menu, menu.options[0].value, **BOSS))
