"""A full disk in the middle of traffic: whoever was told "queued" gets a picture, and work goes on once there is room."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.campaign import Campaign, campaign

TMPFS_BYTES = 16_000_000
FULL_FILE_BYTES = 400_000
"""No file of the data folder may grow beyond: reached by the write-ahead log first."""


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of its own in memory. False where we may not mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES},mode=700", "none", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


async def run_into_trouble(war: Campaign) -> None:
    """Until at least ten calls were told that the disk does not take them."""
    assert await war.peer.quiet(30, lambda: war.peer.told()["error-storage"] >= 10), str(war.peer.told())
    await asyncio.sleep(1)


async def recover(war: Campaign) -> None:
    """Everything accepted comes to its end, and new calls are taken, without a new start."""
    before = len(war.peer.wishes)
    assert await war.peer.quiet(20, lambda: any(wish.queued for wish in war.peer.wishes[before:])), (
        f"nothing is taken: {war.peer.told(before)}"
    )
    await asyncio.sleep(2)
    await war.peer.hush()
    war.peer.gentle = True
    assert await war.peer.quiet(40, lambda: not war.peer.unsettled()), f"{len(war.peer.unsettled())} wait for ever"
    verdict = await war.judge()
    print(verdict)
    assert verdict, str(verdict)
    assert verdict.counts["trouble"] >= 10
    assert verdict.counts["done"] > 10


@pytest.mark.timeout(300)
async def test_a_disk_that_fills_up_under_traffic_loses_nothing() -> None:
    async with campaign(seed=7, photos=0.4) as war:
        with small_disk(war.folder) as mounted:
            if not mounted:
                war.folder.rmdir()
                await files_stop_growing(war)
                return
            await war.start()
            assert await war.up(), war.zygote.tail()
            await war.peer.prepare()
            war.peer.bustle(members=12, pause=0.3)
            await asyncio.sleep(1.5)
            ballast = war.folder / "ballast"
            with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(bytes(4096)):
                    pass
            await run_into_trouble(war)
            ballast.unlink()
            await recover(war)


@pytest.mark.soak
async def test_files_that_may_not_grow_any_more_lose_nothing() -> None:
    async with campaign(seed=8, photos=0.4) as war:
        await files_stop_growing(war)


async def files_stop_growing(war: Campaign) -> None:
    """The same without a disk of its own: the system refuses to make any file larger, and then does not any more."""
    war.life = replace(war.life, largest_file=FULL_FILE_BYTES)
    await war.start()
    assert await war.up(), war.zygote.tail()
    await war.peer.prepare()
    war.peer.bustle(members=12, pause=0.3)
    await run_into_trouble(war)
    endless = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(war.pids[-1], resource.RLIMIT_FSIZE, endless)
    war.life = replace(war.life, largest_file=None)
    await recover(war)
