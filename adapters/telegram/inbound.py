"""What arrives from Telegram: written down, acknowledged, and answered in the order in which each member said it.

An update is confirmed once ``receive`` returns, for then it is in the inbox. It leaves that in the transaction that
accepts its job, or once it was answered; whatever is left there is answered by the next process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import telegram
from telegram.constants import ChatAction, ChatMemberStatus, ChatType
from telegram.error import BadRequest

from adapters.telegram.albums import Album, Albums
from adapters.telegram.arrivals import (
    Event,
    Raw,
    chat_of,
    command_in,
    concerns_us,
    has_photo,
    is_fleeting,
    is_private,
    key_of,
    said_in,
)
from adapters.telegram.calls import Calls, Who, takes_member
from adapters.telegram.connection import PASSING, named
from adapters.telegram.groups import Groups
from adapters.telegram.lately import Lately
from adapters.telegram.messages import Messages
from adapters.telegram.photos import photo_in
from adapters.telegram.presses import Presses
from adapters.telegram.rights import Rights
from adapters.telegram.sender import refused
from bot.chat import Inbox, Left, Text
from bot.errors import BotError, StorageTrouble
from bot.wording import negotiate

log = logging.getLogger(__name__)

ACK_SECONDS, ACK_AGAIN_SECONDS = 10.0, 0.3
CROWD, CROWD_SECONDS = 8, 2.0
"""While presses in more chats than this are not acknowledged, nothing else is begun: for at most so long."""
BACKLOG = 2_000
"""So many updates are in memory at a time; the others wait with Telegram."""
ALBUMS = 256
"""Albums in groups in which nobody said anything to us: the part that does may come last."""
LANE = 50
"""So many things of one member wait for each other; whoever sends more in one go is told so."""
RETURNED = 4_096
RETURNED_SECONDS = 60.0
STALE_MS = 10 * 60_000
"""What an earlier process took longer ago is not done any more: its member may have thought better of it, or done it
again. Whatever waits for a picture still waits for it."""

Returned = Callable[[str], Coroutine[Any, Any, None]]


class Inbound:
    """Takes updates and sees that each is answered. ``key`` is a secret for what is written down."""

    def __init__(
        self,
        bot: telegram.Bot,
        inbox: Inbox,
        calls: Calls,
        messages: Messages,
        presses: Presses,
        groups: Groups,
        rights: Rights,
        *,
        key: bytes,
        clock: Callable[[], int],
        closing: asyncio.Event,
        returned: Returned | None = None,
    ) -> None:
        self._bot = bot
        self._inbox = inbox
        self._calls = calls
        self._messages = messages
        self._presses = presses
        self._groups = groups
        self._rights = rights
        self._key = key
        self._clock = clock
        self._returned = returned
        self._closing = closing
        self._albums = Albums()
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._waiting: dict[int, int] = {}
        self._busy: set[asyncio.Task[None]] = set()
        self._asides: set[asyncio.Task[None]] = set()
        self._pressing: Counter[int] = Counter()
        """Chats whose buttons still turn."""
        self._heard = asyncio.Event()
        """Set while all who pressed something know that it was heard, but for a few."""
        self._heard.set()
        self._here: Lately[int, float] = Lately(RETURNED)
        self._unasked: Lately[tuple[int, str], tuple[telegram.Message, ...]] = Lately(ALBUMS)

    # --- the way in --------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Go on with what an earlier process took and did not answer. Raises ``StorageTrouble``."""
        left = await self._inbox.left()
        if left:
            log.info("%s events of the last run are answered now", len(left))
        for one in left:
            raw: Raw = json.loads(one.event)
            self._enter(raw, one.at, again=True, instead=self._instead(raw, one))

    def _instead(self, raw: Raw, left: Left) -> Text | None:
        """What is said to somebody in place of doing now what an earlier process did not get to."""
        if left.given_up:
            return Text("telegram-unexpected")
        stale = self._clock() - left.at > STALE_MS
        return Text("telegram-too-late") if stale and not self._keeps(raw) else None

    def _keeps(self, raw: Raw) -> bool:
        """Whether something is wanted however late: a picture, the way to one, and what became of a group."""
        command = self._calls.typed.get(command_in(raw))
        if "message" not in raw:
            return "callback_query" not in raw
        if not is_private(raw):
            return command is None or takes_member(command) is None
        return has_photo(raw) or (command is not None and command.draws)

    async def receive(self, updates: Sequence[Raw]) -> None:
        """Write updates down and begin to answer them. All may be confirmed when it returns. Raises ``StorageTrouble``."""
        at = self._clock()
        crowded = len(updates) + len(self._busy) > CROWD
        wanted = [update for update in updates if self._is_wanted(update, crowded=crowded)]
        kept = [(key_of(update, self._key), update) for update in wanted if not is_fleeting(update)]
        events = [(key, json.dumps(update).encode()) for key, update in kept]
        new = await self._inbox.take(events) if events else []
        for update in wanted:
            if is_fleeting(update) or key_of(update, self._key) in new:
                self._enter(update, at)

    def _is_wanted(self, update: Raw, *, crowded: bool) -> bool:
        """Acknowledges it, too: nothing comes before that."""
        try:
            if not concerns_us(update, self._bot.bot):
                return False
            self._acknowledge(update, crowded=crowded)
            key_of(update, self._key)
        except Exception as error:  # noqa: BLE001 - it would come again for ever, and keep all others waiting
            log.error("an update cannot be read: %s", named(error))  # noqa: TRY400
            return False
        return True

    async def room(self) -> None:
        """Wait until there is room for more."""
        while len(self._busy) >= BACKLOG:
            await asyncio.wait(self._busy, return_when=asyncio.FIRST_COMPLETED)

    async def close(self, seconds: float) -> None:
        """Begin nothing more, and give what was begun so many seconds to end."""
        self._closing.set()
        running = self._busy | self._asides
        if running:
            await asyncio.wait(running, timeout=seconds)
        for task in (*self._busy, *self._asides):
            task.cancel()
        await asyncio.gather(*self._busy, *self._asides, return_exceptions=True)

    def _acknowledge(self, update: Raw, *, crowded: bool) -> None:
        """A button stops turning, and whoever must wait sees that something happens."""
        query, message = update.get("callback_query"), update.get("message")
        if query:
            alert = self._presses.notice(query, chat_of(update), self._language(update))
            answer = partial(self._bot.answer_callback_query, str(query["id"]), alert, show_alert=alert is not None)
            self._answer_press(chat_of(update), answer)
        elif message and is_private(update):
            sends = has_photo(update)
            if sends or crowded or chat_of(update) in self._lanes:
                action = ChatAction.UPLOAD_PHOTO if sends else ChatAction.TYPING
                self._aside(partial(self._bot.send_chat_action, chat_of(update), action))

    def _answer_press(self, chat: int, answer: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Show somebody that a press was heard. In a crowd, all see that before anything of it is done."""

        async def twice() -> None:
            try:
                await answer()
            except BadRequest:
                raise  # Telegram no longer waits for it
            except PASSING:
                await self._calls.rest(ACK_AGAIN_SECONDS)
                await answer()

        self._pressing[chat] += 1
        if len(self._pressing) > CROWD:
            self._heard.clear()

        def ended(_: object) -> None:
            self._pressing[chat] -= 1
            if not self._pressing[chat]:
                del self._pressing[chat]
            if len(self._pressing) <= CROWD:
                self._heard.set()

        self._aside(twice).add_done_callback(ended)

    def _aside(self, work: Callable[[], Coroutine[Any, Any, object]]) -> asyncio.Task[None]:
        """Something for which nobody waits, and that is no matter if it fails."""

        async def quietly() -> None:
            try:
                async with asyncio.timeout(ACK_SECONDS):
                    await work()
            except PASSING as error:  # also what Telegram no longer waits for
                log.info("a sign did not get through: %s", named(error))
            except Exception as error:  # noqa: BLE001 - nobody waits for it, and asyncio would print what it holds
                log.warning("something beside went wrong: %s", named(error))

        task = asyncio.create_task(quietly())
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)
        return task

    def _enter(self, raw: Raw, at: int, *, again: bool = False, instead: Text | None = None) -> None:
        """Begin to answer one update: after those of the same private chat, and beside all others.

        ``instead`` is said in place of doing what it asks for.
        """
        key = key_of(raw, self._key)
        try:
            update = telegram.Update.de_json(dict(raw), self._bot)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next one must be answered
            log.error("an update cannot be read: %s", named(error))  # noqa: TRY400
            self._aside(partial(self._inbox.done, key))
            return
        message = update.message
        lane = chat_of(raw) if is_private(raw) else 0
        full = lane != 0 and self._waiting.get(lane, 0) >= LANE
        album: Album | None = None
        if message is not None and message.media_group_id is not None and instead is None:
            album, first = self._albums.begun(key, message, wanted=not full)
            if not first:
                if album is None:
                    self._begin(0, partial(self._late, Event(key, update, (message,), at, again)))
                return
        event = Event(key, update, () if message is None else (message,), at, again)
        if full and self._waiting[lane] > LANE:
            self._aside(partial(self._inbox.done, key))
        elif full:
            self._begin(lane, partial(self._apologise, event, Text("telegram-too-many")))
        elif instead is not None:
            self._begin(lane, partial(self._apologise, event, instead))
        else:
            self._begin(lane, partial(self._guarded, event, album))

    def _begin(self, lane: int, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        before = self._lanes.get(lane)

        async def in_turn() -> None:
            if not self._heard.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CROWD_SECONDS):
                        await self._heard.wait()
            if before is not None:
                await asyncio.wait({before})
            await work()

        task = asyncio.create_task(in_turn())
        self._busy.add(task)
        if lane:
            self._lanes[lane] = task
            self._waiting[lane] = self._waiting.get(lane, 0) + 1

        def ended(task: asyncio.Task[None]) -> None:
            self._busy.discard(task)
            if not lane:
                return
            if (waiting := self._waiting[lane] - 1) > 0:
                self._waiting[lane] = waiting
            else:
                del self._waiting[lane]
            if self._lanes.get(lane) is task:
                del self._lanes[lane]

        task.add_done_callback(ended)

    # --- one event ---------------------------------------------------------------------------------------------------

    async def _guarded(self, event: Event, album: Album | None) -> None:
        """The one place where an error in here ends: the log gets its kind, the member a sentence if there is a way."""
        if self._closing.is_set():
            return  # the next process finds it in the inbox
        try:
            if album is not None:
                event = await self._collected(event, album)
            await self._answer(event)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next member must be answered
            await self._failed(event, error)
        else:
            await self._calls.let_go(event.key)

    async def _failed(self, event: Event, error: Exception) -> None:
        chat = event.update.effective_chat
        if chat is not None and chat.type != ChatType.PRIVATE and _passes(error):
            log.warning("something in a group cannot be answered yet: %s", named(error))
            await self._again(event)
        elif isinstance(error, StorageTrouble):
            # Its own sentence is for whoever runs the bot.
            log.error("something that a member did could not be answered: %s", error.key)
            await self._apologise(event, Text(StorageTrouble.default_key))
        elif isinstance(error, BotError):
            await self._apologise(event, Text(error.key, error.parameters))
        else:
            log.error("something that a member did could not be answered: %s", named(error))
            await self._apologise(event, Text("telegram-unexpected"))

    async def _collected(self, event: Event, album: Album) -> Event:
        """All parts of an album as one event. Only the first stays in the inbox: it alone would be answered again."""
        await album.complete()
        parts = self._albums.close(album)
        commanded = next((part for part in parts if said_in(part[1]) is not None), None)
        if commanded is None and (message := parts[0][1]).chat.type != ChatType.PRIVATE:
            self._unasked[_album_of(message)] = tuple(message for _, message in parts)
        first = commanded or next((part for part in parts if photo_in(part[1]) is not None), parts[0])
        for key, _ in parts:
            if key != first[0]:
                await self._calls.let_go(key)
        return replace(event, key=first[0], messages=tuple(message for _, message in parts))

    async def _late(self, event: Event) -> None:
        """A part of an album that came when the rest was answered already."""
        (message,) = event.messages
        before = self._unasked.get(_album_of(message))
        if before is not None and said_in(message) is not None:
            # It says what all the others were sent for.
            self._unasked.pop(_album_of(message))
            await self._guarded(replace(event, messages=(message, *before)), None)
            return
        if before is not None:
            self._unasked[_album_of(message)] = (*before, message)
        try:
            if message.chat.type != ChatType.PRIVATE:
                await self._groups.late(message)
            await self._calls.let_go(event.key)
        except Exception as error:  # noqa: BLE001 - nobody waits for it
            log.warning("a late part of an album was left alone: %s", named(error))

    async def _answer(self, event: Event) -> None:
        update = event.update
        if update.my_chat_member is not None:
            self._standing(update.my_chat_member)
        elif update.callback_query is not None:
            await self._pressed(event.key, update.callback_query)
        elif event.messages:
            await self._said(event)

    async def _pressed(self, key: str, query: telegram.CallbackQuery) -> None:
        if query.message is not None:
            self._greet(query.from_user.id)
            locale = self._locale(query.from_user, query.message.chat)
            await self._presses.handle(key, query, query.message, locale, begin=self._begin)

    async def _said(self, event: Event) -> None:
        message = event.messages[0]
        user = message.from_user
        if message.chat.type != ChatType.PRIVATE:
            await self._groups.handle(event, self._locale(user, message.chat))
        elif user is not None and not user.is_bot:
            self._greet(user.id)
            await self._messages.handle(event, user, self._locale(user, message.chat))

    async def _apologise(self, event: Event, sentence: Text) -> None:
        """Say it where only the member sees it; of what is asked in a group, only moderators wait for that."""
        update = event.update
        user, chat = update.effective_user, update.effective_chat
        alone = chat is not None and (chat.type == ChatType.PRIVATE or update.callback_query is not None)
        try:
            if user is not None and not user.is_bot and chat is not None and (alone or self._is_about_member(event)):
                who = Who(user.id, user.full_name, self._locale(user, chat))
                await self._calls.say(f"{event.key}/sorry", who, sentence)
        except Exception as error:  # noqa: BLE001 - it was the last thing to try
            log.info("nor could that be said: %s", named(error))
        await self._calls.let_go(event.key)

    def _is_about_member(self, event: Event) -> bool:
        said = next((said for message in event.messages if (said := said_in(message))), None)
        command = None if said is None else self._calls.typed.get(said.name)
        return command is not None and takes_member(command) is not None

    async def _again(self, event: Event) -> None:
        """Go on with what was asked in a group and met trouble that passes: nothing was said, and all wait for it."""

        async def answered() -> bool:
            if not self._calls.is_carried_out(event.key):
                try:
                    await self._answer(event)
                except (*PASSING, StorageTrouble) as error:
                    if _passes(error):
                        log.warning("something in a group still cannot be answered: %s", named(error))
                        return False
                    raise
            await self._calls.let_go(event.key)
            return True

        try:
            if not await self._calls.again(answered):
                log.warning("something in a group is left to the next start")
        except Exception as error:  # noqa: BLE001 - nobody waits for it
            log.error("something in a group could not be answered: %s", named(error))  # noqa: TRY400
            await self._calls.let_go(event.key)

    # --- who is there ------------------------------------------------------------------------------------------------

    def _standing(self, change: telegram.ChatMemberUpdated) -> None:
        """Somebody blocked the bot or let it in again; in a group, it may do other things than before."""
        if change.chat.type != ChatType.PRIVATE:
            self._rights.drop(change.chat.id)
        elif change.new_chat_member.status == ChatMemberStatus.MEMBER:
            self._greet(change.from_user.id)

    def _locale(self, user: telegram.User | None, chat: telegram.Chat) -> str:
        return self._calls.languages.heard(chat.id, None if user is None else user.language_code)

    def _language(self, update: Raw) -> str:
        said = update["callback_query"]["from"].get("language_code")
        return self._calls.languages.of(chat_of(update), negotiate(said))

    def _greet(self, user: int) -> None:
        """Tell the application that a member is here, once in a while: what is owed to them can go out."""
        now = asyncio.get_running_loop().time()
        if self._returned is None or now - self._here.get(user, -RETURNED_SECONDS) < RETURNED_SECONDS:
            return
        self._here[user] = now
        self._aside(partial(self._returned, str(user)))


def _album_of(message: telegram.Message) -> tuple[int, str]:
    return message.chat.id, str(message.media_group_id)


def _passes(error: Exception) -> bool:
    """Whether it may go better a little later."""
    return isinstance(error, (*PASSING, StorageTrouble)) and not refused(error)
