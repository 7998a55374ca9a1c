"""Servers, their roles and channels, and who may do what where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.discord_peer.clock import stamp

if TYPE_CHECKING:
    from tests.discord_peer.world import Message, User, World

TEXT, DM, GROUP, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 3, 11, 12, 15
THREADS = (PUBLIC_THREAD, PRIVATE_THREAD)

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
