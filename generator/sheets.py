"""Many small pictures as one, with numbers: drawn in a process of its own, for this one loads no picture library."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sys
from collections import OrderedDict
from collections.abc import Sequence

from generator import confinement

log = logging.getLogger(__name__)

SECONDS = 10.0
KEPT = 64
"""So many sheets in memory: rooms differ in what they allow, and most of them in nothing."""


class Sheets:
    """Draws each sheet once, with ``generator.sheet``."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._drawn: OrderedDict[bytes, bytes] = OrderedDict()
        self._turn = asyncio.Lock()

    async def draw(self, pictures: Sequence[bytes]) -> bytes:
        """A PNG of ``pictures`` with the numbers 1, 2, 3 …, row by row; empty if it cannot be had."""
        packed = b"".join(len(picture).to_bytes(4, "big") + picture for picture in pictures)
        name = hashlib.sha256(packed).digest()
        async with self._turn:
            if name not in self._drawn:
                sheet = await self._run(packed)
                if not sheet:
                    return b""
                self._drawn[name] = sheet
                if len(self._drawn) > KEPT:
                    self._drawn.popitem(last=False)
            self._drawn.move_to_end(name)
            return self._drawn[name]

    async def _run(self, packed: bytes) -> bytes:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "generator.sheet"),
                env=confinement.environment(),
                stdin=pipe,
                stdout=pipe,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            log.warning("a sheet of styles was not drawn: %s", type(error).__name__)
            return b""
        try:
            async with asyncio.timeout(self._seconds):
                sheet, _ = await process.communicate(packed)
        except (TimeoutError, OSError) as error:
            log.warning("a sheet of styles was not drawn: %s", type(error).__name__)
            return b""
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            log.warning("a sheet of styles was not drawn: rc %s", process.returncode)
            return b""
        return sheet
