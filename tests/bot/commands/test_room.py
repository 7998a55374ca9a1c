"""/room: the panel as a moderator sees it."""

from __future__ import annotations

import asyncio

from bot.chat import MemberRef
from tests.bot.conftest import Chat, button, buttons, read

BOSS = {"by": "boss", "moderator": True}


async def test_the_panel_says_what_holds_here(chat: Chat) -> None:
    reply = await chat.say("room", **BOSS)
    said = read(reply)
    assert "Members can ask for pictures" in said
    assert f"Allowed styles: {len(chat.catalog)} of {len(chat.catalog)}" in said
    assert "Pictures per member and day: 20 (several at once count as one)" in said
    assert "Likeness limit: none" in said
    assert "Blocked members: 0" in said
    assert buttons(reply) == ["room-style", "room-quota", "room-ceiling", "room-pause", "room-log"]


async def test_pause_and_resume_change_places(chat: Chat) -> None:
    paused = await chat.press(button(await chat.say("room", **BOSS), "room-pause"), **BOSS)
    assert "PAUSED" in read(paused)
    resumed = await chat.press(button(paused, "room-pause"), **BOSS)
    assert "PAUSED" not in read(resumed)


async def test_a_member_who_is_no_moderator_gets_no_panel(chat: Chat) -> None:
    reply = await chat.say("room")
    assert "Only moderators" in read(reply)
    assert reply.actions == ()


async def test_no_moderator_button_works_for_others_and_nothing_changes(chat: Chat) -> None:
    await chat.say("block", member=MemberRef("jun"), **BOSS)
    panel = await chat.say("room", **BOSS)
    before = chat.rows("SELECT * FROM room"), chat.rows("SELECT * FROM decision"), chat.rows("SELECT * FROM block")
    pressed = 0
    for action in panel.actions:
        for choice in [option.value for option in action.options] or [None]:
            reply = await chat.press(action, choice, by="mina")
            assert "Only moderators" in read(reply)
            assert not reply.actions
            pressed += 1
    assert pressed > 15
    assert before == (
        chat.rows("SELECT * FROM room"),
        chat.rows("SELECT * FROM decision"),
        chat.rows("SELECT * FROM block"),
    )


async def test_a_former_moderator_is_no_moderator(chat: Chat) -> None:
    panel = await chat.say("room", **BOSS)
    assert "Only moderators" in read(await chat.press(button(panel, "room-pause"), by="boss"))


async def test_rooms_are_separate(chat: Chat) -> None:
    await chat.say("room-pause", choice="on", **BOSS)
    assert "PAUSED" not in read(await chat.say("room", room="garden", **BOSS))


async def test_two_moderators_at_once_lose_no_decision(chat: Chat) -> None:
    await asyncio.gather(
        chat.say("room-quota", choice="5", by="boss", moderator=True),
        chat.say("room-style", choice="-ink", by="chief", moderator=True),
        chat.say("room-ceiling", choice="hint", by="boss", moderator=True),
    )
    said = read(await chat.say("room", **BOSS))
    assert f"{len(chat.catalog) - 1} of {len(chat.catalog)}" in said
    assert "day: 5" in said
    assert "a hint" in said
    assert chat.rows("SELECT count(*) FROM decision") == [(3,)]
