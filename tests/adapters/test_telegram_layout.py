"""Replies on Telegram: within every limit, readable in both languages, and every press means what its button says."""

from __future__ import annotations

import asyncio
import html
import json
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
import telegram

from adapters.sentences import width
from adapters.telegram.callbacks import Callbacks, Pressed
from adapters.telegram.chooser import Chooser, line
from adapters.telegram.declarations import called
from adapters.telegram.layout import COLUMNS, Layout, Message, length, tame
from adapters.telegram.spoken import Match
from bot.chat import LOCALES, Action, Call, File, Option, Picture, Reply, Share, Text, Tile
from bot.secrets import Secret
from bot.wording import Wording
from generator.styles import load_catalog
from tests.bot.conftest import Chat, FixedClock, opened
from tests.journeys.discord_page import gallery
from tests.journeys.telegram_page import payloads
from tests.telegram_peer.judge import Judge

WORDING = Wording()
CALLBACKS = Callbacks(b"k" * 32)
LAYOUT = Layout(WORDING, CALLBACKS, called)
JUDGE = Judge.load()
CHAT = 123456789
HOME = 2**40 - 1
PNG = b"\x89PNG\r\n\x1a\n a small picture"
TAG = re.compile(r"</?(?:b|code)>")


@pytest.fixture(scope="module", params=LOCALES)
def locale(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, locale: str) -> dict[str, Reply]:
    """A reply of every kind, by its name."""

    async def collect() -> dict[str, Reply]:
        folder = tmp_path_factory.mktemp(locale)
        async with aclosing(opened(folder, FixedClock(), Secret(b"s" * 32), load_catalog([]))) as chats:
            return await gallery(await anext(chats), locale)

    return asyncio.run(collect())


@pytest.fixture
async def chat(tmp_path: Any) -> Any:
    async for chat in opened(tmp_path, FixedClock(), Secret(b"s" * 32), load_catalog([])):
        yield chat


# --- what Telegram would refuse -----------------------------------------------------------------------------------------


def check(message: Message) -> Message:
    """Fails where a message goes beyond what Telegram takes."""
    assert TAG.sub("", message.text).count("<") == 0, "a tag that is not ours"
    assert not re.search(r"&(?!lt;|gt;|amp;)", message.text), "an ampersand that Telegram would stumble over"
    most = 1024 if message.photo or message.document else 4096
    assert message.photo or message.document or length(message.text) > 0
    assert length(message.text) <= most
    assert message.photo is None or message.document is None
    rows = keyboard(message)
    assert sum(map(len, rows)) <= 100
    assert all(0 < len(row) <= 8 for row in rows)
    for one in (button for row in rows for button in row):
        assert 0 < len(one["text"]) <= 64
        assert one.get("style") in (None, "primary", "danger")
        assert "url" in one or 1 <= len(one["callback_data"].encode()) <= 64
    for album in message.albums:
        assert 1 <= len(album) <= 10
        assert all(length(plate.caption) <= 1024 for plate in album)
    _judge(message)
    return message


def _judge(message: Message) -> None:
    if JUDGE is None:
        return
    sent: dict[str, str] = {"chat_id": str(CHAT), "parse_mode": "HTML"}
    if message.keyboard is not None:
        sent["reply_markup"] = message.keyboard.to_json()
    if message.photo is not None or message.document is not None:
        kind = "photo" if message.photo is not None else "document"
        told = JUDGE.request(f"send{kind.title()}", sent | {"caption": message.text}, {kind: PNG})
    else:
        told = JUDGE.request("sendMessage", sent | {"text": message.text}, {})
    for album in (one for one in message.albums if len(one) > 1):
        media = [
            {"type": "photo", "media": f"attach://p{n}", "caption": plate.caption} for n, plate in enumerate(album)
        ]
        files = {f"p{n}": plate.picture.data for n, plate in enumerate(album)}
        told += JUDGE.request("sendMediaGroup", {"chat_id": str(CHAT), "media": json.dumps(media)}, files)
    assert told == []


def status(reply: Reply, *, home: int = HOME, extra: tuple[Text, ...] = ()) -> list[Message]:
    return [check(one) for one in LAYOUT.status(reply, chat=CHAT, home=home, extra=extra)]


def keyboard(message: Message | telegram.InlineKeyboardMarkup | None) -> list[list[dict[str, Any]]]:
    markup = message.keyboard if isinstance(message, Message) else message
    return [] if markup is None else json.loads(markup.to_json())["inline_keyboard"]


def buttons(message: Message | telegram.InlineKeyboardMarkup | None) -> list[dict[str, Any]]:
    return [one for row in keyboard(message) for one in row]


def labels(message: Message | telegram.InlineKeyboardMarkup | None) -> list[str]:
    return [one["text"] for one in buttons(message)]


def presses(message: Message | telegram.InlineKeyboardMarkup | None) -> list[Pressed]:
    return [CALLBACKS.unpack(one["callback_data"], chat=CHAT) for one in buttons(message) if "callback_data" in one]


def read(said: str) -> str:
    return html.unescape(TAG.sub("", said))


def sentence(said: str) -> str:
    """One sentence with a parameter from outside, as it travels."""
    return status(Reply(lines=(Text("result-ready", {"style": said}),), locale="en"))[0].text


# --- every reply --------------------------------------------------------------------------------------------------------


def test_every_reply_is_within_the_limits(shown: dict[str, Reply]) -> None:
    assert len(shown) > 30
    for reply in shown.values():
        status(reply)
        status(reply, home=0, extra=(Text("telegram-album"), Text("telegram-photo-reply")))


async def test_everything_on_the_page_is_within_the_limits(chat: Chat, locale: str) -> None:
    for one in await payloads(chat, locale):
        assert length(one.html) <= (1024 if one.photo or one.document else 4096)
        assert one.html
        assert "telegram-" not in one.html, "a sentence without words"


def test_every_sentence_and_every_button_is_there(shown: dict[str, Reply], locale: str) -> None:
    for name, reply in shown.items():
        messages = status(reply)
        everything = "\n".join(read(one.text) for one in messages)
        for text in reply.lines:
            assert LAYOUT.plain(locale, text) in everything, name
        faces = [face for one in messages for face in labels(one)]
        for action in (one for one in reply.actions if not one.options):
            assert LAYOUT.plain(locale, action.label) in faces, name
        for action in (one for one in reply.actions if one.options):
            assert any(face.startswith(LAYOUT.plain(locale, action.label)) for face in faces), name
        for number, tile in enumerate(reply.wall, 1):
            assert f"{number} {WORDING.say(locale, tile.label)}" in faces, name


def test_every_press_means_what_its_action_says(shown: dict[str, Reply]) -> None:
    for reply in shown.values():
        pressed = [one for message in status(reply) for one in presses(message)]
        for action in [*reply.actions, *(tile.action for tile in reply.wall if tile.action)]:
            if action.options:
                assert Pressed("menu", action.command, HOME, panel=reply.panel) in [
                    replace(one, page=0) for one in pressed
                ]
                continue
            kind = "share" if action.posts else "call"
            wanted = Pressed(
                kind, action.command, HOME, action.job, action.choice or "", wants_photo=action.wants_photo
            )
            assert wanted in pressed


def test_a_result_is_a_picture_with_its_headline_and_rows_of_two(shown: dict[str, Reply], locale: str) -> None:
    (message,) = status(shown["finished"])
    assert message.photo is shown["finished"].picture
    assert message.text.startswith(f"<b>{WORDING.say(locale, shown['finished'].lines[0])}</b>\n")
    rows = keyboard(message)
    assert [len(row) for row in rows] == [1, 2, 2, 2, 2]
    assert rows[0][0]["style"] == "primary"
    assert rows[-1][-1]["style"] == "danger"


def test_under_several_pictures_nothing_is_cut_and_each_kind_of_button_begins_a_row(shown: dict[str, Reply]) -> None:
    (message,) = status(shown["several"])
    rows = [[CALLBACKS.unpack(one["callback_data"], chat=CHAT) for one in row] for row in keyboard(message)]
    said = [[f"{one.command} {one.choice}".strip() for one in row] for row in rows]
    uses, likes = [[f"{command} {n}" for n in range(1, 5)] for command in ("use", "like")]
    assert said == [uses, likes[:2], likes[2:], ["again"], ["other", "delete"]]
    assert all(width(one["text"]) <= COLUMNS[len(row)] for row in keyboard(message) for one in row)


@pytest.mark.parametrize("home", [HOME, 0])
def test_a_result_leaves_room_for_its_picture(shown: dict[str, Reply], locale: str, home: int) -> None:
    """On a phone, a caption of many more lines pushes it off the screen."""
    (message,) = status(shown["finished"], home=home)
    lines = [-(-width(TAG.sub("", line)) // COLUMNS[1]) or 1 for line in message.text.split("\n")]
    assert sum(lines) <= (12 if home else 15), message.text


def test_a_finished_picture_can_be_had_as_a_file(shown: dict[str, Reply], locale: str) -> None:
    files = {name: [one for one in presses(status(reply)[0]) if one.kind == "file"] for name, reply in shown.items()}
    (one,) = files["finished"]
    assert (one.command, one.home) == ("show", HOME)
    assert one.job == next(action.job for action in shown["finished"].actions)
    assert not files["drawing"], "a preview is not worth it"
    assert not files["several"], "they are to be chosen from, and whichever is chosen can be had"
    assert not files["line"]


def test_a_preview_shows_a_bar(shown: dict[str, Reply]) -> None:
    (message,) = status(shown["drawing"])
    assert message.photo is not None
    assert "\n\n▰▰▰▰▰▱▱▱▱▱▱▱" in message.text


def test_an_error_is_one_plain_sentence(shown: dict[str, Reply], locale: str) -> None:
    (message,) = status(shown["refused"])
    assert message == Message(WORDING.say(locale, Text("refused-moderator")))


def test_a_list_is_a_list(shown: dict[str, Reply]) -> None:
    (message,) = status(shown["log"])
    assert len([one for one in message.text.split("\n") if one.startswith("• ")]) >= 20


def test_what_is_stored_about_me_comes_as_a_file(shown: dict[str, Reply]) -> None:
    (message,) = status(shown["export"])
    assert message.document is not None
    assert message.document.name == "about-me.json"


def test_a_command_is_named_as_it_is_typed_here() -> None:
    said = Text("verbatim", {"text": "/room-channel or /queue, not https://a.b/room-log"})
    assert LAYOUT.say("en", said) == "/room_channel or /queue, not https://a.b/room-log"


def test_here_is_not_the_group_and_its_parts_are_topics(shown: dict[str, Reply], locale: str) -> None:
    group = {"en": "Share in the group", "ko": "그룹에 공유"}[locale]
    assert group in labels(status(shown["finished"])[0])
    assert group in status(shown["help"])[0].text
    channel = {"en": "channel", "ko": "채널"}[locale]
    for name, reply in shown.items():
        for message in status(reply):
            assert channel not in message.text.lower(), name
            assert channel not in " ".join(labels(message)).lower(), name


def test_each_sentence_of_our_own_takes_what_the_one_it_replaces_takes() -> None:
    own = [key for key in WORDING.keys("en") if key.startswith("telegram-own-")]
    assert len(own) > 10
    for locale in LOCALES:
        for key in own:
            taken = {name for name in WORDING.keys(locale)[key] if not name.startswith("typed-")}
            assert taken <= WORDING.keys("en")[key.removeprefix("telegram-own-")], key


def test_who_came_alone_is_told_where_pictures_are_shared(shown: dict[str, Reply], locale: str) -> None:
    (message,) = status(shown["finished"], home=0)
    assert not [one for one in presses(message) if one.kind == "share"]
    assert LAYOUT.say(locale, Text("telegram-share-in-group")) == message.text.split("\n\n")[1], "before all else"
    assert LAYOUT.say(locale, Text("telegram-share-in-group")) not in status(shown["finished"])[0].text


# --- what does not fit --------------------------------------------------------------------------------------------------


def test_a_long_caption_goes_on_in_a_second_message() -> None:
    lines = tuple(Text("verbatim", {"text": f"{n} " + "Word & <word> 🖼 " * 12}) for n in range(12))
    lines = tuple(replace(one, key=key) for one, key in zip(lines, ["verbatim", "log-here"] * 6, strict=True))
    reply = Reply(
        tuple(Text(one.key, {"text": one.parameters["text"], "what": one.parameters["text"]}) for one in lines),
        Picture(PNG, Text("picture-shared")),
        actions=(Action(Text("action-again"), "again", 1),),
        locale="en",
    )
    first, second = status(reply)
    assert first.photo is not None
    assert second.photo is None
    assert first.keyboard is not None, "the buttons stay with the picture"
    assert 900 - 250 < length(first.text) <= 1024
    for n in range(12):
        assert f"{n} Word" in first.text + second.text


def test_a_flood_of_text_is_cut_with_a_sentence() -> None:
    lines = tuple(Text("queue-done", {"number": f"#{n}", "style": "<Ink & Paper> 🎨"}) for n in range(500))
    (message,) = status(Reply(lines, locale="en"))
    kept = message.text.count("#")
    assert message.text.endswith(f"Not shown here: {500 - kept} more lines.")
    assert length(message.text) > 3500


def test_lengths_are_counted_as_telegram_counts() -> None:
    assert length("<b>🖼 &lt;&amp;&gt;</b>") == 6


def test_what_is_too_large_is_a_file_or_a_sentence(locale: str) -> None:
    reply = Reply((Text("help-headline"),), Picture(b"x" * 10_000_001, Text("picture-shared")), locale=locale)
    (message,) = LAYOUT.status(reply, chat=CHAT, home=HOME)
    assert message.photo is None
    assert message.document == File("avatar.png", reply.picture.data if reply.picture else b"", "image/png")
    huge = Reply((Text("help-headline"),), file=File("all.json", b"x" * 50_000_001), locale=locale)
    (message,) = status(huge)
    assert LAYOUT.say(locale, Text("telegram-too-large")) in message.text


def test_a_long_label_is_cut_and_has_a_row_of_its_own() -> None:
    long = Action(Text("verbatim", {"text": "a long label " * 20}), "again", 1)
    short = Action(Text("verbatim", {"text": "short"}), "show", 1)
    rows = keyboard(status(Reply((Text("help-headline"),), actions=(short, long, short, short), locale="en"))[0])
    assert [len(row) for row in rows] == [1, 1, 2]
    assert rows[1][0]["text"].endswith("…")


def test_more_buttons_than_a_message_holds_go_on_in_another_one() -> None:
    actions = tuple(Action(Text("verbatim", {"text": f"{n}"}), "show", n) for n in range(150))
    messages = status(Reply((Text("help-headline"),), actions=actions, locale="en"))
    assert [face for one in messages for face in labels(one)] == [str(n) for n in range(150)]


def test_a_button_in_the_group_says_for_whom_it_is(locale: str) -> None:
    faces = {command: labels(LAYOUT.pointer(command, "https://t.me/x", locale)) for command in ("avatar", "room")}
    assert faces["room"] == [WORDING.say(locale, Text("telegram-pointer-room"))] != faces["avatar"]


# --- walls --------------------------------------------------------------------------------------------------------------


def test_a_wall_is_an_album_and_a_grid_in_the_same_order(shown: dict[str, Reply], locale: str) -> None:
    nine = shown["many styles"].wall[:9]
    (message,) = status(replace(shown["styles"], wall=nine, sheet=None))
    (album,) = message.albums
    assert [plate.picture for plate in album] == [tile.picture for tile in nine]
    assert [plate.caption for plate in album] == labels(message)
    assert [len(row) for row in keyboard(message)] == [3, 3, 3]
    assert LAYOUT.say(locale, Text("telegram-wall-order")) in message.text


def test_a_large_wall_is_several_albums(shown: dict[str, Reply]) -> None:
    (message,) = status(shown["many styles"])
    assert [len(album) for album in message.albums] == [9, 9, 9]
    tile = shown["styles"].wall[0]
    for count in range(2, 40):
        sizes = [
            len(album)
            for one in LAYOUT.status(replace(shown["styles"], wall=(tile,) * count, sheet=None), chat=CHAT, home=HOME)
            for album in one.albums
        ]
        assert sum(sizes) == count
        assert min(sizes) > 1, "an album of one is no album"


def test_a_wall_on_one_sheet_is_one_message(shown: dict[str, Reply], locale: str) -> None:
    wall = replace(shown["styles"], sheet=Picture(PNG, Text("styles-headline")))
    (message,) = status(wall)
    assert message.photo is wall.sheet
    assert not message.albums
    assert labels(message) == labels(status(replace(wall, sheet=None))[0]), "the numbers are those on the sheet"
    assert LAYOUT.say(locale, Text("telegram-wall-order")) not in message.text
    (alone,) = status(replace(wall, wall=wall.wall[:1], sheet=None))
    assert alone.photo is wall.wall[0].picture


# --- panels and their menus ---------------------------------------------------------------------------------------------


def test_a_menu_is_one_button_that_shows_what_is_chosen(shown: dict[str, Reply], locale: str) -> None:
    (message,) = status(shown["settings"])
    language = WORDING.say(locale, Text("action-set-language"))
    auto = {"en": "As in Telegram", "ko": "Telegram의 언어 그대로"}[locale]
    assert labels(message)[-1] == f"{language}: {auto} ▾"


def test_an_open_menu_marks_what_is_chosen_and_leads_back(shown: dict[str, Reply], locale: str) -> None:
    opened_menu = LAYOUT.menu(shown["settings"], "set-likeness", chat=CHAT, home=HOME)
    likeness = next(one for one in shown["settings"].actions if one.command == "set-likeness")
    said = [WORDING.say(locale, option.label) for option in likeness.options]
    chosen = next(n for n, option in enumerate(likeness.options) if option.selected)
    said[chosen] = f"✓ {said[chosen]}"
    head, *faces, back = labels(opened_menu)
    assert head == f"{WORDING.say(locale, likeness.label)} ▴"
    assert faces == said
    assert back == WORDING.say(locale, Text("action-back"))
    first, *middle, last = presses(opened_menu)
    assert first == last == Pressed("keys", "settings", HOME)
    assert middle == [Pressed("call", "set-likeness", HOME, choice=option.value) for option in likeness.options]
    again = LAYOUT.keyboard(shown["settings"], chat=CHAT, home=HOME)
    assert labels(again) == labels(status(shown["settings"])[0])


def test_every_menu_of_every_panel_fits_on_every_page(shown: dict[str, Reply]) -> None:
    panels = [reply for reply in shown.values() if reply.panel]
    assert {reply.panel for reply in panels} == {"settings", "room"}
    for reply in panels:
        for action in (one for one in reply.actions if one.options):
            found: list[str] = []
            for page in range(-(-len(action.options) // 24)):
                markup = LAYOUT.menu(reply, action.command, chat=CHAT, home=HOME, page=page)
                check(Message("a panel", markup))
                found += [one.choice for one in presses(markup) if one.kind == "call"]
            assert found == [option.value for option in action.options]


def test_a_long_menu_opens_where_the_choice_stands_and_turns_its_pages(shown: dict[str, Reply]) -> None:
    (press,) = [one for one in presses(status(shown["a long menu"])[0]) if one.kind == "menu"]
    markup = LAYOUT.menu(shown["a long menu"], press.command, chat=CHAT, home=HOME, page=press.page)
    assert "✓ Style 30" in labels(markup)
    assert "2/2" in labels(markup)
    pages = {one.page for one in presses(markup) if one.kind == "menu"}
    assert pages == {0}
    late = LAYOUT.menu(shown["a long menu"], press.command, chat=CHAT, home=HOME, page=9)
    assert labels(late) == labels(markup), "there may be fewer pages by now"


def test_a_menu_that_is_no_longer_there_is_none(shown: dict[str, Reply]) -> None:
    assert LAYOUT.menu(shown["room"], "room-unblock", chat=CHAT, home=HOME) is None


def test_choices_without_a_panel_are_offered_at_once() -> None:
    options = tuple(Option(str(n), Text("verbatim", {"text": f"Style {n}"}), selected=n == 2) for n in range(5))
    reply = Reply((Text("help-headline"),), actions=(Action(Text("action-other"), "other", 3, options=options),))
    (message,) = status(replace(reply, locale="en"))
    assert labels(message) == ["Style 0", "Style 1", "✓ Style 2", "Style 3", "Style 4"]
    assert [one.choice for one in presses(message)] == [option.value for option in options]


# --- sharing and other messages of our own ------------------------------------------------------------------------------


def test_before_sharing_the_name_is_asked_about(locale: str) -> None:
    form = LAYOUT.share_form(
        Pressed("share", "share", HOME, 3), chat=CHAT, home=HOME, name="Mina B. @admin", locale=locale
    )
    check(Message("a picture", form))
    assert presses(form) == [
        Pressed("call", "share", HOME, 3),
        Pressed("named", "share", HOME, 3),
        Pressed("keys", "show", HOME, 3),
    ]
    assert "Mina B. @\u2060admin" in labels(Message("", form))[1], "that is what the group would read"
    assert (
        len(
            presses(
                LAYOUT.share_form(Pressed("share", "share", HOME, 3), chat=CHAT, home=HOME, name=" ", locale=locale)
            )
        )
        == 2
    )


@pytest.mark.parametrize("title", ["", "Chess club", "x" * 128])
def test_before_sharing_and_after_it_the_group_is_named(title: str, locale: str) -> None:
    layout = Layout(WORDING, CALLBACKS, called, title=lambda home: title if home == HOME else "another group")
    asked, topic = layout.share_ask(HOME, locale), layout.share_ask(HOME, locale, topic=True)
    for one in (asked, topic):
        assert len(one) <= 200
        assert not one.endswith("…")
    assert (topic != asked) == bool(title)
    done = Reply(lines=(Text("share-done"), Text("result-kept", {"hours": 24})), locale=locale)
    (message,) = layout.status(done, chat=CHAT, home=HOME)
    for said in (asked, topic, message.text):
        assert title[:20] in said


@pytest.mark.parametrize("panel", ["settings", "privacy", "room", "styles"])
def test_what_holds_for_one_group_names_it(shown: dict[str, Reply], panel: str, locale: str) -> None:
    layout = Layout(WORDING, CALLBACKS, called, title=lambda _home: "<Chess> club")
    message = layout.status(shown[panel], chat=CHAT, home=HOME)[0]
    assert "&lt;Chess&gt; club" in message.text.split("\n")[2 if "\n\n" in message.text else 1], message.text
    alone = layout.status(shown[panel], chat=CHAT, home=0)[0]
    assert layout.say(locale, Text("telegram-for-alone")) in alone.text


def test_a_command_for_the_group_is_no_link_that_sends_it_here(locale: str) -> None:
    layout = Layout(WORDING, CALLBACKS, called, username=lambda: "sample_bot")
    assert "<code>/avatar@sample_bot</code>" in layout.say(locale, Text("telegram-start-groups"))
    assert "<code>/room@sample_bot</code>" in layout.say(locale, Text("telegram-room-in-group", {"command": "room"}))
    assert "/avatar@sample_bot" in layout.alert(locale, Text("telegram-share-in-group"))
    forged = layout.say(locale, Text("telegram-word-unknown", {"word": "\ue000x\ue001"}))
    assert "<code>" not in forged


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("Mina", "Mina"),
        ("<b>Mina</b> & co", "&lt;b&gt;Mina&lt;/b&gt; &amp; co"),
        ("  Mi\nna\u202e  ", "Mi na"),
        ("", ""),
        (" \u200f ", ""),
    ],
)
def test_a_shared_picture_says_who_shared_it_only_if_they_want_it(name: str, seen: str) -> None:
    said = LAYOUT.post(Share(Picture(PNG, Text("picture-shared")), "tag"), name, "en")
    said = said.replace("\u2060", "")
    assert said == (f"{seen} shared this picture." if seen else "Avatar of a member")


@pytest.mark.parametrize("name", ["@admin", "t.me/spam", "https://a.b/c", "#tag", "/start", "a@b.com", "x" * 500])
def test_a_name_mentions_nobody_and_links_nowhere(name: str) -> None:
    tamed = tame(name)
    assert not re.search(r"[@/#$.:][^\s\u2060]", tamed)
    assert len(tamed.replace("\u2060", "")) <= 64


@pytest.mark.parametrize("command", ["avatar", "queue", "room"])
def test_the_way_into_the_private_chat_says_nothing_about_anybody(command: str, locale: str) -> None:
    message = check(LAYOUT.pointer(command, "https://t.me/sample_bot?start=x", locale))
    (one,) = buttons(message)
    assert one["url"] == "https://t.me/sample_bot?start=x"
    assert "callback_data" not in one
    removed = check(LAYOUT.pointer(command, one["url"], locale, (Text("telegram-photo-removed"),)))
    assert removed.text == LAYOUT.say(locale, Text("telegram-photo-removed")) + "\n\n" + message.text


def test_who_arrives_is_told_where_they_are_and_can_begin(locale: str) -> None:
    came = check(LAYOUT.welcome("Books & <Beer> @everyone", chat=CHAT, home=HOME, locale=locale))
    assert "Books &amp; &lt;Beer&gt; @\u2060everyone" in came.text
    assert presses(came) == [Pressed("call", "avatar", HOME), Pressed("choose", "avatar", HOME)]
    alone = check(LAYOUT.welcome("", chat=CHAT, home=0, locale=locale))
    assert presses(alone) == [Pressed("call", "avatar"), Pressed("choose", "avatar")]
    assert "/avatar" in alone.text


# --- text from outside --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["<b>Ink</b>", "A&B", "&lt;", "a <a href='https://x.y'>link</a>", "`*_~|"])
def test_a_name_from_outside_is_shown_as_it_is(name: str) -> None:
    assert html.unescape(sentence(name)) == f"Your picture is ready. Style: {name}."


def _any_text(dice: random.Random) -> Text:
    letters = "ab가나 <>&\n/*🖼é'\""
    return Text("verbatim", {"text": "".join(dice.choices(letters, k=dice.randrange(1, 400)))})


def _any_reply(dice: random.Random) -> Reply:
    tiles = tuple(
        Tile(Picture(PNG, Text("picture-shared")), _any_text(dice), Action(_any_text(dice), "try-style", choice="ink"))
        for _ in range(dice.choice([0, 0, 1, 12, 23]))
    )
    options = tuple(Option(str(n), _any_text(dice), selected=n == 3) for n in range(dice.choice([1, 5, 60])))
    plain = [Action(_any_text(dice), "show", n, posts=n == 2) for n in range(dice.choice([0, 3, 9]))]
    menus = [Action(_any_text(dice), "set-style", options=options) for _ in range(dice.choice([0, 1, 3]))]
    return Reply(
        lines=tuple(_any_text(dice) for _ in range(dice.choice([1, 4, 40]))),
        picture=Picture(PNG, _any_text(dice)) if dice.random() < 0.5 else None,
        wall=tiles,
        actions=(*plain, *menus),
        progress=dice.choice([None, -1.0, 0.3, 7.0]),
        busy=dice.random() < 0.3,
        panel=dice.choice(["", "settings"]),
        locale=dice.choice(LOCALES),
    )


def test_any_reply_at_all_is_within_the_limits() -> None:
    dice = random.Random(7)
    for _ in range(150):
        status(_any_reply(dice), home=dice.choice([0, HOME]))


# --- the chooser --------------------------------------------------------------------------------------------------------


def call(locale: str = "en", command: str = "avatar") -> Call:
    return Call("event", "telegram", "library", "mina", command, locale=locale)


def chooser(chat: Chat) -> Chooser:
    return Chooser(chat.dispatcher, WORDING, CALLBACKS, LAYOUT)


def arrived(message: Message) -> telegram.Message:
    """The same message as Telegram hands it back with a press: plain text and its entities."""
    text, entities = "", []
    for piece in re.split(r"(<[^>]+>)", message.text):
        if piece.startswith("<"):
            if not piece.startswith("</"):
                kind = {"<b>": "bold", "<code>": "code"}[piece]
                entities.append({"type": kind, "offset": len(text.encode("utf-16-le")) // 2, "length": 0})
            else:
                begun = entities[-1]
                begun["length"] = len(text.encode("utf-16-le")) // 2 - begun["offset"]
        else:
            text += html.unescape(piece)
    return telegram.Message(
        1,
        datetime(2026, 11, 1, tzinfo=UTC),
        telegram.Chat(CHAT, "private"),
        text=text,
        entities=[telegram.MessageEntity(**one) for one in entities],
    )


def panel_of(message: Message, label: str) -> Pressed:
    """The press of the one button whose face begins so."""
    found = [
        CALLBACKS.unpack(one["callback_data"], chat=CHAT)
        for one in buttons(message)
        if one["text"].removeprefix("✓ ").startswith(label)
    ]
    assert len(found) == 1, labels(message)
    return found[0]


async def test_choosing_fills_the_line_that_is_run(chat: Chat) -> None:
    choose = chooser(chat)
    message = check(await choose.message(call(), {}, chat=CHAT, home=HOME))
    for argument, value in (("Style", "Papercut"), ("Hair", "Headscarf or turban"), ("Hair", "Long"), ("Mood", "Calm")):
        message = check(await choose.pressed(call(), panel_of(message, argument), arrived(message), chat=CHAT))
        message = check(await choose.pressed(call(), panel_of(message, value), arrived(message), chat=CHAT))
    given = {"style": "papercut", "hair": "long", "mood": "calm"}
    assert choose.read(arrived(message)) == ("avatar", given)
    assert "Style: Papercut ▾" in labels(message)
    assert panel_of(message, "Draw it") == Pressed("run", "avatar", HOME)
    message = check(await choose.pressed(call(), panel_of(message, "Hair"), arrived(message), chat=CHAT))
    assert "✓ Long" in labels(message)
    message = await choose.pressed(call(), panel_of(message, "No preference"), arrived(message), chat=CHAT)
    assert choose.read(arrived(message)) == ("avatar", {"style": "papercut", "mood": "calm"})


async def test_every_panel_is_within_the_limits_and_leads_back(chat: Chat, locale: str) -> None:
    choose = chooser(chat)
    arguments = [one for one in chat.dispatcher.commands[0].arguments if one.kind == "choice"]
    for argument in arguments:
        message = check(
            await choose.message(call(locale), {"hair": "long"}, chat=CHAT, home=HOME, argument=argument.name)
        )
        options = await chat.dispatcher.options(call(locale), argument.name)
        picks = [one.choice for one in presses(message) if one.kind == "pick"]
        assert picks == ["", *(option.value for option in options)]
        back = await choose.pressed(call(locale), presses(message)[-1], arrived(message), chat=CHAT)
        assert choose.read(arrived(back)) == ("avatar", {"hair": "long"})


async def test_the_chooser_can_take_the_place_of_the_welcome(chat: Chat, locale: str) -> None:
    welcome = LAYOUT.welcome("Library", chat=CHAT, home=HOME, locale=locale)
    message = await chooser(chat).pressed(call(locale), presses(welcome)[1], arrived(welcome), chat=CHAT)
    assert chooser(chat).read(arrived(message)) == ("avatar", {})


async def test_the_chooser_speaks_as_its_member_reads(chat: Chat) -> None:
    chosen = {"room": "library", "by": "mina"}
    settings = await chat.say("settings", **chosen)
    language = next(one for one in settings.actions if one.command == "set-language")
    await chat.press(language, "ko", **chosen)
    message = await chooser(chat).message(replace(call(), platform="paper"), {}, chat=CHAT, home=HOME)
    assert "그리기" in labels(message)


async def test_what_may_have_been_meant_can_be_pressed(chat: Chat) -> None:
    problem = Text("telegram-word-like", {"word": "<inkk>", "matches": "Style: Ink"})
    matches = (Match("style", "ink", Text("verbatim", {"text": "Ink"})),)
    message = check(
        await chooser(chat).message(call(), {"hair": "long"}, chat=CHAT, home=HOME, extra=(problem,), matches=matches)
    )
    assert message.text.startswith("“&lt;inkk&gt;”")
    assert labels(message)[0] == "Style: Ink"
    assert presses(message)[0] == Pressed("pick", "avatar", HOME, argument="style", choice="ink")


async def test_an_old_or_a_foreign_message_holds_no_line(chat: Chat) -> None:
    choose = chooser(chat)
    there = telegram.Chat(CHAT, "private")
    old = telegram.InaccessibleMessage(there, 1)
    for message in (None, old):
        with pytest.raises(ValueError, match="too old"):
            choose.read(message)
        with pytest.raises(ValueError, match="too old"):
            await choose.pressed(call(), Pressed("choose", "avatar"), message, chat=CHAT)
    for text in ("no code here", "<code>/nothing</code>", "<code>/avatar style</code>", "<code>rm -rf</code>"):
        with pytest.raises(ValueError, match="no line"):
            choose.read(arrived(Message(text)))


@pytest.mark.parametrize("given", [{}, {"style": "ink"}, {"style": "two words", "hair": "긴 머리"}])
async def test_a_line_is_read_as_it_was_written(chat: Chat, given: Mapping[str, str]) -> None:
    said = Message(f"🖼 <b>x</b> <code>{html.escape(line('avatar', given), quote=False)}</code>")
    assert chooser(chat).read(arrived(said)) == ("avatar", given)


def rows_of(message: Message) -> Iterator[int]:
    yield from (len(row) for row in keyboard(message))


async def test_rows_are_even(chat: Chat) -> None:
    message = await chooser(chat).message(call(), {}, chat=CHAT, home=HOME)
    assert list(rows_of(message)) == [2, 2, 2, 2, 2, 2, 1]
    assert all(abs(a - b) <= 1 for a, b in pairwise(rows_of(message)))
