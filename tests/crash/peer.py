"""The chat platform's server: it survives every kill, makes the traffic, and writes down what everybody was told."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bot.chat import Address, Call, Reply, Upload
from generator.traits import TRAITS
from tests.crash import engine, frames
from tests.crash.process import PLATFORM, SECRET

OPEN_ROOM, SHORT_ROOM, PAUSED_ROOM = "room-open-9001", "room-short-9002", "room-paused-9003"
"""One that takes nearly everything, one with a small quota, one that takes nothing."""
DAILY = {OPEN_ROOM: 500, SHORT_ROOM: 3, PAUSED_ROOM: 20}
MODERATOR = "member-4711-moderator"

IMPATIENCE = 4
"""Calls of one member under way at the same time."""
Told = Literal["queued", "over", "refused", "trouble", "unsure", "nonsense"]
TROUBLE = {"photo-not-now", "error-storage"}
"""Wording keys of answers that mean: nothing happened, try again."""
UNSURE = "error-slow"
"""It may have happened or not: the member is asked to look."""


@dataclass
class Wish:
    """One call of /avatar, and everything that its member ever learnt about it."""

    call: Call
    room: str
    member: str
    who: bytes
    """What the picture must say."""
    told: list[tuple[Told, str]] = field(default_factory=list)
    """Answers to the call: what they mean and their wording key."""
    jobs: set[int] = field(default_factory=set)
    cancel: Literal["asked", "stopped", "late"] | None = None
    finals: list[tuple[str, str]] = field(default_factory=list)
    """Final messages that took effect: kind and digest of the whole content."""
    pictures: list[bytes] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What a member would complain about at once."""
    deaf: bool = False
    """Its address never takes anything."""

    @property
    def denied(self) -> bool:
        """Whether every answer said that nothing happened."""
        return bool(self.told) and all(meaning in ("refused", "trouble") for meaning, _ in self.told)

    @property
    def queued(self) -> bool:
        """Whether the member was told that the job is in the line."""
        return any(meaning in ("queued", "over") for meaning, _ in self.told)


class Peer:
    """Server and members in one. All its dice come from ``dice``; it never forgets anything."""

    def __init__(self, path: Path, dice: random.Random, styles: Sequence[str], *, photos: float = 0.2) -> None:
        self.wishes: list[Wish] = []
        self.connected = asyncio.Event()
        self.gentle = False
        """Refuse nothing and lose no answer: for the end of a round."""
        self.cancels = 0.12
        self.seconds: list[float] = []
        """How long acknowledgements took."""
        self.counts: Counter[str] = Counter()
        self.stray: list[str] = []
        """Messages at addresses where nothing was ever asked for."""
        self.signed = True
        """Pictures come from the tiny engine and say whose they are."""
        self.heard: list[bytes] = []
        """Everything that a reply can show, when ``listening``."""
        self.listening = False
        self._path = path
        self._dice = dice
        self._styles = tuple(styles)
        self._photos = photos
        self._by_target: dict[str, Wish] = {}
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Reply | None]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._turn = asyncio.Lock()
        self._errands: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._traffic: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._connection, self._path)

    async def close(self) -> None:
        """Stop everything."""
        self._over.set()
        tasks = [*self._traffic, *self._errands]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            self._server.close()

    # --- traffic -------------------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """The moderator sets the rooms up."""
        for command, room, choice in (
            ("room-quota", OPEN_ROOM, "500"),
            ("room-quota", SHORT_ROOM, "3"),
            ("room-pause", PAUSED_ROOM, "on"),
        ):
            reply = await self.insist(self.moderate(command, room, choice))
            assert reply is not None
            assert not any(line.key.startswith(("error", "refused")) for line in reply.lines), reply.lines

    def moderate(self, command: str, room: str, choice: str) -> Call:
        """A press of a moderator's menu."""
        key = f"event-4711-{next(self._numbers)}"
        return Call(key, PLATFORM, room, MODERATOR, command, {"choice": choice}, is_moderator=True)

    def bustle(self, members: int, pause: float) -> None:
        """Let ``members`` ask for avatars, each about every ``pause`` seconds, until ``hush``."""
        self._over.clear()
        self._traffic = [asyncio.create_task(self._member(f"member-4711-{number}", pause)) for number in range(members)]

    async def hush(self) -> None:
        """No new wishes; wait until every call under way has its answer."""
        self._over.set()
        await asyncio.gather(*self._traffic)
        self._traffic = []
        while self._errands:
            await asyncio.wait(self._errands)

    async def _member(self, member: str, pause: float) -> None:
        rooms = (OPEN_ROOM,) * 10 + (SHORT_ROOM, PAUSED_ROOM)
        hands = asyncio.Semaphore(IMPATIENCE)
        while not await self._over_after(self._dice.expovariate(1 / pause)):
            if hands.locked():
                continue
            wish = self.wish(self._dice.choice(rooms), member)
            twice = self._dice.random() < 0.1
            self._errand(self._held(hands, self.ask(wish, patient=self._dice.random() > 0.1)))
            if twice:
                self.counts["redelivered"] += 1
                if self._dice.random() < 0.7:
                    await asyncio.sleep(self._dice.uniform(0, 0.3))
                self._errand(self._held(hands, self.ask(wish, patient=True)))

    async def _held(self, hands: asyncio.Semaphore, work: Coroutine[Any, Any, None]) -> None:
        async with hands:
            await work

    async def _over_after(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()

    def _errand(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def wish(self, room: str, member: str, photo: bytes | None = None) -> Wish:
        """A new wish that no other wish resembles."""
        dice, number = self._dice, next(self._numbers)
        traits = {trait: dice.choice(values) for trait, values in TRAITS.items()}
        style, arguments = dice.choice(self._styles), dict[str, Any]()
        colour: engine.Colour | None = None
        if photo is not None:
            arguments["photo"] = Upload(photo)
        elif dice.random() < self._photos:
            colour = (number % 256, number // 256 % 256, dice.randrange(256))
            arguments["photo"] = Upload(engine.flat_photo(80, colour))
        places = {
            "room": SECRET.pseudonym("room", PLATFORM, room),
            "member": SECRET.pseudonym("member", PLATFORM, member),
        }
        seed = SECRET.seed(places["room"], places["member"])
        address = Address(PLATFORM, f"{room}/{member}/nickname-Moonwalker/message-{number}")
        call = Call(
            f"event-4711-{number}", PLATFORM, room, member, "avatar", {"style": style, **traits, **arguments}, address
        )
        deaf = dice.random() < 0.02 and self.signed
        wish = Wish(call, room, member, engine.identity(style, seed, traits, colour), deaf=deaf)
        self.wishes.append(wish)
        self._by_target[address.target] = wish
        return wish

    async def ask(self, wish: Wish, *, patient: bool) -> None:
        """Send the call, again after each death when ``patient``; some of those in the line are cancelled later."""
        began = asyncio.get_running_loop().time()
        reply = await self.insist(wish.call) if patient else await self.call(wish.call)
        if reply is None:
            self.counts["unanswered"] += 1
            return
        self.seconds.append(asyncio.get_running_loop().time() - began)
        first = not wish.told
        meaning = self._note(wish, reply)
        if meaning == "queued" and first and wish.cancel is None and self._dice.random() < self.cancels:
            wish.cancel = "asked"
            await asyncio.sleep(self._dice.uniform(0, 0.3))
            await self.cancel(wish)

    def _note(self, wish: Wish, reply: Reply) -> Told:
        key = reply.lines[0].key if reply.lines else ""
        if reply.busy:
            meaning: Told = "queued"
        elif key.startswith(("result-", "job-", "error-gone")) or _failed(reply):
            meaning = "over"
        elif key.startswith("refused"):
            meaning = "refused"
        elif key in TROUBLE:
            meaning = "trouble"
        elif key == UNSURE:
            meaning = "unsure"
        else:
            meaning = "nonsense"
        wish.jobs |= {action.job for action in reply.actions if action.job is not None}
        wish.told.append((meaning, key))
        if reply.picture is not None:
            self._look(wish, reply)
        return meaning

    async def cancel(self, wish: Wish) -> None:
        """Press *Cancel*, and once more by somebody who may not."""
        (job,) = wish.jobs
        thief = Call(
            f"event-4711-{next(self._numbers)}", PLATFORM, wish.room, "member-4711-thief", "cancel", {"job": job}
        )
        reply = await self.call(thief)
        if reply is not None and (not reply.lines or reply.lines[0].key != "error-gone"):
            wish.wrong.append(f"a stranger's cancel was answered by {reply.lines}")
        call = Call(f"event-4711-{next(self._numbers)}", PLATFORM, wish.room, wish.member, "cancel", {"job": job})
        reply = await self.insist(call)
        key = reply.lines[0].key if reply is not None and reply.lines else ""
        if key.startswith("job-cancelled"):
            wish.cancel = "stopped"
        elif key not in TROUBLE and key != UNSURE:
            wish.cancel = "late"

    # --- the line ------------------------------------------------------------------------------------------------

    async def insist(self, call: Call) -> Reply | None:
        """Deliver a call until it is answered."""
        while True:
            await self.connected.wait()
            reply = await self.call(call)
            if reply is not None:
                return reply

    async def call(self, call: Call) -> Reply | None:
        """Deliver a call once. None when nobody answers: the chat process is dead."""
        if self._writer is None:
            return None
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        frames.write(self._writer, "call", number, call)
        return await answer

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # One after the other: what a dead process still had in its socket came before what the next one says.
        async with self._turn:
            try:
                while True:
                    kind, *content = await frames.read(reader)
                    if kind == "hello":
                        self._writer = writer
                        self.connected.set()
                    elif kind == "reply":
                        number, reply = content
                        self._hear(reply)
                        self._waiting.pop(number).set_result(reply)
                    else:
                        self._errand(self._shown(writer, *content))
            except EOFError:
                pass
            finally:
                self.connected.clear()
                self._writer = None
                writer.close()
                while self._waiting:
                    self._waiting.popitem()[1].set_result(None)

    async def _shown(self, writer: asyncio.StreamWriter, number: int, address: Address, reply: Reply) -> None:
        outcome = self.take(address, reply)
        await asyncio.sleep(self._dice.uniform(0, 0.01))
        if not writer.is_closing():
            frames.write(writer, "shown", number, outcome)

    # --- the screens ---------------------------------------------------------------------------------------------

    def take(self, address: Address, reply: Reply) -> str:
        """A message for an address takes effect, or is refused; the answer may get lost."""
        self._hear(reply)
        wish = self._by_target.get(address.target)
        if wish is None or address.platform != PLATFORM:
            self.stray.append(str(reply.lines))
            return "ok"
        if wish.deaf:
            return "unreachable"
        luck = 1.0 if self.gentle else self._dice.random()
        if luck < 0.05:
            self.counts["refused shows"] += 1
            return "refused"
        self._look(wish, reply)
        if reply.busy:
            self.counts["updates"] += 1
            if wish.finals:
                wish.wrong.append("progress after the final message")
        else:
            wish.finals.append((_kind(reply), _digest(reply)))
        if luck < 0.15:
            self.counts["lost answers"] += 1
            return "lost"
        return "ok"

    def _look(self, wish: Wish, reply: Reply) -> None:
        if reply.picture is None:
            return
        if not reply.busy:
            wish.pictures.append(reply.picture.data)
        if not self.signed:
            return
        with contextlib.suppress(ValueError):
            if engine.read_identity(reply.picture.data) == wish.who:
                return
        wish.wrong.append("somebody else's picture")

    def _hear(self, reply: Reply) -> None:
        if self.listening:
            self.heard.append(repr(reply).encode())
            self.heard += [part.data for part in (reply.picture, reply.file) if part is not None]

    async def quiet(self, seconds: float, done: Callable[[], bool]) -> bool:
        """Wait at most ``seconds`` until ``done()``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not done():  # noqa: ASYNC110 - what changes is on many tasks and processes
                    await asyncio.sleep(0.02)
        return done()

    def told(self, since: int = 0) -> Counter[str]:
        """How often each answer was given to the wishes from the ``since``-th on, by wording key."""
        return Counter(key for wish in self.wishes[since:] for _, key in wish.told)

    def unsettled(self) -> list[Wish]:
        """Wishes in the line whose member has no final message yet."""
        return [wish for wish in self.wishes if wish.queued and not wish.deaf and not wish.finals]


def _kind(reply: Reply) -> str:
    key = reply.lines[0].key if reply.lines else ""
    if reply.picture is not None:
        return "done"
    return "cancelled" if key.startswith("job-cancelled") else "failed" if _failed(reply) else key


def _failed(reply: Reply) -> bool:
    return any(line.key == "job-free" for line in reply.lines)


def _digest(reply: Reply) -> str:
    picture = b"" if reply.picture is None else reply.picture.data
    return hashlib.sha256(repr(reply).encode() + picture).hexdigest()
