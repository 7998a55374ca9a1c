"""Everything the generator raises.

    GeneratorError
    ├── SpecInvalid       the request itself cannot be drawn (unknown style, trait or size)
    ├── PhotoRefused      a file is not a usable photo; the key says what to send instead
    ├── DrawCancelled     the caller asked to stop
    ├── DrawFailed        the engine gave up on this picture
    └── EngineUnavailable the engine cannot be reached, crashed, hung, or spoke nonsense

An error carries a message key and parameters, never a sentence: the sentence is looked up where it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping


class GeneratorError(Exception):
    """Root of the tree. ``key`` is a wording key, ``parameters`` fill its placeholders."""

    default_key = "error-engine"

    def __init__(self, key: str | None = None, parameters: Mapping[str, str | int | float] | None = None) -> None:
        self.key = key or self.default_key
        self.parameters: dict[str, str | int | float] = dict(parameters or {})
        super().__init__(f"{self.key} {self.parameters}" if self.parameters else self.key)


class SpecInvalid(GeneratorError):
    """The request cannot be drawn as it stands: an unknown style, trait value, size or likeness."""

    default_key = "error-spec"


class PhotoRefused(GeneratorError):
    """The bytes are no photo we take; the key (``photo-…``) says what to send instead."""

    default_key = "photo-unreadable"


class DrawCancelled(GeneratorError):
    """The caller asked to stop; nothing was drawn."""

    default_key = "job-cancelled"


class DrawFailed(GeneratorError):
    """The engine gave up on this picture; drawing it again would fail again."""

    default_key = "error-draw-failed"


class EngineUnavailable(GeneratorError):
    """The engine could not be reached, died, hung or sent garbage; another slot may succeed."""

    default_key = "error-engine-unavailable"
