"""Looks for what must be nowhere: in what a bot sent, in its data folder, in its log."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import UnidentifiedImageError

from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.rest import Request
from tests.discord_peer.world import User
from tests.journeys.pictures import CAMERA
from tests.journeys.traces import Needles, Photo, forms, found_in, holds_jpeg, in_files, in_picture, is_jpeg

__all__ = ["everywhere", "in_files", "in_request", "in_requests", "needles", "people"]


def needles(peer: DiscordPeer) -> Needles:
    """What gives away any photo that people handed over, any member, any token."""
    photos = [Photo.of(data) for data in {one.data for one in peer.world.attachments.values() if is_jpeg(one.data)}]
    return {
        "photo file": tuple(piece for photo in photos for piece in photo.coded),
        "photo pixels": tuple(piece for photo in photos for piece in photo.pixels),
        "photo metadata": (CAMERA.encode(), b"Exif\0\0"),
        "member": tuple(form for user in people(peer) for form in forms(user.id)),
        "token": (peer.token.encode(), *(one.token.encode() for one in peer.interactions.all)),
    }


def people(peer: DiscordPeer) -> list[User]:
    return [user for user in peer.world.users.values() if not user.is_bot]


def in_request(request: Request, wanted: Needles, peer: DiscordPeer) -> set[str]:
    """What a request tells that nobody may learn from it: a photo, another member than the one whom it answers."""
    said = [request.path.encode(), repr(request.query).encode(), request.body]
    said += [f"{name}: {value}".encode() for name, value in request.headers.items() if name != "Authorization"]
    whole = b"\n".join(said)
    found = found_in(whole, {name: wanted[name] for name in wanted if name.startswith("photo")})
    known = whom(request, peer)
    if any(str(user.id).encode() in whole for user in people(peer) if user is not known):
        found.add("another member")
    if holds_jpeg(request.body):
        found.add("a JPEG")
    if peer.token.encode() in whole or ("Authorization" in request.headers) != needs_token(request):
        found.add("the bot's token where it does not belong")
    for file in request.form[1].values():
        if not file.name.endswith(".json"):
            found |= {
                f"{one} in {file.name}"
                for one in in_picture(file.data, wanted["photo pixels"], preview=file.name == "preview.png")
            }
        if not re.fullmatch(r"avatar\.png|preview\.png|style-\d{1,2}\.png|[a-z-]+\.json", file.name):
            found.add(f"a telling file name: {file.name}")
    return {f"{one} ({request.method} {shown(request)})" for one in found}


def whom(request: Request, peer: DiscordPeer) -> User | None:
    """The member whom a request may name: the one whom it answers, or to whom it opens a conversation."""
    if found := re.match(r"/(?:webhooks|interactions)/\d+/([^/]+)", request.path):
        return next((one.user for one in peer.interactions.all if one.token == found[1]), None)
    if request.path == "/users/@me/channels":
        return peer.world.users.get(int(request.payload["recipient_id"]))
    return None


def needs_token(request: Request) -> bool:
    return not re.match(r"/(?:webhooks|interactions)/", request.path)


def shown(request: Request) -> str:
    return re.sub(r"(/(?:webhooks|interactions)/\d+/)[^/]+", r"\1…", request.path)


def in_requests(peer: DiscordPeer, wanted: Needles) -> set[str]:
    return {one for request in peer.requests for one in in_request(request, wanted, peer)}


def everywhere(peer: DiscordPeer, *paths: Path) -> set[str]:
    """All that must be nowhere: in everything that was sent, and in these files and folders."""
    wanted = needles(peer)
    try:
        return in_requests(peer, wanted) | in_files(paths, wanted)
    except (UnidentifiedImageError, ValueError) as error:
        return {f"something that cannot be read: {error}"}
