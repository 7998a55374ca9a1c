"""One engine for all tests, and for each test a bot of its own on each platform in turn."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from bot.chat import DEFAULT_LOCALE
from bot.engines import LocalEngine
from bot.storage import Storage
from generator.intake import Intake
from generator.styles import load_catalog
from tests.contract.discord_seat import DiscordPlace
from tests.contract.seats import SECRET, Clock, Machine, Place
from tests.contract.telegram_seat import TelegramPlace
from tests.contract.web_seat import WebPlace
from tests.generator.classic.pictures import portrait

CAMERA = "Contract Camera 3000"
PLATFORMS = ("web", "discord", "telegram")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in a hook of the same name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop and one worker for all tests that share the engine."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here:
            if asyncio.iscoroutinefunction(getattr(item, "function", None)):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.xdist_group("contract"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def machine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Machine]:
    empty = tmp_path_factory.mktemp("empty") / "data"
    await (await Storage.open(empty, SECRET, Clock())).close()
    engine, intake = LocalEngine("contract-0", engine="classic"), Intake()
    await engine.start()
    await intake.start()
    try:
        await engine.ready()
        machine = Machine(engine, intake, load_catalog([], painted=True), empty)
        yield machine
        await machine.ended()
    finally:
        await engine.close()
        await intake.close()


@pytest_asyncio.fixture(loop_scope="session", params=PLATFORMS)
async def place(request: pytest.FixtureRequest, machine: Machine, tmp_path: Path) -> AsyncIterator[Place]:
    """A bot that runs, in an empty room of this platform."""
    if request.param == "web":
        place: Place = WebPlace(machine, tmp_path)
        await place.open()
        yield place
        await place.close()
        return
    # In another language only the sentences are others: their shapes were judged before.
    judged = request.node.callspec.params.get("locale", DEFAULT_LOCALE) == DEFAULT_LOCALE
    if request.param == "discord":
        around = DiscordPlace.around(machine, tmp_path, judged=judged)
    else:
        around = TelegramPlace.around(machine, tmp_path, judged=judged, forum=not judged)
    async with around as place:
        await place.open()
        yield place
        await place.close()
        assert place.problems() == []


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A JPEG as a phone makes it: a painted face, and words that nobody is to see."""
    exif = Image.Exif()
    exif[0x0110] = CAMERA
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    file = io.BytesIO()
    Image.fromarray(portrait()).save(file, "JPEG", quality=88, exif=exif)
    return file.getvalue()
