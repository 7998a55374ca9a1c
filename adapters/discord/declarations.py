"""The commands as Discord registers them, in our languages; whether they changed; what completion offers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from discord import AppCommandOptionType, AppCommandType, Permissions, app_commands

from adapters.sentences import cut
from bot.chat import DEFAULT_LOCALE, LOCALES, Argument, Call, Command, Handler, Option, Text
from bot.wording import Wording

MESSAGE_COMMAND = "avatar-from-message"
"""Our name of the entry in a message's menu: /avatar with the picture of that message."""

# Discord's limits.
MAX_DESCRIPTION = 100
MAX_CHOICES = 25
MAX_CHOICE = 100

# English under its own keys too: a language without its own words falls back to another one before the default.
_DISCORD_LOCALES = {"en": ("en-US", "en-GB"), "ko": ("ko",)}
_KINDS = {
    "photo": AppCommandOptionType.attachment,
    "choice": AppCommandOptionType.string,
    "text": AppCommandOptionType.string,
    "number": AppCommandOptionType.integer,
    "member": AppCommandOptionType.user,
}
_SERVER, _DIRECT, _PRIVATE = 0, 1, 2
_TO_SERVERS, _TO_USERS = 0, 1
_COMMAND = re.compile(r"(?<![\w/])/([a-z0-9-]+)")


async def declared(
    handler: Handler, wording: Wording, *, names: Mapping[str, str], open_to_all: bool
) -> list[dict[str, Any]]:
    """The payload of all commands. ``open_to_all``: Discord shows moderators' commands to everybody, for roles decide."""
    declaring = _Declaring(handler, wording, names, open_to_all=open_to_all)
    commands = [await declaring.command(command) for command in handler.commands if command.listed]
    return [*commands, declaring.message_command()]


def differs(registered: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what Discord has is not what we want, past the ways in which Discord rewrites it."""
    return _by_name(registered) != _by_name(wanted)


def choices(options: Sequence[Option], wording: Wording, locale: str) -> list[app_commands.Choice[str]]:
    """What completion offers: the best matches, for ``options`` begin with them."""
    return [
        app_commands.Choice(name=cut(wording.say(locale, option.label), MAX_CHOICE), value=option.value)
        for option in options[:MAX_CHOICES]
    ]


def called(name: str, names: Mapping[str, str], wording: Wording, locale: str) -> str:
    """The name under which a client in this language lists a command."""
    return names.get(name) or wording.say(locale, Text(f"discord-name-{name}"))


class _Declaring:
    def __init__(self, handler: Handler, wording: Wording, names: Mapping[str, str], *, open_to_all: bool) -> None:
        self._handler = handler
        self._wording = wording
        self._names = names
        self._open_to_all = open_to_all

    async def command(self, command: Command) -> dict[str, Any]:
        required_first = sorted(command.arguments, key=lambda argument: not argument.required)
        for_moderators = command.moderator and not self._open_to_all
        return {
            "type": AppCommandType.chat_input.value,
            **self._named(command.name, f"discord-name-{command.name}"),
            **self._described(f"command-{command.name}-hint"),
            "options": [await self._option(command, argument) for argument in required_first],
            "default_member_permissions": str(Permissions(manage_guild=True).value) if for_moderators else None,
            "contexts": [_SERVER] if command.moderator else [_SERVER, _DIRECT, _PRIVATE],
            "integration_types": [_TO_SERVERS] if command.moderator else [_TO_SERVERS, _TO_USERS],
        }

    def message_command(self) -> dict[str, Any]:
        key = f"discord-name-{MESSAGE_COMMAND}"
        return {
            "type": AppCommandType.message.value,
            **self._named(MESSAGE_COMMAND, key, self._wording.say(DEFAULT_LOCALE, Text(key))),
            "default_member_permissions": None,
            "contexts": [_SERVER, _DIRECT, _PRIVATE],
            "integration_types": [_TO_SERVERS, _TO_USERS],
        }

    async def _option(self, command: Command, argument: Argument) -> dict[str, Any]:
        key = f"{command.name}-{argument.name}"
        option: dict[str, Any] = {
            "type": _KINDS[argument.kind].value,
            **self._translated("name", argument.name, {one: self._say(one, f"discord-name-{key}") for one in LOCALES}),
            **self._described(f"{key}-hint"),
            "required": argument.required,
        }
        bounds = ("min_value", "max_value") if argument.kind == "number" else ("min_length", "max_length")
        if argument.kind in ("number", "text"):
            given = zip(bounds, (argument.least, argument.most), strict=True)
            option |= {name: value for name, value in given if value is not None}
        if argument.source:
            fixed = await self._fixed(command, argument) if argument.fixed else []
            if fixed and len(fixed) <= MAX_CHOICES:
                option["choices"] = fixed
            else:
                option["autocomplete"] = True
        return option

    async def _fixed(self, command: Command, argument: Argument) -> list[dict[str, Any]]:
        """The options of an argument, which are the same for everybody, in all languages."""
        labels: dict[str, dict[str, str]] = {}
        for locale in LOCALES:
            nobody = Call("declaring", "discord", "", "", command.name, locale=locale, is_moderator=command.moderator)
            for option in await self._handler.options(nobody, argument.name):
                said = cut(self._wording.say(locale, option.label), MAX_CHOICE)
                labels.setdefault(option.value, {})[locale] = said
        return [
            {"value": value, **self._translated("name", said[DEFAULT_LOCALE], said)} for value, said in labels.items()
        ]

    def _named(self, name: str, key: str, default: str = "") -> dict[str, Any]:
        """A name in all languages; one that whoever runs the bot has chosen is the same in all of them."""
        own = self._names.get(name)
        default = own or default or name
        said = {locale: default if own or locale == DEFAULT_LOCALE else self._say(locale, key) for locale in LOCALES}
        return self._translated("name", default, said)

    def _described(self, key: str) -> dict[str, Any]:
        said = {locale: cut(self._renamed(self._say(locale, key), locale), MAX_DESCRIPTION) for locale in LOCALES}
        return self._translated("description", said[DEFAULT_LOCALE], said)

    def _translated(self, what: str, default: str, said: Mapping[str, str]) -> dict[str, Any]:
        translations = {tag: said[locale] for locale, tags in _DISCORD_LOCALES.items() for tag in tags}
        return {what: default, f"{what}_localizations": translations}

    def _renamed(self, text: str, locale: str) -> str:
        """The commands that a sentence names, by the names under which they are registered."""
        listed = {command.name for command in self._handler.commands if command.listed}

        def renamed(match: re.Match[str]) -> str:
            name = match[1]
            return f"/{called(name, self._names, self._wording, locale)}" if name in listed else match[0]

        return _COMMAND.sub(renamed, text)

    def _say(self, locale: str, key: str) -> str:
        return self._wording.say(locale, Text(key))


# --- comparison -------------------------------------------------------------------------------------------------------


def _by_name(commands: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], dict[str, Any]]:
    return {(command.get("type") or 1, command["name"]): _command(command) for command in commands}


def _command(command: Mapping[str, Any]) -> dict[str, Any]:
    permissions = command.get("default_member_permissions")
    return {
        **_words(command),
        "options": [_option(option) for option in command.get("options") or ()],
        "permissions": None if permissions is None else str(permissions),
        "contexts": sorted(command.get("contexts") or ()),
        "integration_types": sorted(command.get("integration_types") or ()),
    }


def _option(option: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_words(option),
        "type": option.get("type"),
        "name": option.get("name"),
        "required": bool(option.get("required")),
        "autocomplete": bool(option.get("autocomplete")),
        "bounds": [option.get(bound) for bound in ("min_value", "max_value", "min_length", "max_length")],
        "choices": [
            {**_words(choice), "name": choice.get("name"), "value": choice.get("value")}
            for choice in option.get("choices") or ()
        ],
    }


def _words(named: Mapping[str, Any]) -> dict[str, Any]:
    """The texts, without translations that say what is said without them anyway."""
    words: dict[str, Any] = {"description": named.get("description") or ""}
    for what in ("name", "description"):
        default = named.get(what) or ""
        translations = cast("Mapping[str, str]", named.get(f"{what}_localizations") or {})
        words[f"{what}s"] = {tag: said for tag, said in translations.items() if said and said != default}
    return words
