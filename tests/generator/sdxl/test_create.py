"""The engine as the server makes it, here and in a child: weights from the store, real lines, real words."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import shutil
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from bot.engines import LocalEngine
from generator.classic.faces import FaceFinder
from generator.engine import Avatar, AvatarSpec, Progress
from generator.errors import EngineUnavailable, GeneratorError, SpecInvalid
from generator.sdxl import hardware
from generator.sdxl.control import Control
from generator.sdxl.engine import SdxlEngine, _beginning, create, words_for
from generator.sdxl.loading import load
from generator.sdxl.placement import compiled
from generator.sdxl.plans import plan_named
from generator.sdxl.presets import FEW_STEP
from generator.sdxl.store import LOCK, Store
from generator.styles import load_catalog
from tests.engines.slots import CALM, SOON, kill, ready, silent
from tests.generator.classic.pictures import photo_of, portrait
from tests.generator.sdxl import tiny
from tests.generator.sdxl.lora_files import diffusers, kohya, lora, save
from tests.generator.sdxl.painters import STYLE, Call, failing, near, pixels
from tests.generator.sdxl.painters import engine as painting

pytestmark = pytest.mark.xdist_group("sdxl")

SPEC = AvatarSpec("gouache", seed=3, size=64)
ALONE = STYLE.replace('fallback = "ink"\n', "")
"""Without a placeholder, which takes longer to draw than such a picture takes to paint."""


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("styles")
    for name, text in {
        "gouache": ALONE,
        "sketched": STYLE,
        "long": ALONE.replace("steps = 4", "steps = 16"),
        "quick": ALONE.replace('few_step = ""', f'few_step = "{FEW_STEP}"'),
        "poor": ALONE.replace('few_step = ""', 'few_step = "tcd"'),
        "worn": ALONE.replace("[parameters]", '[parameters]\nloras = [{ file = "mine.safetensors", weight = 0.8 }]'),
        "torn": ALONE.replace("[parameters]", '[parameters]\nloras = [{ file = "torn.safetensors", weight = 0.8 }]'),
    }.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def weights(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny store with two LoRAs."""
    folder = Path(shutil.copytree(models, tmp_path_factory.mktemp("weights") / "models"))
    unet = tiny.build()[tiny.BASE]["unet"]
    save(folder / "mine.safetensors", kohya(lora(unet, strength=2.0)))
    (folder / "torn.safetensors").write_bytes(b"half of it")
    (folder / LOCK).touch()
    (folder / FEW_STEP).mkdir()
    save(folder / FEW_STEP / "lightning.safetensors", diffusers(lora(unet, seed=2, strength=2.0)))
    return folder


@pytest.fixture(scope="module")
def log() -> Iterator[list[logging.LogRecord]]:
    """What the engine has logged since before it was made."""
    keeper = logging.handlers.BufferingHandler(10_000)
    logger = logging.getLogger("generator.sdxl.engine")
    logger.addHandler(keeper)
    yield keeper.buffer
    logger.removeHandler(keeper)


@pytest.fixture(scope="module")
def engine(weights: Path, styles: Path, log: list[logging.LogRecord]) -> Iterator[SdxlEngine]:
    made = create([styles], weights, plan="cpu", device="cpu")
    yield made
    made.close()


def test_a_lora_that_cannot_be_worn_is_named_before_anybody_asks_for_it(
    engine: SdxlEngine, log: list[logging.LogRecord]
) -> None:
    said = [record.getMessage() for record in log if "nothing can be painted as" in record.getMessage()]
    assert len(said) == 1
    assert "torn" in said[0]
    assert "error-lora-format" in said[0]


def test_a_figure_of_the_traits_guides_the_picture(engine: SdxlEngine) -> None:
    assert (engine.name, engine.device, engine.capacity, engine.checks) == ("sdxl", "cpu", 1, True)
    first = Call(engine, SPEC)()
    assert not near(first.png, Call(engine, replace(SPEC, traits={"hair": "afro"}))().png)


def test_the_version_names_what_pictures_depend_on(engine: SdxlEngine, weights: Path) -> None:
    pulled, *rest = engine.version.split(", ")
    assert pulled == f"weights {Store(weights).fingerprint}"
    assert rest == ["bf16 on cpu", f"diffusers {version('diffusers')}", f"torch {torch.__version__}"]


def test_a_photo_guides_it_too_and_the_bold_are_painted_over(engine: SdxlEngine) -> None:
    photo = photo_of(portrait(240))
    # In the one style of ours that does so.
    bold = replace(SPEC, style="oilportrait", quality="fast", photo=photo, likeness=85, instead=("ink",))
    with failing(engine._easel._parts.vae.encoder, lambda *_: False, RuntimeError) as seen:
        assert Call(engine, replace(bold, likeness=40))().trace != "high"
        assert seen == []
        assert Call(engine, bold)().trace == "high"
        assert seen == [1]


def test_words_of_second_tries_are_read_ahead_only_where_they_are_known() -> None:
    style = load_catalog(painted=True).find("anime")
    lines = Control(np.zeros((64, 64), np.uint8), 0.5, 0.3, "none", {"hair": "afro"}, person=True)
    spec = AvatarSpec("anime", seed=3, photo=photo_of(portrait(240)))
    again = words_for(style, lines, replace(spec, attempt=1)).text
    known = words_for(style, lines, spec)
    assert again in (known.text, *known.others)
    assert len(known.others) == 3
    # A figure has another skin, hair or clothes each time.
    assert words_for(style, lines, replace(spec, photo=None)).others == ()
    assert words_for(style, lines, replace(spec, likeness=0)).others == ()


def test_the_photos_background_never_goes_in() -> None:
    face = portrait(240)
    start = _beginning(FaceFinder(), photo_of(face), 100, 3, 128)
    corner = start[:12, :12].reshape(-1, 3)
    assert corner.std(axis=0).max() < 2
    assert np.abs(corner.mean(axis=0) - cv2.resize(face, (128, 128))[:12, :12].mean(axis=(0, 1))).max() > 10
    assert start[50:80, 50:80].std() > 5


def test_fast_without_its_lora_is_painted_as_balanced_and_says_so(engine: SdxlEngine) -> None:
    poor = replace(SPEC, style="poor", quality="fast")
    assert "note-quality-balanced" in Call(engine, poor)().notes
    assert "note-quality-balanced" not in Call(engine, replace(SPEC, style="quick", quality="fast"))().notes


@pytest.mark.parametrize(
    ("plan", "device", "control", "key"),
    [
        ("auto", "cuda", tiny.CONTROL, "error-device"),
        ("7gb", "cpu", tiny.CONTROL, "error-plan"),
        ("cpu", "cpu", "canny-mid", "error-model-missing"),
    ],
)
def test_what_is_not_there_is_named(plan: str, device: str, control: str, key: str, models: Path) -> None:
    with pytest.raises(GeneratorError) as caught:
        create([], models, plan=plan, device=device, control=control)
    assert caught.value.key == key
    assert caught.value.parameters.get("model", control) == control


def test_a_small_controlnet_guides_pictures_too(weights: Path, styles: Path) -> None:
    small = tiny.small_control()
    small.save_pretrained(weights / "canny-small")
    parts = load(Store(weights), plan_named("cpu"), control="canny-small")
    assert sum(each.numel() for each in parts.controlnet.parameters()) < sum(
        each.numel() for each in small.parameters()
    )
    with painting(load_catalog([styles]), weights, plan_named("cpu"), parts=parts) as made:
        with failing(parts.controlnet, lambda *_: False, RuntimeError) as looks:
            seen = Call(made, replace(SPEC, quality="fast"))()
        assert looks
        parts.controlnet.controlnet_mid_block.weight.data += 1
        assert not near(seen.png, Call(made, replace(SPEC, quality="fast"))().png)
    compiled(parts, backend="eager")  # it has none of the blocks that repeat


def test_nobody_waits_for_a_processor_without_a_word_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hardware, "DRIVER", tmp_path / "driver")
    monkeypatch.setattr(hardware, "AMD_DRIVER", tmp_path / "kfd")
    for device in ("cpu", "auto"):
        with pytest.raises(GeneratorError):
            create([], tmp_path / "nothing", device=device)
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warned) == (hardware.look().kind == "cpu")
    assert all("CPU" in each and "nothing" in each for each in warned)


def test_a_style_is_painted_with_its_lora_and_few_steps_with_theirs(engine: SdxlEngine) -> None:
    bare = Call(engine, SPEC)()
    dressed = Call(engine, replace(SPEC, style="worn"))()
    assert not near(bare.png, dressed.png)
    few = Call(engine, replace(SPEC, style="quick", quality="fast"))()
    assert not near(few.png, Call(engine, replace(SPEC, quality="fast"))().png)
    assert near(bare.png, Call(engine, SPEC)().png)


def test_weights_that_find_no_room_are_said_to_have_none(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(torch.nn.Module, "to", full)
    with pytest.raises(EngineUnavailable) as caught:
        create([], models, plan="cpu", device="cpu")
    assert caught.value.key == "error-engine-memory"


@pytest.mark.timeout(120)
async def test_two_processes_draw_alike_and_one_may_die_in_the_middle(
    engine: SdxlEngine, weights: Path, styles: Path
) -> None:
    """One is a child; the other is this one, which needs no second start of torch for it."""
    options = ("--models", str(weights), "--plan", "cpu", "--device", "cpu")
    # Two threads for operations as small as these would mostly wait for each other.
    environment = {"OMP_NUM_THREADS": "1"}
    child = LocalEngine(
        "sdxl-0", engine="sdxl", options=options, styles=[styles], patience=CALM, environment=environment
    )
    await child.start()
    try:
        await ready(child)
        here = await asyncio.to_thread(Call(engine, SPEC))
        assert await child.draw(SPEC, silent) == here
        assert pixels(here.png).shape == (64, 64, 3)
        with pytest.raises(SpecInvalid):
            await child.draw(replace(SPEC, style="ink"), silent)

        painting = asyncio.Event()

        def seen(progress: Progress) -> None:
            if progress.fraction > 0:
                painting.set()

        doomed = asyncio.create_task(child.draw(replace(SPEC, style="long"), seen))
        async with asyncio.timeout(SOON):
            await painting.wait()
        spared = Call(engine, replace(SPEC, style="long")).start()
        assert child.pid is not None
        kill(child.pid)
        with pytest.raises(EngineUnavailable):
            await doomed
    finally:
        await child.close()  # before it starts torch anew
    unharmed = await asyncio.to_thread(spared.end)
    assert isinstance(unharmed, Avatar)
    assert pixels(unharmed.png).std() > 10
