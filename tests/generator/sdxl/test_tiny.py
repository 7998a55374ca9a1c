"""The tiny model itself: were it not like the real one, no test on it would say anything."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import ControlNetModel, UNet2DConditionModel

from tests.generator.sdxl import tiny

pytestmark = pytest.mark.xdist_group("sdxl")


def test_the_same_seed_gives_the_same_weights(models: Path) -> None:
    saved = UNet2DConditionModel.from_pretrained(models / tiny.BASE / "unet").state_dict()
    again = tiny.build()[tiny.BASE]["unet"].state_dict()
    assert all(torch.equal(saved[name], weights) for name, weights in again.items())


def test_its_control_net_says_something(models: Path) -> None:
    control = ControlNetModel.from_pretrained(models / tiny.CONTROL)
    for part in (*control.controlnet_down_blocks, control.controlnet_mid_block):
        assert part.weight.abs().max() > 0
