"""A data folder as a first start leaves it, for tests that are not about first starts: made once, and copied."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bot.secrets import Secret
from bot.storage import upgrade

_databases: dict[str, bytes] = {}
"""Fingerprint of a secret → the database that belongs to it, empty and of the newest revision."""


def begun(folder: Path, secret: Secret) -> Path:
    """``folder``, in which there is now an empty database if there was no folder."""
    mark = secret.fingerprint()
    if mark not in _databases:
        with tempfile.TemporaryDirectory() as first:
            upgrade(Path(first), secret, lambda: 0)
            assert not (Path(first) / "bpp.db-wal").exists()
            _databases[mark] = (Path(first) / "bpp.db").read_bytes()
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
        handle = os.open(folder / "bpp.db", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(_databases[mark])
    return folder
