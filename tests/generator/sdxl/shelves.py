"""A folder of models, as plain as the loader needs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folder:
    root: Path

    def path(self, model_id: str) -> Path:
        return self.root / model_id

    def present(self, model_id: str) -> bool:
        return (self.root / model_id).is_dir()
