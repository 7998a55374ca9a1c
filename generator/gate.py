"""The process in which strangers' files are decoded: a small parent, and one throw-away child per photo.

Run by ``generator.intake`` as ``python -m generator.gate PARENT SECONDS`` with a unix stream socket as standard input.
Each message there is a format name, padded to ``MESSAGE`` bytes, with two sockets attached: on the first the child
reads the file and answers; on the second the parent reports how the child ended (``!i`` wait status).
An answer is one line of JSON, then raw RGB bytes if it is a photo.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import math
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from typing import Any, cast

from PIL import AvifImagePlugin, Image, ImageCms, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin

from generator import confinement
from generator.errors import PhotoRefused
from generator.limits import MAX_FILE_BYTES, MAX_PIXELS, MAX_SIDE, MIN_SIDE, PHOTO_SIDE

MESSAGE = 8
STATUS = struct.Struct("!i")
MEMORY = 2**30
CPU_SECONDS = 8

_PLUGINS = (AvifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)
"""Imported before the first child is made: a child can open no file, not even one of Pillow's."""
_TAKEN = {"JPEG", "PNG", "WEBP", "AVIF", "HEIF"}

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → what turns the picture upright."""
_ORIENTATION = 0x0112


def decode(data: bytes, kind: str) -> Image.Image:
    """The photo in ``data``: mode RGB, sRGB, upright, first frame, over white, long side at most ``PHOTO_SIDE``.

    Only Pillow's parser for ``kind`` is tried. Raises ``PhotoRefused``, and whatever a parser raises on a broken file.
    """
    picture = Image.open(io.BytesIO(data), formats=[kind])
    width, height = picture.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PhotoRefused("photo-too-many-pixels", {"width": width, "height": height})
    if min(width, height) < MIN_SIDE:
        raise PhotoRefused("photo-too-small", {"width": width, "height": height, "least": MIN_SIDE})
    scale = min(1.0, PHOTO_SIDE / max(width, height))
    if min(width, height) * scale < MIN_SIDE:
        raise PhotoRefused("photo-too-narrow", {"width": width, "height": height})
    # A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, for a fraction of the work.
    picture.draft(None, (math.ceil(width * scale), math.ceil(height * scale)))
    picture.load()
    profile = picture.info.get("icc_profile")
    orientation = _orientation(picture)
    small = _in_eight_bits(picture)
    small.thumbnail((PHOTO_SIDE, PHOTO_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    if small.mode != "RGBA":
        return _in_srgb(small, profile)
    flat = Image.new("RGB", small.size, "white")
    flat.paste(_in_srgb(small.convert("RGB"), profile), mask=small.getchannel("A"))
    return flat


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """The same picture in one of the modes L, RGB, RGBA, CMYK."""
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode in {"LA", "PA", "La", "RGBa"} or "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture if picture.mode in {"L", "RGB", "RGBA", "CMYK"} else picture.convert("RGB")


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - broken EXIF breaks in many ways, and the picture is good without it
        return 1


_SRGB: Any = cast("Any", ImageCms).createProfile("sRGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            told = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, told, _SRGB, outputMode="RGB")
            if converted is not None:
                return converted
    return picture.convert("RGB")


def _answer(data: bytes, kind: str) -> tuple[dict[str, Any], bytes]:
    try:
        picture = decode(data, kind)
        return {"width": picture.width, "height": picture.height}, picture.tobytes()
    except PhotoRefused as error:
        return {"refused": error.key, "parameters": error.parameters}, b""
    except MemoryError:
        return {"refused": "photo-too-heavy"}, b""
    except Exception:  # noqa: BLE001 - parsers raise whatever they like on a broken file
        return {"refused": "photo-broken"}, b""


def _child(kind: str, files: socket.socket, alive: int, seconds: float) -> None:
    """One photo, with nothing to gain and nothing to reach."""
    parent = os.getppid()
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.dup2(files.fileno(), 1000)
    os.dup2(alive, 1001)
    os.closerange(3, 1000)
    connection = socket.socket(fileno=1000)
    confinement.die_with(parent)
    confinement.keep_memory_private()
    confinement.gain_nothing()
    confinement.limit_memory(MEMORY)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # what is open stays open; nothing else can be opened
    signal.setitimer(signal.ITIMER_REAL, seconds)
    os.nice(5)  # a photo may wait a little, a command may not

    data = bytearray()
    while len(data) <= MAX_FILE_BYTES and (piece := connection.recv(2**20)):
        data += piece
    head, pixels = _answer(bytes(data), kind)
    connection.sendall(json.dumps(head).encode() + b"\n")
    connection.sendall(pixels)


class _Children:
    """The children at work: which pipe tells that one ended, and whom to tell."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at_work: dict[int, tuple[int, socket.socket, float]] = {}

    @property
    def pipes(self) -> list[int]:
        return list(self._at_work)

    def make(self, kind: str, files: socket.socket, verdict: socket.socket) -> None:
        ended, alive = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                _child(kind, files, alive, self._seconds)
                code = 0
            finally:
                os._exit(code)
        os.close(alive)
        files.close()
        # The timer in the child is the limit; this is for a child that has disarmed it.
        self._at_work[ended] = (pid, verdict, time.monotonic() + self._seconds + 1)

    def bury(self, ended: int) -> None:
        pid, verdict, _ = self._at_work.pop(ended)
        os.close(ended)
        reaped, status = os.waitpid(pid, os.WNOHANG)
        if reaped == 0:
            time.sleep(0.01)  # a pipe closes a moment before its process can be waited for
            reaped, status = os.waitpid(pid, os.WNOHANG)
        if reaped == 0:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
        with contextlib.suppress(OSError):
            verdict.send(STATUS.pack(status))
        verdict.close()

    def end_the_overdue(self) -> None:
        now = time.monotonic()
        for pid, _, deadline in self._at_work.values():
            if now > deadline:
                os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Make children until nobody wants one any more."""
    confinement.die_with(int(sys.argv[1]))
    confinement.keep_memory_private()
    confinement.gain_nothing()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the chat process
    Image.MAX_IMAGE_PIXELS = None  # our own limits are stricter, and an error instead of a warning
    Image.init()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    with contextlib.suppress(ImportError):
        cast("Any", importlib.import_module("pillow_heif")).register_heif_opener(thumbnails=False)  # an optional extra
    for unwanted in {*Image.ID} - _TAKEN:  # no mistake of ours may ever reach another parser
        Image.ID.remove(unwanted)
        del Image.OPEN[unwanted]
    _warm_up()
    gc.freeze()
    control = socket.socket(fileno=0)
    control.send(b"r")
    children = _Children(float(sys.argv[2]))
    while True:
        ready, _, _ = select.select([control, *children.pipes], [], [], 1.0)
        for one in ready:
            if isinstance(one, int):
                children.bury(one)
        children.end_the_overdue()
        if control in ready:
            message, descriptors, _, _ = socket.recv_fds(control, MESSAGE, 2)
            if not message:
                return
            files, verdict = (socket.socket(fileno=number) for number in descriptors)
            children.make(message.decode().strip(), files, verdict)


def _warm_up() -> None:
    """Use each parser once, so that all that is imported late is imported."""
    for kind in sorted(_TAKEN - {"HEIF"}):
        sample = io.BytesIO()
        Image.new("RGB", (MIN_SIDE, MIN_SIDE)).save(sample, kind, icc_profile=ImageCms.ImageCmsProfile(_SRGB).tobytes())
        decode(sample.getvalue(), kind)
    _answer(b"", "JPEG")


if __name__ == "__main__":
    main()
