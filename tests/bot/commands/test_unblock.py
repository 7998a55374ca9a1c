"""/unblock."""

from __future__ import annotations

from bot.chat import MemberRef
from tests.bot.conftest import Chat, read

BOSS = {"by": "boss", "moderator": True}


async def test_the_member_may_ask_again(chat: Chat) -> None:
    await chat.say("block", member=MemberRef("mina"), **BOSS)
    assert "Unblocked" in read(await chat.say("unblock", member=MemberRef("mina"), **BOSS))
    assert (await chat.say("avatar", by="mina")).busy


async def test_unblocking_somebody_who_was_not_blocked_says_so(chat: Chat) -> None:
    assert "was not blocked" in read(await chat.say("unblock", member=MemberRef("mina"), **BOSS))
    assert chat.rows("SELECT count(*) FROM decision") == [(0,)]
