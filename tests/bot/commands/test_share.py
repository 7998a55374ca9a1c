"""Share: the only way into the room."""

from __future__ import annotations

import asyncio

import pytest

from bot.chat import MemberRef
from bot.errors import Gone
from bot.storage import RoomPolicy
from tests.bot.conftest import PHOTO, PNG, WORDING, Chat, button, buttons, read


async def test_only_share_puts_a_picture_into_the_room(chat: Chat) -> None:
    job, result = await chat.result(photo=PHOTO)
    assert result.share is None
    shared = await chat.press(button(result, "share"))
    assert shared.share is not None
    assert shared.share.picture.data == PNG
    assert shared.share.tag == chat.secret.pseudonym("share", str(job))
    assert shared.replaces
    assert shared.picture is not None
    assert "unshare" in buttons(shared)
    assert "share" not in buttons(shared)
    assert chat.rows("SELECT shared FROM job") == [(1,)]


async def test_the_post_says_nothing_about_who_or_how(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO, style="slate")
    shared = await chat.press(button(result, "share"))
    assert shared.share is not None
    assert WORDING.say("en", shared.share.picture.alt) == "Avatar of a member"


async def test_sharing_twice_is_one_post(chat: Chat) -> None:
    _, result = await chat.result()
    first = await chat.press(button(result, "share"), key="e1")
    second = await chat.press(button(result, "share"), key="e1")
    assert first == second


async def test_another_members_picture_cannot_be_shared(chat: Chat) -> None:
    _, result = await chat.result()
    stolen = await chat.press(button(result, "share"), by="jun")
    assert stolen.share is None
    assert "not yours" in read(stolen)


async def test_a_picture_that_is_not_ready_cannot_be_shared(chat: Chat) -> None:
    waiting = await chat.say("avatar")
    reply = await chat.say("share", job=button(waiting, "cancel").job)
    assert reply.share is None
    assert "no finished picture" in read(reply)


async def test_a_style_forbidden_meanwhile_keeps_the_picture_out(chat: Chat) -> None:
    _, result = await chat.result(style="slate")
    await chat.say("room-style", choice="-slate", moderator=True, by="boss")
    refused = await chat.press(button(result, "share"))
    assert refused.share is None
    assert "forbidden" in read(refused)
    assert chat.rows("SELECT shared FROM job") == [(0,)]


async def test_so_does_a_forbidden_one_that_was_drawn_in_its_place(gallery: Chat) -> None:
    waiting = await gallery.say("avatar", style="oilportrait")
    await gallery.draw(drawn_as="moss")
    result = await gallery.say("show", job=button(waiting, "cancel").job)
    await gallery.say("room-style", choice="-moss", moderator=True, by="boss")
    refused = await gallery.press(button(result, "share"))
    assert refused.share is None
    assert "forbidden" in read(refused)


async def test_a_likeness_limit_lowered_meanwhile_keeps_the_picture_out(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO, likeness="somewhat")
    await chat.say("room-ceiling", choice="hint", moderator=True, by="boss")
    refused = await chat.press(button(result, "share"))
    assert refused.share is None
    assert "more of your photo than the moderators allow" in read(refused)
    await chat.say("room-ceiling", choice="somewhat", moderator=True, by="boss")
    assert (await chat.press(button(result, "share"))).share is not None


async def test_a_blocked_member_can_share_no_more(chat: Chat) -> None:
    _, result = await chat.result()
    await chat.say("block", member=MemberRef("mina"), moderator=True, by="boss")
    assert (await chat.press(button(result, "share"))).share is None


async def test_what_the_platform_keeps_of_a_share_leads_to_no_job(chat: Chat) -> None:
    job, result = await chat.result()
    shared = (await chat.press(button(result, "share"))).share
    assert shared is not None
    kept = [str(value) for row in chat.rows("SELECT * FROM job") for value in row]
    assert shared.tag not in kept
    assert shared.tag != str(job)


async def test_share_and_delete_pressed_together_leave_nothing_shared_that_is_erased(chat: Chat) -> None:
    for number in range(12):
        _, result = await chat.result(style="moss", by=f"m{number}")
        presses = ["share", "delete"] if number % 2 else ["delete", "share"]
        pressed = [chat.press(button(result, press), by=f"m{number}") for press in presses]
        replies = await asyncio.gather(*pressed)
        assert any(reply.unshare for reply in replies)
    assert chat.rows("SELECT count(*) FROM job WHERE avatar IS NULL") == [(12,)]
    assert chat.rows("SELECT count(*) FROM job WHERE shared = 1") == [(0,)]


async def test_a_picture_deleted_while_it_is_being_shared_is_not_posted(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, result = await chat.result()
    policy = chat.storage.rooms.policy

    async def meanwhile(room: str, channel: str) -> RoomPolicy:
        if chat.rows("SELECT count(*) FROM job WHERE avatar IS NOT NULL") != [(0,)]:
            await chat.say("delete", job=job)
        return await policy(room, channel)

    monkeypatch.setattr(chat.storage.rooms, "policy", meanwhile)
    reply = await chat.press(button(result, "share"))
    assert reply.share is None
    assert chat.rows("SELECT avatar, shared FROM job") == [(None, 0)]
    [(room, member)] = chat.rows("SELECT room, member FROM job")
    with pytest.raises(Gone, match="error-no-picture"):
        await chat.storage.jobs.mark_shared(job, room, member, shared=True)


async def test_a_figure_with_the_colours_of_a_photo_is_shared_unless_photos_are_forbidden(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO, likeness="clear", style="peeps")
    await chat.say("room-ceiling", choice="none", moderator=True, by="boss")
    assert (await chat.press(button(result, "share"))).share is None
    await chat.say("room-ceiling", choice="hint", moderator=True, by="boss")
    assert (await chat.press(button(result, "share"))).share is not None
