"""Photos for journeys, made here: nobody's face, with all that a phone's camera writes beside the pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tests.generator.classic.pictures import portrait as painted

CAMERA = "Journey Camera 3000"


def portrait(file: Path, seed: int = 3, *, width: int = 600, height: int = 720) -> Path:
    """Write a JPEG of a painted face before a busy background, with EXIF: camera, orientation, GPS position.

    The face is one that is found at the first look: to search for one in vain takes longer than to draw.
    """
    noise = np.random.default_rng(seed).integers(40, 216, (height // 50, width // 50, 3), dtype=np.uint8)
    photo = Image.fromarray(noise).resize((width, height), Image.Resampling.NEAREST).filter(ImageFilter.GaussianBlur(6))
    side = width * 4 // 5
    photo.paste(Image.fromarray(painted(side)), ((width - side) // 2, height - side))
    exif = Image.Exif()
    exif[0x0110] = CAMERA
    exif[0x0112] = 1
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    photo.save(file, "JPEG", quality=88, exif=exif)
    assert CAMERA.encode() in file.read_bytes()
    return file
