"""The picture that moves: only behind the figure, without a seam, small enough, and the same every time."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageSequence

from generator.classic import ClassicEngine
from generator.classic.chance import chance
from generator.classic.loop import loop
from generator.engine import LOOP_BYTES, LOOP_SIDE, Avatar, AvatarSpec
from tests.generator.classic.pictures import photo_of, portrait

RNG = np.random.default_rng(5)


def frames(gif: bytes) -> np.ndarray:
    """All frames as they are seen, int (frames, side, side, 3)."""
    return np.stack(
        [np.asarray(each.convert("RGB"), int) for each in ImageSequence.Iterator(Image.open(io.BytesIO(gif)))]
    )


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


def scene(side: int) -> tuple[np.ndarray, np.ndarray]:
    """A sky in two colours with somebody round in it, and the matte."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    matte = np.clip((0.3 - np.hypot(rows - 0.55, columns - 0.5)) * side + 0.5, 0, 1)
    sky = np.stack([200 - 90 * rows, 120 + 60 * columns, 180 - 60 * columns], axis=2)
    somebody = np.stack([90 + 100 * columns, 70 + 60 * rows, 60 + 0 * rows], axis=2)
    return (sky + (somebody - sky) * matte[..., None]).astype(np.uint8), matte.astype(np.float32)


@pytest.mark.parametrize("side", [640, 96])
def test_only_what_is_behind_the_figure_moves_and_it_ends_where_it_begins(side: int) -> None:
    picture, matte = scene(side)
    gif = loop(picture, matte, chance(1, "loop"))
    shown = Image.open(io.BytesIO(gif))
    assert (shown.format, shown.size, shown.info["loop"]) == ("GIF", (min(side, LOOP_SIDE),) * 2, 0)
    seen = frames(gif)
    assert 2000 <= len(seen) * shown.info["duration"] <= 4000
    near = np.asarray(Image.fromarray(matte).resize(shown.size, Image.Resampling.BOX)) > 0
    assert np.ptp(seen[:, near], axis=0).max() == 0
    # What is far from it does move, all over, and never by so much that it would flicker.
    moved = np.ptp(seen[:, :, :], axis=0).max(axis=2)
    assert np.median(moved[~near]) > 12
    steps = [apart(one, other) for one, other in zip(seen, [*seen[1:], seen[0]], strict=True)]
    assert steps[-1] <= 1.1 * max(steps[:-1])
    assert max(steps) < 5
    # It begins with the picture itself, in fewer colours.
    still = np.asarray(Image.fromarray(picture).resize(shown.size, Image.Resampling.BOX), int)
    assert apart(seen[0], still) < 4


def test_it_is_small_whatever_it_shows() -> None:
    noise = RNG.integers(110, 140, (LOOP_SIDE, LOOP_SIDE, 3), np.uint8)
    nobody = np.zeros((LOOP_SIDE, LOOP_SIDE), np.float32)
    gif = loop(noise, nobody, chance(1, "loop"))
    assert 0 < len(gif) < LOOP_BYTES
    assert Image.open(io.BytesIO(gif)).width < LOOP_SIDE
    # And where there is nothing but somebody, it is a picture that stands still.
    assert np.ptp(frames(loop(noise[:96, :96], nobody[:96, :96] + 1, chance(1, "loop"))), axis=0).max() == 0


def draw(engine: ClassicEngine, spec: AvatarSpec) -> Avatar:
    return engine.draw(spec, lambda _: None, lambda: False)


@pytest.mark.usefixtures("small_canvas")
@pytest.mark.parametrize(
    "spec",
    [
        AvatarSpec("ink", 3, size=96),
        AvatarSpec("peeps", 3, size=96),
        AvatarSpec("pop", 3, photo_of(portrait(240)), size=96),
        AvatarSpec("cel", 3, photo_of(np.full((60, 80, 3), 90, np.uint8)), size=96),
    ],
    ids=["figure", "set", "photo", "thing"],
)
def test_a_picture_that_is_wanted_moving_is_the_same_picture_and_moves(engine: ClassicEngine, spec: AvatarSpec) -> None:
    still, moving = draw(engine, spec), draw(engine, replace(spec, loop=True))
    assert still.loop == b""
    assert replace(moving, loop=b"") == still
    assert draw(engine, replace(spec, loop=True)).loop == moving.loop
    seen = frames(moving.loop)
    assert apart(seen[0], np.asarray(Image.open(io.BytesIO(still.png)).convert("RGB"), int)) < 4
    assert apart(seen[0], seen[len(seen) // 2]) > 0.5
    mark = re.compile(rb"DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/(\w+)<")
    assert mark.findall(moving.loop) == mark.findall(still.png) != []
    assert Image.open(io.BytesIO(moving.loop)).info.keys() <= {
        "version", "background", "transparency", "duration", "extension", "loop"
    }  # fmt: skip


@pytest.mark.usefixtures("small_canvas")
def test_of_several_at_once_none_moves_and_the_member_is_told(engine: ClassicEngine) -> None:
    avatar = draw(engine, AvatarSpec("ink", 3, size=64, count=2, loop=True))
    assert (avatar.loop, avatar.notes) == (b"", ("note-still-grid",))
    assert draw(engine, AvatarSpec("ink", 3, size=64, count=2)).parts == avatar.parts
