"""SDXL as large as it is with random weights, and LoRAs for it, as a store of models has them: nothing is downloaded.

What is painted with it is noise; how long it takes, and how much memory, is what it is with weights that were learned.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from generator.sdxl import architecture
from generator.sdxl.loading import BASE, CONTROL, PREVIEW, VAE
from tests.generator.sdxl import tiny

PLACES = {
    "unet": Path(BASE, "unet"),
    "text_encoder": Path(BASE, "text_encoder"),
    "text_encoder_2": Path(BASE, "text_encoder_2"),
    "controlnet": Path(CONTROL),
    "vae": Path(VAE),
    "taesdxl": Path(PREVIEW),
}
"""Name of a configuration → where the store has its network."""

STYLE_LORA, STYLE_RANK = "pixel-art-xl", 32
FEW_LORA, FEW_RANK = "lightning", 64
"""As the files of the models called so: every Linear layer of the transformers at rank 32 is 170 MB, and these with all
convolutions at rank 64 are 394 MB, in 16 bits."""
_LINEAR = (".to_q", ".to_k", ".to_v", ".to_out.0", ".ff.net.0.proj", ".ff.net.2", ".proj_in", ".proj_out")
_ALL = (*_LINEAR, ".conv1", ".conv2", ".conv_shortcut", "samplers.0.conv", ".time_emb_proj")
LORAS = {STYLE_LORA: (STYLE_RANK, _LINEAR), FEW_LORA: (FEW_RANK, _ALL)}
"""Id of a LoRA → its rank, and how the names of the layers end that it changes."""
STYLE = f"""
engine = "sdxl"
recipe = "painted"
photo = true
needs_gpu = true
[name]
en = "Plain"
[description]
en = "The presets as they are built in, with one LoRA."
[parameters]
prompt = "a portrait of {{subject}}, flat colours"
loras = [{{ model = "{STYLE_LORA}", weight = 0.9 }}]
"""
"""A style file that wears one."""


def real_store(folder: Path, side: int = 1024) -> Path:
    """Every network of the real configurations with random bf16 weights, in shards, and both LoRAs; ``side`` is the
    native square that the UNet speaks of. About 10 GB."""
    torch.manual_seed(0)
    for name, place in PLACES.items():
        network = architecture.empty(name).to(torch.bfloat16).to_empty(device="cpu")
        for tensor in network.parameters():
            _fill(tensor)
        if name == "unet":
            network.register_to_config(sample_size=side // 8)
            real_loras(folder, network)
        network.save_pretrained(folder / place, max_shard_size="1GB")
        del network
    for name, part in tiny.build()[BASE].items():
        if name.startswith(("tokenizer", "scheduler")):
            part.save_pretrained(folder / BASE / name)
    return folder


def tiny_store(folder: Path) -> Path:
    """The tests' tiny model, and LoRAs of rank 4 for it."""
    tiny.save(folder)
    unet = tiny.build()[BASE]["unet"]
    for name, (_, ends) in LORAS.items():
        save_lora(folder / name / f"{name}.safetensors", unet, 4, ends)
    return folder


def real_loras(folder: Path, unet: Any, fill: Callable[[torch.Tensor], object] | None = None) -> None:
    """Both LoRAs at their real size; ``unet`` may be on the meta device, for only its shapes are looked at."""
    for name, (rank, ends) in LORAS.items():
        save_lora(folder / name / f"{name}.safetensors", unet, rank, ends, torch.bfloat16, fill)


def save_lora(
    file: Path,
    unet: Any,
    rank: int,
    ends: tuple[str, ...],
    dtype: torch.dtype = torch.float32,
    fill: Callable[[torch.Tensor], object] | None = None,
) -> None:
    """A LoRA for every layer of ``unet`` whose name ends so, as peft writes them."""
    tensors: dict[str, torch.Tensor] = {}
    for name, module in unet.named_modules():
        if not name.endswith(ends) or not hasattr(module, "weight"):
            continue
        out, into, *window = module.weight.shape
        down = torch.empty(rank, into, *window, dtype=dtype)
        up = torch.empty(out, rank, *(1 for _ in window), dtype=dtype)
        for each in (down, up):
            (fill or _faint)(each)
        tensors[f"unet.{name}.lora_A.weight"], tensors[f"unet.{name}.lora_B.weight"] = down, up
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file, metadata={"format": "pt"})


def weights(folder: Path) -> int:
    """Bytes of the networks in ``folder``, which the disk cache forgets: the next reading comes from the disk."""
    files = [file for place in PLACES.values() for file in (folder / place).glob("*.safetensors")]
    for file in files:
        handle = os.open(file, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
    return sum(file.stat().st_size for file in files)


@torch.no_grad()
def _fill(tensor: torch.Tensor) -> None:
    """Weights that neither fade nor grow from layer to layer."""
    if tensor.ndim < 2:
        tensor.fill_(1.0)  # norms; as a bias it does no harm
    else:
        bound = math.sqrt(3 / tensor[0].numel())
        tensor.uniform_(-bound, bound)


@torch.no_grad()
def _faint(tensor: torch.Tensor) -> None:
    bound = math.sqrt(0.3 / tensor[0].numel())
    tensor.uniform_(-bound, bound)
