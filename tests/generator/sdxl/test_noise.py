"""Noise of pictures that come from each other."""

from __future__ import annotations

import itertools

import pytest
import torch

from generator.sdxl.noise import TURN, between, drawn

SHAPE = (1, 4, 64, 64)


def of(seed: int, *near: int) -> torch.Tensor:
    return drawn(SHAPE, torch.Generator("cpu").manual_seed(seed), near)


def alike(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])


def test_between_two_noises_lie_the_two_and_noise() -> None:
    one, other = of(1), of(2)
    assert torch.allclose(between(one, other, 0.0), one)
    assert torch.allclose(between(one, other, 1.0), other, atol=1e-6)
    assert torch.equal(between(one, one, 0.35), one)
    for part in (0.1, 0.35, 0.5, 0.9):
        mixed = between(one, other, part)
        assert float(mixed.mean()) == pytest.approx(0, abs=0.03)
        assert float(mixed.std()) == pytest.approx(1, abs=0.02)
        assert alike(mixed, one) == pytest.approx(float(torch.cos(torch.tensor(part * torch.pi / 2))), abs=0.03)


def test_who_comes_from_another_is_near_to_it_and_far_from_strangers() -> None:
    assert torch.equal(of(3), torch.randn(SHAPE, generator=torch.Generator("cpu").manual_seed(3)))
    path = (3, 7, 11, 12, 13, 14, 15, 16)
    line = [of(seed, *path[:place]) for place, seed in enumerate(path)]
    for parent, child in itertools.pairwise(line):
        assert alike(parent, child) == pytest.approx(0.85, abs=0.03)
        assert abs(float(child.std()) - 1) < 0.03
        assert abs(alike(child, of(99))) < 0.05
    siblings = of(20, 3), of(21, 3)
    assert 0.6 < alike(*siblings) < 0.85
    assert torch.equal(line[-1], of(path[-1], *path[:-1]))
    assert 0 < TURN < 0.5


def test_what_was_taken_before_is_left_out_of_everybodys() -> None:
    kind = torch.float16

    def second(seed: int, *near: int) -> torch.Tensor:
        source = torch.Generator("cpu").manual_seed(seed)
        torch.randn(SHAPE, generator=source, dtype=kind)
        return drawn(SHAPE, source, near, before=kind)

    assert alike(second(5, 4), second(4)) == pytest.approx(0.85, abs=0.03)
    assert torch.equal(second(5, 4), between(second(4), second(5), TURN))
