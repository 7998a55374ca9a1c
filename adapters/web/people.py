"""Who is in the room: nicknames, faces, moderators, each found by the hash of a browser's cookie."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from adapters.web.nicknames import invent, skeleton, tidy

log = logging.getLogger(__name__)

MAX_STRANGERS = 500
"""Browsers that loaded the page and never connected: remembered in memory only, the oldest forgotten first."""
MAX_PEOPLE = 5_000
SOON_SECONDS = 1.0
REST = 9
REST_SECONDS = 1.0
"""After a save, the next waits nine times as long as it took, but not longer: the room is for people, not for saving."""

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Person:
    """One browser profile. All of it may be known to the room, but ``token`` and ``locale``."""

    id: str
    """Random, 32 hex characters; in no way related to the cookie. The application knows the person by it for good."""
    token: str = field(repr=False)
    """SHA-256 of the cookie, hex."""
    nickname: str
    seed: int
    """Chooses the figure that the person starts with; 0 … 2**63-1."""
    figure: str | None = None
    """Name of the figure to start with in the folder ``faces``; None until it is drawn."""
    face: str | None = None
    """Name of the shared avatar in the folder ``faces`` that is shown instead."""
    tag: str | None = None
    """Which shared avatar ``face`` is."""
    moderator: bool = False
    locale: str | None = None
    """The language that was chosen; None: as the browser says."""
    seen: int = 0
    """When the person was here last, ms UTC."""
    alias: str | None = None
    """The id that the room sees since the person was forgotten; None: ``id``."""

    @property
    def known_as(self) -> str:
        """The id by which the other members see the person: a new one once everything was forgotten."""
        return self.alias or self.id


_FIELDS = tuple(one.name for one in fields(Person))


def token_hash(cookie: str) -> str:
    """What is stored instead of a cookie; it has 128 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``: a crash leaves the old file or the new one, never a part."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_people(path: Path, people: Sequence[Person]) -> None:
    """Write the list of ``people`` to ``path``. One entry after the other, so that other threads get their turns."""
    entries = (json.dumps({name: getattr(person, name) for name in _FIELDS}, ensure_ascii=False) for person in people)
    write_whole(path, ('{"people": [\n' + ",\n".join(entries) + "\n]}\n").encode())


class People:
    """The members of the room and their pictures, in ``folder``.

    ``here`` says whether a member of this id has a page open; ``gone`` hears of everybody who was forgotten to make
    room for others.
    """

    def __init__(self, folder: Path, clock: Clock, here: Callable[[str], bool], gone: Callable[[Person], None]) -> None:
        self._here = here
        self._gone = gone
        self.folder = folder
        self.faces = folder / "faces"
        self.clock = clock
        self._kept: dict[str, Person] = {}
        self._strangers: dict[str, Person] = {}
        self._by_token: dict[str, str] = {}
        self._saving = asyncio.Lock()
        self._unsaved = False
        self._rests_until = 0.0
        self._saves: set[asyncio.Task[None]] = set()
        self._soon: asyncio.Task[None] | None = None
        self.faces.mkdir(parents=True, exist_ok=True)
        for private in (folder, self.faces):
            private.chmod(0o700)
        self._load()

    def _load(self) -> None:
        path = self.folder / "people.json"
        for draft in self.folder.glob(f".{path.name}.*"):  # of a save that was killed
            draft.unlink(missing_ok=True)
        try:
            stored: list[dict[str, Any]] = json.loads(path.read_bytes())["people"]
            people = [Person(**entry) for entry in stored]
        except FileNotFoundError:
            people = []
        except (ValueError, TypeError, KeyError, AttributeError):
            # Nicknames are not worth a room that does not open; the file stays for whoever wants to look.
            log.warning("the list of people cannot be read; it was put aside and the room starts with nobody")
            path.replace(path.with_suffix(".broken"))
            people = []
        for person in people:
            self._kept[person.id] = person
            self._by_token[person.token] = person.id
        wanted = {name for person in people for name in (person.figure, person.face)}
        for file in self.faces.iterdir():
            if file.stem not in wanted:
                file.unlink(missing_ok=True)

    def __iter__(self) -> Iterator[Person]:
        yield from self._kept.values()

    def get(self, member: str) -> Person | None:
        return self._kept.get(member) or self._strangers.get(member)

    def known_as(self, alias: str) -> Person | None:
        """The person whom the room sees under this id now."""
        person = self.get(alias)
        if person is not None and person.alias is None:
            return person
        return next((one for one in self._kept.values() if one.alias == alias), None)

    def knows(self, member: str) -> bool:
        """Whether this member has been in the room, and is no stranger who only loaded the page."""
        return member in self._kept

    def by_cookie(self, cookie: str | None) -> Person | None:
        """The person whose browser sent ``cookie``."""
        return None if not cookie else self.get(self._by_token.get(token_hash(cookie), ""))

    def named(self, typed: str) -> Person | None:
        """Whom somebody means who typed this nickname, perhaps after an ``@``; None when that is nobody, or several."""
        wanted = skeleton(tidy(typed).removeprefix("@"))
        meant = [person for person in self._kept.values() if wanted and skeleton(person.nickname) == wanted]
        return meant[0] if len(meant) == 1 else None

    def taken(self, but: str = "") -> set[str]:
        """Skeletons of all nicknames in use, except that of the person ``but``."""
        everybody = (*self._kept.values(), *self._strangers.values())
        return {skeleton(person.nickname) for person in everybody if person.id != but}

    def welcome(self, adjectives: Sequence[str], animals: Sequence[str]) -> tuple[Person, str]:
        """A new person and the cookie (32 hex characters) that proves it. Nothing is written before they connect."""
        cookie = secrets.token_hex(16)
        person = Person(
            id=secrets.token_hex(16),
            token=token_hash(cookie),
            nickname=invent(adjectives, animals, self.taken()),
            seed=secrets.randbits(63),
            seen=self.clock(),
        )
        while len(self._strangers) >= MAX_STRANGERS:
            oldest = self._strangers.pop(next(iter(self._strangers)))
            self._by_token.pop(oldest.token, None)
            self._gone(oldest)
        self._strangers[person.id] = person
        self._by_token[person.token] = person.id
        return person, cookie

    def another_nickname(self, adjectives: Sequence[str], animals: Sequence[str]) -> str:
        """A friendly nickname that nobody has."""
        return invent(adjectives, animals, self.taken())

    async def change(self, member: str, **changes: Any) -> Person:
        """Change and save a person. Raises KeyError when there is no such person any more.

        When somebody was ``seen`` is saved a little later, together with what else happens until then.
        """
        person = self.get(member)
        if person is None:
            raise KeyError(member)
        changed = replace(person, **changes)
        can_wait = member in self._kept and changes.keys() <= {"seen"}
        self._strangers.pop(member, None)
        self._kept[member] = changed
        if len(self._kept) > MAX_PEOPLE:
            self._forget_longest_away(but=member)
        self._unsaved = True
        if can_wait:
            self._soon = self._soon or asyncio.create_task(self._save_soon())
        else:
            await self._save()
        return changed

    def _forget_longest_away(self, but: str) -> None:
        """Forget whoever is missed least: nobody who is here or moderates, and one with a shared face only at last."""
        away = [one for one in self._kept.values() if not (one.moderator or one.id == but or self._here(one.id))]
        least = min(away, key=lambda one: (one.face is not None, one.seen), default=None)
        if least is not None:
            del self._kept[least.id]
            self._by_token.pop(least.token, None)
            self._gone(least)

    async def _save(self) -> None:
        # A task of its own: a caller that gives up must not let the next save overtake this one's thread.
        save = asyncio.create_task(self._save_all())
        self._saves.add(save)
        save.add_done_callback(self._saves.discard)
        await asyncio.shield(save)

    async def _save_all(self) -> None:
        """Save whatever is not saved yet, in one go; so of many who wait here, one writes for all."""
        now = asyncio.get_running_loop().time
        async with self._saving:
            if not self._unsaved:
                return
            await asyncio.sleep(self._rests_until - now())
            began = now()
            self._unsaved = False
            try:
                await asyncio.to_thread(write_people, self.folder / "people.json", tuple(self._kept.values()))
            except BaseException:
                self._unsaved = True
                raise
            finally:
                self._rests_until = now() + min(REST_SECONDS, REST * (now() - began))

    async def _save_soon(self) -> None:
        await asyncio.sleep(SOON_SECONDS)
        self._soon = None
        try:
            await self._save()
        except OSError as error:
            log.warning("the list of people cannot be saved now: error %s", error.errno)

    async def close(self) -> None:
        """Save what is not saved yet."""
        if self._soon is not None:
            self._soon.cancel()
            await asyncio.wait({self._soon})
            self._soon = None
        if self._unsaved:
            await self._save()
        while self._saves:
            await asyncio.wait(self._saves)

    async def keep_picture(self, png: bytes) -> str:
        """Store a picture that the room may see and return its name."""
        name = secrets.token_hex(16)
        await asyncio.to_thread(write_whole, self.faces / f"{name}.png", png)
        return name

    async def picture(self, name: str) -> bytes | None:
        """The bytes of a stored picture; None when it was taken back. ``name`` must be 32 hex characters."""
        try:
            return await asyncio.to_thread((self.faces / f"{name}.png").read_bytes)
        except FileNotFoundError:
            return None

    async def drop_picture(self, name: str) -> None:
        await asyncio.to_thread((self.faces / f"{name}.png").unlink, missing_ok=True)
