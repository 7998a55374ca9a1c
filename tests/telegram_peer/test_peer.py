"""The fake Telegram, driven by python-telegram-bot itself: what the server does, refuses, and holds against a bot."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Callable
from typing import Any

import aiohttp
import httpx
import pytest
from aiohttp import web
from PIL import Image
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChatMember,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    Message,
    ReplyParameters,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from tests.telegram_peer.actors import ClientRefuses, NotAnswered, User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.entities import Unparsable, parse, rendered
from tests.telegram_peer.peer import TelegramPeer

EVERYTHING = ["message", "edited_message", "callback_query", "my_chat_member", "chat_member", "channel_post"]


def picture(size: tuple[int, int] = (200, 120), kind: str = "PNG", colour: str = "red", **more: Any) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, kind, **more)
    return stream.getvalue()


PNG, JPEG = picture(), picture(kind="JPEG")


def keyboard(*labels: str, data: str = "") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data or label.lower())] for label in labels]
    )


class Reader:
    """Fetches updates and confirms them, as a bot does."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.offset: int | None = None

    async def read(self, seconds: int = 10, **more: Any) -> list[Update]:
        got = list(await self.bot.get_updates(offset=self.offset, timeout=seconds, **more))
        if got:
            self.offset = got[-1].update_id + 1
        return got

    async def message(self) -> Message:
        """The one message that is new."""
        (update,) = await self.read()
        assert update.message is not None
        return update.message

    async def nothing(self) -> None:
        assert await self.read(seconds=0) == []


def client(peer: TelegramPeer, *, token: str = "") -> Bot:
    plain: dict[str, Any] = {"httpx_kwargs": {"verify": False}}  # there is no TLS here, and certificates take time
    return Bot(
        token or peer.token,
        base_url=peer.api + "/bot",
        base_file_url=peer.file_api + "/file/bot",
        request=HTTPXRequest(connection_pool_size=40, **plain),
        get_updates_request=HTTPXRequest(connection_pool_size=4, **plain),
    )


@pytest.fixture
def version() -> tuple[int, int]:
    return (10, 1)


@pytest.fixture
async def peer(version: tuple[int, int]) -> AsyncGenerator[TelegramPeer]:
    async with TelegramPeer.serving(version=version) as peer:
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


@pytest.fixture
async def bot(peer: TelegramPeer) -> AsyncGenerator[Bot]:
    async with client(peer) as bot:
        yield bot


@pytest.fixture
def updates(bot: Bot) -> Reader:
    return Reader(bot)


@pytest.fixture
async def mina(peer: TelegramPeer, updates: Reader) -> User:
    mina = peer.user("mina", language="ko")
    await mina.says(None, "/start")
    await updates.read()
    return mina


@pytest.fixture
def group(peer: TelegramPeer, mina: User) -> Group:
    group = peer.group("Library")
    group.join(mina)
    return group


async def refused(call: Any, words: str, kind: type[TelegramError] = BadRequest) -> TelegramError:
    with pytest.raises(kind) as caught:
        await call
    assert type(caught.value) is kind
    assert words.lower() in str(caught.value).lower()
    return caught.value


# Who asks, and how


async def test_a_bot_is_known_by_its_token(peer: TelegramPeer, bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.username, me.can_read_all_group_messages) == (peer.username, False)
    with pytest.raises(InvalidToken):
        async with client(peer, token="1:wrong"):
            pass
    await refused(bot.do_api_request("getStarBalance"), "Not Found", EndPointNotFound)
    assert [one for one in peer.problems if "no such method" in one]
    peer.problems.clear()
    peer.reads_all, peer.joins_groups = True, False
    me = await bot.get_me()
    assert (me.can_read_all_group_messages, me.can_join_groups) == (True, False)
    peer.reset_token()
    await refused(bot.get_me(), "", InvalidToken)


async def test_parameters_come_in_the_address_in_a_form_or_as_json(peer: TelegramPeer, mina: User) -> None:
    said = {"chat_id": str(mina.id), "text": "One"}
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    async with httpx.AsyncClient(base_url=f"{peer.api}/bot{peer.token}/") as http:
        assert (await http.get("SENDMESSAGE", params=said)).json()["result"]["text"] == "One"
        assert (await http.post("sendMessage", data=said)).json()["ok"]
        body = {"chat_id": mina.id, "text": "Three", "reply_markup": markup}
        assert (await http.post("sendMessage", json=body)).json()["result"]["reply_markup"] == markup
        answer = await http.post("sendMessage", content=b"{", headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert [one.text for one in mina.told] == ["One", "One", "Three"]
    assert [one.status for one in peer.asked("sendMessage")][:3] == [200, 200, 200]
    assert [one for one in peer.problems if "nobody can read" in one]
    peer.problems.clear()


# Updates


async def test_updates_come_until_they_are_confirmed(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    for text in ("one", "two", "three"):
        await mina.says(None, text)
    first = await bot.get_updates(timeout=5)
    again = await bot.get_updates(timeout=5, limit=2)
    texts = [update.message and update.message.text for update in first]
    assert texts == ["/start", "one", "two", "three"] or texts == ["one", "two", "three"]
    assert [one.update_id for one in again] == [one.update_id for one in first][:2]
    assert [one.update_id for one in first] == sorted({one.update_id for one in first})
    rest = await bot.get_updates(timeout=5, offset=first[-1].update_id)
    assert [one.update_id for one in rest] == [first[-1].update_id]
    assert await bot.get_updates(timeout=0, offset=first[-1].update_id + 1) == ()
    await peer.settled()


async def test_a_long_poll_waits_for_what_happens(peer: TelegramPeer, mina: User, updates: Reader) -> None:
    waiting = asyncio.create_task(updates.read())
    await peer.until(lambda: len(peer.asked("getUpdates")) == 2)
    assert not waiting.done()
    await mina.says(None, "Hello")
    (update,) = await waiting
    assert update.message is not None
    assert update.message.from_user is not None
    assert (update.message.text, update.message.from_user.language_code) == ("Hello", "ko")
    nobody = peer.user("nobody", language=None)
    await nobody.says(None, "Hi")
    sender = (await updates.message()).from_user
    assert sender is not None
    assert sender.language_code is None


async def test_two_pollers_are_in_conflict(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    async with client(peer) as other:
        offset = peer.updates.next_id + 1
        waiting = asyncio.create_task(bot.get_updates(offset=offset, timeout=10))
        await peer.until(lambda: len(peer.asked("getUpdates")) == 2)
        second = asyncio.create_task(other.get_updates(timeout=10))
        await refused(waiting, "terminated by other getUpdates", Conflict)
        peer.conflict()
        await refused(second, "only one bot instance", Conflict)
        peer.proxy("https://bot.example.org", "http://127.0.0.1:1")
        await bot.set_webhook("https://bot.example.org/hook")
        await refused(bot.get_updates(), "webhook is active", Conflict)
        await bot.delete_webhook()
        assert await bot.get_updates(timeout=0) == ()


async def test_updates_come_twice_late_or_not_at_all(peer: TelegramPeer, mina: User, updates: Reader) -> None:
    await mina.says(None, "one")
    (first,) = await updates.read()
    await updates.nothing()
    peer.redeliver(1)
    (again,) = await updates.read()
    assert again.to_json() == first.to_json()
    await updates.nothing()
    await mina.says(None, "forgotten")
    peer.quiet_week()
    await updates.nothing()
    await mina.says(None, "two")
    (late,) = await updates.bot.get_updates(timeout=5)
    assert late.update_id < first.update_id
    assert await updates.bot.get_updates(timeout=0, offset=first.update_id) == ()
    assert not peer.problems
    await mina.says(None, "three")
    await updates.bot.get_updates(timeout=0, offset=first.update_id)
    assert "never delivered" in peer.problems.pop()


async def test_only_wanted_kinds_of_updates_come(peer: TelegramPeer, group: Group, mina: User, updates: Reader) -> None:
    group.bot_rights()
    group.join(peer.user("bob"), announced=True)
    kinds = [next(iter(set(one.to_dict()) - {"update_id"})) for one in await updates.read()]
    assert kinds == ["my_chat_member", "message"]
    await updates.read(seconds=0, allowed_updates=EVERYTHING)
    group.kick(mina)
    (member, service) = await updates.read()
    assert member.chat_member is not None
    assert member.chat_member.new_chat_member.status == "kicked"
    assert service.message is not None
    assert service.message.left_chat_member is not None
    assert service.message.left_chat_member.id == mina.id


async def test_a_webhook_gets_each_update_until_it_is_taken(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    got: list[tuple[str | None, int]] = []
    answers = [500, 403, 200, 200, 200]

    async def take(request: web.Request) -> web.Response:
        got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), (await request.json())["update_id"]))
        return web.Response(status=answers.pop(0))

    application = web.Application()
    application.router.add_post("/hook", take)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        peer.proxy("https://bot.example.org", f"http://127.0.0.1:{runner.addresses[0][1]}")
        for wrong in ("http://bot.example.org/hook", "https://bot.example.org:8124/hook"):
            await refused(bot.set_webhook(wrong), "bad webhook")
        await bot.set_webhook("https://bot.example.org/hook", secret_token="s3cret", drop_pending_updates=True)
        await mina.says(None, "Hello")
        await peer.settled()
        assert got == [("s3cret", got[0][1])] * 3
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == ("https://bot.example.org/hook", 0)
        assert "403" in (info.last_error_message or "")
        peer.redeliver(1)
        await peer.settled()
        assert len(got) == 4
        await bot.delete_webhook()
        assert (await bot.get_webhook_info()).url == ""
        await mina.says(None, "Never read")
        await bot.delete_webhook(drop_pending_updates=True)
        assert "thrown away" in peer.problems.pop()
    finally:
        await runner.cleanup()


# Text


@pytest.mark.parametrize(
    ("markup", "text", "kinds"),
    [
        ("<b>Bold</b> and <i>it</i>", "Bold and it", ["bold", "italic"]),
        ("1 &lt; 2 &amp; 3 &quot;&#33;&nbsp; & so", '1 < 2 & 3 "!&nbsp; & so', []),
        ("<b>a<u>b</u></b><s>c</s>", "abc", ["bold", "underline", "strikethrough"]),
        ('<a href="https://t.me/x?a=1&amp;b=2">here</a>', "here", ["text_link"]),
        ('<span class="tg-spoiler">x</span><tg-spoiler>y</tg-spoiler>', "xy", ["spoiler", "spoiler"]),
        ('<pre><code class="language-python">1</code></pre><code>2</code>', "12", ["pre", "code"]),
        ("<blockquote expandable>q</blockquote>\n", "q", ["expandable_blockquote"]),
        ("  <b> 😀 </b> x ", "😀  x", ["bold"]),
    ],
)
def test_html_becomes_text_and_entities(markup: str, text: str, kinds: list[str]) -> None:
    plain, found = parse(markup)
    assert (plain, [one["type"] for one in found]) == (text, kinds)
    assert parse(rendered(plain, found))[0] == text


@pytest.mark.parametrize(
    ("markup", "complaint"),
    [
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("é x</b>", "Unexpected end tag at byte offset 4"),
        ("<div>x</div>", 'Unsupported start tag "div" at byte offset 0'),
        ("1 < 2", "Can't find end of the entity starting at byte offset 2"),
        ("a < b > c", 'Unsupported start tag "" at byte offset 2'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler"'),
    ],
)
async def test_html_that_nobody_can_parse_is_refused(
    markup: str, complaint: str, peer: TelegramPeer, bot: Bot, mina: User
) -> None:
    with pytest.raises(Unparsable):
        parse(markup)
    await refused(bot.send_message(mina.id, markup, parse_mode=ParseMode.HTML), f"can't parse entities: {complaint}")
    assert peer.problems
    peer.problems.clear()


async def test_what_is_written_is_what_is_read(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    markup = "<b>Hello 😀</b> see /help, @someone or https://example.org/a. <code>/avatar x</code>"
    sent = await bot.send_message(mina.id, markup, parse_mode=ParseMode.HTML, disable_notification=True)
    kinds = [entity.type for entity in sent.entities]
    assert kinds == ["bold", "bot_command", "mention", "url", "code"]
    assert sent.parse_entity(sent.entities[-1]) == "/avatar x"
    (shown,) = mina.told
    assert (shown.html, shown.silent, shown.from_bot) == (markup, True, True)
    assert [one.text for one in mina.private] == ["/start", shown.text]


async def test_sizes_of_texts_are_counted_after_parsing(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    html: dict[str, Any] = {"parse_mode": ParseMode.HTML}
    await bot.send_message(mina.id, "<b>" + "x" * 4096 + "</b>", **html)
    sent = await bot.send_photo(mina.id, PNG, caption="<b>" + "x" * 1024 + "</b>", **html)
    await refused(bot.send_message(mina.id, "x" * 4097), "Message is too long")
    await refused(bot.send_photo(mina.id, PNG, caption="x" * 1025), "caption is too long")
    await refused(bot.edit_message_caption(mina.id, sent.message_id, caption="x" * 1025), "caption is too long")
    await refused(bot.send_message(mina.id, " <b> </b> ", **html), "text is empty")
    assert len(mina.told) == 2
    assert peer.problems
    peer.problems.clear()


# Buttons


async def test_a_press_reaches_the_bot_and_its_answer_the_person(
    peer: TelegramPeer, bot: Bot, mina: User, updates: Reader
) -> None:
    await bot.send_message(mina.id, "Choose", reply_markup=keyboard("Draw", "Look"))
    (shown,) = mina.told
    assert (shown.buttons, shown.data("Look")) == (["Draw", "Look"], "look")
    press = await mina.press(shown, "draw", wait=False)
    (update,) = await updates.read()
    query = update.callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.from_user.id, query.message.message_id) == ("draw", mina.id, shown.id)
    assert not press.answered
    await query.answer("Done", show_alert=True)
    assert (press.answered, press.alert, press.is_alert) == (True, "Done", True)
    assert press.ack_seconds > 0
    await refused(query.answer(), "query is too old and response timeout expired or query id is invalid")
    assert "answered twice" in peer.problems.pop()
    with pytest.raises(AssertionError, match="buttons match"):
        await mina.press(shown, "Nothing")
    with pytest.raises(NotAnswered):
        await mina.press(shown, "Look", seconds=0.05)
    (late,) = await updates.read()
    assert late.callback_query is not None
    peer.clock.advance(16)
    await refused(late.callback_query.answer(), "query is too old")
    await refused(bot.answer_callback_query("1"), "query is too old")
    assert "never was" in peer.problems.pop()


async def test_what_no_button_says_can_be_forged(
    peer: TelegramPeer, bot: Bot, mina: User, group: Group, updates: Reader
) -> None:
    await bot.send_message(group.id, "Choose", reply_markup=keyboard("Draw"))
    (shown,) = group.posts
    await mina.forges(shown, "forget::all", wait=False)
    (update,) = await updates.read()
    assert update.callback_query is not None
    assert update.callback_query.data == "forget::all"
    group.bot_kicked()
    with pytest.raises(ClientRefuses, match="not in Library"):
        await mina.press(shown, "Draw")


async def test_an_answer_that_was_lost_may_be_given_again(
    peer: TelegramPeer, bot: Bot, mina: User, updates: Reader
) -> None:
    await bot.send_message(mina.id, "Choose", reply_markup=keyboard("Draw"))
    await mina.press(mina.told[0], "Draw", wait=False)
    (update,) = await updates.read()
    assert update.callback_query is not None
    peer.refuse("answerCallbackQuery", status="drop", after=True)
    await refused(update.callback_query.answer(), "", NetworkError)
    await refused(update.callback_query.answer(), "query is too old")


async def test_a_very_old_message_is_inaccessible(peer: TelegramPeer, bot: Bot, mina: User, updates: Reader) -> None:
    await bot.send_message(mina.id, "Choose", reply_markup=keyboard("Draw"))
    peer.clock.advance(31 * 86_400)
    await mina.press(mina.told[0], "Draw", wait=False)
    (update,) = await updates.read()
    assert update.callback_query is not None
    message = update.callback_query.message
    assert message is not None
    assert (message.message_id, message.is_accessible) == (mina.told[0].id, False)


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "x", "callback_data": "가" * 22}, "Button_data_invalid"),
        ({"text": "x", "url": "nowhere"}, "Button_url_invalid"),
        ({"text": "x"}, "text buttons are unallowed"),
        ({"text": " ", "callback_data": "x"}, "Text is empty"),
    ],
)
async def test_buttons_that_nobody_could_press_are_refused(
    button: dict[str, str], words: str, peer: TelegramPeer, bot: Bot, mina: User
) -> None:
    said = {"reply_markup": {"inline_keyboard": [[button]]}}
    await refused(bot.send_message(mina.id, "Choose", api_kwargs=said), words)
    assert peer.problems
    peer.problems.clear()


async def test_a_keyboard_has_at_most_a_hundred_buttons(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    rows = [[InlineKeyboardButton("x", callback_data=f"{row} {n}") for n in range(8)] for row in range(13)]
    await bot.send_message(mina.id, "Many", reply_markup=InlineKeyboardMarkup(rows[:12]))
    await refused(bot.send_message(mina.id, "More", reply_markup=InlineKeyboardMarkup(rows)), "markup is too long")
    await bot.send_message(mina.id, "Wide", reply_markup=InlineKeyboardMarkup([rows[0] + rows[1]]))
    assert len(peer.problems) == 2
    peer.problems.clear()


async def test_a_link_starts_the_private_chat(peer: TelegramPeer, bot: Bot, group: Group, updates: Reader) -> None:
    bob = peer.user("bob")
    group.join(bob)
    link = f"https://t.me/{peer.username}?start=1-avatar_x"
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Go on", url=link)]])
    await bot.send_message(group.id, "In private", reply_markup=markup)
    await refused(bot.send_message(bob.id, "Hi"), "bot can't initiate conversation with a user", Forbidden)
    (pointer,) = group.posts
    assert pointer.urls == [link]
    await bob.press(pointer, "Go on")
    assert (await updates.message()).text == "/start 1-avatar_x"
    await bot.send_message(bob.id, "Hi")
    lost = InlineKeyboardMarkup([[InlineKeyboardButton("Go", url=f"https://t.me/{peer.username}?start={'x' * 65}")]])
    await bot.send_message(bob.id, f"My token is {peer.token}", reply_markup=lost)
    assert ["starts no chat" in one or "token" in one for one in peer.problems] == [True, True]
    peer.problems.clear()
    for wrong in ("https://t.me/other_bot?start=1", f"{link}!", f"https://t.me/{peer.username}?start={'x' * 65}"):
        with pytest.raises(ClientRefuses):
            await bob.opens(wrong)


# Photos and files


async def test_a_photo_comes_in_sizes_without_what_it_told(peer: TelegramPeer, mina: User, updates: Reader) -> None:
    told = Image.Exif()
    told[0x010F] = "a camera"
    told[0x0112] = 6
    data = picture((1500, 1000), "JPEG", exif=told)
    await mina.says(None, photo=data, caption="/avatar ink")
    message = await updates.message()
    assert (message.caption, [one.type for one in message.caption_entities]) == ("/avatar ink", ["bot_command"])
    assert [max(size.width, size.height) for size in message.photo] == [90, 320, 800, 1280]
    largest = message.photo[-1]
    file = await largest.get_file()
    fetched = bytes(await file.download_as_bytearray())
    assert file.file_path is not None
    assert peer.token in file.file_path
    assert len(fetched) == largest.file_size == file.file_size
    with Image.open(io.BytesIO(fetched)) as shown:
        assert (shown.format, shown.size, dict(shown.getexif())) == ("JPEG", (853, 1280), {})
    with pytest.raises(Exception, match="IMAGE_PROCESS_FAILED"):
        await mina.says(None, photo=b"no picture")


async def test_a_document_keeps_its_bytes_and_a_link_runs_out(
    peer: TelegramPeer, bot: Bot, mina: User, updates: Reader
) -> None:
    await mina.says(None, document=JPEG, name="me.jpg")
    message = await updates.message()
    assert message.document is not None
    assert (message.document.mime_type, message.document.file_name) == ("image/jpeg", "me.jpg")
    file = await message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == JPEG
    peer.clock.advance(3601)
    await refused(file.download_as_bytearray(), "Not Found", InvalidToken)
    fresh = await message.document.get_file()
    assert bytes(await fresh.download_as_bytearray()) == JPEG
    assert peer.downloads == 2
    peer.slow_file(break_after=100)
    await refused(fresh.download_as_bytearray(), "", NetworkError)
    await refused(bot.get_file("nothing"), "invalid file_id")
    await mina.says(None, document=b"x" * (20 * 2**20 + 1), name="large.bin")
    large = (await updates.message()).document
    assert large is not None
    await refused(large.get_file(), "File is too big")
    async with aiohttp.ClientSession() as http, http.get(f"{peer.file_api}/file/bot1:x/{file.file_path}") as answer:
        assert answer.status == 401


async def test_pictures_of_the_bot_are_seen_and_used_again(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    sent = await bot.send_photo(mina.id, PNG, caption="Yours", filename="avatar.png", reply_markup=keyboard("More"))
    shown = mina.told[-1]
    assert (shown.caption, shown.text, shown.buttons, shown.uploaded) == ("Yours", "", ["More"], PNG)
    with Image.open(io.BytesIO(shown.photo)) as image:
        assert (image.format, image.size) == ("JPEG", (200, 120))
    again = await bot.send_photo(mina.id, sent.photo[-1].file_id)
    assert again.photo == sent.photo
    filed = await bot.send_document(mina.id, PNG, filename="avatar.png", disable_content_type_detection=True)
    assert (mina.told[-1].document, mina.told[-1].file_name) == (PNG, "avatar.png")
    assert filed.document is not None
    assert peer.uploads == [PNG, PNG]
    assert [one.files["photo"].name for one in peer.asked("sendPhoto") if one.files] == ["avatar.png"]
    await refused(bot.send_photo(mina.id, "AgACnothing"), "wrong file identifier")
    await refused(bot.send_photo(mina.id, filed.document.file_id), "file of type Document as Photo")
    await refused(bot.send_document(mina.id, sent.photo[-1].file_id), "file of type Photo as Document")
    for wrong in ((9000, 1001), (420, 20)):
        await refused(bot.send_photo(mina.id, picture(wrong)), "Photo_invalid_dimensions")
    await refused(bot.send_photo(mina.id, b"no picture"), "Image_process_failed")
    await refused(bot.send_photo(mina.id, PNG + b"x" * 10 * 2**20), "too big for a photo")
    assert len(peer.problems) == 6
    peer.problems.clear()


async def test_what_is_no_picture_reaches_the_bot_too(peer: TelegramPeer, mina: User, updates: Reader) -> None:
    await mina.says(None, other={"dice": {"emoji": "🎲", "value": 3}})
    message = await updates.message()
    assert message.dice is not None
    assert (message.text, message.photo, message.dice.value) == (None, (), 3)
    hidden = {"type": "hidden_user", "date": 1_700_000_000, "sender_user_name": "Somebody"}
    await mina.says(None, photo=JPEG, other={"forward_origin": hidden})
    forwarded = await updates.message()
    assert forwarded.forward_origin is not None
    assert forwarded.photo
    changed = await mina.edits(await mina.says(None, "Helo"), "Hello")
    first, second = await updates.read()
    assert first.message is not None
    assert second.edited_message is not None
    assert (first.message.text, second.edited_message.text, changed.text) == ("Helo", "Hello", "Hello")


async def test_albums_are_several_messages_with_one_number(
    peer: TelegramPeer, bot: Bot, mina: User, updates: Reader
) -> None:
    first = await mina.says(None, "/avatar", album=[JPEG, PNG, JPEG])
    got = [one.message for one in await updates.read() if one.message]
    assert len(got) == 3 == len(first.album)
    assert len({one.media_group_id for one in got}) == 1
    assert [one.caption for one in got] == ["/avatar", None, None]
    media = [InputMediaPhoto(PNG, caption="Ink"), InputMediaPhoto(got[0].photo[-1].file_id, caption="Oil")]
    sent = await bot.send_media_group(mina.id, media)
    assert [one.caption for one in mina.told] == ["Ink", "Oil"]
    assert sent[0].media_group_id == sent[1].media_group_id
    await refused(bot.edit_message_media(InputMediaDocument(PNG), mina.id, sent[0].message_id), "can't be edited")
    await refused(bot.send_media_group(mina.id, media[:1]), "wrong number")
    peer.problems.clear()


# Changing and deleting


async def test_messages_are_changed_as_telegram_allows(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    sent = await bot.send_message(mina.id, "Wait", reply_markup=keyboard("Stop"))
    number = sent.message_id
    shown = mina.told[0]
    await bot.edit_message_text("Still", mina.id, number, reply_markup=keyboard("Stop"))
    unchanged = "message is not modified: specified new message content and reply markup are exactly the same"
    await refused(bot.edit_message_text("Still", mina.id, number, reply_markup=keyboard("Stop")), unchanged)
    await refused(bot.edit_message_caption(mina.id, number, caption="x"), "there is no caption in the message to edit")
    await bot.edit_message_reply_markup(mina.id, number, reply_markup=keyboard("Go"))
    assert (shown.text, shown.buttons, shown.edits) == ("Still", ["Go"], 2)
    await bot.edit_message_media(InputMediaPhoto(PNG, caption="Done"), mina.id, number)
    assert (shown.text, shown.caption, shown.uploaded, shown.buttons) == ("", "Done", PNG, [])
    await refused(bot.edit_message_text("Back", mina.id, number), "there is no text in the message to edit")
    await bot.edit_message_caption(mina.id, number, caption="<b>All</b> done", parse_mode=ParseMode.HTML)
    assert [text for _, text in shown.history] == ["Wait", "Still", "Still", "Done", "All done"]
    assert shown.html == "<b>All</b> done"
    await refused(bot.edit_message_text("x", mina.id, 999_999), "message to edit not found")
    await refused(bot.edit_message_text("x", mina.id, mina.private[0].id), "message can't be edited")
    await refused(bot.send_message(123, "x"), "Chat not found")
    assert len(mina.told) == 1


async def test_messages_are_deleted_within_two_days(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    sent = await bot.send_message(mina.id, "One")
    more = await bot.send_message(mina.id, "Two")
    (asked, *_) = mina.private
    await bot.delete_message(mina.id, sent.message_id)
    assert [one.text for one in mina.told] == ["Two"]
    await bot.delete_messages(mina.id, [asked.id, sent.message_id])
    assert asked.deleted
    await refused(bot.delete_message(mina.id, sent.message_id), "message to delete not found")
    await refused(bot.edit_message_text("x", mina.id, sent.message_id), "message to edit not found")
    peer.clock.advance(48 * 3600 + 1)
    await refused(bot.delete_message(mina.id, more.message_id), "message can't be deleted for everyone")
    await bot.edit_message_text("Late", mina.id, more.message_id)


async def test_only_an_administrator_deletes_what_others_wrote(
    peer: TelegramPeer, bot: Bot, mina: User, group: Group
) -> None:
    said = await mina.says(group, "/avatar@bpp_bot", photo=JPEG)
    await refused(bot.delete_message(group.id, said.id), "message can't be deleted")
    group.bot_rights(can_pin_messages=True)
    await refused(bot.delete_message(group.id, said.id), "message can't be deleted")
    group.bot_rights(can_delete_messages=True)
    await bot.delete_message(group.id, said.id)
    assert group.messages == []
    mine = await bot.send_message(group.id, "Mine")
    group.bot_demoted()
    await bot.delete_message(group.id, mine.message_id)
    assert said.deleted
    assert group.seen_by(mina) == []


async def test_an_answered_message_comes_along_one_level_deep(
    peer: TelegramPeer, bot: Bot, mina: User, updates: Reader
) -> None:
    photo = await mina.says(None, photo=JPEG)
    await updates.read()
    reply = ReplyParameters(photo.id)
    sent = await bot.send_message(mina.id, "Wait", reply_parameters=reply, reply_markup=keyboard("Again"))
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.photo
    shown = mina.told[0]
    await mina.press(shown, "Again", wait=False)
    (update,) = await updates.read()
    assert update.callback_query is not None
    pressed = update.callback_query.message
    assert isinstance(pressed, Message)
    assert pressed.reply_to_message is not None
    assert pressed.reply_to_message.photo[-1].file_id == sent.reply_to_message.photo[-1].file_id
    await mina.says(None, photo=JPEG, reply_to=shown)
    answer = await updates.message()
    assert answer.reply_to_message is not None
    assert answer.reply_to_message.reply_markup is not None
    assert answer.reply_to_message.reply_to_message is None
    await mina.deletes(photo)
    await mina.press(shown, "Again", wait=False)
    (later,) = await updates.read()
    assert later.callback_query is not None
    assert isinstance(later.callback_query.message, Message)
    assert later.callback_query.message.reply_to_message is None
    await refused(bot.send_message(mina.id, "x", reply_parameters=reply), "message to be replied not found")
    loose = ReplyParameters(photo.id, allow_sending_without_reply=True)
    assert (await bot.send_message(mina.id, "x", reply_parameters=loose)).reply_to_message is None


# Groups


async def test_a_bot_with_privacy_mode_hears_only_what_is_meant_for_it(
    peer: TelegramPeer, bot: Bot, mina: User, group: Group, updates: Reader
) -> None:
    async def heard(text: str, **more: Any) -> bool:
        await mina.says(group, text, **more)
        return bool(await updates.read(seconds=0))

    assert await heard("/avatar@BPP_bot")
    assert await heard("Look /avatar@bpp_bot")
    assert await heard("/avatar@bpp_bot", photo=JPEG)
    assert await heard("/avatar")
    assert not await heard("/avatar@other_bot")
    assert not await heard("Hello")
    assert not await heard("@bpp_bot hello")
    assert not await heard("", photo=JPEG)
    group.other_bot_says("I am here")
    assert not await heard("/avatar")
    assert await heard("/avatar@bpp_bot")
    await bot.send_message(group.id, "Me too")
    assert await heard("/avatar")
    assert await heard("Thanks", reply_to=group.posts[-1])
    assert not await heard("Well", reply_to=group.messages[0].reply_to)
    album = await mina.says(group, "/avatar@bpp_bot", album=[JPEG, JPEG])
    assert len(await updates.read(seconds=0)) == 1
    assert len(album.album) == 2
    group.privacy = False
    assert await heard("Hello")
    group.privacy = True
    assert not await heard("Hello")
    peer.reads_all = True
    assert await heard("Hello")
    peer.reads_all = False
    group.bot_rights()
    await updates.read()
    assert await heard("Hello")


async def test_members_are_who_they_are(peer: TelegramPeer, bot: Bot, mina: User, group: Group) -> None:
    bob, eve = peer.user("bob"), peer.user("eve")
    group.join(bob)
    group.admin(bob, rights=["can_change_info"])
    assert (await bot.get_chat_member(group.id, group.owner.id)).status == "creator"
    admin: Any = await bot.get_chat_member(group.id, bob.id)
    assert (admin.status, admin.can_change_info, admin.can_delete_messages) == ("administrator", True, False)
    assert (await bot.get_chat_member(group.id, mina.id)).status == "member"
    assert (await bot.get_chat_member(group.id, eve.id)).status == "left"
    group.restrict(mina, can_send_photos=False)
    limited: Any = await bot.get_chat_member(group.id, mina.id)
    assert (limited.status, limited.can_send_photos, limited.can_send_messages) == ("restricted", False, True)
    with pytest.raises(ClientRefuses, match="cannot write"):
        await mina.says(group, photo=JPEG)
    group.leave(mina)
    limited = await bot.get_chat_member(group.id, mina.id)
    assert (limited.status, limited.is_member) == ("restricted", False)
    group.kick(mina)
    assert (await bot.get_chat_member(group.id, mina.id)).status == "kicked"
    with pytest.raises(ClientRefuses, match="cannot write"):
        await mina.says(group, "/avatar")
    group.bot_rights()
    group.admin(bob, anonymous=True)
    admins = {one.user.id: one for one in await bot.get_chat_administrators(group.id)}
    assert set(admins) == {group.owner.id, bob.id, bot.id}
    assert admins[bob.id].is_anonymous  # type: ignore[union-attr]
    assert await bot.get_chat_member_count(group.id) == 3
    group.permit(can_send_photos=False)
    chat = await bot.get_chat(group.id)
    assert chat.permissions is not None
    assert (chat.title, chat.permissions.can_send_photos) == ("Library", False)
    await refused(bot.get_chat_member(group.id, 12345), "Participant_id_invalid")
    group.bot_demoted()
    group.members_hidden = True
    await refused(bot.get_chat_member(group.id, bob.id), "member list is inaccessible")


async def test_a_bot_without_rights_is_told_so(peer: TelegramPeer, bot: Bot, mina: User, group: Group) -> None:
    sent = await bot.send_message(group.id, "A frame")
    group.permit(can_send_photos=False)
    await refused(bot.send_photo(group.id, PNG), "not enough rights to send photos to the chat")
    frame = InputMediaPhoto(PNG)
    await refused(bot.edit_message_media(frame, group.id, sent.message_id), "not enough rights to send photos")
    group.permit(can_send_photos=True)
    await bot.send_photo(group.id, PNG)
    group.bot_restricted(can_send_messages=False)
    await refused(bot.send_message(group.id, "x"), "not enough rights to send text messages to the chat")
    group.bot_kicked()
    await refused(bot.send_message(group.id, "x"), "bot was kicked from the supergroup chat", Forbidden)
    group.bot_added(mina)
    await bot.send_message(group.id, "Back")
    await bot.leave_chat(group.id)
    await refused(bot.get_chat(group.id), "bot is not a member of the supergroup chat", Forbidden)


async def test_people_who_are_gone_cannot_be_written_to(
    peer: TelegramPeer, bot: Bot, mina: User, updates: Reader
) -> None:
    mina.blocks_bot = True
    (update,) = await updates.read()
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"
    await refused(bot.send_message(mina.id, "x"), "bot was blocked by the user", Forbidden)
    with pytest.raises(ClientRefuses, match="blocked"):
        await mina.says(None, "Hello")
    await mina.opens(f"https://t.me/{peer.username}")
    await bot.send_message(mina.id, "Welcome back")
    mina.deactivated = True
    await refused(bot.send_message(mina.id, "x"), "user is deactivated", Forbidden)


async def test_those_who_hide_behind_a_chat(peer: TelegramPeer, bot: Bot, mina: User, updates: Reader) -> None:
    group, channel = peer.group("Masks"), peer.channel("News")
    group.join(mina)
    group.admin(mina, anonymous=True)
    await mina.says(group, "/room@bpp_bot", anonymous=True)
    hidden = await updates.message()
    assert hidden.from_user is not None
    assert hidden.sender_chat is not None
    assert (hidden.from_user.id, hidden.sender_chat.id) == (1087968824, group.id)
    await mina.says(group, "/avatar@bpp_bot", as_channel=channel)
    as_channel = await updates.message()
    assert as_channel.from_user is not None
    assert as_channel.sender_chat is not None
    assert (as_channel.from_user.id, as_channel.sender_chat.id) == (136817688, channel.id)
    group.privacy = False
    group.forwards(channel, "/avatar", photo=JPEG)
    forwarded = await updates.message()
    assert forwarded.from_user is not None
    assert (forwarded.from_user.id, forwarded.is_automatic_forward) == (777000, True)
    assert forwarded.forward_origin is not None
    bob = peer.user("bob")
    group.join(bob)
    with pytest.raises(ClientRefuses, match="no anonymous"):
        await bob.says(group, "/room", anonymous=True)
    await bob.says(group, "/block@bpp_bot Mina", mention=mina)
    named = await updates.message()
    (mention,) = (one for one in named.entities if one.type == "text_mention")
    assert mention.user is not None
    assert (named.parse_entity(mention), mention.user.id) == ("Mina", mina.id)


async def test_topics_are_answered_where_they_are(peer: TelegramPeer, bot: Bot, mina: User, updates: Reader) -> None:
    forum = peer.group("Forum", forum=True)
    forum.join(mina)
    art, other = forum.topic("Art"), forum.topic("Other")
    said = await mina.says(art, "/avatar@bpp_bot")
    message = await updates.message()
    assert (message.is_topic_message, message.message_thread_id, message.chat.is_forum) == (True, art.id, True)
    assert message.reply_to_message is not None
    assert message.reply_to_message.forum_topic_created is not None
    sent = await bot.send_message(forum.id, "Here", message_thread_id=art.id)
    assert (sent.is_topic_message, sent.message_thread_id) == (True, art.id)
    answer = await bot.send_message(forum.id, "There", reply_parameters=ReplyParameters(said.id))
    assert answer.message_thread_id == art.id
    await mina.says(forum, "/avatar@bpp_bot")
    general = await updates.message()
    assert (general.is_topic_message, general.message_thread_id, general.reply_to_message) == (None, None, None)
    await bot.send_message(forum.id, "General")
    assert ([one.text for one in art.posts], other.posts) == (["Here", "There"], [])
    for wrong in (1, 999):
        await refused(bot.send_message(forum.id, "x", message_thread_id=wrong), "message thread not found")
    art.close()
    await refused(bot.send_message(forum.id, "x", message_thread_id=art.id), "Topic_closed")
    other.delete()
    await refused(bot.send_photo(forum.id, PNG, message_thread_id=other.id), "message thread not found")


async def test_a_reply_in_a_plain_supergroup_has_a_thread_that_is_no_topic(
    peer: TelegramPeer, bot: Bot, mina: User, group: Group, updates: Reader
) -> None:
    first = await mina.says(group, "/avatar@bpp_bot")
    await mina.says(group, "/avatar@bpp_bot", reply_to=first)
    message = (await updates.read())[-1].message
    assert message is not None
    assert (message.message_thread_id, message.is_topic_message) == (first.id, None)
    await refused(bot.send_message(group.id, "x", message_thread_id=first.id), "message thread not found")


async def test_a_group_becomes_a_supergroup(peer: TelegramPeer, bot: Bot, mina: User, updates: Reader) -> None:
    group = peer.group("Small", basic=True)
    group.join(mina)
    await mina.says(group, "/avatar@bpp_bot")
    assert (await updates.message()).chat.type == "group"
    sent = await bot.send_message(group.id, "Here")
    new = group.migrate()
    gone, come = [one.message for one in await updates.read()]
    assert gone is not None
    assert come is not None
    assert (gone.chat.id, gone.migrate_to_chat_id) == (group.id, new.id)
    assert (come.chat.id, come.migrate_from_chat_id) == (new.id, group.id)
    for call in (
        bot.send_message(group.id, "x"),
        bot.edit_message_text("x", group.id, sent.message_id),
        bot.get_chat_member(group.id, mina.id),
    ):
        moved = await refused(call, "Group migrated to supergroup", ChatMigrated)
        assert isinstance(moved, ChatMigrated)
        assert moved.new_chat_id == new.id
    assert "group chat was upgraded to a supergroup chat" in peer.requests[-1].description
    await bot.send_message(new.id, "There")
    await mina.says(new, "/avatar@bpp_bot")
    assert (await updates.message()).chat.id == new.id
    with pytest.raises(AssertionError, match="basic"):
        new.migrate()


# Commands


async def test_commands_are_kept_by_scope_and_language(peer: TelegramPeer, bot: Bot, mina: User, group: Group) -> None:
    groups, alone = BotCommandScopeAllGroupChats(), BotCommandScopeAllPrivateChats()
    await bot.set_my_commands([BotCommand("avatar", "Draw")])
    await bot.set_my_commands([BotCommand("avatar", "그리기")], scope=groups, language_code="ko")
    await bot.set_my_commands([BotCommand("forget", "Erase")], scope=alone)
    await bot.set_my_commands([BotCommand("room", "방")], scope=BotCommandScopeChatMember(group.id, mina.id))
    assert [one.description for one in await bot.get_my_commands(scope=groups, language_code="ko")] == ["그리기"]
    assert await bot.get_my_commands(language_code="ko") == ()
    assert [one["command"] for one in mina.menu()] == ["forget"]
    assert [one["command"] for one in mina.menu(group)] == ["room"]
    await bot.delete_my_commands(scope=BotCommandScopeChatMember(group.id, mina.id))
    assert [one["description"] for one in mina.menu(group)] == ["그리기"]
    assert [one["description"] for one in peer.user("bob").menu(group)] == ["Draw"]
    assert peer.command_writes == 4
    await bot.set_my_description("Portraits", language_code="ko")
    assert (await bot.get_my_description(language_code="ko")).description == "Portraits"
    assert (await bot.get_my_description()).description == ""
    many = [BotCommand(f"c{number}", "x") for number in range(101)]
    for wrong, words in (
        ([BotCommand("Avatar", "x")], "Bot_command_invalid"),
        ([BotCommand("room-channel", "x")], "Bot_command_invalid"),
        ([BotCommand("avatar", "")], "Bot_command_description_invalid"),
        (many, "Bot_commands_too_much"),
    ):
        await refused(bot.set_my_commands(wrong), words)
    await refused(bot.set_my_commands([BotCommand("a", "x")], language_code="kor"), "language code")
    assert peer.command_writes == 4
    peer.problems.clear()


async def test_the_bot_shows_what_it_does(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    await bot.send_chat_action(mina.id, "upload_photo")
    assert peer.methods.actions == [(mina.id, "upload_photo")]
    await refused(bot.send_chat_action(mina.id, "dance"), "wrong parameter action")
    peer.problems.clear()


# Trouble


async def test_floods_are_refused_until_the_wait_is_over(
    peer: TelegramPeer, bot: Bot, mina: User, group: Group
) -> None:
    peer.floods = True
    sent = [await bot.send_message(mina.id, str(number)) for number in range(2)]
    await bot.edit_message_text("an edit counts", mina.id, sent[0].message_id)
    waits = await refused(bot.send_message(mina.id, "x"), "Flood control exceeded", RetryAfter)
    assert isinstance(waits, RetryAfter)
    peer.clock.advance(1)
    await bot.send_message(mina.id, "One more")
    for number in range(20):
        await bot.send_message(group.id, str(number))
        peer.clock.advance(1)
    waits = await refused(bot.send_message(group.id, "x"), "Flood control exceeded", RetryAfter)
    retry = waits.retry_after  # type: ignore[attr-defined]
    assert 30 < (retry if isinstance(retry, int) else retry.total_seconds()) <= 60
    peer.clock.advance(60)
    await bot.send_message(group.id, "x")
    people = [peer.user(f"user{number}") for number in range(40)]
    for person in people:
        await person.says(None, "/start")
    sent = await asyncio.gather(*(bot.send_message(one.id, "Hi") for one in people), return_exceptions=True)
    assert sum(isinstance(one, RetryAfter) for one in sent) >= 1


async def test_a_bot_that_does_not_wait_is_noticed(
    peer: TelegramPeer, bot: Bot, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.telegram_peer.floods.GRACE", -1.0)
    peer.refuse("sendMessage", status=429, retry_after=30)
    await refused(bot.send_message(mina.id, "x"), "Flood control exceeded", RetryAfter)
    await bot.send_message(mina.id, "Too soon")
    assert "before the wait" in peer.problems.pop()
    peer.clock.advance(31)
    await bot.send_message(mina.id, "In time")


async def test_what_a_test_orders_to_go_wrong_goes_wrong(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    peer.refuse("send*", status=502)
    await refused(bot.send_message(mina.id, "x"), "Bad Gateway", NetworkError)
    peer.refuse("sendMessage", status="drop", times=2)
    for _ in range(2):
        await refused(bot.send_message(mina.id, "x"), "", NetworkError)
    assert mina.told == []
    peer.refuse("sendMessage", status=502, after=True)
    await refused(bot.send_message(mina.id, "carried out"), "Bad Gateway", NetworkError)
    peer.refuse("sendMessage", status=400, description="Bad Request: something new", where=_mentions("odd"))
    await bot.send_message(mina.id, "even")
    await refused(bot.send_message(mina.id, "odd"), "something new")
    assert [one.text for one in mina.told] == ["carried out", "even"]
    assert [one.status for one in peer.asked("sendMessage")] == [502, 0, 0, 502, 200, 400]
    held = peer.hold("sendMessage")
    waiting = asyncio.create_task(bot.send_message(mina.id, "held"))
    await peer.until(lambda: len(peer.asked("sendMessage")) == 7)
    assert len(mina.told) == 2
    held.release()
    await waiting
    peer.latency = 0.02
    peer.delay("sendMessage", 0.02)
    await bot.send_message(mina.id, "slow")
    assert mina.told[-1].text == "slow"


def _mentions(word: str) -> Callable[[Any], bool]:
    return lambda request: word in request.params["text"]


async def test_a_cut_network_mends(peer: TelegramPeer, bot: Bot, mina: User) -> None:
    waiting = asyncio.create_task(bot.get_updates(offset=peer.updates.next_id + 1, timeout=10))
    await peer.until(lambda: len(peer.asked("getUpdates")) == 2)
    peer.cut(None)
    await refused(waiting, "", NetworkError)
    await refused(bot.send_message(mina.id, "x"), "", NetworkError)
    peer.cut(0.05)
    await mina.says(None, "Are you there?")
    await peer.until(lambda: not peer._cut)
    (update,) = await bot.get_updates(timeout=5)
    assert update.message is not None
    assert update.message.text == "Are you there?"


# For one person only


async def test_an_older_server_knows_no_ephemerals(peer: TelegramPeer, bot: Bot, mina: User, group: Group) -> None:
    probe = bot.do_api_request("editEphemeralMessageText", api_kwargs={"chat_id": group.id})
    await refused(probe, "Not Found", EndPointNotFound)
    only = {"receiver_user_id": mina.id, "ephemeral_message_parameters": {"receiver_user_id": mina.id}}
    sent = await bot.send_message(group.id, "A pointer", api_kwargs=only)
    assert "ephemeral_message_id" not in sent.api_kwargs
    assert [one.text for one in group.posts] == ["A pointer"]
    await bot.set_my_commands([BotCommand("avatar", "Draw", api_kwargs={"is_ephemeral": True})])
    assert "is_ephemeral" not in mina.menu(group)[0]
    assert not peer.problems
    await bot.send_photo(group.id, PNG, api_kwargs=only)
    assert "sent to the whole group" in peer.problems.pop()


@pytest.mark.parametrize("version", [(10, 2), (10, 3)])
async def test_ephemerals_are_seen_by_one_person(
    version: tuple[int, int], peer: TelegramPeer, bot: Bot, mina: User, group: Group, updates: Reader
) -> None:
    bob = peer.user("bob")
    group.join(bob)
    group.bot_spoke_last = False
    await bot.set_my_commands([BotCommand("avatar", "Draw", api_kwargs={"is_ephemeral": True})])
    probe = bot.do_api_request("editEphemeralMessageText", api_kwargs={"chat_id": group.id})
    await refused(probe, "message identifier is not specified")
    said = await mina.says(group, "/avatar")
    assert said.ephemeral
    message = await updates.message()
    number = message.api_kwargs["ephemeral_message_id"]
    assert (message.message_id, number) == (0, said.ephemeral_id)
    assert message.api_kwargs["receiver_user"]["id"] == bot.id
    assert (group.messages, bob.menu(group)[0]["is_ephemeral"]) == ([], True)
    only = {
        "receiver_user_id": mina.id,
        "ephemeral_message_parameters": {"receiver_user_id": mina.id},
        "reply_parameters": {"ephemeral_message_id": number},
    }
    sent = await bot.send_message(group.id, "Come", reply_markup=keyboard("Go"), api_kwargs=only)
    assert sent.api_kwargs["receiver_user"]["id"] == mina.id
    shown = group.seen_by(mina)[-1]
    assert (shown.text, shown.ephemeral, group.seen_by(bob), group.messages) == ("Come", True, [], [])
    target = {"chat_id": group.id, "receiver_user_id": mina.id, "ephemeral_message_id": shown.ephemeral_id}
    await mina.press(shown, "Go", wait=False)
    (update,) = await updates.read()
    assert update.callback_query is not None
    assert update.callback_query.message is not None
    await update.callback_query.answer()
    with pytest.raises(ClientRefuses, match="does not see"):
        await bob.press(shown, "Go")
    assert await bot.do_api_request("editEphemeralMessageText", api_kwargs={**target, "text": "Gone"})
    assert shown.text == "Gone"
    media = {**target, "media": InputMediaPhoto(PNG, caption="Look")}
    assert await bot.do_api_request("editEphemeralMessageMedia", api_kwargs=media)
    assert await bot.do_api_request("editEphemeralMessageCaption", api_kwargs={**target, "caption": "Yours"})
    markup = {**target, "reply_markup": keyboard("Share")}
    assert await bot.do_api_request("editEphemeralMessageReplyMarkup", api_kwargs=markup)
    assert (shown.uploaded, shown.caption, shown.buttons, group.posts) == (PNG, "Yours", ["Share"], [])
    assert await bot.do_api_request("deleteEphemeralMessage", api_kwargs=target)
    assert shown.deleted
    edit = bot.do_api_request("editEphemeralMessageText", api_kwargs={**target, "text": "x"})
    await refused(edit, "message to edit not found")
    peer.clock.advance(16)
    await refused(bot.send_message(group.id, "Late", api_kwargs=only), "not enough rights to send ephemeral messages")
    group.bot_rights()
    await bot.send_message(group.id, "Late", api_kwargs=only)
    assert [one.text for one in group.seen_by(mina)] == ["/avatar", "Late"]
    public = await mina.says(group, "/avatar", ephemeral=False)
    assert not public.ephemeral
    with pytest.raises(ClientRefuses, match="cannot be sent"):
        await mina.says(group, "/other", ephemeral=True)


@pytest.mark.parametrize(("version", "other"), [((10, 2), "object"), ((10, 3), "number")])
async def test_each_server_ignores_what_the_other_understands(
    version: tuple[int, int], other: str, peer: TelegramPeer, bot: Bot, mina: User, group: Group
) -> None:
    group.bot_rights()
    object_ = {"ephemeral_message_parameters": {"receiver_user_id": mina.id}}
    only: dict[str, Any] = object_ if other == "object" else {"receiver_user_id": mina.id}
    sent = await bot.send_message(group.id, "Public after all", api_kwargs=only)
    assert sent.message_id > 0
    assert len(group.posts) == 1
    peer.ignore_ephemerals()
    both = {"receiver_user_id": mina.id} | object_
    assert (await bot.send_message(group.id, "Public too", api_kwargs=both)).message_id > 0
    gone = bot.send_message(mina.id, "x", api_kwargs={**both, "reply_parameters": {"ephemeral_message_id": 5}})
    await refused(gone, "message to be replied not found")
