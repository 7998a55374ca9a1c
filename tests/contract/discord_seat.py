"""Discord from a member's chair: discord.py, unmodified, at a strict fake of the service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord import Discord, custom_ids
from bot.chat import Action, Call, Platform, Reply, Text
from tests.contract.seats import SECONDS, WORDING, Button, Machine, Menu, Place, Post, Seat, Seen, said
from tests.discord_peer.actors import Actor, ClientRefuses
from tests.discord_peer.interactions import Interaction
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.world import V2, Message

NEW_MESSAGE, MODAL = 5, 9
"""Kinds of first answers: "thinking …" in a message of its own, and a form."""
TEXT, SECTION, GALLERY, FILE, ROW, BUTTON, SELECT, CONTAINER = 10, 9, 12, 13, 1, 2, 3, 17
LOCALES = {"en": "en-US", "ko": "ko"}


class DiscordPlace(Place):
    kind = "discord"
    platform: Discord
    seats: list[DiscordSeat]  # type: ignore[assignment]

    def __init__(self, machine: Machine, folder: Path, peer: DiscordPeer) -> None:
        super().__init__(machine, folder)
        self.peer = peer
        self.guild = peer.guild("Library")
        self.channel = self.guild.channel("general")

    @classmethod
    @contextlib.asynccontextmanager
    async def around(cls, machine: Machine, folder: Path, *, judged: bool) -> AsyncIterator[DiscordPlace]:
        """A place with its own fake Discord; the addresses that discord.py keeps for a process are put back.

        ``judged``: everything is held against Discord's own documents, which takes as long as all the rest.
        """
        base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
        try:
            async with DiscordPeer.serving(judged=judged) as peer:
                yield cls(machine, folder, peer)
        finally:
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway

    async def connect(self, stack: contextlib.AsyncExitStack) -> Platform:
        peer = self.peer
        discord = Discord(
            self.heard,
            WORDING,
            self.folder / "data" / "discord",
            token=peer.token,
            clock=peer.clock,
            api=peer.api,
            gateway=peer.gateway,
            cdn=peer.cdn,
        )
        serving = asyncio.create_task(discord.run())

        async def close() -> None:
            await discord.close()
            await serving

        stack.push_async_callback(close)
        async with asyncio.timeout(SECONDS):
            await discord.ready.wait()
        await peer.ready()
        return discord

    async def back(self) -> None:
        """Nobody's client was ever connected to the bot."""

    async def newcomer(self, name: str, locale: str = "en", *, moderator: bool = False) -> DiscordSeat:
        actor = self.peer.user(name, locale=LOCALES[locale])
        self.guild.join(actor, permissions=("manage_guild",) if moderator else ())
        seat = DiscordSeat(self, actor, locale, moderator=moderator)
        self.seats.append(seat)
        return seat

    async def demote(self, seat: Seat) -> None:
        assert isinstance(seat, DiscordSeat)
        self.guild.join(seat.actor)

    def room_sees(self) -> list[Post]:
        return [Post(message.pictures[0], message.text) for message in self.channel.posts if message.pictures]

    def room_got(self) -> bytes:
        """The channel as anybody's client has it, with the files behind its links."""
        public = [message for message in self.channel.messages if not message.ephemeral]
        files = b"".join(file.data for message in public for file in message.attachments)
        return json.dumps([message.payload for message in public]).encode() + files

    def lines(self, call: Call, reply: Reply) -> Sequence[Text]:
        # A moderator's answer names the member by a code; only the platform knows their name.
        about = [seat for seat in self.seats if str(seat.actor.id) in self.mentioned(call)] if call.is_moderator else []
        names = [Text("discord-about-member", {"name": seat.actor.payload["global_name"]}) for seat in about]
        lines = [*reply.lines[:1], *names, *reply.lines[1:]]
        # What goes through Discord, Discord gets; and we cannot say how long it stays there.
        through = [at for at, line in enumerate(lines) if line.key == "privacy-likeness"]
        for at in through:
            lines.insert(at, Text("discord-privacy"))
        # No bot can take private answers from a screen: only the member can, by loading Discord anew.
        return [*lines, Text("discord-forget-screen")] if reply.forget else lines

    def problems(self) -> list[str]:
        return self.peer.problems


class DiscordSeat(Seat):
    place: DiscordPlace

    def __init__(self, place: DiscordPlace, actor: Actor, locale: str, *, moderator: bool) -> None:
        self.place, self.actor, self.locale, self.moderator = place, actor, locale, moderator
        self._last: Interaction | None = None

    @property
    def secrets(self) -> list[bytes]:
        return [str(self.actor.id).encode(), self.actor.name.encode(), self.actor.payload["global_name"].encode()]

    async def leave(self) -> None:
        """Nothing was opened."""

    async def palette(self) -> list[str]:
        names = [command["name"] for command in self.place.peer.commands if command["type"] == 1]
        return [name for name in names if self._is_offered(name)]

    def _is_offered(self, name: str) -> bool:
        with contextlib.suppress(ClientRefuses):
            return bool(self.actor._command(self.place.channel, name, 1))
        return False

    async def offers(self, command: str, argument: str, typed: str = "") -> dict[str, str]:
        declared = next(one for one in self.place.peer.commands if one["name"] == command)
        option = next(one for one in declared["options"] if one["name"] == argument)
        if option.get("autocomplete"):
            found = await self.actor.autocomplete(self.place.channel, command, argument, typed)
            return {value: name for name, value in found}
        return {choice["value"]: self.actor._localized(choice, "name") for choice in option["choices"]}

    # --- doing -------------------------------------------------------------------------------------------------------

    async def say(self, command: str, /, *, photo: bytes | None = None, **arguments: str | Seat) -> Seen:
        self.photo = photo or self.photo
        given: dict[str, Any] = {
            name: value.actor if isinstance(value, DiscordSeat) else value for name, value in arguments.items()
        }
        if photo is not None:
            given["photo"] = photo
        # Where a moderator's command is hidden from somebody, an administrator may have shown it to them.
        used = await self.actor.slash(self.place.channel, command, force=not self.moderator, **given)
        return await self._answered(used)

    async def press(self, seen: Seen, command: str, choice: str | None = None, *, job: int | None = None) -> Seen:
        for message in seen.handle:
            for part in message.parts:
                ways = [(part["custom_id"], "")] if part["type"] == BUTTON else []
                if part["type"] == SELECT:
                    ways = [(part["custom_id"], option["value"]) for option in part["options"]]
                for custom_id, value in ways:
                    pressed = custom_ids.unpack(custom_ids.chosen(custom_id, value) if value else custom_id)
                    given = pressed.arguments
                    if (
                        pressed.command == command
                        and choice in (None, given.get("choice"))
                        and job in (None, given.get("job"))
                    ):
                        if message.visible_to(self.actor):
                            return await self._use(message, custom_id, value)
                        return await self._use(self._copy(message), custom_id, value)
        raise AssertionError(f"no way to {command} {choice} in {seen!r}")

    async def press_old(self, action: Action) -> Seen:
        custom_id = custom_ids.pack(action)
        row = {"type": ROW, "components": [{"type": BUTTON, "style": 2, "label": "old", "custom_id": custom_id}]}
        message = self._mine()
        message.components = [row]
        return await self._use(message, custom_id)

    def _copy(self, message: Message) -> Message:
        """Somebody else's message as if it were one's own: no client gives it away, so somebody forged it."""
        copy = self._mine()
        copy.components = message.components
        copy.attachments = message.attachments
        return copy

    def _mine(self) -> Message:
        message = Message(self.place.peer.world, self.place.channel, self.place.peer.bot, owner=self.actor)
        message.flags |= V2
        return message

    async def _use(self, message: Message, custom_id: str, value: str = "") -> Seen:
        edits = message.edits
        if value:
            used = await self.actor.choose(message, custom_id, value)
        else:
            used = await self.actor.press(message, custom_id)
        if used.callback == MODAL:
            # Asked for the photo, they give it; asked under which name to share, they say none.
            wants_photo = custom_ids.unpack(used.modal.payload["custom_id"]).wants_photo if used.modal else False
            used = await self.actor.submit(used.modal, photo=[self.photo] if wants_photo else [])
        return await self._answered(used, edits)

    async def _answered(self, used: Interaction, edits: int = 0) -> Seen:
        self._last = used
        message = used.message
        assert message is not None
        if used.callback == NEW_MESSAGE:
            await message.until(lambda one: not one.loading, SECONDS)
            return _read([message, *used.replies], used)
        # In place of the message that was pressed, or in one of its own below it. Not every change is the answer.
        heard = self.place.heard
        await used.until(
            lambda one: heard.has_answered(str(one.id)) and (one.replies or message.edits > edits), SECONDS
        )
        return _read(used.replies or [message], used)

    async def repeat(self) -> None:
        assert self._last is not None
        asked = len(self.place.peer.requests)
        assert self.place.peer.deliver(self._last)
        # Nothing is to come of it, so somebody else's command is waited for: events are taken in order.
        await self.actor.slash(self.place.channel, "help")
        assert [one.path for one in self.place.peer.requests[asked:] if self._last.token in one.path] == []

    # --- seeing ------------------------------------------------------------------------------------------------------

    async def look(self, seen: Seen, such: Callable[[Seen], bool]) -> Seen:
        used: Interaction = seen.handle.used

        def now() -> Seen:
            first = seen.handle[0]
            more = used.replies if first is used.message and used.callback == NEW_MESSAGE else seen.handle[1:]
            # Pages of the same answer, the first of them counted once.
            return _read(list(dict.fromkeys([first, *more])), used)

        try:
            await self.place.peer.until(lambda: such(now()), SECONDS, repr(seen))
        except AssertionError as error:
            raise TimeoutError from error
        return now()

    def screen(self) -> list[Seen]:
        own = [message for message in self.actor.sees(self.place.channel) if message.ephemeral]
        return [_read([message], None) for message in [*own, *self.actor.dms]]


class Pages(list[Message]):
    """The messages of one answer, and what it answers."""

    def __init__(self, messages: Sequence[Message], used: Interaction | None) -> None:
        super().__init__(messages)
        self.used = used


BAR = re.compile(r"[▰▱]+")
HEADING = re.compile(r"\*\*.*\*\*", re.DOTALL)
MENTION = re.compile(r"</([^:>]+):\d+>")
ESCAPED = re.compile(r"\\([\\*_~|`<\[#>-])")


def plain(text: str) -> str:
    """A text as Discord's client shows it."""
    lines = [re.sub(r"^(#{1,3}|-#|-) ", "", line) for line in text.split("\n")]
    return ESCAPED.sub(r"\1", MENTION.sub(r"/\1", "\n".join(lines)))


def _parts(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for part in components:
        if part["type"] == CONTAINER:
            yield from _parts(part["components"])
        elif part["type"] == ROW:
            yield from part["components"]
        else:
            yield part


def _read(messages: Sequence[Message], used: Interaction | None) -> Seen:
    found: dict[str, Any] = {"lines": (), "wall": (), "buttons": (), "menus": {}}
    choose = {WORDING.say(locale, Text("discord-wall-choose")) for locale in LOCALES}
    for message in messages:
        files = {file.name: file for file in message.attachments}
        for part in _parts(message.components):
            match part["type"]:
                case 10 if BAR.fullmatch(part["content"]):
                    found["progress"] = True
                case 10 if not HEADING.fullmatch(part["content"]):
                    found["lines"] += said(plain(part["content"]))
                case 9:
                    found["wall"] += (plain(part["components"][0]["content"].strip("*")),)
                case 12:
                    (item,) = part["items"]
                    found["picture"] = files[item["media"]["url"].removeprefix("attachment://")].data
                    found["alt"] = item["description"]
                case 13:
                    file = files[part["file"]["url"].removeprefix("attachment://")]
                    found["file"] = (file.name, file.data)
                case 2:
                    pressed = custom_ids.unpack(part["custom_id"])
                    given = pressed.arguments
                    found["buttons"] += (Button(part["label"], pressed.command, given.get("job"), given.get("choice")),)
                case 3 if not any(part["placeholder"].startswith(one) for one in choose):
                    command = custom_ids.unpack(part["custom_id"]).command
                    before = found["menus"].get(command, Menu({}))
                    found["menus"][command] = Menu(
                        {**before.options, **{option["value"]: option["label"] for option in part["options"]}},
                        (*before.chosen, *(option["value"] for option in part["options"] if option.get("default"))),
                    )
                case _:
                    pass
    is_private = all(message.ephemeral or message.channel.is_with_bot for message in messages)
    return Seen(**found, private=is_private, handle=Pages(messages, used))
