"""Every kind of message as a Telegram client draws it on a phone, on one page for people to look at.

``python -m tests.journeys.telegram_page FOLDER`` writes ``telegram-en.png`` and ``telegram-ko.png`` (dark and
light; what a group sees is always light), and the few of them that the README shows as ``telegram.png``.
"""

from __future__ import annotations

import asyncio
import base64
import html
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adapters.telegram.callbacks import Callbacks, Pressed
from adapters.telegram.chooser import Chooser
from adapters.telegram.declarations import called
from adapters.telegram.layout import Layout, Message
from adapters.telegram.spoken import parse
from bot.chat import LOCALES, Call, Reply, Text
from bot.secrets import Secret
from bot.wording import Wording
from generator.sheets import Sheets
from generator.styles import Catalog, load_catalog
from tests.bot.conftest import Chat, FixedClock, opened
from tests.journeys.discord_page import gallery
from tests.journeys.room_page import chromium

CHAT = 123456789
HOME = 7
TITLE = "Sample Library"
KEY = b"k" * 32
LINK = "https://t.me/sample_avatar_bot?start=7_avatar_abc"
PHONE = 390
"""How many pixels a chat is wide."""


def layout() -> Layout:
    """A layout as the adapter has it."""
    return Layout(Wording(), Callbacks(KEY), called, title=lambda _home: TITLE, username=lambda: "sample_avatar_bot")


@dataclass(frozen=True, slots=True)
class Payload:
    """What Telegram would be sent, and nothing else."""

    title: str
    html: str
    keyboard: Sequence[Sequence[Mapping[str, Any]]] = ()
    photo: str = ""
    document: str = ""
    albums: Sequence[Sequence[tuple[str, str]]] = field(default_factory=list[Any])
    public: bool = False


def payload(title: str, message: Message, *, public: bool = False) -> Payload:
    """One message as it travels."""
    keyboard: Any = json.loads(message.keyboard.to_json())["inline_keyboard"] if message.keyboard else ()
    return Payload(
        title,
        message.text,
        keyboard,
        _data_url(message.photo.data) if message.photo else "",
        message.document.name if message.document else "",
        [[(_data_url(plate.picture.data), plate.caption) for plate in album] for album in message.albums],
        public,
    )


def _data_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


async def payloads(chat: Chat, locale: str) -> list[Payload]:
    """Everything there is to look at in one language."""
    drawn = layout()
    found: list[Payload] = []
    shown = await gallery(chat, locale)

    def add(title: str, *messages: Message, public: bool = False) -> None:
        found.extend(
            payload(f"{title} {n}" if n > 1 else title, one, public=public) for n, one in enumerate(messages, 1)
        )

    def status(reply: Reply, home: int = HOME, extra: tuple[Text, ...] = ()) -> list[Message]:
        return drawn.status(reply, chat=CHAT, home=home, extra=extra)

    # What a group sees.
    for title, command, extra in (
        ("pointer", "avatar", ()),
        ("pointer of another command", "queue", ()),
        ("pointer of moderators", "room", ()),
        ("pointer, photo removed", "avatar", (Text("telegram-photo-removed"),)),
        ("pointer, photo stays", "avatar", (Text("telegram-photo-stays"),)),
    ):
        add(title, drawn.pointer(command, LINK, locale, extra), public=True)
    add("done", Message(drawn.say(locale, Text("telegram-done"))), public=True)
    share = shown["shared"].share
    assert share is not None
    add("share frame", Message(drawn.say(locale, Text("telegram-share-frame"))), public=True)
    add("shared with everybody", Message(drawn.post(share, "", locale), photo=share.picture), public=True)
    add(
        "shared under a name",
        Message(drawn.post(share, "Mina @admin t.me/x", locale), photo=share.picture),
        public=True,
    )
    add("taken back", Message(drawn.say(locale, Text("telegram-taken-back"))), public=True)

    # What a member sees in private.
    add("welcome", drawn.welcome(TITLE, chat=CHAT, home=HOME, locale=locale))
    add("start", drawn.welcome("", chat=CHAT, home=0, locale=locale))
    for name, reply in shown.items():
        add(name, *status(reply, extra=_extra(name)))
    add("finished, made alone", *status(shown["finished"], home=0))
    form = drawn.share_form(Pressed("share", "share", HOME, 3), chat=CHAT, home=HOME, name="Mina Sample", locale=locale)
    add("share form", replace(status(shown["finished"])[0], keyboard=form))
    for panel, menu in (
        ("settings", "set-style"),
        ("settings", "set-likeness"),
        ("room", "room-style"),
        ("room", "room-ceiling"),
        ("a long menu", "set-style"),
    ):
        keyboard = drawn.menu(shown[panel], menu, chat=CHAT, home=HOME)
        add(f"{panel}: {menu}", replace(status(shown[panel])[0], keyboard=keyboard))
    await _chooser(chat, locale, drawn, add)
    for key in NOTES:
        text = Text(key, {"command": "block", "name": "Mina", "word": "inkk", "matches": "Style: Ink"})
        add(key, *status(Reply(lines=(text,), locale=locale)))
    add("telegram-share-ask", Message(drawn.share_ask(HOME, locale)))
    return found


NOTES = (
    *("telegram-link-expired", "telegram-link-broken", "telegram-link-not-member", "telegram-room-in-group"),
    *("telegram-lost", "telegram-photo-gone", "telegram-photo-slow", "telegram-message-foreign"),
    *("telegram-message-empty", "telegram-member-reply", "telegram-unexpected", "telegram-share-gone"),
    *("telegram-share-not-member", "telegram-share-no-photos", "telegram-share-bot-may-not", "telegram-share-failed"),
    *("telegram-share-unknown", "telegram-unshare-later", "telegram-file"),
)
"""Sentences that stand alone in a message or in the answer to a press."""


def _extra(name: str) -> tuple[Text, ...]:
    """What the adapter adds to some replies."""
    more = {
        "help": [("telegram-help-photo", {}), ("telegram-help-words", {"example": "ink"}), ("telegram-help-group", {})],
        "waiting": [("telegram-album", {})],
        "photo again": [("telegram-photo-reply", {})],
        "forgotten": [("telegram-forget-screen", {})],
        "privacy": [("telegram-privacy", {})],
    }
    return tuple(Text(key, parameters) for key, parameters in more.get(name, []))


async def _chooser(chat: Chat, locale: str, drawn: Layout, add: Any) -> None:
    chooser = Chooser(chat.dispatcher, Wording(), Callbacks(KEY), drawn)
    call = Call("page", "telegram", f"library-{locale}", f"new-{locale}", "avatar", locale=locale)
    add("chooser", await chooser.message(call, {}, chat=CHAT, home=HOME))
    given = {"style": "papercut", "hair": "covered", "likeness": "somewhat"}
    add("chooser, chosen", await chooser.message(call, given, chat=CHAT, home=HOME))
    for argument in ("style", "likeness", "hair", "colour"):
        message = await chooser.message(call, given, chat=CHAT, home=HOME, argument=argument)
        add(f"chooser: {argument}", message)
    for text in ("inkk long", "none", "ink pixel", "please"):
        spoken = await parse(chat.dispatcher, Wording(), call, text)
        assert spoken.problem is not None
        how: dict[str, Any] = {"extra": (spoken.problem,), "matches": spoken.matches}
        add(f"/avatar {text}", await chooser.message(call, spoken.arguments, chat=CHAT, home=HOME, **how))


# --- the page -----------------------------------------------------------------------------------------------------------

STYLE = """
* { box-sizing: border-box; margin: 0 }
body { --back: #0e1621; --bubble: #182533; --text: #f5f5f5; --soft: #6d7f8f; --link: #70b8f0; --key: #25374a; --code: #8fc5f0;
       --red: #a8434a; --blue: #2f6ea5; background: var(--back); color: var(--text); padding: 20px; width: 1690px;
       font: 16px/1.32 "Noto Sans", "Noto Sans CJK KR", sans-serif; columns: 4; column-gap: 20px }
.public, .light { --back: #d4dfc9; --bubble: #fff; --text: #000; --soft: #78909c; --link: #168acd; --key: #7b9c8a;
       --code: #0d6a8f; --red: #c9545c; --blue: #3d8fd1 }
.light { background: var(--back) }
.message { break-inside: avoid; margin-bottom: 22px; width: 390px; padding: 6px 10px 8px; border-radius: 8px;
           background: var(--back); color: var(--text) }
.title { font-size: 12px; color: var(--soft); margin-bottom: 4px }
.bubble { background: var(--bubble); border-radius: 14px 14px 14px 5px; width: 340px; overflow: hidden }
.narrow { width: fit-content; max-width: 340px; min-width: 90px }
.bubble img { width: 100%; display: block }
.words { padding: 7px 12px 5px; white-space: pre-wrap; overflow-wrap: anywhere }
.words code { font: 15px "DejaVu Sans Mono", "Noto Sans CJK KR", monospace; color: var(--code) }
.words a { color: var(--link) }
.time { color: var(--soft); font-size: 12px; text-align: right; padding: 0 10px 5px }
.album { width: 340px; border-radius: 14px; overflow: hidden; display: grid; gap: 2px; margin-bottom: 4px }
.album img { width: 100%; display: block }
.names { font-size: 11px; color: var(--soft); margin-bottom: 4px }
.file { display: flex; gap: 10px; padding: 10px 12px 0; align-items: center; color: var(--link) }
.file i { width: 42px; height: 42px; border-radius: 50%; background: var(--blue) }
.row { display: flex; gap: 4px; margin-top: 4px; width: 340px }
.key { flex: 1 1 0; min-width: 0; background: var(--key); color: #fff; border-radius: 8px; padding: 9px 6px; text-align: center;
       font-size: 14px; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; position: relative }
.key.danger { background: var(--red) } .key.primary { background: var(--blue) }
.key.url::after { content: "↗"; position: absolute; right: 5px; top: 1px; font-size: 11px }
.brief { columns: 3; width: 1270px } .brief .title, .brief .names { display: none }
"""

README = ("pointer, photo removed", "welcome", "chooser, chosen", "finished", "room", "shared with everybody")
"""What the README shows, by title."""


def render(payloads: Sequence[Payload], locale: str, kind: str = "") -> str:
    """All messages, one below the other. ``brief``: without what explains the page."""
    body = "".join(_message(one) for one in payloads)
    head = f'<meta charset="utf-8"><style>{STYLE}</style>'
    return f'<!doctype html><html lang="{locale}">{head}<body class="{kind}">{body}</body></html>'


def _message(one: Payload) -> str:
    title = f'<div class="title">{html.escape(one.title)}{" (in the group)" if one.public else ""}</div>'
    albums = "".join(_album(album) for album in one.albums)
    photo = f'<img src="{one.photo}" alt="">' if one.photo else ""
    file = f'<div class="file"><i></i>{html.escape(one.document)}</div>' if one.document else ""
    words = f'<div class="words">{linked(one.html)}</div>' if one.html else ""
    narrow = "" if one.photo or one.keyboard else " narrow"
    bubble = f'<div class="bubble{narrow}">{photo}{file}{words}<div class="time">12:34</div></div>'
    keyboard = "".join(_row(row) for row in one.keyboard)
    return f'<div class="message{" public" if one.public else ""}">{title}{albums}{bubble}{keyboard}</div>'


def _album(album: Sequence[tuple[str, str]]) -> str:
    """An album hides its captions until a picture is opened."""
    columns = 3 if len(album) > 4 else 2
    pictures = "".join(f'<img src="{picture}" alt="">' for picture, _ in album)
    names = " · ".join(caption for _, caption in album)
    style = f"grid-template-columns: repeat({columns}, 1fr)"
    return f'<div class="album" style="{style}">{pictures}</div><div class="names">seen when opened: {names}</div>'


def _row(row: Sequence[Mapping[str, Any]]) -> str:
    keys = "".join(
        f'<span class="key {one.get("style", "")} {"url" if "url" in one else ""}">{html.escape(one["text"])}</span>'
        for one in row
    )
    return f'<div class="row">{keys}</div>'


def linked(text: str) -> str:
    """What a client makes of plain text: commands, mentions and addresses can be pressed."""
    pieces = re.split(r"(<[^>]*>)", text)
    return "".join(piece if piece.startswith("<") else _linked(piece) for piece in pieces)


def _linked(text: str) -> str:
    return re.sub(r"(?<![\w/&])(/[a-z0-9_]{1,32}\b|@\w{4,}|https?://\S+|\b(?:t\.me|\w+\.com)/?\S*)", r"<a>\1</a>", text)


async def draw(folder: Path) -> None:
    """Write a picture of the page in each language."""
    catalog: Catalog = load_catalog([])
    async with chromium() as browser:
        for locale in LOCALES:
            with tempfile.TemporaryDirectory() as data:
                async for chat in opened(Path(data), FixedClock(), Secret(b"s" * 32), catalog, Sheets().draw):
                    page = await browser.new_page(viewport={"width": 1690, "height": 1000})
                    everything = await payloads(chat, locale)
                    kind = "" if locale == "en" else "light"
                    await page.set_content(render(everything, locale, kind))
                    await page.screenshot(path=folder / f"telegram-{locale}.png", full_page=True)
                    if locale == "en":
                        brief = [one for one in everything if one.title in README]
                        await page.set_viewport_size({"width": 1270, "height": 100})
                        await page.set_content(render(brief, locale, "brief"))
                        await page.screenshot(path=folder / "telegram.png", full_page=True)


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1])))
