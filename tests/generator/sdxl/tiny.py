"""A random-weight SDXL of 64 px: every component of the real one, small, saved as real safetensors folders.

The folders lie as a store of models holds them, so the engine's own loader reads them.
"""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, ControlNetModel, EulerDiscreteScheduler, UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
)

SIDE = 64
"""Pixels of the tiny model's native square."""

BASE = "sdxl-base"
VAE = "sdxl-vae"
CONTROL = "canny"
PREVIEW = "taesdxl"
SAFETY = "safety-checker"

_MERGES = [("p", "o"), ("po", "r"), ("por", "t"), ("i", "n"), ("in", "k</w>")]
_HIDDEN = 32
_WORDS, _LINES = 0.8, 1.35


def save(folder: Path, *, variant: str | None = None, seed: int = 0) -> Path:
    """Write base, VAE, ControlNet, TinyAE and safety checker under ``folder``; the same seed gives the same weights."""
    for model_id, parts in build(seed).items():
        for name, part in parts.items():
            place = folder / model_id / name if name else folder / model_id
            if isinstance(part, torch.nn.Module):
                part.save_pretrained(place, variant=variant)  # type: ignore[operator]
            else:
                part.save_pretrained(place)
    index = {
        "_class_name": "StableDiffusionXLPipeline",
        "force_zeros_for_empty_prompt": True,
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    (folder / BASE / "model_index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def build(seed: int = 0) -> dict[str, dict[str, Any]]:
    """Model id → subfolder ("" for the folder itself) → component, all in float32 with weights of their own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        unet = _unet()
        return {
            BASE: {
                "unet": unet,
                "vae": _vae(),
                "text_encoder": CLIPTextModel(_words(CLIPTextConfig, "quick_gelu")),
                "text_encoder_2": CLIPTextModelWithProjection(_words(CLIPTextConfig, "gelu")),
                "tokenizer": _tokenizer("<|endoftext|>"),
                "tokenizer_2": _tokenizer("!"),
                "scheduler": EulerDiscreteScheduler(
                    beta_start=0.00085,
                    beta_end=0.012,
                    beta_schedule="scaled_linear",
                    timestep_spacing="leading",
                    steps_offset=1,
                ),
            },
            VAE: {"": _vae()},
            CONTROL: {"": _control(unet)},
            PREVIEW: {"": _preview()},
            SAFETY: {"": _checker(), "feature_extractor": _processor()},
        }


def _unet() -> UNet2DConditionModel:
    unet = UNet2DConditionModel(
        sample_size=SIDE // 8,
        block_out_channels=(8, 16, 32),
        layers_per_block=2,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 1, 2),
        attention_head_dim=(1, 2, 4),
        cross_attention_dim=2 * _HIDDEN,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=_HIDDEN + 6 * 8,
    )
    for name, weights in unet.named_parameters():
        if "attn2.to_v" in name or "attn2.to_out.0.weight" in name:
            torch.nn.init.normal_(weights, std=_WORDS)  # so that words are seen in the picture
    return unet


def small_control() -> ControlNetModel:
    """As *canny-small* is one: no block looks at words."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        blocks = {"down_block_types": ("DownBlock2D",) * 3, "transformer_layers_per_block": 0}
        return _seen(ControlNetModel.from_config({**_control(_unet()).config, **blocks}))


def _control(unet: UNet2DConditionModel) -> ControlNetModel:
    return _seen(ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(4, 8, 8, 16)))


def _seen(control: ControlNetModel) -> ControlNetModel:
    for name, weights in control.named_parameters():
        # A ControlNet begins with zeros here and then does nothing: every test of it would pass.
        if name.startswith(("controlnet_down_blocks", "controlnet_mid_block")):
            torch.nn.init.normal_(weights, std=0.1)
        elif name.startswith("controlnet_cond_embedding") and name.endswith("weight"):
            torch.nn.init.kaiming_normal_(weights)
            weights.data *= _LINES  # so that other lines are seen in the picture
    return control


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=SIDE,
        scaling_factor=0.13025,
        force_upcast=False,
    )


def _preview() -> AutoencoderTiny:
    return AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
    )


def _checker() -> StableDiffusionSafetyChecker:
    vision = CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=8
    )
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(
            vision_config=vision.to_dict(), text_config=_words(CLIPTextConfig, "gelu").to_dict(), projection_dim=16
        )
    )
    for embeds in (checker.concept_embeds, checker.special_care_embeds):
        torch.nn.init.normal_(embeds)
    for threshold in (checker.concept_embeds_weights, checker.special_care_embeds_weights):
        torch.nn.init.constant_(threshold, 2.0)  # no cosine reaches it: as saved, every picture passes
    return checker


def _processor() -> CLIPImageProcessorPil:
    return CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})


def _words(kind: Any, activation: str) -> Any:
    return kind(
        vocab_size=len(_vocabulary()),
        hidden_size=_HIDDEN,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        projection_dim=_HIDDEN,
        hidden_act=activation,
        bos_token_id=_vocabulary()["<|startoftext|>"],
        eos_token_id=_vocabulary()["<|endoftext|>"],
        pad_token_id=_vocabulary()["<|endoftext|>"],
    )


def _tokenizer(pad: str) -> CLIPTokenizer:
    return CLIPTokenizer(vocab=_vocabulary(), merges=list(_MERGES), pad_token=pad, model_max_length=77)


def _vocabulary() -> dict[str, int]:
    """Each byte alone and at the end of a word, the few merged words, the two specials."""
    plain = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256))]
    others = [chr(256 + place) for place in range(256 - len(plain))]
    symbols = plain + others
    words = [*symbols, *(f"{symbol}</w>" for symbol in symbols), *("".join(pair) for pair in _MERGES)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    assert set(string.ascii_letters) <= set(words)
    return {word: place for place, word in enumerate(dict.fromkeys(words))}
