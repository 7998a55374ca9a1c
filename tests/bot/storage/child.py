"""Work done in a process of its own, which may lose rights, space or its life there."""

from __future__ import annotations

import ctypes
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_RDONLY, MS_REMOUNT, MS_REC, MS_PRIVATE = 1, 32, 16384, 1 << 18
NOBODY = 65534


def start(work: Callable[[], None]) -> int:
    """Fork and do ``work`` there. The child's pid."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except Exception:  # noqa: BLE001 - a child says what went wrong and ends
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    return pid


def ended(pid: int) -> int:
    """Wait for a child; its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def run(work: Callable[[], None]) -> int:
    return ended(start(work))


_libc = ctypes.CDLL(None, use_errno=True)


def _call(code: int) -> None:
    if code != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def own_mounts() -> None:
    """From here on this process mounts for itself alone. Raises OSError where that is not allowed."""
    _call(_libc.unshare(CLONE_NEWNS | (0 if os.geteuid() == 0 else CLONE_NEWUSER)))
    _call(_libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))


def mount_tmpfs(folder: Path, size: str) -> None:
    _call(_libc.mount(b"tmpfs", bytes(folder), b"tmpfs", ctypes.c_ulong(0), f"size={size}".encode()))


def make_read_only(folder: Path) -> None:
    _call(_libc.mount(None, bytes(folder), None, ctypes.c_ulong(MS_REMOUNT | MS_RDONLY), None))


def may_mount() -> bool:
    """Whether this machine lets a process mount a file system for itself."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            own_mounts()
            mount_tmpfs(Path("/mnt"), "64k")
            os.write(write, b"1")
        finally:
            os._exit(0)
    ended(pid)
    os.close(write)
    answer = os.read(read, 1)
    os.close(read)
    return answer == b"1"
