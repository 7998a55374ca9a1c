"""A picture straight from the wall."""

from __future__ import annotations

import json

from tests.bot.conftest import Chat, read


async def test_it_draws_a_figure_in_that_style(chat: Chat) -> None:
    assert (await chat.say("try-style", choice="slate")).busy
    found = json.loads(chat.rows("SELECT spec FROM job")[0][0])
    assert (found["style"], found["has_photo"]) == ("slate", False)


async def test_a_button_of_a_style_that_is_no_more_is_answered_kindly(chat: Chat) -> None:
    assert "too old" in read(await chat.say("try-style", choice="velvet"))
    assert "too old" in read(await chat.say("try-style"))
