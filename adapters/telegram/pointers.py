"""What the bot says in a group: the way into the private chat, once for all who ask, and for a while."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from telegram import Message as Posted
from telegram.error import BadRequest, Forbidden

from adapters.posts import Posts
from adapters.publishing import Removed
from adapters.telegram.background import Background
from adapters.telegram.connection import PASSING, named
from adapters.telegram.layout import Message
from adapters.telegram.sender import Sender, Sent, refused

log = logging.getLogger(__name__)

FRESH_SECONDS = 30.0
"""So long one serves everybody who asks for the same."""
STAYS_SECONDS = 600.0
PLACES = 1_024
"""Pointers that are remembered."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """The one who is to see a message in a group, where the server offers that."""

    user: int = field(repr=False)
    message: int = field(default=0, repr=False)
    """The number of their command, if only they can see it."""


@dataclass(slots=True)
class _Standing:
    sent: Sent
    since: float
    timer: asyncio.TimerHandle


Place = tuple[int, int, str, str, str]


class Pointers:
    """Points members of groups to the private chat. ``ephemerals``: the server has messages that one member alone sees.

    ``posts`` remembers what stands, so that a restart leaves none behind.
    """

    def __init__(
        self, sender: Sender, posts: Posts, *, stays: float = STAYS_SECONDS, fresh: float = FRESH_SECONDS
    ) -> None:
        self.ephemerals = False
        self._sender = sender
        self._posts = posts
        self._stays = stays
        self._fresh = fresh
        self._standing: OrderedDict[Place, _Standing] = OrderedDict()
        self._turns: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()
        self._background = Background()

    async def close(self) -> None:
        """Stop whatever goes on in the background. What stands in groups stays."""
        for one in self._standing.values():
            one.timer.cancel()
        await self._background.close(0)

    async def point(
        self,
        chat: int,
        thread: int,
        command: str,
        message: Message,
        *,
        locale: str = "",
        about: str = "",
        reply_to: int = 0,
        to: Addressee | None = None,
    ) -> bool:
        """Show the way for ``command`` to those who read ``locale``; ``about`` names other sentences than usual, which
        the usual ones do not replace. An answer to one message is not silent.

        With ``to``, only they see it, or nobody does. False if it may not be shown; whatever may pass is raised.
        """
        if to is not None:
            return self.ephemerals and await self._whisper(chat, thread, message, to)
        place = (chat, thread, command, locale, about)
        async with self._turns.setdefault(place, asyncio.Lock()):
            return await self._post(place, message, reply_to)

    async def _post(self, place: Place, message: Message, reply_to: int) -> bool:
        chat, thread, *_ = place
        loop = asyncio.get_running_loop()
        before = self._standing.get(place)
        if before is not None and loop.time() - before.since < self._fresh:
            return True
        try:
            # What is about one photo lets the way in go first, which is for all.
            kind = "final" if reply_to else "answer"
            sent = await self._sender.send(
                chat, message, thread=thread, reply_to=reply_to, kind=kind, silent=not reply_to
            )
        except (Forbidden, BadRequest) as error:
            if not refused(error):
                raise
            log.info("nobody may be pointed anywhere: %s", named(error))
            return False
        if before is not None:
            self._drop(place)
        timer = loop.call_later(self._stays, self._drop, place)
        self._standing[place] = _Standing(sent, loop.time(), timer)
        try:
            # From the beginning it is to go.
            await self._posts.prepare(self._tag(sent), _where(sent))
        except OSError as error:
            log.warning("where a group is pointed cannot be written down: error %s", error.errno)
        while len(self._standing) > PLACES:
            self._drop(next(iter(self._standing)))
        return True

    def _drop(self, place: Place) -> None:
        one = self._standing.pop(place, None)
        if one is not None:
            one.timer.cancel()
            self._background.spawn(self._remove(one.sent))

    async def sweep(self) -> None:
        """Remove what an earlier process left in groups; what cannot be removed is left to a later one."""
        for tag in await self._posts.doomed():
            place = await self._posts.leaving(tag) or ""
            chat, _, message = place.partition("/")
            # Looked at last: meanwhile this process may have begun to point, too.
            if chat and message and not any(_where(one.sent) == place for one in self._standing.values()):
                await self._remove(Sent(int(chat), int(message)))

    async def _remove(self, sent: Sent) -> None:
        # One that is too old to be removed is out of date, no more: it is left alone.
        if await self._sender.remove(sent.chat, sent.message, empty=False) is not Removed.LATER:
            await self._posts.drop(self._tag(sent))

    def _tag(self, sent: Sent) -> str:
        return self._posts.tag(_where(sent))

    async def _whisper(self, chat: int, thread: int, message: Message, to: Addressee) -> bool:
        """Say something that one member sees. What turns out to be public is removed at once, and nothing tried again."""
        extra: dict[str, Any] = {
            # One version of the Bot API knows the first, the next one the second; neither minds the other.
            "receiver_user_id": to.user,
            "ephemeral_message_parameters": {"receiver_user_id": to.user},
        }
        if to.message:
            extra["reply_parameters"] = {"ephemeral_message_id": to.message}
        try:
            posted = await self._sender.whisper(chat, message, thread=thread, extra=extra)
        except PASSING as error:
            log.info("nothing could be said to one member of a group alone: %s", named(error))
            return False
        if _is_ephemeral(posted):
            return True
        self.ephemerals = False
        log.error("this Bot API server shows to everybody what it was asked to show to one member: not used any more")
        if not await self._sender.remove(posted.chat.id, posted.message_id):
            log.error("and what it showed could not be removed")
        return False


def _where(sent: Sent) -> str:
    return f"{sent.chat}/{sent.message}"


def _is_ephemeral(posted: Posted) -> bool:
    return bool(posted.api_kwargs.get("ephemeral_message_id"))
