"""The networks at their real size, counted without weights."""

from __future__ import annotations

import pytest

from generator.sdxl import architecture

pytestmark = pytest.mark.xdist_group("sdxl")

COUNTED = {
    "UNet": (2_567_463_684, 1680),
    "ControlNet canny": (1_251_014_160, 844),
    "VAE": (83_653_863, 248),
    "text encoder 1 (CLIP-L)": (123_060_480, 196),
    "text encoder 2 (bigG)": (694_659_840, 517),
    "ControlNet canny, small": (160_111_120, 140),
    "TinyAE, for previews": (2_445_063, 134),
    "safety checker's eye (ViT-L/14)": (303_966_208, 392),
}


def test_parameters_tensors_and_bytes_are_those_of_the_real_networks() -> None:
    found = architecture.networks()
    assert {one.name: (one.parameters, one.tensors) for one in found} == COUNTED
    pipeline = [one for one in found if one.in_pipeline]
    assert sum(one.parameters for one in pipeline) == 4_719_852_027
    assert sum(one.bytes["bf16"] for one in pipeline) / 2**30 == pytest.approx(8.791, abs=0.001)
