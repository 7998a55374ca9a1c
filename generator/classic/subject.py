"""What a painter gets: the picture of somebody, with what is known about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator.classic.colour import Floats
from generator.classic.figures import Layers, Oval


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody in a square frame of ``side`` px."""

    colour: Floats
    """(side, side, 3), sRGB 0 … 1; meaningless where ``matte`` is 0."""
    matte: Floats
    """(side, side), 1 = the person or thing, 0 = what the backdrop will replace."""
    face: Oval | None
    """None for pets and things."""
    drawn: bool
    """True for an illustrated figure: flat colours with hard outlines."""
    skin: float | None = None
    """CIE lightness of the skin, 0 … 1, where it is known (figures); otherwise it is measured in the face."""

    layers: Layers | None = None
    """A figure's parts, for painters that print them in inks of their own; None for photos and true colours."""

    @property
    def side(self) -> int:
        return self.colour.shape[0]

    def face_mask(self, grown: float = 1.0) -> Floats:
        """Soft mask of the face's oval, half axes times ``grown``; without a face, the matte."""
        if self.face is None:
            return self.matte
        y, x = np.mgrid[0 : self.side, 0 : self.side].astype(np.float32)
        distance = np.hypot(
            (x - self.face.x) / (self.face.half_width * grown), (y - self.face.y) / (self.face.half_height * grown)
        )
        return np.clip((1.1 - distance) / 0.2, 0, 1) * self.matte
