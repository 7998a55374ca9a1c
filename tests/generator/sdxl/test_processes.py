"""The engine as the bot runs it: child processes that load the tiny model, draw, and die."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engines import LocalEngine
from generator.engine import AvatarSpec, Progress
from generator.errors import EngineUnavailable, SpecInvalid
from tests.engines.slots import CALM, SOON, kill, ready, silent
from tests.generator.sdxl.painters import STYLE, pixels

pytestmark = pytest.mark.xdist_group("sdxl")

LONG = STYLE.replace("steps = 4", "steps = 30")
SPEC = AvatarSpec("oil", seed=5, size=64)


def slot(name: str, models: Path, styles: Path) -> LocalEngine:
    options = ("--models", str(models), "--plan", "cpu", "--device", "cpu")
    # Two threads for operations as small as these would mostly wait for each other.
    environment = {"OMP_NUM_THREADS": "1"}
    return LocalEngine(name, engine="sdxl", options=options, styles=[styles], patience=CALM, environment=environment)


@pytest.mark.timeout(120)
async def test_two_processes_draw_alike_and_one_may_die_in_the_middle(models: Path, tmp_path: Path) -> None:
    (tmp_path / "oil.toml").write_text(STYLE, encoding="utf-8")
    (tmp_path / "long.toml").write_text(LONG, encoding="utf-8")
    one, other = slots = [slot(f"sdxl-{number}", models, tmp_path) for number in range(2)]
    for each in slots:
        await each.start()
    try:
        await asyncio.gather(*map(ready, slots))
        first, second = await asyncio.gather(*(each.draw(SPEC, silent) for each in slots))
        assert first == second
        assert pixels(first.png).shape == (64, 64, 3)
        with pytest.raises(SpecInvalid):
            await one.draw(replace(SPEC, style="ink"), silent)

        painting = asyncio.Event()

        def seen(progress: Progress) -> None:
            if progress.fraction > 0:
                painting.set()

        doomed = asyncio.create_task(one.draw(replace(SPEC, style="long"), seen))
        spared = asyncio.create_task(other.draw(replace(SPEC, style="long"), silent))
        async with asyncio.timeout(SOON):
            await painting.wait()
        assert one.pid is not None
        kill(one.pid)
        with pytest.raises(EngineUnavailable):
            await doomed
        assert pixels((await spared).png).std() > 10
    finally:
        await asyncio.gather(*(each.close() for each in slots))
