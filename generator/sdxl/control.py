"""Turns a photo or an illustrated figure into the lines that guide the painter, as far as the likeness dial says.

What the dial does to a photo, in this order: the seeded bend of the classic engine (same seed, same bend, so that a
picture painted later shows the face that the classic engine drew first); blur, much in the face and less outside;
lines where it is steep for this face, fewer and fewer; nothing of the backdrop; no short strokes; the outline of the
person drawn anew. In the lower half of the dial no line of the photo's own face is left: nobody's eyes, nose and mouth
take their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from generator.classic import warp
from generator.classic.colour import Bytes, Floats
from generator.classic.engine import FIGURE_BELOW
from generator.classic.faces import FaceFinder
from generator.classic.figures import Figures, Oval, completed
from generator.classic.likeness import Likeness
from generator.classic.photos import Frame, centred, colours_in, framed, notes_on, pixels_of
from generator.classic.props import bared, fitted, head_of, props_on_photo, traced
from generator.engine import Photo, Trace
from generator.sdxl.features import draw_face
from generator.sdxl.lines import border, drawn_lines, enough
from generator.styles import Catalog
from generator.traits import FIGURES

SET = "lorelei"
"""The illustrated style whose lines a figure lends, where nobody names another."""
FIGURE_SCALE, FIGURE_END = 0.55, 0.35
"""How strictly a figure's lines are followed: it is a cartoon, and the style decides how people look."""

_FIGURE_COLOURS = ("#ffffff", "#9cc4ff", "#ffb0a0")
_Zone = tuple[float, float, float, float]
_EYES: _Zone = (-0.8, -0.55, 0.8, 0.0)
_MOUTH: _Zone = (-0.45, 0.34, 0.45, 0.74)
"""Left, top, right, bottom in half axes of the face from its middle."""
_FEATURES: tuple[_Zone, ...] = (
    (-0.43, -0.26, 0.34, 0.3),
    (0.43, -0.26, 0.34, 0.3),
    (0, 0.2, 0.2, 0.12),
    (0, 0.53, 0.42, 0.17),
)
"""Where eyes, nose and mouth are: middle and half axes, in half axes of the face."""
_NOBODY = 0.6
"""Abstraction above which no line of the photo's own face is left."""
_FEWEST = 0.45
"""Without as many px of lines at the eyes and at the mouth, in half widths, a face would be painted blank."""
_SMALLEST = 512
"""Lines are found at this side at least; smaller controls are reduced from it."""
_COARSE = 4
"""What is smooth is computed on a grid this much coarser."""
_UNIT = 1024
"""The side at which lengths in px below are meant."""
_CONTRAST = 0.11
"""Local contrast (standard deviation of CIE L over 100) that dark hair and dark skin are opened up towards."""
_START, _FAINTEST = 1000.0, 0.02
"""Steepness at which a line starts, in numbers of Canny's; the least steepness (CIE L over 100, Sobel) that may."""
_SAMPLES, _FORGIVEN = (64, 80), 1.3
_LOW, _HIGH = 0.27, 0.48


@dataclass(frozen=True, slots=True)
class Control:
    """What the painter is shown, and how strictly it is to follow."""

    edges: Bytes
    """uint8 (side, side): 255 on a line, else 0."""
    scale: float
    """Conditioning scale."""
    end: float
    """Share of the steps, 0 … 1, after which the lines are no longer followed."""
    trace: Trace
    """How many of the photo's own lines are in ``edges``; see ``edge_trace``."""
    traits: Mapping[str, str]
    """What the words should say of the person: complete for figures, colours and what was asked for with a photo."""
    person: bool
    """False for pets and things."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Studio:
    """What drawing lines needs. Safe for several threads."""

    catalog: Catalog
    finder: FaceFinder = field(default_factory=FaceFinder)
    figures: Figures = field(default_factory=Figures)


def control_for(
    photo: Photo | None,
    likeness: int,
    traits: Mapping[str, str],
    seed: int,
    attempt: int,
    side: int,
    studio: Studio,
    figure: str = SET,
) -> Control:
    """The lines of ``photo`` at ``likeness`` 0 … 100, or those of a figure of the style ``figure``.

    A photo gives the same lines whatever the ``attempt``; a figure varies with it as in the classic engine.
    """
    if photo is None:
        return _of_figure(traits, seed, attempt, side, studio, figure, "none")
    image = pixels_of(photo)
    faces = studio.finder.find(image)
    colours = colours_in(image, faces)
    if likeness < FIGURE_BELOW:
        # The notes speak of what was drawn from the photo; here nothing was.
        return _of_figure({**colours, **traits}, seed, attempt, side, studio, figure, "low")
    dial, notes = Likeness.of(likeness), notes_on(faces)
    work = max(side, _SMALLEST)
    if not faces:
        edges, kept = _of_thing(centred(image, work), dial)
        said = {name: value for name, value in traits.items() if name == "colour"}
        notes += ("note-prop-no-face",) if props_on_photo(traits) else ()
    else:
        edges, kept = _of_person(framed(image, faces[0], work, faces[1:]), dial, seed, traits)
        # The shape of the hair is in the lines, and words that say another would fight them; that it is a scarf or a
        # hat, lines do not say. Who is drawn is who is in the photo.
        told = {name: value for name, value in traits.items() if name != "hair" or value in {"covered", "hat"}}
        told.pop("figure", None)
        said = {**colours, **told}
    notes += ("note-figure-photo",) if "figure" in traits else ()
    scale, end = strictness(likeness)
    return Control(reduced(edges, side), scale, end, kept, said, bool(faces), notes)


def strictness(likeness: int) -> tuple[float, float]:
    """Conditioning scale and end (share of the steps) for a photo at ``likeness`` 0 … 100.

    Where things are, the first third of the steps decides; what comes after is detail. So at *a hint* (0.28) and
    *somewhat* (0.36) the painter gets the pose and the large shapes from the photo, and is free to make up the rest,
    which is better painted for it and tells less of who it is. Only towards *clearly me* (0.6) and beyond (0.8) are
    lines held on to while features take their form. Early ends cost less too: a step that follows lines is half as
    much work again. The curve is reasoned, not seen: nobody has painted with the published weights yet.
    """
    near = likeness / 100
    return 0.47 + 0.32 * near, 0.27 + 0.53 * near**3


def reduced(edges: Bytes, side: int) -> Bytes:
    """``edges`` at ``side``: a small pixel is a line where any good part of it is."""
    if edges.shape[0] == side:
        return edges
    small = cv2.resize(edges, (side, side), interpolation=cv2.INTER_AREA)
    return np.where(small > 0.6 * 255 * side / edges.shape[0], np.uint8(255), np.uint8(0))


def _of_figure(
    traits: Mapping[str, str], seed: int, attempt: int, side: int, studio: Studio, style: str, trace: Trace
) -> Control:
    full = completed(traits, seed, attempt)
    wanted = studio.catalog.get(FIGURES.get(full["figure"], ""))
    lender = wanted if wanted is not None and wanted.figure else studio.catalog.find(style)
    work = max(side, _SMALLEST)
    # Only shapes count: light colours, so that whatever is dark is ink.
    plain = {**full, "hairtone": "ginger", "skin": "light"}
    drawing = studio.figures.draw(lender, plain, _FIGURE_COLOURS, seed + attempt, work)
    wardrobe = studio.figures.wardrobe(lender)
    edges = drawn_lines(drawing.rgba, wardrobe.line * drawing.face.half_width / wardrobe.face[2])
    if full["prop"]:
        inside = drawing.rgba[:, :, 3] > 127
        traced(edges, fitted(full["prop"], drawing.head, inside), inside)
    return Control(reduced(edges, side), FIGURE_SCALE, FIGURE_END, trace, full, person=True)


def _of_thing(original: Floats, dial: Likeness) -> tuple[Bytes, Trace]:
    """Pets and things: the middle of the photo; towards the rim only strong edges stay, then none."""
    side = original.shape[0]
    unit = side / _UNIT
    steps = (np.arange(side, dtype=np.float32) + 0.5) * 2 / side - 1
    radius = np.hypot(steps[None, :], steps[:, None] - 0.02)
    shown = np.clip((0.92 - radius) / (0.3 + 0.2 * dial.abstraction), 0, 1)
    colour = _lab(original)
    blur = (1.6 + 3.2 * max(dial.abstraction, 0.4)) * unit
    colour = cv2.GaussianBlur(colour, (0, 0), blur)
    gain = _gain(colour[:, :, 0], np.ones((side, side), np.float32), 0.09 * side)
    edges = _canny(colour, gain * shown, [(shown, 0.1)])
    edges = enough(edges, np.full((side, side), (24 + 70 * dial.abstraction) * unit, np.float32))
    return edges, edge_trace(_own_edges(original), edges, None)


def _of_person(frame: Frame, dial: Likeness, seed: int, traits: Mapping[str, str]) -> tuple[Bytes, Trace]:
    side, face, away = frame.original.shape[0], frame.face, dial.abstraction
    unit = side / _UNIT
    where = _bend(side, face, seed, dial.warp)
    colour = cv2.remap(_lab(frame.original), *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    matte = cv2.remap(frame.matte, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    person = _smooth(matte, (3 + 16 * away) * unit) > 0.5
    head, hair = head_of(face, person), person
    things = [fitted(prop, head, hair) for prop in props_on_photo(traits)]
    for worn in things:
        person = bared(person, worn)
    in_face = np.clip((1.25 - _distance(side, face)) / 0.3, 0, 1)
    colour = _calmed(colour, in_face, (1.6 + 3.2 * away) * unit, (1.6 + 6.5 * away**1.3) * unit)
    gain = _gain(colour[:, :, 0], matte, 0.45 * face.half_width) * _attention(side, face, away)
    edges = _canny(colour, gain, [(in_face, 0.17 - 0.12 * away), ((1 - in_face) * person, 0.13 - 0.09 * away)])
    inner = _shrunk(person, (6 + 6 * away) * unit)
    edges[~inner] = 0
    least = np.where(in_face > 0.5, 14 + 60 * away, 10 + 40 * away) * unit
    edges = enough(edges, least.astype(np.float32))
    own = _own_face(side, face)
    nobody = away > _NOBODY or not all(_lines_in(edges, face, zone) for zone in (_EYES, _MOUTH))
    if nobody:
        edges[own] = 0
        drawn = np.zeros_like(edges)
        draw_face(drawn, face, seed, traits.get("mood", "calm"), traits.get("glasses", "none"))
        drawn[~inner] = 0
        edges = cv2.bitwise_or(edges, drawn)
    edges = cv2.bitwise_or(edges, border(person))
    for worn in things:
        traced(edges, worn, person)
    kept = edge_trace(_own_edges(frame.original), edges, face)
    # The bend alone hides lines from the measure, not from whoever knows them.
    return edges, "medium" if kept == "low" and not nobody else kept


def _smooth(matte: Floats, sigma: float) -> Floats:
    """Blurred by ``sigma`` px, on the coarse grid."""
    side = matte.shape[0]
    small = cv2.resize(matte, (side // _COARSE,) * 2, interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / _COARSE), (side, side), interpolation=cv2.INTER_CUBIC)


def _calmed(colour: Floats, in_face: Floats, outside: float, inside: float) -> Floats:
    """Blurred by a Gaussian of ``outside`` px, in the face by one of ``inside``."""
    calm = cv2.GaussianBlur(colour, (0, 0), outside)
    rows, columns = (np.flatnonzero(in_face.any(axis=axis)) for axis in (1, 0))
    if len(rows) and len(columns):
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        more = float(np.sqrt(max(inside**2 - outside**2, 0)))
        if more > 0.3:
            calm[part] += (cv2.GaussianBlur(calm[part], (0, 0), more) - calm[part]) * in_face[part][..., None]
    return calm


def _shrunk(shape: np.ndarray, margin: float) -> np.ndarray:
    """``shape`` without its rim of ``margin`` px; the end of the picture is no rim, but its last pixels never count."""
    wide = 2 * int(np.ceil(margin)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
    inner = cv2.erode(shape.astype(np.uint8), disc, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    inner[:2], inner[-2:], inner[:, :2], inner[:, -2:] = 0, 0, 0, 0
    return inner > 0


def _attention(side: int, face: Oval, away: float) -> Floats:
    """Less and less for what lies between the features: folds and shadows age people, and tell who they are."""
    small, face = _coarser(side, face)
    steps = np.arange(small, dtype=np.float32)
    x, y = (steps - face.x) / face.half_width, (steps - face.y) / face.half_height
    inside = np.hypot(x[None, :], y[:, None])
    # The jaw below the mouth and the line of the hair are features as well.
    seen = np.clip(1 - np.abs(inside - 1) / 0.2, 0, 1) * (y > 0.3)[:, None]
    seen = np.maximum(seen, np.clip((-0.5 - y) / 0.2, 0, 1)[:, None])
    for across, down, wide, high in _FEATURES:
        near = ((x - across) / wide)[None, :] ** 2 + ((y - down) / high)[:, None] ** 2
        seen = np.maximum(seen, np.clip(2.2 - 1.2 * near, 0, 1))
    result = 1 - np.clip((1.25 - inside) / 0.3, 0, 1) * (1 - seen) * np.float32(min(1.4 * away, 0.75))
    return cv2.resize(result.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)


def _lines_in(edges: Bytes, face: Oval, zone: _Zone) -> bool:
    left, right = (round(face.x + side * face.half_width) for side in zone[0::2])
    top, bottom = (round(face.y + side * face.half_height) for side in zone[1::2])
    part = edges[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    return cv2.countNonZero(part) >= _FEWEST * face.half_width if part.size else False


def _own_face(side: int, face: Oval) -> np.ndarray:
    """From above the brows to under the chin, and a little beyond the cheeks."""
    steps = np.arange(side, dtype=np.float32)
    x, y = (steps - face.x) / face.half_width, (steps - face.y) / face.half_height
    within = (x / 1.08)[None, :] ** 2 + ((np.maximum(y - 0.1, 0) / 1.08) ** 2)[:, None] < 1
    return within & (y > -0.64)[:, None]


def _distance(side: int, face: Oval) -> Floats:
    """Distance from the middle of the face; 1 on its oval."""
    steps = np.arange(side, dtype=np.float32)
    x, y = (steps - face.x) / face.half_width, (steps - face.y) / face.half_height
    return np.hypot(x[None, :], y[:, None])


def _lab(original: Floats) -> Floats:
    """sRGB 0 … 1 → CIE L and a over 100, from 8 bits a channel: far faster, and the blur hides the steps."""
    eight = cv2.cvtColor(cv2.convertScaleAbs(original, alpha=255), cv2.COLOR_RGB2Lab)
    light, red, _ = cv2.split(eight)
    both = cv2.merge([light, red]).astype(np.float32)
    both *= np.array([1 / 255, 0.01], np.float32)
    return both


def _coarser(side: int, face: Oval) -> tuple[int, Oval]:
    """``side`` and ``face`` on the coarse grid."""
    small = side // _COARSE
    part = side / small
    middle = (face.x + 0.5) / part - 0.5, (face.y + 0.5) / part - 0.5
    return small, Oval(*middle, face.half_width / part, face.half_height / part)


def _bend(side: int, face: Oval, seed: int, strength: float) -> tuple[Floats, Floats]:
    """``warp.field`` of the classic engine, computed on a coarse grid."""
    small, coarse = _coarser(side, face)
    part = side / small
    x, y = warp.field(small, coarse, seed, strength)
    rows, columns = np.mgrid[0:small, 0:small].astype(np.float32)
    steps = np.arange(side, dtype=np.float32)

    def whole(moved: Floats) -> Floats:
        return cv2.resize(moved * part, (side, side), interpolation=cv2.INTER_CUBIC)

    return steps[None, :] + whole(x - columns), steps[:, None] + whole(y - rows)


def _gain(lightness: Floats, weight: Floats, scale: float) -> Floats:
    """What brings the local contrast of ``lightness`` to the same everywhere: dark skin and dark hair have less of it."""
    side = lightness.shape[0]
    small = 128
    grey = cv2.resize(lightness, (small, small), interpolation=cv2.INTER_AREA)
    sure = np.maximum(cv2.resize(weight, (small, small), interpolation=cv2.INTER_AREA), 1e-3)
    sigma = scale * small / side
    total = cv2.GaussianBlur(sure, (0, 0), sigma)
    mean = cv2.GaussianBlur(grey * sure, (0, 0), sigma) / total
    spread = np.sqrt(np.maximum(cv2.GaussianBlur(grey * grey * sure, (0, 0), sigma) / total - mean * mean, 0))
    gain = np.clip(_CONTRAST / (spread + 0.012), 0.7, 2.5)
    return cv2.resize(gain.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)


def _canny(colour: Floats, gain: Floats, parts: Sequence[tuple[Floats, float]]) -> Bytes:
    """Edges of the lightness, or of the redness where it is steeper.

    ``parts``: weights (side, side) and which share of a part's pixels are steep enough to start a line. A share and no
    threshold, so that every skin gets as many lines, and every camera; a part without contrast gets none all the same.
    """
    steps = [np.ascontiguousarray(colour[:, :, channel]) for channel in range(2)]
    (lx, ly), (ax, ay) = ((cv2.Sobel(step, cv2.CV_32F, 1, 0), cv2.Sobel(step, cv2.CV_32F, 0, 1)) for step in steps)
    steep, red = np.abs(lx) + np.abs(ly), np.abs(ax) + np.abs(ay)
    redder = red > steep
    some = np.s_[::_COARSE, ::_COARSE]
    sample = np.maximum(steep[some], red[some]) * gain[some]
    total, weights = np.zeros_like(steep), np.full_like(steep, 1e-6)
    for weight, share in parts:
        within = sample[weight[some] > 0.5]
        start = float(np.quantile(within, 1 - share)) if len(within) else 1.0
        total += weight * np.float32(_START / max(start, _FAINTEST * _UNIT / len(steep)))
        weights += weight
    total *= gain
    total /= weights
    np.copyto(lx, ax, where=redder)
    np.copyto(ly, ay, where=redder)
    dx, dy = ((slope * total).clip(-9999, 9999).astype(np.int16) for slope in (lx, ly))
    return cv2.Canny(dx, dy, 0.4 * _START, _START, L2gradient=False)


def _own_edges(original: Floats) -> Bytes:
    """The photo's edges before anything was done to hide them, at a quarter of a megapixel."""
    small = cv2.resize(original, (_SMALLEST, _SMALLEST), interpolation=cv2.INTER_AREA)
    colour = cv2.GaussianBlur(_lab(small), (0, 0), 0.9)
    gain = _gain(colour[:, :, 0], np.ones((_SMALLEST, _SMALLEST), np.float32), 0.09 * _SMALLEST)
    return _canny(colour, gain, [(np.ones_like(gain), 0.12)])


def edge_correlation(own: Bytes, edges: Bytes, face: Oval | None) -> float:
    """Correlation (-1 … 1) of where lines are in two aligned line images; ``face`` in the pixels of the second.

    In the face, at 64 x 80 samples, with a blur that forgives shifts of about a fiftieth of its width.
    """
    one, other = (_density(image, face, image.shape[0] / edges.shape[0]) for image in (own, edges))
    spread = float(one.std() * other.std())
    return float(((one - one.mean()) * (other - other.mean())).mean()) / spread if spread > 1e-4 else 0.0


def edge_trace(own: Bytes, edges: Bytes, face: Oval | None) -> Trace:
    """How many of the photo's own lines (``_own_edges``) are in the lines that the painter gets.

    It is measured before anything is painted. Nothing of the face but these lines and a word for the colour of skin and
    hair reaches the painter, so a picture cannot hold more of the photo's geometry than this; it may hold less. The
    limits: nobody's features reach up to 0.26 in faces that they have nothing to do with, two different people 0.1, and
    a photo that was only turned into lines, without bend or blur, 0.85. It says nothing about whether somebody who
    knows the person recognises them by hair, outline or a line or two, and it is no measure of anonymity. Without a
    face at most ``medium``: there nobody is recognised.
    """
    alike = edge_correlation(own, edges, face)
    return "low" if alike <= _LOW else "medium" if alike <= _HIGH or face is None else "high"


def _density(edges: Bytes, face: Oval | None, part: float) -> Floats:
    side = edges.shape[0]
    if face is None:
        left, top, wide, high = 0.0, 0.0, float(side), float(side)
    else:
        left, top = part * (face.x - face.half_width), part * (face.y - face.half_height)
        wide, high = 2 * part * face.half_width, 2 * part * face.half_height
    width, height = _SAMPLES
    if face is not None:
        cut = np.s_[_range(top - high / 4, 1.5 * high, side), _range(left - wide / 4, 1.5 * wide, side)]
        edges, left, top = edges[cut], left - cut[1].start, top - cut[0].start
    # A line is one pixel wide in each: the finer the image, the less of it a line covers.
    soft = cv2.GaussianBlur(edges.astype(np.float32) * (wide / width / 255), (0, 0), _FORGIVEN * wide / width)
    move = np.array([[wide / width, 0, left], [0, high / height, top]], np.float32)
    return cv2.warpAffine(soft, move, _SAMPLES, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def _range(start: float, length: float, most: int) -> slice:
    first = int(np.clip(start, 0, most - 1))
    return slice(first, int(np.clip(start + length, first + 1, most)))
