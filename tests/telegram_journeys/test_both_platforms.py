"""Discord and Telegram served by one process: one fair line for all, and nothing of one platform known on the other."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from tests.discord_journeys import bot_process as on_discord
from tests.discord_journeys import traces as discord_traces
from tests.discord_journeys import what_people_do as discord_people
from tests.discord_journeys.what_people_read import over_quota as over_quota_on_discord
from tests.discord_peer.interactions import Interaction
from tests.discord_peer.peer import DiscordPeer
from tests.journeys.bot_process import BotProcess, running
from tests.telegram_journeys import bot_process as on_telegram
from tests.telegram_journeys import traces as telegram_traces
from tests.telegram_journeys.what_people_do import accepted, avatar, chosen, enters, finished, pictures, shares, tells
from tests.telegram_journeys.what_people_read import over_quota, says
from tests.telegram_peer.peer import TelegramPeer

BURST = 6


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord() -> AsyncIterator[DiscordPeer]:
    async with on_discord.watched() as peer:
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telegram() -> AsyncIterator[TelegramPeer]:
    async with TelegramPeer.serving() as peer:
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(
    discord: DiscordPeer, telegram: TelegramPeer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[BotProcess]:
    settings = on_discord.settings(discord) | on_telegram.settings(telegram)
    ready = [on_discord.READY, on_telegram.ready(telegram)]
    process = BotProcess(tmp_path_factory.mktemp("bot"), ready=ready, program=on_telegram.HASTY, **settings)
    async with running(process, lambda: [*on_discord.secrets(discord), *on_telegram.secrets(telegram)]):
        known = telegram.group("Where the bot was heard first")
        first = telegram.user("first_on_telegram")
        known.join(first)
        await enters(first, known)
        yield process
    # Each is searched for what is its own, and for what is the other's.
    files: list[Path] = [process.data, process.log]
    assert discord_traces.everywhere(discord, *files) == set()
    assert telegram_traces.everywhere(telegram, *files) == set()
    theirs = discord_traces.needles(discord)
    ours = telegram_traces.needles(telegram)
    strangers = [str(user.id) for user in discord_traces.people(discord)] + [str(one) for one in discord.world.guilds]
    sent = [repr(request.params) for request in telegram.requests]
    assert not [one for one in strangers if any(one in said for said in sent)]
    assert ours["member"]
    assert theirs["member"]
    groups = [str(one) for one in telegram.world.chats]
    bodies = [request.path.encode() + request.body for request in discord.requests]
    assert not [one for one in groups if any(one.encode() in body for body in bodies)]
    # A group's id stands in the folder of its own platform (whichever tests ran here), and nowhere else.
    own = b"".join(file.read_bytes() for file in (process.data / "telegram").rglob("*") if file.is_file())
    assert str(known.id).encode() in own
    assert not [one for one in groups if any(one.encode() in file.read_bytes() for file in _but(process, "telegram"))]
    assert not [
        str(one)
        for one in discord.world.guilds
        if any(str(one).encode() in file.read_bytes() for file in _but(process, "discord"))
    ]


def _but(process: BotProcess, platform: str) -> list[Path]:
    """All files of the data folder but those of one platform, and the log."""
    own = process.data / platform
    return [process.log, *(one for one in process.data.rglob("*") if one.is_file() and own not in one.parents)]


@pytest.fixture(autouse=True)
def quiet(discord: DiscordPeer, telegram: TelegramPeer, bot: BotProcess) -> Iterator[None]:
    yield
    problems = [*discord.problems, *telegram.problems]
    discord.problems.clear()
    telegram.problems.clear()
    assert problems == []


async def test_a_burst_on_one_platform_keeps_nobody_on_the_other_waiting(
    discord: DiscordPeer, telegram: TelegramPeer, bot: BotProcess
) -> None:
    guild = discord.guild("Archive")
    channel = guild.channel("general")
    group = telegram.group("Library of the town")
    crowd = [discord.user(f"discord-number-{number}") for number in range(BURST)]
    mina = telegram.user("mina_on_telegram")
    group.join(mina)
    await enters(mina, group)
    await bot.engines_ready(1)
    with bot.frozen():
        asked: list[Interaction] = []
        for member in crowd:
            guild.join(member)
            asked.append(await member.slash(channel, "avatar", style="pixel"))
            await discord_people.accepted(asked[-1])
        waiting = await accepted(await tells(mina, "/avatar pixel"))

    theirs = [discord_people.original(one) for one in asked]
    await telegram.until(lambda: finished(waiting) and all(map(discord_people.finished, theirs)), 90, "all pictures")
    # The one that was being drawn is drawn on; then each room has its turn.
    with closing(sqlite3.connect(f"file:{bot.data / 'bpp.db'}?mode=ro", uri=True)) as db:
        platforms = _order(db)
    assert len(platforms) == BURST + 1
    assert platforms.index("telegram") <= 2, platforms


def _order(db: sqlite3.Connection) -> list[str]:
    """The platform of each room in the order in which its pictures were finished: the last job is Telegram's."""
    rows = db.execute("SELECT id, finished FROM job WHERE state = 'done' ORDER BY finished, id").fetchall()
    last = max(row[0] for row in rows)
    return ["telegram" if row[0] == last else "discord" for row in rows]


async def test_each_room_has_its_own_quota_whatever_the_platform(discord: DiscordPeer, telegram: TelegramPeer) -> None:
    guild, group = discord.guild("Archive"), telegram.group("Library of the town")
    channel = guild.channel("general")
    ana, boss = discord.user("ana-on-discord"), discord.user("boss-on-discord")
    guild.join(ana)
    guild.join(boss, permissions=("manage_guild",))
    mina, head = telegram.user("mina_on_telegram"), telegram.user("head_on_telegram")
    group.join(mina, head)
    group.admin(head)
    await discord_people.chosen(
        boss, await discord_people.settled(await boss.slash(channel, "room")), "room-quota", "1"
    )
    await chosen(head, await enters(head, group, "/room"), "room-quota", "3")
    theirs = await discord_people.avatar(ana, channel, style="pixel")
    refused = await discord_people.settled(await ana.slash(channel, "avatar"))
    assert over_quota_on_discord(refused, daily=1)
    await enters(mina, group)
    mine = await avatar(mina)
    assert not over_quota(await tells(mina, "/avatar pixel"), daily=1)
    assert says(await shares(mina, mine), "telegram-share-done-in")
    await discord_people.share(ana, theirs)
    assert [one.uploaded for one in pictures(group)] == [mine.uploaded]
    assert [post.pictures for post in channel.posts] == [theirs.pictures]


async def test_with_one_platform_gone_the_other_is_served_and_both_when_it_is_back(
    discord: DiscordPeer, telegram: TelegramPeer
) -> None:
    guild, group = discord.guild("Archive"), telegram.group("Library of the town")
    channel = guild.channel("general")
    ana, mina = discord.user("ana-who-stays"), telegram.user("mina_who_stays")
    guild.join(ana)
    group.join(mina)
    telegram.cut(None)
    await mina.says(None, "/avatar pixel")
    await discord_people.avatar(ana, channel, style="pixel")
    assert mina.told == []
    await discord.cut_gateway(None)
    telegram.mend()
    await telegram.until(lambda: any(finished(one) for one in mina.told), 60)
    assert len(mina.told) == 1
    discord.mend_gateway()
    await discord.ready()
    await discord_people.avatar(ana, channel, style="pixel")
