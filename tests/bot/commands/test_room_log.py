"""The log of decisions."""

from __future__ import annotations

import re

import pytest

from bot.chat import MemberRef
from tests.bot.conftest import Chat, button, read

BOSS = {"by": "boss", "moderator": True}


@pytest.mark.parametrize("locale", ["en", "ko"])
async def test_every_decision_is_in_it_newest_first_with_who(chat: Chat, locale: str) -> None:
    await chat.say("room-style", choice="-ink", **BOSS)
    await chat.say("room-style", choice="+ink", **BOSS)
    await chat.say("room-quota", choice="5", **BOSS)
    await chat.say("room-ceiling", choice="hint", by="chief", moderator=True)
    await chat.say("room-pause", choice="on", **BOSS)
    await chat.say("room-pause", choice="off", **BOSS)
    await chat.say("block", member=MemberRef("mina"), **BOSS)
    await chat.say("unblock", member=MemberRef("mina"), **BOSS)
    panel = await chat.say("room", locale=locale, **BOSS)
    lines = read(await chat.press(button(panel, "room-log"), locale=locale, **BOSS)).splitlines()
    assert len(lines) == 9
    tag = chat.secret.pseudonym("member", "paper", "mina")[:6].upper()
    chief = chat.secret.pseudonym("member", "paper", "chief")[:6].upper()
    if locale == "en":
        assert f"you: unblocked member {tag}" in lines[1]
        assert f"moderator {chief}: likeness limit: a hint" in lines[5]
        assert "you: forbade the style Ink" in lines[8]
    assert re.match(r"\d\d-\d\d \d\d:\d\d, ", lines[1]), "kept for 90 days: no year is needed"


async def test_an_empty_log_says_so(chat: Chat) -> None:
    assert "No decisions yet" in read(await chat.say("room-log", **BOSS))


async def test_a_forgotten_moderator_leaves_no_name(chat: Chat) -> None:
    await chat.say("room-pause", choice="on", **BOSS)
    await chat.say("forget", choice="yes", by="boss")
    assert "moderator –: paused" in read(await chat.say("room-log", by="chief", moderator=True))


async def test_members_do_not_read_it(chat: Chat) -> None:
    await chat.say("room-pause", choice="on", **BOSS)
    assert "Only moderators" in read(await chat.say("room-log"))
