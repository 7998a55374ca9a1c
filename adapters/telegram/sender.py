"""One message of the bot's own through the Bot API: in turn, within a time, and with what its refusals mean."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import telegram
from telegram import InlineKeyboardMarkup, InputMediaDocument, InputMediaPhoto, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from adapters.publishing import Removed
from adapters.telegram.connection import PASSING, named
from adapters.telegram.homes import Homes
from adapters.telegram.layout import MAX_PHOTO_BYTES, Message, Plate
from adapters.telegram.pace import Class, Pace
from adapters.telegram.shown import Kind
from bot.chat import File, Picture
from bot.errors import Unreachable

log = logging.getLogger(__name__)

CALL_SECONDS = 20.0
UPLOAD_SECONDS = 60.0
FACES = 4_096
"""Messages of which it is remembered what they show, so that nothing is uploaded twice."""
CHATS = 4_096
SAID = 200
"""Messages to one member that are remembered, for when they want to be forgotten."""
PICTURES = 1_024
"""Those that Telegram has already need not be uploaded: all styles on one, above all."""
MAX_SIDES, MAX_RATIO = 10_000, 20
"""Width and height together, and one beside the other, of what Telegram shows as a photo."""
BATCH = 100

_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
_PNG = b"\x89PNG\r\n\x1a\n"
_GIF = b"GIF8"
BLANK = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAQAAAAEAAQMAAABmvDolAAAAA1BMVEXIyMiuWu3mAAAAH0lEQVR42u3BAQ0AAADCoPdPbQ43oAAAAAAAAAAAvg0h"
    "AAABYOSdlwAAAABJRU5ErkJggg=="
)
"""Stands where a picture was that Telegram does not let us delete any more."""

# What Telegram says, in the words of its server; there are no codes.
_SAME = ("message is not modified",)
_MISSING = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "there is no text in the message to edit",
    "there is no caption in the message to edit",
    "there is no media in the message to edit",
)
_DELETED = ("message to delete not found", "message_id_invalid")
_TOO_OLD = ("message can't be deleted",)
_NOBODY = ("chat not found", "peer_id_invalid", "user not found", "user is deactivated")
_UNREACHABLE = (
    "bot was blocked",
    "user is deactivated",
    "can't initiate",
    "can't send messages to bots",
    "bot was kicked",
)
"""Without such words, a 403 comes from something on the way, which may be well again in a moment."""
_NO_CHAT = ("chat not found", "group chat was deleted", "chat_id_invalid")
_SHUT = ("was kicked", "is not a member")
_NO_RIGHT = (*_SHUT, "not enough rights", "no rights", "need administrator rights", "chat_admin_required", "_forbidden")
_NO_THREAD = ("message thread not found",)
_NO_PHOTO = (
    "photo_invalid_dimensions",
    "image_process_failed",
    "photo_save_file_invalid",
    "photo_ext_invalid",
    "file is too big",
    "too big for a photo",
    "request entity too large",
)
_NO_FILE_ID = ("wrong file identifier", "wrong remote file identifier", "file_reference", "invalid file_id")

T = TypeVar("T")


class Missing(Exception):
    """The message to change is not there any more, or cannot be changed into this."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the bot's own."""

    chat: int
    message: int
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class _Face:
    """What a message shows; equal ones need no second call."""

    text: str
    keyboard: str
    media: bytes


def says(error: BaseException, phrases: Sequence[str]) -> bool:
    """Whether an error of the library means one of these."""
    return isinstance(error, TelegramError) and any(phrase in error.message.lower() for phrase in phrases)


def no_place(error: BaseException) -> bool:
    """Whether the chat or the topic is gone, or nobody lets us in any more."""
    shut = isinstance(error, Forbidden) and says(error, _SHUT)
    return shut or no_chat(error) or says(error, _NO_THREAD)


def refused(error: BaseException) -> bool:
    """Whether Telegram itself says that this may not be: a 403 in other words comes from something on the way."""
    if isinstance(error, Forbidden):
        return no_chat(error) or says(error, (*_NO_RIGHT, *_UNREACHABLE, *_NOBODY))
    return isinstance(error, BadRequest)


def no_chat(error: BaseException) -> bool:
    """Whether there is no such chat (any more)."""
    return says(error, _NO_CHAT)


class Sender:
    """Sends, changes and removes messages.

    What may pass leaves as an error of the library or ``TimeoutError``; ``Unreachable`` says that a member cannot be
    reached for good. A group that moved is followed, and ``homes`` told.
    """

    def __init__(self, bot: telegram.Bot, pace: Pace, homes: Homes) -> None:
        self.bot = bot
        self._pace = pace
        self._homes = homes
        self._calling: dict[asyncio.Task[Any], bool] = {}
        """Tasks that wait for Telegram's answer, and whether anybody still waits for them."""
        self._faces: OrderedDict[tuple[int, int], _Face] = OrderedDict()
        self._said: OrderedDict[int, deque[int]] = OrderedDict()
        self._pictures: OrderedDict[bytes, str] = OrderedDict()

    def abandon(self, task: asyncio.Task[Any]) -> None:
        """Stop a task that sends something for nobody. What it asks Telegram for just now may be done already: that is
        waited for."""
        if task in self._calling:
            self._calling[task] = True
        else:
            task.cancel()

    def withdraw(self, task: asyncio.Task[Any]) -> None:
        """What a task waits to send is not wanted any more: it gets ``Dropped``, unless Telegram is asked for it already."""
        self._pace.withdraw(task)

    @contextmanager
    def _waiting(self) -> Generator[None]:
        task = asyncio.current_task()
        if task is None:  # pragma: no cover - coroutines run in tasks
            raise RuntimeError
        self._calling[task] = False
        try:
            yield
        except BaseException:
            if self._calling[task]:
                task.cancel()  # it was not done, and need not be tried again
            raise
        finally:
            del self._calling[task]

    # --- sending -----------------------------------------------------------------------------------------------------

    async def send(
        self,
        chat: int,
        message: Message,
        *,
        thread: int = 0,
        reply_to: int = 0,
        kind: Class = "answer",
        silent: bool = False,
    ) -> Sent:
        """Send a message, without the albums that come before it."""

        async def post(common: dict[str, Any]) -> Sent:
            return await self._send(chat, message, common, kind)

        return await self._placed(chat, post, thread, reply_to, silent=silent)

    async def album(
        self, chat: int, plates: Sequence[Plate], *, thread: int = 0, reply_to: int = 0, kind: Class = "answer"
    ) -> None:
        """Send pictures that stand together."""

        async def post(common: dict[str, Any]) -> None:
            await self._album(chat, plates, common, kind)

        await self._placed(chat, post, thread, reply_to)

    async def _placed(
        self,
        chat: int,
        post: Callable[[dict[str, Any]], Awaitable[T]],
        thread: int,
        reply_to: int,
        *,
        silent: bool = False,
    ) -> T:
        common: dict[str, Any] = {
            "message_thread_id": thread or None,
            "disable_notification": silent or None,
            "reply_parameters": ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None,
        }
        try:
            return await post(common)
        except BadRequest as error:
            if thread == 0 or chat < 0 or not says(error, _NO_THREAD):
                raise
            # The member has put that part of their conversation with the bot away.
            return await post({**common, "message_thread_id": None})

    async def _send(self, chat: int, message: Message, common: dict[str, Any], kind: Class) -> Sent:
        photo, document = _media(message)
        if photo is not None:
            try:
                sent = await self._send_photo(chat, photo, message, common, kind)
            except NetworkError as error:
                if not says(error, _NO_PHOTO):
                    raise
                sent = await self._send_document(chat, _as_file(photo), message, common, kind)
            if document is not None:
                await self._send_document(chat, document, Message(""), common, kind)
            return sent
        if document is not None:
            return await self._send_document(chat, document, message, common, kind)

        return self._note(await self._send_text(chat, message, common, kind), message, b"")

    async def whisper(self, chat: int, message: Message, *, thread: int, extra: Mapping[str, Any]) -> telegram.Message:
        """Send a text with parameters that the library does not know. The answer as it came."""
        common: dict[str, Any] = {"message_thread_id": thread or None, "api_kwargs": dict(extra)}
        return await self._send_text(chat, message, common, "answer", follow=False)

    async def _send_text(
        self, chat: int, message: Message, common: dict[str, Any], kind: Class, *, follow: bool = True
    ) -> telegram.Message:
        async def say(chat: int) -> telegram.Message:
            return await self.bot.send_message(
                chat,
                message.text,
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=message.keyboard,
                **common,
            )

        return await self._call(chat, kind, say, follow=follow)

    async def _send_photo(
        self, chat: int, photo: Picture, message: Message, common: dict[str, Any], kind: Class
    ) -> Sent:
        digest = _digest(photo.data)

        async def post(chat: int, known: str | None) -> telegram.Message:
            return await self.bot.send_photo(
                chat,
                known or photo.data,
                caption=message.text or None,
                parse_mode=ParseMode.HTML,
                filename=None if known else _name(photo),
                reply_markup=message.keyboard,
                **common,
            )

        known = self._pictures.get(digest)
        try:
            posted = await self._call(chat, kind, partial(post, known=known), UPLOAD_SECONDS, follow=True)
        except BadRequest as error:
            if known is None or not says(error, _NO_FILE_ID):
                raise
            posted = await self._call(chat, kind, partial(post, known=None), UPLOAD_SECONDS, follow=True)
        self._remember_picture(digest, posted)
        return self._note(posted, message, digest)

    async def _send_document(
        self, chat: int, file: File, message: Message, common: dict[str, Any], kind: Class
    ) -> Sent:
        async def post(chat: int) -> telegram.Message:
            return await self.bot.send_document(
                chat,
                file.data,
                caption=message.text or None,
                parse_mode=ParseMode.HTML,
                filename=file.name,
                disable_content_type_detection=True,
                reply_markup=message.keyboard,
                **common,
            )

        return self._note(await self._call(chat, kind, post, UPLOAD_SECONDS, follow=True), message, _digest(file.data))

    async def _album(self, chat: int, plates: Sequence[Plate], common: dict[str, Any], kind: Class) -> None:
        """What Telegram has already is not uploaded again."""
        for fresh in (False, True):
            media = [self._plate(plate, fresh=fresh) for plate in plates]
            post = partial(self._post_album, media=media, common=common)
            try:
                posted = await self._call(chat, kind, post, UPLOAD_SECONDS, messages=len(media))
            except BadRequest as error:
                if fresh or not says(error, _NO_FILE_ID):
                    raise
                continue
            for plate, message in zip(plates, posted, strict=False):
                self._remember_said(message)
                self._remember_picture(_digest(plate.picture.data), message)
            return

    async def _post_album(
        self, chat: int, media: list[InputMediaPhoto], common: dict[str, Any]
    ) -> Sequence[telegram.Message]:
        if len(media) > 1:
            return await self.bot.send_media_group(chat, media, **common)
        (one,) = media
        # Only an album may hold what is to be uploaded in an InputMedia.
        posted = await self.bot.send_photo(chat, one.media, caption=one.caption, parse_mode=ParseMode.HTML, **common)
        return [posted]

    def _plate(self, plate: Plate, *, fresh: bool) -> InputMediaPhoto:
        known = None if fresh else self._pictures.get(_digest(plate.picture.data))
        return InputMediaPhoto(
            known or plate.picture.data,
            caption=plate.caption or None,
            parse_mode=ParseMode.HTML,
            filename=None if known else _name(plate.picture),
        )

    # --- changing ----------------------------------------------------------------------------------------------------

    async def edit(self, sent: Sent, message: Message, *, kind: Class) -> Sent:
        """Make a message show something else. Raises ``Missing`` if it is not there any more: text never takes the place
        of a picture."""
        photo, document = _media(message)
        if photo is not None:
            try:
                return await self._edit_media(sent, photo, message, kind)
            except NetworkError as error:
                if not says(error, _NO_PHOTO):
                    raise
                return await self._edit_media(sent, _as_file(photo), message, kind)
        if document is not None:
            return await self._edit_media(sent, document, message, kind)
        if sent.kind == "media":
            raise Missing

        async def say(chat: int) -> object:
            return await self.bot.edit_message_text(
                message.text,
                chat,
                sent.message,
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=message.keyboard,
            )

        await self._change(sent, _face(message, b""), kind, say)
        return sent

    async def _edit_media(self, sent: Sent, media: Picture | File, message: Message, kind: Class) -> Sent:
        face = _face(message, _digest(media.data))
        known = self._faces.get((sent.chat, sent.message))
        if known is not None and known.media == face.media:
            await self.caption(sent, message, kind=kind)
            return sent
        caption = message.text or None

        async def post(chat: int) -> object:
            shown: InputMediaPhoto | InputMediaDocument
            if isinstance(media, Picture):
                shown = InputMediaPhoto(media.data, caption, ParseMode.HTML, filename=_name(media))
            else:
                shown = InputMediaDocument(
                    media.data, caption, ParseMode.HTML, disable_content_type_detection=True, filename=media.name
                )
            return await self.bot.edit_message_media(shown, chat, sent.message, reply_markup=message.keyboard)

        await self._change(sent, face, kind, post, UPLOAD_SECONDS)
        return Sent(sent.chat, sent.message, "media")

    def doubt(self, sent: Sent) -> None:
        """Somebody else may have removed this message: change it whatever it shows."""
        self._faces.pop((sent.chat, sent.message), None)

    async def caption(self, sent: Sent, message: Message, *, kind: Class) -> None:
        """Change what stands under a picture, which stays. Raises ``Missing``."""
        known = self._faces.get((sent.chat, sent.message))

        async def say(chat: int) -> object:
            return await self.bot.edit_message_caption(
                chat,
                sent.message,
                caption=message.text or None,
                parse_mode=ParseMode.HTML,
                reply_markup=message.keyboard,
            )

        # Of a picture that an earlier process sent, nothing is known but that it is there.
        face = _face(message, known.media if known is not None and known.media else b"?")
        await self._change(sent, face, kind, say)

    async def keyboard(self, chat: int, message: int, keyboard: InlineKeyboardMarkup | None) -> None:
        """Change the buttons of a message. Raises ``Missing``."""
        self._faces.pop((chat, message), None)

        async def press(chat: int) -> object:
            return await self.bot.edit_message_reply_markup(chat, message, reply_markup=keyboard)

        await self._change(Sent(chat, message), None, "answer", press)

    async def _change(
        self,
        sent: Sent,
        face: _Face | None,
        kind: Class,
        work: Callable[[int], Awaitable[object]],
        seconds: float = CALL_SECONDS,
    ) -> None:
        place = (sent.chat, sent.message)
        if face is not None and self._faces.get(place) == face:
            return

        async def change(chat: int) -> None:
            # Until the answer is here, nobody knows what stands there.
            self._faces.pop(place, None)
            await work(chat)

        try:
            await self._call(sent.chat, kind, change, seconds)
        except ChatMigrated as error:
            raise Missing from error  # its messages have other numbers now
        except BadRequest as error:
            if says(error, _MISSING):
                raise Missing from error
            if not says(error, _SAME):
                raise
        if face is not None:
            _put(self._faces, place, face, FACES)

    # --- removing ----------------------------------------------------------------------------------------------------

    async def remove(self, chat: int, message: int, instead: str = "", *, empty: bool = True) -> Removed:
        """Delete a message. ``GONE`` once it is not there, whoever removed it.

        One of the bot's own that is too old for that can still be emptied: a blank takes the place of what it showed,
        and ``instead`` (HTML) stands under it.
        """
        try:
            return await self.delete(chat, message)
        except BadRequest:
            return await self._blank(chat, message, instead) if empty else Removed.REFUSED
        except RetryAfter:
            log.info("a message could not be removed yet: Telegram wants a rest")
            return Removed.LATER

    async def delete(self, chat: int, message: int) -> Removed:
        """Delete a message, whosever it is. Raises ``RetryAfter``, and ``BadRequest`` for one that is too old."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self.bot.delete_message(chat, message)
        except BadRequest as error:
            if says(error, _TOO_OLD):
                raise
            if not (says(error, _DELETED) or no_chat(error)):
                log.warning("a message could not be removed: %s", named(error))
                return Removed.REFUSED
        except ChatMigrated as error:
            await self.moved(chat, error.new_chat_id)
            log.warning("a message is out of reach, since its group has become a supergroup")
            return Removed.MOVED
        except Forbidden as error:
            if not no_chat(error):
                log.info("a message cannot be removed: %s", named(error))
                return Removed.REFUSED if refused(error) else Removed.LATER
        except RetryAfter:
            raise
        except PASSING as error:
            log.info("a message could not be removed yet: %s", named(error))
            return Removed.LATER
        self._faces.pop((chat, message), None)
        return Removed.GONE

    async def _blank(self, chat: int, message: int, instead: str) -> Removed:
        """After two days a message can only be changed. Nothing is left of it then."""
        self._faces.pop((chat, message), None)

        async def paint(chat: int) -> object:
            blank = InputMediaPhoto(BLANK, instead or None, ParseMode.HTML, filename="gone.png")
            return await self.bot.edit_message_media(blank, chat, message)

        try:
            await self._call(chat, "final", paint)
        except BadRequest as error:
            return Removed.GONE if says(error, _SAME) or says(error, _MISSING[:1]) else Removed.REFUSED
        except (*PASSING, Unreachable) as error:
            log.info("a message could not be emptied yet: %s", named(error))
            return Removed.LATER
        return Removed.GONE

    async def remove_all(self, chat: int, messages: Sequence[int], pictures: Collection[int] = ()) -> bool:
        """Delete messages to a member; of those that are too old for that, ``pictures`` are emptied. False if some of
        them still stand there."""
        left: list[int] = []
        for start in range(0, len(messages), BATCH):
            batch = messages[start : start + BATCH]
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    await self.bot.delete_messages(chat, batch)
            except PASSING:
                left += batch  # one that is too old keeps all others
        return all([await self.remove(chat, message, empty=message in pictures) for message in left])

    def said(self, chat: int) -> list[int]:
        """What was said to a member lately. It is forgotten here."""
        return list(self._said.pop(chat, ()))

    # --- calls -------------------------------------------------------------------------------------------------------

    async def _call(
        self,
        chat: int,
        kind: Class,
        work: Callable[[int], Awaitable[T]],
        seconds: float = CALL_SECONDS,
        *,
        follow: bool = False,
        messages: int = 1,
    ) -> T:
        async def timed() -> T:
            with self._waiting():
                try:
                    async with asyncio.timeout(seconds):
                        return await work(chat)
                except TimeoutError:
                    raise TimedOut from None  # as when the library waited too long: it may be done all the same

        try:
            return await self._pace.call(chat, kind, timed, messages)
        except ChatMigrated as error:
            moved = error.new_chat_id
            await self.moved(chat, moved)
            if not follow or moved == chat:
                raise
            return await self._call(moved, kind, work, seconds, messages=messages)
        except (Forbidden, BadRequest) as error:
            # Blocked, deactivated, never spoken to, or gone. Groups are another matter: others are in there too.
            if chat > 0 and says(error, (*_NOBODY, *(_UNREACHABLE if isinstance(error, Forbidden) else ()))):
                raise Unreachable from None
            raise

    async def moved(self, old: int, new: int) -> None:
        """A group has another id from now on."""
        try:
            await self._homes.moved(old, new)
        except OSError as error:  # Telegram says it again
            log.error("where a group moved to cannot be written down: error %s", error.errno)  # noqa: TRY400

    def _note(self, posted: telegram.Message, message: Message, media: bytes) -> Sent:
        self._remember_said(posted)
        chat = posted.chat.id
        _put(self._faces, (chat, posted.message_id), _face(message, media), FACES)
        return Sent(chat, posted.message_id, "media" if media else "text")

    def _remember_picture(self, digest: bytes, posted: telegram.Message) -> None:
        if posted.photo:
            _put(self._pictures, digest, posted.photo[-1].file_id, PICTURES)

    def _remember_said(self, posted: telegram.Message) -> None:
        chat = posted.chat.id
        if chat > 0:
            messages = self._said.pop(chat, None) or deque(maxlen=SAID)
            messages.append(posted.message_id)
            _put(self._said, chat, messages, CHATS)


K = TypeVar("K")
V = TypeVar("V")


def _put(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Remember something; what was untouched for longest is forgotten."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


def _media(message: Message) -> tuple[Picture | None, File | None]:
    """The photo and the document of a message; what Telegram would not show as a photo is a document."""
    photo, document = message.photo, message.document
    if photo is not None and document is None and not _is_photo(photo.data):
        return None, _as_file(photo)
    return photo, document


def _is_photo(data: bytes) -> bool:
    if len(data) > MAX_PHOTO_BYTES or data.startswith(_GIF):
        return False
    if not data.startswith(_PNG) or len(data) < 24:
        return True  # whatever it is, Telegram will say
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    return width + height <= MAX_SIDES and max(width, height) <= MAX_RATIO * min(width, height)


def _as_file(photo: Picture) -> File:
    return File(_name(photo), photo.data, photo.mime)


def _name(photo: Picture) -> str:
    return f"avatar.{_SUFFIXES.get(photo.mime, 'png')}"


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _face(message: Message, media: bytes) -> _Face:
    return _Face(message.text, message.keyboard.to_json() if message.keyboard is not None else "", media)
