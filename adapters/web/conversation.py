"""What was said in the room lately, in memory only."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, replace

KEPT_MESSAGES = 200
MAX_MESSAGE = 2_000


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that the whole room sees. With a ``tag`` it is a shared avatar, its ``picture`` None once taken back."""

    id: str
    author: str
    at: int
    """ms UTC."""
    text: str = ""
    tag: str | None = None
    picture: str | None = None


class Conversation:
    """The last 200 messages, oldest first."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()

    def __iter__(self):
        return iter(tuple(self._messages))

    def post(self, message: Message) -> list[Message]:
        """Add a message and return those that fell out at the other end."""
        self._messages.append(message)
        fallen: list[Message] = []
        while len(self._messages) > KEPT_MESSAGES:
            fallen.append(self._messages.popleft())
        return fallen

    def shared(self, author: str, tag: str) -> Message | None:
        """The post of ``author`` with this tag that is still to be seen."""
        return next((m for m in self._messages if m.author == author and m.tag == tag and m.picture), None)

    def take_back(self, tags: tuple[str, ...]) -> list[tuple[Message, Message]]:
        """Remove the pictures of these posts; returns each message as it was and as it is."""
        changed: list[tuple[Message, Message]] = []
        for at, message in enumerate(self._messages):
            if message.tag in tags and message.picture:
                bare = replace(message, picture=None)
                self._messages[at] = bare
                changed.append((message, bare))
        return changed

    def erase(self, author: str) -> list[Message]:
        """Remove everything that ``author`` said and return it."""
        theirs = [message for message in self._messages if message.author == author]
        self._messages = deque(message for message in self._messages if message.author != author)
        return theirs


def message_id() -> str:
    return secrets.token_hex(8)
