"""What members do on Discord while something is not as it should be: a clock, a disk, Discord itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from adapters.discord import inbound
from tests.adapters import test_discord_flow as flow
from tests.adapters.test_discord_flow import Bot, answered, running, seen_by_all, shown
from tests.bot.conftest import PNG, Chat
from tests.discord_peer.actors import Actor
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.world import Channel

peer, catalog, chat, bot = flow.peer, flow.catalog, flow.chat, flow.bot
guild, channel, mina, theo = flow.guild, flow.channel, flow.mina, flow.theo


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "SHOW_AGAIN_SECONDS", 0.05)


class Elsewhere:
    """The fake Discord, for a machine whose clock is ``ahead`` of it by some ms."""

    def __init__(self, peer: DiscordPeer, ahead: int) -> None:
        self._peer = peer
        self._ahead = ahead

    def __getattr__(self, name: str) -> Any:
        return getattr(self._peer, name)

    def clock(self) -> int:
        return self._peer.clock() + self._ahead


# --- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-16, 14, 16, 9 * 60])
async def test_a_wrong_clock_changes_nothing_but_the_log(
    peer: DiscordPeer,
    chat: Chat,
    channel: Channel,
    mina: Actor,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    minutes: int,
) -> None:
    wrong = cast("DiscordPeer", Elsewhere(peer, minutes * 60_000))
    async with running(wrong, chat, tmp_path) as bot:
        done = await bot.asked(mina, channel, style="moss")
        assert "in line" in shown(done).text
        assert "closes this message" not in shown(done).text
        await answered(await mina.slash(channel, "help"))
        await bot.draw()
        assert shown(done).pictures == [PNG]
        assert not seen_by_all(channel)
    told = [record for record in caplog.records if "clock" in record.getMessage()]
    assert len(told) == 1
    assert f"{abs(minutes) * 60} s {'ahead of' if minutes > 0 else 'behind'} Discord's" in told[0].getMessage()


async def test_a_right_clock_is_not_worth_a_word(
    bot: Bot, channel: Channel, mina: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.asked(mina, channel, style="moss")
    assert "clock" not in caplog.text
