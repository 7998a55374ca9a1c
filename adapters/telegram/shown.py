"""Which message shows the status of a call: in memory and on the disk, so that a restart leaves no message behind."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from adapters import durable

log = logging.getLogger(__name__)

KEPT_SECONDS = 72 * 3600.0
"""Longer than the courier goes on, and than Telegram lets a bot delete its messages."""

NOTED = 20
"""Messages that are remembered of one job: somebody may look at it again and again."""

Kind = Literal["text", "media"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of the bot's own. In which chat it stands, only the address says."""

    message: int
    kind: Kind
    final: bool = False
    """It shows a result: what still says "in line" is older."""


class Shown:
    """Tag → message, one small file each in ``folder``; the names mean nothing without the key there. No member's id is in it (P4).

    Methods raise OSError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = asyncio.Lock()
        durable.prepare(folder)
        key = folder / "key"
        if not key.exists():
            durable.replace(key, secrets.token_bytes(32))
        self._key = key.read_bytes()

    async def find(self, tag: str) -> Entry | None:
        return await asyncio.to_thread(self._read, self._path("call", tag))

    async def put(self, tag: str, entry: Entry) -> None:
        """Remember which message shows a status. It is on the disk when this returns."""
        said = json.dumps({"message": entry.message, "kind": entry.kind, "final": entry.final}).encode()
        await asyncio.to_thread(self._keep, self._path("call", tag), said)

    async def note(self, job: int, message: int) -> None:
        """Remember a message that shows the picture of a job."""
        async with self._turn:
            path = self._path("job", str(job))
            known = await asyncio.to_thread(_messages, path)
            if message not in known:
                await asyncio.to_thread(self._keep, path, json.dumps([*known, message][-NOTED:]).encode())

    async def taken(self, jobs: Sequence[int]) -> list[int]:
        """The messages that show the pictures of these jobs, which are forgotten here."""
        async with self._turn:
            return await asyncio.to_thread(self._taken, jobs)

    async def prune(self) -> None:
        """Forget what is older than anybody asks for."""
        async with self._turn:
            await asyncio.to_thread(self._prune)

    def _path(self, what: str, name: str) -> Path:
        return self._folder / hmac.new(self._key, f"{what}:{name}".encode(), "sha256").hexdigest()[:32]

    def _read(self, path: Path) -> Entry | None:
        try:
            return Entry(**json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            log.error("a note of which message shows a status cannot be read")  # noqa: TRY400 - nothing of it helps
            return None

    def _taken(self, jobs: Sequence[int]) -> list[int]:
        found: list[int] = []
        for job in jobs:
            path = self._path("job", str(job))
            found += _messages(path)
            path.unlink(missing_ok=True)
        return found

    def _keep(self, path: Path, content: bytes) -> None:
        durable.replace(path, content)
        durable.settle(self._folder)

    def _prune(self) -> None:
        probe = self._folder / f".{secrets.token_hex(8)}"
        probe.touch()  # its age tells what time it is where the others got theirs
        before = probe.stat().st_mtime - KEPT_SECONDS
        for path in (probe, *self._folder.iterdir()):
            if path == probe or (
                path.name != "key" and not path.name.startswith(".") and path.stat().st_mtime < before
            ):
                path.unlink(missing_ok=True)


def _messages(path: Path) -> list[int]:
    try:
        return [int(message) for message in json.loads(path.read_text("utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []
