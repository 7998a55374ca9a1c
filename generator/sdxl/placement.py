"""Where the networks lie: on the device, or in the machine's own memory until their turn comes."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

import torch
from diffusers.hooks.group_offloading import apply_group_offloading
from diffusers.hooks.hooks import HookRegistry

from generator.sdxl.loading import Components
from generator.sdxl.plans import OFFLOADS, Offload

_HOME = torch.device("cpu")
_STREAMED = {"control": ("controlnet",), "sequential": ("controlnet", "unet")}


class Placement:
    """Moves the networks of ``parts`` as ``offload`` says. One thread at a time."""

    def __init__(self, parts: Components, offload: Offload) -> None:
        self._parts = parts
        self._device = parts.device
        self._streamed: dict[str, list[tuple[Any, Any]]] = {}
        """Networks whose layers come and go → their modules, each as it is called compiled."""
        self.offload: Offload = offload
        self._settle()

    def lower(self, offload: Offload) -> None:
        """Keep less on the device from now on."""
        if OFFLOADS.index(offload) > OFFLOADS.index(self.offload):
            self.offload = offload
            self._settle()

    def climb(self, offload: Offload) -> None:
        """Bring back to the device what ``offload`` leaves there; where there is no room, everything stays as it was."""
        before = self.offload
        if OFFLOADS.index(offload) >= OFFLOADS.index(before):
            return
        self.offload = offload
        try:
            self._settle()
        except Exception:
            self.offload = before
            self._settle()
            raise

    def _settle(self) -> None:
        """Bring every network to where it idles."""
        for name, network in self._parts.networks().items():
            if name in _STREAMED.get(self.offload, ()):
                self._stream(name, network)
            else:
                self._gather(name, network)
                self._move(network, self._idle(name))
        if self._parts.safety is not None:
            self._parts.safety.to(self._idle("safety"))
        _give_back()

    @contextlib.contextmanager
    def words(self) -> Iterator[None]:
        """The text encoders are on the device."""
        with self._stage("text_encoder", "text_encoder_2"):
            yield

    @contextlib.contextmanager
    def steps(self) -> Iterator[None]:
        """What a step needs is on the device."""
        with self._stage("unet", "controlnet", "control_embedding"):
            yield

    @contextlib.contextmanager
    def pictures(self) -> Iterator[None]:
        """The decoder (and encoder) of pictures is on the device."""
        with self._stage("vae"):
            yield

    @contextlib.contextmanager
    def _stage(self, *names: str) -> Iterator[None]:
        networks = self._parts.networks()
        moved = [name for name in names if name not in self._streamed and self._idle(name) != self._device]
        try:
            for name in moved:
                self._move(networks[name], self._device)
            yield
        finally:
            for name in moved:
                self._move(networks[name], self._idle(name))
            if moved:
                _give_back()

    def _idle(self, name: str) -> torch.device:
        level = OFFLOADS.index(self.offload)
        away = level >= 1 and name in {"text_encoder", "text_encoder_2", "safety"}
        away = away or (level >= 2 and name in {"unet", "controlnet", "control_embedding", "vae"})
        return _HOME if away else self._device

    def _move(self, network: Any, device: torch.device) -> None:
        network.to(device)

    def _stream(self, name: str, network: Any) -> None:
        if name in self._streamed:
            return
        compiled_calls = [(module, module._compiled_call_impl) for module in network.modules()]  # noqa: SLF001
        for module, _ in compiled_calls:
            module._compiled_call_impl = None  # noqa: SLF001 - the compiler cannot follow layers that come and go
        network.to(_HOME)
        apply_group_offloading(
            network,
            onload_device=self._device,
            offload_device=_HOME,
            offload_type="leaf_level",
            use_stream=self._device.type == "cuda",
        )
        self._streamed[name] = compiled_calls

    def _gather(self, name: str, network: Any) -> None:
        """Let the layers of ``network`` come and go no more."""
        if name not in self._streamed:
            return
        hooks = HookRegistry.check_if_exists_or_initialize(network)
        for hook in ("group_offloading", "layer_execution_tracker", "lazy_prefetch_group_offloading"):
            hooks.remove_hook(hook, recurse=True)
        for module, call in self._streamed.pop(name):
            module._compiled_call_impl = call  # noqa: SLF001
        network.to(_HOME)


def tiled(vae: Any, side: int) -> None:
    """Let ``vae`` work on pictures of ``side`` px in tiles of about half that side, whatever its own file says of them."""
    shrink = 2 ** (len(vae.config.block_out_channels) - 1)
    # A quarter overlaps, and must be whole in both scales.
    latents = 4 * -(-side // (8 * shrink))
    vae.tile_latent_min_size, vae.tile_sample_min_size = latents, latents * shrink
    vae.enable_tiling()


def release() -> None:
    """After memory ran out: find what is held by nothing but itself, and give it all back to the device."""
    gc.collect()
    _give_back()


def _give_back() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def compiled(parts: Components, **options: Any) -> None:
    """Compile the blocks that repeat, and the decoder; ``options`` are those of ``torch.compile``.

    Blocks only: they are most of the work, and a whole network takes ten times as long to compile, anew for each batch.
    """
    # The library knows the UNet's repeated block, but not that the ControlNet is built of the same.
    parts.controlnet._repeated_blocks = parts.unet._repeated_blocks  # noqa: SLF001
    for network in (parts.unet, parts.controlnet):
        if any(type(each).__name__ in network._repeated_blocks for each in network.modules()):  # noqa: SLF001
            network.compile_repeated_blocks(fullgraph=True, **options)  # the smallest ControlNet has none of them
    parts.vae.decoder.compile(**options)


def in_channels_last(parts: Components) -> None:
    """Lay convolutions out as tensor cores like them; changes the last bits of a picture."""
    for network in (parts.unet, parts.controlnet, parts.control_embedding, parts.vae):
        network.to(memory_format=torch.channels_last)
