"""Small files that survive a kill and a power cut: each holds all of what it should, or what it held before."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def prepare(folder: Path) -> None:
    """Make a folder that nobody else looks into, and remove from it what killed writes left."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for draft in folder.glob(".*"):
        if draft.is_file():
            draft.unlink(missing_ok=True)


def replace(path: Path, content: bytes) -> None:
    """Write a file as a whole. Its name is on the disk once the folder is ``settle``d. Raises OSError."""
    draft = path.parent / f".{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Make names as durable as contents. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def age(path: Path) -> float | None:
    """How many seconds ago a file was last written, by the clock of its disk; None if there is none. Raises OSError."""
    probe = path.parent / f".{secrets.token_hex(8)}"
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    except FileNotFoundError:
        return None
    finally:
        probe.unlink(missing_ok=True)
