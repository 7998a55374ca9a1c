"""What somebody writes after a command, in any order and in both languages: ``/avatar ink hair=long``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.chat import Call, Handler, Text
from bot.wording import Wording


@dataclass(frozen=True, slots=True)
class Match:
    """Something that may have been meant: a value of an argument."""

    argument: str
    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was understood: ``arguments`` by name, and a sentence about the first thing that was not."""

    command: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    problem: Text | None = None
    matches: tuple[Match, ...] = ()


async def parse(handler: Handler, wording: Wording, call: Call, text: str) -> Spoken:
    """The arguments of ``call.command`` in ``text``. Never raises: what cannot be understood is a sentence.

    Photos and members are not said in words, so they are never among the arguments.
    """
    return Spoken(call.command)
