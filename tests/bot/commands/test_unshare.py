"""Take it back."""

from __future__ import annotations

from bot.storage.outbox import AVATAR_KEPT_MS
from tests.bot.conftest import Chat, button, buttons, read


async def test_the_post_is_taken_back_and_can_be_shared_again(chat: Chat) -> None:
    job, result = await chat.result()
    shared = await chat.press(button(result, "share"))
    back = await chat.press(button(shared, "unshare"))
    assert back.unshare == (chat.secret.pseudonym("share", str(job)),)
    assert back.share is None
    assert "Taken back" in read(back)
    assert "share" in buttons(back)
    assert chat.rows("SELECT shared FROM job") == [(0,)]


async def test_it_works_after_the_picture_is_erased_here(chat: Chat) -> None:
    job, result = await chat.result()
    shared = await chat.press(button(result, "share"))
    for delivery in await chat.storage.jobs.due(10):
        await chat.storage.jobs.delivered(delivery)
    chat.clock.now += AVATAR_KEPT_MS + 1
    await chat.storage.jobs.sweep()
    gone = await chat.say("show", job=job)
    assert gone.picture is None
    assert buttons(gone) == ["unshare"]
    assert (await chat.press(button(shared, "unshare"))).unshare == (chat.secret.pseudonym("share", str(job)),)


async def test_nobody_takes_back_what_another_member_shared(chat: Chat) -> None:
    _, result = await chat.result()
    shared = await chat.press(button(result, "share"))
    reply = await chat.press(button(shared, "unshare"), by="jun")
    assert reply.unshare == ()
    assert chat.rows("SELECT shared FROM job") == [(1,)]
