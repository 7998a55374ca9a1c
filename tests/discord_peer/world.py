"""What exists in the fake Discord: people, messages, files, servers, and those who wait for something to change."""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.discord_peer.clock import EPOCH, Clock, stamp
from tests.discord_peer.components import flat, rendered
from tests.discord_peer.servers import DM, GROUP, Channel, Guild
from tests.waiting import Changing

EPHEMERAL, LOADING, V2 = 1 << 6, 1 << 7, 1 << 15
LINK_LIFETIME = 24 * 3600

Answered = tuple[int, Any]
"""Status and JSON body of an answer; None as the body is no body."""


class Refusal(Exception):
    """Discord's answer to a request that it does not carry out. With ``problem``, only a faulty bot gets there."""

    def __init__(
        self, status: int, code: int, message: str, *, errors: dict[str, Any] | None = None, problem: str = ""
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.errors, self.problem = status, code, message, errors, problem

    @property
    def body(self) -> dict[str, Any]:
        return {"message": self.message, "code": self.code} | ({"errors": self.errors} if self.errors else {})


@dataclass(frozen=True)
class File:
    """A file as a person hands it over: name and type are what they claim."""

    data: bytes = field(repr=False)
    name: str = ""
    type: str = ""

    @staticmethod
    def of(value: bytes | File) -> File:
        if isinstance(value, File):
            return value
        for magic, kind in ((b"\x89PNG", "png"), (b"GIF8", "gif"), (b"RIFF", "webp")):
            if value.startswith(magic):
                return File(value, f"photo.{kind}", f"image/{kind}")
        return File(value, "photo.jpg", "image/jpeg")


@dataclass(eq=False)
class Attachment:
    world: World
    id: int
    place: str
    name: str
    data: bytes = field(repr=False)
    type: str = "application/octet-stream"
    description: str | None = None
    ephemeral: bool = False

    @property
    def url(self) -> str:
        return self.world.link(f"/{self.place}/{self.id}/{quote(self.name)}")

    @property
    def size_in_pixels(self) -> tuple[int, int] | None:
        return struct.unpack(">II", self.data[16:24]) if self.data[:4] == b"\x89PNG" and len(self.data) > 24 else None

    @property
    def payload(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "id": str(self.id),
            "filename": self.name,
            "size": len(self.data),
            "url": self.url,
            "proxy_url": self.url,
            "content_type": self.type,
        }
        if self.description is not None:
            said["description"] = self.description
        if self.size_in_pixels:
            said["width"], said["height"] = self.size_in_pixels
        return said | ({"ephemeral": True} if self.ephemeral else {})


@dataclass(eq=False)
class User:
    world: World = field(repr=False)
    id: int
    name: str
    locale: str = "en-US"
    is_bot: bool = False
    takes_dms: bool = True
    has_installed: bool = False
    """The app is installed to this user, so its commands go wherever the user goes."""

    @property
    def payload(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "id": str(self.id),
            "username": self.name,
            "global_name": None if self.is_bot else self.name.title(),
            "discriminator": "0000" if self.is_bot else "0",
            "avatar": None,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": None,
        }
        return said | ({"bot": True} if self.is_bot else {})


class Message:
    """A message as its reader sees it. An ephemeral one has an ``owner``, the only one who sees it."""

    def __init__(self, world: World, channel: Channel, author: User, *, owner: User | None = None) -> None:
        self.world, self.channel, self.author, self.owner = world, channel, author, owner
        self.id = world.snowflake()
        self.created = world.clock.now()
        self.content = ""
        self.components: list[dict[str, Any]] = []
        self.attachments: list[Attachment] = []
        self.embeds: list[dict[str, Any]] = []
        self.flags = EPHEMERAL if owner is not None else 0
        self.kind = 0
        self.metadata: dict[str, Any] | None = None
        self.asker: User | None = None
        """Whom Discord itself names above the message as the one who used the command."""
        self.edited: int | None = None
        self.edits = 0
        self.history: list[tuple[int, str]] = []
        """Every state the message had: the virtual time and its text."""
        self.deleted = False
        self.nonce: str | int | None = None
        self.pings: list[str] = []
        """Whom it pinged, as the text says it: ``<@1>``, ``@everyone``."""
        channel.messages.append(self)

    @property
    def ephemeral(self) -> bool:
        return self.owner is not None

    @property
    def loading(self) -> bool:
        """Still "thinking…": deferred, nothing said yet."""
        return bool(self.flags & LOADING)

    @property
    def is_v2(self) -> bool:
        return bool(self.flags & V2)

    def visible_to(self, user: User) -> bool:
        if self.deleted or (self.owner is not None and self.owner is not user):
            return False
        return self.channel.may(user, "view_channel")

    @property
    def parts(self) -> list[dict[str, Any]]:
        """All components, flat, in reading order."""
        return list(flat(self.components))

    @property
    def text(self) -> str:
        said = [self.content] if self.content else []
        return "\n".join(said + [part["content"] for part in self.parts if part["type"] == 10])

    @property
    def buttons(self) -> list[str]:
        return [part.get("label", "") for part in self.parts if part["type"] == 2]

    @property
    def menus(self) -> list[Menu]:
        return [Menu(part) for part in self.parts if part["type"] == 3]

    @property
    def media(self) -> list[tuple[str, str | None]]:
        """URL and alt text of each picture shown, in reading order."""
        shown: list[tuple[str, str | None]] = []
        for part in self.parts:
            if part["type"] == 12:
                shown += [(item["media"]["url"], item.get("description")) for item in part["items"]]
            elif part["type"] == 11:
                shown.append((part["media"]["url"], part.get("description")))
        return shown

    @property
    def pictures(self) -> list[bytes]:
        """The pictures that the reader sees: those shown by components, else (without V2) image attachments."""
        if not self.is_v2:
            return [found.data for found in self.attachments if found.type.startswith("image/")]
        return [found.data for url, _ in self.media if (found := self._attached(url))]

    @property
    def alts(self) -> list[str | None]:
        """The alt texts of the pictures."""
        if not self.is_v2:
            return [found.description for found in self.attachments if found.type.startswith("image/")]
        return [alt for _, alt in self.media]

    @property
    def files(self) -> dict[str, bytes]:
        """The files offered for download by name."""
        if not self.is_v2:
            return {found.name: found.data for found in self.attachments if not found.type.startswith("image/")}
        offered = [self._attached(part["file"]["url"]) for part in self.parts if part["type"] == 13]
        return {found.name: found.data for found in offered if found}

    def _attached(self, url: str) -> Attachment | None:
        name = url.removeprefix("attachment://")
        return next((found for found in self.attachments if found.name == name), None) if name != url else None

    async def until(self, predicate: Callable[[Message], Any], seconds: float = 20) -> Message:
        """Wait until the message is as ``predicate`` wants it."""
        await self.world.until(lambda: predicate(self), seconds, lambda: f"a change of {self!r}")
        return self

    def __repr__(self) -> str:
        marks = [name for name in ("ephemeral", "loading", "deleted") if getattr(self, name)]
        return f"<Message {' '.join(marks)} in {self.channel.name}: {self.text!r} buttons={self.buttons}>"

    @property
    def payload(self) -> dict[str, Any]:
        """The message as a client receives it, with freshly signed links."""
        said: dict[str, Any] = {
            "id": str(self.id),
            "type": self.kind,
            "channel_id": str(self.channel.id),
            "author": self.author.payload,
            "content": self.content,
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "attachments": [found.payload for found in self.attachments],
            "embeds": self.embeds,
            "components": rendered(self.components, self.id, self._attached),
            "timestamp": stamp(self.created),
            "edited_timestamp": stamp(self.edited) if self.edited is not None else None,
            "flags": self.flags,
            "pinned": False,
            "tts": False,
        }
        if self.metadata is not None:
            bot = self.world.bot
            said |= {"application_id": str(bot.id), "webhook_id": str(bot.id), "interaction_metadata": self.metadata}
        return said | ({"nonce": self.nonce} if self.nonce is not None else {})


@dataclass(frozen=True)
class Menu:
    part: dict[str, Any] = field(repr=False)

    @property
    def custom_id(self) -> str:
        return self.part["custom_id"]

    @property
    def placeholder(self) -> str:
        return self.part.get("placeholder") or ""

    @property
    def labels(self) -> list[str]:
        return [option["label"] for option in self.part["options"]]

    @property
    def values(self) -> list[str]:
        return [option["value"] for option in self.part["options"]]

    @property
    def selected(self) -> list[str]:
        return [option["label"] for option in self.part["options"] if option.get("default")]


PING = re.compile(r"<@[!&]?(\d+)>|@everyone|@here")


def pings(text: str, allowed: Mapping[str, Any] | None) -> list[str]:
    """Whom a text pings under an ``allowed_mentions`` (None = everybody whom it names)."""
    hits: list[str] = []
    for found in PING.finditer(text):
        kind = "roles" if "&" in found[0] else "users" if found[1] else "everyone"
        if allowed is None or kind in allowed.get("parse", ()) or (found[1] and found[1] in allowed.get(kind, ())):
            hits.append(found[0])
    return hits


class World(Changing):
    """Everything that exists, and those who wait for it to change."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.cdn = ""
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.attachments: dict[int, Attachment] = {}
        self.tell: Callable[[Guild | None, str, dict[str, Any]], None] = lambda *_: None
        """Send a gateway event to the shard of a server (None = direct messages)."""
        self.new_user: Callable[..., User] = User
        self._count = 0
        self._key = b"a key for links"
        self._links_since = 0
        self.bot = User(self, self.snowflake(), "bpp", is_bot=True)
        self.users[self.bot.id] = self.bot
        self.admin = self.bot
        """Who owns the application; the peer makes one."""

    def snowflake(self) -> int:
        self._count += 1
        return (self.clock.now() - EPOCH) << 22 | (self._count & 0x3FFFFF)

    def guild_id(self) -> int:
        """Servers founded one after the other: consecutive ones belong to different shards."""
        return self.snowflake() - ((1_000_000 - len(self.guilds)) << 22)

    def user(self, name: str, *, locale: str = "en-US") -> User:
        user = self.new_user(self, self.snowflake(), name, locale)
        self.users[user.id] = user
        return user

    def guild(self, name: str, *, has_bot: bool = True, locale: str = "en-US") -> Guild:
        guild = Guild(self, name, has_bot=has_bot, locale=locale)
        self.guilds[guild.id] = guild
        if has_bot:
            self.tell(guild, "GUILD_CREATE", guild.payload)
        return guild

    def dm(self, *people: User) -> Channel:
        """The direct message (two) or group (more) of exactly these people."""
        for channel in self.channels.values():
            if channel.guild is None and set(channel.people) == set(people):
                return channel
        name = " and ".join(user.name for user in people)
        return Channel(self, DM if len(people) == 2 else GROUP, name, people=people)

    def attach(self, file: File, place: str, *, description: str | None = None, ephemeral: bool = False) -> Attachment:
        made = Attachment(self, self.snowflake(), place, file.name, file.data, file.type, description, ephemeral)
        self.attachments[made.id] = made
        return made

    def link(self, path: str) -> str:
        """A signed link that expires by the virtual clock."""
        issued = self.clock.now() // 1000
        ex, since = f"{issued + LINK_LIFETIME:x}", f"{issued:x}"
        return f"{self.cdn}{path}?ex={ex}&is={since}&hm={self._sign(path, ex, since)}"

    def _sign(self, path: str, ex: str, since: str) -> str:
        said = f"{path} {ex} {since} {self._links_since}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()

    def link_is_good(self, path: str, query: Mapping[str, str]) -> bool:
        ex, since, signature = query.get("ex", ""), query.get("is", ""), query.get("hm", "")
        if not hmac.compare_digest(signature, self._sign(path, ex, since)):
            return False
        return int(ex, 16) * 1000 > self.clock.now()

    def expire_links(self) -> None:
        """Every link handed out so far is dead; payloads from now on carry fresh ones."""
        self._links_since += 1
