"""The moving one."""

from __future__ import annotations

from bot.chat import MAX_ACTION_BYTES
from tests.bot.conftest import GIF, PHOTO, PNG, Chat, button, buttons, read


async def test_the_moving_one_is_there_for_whoever_wanted_it(chat: Chat) -> None:
    job, result = await chat.result(photo=PHOTO, style="slate", motion="moving")
    assert result.picture is not None
    assert (result.picture.data, result.picture.still) == (PNG, b"")
    press = button(result, "moving")
    assert not press.wants_photo
    assert len(press.pack().encode()) <= MAX_ACTION_BYTES
    reply = await chat.press(press)
    assert reply.picture is not None
    assert (reply.picture.data, reply.picture.mime, reply.picture.still) == (GIF, "image/gif", PNG)
    assert "GIF" in read(reply)
    assert not reply.replaces
    assert buttons(reply) == ["delete"]
    assert button(reply, "delete").job == job


async def test_the_others_stand_still_and_a_press_says_so(chat: Chat) -> None:
    for motion in ({}, {"motion": "still"}):
        job, result = await chat.result(**motion)
        assert "moving" not in buttons(result)
        assert "no moving one" in read(await chat.say("moving", job=job))


async def test_it_is_asked_for_again_with_the_picture(chat: Chat) -> None:
    _, first = await chat.result(motion="moving")
    waiting = await chat.press(button(first, "again"))
    await chat.draw()
    assert "moving" in buttons(await chat.say("show", job=button(waiting, "cancel").job))


async def test_it_is_its_members_alone_and_goes_with_the_picture(chat: Chat) -> None:
    _, result = await chat.result(motion="moving")
    press = button(result, "moving")
    assert "not yours" in read(await chat.press(press, by="jun"))
    assert "not yours" in read(await chat.press(press, room="garden"))
    shared = await chat.press(button(result, "share"))
    assert shared.share is not None
    assert shared.share.picture.data == PNG
    await chat.press(button(await chat.press(press), "delete"))
    assert not [*(chat.folder / "spool").iterdir()]
    assert "no longer here" in read(await chat.press(press))


async def test_it_is_forgotten_with_its_member_and_said_in_what_is_stored(chat: Chat) -> None:
    _, result = await chat.result(motion="moving")
    export = await chat.say("export")
    assert export.file is not None
    assert b'"loop": true' in export.file.data
    assert GIF not in b"".join(path.read_bytes() for path in chat.folder.rglob("*") if path.is_file())
    await chat.say("forget", choice="yes")
    assert not [*(chat.folder / "spool").iterdir()]
    assert "no longer here" in read(await chat.press(button(result, "moving")))


async def test_what_is_taken_out_of_several_stands_still_and_moves_when_it_is_tried_again(chat: Chat) -> None:
    waiting = await chat.say("avatar", pictures="2", motion="moving")
    await chat.draw(notes=("note-still-grid",))
    grid = await chat.say("show", job=button(waiting, "cancel").job)
    assert "do not move" in read(grid)
    assert "moving" not in buttons(grid)
    (use,) = [action for action in grid.actions if (action.command, action.choice) == ("use", "2")]
    used = await chat.press(use)
    assert "moving" not in buttons(used)
    assert "do not move" not in read(used)
    waiting = await chat.press(button(used, "again"))
    await chat.draw()
    assert "moving" in buttons(await chat.say("show", job=button(waiting, "cancel").job))
