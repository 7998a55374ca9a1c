"""Use: a picture out of a grid is a picture of its member's own."""

from __future__ import annotations

import asyncio
import json

from bot.chat import Action, Reply
from tests.bot.conftest import PHOTO, Chat, button, buttons, part, read


def use(reply: Reply, number: int) -> Action:
    (found,) = [one for one in reply.actions if (one.command, one.choice) == ("use", str(number))]
    return found


def numbers(chat: Chat) -> list[int]:
    return [row[0] for row in chat.rows("SELECT id FROM job ORDER BY id")]


async def test_it_is_the_very_picture_with_all_that_can_be_done_with_one(chat: Chat) -> None:
    job, grid = await chat.result(style="moss", pictures="4", hair="bun")
    used = await chat.press(use(grid, 2))
    assert not used.replaces, "the grid stays for its other pictures"
    assert used.picture is not None
    assert (used.picture.data, used.picture.tiles) == (part(job, 1), 1)
    assert "Your picture is ready. Style: Moss." in read(used)
    assert buttons(used) == ["again", "four", "other", "share", "save", "delete"]
    shared = await chat.press(button(used, "share"))
    assert shared.share is not None
    assert shared.share.picture.data == part(job, 1)
    specs = [json.loads(row[0]) for row in chat.rows("SELECT spec FROM job ORDER BY id")]
    assert specs[1] == {name: value for name, value in specs[0].items() if name != "count"} | {"attempt": 1}
    assert (await chat.press(button(used, "again"))).busy
    assert json.loads(chat.rows("SELECT spec FROM job ORDER BY id DESC")[0][0])["attempt"] == 4


async def test_it_costs_nothing_and_waits_for_nobody(chat: Chat) -> None:
    await chat.say("room-quota", choice="1", moderator=True, by="boss")
    _, grid = await chat.result(pictures="4")
    await chat.say("room-pause", choice="on", moderator=True, by="boss")
    await chat.say("room-style", choice="-moss", moderator=True, by="boss")
    for number in range(1, 5):
        assert (await chat.press(use(grid, number))).picture
    assert chat.rows("SELECT count(*) FROM charge WHERE state <> 'returned'") == [(1,)]
    assert chat.rows("SELECT count(*) FROM outbox WHERE closed IS NULL AND job > 1") == [(0,)], "nobody is told twice"
    assert chat.rows("SELECT unfinished FROM turn") == [(0,)]
    assert [action.command for action in (await chat.say("queue")).actions] == ["show"] * 5


async def test_pressed_twice_it_is_one_picture(chat: Chat) -> None:
    _, grid = await chat.result(pictures="4")
    presses = [chat.press(use(grid, 1), key=key) for key in ("one", "one", "two")]
    jobs = {button(reply, "again").job for reply in await asyncio.gather(*presses)}
    assert jobs == {2}
    assert numbers(chat) == [1, 2]
    assert len([*(chat.folder / "spool").iterdir()]) == 2


async def test_once_deleted_it_can_be_taken_anew(chat: Chat) -> None:
    job, grid = await chat.result(pictures="4")
    await chat.press(button(await chat.press(use(grid, 3)), "delete"))
    used = await chat.press(use(grid, 3))
    assert used.picture is not None
    assert used.picture.data == part(job, 2)
    assert numbers(chat) == [1, 2]


async def test_it_stays_when_its_grid_is_gone_and_goes_a_day_after_it_was_taken(chat: Chat) -> None:
    _, grid = await chat.result(pictures="4")
    await chat.press(use(grid, 1))
    await chat.press(button(grid, "delete"))
    assert (await chat.press(use(grid, 1))).picture
    assert "no longer here" in read(await chat.press(use(grid, 2)))
    chat.clock.now += 25 * 3_600_000
    assert (await chat.storage.jobs.sweep()).avatars == 1
    assert "no longer here" in read(await chat.press(use(grid, 1)))
    assert not [*(chat.folder / "spool").iterdir()]


async def test_forgetting_leaves_nothing_of_it(chat: Chat) -> None:
    _, grid = await chat.result(pictures="4")
    await chat.press(use(grid, 1))
    assert "Pictures: 2" in read(await chat.say("forget", choice="yes"))
    assert not [*(chat.folder / "spool").iterdir()]
    assert "no longer here" in read(await chat.press(use(grid, 1)))
    assert numbers(chat) == []


async def test_it_belongs_to_whoever_asked_for_the_grid(chat: Chat) -> None:
    _, grid = await chat.result(pictures="4")
    assert "not yours" in read(await chat.press(use(grid, 1), by="jun"))
    assert "not yours" in read(await chat.press(use(grid, 1), room="garden"))
    assert numbers(chat) == [1]


async def test_there_is_nothing_to_take_where_there_is_no_picture(chat: Chat) -> None:
    job, single = await chat.result()
    waiting = await chat.say("avatar", pictures="3")
    other = button(waiting, "cancel").job
    assert "no longer here" in read(await chat.say("use", job=other, choice="1")), "not drawn yet"
    await chat.draw(missing=[1])
    for number, choice in ((job, "1"), (other, "2"), (other, "4")):
        assert "no longer here" in read(await chat.say("use", job=number, choice=choice))
    assert single.picture is not None
    assert numbers(chat) == [1, 2]
    assert len([*(chat.folder / "spool").iterdir()]) == 2


async def test_what_is_said_of_the_grid_holds_for_its_picture(chat: Chat) -> None:
    waiting = await chat.say("avatar", photo=PHOTO, style="slate", pictures="2")
    await chat.draw(trace="medium", notes=("note-no-face", "note-picture-left-out", "note-picture-broken"), missing=[0])
    used = await chat.press(use(await chat.say("show", job=button(waiting, "cancel").job), 2))
    said = read(used)
    assert "Photo trace: medium" in said
    assert "no face" in said
    assert "left out" not in said
    assert button(used, "again").wants_photo


async def test_of_a_grid_drawn_simply_each_picture_says_as_what(gallery: Chat) -> None:
    waiting = await gallery.say("avatar", pictures="4-styles", style="oilportrait")
    await gallery.draw(drawn_as="cel")
    grid = await gallery.say("show", job=button(waiting, "cancel").job)
    styles = json.loads(gallery.rows("SELECT spec FROM job")[0][0])["styles"]
    for number, style in enumerate(styles, 1):
        drawn = gallery.catalog[gallery.catalog[style].fallback].called("en")
        used = await gallery.press(use(grid, number))
        assert f"so this is a drawing in {drawn}." in read(used)
        assert "paint" not in buttons(used), "its grid is painted in full, and once"
    assert "paint" in buttons(grid)
