"""The arguments of a command as panels of buttons; what is chosen stands in the message itself, as a line of code.

Telegram tells us the text of our own messages with every press, and nobody but us can write it: so nothing is stored.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.sentences import even
from adapters.telegram.callbacks import Callbacks, Pressed
from adapters.telegram.declarations import by_typed, called
from adapters.telegram.layout import MAX_OPTIONS, Layout, Message, Rows, button, grid, opens, ticked
from adapters.telegram.photos import photo_in
from adapters.telegram.spoken import Match, reads
from bot.chat import Argument, Call, Handler, Option, Text
from bot.wording import Wording

_LINE = re.compile(r"/(?P<command>[a-z0-9_]{1,32})(?P<given>(?: [a-z0-9-]+=(?:\"[^\"]*\"|[^\s\"]+))*)")
_GIVEN = re.compile(r" (?P<name>[a-z0-9-]+)=(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\s\"]+))")

HINTS = 5
"""More explanations would push the buttons off the screen."""


class Chooser:
    """Draws the panels and reads them back."""

    def __init__(self, handler: Handler, wording: Wording, callbacks: Callbacks, layout: Layout) -> None:
        self._handler = handler
        self._wording = wording
        self._callbacks = callbacks
        self._layout = layout
        self._commands = by_typed(handler)

    async def message(
        self,
        call: Call,
        given: Mapping[str, str],
        *,
        chat: int,
        home: int,
        argument: str = "",
        page: int = 0,
        extra: Sequence[Text] = (),
        matches: Sequence[Match] = (),
        photo: bool = False,
    ) -> Message:
        """The panel of ``call.command`` with ``given`` chosen; of one ``argument``: its choices.

        ``extra``, say what was not understood, stands first; ``matches``, what may have been meant, are the first buttons.
        ``photo``: the message answers one, from which is drawn.
        """
        locale = await reads(self._handler, call)
        offered = {one.name: await self._handler.options(call, one.name) for one in self._arguments(call.command)}
        declared = next((one for one in self._arguments(call.command) if one.name == argument), None)
        panel = _Panel(self._layout, self._callbacks, call.command, dict(given), locale, chat, home)
        if declared is not None and offered[argument]:
            return panel.choices(declared, offered[argument], page)
        how = Text("telegram-choose-photo-there" if photo else "telegram-choose-photo")
        hints = [how] if self._arguments(call.command, "photo") else []
        return panel.overview({name: options for name, options in offered.items() if options}, extra, matches, hints)

    async def pressed(
        self, call: Call, pressed: Pressed, message: telegram.MaybeInaccessibleMessage | None, *, chat: int
    ) -> Message:
        """What takes the place of ``message`` after a press of kind ``choose`` or ``pick``. Raises ValueError: too old."""
        given = self._given(call.command, message)
        photo = isinstance(message, telegram.Message) and photo_in(message.reply_to_message) is not None
        if pressed.kind == "choose":
            return await self.message(
                call, given, chat=chat, home=pressed.home, argument=pressed.argument, page=pressed.page, photo=photo
            )
        if pressed.kind != "pick":
            raise ValueError("not a button of the chooser")
        given.pop(pressed.argument, None)
        if pressed.choice:
            given[pressed.argument] = pressed.choice
        return await self.message(call, given, chat=chat, home=pressed.home, photo=photo)

    def read(self, message: telegram.MaybeInaccessibleMessage | None) -> tuple[str, dict[str, str]]:
        """Command and arguments in a message of ours with a panel. Raises ValueError where there are none."""
        if not isinstance(message, telegram.Message):
            raise ValueError("the message is too old to be read")  # noqa: TRY004 - it is what callers expect
        code = telegram.MessageEntity.CODE
        lines = [*message.parse_entities([code]).values(), *message.parse_caption_entities([code]).values()]
        # A sentence above it may name a command that is to be sent elsewhere.
        match = next((match for one in lines if (match := _LINE.fullmatch(one))), None)
        command = self._commands.get(match["command"]) if match else None
        if match is None or command is None:
            raise ValueError("no line of a command")
        pairs = _GIVEN.finditer(match["given"])
        return command.name, {
            pair["name"]: pair["bare"] if pair["quoted"] is None else pair["quoted"] for pair in pairs
        }

    def _given(self, command: str, message: telegram.MaybeInaccessibleMessage | None) -> dict[str, str]:
        """What is chosen so far: nothing where the panel takes the place of another message."""
        if not isinstance(message, telegram.Message):
            raise ValueError("the message is too old to be read")  # noqa: TRY004
        try:
            there, given = self.read(message)
        except ValueError:
            return {}
        return given if there == command else {}

    def _arguments(self, command: str, kind: str = "choice") -> list[Argument]:
        declared = next((one for one in self._handler.commands if one.name == command), None)
        return [one for one in declared.arguments if one.kind == kind] if declared is not None else []


def line(command: str, given: Mapping[str, str]) -> str:
    """What somebody would type to have this."""
    values = (f"{name}={_quoted(value)}" for name, value in given.items())
    return " ".join([called(command), *values])


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value


class _Panel:
    """One panel of a command."""

    def __init__(
        self,
        layout: Layout,
        callbacks: Callbacks,
        command: str,
        given: dict[str, str],
        locale: str,
        chat: int,
        home: int,
    ) -> None:
        self._layout = layout
        self._callbacks = callbacks
        self._command = command
        self._given = given
        self._locale = locale
        self._chat = chat
        self._home = home

    def overview(
        self,
        offered: Mapping[str, Sequence[Option]],
        extra: Sequence[Text],
        matches: Sequence[Match],
        hints: Sequence[Text],
    ) -> Message:
        """All arguments, each with what is chosen for it."""
        meant: list[InlineKeyboardButton] = []
        for match in matches:
            label = self._plain(Text(f"{self._command}-{match.argument}"))
            pressed = Pressed("pick", self._command, argument=match.argument, choice=match.value)
            meant.append(button(f"{label}: {self._plain(match.label)}", self._press(pressed)))
        buttons: list[InlineKeyboardButton] = []
        for name, options in offered.items():
            chosen = next((option for option in options if option.value == self._given.get(name)), None)
            face = opens(self._plain(Text(f"{self._command}-{name}")), self._plain(chosen.label) if chosen else "")
            buttons.append(button(face, self._press(Pressed("choose", self._command, argument=name))))
        draw = self._button(Text("telegram-choose-draw"), Pressed("run", self._command), "primary")
        title, how = self._said(Text("telegram-choose")), self._said(Text("telegram-choose-how"))
        said = [self._said(one) for one in extra] or [f"<b>{title}</b>", how]
        lines = [*said, self._code(), *map(self._said, hints)]
        return self._message(lines, [*grid(meant), *grid(buttons), [draw]])

    def choices(self, argument: Argument, options: Sequence[Option], page: int) -> Message:
        """One argument, all that can be chosen for it, and what that means."""
        name = argument.name
        given = self._given.get(name)
        pages = even(options, MAX_OPTIONS)
        page = min(page, len(pages) - 1)
        any_ = Option("", Text("telegram-choose-any"), selected=given is None)
        buttons = [
            button(
                ticked(self._plain(option.label), chosen=option.value == (given or "")),
                self._press(Pressed("pick", self._command, argument=name, choice=option.value)),
            )
            for option in (any_, *pages[page])
        ]
        key = f"{self._command}-{name}"
        lines = [f"<b>{self._said(Text(key))}</b>", self._said(Text(f"{key}-hint")), self._code()]
        hints = [option for option in pages[page] if option.hint is not None]
        if 0 < len(hints) <= HINTS:
            lines.append("\n".join(f"<b>{self._said(one.label)}</b>: {self._hint(one)}" for one in hints))

        def turn(other: int) -> str:
            return self._press(Pressed("choose", self._command, argument=name, page=other))

        back = self._button(Text("action-back"), Pressed("choose", self._command))
        return self._message(lines, [*grid(buttons), *self._layout.pager(page, len(pages), turn), [back]])

    def _hint(self, option: Option) -> str:
        return self._said(option.hint) if option.hint is not None else ""

    def _code(self) -> str:
        """What is chosen, as it is read back from the message."""
        typed = f"<code>{html.escape(line(self._command, self._given), quote=False)}</code>"
        return f"{self._said(Text('telegram-choose-line'))} {typed}"

    def _message(self, lines: Sequence[str], rows: Rows) -> Message:
        return Message("\n\n".join(lines), InlineKeyboardMarkup(rows))

    def _button(self, label: Text, pressed: Pressed, style: str | None = None) -> InlineKeyboardButton:
        return button(self._plain(label), self._press(pressed), style)

    def _press(self, pressed: Pressed) -> str:
        return self._callbacks.press(replace(pressed, home=self._home), chat=self._chat)

    def _plain(self, text: Text) -> str:
        return self._layout.plain(self._locale, text)

    def _said(self, text: Text) -> str:
        return self._layout.say(self._locale, text)
