"""Less like me."""

from __future__ import annotations

import json

from tests.bot.conftest import PHOTO, Chat, button, buttons, read


async def test_it_goes_down_to_a_figure_without_any_photo(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO)
    waiting = await chat.press(button(result, "less"), photo=PHOTO)
    await chat.draw()
    result = await chat.say("show", job=button(waiting, "cancel").job)
    assert "a hint" in read(result)
    last = button(result, "less")
    assert not last.wants_photo
    assert (await chat.press(last)).busy
    found = json.loads(chat.rows("SELECT spec FROM job ORDER BY id DESC")[0][0])
    assert (found["likeness"], found["has_photo"]) == (0, False)


async def test_a_figure_has_no_such_button_and_no_such_call(chat: Chat) -> None:
    job, result = await chat.result()
    assert "less" not in buttons(result)
    assert "without a photo" in read(await chat.say("less", job=job))


async def test_without_the_photo_it_asks_for_it(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO)
    assert buttons(await chat.press(button(result, "less"))) == ["less"]
    assert chat.jobs() == 1
