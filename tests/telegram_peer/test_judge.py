"""Plants mistakes and sees the judge catch them; real traffic of python-telegram-bot and right answers pass."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import telegram
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram.request import HTTPXRequest

from tests.telegram_peer.judge import Judge

JUDGE = Judge.load()
pytestmark = pytest.mark.skipif(JUDGE is None, reason="the Bot API as data is absent (see BPP_SPECS)")

PNG = b"\x89PNG\r\n\x1a\n--a picture\r\n\r\nwith lines--\r\n"
NOW = 1_790_000_000
BUTTON = {"text": "Draw", "callback_data": "x" * 64}
SCOPE = {"type": "chat_member", "chat_id": -5, "user_id": 7}
COMMAND = {"command": "room_channel", "description": "Where pictures go"}
PICTURE = {"type": "photo", "media": "attach://one", "caption": "Ink"}


def judge() -> Judge:
    assert JUDGE
    return JUDGE


def user(**more: Any) -> dict[str, Any]:
    return {"id": 7, "is_bot": False, "first_name": "Mina", "language_code": "ko", **more}


def private() -> dict[str, Any]:
    return {"id": 7, "type": "private", "first_name": "Mina"}


def message(**more: Any) -> dict[str, Any]:
    return {"message_id": 3, "date": NOW, "chat": private(), "from": user(), "text": "/avatar", **more}


def group_message(**more: Any) -> dict[str, Any]:
    group = {"id": -1001, "type": "supergroup", "title": "Library", "is_forum": True}
    return message(**{"chat": group, "message_thread_id": 9, "is_topic_message": True, **more})


def photo_message(**more: Any) -> dict[str, Any]:
    sizes = [{"file_id": "f", "file_unique_id": "u", "width": 90, "height": 90, "file_size": 999}]
    return {**{k: v for k, v in message().items() if k != "text"}, "photo": sizes, "caption": "ink", **more}


def pressed(**more: Any) -> dict[str, Any]:
    return {"id": "11", "from": user(), "chat_instance": "5", "data": "x", "message": message(), **more}


def restricted(**more: Any) -> dict[str, Any]:
    sent = "messages audios documents photos videos video_notes voice_notes polls other_messages".split()  # noqa: SIM905
    rights = [f"can_send_{each}" for each in sent]
    rights += ["can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info"]
    rights += ["can_invite_users", "can_pin_messages", "can_manage_topics"]
    known = {"status": "restricted", "user": user(), "is_member": True, "until_date": 0}
    return {**known, **dict.fromkeys(rights, False), **more}


def keyboard(**button: Any) -> str:
    return json.dumps({"inline_keyboard": [[{"text": "Draw", **button}]]})


@dataclass
class Call:
    """A call as the fake sees it: text in a form, and files."""

    method: str
    params: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)


MESSAGE = Call("sendMessage", {"chat_id": "7", "text": "<b>Ink</b> &lt;3", "parse_mode": "HTML"})
PHOTO = Call(
    "sendPhoto", {"chat_id": "-1001", "message_thread_id": "9", "reply_markup": keyboard(**BUTTON)}, {"photo": PNG}
)
ALBUM = Call("sendMediaGroup", {"chat_id": "7", "media": [PICTURE, PICTURE | {"media": "kept"}]}, {"one": PNG})
MEDIA = Call("editMessageMedia", {"chat_id": "7", "message_id": "3", "media": PICTURE}, {"one": PNG})
EDIT = Call("editMessageText", {"chat_id": "7", "message_id": "3", "text": "Done"})
COMMANDS = Call("setMyCommands", {"commands": [COMMAND], "scope": SCOPE, "language_code": "ko"})
ANSWER = Call("answerCallbackQuery", {"callback_query_id": "11", "text": "Done", "show_alert": "true"})
UPDATES = Call("getUpdates", {"offset": "8", "timeout": "30", "allowed_updates": ["message", "callback_query"]})
WEBHOOK = Call("setWebhook", {"url": "https://example.org/t", "secret_token": "a-Z_9", "max_connections": "40"})
EPHEMERAL = {"chat_id": "-1001", "receiver_user_id": "7", "ephemeral_message_id": "4"}


def changed(call: Call, files: dict[str, bytes] | None = None, **params: Any) -> Call:
    """A right call with other parameters; None takes one away. Nested values become JSON text, as in a form."""
    kept = {name: value for name, value in {**call.params, **params}.items() if value is not None}
    texts = {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in kept.items()}
    return Call(call.method, texts, call.files if files is None else files)


RIGHT: dict[str, Call] = {
    "plain text": changed(MESSAGE, parse_mode=None),
    "HTML of more than 4096 characters that shows fewer": changed(MESSAGE, text=f"<b>{'x' * 4090}</b>&amp;"),
    "a username for a chat": changed(MESSAGE, chat_id="@library"),
    "numbers and flags of a JSON body": changed(MESSAGE, chat_id=7, disable_notification=True),
    "a reply": changed(MESSAGE, reply_parameters={"message_id": 3, "allow_sending_without_reply": True}),
    "a picture": PHOTO,
    "a picture by file id": changed(PHOTO, files={}, photo="AgACAgI"),
    "an album": changed(ALBUM),
    "a picture in place of a text": changed(MEDIA),
    "a status": changed(EDIT),
    "a keyboard with an address": changed(EDIT, reply_markup=keyboard(url="https://t.me/bot?start=1avatar")),
    "commands": changed(COMMANDS),
    "an answer to a press": changed(ANSWER),
    "polling": changed(UPDATES),
    "a webhook": changed(WEBHOOK),
    "an ephemeral message of 10.2 and 10.3": changed(
        MESSAGE,
        receiver_user_id="7",
        ephemeral_message_parameters={"receiver_user_id": 7},
        reply_parameters={"ephemeral_message_id": 4},
    ),
    "an ephemeral message edited": Call("editEphemeralMessageText", {**EPHEMERAL, "text": "Done"}),
    "an ephemeral message deleted": Call("deleteEphemeralMessage", EPHEMERAL),
    "an ephemeral command": changed(COMMANDS, commands=[COMMAND | {"is_ephemeral": True}]),
    "the question whether the server knows ephemeral messages": Call("editEphemeralMessageText", {"chat_id": "0"}),
}

FULL = {"text": "Draw", "callback_data": "x"}
WRONG: list[tuple[str, Call, str]] = [
    ("a method that does not exist", Call("sendPicture", {}), "no such method"),
    ("a method in wrong letters", Call("sendmessage", {"chat_id": "7", "text": "x"}), "no such method"),
    ("a parameter that does not exist", changed(MESSAGE, txt="x"), "unknown 'txt'"),
    ("a parameter of another method", changed(EDIT, disable_notification="true"), "unknown 'disable_notification'"),
    ("no chat", changed(MESSAGE, chat_id=None), "lacks chat_id"),
    ("no text", changed(MESSAGE, text=None), "lacks text"),
    ("no picture", changed(PHOTO, files={}), "lacks photo"),
    ("a chat that is no number", changed(MESSAGE, chat_id="library"), "chat_id is no @username"),
    ("a chat beyond 64 bits", changed(MESSAGE, chat_id=str(2**63)), "chat_id"),
    ("a message number that is none", changed(EDIT, message_id="three"), "message_id is a string, not an integer"),
    ("a message number with a fraction", changed(EDIT, message_id="3.5"), "message_id is a string"),
    ("a truth for a number", changed(EDIT, message_id=True), "message_id is a boolean, not an integer"),
    ("a flag that is neither true nor false", changed(ANSWER, show_alert="yes"), "show_alert is a string, not a boolean"),
    ("a number for a text", changed(MESSAGE, text=5), "text is an integer, not a string"),
    ("null for a text", Call("sendMessage", {"chat_id": "7", "text": None}), "text is null"),
    ("an empty text", changed(MESSAGE, text=""), "text has 0 characters, at least 1"),
    ("a blank text", changed(MESSAGE, text=" \n "), "text has 0 characters"),
    ("a text of tags alone", changed(MESSAGE, text="<b></b>"), "text has 0 characters"),
    ("a long text", changed(MESSAGE, text="x" * 4097), "text has 4097 characters, at most 4096"),
    ("a long text of pictures", changed(MESSAGE, text="😀" * 2049), "text has 4098 characters"),
    ("a long new text", changed(EDIT, text="x" * 4097), "text has 4097"),
    ("a long caption", changed(PHOTO, caption="x" * 1025), "caption has 1025 characters, at most 1024"),
    ("a long caption in HTML", changed(PHOTO, caption="&lt;" * 1025, parse_mode="HTML"), "caption has 1025"),
    ("a long caption in an album", changed(ALBUM, media=[PICTURE, PICTURE | {"caption": "x" * 1025}]), "media[1].caption"),
    ("a long caption of a new picture", changed(MEDIA, media=PICTURE | {"caption": "x" * 1025}), "media.caption has 1025"),
    ("a parse mode that does not exist", changed(MESSAGE, parse_mode="html"), "parse_mode is 'html', not one of HTML"),
    ("a parse mode beside entities", changed(MESSAGE, entities=[{"type": "bold", "offset": 0, "length": 1}]), "instead"),
    ("an entity that does not exist", changed(EDIT, entities=[{"type": "loud", "offset": 0, "length": 1}]), "not one of mention"),
    ("an entity without a length", changed(EDIT, entities=[{"type": "bold", "offset": 0}]), "entities[0] lacks length"),
    ("a keyboard that is no JSON", changed(PHOTO, reply_markup="{'inline_keyboard': []}"), "reply_markup is not JSON"),
    ("a keyboard with NaN", changed(PHOTO, reply_markup='{"inline_keyboard": NaN}'), "reply_markup is not JSON"),
    ("a keyboard that is a list", changed(PHOTO, reply_markup=[[FULL]]), "reply_markup is an array, not an object"),
    ("a keyboard of one row", changed(PHOTO, reply_markup={"inline_keyboard": [FULL]}), "[0] is an object, not an array"),
    ("a misspelt keyboard", changed(PHOTO, reply_markup={"inline_keybord": [[FULL]]}), "'inline_keybord'"),
    ("a keyboard with more", changed(PHOTO, reply_markup={"inline_keyboard": [[FULL]], "selective": True}), "'selective'"),
    ("a reply keyboard on an edit", changed(EDIT, reply_markup={"force_reply": True}), "lacks inline_keyboard"),
    ("callback data of 65 bytes", changed(PHOTO, reply_markup=keyboard(callback_data="x" * 65)), "65 bytes, at most 64"),
    ("callback data of 66 bytes in Korean", changed(PHOTO, reply_markup=keyboard(callback_data="가" * 22)), "66 bytes"),
    ("empty callback data", changed(PHOTO, reply_markup=keyboard(callback_data="")), "0 bytes, at least 1"),
    ("a button that does nothing", changed(PHOTO, reply_markup=keyboard()), "has none of url, callback_data"),
    ("a button that does two things", changed(PHOTO, reply_markup=keyboard(url="https://a.b", **FULL)), "url and callback_data"),
    ("a button without words", changed(PHOTO, reply_markup={"inline_keyboard": [[{"callback_data": "x"}]]}), "lacks text"),
    ("a button with a colour of its own", changed(PHOTO, reply_markup=keyboard(style="pink", callback_data="x")), "not one of danger"),
    ("a button with an unknown field", changed(PHOTO, reply_markup=keyboard(callback_data="x", emoji="!")), "unknown 'emoji'"),
    ("a button with a strange address", changed(EDIT, reply_markup=keyboard(url="javascript:alert(1)")), "url is no HTTP"),
    ("a button that copies too much", changed(EDIT, reply_markup=keyboard(copy_text={"text": "x" * 257})), "copy_text.text"),
    ("a reply to nothing", changed(MESSAGE, reply_parameters={"allow_sending_without_reply": True}), "message_id"),
    ("a reply in words of old", changed(MESSAGE, reply_to_message_id="3"), "unknown 'reply_to_message_id'"),
    ("a reply to a number in quotes", changed(MESSAGE, reply_parameters={"message_id": "3"}), "message_id is a string"),
    ("a preview of two sizes", changed(EDIT, link_preview_options={"prefer_small_media": True, "prefer_large_media": True}), "prefers"),
    ("a preview switched off in words of old", changed(EDIT, disable_web_page_preview="true"), "unknown"),
    ("a file that nobody wants", changed(MESSAGE, files={"photo": PNG}), "file 'photo' is wanted by no parameter"),
    ("a second file that nobody wants", changed(ALBUM, files={"one": PNG, "two": PNG}), "file 'two' is wanted by no"),
    ("a picture both as text and as a file", changed(PHOTO, photo="AgACAgI"), "photo comes as text and as a file"),
    ("a picture without bytes", changed(PHOTO, files={"photo": b""}), "file 'photo' is empty"),
    ("attach:// without its file", changed(ALBUM, files={}), "attach://one names no file"),
    ("attach:// with another file", changed(MEDIA, files={"two": PNG}), "attach://one names no file"),
    ("attach:// where no file is meant", changed(MEDIA, media=PICTURE | {"media": "kept", "caption": "attach://one"}), "'one' is wanted by no"),
    ("a certificate that is text", changed(WEBHOOK, certificate="PEM"), "certificate is a string, not a file"),
    ("an album of one", changed(ALBUM, media=[PICTURE]), "media has 1 items, at least 2"),
    ("an album of eleven", changed(ALBUM, media=[PICTURE] * 11), "media has 11 items, at most 10"),
    ("an album of different things", changed(ALBUM, media=[PICTURE, {"type": "document", "media": "kept"}]), "groups a document"),
    ("an album with an animation", changed(ALBUM, media=[PICTURE, {"type": "animation", "media": "kept"}]), "type is 'animation'"),
    ("an album that is one object", changed(ALBUM, media=PICTURE), "media is an object, not an array"),
    ("media of an unknown type", changed(MEDIA, media=PICTURE | {"type": "picture"}), "type is 'picture', not one of"),
    ("media without a type", changed(MEDIA, media={"media": "kept"}), "media lacks type"),
    ("media without a file", changed(MEDIA, media={"type": "photo"}, files={}), "media lacks media"),
    ("media with a field of another type", changed(MEDIA, media=PICTURE | {"duration": 3}), "unknown 'duration'"),
    ("an edit of no message", changed(EDIT, message_id=None), "lacks message_id"),
    ("an edit without a text", changed(EDIT, text=None), "lacks text"),
    ("a picture by an address in the wrong type", changed(PHOTO, files={}, photo=7), "photo is an integer"),
    ("a file without its id", Call("getFile", {}), "lacks file_id"),
    ("an answer to no press", changed(ANSWER, callback_query_id=None), "lacks callback_query_id"),
    ("a long answer to a press", changed(ANSWER, text="x" * 201), "text has 201 characters, at most 200"),
    ("an action that does not exist", Call("sendChatAction", {"chat_id": "7", "action": "drawing"}), "not one of typing"),
    ("more than 100 messages deleted", Call("deleteMessages", {"chat_id": "7", "message_ids": json.dumps([*range(101)])}), "101 items"),
    ("messages deleted by texts", Call("deleteMessages", {"chat_id": "7", "message_ids": '["3"]'}), "[0] is a string"),
    ("a command in capitals", changed(COMMANDS, commands=[COMMAND | {"command": "Avatar"}]), "only lowercase"),
    ("a command with a hyphen", changed(COMMANDS, commands=[COMMAND | {"command": "room-channel"}]), "only lowercase"),
    ("a command with a slash", changed(COMMANDS, commands=[COMMAND | {"command": "/avatar"}]), "only lowercase"),
    ("a command without a name", changed(COMMANDS, commands=[COMMAND | {"command": ""}]), "command has 0 characters"),
    ("a long command", changed(COMMANDS, commands=[COMMAND | {"command": "a" * 33}]), "command has 33 characters"),
    ("a command without a description", changed(COMMANDS, commands=[{"command": "avatar"}]), "lacks description"),
    ("an empty description", changed(COMMANDS, commands=[COMMAND | {"description": ""}]), "description has 0"),
    ("a long description", changed(COMMANDS, commands=[COMMAND | {"description": "x" * 257}]), "description has 257"),
    ("more than 100 commands", changed(COMMANDS, commands=[COMMAND] * 101), "commands has 101 items"),
    ("a command with options", changed(COMMANDS, commands=[COMMAND | {"options": []}]), "unknown 'options'"),
    ("a scope that does not exist", changed(COMMANDS, scope={"type": "all_channels"}), "not one of default"),
    ("a scope in one word", changed(COMMANDS, scope='"default"'), "scope is a string, not an object"),
    ("a scope without its chat", changed(COMMANDS, scope={"type": "chat"}), "scope lacks chat_id"),
    ("a scope with too much", changed(COMMANDS, scope={"type": "default", "chat_id": 7}), "scope has unknown 'chat_id'"),
    ("a language with a region", changed(COMMANDS, language_code="ko-KR"), "two-letter ISO 639-1"),
    ("an update type that does not exist", changed(UPDATES, allowed_updates=["messages"]), "unknown 'messages'"),
    ("more than 100 updates", changed(UPDATES, limit="101"), "limit is 101, not 1 to 100"),
    ("a webhook without an address", changed(WEBHOOK, url=None), "lacks url"),
    ("a secret with a dot", changed(WEBHOOK, secret_token="a.b"), "are allowed"),
    ("a secret of 257 characters", changed(WEBHOOK, secret_token="a" * 257), "secret_token has 257"),
    ("too many connections", changed(WEBHOOK, max_connections="101"), "max_connections is 101"),
    ("ephemeral parameters without the receiver", changed(MESSAGE, ephemeral_message_parameters={}), "lacks receiver_user_id"),
    ("ephemeral parameters with a misspelling", changed(MESSAGE, ephemeral_message_parameters={"receiver_user_id": 7, "callback_id": "1"}), "'callback_id'"),
    ("ephemeral albums", changed(ALBUM, receiver_user_id="7"), "unknown 'receiver_user_id'"),
    ("a reply to both kinds", changed(MESSAGE, reply_parameters={"message_id": 3, "ephemeral_message_id": 4}), "exactly one"),
    ("an ephemeral edit of nobody's message", Call("editEphemeralMessageText", {"chat_id": "7", "text": "x"}), "lacks receiver_user_id"),
    ("an ephemeral edit without a text", Call("editEphemeralMessageText", EPHEMERAL), "lacks text"),
    ("an ephemeral edit of an ordinary message", Call("editEphemeralMessageText", {**EPHEMERAL, "text": "x", "message_id": "3"}), "'message_id'"),
    ("an ephemeral delete with more", Call("deleteEphemeralMessage", {**EPHEMERAL, "text": "x"}), "unknown 'text'"),
]  # fmt: skip

FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 9, "file_path": "photos/1.jpg"}
ME = user(id=1, is_bot=True, username="avatar_bot", can_join_groups=True, can_read_all_group_messages=False)
RIGHT_ANSWERS: list[tuple[str, Any]] = [
    ("getMe", {**ME, "supports_inline_queries": False, "has_topics_enabled": False}),
    ("getUpdates", [{"update_id": 1, "message": message()}, {"update_id": 2, "callback_query": pressed()}]),
    ("sendMessage", group_message(reply_to_message=group_message())),
    ("sendMessage", group_message(ephemeral_message_id=4, receiver_user=user(), message_id=0)),
    ("sendPhoto", photo_message(reply_markup={"inline_keyboard": [[FULL]]})),
    ("sendMediaGroup", [photo_message(media_group_id="5"), photo_message(media_group_id="5")]),
    ("editMessageText", message()),
    ("editMessageText", True),
    ("editEphemeralMessageText", True),
    ("deleteMessage", True),
    ("getFile", FILE),
    ("getChatMember", {"status": "member", "user": user()}),
    ("getChatMember", {"status": "left", "user": user()}),
    ("getChatMember", restricted()),
    ("getChatAdministrators", [{"status": "creator", "user": user(), "is_anonymous": True}]),
    ("getMyCommands", [COMMAND]),
    ("getChatMemberCount", 3),
    ("copyMessage", {"message_id": 4}),
    ("getWebhookInfo", {"url": "", "has_custom_certificate": False, "pending_update_count": 0}),
]
WRONG_ANSWERS: list[tuple[str, str, Any, str]] = [
    ("true for a message", "sendMessage", True, "is a boolean, not an object"),
    ("a message for a truth", "deleteMessage", message(), "is an object, not a boolean"),
    ("false for success", "deleteMessage", False, "is false"),
    ("nothing at all", "answerCallbackQuery", None, "is null"),
    ("one message for an album", "sendMediaGroup", photo_message(), "is an object, not an array"),
    ("a message without its time", "sendMessage", {"message_id": 3, "chat": private()}, "lacks date"),
    ("a message number as text", "sendMessage", message(message_id="3"), "message_id is a string"),
    ("a message with a field of its own", "editMessageText", message(html="x"), "unknown 'html'"),
    ("a message of nobody", "sendMessage", message(**{"from": {"id": 7}}), "from lacks is_bot, first_name"),
    ("a chat of an unknown type", "sendMessage", message(chat={"id": 7, "type": "dm"}), "not one of private"),
    ("a chat beyond 52 bits", "sendMessage", message(chat={"id": -(2**60), "type": "supergroup"}), "chat.id"),
    ("a photo in one size", "sendPhoto", photo_message(photo={"file_id": "f"}), "photo is an object, not an array"),
    ("a photo without a width", "sendPhoto", photo_message(photo=[{"file_id": "f"}]), "photo[0] lacks file_unique_id"),
    ("a member of an unknown status", "getChatMember", {"status": "banned", "user": user()}, "status is 'banned'"),
    ("a member without a status", "getChatMember", {"user": user()}, "lacks status"),
    ("an owner without anonymity", "getChatMember", {"status": "creator", "user": user()}, "lacks is_anonymous"),
    ("a restriction without an end", "getChatMember", restricted(until_date=None), "until_date is null"),
    ("a member with rights", "getChatMember", {"status": "member", "user": user(), "can_send_photos": True}, "unknown"),
    ("a file without ids", "getFile", {"file_path": "x"}, "lacks file_id, file_unique_id"),
    ("a count as text", "getChatMemberCount", "3", "is a string, not an integer"),
    ("an unknown method", "getEverything", {}, "no such method"),
]

RIGHT_UPDATES: dict[str, dict[str, Any]] = {
    "a message": {"message": message(entities=[{"type": "bot_command", "offset": 0, "length": 7}])},
    "a photo": {"message": photo_message()},
    "an anonymous administrator": {"message": group_message(sender_chat={"id": -1001, "type": "supergroup", "title": "Library"})},
    "an ephemeral command": {"message": group_message(message_id=0, ephemeral_message_id=4)},
    "a press": {"callback_query": pressed()},
    "a press on a message out of reach": {"callback_query": pressed(message={"message_id": 3, "date": 0, "chat": private()})},
    "a group that became a supergroup": {"message": group_message(migrate_from_chat_id=-5)},
    "the bot made a member": {
        "my_chat_member": {
            "chat": private(),
            "from": user(),
            "date": NOW,
            "old_chat_member": {"status": "left", "user": ME},
            "new_chat_member": {"status": "member", "user": ME},
        }
    },
}  # fmt: skip
WRONG_UPDATES: list[tuple[str, Any, str]] = [
    ("an update without a number", {"message": message()}, "lacks update_id"),
    ("an update of nothing", {"update_id": 1}, "nothing but its id"),
    ("two in one", {"update_id": 1, "message": message(), "edited_message": message()}, "message and edited_message"),
    ("an unknown kind", {"update_id": 1, "button": pressed()}, "unknown 'button'"),
    ("a press without a sender", {"update_id": 1, "callback_query": {"id": "1", "chat_instance": "5", "data": "x"}}, "lacks from"),
    ("a press with a number as id", {"update_id": 1, "callback_query": pressed(id=11)}, "id is an integer, not a string"),
    ("a press of data and a game", {"update_id": 1, "callback_query": pressed(game_short_name="x")}, "data and game_short_name"),
    ("a press of nothing", {"update_id": 1, "callback_query": {**pressed(), "data": None}}, "data is null"),
    ("a press on a message with a fault", {"update_id": 1, "callback_query": pressed(message=message(html="x"))}, "unknown 'html'"),
    ("a message with a foreign field", {"update_id": 1, "message": message(photo_id="f")}, "unknown 'photo_id'"),
    ("an entity of an unknown type", {"update_id": 1, "message": message(entities=[{"type": "command", "offset": 0, "length": 1}])}, "not one of mention"),
    ("a keyboard in a message with too much data", {"update_id": 1, "message": message(reply_markup={"inline_keyboard": [[{"text": "x", "callback_data": "x" * 65}]]})}, "65 bytes"),
    ("a new member in words", {"update_id": 1, "my_chat_member": {"chat": private(), "from": user(), "date": NOW, "old_chat_member": "left", "new_chat_member": {"status": "left", "user": ME}}}, "old_chat_member is a string"),
    ("a list", [], "is an array, not an object"),
]  # fmt: skip


@pytest.mark.parametrize("call", RIGHT.values(), ids=RIGHT.keys())
def test_right_requests_pass(call: Call) -> None:
    assert judge().request(call.method, call.params, call.files) == []


@pytest.mark.parametrize(("call", "word"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_wrong_requests_are_told(call: Call, word: str) -> None:
    problems = judge().request(call.method, call.params, call.files)
    assert any(word in each for each in problems), problems or "nothing was told"


@pytest.mark.parametrize(("method", "result"), RIGHT_ANSWERS)
def test_right_answers_pass(method: str, result: Any) -> None:
    assert judge().answer(method, result) == []


@pytest.mark.parametrize(("method", "result", "word"), [each[1:] for each in WRONG_ANSWERS], ids=[each[0] for each in WRONG_ANSWERS])  # fmt: skip
def test_wrong_answers_are_told(method: str, result: Any, word: str) -> None:
    problems = judge().answer(method, result)
    assert any(word in each for each in problems), problems or "nothing was told"


@pytest.mark.parametrize("update", RIGHT_UPDATES.values(), ids=RIGHT_UPDATES.keys())
def test_right_updates_pass(update: dict[str, Any]) -> None:
    assert judge().update({"update_id": 1, **update}) == []


@pytest.mark.parametrize(("update", "word"), [each[1:] for each in WRONG_UPDATES], ids=[each[0] for each in WRONG_UPDATES])  # fmt: skip
def test_wrong_updates_are_told(update: Any, word: str) -> None:
    problems = judge().update(update)
    assert any(word in each for each in problems), problems or "nothing was told"


def test_many_problems_are_counted() -> None:
    problems = judge().request("sendMessage", {"chat_id": "7", "text": "x", **{f"p{n}": "" for n in range(9)}}, {})
    assert len(problems) == 6
    assert problems[-1].endswith("and 4 more")


def test_without_the_document_there_is_no_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BPP_SPECS", str(tmp_path))
    assert Judge.load() is None


def test_every_method_and_type_of_the_document_can_be_judged() -> None:
    for method, raw in judge()._raw_methods.items():
        required = {each["name"] for each in raw.get("fields", ()) if each["required"]}
        told = " ".join(judge().request(method, {"surely_unknown": "1"}, {}))
        assert "unknown 'surely_unknown'" in told
        assert all(name in told for name in required)
    for name in judge()._raw_types.keys() - {"InputFile"}:
        assert judge().kind((name,)).fits(None) == 0


# --- what python-telegram-bot really sends ---


@dataclass
class Recorded:
    calls: list[Call] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


ANSWERS: dict[str, Any] = {
    **dict(RIGHT_ANSWERS[:3]),
    "sendPhoto": photo_message(),
    "sendDocument": {k: v for k, v in photo_message().items() if k != "photo"},
    "sendMediaGroup": [photo_message(), photo_message()],
    "editMessageText": message(),
    "editMessageMedia": photo_message(),
    "editMessageCaption": photo_message(),
    "editMessageReplyMarkup": photo_message(),
    "getFile": FILE,
    "getChat": {**private(), "accent_color_id": 1, "max_reaction_count": 1, "accepted_gift_types": None},
    "getChatMember": restricted(),
    "getChatAdministrators": [{"status": "creator", "user": user(), "is_anonymous": True}],
    "getMyCommands": [COMMAND],
    "getWebhookInfo": {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
}
ANSWERS["getChat"]["accepted_gift_types"] = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), True
)


@pytest.fixture
async def bot() -> AsyncGenerator[tuple[telegram.Bot, Recorded]]:
    """A bot of python-telegram-bot, unmodified, at a server that judges what comes and answers something right."""
    recorded = Recorded()

    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        files = {name: part.file.read() for name, part in form.items() if isinstance(part, web.FileField)}
        params = {name: text for name, text in form.items() if isinstance(text, str)}
        method = request.match_info["method"]
        result = copy.deepcopy(ANSWERS.get(method, True))
        recorded.calls.append(Call(method, params, files))
        recorded.problems += judge().request(method, params, files) + judge().answer(method, result)
        return web.json_response({"ok": True, "result": result})

    application = web.Application()
    application.router.add_post("/bot{token}/{method}", answer)
    async with TestServer(application) as server:
        base = str(server.make_url("/bot"))
        requests = HTTPXRequest(connection_pool_size=2), HTTPXRequest()
        async with telegram.Bot(
            "1:secret", base_url=base, request=requests[0], get_updates_request=requests[1]
        ) as client:
            yield client, recorded


def keys(*rows: telegram.InlineKeyboardButton) -> telegram.InlineKeyboardMarkup:
    return telegram.InlineKeyboardMarkup([[row] for row in rows])


Ask = Callable[[telegram.Bot], Awaitable[Any]]
DRAW = telegram.InlineKeyboardButton("Draw", callback_data="x" * 64)
OPEN = telegram.InlineKeyboardButton("Open", url="https://t.me/avatar_bot?start=1avatar")
REALLY_SENT: dict[str, Ask] = {
    "getMe": lambda bot: bot.get_me(),
    "getUpdates": lambda bot: bot.get_updates(offset=9, timeout=timedelta(seconds=1), allowed_updates=["message"]),
    "sendMessage": lambda bot: bot.send_message(
        7,
        "<b>Ink</b>",
        parse_mode="HTML",
        reply_markup=keys(DRAW, OPEN),
        disable_notification=True,
        message_thread_id=9,
        link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
        reply_parameters=telegram.ReplyParameters(3, allow_sending_without_reply=True),
    ),
    "sendMessage with a forced reply": lambda bot: bot.send_message(7, "x", reply_markup=telegram.ForceReply()),
    "sendMessage in words of old": lambda bot: bot.send_message(7, "x", reply_to_message_id=3),
    "sendMessage to one member": lambda bot: bot.send_message(
        -1001,
        "x",
        api_kwargs={
            "ephemeral_message_parameters": {"receiver_user_id": 7},
            "receiver_user_id": 7,
            "reply_parameters": {"ephemeral_message_id": 4},
        },
    ),
    "sendPhoto": lambda bot: bot.send_photo(7, PNG, caption="x", filename="avatar.png", reply_markup=keys(DRAW)),
    "sendPhoto by attach://": lambda bot: bot.send_photo(7, telegram.InputFile(PNG, attach=True)),
    "sendPhoto by file id": lambda bot: bot.send_photo(7, "AgACAgI"),
    "sendDocument": lambda bot: bot.send_document(7, PNG, filename="a.png", disable_content_type_detection=True),
    "sendMediaGroup": lambda bot: bot.send_media_group(
        7, [telegram.InputMediaPhoto(PNG, caption="Ink"), telegram.InputMediaPhoto("AgACAgI")]
    ),
    "editMessageText": lambda bot: bot.edit_message_text("x", 7, 3, reply_markup=keys(DRAW)),
    "editMessageMedia": lambda bot: bot.edit_message_media(
        telegram.InputMediaPhoto(PNG, caption="<b>x</b>", parse_mode="HTML"), 7, 3, reply_markup=keys(DRAW)
    ),
    "editMessageMedia by file id": lambda bot: bot.edit_message_media(telegram.InputMediaPhoto("AgACAgI"), 7, 3),
    "editMessageCaption": lambda bot: bot.edit_message_caption(7, 3, caption="x", parse_mode="HTML"),
    "editMessageReplyMarkup": lambda bot: bot.edit_message_reply_markup(7, 3, reply_markup=keys(DRAW)),
    "editMessageReplyMarkup to none": lambda bot: bot.edit_message_reply_markup(7, 3),
    "editMessageReplyMarkup to an empty one": lambda bot: bot.edit_message_reply_markup(7, 3, reply_markup=keys()),
    "answerCallbackQuery": lambda bot: bot.answer_callback_query("11", text="x", show_alert=True),
    "setMyCommands": lambda bot: bot.set_my_commands(
        [telegram.BotCommand("avatar", "x", api_kwargs={"is_ephemeral": True}), ("queue", "y")],
        scope=telegram.BotCommandScopeAllGroupChats(),
        language_code="ko",
    ),
    "setMyCommands to none": lambda bot: bot.set_my_commands([]),
    "getMyCommands": lambda bot: bot.get_my_commands(telegram.BotCommandScopeChatMember(-1001, 7), "ko"),
    "deleteMyCommands": lambda bot: bot.delete_my_commands(telegram.BotCommandScopeAllPrivateChats()),
    "getFile": lambda bot: bot.get_file("f"),
    "setWebhook": lambda bot: bot.set_webhook("https://example.org/t", secret_token="a", allowed_updates=["message"]),
    "deleteWebhook": lambda bot: bot.delete_webhook(drop_pending_updates=False),
    "getWebhookInfo": lambda bot: bot.get_webhook_info(),
    "sendChatAction": lambda bot: bot.send_chat_action(7, "upload_photo", message_thread_id=9),
    "getChat": lambda bot: bot.get_chat(7),
    "getChatMember": lambda bot: bot.get_chat_member(-1001, 7),
    "getChatAdministrators": lambda bot: bot.get_chat_administrators("@library"),
    "deleteMessage": lambda bot: bot.delete_message(7, 3),
    "deleteMessages": lambda bot: bot.delete_messages(7, [3, 4]),
    "restrictChatMember": lambda bot: bot.restrict_chat_member(
        -1001, 7, telegram.ChatPermissions.no_permissions(), until_date=datetime(2026, 12, 1, tzinfo=UTC)
    ),
    "editEphemeralMessageText": lambda bot: bot.do_api_request(
        "editEphemeralMessageText", {"chat_id": -1001, "receiver_user_id": 7, "ephemeral_message_id": 4, "text": "x"}
    ),
    "deleteEphemeralMessage": lambda bot: bot.do_api_request(
        "deleteEphemeralMessage", {"chat_id": -1001, "receiver_user_id": 7, "ephemeral_message_id": 4}
    ),
}


async def test_what_python_telegram_bot_sends_passes(bot: tuple[telegram.Bot, Recorded]) -> None:
    client, recorded = bot
    for name, ask in REALLY_SENT.items():
        await ask(client)
        assert recorded.problems == [], name
        assert recorded.calls[-1].method == name.split()[0]
    assert {each.method for each in recorded.calls if each.files} >= {"sendPhoto", "sendMediaGroup", "editMessageMedia"}


async def test_mistakes_are_caught_on_the_way_through_python_telegram_bot(bot: tuple[telegram.Bot, Recorded]) -> None:
    client, recorded = bot
    await client.send_message(7, "x", api_kwargs={"silent": True})
    await client.set_my_commands([("room_channel", "x")], language_code="ko-KR")
    await client.send_photo(7, "attach://gone")
    await client.edit_message_text("x" * 4097, 7, 3)
    for word in ("unknown 'silent'", "two-letter", "attach://gone names no file", "4097 characters"):
        assert any(word in each for each in recorded.problems), (word, recorded.problems)
