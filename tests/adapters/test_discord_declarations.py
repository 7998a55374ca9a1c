"""What Discord is told of the commands: complete, in both languages, and only when something changed."""

from __future__ import annotations

import copy
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.declarations import MESSAGE_COMMAND, choices, declared, differs
from bot.chat import LOCALES, Call, Option, Text
from bot.secrets import Secret
from bot.wording import Wording
from generator.styles import load_catalog
from tests.bot.conftest import Chat, FixedClock, opened
from tests.discord_peer.judge import Judge

WORDING = Wording()
JUDGE = Judge.load()
Payload = list[dict[str, Any]]


@pytest.fixture
async def chat(tmp_path: Path) -> Any:
    async for chat in opened(tmp_path, FixedClock(), Secret(b"s" * 32), load_catalog([])):
        yield chat


@pytest.fixture
async def payload(chat: Chat) -> Payload:
    return await declared(chat.dispatcher, WORDING, names={}, open_to_all=False)


def by_name(payload: Payload) -> dict[str, dict[str, Any]]:
    return {command["name"]: command for command in payload}


def named(thing: Any) -> Iterator[dict[str, Any]]:
    """Everything with a name: commands, options and choices."""
    if isinstance(thing, list):
        for one in thing:
            yield from named(one)
    elif isinstance(thing, dict):
        if "name" in thing:
            yield thing
        for value in thing.values():
            yield from named(value)


def test_every_listed_command_and_the_message_menu_are_declared(payload: Payload, chat: Chat) -> None:
    listed = [command.name for command in chat.dispatcher.commands if command.listed]
    assert [command["name"] for command in payload] == [*listed, "Make an avatar from this picture"]
    assert [command["type"] for command in payload] == [1] * len(listed) + [3]
    assert "description" not in payload[-1]
    assert "options" not in payload[-1]


def test_discord_takes_it(payload: Payload) -> None:
    if JUDGE is None:
        pytest.skip("Discord's own description of its API, which is not ours to copy, is not here: see BPP_SPECS")
    body = json.dumps(payload).encode()
    assert JUDGE.request("PUT", "/applications/1/commands", "application/json", body) == []


def test_names_follow_discords_rule_in_every_language(payload: Payload) -> None:
    for command in payload[:-1]:
        for thing in (command, *command["options"]):
            for name in (thing["name"], *thing["name_localizations"].values()):
                assert 1 <= len(name) <= 32
                assert name == name.lower()
                assert all(letter in "-_'" or unicodedata.category(letter)[0] in "LN" for letter in name), name
    for locale in ("en-US", "en-GB", "ko"):
        names = [command["name_localizations"][locale] for command in payload]
        assert len(names) == len(set(names))
        for command in payload[:-1]:
            options = [option["name_localizations"][locale] for option in command["options"]]
            assert len(options) == len(set(options))
    menu = payload[-1]
    assert all(1 <= len(name) <= 32 for name in (menu["name"], *menu["name_localizations"].values()))


def test_descriptions_fit_without_being_cut(payload: Payload) -> None:
    for thing in named(payload):
        if "description" in thing:
            for said in (thing["description"], *thing["description_localizations"].values()):
                assert 1 <= len(said) <= 100
                assert not said.endswith("…")
                assert not re.search(r"[{}$]|-hint$", said)


def test_a_command_has_at_most_8000_characters(payload: Payload) -> None:
    for command in payload:
        total = 0
        for thing in named(command):
            for what in ("name", "description"):
                said = [thing.get(what, ""), *thing.get(f"{what}_localizations", {}).values()]
                total += max(map(len, said))
            total += len(str(thing.get("value", "")))
        assert total <= 8000


def test_korean_members_read_korean(payload: Payload) -> None:
    avatar = by_name(payload)["avatar"]
    assert avatar["name_localizations"]["ko"] == "아바타"
    for thing in named(payload):
        for what in ("name", "description"):
            if what in thing:
                assert re.search("[가-힣]", thing[f"{what}_localizations"]["ko"]), thing[what]
                assert thing[f"{what}_localizations"]["en-US"] == thing[what]


def test_choices_that_are_the_same_for_everybody_are_native_and_others_are_completed(payload: Payload) -> None:
    options = {option["name"]: option for option in by_name(payload)["avatar"]["options"]}
    assert options["style"]["autocomplete"] is True
    assert options["likeness"]["autocomplete"] is True
    assert "choices" not in options["style"]
    assert "autocomplete" not in options["mood"]
    assert options["mood"]["choices"][0] == {
        "value": "happy",
        "name": "Happy",
        "name_localizations": {
            "en-US": "Happy",
            "en-GB": "Happy",
            "ko": WORDING.say("ko", Text("trait-mood-happy")),
        },
    }
    assert options["photo"]["type"] == 11
    assert not any(option["required"] for option in options.values())
    (member,) = by_name(payload)["block"]["options"]
    assert (member["type"], member["required"]) == (6, True)


def test_moderators_commands_are_for_servers_and_those_who_manage_them(payload: Payload) -> None:
    for name in ("room", "block", "unblock"):
        command = by_name(payload)[name]
        assert command["default_member_permissions"] == "32"
        assert (command["contexts"], command["integration_types"]) == ([0], [0])
    for name in ("avatar", "help", "Make an avatar from this picture"):
        command = by_name(payload)[name]
        assert command["default_member_permissions"] is None
        assert (command["contexts"], command["integration_types"]) == ([0, 1, 2], [0, 1])


async def test_with_roles_everybody_is_shown_what_only_the_roles_may_use(chat: Chat) -> None:
    payload = await declared(chat.dispatcher, WORDING, names={}, open_to_all=True)
    assert {command["default_member_permissions"] for command in payload} == {None}
    assert by_name(payload)["room"]["contexts"] == [0]


async def test_a_chosen_name_holds_in_every_language_and_in_every_sentence(chat: Chat) -> None:
    names = {"avatar": "portrait", "styles": "looks", MESSAGE_COMMAND: "Portrait of this"}
    payload = by_name(await declared(chat.dispatcher, WORDING, names=names, open_to_all=False))
    assert set(payload["portrait"]["name_localizations"].values()) == {"portrait"}
    assert "Portrait of this" in payload
    style = payload["portrait"]["options"][0]
    assert "/looks" in style["description"]
    assert "/looks" in style["description_localizations"]["ko"]


# --- whether it changed -------------------------------------------------------------------------------------------------


def as_discord_returns(payload: Payload) -> Payload:
    """What comes back of a declaration: more fields, defaults filled in or left out, another order."""
    returned = copy.deepcopy(payload)
    for number, command in enumerate(returned):
        command |= {
            "id": str(number),
            "application_id": "1",
            "version": "2",
            "nsfw": False,
            "dm_permission": True,
            "name_localized": "x",
            "handler": None,
        }
        command.setdefault("description", "")
        command.setdefault("description_localizations", None)
        command["contexts"].reverse()
        for option in command.get("options", []):
            if not option["required"]:
                del option["required"]
            option.setdefault("autocomplete", False)
            option["name_localizations"].pop("en-US")
        if not command.get("options"):
            command.pop("options", None)
    return list(reversed(returned))


def test_what_discord_returns_is_no_change(payload: Payload) -> None:
    assert not differs(payload, payload)
    assert not differs(as_discord_returns(payload), payload)


def avatar(key: str, value: Any) -> Callable[[Payload], Any]:
    return lambda payload: payload[0].update({key: value})


def option(number: int, key: str, value: Any) -> Callable[[Payload], Any]:
    return lambda payload: payload[0]["options"][number].update({key: value})


CHANGES: dict[str, Callable[[Payload], Any]] = {
    "a command less": lambda payload: payload.pop(),
    "a command more": lambda payload: payload.append(copy.deepcopy(payload[0]) | {"name": "more"}),
    "a kind": lambda payload: payload[-1].update(type=2),
    "a translation": lambda payload: payload[0]["name_localizations"].update(ko="그림"),
    "a translation less": lambda payload: payload[0]["description_localizations"].pop("ko"),
    "a language more": lambda payload: payload[0]["name_localizations"].update(ja="アバター"),
    "a description": option(0, "description", "How it looks"),
    "an order": lambda payload: payload[0]["options"].reverse(),
    "a choice": lambda payload: payload[0]["options"][3]["choices"].pop(),
    "a name of a choice": lambda payload: payload[0]["options"][3]["choices"][0].update(name="x"),
    "completion": option(0, "autocomplete", value=False),
    "a duty": option(0, "required", value=True),
    "a bound": option(0, "max_length", 3),
    "rights": avatar("default_member_permissions", "0"),
    "contexts": avatar("contexts", [0]),
    "installs": avatar("integration_types", [0]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_noticed(payload: Payload, change: Callable[[Payload], Any]) -> None:
    changed = copy.deepcopy(payload)
    change(changed)
    assert differs(as_discord_returns(changed), payload)
    assert differs(as_discord_returns(payload), changed)


def test_nothing_registered_is_a_change(payload: Payload) -> None:
    assert differs([], payload)


# --- completion ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
async def test_completion_offers_the_styles_in_the_members_language(chat: Chat, locale: str) -> None:
    call = Call("1", "paper", "library", "mina", "avatar", locale=locale)
    offered = choices(await chat.dispatcher.options(call, "style"), WORDING, locale)
    assert ("ink", {"en": "Ink", "ko": "잉크"}[locale]) in [(choice.value, choice.name) for choice in offered]


def test_completion_stays_within_the_limits() -> None:
    long = Text("verbatim", {"text": "가" * 200})
    offered = choices([Option(f"s{n}", long) for n in range(40)], WORDING, "ko")
    assert [choice.value for choice in offered] == [f"s{n}" for n in range(25)]
    assert all(len(choice.name) == 100 for choice in offered)
