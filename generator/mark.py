"""Encodes outgoing pictures anew, with one machine-readable mark that says how they were made."""

from __future__ import annotations

import struct
import zlib
from typing import Literal

Source = Literal["algorithmicMedia", "algorithmicallyEnhanced", "trainedAlgorithmicMedia", "compositeSynthetic"]
"""A term of IPTC's Digital Source Type (https://cv.iptc.org/newscodes/digitalsourcetype/): drawn by an algorithm
without a sampled source · a capture changed by an algorithm · made by a trained model · a mix with synthetic parts."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"XML:com.adobe.xmp"
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/{source}"
    "</Iptc4xmpExt:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="r"?>'
)
MARK_BYTES = 1_000
"""More than the mark takes in any file."""
_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def marked(png: bytes, source: Source) -> bytes:
    """``png`` with nothing but its pixels and an XMP packet naming ``source``.

    Every other chunk (text, time, EXIF, profiles) is dropped. Raises ``ValueError`` when ``png`` is not one.
    """
    text = _KEYWORD + b"\0\0\0\0\0" + _PACKET.format(source=source).encode()
    parts = [_SIGNATURE]
    for kind, data in chunks(png):
        if kind in _PIXELS:
            parts.append(_chunk(kind, data))
        if kind == b"IHDR":
            parts.append(_chunk(b"iTXt", text))
    return b"".join(parts)


def marked_gif(gif: bytes, source: Source) -> bytes:
    """``gif`` with an XMP packet naming ``source`` before its pictures. Whatever else is in it stays.

    Raises ``ValueError`` when ``gif`` is not one, or has no palette for all of its pictures.
    """
    if not gif.startswith(b"GIF89a") or len(gif) < 13 or not gif[10] & 0x80:
        raise ValueError("not a GIF with a palette")
    start = 13 + 3 * (2 << (gif[10] & 7))
    # A packet is no chain of blocks with their lengths: so those who skip blocks end in this ramp, whose every byte
    # leads to its end (XMP specification, part 3: GIF).
    ramp = bytes([1, *range(255, -1, -1), 0])
    mark = b"\x21\xff\x0bXMP DataXMP" + _PACKET.format(source=source).encode() + ramp
    return gif[:start] + mark + gif[start:]


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG as (kind, data). Raises ``ValueError`` when it is none or is cut off."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    found: list[tuple[bytes, bytes]] = []
    place = len(_SIGNATURE)
    while place + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, place)
        kind = png[place + 4 : place + 8]
        end = place + 12 + length
        if end > len(png):
            break
        found.append((kind, png[place + 8 : end - 4]))
        if kind == b"IEND":
            return found
        place = end
    raise ValueError("the PNG is cut off")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
