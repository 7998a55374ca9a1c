"""Files as Telegram keeps them: photos re-encoded in several sizes, documents as they came, links that run out."""

from __future__ import annotations

import functools
import hashlib
import io
import mimetypes
import re
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageOps

DOWNLOAD_LIMIT = 20 * 2**20
UPLOAD_LIMIT = 50 * 2**20
PHOTO_LIMIT = 10 * 2**20
LINK_LIFETIME = 3600
BOXES = (90, 320, 800, 1280, 2560)
SEND_BOX, HD_BOX = 1280, 2560

Image.MAX_IMAGE_PIXELS = None


class NoPhoto(Exception):
    """Telegram's code for a picture that it does not take."""


@dataclass(eq=False)
class File:
    """One stored file: a size of a photo, or a document."""

    id: str
    unique_id: str
    kind: str
    data: bytes = field(repr=False)
    path: str
    width: int = 0
    height: int = 0
    name: str = ""
    mime: str = ""
    link_until: int = 0
    """Virtual time in ms until which the link of the last getFile works."""

    @property
    def payload(self) -> dict[str, Any]:
        said: dict[str, Any] = {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": len(self.data)}
        if self.kind == "photo":
            return said | {"width": self.width, "height": self.height}
        return said | {"file_name": self.name, "mime_type": self.mime}


@dataclass(eq=False)
class Photo:
    """A photo: its sizes, the smallest first, and the bytes as they were handed over."""

    sizes: list[File]
    original: bytes = field(repr=False)

    @property
    def data(self) -> bytes:
        return self.sizes[-1].data

    @property
    def payload(self) -> list[dict[str, Any]]:
        return [size.payload for size in self.sizes]


class Store:
    """Every file by its id; a bot may name the id of any file that it has seen."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.photos: dict[str, Photo] = {}

    def _add(self, kind: str, data: bytes, suffix: str, **more: Any) -> File:
        number = len(self.files)
        digest = hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
        path = f"{kind}s/file_{number}{suffix}"
        made = File(f"{'AgAC' if kind == 'photo' else 'BQAC'}{digest[:56]}", f"AQAD{digest[:12]}", kind, data, path)
        for name, value in more.items():
            setattr(made, name, value)
        self.files[made.id] = made
        return made

    def photo(self, data: bytes, *, box: int = HD_BOX) -> Photo:
        """Raises NoPhoto for bytes that are no picture, or one of odd proportions."""
        sizes = [self._add("photo", jpeg, ".jpg", width=w, height=h) for w, h, jpeg in encoded(data, box)]
        photo = Photo(sizes, data)
        for size in sizes:
            self.photos[size.id] = photo
        return photo

    def document(self, data: bytes, name: str, mime: str = "") -> File:
        mime = mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
        found = re.search(r"\.[A-Za-z0-9]{1,8}$", name)
        suffix = found[0] if found else ""
        return self._add("document", data, suffix, name=name, mime=mime)

    def at(self, path: str) -> File | None:
        return next((found for found in self.files.values() if found.path == path), None)


@functools.lru_cache(maxsize=64)
def encoded(data: bytes, box: int) -> tuple[tuple[int, int, bytes], ...]:
    """Width, height and JPEG of each size. Metadata is gone, transparency white."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            width, height = opened.size
            if width + height > 10_000 or max(width, height) > 20 * min(width, height):
                raise NoPhoto("PHOTO_INVALID_DIMENSIONS")
            turned = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise NoPhoto("IMAGE_PROCESS_FAILED") from error
    picture = Image.new("RGB", turned.size, "white")
    picture.paste(turned, mask=turned.getchannel("A"))
    longest = max(picture.size)
    sizes = [size for size in BOXES if size < min(longest, box)] + [min(longest, box)]
    made: list[tuple[int, int, bytes]] = []
    for size in sizes:
        fitted = picture if size == longest else ImageOps.contain(picture, (size, size))
        stream = io.BytesIO()
        fitted.save(stream, "JPEG", quality=87)
        made.append((*fitted.size, stream.getvalue()))
    return tuple(made)
