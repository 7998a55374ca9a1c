"""Designed backdrops: discs, rays, waves and their kin, in fixed colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from generator.classic.colour import Floats, mix

Grid = tuple[Floats, Floats]
"""x and y of every pixel from the centre, in half sides: -1 … 1."""


def grid(side: int) -> Grid:
    steps = (np.arange(side, dtype=np.float32) + 0.5) * 2 / side - 1
    y, x = np.meshgrid(steps, steps, indexing="ij")
    return x, y


def cover(distance: Floats, side: int) -> Floats:
    """Signed distance in half sides (negative inside) → coverage 0 … 1 with one pixel of antialiasing."""
    return np.clip(0.5 - distance * (side / 2), 0, 1)


def ring(x: Floats, y: Floats) -> Floats:
    return np.hypot(x, y)


def gate(x: Floats, y: Floats) -> Floats:
    return np.where(y < 0, np.hypot(x, y), np.abs(x))


def blossom(x: Floats, y: Floats) -> Floats:
    """Five petals, one of them upright."""
    return np.hypot(x, y) / (0.86 + 0.24 * np.abs(np.cos(2.5 * (np.arctan2(y, x) + np.pi / 2))))


def gem(x: Floats, y: Floats) -> Floats:
    """A square on its corner, its corners rounded."""
    return 0.92 * (np.abs(x) ** 1.4 + np.abs(y) ** 1.4) ** np.float32(1 / 1.4)


FORMS: Sequence[Callable[[Floats, Floats], Floats]] = (ring, gate, blossom, gem)
"""Shapes behind a head: x and y from their middle → how large the shape must be to reach that far, in half sides."""


def disc(side: int, colours: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """A flat disc behind the head, with a smaller moon of a second colour."""
    x, y = grid(side)
    image = np.broadcast_to(colours[0], (side, side, 3))
    lean = float(dice.uniform(-0.12, 0.12))
    image = mix(image, colours[2], cover(np.hypot(x - lean * 2.2, y + 0.05) - 0.86, side))
    return mix(image, colours[1], cover(np.hypot(x + lean, y - 0.02) - 0.68, side))


def rays(side: int, colours: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """A sunburst."""
    x, y = grid(side)
    count = int(dice.integers(9, 13))
    turn = float(dice.uniform(0, np.pi))
    angle = np.arctan2(y + 0.1, x) * count + turn
    radius = np.maximum(np.hypot(x, y + 0.1), 1e-3)
    edge = np.sin(angle) * radius / count
    image = mix(np.broadcast_to(colours[1], (side, side, 3)), colours[2], cover(edge, side))
    return mix(image, colours[0], cover(np.hypot(x, y + 0.02) - 0.5, side))


def waves(side: int, colours: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """Rolling bands from the lower edge."""
    x, y = grid(side)
    image = np.broadcast_to(colours[0], (side, side, 3))
    for level, colour in ((-0.35, mix(colours[0], colours[2], 0.55)), (0.0, colours[2]), (0.38, colours[1])):
        swing = 0.13 * np.sin(x * float(dice.uniform(2.6, 4.2)) + float(dice.uniform(0, 6.3)))
        image = mix(image, colour, cover(level + swing - y, side))
    return image


def dots(side: int, colours: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """A disc that fades into a screen of dots."""
    x, y = grid(side)
    pitch = 0.105
    lean = float(dice.uniform(-0.5, 0.5))
    row = np.round(y / (pitch * 0.866))
    shift = np.where(row % 2 == 0, 0, pitch / 2)
    centre_x = np.round((x - shift) / pitch) * pitch + shift
    centre_y = row * pitch * 0.866
    fade = np.clip(0.62 + 0.55 * (centre_y + lean * centre_x), 0, 1)
    size = pitch * (0.08 + 0.36 * fade)
    image = np.broadcast_to(colours[0], (side, side, 3))
    return mix(image, colours[1], cover(np.hypot(x - centre_x, y - centre_y) - size, side))


def arch(side: int, colours: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """Nested arches, like a doorway."""
    x, y = grid(side)
    lean = float(dice.uniform(-0.06, 0.06))
    distance = np.where(y < 0.1, np.hypot(x - lean, y - 0.1), np.abs(x - lean))
    image = np.broadcast_to(colours[0], (side, side, 3))
    for radius, colour in ((0.95, colours[2]), (0.79, colours[0]), (0.68, colours[1])):
        image = mix(image, colour, cover(distance - radius, side))
    return image


def glow(side: int, colours: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """A soft light behind the head, with a thin ring."""
    x, y = grid(side)
    lean = float(dice.uniform(-0.2, 0.2))
    radius = np.hypot(x - lean, y + 0.15)
    image = mix(np.broadcast_to(colours[0], (side, side, 3)), colours[1], np.clip(radius / 1.25, 0, 1) ** 1.3)
    ring = np.abs(np.hypot(x, y) - 0.84) - 0.012
    return mix(image, colours[2], 0.7 * cover(ring, side))


def petals(side: int, colours: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """A rosette behind the head."""
    x, y = grid(side)
    image = np.broadcast_to(colours[0], (side, side, 3))
    count = int(dice.integers(8, 13))
    turn = float(dice.uniform(0, 6.3))
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    for size, colour in ((0.97, mix(colours[0], colours[1], 0.6)), (0.8, colours[1])):
        rim = size - 0.1 * (1 - np.abs(np.cos((angle * count + turn) / 2))) * 1.3
        image = mix(image, colour, cover((radius - rim) * 0.8, side))
    return image


def hills(side: int, colours: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """A low sun over soft hills."""
    x, y = grid(side)
    image = mix(np.broadcast_to(colours[0], (side, side, 3)), colours[1], np.clip((y + 0.9) / 2.4, 0, 1) ** 1.2)
    place = float(dice.choice([-0.5, 0.5]))
    image = mix(image, mix(colours[0], np.ones(3, np.float32), 0.65), cover(np.hypot(x - place, y + 0.35) - 0.3, side))
    for level, weight in ((0.15, 0.55), (0.42, 1.0)):
        swing = 0.16 * np.sin(x * float(dice.uniform(1.8, 3.0)) + float(dice.uniform(0, 6.3)))
        image = mix(image, mix(colours[1], colours[2], weight), cover(level + swing - y, side))
    return image


def stripes(side: int, colours: Sequence[Floats], dice: np.random.Generator) -> Floats:
    """Broad diagonal stripes with a disc."""
    x, y = grid(side)
    slant = float(dice.choice([-1.0, 1.0]))
    wave = np.abs(((x + slant * y) * 3.2 + float(dice.uniform(0, 1))) % 1 - 0.5) - 0.25
    image = mix(np.broadcast_to(colours[1], (side, side, 3)), colours[2], cover(wave / 4.6, side))
    return mix(image, colours[0], cover(np.hypot(x, y) - 0.7, side))


BACKDROPS: Mapping[str, Callable[[int, Sequence[Floats], np.random.Generator], Floats]] = {
    "disc": disc,
    "rays": rays,
    "waves": waves,
    "dots": dots,
    "arch": arch,
    "glow": glow,
    "petals": petals,
    "hills": hills,
    "stripes": stripes,
}
"""Name in a style file → painter of (side, colours, dice) giving float32 (side, side, 3); at least three colours."""
