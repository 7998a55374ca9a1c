from __future__ import annotations

import json
import struct
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.engine import (
    ABOUT_CHARS,
    GRID_SIDE,
    LOOP_BYTES,
    LOOP_SIDE,
    MOST_LIKE,
    MOST_PICTURES,
    Avatar,
    AvatarSpec,
    Photo,
    Progress,
)
from generator.errors import DrawCancelled, DrawFailed, EngineUnavailable, GeneratorError, SpecInvalid
from generator.traits import TRAITS
from generator.wire import (
    MAX_AVATAR_BYTES,
    MAX_HEAD_BYTES,
    MAX_PREVIEW_BYTES,
    MAX_REQUEST_BYTES,
    Frames,
    Heartbeat,
    decode_request,
    encode_frame,
    encode_request,
)


def png(size: int, tail: bytes = b"") -> bytes:
    """As much of a PNG as the border looks at."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack("!I4sII", 13, b"IHDR", size, size) + tail


def gif(side: int, tail: bytes = b"") -> bytes:
    """As much of a GIF as the border looks at."""
    return b"GIF89a" + struct.pack("<HH", side, side) + tail


def request(spec: AvatarSpec) -> bytes:
    length, parts = encode_request(spec, chunk=1000)
    body = b"".join(parts)
    assert len(body) == length
    return body


keys = st.from_regex(r"[a-z][a-z0-9-]{0,63}", fullmatch=True)
photos = st.builds(
    lambda width, height, byte: Photo(width, height, bytes([byte]) * (width * height * 3)),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 255),
)
traits = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in TRAITS.items()})
ids = st.from_regex(r"[a-z0-9][a-z0-9-]{0,63}", fullmatch=True)
specs = st.builds(
    AvatarSpec,
    style=ids,
    seed=st.integers(0, 2**63 - 1),
    photo=st.none() | photos,
    likeness=st.integers(0, 100),
    traits=traits,
    size=st.integers(64, 1024),
    attempt=st.integers(0, 1000),
    about=st.text(max_size=ABOUT_CHARS).filter(str.isprintable),
    quality=st.sampled_from(["", "fast", "balanced", "best"]),
    count=st.integers(1, MOST_PICTURES),
    like=st.lists(st.integers(0, 1000), max_size=MOST_LIKE).map(tuple),
    loop=st.booleans(),
).flatmap(
    lambda spec: (
        st.just(spec)
        | st.lists(ids, min_size=spec.count - 1, max_size=spec.count - 1).map(
            lambda others: replace(spec, styles=(spec.style, *others), instead=("", *others))
        )
    )
)
errors = st.builds(
    lambda kind, key, parameters: kind(key, parameters),
    st.sampled_from([SpecInvalid, DrawFailed, DrawCancelled, EngineUnavailable]),
    keys,
    st.dictionaries(
        keys,
        st.text(max_size=50) | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False),
        max_size=8,
    ),
)
frames = st.one_of(
    st.just(Heartbeat()),
    st.builds(Progress, st.floats(0, 1), st.none() | st.binary(max_size=99).map(lambda tail: png(8, tail))),
)
finals = st.one_of(
    errors,
    st.integers(64, 1024).flatmap(
        lambda size: st.builds(
            Avatar,
            st.binary(max_size=99).map(lambda tail: png(size, tail)),
            st.just(size),
            st.sampled_from(["none", "low", "medium", "high"]),
            st.lists(keys, max_size=8).map(tuple),
            st.lists(
                st.just(b"") | st.binary(max_size=99).map(lambda tail: png(size, tail)), max_size=MOST_PICTURES
            ).map(tuple),
            st.just("") | ids,
            st.just(b"") | st.tuples(st.integers(1, LOOP_SIDE), st.binary(max_size=99)).map(lambda of: gif(*of)),
        )
    ),
)


def read(stream: bytes, cuts: list[int] | None = None) -> list:
    reader = Frames()
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts or [])})
    found = []
    for start, end in pairwise(places):
        found += reader.feed(stream[start:end])
    return found


def same(one: object, other: object) -> bool:
    if isinstance(one, GeneratorError) and isinstance(other, GeneratorError):
        return (type(one), one.key, one.parameters) == (type(other), other.key, other.parameters)
    return one == other


@given(specs)
def test_what_says_nothing_is_left_out_for_those_who_do_not_know_it(spec: AvatarSpec) -> None:
    plain = replace(spec, count=1, styles=(), like=(), instead=(), loop=False, photo=None)
    assert len(json.loads(request(plain)[4:])) == 10


@given(specs)
def test_a_spec_arrives_as_it_left(spec: AvatarSpec) -> None:
    assert decode_request(request(spec)) == spec


@given(st.lists(frames, max_size=5), finals, st.lists(st.integers(0, 10_000), max_size=9))
def test_frames_arrive_as_they_left_however_they_are_cut(before: list, final: object, cuts: list[int]) -> None:
    sent = [*before, final]
    received = read(b"".join(map(encode_frame, sent)), cuts)
    assert len(received) == len(sent)
    assert all(map(same, received, sent))


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_random_bytes_are_frames_or_an_unavailable_engine(garbage: bytes, cuts: list[int]) -> None:
    try:
        read(garbage, cuts)
    except EngineUnavailable:
        return


@given(st.lists(frames, max_size=3), finals, st.integers(0, 10_000), st.binary(min_size=1, max_size=6))
def test_a_spoiled_stream_is_frames_or_an_unavailable_engine(before, final, at: int, spoil: bytes) -> None:
    stream = b"".join(map(encode_frame, [*before, final]))
    at %= len(stream)
    try:
        found = read(stream[:at] + spoil + stream[at + len(spoil) :])
    except EngineUnavailable:
        return
    for frame in found:
        if isinstance(frame, Avatar):
            sides = struct.unpack("!II", frame.png[16:24])
            # A grid has a size of its own.
            assert all(0 < side <= GRID_SIDE for side in sides) if frame.parts else sides == (frame.size, frame.size)
            assert all(part[16:24] in (b"", struct.pack("!II", frame.size, frame.size)) for part in frame.parts)
            assert not frame.loop or 0 < struct.unpack("<H", frame.loop[6:8])[0] <= LOOP_SIDE
        if isinstance(frame, Progress):
            assert 0 <= frame.fraction <= 1


@given(specs, st.integers(0, 10_000), st.binary(min_size=1, max_size=6))
def test_a_spoiled_request_is_a_spec_or_invalid(spec: AvatarSpec, at: int, spoil: bytes) -> None:
    body = request(spec)
    at %= len(body)
    for spoiled in (body[:at] + spoil + body[at + len(spoil) :], body[:at], body + spoil):
        try:
            found = decode_request(spoiled)
        except SpecInvalid:
            continue
        assert 0 <= found.likeness <= 100
        assert 64 <= found.size <= 1024


def head(**changes: object) -> bytes:
    """A request without photo, some of whose values are not what they should be."""
    values = {
        "style": "ink",
        "seed": 1,
        "likeness": 55,
        "traits": {},
        "size": 640,
        "attempt": 0,
        "about": "",
        "quality": "",
        "count": 1,
        "styles": [],
        "like": [],
        "instead": [],
        "loop": False,
        "photo": None,
        **changes,
    }
    text = json.dumps(values).encode()
    return struct.pack("!I", len(text)) + text


def test_the_request_made_by_hand_is_good() -> None:
    assert decode_request(head()) == AvatarSpec("ink", 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"instead": ["../ink"]},
        {"instead": ["moss", "ink"]},
        {"loop": 1},
        {"loop": None},
        {"style": "../ink"},
        {"about": "x" * 201},
        {"about": "two\nlines"},
        {"about": None},
        {"quality": "finest"},
        {"quality": []},
        {"count": 0},
        {"count": 5},
        {"styles": ["pop"]},
        {"styles": ["pop", "ink"], "count": 2},
        {"styles": ["ink", "../pop"], "count": 2},
        {"styles": "ink"},
        {"like": [-1]},
        {"like": [0] * 17},
        {"like": None},
        {"style": ""},
        {"style": None},
        {"style": "x" * 65},
        {"seed": -1},
        {"seed": 2**63},
        {"seed": 1.0},
        {"seed": True},
        {"likeness": 101},
        {"likeness": "55"},
        {"size": 63},
        {"size": 100_000},
        {"attempt": -1},
        {"traits": []},
        {"traits": None},
        {"traits": {"hair": "green"}},
        {"traits": {"shoe": "short"}},
        {"traits": {"hair": {"a": 1}}},
        {"photo": [10, 10]},
        {"photo": [0, 0]},
        {"photo": [1]},
        {"photo": [10**6, 10**6]},
        {"photo": "photo"},
        {"more": 1},
        {"seed": float("nan")},
    ],
)
def test_a_request_with_a_value_that_cannot_be_is_invalid(changes: dict) -> None:
    with pytest.raises(SpecInvalid):
        decode_request(head(**changes))


@pytest.mark.parametrize(
    "body",
    [b"", b"\0\0", struct.pack("!I", 2**32 - 1), struct.pack("!I", 4096) + b"[" * 4096, struct.pack("!I", 2) + b"[]"],
)
def test_a_body_that_is_no_request_is_invalid(body: bytes) -> None:
    with pytest.raises(SpecInvalid):
        decode_request(body)


def frame(kind: bytes, head: bytes, body: bytes = b"") -> bytes:
    return struct.pack("!cHI", kind, len(head), len(body)) + head + body


def drawn(**changes: object) -> bytes:
    plain = {"size": 64, "trace": "none", "notes": [], "parts": [], "drawn_as": ""}
    return json.dumps({**plain, **changes}).encode()


def test_the_frame_made_by_hand_is_good() -> None:
    assert read(frame(b"d", drawn(), png(64))) == [Avatar(png(64), 64, "none")]
    grid = frame(b"d", drawn(parts=[len(png(64)), 0]), png(200) + png(64))
    assert read(grid) == [Avatar(png(200), 64, "none", parts=(png(64), b""))]


@pytest.mark.parametrize(
    "stream",
    [
        frame(b"x", b"{}"),
        frame(b"p", b'{"fraction":2}'),
        frame(b"p", b'{"fraction":NaN}'),
        frame(b"p", b'{"fraction":true}'),
        frame(b"p", b"{}"),
        frame(b"p", b"[]"),
        frame(b"p", b"[" * 4000),
        frame(b"p", b'{"fraction":0.1}', b"GIF89a"),
        frame(b"p", b'{"fraction":' + b"1" * 4090),
        frame(b"h", b"{}", b"body"),
        frame(b"d", drawn(size=64, trace="none", notes=[]), b"no png"),
        frame(b"d", drawn(parts=[len(png(64))]), png(1025) + png(64)),
        frame(b"d", drawn(parts=[len(png(64))]), png(0) + png(64)),
        frame(b"d", drawn(parts=[len(png(65))]), png(100) + png(65)),
        frame(b"d", drawn(parts=[4]), png(100) + b"\x89PNG"),
        frame(b"d", drawn(parts=[-1]), png(100)),
        frame(b"d", drawn(parts=[0] * 5), png(100)),
        frame(b"d", drawn(parts=[len(png(64))]), png(64)),
        frame(b"d", drawn(drawn_as="../ink"), png(64)),
        frame(b"d", drawn(loop=len(gif(64)) + 1), png(64) + b"x" + gif(64)),
        frame(b"d", drawn(loop=len(gif(0))), png(64) + gif(0)),
        frame(b"d", drawn(loop=len(gif(LOOP_SIDE + 1))), png(64) + gif(LOOP_SIDE + 1)),
        frame(b"d", drawn(loop=12), png(64) + b"GIF89a" + struct.pack("<HHH", 64, 65, 0)),
        frame(b"d", drawn(loop=6), png(64) + b"GIF89a"),
        frame(b"d", drawn(loop=-1), png(64)),
        frame(b"d", drawn(loop=LOOP_BYTES + 1), png(64) + gif(64, bytes(LOOP_BYTES))),
        frame(b"d", drawn(size=65, trace="none", notes=[]), png(64)),
        frame(b"d", drawn(size=64, trace="all", notes=[]), png(64)),
        frame(b"d", drawn(size=64, trace="none", notes=["Hello there"]), png(64)),
        frame(b"d", drawn(size=64, trace=[], notes=[]), png(64)),
        frame(b"e", b'{"error":"KeyboardInterrupt","key":"x","parameters":{}}'),
        frame(b"e", b'{"error":"DrawFailed","key":"Not A Key","parameters":{}}'),
        frame(b"e", b'{"error":"DrawFailed","key":"x","parameters":{"a":[1]}}'),
        frame(b"e", b'{"error":"DrawFailed","key":"x","parameters":[]}'),
        frame(b"e", b'{"error":"DrawFailed","key":"x","parameters":{}}') + b"more",
        struct.pack("!cHI", b"h", MAX_HEAD_BYTES + 1, 0),
        struct.pack("!cHI", b"p", 2, MAX_PREVIEW_BYTES + 1),
        struct.pack("!cHI", b"d", 2, MAX_AVATAR_BYTES + 1),
    ],
)
def test_a_frame_that_cannot_be_is_an_unavailable_engine(stream: bytes) -> None:
    with pytest.raises(EngineUnavailable):
        read(stream)


def test_a_reader_keeps_no_more_than_one_frame() -> None:
    reader = Frames()
    piece = frame(b"p", b'{"fraction":0.5}', png(8, bytes(1000)))
    for _ in range(5000):
        assert len(list(reader.feed(piece))) == 1
    assert len(reader._buffer) == 0


def test_an_error_of_an_unknown_kind_travels_as_a_failed_drawing() -> None:
    class Odd(GeneratorError):
        pass

    (received,) = read(encode_frame(Odd("odd-key", {"long": "x" * 9999, "endless": float("inf")})))
    assert isinstance(received, DrawFailed)
    assert received.key == "odd-key"
    assert received.parameters == {"long": "x" * 200}


def test_a_preview_that_is_too_large_is_left_out() -> None:
    (received,) = read(encode_frame(Progress(0.5, png(8, bytes(MAX_PREVIEW_BYTES)))))
    assert received == Progress(0.5)


def test_the_largest_photo_fits_into_a_request() -> None:
    body = request(AvatarSpec("ink", 1, Photo(1280, 1280, bytes(1280 * 1280 * 3))))
    assert len(body) <= MAX_REQUEST_BYTES
    photo = decode_request(body).photo
    assert photo is not None
    assert (photo.width, photo.height) == (1280, 1280)


def test_a_photo_larger_than_the_gate_makes_is_invalid() -> None:
    with pytest.raises(SpecInvalid):
        decode_request(request(AvatarSpec("ink", 1, Photo(1281, 1, bytes(1281 * 3)))))
