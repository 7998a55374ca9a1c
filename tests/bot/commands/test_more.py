"""More like me."""

from __future__ import annotations

import json

from tests.bot.conftest import PHOTO, Chat, button, buttons, read


async def likeness(chat: Chat) -> list[int]:
    return [json.loads(row[0])["likeness"] for row in chat.rows("SELECT spec FROM job ORDER BY id")]


async def test_it_goes_up_one_level_at_a_time_until_it_cannot(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO, likeness="hint")
    for _ in range(2):
        waiting = await chat.press(button(result, "more"), photo=PHOTO)
        await chat.draw()
        result = await chat.say("show", job=button(waiting, "cancel").job)
    assert await likeness(chat) == [25, 55, 85]
    assert "more" not in buttons(result)
    assert "cannot get any more" in read(await chat.say("more", job=3))


async def test_the_rooms_ceiling_holds(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO, likeness="hint")
    await chat.say("room-ceiling", choice="hint", moderator=True, by="boss")
    assert "do not allow more" in read(await chat.press(button(result, "more"), photo=PHOTO))
    assert await likeness(chat) == [25]


async def test_a_figure_has_no_such_button_and_no_such_call(chat: Chat) -> None:
    job, result = await chat.result()
    assert "more" not in buttons(result)
    assert "without a photo" in read(await chat.say("more", job=job))


async def test_without_the_photo_it_asks_for_it(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO)
    assert buttons(await chat.press(button(result, "more"))) == ["more"]
    assert chat.jobs() == 1
