"""/queue."""

from __future__ import annotations

from tests.bot.conftest import WORDING, Chat, button, read


async def test_an_empty_queue_says_how_to_begin(chat: Chat) -> None:
    assert "/avatar" in read(await chat.say("queue"))


async def test_it_lists_mine_with_place_time_and_buttons(chat: Chat) -> None:
    job, _ = await chat.result(style="moss")
    await chat.say("avatar", by="jun")
    await chat.say("avatar", style="slate")
    reply = await chat.say("queue")
    said = read(reply)
    assert "Yours in line: 1. Finished pictures still kept: 1." in said
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
