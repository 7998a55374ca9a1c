"""Save as my default."""

from __future__ import annotations

from tests.bot.conftest import PHOTO, Chat, button, read


async def test_style_and_likeness_become_the_members_own(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO, style="ink", likeness="hint")
    said = read(await chat.press(button(result, "save")))
    assert "Ink" in said
    assert "a hint" in said
    assert chat.rows("SELECT style, likeness FROM preference") == [("ink", 25)]


async def test_a_figure_leaves_the_likeness_as_it_was(chat: Chat) -> None:
    await chat.say("set-likeness", choice="clear")
    _, result = await chat.result(style="moss")
    await chat.press(button(result, "save"))
    assert chat.rows("SELECT style, likeness FROM preference") == [("moss", 85)]


async def test_the_language_survives(chat: Chat) -> None:
    await chat.say("set-language", choice="ko")
    _, result = await chat.result(style="moss")
    assert (await chat.press(button(result, "save"))).locale == "ko"
    assert chat.rows("SELECT locale FROM preference") == [("ko",)]


async def test_another_members_picture_is_no_default(chat: Chat) -> None:
    _, result = await chat.result()
    assert "not yours" in read(await chat.press(button(result, "save"), by="jun"))
    assert chat.rows("SELECT count(*) FROM preference") == [(0,)]
