"""/block."""

from __future__ import annotations

from bot.chat import MemberRef
from tests.bot.conftest import Chat, button, read

BOSS = {"by": "boss", "moderator": True}


async def test_a_blocked_member_is_told_and_nothing_is_counted(chat: Chat) -> None:
    reply = await chat.say("block", member=MemberRef("mina"), **BOSS)
    assert "Blocked: member" in read(reply)
    assert not (await chat.say("avatar", by="mina")).busy
    assert (await chat.say("avatar", by="mina", room="garden")).busy
    assert chat.rows("SELECT count(*) FROM charge") == [(1,)]


async def test_neither_the_database_nor_the_answer_knows_the_platforms_id(chat: Chat) -> None:
    reply = await chat.say("block", member=MemberRef("mina"), **BOSS)
    assert "mina" not in read(reply)
    assert b"mina" not in b"".join(path.read_bytes() for path in chat.folder.rglob("*") if path.is_file())


async def test_nobody_blocks_themselves(chat: Chat) -> None:
    assert "cannot block yourself" in read(await chat.say("block", member=MemberRef("boss"), **BOSS))
    assert chat.rows("SELECT count(*) FROM block") == [(0,)]


async def test_only_moderators_block(chat: Chat) -> None:
    assert "Only moderators" in read(await chat.say("block", member=MemberRef("jun"), by="mina"))
    assert chat.rows("SELECT count(*) FROM block") == [(0,)]


async def test_whom_is_asked_for(chat: Chat) -> None:
    assert "“Member” is missing" in read(await chat.say("block", **BOSS))


async def test_what_a_blocked_member_shared_leaves_this_room_and_no_other(chat: Chat) -> None:
    here, result = await chat.result(by="mina")
    await chat.press(button(result, "share"), by="mina")
    there, other = await chat.result(by="mina", room="garden")
    await chat.press(button(other, "share"), by="mina", room="garden")
    reply = await chat.say("block", member=MemberRef("mina"), **BOSS)
    assert reply.unshare == (chat.secret.pseudonym("share", str(here)),)
    assert "is taken back" in read(reply)
    assert chat.rows("SELECT id FROM job WHERE shared = 1") == [(there,)]
