"""What the painters of each engine ask of a style file."""

from __future__ import annotations

from collections.abc import Mapping

RECIPES: Mapping[str, Mapping[str, int]] = {
    "classic": {
        "cel": 5,
        "figure": 5,
        "ink": 3,
        "papercut": 6,
        "pixel": 4,
        "pop": 6,
        "riso": 4,
    },
    "sdxl": {"painted": 0},
}
"""Engine → recipe → colours that each of its palettes has; 0: it has no palettes.

Written down here for those who load no painter.
"""
