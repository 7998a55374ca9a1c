"""Looks for what must be nowhere: bytes of photos and ids, in files, folders and pictures. Platforms add what is theirs."""

from __future__ import annotations

import functools
import io
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from generator.mark import chunks

JPEG = b"\xff\xd8\xff"
EMBEDDED = re.compile(rb"\xff\xd8\xff[\xe0\xe1]..(?:JFIF|Exif)\0", re.DOTALL)
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


def is_jpeg(data: bytes) -> bool:
    return data.startswith(JPEG)


def holds_jpeg(data: bytes) -> bool:
    """Anywhere in it. The first three bytes alone are in many a PNG by chance."""
    return EMBEDDED.search(data) is not None


def forms(number: int) -> tuple[bytes, ...]:
    """A member's id as it could be written down."""
    return str(number).encode(), struct.pack(">Q", number), struct.pack("<Q", number), f"{number:x}".encode()


def found_in(data: bytes, wanted: Needles) -> set[str]:
    return {name for name, all_ in wanted.items() if any(needle in data for needle in all_)}


def in_files(paths: Iterable[Path], wanted: Needles) -> set[str]:
    """Needles in files and folders, with the name of the file."""
    found: set[str] = set()
    for path in paths:
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if (data := _read(file)) is not None:
                found |= {f"{name} in {file.name}" for name in found_in(data, wanted)}
    return found


def _read(file: Path) -> bytes | None:
    """None for what is no file, or not any more: the bot may be at work."""
    try:
        return file.read_bytes() if file.is_file() else None
    except FileNotFoundError:
        return None


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
