"""The face of a newcomer until a figure has been drawn: a few shapes chosen by a seed, as SVG."""

from __future__ import annotations

# Backdrop and shape, light enough and dark enough to be told apart by everybody.
_PAIRS = (
    ("#dbe4ff", "#4263eb"), ("#d3f9d8", "#2b8a3e"), ("#ffe3e3", "#c92a2a"), ("#fff3bf", "#b35c00"),
    ("#e5dbff", "#6741d9"), ("#c5f6fa", "#0b7285"), ("#ffdeeb", "#a61e4d"), ("#e9ecef", "#343a40"),
)  # fmt: skip


def identicon(seed: int) -> bytes:
    """A symmetric 5 x 5 pattern for ``seed`` (0 … 2**63-1), an SVG of 64 x 64 units."""
    backdrop, shape = _PAIRS[seed % len(_PAIRS)]
    bits = seed // len(_PAIRS)
    squares: list[str] = []
    for row in range(5):
        for column in range(3):
            if bits & 1:
                squares.extend(
                    f'<rect x="{12 + 8 * at}" y="{12 + 8 * row}" width="8" height="8"/>' for at in {column, 4 - column}
                )
            bits >>= 1
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" fill="{backdrop}"/><g fill="{shape}">{"".join(squares)}</g></svg>'
    ).encode()
