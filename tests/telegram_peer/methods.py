"""The methods of the Bot API: what is carried out, what is refused, and in which words."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from tests.telegram_peer import entities
from tests.telegram_peer.actors import PAYLOAD, PrivateChat, User
from tests.telegram_peer.chats import Channel, Chat, Group
from tests.telegram_peer.files import DOWNLOAD_LIMIT, LINK_LIFETIME, PHOTO_LIMIT, UPLOAD_LIMIT, File, NoPhoto, Photo
from tests.telegram_peer.floods import Floods
from tests.telegram_peer.messages import Message
from tests.telegram_peer.parameters import Parameters, Upload
from tests.telegram_peer.updates import Updates
from tests.telegram_peer.world import TOKEN, Refusal, World, bad

QUERY_LIFETIME = 15_000
TWO_DAYS = 2 * 86_400_000
TEXT, CAPTION, NOTE, DATA = 4096, 1024, 200, 64
BUTTONS, ROW = 100, 8
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
ACTIONS = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
]
COUNTED = re.compile(r"(?i)(send(?!chataction)|edit)")
COMMAND, LANGUAGE = re.compile(r"[a-z0-9_]{1,32}"), re.compile(r"([a-z]{2})?")
SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")

Content = tuple[str, list[entities.Entity], Photo | File | None, bytes]
"""Text or caption, its entities, the media and the bytes that were uploaded."""
Scope = tuple[str, int, int]
"""Kind, chat and user of a scope of commands."""


class Methods:
    def __init__(self, world: World, updates: Updates, floods: Floods, version: tuple[int, int]) -> None:
        self.world, self.updates, self.floods, self.version = world, updates, floods, version
        self.commands: dict[tuple[Scope, str], list[dict[str, Any]]] = {}
        self.command_writes = 0
        self.actions: list[tuple[int, str]] = []
        """Chat and action of every sendChatAction."""
        self.described: dict[tuple[str, str], str] = {}
        self.menu_button: dict[str, Any] = {"type": "default"}
        world.menu = self.menu
        world.has_ephemerals = version >= (10, 2)
        ephemerals: dict[str, Callable[[Parameters], Any]] = {
            "editEphemeralMessageText": self.edit_text,
            "editEphemeralMessageMedia": self.edit_media,
            "editEphemeralMessageCaption": self.edit_caption,
            "editEphemeralMessageReplyMarkup": self.edit_markup,
            "deleteEphemeralMessage": self.delete_ephemeral,
        }
        self.table: dict[str, Callable[[Parameters], Any]] = {
            "getMe": self.get_me,
            "setWebhook": self.set_webhook,
            "deleteWebhook": self.delete_webhook,
            "getWebhookInfo": lambda _: self.updates.info,
            "getFile": self.get_file,
            "sendMessage": self.send_message,
            "sendPhoto": self.send_photo,
            "sendDocument": self.send_document,
            "sendMediaGroup": self.send_album,
            "sendChatAction": self.send_action,
            "editMessageText": self.edit_text,
            "editMessageMedia": self.edit_media,
            "editMessageCaption": self.edit_caption,
            "editMessageReplyMarkup": self.edit_markup,
            "deleteMessage": self.delete,
            "deleteMessages": self.delete_many,
            "answerCallbackQuery": self.answer_query,
            "getChat": self.get_chat,
            "getChatMember": self.get_member,
            "getChatAdministrators": self.get_administrators,
            "getChatMemberCount": self.count_members,
            "leaveChat": self.leave,
            "setMyCommands": self.set_commands,
            "getMyCommands": self.get_commands,
            "deleteMyCommands": self.delete_commands,
            "setChatMenuButton": self.set_menu_button,
            "getChatMenuButton": lambda _: self.menu_button,
        }
        for name, key in (("Name", "name"), ("Description", "description"), ("ShortDescription", "short_description")):
            self.table[f"setMy{name}"] = lambda said, key=key: self._describe(said, key)
            self.table[f"getMy{name}"] = lambda said, key=key: {
                key: self.described.get((key, said.text("language_code"))) or self.described.get((key, ""), "")
            }
        if world.has_ephemerals:
            self.table |= ephemerals
        self.names = {name.lower(): name for name in (*self.table, *ephemerals, "getUpdates")}

    async def call(self, name: str, said: Parameters, is_open: Callable[[], bool]) -> Any:
        if name == "getUpdates":
            return await self._get_updates(said, is_open)
        method = self.table.get(name)
        if method is None:
            known = name in self.names.values()
            raise Refusal(404, "Not Found", problem="" if known else "this fake has no such method")
        if COUNTED.match(name) and isinstance(said.get("chat_id"), int):
            self.floods.obeyed(said.get("chat_id"), name)
        answer = method(said)
        return await answer if isinstance(answer, Awaitable) else answer

    async def _get_updates(self, said: Parameters, is_open: Callable[[], bool]) -> list[Any]:
        return await self.updates.get(
            offset=said.number("offset"),
            limit=said.number("limit"),
            seconds=said.number("timeout") or 0,
            allowed=said.get("allowed_updates"),
            is_open=is_open,
        )

    # The bot itself

    def get_me(self, said: Parameters) -> dict[str, Any]:
        more = {
            "can_join_groups": self.world.joins_groups,
            "can_read_all_group_messages": self.world.reads_all,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }
        return self.world.bot.payload | more

    def set_webhook(self, said: Parameters) -> bool:
        secret = said.text("secret_token")
        if not SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters")
        self._drop(said)
        self.updates.set_webhook(
            said.text("url"),
            secret=secret,
            connections=said.number("max_connections"),
            allowed=said.get("allowed_updates"),
        )
        return True

    def delete_webhook(self, said: Parameters) -> bool:
        self._drop(said)
        self.updates.webhook = None
        return True

    def _drop(self, said: Parameters) -> None:
        if said.flag("drop_pending_updates"):
            unseen = [one.id for one in self.updates.pending if not one.delivered]
            if unseen:
                self.world.problems.append(f"updates that nobody has seen were thrown away: {unseen}")
            self.updates.pending.clear()

    def _describe(self, said: Parameters, key: str) -> bool:
        limits = {"name": 64, "description": 512, "short_description": 120}
        if len(said.text(key)) > limits[key]:
            raise bad(f"{key.upper()}_TOO_LONG", problem=f"a {key} of {len(said.text(key))} characters")
        self.described[key, said.text("language_code")] = said.text(key)
        return True

    def set_menu_button(self, said: Parameters) -> bool:
        self.menu_button = said.get("menu_button") or {"type": "default"}
        return True

    # Commands

    def _scope(self, said: Parameters) -> tuple[Scope, str]:
        language = said.text("language_code")
        if not LANGUAGE.fullmatch(language):
            raise bad("invalid language code specified", problem=f"language {language!r}")
        scope = said.get("scope") or {"type": "default"}
        chat = scope.get("chat_id")
        if chat is not None:
            self._chat(chat)
        kind: str = scope["type"]
        return (kind, int(chat or 0), int(scope.get("user_id") or 0)), language

    def set_commands(self, said: Parameters) -> bool:
        key = self._scope(said)
        wanted = said.get("commands")
        if not isinstance(wanted, list) or len(wanted) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH", problem="not a list of at most 100 commands")
        kept: list[dict[str, Any]] = []
        for one in wanted:
            if not COMMAND.fullmatch(one.get("command", "").removeprefix("/")):
                raise bad("BOT_COMMAND_INVALID", problem=f"the command {one.get('command')!r}")
            if not 1 <= len(one.get("description", "")) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID", problem=f"the description of {one['command']}")
            stored = {"command": one["command"].removeprefix("/"), "description": one["description"]}
            if self.world.has_ephemerals and one.get("is_ephemeral"):
                stored["is_ephemeral"] = True
            kept.append(stored)
        if len({one["command"] for one in kept}) < len(kept):
            raise bad("BOT_COMMAND_INVALID", problem="a command twice")
        self.command_writes += 1
        self.commands[key] = kept
        return True

    def get_commands(self, said: Parameters) -> list[dict[str, Any]]:
        return self.commands.get(self._scope(said), [])

    def delete_commands(self, said: Parameters) -> bool:
        self.commands.pop(self._scope(said), None)
        return True

    def menu(self, user: User, chat: Chat) -> list[dict[str, Any]]:
        """What a person is offered: the narrowest scope first, the own language before none."""
        if isinstance(chat, Group):
            admin = chat.is_admin(user)
            scopes: list[Scope] = [("chat_member", chat.id, user.id)]
            scopes += [("chat_administrators", chat.id, 0)] if admin else []
            scopes += [("chat", chat.id, 0)]
            scopes += [("all_chat_administrators", 0, 0)] if admin else []
            scopes += [("all_group_chats", 0, 0), ("default", 0, 0)]
        else:
            scopes = [("chat", chat.id, 0), ("all_private_chats", 0, 0), ("default", 0, 0)]
        language = (user.language or "")[:2]
        keys = [(scope, code) for scope in scopes for code in (language, "") if code or code == ""]
        return next((self.commands[key] for key in keys if self.commands.get(key)), [])

    # Chats

    def _chat(self, given: Any) -> Chat:
        """A chat that the bot can see."""
        if given is None or given == "":
            raise bad("chat_id is empty", problem="no chat_id")
        if not isinstance(given, int):
            raise bad("chat not found")
        chat = self.world.chats.get(given)
        if chat is None and given in self.world.users and given != self.world.bot.id:
            chat = self.world.private(self.world.users[given])
        if chat is None:
            raise bad("chat not found")
        if isinstance(chat, Group):
            kind = "supergroup" if not chat.basic else "group"
            status = chat.member(self.world.bot).status
            if status == "kicked":
                raise Refusal(403, f"Forbidden: bot was kicked from the {kind} chat")
            if status == "left":
                raise Refusal(403, f"Forbidden: bot is not a member of the {kind} chat")
        return chat

    def _open(self, given: Any, *, deletes: bool = False) -> Chat:
        """A chat in which the bot can write, or only delete."""
        chat = self._chat(given)
        if isinstance(chat, Group) and chat.upgraded_to is not None:
            raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.upgraded_to.id)
        if isinstance(chat, Channel):
            raise Refusal(403, "Forbidden: bot is not a member of the channel chat")
        if isinstance(chat, PrivateChat):
            if chat.user.is_bot:
                raise Refusal(403, "Forbidden: the bot can't send messages to bots", problem="a message to a bot")
            if chat.user.deactivated:
                raise Refusal(403, "Forbidden: user is deactivated")
            if chat.user.blocks_bot and not deletes:
                raise Refusal(403, "Forbidden: bot was blocked by the user")
            if not chat.started:
                raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def get_chat(self, said: Parameters) -> dict[str, Any]:
        chat = self._chat(said.get("chat_id"))
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        more: dict[str, Any] = {"accent_color_id": 0, "max_reaction_count": 11}
        more |= {"accepted_gift_types": dict.fromkeys(gifts, False)}
        return chat.payload | more | ({"permissions": chat.permissions} if isinstance(chat, Group) else {})

    def _group(self, said: Parameters) -> Group:
        chat = self._open(said.get("chat_id"))
        if not isinstance(chat, Group):
            raise bad("there are no administrators in the private chat", problem="members of a private chat")
        return chat

    def get_member(self, said: Parameters) -> dict[str, Any]:
        chat = self._open(said.get("chat_id"))
        number = said.number("user_id")
        if isinstance(chat, PrivateChat):
            if number not in (chat.user.id, self.world.bot.id):
                raise bad("user not found")
            return {"status": "member", "user": self.world.users[number].payload}
        assert isinstance(chat, Group)
        user = self.world.users.get(number or 0)
        if user is None:
            raise bad("PARTICIPANT_ID_INVALID")
        if chat.members_hidden and user is not self.world.bot and not chat.is_admin(self.world.bot):
            raise bad("member list is inaccessible")
        return chat.member(user).payload

    def get_administrators(self, said: Parameters) -> list[dict[str, Any]]:
        group = self._group(said)
        if group.members_hidden and not group.is_admin(self.world.bot):
            raise bad("member list is inaccessible")
        admins = [one for one in group.members.values() if one.status in ("creator", "administrator")]
        return [one.payload for one in admins if not one.user.is_bot or one.user is self.world.bot]

    def count_members(self, said: Parameters) -> int:
        return sum(member.is_in for member in self._group(said).members.values())

    def leave(self, said: Parameters) -> bool:
        self._group(said).bot_left()
        return True

    def send_action(self, said: Parameters) -> bool:
        chat = self._open(said.get("chat_id"))
        if said.text("action") not in ACTIONS:
            raise bad("wrong parameter action in request", problem=f"the action {said.text('action')!r}")
        self._thread(chat, said, None)
        self.actions.append((chat.id, said.text("action")))
        return True

    # Files

    def get_file(self, said: Parameters) -> dict[str, Any]:
        file = self.world.files.files.get(said.text("file_id"))
        if file is None:
            raise bad("invalid file_id")
        if len(file.data) > DOWNLOAD_LIMIT:
            raise bad("file is too big")
        file.link_until = self.world.clock.now() + 1000 * LINK_LIFETIME
        return {
            "file_id": file.id,
            "file_unique_id": file.unique_id,
            "file_size": len(file.data),
            "file_path": file.path,
        }

    def _photo(self, given: Upload | str | None) -> tuple[Photo, bytes]:
        if isinstance(given, Upload):
            if not given.data:
                raise bad("file must be non-empty", problem="an empty file")
            if len(given.data) > PHOTO_LIMIT:
                size = f"file of size {len(given.data)} bytes is too big for a photo"
                raise bad(f"{size}; the maximum size is {PHOTO_LIMIT} bytes", problem=size)
            try:
                return self.world.files.photo(given.data), given.data
            except NoPhoto as error:
                raise bad(str(error), problem=f"a photo that is none: {error}") from None
        found = self.world.files.files.get(given or "")
        if found is None:
            raise bad("wrong file identifier/HTTP URL specified" if given else "there is no photo in the request")
        if found.kind != "photo":
            raise bad("can't use file of type Document as Photo", problem="a document's id as a photo")
        photo = self.world.files.photos[found.id]
        return photo, photo.original

    def _document(self, given: Upload | str | None) -> tuple[File, bytes]:
        if isinstance(given, Upload):
            if not given.data:
                raise bad("file must be non-empty", problem="an empty file")
            if len(given.data) > UPLOAD_LIMIT:
                raise Refusal(413, "Request Entity Too Large", problem=f"a file of {len(given.data)} bytes")
            return self.world.files.document(given.data, given.name or "file"), given.data
        found = self.world.files.files.get(given or "")
        if found is None:
            raise bad("wrong file identifier/HTTP URL specified" if given else "there is no document in the request")
        if found.kind != "document":
            raise bad("can't use file of type Photo as Document", problem="a photo's id as a document")
        return found, found.data

    # What is sent

    def send_message(self, said: Parameters) -> dict[str, Any]:
        text, found = self._text(said)
        return self._send(said, (text, found, None, b""), "can_send_messages", "send text messages")[0].payload

    def _text(self, said: Parameters, *, too_long: str = "message is too long") -> tuple[str, list[entities.Entity]]:
        text, found = said.formatted("text")
        if not text:
            raise bad("message text is empty", problem="an empty text")
        if len(text) > TEXT:
            raise bad(too_long, problem=f"a text of {len(text)} characters")
        return text, found

    def _caption(self, said: Parameters, within: Mapping[str, Any] | None = None) -> tuple[str, list[entities.Entity]]:
        text, found = said.formatted("caption", within)
        if len(text) > CAPTION:
            raise bad("message caption is too long", problem=f"a caption of {len(text)} characters")
        return text, found

    def send_photo(self, said: Parameters) -> dict[str, Any]:
        photo, data = self._photo(said.upload("photo"))
        return self._send(said, (*self._caption(said), photo, data), "can_send_photos", "send photos")[0].payload

    def send_document(self, said: Parameters) -> dict[str, Any]:
        file, data = self._document(said.upload("document"))
        content = (*self._caption(said), file, data)
        return self._send(said, content, "can_send_documents", "send documents")[0].payload

    def send_album(self, said: Parameters) -> list[dict[str, Any]]:
        media = said.get("media")
        if not isinstance(media, list) or not 2 <= len(media) <= 10:
            raise bad("wrong number of media in the album", problem="an album needs 2 to 10 parts")
        kinds = {one.get("type") for one in media}
        if len(kinds) > 1 or not kinds <= {"photo", "document"}:
            raise bad("wrong media type specified", problem=f"an album of {kinds}")
        if said.get("reply_markup"):
            self.world.problems.append("sendMediaGroup: an album has no keyboard")
        contents = [self._media(said, one) for one in media]
        kind = "photos" if kinds == {"photo"} else "documents"
        made = self._send(said, contents[0], f"can_send_{kind}", f"send {kind}", contents[1:])
        key = str(13_900_000_000_000_000 + made[0].id)
        for message in made:
            message.album_id, message.album = key, made
        return [message.payload for message in made]

    def _media(self, said: Parameters, one: Mapping[str, Any]) -> Content:
        given = said.attached(str(one.get("media") or ""))
        if one.get("type") == "photo":
            media, data = self._photo(given)
        elif one.get("type") == "document":
            media, data = self._document(given)
        else:
            raise bad("wrong type of the media", problem=f"this fake takes no media of type {one.get('type')!r}")
        return (*self._caption(said, one), media, data)

    def _send(
        self, said: Parameters, content: Content, permission: str, action: str, more: list[Content] | None = None
    ) -> list[Message]:
        chat = self._open(said.get("chat_id"))
        markup = self._markup(said, chat)
        replied, owner = self._replied(chat, said)
        owner = self._receiver(chat, said, owner)
        thread = self._thread(chat, said, replied)
        if isinstance(chat, Group) and not chat.may(self.world.bot, permission):
            raise bad(f"not enough rights to {action} to the chat")
        contents = [content, *(more or [])]
        if owner is None:
            self.floods.count(chat.id, len(contents))
            self._shown_to_all(said, chat, content)
        made: list[Message] = []
        for text, found, media, data in contents:
            self._look(text, data)
            message = Message(self.world, chat, self.world.bot, owner=owner)
            message.body, message.entities, message.media, message.uploaded = text, found, media, data
            message.markup, message.reply_to = markup, replied
            message.silent = said.flag("disable_notification")
            message.preview = not (said.get("link_preview_options") or {}).get("is_disabled")
            message.thread = thread
            message.in_topic = isinstance(chat, Group) and thread in chat.topics
            message.note()
            made.append(message)
        if isinstance(chat, Group):
            chat.bot_spoke_last = True
        return made

    def _look(self, text: str, data: bytes) -> None:
        if TOKEN in text or TOKEN.encode() in data:
            self.world.problems.append("the token of the bot is shown")

    def _shown_to_all(self, said: Parameters, chat: Chat, content: Content) -> None:
        """A picture that was meant for one person, in the sight of everybody."""
        meant = "receiver_user_id" in said or "ephemeral_message_parameters" in said
        if meant and content[2] is not None and isinstance(chat, Group):
            self.world.problems.append("a picture that was meant for one person was sent to the whole group")

    def _replied(self, chat: Chat, said: Parameters) -> tuple[Message | None, User | None]:
        """The message to be answered, and whose it is if it is an ephemeral one."""
        given = said.get("reply_parameters") or {}
        if self.world.has_ephemerals and (number := given.get("ephemeral_message_id")):
            found = next((one for one in chat.all if one.ephemeral_id == number and not one.deleted), None)
            if found is None:
                raise bad("message to be replied not found")
            return found, found.owner
        number = given.get("message_id") or said.number("reply_to_message_id")
        if number is None:
            if given:
                raise bad("can't parse reply parameters: Can't find field \"message_id\"")
            return None, None
        found = chat.find(number)
        if found is None and not (given.get("allow_sending_without_reply") or said.flag("allow_sending_without_reply")):
            raise bad("message to be replied not found")
        return found, None

    def _receiver(self, chat: Chat, said: Parameters, answered: User | None) -> User | None:
        """Who alone sees the message; None for a message that everybody sees."""
        if not self.world.has_ephemerals or self.world.ignores_ephemerals:
            return None
        given = said.get("ephemeral_message_parameters") or {} if self.version >= (10, 3) else said.said
        number = given.get("receiver_user_id")
        if number is None:
            if answered is not None:
                raise bad("message to be replied not found", problem="a public answer to an ephemeral message")
            return None
        user = self.world.users.get(int(number))
        if not isinstance(chat, Group) or user is None or not chat.member(user).is_in:
            raise bad("USER_NOT_PARTICIPANT")
        press = self.world.presses.get(str(given.get("callback_query_id") or ""))
        now = self.world.clock.now()
        asked = press is not None and press.user is user and now - press.at <= QUERY_LIFETIME
        if answered is user:
            last = self._replied(chat, said)[0]
            asked = asked or (last is not None and now - last.created <= QUERY_LIFETIME)
        if not asked and not chat.is_admin(self.world.bot):
            raise bad("not enough rights to send ephemeral messages to the chat")
        return user

    def _thread(self, chat: Chat, said: Parameters, replied: Message | None) -> int:
        wanted = said.number("message_thread_id")
        if wanted is None:
            return replied.thread if replied is not None and replied.in_topic else 0
        topic = chat.topics.get(wanted) if isinstance(chat, Group) else None
        if topic is None or topic.deleted:
            raise bad("message thread not found")
        if topic.closed and not topic.group.has_right(self.world.bot, "can_manage_topics"):
            raise bad("TOPIC_CLOSED")
        return wanted

    def _markup(self, said: Parameters, chat: Chat) -> dict[str, Any] | None:
        markup = said.get("reply_markup")
        if not markup:
            return None
        if not isinstance(markup, dict):
            raise bad("object expected as reply markup", problem=f"a keyboard {markup!r}")
        if "inline_keyboard" not in markup:
            self.world.problems.append(f"a keyboard that is not inline: {sorted(markup)}")
            return None
        rows = [row for row in markup["inline_keyboard"] if row]
        if len(rows) < len(markup["inline_keyboard"]):
            self.world.problems.append("an empty row of buttons")
        for row in rows:
            if len(row) > ROW:
                self.world.problems.append(f"{len(row)} buttons in a row: nobody could read them")
            for button in row:
                self._button(button)
        if sum(map(len, rows)) > BUTTONS:
            raise bad("reply markup is too long", problem=f"{sum(map(len, rows))} buttons")
        return {"inline_keyboard": rows} if rows else None

    def _button(self, button: Mapping[str, Any]) -> None:
        if not str(button.get("text") or "").strip():
            raise bad("can't parse inline keyboard button: Text is empty", problem="a button without a label")
        actions = [name for name in ("callback_data", "url", "copy_text", "web_app") if name in button]
        if len(actions) != 1:
            raise bad("text buttons are unallowed in the inline keyboard", problem=f"the button {button} does nothing")
        if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= DATA:
            raise bad("BUTTON_DATA_INVALID", problem=f"callback data of {len(str(button['callback_data']))} characters")
        if "url" in button and not re.match(r"(https?|tg)://[^\s/]+", str(button["url"])):
            raise bad("BUTTON_URL_INVALID", problem=f"the link of {button['text']!r}")
        if "url" in button:
            self._link(urlsplit(str(button["url"])))

    def _link(self, parts: SplitResult) -> None:
        if parts.netloc.lower() != "t.me" or "start" not in (said := parse_qs(parts.query)):
            return
        name = parts.path.strip("/").lower()
        if name != self.world.bot.username.lower() or not PAYLOAD.fullmatch(said["start"][0]):
            self.world.problems.append(f"a link that starts no chat with the bot: {parts.geturl()}")

    # What is changed

    def _own(self, said: Parameters) -> Message:
        """The message of the bot's to be changed."""
        chat = self._open(said.get("chat_id"))
        if "ephemeral_message_id" in said and self.world.has_ephemerals:
            number, user = said.number("ephemeral_message_id"), said.number("receiver_user_id")
            found = next(
                (one for one in chat.all if one.ephemeral_id == number and one.owner and one.owner.id == user), None
            )
            found = None if found is None or found.deleted else found
        else:
            number = said.number("message_id")
            if number is None:
                raise bad("message identifier is not specified", problem="" if self._is_probe(said) else "no message")
            found = chat.find(number)
        if found is None:
            raise bad("message to edit not found")
        if not found.from_bot:
            raise bad("message can't be edited")
        return found

    @staticmethod
    def _is_probe(said: Parameters) -> bool:
        return set(said.said) == {"chat_id"}

    def _change(self, message: Message, said: Parameters, content: Content) -> Any:
        markup = self._markup(said, message.chat)
        old = (message.body, message.entities, message.media, message.markup)
        if old == (*content[:3], markup):
            raise bad(UNCHANGED)
        if message.owner is None:
            self.floods.count(message.chat.id)
        self._look(content[0], content[3])
        message.body, message.entities, message.media, message.uploaded = content
        message.markup = markup
        message.edits += 1
        message.edited = self.world.clock.now()
        message.note()
        return True if message.owner is not None else message.payload

    def edit_text(self, said: Parameters) -> Any:
        message = self._own(said)
        if message.media is not None:
            raise bad("there is no text in the message to edit")
        return self._change(message, said, (*self._text(said, too_long="MESSAGE_TOO_LONG"), None, b""))

    def edit_caption(self, said: Parameters) -> Any:
        message = self._own(said)
        if message.media is None:
            raise bad("there is no caption in the message to edit")
        return self._change(message, said, (*self._caption(said), message.media, message.uploaded))

    def edit_media(self, said: Parameters) -> Any:
        message = self._own(said)
        media = said.get("media")
        if not isinstance(media, dict):
            raise bad("can't parse media: expected an object", problem=f"the media {media!r}")
        content = self._media(said, media)
        if message.album_id and type(content[2]) is not type(message.media):
            raise bad("message can't be edited: media of an album must stay of its type", problem="album")
        if isinstance(message.chat, Group) and message.owner is None:
            kind = "photos" if isinstance(content[2], Photo) else "documents"
            if not message.chat.may(self.world.bot, f"can_send_{kind}"):
                raise bad(f"not enough rights to send {kind} to the chat")
        return self._change(message, said, content)

    def edit_markup(self, said: Parameters) -> Any:
        message = self._own(said)
        return self._change(message, said, (message.body, message.entities, message.media, message.uploaded))

    # What is taken away

    def delete(self, said: Parameters) -> bool:
        chat = self._open(said.get("chat_id"), deletes=True)
        number = said.number("message_id")
        found = chat.find(number) if number is not None else None
        if found is None:
            raise bad("message to delete not found")
        self._delete(chat, found)
        return True

    def _delete(self, chat: Chat, message: Message) -> None:
        if (
            isinstance(chat, Group)
            and not message.from_bot
            and not chat.has_right(self.world.bot, "can_delete_messages")
        ):
            raise bad("message can't be deleted")
        if "forum_topic_created" in message.service:
            raise bad("message can't be deleted")
        if self.world.clock.now() - message.created > TWO_DAYS:
            raise bad("message can't be deleted for everyone")
        message.deleted = True
        self.world.changed()

    def delete_many(self, said: Parameters) -> bool:
        chat = self._open(said.get("chat_id"), deletes=True)
        numbers = said.get("message_ids")
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
            raise bad("message identifiers are not specified", problem=f"message_ids {numbers!r}")
        found = [message for number in numbers if (message := chat.find(number)) is not None]
        for message in found:
            self._delete(chat, message)
        return True

    def delete_ephemeral(self, said: Parameters) -> bool:
        chat = self._open(said.get("chat_id"))
        number, user = said.number("ephemeral_message_id"), said.number("receiver_user_id")
        for message in chat.all:
            if message.ephemeral_id == number and message.owner and message.owner.id == user and not message.deleted:
                message.deleted = True
                self.world.changed()
                return True
        raise bad("message to delete not found")

    # Queries

    def answer_query(self, said: Parameters) -> bool:
        press = self.world.presses.get(said.text("callback_query_id"))
        if press is None or self.world.clock.now() - press.at > QUERY_LIFETIME:
            raise bad(TOO_OLD, problem="" if press else "an answer to a query that never was")
        if press.answered:
            raise bad(TOO_OLD, problem="" if press.answer_was_lost else "a query answered twice")
        if len(said.text("text")) > NOTE:
            raise bad("MESSAGE_TOO_LONG", problem=f"a note of {len(said.text('text'))} characters")
        press.text, press.is_alert = said.text("text"), said.flag("show_alert")
        press.ack_seconds = time.monotonic() - press.began
        press.answered = True
        self.world.changed()
        return True
