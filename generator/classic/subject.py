"""What a painter gets: the picture of somebody, with what is known about it."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import cv2
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

    def at(self, side: int) -> Subject:
        """The same in a frame of ``side`` px, for what is soft and need not be computed at full size; without layers."""
        if side == self.side:
            return self
        scale = side / self.side
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        colour, matte = (cv2.resize(each, (side, side), interpolation=how) for each in (self.colour, self.matte))
        face = self.face and Oval(*(scale * part for part in astuple(self.face)))
        return replace(self, colour=colour, matte=matte, face=face, layers=None)

    def face_mask(self, grown: float = 1.0) -> Floats:
        """Soft mask of the face's oval, half axes times ``grown``; without a face, the matte."""
        if self.face is None:
            return self.matte
        steps = np.arange(self.side, dtype=np.float32)
        right = (steps - np.float32(self.face.x)) / np.float32(self.face.half_width * grown)
        down = (steps - np.float32(self.face.y)) / np.float32(self.face.half_height * grown)
        distance = np.sqrt((right * right)[None, :] + (down * down)[:, None])
        return np.clip((1.1 - distance) / 0.2, 0, 1) * self.matte
