"""The step loop against diffusers' own pipelines, and each saving against the same picture without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    StableDiffusionXLControlNetImg2ImgPipeline,
    StableDiffusionXLControlNetPipeline,
)
from PIL import Image

from generator.classic.colour import Bytes
from generator.errors import SpecInvalid
from generator.sdxl import loop
from generator.sdxl.encoding import Encoder
from generator.sdxl.loading import Components, load
from generator.sdxl.loop import Picture, Start, steps_of
from generator.sdxl.placement import Placement, compiled
from generator.sdxl.plans import OFFLOADS, Plan
from generator.sdxl.presets import Preset
from generator.sdxl.schedulers import SCHEDULERS, TAKES_ETA, fresh
from tests.generator.sdxl import tiny
from tests.generator.sdxl.shelves import Folder, Hangers

pytestmark = pytest.mark.xdist_group("sdxl")

EXACT = Preset("exact", 4, 5.0, "euler")
ROUNDING = 1  # of 255: two orders of adding floats


@pytest.fixture(scope="module")
def parts(models: Path) -> Components:
    return load(Folder(models), Plan("test", precision="fp32"))


@pytest.fixture(scope="module")
def placement(parts: Components) -> Placement:
    return Placement(parts, "none")


@pytest.fixture(scope="module")
def encoder(parts: Components, placement: Placement) -> Encoder:
    return Encoder(parts, placement)


@pytest.fixture(scope="module")
def stock(models: Path) -> Any:
    pipeline = StableDiffusionXLControlNetPipeline.from_pretrained(
        models / tiny.BASE,
        controlnet=ControlNetModel.from_pretrained(models / tiny.CONTROL),
        vae=AutoencoderKL.from_pretrained(models / tiny.VAE),
        add_watermarker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@dataclass
class Watch:
    """Waits for everything, until told for whom no more and from which step on."""

    side: int = tiny.SIDE
    until: dict[int, int] = field(default_factory=dict)
    done: dict[int, int] = field(default_factory=dict)
    pictures: dict[int, Bytes] = field(default_factory=dict)

    def wanted(self, place: int) -> bool:
        return place not in self.until or self.done.get(place, 0) < self.until[place]

    def painted(self, place: int, done: int, steps: int, latents: torch.Tensor) -> None:
        assert latents.shape == (1, 4, self.side // 8, self.side // 8)
        self.done[place] = done

    def ended(self, place: int, pixels: Bytes | None) -> None:
        assert pixels is not None
        self.pictures[place] = pixels


def paint(
    parts: Components,
    placement: Placement,
    pictures: Sequence[Picture],
    preset: Preset,
    watch: Watch | None = None,
    wardrobe: Any = None,
) -> list[Bytes | None]:
    """What came of ``pictures``; None: nothing."""
    watch = watch or Watch()
    loop.paint(parts, placement, pictures, preset, watch.side, watch, wardrobe)
    return [watch.pictures.get(place) for place in range(len(pictures))]


@contextmanager
def counted(module: Any) -> Iterator[list[int]]:
    """The size of the batch of each forward of ``module``."""
    calls: list[int] = []
    hook = module.register_forward_hook(lambda _module, given, _answer: calls.append(len(given[0])))
    try:
        yield calls
    finally:
        hook.remove()


def lines(seed: int) -> Bytes:
    return np.where(np.random.default_rng(seed).random((tiny.SIDE, tiny.SIDE)) > 0.8, np.uint8(255), np.uint8(0))


def face(seed: int) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (tiny.SIDE, tiny.SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def picture(encoder: Encoder) -> Callable[..., Picture]:
    def made(text: str = "a portrait in ink", seed: int = 7, **changes: Any) -> Picture:
        words, unwanted = encoder.words([text, "blurry"])
        return replace(Picture(words, unwanted, seed, lines(seed), 0.7), **changes)

    return made


@pytest.fixture(scope="module")
def painted(parts: Components, placement: Placement) -> Callable[..., list[Bytes | None]]:
    def call(pictures: Sequence[Picture], preset: Preset = EXACT, watch: Watch | None = None) -> list[Bytes | None]:
        return paint(parts, placement, pictures, preset, watch)

    return call


@pytest.fixture(scope="module")
def plain(painted: Any, picture: Callable[..., Picture]) -> Bytes:
    """``picture()``, painted once for all who compare theirs with it."""
    (made,) = painted([picture()])
    return made


def same(one: Bytes | None, other: Bytes | None) -> bool:
    assert one is not None
    assert other is not None
    assert one.std() > 10  # a picture, not one colour
    return int(np.abs(one.astype(int) - other.astype(int)).max()) <= ROUNDING


def as_control(edges: Bytes) -> Image.Image:
    return Image.fromarray(np.repeat(edges[..., None], 3, axis=2))


@pytest.mark.parametrize("name", SCHEDULERS)
def test_paints_what_the_pipeline_of_diffusers_paints(
    name: str, stock: Any, painted: Any, picture: Callable[..., Picture], parts: Components
) -> None:
    preset = replace(EXACT, scheduler=name, eta=0.3 if name in TAKES_ETA else 0.0)
    stock.scheduler = fresh(name, parts.scheduler_config)
    theirs = stock(
        "a portrait in ink",
        negative_prompt="blurry",
        image=as_control(lines(7)),
        num_inference_steps=preset.steps,
        guidance_scale=preset.guidance,
        controlnet_conditioning_scale=0.7,
        control_guidance_end=0.5,
        generator=torch.Generator("cpu").manual_seed(7),
        eta=preset.eta,
        output_type="np",
    ).images[0]
    (ours,) = painted([picture(control_end=0.5)], preset)
    assert same(ours, (theirs * 255).round().astype(np.uint8))


def test_a_smaller_picture_is_told_to_be_smaller_as_the_pipeline_of_diffusers_does(
    stock: Any, parts: Components, placement: Placement, picture: Callable[..., Picture]
) -> None:
    side = tiny.SIDE * 3 // 4
    told: list[list[float]] = []
    hook = parts.unet.register_forward_pre_hook(
        lambda _module, _given, named: told.append(named["added_cond_kwargs"]["time_ids"].flatten().tolist()),
        with_kwargs=True,
    )
    (ours,) = paint(parts, placement, [picture(edges=lines(7)[:side, :side])], EXACT, Watch(side))
    hook.remove()
    stock.scheduler = fresh("euler", parts.scheduler_config)
    theirs = stock(
        "a portrait in ink",
        negative_prompt="blurry",
        image=as_control(lines(7)[:side, :side]),
        num_inference_steps=4,
        guidance_scale=5.0,
        controlnet_conditioning_scale=0.7,
        generator=torch.Generator("cpu").manual_seed(7),
        output_type="np",
    ).images[0]
    assert same(ours, (theirs * 255).round().astype(np.uint8))
    assert told == [[side, side, 0, 0, side, side] * 2] * 4


@pytest.mark.parametrize("name", ["euler", "dpmpp-2m-karras", "unipc", "tcd"])
def test_paints_over_a_picture_as_the_pipeline_of_diffusers_does(
    name: str, stock: Any, painted: Any, picture: Callable[..., Picture], parts: Components
) -> None:
    pipeline = StableDiffusionXLControlNetImg2ImgPipeline(
        **{**stock.components, "scheduler": fresh(name, parts.scheduler_config)}, add_watermarker=False
    )
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(
        "a portrait in ink",
        negative_prompt="blurry",
        image=Image.fromarray(face(1)),
        control_image=as_control(lines(7)),
        strength=0.6,
        num_inference_steps=5,
        guidance_scale=5.0,
        controlnet_conditioning_scale=0.7,
        generator=torch.Generator("cpu").manual_seed(7),
        eta=0.0,
        output_type="np",
    ).images[0]
    preset = replace(EXACT, scheduler=name, steps=5)
    (ours,) = painted([picture(start=Start(face(1), 0.6))], preset)
    assert same(ours, (theirs * 255).round().astype(np.uint8))


@pytest.mark.parametrize(
    "changes",
    [{"edges": lines(3)}, {"edges": None}, {"scale": 0.35}, {"control_end": 0.5}, {"text": "an owl"}],
    ids=lambda changes: next(iter(changes)),
)
def test_everything_that_is_asked_for_is_seen_in_the_picture(
    changes: dict[str, Any], painted: Any, plain: Bytes, picture: Callable[..., Picture]
) -> None:
    """Were it not, the comparisons in this module would say nothing about it."""
    (after,) = painted([picture(**changes)])
    assert np.abs(plain.astype(int) - after).max() > 3 * ROUNDING


def test_a_start_that_leaves_no_step_is_refused() -> None:
    assert steps_of(EXACT, Start(face(1), 0.25)) == 1
    with pytest.raises(SpecInvalid) as caught:
        steps_of(EXACT, Start(face(1), 0.2))
    assert caught.value.key == "error-strength"


def test_without_guidance_half_the_work_is_done(
    painted: Any, picture: Callable[..., Picture], parts: Components
) -> None:
    with counted(parts.unet) as unet, counted(parts.controlnet) as control:
        painted([picture(unwanted=None)], replace(EXACT, guidance=1.0))
    assert (unet, control) == ([1] * 4, [1] * 4)


def test_guidance_ends_where_a_preset_says_so(painted: Any, picture: Callable[..., Picture], parts: Components) -> None:
    with counted(parts.unet) as unet:
        painted([picture()], replace(EXACT, guidance_end=0.5))
    assert unet == [2, 2, 1, 1]


@pytest.mark.parametrize(
    ("changes", "preset", "forwards"),
    [
        ({"control_end": 0.5}, EXACT, [2, 2]),
        ({}, replace(EXACT, control_end=0.25), [2]),
        ({"scale": 0.0}, EXACT, []),
        ({"edges": None}, EXACT, []),
    ],
)
def test_the_control_net_rests_where_it_does_nothing(
    changes: dict[str, Any],
    preset: Preset,
    forwards: list[int],
    painted: Any,
    picture: Callable[..., Picture],
    parts: Components,
    stock: Any,
) -> None:
    with counted(parts.controlnet) as control, counted(parts.control_embedding) as embedding:
        (ours,) = painted([picture(**changes)], preset)
    assert control == forwards
    assert embedding == ([1] if forwards else [])
    stock.scheduler = fresh("euler", parts.scheduler_config)
    with counted(stock.unet) as theirs_unet:
        theirs = stock(
            "a portrait in ink",
            negative_prompt="blurry",
            image=as_control(lines(7)),
            num_inference_steps=4,
            guidance_scale=5.0,
            controlnet_conditioning_scale=0.0 if not forwards else 0.7,
            control_guidance_end=min(changes.get("control_end", 1.0), preset.control_end),
            generator=torch.Generator("cpu").manual_seed(7),
            output_type="np",
        ).images[0]
    assert theirs_unet == [2] * 4
    assert same(ours, (theirs * 255).round().astype(np.uint8))


@pytest.mark.parametrize("name", ["euler", "dpmpp-2m-karras", "unipc", "tcd"])  # memory of none, two and three; noise
def test_a_batch_paints_each_picture_as_it_would_be_alone(
    name: str, painted: Any, picture: Callable[..., Picture]
) -> None:
    preset = replace(EXACT, scheduler=name)
    pictures = [
        picture(),
        picture("an owl", seed=8, scale=0.2, control_end=0.5),
        picture("", seed=9, edges=None, guidance=2.0),
    ]
    together = painted(pictures, preset)
    assert not same(together[0], together[1])
    for alone, one in zip(together, pictures, strict=True):
        assert same(alone, painted([one], preset)[0])


@pytest.mark.parametrize("step", range(5))
def test_who_leaves_at_any_step_is_not_decoded_and_disturbs_nobody(
    step: int, painted: Any, picture: Callable[..., Picture], parts: Components
) -> None:
    preset = replace(EXACT, scheduler="dpmpp-2m-karras")
    pictures = [picture(), picture("an owl", seed=8)]
    with counted(parts.unet) as unet, counted(parts.vae.decoder) as decoder:
        left, stayed = painted(pictures, preset, Watch(until={0: step}))
    assert left is None
    assert unet == [4] * step + [2] * (4 - step)
    assert decoder == [1]
    assert same(stayed, painted(pictures[1:], preset)[0])


def test_whoever_puts_loras_on_is_told_of_every_row_whenever_the_batch_changes(
    parts: Components, placement: Placement, picture: Callable[..., Picture]
) -> None:
    told: list[list[str]] = []

    class Wardrobe(Hangers):
        def wear(self, rows: Sequence[Any]) -> None:
            told.append(["".join(row) for row in rows])

    pictures = [picture(loras={"a": 1.0}), picture(seed=8, loras={"b": 0.5})]
    preset = replace(EXACT, guidance_end=0.5)
    paint(parts, placement, pictures, preset, Watch(until={0: 3}), Wardrobe())
    assert told == [["a", "b", "a", "b"], ["a", "b"], ["b"]]


def test_when_all_have_left_nothing_is_painted_any_more(
    painted: Any, picture: Callable[..., Picture], parts: Components
) -> None:
    with counted(parts.unet) as unet, counted(parts.vae.decoder) as decoder:
        assert painted([picture()], EXACT, Watch(until={0: 1})) == [None]
    assert (unet, decoder) == ([2], [])


def test_the_preview_decoder_makes_the_picture_only_where_a_preset_says_so(
    painted: Any, plain: Bytes, picture: Callable[..., Picture], parts: Components
) -> None:
    with counted(parts.vae.decoder) as decoder:
        (quick,) = painted([picture()], replace(EXACT, tiny_decode=True))
    assert decoder == []
    assert quick is not None
    assert quick.shape == (tiny.SIDE, tiny.SIDE, 3)
    assert not same(plain, quick)


@pytest.mark.parametrize("offload", OFFLOADS)
def test_wherever_the_networks_idle_the_picture_is_the_same(
    offload: Any, models: Path, plain: Bytes, picture: Callable[..., Picture]
) -> None:
    own = load(Folder(models), Plan("test", precision="fp32"))
    placement = Placement(own, offload)
    Encoder(own, placement).words(["a portrait in ink"])
    again = paint(own, placement, [picture()], EXACT)
    assert same(again[0], plain)


def test_sixteen_bits_paint_nearly_the_same_picture(
    models: Path, plain: Bytes, picture: Callable[..., Picture]
) -> None:
    own = load(Folder(models), Plan("test", precision="bf16"))
    placement = Placement(own, "none")
    words, unwanted = Encoder(own, placement).words(["a portrait in ink", "blurry"])
    (rough,) = paint(own, placement, [replace(picture(), words=words, unwanted=unwanted)], EXACT)
    assert rough is not None
    assert 0 < np.abs(rough.astype(float) - plain).mean() < 0.1 * plain.std()


def test_compiled_blocks_give_the_same_and_are_those_of_both_networks(models: Path, parts: Components) -> None:
    own = load(Folder(models), Plan("test", precision="fp32"))
    graphs: list[Any] = []

    def backend(graph: Any, _inputs: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    compiled(own, backend=backend)
    width = own.unet.config.block_out_channels[-1]
    given, read = torch.randn(2, 4, width), torch.randn(2, 77, own.unet.config.cross_attention_dim)
    for ours, plain in ((own.unet, parts.unet), (own.controlnet, parts.controlnet)):
        block, same_block = (each.mid_block.attentions[0].transformer_blocks[0] for each in (ours, plain))
        assert block._compiled_call_impl is not None
        with torch.inference_mode():
            answer = block(given, encoder_hidden_states=read)
            torch.testing.assert_close(answer, same_block(given, encoder_hidden_states=read))
    assert len(graphs) == 1  # the whole block in one, and the same for both, for they are built alike
    placement = Placement(own, "none")
    placement.lower("sequential")  # layers that come and go are no longer compiled
    block, same_block = (each.unet.mid_block.attentions[0].transformer_blocks[0] for each in (own, parts))
    with torch.inference_mode():
        assert block._compiled_call_impl is None
        answer = block(given, encoder_hidden_states=read)
        torch.testing.assert_close(answer, same_block(given, encoder_hidden_states=read))
        placement.climb("none")
        assert block._compiled_call_impl is not None
        torch.testing.assert_close(block(given, encoder_hidden_states=read), answer)


def test_attention_is_torchs_own_and_fused(parts: Components) -> None:
    for network in (parts.unet, parts.controlnet):
        kinds = {type(each).__name__ for each in network.attn_processors.values()}
        assert kinds == {"AttnProcessor2_0"}
