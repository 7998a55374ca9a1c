"""People in front of a Discord client: they type commands, press, choose, fill in forms, and read.

A person can do only what a client lets them do; anything else is a ``ClientRefuses`` and never reaches the bot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.discord_peer.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interaction,
    Modal,
    NotAcknowledged,
)
from tests.discord_peer.servers import PERMISSIONS, Channel
from tests.discord_peer.world import File, Message, User

if TYPE_CHECKING:
    from tests.discord_peer.peer import DiscordPeer

OPTION_KINDS = {3: str, 4: int, 5: bool, 6: User, 10: (int, float)}
ATTACHMENT_OPTION, USER_OPTION = 11, 6


class ClientRefuses(AssertionError):
    """No Discord client would let this person do that."""


@dataclass(frozen=True)
class Filling:
    """What a person puts into a form."""

    files: list[File]
    tick: bool | None
    text: str | Mapping[str, str]
    chosen: list[str]

    def fitting_files(self, field: Mapping[str, Any]) -> list[File]:
        least = field.get("min_values", 1) if field.get("required", True) else 0
        if not least <= len(self.files) <= field.get("max_values", 1):
            raise ClientRefuses(f"the form does not take {len(self.files)} files: {field}")
        return self.files

    def answer(self, field: Mapping[str, Any]) -> dict[str, Any]:
        match field["type"]:
            case 3:
                options = [_the_one(field["options"], one, "value", "label", what="option") for one in self.chosen]
                return {"values": [option["value"] for option in options]}
            case 4:
                value = self.text if isinstance(self.text, str) else self.text.get(field["custom_id"], "")
                value = value or field.get("value") or ""
                if (field.get("required", True) and not value) or len(value) > (field.get("max_length") or 4000):
                    raise ClientRefuses(f"the field {field['custom_id']} does not take {value!r}")
                return {"value": value}
            case 21:
                return {"value": self.chosen[0] if self.chosen else None}
            case 22:
                return {"values": self.chosen}
            case 23:
                return {"value": bool(field.get("default")) if self.tick is None else self.tick}
            case other:
                raise ClientRefuses(f"this person cannot fill in components of type {other}")


class Actor(User):
    peer: DiscordPeer

    # What they do

    async def slash(
        self, channel: Channel, command: str, /, *, wait: bool = True, force: bool = False, **options: Any
    ) -> Interaction:
        """Use a command and wait for the first answer. ``force``: an administrator has allowed it to this person."""
        found = self._command(channel, command, 1, force=force)
        data, resolved = self._options(channel, found, options)
        said = {"id": found["id"], "name": found["name"], "type": 1} | ({"options": data} if data else {})
        return await self._act(COMMAND, channel, said | ({"resolved": resolved} if resolved else {}), found, wait=wait)

    async def message_command(
        self, channel: Channel, message: Message, /, name: str | None = None, *, wait: bool = True
    ) -> Interaction:
        """Use the message command ``name`` (or the only one there is) on ``message``."""
        if not message.visible_to(self):
            raise ClientRefuses(f"{self.name} does not see {message!r}")
        names = [command["name"] for command in self.peer.commands if command["type"] == 3]
        if name is None and len(names) != 1:
            raise ClientRefuses(f"message commands: {names}")
        found = self._command(channel, name or names[0], 3)
        resolved = {"messages": {str(message.id): message.payload}}
        said = {"id": found["id"], "name": found["name"], "type": 3, "target_id": str(message.id), "resolved": resolved}
        return await self._act(COMMAND, channel, said, found, wait=wait)

    async def autocomplete(
        self, channel: Channel, command: str, option: str, typed: str = "", /, **options: Any
    ) -> list[tuple[str, Any]]:
        """What is suggested while typing: names in this person's language, and values."""
        found = self._command(channel, command, 1)
        declared = next((one for one in found.get("options", ()) if one["name"] == option), None)
        if declared is None or not declared.get("autocomplete"):
            raise ClientRefuses(f"/{command} has no option {option} with autocomplete")
        data, _ = self._options(channel, found, options, complete=False)
        focused = {"type": declared["type"], "name": option, "value": typed, "focused": True}
        said = {"id": found["id"], "name": found["name"], "type": 1, "options": [*data, focused]}
        done = await self._act(AUTOCOMPLETE, channel, said, found, wait=True)
        return [(self._localized(choice, "name"), choice["value"]) for choice in done.choices or ()]

    async def press(self, message: Message, button: str, /, *, wait: bool = True) -> Interaction:
        """Press the button whose label is ``button``, or the only one whose label or custom id contains it."""
        parts = [part for part in self._components(message) if part["type"] == 2 and part.get("style") != 5]
        part = _the_one(parts, button, "label", "custom_id", what=f"button in {message!r}")
        return await self._use(message, part, {"component_type": 2}, wait=wait)

    async def choose(self, message: Message, menu: str, *options: str, wait: bool = True) -> Interaction:
        """Choose in the menu whose placeholder or custom id contains ``menu``; options by value or label."""
        parts = [part for part in self._components(message) if part["type"] == 3]
        part = _the_one(parts, menu, "placeholder", "custom_id", what=f"menu in {message!r}", options=options)
        values = [_the_one(part["options"], one, "value", "label", what="option")["value"] for one in options]
        if not part.get("min_values", 1) <= len(values) <= part.get("max_values", 1):
            raise ClientRefuses(f"{len(values)} options chosen in {part}")
        return await self._use(message, part, {"component_type": 3, "values": values}, wait=wait)

    async def submit(
        self,
        modal: Modal | None,
        *,
        photo: bytes | File | Iterable[bytes | File] = (),
        tick: bool | None = None,
        text: str | Mapping[str, str] = "",
        chosen: Iterable[str] = (),
        wait: bool = True,
    ) -> Interaction:
        """Fill in a form and send it: files, check boxes, text (by custom id, or the same for all), choices."""
        if modal is None or modal.interaction.user is not self or modal.submitted:
            raise ClientRefuses(f"{self.name} has no such form open: {modal}")
        files = [File.of(one) for one in ([photo] if isinstance(photo, (bytes, File)) else photo)]
        filling = Filling(files, tick, text, list(chosen))
        opener = modal.interaction
        resolved: dict[str, Any] = {}
        components = [
            self._filled(part, number, filling, resolved) for number, part in enumerate(modal.payload["components"])
        ]
        said: dict[str, Any] = {"custom_id": modal.payload["custom_id"], "components": components}
        modal.submitted = True
        interaction = Interaction(
            self.world,
            MODAL_SUBMIT,
            self,
            opener.channel,
            said | ({"resolved": {"attachments": resolved}} if resolved else {}),
            opener.owners,
            source=opener.source,
            opener=opener,
        )
        return await self._send(interaction, wait=wait)

    def says(self, channel: Channel, text: str = "", /, *, photo: bytes | File | None = None) -> Message:
        """Write an ordinary message, with a file if wanted."""
        if not channel.may(self, "view_channel", "send_messages"):
            raise ClientRefuses(f"{self.name} cannot write in {channel.name}")
        message = Message(self.world, channel, self)
        message.content = text
        if photo is not None:
            message.attachments = [self.world.attach(File.of(photo), f"attachments/{channel.id}")]
        return message

    def dismiss(self, message: Message) -> None:
        """Throw away an ephemeral message on the own screen; the bot does not learn of it."""
        if message.owner is not self:
            raise ClientRefuses("only one's own ephemeral messages can be dismissed")
        message.deleted = True

    # What they are

    def install(self) -> None:
        """Install the app to the own account: its commands then work everywhere."""
        self.has_installed = True

    def block(self) -> None:
        """Take no direct messages from the bot any more."""
        self.takes_dms = False

    # What they see

    @property
    def dm(self) -> Channel:
        """The direct message with the bot."""
        return self.world.dm(self, self.world.bot)

    @property
    def dms(self) -> list[Message]:
        """What the bot wrote in the direct message."""
        return [message for message in self.sees(self.dm) if message.author.is_bot]

    def sees(self, channel: Channel) -> list[Message]:
        """The messages on this person's screen, own ephemeral ones among them."""
        return [message for message in channel.messages if message.visible_to(self)]

    # How a client does it

    def _localized(self, item: Mapping[str, Any], key: str) -> str:
        return (item.get(f"{key}_localizations") or {}).get(self.locale) or item[key]

    def _owners(self, channel: Channel, command: Mapping[str, Any] | None) -> dict[str, str]:
        """Which installations let this person use the app here. Raises when none does."""
        kinds = command["integration_types"] if command else [0, 1]
        owners: dict[str, str] = {}
        if channel.guild is not None and channel.guild.has_bot and 0 in kinds:
            owners["0"] = str(channel.guild.id)
        shares = any(guild.has_bot and self in guild.members for guild in self.world.guilds.values())
        if channel.is_with_bot and 0 in kinds and (shares or not self.has_installed):
            owners["0"] = "0"
        if self.has_installed and 1 in kinds:
            owners["1"] = str(self.id)
        if not owners:
            raise ClientRefuses(f"the app is not installed for {self.name} in {channel.name}")
        return owners

    def _command(self, channel: Channel, name: str, kind: int, *, force: bool = False) -> dict[str, Any]:
        found = next((one for one in self.peer.commands if one["name"] == name and one["type"] == kind), None)
        if found is None:
            known = [one["name"] for one in self.peer.commands if one["type"] == kind]
            raise ClientRefuses(f"no command {name!r}; there are {known}")
        context = 0 if channel.guild else 1 if channel.is_with_bot else 2
        allowed = found["contexts"] if found["contexts"] is not None else [0, 1] if found["dm_permission"] else [0]
        if context not in allowed:
            raise ClientRefuses(f"/{name} is not offered in {channel.name}: contexts {allowed}")
        self._owners(channel, found)
        if channel.archived or channel.deleted or not channel.may(self, "view_channel"):
            raise ClientRefuses(f"{self.name} cannot write in {channel.name}")
        if channel.guild is not None and not force:
            if not channel.may(self, "use_application_commands"):
                raise ClientRefuses(f"{self.name} may not use commands in {channel.name}")
            needed = found["default_member_permissions"]
            if needed is not None and not self._has(channel, int(needed)):
                raise ClientRefuses(f"/{name} is hidden from {self.name}: it needs the permissions {needed}")
        return found

    def _has(self, channel: Channel, needed: int) -> bool:
        granted = channel.permissions(self)
        if granted & PERMISSIONS["administrator"]:
            return True
        return needed != 0 and granted & needed == needed

    def _options(
        self, channel: Channel, command: Mapping[str, Any], given: Mapping[str, Any], *, complete: bool = True
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        declared = {option["name"]: option for option in command.get("options", ())}
        values = {(name if name in declared else name.replace("_", "-")): value for name, value in given.items()}
        if unknown := set(values) - set(declared):
            raise ClientRefuses(f"/{command['name']} has no option {sorted(unknown)}; it has {sorted(declared)}")
        missing = [name for name, option in declared.items() if option.get("required") and name not in values]
        if missing and complete:
            raise ClientRefuses(f"/{command['name']} needs {missing}")
        data: list[dict[str, Any]] = []
        resolved: dict[str, Any] = {}
        for name, value in values.items():
            option = declared[name]
            sent = self._value(channel, option, value, resolved)
            data.append({"type": option["type"], "name": name, "value": sent})
        return data, resolved

    def _value(self, channel: Channel, option: Mapping[str, Any], value: Any, resolved: dict[str, Any]) -> Any:
        kind, name = option["type"], option["name"]
        if kind == ATTACHMENT_OPTION:
            return self._upload(File.of(value), resolved.setdefault("attachments", {}))
        if not isinstance(value, OPTION_KINDS[kind]):
            raise ClientRefuses(f"option {name} does not take {value!r}")
        if kind == USER_OPTION:
            resolved.setdefault("users", {})[str(value.id)] = value.payload
            if channel.guild is not None and value in channel.guild.members:
                member = channel.guild.member(value, within=channel, with_user=False)
                resolved.setdefault("members", {})[str(value.id)] = member
            return str(value.id)
        if choices := option.get("choices"):
            match = [one for one in choices if value in (one["value"], one["name"], self._localized(one, "name"))]
            if not match:
                raise ClientRefuses(
                    f"option {name} has no choice {value!r}; it has {[one['value'] for one in choices]}"
                )
            return match[0]["value"]
        size, least, most = (len(value), "min_length", "max_length") if kind == 3 else (value, "min_value", "max_value")
        if size < option.get(least, size) or size > option.get(most, size) or (kind == 3 and not value):
            raise ClientRefuses(f"option {name} does not take {value!r}: {option}")
        return value

    def _upload(self, file: File, resolved: dict[str, Any]) -> str:
        place = f"ephemeral-attachments/{self.world.bot.id}"
        attachment = self.world.attach(file, place, ephemeral=True)
        resolved[str(attachment.id)] = attachment.payload
        return str(attachment.id)

    def _components(self, message: Message) -> list[dict[str, Any]]:
        if not message.visible_to(self):
            raise ClientRefuses(f"{self.name} does not see {message!r}")
        return [part for part in message.parts if not part.get("disabled")]

    async def _use(self, message: Message, part: dict[str, Any], data: dict[str, Any], *, wait: bool) -> Interaction:
        said = {"custom_id": part["custom_id"]} | data
        # An answer keeps the installations by which it came; a plain message of the bot has those of the place.
        channel = message.channel
        owners = (message.metadata or {}).get("authorizing_integration_owners") or self._owners(channel, None)
        interaction = Interaction(self.world, COMPONENT, self, channel, said, owners, source=message)
        return await self._send(interaction, wait=wait)

    def _filled(
        self, part: Mapping[str, Any], number: int, filling: Filling, resolved: dict[str, Any]
    ) -> dict[str, Any]:
        """One component of a form as the client sends it back."""
        own_id = part.get("id") or 2 * number + 1
        if part["type"] == 10:
            return {"type": 10, "id": own_id}
        field = part["component"] if part["type"] == 18 else part["components"][0]
        sent: dict[str, Any] = {"type": field["type"], "id": field.get("id") or 2 * number + 2}
        sent["custom_id"] = field["custom_id"]
        if field["type"] == 19:
            files = filling.fitting_files(field)
            sent["values"] = [self._upload(file, resolved) for file in files]
        else:
            sent |= filling.answer(field)
        if part["type"] == 18:
            return {"type": 18, "id": own_id, "component": sent}
        return {"type": 1, "id": own_id, "components": [sent]}

    async def _act(
        self, kind: int, channel: Channel, data: dict[str, Any], command: Mapping[str, Any], *, wait: bool
    ) -> Interaction:
        interaction = Interaction(self.world, kind, self, channel, data, self._owners(channel, command))
        return await self._send(interaction, wait=wait)

    async def _send(self, interaction: Interaction, *, wait: bool) -> Interaction:
        if not self.peer.deliver(interaction):
            raise NotAcknowledged("the bot is not connected")
        return await interaction.acknowledged() if wait else interaction


def _the_one(
    items: Iterable[Mapping[str, Any]], wanted: str, *keys: str, what: str, options: Iterable[str] = ()
) -> dict[str, Any]:
    """The item one of whose ``keys`` is ``wanted``; else the only one in which it is contained.

    Of several menus that match (a long list is cut into several), the one that has all the ``options``.
    """
    items = [dict(item) for item in items]
    exact = [item for item in items if wanted in [item.get(key) for key in keys]]
    near = [item for item in items if any(wanted.lower() in (item.get(key) or "").lower() for key in keys)]
    found = exact or near
    if len(found) > 1 and options:
        said = [(item, {text for one in item["options"] for text in (one["value"], one["label"])}) for item in found]
        found = [item for item, texts in said if set(options) <= texts]
    if len(found) != 1:
        there = [tuple(item.get(key) for key in keys) for item in items]
        raise ClientRefuses(f"{len(found)} match {wanted!r} as a {what}; there are {there}")
    return found[0]
