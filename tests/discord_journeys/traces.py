"""Looks for what must be nowhere: in what a bot sent, in its data folder, in its log."""

from __future__ import annotations

import functools
import io
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from generator.mark import chunks
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.rest import Request
from tests.discord_peer.world import User
from tests.journeys.pictures import CAMERA

JPEG = b"\xff\xd8\xff"
PNG = b"\x89PNG\r\n\x1a\n"
SLICE = 32
PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
MARK = re.compile(
    rb"XML:com\.adobe\.xmp\0{5}<\?xpacket [^>]*\?><x:xmpmeta [^>]*><rdf:RDF [^>]*><rdf:Description [^>]*>"
    rb"<Iptc4xmpExt:DigitalSourceType>http://cv\.iptc\.org/newscodes/digitalsourcetype/\w+"
    rb'</Iptc4xmpExt:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta><\?xpacket end="r"\?>'
)
"""All that a picture may say about itself: how it was made."""

Needles = Mapping[str, tuple[bytes, ...]]
"""What it is → byte strings that give it away."""


@dataclass(frozen=True)
class Photo:
    """A photo that somebody handed to the bot, and the bytes that would give it away."""

    coded: tuple[bytes, ...]
    pixels: tuple[bytes, ...]

    @classmethod
    @functools.cache
    def of(cls, jpeg: bytes) -> Photo:
        with Image.open(io.BytesIO(jpeg)) as image:
            rgb = image.convert("RGB").tobytes()
        return cls(tuple(_slices(jpeg, 80)), tuple(_slices(rgb, 40)))


def _slices(data: bytes, count: int) -> Iterator[bytes]:
    """Pieces from all over ``data`` that are too rich to be the same by chance."""
    step = len(data) // count
    for begin in range(0, len(data) - SLICE, step):
        pieces = (data[at : at + SLICE] for at in range(begin, begin + step, SLICE))
        yield from [piece for piece in pieces if len(set(piece)) > SLICE // 2][:1]


def needles(peer: DiscordPeer) -> Needles:
    """What gives away any photo that people handed over, any member, any token."""
    photos = [Photo.of(data) for data in {one.data for one in peer.world.attachments.values() if is_jpeg(one.data)}]
    return {
        "photo file": tuple(piece for photo in photos for piece in photo.coded),
        "photo pixels": tuple(piece for photo in photos for piece in photo.pixels),
        "photo metadata": (CAMERA.encode(), b"Exif\0\0"),
        "member": tuple(form for user in people(peer) for form in forms(user)),
        "token": (peer.token.encode(), *(one.token.encode() for one in peer.interactions.all)),
    }


def is_jpeg(data: bytes) -> bool:
    return data.startswith(JPEG)


def people(peer: DiscordPeer) -> list[User]:
    return [user for user in peer.world.users.values() if not user.is_bot]


def forms(user: User) -> tuple[bytes, ...]:
    """A member's id as it could be written down."""
    return str(user.id).encode(), struct.pack(">Q", user.id), struct.pack("<Q", user.id), f"{user.id:x}".encode()


def found_in(data: bytes, wanted: Needles) -> set[str]:
    return {name for name, all_ in wanted.items() if any(needle in data for needle in all_)}


def in_files(paths: Iterable[Path], wanted: Needles) -> set[str]:
    """Needles in files and folders, with the name of the file."""
    found: set[str] = set()
    for path in paths:
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file():
                found |= {f"{name} in {file.name}" for name in found_in(file.read_bytes(), wanted)}
    return found


@functools.cache
def in_picture(data: bytes, pixels: tuple[bytes, ...], *, preview: bool = False) -> frozenset[str]:
    """What a picture gives away beyond what it shows. A preview, soon replaced, may say nothing about itself at all."""
    if not data.startswith(PNG):
        return frozenset({"a picture that is no PNG"})
    said = [content for kind, content in chunks(data) if kind == b"iTXt"]
    found = {f"chunk {kind!r}" for kind, _ in chunks(data) if kind not in PIXELS | {b"iTXt"}}
    if not (preview and not said) and (len(said) != 1 or MARK.fullmatch(said[0]) is None):
        found.add("no mark, or more than the mark")
    with Image.open(io.BytesIO(data)) as image:
        found |= found_in(image.convert("RGB").tobytes(), {"photo pixels": pixels})
    return frozenset(found)


def in_request(request: Request, wanted: Needles, peer: DiscordPeer) -> set[str]:
    """What a request tells that nobody may learn from it: a photo, another member than the one whom it answers."""
    said = [request.path.encode(), repr(request.query).encode(), request.body]
    said += [f"{name}: {value}".encode() for name, value in request.headers.items() if name != "Authorization"]
    whole = b"\n".join(said)
    found = found_in(whole, {name: wanted[name] for name in wanted if name.startswith("photo")})
    known = whom(request, peer)
    if any(str(user.id).encode() in whole for user in people(peer) if user is not known):
        found.add("another member")
    if JPEG in request.body:
        found.add("a JPEG")
    if peer.token.encode() in whole or ("Authorization" in request.headers) != needs_token(request):
        found.add("the bot's token where it does not belong")
    for file in request.form[1].values():
        if not file.name.endswith(".json"):
            found |= {
                f"{one} in {file.name}"
                for one in in_picture(file.data, wanted["photo pixels"], preview=file.name == "preview.png")
            }
        if not re.fullmatch(r"avatar\.png|preview\.png|style-\d\.png|[a-z-]+\.json", file.name):
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
