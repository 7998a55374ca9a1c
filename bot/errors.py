"""Errors that a person is told about: a wording key and parameters, never a sentence.

BotError
├── Refused       a rule says no (quota, blocked, style not allowed, not a moderator …); nothing happened
├── BadArgument   an argument cannot be understood
├── Gone          what was asked for no longer exists (an old button, an erased avatar)
├── StorageTrouble  the data folder cannot be used (full, read-only, corrupt, too new, in use)
└── Unreachable   an address will never accept another message (blocked the bot, room deleted)
"""

from __future__ import annotations

from collections.abc import Mapping


class BotError(Exception):
    """Root of the tree. ``key`` is a wording key, ``parameters`` fill its placeholders."""

    default_key = "error-unexpected"

    def __init__(self, key: str | None = None, parameters: Mapping[str, str | int | float] | None = None) -> None:
        self.key = key or self.default_key
        self.parameters: dict[str, str | int | float] = dict(parameters or {})
        super().__init__(f"{self.key} {self.parameters}" if self.parameters else self.key)


class Refused(BotError):
    """A rule says no; nothing happened and nothing was charged."""

    default_key = "refused"


class BadArgument(BotError):
    """An argument cannot be understood; the sentence names it and says what is possible."""

    default_key = "error-argument"


class Gone(BotError):
    """What was asked for no longer exists: an old button, an erased avatar, a finished job."""

    default_key = "error-gone"


class StorageTrouble(BotError):
    """The data folder cannot be used: full, read-only, corrupt, written by a newer version, in use."""

    default_key = "error-storage"


class Unreachable(BotError):
    """An address will never accept another message: the job behind it is closed and erased."""

    default_key = "error-unreachable"
