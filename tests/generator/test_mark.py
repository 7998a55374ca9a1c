"""The mark in outgoing pictures, and that nothing else is there."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image, ImageSequence
from PIL.PngImagePlugin import PngInfo

from generator.mark import MARK_BYTES, chunks, marked, marked_gif


def picture_with_secrets() -> bytes:
    info = PngInfo()
    info.add_text("Comment", "taken at home")
    info.add_itxt("XML:com.adobe.xmp", "<x>someone</x>")
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    file = io.BytesIO()
    Image.new("RGB", (9, 7), "teal").save(file, "PNG", pnginfo=info, exif=exif, dpi=(72, 72), icc_profile=b"profile")
    return file.getvalue()


def test_the_source_is_named_in_the_words_of_iptc() -> None:
    image = Image.open(io.BytesIO(marked(picture_with_secrets(), "algorithmicallyEnhanced")))
    packet = image.info["xmp"].decode() if "xmp" in image.info else image.info["XML:com.adobe.xmp"]
    assert re.findall(r"DigitalSourceType>([^<]+)<", packet) == [
        "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
    ]


def test_nothing_of_the_old_metadata_is_left() -> None:
    result = marked(picture_with_secrets(), "algorithmicMedia")
    assert {kind for kind, _ in chunks(result)} == {b"IHDR", b"iTXt", b"IDAT", b"IEND"}
    for secret in (b"home", b"someone", b"camera", b"profile"):
        assert secret not in result


def test_the_pixels_stay_what_they_were() -> None:
    before, after = (
        Image.open(io.BytesIO(data)).convert("RGB").tobytes()
        for data in (picture_with_secrets(), marked(picture_with_secrets(), "algorithmicMedia"))
    )
    assert before == after


@pytest.mark.parametrize("broken", [b"", b"GIF89a", picture_with_secrets()[:60]])
def test_what_is_no_png_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="PNG"):
        marked(broken, "algorithmicMedia")


def moving() -> bytes:
    frames = [Image.new("RGB", (9, 7), colour).convert("P") for colour in ("red", "lime", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=50, loop=0)
    return file.getvalue()


def test_a_gif_carries_the_mark_and_moves_as_before() -> None:
    before, after = moving(), marked_gif(moving(), "algorithmicMedia")
    assert len(after) - len(before) < MARK_BYTES
    images = [Image.open(io.BytesIO(data)) for data in (before, after)]
    for key in ("loop", "duration"):
        assert images[0].info[key] == images[1].info[key]
    seen = [[frame.convert("RGB").tobytes() for frame in ImageSequence.Iterator(image)] for image in images]
    assert len(seen[0]) == 3
    assert seen[0] == seen[1]
    # As whoever knows nothing of XMP reads it: an extension that ends in a block of no bytes.
    at = after.index(b"XMP DataXMP") + 11
    while after[at]:
        at += 1 + after[at]
    assert after[at + 1 :] == before[before.index(b"\x21") :]


@pytest.mark.parametrize(
    "broken", [b"", b"GIF89a", b"GIF87a" + bytes(20), picture_with_secrets(), moving()[:10] + bytes(9)]
)
def test_what_is_no_gif_with_a_palette_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="GIF"):
        marked_gif(broken, "algorithmicMedia")
