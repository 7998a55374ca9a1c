"""What looks at a painted picture before anybody else does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from generator.classic.colour import Bytes
from generator.sdxl.loading import Checker

Check = Callable[[Sequence[Bytes]], Sequence[bool]]
"""Pictures (uint8, side, side, 3) → which of them nobody may see. Safe for many threads; changes no picture."""


def check_with(checker: Checker | None) -> Check | None:
    """The look of ``checker``; None where its weights are not installed, so that nobody can take that for a clean bill."""
    return None if checker is None else _Look(checker)


class _Look:
    def __init__(self, checker: Checker) -> None:
        self._model: Any = checker.model
        self._processor: Any = checker.processor

    def __call__(self, pictures: Sequence[Bytes]) -> list[bool]:
        if not pictures:
            return []
        prepared = self._processor(images=list(pictures), return_tensors="pt", input_data_format="channels_last")
        pixels = prepared.pixel_values.to(device=self._model.device, dtype=self._model.dtype)
        # The network paints over what it finds unfit: it gets something to paint over that nobody needs.
        blanks = [np.zeros(1) for _ in pictures]
        with torch.inference_mode():
            _, unfit = self._model(clip_input=pixels, images=blanks)
        return [bool(bad) for bad in unfit]
