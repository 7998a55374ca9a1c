"""Photos for journeys, made here: nobody's face, with all that a phone's camera writes beside the pixels."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from generator.classic import ClassicEngine
from generator.engine import AvatarSpec
from generator.styles import load_catalog

CAMERA = "Journey Camera 3000"


def portrait(file: Path, seed: int = 3, *, width: int = 900, height: int = 1100) -> Path:
    """Write a JPEG of a drawn figure before a busy background, with EXIF: camera, orientation, GPS position."""
    figure = ClassicEngine(load_catalog()).draw(
        AvatarSpec(style="peeps", seed=seed, size=800), lambda _progress: None, lambda: False
    )
    noise = np.random.default_rng(seed).integers(40, 216, (height // 50, width // 50, 3), dtype=np.uint8)
    photo = Image.fromarray(noise).resize((width, height), Image.Resampling.NEAREST).filter(ImageFilter.GaussianBlur(6))
    head = Image.open(BytesIO(figure.png)).convert("RGB").resize((700, 700))
    photo.paste(head, ((width - 700) // 2, height - 760), Image.new("L", (700, 700), 255))
    exif = Image.Exif()
    exif[0x0110] = CAMERA
    exif[0x0112] = 1
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    photo.save(file, "JPEG", quality=88, exif=exif)
    assert CAMERA.encode() in file.read_bytes()
    return file
