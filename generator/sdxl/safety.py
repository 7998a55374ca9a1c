"""What looks at a painted picture before anybody else does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from generator.classic.colour import Bytes
from generator.sdxl.ladder import is_out_of_memory

log = logging.getLogger(__name__)

_HOME = torch.device("cpu")


class Checker:
    """Says of pictures which of them nobody may see, and changes none. Safe for many threads.

    ``model`` is the safety checker's network, ``processor`` what prepares a picture for it.
    """

    def __init__(self, model: Any, processor: Any) -> None:
        self.model = model
        self.processor = processor
        self._stays = False
        self._alone = threading.Lock()

    def to(self, device: torch.device) -> None:
        """Look on ``device`` from now on; but once there was no room to look, only on the processor."""
        with self._alone:
            if not self._stays:
                self.model.to(device)

    def __call__(self, pictures: Sequence[Bytes]) -> list[bool]:
        """Pictures (uint8, side, side, 3) → which of them nobody may see."""
        if not pictures:
            return []
        prepared = self.processor(images=list(pictures), return_tensors="pt", input_data_format="channels_last")
        with self._alone:
            try:
                return self._seen(prepared.pixel_values, len(pictures))
            except Exception as error:
                if self._stays or not is_out_of_memory(error):
                    raise
            # The painting fills the device, and would the next time as well.
            log.warning("the safety checker found no room on the device: from now on it looks on the processor")
            self._stays = True
            self.model.to(_HOME)
            return self._seen(prepared.pixel_values, len(pictures))

    def _seen(self, pixels: torch.Tensor, count: int) -> list[bool]:
        # The network paints over what it finds unfit: it gets something to paint over that nobody needs.
        blanks = [np.zeros(1) for _ in range(count)]
        with torch.inference_mode():
            given = pixels.to(device=self.model.device, dtype=self.model.dtype)
            _, unfit = self.model(clip_input=given, images=blanks)
        return [bool(bad) for bad in unfit]
