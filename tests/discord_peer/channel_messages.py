"""Messages as the bot user writes, reads and deletes them in channels and direct messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.discord_peer.message_rules import EDIT_FLAGS, SUPPRESS_NOTIFICATIONS, form_error, may_write, write
from tests.discord_peer.servers import Channel
from tests.discord_peer.world import Answered, File, Message, Refusal, World


class ChannelMessages:
    NONCE_LIFETIME = 5 * 60

    def __init__(self, world: World) -> None:
        self.world = world
        self.size_limit = 10 * 1024 * 1024

    def channel(self, number: int) -> Channel:
        channel = self.world.channels.get(number)
        if channel is None or channel.deleted:
            raise Refusal(404, 10003, "Unknown Channel")
        if channel.guild is None:
            if self.world.bot not in channel.people:
                raise Refusal(403, 50001, "Missing Access")
        elif not channel.guild.has_bot or not channel.may(self.world.bot, "view_channel"):
            raise Refusal(403, 50001, "Missing Access")
        return channel

    def _message(self, channel: Channel, number: int) -> Message:
        for message in channel.messages:
            if message.id == number and not message.deleted and not message.ephemeral:
                return message
        raise Refusal(404, 10008, "Unknown Message")

    def _reachable(self, channel: Channel) -> None:
        """Whether the person on the other side of a direct message can be written to."""
        if channel.guild is not None:
            return
        for user in channel.people:
            if user.is_bot:
                continue
            if not user.takes_dms:
                raise Refusal(403, 50007, "Cannot send messages to this user")
            met = any(guild.has_bot and user in guild.members for guild in self.world.guilds.values())
            if not met and not user.has_installed:
                raise Refusal(403, 50278, "Cannot send messages to this user due to having no mutual guilds")

    def create(self, number: int, data: Mapping[str, Any], files: dict[int, File]) -> Answered:
        channel = self.channel(number)
        may_write(channel, self.world.bot, files=bool(files))
        self._reachable(channel)
        nonce = data.get("nonce")
        if nonce is not None and len(str(nonce)) > 25:
            raise form_error([("nonce", "Must be 25 or fewer in length.")])
        if nonce is not None and data.get("enforce_nonce"):
            since = self.world.clock.now() - self.NONCE_LIFETIME * 1000
            for earlier in reversed(channel.messages):
                if earlier.nonce == nonce and earlier.author is self.world.bot and earlier.created >= since:
                    return 200, earlier.payload
        message = Message(self.world, channel, self.world.bot)
        message.nonce = nonce
        try:
            flags = EDIT_FLAGS | SUPPRESS_NOTIFICATIONS
            place = f"attachments/{channel.id}"
            write(message, data, files, allowed_flags=flags, place=place, size_limit=self.size_limit)
        except Refusal:
            channel.messages.remove(message)
            raise
        return 200, message.payload

    def list(self, number: int, query: Mapping[str, str]) -> Answered:
        channel = self.channel(number)
        if channel.guild is not None and not channel.may(self.world.bot, "read_message_history"):
            return 200, []
        limit = int(query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise form_error([("limit", "int value should be between 1 and 100.")])
        before, after = int(query.get("before", 1 << 63)), int(query.get("after", 0))
        found = [post for post in channel.posts if after < post.id < before]
        return 200, [post.payload for post in reversed(found)][:limit]

    def get(self, number: int, message: int) -> Answered:
        return 200, self._message(self.channel(number), message).payload

    def edit(self, number: int, message: int, data: Mapping[str, Any], files: dict[int, File]) -> Answered:
        channel = self.channel(number)
        found = self._message(channel, message)
        if found.author is not self.world.bot:
            raise Refusal(
                403, 50005, "Cannot edit a message authored by another user", problem="edits another's message"
            )
        if channel.archived:
            raise Refusal(400, 50083, "Thread is archived")
        place = f"attachments/{channel.id}"
        write(found, data, files, allowed_flags=EDIT_FLAGS, place=place, size_limit=self.size_limit)
        return 200, found.payload

    def delete(self, number: int, message: int) -> Answered:
        channel = self.channel(number)
        found = self._message(channel, message)
        if found.author is not self.world.bot and not channel.may(self.world.bot, "manage_messages"):
            raise Refusal(403, 50013, "Missing Permissions")
        if channel.archived:
            raise Refusal(400, 50083, "Thread is archived")
        found.deleted = True
        return 204, None
