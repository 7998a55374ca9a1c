"""What this machine has for SDXL to paint on."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from generator.errors import EngineUnavailable

Kind = Literal["cuda", "mps", "cpu"]

DRIVER = Path("/proc/driver/nvidia/version")
"""Is there where the kernel has NVIDIA's driver, also for containers that were given no GPU."""
AMD_DRIVER = Path("/dev/kfd")
"""Is there where the kernel lets programs compute on a GPU of AMD's, be it only the one inside the processor."""

Why = Literal["asked", "best", "amd", "apple", "nothing"]
"""Why this device: it was asked for · it is the best there is · the CPU, for torch was not made for AMD's GPU · the CPU,
for torch cannot use Apple's · the CPU, for there is no GPU that torch could use."""


@dataclass(frozen=True, slots=True)
class Device:
    """One device and its memory."""

    kind: Kind
    """``cuda`` is also what torch calls a card of AMD's."""
    name: str
    free: int
    """Bytes that nobody uses just now."""
    total: int
    torch: str
    """The version of torch that says so."""
    why: Why


def wake() -> None:
    """Have NVIDIA's driver open its devices, if there is one; nothing is said of how that went.

    To be called before this process gives up gaining rights. After a boot without a screen /dev/nvidia-uvm is not there
    before somebody uses the GPU: the driver's library then starts ``nvidia-modprobe``, which is setuid root. Without
    torch, which takes seconds to import and starts threads.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libcuda.so.1").cuInit(0)


def look(wanted: str = "auto") -> Device:
    """The device called ``wanted``, or the best that torch finds: a GPU, Apple's, or the CPU.

    Raises ``EngineUnavailable`` without torch, or where ``wanted`` is not there. ``auto`` does not fall back to the CPU
    beside a GPU that does not work: pictures would silently take very much longer, and nobody would stand in. (A GPU of
    AMD's is expected to work where torch was made for it: many processors have one that nobody means to paint on.)
    """
    try:
        import torch  # noqa: PLC0415 – it is an extra, and takes seconds
    except ImportError as error:
        raise EngineUnavailable("models-extra") from error

    version = str(torch.__version__)
    made_for_amd = cast("Any", torch.version).hip is not None
    best: Why = "best" if wanted == "auto" else "asked"
    if wanted in ("auto", "cuda") and torch.cuda.is_available():
        with contextlib.suppress(RuntimeError):  # a driver that is older than torch says yes, and then no
            free, total = torch.cuda.mem_get_info()
            name = str(torch.cuda.get_device_name()) + (" through ROCm" if made_for_amd else "")
            return Device("cuda", name, int(free), int(total), version, best)
    if wanted in ("auto", "mps") and torch.backends.mps.is_available():
        mps: Any = torch.mps
        total = int(mps.recommended_max_memory())
        return Device("mps", "Apple GPU", total - int(mps.driver_allocated_memory()), total, version, best)
    if wanted == "auto" and (DRIVER.exists() or (made_for_amd and AMD_DRIVER.exists())):
        raise EngineUnavailable("error-device-broken")
    if wanted in ("auto", "cpu"):
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        why: Why = "amd" if AMD_DRIVER.exists() else "apple" if sys.platform == "darwin" else "nothing"
        free = min(_available() or total // 2, total)
        return Device("cpu", f"CPU, {os.cpu_count()} cores", free, total, version, why if wanted == "auto" else "asked")
    raise EngineUnavailable("error-device", {"device": wanted})


def _available(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """What Linux would give to a new program, and the container that this may be; 0 where nobody says."""
    found = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (proc / "meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found = int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError):  # "max" is no number: no limit
        limit, used = (int((groups / name).read_text()) for name in ("memory.max", "memory.current"))
        # Files that were read, such as weights, count as used, and make way.
        stat = dict(line.split() for line in (groups / "memory.stat").read_text().splitlines())
        left = limit - used + int(stat.get("active_file", 0)) + int(stat.get("inactive_file", 0))
        found = max(min(found or left, left), 1)
    return found
