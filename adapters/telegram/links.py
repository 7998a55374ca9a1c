"""Deep links from a group into the private chat: which group, which command, signed and good for an hour.

``<home>_<command>_<minute of expiry><signature>`` in letters that Telegram hands through ``/start``. It names no member:
whoever presses it is looked at when they arrive.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable

GOOD_MINUTES = 60
MAX_PAYLOAD = 64
MS_PER_MINUTE = 60_000

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SIGNATURE_BYTES = 9
_SIGNATURE = _SIGNATURE_BYTES * 4 // 3
_PAYLOAD = re.compile(
    rf"(?P<home>[0-9a-z]{{1,12}})_(?P<command>[a-z0-9-]{{1,32}})_(?P<minute>[0-9a-z]{{1,12}})(?P<signature>[\w-]{{{_SIGNATURE}}})",
    re.ASCII,
)


class Expired(ValueError):
    """One of our links, and too old."""


class Links:
    """Writes and reads what stands behind ``?start=``. ``clock`` gives ms."""

    def __init__(self, key: bytes, clock: Callable[[], int]) -> None:
        self._key = key
        self._clock = clock

    def pack(self, home: int, command: str) -> str:
        """A payload that is good from now on. Raises ValueError for what does not fit."""
        minute = self._clock() // MS_PER_MINUTE + GOOD_MINUTES
        signed = f"{base36(home)}_{command}_{base36(minute)}"
        payload = signed + self._signature(signed)
        if _PAYLOAD.fullmatch(payload) is None or len(payload) > MAX_PAYLOAD:
            raise ValueError("not fit for a link")
        return payload

    def unpack(self, payload: str) -> tuple[int, str]:
        """Home and command. Raises ``Expired``, or ValueError on anything that ``pack`` did not write."""
        match = _PAYLOAD.fullmatch(payload)
        if match is None or len(payload) > MAX_PAYLOAD:
            raise ValueError("not one of our links")
        if not hmac.compare_digest(match["signature"], self._signature(payload[:-_SIGNATURE])):
            raise ValueError("not one of our links")
        if self._clock() // MS_PER_MINUTE >= int(match["minute"], 36):
            raise Expired("the link is too old")
        return int(match["home"], 36), match["command"]

    def _signature(self, signed: str) -> str:
        digest = hmac.digest(self._key, b"link\0" + signed.encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()


def base36(number: int) -> str:
    """A number that is not negative, as short as letters of both kinds of links and buttons allow."""
    if number < 0:
        raise ValueError("negative")
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
