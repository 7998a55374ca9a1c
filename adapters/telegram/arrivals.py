"""What somebody did, read from an update: the command in a message, its photo, who wrote it and where."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import telegram
from telegram.constants import ChatType

SERVICE = 777000
"""Telegram itself: what a linked channel posts is forwarded under this id."""

_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<bot>[A-Za-z0-9_]{3,64}))?(?![\w@])")

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A command as somebody typed it."""

    name: str
    bot: str
    """Whom it is addressed to, in lower case; empty if to nobody by name."""
    rest: str = field(repr=False)


def said_in(message: telegram.Message) -> Said | None:
    """The command with which a message or the caption of a picture begins."""
    return _said(message.text or message.caption or "")


def _said(text: str) -> Said | None:
    text = text.lstrip()
    match = _COMMAND.match(text)
    if match is None:
        return None
    return Said(match["name"].lower(), (match["bot"] or "").lower(), text[match.end() :].strip())


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, or the parts of one album."""

    key: str
    update: telegram.Update = field(repr=False)
    messages: tuple[telegram.Message, ...] = field(default=(), repr=False)
    """The parts of an album in the order in which they were sent, else the message if it is one."""
    at: int = 0
    """When it was taken, in ms."""
    again: bool = False
    """An earlier process took it: its member may have gone on since."""


def key_of(update: Raw, secret: bytes) -> str:
    """By what an update is known again when it comes again. Only ``secret`` ties it to a chat (P4)."""
    message = _inside(update, "message")
    parts = [
        update.get("update_id"),
        _inside(message, "chat").get("id"),
        message.get("message_id"),
        _inside(update, "callback_query").get("id"),
    ]
    return hmac.digest(secret, f"update\0{parts}".encode(), "sha256").hex()[:48]


def chat_of(update: Raw) -> int:
    """The chat in which it happened; 0 for none."""
    return int(_chat(update).get("id") or 0)


def is_private(update: Raw) -> bool:
    return _chat(update).get("type") == ChatType.PRIVATE


def command_in(update: Raw) -> str:
    """The command with which a message begins, as typed; empty where there is none."""
    message = _inside(update, "message")
    said = _said(str(message.get("text") or message.get("caption") or ""))
    return "" if said is None else said.name


def has_photo(update: Raw) -> bool:
    """Whether somebody sends a photo, or a file that may be one."""
    message = _inside(update, "message")
    return "photo" in message or "document" in message


def concerns_us(update: Raw, bot: telegram.User) -> bool:
    """Whether there is anything to do. Of what members of a group say to each other nothing is written down."""
    message = _inside(update, "message")
    if not message:
        return "callback_query" in update or "my_chat_member" in update
    if is_private(update) or "migrate_to_chat_id" in message or "migrate_from_chat_id" in message:
        return True
    said = _said(str(message.get("text") or message.get("caption") or ""))
    if said is not None:
        return said.bot in ("", str(bot.username).lower())
    answers = _inside(message, "reply_to_message", "from").get("id") == bot.id
    return (answers and ("photo" in message or "document" in message)) or is_fleeting(update)


def is_fleeting(update: Raw) -> bool:
    """A part of an album in a group: another part may have a command, but nothing is lost with this one."""
    message = _inside(update, "message")
    captioned = _said(str(message.get("caption") or "")) is not None
    return "media_group_id" in message and not captioned and not is_private(update)


def thread_of(message: telegram.Message) -> int:
    """The topic of a forum in which a message stands; 0 outside of topics and in the general one."""
    return (message.message_thread_id or 0) if message.is_topic_message else 0


def answered_by(message: telegram.Message) -> telegram.Message | None:
    """The message to which this one replies. In a topic, all that reply to nothing reply to its beginning."""
    replied = message.reply_to_message
    return None if replied is None or replied.forum_topic_created is not None else replied


def ephemeral_number(message: telegram.Message) -> int:
    """The number of a message that only its sender and the bot see; 0 for any other."""
    return int(message.api_kwargs.get("ephemeral_message_id") or 0)


def _chat(update: Raw) -> Raw:
    for path in (("message",), ("callback_query", "message"), ("my_chat_member",)):
        if chat := _inside(update, *path, "chat"):
            return chat
    return {}


def _inside(data: Raw, *path: str) -> Raw:
    """The object at the end of a path of names; empty where there is none."""
    for name in path:
        found: object = data.get(name)
        data = cast("Raw", found) if isinstance(found, Mapping) else {}
    return data
