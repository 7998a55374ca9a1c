"""Looks for what must be nowhere: in what a bot sent, in its data folder, in its log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import UnidentifiedImageError

from tests.journeys.pictures import CAMERA
from tests.journeys.traces import Needles, Photo, forms, found_in, holds_jpeg, in_files, in_picture, is_jpeg
from tests.telegram_journeys.what_people_read import said_in
from tests.telegram_peer.actors import User
from tests.telegram_peer.files import File
from tests.telegram_peer.files import Photo as Sent
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import DOWNLOAD, Request, TelegramPeer

__all__ = ["everywhere", "in_files", "in_request", "in_requests", "needles", "people"]

LOCALES = ("en", "ko")
FILE_NAMES = {"avatar.png", "gone.png", "about-me.json"}


def needles(peer: TelegramPeer) -> Needles:
    """What gives away any photo that people handed over, any member, what they wrote, any token."""
    handed = [one for chat in peer.world.chats.values() for one in chat.all if not one.sender.is_bot]
    photos = [Photo.of(data) for data in {data for one in handed for data in _bytes(one)}]
    users = people(peer)
    return {
        "photo file": tuple(piece for photo in photos for piece in photo.coded),
        "photo pixels": tuple(piece for photo in photos for piece in photo.pixels),
        "photo metadata": (CAMERA.encode(), b"Exif\0\0"),
        "member": tuple(form for user in users for form in forms(user.id)),
        "name": tuple(name.encode() for user in users for name in _names(user)),
        "words": tuple({one.body.encode() for one in handed if _is_telling(one)}),
        "way to a file": tuple(
            part.encode() for one in handed for file in _files(one) for part in (file.id, file.unique_id, file.path)
        ),
        "token": (peer.token.encode(), peer.token.partition(":")[2].encode()),
    }


def people(peer: TelegramPeer) -> list[User]:
    return [user for user in peer.world.users.values() if not user.is_bot]


def _names(user: User) -> Iterator[str]:
    """Those of their names that are too rich to be there by chance."""
    yield from (name for name in {user.first_name, user.username} if len(name) > 7)


def _bytes(message: Message) -> Iterator[bytes]:
    """A photo as it was handed to Telegram, and as Telegram hands it on."""
    found = message.media
    data = [] if found is None else [found.data, message.uploaded]
    yield from (one for one in data if is_jpeg(one))


def _files(message: Message) -> list[File]:
    found = message.media
    return found.sizes if isinstance(found, Sent) else [] if found is None else [found]


def _is_telling(message: Message) -> bool:
    """Words of somebody's own, and not only a command."""
    return len(message.body) > 12 and " " in message.body and not message.body.startswith("/start")


def in_request(request: Request, wanted: Needles, peer: TelegramPeer) -> set[str]:
    """What a request tells that nobody may learn from it: a photo, a member but to themselves, who is who in public."""
    if request.method == DOWNLOAD:
        return set()
    text = json.dumps(request.params, ensure_ascii=False)
    whole = text.encode() + b"".join(file.data for file in request.files.values())
    found = found_in(whole, {name: wanted[name] for name in wanted if name.startswith("photo")})
    found |= found_in(text.encode(), {"token": wanted["token"], "words": wanted["words"]})
    if holds_jpeg(whole):
        found.add("a JPEG")
    rest = re.sub(rf'"({"|".join(whom(request))})": \d+', "", text)
    if any(str(user.id) in rest for user in people(peer)):
        found.add("a member")
    if any(name in text for user in people(peer) for name in _names(user)) and not _names_rightly(request):
        found.add("a name")
    for file in request.files.values():
        if not file.name.endswith(".json"):
            is_preview = ":cancel:" in text
            found |= {
                f"{one} in {file.name}" for one in in_picture(file.data, wanted["photo pixels"], preview=is_preview)
            }
        if file.name not in FILE_NAMES:
            found.add(f"a telling file name: {file.name}")
    return {f"{one} ({request.method})" for one in found}


def whom(request: Request) -> tuple[str, ...]:
    """As which parameters a request may name a member: the chat in which they are served, or whom it asks about."""
    return ("chat_id", "user_id") if request.method == "getChatMember" else ("chat_id", "receiver_user_id")


def _names_rightly(request: Request) -> bool:
    """A member is asked whether their name is to stand beside what they share, and wants it; a moderator is told whom a
    command was about."""
    if request.method == "editMessageReplyMarkup":
        return int(request.params["chat_id"]) > 0
    said = str(request.params.get("text") or "")
    shared = _caption(request.params)
    if request.method == "editMessageCaption" and int(request.params["chat_id"]) > 0:
        asked = ("telegram-share-ask", "telegram-share-ask-in", "telegram-share-ask-topic")
        return any(said_in(shared, key, locale=locale) for key in asked for locale in LOCALES)
    return any(
        said_in(shared, "telegram-shared-by", locale=locale)
        or said_in(said, "telegram-about-member", locale=locale)
        or said_in(said, "telegram-welcome", locale=locale)
        for locale in LOCALES
    )


def _caption(params: dict[str, Any]) -> str:
    media = params.get("media")
    said = media.get("caption", "") if isinstance(media, dict) else ""
    return str(params.get("caption") or said)


def in_requests(peer: TelegramPeer, wanted: Needles) -> set[str]:
    return {one for request in peer.requests for one in in_request(request, wanted, peer)}


def everywhere(peer: TelegramPeer, *paths: Path) -> set[str]:
    """All that must be nowhere: in everything that was sent, and in these files and folders."""
    wanted = needles(peer)
    try:
        return in_requests(peer, wanted) | in_files(paths, wanted)
    except (UnidentifiedImageError, ValueError) as error:
        return {f"something that cannot be read: {error}"}
