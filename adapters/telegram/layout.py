"""Replies as Telegram shows them: HTML text or a picture with a caption, albums, and buttons underneath."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.rows import in_rows
from adapters.sentences import COMMAND, HEADLINE, bar, cut, even, outside_urls, paragraphs, units, width
from adapters.telegram.callbacks import Callbacks, Kind, Pressed
from bot.chat import DEFAULT_LOCALE, Action, File, Option, Picture, Reply, Share, Text, Tile
from bot.wording import Wording

# Telegram's limits.
MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ALBUM = 10
MAX_ALERT = 200
MAX_PHOTO_BYTES = 10_000_000
MAX_FILE_BYTES = 50_000_000

MAX_BUTTONS = 60
"""A message takes 100, and fewer where their data are long."""
MAX_OPTIONS = 24
"""So many choices of a menu at a time."""
LONG = 60
"""A wider sentence is a paragraph of its own: on a phone it fills two lines."""
COLUMNS = {1: 40, 2: 20, 3: 13, 4: 9}
"""Buttons in a row → how wide a label may be, on a phone, before it is cut there."""
MAX_LABEL = 64
MAX_NAME = 64

MAX_TITLE = 40
"""A longer name of a group would leave no room in the answer to a press."""
MAX_SIGNED = 24

SCOPED = frozenset(
    {
        *("settings-headline", "queue-headline", "styles-headline", "privacy-headline", "log-headline"),
        *("room-headline", "room-paused", "room-paused-partly", "room-halted", "channel-headline", "channel-paused"),
    }
)
"""What these begin holds in one group alone, so that they name it."""
ELSEWHERE = frozenset({"queue-headline", "privacy-headline"})
"""Under these somebody may look for pictures that they made for another group."""

_CODE = ("\ue000", "\ue001")
"""Stand around a command to be sent in a group until it is known whether there can be code."""
_STYLES = {"normal": None, "primary": "primary", "danger": "danger"}
_TAGS = re.compile(r"<[^>]*>")
_LINKED = re.compile(r"(?<=[@/#$.:])(?=\S)")
_ODD = re.compile(r"[\s\u200e\u200f\u202a-\u202e\u2066-\u2069]+")

Rows = list[list[InlineKeyboardButton]]


@dataclass(frozen=True, slots=True)
class Plate:
    """One picture of an album and what stands under it."""

    picture: Picture
    caption: str


@dataclass(slots=True)
class Message:
    """One message to send. ``text`` is HTML, and the caption where there is a photo or a document."""

    text: str
    keyboard: InlineKeyboardMarkup | None = None
    photo: Picture | None = None
    document: File | None = None
    albums: tuple[tuple[Plate, ...], ...] = ()
    """To be sent before it, each as one album; an album of one is a photo."""


class Layout:
    """Lays replies out. ``called`` gives the name of a command of ours as it is typed here: ``/room_log``; ``title`` that
    of a home's group, as far as it is known; ``username`` the bot's own.
    """

    def __init__(
        self,
        wording: Wording,
        callbacks: Callbacks,
        called: Callable[[str], str],
        *,
        title: Callable[[int], str] = lambda _home: "",
        username: Callable[[], str] = lambda: "",
    ) -> None:
        self._wording = wording
        self._callbacks = callbacks
        self._called = called
        self._title = title
        self._username = username

    # --- replies -----------------------------------------------------------------------------------------------------

    def status(self, reply: Reply, *, chat: int, home: int, extra: tuple[Text, ...] = ()) -> list[Message]:
        """A reply: the message that stands for it, then what did not fit. ``extra``: sentences after those of the reply."""
        sheet = reply.sheet or (reply.wall[0].picture if len(reply.wall) == 1 else None)
        if reply.wall and sheet is None:
            extra = (*extra, Text("telegram-wall-order"))
        photo, document = self._media(reply)
        if (reply.picture is not None and photo is None and document is None) or (
            reply.file is not None and document is None
        ):
            extra = (*extra, Text("telegram-too-large"))
        lines = self._scoped(reply.lines, home)
        if not home and any(action.posts for action in reply.actions):
            lines = (*lines[:1], Text("telegram-share-in-group"), *lines[1:])
        blocks = self._blocks(replace(reply, lines=lines), extra)
        keyboards = self._keyboards(reply, chat, home)
        first, *more = keyboards or [None]
        photo = photo or sheet
        text, rest = self._split(blocks, reply.locale, caption=photo is not None or document is not None)
        albums = tuple(
            tuple(Plate(tile.picture, self.say(reply.locale, tile.label)) for tile in part)
            for part in even(self._numbered(reply), MAX_ALBUM)
            if sheet is None
        )
        messages = [Message(text, first, photo, document, albums)]
        messages += [Message(rest)] if rest else []
        going_on = self.say(reply.locale, Text("telegram-more-buttons"))
        return [*messages, *(Message(going_on, keyboard) for keyboard in more)]

    def keyboard(self, reply: Reply, *, chat: int, home: int) -> InlineKeyboardMarkup | None:
        """The buttons of a reply, to put back under its message."""
        return next(iter(self._keyboards(reply, chat, home)), None)

    def menu(self, reply: Reply, command: str, *, chat: int, home: int, page: int = 0) -> InlineKeyboardMarkup | None:
        """The choices of one menu of a panel, and the way back; None where the panel has no such menu any more."""
        action = next((one for one in reply.actions if one.options and one.command == command), None)
        if action is None:
            return None
        back = self._callbacks.press(Pressed("keys", reply.panel, home), chat=chat)
        shut = f"{self.plain(reply.locale, action.label)} ▴"
        pages = even(action.options, MAX_OPTIONS)
        page = min(page, len(pages) - 1)
        rows: Rows = [[button(shut, back)], *grid(self._options(action, pages[page], reply.locale, chat, home))]

        def turn(other: int) -> str:
            return self._callbacks.press(Pressed("menu", command, home, panel=reply.panel, page=other), chat=chat)

        rows += self.pager(page, len(pages), turn)
        return InlineKeyboardMarkup([*rows, [button(self.plain(reply.locale, Text("action-back")), back)]])

    def pager(self, page: int, pages: int, turn: Callable[[int], str]) -> Rows:
        """The row that turns pages, where there are several; it goes round."""
        if pages < 2:
            return []
        before, after = (page - 1) % pages, (page + 1) % pages
        shown = f"{page + 1}/{pages}"
        return [[button("◀", turn(before)), button(shown, turn(after)), button("▶", turn(after))]]

    def share_ask(self, home: int, locale: str, *, topic: bool = False) -> str:
        """What is said at once to whoever wants to share: who will see it. ``topic``: it goes to one of the group's."""
        title = self._group(home)
        named = Text("telegram-share-ask-topic" if topic else "telegram-share-ask-in", {"title": title})
        return self.alert(locale, named if title else Text("telegram-share-ask"))

    def share_form(self, pressed: Pressed, *, chat: int, home: int, name: str, locale: str) -> InlineKeyboardMarkup:
        """How a picture is to be posted, before it is: without a name, or under ``name``."""

        def one(label: Text, kind: Kind, command: str, style: str | None = None) -> list[InlineKeyboardButton]:
            data = self._callbacks.press(Pressed(kind, command, home, pressed.job, pressed.choice), chat=chat)
            return [button(self.plain(locale, label), data, style)]

        named = Text("telegram-share-named", {"name": cut(tame(name), MAX_SIGNED)})
        return InlineKeyboardMarkup(
            [
                one(Text("telegram-share-nameless"), "call", pressed.command, "primary"),
                *([one(named, "named", pressed.command)] if tame(name) else []),
                one(Text("action-back"), "keys", "show"),
            ]
        )

    # --- messages of our own -----------------------------------------------------------------------------------------

    def pointer(self, command: str, url: str, locale: str, extra: tuple[Text, ...] = ()) -> Message:
        """In public: the way into the private chat. Neither says who asked nor what."""
        draws = "telegram-pointer" if command == "avatar" else "telegram-pointer-answer"
        text = "\n\n".join(self.say(locale, line) for line in (*extra, Text(draws)))
        label = self.plain(locale, Text("telegram-pointer-room" if command == "room" else "telegram-pointer-open"))
        return Message(text, InlineKeyboardMarkup([[InlineKeyboardButton(label, url=url)]]))

    def welcome(self, title: str, *, chat: int, home: int, locale: str) -> Message:
        """What somebody reads who came from a group to draw; ``title`` is its name, or empty for one who came alone."""
        lines = (
            [Text("telegram-welcome", {"title": tame(title)}), Text("telegram-welcome-how")]
            if title
            else [Text("telegram-start"), Text("telegram-start-how"), Text("telegram-start-groups")]
        )
        headline, *rest = [self.say(locale, line) for line in lines]
        draw = Pressed("call", "avatar", home)
        choose = Pressed("choose", "avatar", home)
        keyboard = InlineKeyboardMarkup(
            [
                [button(self.plain(locale, Text("telegram-welcome-draw")), self._callbacks.press(draw, chat=chat))],
                [button(self.plain(locale, Text("telegram-welcome-choose")), self._callbacks.press(choose, chat=chat))],
            ]
        )
        return Message("\n\n".join([f"<b>{headline}</b>", *rest]), keyboard)

    def post(self, share: Share, name: str, locale: str) -> str:
        """The caption of a shared picture as the group sees it: under a name, or what it is, for those who cannot see it."""
        name = tame(name)
        return self.say(locale, Text("telegram-shared-by", {"name": name}) if name else share.picture.alt)

    def say(self, locale: str, text: Text) -> str:
        """A sentence as HTML that shows it literally. A command for a group is code: a link would send it here."""
        begin, end = _CODE
        return html.escape(self._worded(locale, text), quote=False).replace(begin, "<code>").replace(end, "</code>")

    def plain(self, locale: str, text: Text) -> str:
        """A sentence for places without formatting, with commands as they are typed here."""
        begin, end = _CODE
        return self._worded(locale, text).replace(begin, "").replace(end, "")

    def _worded(self, locale: str, text: Text) -> str:
        return outside_urls(
            self._wording.say(locale, self._reworded(text)),
            lambda said: COMMAND.sub(lambda match: self._called(match[1]), said),
        )

    def _reworded(self, text: Text) -> Text:
        """The same in words that are true in a private chat: “here” is not the group, and its parts are topics."""
        keys = self._wording.keys(DEFAULT_LOCALE)
        own = f"telegram-own-{text.key}"
        key = own if own in keys else text.key
        parameters: dict[str, str | int | float | Text] = {
            name: self._reworded(value) if isinstance(value, Text) else _unmarked(value)
            for name, value in text.parameters.items()
        }
        for name in keys.get(key, ()):
            if name == "typed" or name.startswith("typed-"):
                parameters[name] = self._for_group(
                    name.removeprefix("typed").removeprefix("-") or parameters["command"]
                )
        return Text(key, parameters)

    def _for_group(self, command: object) -> str:
        """A command as it is sent in a group, where one without the bot's name may not reach us."""
        begin, end = _CODE
        bot = self._username()
        return f"{begin}{self._called(str(command))}{f'@{bot}' if bot else ''}{end}"

    def _group(self, home: int) -> str:
        return cut(tame(self._title(home)), MAX_TITLE) if home else ""

    def _scoped(self, lines: Sequence[Text], home: int) -> tuple[Text, ...]:
        """Sentences that hold for one group alone, with its name: the chat itself does not tell which it is."""
        if not lines:
            return ()
        (first, *rest), title = lines, self._group(home)
        if first.key == "share-done" and title:
            return (Text("telegram-share-done-in", {"title": title}), *rest)
        if first.key not in SCOPED:
            return tuple(lines)
        scope = Text("telegram-for-alone")
        if home:
            scope = Text("telegram-for-group", {"title": title or Text("telegram-some-group")})
        others = [Text("telegram-other-groups")] if home and first.key in ELSEWHERE else []
        return (first, scope, *others, *rest)

    def alert(self, locale: str, text: Text) -> str:
        """A sentence for the answer to a press."""
        return cut(self.plain(locale, text), MAX_ALERT)

    # --- sentences ---------------------------------------------------------------------------------------------------

    def _media(self, reply: Reply) -> tuple[Picture | None, File | None]:
        picture, file = reply.picture, reply.file
        if picture is not None and len(picture.data) > MAX_PHOTO_BYTES:
            file = file or File("avatar.png", picture.data, picture.mime)
            picture = None
        return picture, file if file is not None and len(file.data) <= MAX_FILE_BYTES else None

    def _blocks(self, reply: Reply, extra: Sequence[Text]) -> list[str]:
        lines = [(text.key, said) for text in (*reply.lines, *extra) if (said := self.say(reply.locale, text).strip())]
        alone = len(lines) == 1 and not (reply.picture or reply.wall or reply.actions or reply.file)
        blocks: list[str] = []
        if lines and not alone:
            _, first = lines.pop(0)
            # Code is never bold.
            blocks.append(f"<b>{first}</b>" if width(first) <= HEADLINE and "<code>" not in first else first)
        if reply.progress is not None:
            blocks.append(bar(reply.progress))
        return [*blocks, *paragraphs(lines, "• ", LONG)]

    def _split(self, blocks: Sequence[str], locale: str, *, caption: bool) -> tuple[str, str]:
        """What fits into the message, and what follows it in another one."""
        if not caption:
            return self._cut(blocks, locale), ""
        for kept in range(len(blocks), -1, -1):
            if length("\n\n".join(blocks[:kept])) <= MAX_CAPTION:
                return "\n\n".join(blocks[:kept]), self._cut(blocks[kept:], locale)
        raise AssertionError("nothing at all is short enough")  # pragma: no cover

    def _cut(self, blocks: Sequence[str], locale: str) -> str:
        whole = "\n\n".join(blocks)
        if length(whole) <= MAX_TEXT:
            return whole
        lines = whole.split("\n")
        kept: list[str] = []
        left = MAX_TEXT - 200  # so much stays free for the sentence
        for line in lines:
            left -= length(line) + 1
            if left < 0:
                break
            kept.append(line)
        missing = sum(bool(line) for line in lines[len(kept) :])
        return "\n".join([*kept, self.say(locale, Text("telegram-cut", {"count": missing}))])

    def _numbered(self, reply: Reply) -> list[Tile]:
        """Pictures with numbers before their names: in an album no name is seen, only the order; on a sheet, the number."""
        if len(reply.wall) < 2:
            return list(reply.wall)
        return [
            replace(tile, label=Text("verbatim", {"text": f"{number} {self.plain(reply.locale, tile.label)}"}))
            for number, tile in enumerate(reply.wall, 1)
        ]

    # --- buttons -----------------------------------------------------------------------------------------------------

    def _keyboards(self, reply: Reply, chat: int, home: int) -> list[InlineKeyboardMarkup]:
        rows: Rows = []
        pressed = [(tile.label, tile.action) for tile in self._numbered(reply) if tile.action is not None]
        rows += grid(
            [self._button(replace(action, label=label), reply.locale, chat, home) for label, action in pressed], 3
        )
        for action in (one for one in reply.actions if one.options):
            rows += self._menu(reply, action, chat, home)
        actions = [action for action in reply.actions if not action.options and (home or not action.posts)]
        together = [
            (row, [self._button(action, reply.locale, chat, home) for action in row.actions])
            for row in in_rows(actions)
        ]
        if together and (file := self._as_file(reply, chat, home)) is not None:
            # Beside the other harmless ones: what cannot be undone stays last.
            *_, (_, buttons) = together
            buttons.insert(len(buttons) - (reply.actions[-1].tone == "danger"), file)
        for row, buttons in together:
            rows += grid(buttons, 4 if row.alike else 2)
        parts: list[Rows] = [[]]
        for row in rows:
            if sum(map(len, parts[-1])) + len(row) > MAX_BUTTONS:
                parts.append([])
            parts[-1].append(row)
        return [InlineKeyboardMarkup(part) for part in parts if part]

    def _as_file(self, reply: Reply, chat: int, home: int) -> InlineKeyboardButton | None:
        """The way to the picture in its full quality: what Telegram shows is compressed anew, unless it is a file as what
        moves is."""
        job = next((action.job for action in reply.actions if action.job is not None), None)
        if reply.picture is None or reply.picture.still or reply.picture.tiles > 1 or reply.busy or job is None:
            return None
        data = self._callbacks.press(Pressed("file", "show", home, job), chat=chat)
        return button(self.plain(reply.locale, Text("telegram-as-file")), data)

    def _menu(self, reply: Reply, action: Action, chat: int, home: int) -> Rows:
        """One button that opens the choices, or the choices themselves where there is no panel to come back to."""
        label = self.plain(reply.locale, action.label)
        if not reply.panel:
            return grid(self._options(action, action.options, reply.locale, chat, home))
        chosen = next((one for one in action.options if one.selected), None)
        page = next((n for n, part in enumerate(even(action.options, MAX_OPTIONS)) if chosen in part), 0)
        data = self._callbacks.press(Pressed("menu", action.command, home, panel=reply.panel, page=page), chat=chat)
        face = opens(label, self.plain(reply.locale, chosen.label) if chosen else "")
        return [[button(face, data)]]

    def _options(
        self, action: Action, options: Sequence[Option], locale: str, chat: int, home: int
    ) -> list[InlineKeyboardButton]:
        return [
            button(
                ticked(self.plain(locale, option.label), chosen=option.selected),
                self._callbacks.pack(action, option.value, chat=chat, home=home),
            )
            for option in options
        ]

    def _button(self, action: Action, locale: str, chat: int, home: int) -> InlineKeyboardButton:
        data = self._callbacks.pack(action, chat=chat, home=home)
        return button(self.plain(locale, action.label), data, _STYLES[action.tone])


def button(label: str, data: str, style: str | None = None) -> InlineKeyboardButton:
    """A button of ours."""
    return InlineKeyboardButton(cut(label, MAX_LABEL), callback_data=data, style=style)


def opens(label: str, chosen: str) -> str:
    """The face of a button that opens a list, with what is chosen there."""
    return f"{label}: {chosen} ▾" if chosen else f"{label} ▾"


def _unmarked(value: str | float) -> str | float:
    """What comes from elsewhere marks nothing as code."""
    return value.translate({ord(mark): None for mark in _CODE}) if isinstance(value, str) else value


def ticked(label: str, *, chosen: bool) -> str:
    """A choice, marked if it is the one that holds now."""
    return f"✓ {label}" if chosen else label


def grid(buttons: Sequence[InlineKeyboardButton], most: int = 2) -> Rows:
    """Buttons in even rows, no more in each than can be read on a phone; a long one has a row of its own."""
    rows: Rows = []
    run: list[InlineKeyboardButton] = []
    for one in buttons:
        if width(one.text) <= COLUMNS[2]:
            run.append(one)
        else:
            rows += [*_even(run, most), [one]]
            run = []
    return [*rows, *_even(run, most)]


def _even(run: Sequence[InlineKeyboardButton], most: int) -> Rows:
    while most > 1 and any(width(one.text) > COLUMNS[most] for one in run):
        most -= 1
    return [list(row) for row in even(run, most)]


def length(text: str) -> int:
    """How long HTML is for Telegram: what is left when it is parsed, in UTF-16."""
    return units(html.unescape(_TAGS.sub("", text)))


def tame(name: str) -> str:
    """A name that somebody gave themselves, as one short line that mentions nobody and links nowhere."""
    return _LINKED.sub("\u2060", cut(_ODD.sub(" ", name).strip(), MAX_NAME))
