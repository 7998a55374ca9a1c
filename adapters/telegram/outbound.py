"""What the bot says in a member's private chat: one message a call, from "in line" to the picture."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import telegram

from adapters.telegram.background import CLOSE_SECONDS, Background
from adapters.telegram.layout import MAX_CAPTION, Layout, Message, length
from adapters.telegram.pace import Class, Dropped
from adapters.telegram.sender import Missing, Sender, Sent
from adapters.telegram.shown import Entry, Kind, Shown
from adapters.telegram.targets import Target
from bot.chat import File, Reply, Text
from bot.errors import Unreachable

log = logging.getLogger(__name__)

SPOTS = 4_096
"""Messages of which something is remembered; the longest untouched is forgotten first, and read anew from the disk."""
PRUNE_SECONDS = 6 * 3600.0
ERASE_SECONDS = 600.0

_HERE = {"job-erased": "telegram-erased-copy"}
"""Sentences that are not true under a picture which is still there."""


@dataclass(slots=True)
class _Spot:
    """What is known, in memory, about the message of one call."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    entry: Entry | None = None
    looked: bool = False
    """Whether the disk was asked."""
    status: asyncio.Task[Any] | None = None
    """Is about to say "in line" in a first message."""
    begun: int = 0
    """Stands for the reply of several messages that is being said, and may have to be said again."""
    out: int = 0
    """So many of the others than its first one stand there, in their order."""
    away: bool = False
    """The member deleted it: only a result is worth another message."""


class Outbound:
    """Shows replies at targets. A request that was begun is ended also when its caller no longer waits."""

    def __init__(self, layout: Layout, sender: Sender, shown: Shown) -> None:
        self._layout = layout
        self._sender = sender
        self._shown = shown
        self._spots: OrderedDict[str, _Spot] = OrderedDict()
        self._background = Background()
        self._pruned = float("-inf")

    async def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Let end what is under way, for so long, and stop the rest."""
        await self._background.close(seconds)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Do ``work`` in the background; ``close`` ends it."""
        self._background.spawn(work)

    def abandon(self, task: asyncio.Task[Any]) -> None:
        """Stop a task that shows something which is not wanted any more. What it asks Telegram for just now may be done
        already: it ends once that is known."""
        self._sender.abandon(self._background.within(task))

    # --- the message of a call ---------------------------------------------------------------------------------------

    async def show(self, target: Target, reply: Reply) -> None:
        """Show what became of a job. Raises ``Unreachable``, or whatever may pass, ``Dropped`` among it."""
        await self._through(self._show(target, reply))

    async def answer(
        self, target: Target, reply: Reply, *, message: telegram.MaybeInaccessibleMessage | None = None
    ) -> bool:
        """Show the answer to a call: in place of ``message``, whose button was pressed, if it says so; else in a message
        of its own. What the courier has shown there meanwhile is newer than "in line".

        False if the member cannot be reached; raises whatever may pass.
        """
        if message is not None and reply.replaces:
            if keeps := _keeps(reply, message):
                lines = tuple(replace(line, key=_HERE.get(line.key, line.key)) for line in reply.lines)
                reply = replace(reply, lines=lines)
            laid = self._layout.status(reply, chat=target.chat, home=target.home)
            return await self._reached(self._put_in_place(target, laid, message, reply, keeps=keeps))
        laid = self._layout.status(reply, chat=target.chat, home=target.home)
        return await self._reached(self._answer(target, reply, laid))

    async def say(
        self, target: Target, laid: Message, *, message: telegram.MaybeInaccessibleMessage | None = None
    ) -> bool:
        """Show something that is laid out already, in place of ``message`` if there is one. False as in ``answer``."""
        if message is not None:
            return await self._reached(self._put_in_place(target, [laid], message, None))
        return await self._reached(self._answer(target, Reply(), [laid]))

    async def file(self, target: Target, reply: Reply) -> bool:
        """Send the picture of a reply as a file, each byte as it is. False as in ``answer``."""
        picture = reply.picture
        if picture is None:
            return await self.answer(target, reply)
        said = self._layout.say(reply.locale, Text("telegram-file"))
        laid = Message(said, document=File("avatar.png", picture.data, picture.mime))
        return await self._reached(self._answer(target, reply, [laid]))

    async def _show(self, target: Target, reply: Reply) -> None:
        spot = self._spot(target)
        if reply.busy and spot.status is not None:
            raise Dropped  # nor may the result wait for this to be said
        async with self._turn(spot, reply):
            entry = await self._entry(target, spot)
            if reply.busy and (spot.away or (entry is not None and entry.final)):
                return
            laid = self._layout.status(reply, chat=target.chat, home=target.home)
            if reply.busy:
                await self._progress(target, spot, laid[0], "progress")
            else:
                await self._finish(target, spot, reply, laid, "final")

    async def _answer(self, target: Target, reply: Reply, laid: Sequence[Message]) -> None:
        spot = self._spot(target)
        async with self._turn(spot, reply):
            entry = await self._entry(target, spot)
            if entry is not None and entry.final:
                return  # a call is answered once; it came once more, or its picture is there already
            if not reply.busy:
                await self._finish(target, spot, reply, laid, "answer")
            elif entry is None:
                await self._progress(target, spot, laid[0], "status")

    @asynccontextmanager
    async def _turn(self, spot: _Spot, reply: Reply) -> AsyncGenerator[None]:
        """Nobody else changes what stands there. Where "in line" still waits to be said, its result need not wait for it."""
        if not reply.busy and spot.status is not None:
            self._sender.withdraw(spot.status)
        async with spot.lock:
            yield

    async def _progress(self, target: Target, spot: _Spot, laid: Message, kind: Class) -> None:
        """Say how far it is; ``kind`` is that of a first message."""
        entry = spot.entry
        if entry is None:
            spot.status = asyncio.current_task()
            try:
                await self._send(target, spot, laid, kind, final=False)
            except Dropped:
                log.debug("a status was not said")
            finally:
                spot.status = None
            return
        sent = Sent(target.chat, entry.message, entry.kind)
        try:
            if entry.kind == "media" and laid.photo is None:
                # A preview stays until there is a newer one.
                await self._sender.caption(sent, laid, kind="progress")
            else:
                changed = await self._sender.edit(sent, laid, kind="progress")
                if changed.kind != entry.kind:
                    await self._keep(target, spot, replace(entry, kind=changed.kind))
        except Dropped:
            log.debug("progress was dropped")
        except Missing:
            spot.away = True

    async def _finish(self, target: Target, spot: _Spot, reply: Reply, laid: Sequence[Message], kind: Class) -> None:
        """Show a result, and once what does not fit into its message."""
        first, *more = laid
        before = spot.entry
        _begin(spot, laid)
        await self._place(target, spot, first, kind)
        entry = spot.entry
        if entry is None:  # pragma: no cover - it was placed
            return
        if before is None or not before.final:
            await self._follow(target, spot, first, more, kind)
            await self._keep(target, spot, replace(entry, final=True))
        await self._note(reply, entry.message)

    async def _place(self, target: Target, spot: _Spot, laid: Message, kind: Class) -> None:
        entry = spot.entry
        if entry is not None:
            try:
                changed = await self._replace(Sent(target.chat, entry.message, entry.kind), laid, kind)
            except Missing:
                # The member deleted it: what they asked for is worth another message.
                log.debug("a status is not there any more")
            else:
                if changed.kind != entry.kind:
                    await self._keep(target, spot, replace(entry, kind=changed.kind))
                return
        await self._send(target, spot, laid, kind, final=entry is not None and entry.final)

    async def _replace(self, sent: Sent, laid: Message, kind: Class) -> Sent:
        """Change a message. Raises ``Missing`` where it has to be a new one: then no picture is left of the old one."""
        try:
            return await self._sender.edit(sent, laid, kind=kind)
        except Missing:
            if not await self._sender.remove(sent.chat, sent.message):
                raise TimeoutError("a picture that is to go still stands there") from None
            raise

    async def _beneath(self, sent: Sent, laid: Message) -> Sent:
        """Say something in a message whose picture, if it shows one, stays. Raises ``Missing`` where it has to be a new
        one."""
        if sent.kind == "text":  # or one that Telegram no longer hands over
            with suppress(Missing):
                return await self._sender.edit(sent, laid, kind="answer")
        if length(laid.text) > MAX_CAPTION:
            await self._sender.keyboard(sent.chat, sent.message, None)
            raise Missing
        await self._sender.caption(sent, laid, kind="answer")
        return Sent(sent.chat, sent.message, "media")

    async def _follow(self, target: Target, spot: _Spot, first: Message, more: Sequence[Message], kind: Class) -> None:
        """Send what follows a first message; what stands there already is not sent again."""
        for number, message in enumerate(more, len(first.albums) + 1):
            if number > spot.out:
                await self._sender.send(target.chat, message, thread=target.thread, kind=kind)
                spot.out = number

    async def _send(self, target: Target, spot: _Spot, laid: Message, kind: Class, *, final: bool) -> None:
        for number, plates in enumerate(laid.albums, 1):
            if number > spot.out:
                place = {"thread": target.thread, "reply_to": target.reply_to}
                await self._sender.album(target.chat, plates, kind=kind, **place)
                spot.out = number
        sent = await self._sender.send(target.chat, laid, thread=target.thread, reply_to=target.reply_to, kind=kind)
        # Whoever is killed here says it once more later: Telegram offers no way to ask what was said.
        await self._keep(target, spot, Entry(sent.message, sent.kind, final))

    async def _put_in_place(
        self,
        target: Target,
        laid: Sequence[Message],
        message: telegram.MaybeInaccessibleMessage,
        reply: Reply | None,
        *,
        keeps: bool = False,
    ) -> None:
        first, *more = laid
        spot = self._spot(target)
        async with spot.lock:
            entry = await self._entry(target, spot)
            begun = _begin(spot, laid)
            if entry is not None:
                # This was said in a new message, or its first part was; or the press came once more.
                if begun:
                    await self._follow(target, spot, first, more, "answer")
                return
            sent = Sent(message.chat.id, message.message_id, kind_of(message))
            try:
                shown = await (self._beneath(sent, first) if keeps else self._replace(sent, first, "answer"))
            except Missing:
                await self._send(target, spot, first, "answer", final=True)
                shown = sent if spot.entry is None else Sent(target.chat, spot.entry.message)
            await self._follow(target, spot, first, more, "answer")
        if reply is not None:
            await self._note(reply, shown.message)

    # --- what is remembered ------------------------------------------------------------------------------------------

    def _spot(self, target: Target) -> _Spot:
        if not target.tag:
            return _Spot(looked=True)
        spot = self._spots.setdefault(target.tag, _Spot())
        self._spots.move_to_end(target.tag)
        while len(self._spots) > SPOTS:
            oldest = next(iter(self._spots))
            if self._spots[oldest].lock.locked():
                break
            del self._spots[oldest]
        return spot

    async def _entry(self, target: Target, spot: _Spot) -> Entry | None:
        now = asyncio.get_running_loop().time()
        if now - self._pruned > PRUNE_SECONDS:
            self._pruned = now
            self.spawn(self._shown.prune())
        if not spot.looked:
            try:
                spot.entry = await self._shown.find(target.tag)
            except OSError as error:
                log.error("where a status stands cannot be looked up: error %s", error.errno)  # noqa: TRY400
            spot.looked = True
        return spot.entry

    async def _keep(self, target: Target, spot: _Spot, entry: Entry) -> None:
        if spot.entry == entry:
            return
        spot.entry, spot.away = entry, False
        if target.tag:
            try:
                await self._shown.put(target.tag, entry)
            except OSError as error:  # known until the end of this process
                log.error("where a status stands cannot be written down: error %s", error.errno)  # noqa: TRY400

    async def _note(self, reply: Reply, message: int) -> None:
        job = next((action.job for action in reply.actions if action.job is not None), None)
        if reply.picture is None or job is None:
            return
        try:
            await self._shown.note(job, message)
        except OSError as error:
            log.error("where a picture stands cannot be written down: error %s", error.errno)  # noqa: TRY400

    # --- forgetting --------------------------------------------------------------------------------------------------

    def erased(self, chat: int, job: int, *, but: int = 0) -> None:
        """The picture of ``job`` is erased: so are, in a moment, its copies in this chat. The message ``but`` stays."""
        self.spawn(self._erase(chat, [job], but, said=False))

    def forget(self, chat: int, jobs: Sequence[int], *, but: int = 0) -> None:
        """Nothing is left of a member: so goes what is known of what was said to them. The message ``but`` stays."""
        self.spawn(self._erase(chat, jobs, but, said=True))

    async def _erase(self, chat: int, jobs: Sequence[int], but: int, *, said: bool) -> None:
        try:
            pictures = set(await self._shown.taken(jobs))
        except OSError as error:
            log.error("where pictures stand cannot be looked up: error %s", error.errno)  # noqa: TRY400
            pictures = set[int]()
        found = pictures | set(self._sender.said(chat) if said else ())
        async with asyncio.timeout(ERASE_SECONDS):
            if not await self._sender.remove_all(chat, sorted(found - {but}), pictures):
                log.info("not all of what was said to a member could be removed")

    async def _through(self, work: Coroutine[Any, Any, None]) -> None:
        # A message that is being sent is waited for, to know where it stands. One that waits for its turn is not sent
        # any more when its caller has given up: what it shows may be deleted by then.
        await self._background.through(work, self._sender.abandon)

    async def _reached(self, work: Coroutine[Any, Any, None]) -> bool:
        try:
            await self._through(work)
        except Unreachable:
            return False
        return True


def _begin(spot: _Spot, laid: Sequence[Message]) -> bool:
    """Whether this is what was begun to be said there before, by this process."""
    reply, before = hash(tuple(message.text for message in laid)), spot.begun
    if reply != before:
        spot.begun, spot.out = reply, 0
    return reply == before


def _keeps(reply: Reply, message: telegram.MaybeInaccessibleMessage) -> bool:
    """Whether a picture that stands in the message to be replaced is its member's to keep. Of what Telegram no longer
    hands over, nobody knows what it shows."""
    shows = kind_of(message) == "media" or not message.is_accessible
    return shows and not (reply.erases or reply.forget or reply.picture or reply.file or reply.wall)


def kind_of(message: telegram.MaybeInaccessibleMessage) -> Kind:
    """What a message of the bot's own shows, as far as Telegram hands it over."""
    if isinstance(message, telegram.Message) and (message.photo or message.document):
        return "media"
    return "text"
