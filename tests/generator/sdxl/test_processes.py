"""The engine as the bot runs it: a child process that loads the tiny model, draws, and dies."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engines import LocalEngine
from generator.engine import Avatar, AvatarSpec, Progress
from generator.errors import EngineUnavailable, SpecInvalid
from generator.sdxl.engine import create
from tests.engines.slots import CALM, SOON, kill, ready, silent
from tests.generator.sdxl.painters import STYLE, Call, pixels

pytestmark = pytest.mark.xdist_group("sdxl")

SPEC = AvatarSpec("oil", seed=5, size=64)


@pytest.mark.timeout(120)
async def test_two_processes_draw_alike_and_one_may_die_in_the_middle(models: Path, tmp_path: Path) -> None:
    """One is a child; the other is this one, which needs no second start of torch for it."""
    plain = STYLE.replace('fallback = "ink"\n', "")
    (tmp_path / "oil.toml").write_text(plain, encoding="utf-8")
    (tmp_path / "long.toml").write_text(plain.replace("steps = 4", "steps = 30"), encoding="utf-8")
    options = ("--models", str(models), "--plan", "cpu", "--device", "cpu")
    # Two threads for operations as small as these would mostly wait for each other.
    environment = {"OMP_NUM_THREADS": "1"}
    child = LocalEngine(
        "sdxl-0", engine="sdxl", options=options, styles=[tmp_path], patience=CALM, environment=environment
    )
    await child.start()
    own = create([tmp_path], models, plan="cpu", device="cpu")
    try:
        await ready(child)
        here = await asyncio.to_thread(Call(own, SPEC))
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
        spared = Call(own, replace(SPEC, style="long")).start()
        assert child.pid is not None
        kill(child.pid)
        with pytest.raises(EngineUnavailable):
            await doomed
        unharmed = await asyncio.to_thread(spared.end)
        assert isinstance(unharmed, Avatar)
        assert pixels(unharmed.png).std() > 10
    finally:
        own.close()
        await child.close()
