"""A message as its reader sees it, and as Telegram tells the bot of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.telegram_peer import entities
from tests.telegram_peer.chats import Channel, Chat, Group
from tests.telegram_peer.files import File, Photo

if TYPE_CHECKING:
    from tests.telegram_peer.actors import User
    from tests.telegram_peer.world import World

OLD = 30 * 86_400_000
"""Beyond this age (ms) a pressed message reaches the bot without its content."""


class Message:
    """``owner`` is the one person who sees an ephemeral message."""

    def __init__(self, world: World, chat: Chat, sender: User, *, owner: User | None = None) -> None:
        self.world, self.chat, self.sender, self.owner = world, chat, sender, owner
        self.id = 0 if owner is not None else chat.next_id()
        self.ephemeral_id = world.next_message() if owner is not None else 0
        self.created = world.clock.now()
        self.sender_chat: Chat | None = None
        self.signature = ""
        self.body = ""
        """Text or caption."""
        self.entities: list[entities.Entity] = []
        self.media: Photo | File | None = None
        self.uploaded = b""
        """The bytes as they were handed over, before Telegram made its own of a photo."""
        self.reply_to: Message | None = None
        self.thread = 0
        self.in_topic = False
        self.markup: dict[str, Any] | None = None
        self.album_id = ""
        self.album: list[Message] = [self]
        self.service: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        self.silent = False
        self.preview = True
        self.edits = 0
        self.edited = 0
        self.history: list[tuple[int, str]] = []
        """Every state that the message had: virtual time and text."""
        self.deleted = False
        self.inaccessible = False
        """Set by a test: the bot is told of a press here without the content."""
        self.meant_for_bot = False
        chat.all.append(self)

    # As it is read

    @property
    def from_bot(self) -> bool:
        return self.sender is self.world.bot

    @property
    def ephemeral(self) -> bool:
        return self.owner is not None

    @property
    def text(self) -> str:
        return self.body if self.media is None else ""

    @property
    def caption(self) -> str:
        return "" if self.media is None else self.body

    @property
    def says(self) -> str:
        """Text or caption, whichever there is."""
        return self.body

    @property
    def html(self) -> str:
        """Text or caption with its formatting."""
        return entities.rendered(self.body, self.entities)

    @property
    def photo(self) -> bytes:
        """The photo as the reader sees it: Telegram's own JPEG. ``uploaded`` has the bytes that were sent."""
        return self.media.data if isinstance(self.media, Photo) else b""

    @property
    def document(self) -> bytes:
        return self.media.data if isinstance(self.media, File) else b""

    @property
    def file_name(self) -> str:
        return self.media.name if isinstance(self.media, File) else ""

    @property
    def keyboard(self) -> list[list[dict[str, Any]]]:
        return (self.markup or {}).get("inline_keyboard", [])

    @property
    def parts(self) -> list[dict[str, Any]]:
        """All buttons, flat, in reading order."""
        return [button for row in self.keyboard for button in row]

    @property
    def buttons(self) -> list[str]:
        return [button["text"] for button in self.parts]

    @property
    def urls(self) -> list[str]:
        """Where its link buttons lead."""
        return [button["url"] for button in self.parts if "url" in button]

    def data(self, label: str) -> str:
        """The callback data of the button whose label (or a part of it) this is."""
        return self.button(label).get("callback_data", "")

    def button(self, wanted: str) -> dict[str, Any]:
        """The button with this label; else the only one whose label or data contains it."""
        exact = [one for one in self.parts if one["text"] == wanted]
        near = [
            one for one in self.parts if wanted.lower() in one["text"].lower() or wanted in one.get("callback_data", "")
        ]
        found = exact or near
        if len(found) != 1:
            raise AssertionError(f"{len(found)} buttons match {wanted!r} in {self!r}")
        return found[0]

    async def until(self, predicate: Callable[[Message], Any], seconds: float = 20) -> Message:
        """Wait until the message is as ``predicate`` wants it."""
        await self.world.until(lambda: predicate(self), seconds, lambda: f"a change of {self!r}")
        return self

    def __repr__(self) -> str:
        marks = [name for name in ("ephemeral", "deleted") if getattr(self, name)]
        kind = "photo" if self.photo else "document" if self.document else "text"
        place = self.chat.title + (f"/{self.thread}" if self.thread else "")
        return f"<{' '.join([*marks, kind])} of {self.sender.name} in {place}: {self.body!r} buttons={self.buttons}>"

    # As the bot is told of it

    def note(self) -> None:
        """Remember the state that it has now."""
        self.history.append((self.world.clock.now(), self.body))
        self.world.changed()

    @property
    def key(self) -> dict[str, Any]:
        if self.owner is None:
            return {"message_id": self.id}
        other = self.world.bot if self.sender is self.owner else self.owner
        return {"message_id": 0, "ephemeral_message_id": self.ephemeral_id, "receiver_user": other.payload}

    @property
    def payload(self) -> dict[str, Any]:
        return self._payload(deep=True)

    def _payload(self, *, deep: bool) -> dict[str, Any]:
        answered = self._answered if deep else None
        said: dict[str, Any] = {
            "from": None if isinstance(self.chat, Channel) else self.sender.payload,
            "sender_chat": self.sender_chat and self.sender_chat.payload,
            "author_signature": self.signature,
            "message_thread_id": self.thread,
            "is_topic_message": self.in_topic,
            "reply_to_message": answered and answered._payload(deep=False),
            "edit_date": self.edited // 1000,
            "media_group_id": self.album_id,
            "reply_markup": self.markup,
        }
        said |= self._content | self.service | self.extra
        always = self.key | {"date": self.created // 1000, "chat": self.chat.payload}
        return always | {name: value for name, value in said.items() if value}

    @property
    def _content(self) -> dict[str, Any]:
        found = entities.detected(self.body, self.entities)
        if self.media is None:
            return {"text": self.body, "entities": found}
        kind = "photo" if isinstance(self.media, Photo) else "document"
        return {kind: self.media.payload, "caption": self.body, "caption_entities": found}

    @property
    def _answered(self) -> Message | None:
        """What it answers; in a topic whatever answers nothing answers the message that founded the topic."""
        if self.reply_to is not None:
            return None if self.reply_to.deleted else self.reply_to
        if self.in_topic and isinstance(self.chat, Group) and self.thread in self.chat.topics and not self.service:
            return self.chat.topics[self.thread].root
        return None

    @property
    def pressed(self) -> dict[str, Any]:
        """As part of a callback query."""
        if self.inaccessible or self.world.clock.now() - self.created > OLD:
            return {"chat": self.chat.payload, "message_id": self.id, "date": 0}
        return self.payload
