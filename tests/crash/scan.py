"""Looks for bytes that must be nowhere: of a photo, of its metadata, of a platform's ids."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from generator.engine import Photo

ARTIST = b"Quintessa Marker-Holloway"
"""In the photo's EXIF."""
MESSAGE_IDS = (b"member-4711-", b"room-open-9001", b"room-short-9002", b"event-4711-", b"nickname-Moonwalker")
"""What the platform calls its members, rooms and events."""
SLICE = 32
CHUNKS = {b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"tEXt", b"iTXt"}
"""What an outgoing PNG may consist of; its texts are searched like everything else."""

Needles = Mapping[str, tuple[bytes, ...]]
"""What it is → byte strings that give it away."""


def marked_photo(seed: int) -> bytes:
    """A JPEG with a texture that occurs nowhere else, an artist and a place in its EXIF."""
    grain = np.random.default_rng(seed).integers(0, 256, (60, 80, 3), np.uint8)
    image = Image.fromarray(grain).resize((640, 480), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = ARTIST.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (37.0, 33.0, 59.53)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92, exif=exif, comment=ARTIST)
    return file.getvalue()


def needles_of(jpeg: bytes, photo: Photo) -> Needles:
    """The tell-tale bytes of a photo: as it came, as it was decoded, and what it said about its maker."""
    rows = [
        photo.rgb[at : at + SLICE] for at in range(photo.width * 3 // 2, len(photo.rgb) - SLICE, len(photo.rgb) // 40)
    ]
    coded = [jpeg[at : at + SLICE] for at in range(len(jpeg) // 4, len(jpeg) - SLICE, len(jpeg) // 20)]
    return {
        "pixels": tuple(row for row in rows if len(set(row)) > SLICE // 2),
        "file": tuple(part for part in coded if len(set(part)) > SLICE // 2),
        "exif": (ARTIST, b"Exif\0\0", struct.pack(">II", 5953, 100), struct.pack("<II", 5953, 100)),
        "platform ids": MESSAGE_IDS,
    }


def found_in(data: bytes, needles: Needles) -> set[str]:
    """Which needles occur in ``data``."""
    return {name for name, all_ in needles.items() if any(needle in data for needle in all_)}


def found_in_files(folders: Iterable[Path], needles: Needles) -> tuple[set[str], int]:
    """Needles with the file that holds them, and how many bytes were searched. Files may vanish meanwhile."""
    found: set[str] = set()
    size = 0
    for folder in folders:
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            try:
                data = path.read_bytes()
            except OSError:  # a socket, a folder, or erased a moment ago
                continue
            size += len(data)
            found |= {f"{name} in {path.name}" for name in found_in(data, needles)}
    return found, size


def found_in_picture(png: bytes, needles: Needles) -> set[str]:
    """Needles in a PNG as it is and in its pixels; chunks that it should not have."""
    found = found_in(png, needles)
    at = 8
    while at < len(png):
        length, kind = struct.unpack_from("!I4s", png, at)
        if kind not in CHUNKS:
            found.add(f"chunk {kind!r}")
        at += 12 + length
    with Image.open(io.BytesIO(png)) as image:
        found |= found_in(image.convert("RGB").tobytes(), needles)
        if image.getexif():
            found.add("exif")
    return found
