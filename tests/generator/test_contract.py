"""What every engine promises, whoever draws: one suite for all of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generator.engine import GRID_SIDE, MOST_LIKE, Avatar, AvatarSpec, Engine, Photo, Progress, singles
from generator.errors import DrawCancelled, SpecInvalid
from generator.mark import chunks
from tests.generator.classic.pictures import RememberingFinder, photo_of, portrait

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@dataclass(frozen=True)
class Party:
    """An engine, two styles of it, and how far two pictures may be apart that are the same."""

    engine: Engine
    styles: tuple[str, str]
    rounding: int

    def draw(self, spec: AvatarSpec) -> Avatar:
        return self.engine.draw(spec, lambda _: None, lambda: False)

    def same(self, one: bytes, other: bytes) -> bool:
        return int(np.abs(pixels(one).astype(int) - pixels(other)).max()) <= self.rounding


def classic(_temporary: pytest.TempPathFactory) -> Party:
    from generator.classic import ClassicEngine  # noqa: PLC0415 - each its own libraries
    from generator.styles import load_catalog  # noqa: PLC0415

    engine = ClassicEngine(load_catalog(), threads=1)
    engine._finder = RememberingFinder()
    return Party(engine, ("ink", "peeps"), 0)


def sdxl(temporary: pytest.TempPathFactory) -> Party:
    import torch  # noqa: PLC0415

    from generator.sdxl.engine import create  # noqa: PLC0415
    from tests.generator.sdxl import tiny  # noqa: PLC0415
    from tests.generator.sdxl.painters import STYLE  # noqa: PLC0415

    torch.set_num_threads(1)
    styles = temporary.mktemp("styles")
    oil = STYLE.replace('fallback = "ink"\n', "")
    (styles / "gouache.toml").write_text(oil, encoding="utf-8")
    quick = oil.replace('quality = "best"', 'quality = "fast"').replace("oil painting", "chalk")
    (styles / "chalk.toml").write_text(quick, encoding="utf-8")
    return Party(create([styles], tiny.save(temporary.mktemp("models")), "cpu", "cpu"), ("chalk", "gouache"), 1)


@pytest.fixture(
    scope="module",
    params=[pytest.param(classic, id="classic"), pytest.param(sdxl, id="sdxl", marks=pytest.mark.xdist_group("sdxl"))],
)
def party(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    make: Callable[[pytest.TempPathFactory], Party] = request.param
    made = make(tmp_path_factory)
    yield made
    getattr(made.engine, "close", lambda: None)()


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def spec_for(party: Party, **changes: Any) -> AvatarSpec:
    return replace(AvatarSpec(party.styles[0], seed=5, size=64), **changes)


@pytest.mark.parametrize("photo", [None, photo_of(portrait(160))], ids=["figure", "photo"])
def test_each_picture_of_a_call_is_the_one_it_would_be_alone(party: Party, photo: Photo | None) -> None:
    seen: list[bytes] = []
    for changes in (
        {"count": 3, "attempt": 2},
        {"count": 2, "styles": party.styles},
        {"count": 2, "attempt": 9, "like": (2, 7)},
    ):
        spec = spec_for(party, photo=photo, **changes)
        avatar = party.draw(spec)
        assert len(avatar.parts) == spec.count
        for single, part in zip(singles(spec), avatar.parts, strict=True):
            alone = party.draw(single)
            assert alone.parts == ()
            assert party.same(part, alone.png)
            assert alone.trace in {avatar.trace, "low"}
            assert not any(party.same(part, other) for other in seen)
            seen.append(part)


def test_another_seed_or_attempt_gives_another_picture(party: Party) -> None:
    spec = spec_for(party)
    first = party.draw(spec).png
    for changes in ({"seed": 6}, {"attempt": 1}, {"traits": {"colour": "green", "skin": "dark"}}):
        assert not party.same(first, party.draw(replace(spec, **changes)).png), changes


@pytest.mark.parametrize("size", [64, 101, 1024])
def test_pictures_are_square_of_the_asked_size_and_the_grid_fits_a_chat(party: Party, size: int) -> None:
    avatar = party.draw(spec_for(party, style=party.styles[1], size=size, count=2))
    assert avatar.size == size
    assert [pixels(part).shape for part in avatar.parts] == [(size, size, 3)] * 2
    high, wide, _ = pixels(avatar.png).shape
    assert wide <= GRID_SIDE
    assert 2 <= wide / high < 2.1
    assert high <= size


def test_every_picture_carries_one_mark_and_nothing_else(party: Party) -> None:
    for photo in (None, photo_of(portrait(160))):
        avatar = party.draw(spec_for(party, photo=photo, count=2))
        sources = set[bytes]()
        for png in (avatar.png, *avatar.parts):
            found = chunks(png)
            assert {kind for kind, _ in found} <= {b"IHDR", b"iTXt", b"PLTE", b"IDAT", b"IEND"}
            (text,) = [data for kind, data in found if kind == b"iTXt"]
            sources.add(text.split(b"digitalsourcetype/")[1].split(b"<")[0])
        assert len(sources) == 1
        assert (avatar.trace == "none") == (photo is None)


def test_progress_rises_to_the_end(party: Party) -> None:
    seen: list[Progress] = []
    party.engine.draw(spec_for(party, count=3), seen.append, lambda: False)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(set(fractions)) > 3


def test_who_leaves_gets_nothing_and_waits_for_nothing(party: Party) -> None:
    spec = spec_for(party, count=4)
    for leaves in (0.0, 0.2, 0.6):
        seen = [0.0]

        def report(progress: Progress, seen: list[float] = seen) -> None:
            seen.append(progress.fraction)

        with pytest.raises(DrawCancelled):
            party.engine.draw(spec, report, lambda at=leaves, seen=seen: seen[-1] >= at)
        assert seen[-1] < 1
    assert party.draw(spec_for(party)).size == 64


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"style": "nothing"}, "error-style"),
        ({"styles": ("STYLE", "nothing"), "count": 2}, "error-style"),
        ({"size": 63}, "error-size"),
        ({"size": 1025}, "error-size"),
        ({"likeness": 101}, "error-likeness-range"),
        ({"likeness": -1}, "error-likeness-range"),
        ({"seed": -1}, "error-seed"),
        ({"seed": 2**63}, "error-seed"),
        ({"attempt": -1}, "error-spec"),
        ({"count": 0}, "error-spec"),
        ({"count": 5}, "error-spec"),
        ({"styles": ("STYLE",), "count": 2}, "error-spec"),
        ({"styles": ("other", "STYLE"), "count": 2}, "error-spec"),
        ({"like": (1, -1)}, "error-spec"),
        ({"like": tuple(range(MOST_LIKE + 1))}, "error-spec"),
        ({"about": "x" * 201}, "error-spec"),
        ({"about": "two\nlines"}, "error-spec"),
        ({"traits": {"hair": "green"}}, "error-trait"),
        ({"traits": {"wings": "two"}}, "error-trait"),
    ],
)
def test_what_cannot_be_drawn_is_refused(party: Party, changes: dict[str, Any], key: str) -> None:
    if "styles" in changes:
        own = tuple(party.styles[0] if style == "STYLE" else style for style in changes["styles"])
        changes = {**changes, "styles": own}
    with pytest.raises(SpecInvalid) as caught:
        party.draw(spec_for(party, **changes))
    assert caught.value.key == key
