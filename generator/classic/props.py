"""Things to wear that are painted onto a head before its style is: mask, sunglasses, cap, headphones, flowers.

Each is drawn by formula on a head that is taken for an ellipsoid, so that it turns with the head. Angles go from the
middle of the face, positive to the right of the picture. Up and down the face, 0 is the row of the eyes and 1 the chin;
across it, ±1 are its sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import cv2
import numpy as np

from generator.classic.colour import Bytes, Floats, lab_of, mix, rgb, unlab
from generator.classic.figures import Head, Layers, Oval
from generator.classic.landmarks import Landmarks
from generator.classic.subject import Subject
from generator.classic.tone import face_lightness

Tint = Literal["accent", "clothes", "blush", "light", "dark", "leaf", "gold"]

_FIXED: Mapping[Tint, str] = {
    "light": "#fff8ec", "dark": "#221d28", "leaf": "#4f8f57", "gold": "#f2b33d",
}  # fmt: skip
_PARTS: Mapping[Tint, str] = {
    "accent": "accent", "clothes": "clothes", "blush": "light", "light": "light", "leaf": "clothes", "gold": "accent",
}  # fmt: skip
"""Which of a figure's layers something of a tint belongs to; what is dark is ink, and in none of them."""
_CLOTH = 15.0
"""How far from skin a mask may be in CIE L."""
_FILLED = 0.42
"""How much of a square a shape must cover to fill it."""
_SUN = (-0.5, -0.8)
"""Where the light on a photo's props comes from."""

Points = Floats
"""(n, 2): columns and rows in pixels."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a prop in one colour."""

    points: Points
    tint: Tint
    shade: float = 1.0
    """Factor on the colour."""
    width: float = 0.0
    """Of a line along ``points``, in pixels; 0: the area within them."""
    opacity: float = 1.0
    line: float = 1.0
    """How thick a drawing's outline goes around it, as a part of what is usual there."""
    shadow: float = 0.0
    """How far its shadow falls on a photo, in pixels."""


@dataclass(frozen=True, slots=True)
class Worn:
    """A prop on a head. Later pieces lie upon earlier ones."""

    pieces: Sequence[Piece]
    behind: Sequence[Piece] = ()
    """What is seen only beside the person."""
    hidden: Points | None = None
    """Within these nothing of the person is left: hair that a cap covers."""
    hems: Sequence[Points] = field(default_factory=tuple[Points, ...])
    """Where a drawing needs a new outline because something was hidden."""


class _Place:
    """Where on a head things are."""

    def __init__(self, head: Head, matte: Floats) -> None:
        self._inside = matte > 0.5
        face, self.skull = head.face, head.skull
        self._face, self._eyes = face, head.eyes
        self._middle = float(np.clip((head.middle - face.x) / face.half_width, -0.45, 0.45))
        self.turn = float(np.arcsin(np.clip((head.middle - self.skull.x) / self.skull.half_width, -0.6, 0.6)))
        self.straight = abs(self.turn) < 0.15
        self.unit = face.half_width
        self.apart = head.apart
        self.drop = face.y + face.half_height - head.eyes
        """From the eyes to the chin."""

    def on_face(self, points: Sequence[tuple[float, float]]) -> Points:
        """Across and down the face → pixels. A turned face is wider on its near side."""
        places = np.array(points, np.float32)
        across, down = places[:, 0], places[:, 1]
        x = self._face.x + self.unit * (self._middle + across - self._middle * across**2)
        return np.stack([x, self._eyes + self.drop * down], axis=1)

    def around(self, angles: Floats, height: Floats, out: Floats | float = 0.0, lift: float = 1.0) -> Points:
        """Points of the skull at ``angles`` and ``height`` (0 its middle, 1 its crown), ``out`` of its half widths away
        from its axis; ``lift`` enlarges the skull."""
        radius = np.sqrt(np.clip(1 - height**2, 0, 1)) + out
        x = self.skull.x + lift * self.skull.half_width * radius * np.sin(angles + self.turn)
        return np.stack([x, self.skull.y - lift * self.skull.half_height * height], axis=1).astype(np.float32)

    def top(self) -> float:
        """Row in which the hair begins, above the middle of the skull."""
        filled = self._inside[:, int(np.clip(self.skull.x, 0, len(self._inside) - 1))]
        return float(np.argmax(filled)) if filled.any() else self.skull.y - self.skull.half_height

    def sides(self, row: float) -> tuple[float, float]:
        """How far hair or head reach in ``row``, to the left and to the right of the middle of the skull."""
        filled = self._inside[_rows(len(self._inside), row, row)][0]
        x, wide = int(np.clip(self.skull.x, 1, len(filled) - 1)), self.skull.half_width
        left, right = _reach(filled[None, :x][:, ::-1]), _reach(filled[None, x:])
        return float(np.clip(left, 0.9 * wide, 1.5 * wide)), float(np.clip(right, 0.9 * wide, 1.5 * wide))

    def ear(self, way: int) -> float | None:
        """Column of the left (-1) or right (1) ear; None where the head hides it."""
        if self.straight:
            return float(self.on_face([(1.13 * way, 0)])[0, 0])
        return float(self.around(np.array([1.35 * way]), np.zeros(1))[0, 0]) if way * self.turn < 0 else None


def props_on_photo(traits: Mapping[str, str]) -> tuple[str, ...]:
    """What is painted onto a photo with ``traits``, the lowest first. Sunglasses are: a figure has those of its set."""
    worn = {traits.get("prop", ""), "shades" if traits.get("glasses") == "shades" else ""}
    return tuple(prop for prop in _MAKERS if prop in worn)


def head_of(face: Oval, matte: Floats, marks: Landmarks | None = None) -> Head:
    """The head of whoever has this face in a photo; ``matte`` (side, side) is 1 where they are.

    ``marks``: their features; without them, or where they are but guessed, those of most people.
    """
    inside = matte > 0.5
    side = len(inside)
    rows = np.arange(side)
    columns = slice(max(int(face.x - 0.5 * face.half_width), 0), max(int(face.x + 0.5 * face.half_width), 1))
    filled = inside[:, columns].mean(axis=1) > 0.5
    above = np.flatnonzero(~filled & (rows < face.y - 0.5 * face.half_height))
    top = float(above[-1] + 1) if len(above) else 0.0
    crown = float(np.clip(top, face.y - 1.85 * face.half_height, face.y - 1.4 * face.half_height))
    band = inside[_rows(side, face.y - 0.7 * face.half_height, face.y - 0.2 * face.half_height)]
    across = np.arange(side)
    left = _reach(band[:, across < face.x][:, ::-1])
    right = _reach(band[:, across >= face.x])
    half = float(np.clip((left + right) / 2, 1.1 * face.half_width, 1.45 * face.half_width))
    lean = float(np.clip((right - left) / 2, -0.12 * face.half_width, 0.12 * face.half_width))
    chin = face.y + face.half_height
    skull = Oval(face.x + 0.5 * lean, (crown + chin) / 2, half, (chin - crown) / 2)
    if marks is None or not marks.sure:
        return Head(face, skull, skull.x, face.y - 0.27 * face.half_height)
    x, y = marks.eyes
    middle = face.x + float(np.clip(x - face.x, -0.4 * face.half_width, 0.4 * face.half_width))
    eyes = float(np.clip(y, face.y - 0.45 * face.half_height, face.y - 0.1 * face.half_height))
    return Head(face, skull, middle, eyes, float(np.clip(marks.apart / face.half_width, 0.4, 0.56)))


def _rows(side: int, first: float, last: float) -> slice:
    start = int(np.clip(first, 0, side - 1))
    return slice(start, int(np.clip(last, start + 1, side)))


def _reach(half: np.ndarray) -> float:
    """Pixels from the middle of the face to where the person ends, in most rows."""
    ends = np.where(half.all(axis=1), half.shape[1], np.argmin(half, axis=1)) if half.size else np.zeros(1)
    return float(np.median(ends))


def fitted(prop: str, head: Head, matte: Floats) -> Worn:
    """``prop`` (a value of the trait, or ``shades``) on ``head``; ``matte`` (side, side), 0 … 1 or bool, knows the hair."""
    return _MAKERS[prop](_Place(head, matte))


# --- painting --------------------------------------------------------------------------------------------------------


def dressed(person: Subject, prop: str, head: Head, clothes: Floats, accent: Floats) -> Subject:
    """``person`` wearing ``prop`` in these colours (sRGB, (3,)), which are in ``colour``, ``matte`` and ``layers``.

    In a photo the prop is shaded and throws a shadow; in a drawing it is flat and has the drawing's outlines.
    """
    # What lies on the face is no skin: how light that is must be known from before.
    skin = face_lightness(person) if person.skin is None and person.face is not None else person.skin
    if prop == "mask" and not person.drawn and skin is not None:
        accent = _apart(100 * skin, accent, clothes)
    easel = _Easel(person, head, {**_fixed(), "clothes": clothes, "accent": accent, "blush": _blush(accent)})
    easel.paint(fitted(prop, head, person.matte))
    return replace(person, colour=easel.colour, matte=easel.matte, layers=easel.layers(), skin=skin)


def _apart(lightness: float, *tints: Floats) -> Floats:
    """Of ``tints`` the one that is farthest from skin of ``lightness`` (CIE L), and no farther than it needs: cloth is
    told from skin and its folds from the cloth where only tone is printed."""
    colours = lab_of(list(tints))
    best = colours[int(np.abs(colours[:, 0] - lightness).argmax())]
    best[0] = np.clip(best[0], lightness - _CLOTH, lightness + _CLOTH)
    return unlab(best[None, None])[0, 0]


def _fixed() -> dict[Tint, Floats]:
    return {tint: rgb(colour) for tint, colour in _FIXED.items()}


def _blush(accent: Floats) -> Floats:
    return mix(accent, rgb(_FIXED["light"]), 0.55)


class _Easel:
    """The pictures of somebody while things are painted onto them."""

    def __init__(self, person: Subject, head: Head, tints: Mapping[Tint, Floats]) -> None:
        self.colour = np.ascontiguousarray(person.colour, np.float32).copy()
        self.matte = person.matte.astype(np.float32).copy()
        self._layers = person.layers and {name: getattr(person.layers, name).copy() for name in _LAYERS}
        self._drawn, self._line, self._tints = person.drawn, head.line, tints
        self._squares = head.squares
        self._side = person.side
        self._fine = 4 if person.side <= 320 else 2

    def layers(self) -> Layers | None:
        return None if self._layers is None else Layers(**self._layers)

    def paint(self, worn: Worn) -> None:
        if worn.hidden is not None:
            box, cover = self._cover(worn.hidden, 0.0)
            self.matte[box] *= 1 - cover
        if self._drawn:
            for hem in worn.hems:
                box, cover = self._cover(hem, self._line)
                self._lay(box, cover * self.matte[box], self._tints["dark"], None)
        before = self.matte.copy()
        for piece in worn.behind:
            self._piece(piece, 1 - before)
        for piece in worn.pieces:
            self._piece(piece, None)

    def _piece(self, piece: Piece, within: Floats | None) -> None:
        pen = self._line * piece.line if self._drawn else 0.0
        if self._squares is not None and piece.line <= 0.5:
            pen, piece = 0.0, _in_whole_squares(piece, self._squares[2])
        if pen:
            points = piece.points if piece.width else np.concatenate([piece.points, piece.points[:1]])
            box, cover = self._cover(points, piece.width + (2 if piece.width else 1) * pen)
            cover = cover if within is None else cover * within[box]
            self._lay(box, cover, self._tints["dark"], None)
            self.matte[box] = np.maximum(self.matte[box], cover)
        box, cover = self._cover(piece.points, piece.width, shrunk=0.5 * pen if not piece.width else 0.0)
        if within is not None:
            cover = cover * within[box]
        tint: Floats = np.clip(self._tints[piece.tint] * np.float32(piece.shade), 0, 1)
        if not self._drawn:
            if piece.shadow:
                self._shadow(piece)
            tint = _lit(cover, tint) if not piece.width and piece.opacity == 1 else tint
        self._lay(box, cover * np.float32(piece.opacity), tint, _PARTS.get(piece.tint))
        self.matte[box] = np.maximum(self.matte[box], cover)

    def _lay(self, box: tuple[slice, slice], cover: Floats, tint: Floats, part: str | None) -> None:
        self.colour[box] = mix(self.colour[box], tint, cover)
        if self._layers is None:
            return
        for name, layer in self._layers.items():
            layer[box] *= 1 - cover
            if name == part:
                layer[box] += cover

    def _shadow(self, piece: Piece) -> None:
        away = piece.shadow
        moved = piece.points + np.array([0.35 * away, away], np.float32)
        box, cover = self._cover(moved, piece.width, grown=3 * away)
        if not cover.size:
            return
        soft = cv2.GaussianBlur(cover, (0, 0), max(0.7 * away, 0.6)) * self.matte[box]
        self.colour[box] *= 1 - 0.42 * soft[..., None]

    def _cover(
        self, points: Points, width: float, *, grown: float = 0.0, shrunk: float = 0.0
    ) -> tuple[tuple[slice, slice], Floats]:
        """Where ``points`` lie in the picture, and how much of each pixel there they cover, 0 … 1."""
        margin = width / 2 + grown + 2 + (self._squares[2] if self._squares is not None else 0)
        low = np.clip(np.floor(points.min(axis=0) - margin), 0, self._side).astype(int)
        high = np.clip(np.ceil(points.max(axis=0) + margin), 0, self._side).astype(int)
        box = slice(low[1], high[1]), slice(low[0], high[0])
        wide, tall = (int(part) for part in high - low)
        if wide <= 0 or tall <= 0:
            return box, np.zeros((max(tall, 0), max(wide, 0)), np.float32)
        fine = self._fine
        area = np.zeros((tall * fine, wide * fine), np.uint8)
        # Pixels are squares: their middles lie half a pixel from their corners.
        placed = np.round(((points - low + 0.5) * fine - 0.5) * 16).astype(np.int32)[:, None]
        if width:
            thickness = max(round(width * fine), 1)
            cv2.polylines(area, [placed], isClosed=False, color=255, thickness=thickness, lineType=cv2.LINE_8, shift=4)
        else:
            cv2.fillPoly(area, [placed], 255, cv2.LINE_8, 4)
            if round(shrunk * fine) > 0:
                edge = np.concatenate([placed, placed[:1]])
                cv2.polylines(area, [edge], isClosed=False, color=0, thickness=round(2 * shrunk * fine), shift=4)
        cover = cv2.resize(area, (wide, tall), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        return box, cover if self._squares is None else _in_squares(cover, low, self._squares)


def _in_whole_squares(piece: Piece, size: float) -> Piece:
    """``piece`` where no line is thinner than a square of ``size``: one that would be is one wide, or not there."""
    if not piece.width or (piece.width < 0.5 * size and not piece.line):
        return piece
    # Half a square on each side is what its outline would be.
    return replace(piece, width=piece.width + size if piece.line else max(piece.width, 1.15 * size))


def _in_squares(cover: Floats, corner: np.ndarray, squares: tuple[float, float, float]) -> Floats:
    """``cover`` of the part of a picture whose first column and row are ``corner``: each of its squares all or nothing."""
    left, top, size = squares
    tall, wide = cover.shape
    rows = np.floor((np.arange(tall) + corner[1] + 0.5 - top) / size).astype(int)
    columns = np.floor((np.arange(wide) + corner[0] + 0.5 - left) / size).astype(int)
    starts = [np.flatnonzero(np.diff(each, prepend=each[0] - 1)) for each in (rows, columns)]
    sums = np.add.reduceat(np.add.reduceat(cover, starts[0], axis=0), starts[1], axis=1)
    full = (sums > _FILLED * size**2).astype(np.float32)
    return full[rows - rows[0]][:, columns - columns[0]]


_LAYERS = ("light", "skin", "clothes", "accent")


def _lit(cover: Floats, tint: Floats) -> Floats:
    """``tint`` on something that bulges: lighter towards the light, darker away from it; (h, w, 3)."""
    reach = 0.12 * float(np.sqrt(cover.sum()) + 1)
    pad = int(2 * reach) + 1
    soft = cv2.GaussianBlur(cv2.copyMakeBorder(cover, pad, pad, pad, pad, cv2.BORDER_CONSTANT), (0, 0), reach)
    slope = _SUN[0] * cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=0.125) + _SUN[1] * cv2.Sobel(
        soft, cv2.CV_32F, 0, 1, scale=0.125
    )
    rise = -slope[pad:-pad, pad:-pad] * np.float32(reach)
    lighter = np.clip(rise, 0, 1)[..., None]
    darker = np.clip(-rise, 0, 1)[..., None]
    return np.clip(tint * (1 - 1.1 * darker) + (1 - tint) * 0.7 * lighter, 0, 1)


def traced(edges: Bytes, worn: Worn, inside: np.ndarray) -> None:
    """Draw ``worn`` into a picture of lines one pixel wide (uint8, 255 on a line), in place; what it covers goes.

    ``inside`` (side, side), bool: where the person is.
    """
    if worn.hidden is not None:
        edges[~bared(np.ones(edges.shape, bool), worn)] = 0
        hems = np.zeros_like(edges)
        for hem in worn.hems:
            cv2.polylines(hems, [_sixteenths(hem)], isClosed=False, color=255, shift=4)
        edges[inside & (hems > 0)] = 255
    behind = edges.copy()
    for pieces, lines in ((worn.behind, behind), (worn.pieces, edges)):
        for piece in pieces:
            _trace(lines, piece)
        if lines is behind:
            np.copyto(edges, behind, where=~inside)


def bared(inside: np.ndarray, worn: Worn) -> np.ndarray:
    """``inside`` (side, side), bool, without what ``worn`` hides of the person."""
    if worn.hidden is None:
        return inside
    hidden = np.zeros(inside.shape, np.uint8)
    cv2.fillPoly(hidden, [_sixteenths(worn.hidden)], 1, cv2.LINE_8, 4)
    return inside & (hidden == 0)


def _trace(lines: Bytes, piece: Piece) -> None:
    points = _sixteenths(piece.points)
    if piece.width >= 3:
        # A band has two sides.
        cv2.polylines(lines, [points], isClosed=False, color=255, thickness=round(piece.width) + 2, shift=4)
        cv2.polylines(lines, [points], isClosed=False, color=0, thickness=round(piece.width), shift=4)
    elif piece.width:
        cv2.polylines(lines, [points], isClosed=False, color=255, shift=4)
    elif piece.opacity == 1:
        cv2.fillPoly(lines, [points], 0, cv2.LINE_8, 4)
        cv2.polylines(lines, [points], isClosed=True, color=255, shift=4)


def _sixteenths(points: Points) -> np.ndarray:
    """Points as OpenCV takes them, with four bits below the pixel."""
    return np.round(points * 16).astype(np.int32)[:, None]


# --- the props -------------------------------------------------------------------------------------------------------


def _shades(place: _Place) -> Worn:
    """Large ones: they hide eyes and brows, wherever those are."""
    unit = place.unit
    bridge = place.on_face([(x, -0.14 - 0.03 * (1 - (x / 0.1) ** 2)) for x in np.linspace(-0.1, 0.1, 9)])
    pieces: list[Piece] = []
    for way in (-1, 1):
        ear = place.ear(way)
        if ear is not None:
            hinge = place.on_face([(way * 0.82, -0.16)])[0]
            arm = np.array([hinge, (ear, hinge[1] + 0.04 * place.drop)], np.float32)
            pieces.append(Piece(arm, "accent", 0.8, width=0.085 * unit))
    pieces.append(Piece(bridge, "accent", 0.9, width=0.12 * unit))
    pieces += [Piece(_lens(place, way, 0.0), "accent", shadow=0.06 * unit) for way in (-1, 1)]
    for way in (-1, 1):
        pieces.append(Piece(_lens(place, way, 0.06), "dark"))
        left = 0.43 * way - 0.2
        glare = [(left, 0.06), (left + 0.17, -0.22), (left + 0.27, -0.22), (left + 0.1, 0.06)]
        pieces.append(Piece(place.on_face(glare), "light", opacity=0.3))
    return Worn(pieces)


def _lens(place: _Place, way: int, inset: float) -> Points:
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    across = np.sign(np.cos(turns)) * np.abs(np.cos(turns)) ** 0.6
    down = np.sign(np.sin(turns)) * np.abs(np.sin(turns)) ** 0.6
    # Wider above than below, and higher at the temples, as such glasses are.
    half = (0.45 - inset) * (1 - 0.1 * down)
    x = way * place.apart + half * across
    y = np.where(down < 0, 0.335 - 0.7 * inset, 0.25 - 0.7 * inset) * down - 0.035 - 0.03 * way * across
    return place.on_face(list(zip(x.tolist(), y.tolist(), strict=True)))


def _mask(place: _Place) -> Worn:
    """Cloth from the bridge of the nose to under the chin, held at the ears."""
    unit = place.unit
    half = [(0.0, 0.14), (0.25, 0.18), (0.5, 0.29), (0.8, 0.3), (0.97, 0.26), (0.99, 0.45), (0.93, 0.7), (0.74, 0.95),
            (0.42, 1.12), (0.0, 1.17)]  # fmt: skip
    cloth = place.on_face(_smooth([*half, *((-x, y) for x, y in half[-2:0:-1])]))
    pieces: list[Piece] = []
    for way in (-1, 1):
        ear = place.ear(way)
        for start, end in ((0.3, 0.02), (0.72, 0.3)) if ear is not None else ():
            at = place.on_face([(way * 0.93, start)])[0]
            tip = place.on_face([(0, end)])[0, 1]
            middle = np.array([(at[0] + ear) / 2, (at[1] + tip) / 2 - 0.03 * place.drop])
            loop = _curve(at, middle, np.array([ear, tip]))
            pieces.append(Piece(loop, "light", 0.92, width=0.05 * unit, line=0.5))
    pieces.append(Piece(cloth, "accent", shadow=0.05 * unit))
    for height, bend in ((0.5, 0.06), (0.72, 0.08)):
        fold = [(x, height + bend * (1 - x * x)) for x in np.linspace(-0.72, 0.72, 15)]
        pieces.append(Piece(place.on_face(fold), "accent", 0.62, width=0.04 * unit, line=0))
    return Worn(pieces)


def _cap(place: _Place) -> Worn:
    """A baseball cap; hair that would stand above it is under it."""
    unit, skull, turn, lift = place.unit, place.skull, place.turn, 1.07

    def height(angles: Floats) -> Floats:
        return 0.17 + 0.28 * np.cos(angles)

    side = np.pi / 2
    seen = np.linspace(-side - turn, side - turn, 41, dtype=np.float32)
    band = place.around(seen, height(seen), lift=lift)
    left, right = band[0], band[-1]
    arc = np.linspace(np.pi, 0, 49)
    crown = skull.y - 1.08 * skull.half_height
    low = np.linspace(left[1], right[1], 49)
    # Fuller than an ellipse.
    dome_x = skull.x + lift * skull.half_width * np.sign(np.cos(arc)) * np.abs(np.cos(arc)) ** 0.85
    dome_y = low + (crown - low) * np.sin(arc) ** 0.75
    dome = np.concatenate([np.stack([dome_x, dome_y], axis=1), band[::-1]]).astype(np.float32)
    edge = np.linspace(-1.05, 1.05, 41, dtype=np.float32)
    edge = edge[np.cos(edge + turn) > -0.15]
    bow = np.cos(edge * side / 1.05).clip(0, 1)
    root = place.around(edge, height(edge), lift=lift)
    rim = place.around(edge, height(edge), 0.5 * bow, lift=lift)
    rim[:, 1] += 0.25 * skull.half_height * bow**0.45
    pieces = [
        Piece(dome, "accent", shadow=0.05 * unit),
        *(
            Piece(_seam(place, angle, float(height(np.array(angle))), lift), "accent", 0.7, 0.03 * unit, line=0)
            for angle in (-0.85, 0.0, 0.85)
            if np.cos(angle + turn) > 0.2
        ),
        Piece(_oval(skull.x + 0.12 * skull.half_width * np.sin(turn), crown, 0.13 * unit, 0.07 * unit), "clothes"),
        Piece(np.concatenate([root, rim[::-1]]), "accent", 0.84, shadow=0.16 * unit),
    ]
    hems = [_pressed(end, way, skull) for end, way in ((left, -1), (right, 1))]
    above = crown - 8 * skull.half_height
    corners = [[(hem[-1, 0], above)] for hem in hems]
    hidden = np.concatenate([corners[0], hems[0][::-1], band, hems[1], corners[1]])
    return Worn(pieces, hidden=hidden.astype(np.float32), hems=hems)


def _pressed(end: Floats, way: int, skull: Oval) -> Points:
    """How hair that is left beside a cap rounds off below its edge: from the ``end`` of that down to the mouth, where
    shoulders are still far."""
    wide = skull.half_width
    turns = np.linspace(0, 0.44 * np.pi, 13)
    x, y = 0.22 * wide * np.sin(turns), 0.08 * wide + 0.6 * wide * (1 - np.cos(turns))
    x, y = end[0] + way * x, end[1] + y
    low = max(float(y[-1]), skull.y + 0.5 * skull.half_height)
    x, y = np.append(x, [x[-1], x[-1] + way * 8 * wide]), np.append(y, [low, low + 2 * wide])
    return np.stack([x, y], axis=1).astype(np.float32)


def _seam(place: _Place, angle: float, low: float, lift: float) -> Points:
    rise = np.linspace(low, 0.99, 15, dtype=np.float32)
    return place.around(np.full(15, angle, np.float32), rise, lift=lift)


def _headphones(place: _Place) -> Worn:
    skull, turn = place.skull, place.turn
    wide, tall = skull.half_width, skull.half_height
    low = float(place.on_face([(0, 0.12)])[0, 1])
    span = 1.03 * wide * np.cos(turn)
    # Over the hair, but it gives way.
    crown = float(np.clip(place.top(), skull.y - 1.4 * tall, skull.y - 1.02 * tall))
    arc = np.linspace(0, np.pi, 49)
    band = np.stack([skull.x - span * np.cos(arc), low - (low - crown) * np.sin(arc) ** 0.9], axis=1).astype(np.float32)
    # Beyond the crown a turned head hides it.
    shown = band if place.straight else (band[:29] if turn > 0 else band[20:])

    def arch(points: Points) -> list[Piece]:
        return [
            Piece(points, "dark", 1.0, width=0.17 * wide, shadow=0.05 * wide, line=0.4),
            Piece(points, "accent", 0.95, width=0.09 * wide, line=0),
        ]

    pieces, behind = arch(shown), [] if place.straight else arch(band)
    for way in (-1, 1):
        facing = float(np.sin(-way * turn))
        where = pieces if place.straight or facing > 0 else behind
        where += _cup(skull.x + way * 1.02 * span, low, way, abs(facing), wide)
    return Worn(pieces, behind)


def _cup(x: float, y: float, way: int, facing: float, wide: float) -> list[Piece]:
    """A cushion and, away from the head, its shell; ``facing`` 0 (seen from its edge) … 1 (from outside)."""
    tall = 0.36 * wide
    broad = (0.13 + 0.42 * facing) * wide
    return [
        Piece(_oval(x, y, broad, tall, 0.75), "dark", shadow=0.06 * wide, line=0.4),
        Piece(_oval(x + way * 0.1 * wide, y, 0.86 * broad, 0.84 * tall, 0.8), "accent", line=0.5),
        Piece(_oval(x + way * 0.12 * wide, y, 0.4 * broad, 0.42 * tall), "light", line=0),
    ]


def _flowers(place: _Place) -> Worn:
    """A wreath: leaves below, then flowers from the sides to the front."""
    wide, turn = place.skull.half_width, place.turn
    angles = np.array([-1.5, 1.5, -1.1, 1.1, -0.72, 0.72, -0.36, 0.36, 0.0], np.float32)
    angles = np.array([angle for angle in angles - 0.7 * turn if np.cos(angle + turn) > -0.1], np.float32)
    middles = place.around(angles, 0.38 + 0.2 * np.cos(angles))
    left, right = place.sides(float(middles[:, 1].max()))
    apart = middles[:, 0] - place.skull.x
    middles[:, 0] += apart * (np.where(apart < 0, left, right) / np.abs(apart).max() * 0.96 - 1)
    leaves: list[Piece] = []
    flowers: list[Piece] = []
    for number, (angle, middle) in enumerate(zip(angles, middles, strict=True)):
        out = float(np.sin(angle + turn))
        for way, shade in ((-1.0, 1.0), (1.0, 0.82)):
            tip = way * np.pi / 2 + (0.9 - 0.5 * abs(out)) * (1 if number % 2 else -1) * (0.6 + 0.4 * way)
            leaves.append(Piece(_leaf(middle, 0.36 * wide, tip), "leaf", shade, line=0.4))
        tint, petals, size = _KINDS[number % len(_KINDS)]
        facing = 0.62 + 0.38 * float(np.sqrt(max(1 - out**2, 0)))
        flowers += _flower(middle, size * wide, facing, 0.7 * number, tint, petals)
    return Worn([*leaves, *flowers])


_KINDS: tuple[tuple[Tint, int, float], ...] = (
    ("accent", 5, 0.23), ("blush", 5, 0.23), ("light", 8, 0.23), ("accent", 5, 0.25), ("blush", 5, 0.27),
    ("light", 8, 0.26), ("accent", 5, 0.28), ("light", 8, 0.26), ("blush", 5, 0.3),
)  # fmt: skip
"""Colour, petals, and size in half widths of the skull."""


def _flower(middle: Points, size: float, facing: float, turned: float, tint: Tint, count: int) -> list[Piece]:
    """Petals around a heart; ``facing`` is how narrow it is seen."""
    turns = np.linspace(0, 2 * np.pi, 12 * count, endpoint=False)
    reach = 0.66 + 0.38 * np.abs(np.sin(turns * count / 2)) ** 0.7

    def at(radius: Floats | float, angles: Floats) -> Points:
        way = np.stack([facing * np.cos(angles + turned), np.sin(angles + turned)], axis=-1)
        return (middle + size * np.asarray(radius)[..., None] * way).astype(np.float32)

    pieces = [Piece(at(reach, turns), tint, shadow=0.12 * size, line=0.5)]
    for each in range(count):
        angle = np.full(2, 2 * np.pi * each / count)
        pieces.append(Piece(at(np.array([0.3, 0.62]), angle), tint, 0.72, width=0.07 * size, line=0))
    return [*pieces, Piece(at(0.3, turns[::2]), "gold", line=0.35)]


def _leaf(root: Points, length: float, way: float) -> Points:
    along = np.concatenate([np.linspace(0, 1, 13), np.linspace(1, 0, 13)[1:-1]])
    across = 0.24 * np.sin(np.pi * along) * np.where(np.arange(len(along)) < 13, 1, -1)
    x = along * np.cos(way) - across * np.sin(way)
    y = along * np.sin(way) + across * np.cos(way)
    return (root + length * np.stack([x, y], axis=1)).astype(np.float32)


def _oval(x: float, y: float, half_width: float, half_height: float, corners: float = 1.0) -> Points:
    """An ellipse; with ``corners`` below 1 on the way to a rectangle."""
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    across = np.sign(np.cos(turns)) * np.abs(np.cos(turns)) ** corners
    down = np.sign(np.sin(turns)) * np.abs(np.sin(turns)) ** corners
    return np.stack([x + half_width * across, y + half_height * down], axis=1).astype(np.float32)


def _curve(start: Floats, pull: Floats, end: Floats) -> Points:
    """A quadratic Bézier curve."""
    along = np.linspace(0, 1, 13)[:, None]
    return ((1 - along) ** 2 * start + 2 * along * (1 - along) * pull + along**2 * end).astype(np.float32)


def _smooth(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A closed line with its corners cut three times (Chaikin 1974)."""
    line = np.array(points)
    for _ in range(3):
        after = np.roll(line, -1, axis=0)
        line = np.stack([0.75 * line + 0.25 * after, 0.25 * line + 0.75 * after], axis=1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in line]


_MAKERS: Mapping[str, Callable[[_Place], Worn]] = {
    "mask": _mask,
    "shades": _shades,
    "cap": _cap,
    "headphones": _headphones,
    "flowers": _flowers,
}
"""Prop → who makes it; what is put on later comes later."""
