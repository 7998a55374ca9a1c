"""Engines that really misbehave, each as the style of the job asks; run in real child processes."""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import struct
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from generator.engine import Avatar, AvatarSpec, Progress
from generator.errors import DrawCancelled, DrawFailed, EngineUnavailable, SpecInvalid


def png(size: int, shade: int) -> bytes:
    """A square PNG of one grey, made by hand: an engine of the tests starts often, and OpenCV slowly."""
    return packed(size, (b"\0" + bytes([shade]) * size) * size)


def packed(size: int, rows: bytes) -> bytes:
    """A square PNG, grey, of ``rows`` as PNG wants them."""
    parts = {
        b"IHDR": struct.pack("!IIBBBBB", size, size, 8, 0, 0, 0, 0),
        b"IDAT": zlib.compress(rows),
        b"IEND": b"",
    }
    chunks = (
        struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))
        for kind, data in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


READY = png(640, 128)


class Rogue:
    """Draws a grey square whose shade is the seed, or the sum of the photo, unless the style names a crime."""

    name = "rogue"
    capacity = 1
    version = "1"

    def draw(self, spec: AvatarSpec, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Avatar:
        if spec.style == "instant":
            return Avatar(READY, 640, "none")
        report(Progress(0.1))
        crime = getattr(self, "_" + spec.style.replace("-", "_"), None)
        if crime is not None:
            crime(report, cancelled)
        if spec.style == "bulky":  # more than any socket holds
            return Avatar(packed(1024, b"".join(b"\0" + os.urandom(1024) for _ in range(1024))), 1024, "none")
        if spec.style == "nothing":
            return None
        shade = sum(spec.photo.rgb) if spec.photo else spec.seed
        return Avatar(png(spec.size, shade % 256), spec.size, "low" if spec.photo else "none", ("note-no-face",))

    def _segfault(self, report, cancelled) -> None:
        ctypes.string_at(0)

    def _crash_once(self, report, cancelled) -> None:
        """Crashes the first process that draws it, wherever that is."""
        marker = Path(os.environ["ROGUE_MARKER"])
        if not marker.exists():
            marker.write_text(str(os.getpid()))
            ctypes.string_at(0)

    def _leave(self, report, cancelled) -> None:
        os._exit(3)

    def _politely_leave(self, report, cancelled) -> None:
        raise SystemExit(3)

    def _devour(self, report, cancelled) -> None:
        hoard = []
        while True:
            hoard.append(bytearray(64 * 2**20))

    def _loop(self, report, cancelled) -> None:
        while True:
            time.sleep(0.05)

    def _chatty_loop(self, report, cancelled) -> None:
        while True:
            time.sleep(0.02)
            report(Progress(0.5))

    def _hog(self, report, cancelled) -> None:
        # One C call that never lets go of the interpreter lock: not even a heartbeat gets out.
        ctypes.PyDLL(None).sleep(60)

    def _refuse(self, report, cancelled) -> None:
        raise SpecInvalid("error-style", {"style": "refuse"})

    def _fail(self, report, cancelled) -> None:
        raise DrawFailed

    def _beyond(self, report, cancelled) -> None:
        raise EngineUnavailable("error-engine-memory")

    def _beyond_late(self, report, cancelled) -> None:
        """Finds out when nobody waits any more."""
        while not cancelled():
            time.sleep(0.01)
        raise EngineUnavailable("error-engine-memory")

    def _lack(self, report, cancelled) -> None:
        raise EngineUnavailable("error-model-missing", {"model": "papercut"})

    def _lose(self, report, cancelled) -> None:
        """Its device is lost for as long as the process lives."""
        self.broken = True
        raise EngineUnavailable

    def _bug(self, report, cancelled) -> None:
        raise KeyError("a bug")

    def _stolen_thread(self, report, cancelled) -> None:
        """Ends the whole process as if it were done, in the middle of the stream."""
        report(Progress(0.9))
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)

    def _nan(self, report, cancelled) -> None:
        report(Progress(float("nan")))
        time.sleep(0.2)

    def _flood(self, report, cancelled) -> None:
        for n in range(20_000):
            report(Progress(n / 20_000))

    def _shout(self, report, cancelled) -> None:
        for _ in range(50):
            os.write(1, b"x" * 100_000)
        os.write(2, b"\nline\n" * 5_000)

    def _slow(self, report, cancelled) -> None:
        """Twenty polite steps a second, for five minutes; leaves a trace of when it stopped."""
        for step in range(6_000):
            if cancelled():
                raise DrawCancelled
            report(Progress(step / 6_000))
            time.sleep(0.05)

    def _steady(self, report, cancelled) -> None:
        for step in range(15):
            report(Progress(step / 15))
            time.sleep(0.1)

    def _deaf(self, report, cancelled) -> None:
        """Draws on, whether anybody listens or not, until the marker is there."""
        marker = Path(os.environ["ROGUE_MARKER"])
        while not marker.exists():
            time.sleep(0.01)

    def _brief(self, report, cancelled) -> None:
        time.sleep(0.3)


class Crew(Rogue):
    """Draws three at a time."""

    capacity = 3


class Huge(Rogue):
    """An avatar whose PNG is not of the size it says."""

    def draw(self, spec, report, cancelled) -> Avatar:
        return Avatar(png(32, 0), 512, "none")


def create(folders: Sequence[Path]) -> Rogue:
    return Rogue()


def create_crew(folders: Sequence[Path]) -> Crew:
    return Crew()


def create_huge(folders: Sequence[Path]) -> Huge:
    return Huge()


def create_garbler(folders: Sequence[Path]) -> Rogue:
    """Spoils the server that it runs in: what leaves it are no frames."""
    sys.modules["__main__"].encode_frame = lambda frame: b"\x00\xff garbage " * 20
    return Rogue()


def create_broken(folders: Sequence[Path]) -> Rogue:
    raise RuntimeError("no weights here")


def create_weightless(folders: Sequence[Path]) -> Rogue:
    """Until somebody pulls the weights."""
    if Path(os.environ.get("ROGUE_MARKER", "/nowhere")).exists():
        return Rogue()
    raise EngineUnavailable("error-model-missing", {"model": "sdxl-base"})


def create_unlibraried(folders: Sequence[Path]) -> Rogue:
    importlib.import_module("a_library_that_nobody_has")
    return Rogue()


def create_sleepy(folders: Sequence[Path]) -> Rogue:
    time.sleep(600)
    return Rogue()
