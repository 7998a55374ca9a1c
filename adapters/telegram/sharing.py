"""Pictures that members share with their group: posted so that they can always be taken back, and taken back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram.error import BadRequest, ChatMigrated, NetworkError

from adapters.posts import Posts
from adapters.publishing import Publishing, Removed, Shared, sweep, wanted
from adapters.telegram.background import CLOSE_SECONDS, Background, quietly
from adapters.telegram.connection import PASSING, named
from adapters.telegram.homes import Home
from adapters.telegram.layout import Layout, Message
from adapters.telegram.rights import Rights
from adapters.telegram.sender import Missing, Sender, Sent, no_place, refused, says
from bot.chat import Share, Text

log = logging.getLogger(__name__)

_SHUT = ("topic_closed",)


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

    def __init__(self, layout: Layout, sender: Sender, rights: Rights, posts: Posts) -> None:
        self._layout = layout
        self._sender = sender
        self._rights = rights
        self._posts = posts
        self._background = Background()
        self._published = Publishing(posts, self._clear, self._background.spawn, kind="picture")
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
            refusal = await self._rights.refusal(home.chat, user)
        except ChatMigrated as error:
            await self._sender.moved(home.chat, error.new_chat_id)
            home = replace(home, chat=error.new_chat_id)
            refusal = await self._rights.refusal(home.chat, user)
        if refusal is not None:
            return refusal
        # It goes on when nobody waits any longer: what was begun must be put into place, or away.
        return await self._background.through(self._share(share, home, name, locale))

    async def _share(self, share: Share, home: Home, name: str, locale: str) -> str | None:
        tag = share.tag
        laid = Message(self._layout.post(share, name, locale), photo=share.picture)

        async def again(place: str) -> bool:
            post = _Post.read(place)
            self._sender.doubt(Sent(post.chat, post.message))
            here = (post.chat, post.thread) == (home.chat, home.thread)
            return here and await self._fill(post, laid) is None and await wanted(self._shared, tag)

        async def anew() -> str | None:
            return await self._post(tag, laid, home, locale)

        return await self._published.publish(tag, again, anew, unknown="telegram-share-unknown")

    async def _post(self, tag: str, laid: Message, home: Home, locale: str) -> str | None:
        if not await wanted(self._shared, tag):
            return "telegram-share-unknown"
        frame = Message(self._layout.say(locale, Text("telegram-share-frame")))
        # Whoever is killed between these two leaves a frame without a picture in the group.
        try:
            sent = await self._sender.send(home.chat, frame, thread=home.thread, kind="final")
        except PASSING as error:
            log.warning("a picture could not be posted: %s", named(error))
            # Perhaps only the answer was lost: then the frame stands there, and nobody can tell us where.
            lost = isinstance(error, NetworkError) and not isinstance(error, BadRequest)
            return "telegram-share-frame-left" if lost else _why(error)
        post = _Post(sent.chat, sent.message, home.thread, locale)
        try:
            await self._posts.prepare(tag, post.written())
        except OSError:
            await self._sender.remove(sent.chat, sent.message)
            raise
        refusal = await self._fill(post, laid)
        if refusal is None and not await wanted(self._shared, tag):
            refusal = "telegram-share-unknown"
        if refusal is None:
            await self._posts.put(tag, post.written())
            return None
        if not (await self._clear(post.written())).over:
            return "telegram-share-unknown"
        await self._posts.drop(tag)
        return refusal

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
                if refused(error):
                    return refusal
            else:
                return None
        return refusal

    async def stands(self, tag: str) -> bool:
        """Whether this picture is posted somewhere."""
        return await self._published.stands(tag)

    # --- taking back -------------------------------------------------------------------------------------------------

    async def unshare(self, tags: Sequence[str]) -> Removed:
        """Take posts back. ``LATER`` if some of them could not be removed just now: ``sweep`` goes on with those, and
        with the ``REFUSED``."""
        return await self._published.withdraw(tags)

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
            await quietly(self._published.keep(shared))
        await sweep(self._published)


def _why(error: BaseException) -> str:
    """What a refused post means for the member."""
    if no_place(error):
        return "telegram-share-gone"
    if says(error, _SHUT):
        return "telegram-share-topic-closed"
    return "telegram-share-bot-may-not" if refused(error) else "telegram-share-failed"
