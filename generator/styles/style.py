"""What a style is: names for people, colours, numbers for the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Style:
    """One entry of the catalog, read from one TOML file."""

    id: str
    """The file's stem: lower-case letters, digits and hyphens."""
    engine: str
    """The engine that draws it: ``classic`` or ``sdxl``."""
    name: Mapping[str, str]
    """Locale → the name that people see. ``en`` is always there."""
    description: Mapping[str, str]
    """Locale → one line about how it looks. ``en`` is always there."""
    order: int
    """Place in lists and walls; lower comes first, ties by id."""
    photo: bool
    """True when a photo's own shapes are drawn; False when a photo only lends its colours to a figure."""
    needs_gpu: bool
    fallback: str
    """The style of the classic engine that comes nearest, drawn when this one's engine cannot; empty: this one's own."""
    needs: tuple[str, ...]
    """Models without which it cannot be drawn: ids of the manifest, or file stems in the folder of models."""
    recipe: str
    """Which of the engine's painters draws it."""
    palettes: Mapping[str, tuple[str, ...]]
    """Palette id → colours as ``#rrggbb``; an id that is a value of the trait ``colour`` answers to that trait."""
    parameters: Mapping[str, Any]
    """Numbers and words for the painter; their meaning is the engine's business."""
    figure: Mapping[str, Any]
    """The wardrobe of an illustrated set (see ``generator.classic.wardrobe``); empty for styles that borrow one."""
    credit: str
    """Whom a licence wants to be named for the figures, its own or borrowed ones; empty where it wants nobody named."""
    preview: bytes = field(repr=False)
    """A PNG of 256 px, or empty when the file beside the TOML is missing."""
    source: Path

    def called(self, locale: str) -> str:
        """The name in ``locale``, else in English."""
        return self.name.get(locale, self.name["en"])

    def described(self, locale: str) -> str:
        """The description in ``locale``, else in English; with the credit line, which is thus wherever styles are chosen."""
        described = self.description.get(locale, self.description["en"])
        return f"{described} ({self.credit})" if self.credit else described
