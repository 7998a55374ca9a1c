"""Pictures that members share with their group: posted so that they can always be taken back, and taken back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace

from telegram import ChatMemberRestricted
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, ChatMigrated, Forbidden

from adapters.posts import Posts
from adapters.telegram.background import CLOSE_SECONDS, Background, quietly
from adapters.telegram.connection import PASSING, named
from adapters.telegram.homes import Home
from adapters.telegram.layout import Layout, Message
from adapters.telegram.sender import CALL_SECONDS, Missing, Removed, Sender, Sent, no_chat, no_place, says
from bot.chat import Share, Text
from bot.errors import BotError

log = logging.getLogger(__name__)

SWEEP_SECONDS = 300.0
LONGEST_REST = 86_400.0
"""Between two tries to remove what Telegram does not let us remove."""
UNSHARE_SECONDS = 20.0
OVER = frozenset({Removed.GONE, Removed.MOVED})
"""After these there is nothing left that we could do."""

_NOT_IN = ("user not found", "participant_id_invalid", "user_not_participant", "member not found")

Shared = Callable[[], Awaitable[Collection[str]]]


@dataclass(frozen=True, slots=True)
class _Post:
    """Where a picture stands, as it is kept."""

    chat: int
    message: int
    thread: int
    locale: str
    """In which it was posted."""

    def written(self) -> str:
        return f"{self.chat}/{self.message}/{self.thread}/{self.locale}"

    @classmethod
    def read(cls, place: str) -> _Post:
        """Raises ValueError on what ``written`` did not write."""
        chat, message, thread, locale = place.split("/")
        return cls(int(chat), int(message), int(thread), locale)


class Sharing:
    """Posts pictures and takes them back. ``posts`` remembers by tag where they stand."""

    def __init__(self, layout: Layout, sender: Sender, posts: Posts) -> None:
        self._layout = layout
        self._sender = sender
        self._posts = posts
        self._background = Background()
        self._shared: Shared | None = None

    async def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Let end what is under way, for so long, and stop the rest."""
        await self._background.close(seconds)

    # --- posting -----------------------------------------------------------------------------------------------------

    async def share(self, share: Share, home: Home, *, user: int, name: str, locale: str) -> str | None:
        """Post a picture into a group as the bot's own message. A wording key that says why not; None once it stands there.

        What stands in another place moves here. A picture is only ever put into a message whose place is on the disk
        already: nothing that ends this process leaves one in public that nobody can take back.
        """
        try:
            refusal = await self._refusal(home.chat, user)
        except ChatMigrated as error:
            await self._sender.moved(home.chat, error.new_chat_id)
            home = replace(home, chat=error.new_chat_id)
            refusal = await self._refusal(home.chat, user)
        if refusal is not None:
            return refusal
        # It goes on when nobody waits any longer: what was begun must be put into place, or away.
        return await self._background.through(self._share(share, home, name, locale))

    async def _refusal(self, chat: int, user: int) -> str | None:
        """Why this member may not post pictures in a group; asked each time."""
        bot = self._sender.bot
        try:
            async with asyncio.timeout(CALL_SECONDS):
                member = await bot.get_chat_member(chat, user)
                if member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR):
                    return None
                if isinstance(member, ChatMemberRestricted):
                    if not member.is_member:
                        return "telegram-share-not-member"
                    return None if member.can_send_photos else "telegram-share-no-photos"
                if member.status != ChatMemberStatus.MEMBER:
                    return "telegram-share-not-member"
                usual = (await bot.get_chat(chat)).permissions
                allowed = usual is None or usual.can_send_photos is not False
                return None if allowed else "telegram-share-no-photos"
        except Forbidden:
            return "telegram-share-gone"
        except BadRequest as error:
            if no_chat(error):
                return "telegram-share-gone"
            # Where members are hidden, only administrators are told who belongs to a group.
            return "telegram-share-not-member" if says(error, _NOT_IN) else "telegram-share-unsure"
        except ChatMigrated:
            raise
        except PASSING as error:
            log.info("it could not be looked up who may post: %s", named(error))
            return "telegram-share-failed"

    async def _share(self, share: Share, home: Home, name: str, locale: str) -> str | None:
        tag = share.tag
        laid = Message(self._layout.post(share, name, locale), photo=share.picture)
        async with self._posts.turn(tag):
            try:
                earlier = await self._posts.place(tag) or await self._posts.leaving(tag)
                if earlier is not None:
                    post = _Post.read(earlier)
                    here = (post.chat, post.thread) == (home.chat, home.thread)
                    self._sender.doubt(Sent(post.chat, post.message))
                    if here and await self._fill(post, laid) is None and await self._wanted(tag):
                        await self._posts.put(tag, earlier)
                        return None
                    await self._posts.doom(tag)
                    if await self._clear(earlier) not in OVER:
                        return "telegram-share-unknown"
                    await self._posts.drop(tag)
                return await self._post(tag, laid, home, locale)
            except (OSError, ValueError) as error:
                log.error("where a picture stands cannot be written down: %s", named(error))  # noqa: TRY400
                self._background.spawn(self._take_back(tag))
                return "telegram-share-unknown"

    async def _post(self, tag: str, laid: Message, home: Home, locale: str) -> str | None:
        if not await self._wanted(tag):
            return "telegram-share-unknown"
        frame = Message(self._layout.say(locale, Text("telegram-share-frame")))
        # Whoever is killed between these two leaves a frame without a picture in the group.
        try:
            sent = await self._sender.send(home.chat, frame, thread=home.thread, kind="final")
        except PASSING as error:
            log.warning("a picture could not be posted: %s", named(error))
            return _why(error)
        post = _Post(sent.chat, sent.message, home.thread, locale)
        try:
            await self._posts.prepare(tag, post.written())
        except OSError:
            await self._sender.remove(sent.chat, sent.message)
            raise
        refusal = await self._fill(post, laid)
        if refusal is None and not await self._wanted(tag):
            refusal = "telegram-share-unknown"
        if refusal is None:
            await self._posts.put(tag, post.written())
            return None
        if not await self._clear(post.written()):
            return "telegram-share-unknown"
        await self._posts.drop(tag)
        return refusal

    async def _wanted(self, tag: str) -> bool:
        """Whether it is shared still: whoever takes it back before it stands finds nothing here to remove."""
        if self._shared is None:
            return True
        try:
            return tag in await self._shared()
        except BotError as error:
            log.warning("whether a picture is shared cannot be looked up: %s", error.key)
            return False

    async def _fill(self, post: _Post, laid: Message) -> str | None:
        """Put a picture into a message of ours. Why it is not certain that it stands there."""
        refusal = "telegram-share-failed"
        for _ in range(2):
            try:
                await self._sender.edit(Sent(post.chat, post.message), laid, kind="final")
            except Missing:
                return refusal
            except PASSING as error:
                log.warning("a picture could not be posted: %s", named(error))
                refusal = _why(error)
                if isinstance(error, (BadRequest, Forbidden)):
                    return refusal
            else:
                return None
        return refusal

    async def stands(self, tag: str) -> bool:
        """Whether this picture is posted somewhere."""
        try:
            return await self._posts.place(tag) is not None
        except (OSError, ValueError):
            return False

    # --- taking back -------------------------------------------------------------------------------------------------

    async def unshare(self, tags: Sequence[str]) -> Removed:
        """Take posts back. ``LATER`` if some of them could not be removed just now: ``sweep`` goes on with those."""
        doomed = [await self._doomed(tag) for tag in tags]
        try:
            async with asyncio.timeout(UNSHARE_SECONDS):
                gone = [await self._take_back(tag) for tag, there in zip(tags, doomed, strict=True) if there]
        except OSError as error:  # also TimeoutError
            log.warning("what was shared could not be taken back yet: %s", named(error))
            return Removed.LATER
        if None in doomed or not OVER.issuperset(gone):
            return Removed.LATER
        return Removed.MOVED if Removed.MOVED in gone else Removed.GONE

    async def _doomed(self, tag: str) -> bool | None:
        """Whether there was something that is to go from now on; None if the disk does not let us say so."""
        try:
            async with self._posts.turn(tag):
                return await self._posts.doom(tag)
        except OSError as error:
            log.error("a post that is to go cannot be marked: error %s", error.errno)  # noqa: TRY400
            return None

    async def _take_back(self, tag: str) -> Removed:
        try:
            async with self._posts.turn(tag):
                place = await self._posts.leaving(tag)
                if place is None:
                    return Removed.GONE  # shared again, or gone
                if (result := await self._clear(place)) in OVER:
                    await self._posts.drop(tag)
                return result
        except (OSError, ValueError) as error:
            log.error("what is to go cannot be looked up: %s", named(error))  # noqa: TRY400
            return Removed.LATER

    async def _clear(self, place: str) -> Removed:
        """Delete the message at a place as it is kept."""
        try:
            post = _Post.read(place)
        except ValueError:
            log.error("the place of a post cannot be read")  # noqa: TRY400
            return Removed.LATER
        instead = self._layout.say(post.locale, Text("telegram-taken-back"))
        return await self._sender.remove(post.chat, post.message, instead)

    async def sweep(self, shared: Shared | None = None) -> None:
        """Go on removing what is to go, until cancelled.

        ``shared`` gives the tags of all that the application knows to be shared: nothing else may stand there.
        """
        self._shared = shared
        if shared is not None:
            await quietly(self._keep(shared))
        now = asyncio.get_running_loop().time
        rests: dict[str, tuple[float, float]] = {}
        while True:
            try:
                left = await self._posts.doomed()
            except OSError as error:
                log.warning("posts that are to go cannot be looked up: %s", named(error))
                left = []
            for tag in left:
                due, rest = rests.get(tag, (0.0, SWEEP_SECONDS))
                if now() < due:
                    continue
                if await self._take_back(tag) in OVER:
                    rests.pop(tag, None)
                else:
                    # A group without us may take us back: so this never ends, and is not asked for too often.
                    rests[tag] = (now() + rest, min(LONGEST_REST, 2 * rest))
            await asyncio.sleep(SWEEP_SECONDS)

    async def _keep(self, shared: Shared) -> None:
        # In this order: what is posted meanwhile is in neither, or in the second.
        standing = await self._posts.standing()
        for tag in set(standing) - set(await shared()):
            await self._doomed(tag)


def _why(error: BaseException) -> str:
    """What a refused post means for the member."""
    if no_place(error):
        return "telegram-share-gone"
    return "telegram-share-bot-may-not" if isinstance(error, (BadRequest, Forbidden)) else "telegram-share-failed"
