"""How SDXL is laid out in the memory that there is: precision, what stays on the device, how many pictures at once.

Imports no torch, so that whoever only wants to know may ask. The sizes of the weights are counted on the real
architecture; what a step and a decode need beside them is an allowance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from generator.errors import SpecInvalid

Precision = Literal["bf16", "fp16", "fp32"]
Offload = Literal["none", "text", "model", "control", "sequential"]
"""What waits in the machine's own memory: nothing · the text encoders · whichever of words, steps and decode is not at
work · as before, and the ControlNet comes layer by layer · the UNet too."""

OFFLOADS: tuple[Offload, ...] = ("none", "text", "model", "control", "sequential")
"""From the fastest to the smallest."""
LAYER_BY_LAYER: tuple[Offload, ...] = ("control", "sequential")

GIB = 2**30
PARAMETERS: Mapping[str, int] = {
    "unet": 2_567_463_684,
    "controlnet": 1_251_014_160,
    "vae": 83_653_863,
    "text_encoder": 123_060_480,
    "text_encoder_2": 694_659_840,
}
"""Parameters of each part that is always there."""
BYTES: Mapping[Precision, int] = {"bf16": 2, "fp16": 2, "fp32": 4}

NATIVE = 1024

_KERNELS = int(0.35 * GIB)
"""The device library's own, beyond what it takes at once: ``free_bytes`` is asked after that."""
_BESIDE = int(0.25 * GIB)
"""Preview decoder, words that are remembered, control pictures."""
_STEP = 1 * GIB
"""Activations of one picture's step with guidance, at 1024 px in 16 bits."""
_DECODE, _DECODE_TILED = int(1.9 * GIB), int(0.4 * GIB)
_CHECKER = 303_966_208 * 4
"""The safety checker, in full precision; beside anything less than a whole pipeline it stays off the device."""
_STREAMED = int(0.35 * GIB)
"""Layers under way of a network that comes layer by layer."""
_LORA = int(0.35 * GIB)
"""One of rank 64 with all its targets is 325 MiB; the one that makes few steps enough is 376, and a style goes over it.
In 16 bits, as ``_STEP`` and the decodes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One layout. ``name`` is what an admin writes; the rest is what it means."""

    name: str
    precision: Precision = "bf16"
    offload: Offload = "none"
    tile: bool = False
    """Decode in tiles, which shows faintly where they meet."""
    batch: int = 1
    """Pictures painted at once."""
    resident_loras: int = 2
    size: int = NATIVE
    channels_last: bool = False
    compile: bool = False
    """Compile the blocks that repeat; costs a warm-up at the start and needs CUDA."""

    @property
    def lora_bytes(self) -> int:
        """Memory for LoRAs."""
        return self.resident_loras * _LORA * BYTES[self.precision] // 2

    @property
    def loras_at_home(self) -> bool:
        """Whether LoRAs too come to the device layer by layer."""
        return self.offload in LAYER_BY_LAYER

    def weights(self) -> int:
        """Bytes of the networks that lie on the device at the same time, at most."""
        return max(self._stages())

    def _stages(self) -> tuple[int, int, int]:
        """Bytes of the networks that lie on the device while words are read, steps are made, and a picture decoded."""
        width = BYTES[self.precision]
        size = {part: count * width for part, count in PARAMETERS.items()}
        words = size["text_encoder"] + size["text_encoder_2"]
        rest = size["unet"] + size["controlnet"] + size["vae"]
        match self.offload:
            case "none":
                return words + rest, words + rest, words + rest
            case "text":  # the words come beside all that idles on the device
                return words + rest, rest, rest
            case "model":
                return words, size["unet"] + size["controlnet"], size["vae"]
            case "control":
                return words, size["unet"] + _STREAMED, size["vae"]
            case "sequential":
                return words, 2 * _STREAMED, size["vae"]

    def peak(self) -> int:
        """Bytes of device memory that this layout may come to need."""
        scale = (self.size / NATIVE) ** 2 * BYTES[self.precision] / 2
        decode = (_DECODE_TILED if self.tile else _DECODE) * scale
        work = (0, int(self.batch * _STEP * scale), int(decode))
        most = max(map(sum, zip(self._stages(), work, strict=True)))
        checker = _CHECKER if self.offload == "none" else 0
        loras = 0 if self.loras_at_home else self.lora_bytes
        return most + loras + checker + _BESIDE + _KERNELS


PLANS: Mapping[str, Plan] = {
    plan.name: plan
    for plan in (
        Plan("80gb", batch=8, resident_loras=32, channels_last=True),
        Plan("24gb", batch=4, resident_loras=12, channels_last=True),
        Plan("16gb", batch=2, resident_loras=4, channels_last=True),
        Plan("12gb", offload="text", channels_last=True),
        Plan("8gb", offload="control", tile=True),
        Plan("6gb", offload="sequential", tile=True),
        Plan("cpu", resident_loras=4),
    )
}
"""Name → plan, the largest first."""

COMPILED = "+compile"
"""Added to a plan's name, it asks for compiled networks."""

_TAKEN = int(0.55 * GIB)
"""What the driver and the library's first breath take of a card."""


def plan_for(free_bytes: int, device: str) -> Plan:
    """The largest plan that fits ``free_bytes`` of ``device`` (``cuda``, which ROCm also calls itself, ``mps``, ``cpu``)."""
    if device == "cpu":
        full = replace(PLANS["cpu"], precision="fp32")
        return full if full.peak() <= free_bytes else PLANS["cpu"]
    plans = [_suited(plan, device) for plan in PLANS.values() if plan.name != "cpu"]
    return next((plan for plan in plans if plan.peak() <= free_bytes), plans[-1])


def _suited(plan: Plan, device: str) -> Plan:
    if device != "mps":
        return plan
    # No streams there, and its memory is the machine's own: nothing is won by moving networks about.
    offload = "none" if plan.offload == "text" else plan.offload
    return replace(plan, precision="fp16", channels_last=False, offload=offload)


def plan_named(name: str) -> Plan:
    """The plan called ``name``, perhaps with ``+compile``. Raises ``SpecInvalid`` (``error-plan``) when there is none.

    Nor is there a compiled one for the CPU, or for networks that come layer by layer, which the compiler cannot follow.
    """
    base, plus, rest = name.partition(COMPILED)
    if base not in PLANS or rest or (plus and (base == "cpu" or PLANS[base].offload in LAYER_BY_LAYER)):
        raise SpecInvalid("error-plan", {"plan": name, "plans": ", ".join(PLANS)})
    return replace(PLANS[base], compile=bool(plus))


def card_bytes(gigabytes: int) -> int:
    """What is free on a card sold as ``gigabytes`` that does nothing else."""
    return gigabytes * GIB - _TAKEN
