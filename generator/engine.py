"""What an engine is: one blocking call from an ``AvatarSpec`` to an ``Avatar``.

This module is the whole contract between those who ask for pictures and those who draw them. It imports neither
cv2 nor torch, so the chat side may import it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

LIKENESS_RANGE = (0, 100)
"""How much of the photo's geometry survives: 0 = an illustrated figure only, 100 = as close as we allow."""

SIZE_RANGE = (64, 1024)
"""Side of the square avatar in pixels."""

GRID_SIDE = 1024
"""Longest side of a grid of several pictures in pixels."""

LOOP_SIDE = 320
"""Longest side of a moving picture in pixels: chats show avatars no larger."""
LOOP_BYTES = 1_000_000

DEFAULT_SIZE = 640
DEFAULT_LIKENESS = 55

Trace = Literal["none", "low", "medium", "high"]
"""How much of *this photo's* pixels survive in the avatar. A description, never a promise of anonymity."""

Quality = Literal["", "fast", "balanced", "best"]
"""How much work an engine with a choice puts into a picture; empty: what the style says."""

ABOUT_CHARS = 200
"""Length of a member's own words about the picture."""

MOST_PICTURES = 4
"""Pictures that one request may ask for."""

MOST_LIKE = 16
"""How often *More like this* may follow upon another."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo: upright, sRGB, without any metadata.

    ``rgb`` holds ``height * width * 3`` bytes, rows from the top, uint8 R, G, B. Raw pixels, so that nobody behind the
    sandboxed decoder ever parses a file that a stranger made.
    """

    width: int
    height: int
    rgb: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or len(self.rgb) != self.width * self.height * 3:
            raise ValueError("rgb must hold exactly height * width * 3 bytes")


@dataclass(frozen=True, slots=True)
class AvatarSpec:
    """One picture, completely described: the same spec gives the same picture on the same versions."""

    style: str
    """A style id from the catalog, e.g. ``ink``."""
    seed: int
    """0 … 2**63-1. Chooses the figure, the geometry warp, palette and backdrop."""
    photo: Photo | None = None
    likeness: int = DEFAULT_LIKENESS
    """0 … 100; ignored without a photo."""
    traits: Mapping[str, str] = field(default_factory=dict[str, str])
    """Trait name (see ``generator.traits``) to value id; a trait that is absent is chosen by the seed."""
    size: int = DEFAULT_SIZE
    attempt: int = 0
    """Which *Try again* this is: varies what the seed varies inside one look, except the geometry warp and, without a
    photo, the traits that the member chose."""
    about: str = field(default="", repr=False)
    """The member's own words, at most ``ABOUT_CHARS`` on one line; only engines that paint from words read them."""
    quality: Quality = ""
    count: int = 1
    """1 … ``MOST_PICTURES``: how many pictures at once, of which the member takes one; ``singles`` says which."""
    styles: tuple[str, ...] = ()
    """The style of each of ``count`` pictures, where they are not all in one; the first is ``style``."""
    like: tuple[int, ...] = ()
    """*More like this*: the attempts that led here, the oldest first, at most ``MOST_LIKE``. The picture keeps most of
    what the picture with ``attempt = like[-1]`` and ``like = like[:-1]`` shows, and varies the rest."""
    instead: tuple[str, ...] = ()
    """What may be shown in place of ``style``, or of each of ``styles``, until the picture is there: styles of another
    engine, and an empty one for nothing. Without any, what a style itself says."""
    loop: bool = False
    """Whether the picture is wanted moving, too. Only single pictures are; an engine that cannot says so in its notes."""


@dataclass(frozen=True, slots=True)
class Avatar:
    """A finished picture: PNG bytes, square, without metadata but the machine-readable "stylised" mark."""

    png: bytes = field(repr=False)
    size: int
    trace: Trace
    """How much of the photo survives ("none" without a photo)."""
    notes: tuple[str, ...] = ()
    """Wording keys of remarks for the member, e.g. ``note-no-face`` or ``note-several-faces``."""
    parts: tuple[bytes, ...] = field(default=(), repr=False)
    """Where several pictures were asked for: each of them as a PNG of ``size``, in its place, and empty where there is
    none to show. ``png`` then shows them in a grid of at most ``GRID_SIDE`` px, each with its number."""
    drawn_as: str = ""
    """The style that was drawn, where it is not the one asked for."""
    loop: bytes = field(default=b"", repr=False)
    """Where it was asked for: the picture with a backdrop that shimmers, as a GIF without end, square, at most
    ``LOOP_SIDE`` px and ``LOOP_BYTES``; it begins with the picture as it is, and has the mark."""


def singles(spec: AvatarSpec) -> tuple[AvatarSpec, ...]:
    """What each of the pictures of ``spec`` shows, as it would be asked for alone: the next attempts, or other styles.

    Raises ValueError for ``styles`` that are not as many as ``count``, or do not begin with ``style``.
    """
    if spec.styles:
        if len(spec.styles) != spec.count or spec.styles[0] != spec.style:
            raise ValueError("styles that do not fit")
        return tuple(replace(spec, style=style, count=1, styles=(), loop=False) for style in spec.styles)
    loop = spec.loop and spec.count == 1
    return tuple(replace(spec, attempt=spec.attempt + place, count=1, loop=loop) for place in range(spec.count))


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign of life while drawing. ``fraction`` 0 … 1; ``preview`` a small PNG or None."""

    fraction: float
    preview: bytes | None = field(default=None, repr=False)


class Engine(Protocol):
    """Draws one avatar at a time. Implementations: ``generator.classic``, and SDXL on a GPU."""

    name: str
    """Short id that styles refer to: ``classic`` or ``sdxl``."""
    capacity: int
    """How many calls of ``draw`` may run at the same time, each from a thread of its own."""

    def draw(self, spec: AvatarSpec, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Avatar:
        """Draw ``spec`` and return the avatar. Blocks the calling thread; never call it on an event loop.

        Deterministic for (spec, versions). Calls ``report`` now and then from this thread; polls ``cancelled`` between
        its steps. Raises only ``generator.errors`` classes: ``SpecInvalid``, ``DrawCancelled``, ``DrawFailed``, and
        ``EngineUnavailable`` where not this picture but the engine is at fault, or lacks what it needs for it.
        """
        ...
