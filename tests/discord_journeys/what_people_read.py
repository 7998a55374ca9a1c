"""What a message says to its reader, by the key of the sentence and not by its words, which may become better."""

from __future__ import annotations

import re

from bot.chat import Text
from bot.wording import Wording
from tests.discord_peer.world import Message

WORDING = Wording()
ANYTHING = "\N{REPLACEMENT CHARACTER}"


def says(message: Message, key: str, *, locale: str = "en", **parameters: str | int) -> bool:
    """Whether the sentence ``key`` is in it; parameters that are not given may be anything."""
    unknown = dict.fromkeys(WORDING.keys(locale)[key] - parameters.keys(), ANYTHING)
    sentence = WORDING.say(locale, Text(key, {**unknown, **parameters}))
    wanted = ".+?".join(re.escape(part) for part in sentence.split(ANYTHING))
    return re.search(wanted, plain(message), re.DOTALL) is not None


def plain(message: Message) -> str:
    """Its text as a client shows it: command mentions by name, escaped signs as they are."""
    return re.sub(r"\\(?=[^\w\s])", "", re.sub(r"</([^:>]+):\d+>", r"/\1", message.text))


def traced(message: Message) -> bool:
    """It says how much of a photo is left: so there was one."""
    return any(says(message, f"trace-{trace}") for trace in ("none", "low", "medium", "high"))


def over_quota(message: Message, *, daily: int) -> bool:
    return any(says(message, "refused-quota", daily=daily, hours=hours) for hours in range(1, 25))
