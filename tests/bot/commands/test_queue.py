"""/queue."""

from __future__ import annotations

from bot.storage.outbox import AVATAR_KEPT_MS
from tests.bot.conftest import WORDING, Chat, button, buttons, read


async def test_an_empty_queue_says_how_to_begin(chat: Chat) -> None:
    assert "/avatar" in read(await chat.say("queue"))


async def test_it_lists_mine_with_place_time_and_buttons(chat: Chat) -> None:
    job, _ = await chat.result(style="moss")
    await chat.say("avatar", by="jun")
    await chat.say("avatar", style="slate")
    reply = await chat.say("queue")
    said = read(reply)
    assert "Yours in line: 1. Finished pictures still kept or shared: 1." in said
    assert "number 2 in line, about" in said
    assert f"#{job}: finished. Style: Moss." in said
    assert [action.command for action in reply.actions] == ["cancel", "show"]
    assert WORDING.say("en", reply.actions[1].label) == f"Show #{job}"
    assert (await chat.press(button(reply, "show"))).picture is not None
    await chat.press(button(reply, "cancel"))
    assert "Yours in line" not in read(await chat.say("queue"))


async def test_nobody_elses_jobs_are_listed(chat: Chat) -> None:
    await chat.say("avatar", by="jun")
    assert "no pictures here yet" in read(await chat.say("queue", by="mina"))
    assert "no pictures here yet" in read(await chat.say("queue", by="jun", room="garden"))


async def test_a_long_list_is_cut_and_says_so(chat: Chat) -> None:
    for _ in range(10):
        await chat.result()
    reply = await chat.say("queue")
    assert len(reply.actions) == 8
    assert "2 more" in read(reply)


async def test_a_job_being_drawn_is_listed(chat: Chat) -> None:
    await chat.say("avatar")
    assert await chat.storage.jobs.claim("test", ("classic",))
    assert "being drawn now" in read(await chat.say("queue"))


async def test_what_is_shared_can_be_taken_back_long_after_it_is_erased_here(chat: Chat) -> None:
    job, result = await chat.result()
    await chat.press(button(result, "share"))
    for delivery in await chat.storage.jobs.due(10):
        await chat.storage.jobs.delivered(delivery)
    chat.clock.now += AVATAR_KEPT_MS + 1
    await chat.storage.jobs.sweep()
    reply = await chat.say("queue")
    assert "kept or shared: 1." in read(reply)
    assert f"#{job}: shared, and erased here. Style: Moss." in read(reply)
    assert WORDING.say("en", reply.actions[0].label) == f"Take back #{job}"
    assert "made here and stored now: 0" in read(await chat.say("privacy")).lower()
    taken = await chat.press(button(reply, "unshare"))
    assert taken.unshare == (chat.secret.pseudonym("share", str(job)),)
    assert "Taken back" in read(taken)
    assert "no pictures here yet" in read(await chat.say("queue"))


async def test_many_pictures_put_no_shared_one_out_of_reach(chat: Chat) -> None:
    job, result = await chat.result()
    await chat.press(button(result, "share"))
    for _ in range(9):
        await chat.result()
    reply = await chat.say("queue")
    assert reply.actions[0].job == job
    assert "unshare" in buttons(await chat.press(reply.actions[0]))


async def test_many_shared_pictures_put_no_new_one_out_of_reach(chat: Chat) -> None:
    """/queue is the last way to a picture whose message was lost."""
    for _ in range(9):
        _, result = await chat.result()
        await chat.press(button(result, "share"))
    job, _ = await chat.result()
    reply = await chat.say("queue")
    assert job in {action.job for action in reply.actions}
    assert len(reply.actions) == 8
    waiting = await chat.say("avatar")
    reply = await chat.say("queue")
    assert {button(waiting, "cancel").job, job} < {action.job for action in reply.actions}
