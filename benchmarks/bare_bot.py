"""The floor for ``benchmarks.on_discord``: as little as a discord.py bot can do. No queue, no database, no engine.

Run by that benchmark in a process of its own: ``python -m benchmarks.bare_bot TOKEN API GATEWAY PICTURE``.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

OPTIONS = ("hint", "clear")


class Menu(discord.ui.Select[discord.ui.View]):
    """Says what was chosen."""

    def __init__(self) -> None:
        super().__init__(custom_id="set-likeness", options=[discord.SelectOption(label=one) for one in OPTIONS])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.edit_message(content=self.values[0])


class Bare(discord.Client):
    """``/ack`` is acknowledged and that is all, ``/avatar`` is always the same picture, ``/settings`` a menu."""

    def __init__(self, picture: bytes) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)

        @self.tree.command(description="Nothing")
        async def ack(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.defer(ephemeral=True)

        @self.tree.command(description="A picture")
        async def avatar(interaction: discord.Interaction[Any], photo: discord.Attachment | None = None) -> None:
            await interaction.response.defer(ephemeral=True)
            if photo is not None:
                await photo.read()
            await interaction.edit_original_response(attachments=[discord.File(io.BytesIO(picture), "avatar.png")])

        @self.tree.command(description="A menu")
        async def settings(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_message(view=discord.ui.View().add_item(Menu()), ephemeral=True)

    async def setup_hook(self) -> None:
        await self.tree.sync()


if __name__ == "__main__":
    token, Route.BASE, gateway, picture_file = sys.argv[1:]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    Bare(Path(picture_file).read_bytes()).run(token, log_handler=None)
