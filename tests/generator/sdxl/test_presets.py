"""Presets: three names, and what a style's file may change about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.errors import SpecInvalid
from generator.sdxl.presets import PRESETS, preset_of
from generator.styles import Style, load_catalog

pytestmark = pytest.mark.xdist_group("sdxl")


def style(**parameters: Any) -> Style:
    return replace(load_catalog()["ink"], parameters=parameters)


def test_best_saves_only_what_nobody_sees() -> None:
    best = PRESETS["best"]
    assert (best.steps, best.guidance, best.scheduler) == (30, 6.0, "dpmpp-2m-karras")
    assert (best.guidance_end, best.control_end, best.few_step, best.tiny_decode) == (1.0, 1.0, None, False)
    assert best.lines_until(0.3) == 0.3
    assert replace(best, control_least=0.5, control_end=0.4).lines_until(0.3) == 0.4


def test_fast_takes_few_steps_and_no_guidance() -> None:
    fast = PRESETS["fast"]
    assert fast.steps == 4
    assert not fast.guided
    assert fast.few_step
    assert fast.lines_until(0.3) == 0.5  # where of four steps one would be left
    assert fast.lines_until(0.8) == 0.8


def test_a_style_says_what_is_meant_where_nobody_chose() -> None:
    assert preset_of(style(), "").name == "balanced"
    assert preset_of(style(quality="best"), "").name == "best"
    assert preset_of(style(quality="best"), "fast").name == "fast"


def test_a_style_overrides_single_values() -> None:
    changed = preset_of(style(best={"steps": 40, "guidance": 5, "tiny_decode": True}), "best")
    assert changed == replace(PRESETS["best"], steps=40, guidance=5, tiny_decode=True)
    assert preset_of(style(fast={"few_step": ""}), "fast").few_step is None


@pytest.mark.parametrize(
    ("parameters", "setting"),
    [
        ({"quality": "finest"}, "quality"),
        ({"best": 7}, "-"),
        ({"best": {"steps": 0}}, "steps"),
        ({"best": {"steps": 2.5}}, "steps"),
        ({"best": {"steps": True}}, "steps"),
        ({"best": {"guidance": -1}}, "guidance"),
        ({"best": {"guidance_end": 1.5}}, "guidance_end"),
        ({"best": {"tiny_decode": "yes"}}, "tiny_decode"),
        ({"best": {"scheduler": 3}}, "scheduler"),
        ({"best": {"name": "mine"}}, "name"),
        ({"best": {"stepz": 3}}, "stepz"),
    ],
)
def test_what_no_preset_can_be_is_named(parameters: dict[str, Any], setting: str) -> None:
    with pytest.raises(SpecInvalid) as caught:
        preset_of(style(**parameters), "best" if "best" in parameters else "")
    assert caught.value.key == "error-preset"
    assert caught.value.parameters["setting"] == setting
