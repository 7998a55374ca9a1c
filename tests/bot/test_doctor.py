"""`bpp doctor` says what is wrong, and changes nothing while it looks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from discord.http import Route

from bot import config, doctor, wiring
from bot.chat import Text
from bot.clock import clock
from bot.config import Settings, load_secret
from bot.storage import Storage
from tests.bot.conftest import WORDING
from tests.discord_peer.peer import DiscordPeer


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "settings").mkdir()
    monkeypatch.delenv("BPP_CONFIG", raising=False)
    monkeypatch.setattr(config, "user_config_path", lambda _name: tmp_path)
    return tmp_path


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordPeer]:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    async with DiscordPeer.serving() as peer:
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


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
    assert found["Discord"].line().startswith("-      Discord:")
    assert str(home / "bpp.toml") in found["Discord"].said
    assert "no such file" in found["Settings"].said
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


async def test_a_settings_file_with_a_token_that_others_can_read_is_told(home: Path) -> None:
    file = home / "bpp.toml"
    file.write_text('discord_token = "token"')
    for mode, wrong in ((0o644, True), (0o600, False)):
        file.chmod(mode)
        found = doctor._settings()
        assert found.wrong is wrong
        assert str(file) in found.said
        assert "token" not in found.said.replace("holds a token", "")
    file.write_text("port = 0")
    file.chmod(0o644)
    assert not doctor._settings().wrong


async def discord(home: Path, peer: DiscordPeer, **more: object) -> dict[str, doctor.Finding]:
    own = settings(home, discord_token=peer.token, discord_api=peer.api, **more)
    return {finding.what: finding async for finding in doctor._discord(own, peer.token)}


async def test_what_discord_says_of_the_bot(home: Path, peer: DiscordPeer) -> None:
    peer.guild("Library")
    found = await discord(home, peer)
    assert "servers: about 1; no commands yet" in found["Discord"].said
    assert "Anybody who has the link can add it" in found["Discord rights"].said
    assert found["Clock"].said == "agrees with Discord's"
    assert not any(finding.wrong for finding in found.values())


async def test_a_clock_that_is_not_discords_is_told(
    home: Path, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "clock", lambda: clock() - 32_400_000)
    told = (await discord(home, peer))["Clock"]
    assert told.wrong
    assert "s behind Discord's" in told.said


async def test_names_that_discord_would_refuse_are_told(home: Path, peer: DiscordPeer) -> None:
    found = await discord(home, peer, discord_names="avatr=portrait")
    assert found["Discord names"].wrong
    assert "there is no command /avatr" in found["Discord names"].said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('discord_moderator_roles = "1, Keepers"', "'Keepers' is no role id"),
        ("discord_moderator_roles = ['Keepers']", "“discord_moderator_roles” is not right"),
        ('BPP_DISCORD_TOKEN = "x"', "in the settings file it is written like this: discord_token"),
        ("nothing = 1", "“nothing” is not right: there is no such setting"),
        ("port = 1\nport = 2\n", "a setting stands in it twice (at line 2"),
    ],
)
def test_a_slip_in_the_settings_file_is_told_in_plain_words(home: Path, written: str, said: str) -> None:
    (home / "bpp.toml").write_text(written)
    with pytest.raises(config.ConfigInvalid) as told:
        config.load(data=home)
    assert said in WORDING.say("en", Text(told.value.key, told.value.parameters))
