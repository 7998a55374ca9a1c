"""The safety checker: says of each picture whether anybody may see it, and touches none."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generator.classic.colour import Bytes
from generator.sdxl.loading import Components, load
from generator.sdxl.placement import Placement
from generator.sdxl.plans import OFFLOADS, plan_named
from generator.sdxl.safety import Checker
from generator.sdxl.store import Store
from tests.generator.sdxl.painters import failing

pytestmark = pytest.mark.xdist_group("sdxl")


@pytest.fixture(scope="module")
def parts(models: Path) -> Components:
    return load(Store(models), plan_named("cpu"))


@pytest.fixture
def checker(parts: Components) -> Checker:
    assert parts.safety is not None
    return Checker(parts.safety.model, parts.safety.processor)


def picture(seed: int, side: int = 64) -> Bytes:
    """Coarse patches of colour, so that two pictures look unlike each other at any size."""
    patches = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return patches.repeat(side // 4, 0).repeat(side // 4, 1)


@contextmanager
def against(checker: Checker, seen: Bytes) -> Iterator[None]:
    """The first concept is this very picture for a while."""
    model: Any = checker.model
    pixels = checker.processor(images=[seen], return_tensors="pt", input_data_format="channels_last").pixel_values
    with torch.no_grad():
        look = model.visual_projection(model.vision_model(pixels)[1])[0]
        before = model.concept_embeds[0].clone(), model.concept_embeds_weights[0].clone()
        model.concept_embeds[0] = look
        model.concept_embeds_weights[0] = 0.999
        try:
            yield
        finally:
            model.concept_embeds[0], model.concept_embeds_weights[0] = before


def test_no_pictures_are_no_work(checker: Checker) -> None:
    assert checker([]) == []


def test_one_picture_of_a_batch_is_found_and_none_is_changed(checker: Checker) -> None:
    pictures = [picture(seed) for seed in range(3)]
    before = [each.copy() for each in pictures]
    assert checker(pictures) == [False, False, False]
    with against(checker, pictures[1]):
        assert checker(pictures) == [False, True, False]
        assert [checker([each])[0] for each in pictures] == [False, True, False]
    assert all((each == then).all() for each, then in zip(pictures, before, strict=True))


def test_a_preview_is_judged_as_its_picture_is(checker: Checker) -> None:
    with against(checker, picture(5, 512)):
        assert checker([picture(5, 128), picture(6, 512)]) == [True, False]


def test_many_threads_look_at_once(checker: Checker) -> None:
    with against(checker, picture(0)), ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda seed: checker([picture(seed % 2)])[0], range(12)))
    assert found == [True, False] * 6


def test_where_there_is_no_memory_it_looks_on_the_processor_and_passes_nothing_unseen(checker: Checker) -> None:
    full = torch.OutOfMemoryError
    with (
        against(checker, picture(1)),
        failing(checker.model.vision_model, lambda number, _: number == 1, full) as looks,
    ):
        assert checker([picture(0), picture(1)]) == [False, True]
        assert len(looks) == 2
    checker.to(torch.device("meta"))
    assert checker.model.device.type == "cpu", "for good"
    with failing(checker.model.vision_model, lambda *_: True, full), pytest.raises(full):
        checker([picture(1)])


def test_it_is_on_the_device_only_where_everything_is(parts: Components, checker: Checker) -> None:
    places: list[str] = []

    class Travelling(Checker):
        def to(self, device: torch.device) -> None:
            places.append(device.type)

    alone: Any = dict.fromkeys(("unet", "controlnet", "control_embedding", "vae", "preview_vae"))
    there = Travelling(checker.model, checker.processor)
    bare = replace(parts, **alone, text_encoders=(None, None), safety=there, device=torch.device("meta"))
    placement = Placement(bare, "none")
    for offload in OFFLOADS[1:3]:
        placement.lower(offload)
    placement.climb("none")
    assert places == ["meta", "cpu", "cpu", "meta"]
