"""A data folder, a clock that can be moved, and storage on both."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bot.storage import Storage
from tests.begun import begun
from tests.bot.storage.traffic import SECRET

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z


class HandClock:
    """A clock that only moves when told to."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def step(self, *, ms: int = 0, seconds: float = 0, hours: float = 0, days: float = 0) -> None:
        self.now += round(ms + seconds * 1000 + hours * 3_600_000 + days * 86_400_000)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in memory where there is one: for what kills and cuts thousands of times."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="bpp-place-", dir=memory if memory.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


Opener = Callable[[], Awaitable[Storage]]


@pytest.fixture
async def reopen(folder: Path, clock: HandClock) -> AsyncIterator[Opener]:
    """Open the folder (again): what stood open is closed first, as by an orderly stop."""
    opened: list[Storage] = []

    async def open_() -> Storage:
        if opened:
            await opened.pop().close()
        opened.append(await Storage.open(begun(folder, SECRET), SECRET, clock))
        return opened[-1]

    yield open_
    for storage in opened:
        await storage.close()


@pytest.fixture
async def storage(reopen: Opener) -> Storage:
    return await reopen()
