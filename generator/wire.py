"""The bytes that cross the engine border: one request, then frames.

Request: ``!I`` length of the head, head (JSON), then the photo's raw RGB bytes, if there is one.
Frame: ``!cHI`` kind, length of the head, length of the body; head (JSON); body (PNG bytes, behind them the parts of an
avatar or its moving picture, or nothing).
Neither side believes the other: lengths are checked before anything is kept, values before anything is built.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from generator.engine import (
    ABOUT_CHARS,
    GRID_SIDE,
    LIKENESS_RANGE,
    LOOP_BYTES,
    LOOP_SIDE,
    MOST_LIKE,
    MOST_PICTURES,
    SIZE_RANGE,
    Avatar,
    AvatarSpec,
    Photo,
    Progress,
    Quality,
    Trace,
    singles,
)
from generator.errors import DrawCancelled, DrawFailed, EngineUnavailable, GeneratorError, SpecInvalid
from generator.limits import MAX_PHOTO_BYTES, PHOTO_SIDE
from generator.traits import check_traits

DRAWING = "bpp-drawing"
"""Header in which a caller names the drawing that it asks for, to find it again among those that are at work."""
CANNOT = 78
"""How an engine's process ends where this machine cannot have that engine: trying again at once would change nothing."""

MAX_HEAD_BYTES = 4096
MAX_REQUEST_BYTES = 4 + MAX_HEAD_BYTES + MAX_PHOTO_BYTES
MAX_PREVIEW_BYTES = 512 * 1024
MAX_AVATAR_BYTES = 24 * 1024 * 1024
"""Of an avatar with all its parts: five PNGs of 1024 px that hardly compress."""

_REQUEST = struct.Struct("!I")
_FRAME = struct.Struct("!cHI")
_PNG = b"\x89PNG\r\n\x1a\n"
_GIF = b"GIF89a"
_STYLE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_KEY = re.compile(r"[a-z][a-z0-9-]{0,63}")
_DRAWING = re.compile(r"[0-9a-f]{16,64}")
_MAX_ATTEMPT = 1_000_000
_MAX_NOTES = 8
_MAX_PARAMETERS = 8
_MAX_PARAMETER_CHARS = 200
_ERRORS = {kind.__name__: kind for kind in (SpecInvalid, DrawFailed, DrawCancelled, EngineUnavailable)}
_TRACES: Mapping[str, Trace] = {"none": "none", "low": "low", "medium": "medium", "high": "high"}

_ALWAYS: frozenset[str] = frozenset(
    ("style", "seed", "likeness", "traits", "size", "attempt", "about", "quality", "count", "photo")
)
_SELDOM = frozenset(("styles", "like", "instead", "loop"))
_QUALITIES: Mapping[str, Quality] = {"": "", "fast": "fast", "balanced": "balanced", "best": "best"}


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The server lives and has nothing new to tell."""


Frame = Heartbeat | Progress | Avatar | GeneratorError
"""What a server says while drawing. An ``Avatar`` or an error is the last frame of a stream."""


def drawing_name(given: str | None = None) -> str:
    """The name of a drawing: the one that is ``given``, if it is one, else one that nobody has."""
    return given if given is not None and _DRAWING.fullmatch(given) else secrets.token_hex(16)


def encode_request(spec: AvatarSpec, chunk: int = 256 * 1024) -> tuple[int, Iterator[bytes]]:
    """Length in bytes of the request for ``spec``, and its parts of at most ``chunk`` bytes."""
    photo = spec.photo
    seldom = {"styles": list(spec.styles), "like": list(spec.like), "instead": list(spec.instead), "loop": spec.loop}
    head = json.dumps(
        {
            "style": spec.style,
            "seed": spec.seed,
            "likeness": spec.likeness,
            "traits": dict(spec.traits),
            "size": spec.size,
            "attempt": spec.attempt,
            "about": spec.about,
            "quality": spec.quality,
            "count": spec.count,
            "photo": None if photo is None else [photo.width, photo.height],
            # Left out where they say nothing: a server of an earlier version draws what it understands.
            **{name: value for name, value in seldom.items() if value},
        }
    ).encode()

    def parts() -> Iterator[bytes]:
        yield _REQUEST.pack(len(head)) + head
        if photo is not None:
            for at in range(0, len(photo.rgb), chunk):
                yield photo.rgb[at : at + chunk]

    return _REQUEST.size + len(head) + (0 if photo is None else len(photo.rgb)), parts()


def decode_request(body: bytes) -> AvatarSpec:
    """The spec that ``body`` describes. Raises ``SpecInvalid`` for everything that ``encode_request`` cannot have made."""
    if len(body) < _REQUEST.size:
        raise SpecInvalid
    (length,) = _REQUEST.unpack_from(body)
    start = _REQUEST.size + length
    if length > MAX_HEAD_BYTES or len(body) < start:
        raise SpecInvalid
    try:
        head = _json(body[_REQUEST.size : start])
        traits = cast("dict[Any, Any]", head["traits"])
        if frozenset(head) - _SELDOM != _ALWAYS or not isinstance(head["traits"], dict):
            raise SpecInvalid
        spec = AvatarSpec(
            style=_text(head["style"], _STYLE),
            seed=_integer(head["seed"], 0, 2**63 - 1),
            photo=_photo(head["photo"], body, start),
            likeness=_integer(head["likeness"], *LIKENESS_RANGE),
            traits={str(name): str(value) for name, value in traits.items()},
            size=_integer(head["size"], *SIZE_RANGE),
            attempt=_integer(head["attempt"], 0, _MAX_ATTEMPT),
            about=_words(head["about"]),
            quality=_QUALITIES[head["quality"]],
            count=_integer(head["count"], 1, MOST_PICTURES),
            styles=tuple(_text(style, _STYLE) for style in _few(head.get("styles", []), MOST_PICTURES)),
            like=tuple(_integer(attempt, 0, _MAX_ATTEMPT) for attempt in _few(head.get("like", []), MOST_LIKE)),
            instead=tuple(_text(one, _STYLE) if one else "" for one in _few(head.get("instead", []), MOST_PICTURES)),
            loop=_truth(head.get("loop", False)),
        )
        singles(spec)
        if len(spec.instead) not in (0, len(spec.styles) or 1):
            raise SpecInvalid
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpecInvalid from error
    check_traits(spec.traits)
    return spec


def _photo(sides: object, body: bytes, start: int) -> Photo | None:
    if sides is None:
        if len(body) != start:
            raise ValueError("bytes after the head")
        return None
    width, height = cast("list[object]", sides)
    return Photo(_integer(width, 1, PHOTO_SIDE), _integer(height, 1, PHOTO_SIDE), body[start:])


def encode_frame(frame: Frame) -> bytes:
    """``frame`` as it travels."""
    match frame:
        case Heartbeat():
            kind, head, body = b"h", {}, b""
        case Progress(fraction, preview):
            fits = preview is not None and len(preview) <= MAX_PREVIEW_BYTES  # it is an extra, not worth a failure
            kind, head, body = b"p", {"fraction": fraction}, preview if preview and fits else b""
        case Avatar():
            told = {"size": frame.size, "trace": frame.trace, "notes": list(frame.notes), "drawn_as": frame.drawn_as}
            loop = {"loop": len(frame.loop)} if frame.loop else {}
            kind, head = b"d", {**told, "parts": [len(part) for part in frame.parts], **loop}
            body = b"".join((frame.png, *frame.parts, frame.loop))
        case GeneratorError():
            kin = next((kind.__name__ for kind in type(frame).__mro__ if kind.__name__ in _ERRORS), "DrawFailed")
            head = {"error": kin, "key": frame.key, **_told(frame.parameters)}
            kind, body = b"e", b""
    text = json.dumps(head).encode()
    return _FRAME.pack(kind, len(text), len(body)) + text + body


def _told(parameters: Mapping[str, str | int | float]) -> dict[str, object]:
    kept = list(parameters.items())[:_MAX_PARAMETERS]
    return {
        "parameters": {
            name: value[:_MAX_PARAMETER_CHARS] if isinstance(value, str) else value
            for name, value in kept
            if isinstance(value, str) or math.isfinite(value)
        }
    }


class Frames:
    """Reads frames out of a stream that arrives in pieces; keeps at most one unfinished frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._over = False

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """The frames that ``piece`` completes. Raises ``EngineUnavailable`` for anything ``encode_frame`` cannot make."""
        self._buffer += piece
        while len(self._buffer) >= _FRAME.size:
            kind, head, body = _FRAME.unpack_from(self._buffer)
            most = {b"h": 0, b"p": MAX_PREVIEW_BYTES, b"d": MAX_AVATAR_BYTES, b"e": 0}.get(kind, -1)
            if self._over or head > MAX_HEAD_BYTES or body > most:
                raise EngineUnavailable
            end = _FRAME.size + head + body
            if len(self._buffer) < end:
                return
            text = bytes(self._buffer[_FRAME.size : _FRAME.size + head])
            blob = bytes(self._buffer[_FRAME.size + head : end])
            del self._buffer[:end]
            self._over = kind in b"de"
            yield _frame(kind, text, blob)
        if self._over and self._buffer:
            raise EngineUnavailable


def _frame(kind: bytes, text: bytes, blob: bytes) -> Frame:
    try:
        head = _json(text)
        match kind:
            case b"p":
                return Progress(_fraction(head["fraction"]), _preview(blob))
            case b"d":
                return _avatar(head, blob)
            case b"e":
                return _error(head)
            case _:
                return Heartbeat()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineUnavailable from error


def _preview(blob: bytes) -> bytes | None:
    if blob and not blob.startswith(_PNG):
        raise ValueError("a preview that is no PNG")
    return blob or None


def _avatar(head: dict[str, Any], body: bytes) -> Avatar:
    size = _integer(head["size"], *SIZE_RANGE)
    notes, parts = _few(head["notes"], _MAX_NOTES), list[bytes]()
    cut = len(body) - _integer(head.get("loop", 0), 0, min(LOOP_BYTES, len(body)))
    body, loop = body[:cut], body[cut:]
    if loop and not (loop.startswith(_GIF) and 0 < _gif_side(loop) <= LOOP_SIDE):
        raise ValueError("what moves is no GIF, or too large")
    for length in reversed(_few(head["parts"], MOST_PICTURES)):
        cut = len(body) - _integer(length, 0, len(body))
        parts.insert(0, body[cut:])
        body = body[:cut]
    if any(part and _sides(part) != (size, size) for part in parts):
        raise ValueError("a part that is not of the size of its avatar")
    if not all(0 < side <= GRID_SIDE for side in _sides(body)) if parts else _sides(body) != (size, size):
        raise ValueError("an avatar that is not of its size")
    drawn_as = _text(head["drawn_as"], _STYLE) if head["drawn_as"] else ""
    return Avatar(
        body, size, _TRACES[head["trace"]], tuple(_text(note, _KEY) for note in notes), tuple(parts), drawn_as, loop
    )


def _sides(png: bytes) -> tuple[int, int]:
    """Width and height as a PNG says. Raises ValueError for what is none."""
    if png[:8] != _PNG or png[12:16] != b"IHDR" or len(png) < 24:
        raise ValueError("no PNG")
    width, height = struct.unpack("!II", png[16:24])
    return width, height


def _gif_side(gif: bytes) -> int:
    """The side of a square GIF in px, as it says. Raises ValueError for another."""
    width, height = struct.unpack("<HH", gif[6:10]) if len(gif) >= 10 else (0, 1)
    if width != height:
        raise ValueError("not square")
    return width


def _error(head: dict[str, Any]) -> GeneratorError:
    parameters = cast("dict[str, object]", head["parameters"])
    if len(parameters) > _MAX_PARAMETERS:
        raise ValueError("too many parameters")
    return _ERRORS[head["error"]](
        _text(head["key"], _KEY),
        {_text(name, _KEY): _parameter(value) for name, value in parameters.items()},
    )


def _parameter(value: object) -> str | int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError("a parameter that is neither text nor number")
    if isinstance(value, str) and len(value) > _MAX_PARAMETER_CHARS:
        raise ValueError("a parameter too long")
    return value


def _json(text: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> float:
        raise ValueError(constant)

    try:
        value = json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(value, dict):
        raise TypeError("no object")
    return cast("dict[str, Any]", value)


def _few(value: object, most: int) -> list[object]:
    if not isinstance(value, list) or len(cast("list[object]", value)) > most:
        raise ValueError("no list, or too long")
    return cast("list[object]", value)


def _integer(value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError("an integer out of range")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _fraction(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= cast("float", value) <= 1:
        raise ValueError("a fraction out of range")
    return cast("float", value)


def _words(value: object) -> str:
    if not isinstance(value, str) or len(value) > ABOUT_CHARS or not value.isprintable():
        raise ValueError("words that are none, too many, or not on one line")
    return value


def _text(value: object, shape: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise ValueError("a name of an unknown shape")
    return value
