"""The mark in outgoing pictures, and that nothing else is there."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generator.mark import chunks, marked


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
