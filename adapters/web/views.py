"""Replies and commands as the page gets them: plain JSON, every sentence already said."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.rows import in_rows
from adapters.web.bubbles import Attachment
from bot.chat import Action, Command, Option, Picture, Reply, Text
from bot.wording import Wording

INLINE_BYTES = 220_000
"""A preview up to this size, one of 256 px whatever it shows, travels inside the message: it is replaced before a second
request would find it."""

# What a browser may be told that our own bytes are; anything else is a download of nothing in particular.
_PICTURES = frozenset({"image/png", "image/gif", "image/jpeg", "image/webp", "image/svg+xml"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """A reply ready for the page, and the bytes that it refers to by name."""

    body: dict[str, Any]
    attachments: dict[str, Attachment] = field(default_factory=dict[str, Attachment])


class Drawing:
    """Turns one reply into JSON. ``public`` takes a style's picture and returns its address."""

    def __init__(self, wording: Wording, locale: str, public: Callable[[bytes], str]) -> None:
        self.wording = wording
        self.locale = locale
        self.public = public
        self.attachments: dict[str, Attachment] = {}

    def say(self, text: Text) -> str:
        return self.wording.say(self.locale, text)

    def _attach(self, data: bytes, mime: str, name: str | None = None) -> str:
        key = secrets.token_hex(16)
        self.attachments[key] = Attachment(data, mime, name)
        return f"private/{key}"

    def picture(self, picture: Picture, *, fleeting: bool = False) -> dict[str, Any]:
        mime = picture.mime if picture.mime in _PICTURES else "application/octet-stream"
        if fleeting and len(picture.data) <= INLINE_BYTES:
            source = f"data:{mime};base64,{base64.b64encode(picture.data).decode()}"
        else:
            source = self._attach(picture.data, mime)
        still = self._attach(picture.still, "image/png") if picture.still else None
        return {"src": source, "still": still, "alt": self.say(picture.alt), "tiles": picture.tiles}

    def option(self, option: Option) -> dict[str, Any]:
        return {
            "value": option.value,
            "label": self.say(option.label),
            "hint": self.say(option.hint) if option.hint else "",
            "selected": option.selected,
            "picture": self.public(option.picture) if option.picture else None,
        }

    def action(self, action: Action) -> dict[str, Any]:
        return {
            "label": self.say(action.label),
            "command": action.command,
            "press": None if action.options else action.pack(),
            "job": action.job,
            "choice": action.choice,
            "tone": action.tone,
            "wantsPhoto": action.wants_photo,
            "options": [self.option(option) | {"press": action.pack(option.value)} for option in action.options],
        }

    def reply(self, reply: Reply) -> Drawn:
        body: dict[str, Any] = {
            "locale": self.locale,
            "lines": [self.say(line) for line in reply.lines],
            "picture": self.picture(reply.picture, fleeting=reply.busy) if reply.picture else None,
            "wall": [
                {
                    "picture": self.picture(tile.picture),
                    "label": self.say(tile.label),
                    "action": self.action(tile.action) if tile.action else None,
                }
                for tile in reply.wall
            ],
            "actions": [
                self.action(action) | {"row": number if row.alike else None}
                for number, row in enumerate(in_rows(reply.actions))
                for action in row.actions
            ],
            "progress": None if reply.progress is None else min(1.0, max(0.0, reply.progress)),
            "file": None,
        }
        if reply.file:
            file = reply.file
            body["file"] = {"name": file.name, "href": self._attach(file.data, file.mime, file.name)}
        return Drawn(body, self.attachments)


def is_empty(reply: Reply) -> bool:
    """Whether a reply has nothing to show to its member."""
    return not (reply.lines or reply.picture or reply.wall or reply.actions or reply.file or reply.progress is not None)


def command_view(command: Command, say: Callable[[Text], str]) -> dict[str, Any]:
    """What the page needs to offer a command and to make a form of its arguments."""
    return {
        "name": command.name,
        "label": say(Text(f"command-{command.name}")),
        "hint": say(Text(f"command-{command.name}-hint")),
        "moderator": command.moderator,
        "listed": command.listed,
        "arguments": [
            {
                "name": argument.name,
                "kind": argument.kind,
                "label": say(Text(f"{command.name}-{argument.name}")),
                "hint": say(Text(f"{command.name}-{argument.name}-hint")),
                "least": argument.least,
                "most": argument.most,
                "required": argument.required,
            }
            for argument in command.arguments
        ],
    }


def offered(commands: Iterable[Command], *, moderator: bool) -> list[Command]:
    """The commands that a page offers: the listed ones, and those a moderator starts from a member's menu."""
    return [
        command
        for command in commands
        if (moderator or not command.moderator)
        and (command.listed or (command.moderator and any(a.kind == "member" for a in command.arguments)))
    ]


def plain(value: Mapping[str, Any]) -> dict[str, str | int]:
    """The arguments that a page may send as they are: short text and numbers."""
    return {
        name: argument
        for name, argument in value.items()
        if isinstance(argument, str | int) and not isinstance(argument, bool)
    }
