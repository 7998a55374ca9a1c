"""Encrypted picture files: photos while their job is open, avatars until they expire."""

from __future__ import annotations

import logging
import os
import secrets
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.chat import Address
from bot.errors import Gone
from bot.faults import fault
from bot.secrets import Secret
from bot.storage import trouble
from generator.engine import Photo

log = logging.getLogger(__name__)

Kind = Literal["photo", "avatar"]

NONCE_BYTES = 12
KEY_BYTES = 32
PART = ".part"
_PHOTO_HEADER = struct.Struct("<4sII")
_PHOTO_MAGIC = b"BPP1"
_GRID_HEADER = struct.Struct("<4sB")
_GRID_MAGIC = b"BPPG"
_LOOP_HEADER = struct.Struct("<4sI")
_LOOP_MAGIC = b"BPPL"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the spool and the wrapped key that opens it. Erasing the key erases the picture."""

    name: str
    key: bytes


def pack_photo(photo: Photo) -> bytes:
    """12 bytes of magic, width and height (little-endian), then the pixels."""
    return _PHOTO_HEADER.pack(_PHOTO_MAGIC, photo.width, photo.height) + photo.rgb


def unpack_photo(data: bytes) -> Photo:
    """The photo that ``pack_photo`` packed. Raises ValueError on anything else."""
    if len(data) < _PHOTO_HEADER.size:
        raise ValueError("no photo")
    magic, width, height = _PHOTO_HEADER.unpack_from(data)
    if magic != _PHOTO_MAGIC:
        raise ValueError("no photo")
    return Photo(width, height, data[_PHOTO_HEADER.size :])


@dataclass(frozen=True, slots=True)
class Pictures:
    """All that is kept of a finished job, as ``generator.engine.Avatar`` has it."""

    png: bytes = field(repr=False)
    parts: tuple[bytes, ...] = field(default=(), repr=False)
    loop: bytes = field(default=b"", repr=False)


def pack_avatar(png: bytes, parts: Sequence[bytes], loop: bytes = b"") -> bytes:
    """One picture as it is. A grid: 5 bytes of magic and number of parts, the length of each part (uint32,
    little-endian), the parts, then the picture of them all. Before either of them, what moves: 8 bytes of magic and
    length (uint32, little-endian), and the GIF.
    """
    if loop:
        return _LOOP_HEADER.pack(_LOOP_MAGIC, len(loop)) + loop + pack_avatar(png, parts)
    if not parts:
        return png
    lengths = struct.pack(f"<{len(parts)}I", *map(len, parts))
    return b"".join((_GRID_HEADER.pack(_GRID_MAGIC, len(parts)), lengths, *parts, png))


def unpack_avatar(data: bytes) -> Pictures:
    """What ``pack_avatar`` packed. Raises ValueError on what is damaged."""
    if not data.startswith(_LOOP_MAGIC):
        return Pictures(*_unpack_grid(data))
    if len(data) < _LOOP_HEADER.size:
        raise ValueError("no loop")
    _, length = _LOOP_HEADER.unpack_from(data)
    start, end = _LOOP_HEADER.size, _LOOP_HEADER.size + length
    if not length or end >= len(data) or data.startswith(_LOOP_MAGIC, end):
        raise ValueError("no loop")
    return Pictures(*_unpack_grid(data[end:]), data[start:end])


def _unpack_grid(data: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    if not data.startswith(_GRID_MAGIC):
        return data, ()
    try:
        _, count = _GRID_HEADER.unpack_from(data)
        lengths = struct.unpack_from(f"<{count}I", data, _GRID_HEADER.size)
    except struct.error as error:
        raise ValueError("no grid") from error
    start = _GRID_HEADER.size + 4 * count
    if not count or start + sum(lengths) >= len(data):
        raise ValueError("no grid")
    parts: list[bytes] = []
    for length in lengths:
        parts.append(data[start : start + length])
        start += length
    return data[start:], tuple(parts)


def _seal(key: AESGCM, data: bytes, context: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + key.encrypt(nonce, data, context.encode())


def _open(key: AESGCM, sealed: bytes, context: str) -> bytes:
    return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())


class Seal:
    """Seals addresses under a key derived from the installation's secret; bound to one job by its uid."""

    def __init__(self, secret: Secret) -> None:
        self._key = AESGCM(secret.key("address"))

    def close(self, address: Address, uid: str) -> bytes:
        return _seal(self._key, f"{address.platform}\0{address.target}".encode(), f"address:{uid}")

    def shut(self, data: bytes, purpose: str) -> bytes:
        """Anything else that must not be readable on the disk, bound to its purpose."""
        return _seal(self._key, data, purpose)

    def unshut(self, sealed: bytes, purpose: str) -> bytes:
        """Raises Gone if the bytes were damaged or tampered with."""
        try:
            return _open(self._key, sealed, purpose)
        except (InvalidTag, ValueError) as error:
            raise Gone from error

    def open(self, sealed: bytes, uid: str) -> Address:
        """Raises Gone if the bytes were damaged or tampered with."""
        try:
            platform, target = _open(self._key, sealed, f"address:{uid}").decode().split("\0", 1)
        except (InvalidTag, ValueError) as error:
            raise Gone from error
        return Address(platform, target)


class Spool:
    """A folder of AES-256-GCM files with random names, one random key each, wrapped by a key outside the folder.

    All methods block: call them off the event loop. All but ``remove`` raise StorageTrouble.
    """

    def __init__(self, folder: Path, secret: Secret) -> None:
        self.folder = folder
        self.fresh: set[str] = set()
        """Files that a transaction in flight is about to name: no orphans yet."""
        self._master = AESGCM(secret.key("spool"))

    def write(self, data: bytes, uid: str, kind: Kind) -> Stored:
        """Encrypt ``data`` and put it on the disk for good. It stays ``fresh`` until ``settle`` or ``remove``."""
        key = secrets.token_bytes(KEY_BYTES)
        name = secrets.token_hex(16)
        sealed = _seal(AESGCM(key), data, f"{kind}:{uid}")
        self.fresh.add(name)
        try:
            self._put(name, sealed)
        except BaseException as error:
            (self.folder / (name + PART)).unlink(missing_ok=True)
            self.remove([name])
            if isinstance(error, OSError):
                raise trouble.of_os(error) from error
            raise
        return Stored(name, _seal(self._master, key, f"{kind}-key:{uid}"))

    def read(self, stored: Stored, uid: str, kind: Kind) -> bytes:
        """Decrypt a file. Raises Gone when it is no longer there or damaged, StorageTrouble when the folder is at fault.

        One file that cannot be read is the end of one picture; only a folder that cannot be read is worth waiting for.
        """
        try:
            sealed = (self.folder / stored.name).read_bytes()
            key = AESGCM(_open(self._master, stored.key, f"{kind}-key:{uid}"))
            return _open(key, sealed, f"{kind}:{uid}")
        except (OSError, InvalidTag, ValueError) as error:
            if isinstance(error, OSError):
                self._check_folder()
            log.warning("a %s cannot be read: %s", kind, type(error).__name__)
            raise Gone("job-photo-lost" if kind == "photo" else "error-gone") from error

    def _check_folder(self) -> None:
        try:
            next(self.folder.iterdir(), None)
        except OSError as error:
            raise trouble.of_os(error) from error

    def settle(self, name: str) -> None:
        """The transaction that names this file is over."""
        self.fresh.discard(name)

    def remove(self, names: Iterable[str]) -> int:
        """Unlink files; those already gone are fine. How many were unlinked.

        Never raises: the row that named a file was closed before, and that is what its member is told. A file that the
        disk does not let go cannot be opened any more, for its key went with the row; the next sweep tries again.
        """
        removed = 0
        for name in names:
            self.fresh.discard(name)
            try:
                (self.folder / name).unlink()
                removed += 1
            except FileNotFoundError:
                continue
            except OSError as error:
                log.error("a file in the spool cannot be unlinked yet: %s", error.strerror)  # noqa: TRY400 - the disk's
        return removed

    def names(self) -> set[str]:
        """Every file in the folder that no transaction in flight owns."""
        # In this order: a file that the listing holds was fresh before it was made, and is settled only once a row
        # names it. The other way round, a file made between the two would look like an orphan.
        there = [entry.name for entry in self.folder.iterdir()]
        fresh = set(self.fresh)
        return {name for name in there if name.removesuffix(PART) not in fresh}

    def _put(self, name: str, sealed: bytes) -> None:
        path = self.folder / name
        part = self.folder / (name + PART)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        fault("after-spool-fsync")
        part.rename(path)
        sync_folder(self.folder)


def sync_folder(folder: Path) -> None:
    """Make renames and unlinks in ``folder`` survive a power cut. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
