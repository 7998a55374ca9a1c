"""Application commands: what Discord refuses at registration, and how it shows what is registered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.discord_peer.message_rules import Mistake, form_error

LOCALES = [
    "ar",
    "id",
    "da",
    "de",
    "en-GB",
    "en-US",
    "es-ES",
    "es-419",
    "fr",
    "hr",
    "it",
    "lt",
    "hu",
    "nl",
    "no",
    "pl",
    "pt-BR",
    "ro",
    "fi",
    "sv-SE",
    "vi",
    "tr",
    "cs",
    "el",
    "bg",
    "ru",
    "uk",
    "hi",
    "th",
    "zh-CN",
    "ja",
    "zh-TW",
    "ko",
]
NAME = re.compile(r"[-_'\w]{1,32}")
CHAT, USER, MESSAGE = 1, 2, 3
MAX_CHARACTERS = 8000


def _texts(item: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    yield key, item.get(key) or ""
    for locale, text in (item.get(f"{key}_localizations") or {}).items():
        yield f"{key}_localizations.{locale}", text


def _named(item: Mapping[str, Any], path: str, *, menu: bool = False) -> Iterator[Mistake]:
    for where, name in _texts(item, "name"):
        good = 1 <= len(name) <= 32 if menu else NAME.fullmatch(name) and name == name.lower()
        if not good:
            yield f"{path}.{where}", f"Command or option name is invalid: {name!r}"
    for where, text in _texts(item, "description"):
        if menu and text:
            yield f"{path}.{where}", "Context menu commands cannot have description"
        if not menu and not 1 <= len(text) <= 100:
            yield f"{path}.{where}", "Must be between 1 and 100 in length."
    for key in ("name_localizations", "description_localizations"):
        for locale in item.get(key) or ():
            if locale not in LOCALES:
                yield f"{path}.{key}", f"Unknown locale {locale}"


def _option(option: Mapping[str, Any], path: str) -> Iterator[Mistake]:
    yield from _named(option, path)
    if option.get("type") not in range(3, 12):
        yield f"{path}.type", "Value must be one of 3..11 (this fake knows no subcommands)."
    choices = option.get("choices") or ()
    if choices and option.get("autocomplete"):
        yield path, "choices and autocomplete exclude each other"
    if (choices or option.get("autocomplete")) and option.get("type") not in (3, 4, 10):
        yield path, "Only text and numbers have choices or autocomplete"
    if len(choices) > 25:
        yield f"{path}.choices", "Must be 25 or fewer in length."
    for index, choice in enumerate(choices):
        for where, text in _texts(choice, "name"):
            if not 1 <= len(text) <= 100:
                yield f"{path}.choices.{index}.{where}", "Must be between 1 and 100 in length."
        if option.get("type") == 3 and not 1 <= len(str(choice["value"])) <= 100:
            yield f"{path}.choices.{index}.value", "Must be between 1 and 100 in length."
    if len({str(choice["value"]) for choice in choices}) != len(choices):
        yield f"{path}.choices", "Choice values must be unique"


def _longest(item: Mapping[str, Any], key: str) -> int:
    return max(len(text) for _, text in _texts(item, key))


def _size(command: Mapping[str, Any]) -> int:
    size = _longest(command, "name") + _longest(command, "description")
    for option in command.get("options") or ():
        size += _longest(option, "name") + _longest(option, "description")
        size += sum(_longest(choice, "name") + len(str(choice["value"])) for choice in option.get("choices") or ())
    return size


def _command(command: Mapping[str, Any], path: str) -> Iterator[Mistake]:
    kind = command.get("type") or CHAT
    yield from _named(command, path, menu=kind != CHAT)
    options = command.get("options") or []
    if kind != CHAT and options:
        yield f"{path}.options", "Context menu commands cannot have options"
    if len(options) > 25:
        yield f"{path}.options", "Must be 25 or fewer in length."
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        yield f"{path}.options", "Required options must be placed before non-required options"
    if len({option["name"] for option in options}) != len(options):
        yield f"{path}.options", "Option names must be unique"
    for index, option in enumerate(options):
        yield from _option(option, f"{path}.options.{index}")
    if _size(command) > MAX_CHARACTERS:
        yield path, f"Command exceeds maximum size ({MAX_CHARACTERS})"
    if set(command.get("contexts") or ()) - {0, 1, 2} or set(command.get("integration_types") or ()) - {0, 1}:
        yield path, "Unknown context or integration type"
    permissions = command.get("default_member_permissions")
    if permissions is not None and not str(permissions).isdecimal():
        yield f"{path}.default_member_permissions", "Not a set of permissions"


def check(commands: list[dict[str, Any]]) -> None:
    mistakes: list[Mistake] = []
    for index, command in enumerate(commands):
        mistakes += _command(command, str(index))
    names = [(command.get("type") or CHAT, command.get("name")) for command in commands]
    if len(set(names)) != len(names):
        mistakes.append(("name", "Application command names must be unique"))
    for kind, most in ((CHAT, 100), (USER, 15), (MESSAGE, 15)):
        if sum(type_ == kind for type_, _ in names) > most:
            mistakes.append(("type", f"Maximum number of application commands reached ({most})"))
    if mistakes:
        raise form_error(mistakes)


def stored(command: Mapping[str, Any], number: int, application: int, version: int) -> dict[str, Any]:
    """A command as Discord keeps it: what is a default is left out or filled in, as its answers do."""
    kind = command.get("type") or CHAT
    permissions = command.get("default_member_permissions")
    contexts = command.get("contexts")
    kept: dict[str, Any] = {
        "id": str(number),
        "application_id": str(application),
        "version": str(version),
        "type": kind,
        "default_member_permissions": None if permissions is None else str(permissions),
        "name": command["name"],
        "name_localizations": command.get("name_localizations") or None,
        "description": command.get("description") or "",
        "description_localizations": command.get("description_localizations") or None,
        "dm_permission": 1 in contexts if contexts else command.get("dm_permission", True) is not False,
        "contexts": sorted(contexts) if contexts else None,
        "integration_types": sorted(command.get("integration_types") or [0]),
        "nsfw": bool(command.get("nsfw")),
    }
    if options := command.get("options"):
        kept["options"] = [_stored_option(option) for option in options]
    return kept


def _stored_option(option: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in option.items() if value not in (None, [], False)}
    kept |= {key: option.get(key) or None for key in ("name_localizations", "description_localizations")}
    if choices := option.get("choices"):
        kept["choices"] = [
            {"name_localizations": None}
            | {key: value for key, value in choice.items() if value}
            | {"value": choice["value"]}
            for choice in choices
        ]
    return kept


def shown(command: Mapping[str, Any], *, localizations: bool) -> dict[str, Any]:
    """Without ``with_localizations`` the dictionaries of translations are left out."""
    if localizations:
        return dict(command)

    def bare(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: bare(inner) for key, inner in value.items() if not key.endswith("_localizations")}
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    return bare(command)
