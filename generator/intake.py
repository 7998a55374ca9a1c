"""Photo intake: a stranger's file goes in, raw pixels come out, and no parser runs in this process.

A file is named by its first bytes alone. Those kinds that we take are decoded by ``generator.gate`` in a confined
child process; all others are refused with a sentence that says what to send instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, cast

from generator import confinement
from generator.engine import Photo
from generator.errors import PhotoRefused
from generator.limits import MAX_FILE_BYTES, MAX_PHOTO_BYTES, PHOTO_SIDE

log = logging.getLogger(__name__)

_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_TOO_HEAVY = {signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL}
_KEY = re.compile(r"photo-[a-z-]{1,40}")
_MAX_ANSWER_BYTES = MAX_PHOTO_BYTES + 4096


def _starts(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(magics)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda data: data[:4] == b"RIFF" and data[8:12] == kind


def _looks_like(*words: bytes) -> Callable[[bytes], bool]:
    return lambda data: any(word in data[:1024].lower() for word in words)


_OTHER_KINDS: tuple[tuple[Callable[[bytes], bool], str, str], ...] = (
    (_starts(b"GIF8"), "photo-gif", ""),
    (_starts(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "photo-other-format", "TIFF"),
    (_starts(b"BM"), "photo-other-format", "BMP"),
    (_starts(b"8BPS"), "photo-other-format", "Photoshop"),
    (_starts(b"\0\0\1\0"), "photo-other-format", "ICO"),
    (_starts(b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"), "photo-other-format", "JPEG 2000"),
    (_starts(b"\0\0\0\x0cJXL ", b"\xff\x0a"), "photo-other-format", "JPEG XL"),
    (_starts(b"\x1aE\xdf\xa3", b"OggS", b"\0\0\1\xba", b"\0\0\1\xb3", b"FLV"), "photo-video", ""),
    (_riff(b"AVI "), "photo-video", ""),
    (_starts(b"%PDF"), "photo-document", "PDF"),
    (_starts(b"%!PS", b"\xc5\xd0\xd3\xc6"), "photo-document", "PostScript"),
    (_starts(b"PK\3\4", b"PK\5\6", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"), "photo-document", "ZIP"),
    (_looks_like(b"<svg"), "photo-other-format", "SVG"),
    (_looks_like(b"<!doctype html", b"<html"), "photo-document", "HTML"),
)
"""What we know but do not take: how to tell, the wording key, and the name people know the format by."""


def sniff(data: bytes) -> str:
    """Pillow's name of the format of ``data``, one that we take. Raises ``PhotoRefused`` for every other content."""
    if not data:
        raise PhotoRefused("photo-empty")
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if _riff(b"WEBP")(data):
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _sniff_boxes(data)
    for matches, key, name in _OTHER_KINDS:
        if matches(data):
            raise PhotoRefused(key, {"format": name} if name else {})
    raise PhotoRefused("photo-unreadable")


def _sniff_boxes(data: bytes) -> str:
    """AVIF, HEIC and most videos share a container; the brands in its first box tell which."""
    end = min(int.from_bytes(data[:4], "big"), 256, len(data))
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    if brands[0] in _AVIF_BRANDS or (brands[0] in {b"mif1", b"msf1"} and _AVIF_BRANDS & {*brands}):
        return "AVIF"
    if brands[0] in _HEIC_BRANDS:
        if importlib.util.find_spec("pillow_heif") is None:
            raise PhotoRefused("photo-heic")
        return "HEIF"
    raise PhotoRefused("photo-video")


class _GateLost(Exception):
    """The process that makes the children is gone."""


class Intake:
    """Decodes photos in throw-away children, ``at_once`` of them at the same time, each at most ``seconds`` long."""

    def __init__(self, *, at_once: int = 2, seconds: float = 12.0) -> None:
        self._seats = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._starting = asyncio.Lock()
        self._control: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> asyncio.subprocess.Process:
        """Start the gate, unless it runs; returns its process. Raises OSError or RuntimeError when that is not possible."""
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return self._process
            await self._stop()
            control, theirs = socket.socketpair()
            control.settimeout(0)
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "generator.gate", str(os.getpid()), str(self._seconds)),
                    env=confinement.environment(),
                    stdin=theirs.fileno(),
                    stdout=asyncio.subprocess.DEVNULL,
                )
            except OSError:
                control.close()
                raise
            finally:
                theirs.close()
            self._control = control
            async with asyncio.timeout(30):
                if await asyncio.get_running_loop().sock_recv(control, 1) != b"r":
                    raise RuntimeError("the photo gate did not start")
            return self._process

    async def close(self) -> None:
        """Stop the gate; photos being decoded are refused."""
        async with self._starting:
            await self._stop()

    async def decode(self, data: bytes) -> Photo:
        """The photo in ``data``, long side at most ``PHOTO_SIDE``. Raises ``PhotoRefused`` for everything else."""
        if len(data) > MAX_FILE_BYTES:
            raise PhotoRefused("photo-too-large-file", {"most": MAX_FILE_BYTES // 1_000_000})
        kind = sniff(data)
        async with self._seats:
            for _ in range(2):
                gate = None
                try:
                    gate = await self.start()
                    return await self._ask(kind, data)
                except (_GateLost, OSError, RuntimeError, TimeoutError) as error:
                    log.warning("the photo gate is gone, starting another (%s)", type(error).__name__)
                    if gate is not None:
                        await _end(gate)
        raise PhotoRefused("photo-not-now")

    async def _ask(self, kind: str, data: bytes) -> Photo:
        ours, theirs = socket.socketpair()
        verdict, verdicts = socket.socketpair()
        with ours, verdict:
            with theirs, verdicts:
                ours.settimeout(0)
                verdict.settimeout(0)
                if self._control is None:
                    raise _GateLost
                socket.send_fds(self._control, [kind.ljust(8).encode()], [theirs.fileno(), verdicts.fileno()])
            async with asyncio.timeout(self._seconds + 3):
                answer, status = await self._exchange(ours, verdict, data)
        if not os.WIFEXITED(status):
            heavy = os.WTERMSIG(status) in _TOO_HEAVY
            raise PhotoRefused("photo-too-heavy" if heavy else "photo-broken")
        return _photo(answer)

    async def _exchange(self, ours: socket.socket, verdict: socket.socket, data: bytes) -> tuple[bytes, int]:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):  # a child that died says why below
            await loop.sock_sendall(ours, data)
            ours.shutdown(socket.SHUT_WR)
        answer = bytearray()
        with contextlib.suppress(ConnectionError):
            while len(answer) <= _MAX_ANSWER_BYTES and (piece := await loop.sock_recv(ours, 2**18)):
                answer += piece
        try:
            status = await loop.sock_recv(verdict, 4)
        except ConnectionError as error:
            raise _GateLost from error
        if len(status) != 4:
            raise _GateLost
        return bytes(answer), int.from_bytes(status, "big", signed=True)

    async def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            await _end(self._process)
            self._process = None


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _photo(answer: bytes) -> Photo:
    """What the child said. It has read a stranger's file, so it is believed as little as the stranger."""
    line, _, pixels = answer.partition(b"\n")
    try:
        head = json.loads(line)
        refused = head.get("refused")
        if refused is None:
            width, height = head["width"], head["height"]
            if not (type(width) is int and type(height) is int and max(width, height) <= PHOTO_SIDE):
                raise PhotoRefused("photo-broken")
            return Photo(width, height, pixels)
        given = cast("dict[str, Any]", head.get("parameters", {}))
        parameters = {str(name): value for name, value in given.items() if type(value) is int}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PhotoRefused("photo-broken") from error
    if not isinstance(refused, str) or not _KEY.fullmatch(refused):
        raise PhotoRefused("photo-broken")
    raise PhotoRefused(refused, parameters)
