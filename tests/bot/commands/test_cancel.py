"""Cancel, in every state that a job can be in."""

from __future__ import annotations

from tests.bot.conftest import PHOTO, Chat, button, buttons, read


async def test_a_waiting_job_ends_and_costs_nothing(chat: Chat) -> None:
    waiting = await chat.say("avatar")
    reply = await chat.press(button(waiting, "cancel"))
    assert "does not count" in read(reply)
    assert reply.replaces
    assert not reply.busy
    assert "20 of 20" in read(await chat.say("settings"))


async def test_a_job_being_drawn_ends_and_its_worker_is_woken(chat: Chat) -> None:
    waiting = await chat.say("avatar", photo=PHOTO)
    claim = await chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    woken = chat.live.begin(claim.job)
    assert "erased" in read(await chat.press(button(waiting, "cancel")))
    assert woken.is_set()
    assert chat.rows("SELECT state, photo FROM job") == [("cancelled", None)]


async def test_the_same_event_twice_gives_the_same_answer(chat: Chat) -> None:
    cancel = button(await chat.say("avatar"), "cancel")
    assert await chat.press(cancel, key="e1") == await chat.press(cancel, key="e1")


async def test_too_late_shows_the_picture_and_offers_to_delete_it(chat: Chat) -> None:
    waiting = await chat.say("avatar")
    await chat.draw()
    late = await chat.press(button(waiting, "cancel"))
    assert "Too late" in read(late)
    assert late.picture is not None
    assert "delete" in buttons(late)


async def test_another_members_job_goes_on(chat: Chat) -> None:
    waiting = await chat.say("avatar")
    assert "not yours" in read(await chat.press(button(waiting, "cancel"), by="jun"))
    assert "not yours" in read(await chat.press(button(waiting, "cancel"), by="boss", moderator=True))
    assert chat.rows("SELECT state FROM job") == [("queued",)]
