"""/help: what there is, in one screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Command, Reply, Text


@dataclass(frozen=True, slots=True)
class Args:
    """Nothing to choose."""


class Help:
    """Lists the commands that the caller may use."""

    def __init__(self, others: Sequence[Command]) -> None:
        self._others = others

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command("help", self, args=Args)

    async def __call__(self, caller: Caller, _args: Args) -> Reply:
        listed = [command for command in (*self._others, self.command()) if command.listed]
        lines = [Text("help-headline")]
        lines += [_line(command) for command in listed if not command.moderator]
        if caller.is_moderator:
            lines.append(Text("help-moderator"))
            lines += [_line(command) for command in listed if command.moderator]
        return Reply(lines=(*lines, Text("help-privacy")))


def _line(command: Command) -> Text:
    return Text("help-line", {"command": command.name, "hint": Text(f"command-{command.name}-hint")})
