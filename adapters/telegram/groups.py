"""What happens in groups, where everything is public: a way into the private chat is shown, and photos are removed.

Nothing that a member sent to a group is downloaded, and nothing about them is answered there.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, replace

import telegram
from telegram.constants import ChatID

from adapters.telegram.arrivals import SERVICE, Event, Said, answered_by, ephemeral_number, said_in, thread_of
from adapters.telegram.calls import SHOW_AGAIN_SECONDS, Calls, Who, member_named, takes_member, with_member
from adapters.telegram.connection import PASSING, named
from adapters.telegram.declarations import by_typed, typed
from adapters.telegram.homes import Home, Homes
from adapters.telegram.layout import Layout, tame
from adapters.telegram.links import Links
from adapters.telegram.messages import AVATAR, START
from adapters.telegram.photos import photo_in
from adapters.telegram.pointers import Addressee, Pointers
from adapters.telegram.rights import Rights
from adapters.telegram.sender import Sender
from bot.chat import Command, Handler, Text

log = logging.getLogger(__name__)

HELP = "help"
ALBUMS = 1_024
TRIES = 3

FAILURES = ("error-", "refused")
"""With these begin the keys of sentences about what was not done."""

REMOVED, STAYS = "telegram-photo-removed", "telegram-photo-stays"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command in a group: by whom, and what of it is to go."""

    message: telegram.Message
    home: Home
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
            asked = await self._asked(message, locale)
            if asked is not None:
                await self._answer(event, asked)
                return

    async def late(self, message: telegram.Message) -> None:
        """A part of an album that came when the rest had been answered."""
        album = (message.chat.id, str(message.media_group_id))
        if album in self._removed and await self._rights.may_delete(message.chat.id):
            await self._sender.remove(message.chat.id, message.message_id)

    async def _moved(self, message: telegram.Message) -> bool:
        chat = message.chat.id
        if message.migrate_to_chat_id is not None:
            await self._homes.moved(chat, message.migrate_to_chat_id)
        elif message.migrate_from_chat_id is not None:
            await self._homes.moved(message.migrate_from_chat_id, chat)
        else:
            return False
        self._rights.drop(chat)
        return True

    # --- what is meant -----------------------------------------------------------------------------------------------

    async def _asked(self, message: telegram.Message, locale: str) -> _Asked | None:
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
            await self._homes.of(chat.id, thread_of(message)),
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
        extra = await self._remove(event, asked)
        if takes_member(asked.command) is not None and await self._moderates(asked):
            await self._about_member(event.key, asked)
            return
        await self._point(asked, *extra)

    async def _remove(self, event: Event, asked: _Asked) -> tuple[Text, ...]:
        """Remove photos, and the command if that may be. What is to be said about it."""
        message, chat = asked.message, asked.message.chat.id
        if ephemeral_number(message):
            return ()  # nobody else sees it
        photos = [part.message_id for part in event.messages if photo_in(part) is not None]
        replied = answered_by(message)
        if photo_in(replied) is not None and replied is not None and _same_author(message, replied):
            photos.append(replied.message_id)
        may = await self._rights.may_delete(chat)
        if message.media_group_id is not None:
            self._removed[chat, message.media_group_id] = None
            if len(self._removed) > ALBUMS:
                self._removed.popitem(last=False)
        # The photo first: each moment counts.
        gone = [may and await self._sender.remove(chat, photo) for photo in photos]
        if may and message.message_id not in photos:
            await self._sender.remove(chat, message.message_id)
        if not photos:
            return ()
        return (Text(REMOVED if all(gone) else STAYS),)

    async def _point(self, asked: _Asked, *extra: Text) -> None:
        message, home, name = asked.message, asked.home, asked.command.name
        url = f"https://t.me/{self._bot.username}?start={self._links.pack(home.number, name)}"
        laid = self._layout.pointer(name, url, asked.locale, extra)
        about = "/".join(text.key for text in extra)
        to = await self._addressee(asked)
        # It holds nothing private, so where it cannot be for one alone, all may see it.
        if to is not None and await self._pointers.point(message.chat.id, home.thread, name, laid, about=about, to=to):
            return
        for _ in range(TRIES):
            if await self._pointers.point(message.chat.id, home.thread, name, laid, about=about):
                return
            await self._calls.rest(SHOW_AGAIN_SECONDS)

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
        if asked.anonymous:
            return True
        if not asked.personal:
            return False
        try:
            return await self._rights.moderates(asked.message.chat.id, asked.user)
        except PASSING as error:
            # In the private chat it is looked up again, and said if it cannot be.
            log.warning("who moderates a group cannot be told: %s", named(error))
            return False

    async def _about_member(self, key: str, asked: _Asked) -> None:
        """Carry it out here, for only here a message says who is meant; the answer goes to the moderator alone."""
        replied = answered_by(asked.message)
        meant = member_named(asked.message, replied)
        if meant is None or meant.is_bot:
            how = Text("telegram-member-reply", {"command": typed(asked.command.name)})
            who = Who(asked.user, "", asked.locale, asked.home)
            if not asked.personal or not await self._calls.say(key, who, how):
                await self._point(asked, how)
            return
        who = Who(asked.user, "", asked.locale, asked.home)
        arguments = with_member(asked.command, {}, meant)
        task = await self._calls.task(key, who, asked.command.name, arguments, moderator=True)
        # Many share the id of an anonymous administrator: for this, whoever it was is the group itself.
        member = str(asked.user) if asked.personal else f"anonymous-{asked.home.room}"
        about = (Text("telegram-about-member", {"name": tame(meant.full_name)}),)
        task = replace(task, call=replace(task.call, member=member, address=None), about=about)
        reply = await self._calls.carry_out(task)
        if not asked.personal or not await self._calls.show(task, reply):
            failed = reply.lines[0].key.startswith(FAILURES)
            await self._point(asked, Text("telegram-not-done" if failed else "telegram-done"))


def _same_author(one: telegram.Message, other: telegram.Message) -> bool:
    """Whether two messages are by one person: not by two who write as the same group or channel."""
    if one.sender_chat is not None or other.sender_chat is not None:
        return False
    return one.from_user is not None and one.from_user == other.from_user and not one.from_user.is_bot
