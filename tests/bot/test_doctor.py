"""`bpp doctor` says what is wrong, and changes nothing while it looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import doctor
from bot.clock import clock
from bot.config import Settings, load_secret
from bot.storage import Storage


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "settings").mkdir()
    return tmp_path


def settings(home: Path, **more: object) -> Settings:
    known = {"data": home / "data", "secret_file": home / "settings" / "secret", "engines": ["classic"], "port": 0}
    return Settings(**(known | more))  # type: ignore[arg-type]


async def findings(settings: Settings) -> dict[str, doctor.Finding]:
    return {finding.what: finding async for finding in doctor.examine(settings)}


async def test_a_fresh_machine_is_healthy_and_stays_fresh(home: Path) -> None:
    found = await findings(settings(home))
    assert not [finding for finding in found.values() if finding.wrong]
    assert "draws a figure" in found["Engine classic-0"].said
    assert "ink" in found["Styles"].said
    assert found["Discord"].said == "not set up: BPP_DISCORD_TOKEN is empty"
    assert sorted(path.name for path in home.rglob("*")) == ["settings"]  # noqa: ASYNC240


async def test_what_is_wrong_with_folder_secret_and_engine_is_named(home: Path) -> None:
    own = settings(home, engines=["http://127.0.0.1:9"])
    storage = await Storage.open(own.data, load_secret(own.secret_file), clock)
    await storage.close()
    own.secret_file.chmod(0o644)
    found = await findings(own)
    assert "chmod 600" in found["Secret"].said
    assert "BPP_ENGINE_TOKEN" in found["Engines"].said
    assert {finding.what for finding in found.values() if finding.wrong} >= {"Secret", "Engines"}


async def test_a_lost_secret_is_told_before_a_start_makes_another(home: Path) -> None:
    own = settings(home)
    storage = await Storage.open(own.data, load_secret(own.secret_file), clock)
    await storage.close()
    own.secret_file.unlink()
    found = await findings(own)
    assert "the database was made with it" in found["Secret"].said
    assert found["Secret"].wrong
    assert not own.secret_file.exists()


async def test_a_folder_that_cannot_be_made_is_told(home: Path) -> None:
    (home / "file").touch()
    assert (await findings(settings(home, data=home / "file" / "data")))["Data folder"].wrong
