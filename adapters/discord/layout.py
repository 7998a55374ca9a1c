"""Replies as Discord shows them: components V2, with pictures and files as attachments."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, cast

import discord
from discord import ui

from adapters.discord.custom_ids import pack, unpack
from adapters.discord.items import ActionButton, ActionMenu
from adapters.rows import in_rows
from adapters.sentences import COMMAND, HEADLINE, bar, cut, even, outside_urls, paragraphs, units, width
from bot.chat import Action, Option, Picture, Reply, Share, Text, Tile
from bot.wording import Wording

ACCENT = discord.Colour(0x6F8FAF)

# Discord's limits.
MAX_ITEMS = 40
MAX_TEXT = 4000
MAX_FILES = 10
MAX_ROW = 5
MAX_OPTIONS = 25
MAX_LABEL = 80
MAX_OPTION = 100
MAX_PLACEHOLDER = 150
MAX_ALT = 256

TILES = 10
"""So many styles a message: they have room, and their pictures stay within the attachments of one message."""
LONG = 90
"""A wider sentence is a paragraph of its own; shorter ones stand line by line."""
MAX_BLOCKS = 12
"""So many paragraphs have a component each; more share one."""

_STYLES = {
    "normal": discord.ButtonStyle.secondary,
    "primary": discord.ButtonStyle.primary,
    "danger": discord.ButtonStyle.danger,
}
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}
_MARKS = re.compile(r"[\\*_~|`<\[]")
_OPENINGS = re.compile(r"^(\s*)([#>-])", re.MULTILINE)
_AVATAR = re.compile(r"/(avatar\.\w+)(\?|$)")
"""The address of a finished picture, as Discord gives it: a preview has another name."""


@dataclass(slots=True)
class Message:
    """One message to send: a view and the files that it refers to. To be sent once: files are read and closed."""

    view: ui.LayoutView
    files: list[discord.File] = field(default_factory=list[discord.File])


class Layout:
    """Lays replies out. ``mention`` makes a name of ours clickable; for one that is unknown it gives ``/name``."""

    def __init__(self, wording: Wording, mention: Callable[[str], str]) -> None:
        self._wording = wording
        self._mention = mention

    def status(self, reply: Reply, *, size_limit: int, home: str = "", extra: tuple[Text, ...] = ()) -> list[Message]:
        """A reply: the message, then what did not fit into it. ``extra``: sentences after those of the reply."""
        if home and any(action.posts for action in reply.actions):
            # Nobody but the one who reads it is here to share with.
            actions = tuple(action for action in reply.actions if not action.posts)
            reply = replace(reply, actions=actions)
            extra = (*extra, Text("discord-share-in-server"))
        return _Drawing(self._wording, self._mention, reply, size_limit, home, extra).messages()

    def post(self, share: Share, *, name: str = "", locale: str) -> Message:
        """A shared picture as the room sees it, nameless unless its member wants it otherwise."""
        view = ui.LayoutView(timeout=None)
        picture = _file(share.picture, "avatar", self._wording.say(locale, share.picture.alt))
        view.add_item(ui.MediaGallery(discord.MediaGalleryItem(picture)))
        if name:
            said = self._wording.say(locale, Text("discord-shared-by", {"name": name}))
            view.add_item(ui.TextDisplay(escape(said)))
        return Message(view, [picture])

    def note(self, job: int, *, locale: str) -> Message:
        """In public: some picture is ready. Neither says whose nor shows it."""
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(escape(self._wording.say(locale, Text("discord-note")))))
        action = Action(Text("discord-note-open"), "show", job, tone="primary")
        label = self._wording.say(locale, action.label)
        view.add_item(_row([_button(action, label, pack(action))]))
        return Message(view)


def shows_avatar(message: discord.Message) -> bool:
    """Whether a finished picture stands in a message of ours."""
    return any(_AVATAR.search(item.media.url) for item in _pictures(message))


def bare(message: discord.Message) -> Message | None:
    """A message of ours with nothing left but its finished picture and what deletes that: nobody else can. To be sent with
    the attachments that it has. None where it is not known which those are."""
    attached = {attachment.filename for attachment in message.attachments}
    view = ui.LayoutView(timeout=None)
    inside: list[ui.Item[Any]] = []
    for item in _pictures(message):
        found = _AVATAR.search(item.media.url)
        if found is None or found[1] not in attached:
            return None
        again = discord.MediaGalleryItem(f"attachment://{found[1]}", description=item.description)
        inside.append(ui.MediaGallery(again))
    buttons = [part for part in _walked(message.components) if isinstance(part, discord.Button) and _deletes(part)]
    inside += [_row([ActionButton(ui.Button[Any].from_component(button)) for button in buttons])] if buttons else []
    view.add_item(ui.Container(*inside, accent_colour=ACCENT))
    return Message(view)


def _pictures(message: discord.Message) -> list[discord.MediaGalleryItem]:
    galleries = (part for part in _walked(message.components) if isinstance(part, discord.MediaGalleryComponent))
    return [item for gallery in galleries for item in gallery.items]


def _walked(parts: Iterable[discord.Component]) -> Iterator[discord.Component]:
    for part in parts:
        yield part
        yield from _walked(getattr(part, "children", ()))


def _deletes(button: discord.Button) -> bool:
    try:
        return unpack(button.custom_id or "").command == "delete"
    except ValueError:
        return False


def escape(text: str) -> str:
    """``text`` as it is: whatever Discord would take for formatting, a mention or an emoji is shown literally."""
    return _OPENINGS.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", text))


class _Drawing:
    """One reply on its way to messages."""

    def __init__(
        self,
        wording: Wording,
        mention: Callable[[str], str],
        reply: Reply,
        size_limit: int,
        home: str,
        extra: tuple[Text, ...],
    ) -> None:
        self._wording = wording
        self._mention = mention
        self._reply = reply
        self._size_limit = size_limit
        self._home = home
        self._extra = extra
        self._pages: list[_Page] = [_Page()]
        self._ids: set[str] = set()

    def messages(self) -> list[Message]:
        reply = self._reply
        picture, file = self._media()
        headline, *blocks = self._said((*reply.lines, *self._extra)) or [""]
        if headline:
            self._add(ui.TextDisplay(headline))
        if picture is not None:
            self._add(ui.MediaGallery(discord.MediaGalleryItem(picture)), files=(picture,))
        if reply.progress is not None:
            self._add(ui.TextDisplay(bar(reply.progress)))
        for block in blocks:
            self._add(ui.TextDisplay(block))
        if file is not None:
            self._add(ui.File(file), files=(file,))
        self._wall(reply.wall)
        for menu in (action for action in reply.actions if action.options):
            self._menu(menu)
        self._buttons([action for action in reply.actions if not action.options])
        return [page.message() for page in self._pages]

    def _media(self) -> tuple[discord.File | None, discord.File | None]:
        """The attachments that Discord takes; a sentence stands for what is too large."""
        reply, picture, file = self._reply, None, None
        if reply.picture is not None and len(reply.picture.data) <= self._size_limit:
            name = "preview" if reply.busy else "avatar"
            picture = _file(reply.picture, name, self._plain(reply.picture.alt))
        if reply.file is not None and len(reply.file.data) <= self._size_limit:
            file = discord.File(io.BytesIO(reply.file.data), reply.file.name)
        if (reply.picture is not None and picture is None) or (reply.file is not None and file is None):
            self._extra = (*self._extra, Text("discord-too-large"))
        return picture, file

    # --- sentences ---------------------------------------------------------------------------------------------------

    def _rich(self, text: Text) -> str:
        """A sentence with its commands clickable and everything else literal."""
        said = self._wording.say(self._reply.locale, text)
        return outside_urls(said, lambda piece: self._mentioned(escape(piece)))

    def _mentioned(self, text: str) -> str:
        return COMMAND.sub(lambda match: self._mention(match[1]), text)

    def _plain(self, text: Text) -> str:
        """A sentence for places where Discord knows no formatting."""
        said = self._wording.say(self._reply.locale, text)
        return COMMAND.sub(lambda match: re.sub(r"^</(.+):\d+>$", r"/\1", self._mention(match[1])), said)

    def _said(self, texts: Sequence[Text]) -> list[str]:
        """All sentences as paragraphs, the headline first; too many end with how many lines are missing."""
        blocks = list(self._blocks([(text.key, said) for text in texts if (said := self._rich(text).strip())]))
        if units("".join(blocks)) > MAX_TEXT - MAX_BLOCKS:
            return [self._cut("\n".join(blocks).split("\n"))]
        return blocks if len(blocks) <= MAX_BLOCKS else [blocks[0], "\n\n".join(blocks[1:])]

    def _blocks(self, lines: list[tuple[str, str]]) -> Iterator[str]:
        reply = self._reply
        alone = len(lines) == 1 and not (reply.picture or reply.wall or reply.actions or reply.file)
        if lines and not alone:
            _, first = lines.pop(0)
            yield f"### {first}" if width(first) <= HEADLINE else first
        yield from paragraphs(lines, "- ", LONG)

    def _cut(self, lines: Sequence[str]) -> str:
        kept: list[str] = []
        left = MAX_TEXT - MAX_BLOCKS - 200  # so much stays free for the sentence
        for line in lines:
            left -= units(line) + 1
            if left < 0:
                break
            kept.append(line)
        missing = len(lines) - len(kept)
        return "\n".join([*kept, self._rich(Text("discord-cut", {"count": missing}))])

    # --- buttons, menus and walls -------------------------------------------------------------------------------------

    def _buttons(self, actions: Sequence[Action]) -> None:
        for row in (part for together in in_rows(actions) for part in even(together.actions, MAX_ROW)):
            self._add(_row([_button(action, self._plain(action.label), self._id(action)) for action in row]))

    def _menu(self, action: Action, *, titled: bool = True) -> None:
        """A menu, or several if there is more to choose from than Discord puts into one."""
        label = self._plain(action.label)
        if titled and any(option.selected for option in action.options):
            # What is chosen now stands where the placeholder would say what the menu is for.
            self._add(ui.TextDisplay(f"**{escape(label)}**"), keep=2)
        parts = even(action.options, MAX_OPTIONS)
        for number, options in enumerate(parts, 1):
            placeholder = label
            if len(parts) > 1:
                parameters: dict[str, str | int | float | Text] = {
                    "label": label,
                    "part": number,
                    "parts": len(parts),
                }
                placeholder = self._plain(Text("discord-part", parameters))
            menu = ui.Select[Any](
                custom_id=self._id(action),
                placeholder=cut(placeholder, MAX_PLACEHOLDER),
                options=[self._option(action, option) for option in options],
            )
            self._add(_row([ActionMenu(menu)]))

    def _option(self, action: Action, option: Option) -> discord.SelectOption:
        action.pack(option.value)  # raises now rather than when it is chosen
        hint = self._plain(option.hint) if option.hint else ""
        return discord.SelectOption(
            label=cut(self._plain(option.label), MAX_OPTION),
            value=option.value,
            description=cut(hint, MAX_OPTION) or None,
            default=option.selected,
        )

    def _wall(self, tiles: Sequence[Tile]) -> None:
        """Pictures with their names, and under each few of them a menu in which one is pressed."""
        for index, chunk in enumerate(even(tiles, TILES)):
            if index:
                self._pages.append(_Page())
            for number, tile in enumerate(chunk, 1):
                picture = _file(tile.picture, f"style-{number}", self._plain(tile.picture.alt))
                thumbnail = ui.Thumbnail[Any](picture)
                self._add(ui.Section(f"**{escape(self._plain(tile.label))}**", accessory=thumbnail), files=(picture,))
            self._presses(chunk)

    def _presses(self, tiles: Sequence[Tile]) -> None:
        pressed = [(tile.label, tile.action) for tile in tiles if tile.action is not None]
        for _, group in groupby(pressed, key=lambda one: (one[1].command, one[1].job, one[1].wants_photo)):
            same = list(group)
            options = tuple(Option(action.choice or "", label) for label, action in same)
            if all(option.value for option in options):
                menu = replace(same[0][1], label=Text("discord-wall-choose"), choice=None, options=options)
                self._menu(menu, titled=False)
            else:
                self._buttons([replace(action, label=label) for label, action in same])

    def _id(self, action: Action) -> str:
        """An id that nothing else in this reply has."""
        part = 0
        while (custom_id := pack(action, home=self._home, part=part)) in self._ids:
            part += 1
        self._ids.add(custom_id)
        return custom_id

    def _add(self, item: ui.Item[Any], *, files: Iterable[discord.File] = (), keep: int = 0) -> None:
        """Put one more component into the message, or into a further one. ``keep``: components that must follow it."""
        files = list(files)
        if not self._pages[-1].takes(item, files, keep):
            self._pages.append(_Page())
        self._pages[-1].add(item, files)


class _Page:
    """One message while it is filled."""

    def __init__(self) -> None:
        self._items: list[ui.Item[Any]] = []
        self._files: list[discord.File] = []
        self._count = 1  # the container
        self._text = 0

    def takes(self, item: ui.Item[Any], files: Sequence[discord.File], keep: int) -> bool:
        return (
            self._count + _count(item) + keep <= MAX_ITEMS
            and self._text + _length(item) <= MAX_TEXT
            and len(self._files) + len(files) <= MAX_FILES
        )

    def add(self, item: ui.Item[Any], files: Sequence[discord.File]) -> None:
        self._items.append(item)
        self._files += files
        self._count += _count(item)
        self._text += _length(item)

    def message(self) -> Message:
        view = ui.LayoutView(timeout=None)
        if len(self._items) == 1 and isinstance(self._items[0], ui.TextDisplay):
            view.add_item(self._items[0])  # a sentence alone needs no frame
        else:
            view.add_item(ui.Container(*self._items, accent_colour=ACCENT))
        return Message(view, self._files)


def _button(action: Action, label: str, custom_id: str) -> ActionButton:
    return ActionButton(ui.Button[Any](label=cut(label, MAX_LABEL), custom_id=custom_id, style=_STYLES[action.tone]))


def _row(items: Iterable[ActionButton | ActionMenu]) -> ui.ActionRow[Any]:
    return ui.ActionRow[Any](*cast("Iterable[ui.Item[Any]]", items))


def _file(picture: Picture, name: str, alt: str) -> discord.File:
    """A picture under a name that says nothing."""
    suffix = _SUFFIXES.get(picture.mime, "png")
    return discord.File(io.BytesIO(picture.data), f"{name}.{suffix}", description=cut(alt, MAX_ALT))


def _count(item: ui.Item[Any]) -> int:
    children = getattr(item, "walk_children", None)
    return 1 + (sum(1 for _ in children()) if children else 0)


def _length(item: ui.Item[Any]) -> int:
    children = getattr(item, "walk_children", None)
    inner = children() if children else ()
    return sum(units(one.content) for one in (item, *inner) if isinstance(one, ui.TextDisplay))
