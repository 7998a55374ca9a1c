"""What exists in the fake Telegram, and those who wait for something to change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.telegram_peer import entities
from tests.telegram_peer.actors import Press, PrivateChat, User, pressed
from tests.telegram_peer.chats import Channel, Chat, Group, Member, Topic
from tests.telegram_peer.clock import Clock
from tests.telegram_peer.files import SEND_BOX, Store
from tests.telegram_peer.messages import Message
from tests.waiting import Changing

ANONYMOUS, CHANNEL_BOT, TELEGRAM = 1_087_968_824, 136_817_688, 777_000
BOT = 7_000_000_001
TOKEN = f"{BOT}:AAFakeTokenThatOpensNothingAnywhere01"


class Refusal(Exception):
    """Telegram's answer to a request that it does not carry out. With ``problem``, only a faulty bot gets there."""

    def __init__(self, code: int, description: str, *, parameters: dict[str, int] | None = None, problem: str = ""):
        super().__init__(description)
        self.code, self.description, self.parameters, self.problem = code, description, parameters or {}, problem

    @property
    def body(self) -> dict[str, Any]:
        said: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return said | ({"parameters": self.parameters} if self.parameters else {})


def bad(description: str, *, problem: str = "", **parameters: int) -> Refusal:
    return Refusal(400, f"Bad Request: {description}", parameters=parameters, problem=problem)


class World(Changing):
    """Everything that exists, and those who wait for it to change."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.files = Store()
        self.tell: Callable[[str, dict[str, Any], int], Any] = lambda *_: None
        """Queue an update for the bot: its kind, its payload, the chat."""
        self.menu: Callable[[User, Chat], list[dict[str, Any]]] = lambda *_: []
        """The commands that a person is offered somewhere."""
        self.reads_all = False
        """Privacy mode is switched off for the bot everywhere."""
        self.joins_groups = True
        self.has_ephemerals = False
        self.ignores_ephemerals = False
        """Messages that are meant for one person are sent for all to see."""
        self.presses: dict[str, Press] = {}
        self._messages = 100
        self._numbers = 0
        self.bot = User(self, BOT, "bpp", is_bot=True, username="bpp_bot")
        self.users[BOT] = self.bot
        self.other_bot = User(self, BOT + 1, "other", is_bot=True, username="other_bot")
        self.anonymous = User(self, ANONYMOUS, "group", is_bot=True, username="GroupAnonymousBot")
        self.channel_bot = User(self, CHANNEL_BOT, "channel", is_bot=True, username="Channel_Bot")
        self.telegram = User(self, TELEGRAM, "telegram", language=None, username="")

    # Numbers

    def next_message(self) -> int:
        """Private chats and basic groups share one count."""
        self._messages += 1
        return self._messages

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def group_id(self) -> int:
        return -(4_000_000_000 + 7 * self._number())

    def supergroup_id(self) -> int:
        return -(1_002_000_000_000 + 7 * self._number())

    def new_user(self, name: str, *, language: str | None = "en") -> User:
        user = User(self, 5_000_000_000 + 7 * self._number(), name, language=language)
        self.users[user.id] = user
        return user

    # What is said

    def put(
        self,
        chat: Chat,
        sender: User,
        *,
        text: str = "",
        photo: bytes = b"",
        document: bytes = b"",
        name: str = "",
        topic: Topic | None = None,
        sender_chat: Chat | None = None,
        owner: User | None = None,
    ) -> Message:
        """A message that somebody writes; the bot is not told of it yet."""
        message = Message(self, chat, sender, owner=owner)
        message.body, message.sender_chat = text.strip(), sender_chat
        if photo:
            message.media, message.uploaded = self.files.photo(photo, box=SEND_BOX), photo
        elif document:
            message.media, message.uploaded = self.files.document(document, name or "photo.jpg"), document
        if topic is not None:
            message.thread, message.in_topic = topic.id, True
        message.note()
        return message

    def tell_message(self, message: Message, *, kind: str = "message") -> None:
        """Tell the bot of a message, if it hears such messages there."""
        if isinstance(message.chat, Channel):
            kind = kind.replace("message", "channel_post")
        if not self._is_heard(message):
            return
        message.meant_for_bot = True
        self.tell(kind, message.payload, message.chat.id)

    def _is_heard(self, message: Message) -> bool:
        group = message.chat
        if not isinstance(group, Group):
            return True
        member = group.member(self.bot)
        if not member.is_in:
            return False
        if message.owner is not None or message.service or self._reads_all(group):
            return True
        answered = message.reply_to
        if answered is not None and (answered.from_bot or answered.meant_for_bot):
            return True
        commands = [
            entities.part(message.body, one).lower().partition("@")
            for one in entities.detected(message.body, message.entities)
            if one["type"] == "bot_command"
        ]
        mine = self.bot.username.lower()
        return any(addressee == mine if at else group.bot_spoke_last for _, at, addressee in commands)

    def _reads_all(self, group: Group) -> bool:
        return self.reads_all or not group.privacy or group.is_admin(self.bot)

    def tell_member(self, chat: Chat, old: Member, new: Member, by: User) -> None:
        kind = "my_chat_member" if new.user is self.bot else "chat_member"
        if isinstance(chat, Group) and new.user is not self.bot and not chat.is_admin(self.bot):
            return
        said = {"chat": chat.payload, "from": by.payload, "date": self.clock.now() // 1000}
        self.tell(kind, said | {"old_chat_member": old.payload, "new_chat_member": new.payload}, chat.id)

    def origin(self, channel: Channel) -> dict[str, Any]:
        """Where a forwarded post of a channel came from."""
        post = self.put(channel, self.channel_bot)
        return {"type": "channel", "date": post.created // 1000, "chat": channel.payload, "message_id": post.id}

    def press(self, user: User, message: Message, data: str) -> Press:
        press = pressed(self, user, message, data, self._number())
        self.presses[press.id] = press
        return press

    def private(self, user: User) -> PrivateChat:
        found = self.chats.get(user.id)
        return found if isinstance(found, PrivateChat) else PrivateChat(self, user)
