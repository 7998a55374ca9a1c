"""Who may do what on Discord: who moderates, who may share where, and what the bot itself needs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import discord

NEEDED = discord.Permissions(view_channel=True, send_messages=True, send_messages_in_threads=True, attach_files=True)
"""What an invitation asks for: to post pictures that members share, and notes that one is ready. Nothing else."""

Interaction = discord.Interaction[Any]


def invite_link(application_id: int) -> str:
    """Whoever opens this can add the bot to a server with the permissions that it needs."""
    return discord.utils.oauth_url(application_id, permissions=NEEDED, scopes=("bot", "applications.commands"))


def moderates(interaction: Interaction, roles: Collection[int]) -> bool:
    """Whether this member moderates the server in which they do this: looked up anew for each interaction."""
    if interaction.guild_id is None:
        return False
    held = interaction.permissions
    if held.administrator or held.manage_guild:
        return True
    user = interaction.user
    if not isinstance(user, discord.Member):
        return False
    # Ids as the event has them: Member.roles leaves out every role that the library has not been told of yet.
    held_roles = user._roles  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return any(held_roles.has(role) for role in roles)


def _in_thread(interaction: Interaction) -> bool:
    return isinstance(interaction.channel, discord.Thread)


def _may_send(held: discord.Permissions, *, thread: bool) -> bool:
    if held.administrator:
        return True
    return held.view_channel and (held.send_messages_in_threads if thread else held.send_messages)


def may_note(interaction: Interaction) -> bool:
    """Whether the bot is in this server and may write into this channel."""
    return interaction.is_guild_integration() and _may_send(interaction.app_permissions, thread=_in_thread(interaction))


def share_refusal(interaction: Interaction) -> str | None:
    """Why a picture cannot be shared here: a wording key; None if it can."""
    if not interaction.is_guild_integration():
        return "discord-share-here"
    thread = _in_thread(interaction)
    for held, key in (
        (interaction.permissions, "discord-share-member"),
        (interaction.app_permissions, "discord-share-bot"),
    ):
        if not (held.administrator or (_may_send(held, thread=thread) and held.attach_files)):
            return key
    return None
