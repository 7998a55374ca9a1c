"""What a message says to its reader, by the key of the sentence and not by its words, which may become better."""

from __future__ import annotations

import re

from adapters.telegram.callbacks import Callbacks
from adapters.telegram.declarations import called
from adapters.telegram.layout import Layout
from bot.chat import Text
from bot.wording import Wording
from tests.telegram_peer.messages import Message

WORDING = Wording()
LAYOUT = Layout(WORDING, Callbacks(bytes(32)), called, username=lambda: "bpp_bot")
ANYTHING = "\N{REPLACEMENT CHARACTER}"


def says(message: Message, key: str, *, locale: str = "en", **parameters: str | int) -> bool:
    """Whether the sentence ``key`` is in it; parameters that are not given may be anything."""
    return said_in(message.says, key, locale=locale, **parameters)


def said_in(text: str, key: str, *, locale: str = "en", **parameters: str | int) -> bool:
    known = WORDING.keys(locale)
    own = f"telegram-own-{key}"  # some sentences of the application's are said in other words here
    needed = known[own if own in known else key]
    typed = {name for name in needed if name.startswith("typed")}  # the layout's own: how a command is typed here
    unknown = dict.fromkeys(needed - typed - parameters.keys() | ({"command"} if typed else set()), ANYTHING)
    sentence = LAYOUT.plain(locale, Text(key, {**unknown, **parameters}))
    wanted = ".+?".join(re.escape(part) for part in sentence.split(ANYTHING))
    return re.search(wanted, text, re.DOTALL) is not None


def label(key: str, locale: str = "en") -> str:
    """What a button is called."""
    return LAYOUT.plain(locale, Text(key))


def traced(message: Message) -> bool:
    """It says how much of a photo is left: so there was one."""
    return any(says(message, f"trace-{trace}") for trace in ("none", "low", "medium", "high"))


def over_quota(message: Message, *, daily: int) -> bool:
    return any(says(message, "refused-quota", daily=daily, hours=hours) for hours in range(1, 25))
