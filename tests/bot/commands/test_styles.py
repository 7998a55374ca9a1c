"""/styles: the wall."""

from __future__ import annotations

from tests.bot.conftest import Chat, actions, read, tile


async def test_every_allowed_style_is_there_with_its_name_in_both_languages(chat: Chat) -> None:
    for locale, moss in (("en", "Moss"), ("ko", "이끼")):
        reply = await chat.say("styles", locale=locale)
        read(reply)
        assert [action.choice for action in actions(reply)].count("moss") == 1
        assert {action.choice for action in actions(reply)} == set(chat.catalog)
        assert moss in {str(action.label.parameters.get("text")) for action in reply.actions}


async def test_a_style_with_a_picture_is_a_tile(chat: Chat) -> None:
    reply = await chat.say("styles")
    assert {one.action.choice for one in reply.wall if one.action} == {
        style.id for style in chat.catalog.values() if style.preview
    }
    assert all(one.picture.data for one in reply.wall)


async def test_pressing_one_draws_it(chat: Chat) -> None:
    reply = await chat.press(tile(await chat.say("styles"), "slate"))
    assert reply.busy
    assert chat.jobs() == 1


async def test_all_pictures_are_also_one_in_the_same_order(chat: Chat) -> None:
    reply = await chat.say("styles")
    assert reply.sheet is not None
    assert reply.sheet.data == b"|".join(tile.picture.data for tile in reply.wall)
