"""The safety checker: says of each picture whether anybody may see it, and touches none."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generator.classic.colour import Bytes
from generator.sdxl.loading import Checker, load
from generator.sdxl.plans import plan_named
from generator.sdxl.safety import Check, check_with
from generator.sdxl.store import Store

pytestmark = pytest.mark.xdist_group("sdxl")


@pytest.fixture(scope="module")
def checker(models: Path) -> Checker:
    found = load(Store(models), plan_named("cpu")).safety
    assert found is not None
    return found


def picture(seed: int, side: int = 64) -> Bytes:
    """Coarse patches of colour, so that two pictures look unlike each other at any size."""
    patches = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return patches.repeat(side // 4, 0).repeat(side // 4, 1)


def check(checker: Checker) -> Check:
    found = check_with(checker)
    assert found is not None
    return found


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


def test_without_weights_nobody_looks() -> None:
    assert check_with(None) is None


def test_no_pictures_are_no_work(checker: Checker) -> None:
    assert list(check(checker)([])) == []


def test_one_picture_of_a_batch_is_found_and_none_is_changed(checker: Checker) -> None:
    pictures = [picture(seed) for seed in range(3)]
    before = [each.copy() for each in pictures]
    look = check(checker)
    assert list(look(pictures)) == [False, False, False]
    with against(checker, pictures[1]):
        assert list(look(pictures)) == [False, True, False]
        assert [bool(look([each])[0]) for each in pictures] == [False, True, False]
    assert all((each == then).all() for each, then in zip(pictures, before, strict=True))


def test_a_preview_is_judged_as_its_picture_is(checker: Checker) -> None:
    with against(checker, picture(5, 512)):
        assert list(check(checker)([picture(5, 128), picture(6, 512)])) == [True, False]


def test_many_threads_look_at_once(checker: Checker) -> None:
    look = check(checker)
    with against(checker, picture(0)), ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda seed: look([picture(seed % 2)])[0], range(12)))
    assert found == [True, False] * 6
