"""The wire form of a button: everything that its press means, signed for its chat, in at most 64 bytes.

``<signature><kind><home>:<a>:<b>:<c>``, so a press means the same after a restart and nobody can make one up. It holds no
member; numbers of jobs are worth nothing to anybody but their owner.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from adapters.telegram.links import base36
from bot.chat import Action

MAX_DATA = 64

Kind = Literal["call", "share", "named", "file", "keys", "menu", "choose", "pick", "run"]

_KINDS: dict[Kind, str] = {
    "call": "c",
    "share": "s",
    "named": "n",
    "file": "f",
    "keys": "k",
    "menu": "m",
    "choose": "o",
    "pick": "p",
    "run": "r",
}
_LETTERS: dict[str, Kind] = {letter: kind for kind, letter in _KINDS.items()}
_SIGNATURE_BYTES = 6
_SIGNATURE = _SIGNATURE_BYTES * 4 // 3
_NAME = "[a-z0-9-]{0,32}"
_DATA = re.compile(
    rf"(?P<kind>[a-zA-Z])(?P<home>[0-9a-z]{{1,12}}):(?P<first>{_NAME}):(?P<second>{_NAME}):(?P<rest>.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press says.

    ======== ============================================================================================
    call     run ``command`` with ``arguments``
    share    show ``Layout.share_form`` and what it means in place of the message's keyboard and caption
    named    run ``command`` with ``arguments``; the member's name is to stand beside the picture
    file     run ``command`` (show) with ``arguments`` and send the picture as a document
    keys     run ``command`` (it changes nothing) and put the keyboard and caption of its reply back: *Back*
    menu     run ``panel`` (it changes nothing) and show ``Layout.menu`` of its action ``command``
    choose   show ``argument`` of ``command`` in the chooser; empty: all arguments
    pick     choose ``choice`` for ``argument`` in the chooser
    run      run the line that stands in the chooser's message
    ======== ============================================================================================
    """

    kind: Kind
    command: str
    home: int = 0
    job: int | None = None
    choice: str = ""
    wants_photo: bool = False
    panel: str = ""
    argument: str = ""
    page: int = 0

    @property
    def arguments(self) -> dict[str, Any]:
        """``job`` and ``choice``, each only if there."""
        arguments: dict[str, Any] = {} if self.job is None else {"job": self.job}
        return arguments | ({"choice": self.choice} if self.choice else {})


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Signs and checks buttons."""

    key: bytes = field(repr=False)

    def pack(self, action: Action, choice: str | None = None, *, chat: int, home: int = 0) -> str:
        """The button of an action, or of one choice of its menu. Raises ValueError where it does not fit."""
        action.pack(choice)  # raises for what no platform can carry
        kind = "share" if action.posts else "call"
        chosen = choice or action.choice or ""
        return self.press(
            Pressed(kind, action.command, home, action.job, chosen, wants_photo=action.wants_photo), chat=chat
        )

    def press(self, pressed: Pressed, *, chat: int) -> str:
        """The data of any button. Raises ValueError for what ``unpack`` would not give back."""
        first, second, rest = _fields(pressed)
        letter = _KINDS[pressed.kind]
        data = f"{letter.upper() if pressed.wants_photo else letter}{base36(pressed.home)}:{first}:{second}:{rest}"
        packed = self._signature(data, chat) + data
        if len(packed.encode()) > MAX_DATA or self.unpack(packed, chat=chat) != pressed:
            raise ValueError(f"not fit for a button: {data}")
        return packed

    def unpack(self, data: str, *, chat: int) -> Pressed:
        """What ``press`` was told. Raises ValueError on anything that it did not write for this chat."""
        signature, signed = data[:_SIGNATURE], data[_SIGNATURE:]
        if len(data) > MAX_DATA or not hmac.compare_digest(signature.encode(), self._signature(signed, chat).encode()):
            raise ValueError("not one of our buttons")
        match = _DATA.fullmatch(signed)
        kind = _LETTERS.get(match["kind"].lower()) if match else None
        if match is None or kind is None:
            raise ValueError("not one of our buttons")
        return _pressed(kind, match)

    def _signature(self, data: str, chat: int) -> str:
        digest = hmac.digest(self.key, f"press\0{chat}\0{data}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()


def _fields(pressed: Pressed) -> tuple[str, str, str]:
    page = str(pressed.page or "")
    match pressed.kind:
        case "menu":
            return pressed.panel, pressed.command, page
        case "choose":
            return pressed.command, pressed.argument, page
        case "pick":
            return pressed.command, pressed.argument, pressed.choice
        case _:
            return pressed.command, "" if pressed.job is None else base36(pressed.job), pressed.choice


def _pressed(kind: Kind, match: re.Match[str]) -> Pressed:
    first, second, rest = match["first"], match["second"], match["rest"]
    home, wants_photo = int(match["home"], 36), match["kind"].isupper()
    match kind:
        case "menu":
            return Pressed(kind, second, home, wants_photo=wants_photo, panel=first, page=int(rest or 0))
        case "choose":
            return Pressed(kind, first, home, wants_photo=wants_photo, argument=second, page=int(rest or 0))
        case "pick":
            return Pressed(kind, first, home, choice=rest, wants_photo=wants_photo, argument=second)
        case _:
            job = int(second, 36) if second else None
            return Pressed(kind, first, home, job, rest, wants_photo)
