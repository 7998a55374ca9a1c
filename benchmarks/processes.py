"""Bots in processes of their own, so that a benchmark measures what an admin starts, and nothing of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil


def settings(folder: Path) -> dict[str, str]:
    """What every `bpp run` here is told: all of its files in ``folder``, two engines, an end without delay."""
    (folder / "none.toml").touch()
    return {
        "BPP_DATA": str(folder / "data"),
        "BPP_SECRET_FILE": str(folder / "secret"),
        "BPP_CONFIG": str(folder / "none.toml"),
        "BPP_ENGINES": "classic,classic",
        "BPP_DRAIN": "0",
        "BPP_LOG_LEVEL": "WARNING",
    }


@asynccontextmanager
async def running(*command: str, **settings: str) -> AsyncIterator[psutil.Process]:
    """``python -m command`` until the end of the block. It must live until then."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BPP_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, stdout=asyncio.subprocess.DEVNULL, env=clean | settings
    )
    try:
        yield psutil.Process(process.pid)
        assert process.returncode is None, f"{command} has ended by itself"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def memory(process: psutil.Process) -> float:
    """MiB of this process alone."""
    return process.memory_info().rss / 2**20
