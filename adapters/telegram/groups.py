"""What happens in groups, where everything is public: a way into the private chat is shown, and photos are removed.

Nothing that a member sent to a group is downloaded, and nothing about them is answered there.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import telegram
from telegram.constants import ChatID
from telegram.error import BadRequest, RetryAfter

from adapters.publishing import Removed
from adapters.telegram.arrivals import SERVICE, Event, Said, answered_by, ephemeral_number, said_in, thread_of
from adapters.telegram.calls import Calls, Who, member_named, takes_member, takes_photo, with_member
from adapters.telegram.connection import PASSING, named, seconds_of
from adapters.telegram.declarations import by_typed, typed
from adapters.telegram.homes import Home, Homes
from adapters.telegram.layout import Layout, Message, tame
from adapters.telegram.links import Links
from adapters.telegram.messages import AVATAR, START
from adapters.telegram.photos import photo_in
from adapters.telegram.pointers import Addressee, Pointers
from adapters.telegram.rights import Rights
from adapters.telegram.sender import Sender
from bot.chat import Command, Handler, Text
from bot.errors import StorageTrouble

log = logging.getLogger(__name__)

HELP = "help"
ROOM = "room"
ALBUMS = 1_024
SHOW_AGAIN_SECONDS, SHOW_AGAIN_MOST = 5.0, 60.0
TRIES = 9
"""What was asked in a group is answered whatever passes within about five minutes; the rests between grow."""
REMOVE_AGAIN_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Rests between attempts to remove a photo: about a minute."""

FAILURES = ("error-", "refused")
"""With these begin the keys of sentences about what was not done."""

REMOVED, STAYS, STILL = "telegram-photo-removed", "telegram-photo-stays", "telegram-photo-still"
EARLIER = "telegram-photo-earlier"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command in a group: by whom, and what of it is to go."""

    message: telegram.Message
    command: Command
    said: Said
    locale: str
    anonymous: bool
    """By an administrator who writes as the group itself."""
    personal: bool
    """By somebody under an id of their own; else many share it, and nothing may be tied to it."""

    @property
    def user(self) -> int:
        return self.message.from_user.id if self.message.from_user is not None else 0

    @property
    def chat(self) -> int:
        return self.message.chat.id


@dataclass(frozen=True, slots=True)
class _Photos:
    """What became of the photos that came with a command, by the numbers of their messages."""

    gone: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    """Telegram does not let us remove them."""
    left: tuple[int, ...] = ()
    """Telegram was not well: they may go yet."""
    rest: float = 0.0
    """Seconds for which Telegram wants to be left alone."""


class Groups:
    """Answers what is said in groups."""

    def __init__(
        self,
        handler: Handler,
        calls: Calls,
        sender: Sender,
        pointers: Pointers,
        layout: Layout,
        links: Links,
        homes: Homes,
        rights: Rights,
        bot: telegram.Bot,
    ) -> None:
        self._calls = calls
        self._sender = sender
        self._pointers = pointers
        self._layout = layout
        self._links = links
        self._homes = homes
        self._rights = rights
        self._bot = bot
        self._typed = by_typed(handler)
        self._removed: OrderedDict[tuple[int, str], None] = OrderedDict()

    async def handle(self, event: Event, locale: str) -> None:
        """Answer a message or an album in a group, if it is meant for us."""
        if await self._moved(event.messages[0]):
            return
        for message in event.messages:
            asked = self._asked(message, locale)
            if asked is not None:
                await self._answer(event, asked)
                return

    async def late(self, message: telegram.Message) -> None:
        """A part of an album that came when the rest had been answered."""
        album = (message.chat.id, str(message.media_group_id))
        if album in self._removed:
            photos = await self._remove(message.chat.id, [message.message_id])
            await self._go_on(message.chat.id, photos)

    async def _moved(self, message: telegram.Message) -> bool:
        chat = message.chat.id
        if message.migrate_to_chat_id is not None:
            await _through_trouble(lambda: self._homes.moved(chat, message.migrate_to_chat_id or chat))
        elif message.migrate_from_chat_id is not None:
            await _through_trouble(lambda: self._homes.moved(message.migrate_from_chat_id or chat, chat))
        else:
            return False
        self._rights.drop(chat)
        return True

    # --- what is meant -----------------------------------------------------------------------------------------------

    def _asked(self, message: telegram.Message, locale: str) -> _Asked | None:
        user, chat = message.from_user, message.chat
        if user is None or user.id == SERVICE or message.is_automatic_forward:
            return None
        as_group = message.sender_chat is not None and message.sender_chat.id == chat.id
        if user.is_bot and message.sender_chat is None and user.id != ChatID.ANONYMOUS_ADMIN:
            return None  # another bot's word is nobody's wish
        said = said_in(message)
        command = self._command(said, message)
        if command is None:
            return None
        return _Asked(
            message,
            command,
            said or Said(AVATAR, "", ""),
            locale,
            as_group,
            message.sender_chat is None,
        )

    def _command(self, said: Said | None, message: telegram.Message) -> Command | None:
        if said is None:
            # Whoever answers our pointer with a photo did not see that it leads elsewhere.
            wanted = AVATAR if photo_in(message) is not None and self._is_pointer(answered_by(message)) else ""
            return self._calls.commands.get(wanted)
        ours = self._bot.username.lower()
        if said.bot not in ("", ours):
            return None
        if (command := self._typed.get(said.name)) is not None:
            return command
        if not said.bot:
            return None
        # The first is said by Telegram for whoever adds the bot by a link.
        return self._calls.commands.get(AVATAR if said.name == START else HELP)

    def _is_pointer(self, message: telegram.Message | None) -> bool:
        if message is None or message.reply_markup is None or message.from_user != self._bot.bot:
            return False
        return any(button.url for row in message.reply_markup.inline_keyboard for button in row)

    # --- what is said ------------------------------------------------------------------------------------------------

    async def _answer(self, event: Event, asked: _Asked) -> None:
        message = asked.message
        if message.media_group_id is not None:
            self._removed[asked.chat, message.media_group_id] = None
            if len(self._removed) > ALBUMS:
                self._removed.popitem(last=False)
        # The photo first: each moment counts.
        photos = await self._remove(asked.chat, [part.message_id for part in event.messages if photo_in(part)])
        # Nobody waits for a photo that does not go, and no photo for what is said.
        done = await asyncio.gather(
            self._say(event.key, asked, photos), self._remove_later(asked, photos), return_exceptions=True
        )
        for error in done:
            if error is not None:
                raise error

    async def _say(self, key: str, asked: _Asked, photos: _Photos) -> None:
        message = asked.message
        if not photo_in(message) and message.message_id and await self._rights.may_delete(asked.chat):
            await self._sender.remove(asked.chat, message.message_id, empty=False)
        if takes_member(asked.command) is not None and await self._moderates(asked):
            await self._about_member(key, asked)
            return
        if photos.refused:
            await self._point(asked, Text(STAYS), photo=photos.refused[0])
        elif photos.gone and not photos.left:
            await self._point(asked, Text(REMOVED))
        elif takes_photo(asked.command) and photo_in(answered_by(message)) is not None and not photo_in(message):
            # It stood there before, and whoever sent it may want it there.
            await self._point(asked, Text(EARLIER))
        else:
            await self._point(asked)

    # --- photos ------------------------------------------------------------------------------------------------------

    async def _remove(self, chat: int, photos: Sequence[int]) -> _Photos:
        """Remove photos at once, if that may be."""
        if not photos:
            return _Photos()
        # Where that cannot be told, Telegram says it when it is asked to.
        if await self._rights.may_delete(chat) is False:
            return _Photos(refused=tuple(photos))
        became: dict[Removed, list[int]] = {fate: [] for fate in Removed}
        rest = 0.0
        for number, photo in enumerate(photos):
            try:
                became[await self._sender.delete(chat, photo)].append(photo)
            except BadRequest:
                became[Removed.REFUSED].append(photo)
            except RetryAfter as error:
                log.warning("Telegram wants a rest before photos in a group are removed")
                became[Removed.LATER] += photos[number:]
                rest = seconds_of(error)
                break
        refused = (*became[Removed.REFUSED], *became[Removed.MOVED])
        return _Photos(tuple(became[Removed.GONE]), refused, tuple(became[Removed.LATER]), rest)

    async def _remove_later(self, asked: _Asked, first: _Photos) -> None:
        """Go on removing, and say how that ended."""
        if not first.left:
            return
        photos = await self._go_on(asked.chat, first)
        if first.refused:
            return  # that some stay was said at once
        if photos.refused:
            await self._point(asked, Text(STAYS), photo=photos.refused[0])
        elif photos.left:
            log.warning("photos in a group could not be removed: Telegram was not well for too long")
            await self._point(asked, Text(STILL), photo=photos.left[0])
        else:
            await self._point(asked, Text(REMOVED))

    async def _go_on(self, chat: int, photos: _Photos) -> _Photos:
        for seconds in REMOVE_AGAIN_SECONDS:
            if not photos.left:
                break
            await asyncio.sleep(max(seconds, photos.rest))
            now = await self._remove(chat, photos.left)
            photos = replace(now, refused=photos.refused + now.refused)
        return photos

    # --- the way into the private chat -------------------------------------------------------------------------------

    async def _home(self, message: telegram.Message) -> Home:
        """Raises ``StorageTrouble``."""
        return await _through_trouble(lambda: self._homes.of(message.chat.id, thread_of(message)))

    async def _point(self, asked: _Asked, *extra: Text, photo: int = 0) -> None:
        """Show the way; what is about a photo that others see is said as an answer to it, once to each member."""
        name = asked.command.name
        laid = self._layout.pointer(name, await self._link(asked, name), asked.locale, extra)
        await self._put(asked, name, laid, "/".join(text.key for text in extra), photo)

    async def _tell(self, asked: _Asked, said: Text) -> None:
        """Say what became of a moderator's command where they cannot be told in private: they go on with the panel."""
        laid = self._layout.pointer(ROOM, await self._link(asked, ROOM), asked.locale)
        laid.text = self._layout.say(asked.locale, said)
        # Each of their commands is answered, also a second one right after the first.
        await self._put(asked, ROOM, laid, f"{asked.command.name}/{said.key}/{asked.message.message_id}")

    async def _link(self, asked: _Asked, name: str) -> str:
        home = await self._home(asked.message)
        return f"https://t.me/{self._bot.username}?start={self._links.pack(home.number, name)}"

    async def _put(self, asked: _Asked, name: str, laid: Message, about: str, photo: int = 0) -> None:
        """Raises if Telegram was not well for minutes: then nobody was told anything."""
        thread, locale = thread_of(asked.message), asked.locale
        to = await self._addressee(asked)
        # It holds nothing private, so where it cannot be for one alone, all may see it.
        if to is not None and await self._pointers.point(asked.chat, thread, name, laid, to=to):
            return
        if photo:
            # Whoever sends many is told once; of those who share an id, each one.
            about = f"{about}/{asked.user if asked.personal else photo}"
        rest = SHOW_AGAIN_SECONDS
        for left in reversed(range(TRIES)):
            try:
                await self._pointers.point(asked.chat, thread, name, laid, locale=locale, about=about, reply_to=photo)
            except PASSING as error:
                log.warning("nobody in a group could be pointed anywhere: %s", named(error))
                if not left:
                    raise
            else:
                return
            # Not cut short at the end: what was not answered is left to the next process.
            await asyncio.sleep(rest)
            rest = min(2 * rest, SHOW_AGAIN_MOST)

    async def _addressee(self, asked: _Asked) -> Addressee | None:
        """Whoever alone is to see the pointer, where the server can do that."""
        if not self._pointers.ephemerals or not asked.personal:
            return None
        number = ephemeral_number(asked.message)
        if number or await self._rights.administers(asked.message.chat.id):
            return Addressee(asked.user, number)
        return None

    # --- commands about another member -------------------------------------------------------------------------------

    async def _moderates(self, asked: _Asked) -> bool:
        if not asked.personal and not asked.anonymous:
            return False
        try:
            if asked.anonymous:
                return await self._rights.anonymous_moderate(asked.chat)
            return await self._rights.moderates(asked.message.chat.id, asked.user)
        except PASSING as error:
            # In the private chat it is looked up again, and said if it cannot be.
            log.warning("who moderates a group cannot be told: %s", named(error))
            return False

    async def _about_member(self, key: str, asked: _Asked) -> None:
        """Carry it out here, for only here a message says who is meant; the answer goes to the moderator alone."""
        meant = member_named(asked.message, answered_by(asked.message))
        home = await self._home(asked.message)
        who = Who(asked.user, "", asked.locale, home)
        if meant is None or meant.is_bot:
            how = Text("telegram-member-reply", {"command": typed(asked.command.name)})
            if not asked.personal or not await _told(self._calls.say(key, who, how)):
                await self._tell(asked, how)
            return
        arguments = with_member(asked.command, {}, meant)
        task = await self._calls.task(key, who, asked.command.name, arguments, moderator=True)
        # Many share the id of an anonymous administrator: for this, whoever it was is the group itself.
        member = str(asked.user) if asked.personal else f"anonymous-{home.room}"
        about = (Text("telegram-about-member", {"name": tame(meant.full_name)}),)
        task = replace(task, call=replace(task.call, member=member, address=None), about=about)
        reply = await self._calls.carry_out(task)
        if not asked.personal or not await _told(self._calls.show(task, reply)):
            failed = reply.lines[0].key.startswith(FAILURES)
            await self._tell(asked, Text("telegram-not-done" if failed else "telegram-done"))


async def _told(saying: Awaitable[bool]) -> bool:
    """Whether something was said to a member in private; not, if Telegram was not well for too long."""
    try:
        return await saying
    except PASSING as error:
        log.warning("a moderator could not be told in private what became of a command: %s", named(error))
        return False


async def _through_trouble(work: Callable[[], Awaitable[T]]) -> T:
    """Do something that writes, again if the disk was in trouble for a while. Raises ``StorageTrouble``."""
    rest = SHOW_AGAIN_SECONDS
    for left in reversed(range(TRIES)):
        try:
            return await work()
        except OSError as error:
            log.error("where members come from cannot be written down: error %s", error.errno)  # noqa: TRY400
            if not left:
                raise StorageTrouble from error
        await asyncio.sleep(rest)
        rest = min(2 * rest, SHOW_AGAIN_MOST)
    raise StorageTrouble  # pragma: no cover - the last attempt returns or raises
