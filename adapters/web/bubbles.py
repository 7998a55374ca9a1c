"""Private messages of the bot to each member, in memory only, so that a reloaded page shows them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

KEPT_BUBBLES = 40
KEPT_BYTES = 12_000_000
"""All bubbles of one member with their pictures and files, in bytes; the oldest bubbles go first."""
KEPT_BYTES_OF_ALL = 48_000_000
OBJECT_BYTES = 100
"""What anything takes beside its letters."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or a file that only one member may fetch."""

    data: bytes = field(repr=False)
    mime: str
    name: str | None = None
    """The file name for a download; None for a picture."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One private message as the page shows it."""

    id: str
    at: int
    """When it first appeared, ms UTC: its place among the messages."""
    version: int
    """Rises with every change of any bubble, also across restarts."""
    busy: bool
    body: Mapping[str, Any] = field(repr=False)
    attachments: Mapping[str, Attachment] = field(repr=False)

    @property
    def size(self) -> int:
        """Roughly the bytes of memory that it takes: words and previews, pictures and files."""
        return _weight(self.body) + sum(OBJECT_BYTES + len(attachment.data) for attachment in self.attachments.values())

    def payload(self) -> dict[str, Any]:
        """The bubble as JSON for the page."""
        return {"id": self.id, "at": self.at, "version": self.version, "busy": self.busy, **self.body}


def _weight(value: object) -> int:
    match value:
        case str():
            return OBJECT_BYTES + len(value)
        case Mapping():
            entries = cast("Mapping[str, object]", value)
            return OBJECT_BYTES + sum(_weight(entry) for entry in entries.values())
        case list():
            return OBJECT_BYTES + sum(_weight(entry) for entry in cast("list[object]", value))
        case _:
            return OBJECT_BYTES


class Bubbles:
    """All members' bubbles; each member's in the order of their last change."""

    def __init__(self) -> None:
        self._of: dict[str, OrderedDict[str, Bubble]] = {}
        self._places: dict[str, dict[str, str]] = {}
        self._sizes: dict[str, int] = {}
        self._size = 0

    def members(self) -> list[str]:
        return list(self._of)

    def of(self, member: str) -> list[Bubble]:
        mine = self._of.get(member)
        return sorted(mine.values(), key=lambda bubble: bubble.at) if mine else []

    def get(self, member: str, bubble: str) -> Bubble | None:
        mine = self._of.get(member)
        return mine.get(self.place(member, bubble)) if mine else None

    def place(self, member: str, bubble: str) -> str:
        """Where a bubble is shown: itself, or the one that it was put in place of."""
        places = self._places.get(member)
        return places.get(bubble, bubble) if places else bubble

    def put_in_place(self, member: str, bubble: str, of: str) -> None:
        """From now on whatever is addressed to ``bubble`` is shown in place of the bubble ``of``."""
        places = self._places.setdefault(member, {})
        old = self.place(member, of)
        if old != bubble:
            places[bubble] = old
            while len(places) > 4 * KEPT_BUBBLES:
                del places[next(iter(places))]

    def put(self, member: str, bubble: Bubble) -> None:
        self.drop(member, bubble.id)
        mine = self._of.setdefault(member, OrderedDict())
        mine[bubble.id] = bubble
        self._weigh(member, bubble.size)
        while len(mine) > 1 and (len(mine) > KEPT_BUBBLES or self._sizes[member] > KEPT_BYTES):
            self.drop(member, next(iter(mine)))
        while self._size > KEPT_BYTES_OF_ALL and len(self._of) > 1:
            oldest = min(self._of, key=lambda one: next(iter(self._of[one].values())).version)
            self.drop(oldest, next(iter(self._of[oldest])))
            if oldest not in self._of:
                self._places.pop(oldest, None)

    def _weigh(self, member: str, size: int) -> None:
        self._sizes[member] = self._sizes.get(member, 0) + size
        self._size += size

    def drop(self, member: str, bubble: str) -> None:
        mine = self._of.get(member)
        dropped = mine.pop(bubble, None) if mine else None
        if dropped is not None:
            self._weigh(member, -dropped.size)
        if not mine:
            self._of.pop(member, None)
            self._sizes.pop(member, None)

    def forget(self, member: str) -> list[str]:
        """Erase all bubbles of a member; returns their ids."""
        self._places.pop(member, None)
        erased = [bubble.id for bubble in self.of(member)]
        for bubble in erased:
            self.drop(member, bubble)
        return erased

    def attachment(self, member: str, name: str) -> Attachment | None:
        """A picture or file of this member; nobody else's is ever found."""
        return next((b.attachments[name] for b in self.of(member) if name in b.attachments), None)
