"""What Telegram is told of the commands: for each kind of chat, in both languages, and only when something changed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram.declarations import Scoped, by_typed, called, differs, scopes
from bot.chat import LOCALES, Text
from bot.secrets import Secret
from bot.wording import Wording
from generator.styles import load_catalog
from tests.bot.conftest import Chat, FixedClock, opened
from tests.telegram_peer.judge import Judge

WORDING = Wording()
JUDGE = Judge.load()
PRIVATE, GROUPS, ADMINISTRATORS = "all_private_chats", "all_group_chats", "all_chat_administrators"


@pytest.fixture
async def chat(tmp_path: Path) -> Any:
    async for chat in opened(tmp_path, FixedClock(), Secret(b"s" * 32), load_catalog([])):
        yield chat


@pytest.fixture
def declared(chat: Chat) -> list[Scoped]:
    return scopes(chat.dispatcher, WORDING, ephemeral=False)


def names(declared: list[Scoped], scope: str) -> set[str]:
    return {one["command"] for kind, _, commands in declared if kind.type == scope for one in commands}


def test_every_kind_of_chat_has_its_commands_in_every_language(declared: list[Scoped]) -> None:
    assert [(scope.type, language) for scope, language, _ in declared] == [
        (scope, language) for scope in (PRIVATE, GROUPS, ADMINISTRATORS) for language in (None, "ko")
    ]


def test_only_administrators_are_shown_what_only_they_may_do(declared: list[Scoped], chat: Chat) -> None:
    listed = [command for command in chat.dispatcher.commands if command.listed]
    members = {command.name for command in listed if not command.moderator}
    assert names(declared, PRIVATE) == names(declared, GROUPS) == members
    assert names(declared, ADMINISTRATORS) == {command.name for command in listed}
    assert "room" in names(declared, ADMINISTRATORS) - members


def test_what_is_registered_is_what_telegram_takes(declared: list[Scoped]) -> None:
    for scope, language, commands in declared:
        for one in commands:
            assert one["command"] == one["command"].lower()
            assert 1 <= len(one["command"]) <= 32
            assert 1 <= len(one["description"]) <= 256
            assert not one["description"].endswith("…")
        if JUDGE is not None:
            sent = {"commands": json.dumps(commands), "scope": scope.to_json()}
            assert JUDGE.request("setMyCommands", sent | ({"language_code": language} if language else {}), {}) == []


def test_descriptions_are_those_of_the_declarations(declared: list[Scoped]) -> None:
    for _, language, commands in declared:
        said = {one["command"]: one["description"] for one in commands}
        assert said["avatar"] == WORDING.say(language or "en", Text("command-avatar-hint"))
        assert len(set(said.values())) == len(said)


def test_commands_that_only_buttons_reach_are_not_listed(declared: list[Scoped], chat: Chat) -> None:
    hidden = {command.name for command in chat.dispatcher.commands if not command.listed}
    assert len(hidden) > 10
    for _, _, commands in declared:
        assert not hidden & {one["command"] for one in commands}
    assert not hidden & by_typed(chat.dispatcher).keys()


def test_groups_keep_commands_from_others_only_where_the_server_can(chat: Chat, declared: list[Scoped]) -> None:
    assert not [one for _, _, commands in declared for one in commands if "is_ephemeral" in one]
    for scope, _, commands in scopes(chat.dispatcher, WORDING, ephemeral=True):
        assert all(one.get("is_ephemeral", False) is (scope.type != PRIVATE) for one in commands)


def test_names_are_written_in_the_letters_that_telegram_knows(chat: Chat) -> None:
    assert called("room-channel") == "/room_channel"
    for name, command in by_typed(chat.dispatcher).items():
        assert called(command.name) == f"/{name}"
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


def test_what_telegram_has_already_is_not_registered_again(declared: list[Scoped]) -> None:
    for _, _, commands in declared:
        back = [dict(reversed(one.items())) | {"is_ephemeral": False} for one in commands]
        assert not differs(back, commands)


@pytest.mark.parametrize(
    "change",
    [
        lambda commands: commands.pop(),
        lambda commands: commands.reverse(),
        lambda commands: commands[0].update(description="something else"),
        lambda commands: commands[0].update(command="other"),
        lambda commands: commands[0].update(is_ephemeral=True),
        lambda commands: commands.clear(),
    ],
)
def test_every_change_is_noticed(declared: list[Scoped], change: Any) -> None:
    for _, _, commands in declared:
        before = copy.deepcopy(commands)
        change(before)
        assert differs(before, commands)


def test_both_languages_say_something_of_their_own(declared: list[Scoped]) -> None:
    assert len(LOCALES) == 2
    english, korean = (commands for scope, _, commands in declared if scope.type == PRIVATE)
    assert all(a["description"] != b["description"] for a, b in zip(english, korean, strict=True))
