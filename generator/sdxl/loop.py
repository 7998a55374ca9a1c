"""The step loop: from noise, words and lines to pictures, several at a time, each with everything of its own.

It gives what the pipeline of diffusers gives (``StableDiffusionXLControlNetPipeline``, and its image-to-image kin), and
leaves out what changes nothing: the ControlNet where its lines are no longer followed, or with a scale of 0; its look
at the control picture at every step but the first. Of a picture that nobody waits for any more, no further step is
painted, and it is never decoded. (Two more things are computed anew for nothing: what the networks make of the words
for their attention, the same at each step, which is 0.8 % of one; and what both halves of guidance share before the
words come in, 0.3 %. Neither is worth the lines it would take.)
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch

from generator.classic.colour import Bytes
from generator.errors import SpecInvalid
from generator.sdxl.encoding import Words
from generator.sdxl.ladder import is_out_of_memory
from generator.sdxl.loading import Components
from generator.sdxl.loras import Shelf
from generator.sdxl.noise import drawn
from generator.sdxl.placement import Placement, release, tiled
from generator.sdxl.presets import Preset
from generator.sdxl.schedulers import TAKES_ETA, fresh

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Start:
    """A picture to begin from in place of pure noise."""

    rgb: Bytes
    """uint8 (side, side, 3)."""
    strength: float
    """How much of it is painted over: 0 … 1."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a batch."""

    words: Words
    unwanted: Words | None
    """The negative prompt; needed where the preset is guided."""
    seed: int
    edges: Bytes | None = None
    """uint8 (side, side), 255 on a line; None: paint freely."""
    scale: float = 1.0
    control_end: float = 1.0
    guidance: float | None = None
    """In place of the preset's, where that guides at all."""
    start: Start | None = None
    loras: Mapping[str, float] = field(default_factory=dict[str, float])
    """Model id or file of a LoRA → its weight."""
    near: tuple[int, ...] = ()
    """Seeds of the pictures that its noise is to be near to, the oldest first."""


class NoRoomToDecode(MemoryError):
    """Not even in tiles can a picture be decoded; fewer at once would not help, for it is done one by one."""


class Watcher(Protocol):
    """Whoever waits for a batch; asked and told about the pictures by their place in it."""

    def wanted(self, place: int) -> bool:
        """Whether anybody still waits for this picture. Asked before each step and before the decode."""
        ...

    def painted(self, place: int, done: int, steps: int, latents: torch.Tensor) -> None:
        """``done`` of ``steps`` are painted; ``latents`` is (1, 4, side / 8, side / 8)."""
        ...

    def ended(self, place: int, pixels: Bytes | None) -> None:
        """This picture is there, uint8 (side, side, 3), while others may still be decoded; or it came to nothing: its
        numbers are none."""
        ...


def steps_of(preset: Preset, start: Start | None = None) -> int:
    """How many steps a picture takes. Raises ``SpecInvalid`` (``error-strength``) where a start leaves none."""
    if start is None:
        return preset.steps
    steps = min(int(preset.steps * start.strength), preset.steps)
    if steps < 1:
        raise SpecInvalid("error-strength", {"strength": start.strength, "steps": preset.steps})
    return steps


class _Sheet:
    """A picture on its way: its latents, its scheduler, the source of its noise."""

    def __init__(self, place: int, picture: Picture, parts: Components, preset: Preset) -> None:
        self.place = place
        self.picture = picture
        self.noise = torch.Generator("cpu").manual_seed(picture.seed)  # the same on every device
        self.scheduler: Any = fresh(preset.scheduler, parts.scheduler_config)
        # Kept on the CPU: a scheduler that must ask the device where it stands makes everybody wait.
        self.scheduler.set_timesteps(preset.steps, device="cpu")
        left = steps_of(preset, picture.start)
        skipped = preset.steps - left
        self.timesteps: torch.Tensor = self.scheduler.timesteps[skipped * self.scheduler.order :]
        if picture.start is not None and hasattr(self.scheduler, "set_begin_index"):
            self.scheduler.set_begin_index(skipped * self.scheduler.order)
        self.extra: dict[str, Any] = {}
        if preset.scheduler in TAKES_ETA:
            self.extra["eta"] = preset.eta
        if preset.scheduler in {"ddim", "lcm", "tcd"}:
            self.extra["generator"] = self.noise
        self.condition: torch.Tensor | None = None
        self.latents = torch.empty(0)

    def begin(self, parts: Components, side: int) -> None:
        shape = (1, int(parts.unet.config.in_channels), side // parts.factor, side // parts.factor)
        if self.picture.start is None:
            noise = drawn(shape, self.noise, self.picture.near).to(parts.device)
            self.latents = noise * self.scheduler.init_noise_sigma
            return
        kind = parts.vae.dtype
        pixels = torch.from_numpy(self.picture.start.rgb.copy()).to(parts.device).permute(2, 0, 1)[None]
        seen = parts.vae.encode((pixels / 127.5 - 1).to(kind)).latent_dist
        known = seen.sample(generator=self.noise).float() * parts.vae.config.scaling_factor
        noise = drawn(shape, self.noise, self.picture.near, before=kind).to(parts.device)
        self.latents = self.scheduler.add_noise(known, noise, self.timesteps[:1])

    def condition_with(self, parts: Components) -> None:
        if self.picture.edges is not None and self.picture.scale != 0:
            pixels = torch.from_numpy(np.ascontiguousarray(self.picture.edges)).to(parts.device)
            lines = (pixels / 255).to(parts.dtype)[None, None].expand(1, 3, -1, -1)
            self.condition = parts.control_embedding(lines)

    def follows_lines(self, step: int, preset: Preset) -> bool:
        end = min(self.picture.control_end, preset.control_end)
        return self.condition is not None and (step + 1) / len(self.timesteps) <= end


@torch.inference_mode()
def paint(
    parts: Components,
    placement: Placement,
    pictures: Sequence[Picture],
    preset: Preset,
    side: int,
    watcher: Watcher,
    wardrobe: Shelf | None = None,
) -> None:
    """Paint the pictures, and hand each to ``watcher`` as soon as it is decoded.

    All of one call begin alike: all from noise, or all from a start of the same strength. ``side`` is a multiple of 8
    times what the UNet halves. Where no memory is left to decode, the VAE works in tiles from then on. Device errors
    such as running out of memory pass through, and are ``NoRoomToDecode`` where tiles were not enough.
    """
    sheets = [_Sheet(place, picture, parts, preset) for place, picture in enumerate(pictures)]
    if any(sheet.picture.start is not None for sheet in sheets):
        with placement.pictures():
            for sheet in sheets:
                sheet.begin(parts, side)
    else:
        for sheet in sheets:
            sheet.begin(parts, side)
    with placement.steps():
        for sheet in sheets:
            sheet.condition_with(parts)
        sheets = _stepped(parts, sheets, side, preset, watcher, wardrobe)
    with placement.pictures():
        for sheet in sheets:
            # One by one: it is the hungriest part, and whoever left meanwhile need not be decoded.
            if watcher.wanted(sheet.place):
                pixels: Bytes | None = None
                with contextlib.suppress(FloatingPointError):
                    pixels = _decoded(parts, sheet.latents, side, tiny=preset.tiny_decode)
                watcher.ended(sheet.place, pixels)


def _stepped(
    parts: Components,
    sheets: list[_Sheet],
    side: int,
    preset: Preset,
    watcher: Watcher,
    wardrobe: Shelf | None,
) -> list[_Sheet]:
    steps = len(sheets[0].timesteps)
    # Original size, crop, size asked for: the networks were trained to be told.
    told = torch.tensor([[side, side, 0, 0, side, side]]).to(parts.device, parts.dtype)
    company: _Company | None = None
    for step in range(steps):
        wanted = [sheet for sheet in sheets if watcher.wanted(sheet.place)]
        guided = preset.guidance > 1 and step < preset.guidance_end * steps
        if company is None or len(wanted) != len(sheets) or guided != company.guided:
            sheets = wanted
            if not sheets:
                return []
            company = _Company(parts, sheets, told, preset, guided=guided)
            if wardrobe is not None:
                worn = [sheet.picture.loras for sheet in sheets]
                wardrobe.wear(worn * 2 if guided else worn)
        _step(parts, company, preset, step)
        for sheet in sheets:
            watcher.painted(sheet.place, step + 1, steps, sheet.latents)
    return sheets


class _Company:
    """The sheets that are painted together, and what stays the same for them from step to step."""

    def __init__(
        self, parts: Components, sheets: list[_Sheet], told: torch.Tensor, preset: Preset, *, guided: bool
    ) -> None:
        self.sheets = sheets
        self.guided = guided
        read = [sheet.picture.words for sheet in sheets]
        if guided:
            read = [_unwanted(sheet.picture) for sheet in sheets] + read
        self.embeds = torch.cat([words.embeds for words in read])
        self.pooled = torch.cat([words.pooled for words in read])
        self.told = told.repeat(len(read), 1)
        self.times = sheets[0].timesteps.to(parts.device)
        pulls = [preset.guidance if sheet.picture.guidance is None else sheet.picture.guidance for sheet in sheets]
        self.pull = torch.tensor(pulls, device=parts.device)[:, None, None, None]
        self._followers: _Followers | None = None

    def following(self, parts: Components, preset: Preset, step: int) -> _Followers | None:
        """Those whose lines count at ``step``; None where nobody's do."""
        places = [place for place, sheet in enumerate(self.sheets) if sheet.follows_lines(step, preset)]
        if not places:
            return None
        if self._followers is None or places != self._followers.places:
            self._followers = _Followers(parts, self, places)
        return self._followers


class _Followers:
    """Those of a company that follow lines now, as the ControlNet is given them."""

    def __init__(self, parts: Components, company: _Company, places: list[int]) -> None:
        self.places = places
        twice = 2 if company.guided else 1
        rows = places + [len(company.sheets) + place for place in places] if company.guided else places
        self._everybody = len(places) == len(company.sheets)
        self._rows = torch.tensor(rows, device=parts.device)
        followed = [company.sheets[place] for place in places]
        self.embeds, self.pooled, self.told = self.of(company.embeds), self.of(company.pooled), self.of(company.told)
        self.conditions = torch.cat([each.condition for each in followed if each.condition is not None] * twice)
        scales = [each.picture.scale for each in followed] * twice
        self.scales = torch.tensor(scales, device=parts.device, dtype=parts.dtype)[:, None, None, None]

    def of(self, whole: torch.Tensor) -> torch.Tensor:
        """Their rows of ``whole``."""
        return whole if self._everybody else whole[self._rows]

    def among(self, theirs: torch.Tensor, rows: int) -> torch.Tensor:
        """``theirs`` among ``rows`` rows, of which the others are 0."""
        if self._everybody:
            return theirs
        whole = theirs.new_zeros(rows, *theirs.shape[1:])
        whole[self._rows] = theirs
        return whole


def _unwanted(picture: Picture) -> Words:
    if picture.unwanted is None:
        raise ValueError("a guided picture needs a negative prompt")
    return picture.unwanted


def _step(parts: Components, company: _Company, preset: Preset, step: int) -> None:
    sheets, guided = company.sheets, company.guided
    times = company.times[step]
    scaled = [sheet.scheduler.scale_model_input(sheet.latents, sheet.timesteps[step]) for sheet in sheets]
    seen = torch.cat(scaled * 2 if guided else scaled).to(parts.dtype)
    down, middle = _lines(parts, company.following(parts, preset, step), times, seen)
    noise = parts.unet(
        seen,
        times,
        encoder_hidden_states=company.embeds,
        added_cond_kwargs={"text_embeds": company.pooled, "time_ids": company.told},
        down_block_additional_residuals=down,
        mid_block_additional_residual=middle,
        return_dict=False,
    )[0].float()
    if guided:
        without, with_words = noise.chunk(2)
        noise = without + company.pull * (with_words - without)
    for place, sheet in enumerate(sheets):
        sheet.latents = sheet.scheduler.step(
            noise[place : place + 1], sheet.timesteps[step], sheet.latents, **sheet.extra, return_dict=False
        )[0]


def _lines(
    parts: Components, following: _Followers | None, times: torch.Tensor, seen: torch.Tensor
) -> tuple[list[torch.Tensor] | None, torch.Tensor | None]:
    """What the ControlNet adds; nothing where no picture follows lines now, and computed for those only that do."""
    if following is None:
        return None, None
    down, middle = parts.controlnet(
        following.of(seen),
        times,
        encoder_hidden_states=following.embeds,
        controlnet_cond=following.conditions,
        conditioning_scale=following.scales,
        added_cond_kwargs={"text_embeds": following.pooled, "time_ids": following.told},
        return_dict=False,
    )
    return [following.among(each, len(seen)) for each in down], following.among(middle, len(seen))


def _decoded(parts: Components, latents: torch.Tensor, side: int, *, tiny: bool) -> Bytes:
    """As ``decoded``, and once more where that helps: all steps are painted, and must not be lost.

    In tiles where memory is short; in full precision, from then on, where the VAE made of numbers what are none.
    """
    try:
        return decoded(parts, latents, tiny=tiny)
    except FloatingPointError:
        if tiny or parts.vae.dtype == torch.float32 or not bool(torch.isfinite(latents).all()):
            raise
        log.warning("the VAE overflows in %s: from now on it works in full precision", parts.vae.dtype)
        parts.vae.to(torch.float32)
        return _decoded(parts, latents, side, tiny=False)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        if tiny or parts.vae.use_tiling:
            raise NoRoomToDecode from error
    release()
    tiled(parts.vae, side)
    try:
        return decoded(parts, latents)
    except Exception as error:
        if is_out_of_memory(error):
            raise NoRoomToDecode from error
        raise


@torch.inference_mode()
def decoded(parts: Components, latents: torch.Tensor, *, tiny: bool = False) -> Bytes:
    """One picture's latents as pixels, by the VAE or by the preview decoder.

    Raises ``FloatingPointError`` where they are no numbers: of those a decoder makes one flat colour.
    """
    if tiny:
        if parts.preview_vae is None:
            raise SpecInvalid("error-model-missing", {"model": "taesdxl"})
        pixels = parts.preview_vae.decode(latents.to(parts.preview_vae.dtype), return_dict=False)[0]
    else:
        wide = latents / parts.vae.config.scaling_factor
        pixels = parts.vae.decode(wide.to(parts.vae.dtype), return_dict=False)[0]
    if not bool(torch.isfinite(pixels.sum(dtype=torch.float32) + latents.sum())):
        raise FloatingPointError
    whole = (pixels[0].float() / 2 + 0.5).clamp(0, 1).permute(1, 2, 0)
    return (whole * 255).round().to(torch.uint8).cpu().numpy()
