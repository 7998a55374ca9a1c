"""The noise that a picture begins as: its own, or one that is near to that of other pictures."""

from __future__ import annotations

from collections.abc import Sequence

import torch

TURN = 0.35
"""How far the noise of a picture that is like another is turned from that one's towards its own: of a right angle, for
large noises are all but perpendicular. The two are then correlated by cos(0.35 · 90°) = 0.85."""


def between(one: torch.Tensor, other: torch.Tensor, part: float) -> torch.Tensor:
    """Spherical linear interpolation (Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985), from
    ``one`` at ``part`` 0 to ``other`` at 1; what variation seeds are in other programs that paint.

    A straight line between two noises runs through noise of less variance, from which networks paint fog; the arc
    keeps it. Computed in float64 and given back as float32, for the same on every machine.
    """
    a, b = one.double().flatten(), other.double().flatten()
    angle = torch.arccos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))
    if float(angle) < 1e-6:  # the same noise: between it and itself is nothing else
        return one
    mixed = (torch.sin((1 - part) * angle) * a + torch.sin(part * angle) * b) / torch.sin(angle)
    return mixed.to(one.dtype).reshape(one.shape)


def drawn(
    shape: Sequence[int], own: torch.Generator, near: Sequence[int] = (), before: torch.dtype | None = None
) -> torch.Tensor:
    """Noise of ``shape`` from the generator ``own``; float32 on the CPU, mean 0, variance 1.

    ``near``: seeds of the pictures that this one comes from, the oldest first. Each of them is turned by ``TURN`` from
    the one before it, and this one from the last. ``before``: the kind of noise that was taken from ``own`` already,
    so that it is left out of theirs as well.
    """
    sources = [*(torch.Generator("cpu").manual_seed(seed) for seed in near), own]
    if before is not None:
        for source in sources[:-1]:
            torch.randn(shape, generator=source, dtype=before)
    first, *others = (torch.randn(shape, generator=source) for source in sources)
    for other in others:
        first = between(first, other, TURN)
    return first
