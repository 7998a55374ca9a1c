"""Buttons and menus that work for as long as their message exists: whatever they mean is in their custom id."""

from __future__ import annotations

import re
from typing import Any, Protocol, Self, cast

import discord
from discord import ui

from adapters.discord.custom_ids import BUTTON, MENU, chosen

Interaction = discord.Interaction[discord.Client]


class Receiver(Protocol):
    """Whoever answers what members do; the client carries it as its attribute ``inbound``."""

    async def interaction(self, interaction: discord.Interaction[Any]) -> None: ...
    async def pressed(self, interaction: Interaction, custom_id: str) -> None: ...


class ActionButton(ui.DynamicItem[ui.Button[Any]], template=BUTTON):
    """A button of a reply."""

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:  # noqa: ARG003
        return cls(cast("ui.Button[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        await _inbound(interaction).pressed(interaction, self.custom_id)


class ActionMenu(ui.DynamicItem[ui.Select[Any]], template=MENU):
    """A menu of a reply, of which one entry is chosen."""

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:  # noqa: ARG003
        return cls(cast("ui.Select[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        try:
            # The id already holds the choice, so that a modal asked in between can carry all of it.
            custom_id = chosen(self.custom_id, next(iter(self.item.values), ""))
        except ValueError:
            custom_id = ""  # nothing that we offered
        await _inbound(interaction).pressed(interaction, custom_id)


def _inbound(interaction: Interaction) -> Receiver:
    return cast("Receiver", cast("Any", interaction.client).inbound)
