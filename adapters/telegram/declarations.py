"""The commands as Telegram lists them, for each kind of chat in each of our languages; whether the list changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telegram import (
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)

from adapters.sentences import COMMAND, cut
from bot.chat import DEFAULT_LOCALE, LOCALES, Command, Handler, Text
from bot.wording import Wording

MAX_DESCRIPTION = 256

Scoped = tuple[BotCommandScope, str | None, list[dict[str, Any]]]


def scopes(handler: Handler, wording: Wording, *, ephemeral: bool) -> list[Scoped]:
    """What to register: a kind of chat, a language (None: all others) and the commands that are listed there.

    ``ephemeral``: the server can keep a command in a group from everybody else there.
    """
    listed = [command for command in handler.commands if command.listed]
    everybody = [command for command in listed if not command.moderator]
    kinds: tuple[tuple[BotCommandScope, Sequence[Command], bool], ...] = (
        (BotCommandScopeAllPrivateChats(), everybody, False),
        (BotCommandScopeAllGroupChats(), everybody, ephemeral),
        (BotCommandScopeAllChatAdministrators(), listed, ephemeral),
    )
    return [
        (scope, None if locale == DEFAULT_LOCALE else locale, _declared(commands, wording, locale, ephemeral=hidden))
        for scope, commands, hidden in kinds
        for locale in LOCALES
    ]


def differs(registered: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what Telegram has for a scope and a language is not what we want."""
    return [_words(command) for command in registered] != [_words(command) for command in wanted]


def called(name: str) -> str:
    """One of our commands as it is typed here."""
    return f"/{typed(name)}"


def typed(name: str) -> str:
    """The name of a command in Telegram's letters."""
    return name.replace("-", "_")


def by_typed(handler: Handler) -> dict[str, Command]:
    """The listed commands by the names under which they are typed."""
    return {typed(command.name): command for command in handler.commands if command.listed}


def _declared(commands: Sequence[Command], wording: Wording, locale: str, *, ephemeral: bool) -> list[dict[str, Any]]:
    hidden: dict[str, Any] = {"is_ephemeral": True} if ephemeral else {}
    return [
        {"command": typed(command.name), "description": _described(command, wording, locale), **hidden}
        for command in commands
    ]


def _described(command: Command, wording: Wording, locale: str) -> str:
    hint = wording.say(locale, Text(f"command-{command.name}-hint"))
    return cut(COMMAND.sub(lambda match: called(match[1]), hint), MAX_DESCRIPTION)


def _words(command: Mapping[str, Any]) -> tuple[str, str, bool]:
    return command["command"], command["description"], bool(command.get("is_ephemeral"))
