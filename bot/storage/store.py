"""The data folder, opened: one owner, checked, upgraded, ready."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from bot.secrets import Secret
from bot.storage import upkeep
from bot.storage.inbox import Inbox
from bot.storage.jobs import Jobs
from bot.storage.members import Members
from bot.storage.rooms import Rooms
from bot.storage.spool import Seal, Spool
from bot.storage.visits import Visits
from bot.storage.writer import READERS, Line, Reader, Writer

Clock = Callable[[], int]


class Storage:
    """Everything that outlives the process. Made by ``open``."""

    def __init__(self, handle: int, writer: Writer, reader: Reader, spool: Spool, seal: Seal, clock: Clock) -> None:
        self._handle = handle
        self._closed = False
        self._writer = writer
        self._reader = reader
        self.jobs = Jobs(writer, reader, spool, seal, clock)
        self.inbox = Inbox(writer, reader, seal, clock)
        self.rooms = Rooms(writer, reader, clock)
        self.visits = Visits(writer, reader, seal, clock)
        self.members = Members(writer, reader, spool, clock, self.jobs.ring)

    @classmethod
    async def open(cls, folder: Path, secret: Secret, clock: Clock) -> Storage:
        """Lock the folder, check and upgrade the database, put interrupted jobs back into the line, sweep.

        Raises StorageTrouble; then nothing was lost and the folder is free again.
        """
        handle = await asyncio.to_thread(upkeep.lock, folder)
        lines: list[Line] = []
        try:
            await asyncio.to_thread(upkeep.prepare, folder, secret, clock)
            path = folder / upkeep.DATABASE
            for number in range(1 + READERS):
                line = Line(path, readonly=number > 0)
                await line
                lines.append(line)
            storage = cls(
                handle,
                Writer(lines[0], folder),
                Reader(lines[1:], folder),
                Spool(folder / upkeep.SPOOL, secret),
                Seal(secret),
                clock,
            )
            await storage.jobs.load()
            await storage.jobs.recover()
            await storage.jobs.sweep()
        except BaseException:
            for line in lines:
                await line.close()
            os.close(handle)
            raise
        return storage

    async def prove_writable(self) -> None:
        """Write something. Raises StorageTrouble if the disk does not take it."""
        await self._writer.run(lambda db: db.execute("UPDATE turn SET vnow = vnow"))

    async def close(self) -> None:
        """Finish what has begun, empty the WAL, give the folder back. Safe to repeat."""
        if self._closed:
            return
        self._closed = True
        await self.jobs.close()
        try:
            await self._reader.close()
            await self._writer.close()
        finally:
            os.close(self._handle)
