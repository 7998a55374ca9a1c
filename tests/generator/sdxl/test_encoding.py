"""Words: what diffusers makes of them, and nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionXLPipeline

from generator.sdxl.encoding import Encoder
from generator.sdxl.loading import Components, load
from generator.sdxl.placement import Placement
from generator.sdxl.plans import Plan
from tests.generator.sdxl import tiny
from tests.generator.sdxl.shelves import Folder

pytestmark = pytest.mark.xdist_group("sdxl")


@pytest.fixture(scope="module")
def parts(models: Path) -> Components:
    return load(Folder(models), Plan("test", precision="fp32"))


@pytest.fixture
def encoder(parts: Components) -> Encoder:
    return Encoder(parts, Placement(parts, "text"), kept=8)


def forwards(module: Any, calls: list[int]) -> Any:
    return module.register_forward_hook(lambda *_: calls.append(1))


@pytest.mark.parametrize("text", ["a portrait in ink", "", "서울의 밤", "word " * 100])
def test_reads_what_the_pipeline_of_diffusers_reads(
    text: str, encoder: Encoder, parts: Components, models: Path
) -> None:
    pipeline = StableDiffusionXLPipeline.from_pretrained(models / tiny.BASE, add_watermarker=False)
    embeds, without, pooled, pooled_without = pipeline.encode_prompt(text, device=torch.device("cpu"))
    ours, nothing = encoder.words([text, None])
    torch.testing.assert_close(ours.embeds, embeds)
    torch.testing.assert_close(ours.pooled, pooled)
    # No negative prompt is zeros, and not the empty text.
    assert torch.equal(nothing.embeds, without)
    assert torch.equal(nothing.pooled, pooled_without)
    assert not torch.equal(encoder.words([""])[0].embeds, nothing.embeds)


def test_a_second_time_runs_no_encoder(encoder: Encoder, parts: Components) -> None:
    calls: list[int] = []
    hooks = [forwards(each, calls) for each in parts.text_encoders]
    first = encoder.words(["an owl", "blurry", "an owl"])
    assert len(calls) == 4  # two texts, two encoders
    again = encoder.words(["blurry", "an owl"])
    assert len(calls) == 4
    assert again[1] is first[0]
    encoder.words(["an owl"], variant="another")
    assert len(calls) == 6
    for hook in hooks:
        hook.remove()


def test_keeps_the_latest_words_only(encoder: Encoder, parts: Components) -> None:
    encoder.words(["first"])
    encoder.words([f"text {number}" for number in range(8)])
    calls: list[int] = []
    hook = forwards(parts.text_encoders[0], calls)
    encoder.words(["text 7"])
    assert calls == []
    encoder.words(["first"])
    assert calls == [1]
    hook.remove()


def test_no_words_are_kept(parts: Components) -> None:
    one, other = (Encoder(parts, Placement(parts, "none")) for _ in range(2))
    for each in (one, other):
        each.words(["somebody's secret", None])
    assert all(isinstance(key, bytes) and b"secret" not in key for key in one._known)
    assert not set(one._known) & set(other._known)  # nor what anybody could try words against


def test_many_threads_read_alike(encoder: Encoder) -> None:
    texts = [f"portrait number {number}" for number in range(6)]
    alone = [encoder.words([text])[0].embeds.clone() for text in texts]
    crowded = Encoder(encoder._parts, encoder._placement, kept=1)
    with ThreadPoolExecutor(4) as threads:
        read = list(threads.map(lambda text: crowded.words([text])[0].embeds, texts * 4))
    assert all(torch.equal(one, alone[place % 6]) for place, one in enumerate(read))
