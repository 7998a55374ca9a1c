"""Where models and LoRAs hang, as plain as the loader and the loop need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Hangers:
    """A wardrobe with room for everything."""

    def wear(self, rows: Sequence[Any]) -> None:
        pass

    def room(self, rows: Sequence[Any]) -> int:
        return len(rows)

    def has(self, _model_id: str) -> bool:
        return True

    def drop_idle(self) -> None:
        pass

    def move(self, *, home: bool) -> None:
        pass


@dataclass(frozen=True)
class Folder:
    root: Path

    def path(self, model_id: str) -> Path:
        return self.root / model_id

    def present(self, model_id: str) -> bool:
        return (self.root / model_id).is_dir()
