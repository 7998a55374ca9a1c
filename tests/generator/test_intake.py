from __future__ import annotations

import asyncio
import base64
import importlib.util
import io
import itertools
import os
import random
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import pytest_asyncio
from PIL import Image, ImageCms

from generator.engine import Photo
from generator.errors import PhotoRefused
from generator.intake import Intake
from generator.limits import MAX_FILE_BYTES
from tests.busy import slowdown
from tests.engines.slots import SOON, is_gone, kill

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.asyncio(loop_scope="module")
HEIC = importlib.util.find_spec("pillow_heif") is not None
TAKEN = ("JPEG", "PNG", "WEBP", "AVIF")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def intake() -> AsyncIterator[Intake]:
    """One for all tests: what one photo does must not matter to the next."""
    gate = Intake()
    await gate.start()
    yield gate
    await gate.close()


def picture(width: int = 120, height: int = 90) -> Image.Image:
    """Red left half, blue right half, a green square in the upper left corner: upright in one way only."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (200, 30, 30)
    pixels[:, width // 2 :] = (30, 30, 200)
    pixels[: height // 3, : width // 4] = (30, 200, 30)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    if kind in ("JPEG", "WEBP", "AVIF"):
        options = {"quality": 95, **options}
    image.save(file, kind, **options)
    return file.getvalue()


def pixels(photo: Photo) -> np.ndarray:
    return np.frombuffer(photo.rgb, np.uint8).reshape(photo.height, photo.width, 3).astype(int)


def looks_like(photo: Photo, wanted: Image.Image, tolerance: float = 12) -> bool:
    """Whether the two differ by little on average; edges may be blurred by a codec."""
    if (photo.width, photo.height) != wanted.size:
        return False
    return float(np.abs(pixels(photo) - np.asarray(wanted.convert("RGB"), int)).mean()) < tolerance


async def refusal(intake: Intake, data: bytes) -> PhotoRefused:
    with pytest.raises(PhotoRefused) as caught:
        await intake.decode(data)
    return caught.value


# --- what is taken -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TAKEN)
async def test_each_kind_we_take_becomes_the_same_pixels(intake: Intake, kind: str) -> None:
    assert looks_like(await intake.decode(encoded(picture(), kind)), picture())


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_photo_stands_upright_whatever_its_exif_says(intake: Intake, kind: str, orientation: int) -> None:
    turned = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    stored = picture()
    for turn in turned:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert looks_like(await intake.decode(encoded(stored, kind, exif=exif)), picture())


@pytest.mark.parametrize("kind", TAKEN)
async def test_a_large_photo_becomes_small(intake: Intake, kind: str) -> None:
    photo = await intake.decode(encoded(picture(2600, 1300), kind))
    assert (photo.width, photo.height) == (1280, 640)
    assert looks_like(photo, picture(1280, 640))


async def test_a_cmyk_jpeg_becomes_rgb(intake: Intake) -> None:
    assert looks_like(await intake.decode(encoded(picture().convert("CMYK"), "JPEG")), picture())


async def test_a_grey_jpeg_becomes_rgb(intake: Intake) -> None:
    assert looks_like(await intake.decode(encoded(picture().convert("L"), "JPEG")), picture().convert("L"))


async def test_sixteen_bits_become_eight(intake: Intake) -> None:
    grey = np.asarray(picture().convert("L"), np.uint16) * 257
    assert looks_like(await intake.decode(encoded(Image.fromarray(grey))), picture().convert("L"), 2)
    deep = np.asarray(picture(), ">u2") * 257
    data = png(120, 90, b"".join(b"\0" + row.tobytes() for row in deep.astype(">u2")), depth=16, colour=2)
    assert looks_like(await intake.decode(data), picture(), 2)


async def test_one_bit_becomes_black_and_white(intake: Intake) -> None:
    assert looks_like(await intake.decode(encoded(picture().convert("1"))), picture().convert("1"), 1)


async def test_a_palette_becomes_rgb(intake: Intake) -> None:
    assert looks_like(await intake.decode(encoded(picture().quantize(8))), picture())


async def test_transparency_lies_on_white(intake: Intake) -> None:
    for mode, kind in (("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "AVIF")):
        image = picture().convert(mode)
        image.putalpha(Image.new("L", image.size, 0))
        assert pixels(await intake.decode(encoded(image, kind))).min() > 250
    palette = picture().quantize(8)
    index = palette.getpixel((119, 0))
    photo = await intake.decode(encoded(palette, transparency=index))
    assert tuple(pixels(photo)[0, 119]) == (255, 255, 255)
    half = Image.new("RGBA", (80, 80), (0, 0, 0, 128))
    assert abs(int(pixels(await intake.decode(encoded(half))).mean()) - 127) < 3


async def test_a_wide_gamut_becomes_srgb(intake: Intake) -> None:
    """A profile that swaps red and blue shows that profiles are applied at all."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    photo = await intake.decode(encoded(picture(), icc_profile=bytes(profile)))
    swapped = Image.fromarray(np.ascontiguousarray(np.asarray(picture())[:, :, ::-1]))
    assert looks_like(photo, swapped, 6)


@pytest.mark.parametrize("kind", TAKEN)
async def test_a_broken_profile_does_not_matter(intake: Intake, kind: str) -> None:
    good = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (b"no profile at all", good[:200], good[:64] + os.urandom(400)):
        assert looks_like(await intake.decode(encoded(picture(), kind, icc_profile=profile)), picture())


async def test_broken_exif_does_not_matter(intake: Intake) -> None:
    for exif in (b"Exif\0\0" + os.urandom(60), b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08"):
        assert looks_like(await intake.decode(encoded(picture(), "JPEG", exif=exif)), picture())


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
async def test_of_a_moving_picture_the_first_frame_is_taken(intake: Intake, kind: str) -> None:
    others = [Image.new("RGB", (120, 90), shade) for shade in ("white", "black")]
    data = encoded(picture(), kind, save_all=True, append_images=others)
    assert looks_like(await intake.decode(data), picture())


async def test_a_progressive_jpeg_is_a_photo(intake: Intake) -> None:
    assert looks_like(await intake.decode(encoded(picture(), "JPEG", progressive=True)), picture())


async def test_a_phone_jpeg_that_holds_several_pictures_is_a_photo(intake: Intake) -> None:
    data = encoded(picture(), "MPO", save_all=True, append_images=[Image.new("RGB", (120, 90))], quality=95)
    assert looks_like(await intake.decode(data), picture())


@pytest.mark.skipif(not HEIC, reason="the extra `heic` is not installed")
async def test_a_heic_photo_is_taken_with_the_extra(intake: Intake) -> None:
    importlib.import_module("pillow_heif").register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    assert looks_like(await intake.decode(encoded(picture(), "HEIF", quality=95)), picture())
    turned = picture().transpose(Image.Transpose.ROTATE_90)
    turned.info["exif"] = exif.tobytes()  # becomes the file's own rotation, as phones write it
    assert looks_like(await intake.decode(encoded(turned, "HEIF", quality=95)), picture())


async def test_no_metadata_comes_through(intake: Intake) -> None:
    exif = Image.Exif()
    exif[0x010E] = "MARKER-IN-EXIF"
    data = encoded(picture(), "JPEG", exif=exif, comment=b"MARKER-IN-COMMENT") + b"MARKER-AT-END"
    photo = await intake.decode(data)
    assert b"MARKER" in data
    assert b"MARKER" not in photo.rgb
    assert len(photo.rgb) == 120 * 90 * 3


# --- what is refused, with a sentence ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "key", "name"),
    [
        (b"", "photo-empty", None),
        (encoded(picture(), "GIF"), "photo-gif", None),
        (encoded(picture(), "TIFF"), "photo-other-format", "TIFF"),
        (encoded(picture(), "BMP"), "photo-other-format", "BMP"),
        (encoded(picture(), "ICO"), "photo-other-format", "ICO"),
        (encoded(picture(), "JPEG2000"), "photo-other-format", "JPEG 2000"),
        (b"8BPS\0\1", "photo-other-format", "Photoshop"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "photo-other-format", "JPEG XL"),
        (b'<?xml version="1.0"?><SVG xmlns="http://www.w3.org/2000/svg"/>', "photo-other-format", "SVG"),
        (encoded(picture(), "PDF"), "photo-document", "PDF"),
        (encoded(picture(), "EPS"), "photo-document", "PostScript"),
        (b"PK\3\4", "photo-document", "ZIP"),
        (b"<!DOCTYPE html><img src=x>", "photo-document", "HTML"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "photo-broken" if HEIC else "photo-heic", None),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "photo-broken" if HEIC else "photo-heic", None),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp41isom", "photo-video", None),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "photo-video", None),
        (b"\x1aE\xdf\xa3webm", "photo-video", None),
        (b"RIFF\0\0\0\0AVI LIST", "photo-video", None),
        (b"RIFF\0\0\0\0WAVEfmt ", "photo-unreadable", None),
        (b"Hello, this is my photo.", "photo-unreadable", None),
        (bytes(1000), "photo-unreadable", None),
        (b"\xff", "photo-unreadable", None),
    ],
    # Not named by the bytes: a PDF holds the second at which it was made, and all workers must find the same tests.
    ids=itertools.count(),
)
async def test_what_is_no_photo_gets_a_sentence(intake: Intake, data: bytes, key: str, name: str | None) -> None:
    error = await refusal(intake, data)
    assert error.key == key
    assert error.parameters.get("format") == name


@pytest.mark.parametrize("kind", TAKEN)
async def test_a_truncated_file_is_broken(intake: Intake, kind: str) -> None:
    data = encoded(picture(400, 300), kind)
    for length in (12, 16, 40, len(data) // 2, len(data) - 40):
        assert (await refusal(intake, data[:length])).key == "photo-broken"


@pytest.mark.parametrize(
    ("magic", "body"),
    [
        (b"\xff\xd8\xff", encoded(picture(), "PNG")),
        (b"\x89PNG\r\n\x1a\n", encoded(picture(), "JPEG")),
        (b"RIFF\x10\0\0\0WEBP", encoded(picture(), "GIF")),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", encoded(picture(), "TIFF")),
        (b"\xff\xd8\xff", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n"),
    ],
)
async def test_a_file_that_only_begins_like_a_photo_is_broken(intake: Intake, magic: bytes, body: bytes) -> None:
    assert (await refusal(intake, magic + body)).key == "photo-broken"


async def test_polyglots_are_what_they_begin_with(intake: Intake) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("payload.html", "<script>alert(1)</script>")
    for tail in (archive.getvalue(), b"<html><script>alert(1)</script></html>", b"%PDF-1.7", encoded(picture(), "GIF")):
        assert looks_like(await intake.decode(encoded(picture(), "JPEG") + tail), picture())
        assert looks_like(await intake.decode(encoded(picture()) + tail), picture())
        assert (await refusal(intake, encoded(picture(), "GIF") + tail)).key == "photo-gif"
    assert (await refusal(intake, archive.getvalue() + encoded(picture()))).key == "photo-document"


# --- bombs ---------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes = b"", depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    head = struct.pack("!IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + extra
        + chunk(b"IDAT", zlib.compress(rows, 1))
        + chunk(b"IEND", b"")
    )


def jpeg_header(width: int, height: int) -> bytes:
    """A real JPEG whose frame header claims another size."""
    data = bytearray(encoded(picture(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack("!HH", height, width)
    return bytes(data)


LARGEST_WEBP = (
    b"c-rm8Aqv7!007VhL6_z{fMG!lf^}JNFfa^*p21VB>Zx`FO$I>>7PCbZ=htfpuRPweEQ)*_MeF&jT2=XC^857DgrwU~+vFO@gLi"
    b"Wtrn_Trw0VVa+TKDZD(|80XW1b<_jPC=7XSbN00000000000002+PlPX6)TJ!"
)
"""``Image.new("L", (16_383, 16_383))``, saved without loss: ten kilobytes that take seconds to make."""

BOMBS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "50,000 pixels wide and high": (lambda: png(50_000, 50_000), {"photo-too-many-pixels"}),
    "as large as can be said": (lambda: png(2**31 - 1, 2**31 - 1), {"photo-too-many-pixels", "photo-broken"}),
    "too wide by a pixel": (lambda: png(12_001, 64), {"photo-too-many-pixels"}),
    "too many pixels, just": (lambda: png(7_100, 7_100), {"photo-too-many-pixels"}),
    "nothing": (lambda: png(0, 0), {"photo-broken", "photo-too-small"}),
    "no width": (lambda: png(0, 1000), {"photo-broken", "photo-too-small"}),
    "too narrow by a pixel": (lambda: png(63, 1000), {"photo-too-small"}),
    "a ribbon": (lambda: png(12_000, 100), {"photo-too-narrow"}),
    "many pixels and no data": (lambda: png(7_000, 7_000), {"photo-broken"}),
    "a JPEG that claims too much": (lambda: jpeg_header(65_000, 65_000), {"photo-too-many-pixels"}),
    "a JPEG without height": (lambda: jpeg_header(0, 100), {"photo-broken", "photo-too-small"}),
    "rows that never end": (
        lambda: png(100, 100, bytes(200_000_000)),
        {"taken", "photo-broken", "photo-too-heavy"},
    ),
    "a text that never ends": (lambda: png(100, 100, extra=chunk(b"zTXt", swollen())), {"photo-broken"}),
    "a profile that never ends": (lambda: png(100, 100, extra=chunk(b"iCCP", swollen())), {"photo-broken"}),
    "the largest WebP": (
        lambda: zlib.decompress(base64.b85decode(LARGEST_WEBP)),
        {"photo-broken", "photo-too-heavy"},
    ),
    "zeroes": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(MAX_FILE_BYTES - 8), {"photo-broken"}),
}
"""Made only where they are thrown."""


def swollen() -> bytes:
    return b"k\0\0" + zlib.compress(bytes(150_000_000), 1)


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_is_refused_within_two_seconds(intake: Intake, bomb: str) -> None:
    make, keys = BOMBS[bomb]
    data = make()
    began = time.monotonic()
    try:
        await intake.decode(data)
        outcome = "taken"
    except PhotoRefused as error:
        outcome = error.key
    assert outcome in keys
    assert time.monotonic() - began < 2 * slowdown()


async def test_a_file_beyond_the_limit_never_reaches_a_child() -> None:
    intake = Intake()  # not even started
    error = await refusal(intake, encoded(picture()) + bytes(MAX_FILE_BYTES))
    assert error.key == "photo-too-large-file"
    assert error.parameters == {"most": 20}


async def test_the_largest_photo_allowed_is_taken(intake: Intake) -> None:
    photo = await intake.decode(encoded(Image.new("RGB", (12_000, 4_166), "teal"), "JPEG"))
    assert photo.width == 1280
    assert photo.height in (444, 445)


# --- mutations -----------------------------------------------------------------------------------------------------


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, removed, doubled or cut: mostly near the beginning, where headers are."""
    spoiled = bytearray(data)
    for _ in range(chance.choice((1, 2, 4, 16, 64))):
        at = min(12 + int(chance.expovariate(4 / len(spoiled))), len(spoiled) - 1)
        match chance.randrange(5):
            case 0:
                spoiled[at] = chance.randrange(256)
            case 1:
                spoiled[at] ^= 1 << chance.randrange(8)
            case 2:
                spoiled[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
            case 3:
                del spoiled[at : at + chance.randrange(1, 9)]
            case _:
                spoiled[at:at] = spoiled[at : at + chance.randrange(1, 40)]
        if len(spoiled) < 16:
            break
    return bytes(spoiled)


def mended(data: bytes) -> bytes:
    """A spoiled PNG with right checksums, so that the mutation gets past the first door."""
    whole = bytearray(data)
    at = 8
    while at + 12 <= len(whole):
        length = int.from_bytes(whole[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(whole):
            break
        whole[end : end + 4] = struct.pack("!I", zlib.crc32(whole[at + 4 : end]))
        at = end + 4
    return bytes(whole)


@pytest.mark.parametrize("kind", TAKEN)
async def test_mutated_images_are_photos_or_refused(intake: Intake, kind: str) -> None:
    await throw_mutations(intake, kind, 100)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", TAKEN)
async def test_thousands_of_mutated_images_are_photos_or_refused(intake: Intake, kind: str) -> None:
    await throw_mutations(intake, kind, 4000)


async def throw_mutations(intake: Intake, kind: str, times: int) -> None:
    chance = random.Random(f"mutation {kind}")
    noise = Image.effect_noise((96, 80), 60).convert("RGB")
    seeds = [encoded(picture(), kind), encoded(noise, kind), encoded(picture().convert("L"), kind)]
    if kind in ("PNG", "WEBP"):
        seeds.append(
            encoded(
                picture().convert("RGBA"), kind, save_all=True, append_images=[picture().convert("RGBA").rotate(180)]
            )
        )
    outcomes: dict[str, int] = {}
    slowest = 0.0

    async def one(data: bytes) -> None:
        nonlocal slowest
        began = time.monotonic()
        try:
            photo = await intake.decode(data)
            assert len(photo.rgb) == photo.width * photo.height * 3
            outcome = "taken"
        except PhotoRefused as error:
            outcome = error.key
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        slowest = max(slowest, time.monotonic() - began)

    for _ in range(times // 2):
        first, second = (mutated(chance.choice(seeds), chance) for _ in range(2))
        await asyncio.gather(one(first), one(mended(second) if kind == "PNG" else second))
    assert sum(outcomes.values()) == times
    assert outcomes.get("photo-broken", 0) > 10  # the mutations do bite
    assert "photo-not-now" not in outcomes
    assert slowest < 3 * slowdown()
    print(kind, outcomes, f"slowest {slowest:.2f} s")


# --- the sandbox itself --------------------------------------------------------------------------------------------


CONFESSION = """
import ctypes, os, resource, signal, socket, sys, time
from generator import gate

def attempt(data, kind):
    order = data[8:].decode()
    if order == "segfault":
        ctypes.string_at(0)
    elif order == "abort":
        os.abort()
    elif order == "leave":
        os._exit(5)
    elif order == "spin":
        while True: pass
    elif order == "sleep":
        signal.setitimer(signal.ITIMER_REAL, 0)
        time.sleep(100)
    elif order == "devour":
        bytearray(2 * 2**30)
    elif order == "open":
        try:
            open("/etc/passwd")
        except OSError as error:
            return answer(error.errno)
    elif order == "write":
        try:
            os.open("/tmp/should-not-be", os.O_CREAT | os.O_WRONLY)
        except OSError as error:
            return answer(error.errno)
    elif order == "connect":
        try:
            socket.socket()
        except OSError as error:
            return answer(error.errno)
    elif order == "lie":
        raise gate.PhotoRefused("Not A Key", {"evil": 1})
    elif order == "limits":
        names = ("AS", "CPU", "FSIZE", "CORE", "NOFILE")
        said = [resource.getrlimit(getattr(resource, "RLIMIT_" + name))[1] for name in names]
        status = ctypes.CDLL(None)
        said += [status.prctl(3, 0, 0, 0, 0), status.prctl(39, 0, 0, 0, 0)]
        raise gate.PhotoRefused("photo-limits", {str(n): value for n, value in enumerate(said)})
    raise AssertionError(order)

def answer(number):
    raise gate.PhotoRefused("photo-errno", {"errno": number})

gate._warm_up = lambda: None
gate.decode = attempt
gate.CPU_SECONDS = 1
gate.main()
"""


@pytest_asyncio.fixture(loop_scope="module")
async def confessing(tmp_path: Path, monkeypatch) -> AsyncIterator[Callable]:
    """A gate whose children do what they are told, as if a parser had been taken over."""
    script = tmp_path / "confession.py"
    script.write_text(CONFESSION)
    made: list[Intake] = []

    async def ask(order: str, seconds: float = 3.0) -> PhotoRefused:
        if not made:
            made.append(Intake(seconds=seconds))
        return await refusal(made[0], b"\x89PNG\r\n\x1a\n" + order.encode())

    original = asyncio.create_subprocess_exec

    async def spawn(python: str, _m: str, _module: str, *arguments: str, **options):
        return await original(python, str(script), *arguments, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spawn)
    yield ask
    for intake in made:
        await intake.close()


@pytest.mark.parametrize(
    ("order", "key"),
    [
        ("segfault", "photo-broken"),
        ("abort", "photo-broken"),
        ("leave", "photo-broken"),
        ("lie", "photo-broken"),
        ("devour", "photo-too-heavy"),
        ("spin", "photo-too-heavy"),
    ],
)
async def test_whatever_a_child_does_is_a_sentence(confessing: Callable, order: str, key: str) -> None:
    assert (await confessing(order)).key == key


async def test_a_child_that_disarms_its_timer_is_killed(confessing: Callable) -> None:
    began = time.monotonic()
    assert (await confessing("sleep", 0.5)).key == "photo-too-heavy"
    assert time.monotonic() - began < SOON


async def test_a_child_can_open_no_file_and_no_socket(confessing: Callable) -> None:
    for order in ("open", "write", "connect"):
        error = await confessing(order)
        assert (error.key, error.parameters) == ("photo-errno", {"errno": 24})  # EMFILE


async def test_a_child_lives_under_limits(confessing: Callable) -> None:
    error = await confessing("limits")
    assert error.key == "photo-limits"
    memory, cpu, file, core, files, dumpable, no_new_privileges = error.parameters.values()
    assert (memory, cpu, file, core, files) == (2**30, 1, 0, 0, 0)
    assert (dumpable, no_new_privileges) == (0, 1)


async def test_a_killed_gate_is_started_again(intake: Intake) -> None:
    for _ in range(2):
        assert intake._process is not None
        kill(intake._process.pid)
        assert looks_like(await intake.decode(encoded(picture())), picture())


async def test_a_gate_killed_in_the_middle_costs_nobody_their_photo(intake: Intake) -> None:
    data = encoded(picture(3000, 2000), "PNG")
    both = [asyncio.create_task(intake.decode(data)) for _ in range(2)]
    await asyncio.sleep(0.03)
    assert intake._process is not None
    kill(intake._process.pid)
    for photo in await asyncio.gather(*both):
        assert (photo.width, photo.height) == (1280, 853)


async def test_no_more_than_two_are_decoded_at_once(intake: Intake) -> None:
    assert intake._process is not None
    gate = psutil.Process(intake._process.pid)
    data = encoded(picture(2400, 1800))
    tasks = [asyncio.create_task(intake.decode(data)) for _ in range(6)]
    most = 0
    while not all(task.done() for task in tasks):
        most = max(most, len(gate.children()))
        await asyncio.sleep(0.005)
    assert 1 <= most <= 2


async def test_a_cancelled_photo_leaves_its_seat(intake: Intake) -> None:
    data = encoded(picture(2400, 1800))
    for _ in range(4):
        task = asyncio.create_task(intake.decode(data))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert looks_like(await intake.decode(encoded(picture())), picture())


async def test_closing_leaves_no_process() -> None:
    intake = Intake()
    pid = (await intake.start()).pid
    await intake.close()
    assert is_gone(pid)


async def test_killing_the_chat_process_leaves_no_gate_behind() -> None:
    script = (
        "import asyncio; from generator.intake import Intake\n"
        "async def main():\n"
        "    print((await Intake().start()).pid, flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    chat = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=subprocess.PIPE, cwd=ROOT)
    assert chat.stdout is not None
    gate = int(await chat.stdout.readline())
    chat.kill()
    await chat.wait()
    assert is_gone(gate)


async def test_the_chat_side_of_intake_loads_no_picture_library() -> None:
    script = "import sys, generator.intake; print([m for m in ('PIL', 'cv2', 'numpy') if m in sys.modules])"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=subprocess.PIPE, cwd=ROOT)
    assert (await child.communicate())[0].strip() == b"[]"


async def test_the_loop_stays_free_while_photos_are_decoded(intake: Intake) -> None:
    data = encoded(Image.effect_noise((3000, 2250), 80).convert("RGB"), "JPEG")
    tasks = [asyncio.create_task(intake.decode(data)) for _ in range(4)]
    lags: list[float] = []
    slowest = 1.0
    while not all(task.done() for task in tasks):
        began = time.monotonic()
        await asyncio.sleep(0.005)
        lags.append(time.monotonic() - began - 0.005)
        slowest = slowest if len(lags) % 20 else max(slowest, slowdown())
    assert sorted(lags)[int(len(lags) * 0.95)] < 0.05 * slowest
