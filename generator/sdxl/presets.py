"""How much work goes into a picture: three presets with names, which a style may override."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, cast

from generator.engine import Quality
from generator.errors import SpecInvalid
from generator.styles import Style


@dataclass(frozen=True, slots=True)
class Preset:
    """One setting of the dial between quick and good. What follows ``scheduler`` with another value than its default
    saves work and changes the picture, so it is only ever chosen here or in a style's file, by name."""

    name: str
    steps: int
    guidance: float
    """How strongly words pull; at most 1: no guidance, half the work, the negative prompt unread."""
    scheduler: str
    guidance_end: float = 1.0
    """Share of the steps after which there is no guidance."""
    control_end: float = 1.0
    """Share of the steps after which the lines are no longer followed, however long a picture's own likeness would."""
    control_least: float = 0.0
    """Share of the steps for which lines are followed, though a picture's likeness may let go of them sooner."""
    few_step: str | None = None
    """Id of the model of a LoRA that makes few steps enough."""
    tiny_decode: bool = False
    """The preview decoder makes the final picture."""
    eta: float = 0.0

    @property
    def guided(self) -> bool:
        """Whether any step looks at the negative prompt."""
        return self.guidance > 1 and self.guidance_end > 0

    def lines_until(self, end: float) -> float:
        """Share of the steps after which lines are no longer followed that a likeness would follow until ``end``."""
        return min(max(end, self.control_least), self.control_end)


FEW_STEP = "lightning"
DEFAULT_QUALITY = "balanced"

PRESETS: Mapping[str, Preset] = {
    # Of four steps, the first leaves more noise than a third of thirty does.
    "fast": Preset("fast", 4, 0.0, "euler-trailing", control_least=0.5, few_step=FEW_STEP),
    "balanced": Preset("balanced", 20, 6.0, "dpmpp-2m-karras", guidance_end=0.6, control_end=0.8),
    "best": Preset("best", 30, 6.0, "dpmpp-2m-karras"),
}

_BOUNDS: Mapping[str, tuple[float, float]] = {
    "steps": (1, 100),
    "guidance": (0, 30),
    "guidance_end": (0, 1),
    "control_end": (0, 1),
    "control_least": (0, 1),
    "eta": (0, 1),
}


def preset_of(style: Style, quality: Quality) -> Preset:
    """The preset for ``quality`` (empty: the style's own ``quality``, else *balanced*) as ``style`` has it.

    ``[parameters.fast]`` and so on in the style's file override single values. Raises ``SpecInvalid``
    (``error-preset``) naming what is wrong there.
    """
    name = quality or str(style.parameters.get("quality", DEFAULT_QUALITY))
    if name not in PRESETS:
        raise SpecInvalid("error-preset", {"style": style.id, "preset": name, "setting": "quality"})
    own = style.parameters.get(name, {})
    if not isinstance(own, dict):
        raise SpecInvalid("error-preset", {"style": style.id, "preset": name, "setting": "-"})
    changes = cast("dict[str, Any]", own)
    kinds = {each.name: each.type for each in fields(Preset) if each.name != "name"}
    for setting, value in changes.items():
        if setting not in kinds or not _fits(setting, value):
            raise SpecInvalid("error-preset", {"style": style.id, "preset": name, "setting": setting})
    if changes.get("few_step") == "":
        changes = {**changes, "few_step": None}
    return replace(PRESETS[name], **changes)


def _fits(setting: str, value: object) -> bool:
    if setting in _BOUNDS:
        low, high = _BOUNDS[setting]
        whole = setting == "steps"
        number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        return number and low <= cast("float", value) <= high
    if setting == "tiny_decode":
        return isinstance(value, bool)
    return isinstance(value, str)
