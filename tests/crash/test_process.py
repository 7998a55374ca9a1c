"""Nothing of a crash test outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path

import psutil

from tests.crash.process import Life, Zygote


async def test_a_life_that_stands_still_ends_with_its_zygote(tmp_path: Path) -> None:
    zygote = Zygote(tmp_path)
    with socket.socket(socket.AF_UNIX) as peer:
        peer.bind(str(tmp_path / "peer"))
        peer.listen()
        peer.setblocking(False)
        child = await zygote.bear(Life(tmp_path / "data", tmp_path / "peer", slots=0))
        try:
            async with asyncio.timeout(20):
                connection, _ = await asyncio.get_running_loop().sock_accept(peer)
            with connection:
                life = psutil.Process(child)
                life.suspend()
                os.kill(life.ppid(), signal.SIGKILL)
                zygote.close()
                async with asyncio.timeout(20):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        while life.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110 - nobody tells
                            await asyncio.sleep(0.02)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
