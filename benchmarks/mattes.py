"""Measures how well heads are cut out: ``python -m benchmarks.mattes [PHOTO ...]``.

Writes ``benchmarks/results/mattes.json``. Illustrated figures, flat and rendered (shaded, textured, blurred, noisy,
JPEG), stand before backdrops made to mislead; so what belongs to the head is known for every pixel. The matte of
``generator.classic.photos.framed`` is compared with it beside plain ``cv2.grabCut`` started from the same face box, in
the same run. Photos lend their blurred crops as further backdrops, and their own times of analysis; none is kept.
The numbers of ``generator.classic.outline`` were found on composites 0 to 95 and 144 to 191, and on two public-domain
portraits, one cut out by hand and one by an earlier matte, before the same backdrops; 96 to 143 are measured here.

The matte before this one (the same outline without the way from the rim), on the same composites: boundary error 6.86 px
mean, 2.91 px median, scraps 1 %, bites 6.03 %; the one before that (colour histograms and GrabCut from a prior) 19.53 px,
5.82 px, 1.07 %, 15.73 %. Plain GrabCut bites less because it keeps most of the backdrop.

No portrait network is offered as an extra: mediapipe from 0.10.30 on ships no model and reports its use, 0.10.21 wants
numpy 1 and Python 3.12 at most, rembg and backgroundremover download theirs at the first run; the package index was not
searched for others.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.report import Row, write
from generator.classic.colour import Bytes, Floats
from generator.classic.faces import Face, FaceFinder
from generator.classic.figures import Figures, completed
from generator.classic.gallery import read_photo
from generator.classic.photos import framed, pixels_of
from generator.styles import Catalog, load_catalog
from generator.traits import TRAITS

SETS = ("peeps", "lorelei", "notionists")
BACKDROPS = ("gradient", "room", "stripes", "curtains", "chair", "leaves", "flags", "photo")
WIDTH, HEIGHT, FRAME = 512, 640, 400
"""Pixels of a composite, and of the figure's own frame in it."""


@dataclass(frozen=True)
class Composite:
    """Somebody before something, and which pixels are that somebody."""

    name: str
    rendered: bool
    pixels: Bytes
    """(HEIGHT, WIDTH, 3), RGB."""
    truth: Floats
    """(HEIGHT, WIDTH), 1 = the figure."""
    face: Face
    below: int
    """Row of the shoulders; only what is above counts."""


@dataclass(frozen=True)
class Fault:
    """How far a matte is from the truth above the shoulders."""

    boundary: float
    """Mean distance of either contour from the other, in px of a head framed at 640 px."""
    scraps: float
    """Backdrop that was kept, as a share of the head's area."""
    bites: float
    """Head that was cut away, as a share of its area."""


def composites(numbers: Iterable[int], photos: Sequence[Bytes] = ()) -> Iterator[Composite]:
    """Composites by number: every odd one is rendered; each set, skin, kind of hair, kind of glasses comes round."""
    catalog, figures = load_catalog(), Figures()
    for number in numbers:
        yield _composite(number, catalog, figures, photos)


def _composite(number: int, catalog: Catalog, figures: Figures, photos: Sequence[Bytes]) -> Composite:
    dice = np.random.default_rng([77, number])
    rendered = number % 2 == 1
    style = catalog[SETS[number % 3]]
    hair = TRAITS["hair"][number % 8]
    traits = completed(
        {
            "hair": hair,
            "skin": TRAITS["skin"][(number // 2) % 6],
            "glasses": TRAITS["glasses"][(number // 3) % 4],
        },
        number,
        0,
    )
    palettes = list(style.palettes.values())
    figure = figures.draw(style, traits, palettes[int(dice.integers(len(palettes)))], number, FRAME)
    rgba = _rendered(figure.rgba, dice) if rendered else figure.rgba.astype(np.float32) / 255
    kinds = BACKDROPS if photos else BACKDROPS[:-1]
    kind = kinds[int(dice.integers(len(kinds)))]
    left, top = int(dice.integers(8, WIDTH - FRAME - 8)), HEIGHT - FRAME
    # The colour of the hair: what lies above the face.
    crown = figure.rgba[: int(figure.face.y - figure.face.half_height)]
    tint = np.median(crown[crown[:, :, 3] > 200][:, :3], axis=0) if (crown[:, :, 3] > 200).any() else np.zeros(3)
    seat = (left + figure.face.x, top + figure.face.y)
    scene = _backdrop(kind, dice, tint.astype(np.float32) / 255, seat, photos)
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[top:, left : left + FRAME] = rgba[:, :, 3]
    # The figure ends at its frame; a photo's shoulders go on to the photo's edge.
    alpha[top:, :left], alpha[top:, left + FRAME :] = alpha[top:, left, None], alpha[top:, left + FRAME - 1, None]
    colour = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    colour[top:] = cv2.copyMakeBorder(rgba[:, :, :3], 0, 0, left, WIDTH - FRAME - left, cv2.BORDER_REPLICATE)
    image = scene + (colour - scene) * alpha[..., None]
    if rendered:
        image = _photographed(image, dice)
    pixels = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    if rendered:
        _, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(dice.integers(55, 92))])
        pixels = np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])
    face = figure.face
    # A detector's box stands between the middle of the face and the middle of the head.
    across = np.flatnonzero(figure.rgba[round(face.y), :, 3] > 127)
    x = 0.5 * face.x + 0.5 * float(np.median(across))
    size = face.half_height / 0.5
    box = Face(left + x, top + face.y - 0.05 * size, size, 0.0)
    below = round(top + face.y + 1.02 * face.half_height)
    return Composite(f"{number} {style.id} {hair} {kind}", rendered, pixels, alpha, box, below)


def _noise(dice: np.random.Generator, height: int, width: int, grain: float) -> Floats:
    """Smooth noise of mean 0 and deviation 1; ``grain`` is the size of its blobs in px."""
    small = dice.standard_normal((max(int(height / grain), 2), max(int(width / grain), 2))).astype(np.float32)
    field = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / max(float(field.std()), 1e-6)


def _rendered(figure: Bytes, dice: np.random.Generator) -> Floats:
    """A figure as (FRAME, FRAME, 4), 0 … 1, without its inner outlines, rounded by light, with the grain of hair and
    cloth and a ragged edge."""
    cover = figure[:, :, 3:].astype(np.float32) / 255
    flat = np.where(cover > 0.5, figure[:, :, :3], 255).astype(np.uint8)
    flat = cv2.morphologyEx(flat, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    flat = cv2.GaussianBlur(flat, (0, 0), 1.5)
    depth = np.sqrt(cv2.distanceTransform((cover[:, :, 0] > 0.5).astype(np.uint8), cv2.DIST_L2, 5))
    depth = cv2.GaussianBlur(depth, (0, 0), 9)
    slope_x, slope_y = cv2.Sobel(depth, cv2.CV_32F, 1, 0, scale=0.5), cv2.Sobel(depth, cv2.CV_32F, 0, 1, scale=0.5)
    angle = dice.uniform(-np.pi, 0)
    light = 0.92 - dice.uniform(0.6, 1.6) * (slope_x * np.cos(angle) + slope_y * np.sin(angle))
    strands = _noise(dice, FRAME, FRAME, 2.2) * 0.6 + _noise(dice, FRAME, FRAME, 9) * 0.5
    dark = 1 - flat.max(axis=2).astype(np.float32) / 255
    light = light + (0.03 + 0.16 * dark) * strands
    colour = flat.astype(np.float32) / 255 * np.clip(light, 0.35, 1.3)[..., None]
    colour += (0.035 * dark * strands)[..., None]
    rgba = np.dstack([colour, cover])
    y, x = np.mgrid[0:FRAME, 0:FRAME].astype(np.float32)
    ragged = dice.uniform(0.5, 1.6)
    moved = (x + ragged * _noise(dice, FRAME, FRAME, 4), y + ragged * _noise(dice, FRAME, FRAME, 4))
    rgba = cv2.remap(rgba, *moved, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rgba[:, :, 3] = cv2.GaussianBlur(rgba[:, :, 3], (0, 0), dice.uniform(0.6, 1.4))
    return np.clip(rgba, 0, 1).astype(np.float32)


def _photographed(image: Floats, dice: np.random.Generator) -> Floats:
    """Uneven light, a cast of colour, a lens that is a little soft, a sensor that is a little noisy."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
    light = 1 + dice.uniform(-0.2, 0.2) * x + dice.uniform(-0.15, 0.15) * y
    cast = 1 + dice.uniform(-0.08, 0.08, 3).astype(np.float32)
    image = cv2.GaussianBlur(image * light[..., None] * cast, (0, 0), dice.uniform(0.5, 1.1))
    grain = dice.standard_normal(image.shape).astype(np.float32) * dice.uniform(0.005, 0.03)
    return image * dice.uniform(0.6, 1.05) + grain


def _backdrop(
    kind: str, dice: np.random.Generator, hair: Floats, seat: tuple[float, float], photos: Sequence[Bytes]
) -> Floats:
    """(HEIGHT, WIDTH, 3), 0 … 1. ``hair`` is the colour that misleads most; ``seat`` the middle of the face."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    one, two, three = (dice.uniform(0.1, 0.95, 3).astype(np.float32) for _ in range(3))
    away = np.abs(x - seat[0])[..., None]
    scene = one + (two - one) * (y / HEIGHT)[..., None]
    if kind == "photo":
        photo = photos[int(dice.integers(len(photos)))]
        side = int(dice.uniform(0.4, 1.0) * min(photo.shape[:2]))
        top, left = (int(dice.integers(each - side + 1)) for each in photo.shape[:2])
        crop = cv2.resize(photo[top : top + side, left : left + side], (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        return cv2.GaussianBlur(crop.astype(np.float32) / 255, (0, 0), dice.uniform(1, 14))
    if kind == "room":
        for _ in range(9):
            left, top = int(dice.integers(-60, WIDTH)), int(dice.integers(-60, HEIGHT))
            size = dice.integers(40, 240, 2)
            colour = hair if dice.random() < 0.2 else dice.uniform(0.05, 0.95, 3)
            cv2.rectangle(scene, (left, top, int(size[0]), int(size[1])), [float(part) for part in colour], -1)
    elif kind == "stripes":
        angle, period = dice.uniform(0, np.pi), dice.uniform(14, 90)
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
        scene = three + (two - three) * np.clip(wave * 4 + 0.5, 0, 1)[..., None]
    elif kind == "curtains":
        folds = 0.85 + 0.25 * np.sin(x / dice.uniform(6, 20))[..., None]
        near = dice.uniform(70, 130)
        scene = np.where(away > near, (0.75 * hair + 0.25 * one) * folds, scene)
    elif kind == "chair":
        back = (away < dice.uniform(95, 150)) & (y > seat[1] + dice.uniform(-60, 60))[..., None]
        scene = np.where(back, 0.6 * hair + 0.4 * three, scene)
    elif kind == "leaves":
        grain = dice.uniform(6, 40)
        mixed = np.dstack([_noise(dice, HEIGHT, WIDTH, grain) for _ in range(2)])
        scene = scene + 0.25 * mixed[:, :, :1] * two + 0.15 * mixed[:, :, 1:] * (1 - three)
    elif kind == "flags":
        for centre in dice.uniform((0, 0), (WIDTH, HEIGHT), (30, 2)):
            size = float(dice.uniform(10, 45))
            colour = (two, three, hair)[int(dice.integers(3))]
            corners = cv2.boxPoints(
                ((float(centre[0]), float(centre[1])), (size, 3 * size), float(dice.uniform(0, 180)))
            )
            cv2.fillPoly(scene, [corners.astype(np.int32)], [float(part) for part in colour])
    scene = scene.astype(np.float32) * (1 + 0.03 * _noise(dice, HEIGHT, WIDTH, 120))[..., None]
    return cv2.GaussianBlur(scene, (0, 0), dice.uniform(0.6, 5))


def ours(composite: Composite) -> Floats:
    """The matte of the classic engine, laid back over the composite."""
    frame = framed(composite.pixels, composite.face, 640)
    return cv2.warpAffine(frame.matte, frame.place, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def plain_grabcut(composite: Composite) -> Floats:
    """What OpenCV makes of the picture itself and a box of head and shoulders around the face."""
    face, labels = composite.face, np.zeros((HEIGHT, WIDTH), np.uint8)
    left, top = max(round(face.x - 1.3 * face.size), 1), max(round(face.y - 1.2 * face.size), 1)
    area = (left, top, min(round(face.x + 1.3 * face.size), WIDTH - 1) - left, HEIGHT - 1 - top)
    cv2.setRNGSeed(0)
    cv2.grabCut(composite.pixels, labels, area, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    return (labels & 1).astype(np.float32)


def analysis(pixels: Bytes, finder: FaceFinder, rounds: int = 5) -> tuple[float, float] | None:
    """Milliseconds of one core for finding the faces and for framing and cutting out, the best of ``rounds``; None
    where no face is found."""
    faces = finder.find(pixels)
    if not faces:
        return None
    steps: tuple[Callable[[], object], ...] = (lambda: finder.find(pixels), lambda: framed(pixels, faces[0], 640))
    found, cut = (min(_timed(step) for _ in range(rounds)) for step in steps)
    return found, cut


def _timed(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return (time.thread_time() - start) * 1000


def fault(composite: Composite, matte: Floats) -> Fault:
    """``matte`` (HEIGHT, WIDTH) against the truth, above the shoulders."""
    truth, found = composite.truth > 0.5, matte > 0.5
    rows = slice(0, composite.below)
    area = max(int(truth[rows].sum()), 1)
    edges = [
        cv2.morphologyEx(each.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
        for each in (truth, found)
    ]
    distances = [cv2.distanceTransform(1 - edge, cv2.DIST_L2, 5) for edge in edges]
    there = [edge[rows] > 0 for edge in edges]
    if there[1].any():
        apart = [float(distances[1 - which][rows][there[which]].mean()) for which in (0, 1)]
    else:
        apart = [float(FRAME)]
    return Fault(
        statistics.fmean(apart) * 640 / FRAME,
        float((found & ~truth)[rows].sum()) / area,
        float((truth & ~found)[rows].sum()) / area,
    )


def _summary(name: str, faults: Sequence[Fault]) -> list[Row]:
    boundaries = [each.boundary for each in faults]
    return [
        Row(f"{name}: boundary error, mean", round(statistics.fmean(boundaries), 2), "px at 640"),
        Row(f"{name}: boundary error, median", round(statistics.median(boundaries), 2), "px at 640"),
        Row(f"{name}: boundary error, 9 of 10 below", round(float(np.quantile(boundaries, 0.9)), 2), "px at 640"),
        Row(f"{name}: scraps", round(100 * statistics.fmean(each.scraps for each in faults), 2), "% of the head"),
        Row(f"{name}: bites", round(100 * statistics.fmean(each.bites for each in faults), 2), "% of the head"),
    ]


def _compared(composite: Composite, mine: list[Fault], theirs: list[Fault]) -> tuple[float, float]:
    """Add the faults of both to their lists; what each took, in milliseconds of one core."""
    took: list[float] = []
    for faults, work in ((mine, ours), (theirs, plain_grabcut)):
        start = time.thread_time()
        matte = work(composite)
        took.append((time.thread_time() - start) * 1000)
        faults.append(fault(composite, matte))
    return took[0], took[1]


def measure(count: int, first: int, photos: Sequence[tuple[str, Bytes]]) -> tuple[list[Row], dict[str, object]]:
    """Rows and details; with one thread, whatever the machine has."""
    cv2.setNumThreads(1)
    mine: list[Fault] = []
    theirs: list[Fault] = []
    names: list[tuple[str, bool]] = []
    costs: list[tuple[float, float]] = []
    for composite in composites(range(first, first + count), [pixels for _, pixels in photos]):
        costs.append(_compared(composite, mine, theirs))
        names.append((composite.name, composite.rendered))
    rows = [*_summary("heads", mine)]
    for rendered, what in ((False, "flat heads"), (True, "rendered heads")):
        kept = [each for each, (_, real) in zip(mine, names, strict=True) if real == rendered]
        rows.append(
            Row(f"{what}: boundary error, mean", round(statistics.fmean(e.boundary for e in kept), 2), "px at 640")
        )
    rows += _summary("plain cv2.grabCut", theirs)
    for what in ("boundary", "scraps", "bites"):
        own, other = (statistics.fmean(getattr(each, what) for each in faults) for faults in (mine, theirs))
        rows.append(Row(f"{what}, to plain cv2.grabCut", round(own / max(other, 1e-9), 3), "x", "< 1"))
    own, other = (statistics.fmean(cost[which] for cost in costs) for which in (0, 1))
    rows.append(Row("time of one core, framing included, to plain cv2.grabCut", round(own / other, 3), "x", "< 1"))
    finder = FaceFinder()
    for name, pixels in photos:
        took = analysis(pixels, finder)
        if took is not None:
            rows.append(Row(f"analysis of {name} at 640 px: find", round(took[0], 1), "ms"))
            rows.append(Row(f"analysis of {name} at 640 px: frame, cut out", round(took[1], 1), "ms"))
            rows.append(Row(f"analysis of {name} at 640 px", round(sum(took), 1), "ms", "< 150"))
    order = sorted(range(count), key=lambda which: -mine[which].boundary)
    worst = [{"composite": names[which][0], "rendered": names[which][1], **asdict(mine[which])} for which in order[:12]]
    return rows, {"opencv": cv2.__version__, "composites": count, "first": first, "worst": worst}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--first", type=int, default=96, help="number of the first composite")
    options = parser.parse_args()
    photos = [(file.name, pixels_of(read_photo(file))) for file in options.photo]
    rows, details = measure(options.count, options.first, photos)
    named = "".join(f" {name}" for name, _ in photos)
    write(
        "mattes", f"python -m benchmarks.mattes{named} --count {options.count} --first {options.first}", rows, details
    )


if __name__ == "__main__":
    main()
