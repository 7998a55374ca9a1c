"""The arguments of a command as panels of buttons; what is chosen stands in the message itself, as a line of code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import telegram

from adapters.telegram.callbacks import Callbacks, Pressed
from adapters.telegram.layout import Layout, Message
from bot.chat import Call, Handler, Text
from bot.wording import Wording


class Chooser:
    """Draws the panels and reads them back."""

    def __init__(self, handler: Handler, wording: Wording, callbacks: Callbacks, layout: Layout) -> None:
        self._handler = handler
        self._wording = wording
        self._callbacks = callbacks
        self._layout = layout

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
    ) -> Message:
        """The panel of ``call.command`` with ``given`` chosen; of one ``argument``: its choices. ``extra`` stands first."""
        return Message("")

    async def pressed(
        self, call: Call, pressed: Pressed, message: telegram.MaybeInaccessibleMessage | None, *, chat: int
    ) -> Message:
        """What takes the place of ``message`` after a press of kind ``choose`` or ``pick``. Raises ValueError: too old."""
        return Message("")

    def read(self, message: telegram.MaybeInaccessibleMessage | None) -> tuple[str, dict[str, str]]:
        """Command and arguments in a message of ours with a panel. Raises ValueError where there are none."""
        raise ValueError("no line of a command")
