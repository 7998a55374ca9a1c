"""Where members come from: groups and their topics by number, for buttons and links, remembered over restarts and moves."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from adapters import durable
from bot.errors import StorageTrouble

PRIVATE = 0
"""The number of no home: the member's own private room."""
NUMBER_BYTES = 5
"""Eight letters of a button, and among a thousand groups one chance in two million that two have the same."""


@dataclass(frozen=True, slots=True)
class Home:
    """A group, or one topic of it. ``room`` stays what it was when the group becomes a supergroup with another id."""

    number: int
    chat: int = field(repr=False)
    thread: int = field(repr=False)
    room: str = field(repr=False)


class Homes:
    """All homes, in one small file in ``folder``. No member's id is in it (P4).

    A number is never given to anything else, for it stands in buttons and links that live long: ``key`` makes it from the
    group and the topic. So where the file was lost, a group has its number again as soon as something is said there, and
    until then its old buttons lead nowhere. Only of a group that had become a supergroup nothing tells what it was before:
    it is a new room then, and its old buttons go on leading nowhere.

    Raises ``StorageTrouble`` if the file cannot be read: what it holds of such groups is nowhere else.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._path = folder / "homes.json"
        self._key = key
        self._turn = asyncio.Lock()
        durable.prepare(folder)
        self._by_number: dict[int, Home] = {}
        self._by_place: dict[tuple[int, int], Home] = {}
        self._use(_read(self._path))

    async def of(self, chat: int, thread: int) -> Home:
        """The home that a part of a group is. It is on the disk when this returns. Raises OSError."""
        if (known := self._by_place.get((chat, thread))) is not None:
            return known
        async with self._turn:
            if (known := self._by_place.get((chat, thread))) is not None:
                return known
            room = self.room(chat) or str(chat)
            home = Home(self._number(room, thread), chat, thread, room)
            await self._keep([*self._by_number.values(), home])
            return home

    def get(self, number: int) -> Home | None:
        return self._by_number.get(number)

    def room(self, chat: int) -> str | None:
        """The room key of a group that was seen before."""
        return next((home.room for home in self._by_number.values() if home.chat == chat), None)

    async def moved(self, old: int, new: int) -> None:
        """The group ``old`` became the supergroup ``new``. Safe to repeat. Raises OSError."""
        async with self._turn:
            room = self.room(old)
            if room is None or old == new:
                return
            await self._keep(
                [
                    # Something may have been said in the new one before the move was told of.
                    replace(home, chat=new, room=room) if home.chat in (old, new) else home
                    for home in self._by_number.values()
                ]
            )

    def _number(self, room: str, thread: int) -> int:
        """Those that an earlier version counted are small, and stay what they are."""
        made = (self._made(room, thread, turn) for turn in itertools.count())
        return next(number for number in made if number != PRIVATE and number not in self._by_number)

    def _made(self, room: str, thread: int, turn: int) -> int:
        digest = hmac.digest(self._key, f"home\0{room}\0{thread}\0{turn}".encode(), "sha256")
        return int.from_bytes(digest[:NUMBER_BYTES])

    async def _keep(self, homes: list[Home]) -> None:
        await asyncio.to_thread(_write, self._path, homes)
        self._use(homes)

    def _use(self, homes: list[Home]) -> None:
        self._by_number = {home.number: home for home in homes}
        self._by_place = {}
        for home in homes:
            self._by_place.setdefault((home.chat, home.thread), home)


def _read(path: Path) -> list[Home]:
    try:
        return [Home(**entry) for entry in json.loads(path.read_text("utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise StorageTrouble from error


def _write(path: Path, homes: list[Home]) -> None:
    durable.replace(path, json.dumps([asdict(home) for home in homes]).encode())
    durable.settle(path.parent)
