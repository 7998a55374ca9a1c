"""Turns words into what the networks read, and remembers it: the same words a second time cost nothing.

Of the words themselves nothing is kept: they are known again by a digest that only this process can make.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from generator.sdxl.loading import Components
from generator.sdxl.placement import Placement


@dataclass(frozen=True, slots=True)
class Words:
    """One text as the networks read it, on their device."""

    embeds: torch.Tensor
    """(1, 77, channels of both encoders)."""
    pooled: torch.Tensor
    """(1, channels of the second)."""


class Encoder:
    """Both text encoders behind one lock: their tokenizers silently mix up the texts of two threads at once."""

    def __init__(self, parts: Components, placement: Placement, kept: int = 320) -> None:
        self._parts = parts
        self._placement = placement
        self._kept = kept
        self._lock = threading.Lock()
        self._secret = os.urandom(32)
        self._known: OrderedDict[bytes, Words] = OrderedDict()

    def words(self, texts: Sequence[str | None], variant: str = "", ahead: Sequence[str] = ()) -> list[Words]:
        """One ``Words`` a text, in order. None: zeros, which are not what the empty text gives.

        ``variant`` names what else changes the outcome, such as a change of the text encoders' weights. Each text is
        encoded alone, so that what it gives does not depend on its company. ``ahead`` are likely to be asked for next,
        and are encoded too wherever the encoders have to be fetched anyway.
        """
        with self._lock:
            keys = {text: self._key(text, variant) for text in texts}
            found = {key: self._known[key] for key in keys.values() if key in self._known}
            missing = [text for text, key in keys.items() if key not in found]
            if missing:
                with self._placement.words():
                    for text in missing:
                        found[keys[text]] = self._encoded(text or "", zeros=text is None)
                    for text in dict.fromkeys(ahead):
                        key = self._key(text, variant)
                        if key not in self._known and key not in found:
                            self._known[key] = self._encoded(text, zeros=False)
            for key, words in found.items():
                self._known[key] = words
                self._known.move_to_end(key)
            while len(self._known) > self._kept:
                self._known.popitem(last=False)
            return [found[keys[text]] for text in texts]

    def _key(self, text: str | None, variant: str) -> bytes:
        plain = repr((text, variant)).encode()
        return hashlib.blake2b(plain, digest_size=32, key=self._secret).digest()

    @torch.inference_mode()
    def _encoded(self, text: str, *, zeros: bool) -> Words:
        if zeros:
            wide = sum(int(encoder.config.hidden_size) for encoder in self._parts.text_encoders)
            narrow = int(self._parts.text_encoders[1].config.projection_dim)
            length = int(self._parts.tokenizers[0].model_max_length)
            kind: dict[str, Any] = {"device": self._parts.device, "dtype": self._parts.dtype}
            return Words(torch.zeros(1, length, wide, **kind), torch.zeros(1, narrow, **kind))
        answers: list[Any] = []
        for tokenizer, encoder in zip(self._parts.tokenizers, self._parts.text_encoders, strict=True):
            ids = tokenizer(
                text, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt"
            ).input_ids
            answers.append(encoder(ids.to(encoder.device), output_hidden_states=True))
        embeds = torch.cat([answer.hidden_states[-2] for answer in answers], dim=-1)
        pooled = answers[-1][0]  # the second encoder's projection
        return Words(embeds.to(self._parts.device, self._parts.dtype), pooled.to(self._parts.device, self._parts.dtype))
