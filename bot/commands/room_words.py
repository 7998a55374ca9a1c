"""/room-words: what painted pictures may be made of here; with a word, that word is blocked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.caller import Caller
from bot.chat import Argument, Command, Reply
from bot.errors import Refused
from bot.panels import PaintingPanel
from bot.storage import RoomPolicy
from generator import words

MOST_WORDS = 100
"""Words that one room can block."""


@dataclass(frozen=True, slots=True)
class Args:
    """A word or phrase to block; without one, the panel is shown."""

    block: str | None = None


class RoomWords:
    """Shows the panel of painted pictures, after it has blocked a word."""

    def __init__(self, panel: PaintingPanel) -> None:
        self._panel = panel

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        arguments = (Argument("block", "text", most=words.WORD_CHARS),)
        return Command("room-words", self, arguments, moderator=True, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        if args.block is None:
            return await self._panel.show(caller)
        word = words.tidy(args.block)
        if not word:
            raise Refused("refused-word", {"least": words.LEAST_CHARS})

        def edit(policy: RoomPolicy) -> RoomPolicy:
            after = policy.blocked_words | {word}
            if len(after) > MOST_WORDS:
                raise Refused("refused-words-many", {"most": MOST_WORDS})
            return replace(policy, blocked_words=after)

        return await self._panel.change(caller, edit, "word-blocked", word)
