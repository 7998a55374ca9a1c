"""/help."""

from __future__ import annotations

from tests.bot.conftest import Chat, read


async def test_members_see_their_commands_and_moderators_theirs_too(chat: Chat) -> None:
    said = read(await chat.say("help"))
    listed = [command for command in chat.dispatcher.commands if command.listed]
    assert len(listed) >= 9
    for command in listed:
        assert (f"/{command.name}:" in said) is not command.moderator
    said = read(await chat.say("help", moderator=True))
    assert all(f"/{command.name}:" in said for command in listed)


async def test_it_is_there_in_korean(chat: Chat) -> None:
    assert "그림" in read(await chat.say("help", locale="ko"))
