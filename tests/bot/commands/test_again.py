"""Try again, on figures and on photos."""

from __future__ import annotations

import json

from tests.bot.conftest import PHOTO, Chat, button, buttons, read


async def test_a_figure_is_drawn_again_with_the_same_wish(chat: Chat) -> None:
    _, result = await chat.result(style="moss", hair="bun")
    assert (await chat.press(button(result, "again"))).busy
    specs = [json.loads(row[0]) for row in chat.rows("SELECT spec FROM job ORDER BY id")]
    assert specs[1] == specs[0] | {"attempt": 1}


async def test_pressing_it_twice_on_one_picture_gives_two_different_tries(chat: Chat) -> None:
    _, result = await chat.result(style="moss")
    await chat.press(button(result, "again"))
    await chat.press(button(result, "again"))
    assert [json.loads(row[0])["attempt"] for row in chat.rows("SELECT spec FROM job ORDER BY id")] == [0, 1, 2]


async def test_a_photo_avatar_asks_for_the_photo_that_was_erased(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO)
    again = button(result, "again")
    assert again.wants_photo
    asked = await chat.press(again)
    assert "erased" in read(asked)
    assert "as promised" in read(asked)
    assert chat.jobs() == 1
    # The button under that sentence does the same, this time with the photo.
    assert buttons(asked) == ["again"]
    assert (await chat.press(button(asked, "again"), photo=PHOTO)).busy
    assert chat.jobs() == 2


async def test_a_device_that_remembers_sends_the_photo_along(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO, likeness="hint")
    assert (await chat.press(button(result, "again"), photo=PHOTO)).busy
    second = json.loads(chat.rows("SELECT spec FROM job ORDER BY id DESC")[0][0])
    assert (second["likeness"], second["has_photo"], second["attempt"]) == (25, True, 1)


async def test_a_ceiling_lowered_meanwhile_holds_and_is_told(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO)
    await chat.say("room-ceiling", choice="hint", moderator=True, by="boss")
    reply = await chat.press(button(result, "again"), photo=PHOTO)
    assert "allow at most" in read(reply)
    assert json.loads(chat.rows("SELECT spec FROM job ORDER BY id DESC")[0][0])["likeness"] == 25


async def test_another_members_button_is_refused(chat: Chat) -> None:
    _, result = await chat.result()
    reply = await chat.press(button(result, "again"), by="jun")
    assert "not yours" in read(reply)
    assert chat.jobs() == 1


async def test_the_same_member_in_another_room_is_refused_too(chat: Chat) -> None:
    _, result = await chat.result()
    assert "not yours" in read(await chat.press(button(result, "again"), room="garden"))
