"""Telegram: the same commands, replies and promises, where groups are public and each member is served alone."""

from __future__ import annotations

from adapters.telegram.connection import Checkup, TokenRefused, Unreached, checkup
from adapters.telegram.pace import Rates
from adapters.telegram.platform import Telegram
from adapters.telegram.webhook import ListenRefused

__all__ = ["Checkup", "ListenRefused", "Rates", "Telegram", "TokenRefused", "Unreached", "checkup"]
