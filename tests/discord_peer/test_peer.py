"""The fake Discord, driven by discord.py itself: a tiny bot does everything that ours does, and every mistake is seen."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from tests.discord_peer.actors import Actor
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.world import Channel, Guild

PNG = (
    b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (8).to_bytes(4, "big") + (6).to_bytes(4, "big") + b"the rest of a picture"
)
JPEG = b"\xff\xd8\xff\xe0 a photo"

COMMANDS: list[dict[str, Any]] = [
    {
        "name": "avatar",
        "name_localizations": {"ko": "아바타"},
        "description": "Draw a picture of you",
        "contexts": [0, 1, 2],
        "integration_types": [0, 1],
        "options": [
            {"type": 11, "name": "photo", "description": "A photo", "required": True},
            {
                "type": 3,
                "name": "style",
                "description": "How it is drawn",
                "choices": [{"name": "Ink", "name_localizations": {"ko": "먹"}, "value": "ink"}],
            },
            {"type": 3, "name": "subject", "description": "What", "autocomplete": True},
            {"type": 6, "name": "member", "description": "Who"},
            {"type": 4, "name": "number", "description": "How many", "min_value": 1, "max_value": 4},
        ],
    },
    {"name": "about", "description": "About", "contexts": [0], "default_member_permissions": "32"},
    {"name": "Use as photo", "type": 3, "contexts": [0, 1, 2], "integration_types": [0, 1]},
]


def view(text: str, *items: discord.ui.Item[Any]) -> discord.ui.LayoutView:
    made = discord.ui.LayoutView(timeout=None)
    made.add_item(discord.ui.Container(discord.ui.TextDisplay(text), *items))
    return made


def button(label: str, custom_id: str) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=custom_id)


def picture(name: str = "avatar.png") -> discord.File:
    return discord.File(io.BytesIO(PNG), name)


class Bot(discord.AutoShardedClient):
    """What a bot does with an interaction is set by each test: ``on["avatar"]``, ``on["again"]`` (custom ids)…"""

    def __init__(self, **options: Any) -> None:
        super().__init__(intents=discord.Intents(guilds=True), guild_ready_timeout=0.01, **options)
        self.on: dict[str, Callable[[discord.Interaction[Any]], Awaitable[Any]]] = {}
        self.errors: list[BaseException] = []

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """No five seconds between two identifies."""

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        data: Any = interaction.data
        name = data.get("name") or data["custom_id"]
        try:
            await self.on[name](interaction)
        except discord.HTTPException as error:
            self.errors.append(error)

    @property
    def codes(self) -> list[int]:
        return [error.code for error in self.errors if isinstance(error, discord.HTTPException)]


@asynccontextmanager
async def running(peer: DiscordPeer, bot: Bot | None = None) -> AsyncIterator[Bot]:
    bot = bot or Bot()
    async with bot:
        await bot.login(peer.token)
        await bot.http.bulk_upsert_global_commands(bot.application_id or 0, COMMANDS)
        connected = asyncio.create_task(bot.connect())
        await peer.ready()
        yield bot
    connected.cancel()
    await asyncio.gather(connected, return_exceptions=True)


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordPeer]:
    async with DiscordPeer.serving() as peer:
        addressed(peer, monkeypatch)
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


def addressed(peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "BASE", peer.api)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL(peer.gateway))


@pytest.fixture
async def bot(peer: DiscordPeer) -> AsyncGenerator[Bot]:
    async with running(peer) as bot:
        yield bot


@pytest.fixture
def guild(peer: DiscordPeer) -> Guild:
    return peer.guild("Library")


@pytest.fixture
def channel(guild: Guild) -> Channel:
    return guild.channel("general")


@pytest.fixture
def mina(peer: DiscordPeer, guild: Guild) -> Actor:
    mina = peer.user("mina", locale="ko")
    guild.join(mina)
    return mina


async def test_a_photo_becomes_a_private_picture(channel: Channel, mina: Actor, bot: Bot) -> None:
    async def avatar(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer(ephemeral=True)
        data: Any = interaction.data
        attachment = next(iter(data["resolved"]["attachments"].values()))
        async with aiohttp.ClientSession() as session, session.get(attachment["url"]) as response:
            assert await response.read() == JPEG
        shown = discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://avatar.png", description="You"))
        row = discord.ui.ActionRow(button("Again", "again"))
        await interaction.edit_original_response(view=view("Ready", shown, row), attachments=[picture()])
        await interaction.followup.send(view=view("And this"), ephemeral=True)

    bot.on["avatar"] = avatar
    done = await mina.slash(channel, "avatar", photo=JPEG, style="먹", number=2)
    assert done.message is not None
    message = await done.message.until(lambda m: m.pictures)
    await done.until(lambda d: d.replies)
    assert (message.text, message.pictures, message.alts, message.buttons) == ("Ready", [PNG], ["You"], ["Again"])
    assert message.ephemeral
    assert done.ack_seconds is not None
    assert done.ack_seconds < 1
    assert channel.posts == []
    assert mina.sees(channel) == [message, done.replies[0]]
    assert bot.errors == []
