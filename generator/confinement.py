"""What a child process gives up before it touches anything that a stranger made."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_SET_PDEATHSIG = 1
_SET_DUMPABLE = 4
_SET_NO_NEW_PRIVS = 38
"""Numbers of prctl(2), from <linux/prctl.h>."""


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the process ``parent`` ends, however it ends. Exits if that was already.

    The kernel watches the *thread* that made this process: start children from a thread that lives as long as they.
    """
    _prctl(_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def keep_memory_private() -> None:
    """No core dump and no debugger: memory may hold a face."""
    _prctl(_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def gain_nothing() -> None:
    """No setuid program gives this process or its children more rights."""
    _prctl(_SET_NO_NEW_PRIVS, 1)


def limit_memory(size: int) -> None:
    """Address space of this process in bytes: what is asked for beyond it raises MemoryError."""
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def environment(**more: str) -> dict[str, str]:
    """The environment of a child: where Python finds our packages, and nothing that this process was told in secret."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONDONTWRITEBYTECODE": "1",
        # One picture, one core: more threads would wait for work by spinning, where others are to draw.
        "OPENBLAS_NUM_THREADS": "1",
        "OPENCV_FOR_THREADS_NUM": "1",
        **more,
    }
