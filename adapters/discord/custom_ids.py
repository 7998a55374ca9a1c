"""The wire form of a button, a menu or a modal: everything that its press means, in at most 100 characters.

``bpp:<kind><flags>:<home>:<part>:<command>:<job>:<choice>``, so a press means the same after a restart. Whoever sees a
message can read it: it holds no member, only numbers of jobs, which are worth nothing to anybody but their owner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.chat import MAX_ACTION_BYTES, Action

MAX_CUSTOM_ID = 100

_REST = r"(?P<photo>p?)(?P<posts>s?):(?P<home>[0-9]{0,20}):(?P<part>[0-9]{0,2}):(?P<packed>[a-z0-9-]+:[0-9]{0,18}:.*)"
BUTTON = re.compile(rf"bpp:b{_REST}")
MENU = re.compile(rf"bpp:m{_REST}")
# discord.py finds an item's class by its pattern alone, so that of buttons must not match menus.
TEMPLATE = re.compile(rf"bpp:(?P<kind>[bm]){_REST}")


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press says: a call to be, how it is answered, and which server it belongs to."""

    command: str
    arguments: dict[str, Any]
    wants_photo: bool
    posts: bool
    home: str
    """The id of a server; empty: the place where it is pressed."""


def pack(action: Action, choice: str | None = None, *, home: str = "", part: int = 0) -> str:
    """The id of an action's button, or of its menu. ``part`` tells apart what else would be the same."""
    is_menu = bool(action.options) and choice is None
    kind = "m" if is_menu else "b"
    flags = ("p" if action.wants_photo else "") + ("s" if action.posts else "")
    packed = f"bpp:{kind}{flags}:{home}:{part or ''}:{action.pack(choice)}"
    if TEMPLATE.fullmatch(packed) is None or len(packed) > MAX_CUSTOM_ID:
        raise ValueError(f"not fit for a custom id: {packed}")
    return packed


def unpack(custom_id: str) -> Pressed:
    """What ``pack`` was told. Raises ValueError on anything that it did not write."""
    match = TEMPLATE.fullmatch(custom_id)
    if match is None or len(match["packed"].encode()) > MAX_ACTION_BYTES:
        raise ValueError("not one of our custom ids")
    command, arguments = Action.unpack(match["packed"])
    return Pressed(command, arguments, bool(match["photo"]), bool(match["posts"]), match["home"])


def chosen(custom_id: str, choice: str) -> str:
    """The id of the button that does what choosing ``choice`` in the menu ``custom_id`` does."""
    match = MENU.fullmatch(custom_id)
    if match is None:
        raise ValueError("not one of our menus")
    command, job, _ = match["packed"].split(":", 2)
    filled = f"{command}:{job}:{choice}"
    button = f"bpp:b{match['photo']}{match['posts']}:{match['home']}::{filled}"
    if BUTTON.fullmatch(button) is None or len(filled.encode()) > MAX_ACTION_BYTES:
        raise ValueError("not a choice of our menus")
    return button
