"""Forget me: asked twice, erased once, with a receipt."""

from __future__ import annotations

from bot.chat import MemberRef
from tests.bot.conftest import PHOTO, Chat, button, buttons, read


async def test_it_asks_first_and_nothing_has_happened_yet(chat: Chat) -> None:
    await chat.result()
    asked = await chat.press(button(await chat.say("privacy"), "forget"))
    assert buttons(asked) == ["forget", "privacy"]
    assert not asked.forget
    assert "goes after 30 days" in read(asked)
    assert chat.jobs() == 1


async def test_the_receipt_counts_what_was_erased_and_says_what_stays(chat: Chat) -> None:
    job, result = await chat.result(photo=PHOTO)
    await chat.press(button(result, "share"))
    await chat.press(button(result, "save"))
    await chat.say("avatar", photo=PHOTO)
    await chat.say("block", member=MemberRef("mina"), moderator=True, by="boss", room="garden")
    asked = await chat.say("forget")
    done = await chat.press(button(asked, "forget"))
    said = read(done)
    assert done.forget
    assert done.unshare == (chat.secret.pseudonym("share", str(job)),)
    for part in ("Requests for pictures: 2", "Photos: 1", "Pictures: 1", "Settings: 1"):
        assert part in said
    assert "how many pictures you made today (1)" in said
    assert "block" in said
    for table in ("job", "preference"):
        assert chat.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert not [path for path in (chat.folder / "spool").rglob("*") if path.is_file()]


async def test_the_daily_limit_still_holds(chat: Chat) -> None:
    await chat.say("room-quota", choice="1", moderator=True, by="boss")
    await chat.result()
    await chat.say("forget", choice="yes")
    assert not (await chat.say("avatar")).busy


async def test_a_job_being_drawn_is_stopped(chat: Chat) -> None:
    await chat.say("avatar")
    claim = await chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    woken = chat.live.begin(claim.job)
    await chat.say("forget", choice="yes")
    assert woken.is_set()


async def test_others_are_not_touched(chat: Chat) -> None:
    await chat.result(by="jun")
    await chat.say("forget", choice="yes", by="mina")
    assert chat.jobs() == 1


async def test_somebody_unknown_is_told_that_there_was_nothing(chat: Chat) -> None:
    assert "nothing stored" in read(await chat.say("forget", choice="yes", by="nobody"))
