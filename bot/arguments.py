"""Checks the arguments of a call against what its command declares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.caller import Caller
from bot.chat import Argument, Call, Command, MemberRef, Option, Text, Upload
from bot.errors import BadArgument
from bot.secrets import Secret
from bot.wording import Wording

Source = Callable[[Caller], Awaitable[tuple[Option, ...]]]
"""Gives the options that an argument has for this caller in this room."""

MAX_TEXT = 200
MAX_DIGITS = 15
SHOWN = 12
"""How many possible values a sentence lists before it becomes unreadable."""


class Arguments:
    """Turns what an adapter sent into what a command declared. Raises BadArgument for everything else."""

    def __init__(self, sources: Mapping[str, Source], secret: Secret, wording: Wording) -> None:
        self._sources = sources
        self._secret = secret
        self._wording = wording

    async def check(self, command: Command, call: Call, caller: Caller) -> dict[str, Any]:
        """The given arguments by name: str for choices, texts and members (a pseudonym), int, or Upload."""
        declared = {argument.name: argument for argument in command.arguments}
        if call.arguments.keys() - declared.keys():
            raise BadArgument("error-argument-unknown", {"command": command.name})
        checked: dict[str, Any] = {}
        for name, argument in declared.items():
            value = call.arguments.get(name)
            if value is None or value == "":
                if argument.required:
                    raise self._bad("error-argument-missing", command, argument, caller)
                continue
            checked[name] = await self._value(command, argument, value, call, caller)
        return checked

    async def options(self, argument: Argument, caller: Caller, typed: str) -> tuple[Option, ...]:
        """What can be chosen, best match with ``typed`` first."""
        if argument.source is None:
            return ()
        wanted = _plain(typed)

        def distance(option: Option) -> int:
            names = (option.value.lower(), _plain(self._wording.say(caller.locale, option.label)))
            if any(name.startswith(wanted) for name in names):
                return 0
            return 1 if any(wanted in name for name in names) else 2

        offered = [option for option in await self._sources[argument.source](caller) if not option.hidden]
        return tuple(sorted(offered, key=distance))

    async def _value(self, command: Command, argument: Argument, value: object, call: Call, caller: Caller) -> object:
        match argument.kind, value:
            case _, bool():
                pass
            case "photo", Upload():
                return value
            case "member", MemberRef(id=str(member)) if member:
                return self._secret.pseudonym("member", call.platform, member)
            case "number", int() | str():
                return self._number(command, argument, value, caller)
            case "choice" | "text", int() | str():
                text = str(value).strip()
                if (argument.least or 1) <= len(text) <= (argument.most or MAX_TEXT) and text.isprintable():
                    if argument.source is None:
                        return text
                    return self._chosen(command, argument, text, caller, await self._sources[argument.source](caller))
            case _:
                pass
        raise self._bad("error-argument", command, argument, caller)

    def _chosen(
        self, command: Command, argument: Argument, typed: str, caller: Caller, options: Sequence[Option]
    ) -> str:
        """The value that somebody meant: as we write it, or as its label reads in their language."""
        wanted = _plain(typed)
        labels = [self._wording.say(caller.locale, option.label) for option in options]
        for option in options:
            if option.value.lower() == wanted:
                return option.value
        for option, label in zip(options, labels, strict=True):
            if _plain(label) == wanted:
                return option.value
        offered = [label for option, label in zip(options, labels, strict=True) if not option.hidden]
        possible = ", ".join(offered[:SHOWN]) + (", …" if len(offered) > SHOWN else "")
        raise self._bad("error-choice", command, argument, caller, possible=possible)

    def _number(self, command: Command, argument: Argument, value: int | str, caller: Caller) -> int:
        low = 0 if argument.least is None else argument.least
        high = 10**MAX_DIGITS if argument.most is None else argument.most
        if isinstance(value, str):
            digits = value.strip()
            # isdecimal also takes the digits of other scripts; int() reads those too.
            if not digits.removeprefix("-").isdecimal() or len(digits) > MAX_DIGITS:
                raise self._bad("error-number", command, argument, caller, least=low, most=high)
            value = int(digits)
        if not low <= value <= high:
            raise self._bad("error-number", command, argument, caller, least=low, most=high)
        return value

    def _bad(
        self, key: str, command: Command, argument: Argument, caller: Caller, **parameters: str | int
    ) -> BadArgument:
        label = self._wording.say(caller.locale, Text(f"{command.name}-{argument.name}"))
        return BadArgument(key, {"name": label, **parameters})


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
