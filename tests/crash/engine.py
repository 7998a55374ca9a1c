"""A tiny engine whose pictures say which job they belong to, so that a wrong picture at an address cannot hide."""

from __future__ import annotations

import hashlib
import json
import struct
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from generator.engine import Avatar, AvatarSpec, Photo, Progress
from generator.errors import DrawCancelled, DrawFailed

Colour = tuple[int, int, int]

_PNG = b"\x89PNG\r\n\x1a\n"
_IDENTITY_BYTES = 32
_FAILING = 12
"""Of 256 identities."""


def identity(style: str, seed: int, traits: Mapping[str, str], colour: Colour | None) -> bytes:
    """32 bytes that stand for one wish; ``colour`` is that of the photo's middle."""
    return hashlib.sha256(json.dumps([style, seed, sorted(traits.items()), colour]).encode()).digest()


def fails(who: bytes) -> bool:
    """Whether the engine gives up on this picture."""
    return who[0] < _FAILING


def colour_of(photo: Photo) -> Colour:
    """The colour in the middle."""
    at = 3 * (photo.height // 2 * photo.width + photo.width // 2)
    red, green, blue = photo.rgb[at : at + 3]
    return red, green, blue


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))


def _png(side: int, depth: int, rows: bytes) -> bytes:
    head = struct.pack("!IIBBBBB", side, side, 8, depth, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 1)) + _chunk(b"IEND", b"")


def picture(side: int, who: bytes) -> bytes:
    """A grey square PNG whose first pixels are ``who``."""
    return _png(side, 0, b"\0" + who + bytes((side + 1) * side - 1 - len(who)))


def flat_photo(side: int, colour: Colour) -> bytes:
    """A square PNG of one colour."""
    return _png(side, 2, (b"\0" + bytes(colour) * side) * side)


def read_identity(png: bytes) -> bytes:
    """What ``picture`` wrote. Raises ValueError for any other picture."""
    at = png.find(b"IDAT")
    if not png.startswith(_PNG) or at < 0:
        raise ValueError("no picture of the tiny engine")
    return zlib.decompressobj().decompress(png[at + 4 :], 1 + _IDENTITY_BYTES)[1:]


class TinyEngine:
    """Takes a few hundredths of a second for a few steps."""

    name = "tiny"
    capacity = 1

    def draw(self, spec: AvatarSpec, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Avatar:
        who = identity(spec.style, spec.seed, spec.traits, None if spec.photo is None else colour_of(spec.photo))
        steps, pause = 2 + who[1] % 5, 0.005 + who[2] / 256 * 0.03
        for step in range(steps):
            if cancelled():
                raise DrawCancelled
            time.sleep(pause)
            report(Progress(step / steps, picture(64, who)))
        if fails(who):
            raise DrawFailed
        return Avatar(picture(spec.size, who), spec.size, "low" if spec.photo else "none")


def create(folders: Sequence[Path]) -> TinyEngine:
    """What ``python -m generator.server --engine`` calls."""
    return TinyEngine()
