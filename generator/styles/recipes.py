"""What the painters of each engine ask of a style file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

RECIPES: Mapping[str, Mapping[str, int]] = {
    "classic": {
        "cel": 5,
        "engrave": 4,
        "figure": 5,
        "glass": 6,
        "ink": 3,
        "lino": 3,
        "lowpoly": 4,
        "mosaic": 4,
        "neon": 5,
        "oil": 4,
        "papercut": 6,
        "pixel": 4,
        "pop": 6,
        "riso": 4,
        "topo": 6,
        "watercolor": 4,
    },
    "sdxl": {"painted": 0},
}
"""Engine → recipe → colours that each of its palettes has; 0: it has no palettes.

Written down here for those who load no painter.
"""

QUALITIES: Sequence[Literal["fast", "balanced", "best"]] = ("fast", "balanced", "best")


def painting_fault(parameters: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first of the ``parameters`` of a painted style that cannot be used: its key, and what was expected there."""
    prompt = parameters.get("prompt")
    if not isinstance(prompt, str) or prompt.count("{subject}") != 1:
        return "prompt", "a text with one {subject}"
    for key in ("negative", "trigger", "figure"):
        if not isinstance(parameters.get(key, ""), str):
            return key, "a text"
    backdrops = parameters.get("backdrops", [])
    if not isinstance(backdrops, list) or not all(isinstance(each, str) for each in cast("list[object]", backdrops)):
        return "backdrops", "a list of texts"
    if not _share(parameters.get("paint_over", 0)):
        return "paint_over", "a number from 0 to 1"
    if parameters.get("quality", QUALITIES[0]) not in QUALITIES:
        return "quality", f"one of {', '.join(QUALITIES)}"
    for quality in QUALITIES:
        if not isinstance(parameters.get(quality, {}), dict):
            return quality, "a table"
    loras = parameters.get("loras", [])
    if not isinstance(loras, list) or not all(map(_is_lora, cast("Sequence[object]", loras))):
        return "loras", "a list of tables with one of model and file, and a weight"
    return None


def _share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_lora(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    table = cast("dict[str, object]", entry)
    names = [table[key] for key in ("model", "file") if key in table]
    weight = table.get("weight", 1.0)
    number = isinstance(weight, int | float) and not isinstance(weight, bool)
    return number and len(names) == 1 and isinstance(names[0], str) and bool(names[0]) and set(table) <= _LORA_KEYS


_LORA_KEYS = frozenset(("model", "file", "weight"))
