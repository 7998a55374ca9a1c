"""`bpp smoke discord` harms nobody, and takes nothing for the answer to a step that came before it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from discord.http import Route

from bot import smoke
from bot.chat import Call, Picture, Reply, Text
from bot.config import ConfigInvalid, Settings
from tests.bot.conftest import PNG
from tests.discord_peer.peer import DiscordPeer


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordPeer]:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    async with DiscordPeer.serving() as peer:
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


async def test_members_of_other_servers_are_left_alone(tmp_path: Path, peer: DiscordPeer) -> None:
    peer.guild("Test server")
    peer.guild("Library")
    settings = Settings(data=tmp_path, discord_token=peer.token, discord_api=peer.api)  # type: ignore[arg-type]
    said: list[str] = []
    assert not await smoke.check_discord(settings, said.append)
    assert len(said) == 1
    assert "it is in about 2" in said[0]
    assert peer.identifies == 0


async def test_without_a_token_there_is_nothing_to_try(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as told:
        await smoke.check_discord(Settings(data=tmp_path), print)
    assert told.value.key == "config-no-token"


async def test_a_late_picture_counts_for_no_later_step() -> None:
    watched = smoke._Watched(None, (), "discord")  # type: ignore[arg-type]
    late = Reply(lines=(Text("result-kept"),), picture=Picture(PNG, Text("result-kept")))
    watched.heard.put_nowait((Call("1", "discord", "2", "3", "avatar"), Reply(busy=True)))
    watched.arrived.put_nowait(late)
    said: list[str] = []
    assert not await smoke._walk(watched, smoke._on_discord(), said.append, 0.001)
    assert "7 of 7 steps did not go well." in said
