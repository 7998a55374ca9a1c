"""LoRA files as their trainers write them, made of random numbers for a UNet that is given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

ATTENTION = r"attn[12]\.to_(q|k|v|out\.0)$"
ALL = r""
"""Every layer: attention, what feeds forward, projections, convolutions, embeddings of time."""


@dataclass(frozen=True)
class Pair:
    down: torch.Tensor
    up: torch.Tensor
    alpha: float

    @property
    def change(self) -> torch.Tensor:
        """What is added to the layer's weights at a weight of 1."""
        wide = torch.einsum("or,r...->o...", self.up.double().flatten(1), self.down.double())
        return wide * self.alpha / len(self.down)


Lora = Mapping[str, Pair]
"""Path of a layer in the UNet → what is changed there."""


def lora(
    unet: Any,
    targets: str = ATTENTION,
    *,
    rank: int = 3,
    alpha: float | None = None,
    seed: int = 1,
    strength: float = 0.3,
) -> dict[str, Pair]:
    """Random numbers for all layers of ``unet`` whose path matches ``targets``."""
    source = torch.Generator().manual_seed(seed)
    made: dict[str, Pair] = {}
    for path, module in unet.named_modules():
        if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)) and re.search(targets, path):
            shape = tuple(module.weight.shape)
            ends = (1, 1) if len(shape) == 4 else ()
            down = torch.randn(rank, *shape[1:], generator=source) / module.weight[0].numel() ** 0.5
            up = torch.randn(shape[0], rank, *ends, generator=source) * strength
            made[path] = Pair(down.half().float(), up.half().float(), rank if alpha is None else alpha)
    assert made
    return made


# The names of SDXL's blocks where it was made, as they stand in the files of kohya's trainer and of everybody after it.
SGM = {
    "conv_in": "input_blocks_0_0",
    "down_blocks.0.resnets.0": "input_blocks_1_0",
    "down_blocks.0.resnets.1": "input_blocks_2_0",
    "down_blocks.0.downsamplers.0.conv": "input_blocks_3_0_op",
    "down_blocks.1.resnets.0": "input_blocks_4_0",
    "down_blocks.1.attentions.0": "input_blocks_4_1",
    "down_blocks.1.resnets.1": "input_blocks_5_0",
    "down_blocks.1.attentions.1": "input_blocks_5_1",
    "down_blocks.1.downsamplers.0.conv": "input_blocks_6_0_op",
    "down_blocks.2.resnets.0": "input_blocks_7_0",
    "down_blocks.2.attentions.0": "input_blocks_7_1",
    "down_blocks.2.resnets.1": "input_blocks_8_0",
    "down_blocks.2.attentions.1": "input_blocks_8_1",
    "mid_block.resnets.0": "middle_block_0",
    "mid_block.attentions.0": "middle_block_1",
    "mid_block.resnets.1": "middle_block_2",
    "up_blocks.0.resnets.0": "output_blocks_0_0",
    "up_blocks.0.attentions.0": "output_blocks_0_1",
    "up_blocks.0.resnets.1": "output_blocks_1_0",
    "up_blocks.0.attentions.1": "output_blocks_1_1",
    "up_blocks.0.resnets.2": "output_blocks_2_0",
    "up_blocks.0.attentions.2": "output_blocks_2_1",
    "up_blocks.0.upsamplers.0.conv": "output_blocks_2_2_conv",
    "up_blocks.1.resnets.0": "output_blocks_3_0",
    "up_blocks.1.attentions.0": "output_blocks_3_1",
    "up_blocks.1.resnets.1": "output_blocks_4_0",
    "up_blocks.1.attentions.1": "output_blocks_4_1",
    "up_blocks.1.resnets.2": "output_blocks_5_0",
    "up_blocks.1.attentions.2": "output_blocks_5_1",
    "up_blocks.1.upsamplers.0.conv": "output_blocks_5_2_conv",
    "up_blocks.2.resnets.0": "output_blocks_6_0",
    "up_blocks.2.resnets.1": "output_blocks_7_0",
    "up_blocks.2.resnets.2": "output_blocks_8_0",
    "conv_out": "out_2",
    "time_embedding.linear_1": "time_embed_0",
    "time_embedding.linear_2": "time_embed_2",
    "add_embedding.linear_1": "label_emb_0_0",
    "add_embedding.linear_2": "label_emb_0_2",
}
INSIDE = {
    "conv1": "in_layers_2",
    "time_emb_proj": "emb_layers_1",
    "conv2": "out_layers_3",
    "conv_shortcut": "skip_connection",
}


def sgm(path: str) -> str:
    """``down_blocks.1.attentions.0.proj_in`` → ``input_blocks_4_1_proj_in``."""
    block = next(block for block in SGM if path == block or path.startswith(f"{block}."))
    inner = path.removeprefix(block).lstrip(".")
    inner = INSIDE.get(inner, inner.replace(".", "_"))
    return f"{SGM[block]}_{inner}" if inner else SGM[block]


def kohya(made: Lora) -> dict[str, torch.Tensor]:
    """As kohya's trainer of SDXL saves it: half precision, an alpha for every layer."""
    return _with_alphas(made, lambda path: f"lora_unet_{sgm(path)}", "lora_down", "lora_up")


def kohya_of_diffusers(made: Lora) -> dict[str, torch.Tensor]:
    """The same trainer's way with the names of diffusers, as LCM's LoRA has them."""
    return _with_alphas(made, lambda path: f"lora_unet_{path.replace('.', '_')}", "lora_down", "lora_up")


def peft(made: Lora) -> dict[str, torch.Tensor]:
    """What diffusers saves today."""
    return _plain(made, "unet.{}.lora_A.weight", "unet.{}.lora_B.weight")


def raw_peft(made: Lora) -> dict[str, torch.Tensor]:
    """What peft saves by itself, or somebody who saves a whole peft model."""
    return _plain(made, "base_model.model.{}.lora_A.weight", "base_model.model.{}.lora_B.default.weight")


def diffusers(made: Lora) -> dict[str, torch.Tensor]:
    """What diffusers saved for long."""
    return _plain(made, "unet.{}.lora.down.weight", "unet.{}.lora.up.weight")


def old_diffusers(made: Lora) -> dict[str, torch.Tensor]:
    """What diffusers saved at first; knows attention only."""
    saved: dict[str, torch.Tensor] = {}
    for path, pair in made.items():
        layer, name = path.removesuffix(".0").rsplit(".", 1)
        saved[f"unet.{layer}.processor.{name}_lora.down.weight"] = pair.down
        saved[f"unet.{layer}.processor.{name}_lora.up.weight"] = pair.up
    return saved


def comfy(made: Lora) -> dict[str, torch.Tensor]:
    """Names of the whole checkpoint, with dots."""
    return _plain(made, "diffusion_model.{}.lora_A.weight", "diffusion_model.{}.lora_B.weight")


def mixed(made: Lora) -> dict[str, torch.Tensor]:
    """Half in one way and half in another, as a conversion left it."""
    paths = sorted(made)
    half = len(paths) // 2
    return {
        **diffusers({path: made[path] for path in paths[:half]}),
        **peft({path: made[path] for path in paths[half:]}),
    }


FORMATS: Mapping[str, Callable[[Lora], dict[str, torch.Tensor]]] = {
    writer.__name__: writer
    for writer in (kohya, kohya_of_diffusers, peft, raw_peft, diffusers, old_diffusers, comfy, mixed)
}


def save(
    file: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, object] | None = None, kind: Any = None
) -> Path:
    """Write ``tensors`` as ``kind``; ``metadata`` as diffusers writes it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: tensor.to(kind or tensor.dtype).contiguous() for name, tensor in tensors.items()}
    save_file(kept, file, {"lora_adapter_metadata": json.dumps(metadata)} if metadata is not None else {"format": "pt"})
    return file


def _plain(made: Lora, down: str, up: str) -> dict[str, torch.Tensor]:
    saved: dict[str, torch.Tensor] = {}
    for path, pair in made.items():
        saved[down.format(path)] = pair.down
        saved[up.format(path)] = pair.up
    return saved


def _with_alphas(made: Lora, named: Callable[[str], str], down: str, up: str) -> dict[str, torch.Tensor]:
    saved: dict[str, torch.Tensor] = {}
    for path, pair in made.items():
        saved[f"{named(path)}.alpha"] = torch.tensor(pair.alpha).half()
        saved[f"{named(path)}.{down}.weight"] = pair.down.half()
        saved[f"{named(path)}.{up}.weight"] = pair.up.half()
    return saved


def bytes_of(made: Iterable[Pair], width: int = 4) -> int:
    """Bytes of the matrices at ``width`` bytes a number."""
    return sum((pair.down.numel() + pair.up.numel()) * width for pair in made)
