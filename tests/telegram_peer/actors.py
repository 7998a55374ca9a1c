"""People in front of a Telegram client: they write, press, open links, block, and read.

A person can do only what a client lets them do; anything else is a ``ClientRefuses`` and never reaches the bot.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.telegram_peer import entities
from tests.telegram_peer.chats import Channel, Chat, Group, Member, Topic
from tests.telegram_peer.messages import Message

if TYPE_CHECKING:
    from tests.telegram_peer.world import World

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
ALBUM = 10


class ClientRefuses(AssertionError):
    """No Telegram client would let this person do that."""


class NotAnswered(AssertionError):
    """The button of this press still turns: the bot did not answer the query."""


@dataclass(eq=False)
class Press:
    """A press on a button: what the person gets to see of the answer."""

    world: World = field(repr=False)
    id: str
    user: User
    message: Message
    data: str
    at: int
    """Virtual time."""
    began: float
    answered: bool = False
    ack_seconds: float = 0.0
    """Real seconds until the query was answered."""
    text: str = ""
    """What the answer shows, as a note at the top or (``is_alert``) in a box."""
    is_alert: bool = False
    answer_was_lost: bool = False

    @property
    def alert(self) -> str:
        return self.text

    @property
    def payload(self) -> dict[str, Any]:
        instance = str(abs(hash((self.message.chat.id, "instance"))))
        said = {"id": self.id, "from": self.user.payload, "chat_instance": instance, "data": self.data}
        return said | {"message": self.message.pressed}


class User:
    def __init__(
        self,
        world: World,
        number: int,
        name: str,
        *,
        language: str | None = "en",
        is_bot: bool = False,
        username: str | None = None,
    ) -> None:
        self.world, self.id, self.name, self.language, self.is_bot = world, number, name, language, is_bot
        self.username = (
            (name if re.fullmatch(r"[A-Za-z]\w{2,31}", name, re.ASCII) else "") if username is None else username
        )
        self.first_name = name.title()
        self.deactivated = False
        """The account is deleted."""
        self._blocks_bot = False

    @property
    def payload(self) -> dict[str, Any]:
        said: dict[str, Any] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            said["username"] = self.username
        return said | ({"language_code": self.language} if self.language and not self.is_bot else {})

    def __repr__(self) -> str:
        return f"<User {self.name}>"

    # What they do

    async def says(
        self,
        where: Group | Topic | None = None,
        text: str = "",
        /,
        *,
        photo: bytes = b"",
        document: bytes = b"",
        name: str = "",
        caption: str = "",
        album: Sequence[bytes] = (),
        reply_to: Message | None = None,
        topic: Topic | None = None,
        as_channel: Channel | None = None,
        anonymous: bool = False,
        mention: User | None = None,
        ephemeral: bool | None = None,
        other: dict[str, Any] | None = None,
    ) -> Message:
        """Write in a group, a topic or (None) to the bot alone. Returns the message, of an album the first one.

        ``mention``: their first name in the text becomes a mention without a user name. ``ephemeral``: None = as the
        client does it, for a command that is registered so; False = an older client, which writes for all to see.
        ``other``: fields of the message as the bot gets them, for what is no text, photo or document (a sticker…).
        """
        if isinstance(where, Topic):
            where, topic = where.group, where
        chat: Chat = self.world.private(self) if where is None else where
        said = caption or text
        media = list(album) or [photo or document]
        if bool(photo) + bool(document) + bool(album) > 1:
            raise ClientRefuses("a message is a text, or one photo or document, or an album of photos")
        _fits(said, media, other)
        if reply_to is not None and (reply_to.chat is not chat or reply_to not in self._screen(chat)):
            raise ClientRefuses(f"{self.name} does not see {reply_to!r} there")
        self._may_write(chat, topic, photo=bool(photo or album), document=bool(document))
        owner = self if self._is_ephemeral(chat, said, media[0], reply_to, ephemeral) else None
        sender, sender_chat = self._as(chat, as_channel=as_channel, anonymous=anonymous)
        made: list[Message] = []
        for number, data in enumerate(media):
            message = self.world.put(
                chat,
                sender,
                text=said if number == 0 else "",
                photo=b"" if document else data,
                document=data if document else b"",
                name=name,
                topic=topic,
                sender_chat=sender_chat,
                owner=owner,
            )
            self._relate(message, reply_to)
            message.extra = other or {}
            if mention is not None and number == 0:
                message.entities = [_mention(said.strip(), mention)]
            made.append(message)
        for message in made:
            if album:
                message.album_id, message.album = str(13_000_000_000_000_000 + made[0].id), made
        if isinstance(chat, PrivateChat):
            chat.started = True
        for message in made:
            self.world.tell_message(message)
        return made[0]

    async def opens(self, url: str) -> Message:
        """Press a link t.me/<bot>?start=…, and Start (or Restart) in the chat that it opens."""
        parts = urlsplit(url)
        said = parse_qs(parts.query)
        payload = said.get("start", [""])[0]
        host, name = parts.netloc.lower(), parts.path.strip("/").lower()
        if parts.scheme != "https" or host not in ("t.me", "telegram.me") or name != self.world.bot.username.lower():
            raise ClientRefuses(f"this link does not lead to the bot: {url}")
        if set(said) - {"start"} or (payload and not PAYLOAD.fullmatch(payload)):
            raise ClientRefuses(f"no client starts a bot with {url}")
        if self.blocks_bot:
            self.blocks_bot = False
        return await self.says(None, f"/start {payload}".strip())

    async def press(self, message: Message, button: str, /, *, wait: bool = True, seconds: float = 20) -> Press:
        """Press the button with this label, or the only one whose label or callback data contains it.

        Waits until the bot has answered the query (NotAnswered otherwise). A link button is opened.
        """
        if message not in self._screen(message.chat):
            raise ClientRefuses(f"{self.name} does not see {message!r}")
        part = message.button(button)
        press = self.world.press(self, message, part.get("callback_data", ""))
        if "url" in part:
            await self.opens(part["url"])
            press.answered = True
            return press
        return await self._send(press, wait=wait, seconds=seconds)

    async def forges(self, message: Message, data: str, /, *, wait: bool = True, seconds: float = 20) -> Press:
        """Press a button that is not there, as a client of one's own making (or a slow one) can."""
        if message not in self._screen(message.chat):
            raise ClientRefuses(f"{self.name} does not see {message!r}")
        return await self._send(self.world.press(self, message, data), wait=wait, seconds=seconds)

    async def _send(self, press: Press, *, wait: bool, seconds: float) -> Press:
        chat = press.message.chat
        if self.blocks_bot:
            raise ClientRefuses(f"{self.name} has blocked the bot")
        if isinstance(chat, Group) and not chat.member(self.world.bot).is_in:
            raise ClientRefuses(f"the bot is not in {chat.title}: the button just turns")
        self.world.tell("callback_query", press.payload, chat.id)
        if wait:
            try:
                await self.world.until(lambda: press.answered, seconds, lambda: f"an answer to {press}")
            except AssertionError as error:
                raise NotAnswered(str(error)) from None
        return press

    async def edits(self, message: Message, text: str) -> Message:
        """Change an own message; the bot is told."""
        if message.sender is not self or message.deleted:
            raise ClientRefuses(f"{message!r} is not {self.name}'s to change")
        message.body, message.edited = text.strip(), self.world.clock.now()
        message.edits += 1
        message.note()
        self.world.tell_message(message, kind="edited_message")
        return message

    async def deletes(self, message: Message) -> None:
        """Delete a message; bots never learn of it."""
        if message not in self._screen(message.chat):
            raise ClientRefuses(f"{self.name} does not see {message!r}")
        message.deleted = True
        self.world.changed()

    # What they are

    @property
    def blocks_bot(self) -> bool:
        return self._blocks_bot

    @blocks_bot.setter
    def blocks_bot(self, blocks: bool) -> None:
        if blocks == self._blocks_bot:
            return
        self._blocks_bot = blocks
        old, new = ("member", "kicked") if blocks else ("kicked", "member")
        chat, bot = self.world.private(self), self.world.bot
        self.world.tell_member(chat, Member(bot, old), Member(bot, new), self)

    # What they see

    @property
    def private(self) -> list[Message]:
        """The own chat with the bot, the oldest first."""
        return self._screen(self.world.private(self))

    @property
    def told(self) -> list[Message]:
        """What the bot wrote there."""
        return [one for one in self.private if one.from_bot]

    def menu(self, chat: Group | None = None) -> list[dict[str, Any]]:
        """The bot's commands that this person is offered in a group or (None) in the chat with the bot."""
        return self.world.menu(self, self.world.private(self) if chat is None else chat)

    def _screen(self, chat: Chat) -> list[Message]:
        if isinstance(chat, Group):
            return chat.seen_by(self)
        return [one for one in chat.all if not one.deleted] if chat is self.world.private(self) else []

    # How a client does it

    def _may_write(self, chat: Chat, topic: Topic | None, *, photo: bool, document: bool) -> None:
        if isinstance(chat, PrivateChat):
            if self.blocks_bot:
                raise ClientRefuses(f"{self.name} has blocked the bot")
            return
        assert isinstance(chat, Group)
        permission = "can_send_photos" if photo else "can_send_documents" if document else "can_send_messages"
        if not chat.may(self, permission) or chat.upgraded_to is not None:
            raise ClientRefuses(f"{self.name} cannot write in {chat.title}: {chat.member(self)}")
        if topic is not None and (
            chat.topics.get(topic.id) is not topic or topic.deleted or (topic.closed and not chat.is_admin(self))
        ):
            raise ClientRefuses(f"{self.name} cannot write in the topic {topic.name}")

    def _is_ephemeral(self, chat: Chat, said: str, media: bytes, reply_to: Message | None, wanted: bool | None) -> bool:
        if wanted is False or not self.world.has_ephemerals or not isinstance(chat, Group):
            if wanted:
                raise ClientRefuses("there are no ephemeral messages here")
            return False
        if reply_to is not None and reply_to.ephemeral:
            return True
        command, _, addressee = (
            said.split()[0].removeprefix("/").partition("@") if said.startswith("/") else ("", "", "")
        )
        registered = any(one["command"] == command and one.get("is_ephemeral") for one in self.menu(chat))
        can = registered and not media and addressee.lower() in ("", self.world.bot.username.lower())
        if wanted and not can:
            raise ClientRefuses(f"{said!r} cannot be sent as an ephemeral message; the menu: {self.menu(chat)}")
        return can

    def _as(self, chat: Chat, *, as_channel: Channel | None, anonymous: bool) -> tuple[User, Chat | None]:
        if as_channel is not None:
            if not isinstance(chat, Group) or chat.basic:
                raise ClientRefuses("only in a supergroup one can write as a channel")
            return self.world.channel_bot, as_channel
        if anonymous:
            if not isinstance(chat, Group) or not chat.is_admin(self) or not chat.member(self).anonymous:
                raise ClientRefuses(f"{self.name} is no anonymous administrator of {chat.title}")
            return self.world.anonymous, chat
        return self, None

    def _relate(self, message: Message, reply_to: Message | None) -> None:
        message.reply_to = reply_to
        if message.sender is self.world.anonymous and isinstance(message.chat, Group):
            message.signature = message.chat.member(self).title
        if reply_to is None:
            return
        if reply_to.in_topic:
            message.thread, message.in_topic = reply_to.thread, True
        elif isinstance(message.chat, Group) and not message.chat.basic and not message.chat.forum:
            message.thread = reply_to.thread or reply_to.id  # replies are threads too, though no topics


class PrivateChat(Chat):
    """A person's chat with the bot."""

    kind = "private"

    def __init__(self, world: World, user: User) -> None:
        super().__init__(world, user.id, user.name)
        self.user = user
        self.started = False
        """The person has written here at least once: before that a bot cannot."""

    def next_id(self) -> int:
        return self.world.next_message()

    @property
    def payload(self) -> dict[str, Any]:
        said: dict[str, Any] = {"id": self.id, "type": self.kind, "first_name": self.user.first_name}
        return said | ({"username": self.user.username} if self.user.username else {})


def _fits(said: str, media: Sequence[bytes], other: dict[str, Any] | None) -> None:
    if not (said.strip() or media[0] or other):
        raise ClientRefuses("an empty message")
    if len(media) > ALBUM:
        raise ClientRefuses(f"an album of {len(media)}")
    if len(said) > (1024 if media[0] else 4096):
        raise ClientRefuses(f"{len(said)} characters are too many")


def _mention(text: str, user: User) -> entities.Entity:
    at = text.find(user.first_name)
    if at < 0:
        raise ClientRefuses(f"{user.first_name} is not named in {text!r}")
    place = {"offset": entities.units(text[:at]), "length": entities.units(user.first_name)}
    return {"type": "text_mention", **place, "user": user.payload}


def pressed(world: World, user: User, message: Message, data: str, number: int) -> Press:
    identifier = str(4_300_000_000_000_000_000 + number)
    return Press(world, identifier, user, message, data, world.clock.now(), time.monotonic())
