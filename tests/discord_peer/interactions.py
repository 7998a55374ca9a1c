"""Interactions: the event that reaches the bot, its first answer within 3 s, and the 15 minutes of its token."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.discord_peer.components import pruned
from tests.discord_peer.message_rules import (
    EDIT_FLAGS,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    form_error,
    modal_mistakes,
    write,
)
from tests.discord_peer.servers import Channel
from tests.discord_peer.world import EPHEMERAL, LOADING, V2, Answered, File, Message, Refusal, User, World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
FIRST_ANSWER, LIFETIME = 3, 15 * 60
MAX_USER_FOLLOWUPS = 5
ANSWER_FLAGS = EPHEMERAL | V2 | SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS


class NotAcknowledged(AssertionError):
    """The bot did not answer: the person reads "The application did not respond"."""


@dataclass(eq=False)
class Modal:
    """A form that the bot opened in front of one person."""

    interaction: Interaction = field(repr=False)
    payload: dict[str, Any]
    submitted: bool = False

    @property
    def title(self) -> str:
        return self.payload["title"]

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The components that can be filled in."""
        return [
            part["component"] if part["type"] == 18 else part["components"][0]
            for part in self.payload["components"]
            if part["type"] in (1, 18)
        ]

    @property
    def text(self) -> str:
        """Everything that it says."""
        said = [self.title]
        for part in self.payload["components"]:
            said += [part.get(key) or "" for key in ("label", "description", "content")]
        return "\n".join(line for line in said if line)


@dataclass(eq=False)
class Interaction:
    """One thing that a person did, and what came of it."""

    world: World = field(repr=False)
    type: int
    user: User
    channel: Channel
    data: dict[str, Any] = field(repr=False)
    owners: dict[str, str]
    source: Message | None = None
    """The message whose button was pressed (also for a modal that this button opened)."""
    opener: Interaction | None = field(default=None, repr=False)
    """For a submitted modal: the interaction that opened it."""

    def __post_init__(self) -> None:
        self.id = self.world.snowflake()
        self.token = f"aW50ZXJhY3Rpb24{secrets.token_urlsafe(48)}"
        self.created = self.world.clock.now()
        self.began = time.perf_counter()
        self.callback: int | None = None
        self.ack_seconds: float | None = None
        """Real seconds from the event to the first answer."""
        self.was_refused = False
        self.answer_was_lost = False
        self.message: Message | None = None
        """The @original as the person sees it: the answer, or the message whose button was pressed."""
        self.replies: list[Message] = []
        self.modal: Modal | None = None
        self.choices: list[dict[str, Any]] | None = None
        self.expired_by_test = False

    @property
    def is_user_installed_only(self) -> bool:
        return "0" not in self.owners

    @property
    def context(self) -> int:
        return 0 if self.channel.guild else 1 if self.channel.is_with_bot else 2

    async def acknowledged(self, seconds: float = 20) -> Interaction:
        """Wait for the first answer: real seconds."""
        try:
            await self.world.until(lambda: self.callback, seconds, lambda: "the first answer")
        except AssertionError as error:
            raise NotAcknowledged(f"{self!r}: {error}") from None
        return self

    async def until(self, predicate: Any, seconds: float = 20) -> Interaction:
        await self.world.until(lambda: predicate(self), seconds, lambda: f"{self!r} with {self.message} {self.replies}")
        return self

    @property
    def age(self) -> float:
        return (self.world.clock.now() - self.created) / 1000

    def metadata(self) -> dict[str, Any]:
        """``interaction_metadata`` of the messages that answer it. It names the person to every reader."""
        said: dict[str, Any] = {
            "id": str(self.id),
            "type": self.type,
            "user": self.user.payload,
            "authorizing_integration_owners": self.owners,
        }
        if self.type == COMPONENT and self.source is not None:
            said["interacted_message_id"] = str(self.source.id)
        if self.type == MODAL_SUBMIT and self.opener is not None:
            said["triggering_interaction_metadata"] = self.opener.metadata()
        return said

    def event(self, *, size_limit: int) -> dict[str, Any]:
        """INTERACTION_CREATE."""
        guild = self.channel.guild
        bot = self.world.bot
        said: dict[str, Any] = {
            "id": str(self.id),
            "application_id": str(bot.id),
            "type": self.type,
            "data": self.data,
            "channel": self.channel.payload,
            "channel_id": str(self.channel.id),
            "token": self.token,
            "version": 1,
            "locale": self.user.locale,
            "entitlements": [],
            "authorizing_integration_owners": self.owners,
            "context": self.context,
            "attachment_size_limit": size_limit,
            "app_permissions": str(self.channel.permissions(bot)),
        }
        if guild is not None:
            said |= {
                "guild_id": str(guild.id),
                "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
                "guild_locale": guild.locale,
                "member": guild.member(self.user, within=self.channel),
            }
        else:
            said["user"] = self.user.payload
        if self.source is not None:
            said["message"] = self.source.payload
        return said


class Interactions:
    """Every interaction there was, and the REST endpoints that answer them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.size_limit = 10 * 1024 * 1024
        self.all: list[Interaction] = []

    def expire_tokens(self) -> None:
        for interaction in self.all:
            interaction.expired_by_test = True

    def _by_token(self, token: str) -> Interaction:
        for interaction in reversed(self.all):
            if secrets.compare_digest(interaction.token, token):
                return interaction
        raise Refusal(404, 10015, "Unknown Webhook", problem="a token that was never given out")

    # The first answer

    def callback(
        self, number: int, token: str, body: Mapping[str, Any], files: dict[int, File], *, with_response: bool
    ) -> Answered:
        interaction = next((one for one in self.all if one.id == number and one.token == token), None)
        if interaction is None:
            raise Refusal(404, 10062, "Unknown interaction", problem="a callback for no interaction")
        if interaction.callback is not None:
            problem = "" if interaction.answer_was_lost else "a second first answer"
            raise Refusal(400, 40060, "Interaction has already been acknowledged.", problem=problem)
        if interaction.age >= FIRST_ANSWER or interaction.expired_by_test:
            interaction.was_refused = True
            raise Refusal(404, 10062, "Unknown interaction")
        kind, data = body.get("type"), body.get("data") or {}
        if files and kind not in (4, 7):
            raise form_error([("files", "Only a message takes files.")])
        match kind:
            case 4:
                self._answer(interaction, data, files)
            case 5:
                self._defer(interaction, data)
            case 6 | 7:
                self._update(interaction, kind, data, files)
            case 8:
                self._choices(interaction, data)
            case 9:
                self._modal(interaction, data)
            case _:
                raise form_error([("type", f"Value must be one of 4-9, not {kind}.")])
        interaction.callback = kind
        interaction.ack_seconds = time.perf_counter() - interaction.began
        return (200, self._callback_response(interaction, kind)) if with_response else (204, None)

    @staticmethod
    def _need(interaction: Interaction, kind: int, *types: int) -> None:
        if interaction.type not in types:
            raise form_error(
                [("type", f"Callback type {kind} does not answer interactions of type {interaction.type}.")]
            )

    def _new_message(self, interaction: Interaction, flags: int) -> Message:
        hidden = bool(flags & EPHEMERAL)
        channel = interaction.channel
        if interaction.is_user_installed_only and not channel.may(interaction.user, "use_external_apps"):
            hidden = True
        message = Message(self.world, channel, self.world.bot, owner=interaction.user if hidden else None)
        message.metadata = interaction.metadata()
        message.asker = interaction.user
        if interaction.type == COMMAND:
            message.kind = 20 if interaction.data.get("type", 1) == 1 else 23
        return message

    def _post(self, interaction: Interaction, data: Mapping[str, Any], files: dict[int, File]) -> Message:
        message = self._new_message(interaction, data.get("flags") or 0)
        try:
            self._write(message, data, files, ANSWER_FLAGS)
        except Refusal:
            interaction.channel.messages.remove(message)
            raise
        return message

    def _write(self, message: Message, data: Mapping[str, Any], files: dict[int, File], flags: int) -> None:
        place = f"attachments/{message.channel.id}"
        if message.ephemeral:
            place = f"ephemeral-attachments/{self.world.bot.id}"
        write(message, data, files, allowed_flags=flags, place=place, size_limit=self.size_limit)

    def _answer(self, interaction: Interaction, data: Mapping[str, Any], files: dict[int, File]) -> None:
        self._need(interaction, 4, COMMAND, COMPONENT, MODAL_SUBMIT)
        interaction.message = self._post(interaction, data, files)

    def _defer(self, interaction: Interaction, data: Mapping[str, Any]) -> None:
        self._need(interaction, 5, COMMAND, COMPONENT, MODAL_SUBMIT)
        if (data.get("flags") or 0) & ~EPHEMERAL or set(data) - {"flags"}:
            raise form_error([("data", "A deferred answer may carry the EPHEMERAL flag only.")])
        interaction.message = self._new_message(interaction, data.get("flags") or 0)
        interaction.message.flags |= LOADING

    def _update(self, interaction: Interaction, kind: int, data: Mapping[str, Any], files: dict[int, File]) -> None:
        self._need(interaction, kind, COMPONENT, MODAL_SUBMIT)
        source = interaction.source
        if kind == 7:
            if source is None:
                raise form_error([("type", "There is no message to update: the modal was not opened by a component.")])
            if source.deleted:
                raise Refusal(404, 10008, "Unknown Message")
            self._write(source, data, files, EDIT_FLAGS)
        elif data:
            raise form_error([("data", "A deferred update carries nothing.")])
        interaction.message = source

    def _choices(self, interaction: Interaction, data: Mapping[str, Any]) -> None:
        self._need(interaction, 8, AUTOCOMPLETE)
        choices = data.get("choices") or []
        good = len(choices) <= 25 and all(
            1 <= len(name) <= 100
            for choice in choices
            for name in [choice["name"], *(choice.get("name_localizations") or {}).values()]
        )
        if not good or any(not 1 <= len(str(choice["value"])) <= 100 for choice in choices):
            raise form_error([("data.choices", "At most 25 choices with names and values of 1-100.")])
        interaction.choices = choices

    def _modal(self, interaction: Interaction, data: Mapping[str, Any]) -> None:
        self._need(interaction, 9, COMMAND, COMPONENT)
        form = pruned(data)
        if mistakes := list(modal_mistakes(form)):
            raise form_error(mistakes)
        interaction.modal = Modal(interaction, form)

    @staticmethod
    def _callback_response(interaction: Interaction, kind: int) -> dict[str, Any]:
        said: dict[str, Any] = {"id": str(interaction.id), "type": interaction.type}
        message = interaction.message
        said["channel_id"] = str(interaction.channel.id)
        if interaction.channel.guild is not None:
            said["guild_id"] = str(interaction.channel.guild.id)
        if message is not None:
            said |= {
                "response_message_id": str(message.id),
                "response_message_loading": message.loading,
                "response_message_ephemeral": message.ephemeral,
            }
        if kind in (4, 7) and message is not None:
            return {"interaction": said, "resource": {"type": kind, "message": message.payload}}
        return {"interaction": said}

    # The fifteen minutes after it

    def _open(self, application: int, token: str) -> Interaction:
        interaction = self._by_token(token)
        if application != self.world.bot.id:
            raise Refusal(404, 10015, "Unknown Webhook", problem="a webhook of another application")
        if interaction.age >= LIFETIME or interaction.expired_by_test:
            raise Refusal(401, 50027, "Invalid Webhook Token")
        if interaction.callback is None:
            problem = "" if interaction.was_refused else "an edit or follow-up before the first answer"
            raise Refusal(404, 10015, "Unknown Webhook", problem=problem)
        return interaction

    def _find(self, interaction: Interaction, which: str) -> Message:
        if which == "@original":
            found = interaction.message
        else:
            every = [interaction.message, *interaction.replies]
            found = next((one for one in every if one is not None and str(one.id) == which), None)
        if found is None or found.deleted:
            raise Refusal(404, 10008, "Unknown Message")
        return found

    def get(self, application: int, token: str, which: str) -> Answered:
        return 200, self._find(self._open(application, token), which).payload

    def edit(
        self, application: int, token: str, which: str, data: Mapping[str, Any], files: dict[int, File]
    ) -> Answered:
        message = self._find(self._open(application, token), which)
        if message.channel.archived:
            raise Refusal(400, 50083, "Thread is archived")
        self._write(message, data, files, EDIT_FLAGS)
        return 200, message.payload

    def delete(self, application: int, token: str, which: str) -> Answered:
        self._find(self._open(application, token), which).deleted = True
        return 204, None

    def follow_up(self, application: int, token: str, data: Mapping[str, Any], files: dict[int, File]) -> Answered:
        interaction = self._open(application, token)
        original = interaction.message
        if interaction.callback == 5 and original is not None and original.loading:
            self.world.problems.append(
                "a follow-up right after a deferred answer: it replaces the @original (deprecated)"
            )
            self._write(
                original,
                {key: data[key] for key in data if key != "flags"} | {"flags": (data.get("flags") or 0) & EDIT_FLAGS},
                files,
                EDIT_FLAGS,
            )
            return 200, original.payload
        if interaction.is_user_installed_only and len(interaction.replies) >= MAX_USER_FOLLOWUPS:
            raise Refusal(400, 40094, "This interaction has reached the maximum number of follow up messages")
        if interaction.channel.archived and interaction.channel.locked:
            raise Refusal(400, 50083, "Thread is archived")
        message = self._post(interaction, data, files)
        interaction.replies.append(message)
        return 200, message.payload
