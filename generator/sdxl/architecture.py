"""The networks of SDXL at their real size, from their configurations alone: counted on a device that holds no weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.errors import EngineUnavailable

_CONFIGS = Path(__file__).parent / "configs"
_FORMATS = {"fp32": 4, "bf16": 2, "8-bit": 1}


@dataclass(frozen=True, slots=True)
class Network:
    """One network: what it is made of."""

    name: str
    parameters: int
    tensors: int
    """Parameter tensors, which is what a file of weights holds one entry each of; not a count of layers."""
    in_pipeline: bool
    """Whether it is one of those without which no picture is painted."""

    @property
    def bytes(self) -> dict[str, int]:
        """Precision → bytes of the weights."""
        return {name: self.parameters * size for name, size in _FORMATS.items()}


_NETWORKS = {
    # file of the configuration: what people call it, whether it belongs to the pipeline
    "unet": ("UNet", True),
    "controlnet": ("ControlNet canny", True),
    "vae": ("VAE", True),
    "text_encoder": ("text encoder 1 (CLIP-L)", True),
    "text_encoder_2": ("text encoder 2 (bigG)", True),
    "controlnet_small": ("ControlNet canny, small", False),
    "taesdxl": ("TinyAE, for previews", False),
    "safety_vision": ("safety checker's eye (ViT-L/14)", False),
}


def config(name: str) -> Mapping[str, Any]:
    """The configuration of the network called ``name`` (``unet``, ``vae`` …) as its repository publishes it."""
    return json.loads((_CONFIGS / f"{name}.json").read_text("utf-8"))


def empty(name: str) -> Any:
    """The network called ``name`` on torch's meta device: every shape, no weight. Raises ``EngineUnavailable``."""
    try:
        import diffusers  # noqa: PLC0415 – only this table needs them, and they are an extra
        import torch  # noqa: PLC0415
        import transformers  # noqa: PLC0415
    except ImportError as error:
        raise EngineUnavailable("models-extra") from error

    facts = dict(config(name))
    with torch.device("meta"):
        if kind := facts.pop("_class_name", None):
            return getattr(diffusers, kind)(**facts)
        kind = getattr(transformers, facts.pop("architectures")[0])
        return kind(kind.config_class(**facts))


def networks() -> tuple[Network, ...]:
    """All networks, counted. Raises ``EngineUnavailable`` without torch and its libraries."""
    return tuple(_counted(name, title, in_pipeline) for name, (title, in_pipeline) in _NETWORKS.items())


def _counted(name: str, title: str, in_pipeline: bool) -> Network:  # noqa: FBT001
    tensors = [one for _, one in empty(name).named_parameters()]
    return Network(title, sum(one.numel() for one in tensors), len(tensors), in_pipeline)


def table() -> str:
    """What ``bpp models show`` prints. Raises ``EngineUnavailable`` without torch and its libraries."""
    found = networks()
    pipeline = [one for one in found if one.in_pipeline]
    total = Network("pipeline", sum(n.parameters for n in pipeline), sum(n.tensors for n in pipeline), in_pipeline=True)
    head = f"{'network':33}{'parameters':>15}{'tensors':>9}" + "".join(f"{f'{name} GiB':>11}" for name in _FORMATS)
    return "\n".join([head, *map(_row, pipeline), _row(total), *(_row(n) for n in found if not n.in_pipeline)])


def _row(network: Network) -> str:
    sizes = "".join(f"{size / 2**30:11.3f}" for size in network.bytes.values())
    return f"{network.name:33}{network.parameters:15,}{network.tensors:9,}{sizes}"
