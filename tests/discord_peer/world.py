"""What exists in the fake Discord: people, servers, channels, messages, files, and the time that rules them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from tests.discord_peer.components import flat, rendered

T = TypeVar("T")

EPOCH = 1_420_070_400_000
TEXT, DM, GROUP, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 3, 11, 12, 15
THREADS = (PUBLIC_THREAD, PRIVATE_THREAD)
EPHEMERAL, LOADING, V2 = 1 << 6, 1 << 7, 1 << 15
LINK_LIFETIME = 24 * 3600

PERMISSIONS = {
    "administrator": 1 << 3,
    "manage_channels": 1 << 4,
    "manage_guild": 1 << 5,
    "add_reactions": 1 << 6,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34,
    "send_messages_in_threads": 1 << 38,
    "moderate_members": 1 << 40,
    "use_external_apps": 1 << 50,
}
EVERYTHING = (1 << 53) - 1
ORDINARY = (
    "view_channel",
    "send_messages",
    "embed_links",
    "attach_files",
    "read_message_history",
    "add_reactions",
    "use_application_commands",
    "send_messages_in_threads",
    "use_external_apps",
)


def bits(names: Iterable[str]) -> int:
    return sum(PERMISSIONS[name] for name in set(names))


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


class Clock:
    """Stands still until a test moves it; starts at the real time, so that a bot in another process agrees."""

    def __init__(self) -> None:
        self._now = int(time.time() * 1000)

    def now(self) -> int:
        return self._now

    __call__ = now

    def advance(self, seconds: float) -> None:
        self._now += int(seconds * 1000)


def stamp(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


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


@dataclass(eq=False)
class Role:
    guild: Guild = field(repr=False)
    id: int
    name: str
    permissions: int = 0

    @property
    def payload(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "name": self.name,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "icon": None,
            "unicode_emoji": None,
            "position": 0 if self.id == self.guild.id else 1,
            "permissions": str(self.permissions),
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }


class Guild:
    """A server. ``has_bot`` says whether the app is installed there with its bot user."""

    def __init__(self, world: World, name: str, *, has_bot: bool = True, locale: str = "en-US") -> None:
        self.world, self.name, self.locale, self.has_bot = world, name, locale, has_bot
        self.id = world.guild_id()
        self.everyone = Role(self, self.id, "@everyone", bits(ORDINARY))
        self.roles = [self.everyone]
        self.members: dict[User, list[Role]] = {}
        self.channels: list[Channel] = []
        self.overwrites: list[tuple[User | Role, int, int]] = []
        self.owner = world.user("owner-of-" + name)
        self.members[self.owner] = []
        if has_bot:
            self.members[world.bot] = []

    def role(self, name: str, *permissions: str) -> Role:
        role = Role(self, self.world.snowflake(), name, bits(permissions))
        self.roles.append(role)
        self.world.tell(self, "GUILD_ROLE_CREATE", {"guild_id": str(self.id), "role": role.payload})
        return role

    def join(self, user: User, *, permissions: Iterable[str] = (), roles: Iterable[Role] = ()) -> None:
        """Make ``user`` a member; ``permissions`` (names) come with a role of their own."""
        extra = [self.role(f"of {user.name}", *permissions)] if permissions else []
        self.members[user] = [*roles, *extra]

    def leave(self, user: User) -> None:
        self.members.pop(user, None)

    def channel(self, name: str) -> Channel:
        return self._add(Channel(self.world, TEXT, name, guild=self))

    def forum(self, name: str) -> Channel:
        return self._add(Channel(self.world, FORUM, name, guild=self))

    def _add(self, channel: Channel) -> Channel:
        self.channels.append(channel)
        self.world.tell(self, "CHANNEL_CREATE", channel.payload)
        return channel

    def deny(self, who: User | Role, *names: str) -> None:
        """Take permissions away in every channel of this server."""
        self._overwrite(who, 0, bits(names))

    def allow(self, who: User | Role, *names: str) -> None:
        self._overwrite(who, bits(names), 0)

    def _overwrite(self, who: User | Role, allowed: int, denied: int) -> None:
        self.overwrites.append((who, allowed, denied))
        for channel in self.channels:
            if channel.parent is None:
                self.world.tell(self, "CHANNEL_UPDATE", channel.payload)

    def kick_bot(self) -> None:
        if self.has_bot:
            self.world.tell(self, "GUILD_DELETE", {"id": str(self.id)})
            self.has_bot = False
            self.members.pop(self.world.bot, None)

    remove_bot = kick_bot

    def invite_bot(self) -> None:
        if not self.has_bot:
            self.has_bot = True
            self.members[self.world.bot] = []
            self.world.tell(self, "GUILD_CREATE", self.payload)

    def base_permissions(self, user: User) -> int:
        if user is self.owner:
            return EVERYTHING
        granted = self.everyone.permissions
        for role in self.members[user]:
            granted |= role.permissions
        return EVERYTHING if granted & PERMISSIONS["administrator"] else granted

    def member(self, user: User, *, within: Channel | None = None, with_user: bool = True) -> dict[str, Any]:
        said: dict[str, Any] = {
            "nick": None,
            "avatar": None,
            "banner": None,
            "roles": [str(role.id) for role in self.members.get(user, ())],
            "joined_at": stamp(self.world.clock.now()),
            "premium_since": None,
            "pending": False,
            "flags": 0,
            "communication_disabled_until": None,
        }
        if with_user:
            said |= {"user": user.payload, "deaf": False, "mute": False}
        if within is not None:
            said["permissions"] = str(within.permissions(user))
        return said

    @property
    def payload(self) -> dict[str, Any]:
        """GUILD_CREATE, as a bot with the guilds intent gets it."""
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "owner_id": str(self.owner.id),
            "region": "deprecated",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "roles": [role.payload for role in self.roles],
            "emojis": [],
            "features": [],
            "mfa_level": 0,
            "application_id": None,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "safety_alerts_channel_id": None,
            "max_members": 500000,
            "vanity_url_code": None,
            "description": None,
            "banner": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": self.locale,
            "public_updates_channel_id": None,
            "nsfw_level": 0,
            "stickers": [],
            "premium_progress_bar_enabled": False,
            "hub_type": None,
            "incidents_data": None,
            "joined_at": stamp(self.world.clock.now()),
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "voice_states": [],
            "members": [self.member(self.world.bot)] if self.has_bot else [],
            "channels": [channel.payload for channel in self.channels if channel.type not in THREADS],
            "threads": [
                channel.payload for channel in self.channels if channel.type in THREADS and not channel.archived
            ],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


class Channel:
    """A text channel, forum, thread, direct message or group. Threads and forum posts have a ``parent``."""

    def __init__(
        self,
        world: World,
        kind: int,
        name: str,
        *,
        guild: Guild | None = None,
        parent: Channel | None = None,
        people: tuple[User, ...] = (),
    ) -> None:
        self.world, self.type, self.name, self.guild, self.parent, self.people = (
            world,
            kind,
            name,
            guild,
            parent,
            people,
        )
        self.id = world.snowflake()
        self.archived = self.locked = self.deleted = False
        self.overwrites: list[tuple[User | Role, int, int]] = []
        self.messages: list[Message] = []
        world.channels[self.id] = self

    def thread(self, name: str, *, private: bool = False) -> Channel:
        """A thread here; in a forum, a post."""
        assert self.guild is not None
        assert self.type in (TEXT, FORUM)
        kind = PRIVATE_THREAD if private else PUBLIC_THREAD
        thread = Channel(self.world, kind, name, guild=self.guild, parent=self)
        self.guild.channels.append(thread)
        self.world.tell(self.guild, "THREAD_CREATE", thread.payload | {"newly_created": True})
        return thread

    def archive(self, *, locked: bool = True) -> None:
        assert self.guild is not None
        self.archived, self.locked = True, locked
        self.world.tell(self.guild, "THREAD_UPDATE", self.payload)

    def delete(self) -> None:
        assert self.guild is not None
        self.deleted = True
        self.guild.channels.remove(self)
        if self.type in THREADS:
            keys = ("id", "guild_id", "parent_id", "type")
            self.world.tell(self.guild, "THREAD_DELETE", {key: self.payload[key] for key in keys})
        else:
            self.world.tell(self.guild, "CHANNEL_DELETE", self.payload)

    def deny(self, who: User | Role, *names: str) -> None:
        """Take permissions away here (and in the threads of this channel)."""
        self._overwrite(who, 0, bits(names))

    def allow(self, who: User | Role, *names: str) -> None:
        self._overwrite(who, bits(names), 0)

    def _overwrite(self, who: User | Role, allowed: int, denied: int) -> None:
        assert self.guild is not None
        assert self.parent is None, "threads have the permissions of their channel"
        self.overwrites.append((who, allowed, denied))
        self.world.tell(self.guild, "CHANNEL_UPDATE", self.payload)

    @property
    def is_with_bot(self) -> bool:
        """The direct message of one person and the bot."""
        return self.type == DM and self.world.bot in self.people

    def permissions(self, user: User) -> int:
        """What ``user`` may do here: roles, then the overwrites for everyone, for roles, for the user."""
        if self.guild is None:
            return bits([*ORDINARY, "mention_everyone"]) if user in self.people or user.is_bot else 0
        if user not in self.guild.members:
            return 0
        granted = self.guild.base_permissions(user)
        if granted == EVERYTHING:
            return granted
        rules = self.guild.overwrites + (self.parent or self).overwrites
        for level in ([self.guild.everyone], self.guild.members[user], [user]):
            for allows in (False, True):
                for who, allowed, denied in rules:
                    if who in level:
                        granted = granted | allowed if allows else granted & ~denied
        if self.type == PRIVATE_THREAD and user not in self.people and not granted & PERMISSIONS["manage_threads"]:
            return 0
        return granted if granted & PERMISSIONS["view_channel"] else 0

    def add(self, *people: User) -> None:
        """Invite people (or the bot) to a private thread."""
        self.people += people

    def may(self, user: User, *names: str) -> bool:
        granted = self.permissions(user)
        return all(granted & PERMISSIONS[name] for name in names)

    @property
    def posts(self) -> list[Message]:
        """What everybody here sees."""
        return [message for message in self.messages if not message.deleted and not message.ephemeral]

    @property
    def payload(self) -> dict[str, Any]:
        last = str(self.messages[-1].id) if self.messages else None
        if self.guild is None:
            people = [user.payload for user in self.people if not (user.is_bot and self.type == DM)]
            said: dict[str, Any] = {"id": str(self.id), "type": self.type, "flags": 0, "last_message_id": last}
            if self.type == GROUP:
                said |= {"name": self.name, "icon": None, "owner_id": str(self.people[0].id)}
            return said | {"recipients": people}
        said = {
            "id": str(self.id),
            "type": self.type,
            "guild_id": str(self.guild.id),
            "name": self.name,
            "parent_id": None,
            "flags": 0,
            "last_message_id": last,
            "rate_limit_per_user": 0,
        }
        if self.parent is not None:
            return said | {
                "parent_id": str(self.parent.id),
                "owner_id": str(self.guild.owner.id),
                "message_count": len(self.messages),
                "member_count": 1,
                "total_message_sent": len(self.messages),
                "thread_metadata": {
                    "archived": self.archived,
                    "archive_timestamp": stamp(self.world.clock.now()),
                    "auto_archive_duration": 1440,
                    "locked": self.locked,
                },
            }
        said |= {"position": 0, "permission_overwrites": self._overwrites(), "nsfw": False, "topic": None}
        if self.type == FORUM:
            said |= {
                "available_tags": [],
                "default_reaction_emoji": None,
                "default_sort_order": None,
                "default_forum_layout": 0,
            }
        return said

    def _overwrites(self) -> list[dict[str, Any]]:
        assert self.guild is not None
        merged: dict[User | Role, tuple[int, int]] = {}
        for who, allowed, denied in self.guild.overwrites + self.overwrites:
            before = merged.get(who, (0, 0))
            merged[who] = ((before[0] | allowed) & ~denied, (before[1] | denied) & ~allowed)
        return [
            {"id": str(who.id), "type": 0 if isinstance(who, Role) else 1, "allow": str(allow), "deny": str(deny)}
            for who, (allow, deny) in merged.items()
        ]


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

    async def until(self, predicate: Callable[[Message], Any], seconds: float = 10) -> Message:
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


class World:
    """Everything that exists, and those who wait for it to change."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.problems: list[str] = []
        self.cdn = ""
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.attachments: dict[int, Attachment] = {}
        self.tell: Callable[[Guild | None, str, dict[str, Any]], None] = lambda *_: None
        """Send a gateway event to the shard of a server (None = direct messages)."""
        self.new_user: Callable[..., User] = User
        self._count = 0
        self._waiting: set[asyncio.Future[None]] = set()
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

    def changed(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    async def until(self, predicate: Callable[[], T], seconds: float, what: Callable[[], str]) -> T:
        """Wait until ``predicate`` holds: looked at after each request and event.

        It is looked at now and then too, for a test may wait for what the bot alone knows.
        """
        try:
            async with asyncio.timeout(seconds):
                while not (value := predicate()):
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiting.add(waiter)
                    await asyncio.wait([waiter], timeout=0.02)
                return value
        except TimeoutError:
            raise AssertionError(f"waited {seconds} s for {what()}; problems: {self.problems}") from None
