"""Turns what SQLite or the disk says into the one trouble that a person can act on."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from bot.errors import StorageTrouble

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_PRIMARY = 0xFF
"""SQLite's extended error codes carry the primary code in their lowest byte."""


def of_os(error: OSError) -> StorageTrouble:
    """The trouble behind an operating system error in the data folder."""
    if error.errno in _FULL:
        return StorageTrouble("storage-full")
    if error.errno in _READ_ONLY:
        return StorageTrouble("storage-read-only")
    return StorageTrouble("storage-broken", {"reason": error.strerror or type(error).__name__})


def of_sqlite(error: sqlite3.Error, folder: Path) -> StorageTrouble:
    """The trouble behind an SQLite error; an I/O error is told apart by trying to write in ``folder``."""
    primary = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if primary == sqlite3.SQLITE_FULL:
        return StorageTrouble("storage-full")
    if primary == sqlite3.SQLITE_READONLY:
        return StorageTrouble("storage-read-only")
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StorageTrouble("storage-corrupt")
    if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return _probe(folder) or StorageTrouble("storage-broken", {"reason": str(error)})
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageTrouble("storage-in-use")
    return StorageTrouble("storage-broken", {"reason": str(error)})


def _probe(folder: Path) -> StorageTrouble | None:
    path = folder / ".probe"
    try:
        with path.open("wb") as file:
            # Where the largest file would grow next, for there may be a limit on sizes as well as on space.
            file.seek(max((entry.stat().st_size for entry in folder.iterdir() if entry.is_file()), default=0))
            file.write(bytes(65536))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return of_os(error)
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    return None
