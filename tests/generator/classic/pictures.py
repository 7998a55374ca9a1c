"""Painted pictures for the tests of the classic engine; no photo of anybody is in the repository."""

from __future__ import annotations

import zlib
from functools import cache

import cv2
import numpy as np

from generator.classic.faces import Face, FaceFinder
from generator.engine import Photo


class RememberingFinder(FaceFinder):
    """Looks once at each picture: looking takes most of the time of drawing a small one."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[tuple[tuple[int, ...], int], list[Face]] = {}

    def find(self, photo: np.ndarray) -> list[Face]:
        which = (photo.shape, zlib.crc32(photo.tobytes()))
        if which not in self._found:
            self._found[which] = super().find(photo)
        return list(self._found[which])


def photo_of(pixels: np.ndarray) -> Photo:
    return Photo(pixels.shape[1], pixels.shape[0], np.ascontiguousarray(pixels, np.uint8).tobytes())


def portrait(
    side: int = 480, skin: tuple[int, int, int] = (214, 166, 134), where: tuple[float, float] = (0.5, 0.46)
) -> np.ndarray:
    """A painted portrait that the face detector takes for a face: shaded skin, eyes, brows, nose, mouth, hair."""
    return _portrait(side, skin, where).copy()


@cache
def _portrait(side: int, skin: tuple[int, int, int], where: tuple[float, float]) -> np.ndarray:
    big = 480
    rows, columns = np.mgrid[0:big, 0:big].astype(np.float32)
    image = np.empty((big, big, 3), np.float32)
    image[:] = (96, 128, 150)
    image += 18 * np.sin(columns / 37)[..., None] * np.cos(rows / 53)[..., None]
    tone = np.array(skin, np.float32)
    x, y = where[0] * big, where[1] * big

    def oval(right: float, down: float, half_width: float, half_height: float) -> np.ndarray:
        distance = np.hypot((columns - x - right) / half_width, (rows - y - down) / half_height)
        return cv2.GaussianBlur((distance < 1).astype(np.float32), (0, 0), 1.2)[..., None]

    def lay(mask: np.ndarray, colour: np.ndarray) -> None:
        image[:] = image + (colour - image) * mask

    lay(oval(0, 300, 190, 140), np.array((70, 60, 110), np.float32))
    lay(oval(0, 118, 44, 80), tone * 0.82)
    lay(oval(0, -42, 112, 128), np.array((44, 32, 28), np.float32))
    light = 1.08 - 0.32 * np.clip(np.hypot((columns - x + 20) / 130, (rows - y + 20) / 170), 0, 1.4) ** 2
    lay(oval(0, 8, 88, 116), tone * light[..., None])
    for side_of in (-1, 1):
        lay(oval(side_of * 36, -16, 25, 17), tone * 0.72)
        lay(oval(side_of * 36, -14, 16, 7), np.array((232, 228, 222), np.float32))
        lay(oval(side_of * 36, -14, 7, 7), np.array((26, 20, 20), np.float32))
        lay(oval(side_of * 36, -38, 24, 5), np.array((48, 34, 30), np.float32))
        lay(oval(side_of * 13, 40, 8, 5), tone * 0.6)
    lay(oval(0, 16, 8, 30), np.minimum(tone * 1.1, 255))
    lay(oval(0, 68, 32, 9), np.array((150, 66, 70), np.float32))
    lay(oval(0, 68, 28, 2), np.array((70, 30, 34), np.float32))
    image = np.clip(image, 0, 255).astype(np.uint8)
    return image if side == big else cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)


def lived_in(image: np.ndarray) -> np.ndarray:
    """``portrait()`` of 480 px with what life draws on a face: glasses, folds, freckles."""
    image = image.copy()
    skin = np.array(image[230, 240], float)
    deep, ink = tuple(int(part) for part in skin * 0.7), (24, 20, 24)
    for x in (202, 278):
        cv2.ellipse(image, (x, 210), (31, 24), 0, 0, 360, ink, 2, cv2.LINE_AA)
    cv2.line(image, (234, 206), (246, 206), ink, 2, cv2.LINE_AA)
    for row, bend in ((146, 6), (158, 4), (169, 7)):
        cv2.ellipse(image, (240, row + bend), (52, bend), 0, 190, 350, deep, 2, cv2.LINE_AA)
    for way in (-1, 1):
        cv2.ellipse(image, (240 + way * 20, 268), (30, 34), 0, 270 + way * 20, 270 + way * 100, deep, 3, cv2.LINE_AA)
        cv2.ellipse(image, (240 + way * 38, 232), (22, 8), 0, 10, 170, deep, 2, cv2.LINE_AA)
    dice = np.random.default_rng(8)
    for x, y in zip(dice.integers(180, 300, 46), dice.integers(232, 268, 46), strict=True):
        cv2.circle(image, (int(x), int(y)), int(dice.integers(1, 3)), deep, -1, cv2.LINE_AA)
    return image
