"""Numbers that the photo gate and the engine border agree on."""

from __future__ import annotations

MAX_FILE_BYTES = 20_000_000
"""The largest file that is looked at."""

MIN_SIDE = 64
MAX_SIDE = 12_000
MAX_PIXELS = 50_000_000
"""What a photo's header may claim, in pixels, before anything is decoded."""

PHOTO_SIDE = 1280
"""Long side of a decoded photo, in pixels: nothing larger crosses the engine border."""

MAX_PHOTO_BYTES = PHOTO_SIDE * PHOTO_SIDE * 3
