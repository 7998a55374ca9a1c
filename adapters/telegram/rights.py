"""Who may do what in a group: looked up with Telegram, anew each time that it decides something."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

import telegram
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, ChatMigrated, Forbidden

from adapters.telegram.connection import PASSING, named
from adapters.telegram.sender import CALL_SECONDS, no_chat, refused, says

log = logging.getLogger(__name__)

KEPT_SECONDS = 60.0
"""So long is remembered what the bot itself may do."""
OWN_SECONDS, UNKNOWN_SECONDS = 3.0, 10.0
"""So long it is waited for at most, for a photo that all can see waits too; and so long nobody asks again in vain."""
KEPT = 4_096
_NOT_IN = ("user not found", "participant_id_invalid", "user_not_participant", "member not found")
"""How Telegram says that it does not find somebody in a group."""
_GONE = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)


class Rights:
    """Asks Telegram. ``now`` gives seconds."""

    def __init__(self, bot: telegram.Bot, now: Callable[[], float] = time.monotonic) -> None:
        self._bot = bot
        self._now = now
        self._own: OrderedDict[int, tuple[float, telegram.ChatMember | None]] = OrderedDict()
        self._asking: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def moderates(self, chat: int, user: int) -> bool:
        """Whether somebody moderates this group, anonymously or not. Raises whatever may pass."""
        return any(member.user.id == user and _moderates(member) for member in await self._administrators(chat))

    async def anonymous_moderate(self, chat: int) -> bool:
        """Whether each of those who can write as the group itself moderates it: which one did, nobody is told."""
        unnamed = [member for member in await self._administrators(chat) if _is_anonymous(member)]
        return bool(unnamed) and all(_moderates(member) for member in unnamed)

    async def _administrators(self, chat: int) -> Sequence[telegram.ChatMember]:
        """Of other members than these Telegram tells only bots that are administrators themselves."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await self._bot.get_chat_administrators(chat)
        except (Forbidden, BadRequest) as error:
            if not refused(error):
                raise
            log.info("nobody moderates a group that the bot cannot see: %s", named(error))
            return ()

    async def belongs(self, chat: int, user: int) -> bool:
        """False only if Telegram says that somebody is not, or no longer, in this group."""
        try:
            return _belongs(await self._member(chat, user))
        except BadRequest as error:
            return not says(error, _NOT_IN)
        except PASSING as error:
            log.info("whether somebody is in a group cannot be told: %s", named(error))
            return True

    async def refusal(self, chat: int, user: int) -> str | None:
        """Why somebody may not post pictures in this group, as a wording key. Raises ``ChatMigrated``."""
        try:
            member = await self._member(chat, user)
            if isinstance(member, telegram.ChatMemberOwner | telegram.ChatMemberAdministrator):
                return None
            if not _belongs(member):
                return "telegram-share-not-member"
            if isinstance(member, telegram.ChatMemberRestricted):
                may = member.can_send_photos
            else:
                async with asyncio.timeout(CALL_SECONDS):
                    usual = (await self._bot.get_chat(chat)).permissions
                may = usual is None or usual.can_send_photos is not False
        except ChatMigrated:
            raise
        except (Forbidden, BadRequest) as error:
            if not refused(error):
                log.info("it could not be looked up who may post: %s", named(error))
                return "telegram-share-failed"
            if isinstance(error, Forbidden) or no_chat(error):
                return "telegram-share-gone"
            # Where members are hidden, only administrators are told who belongs to a group.
            return "telegram-share-not-member" if says(error, _NOT_IN) else "telegram-share-unsure"
        except PASSING as error:
            log.info("it could not be looked up who may post: %s", named(error))
            return "telegram-share-failed"
        return None if may else "telegram-share-no-photos"

    async def _member(self, chat: int, user: int) -> telegram.ChatMember:
        async with asyncio.timeout(CALL_SECONDS):
            return await self._bot.get_chat_member(chat, user)

    async def may_delete(self, chat: int) -> bool | None:
        """Whether the bot may remove what others wrote in this group; None if that cannot be told now."""
        own = await self._self(chat)
        if own is None:
            return None
        return isinstance(own, telegram.ChatMemberAdministrator) and own.can_delete_messages

    async def administers(self, chat: int) -> bool:
        """Whether the bot is an administrator of this group."""
        return isinstance(await self._self(chat), telegram.ChatMemberAdministrator)

    def drop(self, chat: int) -> None:
        """Something has changed there: ask anew."""
        self._own.pop(chat, None)

    async def _self(self, chat: int) -> telegram.ChatMember | None:
        async with self._asking.setdefault(chat, asyncio.Lock()):  # a crowd asks once
            return await self._asked(chat)

    async def _asked(self, chat: int) -> telegram.ChatMember | None:
        known = self._own.get(chat)
        if known is not None and self._now() - known[0] < (UNKNOWN_SECONDS if known[1] is None else KEPT_SECONDS):
            return known[1]
        member: telegram.ChatMember | None = None
        try:
            async with asyncio.timeout(OWN_SECONDS):
                member = await self._member(chat, self._bot.id)
        except PASSING as error:
            log.info("what the bot may do in a group cannot be told: %s", named(error))
        self._own[chat] = (self._now(), member)
        while len(self._own) > KEPT:
            self._own.popitem(last=False)
        return member


def _belongs(member: telegram.ChatMember) -> bool:
    if isinstance(member, telegram.ChatMemberRestricted):
        return member.is_member
    return member.status not in _GONE


def _is_anonymous(member: telegram.ChatMember) -> bool:
    return isinstance(member, telegram.ChatMemberOwner | telegram.ChatMemberAdministrator) and member.is_anonymous


def _moderates(member: telegram.ChatMember) -> bool:
    if isinstance(member, telegram.ChatMemberOwner):
        return True
    return isinstance(member, telegram.ChatMemberAdministrator) and (
        member.can_change_info or member.can_delete_messages or member.can_restrict_members
    )
