"""What is known about jobs only while they are drawn: how far they are, and that their member wants them no more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from generator.engine import Progress


@dataclass(slots=True)
class _Entry:
    progress: Progress | None = None
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """In memory, on the event loop only. The job's row stays the truth; nothing here survives a restart or needs to."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}

    def begin(self, job: int) -> asyncio.Event:
        """A worker draws ``job`` from now until ``forget``. The event is set when the member cancels."""
        entry = self._entries[job] = _Entry()
        return entry.cancelled

    def report(self, job: int, progress: Progress) -> None:
        """Remember the latest progress; a report without a preview keeps the preview before it."""
        entry = self._entries.get(job)
        if entry is not None:
            preview = progress.preview or (entry.progress.preview if entry.progress else None)
            entry.progress = Progress(progress.fraction, preview)

    def progress(self, job: int) -> Progress | None:
        """The latest progress of ``job``, None when it is not being drawn or has not reported."""
        entry = self._entries.get(job)
        return None if entry is None else entry.progress

    def cancel(self, job: int) -> None:
        """Stop drawing ``job``, if it is being drawn. To be called after its row says that it is cancelled."""
        entry = self._entries.get(job)
        if entry is not None:
            entry.cancelled.set()

    def forget(self, job: int) -> None:
        """``job`` is no longer drawn."""
        self._entries.pop(job, None)
