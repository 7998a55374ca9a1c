"""Other style: first the wall, then the picture."""

from __future__ import annotations

import json

from tests.bot.conftest import PHOTO, Chat, actions, button, read, tile


async def test_the_wall_shows_what_the_room_allows_and_draws_what_is_pressed(chat: Chat) -> None:
    await chat.say("room-style", choice="-ink", moderator=True, by="boss")
    _, result = await chat.result(style="moss", mood="calm")
    wall = await chat.press(button(result, "other"))
    assert {action.choice for action in actions(wall) if action.command == "other"} == set(chat.catalog) - {"ink"}
    assert (await chat.press(tile(wall, "slate"))).busy
    found = json.loads(chat.rows("SELECT spec FROM job ORDER BY id DESC")[0][0])
    assert (found["style"], found["traits"]) == ("slate", {"mood": "calm"})


async def test_a_photo_avatar_wants_its_photo_for_the_new_style(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO)
    pressed = tile(await chat.press(button(result, "other")), "ink")
    assert pressed.wants_photo
    asked = await chat.press(pressed)
    assert "erased" in read(asked)
    assert (await chat.press(button(asked, "other"), photo=PHOTO)).busy
    assert json.loads(chat.rows("SELECT spec FROM job ORDER BY id DESC")[0][0])["style"] == "ink"


async def test_a_style_forbidden_since_the_wall_was_shown_is_refused(chat: Chat) -> None:
    _, result = await chat.result(style="moss")
    wall = await chat.press(button(result, "other"))
    await chat.say("room-style", choice="-slate", moderator=True, by="boss")
    assert not (await chat.press(tile(wall, "slate"))).busy
    assert chat.jobs() == 1


async def test_another_members_wall_is_refused(chat: Chat) -> None:
    _, result = await chat.result()
    assert "not yours" in read(await chat.press(button(result, "other"), by="jun"))
