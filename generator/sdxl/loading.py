"""Reads the weights of one plan from the store: every network once, in the plan's precision, nothing from the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.controlnets.controlnet import ControlNetModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from diffusers.utils import logging as diffusers_logging
from safetensors import SafetensorError
from transformers import CLIPImageProcessorPil, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from generator.errors import EngineUnavailable
from generator.sdxl.ladder import is_out_of_memory
from generator.sdxl.plans import Plan, Precision
from generator.sdxl.safety import Checker
from generator.sdxl.store import Store

BASE, VAE, CONTROL, PREVIEW, SAFETY = "sdxl-base", "sdxl-vae", "canny", "taesdxl", "safety-checker"
"""Ids of the models that make the engine; the last two may be missing."""

_DTYPES: Mapping[Precision, torch.dtype] = {
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp32": torch.float32,
}


@dataclass(frozen=True, slots=True)
class Components:
    """Everything that paints, loaded once and shared. Networks are in evaluation mode and need no gradients."""

    unet: Any
    controlnet: Any
    """Its embedding of the control picture stands apart: see ``control_embedding``."""
    control_embedding: Any
    """Turns a control picture into what ``controlnet`` takes as its condition; once a picture, not once a step."""
    vae: Any
    preview_vae: Any | None
    text_encoders: tuple[Any, Any]
    tokenizers: tuple[Any, Any]
    scheduler_config: Mapping[str, Any]
    safety: Checker | None
    device: torch.device
    dtype: torch.dtype

    @property
    def native(self) -> int:
        """Side of the square that the networks were trained on, in px."""
        return int(self.unet.config.sample_size) * self.factor

    @property
    def factor(self) -> int:
        """Pixels a latent pixel stands for, along one side."""
        return 2 ** (len(self.vae.config.block_out_channels) - 1)

    def networks(self) -> Mapping[str, Any]:
        """Name → network, of all that paint."""
        named = {
            "unet": self.unet,
            "controlnet": self.controlnet,
            "control_embedding": self.control_embedding,
            "vae": self.vae,
            "preview_vae": self.preview_vae,
            "text_encoder": self.text_encoders[0],
            "text_encoder_2": self.text_encoders[1],
        }
        return {name: network for name, network in named.items() if network is not None}


def load(store: Store, plan: Plan, device: str = "cpu", control: str = CONTROL) -> Components:
    """The components of ``plan`` in the machine's own memory; ``Placement`` brings them to ``device``.

    ``control`` is the id of the ControlNet. Raises what ``store.path`` raises for a model that is missing, and
    ``EngineUnavailable`` (``error-model-broken``) for one that cannot be read.
    """
    # Bars on the terminal, and remarks on the libraries' own files, are nothing for a server's log.
    transformers.utils.logging.disable_progress_bar()
    diffusers_logging.set_verbosity_error()
    dtype = _DTYPES[plan.precision]
    base = store.path(BASE)
    vae = _network(AutoencoderKL, store.path(VAE), dtype)
    if dtype == torch.float16 and vae.config.force_upcast:
        vae.to(torch.float32)  # it overflows in fp16
    controlnet = _network(ControlNetModel, store.path(control), dtype)
    if controlnet.config.controlnet_conditioning_channel_order != "rgb":
        raise EngineUnavailable("error-model-broken", {"model": control})
    embedding = controlnet.controlnet_cond_embedding
    controlnet.controlnet_cond_embedding = torch.nn.Identity()
    return Components(
        unet=_network(UNet2DConditionModel, base / "unet", dtype),
        controlnet=controlnet,
        control_embedding=embedding,
        vae=vae,
        preview_vae=_network(AutoencoderTiny, store.path(PREVIEW), dtype) if store.present(PREVIEW) else None,
        text_encoders=(
            _network(CLIPTextModel, base / "text_encoder", dtype),
            _network(CLIPTextModelWithProjection, base / "text_encoder_2", dtype),
        ),
        tokenizers=(_tokenizer(base / "tokenizer"), _tokenizer(base / "tokenizer_2")),
        scheduler_config=_scheduler_config(base / "scheduler"),
        safety=_checker(store.path(SAFETY)) if store.present(SAFETY) else None,
        device=torch.device(device),
        dtype=dtype,
    )


def _network(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    halves = any(folder.glob("*.fp16.safetensors"))
    try:
        network = kind.from_pretrained(
            folder, dtype=dtype, variant="fp16" if halves else None, use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise
        raise EngineUnavailable("error-model-broken", {"model": folder.name}) from error
    return network.eval().requires_grad_(requires_grad=False)


def _tokenizer(folder: Path) -> Any:
    try:
        return CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise EngineUnavailable("error-model-broken", {"model": folder.name}) from error


def _scheduler_config(folder: Path) -> Mapping[str, Any]:
    try:
        return json.loads((folder / "scheduler_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineUnavailable("error-model-broken", {"model": folder.name}) from error


def _checker(folder: Path) -> Checker:
    try:
        processor = CLIPImageProcessorPil.from_pretrained(folder / "feature_extractor", local_files_only=True)
    except (OSError, ValueError, TypeError) as error:
        raise EngineUnavailable("error-model-broken", {"model": folder.name}) from error
    # In full precision: it is small, and close calls are close.
    return Checker(_network(StableDiffusionSafetyChecker, folder, torch.float32), processor)
