"""The engine through its one door: real components, real threads, the tiny model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generator.classic import ClassicEngine
from generator.engine import Avatar, AvatarSpec, Photo, Progress, singles
from generator.errors import DrawCancelled, DrawFailed, EngineUnavailable, SpecInvalid
from generator.grid import NOTHING
from generator.mark import chunks
from generator.sdxl.engine import SdxlEngine, seed_of
from generator.sdxl.ladder import Ladder, rungs_of
from generator.sdxl.loading import Components, load
from generator.sdxl.plans import Plan
from generator.sdxl.prompts import Prompt
from generator.sdxl.store import ModelMissing
from generator.styles import Catalog
from tests.generator.sdxl.painters import (
    PLAN,
    STYLE,
    Call,
    at_once,
    catalog_in,
    edges_of,
    engine,
    failing,
    near,
    pixels,
    words_of,
)
from tests.generator.sdxl.shelves import Folder, Hangers

pytestmark = pytest.mark.xdist_group("sdxl")

SPEC = AvatarSpec("oil", seed=5, size=64)
QUICK = replace(SPEC, quality="balanced")
"""In three steps without guidance."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    chalk = STYLE.replace("oil painting", "chalk").replace("guidance = 5.0", "guidance = 3.0\ncontrol_end = 0.5")
    return catalog_in(tmp_path_factory.mktemp("styles"), oil=STYLE, chalk=chalk)


@pytest.fixture(scope="module")
def parts(models: Path) -> Components:
    return load(Folder(models), PLAN)


@pytest.fixture
def own_parts(models: Path) -> Components:
    return load(Folder(models), PLAN)


@pytest.fixture(scope="module")
def oil(catalog: Catalog, models: Path, parts: Components) -> Iterator[SdxlEngine]:
    with engine(catalog, models, parts=parts) as made:
        yield made


def photo() -> Photo:
    side = 80
    y, x = np.mgrid[0:side, 0:side]
    inside = np.hypot(x - 40, y - 40) < 25
    rgb = np.where(inside[..., None], [200, 150, 120], [40, 60, 90]).astype(np.uint8)
    return Photo(side, side, rgb.tobytes())


def source_of(png: bytes) -> str:
    kinds = [kind for kind, _ in chunks(png)]
    assert set(kinds) <= {b"IHDR", b"iTXt", b"IDAT", b"IEND"}
    (text,) = [data for kind, data in chunks(png) if kind == b"iTXt"]
    return text.decode().split("digitalsourcetype/")[1].split("<")[0]


def test_draws_the_same_picture_for_the_same_spec(oil: SdxlEngine) -> None:
    first, again = Call(oil, QUICK)(), Call(oil, replace(QUICK, loop=True))()
    assert first == replace(again, notes=first.notes)
    assert (first.size, first.trace, first.parts, first.drawn_as) == (64, "none", (), "")
    assert first.notes == ("note-no-face",)
    assert (again.loop, again.notes) == (b"", ("note-no-face", "note-still-painted"))
    assert pixels(first.png).std() > 10
    assert source_of(first.png) == "trainedAlgorithmicMedia"
    for changed in ({"seed": 6}, {"attempt": 1}, {"about": "with a parrot"}, {"quality": "fast"}):
        assert not near(first.png, Call(oil, replace(QUICK, **changed))().png), changed


@pytest.mark.parametrize("size", [64, 100, 640])
def test_the_picture_has_the_size_that_was_asked_for(oil: SdxlEngine, size: int) -> None:
    assert pixels(Call(oil, replace(SPEC, size=size, quality="fast"))().png).shape == (size, size, 3)


def test_a_photo_goes_in_as_lines_and_the_mark_says_so(oil: SdxlEngine) -> None:
    avatar = Call(oil, replace(SPEC, photo=photo(), likeness=55))()
    assert avatar.trace == "medium"
    assert source_of(avatar.png) == "compositeSynthetic"
    assert not near(avatar.png, Call(oil, SPEC)().png)
    lent = Call(oil, replace(SPEC, photo=photo(), likeness=5))()
    assert source_of(lent.png) == "trainedAlgorithmicMedia"


def test_progress_grows_with_each_step_and_shows_previews(catalog: Catalog, models: Path, parts: Components) -> None:
    with engine(catalog, models, parts=parts, preview_every=0.0) as made:
        call = Call(made, SPEC)
        call()
    fractions = [each.fraction for each in call.reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    previews = [each.preview for each in call.reports if each.preview]
    assert previews
    assert all(len(each) <= 512 * 1024 and pixels(each).shape == (256, 256, 3) for each in previews)


@pytest.mark.parametrize("short", [False, True], ids=["broken", "memory"])
@pytest.mark.parametrize("looked_at", [False, True], ids=["painted", "looked at"])
def test_a_preview_that_fails_costs_no_picture(
    short: bool, looked_at: bool, oil: SdxlEngine, catalog: Catalog, models: Path, parts: Components
) -> None:
    looks: list[bool] = []
    error = out_of_memory if short else ValueError

    def unfit(pictures: Any) -> list[bool]:
        looks.append(bool(decodes))
        if looked_at and not decodes:
            raise error()
        return [False] * len(pictures)

    with (
        engine(catalog, models, parts=parts, studio={"unfit": unfit}, preview_every=0.0) as made,
        failing(parts.preview_vae.decoder, lambda *_: not looked_at, error) as previews,
        failing(parts.unet, lambda *_: False, RuntimeError) as steps,
        failing(parts.vae.decoder, lambda *_: looked_at and not _until(lambda: bool(looks)), RuntimeError) as decodes,
    ):
        avatar = Call(made, QUICK)()
    assert (len(steps), len(previews)) == (3, 2 if looked_at else 1)
    assert avatar == Call(oil, QUICK)()


def test_several_pictures_come_on_one_sheet_and_each_alone(oil: SdxlEngine) -> None:
    spec = replace(SPEC, count=3, size=128)
    avatar = Call(oil, spec)()
    assert len(avatar.parts) == 3
    assert all(pixels(each).shape == (128, 128, 3) for each in avatar.parts)
    assert pixels(avatar.png).shape == (258, 258, 3)
    assert {source_of(each) for each in (avatar.png, *avatar.parts)} == {"trainedAlgorithmicMedia"}
    assert len({seed_of(single) for single in singles(spec)}) == 3
    alone = Call(oil, singles(spec)[1])()
    assert near(avatar.parts[1], alone.png)
    assert not near(avatar.parts[0], alone.png)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"style": "ink"}, "error-style"),
        ({"quality": "finest"}, "error-preset"),
    ],
)
def test_what_cannot_be_drawn_is_refused(oil: SdxlEngine, changes: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecInvalid) as caught:
        Call(oil, replace(SPEC, **changes))()
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("changes", "instead"),
    [
        ({}, {"size": 256}),
        ({"instead": ("peeps",)}, {"style": "peeps", "size": 256}),
        ({"count": 2, "like": (4,), "about": "a parrot"}, {"size": 128, "count": 2, "like": (4,)}),
    ],
    ids=["one", "another", "two"],
)
def test_the_classic_engine_draws_something_while_the_painting_goes_on(
    changes: dict[str, Any], instead: dict[str, Any], catalog: Catalog, models: Path, parts: Components
) -> None:
    first: list[Progress] = []
    artist = ClassicEngine(catalog, threads=1)
    with engine(catalog, models, parts=parts, studio={"placeholder": artist}) as made:
        call = Call(made, replace(SPEC, **changes))
        # Nothing is painted before the placeholder is there.
        with failing(parts.unet, lambda *_: not _until(lambda: bool(call.reports)), RuntimeError):
            call()
        first = call.reports
    placeholder = first[0].preview
    assert placeholder is not None
    assert first[0].fraction < 0.2
    expected = artist.draw(replace(AvatarSpec("ink", seed=5), **instead), lambda _: None, lambda: False)
    assert near(placeholder, expected.png)


def _until(condition: Any) -> bool:
    import time  # noqa: PLC0415

    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return bool(condition())


@pytest.mark.parametrize("steps", range(4))
def test_a_cancelled_call_stops_within_a_step_and_is_not_decoded(
    steps: int, catalog: Catalog, models: Path, parts: Components
) -> None:
    with engine(catalog, models, parts=parts) as made:
        call = Call(made, SPEC)

        def at(number: int, _given: Any) -> bool:
            if number == steps + 1:
                call.cancelled.set()
            return False

        with (
            failing(parts.unet, at, RuntimeError) as forwards,
            failing(parts.vae.decoder, lambda *_: False, RuntimeError) as decodes,
        ):
            with pytest.raises(DrawCancelled):
                call()
            made._easel.close()
        assert len(forwards) == steps + 1
        assert decodes == []


def test_a_call_that_was_cancelled_before_draws_nothing(oil: SdxlEngine) -> None:
    call = Call(oil, SPEC)
    call.cancelled.set()
    with pytest.raises(DrawCancelled):
        call()
    assert call.reports == []


def test_who_waits_together_is_painted_together(catalog: Catalog, models: Path, parts: Components) -> None:
    # Words, lines, styles and how strongly words pull: each has its own.
    specs = [
        replace(
            SPEC,
            style="oil" if seed < 3 else "chalk",
            seed=seed,
            about=f"number {seed}",
            photo=photo() if seed == 2 else None,
        )
        for seed in (1, 2, 3)
    ]
    with engine(catalog, models, parts=parts) as made:
        alone = [Call(made, spec)() for spec in specs]
        blocker = Call(made, replace(SPEC, quality="fast"))
        calls = [Call(made, spec) for spec in specs]
        leaver = Call(made, replace(SPEC, about="nobody's business"))

        def all_wait(number: int, _given: Any) -> bool:
            if number == 1:
                for call in (leaver, *calls):
                    call.start()
                assert _until(lambda: len(made._easel._line._waiting) == 4)
                leaver.cancelled.set()
                assert _until(lambda: len(made._easel._line._waiting) == 3), "words go with whoever leaves"
            return False

        with failing(parts.unet, all_wait, RuntimeError) as forwards:
            blocker()
            together = [call.end() for call in calls]
    assert forwards == [1] * 2 + [6] * 4  # two steps of the first, then three guided pictures at once
    for one, other in zip(alone, together, strict=True):
        assert isinstance(other, Avatar)
        assert near(one.png, other.png)


def test_one_who_leaves_a_batch_leaves_the_others_their_picture(
    catalog: Catalog, models: Path, parts: Components
) -> None:
    with engine(catalog, models, parts=parts) as made:
        alone = Call(made, replace(SPEC, seed=2))()
        leaver = Call(made, replace(SPEC, seed=1))
        stayer = Call(made, replace(SPEC, seed=2))
        blocker = Call(made, replace(SPEC, quality="fast"))

        def at(number: int, _given: Any) -> bool:
            if number == 1:
                leaver.start()
                stayer.start()
                assert _until(lambda: len(made._easel._line._waiting) == 2)
            if number == 4:
                leaver.cancelled.set()
            return False

        with (
            failing(parts.unet, at, RuntimeError) as forwards,
            failing(parts.vae.decoder, lambda *_: False, RuntimeError) as decodes,
        ):
            blocker()
            assert isinstance(leaver.end(), DrawCancelled)
            stayed = stayer.end()
    assert forwards == [1, 1, 4, 4, 2, 2]
    assert decodes == [1, 1]  # the first call's and the one that stayed
    assert isinstance(stayed, Avatar)
    assert near(alone.png, stayed.png)


def test_a_second_try_runs_no_text_encoder(oil: SdxlEngine) -> None:
    spec = replace(SPEC, about="a text of its own")
    Call(oil, spec)()
    with failing(oil._easel._parts.text_encoders[1], lambda *_: True, RuntimeError) as forwards:
        Call(oil, replace(spec, attempt=1, seed=77))()
    assert forwards == []


def test_a_second_try_before_another_backdrop_runs_no_text_encoder(
    catalog: Catalog, models: Path, parts: Components
) -> None:
    def texts(_style: Any, _lines: Any, spec: AvatarSpec) -> Prompt:
        several = [f"a person before {each}, {spec.about}" for each in ("hills", "waves", "stars")]
        return Prompt(several.pop(spec.attempt), "blurry", tuple(several))

    spec = replace(SPEC, about="a parrot")
    with engine(catalog, models, parts=parts, studio={"texts": texts}) as made:
        with failing(parts.text_encoders[1], lambda *_: False, RuntimeError) as forwards:
            Call(made, spec)()
            assert len(forwards) == 4
            for attempt in (1, 2):
                Call(made, replace(spec, attempt=attempt))()
        assert len(forwards) == 4


def test_paints_over_the_photo_only_for_the_bold(catalog: Catalog, models: Path, parts: Components) -> None:
    def start(given: Photo, likeness: int, seed: int, side: int) -> Any:
        return np.full((side, side, 3), 90, np.uint8)

    with engine(catalog, models, parts=parts, studio={"start": start}) as made:
        with failing(parts.vae.encoder, lambda *_: False, RuntimeError) as encodes:
            Call(made, replace(SPEC, photo=photo(), likeness=69))()
            assert encodes == []
            bold = Call(made, replace(SPEC, photo=photo(), likeness=70))()
        assert encodes == [1]
        assert bold.trace == "high"
        weak = replace(SPEC, photo=photo(), likeness=70, quality="fast")
        assert Call(made, weak)().trace == "high"  # 2 steps of which 0.7: one


def test_what_nobody_may_see_is_seen_by_nobody(catalog: Catalog, models: Path, parts: Components) -> None:
    def nothing(pictures: Any) -> list[bool]:
        return [True] * len(pictures)

    def first(pictures: Any) -> list[bool]:
        return [place == 0 for place in range(len(pictures))]

    with engine(catalog, models, parts=parts, studio={"unfit": nothing}, preview_every=0.0) as made:
        call = Call(made, SPEC)
        with pytest.raises(DrawFailed) as caught:
            call()
        assert caught.value.key == "error-picture-unsafe"
        previews = [each.preview for each in call.reports if each.preview]
        assert previews
        assert all(pixels(each).std() == 0 for each in previews)
    with engine(catalog, models, parts=parts, studio={"unfit": first}) as made:
        assert made.checks
        avatar = Call(made, replace(SPEC, count=2))()
    assert avatar.parts[0] == b""
    assert pixels(avatar.parts[1]).shape == (64, 64, 3)
    assert (pixels(avatar.png)[:64, :64] == NOTHING).all()
    assert avatar.notes == ("note-no-face", "note-picture-left-out")


def out_of_memory() -> Exception:
    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


@pytest.mark.parametrize(
    ("part", "until", "notes", "standing"),
    [
        ("unet", 0, (), (4, False, "none", 64)),
        ("unet", 1, ("note-memory-batch",), (2, False, "none", 64)),
        ("unet", 3, ("note-memory-batch", "note-memory-tiles"), (1, True, "none", 64)),
        ("vae.decoder", 1, ("note-memory-tiles",), (4, True, "none", 64)),
        ("vae.decoder", 2, ("note-memory-tiles", "note-memory-offload"), (1, True, "text", 64)),
        (
            "unet",
            8,
            ("note-memory-batch", "note-memory-tiles", "note-memory-offload", "note-memory-small"),
            (1, True, "sequential", 48),
        ),
    ],
)
def test_out_of_memory_walks_down_the_ladder_and_says_so(
    part: str,
    until: int,
    notes: tuple[str, ...],
    standing: tuple[Any, ...],
    catalog: Catalog,
    models: Path,
    own_parts: Components,
) -> None:
    module = {"unet": own_parts.unet, "vae.decoder": own_parts.vae.decoder}[part]
    with engine(catalog, models, parts=own_parts) as made:
        with failing(module, lambda number, _: number <= until, out_of_memory):
            avatar = Call(made, SPEC)()
        rung = made._easel._ladder.rung
        assert (rung.batch, rung.tile, rung.offload, rung.side) == standing
        assert avatar.notes == ("note-no-face", *notes)
        again = Call(made, SPEC)()
        assert again.notes == ("note-no-face", *[note for note in notes if note != "note-memory-batch"])
        assert near(again.png, avatar.png)


def test_what_memory_took_away_comes_back_after_a_calm(
    catalog: Catalog, models: Path, own_parts: Components, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, batch=1, tile=True)
    spec = replace(SPEC, quality="fast")
    moves: list[bool] = []

    class Travelling(Hangers):
        def move(self, *, home: bool) -> None:
            if moves[-1:] != [home]:
                moves.append(home)
                if moves == [True, False]:
                    raise out_of_memory()  # the first time on the way back

    with engine(catalog, models, plan, parts=own_parts, wardrobe=Travelling()) as made:
        first = Call(made, spec)()
        made._easel._ladder = Ladder(rungs_of(plan, 64), calm=1)
        with failing(own_parts.unet, lambda number, _: number <= 4, out_of_memory):
            lowest = Call(made, spec)()
        assert made._easel._placement.offload in {"control", "sequential"}
        assert "note-memory-offload" in lowest.notes
        with monkeypatch.context() as full:
            full.setattr(made._easel._placement, "_move", lambda *_: _raise(out_of_memory()))
            assert near(Call(made, spec)().png, first.png)
        last = [Call(made, spec)() for _ in range(10)][-1]
        assert near(last.png, first.png)
        assert (made._easel._placement.offload, last.notes) == ("none", ("note-no-face",))
        assert not made._easel._placement._streamed
    assert moves == [True, False, True, False]


def _raise(error: Exception) -> None:
    raise error


def test_a_decode_without_memory_is_done_again_in_tiles_and_the_steps_are_not(
    catalog: Catalog, models: Path, own_parts: Components
) -> None:
    with engine(catalog, models, parts=own_parts) as made:
        whole = Call(made, SPEC)()
        made._easel._ladder = Ladder(rungs_of(PLAN, 64), calm=2)
        with (
            failing(own_parts.unet, lambda *_: False, RuntimeError) as steps,
            failing(own_parts.vae.decoder, lambda number, given: number == 1, out_of_memory) as decodes,
        ):
            tiles = Call(made, SPEC)()
        assert len(steps) == 4
        assert len(decodes) == 1 + 9
        assert np.abs(pixels(tiles.png).astype(int) - pixels(whole.png)).mean() < 40
        assert "note-memory-tiles" in tiles.notes
        assert "note-memory-tiles" in Call(made, SPEC)().notes
        assert near(Call(made, SPEC)().png, whole.png), "after a calm it is tried whole again"


def test_a_batch_that_is_too_large_is_painted_in_parts(catalog: Catalog, models: Path, own_parts: Components) -> None:
    spec = replace(SPEC, count=4)
    with engine(catalog, models, parts=own_parts) as made:
        whole = Call(made, spec)()
        call = Call(made, spec)
        with failing(own_parts.unet, lambda _, given: len(given) > 4, out_of_memory) as forwards:
            halves = call()
    assert forwards == [8] + [4] * 8
    assert all(near(one, other) for one, other in zip(whole.parts, halves.parts, strict=True))
    fractions = [each.fraction for each in call.reports]
    assert fractions == sorted(fractions)


def test_at_the_foot_of_the_ladder_another_engine_may_try(
    catalog: Catalog, models: Path, own_parts: Components
) -> None:
    with engine(catalog, models, parts=own_parts) as made:
        with (
            failing(own_parts.unet, lambda *_: True, out_of_memory) as forwards,
            pytest.raises(EngineUnavailable) as caught,
        ):
            Call(made, SPEC)()
        assert caught.value.key == "error-engine-memory"
        assert len(forwards) == 9
        assert Call(made, SPEC)().size == 64


def test_any_other_failure_is_one_of_this_picture_only(
    catalog: Catalog, models: Path, parts: Components, caplog: pytest.LogCaptureFixture
) -> None:
    with engine(catalog, models, parts=parts) as made:
        with failing(parts.unet, lambda *_: True, lambda: RuntimeError("secret")), pytest.raises(DrawFailed):
            Call(made, SPEC)()
        assert "secret" not in caplog.text
        assert "RuntimeError" in caplog.text
        assert Call(made, SPEC)().size == 64


def illegal_access() -> Exception:
    return torch.AcceleratorError("CUDA error: an illegal memory access was encountered")


def test_a_lost_device_is_another_engines_business_from_then_on(
    catalog: Catalog, models: Path, parts: Components
) -> None:
    with engine(catalog, models, parts=parts) as made:
        with failing(parts.unet, lambda *_: True, illegal_access) as forwards:
            caught = at_once([Call(made, replace(SPEC, seed=seed)) for seed in range(3)])
            caught += at_once([Call(made, SPEC)])
        assert made.broken
    assert all(isinstance(each, EngineUnavailable) and each.key == "error-engine-unavailable" for each in caught)
    assert len(forwards) == 1  # nothing more is asked of it


def test_a_device_lost_by_who_looks_at_pictures_is_lost_too(catalog: Catalog, models: Path, parts: Components) -> None:
    def unfit(_pictures: Any) -> Any:
        raise illegal_access()

    with engine(catalog, models, parts=parts, studio={"unfit": unfit}) as made:
        with pytest.raises(EngineUnavailable):
            Call(made, SPEC)()
        assert made.broken


def test_where_the_painting_thread_ends_nobody_waits_for_it(catalog: Catalog, models: Path, parts: Components) -> None:
    class Torn(Hangers):
        def room(self, rows: Any) -> int:
            raise illegal_access()

    with engine(catalog, models, parts=parts, wardrobe=Torn()) as made:
        assert all(isinstance(each, EngineUnavailable) for each in at_once([Call(made, SPEC), Call(made, SPEC)]))
        with pytest.raises(EngineUnavailable):
            made.warm()


@contextmanager
def all_at_once(made: SdxlEngine, parts: Components, calls: list[Call]) -> Iterator[None]:
    """Let ``calls`` come while something else is painted, so that they are painted together."""

    def all_wait(number: int, _given: Any) -> bool:
        if number == 1:
            for call in calls:
                call.start()
            assert _until(lambda: len(made._easel._line._waiting) == len(calls))
        return False

    with failing(parts.unet, all_wait, RuntimeError):
        Call(made, replace(SPEC, quality="fast"))()
        yield


def test_a_picture_that_fails_takes_nobody_with_it(catalog: Catalog, models: Path, parts: Components) -> None:
    def bad_for_two(spec: AvatarSpec, side: int) -> Any:
        good = edges_of(spec, side)
        return replace(good, edges=np.zeros((side, side + 8), np.uint8)) if spec.seed == 2 else good

    with engine(catalog, models, parts=parts, studio={"lines": bad_for_two}) as made:
        calls = [Call(made, replace(SPEC, seed=seed)) for seed in (1, 2, 3)]
        with all_at_once(made, parts, calls):
            first, bad, last = [call.end() for call in calls]
        assert isinstance(bad, DrawFailed)
        for one, seed in ((first, 1), (last, 3)):
            assert isinstance(one, Avatar)
            assert near(one.png, Call(made, replace(SPEC, seed=seed))().png)


@pytest.mark.parametrize("where", ["latents", "pixels"])
def test_what_are_no_numbers_is_no_picture(where: str, catalog: Catalog, models: Path, parts: Components) -> None:
    seen: list[int] = []

    def spoiled(_module: Any, _given: Any, result: Any) -> Any:
        seen.append(1)
        if where == "latents":  # of the second of two, with guidance
            return (result[0].index_fill(0, torch.tensor([1, 3]), float("nan")),) if len(result[0]) == 4 else result
        return result * float("inf") if len(seen) == 3 else result

    with engine(catalog, models, parts=parts, preview_every=0.0) as made:
        calls = [Call(made, replace(SPEC, seed=seed)) for seed in (1, 2)]
        hook = {"latents": parts.unet, "pixels": parts.vae.decoder}[where].register_forward_hook(spoiled)
        with all_at_once(made, parts, calls):
            results = [call.end() for call in calls]
        hook.remove()
    (nothing,) = (each for each in results if not isinstance(each, Avatar))
    assert isinstance(nothing, EngineUnavailable), "another engine may draw it"
    assert nothing.key == "error-draw-failed"


def test_a_vae_that_overflows_works_in_full_precision_from_then_on(
    catalog: Catalog, models: Path, own_parts: Components
) -> None:
    half = replace(own_parts, vae=own_parts.vae.to(torch.bfloat16))
    hook = half.vae.decoder.register_forward_hook(
        lambda _module, _given, result: result * float("inf") if result.dtype == torch.bfloat16 else result
    )
    with engine(catalog, models, parts=half) as made, failing(half.vae.decoder, lambda *_: False, OSError) as decodes:
        first, again = Call(made, QUICK)(), Call(made, QUICK)()
    hook.remove()
    assert len(decodes) == 3
    assert near(first.png, again.png)


def test_of_several_pictures_one_that_is_none_is_left_out(catalog: Catalog, models: Path, parts: Components) -> None:
    spec = replace(SPEC, count=3)

    def spoiled(_module: Any, _given: Any, result: Any) -> Any:
        calls.append(1)
        return result * float("nan") if len(calls) in lost else result

    with engine(catalog, models, parts=parts) as made:
        whole = Call(made, spec)()
        hook = parts.vae.decoder.register_forward_hook(spoiled)
        calls, lost = [], {2}
        avatar = Call(made, spec)()
        calls, lost = [], {1, 2, 3}
        with pytest.raises(EngineUnavailable) as caught:
            Call(made, spec)()
        hook.remove()
    assert avatar.parts[1] == b""
    assert all(near(avatar.parts[place], whole.parts[place]) for place in (0, 2))
    assert avatar.notes == ("note-no-face", "note-picture-broken")
    assert (caught.value.key, caught.value.parameters) == ("error-draw-failed", {"reason": "nan"})


def test_a_picture_is_handed_over_as_soon_as_it_is_decoded_and_never_painted_again(
    catalog: Catalog, models: Path, own_parts: Components
) -> None:
    """Nobody waits for the decode of others; nor does who has theirs, when memory ends in the middle of those."""
    with engine(catalog, models, replace(PLAN, tile=True), parts=own_parts) as made:
        calls = [Call(made, replace(SPEC, seed=seed)) for seed in (1, 2)]

        def second(number: int, _given: Any) -> bool:
            # The first decodes are of who is painted before; then nine tiles of the first of both, and nine of the next.
            if number == 2 * 9 + 1:
                assert _until(lambda: any(isinstance(call.result, Avatar) for call in calls))
                return True
            return False

        with failing(own_parts.vae.decoder, second, out_of_memory), all_at_once(made, own_parts, calls):
            results = [call.end() for call in calls]
        with failing(own_parts.unet, lambda *_: False, RuntimeError) as steps:
            again = [Call(made, call.spec)() for call in calls]
    assert len(steps) == 8
    for one, other in zip(results, again, strict=True):
        assert isinstance(one, Avatar)
        assert near(one.png, other.png)


def test_a_failure_before_the_painting_is_one_of_this_picture_too(
    catalog: Catalog, models: Path, parts: Components
) -> None:
    def broken(*_: Any) -> Any:
        raise TypeError("secret")

    with engine(catalog, models, parts=parts, studio={"texts": broken}) as made, pytest.raises(DrawFailed) as caught:
        Call(made, SPEC)()
    assert caught.value.parameters == {"reason": "TypeError"}


def test_where_no_room_can_be_made_nobody_waits_for_ever(catalog: Catalog, models: Path, own_parts: Components) -> None:
    plan = replace(PLAN, batch=1, tile=True)
    with engine(catalog, models, plan, parts=own_parts) as made:
        own_parts.text_encoders[0].to = None  # moving it fails
        first = failing(own_parts.unet, lambda number, _: number == 1, out_of_memory)
        with first, pytest.raises(EngineUnavailable) as caught:
            Call(made, SPEC)()
        assert caught.value.key == "error-engine-memory"
        del own_parts.text_encoders[0].to
        assert Call(made, SPEC)().size == 64


def test_callers_that_break_their_promises_harm_themselves_only(oil: SdxlEngine) -> None:
    class Rude(Exception):
        pass

    def rude(*_: Any) -> Any:
        raise Rude

    with pytest.raises(Rude):
        oil.draw(SPEC, rude, lambda: False)
    with pytest.raises(Rude):
        oil.draw(SPEC, lambda _: None, rude)
    assert Call(oil, SPEC)().size == 64


def test_a_lora_that_cannot_be_worn_is_refused_for_its_style_only(
    tmp_path: Path, models: Path, parts: Components
) -> None:
    faults = {"torn": SpecInvalid("error-style-file"), "gone": ModelMissing(), "deep": RecursionError()}

    class Wardrobe(Hangers):
        def room(self, rows: Any) -> int:
            self._look(rows, "deep")
            return len(rows)

        def wear(self, rows: Any) -> None:
            self._look(rows, "torn", "gone")

        def _look(self, rows: Any, *names: str) -> None:
            for name in names:
                if {str(tmp_path / f"{name}.safetensors"): 0.8} in rows:
                    raise faults[name]

    dressed = '[parameters]\nloras = [{ file = "%s.safetensors", weight = 0.8 }]'
    styles = {name: STYLE.replace("[parameters]", dressed % name) for name in faults}
    catalog = catalog_in(tmp_path / "styles", oil=STYLE, **styles)
    specs = [replace(QUICK, style=name) for name in (*faults, "oil")]
    with engine(catalog, models, parts=parts, wardrobe=Wardrobe(), models=tmp_path) as made:
        torn, gone, deep, drawn = at_once([Call(made, spec) for spec in specs])
        grid = Call(made, replace(QUICK, count=2, styles=("oil", "gone")))()
        with pytest.raises(ModelMissing):
            Call(made, replace(QUICK, count=2, style="gone", styles=("gone", "gone")))()
    assert isinstance(torn, SpecInvalid)
    assert isinstance(gone, ModelMissing)
    assert isinstance(deep, DrawFailed)
    assert isinstance(drawn, Avatar)
    assert (grid.parts[1], grid.notes) == (b"", ("note-no-face", "note-picture-broken"))
    assert near(grid.parts[0], drawn.png)
    with engine(catalog, models, parts=parts) as made, pytest.raises(EngineUnavailable) as caught:
        Call(made, specs[0])()
    assert caught.value.key == "error-model-missing"


def test_few_steps_need_the_lora_that_makes_them_enough_or_more_are_taken(
    tmp_path: Path, models: Path, parts: Components
) -> None:
    quick = STYLE.replace('few_step = ""', "")
    never = quick + 'few_step = "tcd"\n'
    catalog = catalog_in(tmp_path / "styles", quick=quick, never=never)
    fast = replace(SPEC, style="quick", quality="fast")
    with engine(catalog, models, parts=parts) as made:
        with failing(parts.unet, lambda *_: False, RuntimeError) as forwards:
            instead = Call(made, fast)()
        assert len(forwards) == 3
        balanced = Call(made, replace(fast, quality="balanced"))()
        assert near(instead.png, balanced.png)
        assert set(instead.notes) - set(balanced.notes) == {"note-quality-balanced"}
        with pytest.raises(EngineUnavailable) as caught:
            Call(made, replace(fast, style="never"))()
        assert caught.value.key == "error-model-missing"
    with engine(catalog, models, parts=parts, wardrobe=Hangers()) as made:
        assert "note-quality-balanced" not in Call(made, fast)().notes


def test_sixteen_bits_will_do(oil: SdxlEngine, catalog: Catalog, models: Path) -> None:
    with engine(catalog, models, Plan("tiny", precision="bf16", channels_last=True)) as made:
        rough = Call(made, SPEC)()
    exact = Call(oil, SPEC)()
    difference = np.abs(pixels(rough.png).astype(float) - pixels(exact.png)).mean()
    assert 0 < difference < 8


def test_many_at_once_get_what_they_would_get_alone(oil: SdxlEngine) -> None:
    specs = [replace(SPEC, seed=seed, quality="fast") for seed in range(6)]
    together = at_once([Call(oil, spec) for spec in specs])
    for spec, one in zip(specs, together, strict=True):
        assert isinstance(one, Avatar)
        assert near(one.png, Call(oil, spec)().png)


def test_warming_up_paints_alone_and_in_company(catalog: Catalog, models: Path, parts: Components) -> None:
    with engine(catalog, models, parts=parts) as made, failing(parts.unet, lambda *_: False, RuntimeError) as forwards:
        made.warm()
    assert forwards == [2, 1, 4, 2, 8, 4]


def test_what_pictures_of_a_call_have_in_common_is_looked_for_once(
    catalog: Catalog, models: Path, parts: Components
) -> None:
    looked: list[tuple[str, int, tuple[int, ...]]] = []
    read: list[tuple[str, int]] = []

    def lines(spec: AvatarSpec, side: int) -> Any:
        looked.append((spec.style, spec.attempt, spec.like))
        return edges_of(spec, side)

    def texts(style: Any, control: Any, spec: AvatarSpec) -> Prompt:
        read.append((style.id, spec.attempt))
        return words_of(style, control, spec)

    fast = replace(SPEC, quality="fast", attempt=3)
    with engine(catalog, models, parts=parts, studio={"lines": lines, "texts": texts}) as made:
        for changes, those, words in (
            ({"count": 3, "photo": photo()}, [("oil", 3)], [("oil", 3), ("oil", 4), ("oil", 5)]),
            ({"count": 2}, [("oil", 3), ("oil", 4)], [("oil", 3), ("oil", 4)]),
            ({"count": 2, "styles": ("oil", "chalk")}, [("oil", 3)], [("oil", 3), ("chalk", 3)]),
            ({"count": 2, "like": (1, 2)}, [("oil", 1)], [("oil", 1), ("oil", 1)]),
        ):
            looked.clear()
            read.clear()
            Call(made, replace(fast, **changes))()
            assert looked == [(style, attempt, ()) for style, attempt in those]
            assert read == words


def test_styles_of_one_call_may_differ_in_how_they_are_painted(tmp_path: Path, models: Path, parts: Components) -> None:
    quick = STYLE.replace('quality = "best"', 'quality = "fast"')
    catalog = catalog_in(tmp_path / "styles", oil=STYLE, quick=quick)
    with engine(catalog, models, parts=parts) as made:
        spec = replace(SPEC, count=3, styles=("oil", "quick", "oil"))
        with failing(parts.unet, lambda *_: False, RuntimeError) as forwards:
            avatar = Call(made, spec)()
        assert forwards == [4] * 4 + [1] * 2
        assert near(avatar.parts[1], Call(made, replace(SPEC, style="quick"))().png)
        assert near(avatar.parts[0], avatar.parts[2])


@pytest.mark.parametrize("given", [None, photo()], ids=["noise", "painted over"])
def test_what_is_like_another_looks_like_it(
    given: Photo | None, catalog: Catalog, models: Path, parts: Components
) -> None:
    def start(_photo: Photo, _likeness: int, _seed: int, side: int) -> Any:
        return np.full((side, side, 3), 90, np.uint8)

    spec = replace(SPEC, count=4, photo=given, likeness=80)
    with engine(catalog, models, parts=parts, studio={"start": start}) as made:
        # The same lines for all, so that what they differ in is noise alone.
        made._studio = replace(made._studio, lines=lambda spec, side: edges_of(replace(spec, attempt=0), side))
        strangers = [pixels(each).astype(float) for each in Call(made, spec)().parts]
        children = [pixels(each).astype(float) for each in Call(made, replace(spec, attempt=9, like=(1,)))().parts]
    parent = strangers.pop(1)
    far = min(np.abs(stranger - parent).mean() for stranger in strangers)
    apart = [float(np.abs(child - parent).mean()) for child in children]
    assert max(apart) < 0.8 * far
    assert min(apart) > 1
    for one, other in itertools.combinations(children, 2):
        assert np.abs(one - other).mean() > 1
