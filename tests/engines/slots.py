"""Slots with rogue engines, and how long tests wait for them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np

from bot.engines import LocalEngine, Patience
from generator.engine import Avatar, AvatarSpec, Photo, Progress

CALM = Patience(silence=25, stall=25, longest=40, start=40, letting_go=25)
"""Longer than a busy machine holds up an engine that is well."""
SOON = 15.0
"""Seconds within which something happens on any machine, where it would take longer than that if it had to be waited out."""
PHOTO = Photo(40, 30, bytes(range(200)) * 18)


def rogue(name: str = "rogue-0", factory: str = "create", **options) -> LocalEngine:
    """A slot whose engine is ``tests.engines.rogue.<factory>``. Who tests a limit gives it that one short."""
    options = {"patience": CALM, "heartbeat": 0.2, **options}
    return LocalEngine(name, engine=f"tests.engines.rogue:{factory}", serves="rogue", **options)


def spec(style: str = "grey", seed: int = 7, photo: Photo | None = None) -> AvatarSpec:
    return AvatarSpec(style, seed, photo, size=64)


def shade(avatar: Avatar | bytes) -> int:
    """The grey of a rogue's picture."""
    png = avatar.png if isinstance(avatar, Avatar) else avatar
    return int(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[0, 0, 0])


async def ready(slot, seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        await slot.ready()


def silent(progress: Progress) -> None:
    """A report that nobody wants."""


def is_gone(pid: int, seconds: float = 20) -> bool:
    """Whether the process ends within ``seconds``; a zombie has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            if (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
