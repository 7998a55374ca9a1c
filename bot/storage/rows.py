"""What storage hands out and takes in: frozen records and their stored form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from bot.chat import Address
from bot.errors import Gone
from generator.engine import Photo, Quality, Trace

State = Literal["queued", "running", "done", "failed", "cancelled"]
Parameters = Mapping[str, str | int | float]
Why = Literal["away", "unchecked", "lacking", "memory", "died"]
"""Why a painter does not paint a picture: there is none; nobody would look at it first; it lacks what the style needs; it
has too little memory for it; it has died of it, and more than once."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What is to be drawn, without the photo itself."""

    style: str
    engine: str
    likeness: int
    traits: Mapping[str, str]
    seed: int
    size: int
    attempt: int = 0
    """Which *Try again* this is."""
    has_photo: bool = False
    remark: str = ""
    """Wording key of what its member is told beside the picture: why it is not what they asked for."""
    about: str = field(default="", repr=False)
    """The member's own words about a painted picture; erased with it."""
    quality: Quality = ""
    count: int = 1
    """How many pictures in one grid."""
    styles: tuple[str, ...] = ()
    like: tuple[int, ...] = ()
    """See ``generator.engine.AvatarSpec``."""
    unchecked: bool = False
    """The moderators allow painted pictures at which nobody looked before."""
    instead: tuple[str, ...] = ()
    """Where the room does not allow every style: what another engine may draw in place of each of ``styles``, or of
    ``style``; empty for one in whose place it may draw nothing."""
    loop: bool = False
    """Whether a single picture is wanted moving, too."""


def single(spec: JobSpec, place: int) -> JobSpec:
    """What picture ``place`` (0 = the first) of a grid shows, as ``generator.engine.singles`` has it.

    But for ``instead``, of which it has what is said of this picture alone: it is a job of its own.
    """
    if spec.styles:
        return replace(spec, style=spec.styles[place], count=1, styles=(), instead=spec.instead[place : place + 1])
    return replace(spec, attempt=spec.attempt + place, count=1)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request for an avatar. ``key``, ``room``, ``member`` and ``channel`` are pseudonyms."""

    key: str
    room: str
    member: str
    spec: JobSpec
    locale: str
    address: Address | None
    photo: Photo | None = field(default=None, repr=False)
    channel: str = ""
    """Whose rules hold, if this part of the room has rules of its own."""
    paints: int | None = None
    """The job whose picture this one paints in full: free of charge, and once."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job is on the disk. ``place`` 1 = next, 0 = no longer waiting; ``seconds`` until the picture is expected."""

    job: int
    repeated: bool
    place: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to draw one job. Whoever holds an older token for the same job can no longer change it."""

    job: int
    token: str
    room: str
    member: str
    spec: JobSpec
    attempt: int
    """Which attempt this is, 1 = the first."""
    refused: Mapping[str, Why] = field(default_factory=dict[str, Why])
    """The slots that did not paint it, in this order, and why not."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as its member may see it."""

    job: int
    state: State
    spec: JobSpec
    place: int | None
    """1 = next; None unless queued."""
    seconds: float | None
    """Until the picture is expected; None when the job is over."""
    locale: str
    trace: Trace | None
    notes: tuple[str, ...]
    shared: bool
    created: int
    kept: bool
    """The avatar can still be fetched."""
    error_key: str | None = None
    error_parameters: Parameters = field(default_factory=dict[str, "str | int | float"])
    drawn_as: str = ""
    """The style that was drawn, where it is not the one asked for."""
    why: Why = "away"
    """Why it was not painted, where it was drawn as something else."""
    paintable: bool = False
    """Another engine drew it, and it may yet be painted in full."""


@dataclass(frozen=True, slots=True)
class Status:
    """An unfinished job and where its progress is shown."""

    job: int
    state: State
    address: Address
    locale: str
    place: int | None
    seconds: float
    spec: JobSpec


@dataclass(frozen=True, slots=True)
class Delivery:
    """A final message that has not arrived yet."""

    id: int
    job: int
    room: str
    member: str
    address: Address
    locale: str
    state: State
    spec: JobSpec
    trace: Trace | None
    notes: tuple[str, ...]
    error_key: str | None
    error_parameters: Parameters
    attempts: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What retention erased."""

    avatars: int = 0
    jobs: int = 0
    decisions: int = 0
    deliveries: int = 0
    """Final messages given up after a week of trying."""
    files: int = 0
    """Files that no job named."""


WORDLESS = "CASE WHEN json_valid(spec) THEN json_remove(spec, '$.about') ELSE '{}' END"
"""In SQL: the spec of a job without what its member said in words of their own."""

_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dump_spec(spec: JobSpec) -> str:
    """JSON of a spec. What few pictures have is left out where it says nothing."""
    seldom: dict[str, Any] = {
        "about": spec.about,
        "quality": spec.quality,
        "count": spec.count,
        "styles": list(spec.styles),
        "like": list(spec.like),
        "unchecked": spec.unchecked,
        "instead": list(spec.instead),
        "loop": spec.loop,
    }
    plain: dict[str, Any] = {"about": "", "quality": "", "count": 1, "unchecked": False, "loop": False}
    return _dump(
        {
            "style": spec.style,
            "engine": spec.engine,
            "likeness": spec.likeness,
            "traits": dict(spec.traits),
            "seed": spec.seed,
            "size": spec.size,
            "attempt": spec.attempt,
            "has_photo": spec.has_photo,
            "remark": spec.remark,
            **{name: value for name, value in seldom.items() if value != plain.get(name, [])},
        }
    )


def load_spec(text: str) -> JobSpec:
    """The spec that ``dump_spec`` wrote. Raises Gone for one that was damaged or that another version wrote."""
    try:
        spec = JobSpec(**json.loads(text))
        return replace(spec, styles=tuple(spec.styles), like=tuple(spec.like), instead=tuple(spec.instead))
    except (ValueError, TypeError) as error:
        raise Gone from error


def dump(value: Any) -> str:
    """Compact JSON."""
    return _dump(value)


def load_refused(text: str | None) -> dict[str, Why]:
    """Slot → why it did not paint a picture; nothing where that was damaged."""
    try:
        return cast("dict[str, Why]", json.loads(text)) if text else {}
    except ValueError:
        return {}


def load_notes(text: str | None) -> tuple[str, ...]:
    """Wording keys of remarks."""
    return tuple(cast("list[str]", json.loads(text))) if text else ()


def load_parameters(text: str | None) -> dict[str, str | int | float]:
    """Parameters of a wording."""
    return cast("dict[str, str | int | float]", json.loads(text)) if text else {}
