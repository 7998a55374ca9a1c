"""Parts that the illustrated sets lack and we draw ourselves: a bust, hats, scarves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _path(data: str, colour: str) -> dict[str, Any]:
    return {"type": "element", "name": "path", "attributes": {"d": data, "fill": {"type": "color", "name": colour}}}


def _line(data: str, width: float) -> dict[str, Any]:
    return {
        "type": "element",
        "name": "path",
        "attributes": {
            "d": data,
            "fill": "none",
            "stroke": {"type": "color", "name": "ink"},
            "stroke-width": str(width),
            "stroke-linecap": "round",
            "stroke-linejoin": "round",
        },
    }


_BUST = "M395 905 C330 935 205 955 130 1030 C60 1105 30 1260 20 1460 L1060 1460 C1050 1270 1010 1110 930 1035 C860 970 760 945 700 912 Z"
_COLLAR = "M388 900 C395 1010 700 1020 712 905"

ADDITIONS: Mapping[str, Mapping[str, Any]] = {
    "lorelei": {
        "below": (
            _path(_BUST, "clothes"),
            _line(_BUST, 9),
            _path(f"{_COLLAR} Z", "skin"),
            _line(_COLLAR, 9),
        ),
    },
}
"""Set → ``below`` (elements under everything) and ``variants`` (component → variant → definition)."""
