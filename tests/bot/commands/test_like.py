"""More like this: pictures that go on from one of a grid."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from bot.chat import Action, Reply
from bot.storage import Limits, Ticket
from bot.storage.rows import load_spec
from generator.engine import MOST_LIKE
from tests.bot.conftest import PHOTO, Chat, button, buttons, read


def like(reply: Reply, number: int) -> Action:
    (found,) = [one for one in reply.actions if (one.command, one.choice) == ("like", str(number))]
    return found


def last(chat: Chat) -> dict[str, Any]:
    return json.loads(chat.rows("SELECT spec FROM job ORDER BY id DESC")[0][0])


async def next_grid(chat: Chat, reply: Reply, number: int) -> Reply:
    waiting = await chat.press(like(reply, number))
    assert waiting.busy, read(waiting)
    await chat.draw()
    return await chat.say("show", job=button(waiting, "cancel").job)


async def test_four_more_keep_the_wish_and_know_where_they_come_from(chat: Chat) -> None:
    _, grid = await chat.result(style="moss", pictures="3", mood="calm")
    first = last(chat)
    grid = await next_grid(chat, grid, 2)
    assert last(chat) == first | {"attempt": 3, "count": 4, "like": [1]}
    assert buttons(grid)[:8] == ["use"] * 4 + ["like"] * 4
    await next_grid(chat, grid, 4)
    assert last(chat) == first | {"attempt": 7, "count": 4, "like": [1, 6]}


async def test_of_several_styles_it_goes_on_in_the_one_that_was_liked(chat: Chat) -> None:
    _, grid = await chat.result(pictures="4-styles")
    style = last(chat)["styles"][2]
    await next_grid(chat, grid, 3)
    found = last(chat)
    assert (found["style"], found["attempt"], found["like"], found["count"]) == (style, 1, [0], 4)
    assert "styles" not in found


async def test_it_counts_and_wants_the_photo_again(chat: Chat) -> None:
    _, grid = await chat.result(photo=PHOTO, style="slate", likeness="hint", pictures="2")
    press = like(grid, 1)
    assert press.wants_photo
    asked = await chat.press(press)
    assert "erased" in read(asked)
    assert chat.jobs() == 1
    assert (await chat.press(button(asked, "like"), photo=PHOTO)).busy
    assert (last(chat)["likeness"], last(chat)["like"]) == (25, [0])
    assert chat.rows("SELECT count(*) FROM charge WHERE state <> 'returned'") == [(2,)]


async def test_it_does_not_go_on_for_ever(chat: Chat) -> None:
    job, _ = await chat.result(style="moss")
    room, member, spec = chat.rows("SELECT room, member, spec FROM job")[0]
    old = replace(load_spec(spec), count=2, like=(0,) * MOST_LIKE)
    job = (await chat.storage.jobs.accept(Ticket("old", room, member, old, "en", None), Limits(daily=20))).job
    await chat.draw()
    grid = await chat.say("show", job=job)
    assert "like" not in buttons(grid)
    assert "cannot go on from here" in read(await chat.say("like", job=job, choice="1"))
    assert (await chat.press(button(grid, "again"))).busy
    assert len(last(chat)["like"]) == MOST_LIKE


async def test_presses_at_once_are_each_another_try(chat: Chat) -> None:
    _, grid = await chat.result(style="moss", pictures="2")
    presses = [like(grid, 1), like(grid, 1), button(grid, "again")]
    assert all(reply.busy for reply in await asyncio.gather(*(chat.press(press) for press in presses)))
    found = [json.loads(row[0]) for row in chat.rows("SELECT spec FROM job WHERE state = 'queued'")]
    tries = [spec["attempt"] + place for spec in found for place in range(spec["count"])]
    assert sorted(tries) == [*range(2, 12)]


async def test_another_members_grid_and_a_place_beyond_it_are_refused(chat: Chat) -> None:
    job, grid = await chat.result(pictures="2")
    assert "not yours" in read(await chat.press(like(grid, 1), by="jun"))
    assert "no longer here" in read(await chat.say("like", job=job, choice="3"))
    assert "too old" in read(await chat.say("like", job=job, choice="5"))
    assert chat.jobs() == 1
