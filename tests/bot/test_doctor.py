"""`bpp doctor` says what is wrong, and changes nothing while it looks."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from pathlib import Path

import pytest
from discord.http import Route
from telegram import Bot

from bot import config, doctor, wiring
from bot.chat import Text
from bot.clock import clock
from bot.config import Settings, load_secret
from bot.storage import Storage, in_use
from tests.bot.conftest import WORDING
from tests.discord_peer.peer import DiscordPeer
from tests.telegram_peer.peer import TelegramPeer


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


@pytest.fixture
async def telegram() -> AsyncGenerator[TelegramPeer]:
    async with TelegramPeer.serving() as peer:
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
    for platform in ("Discord", "Telegram"):
        assert found[platform].line().startswith(f"-      {platform}:")
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


async def test_no_second_painter_is_started_beside_that_of_a_running_bot(home: Path) -> None:
    own = settings(home, engines=["sdxl"])
    storage = await Storage.open(own.data, load_secret(own.secret_file), clock)
    looking = doctor._engines(own)
    async with aclosing(looking):
        found = await anext(looking)
    await storage.close()
    assert found.line().startswith("ok     Engine sdxl-0:")
    assert "the running bot has it" in found.said
    assert not in_use(own.data)


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
    file.write_text('telegram_token = "token"')
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


async def asked(home: Path, peer: TelegramPeer, **more: object) -> dict[str, doctor.Finding]:
    own = settings(home, telegram_token=peer.token, telegram_api=peer.api, telegram_file_api=peer.file_api, **more)
    return {finding.what: finding async for finding in doctor._telegram(own, peer.token)}


async def test_what_telegram_says_of_the_bot(home: Path, telegram: TelegramPeer) -> None:
    found = await asked(home, telegram)
    told = found["Telegram"].said
    assert f"@{telegram.username}" in told
    assert "no commands yet" in told
    assert f"https://t.me/{telegram.username}?startgroup=" in told
    assert telegram.api in told
    assert "privacy mode is on, as it should be" in found["Telegram privacy"].said
    assert "are asked for, no address is needed; 0 waiting" in found["Telegram updates"].said
    assert "that all see, and nothing else" in found["Telegram groups"].said
    assert found["Clock"].said == "agrees with Telegram's"
    assert not any(finding.wrong for finding in found.values())
    assert not any(telegram.token in finding.said for finding in found.values())
    assert not telegram.asked("getUpdates"), "a running bot keeps its updates"


async def test_a_bot_that_hears_too_much_or_may_join_no_group_is_told(home: Path, telegram: TelegramPeer) -> None:
    telegram.reads_all, telegram.joins_groups = True, False
    found = await asked(home, telegram)
    assert "/setprivacy, Enable" in found["Telegram privacy"].said
    assert not found["Telegram privacy"].wrong, "it works all the same"
    assert "/setjoingroups, Enable" in found["Telegram"].said
    assert found["Telegram"].wrong


@pytest.mark.parametrize("version", [(10, 2), (10, 3)])
async def test_a_server_with_messages_for_one_member_alone_is_told(home: Path, version: tuple[int, int]) -> None:
    async with TelegramPeer.serving(version=version) as peer:
        assert "that only their member sees" in (await asked(home, peer))["Telegram groups"].said
        assert not peer.problems, "\n".join(peer.problems)


async def test_updates_that_go_elsewhere_are_told(home: Path, telegram: TelegramPeer) -> None:
    theirs, ours = "https://other.example.org/bot", "https://bot.example.org/telegram"
    async with Bot(telegram.token, base_url=telegram.api + "/bot") as bot:
        await bot.set_webhook(theirs)
        for own in ("", ours):
            found = (await asked(home, telegram, telegram_webhook=own))["Telegram updates"]
            assert found.wrong
            assert theirs in found.said
        await bot.set_webhook(ours)
        found = (await asked(home, telegram, telegram_webhook=ours))["Telegram updates"]
        assert not found.wrong
        assert f"are sent to {ours}" in found.said
        mina = telegram.user("mina")
        await mina.says(None, "/start")  # nobody answers there
        await telegram.until(lambda: telegram.updates.info.get("last_error_message"))
        found = (await asked(home, telegram, telegram_webhook=ours))["Telegram updates"]
        assert found.wrong
        assert "1 waiting" in found.said
        await bot.delete_webhook()
    found = (await asked(home, telegram, telegram_webhook=ours))["Telegram updates"]
    assert f"`bpp run` has them sent to {ours}" in found.said


async def test_where_a_webhook_would_be_listened_for_is_looked_at(home: Path, telegram: TelegramPeer) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        ours = {"telegram_webhook": "https://bot.example.org/telegram", "telegram_listen": place}
        assert f"{place} is taken" in (await asked(home, telegram, **ours))["Telegram webhook"].said


async def test_a_clock_that_is_not_telegrams_is_told(
    home: Path, telegram: TelegramPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "clock", lambda: clock() + 32_400_000)
    told = (await asked(home, telegram))["Clock"]
    assert told.wrong
    assert "s ahead of Telegram's" in told.said


async def test_a_token_that_telegram_does_not_know_is_told(home: Path, telegram: TelegramPeer) -> None:
    telegram.reset_token()
    own = settings(home, telegram_token="1:old", telegram_api=telegram.api)
    (found,) = [finding async for finding in doctor._telegram(own, "1:old")]
    assert found.wrong
    assert "@BotFather" in found.said
    assert "1:old" not in found.said
    telegram.problems.clear()


async def test_a_telegram_that_cannot_be_reached_is_told(home: Path) -> None:
    own = settings(home, telegram_token="1:x", telegram_api="http://127.0.0.1:9")
    (found,) = [finding async for finding in doctor._telegram(own, "1:x")]
    assert found.wrong
    assert "cannot be reached" in found.said


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
