"""Chance that repeats: one generator of random numbers for each purpose of each seed."""

from __future__ import annotations

import zlib

import numpy as np


def chance(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator that depends on ``seed`` (0 … 2**63-1) and on the words of ``purpose`` alone."""
    words = [part if isinstance(part, int) else zlib.crc32(part.encode()) for part in purpose]
    return np.random.Generator(np.random.PCG64([seed & 0xFFFFFFFF, seed >> 32, *words]))
