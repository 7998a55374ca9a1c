"""Presses of buttons: some run a command, some only open a form or a menu under the message that is there."""

from __future__ import annotations

import asyncio
import html
import itertools
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

import telegram
from telegram.constants import ChatType

from adapters.telegram.arrivals import Raw
from adapters.telegram.callbacks import Callbacks, Pressed
from adapters.telegram.calls import Calls, Task, Who, takes_photo
from adapters.telegram.chooser import Chooser
from adapters.telegram.connection import named
from adapters.telegram.homes import PRIVATE, Homes
from adapters.telegram.lately import Lately
from adapters.telegram.layout import Layout, Message
from adapters.telegram.outbound import kind_of
from adapters.telegram.photos import Found, photo_in
from adapters.telegram.sender import Missing, Sender, Sent
from adapters.telegram.titles import Titles
from bot.chat import LOCALES, Reply, Text
from bot.errors import BadArgument

log = logging.getLogger(__name__)

SHARE, SHOW = "share", "show"
TAPPED = 4_096
SHARE_SECONDS = 3.0
"""So long nothing else is done for somebody who shares a picture."""
TWICE_SECONDS = 2.0
"""Who presses the same button again so soon after it was answered pressed it while it was not: they want one picture."""


Work = Callable[[], Coroutine[Any, Any, None]]
Begin = Callable[[int, Work], None]
"""Does something after all that a member has asked for before; beside that, for nobody."""


class Presses:
    """Answers presses in private chats; in groups there are only links."""

    def __init__(
        self,
        calls: Calls,
        sender: Sender,
        layout: Layout,
        chooser: Chooser,
        callbacks: Callbacks,
        homes: Homes,
        titles: Titles,
    ) -> None:
        self._calls = calls
        self._sender = sender
        self._layout = layout
        self._chooser = chooser
        self._callbacks = callbacks
        self._homes = homes
        self._titles = titles
        self._drawn: Lately[tuple[int, int, str], float] = Lately(TAPPED)

    def notice(self, query: Raw, chat: int, locale: str) -> str | None:
        """What is said at once, in a window of its own, to whoever presses a button."""
        try:
            pressed = self._callbacks.unpack(str(query.get("data") or ""), chat=chat)
        except ValueError:
            return None
        if pressed.kind == "share":
            return self._share_ask(pressed.home, locale)
        return self._layout.alert(locale, Text("telegram-photo-answer")) if self._only_asks(query, pressed) else None

    def _share_ask(self, number: int, locale: str) -> str:
        home = self._homes.get(number)
        return self._layout.share_ask(number, locale, topic=home is not None and home.thread != 0)

    def _only_asks(self, query: Raw, pressed: Pressed) -> bool:
        """Whether a button asks for a photo that is not there: Telegram has no way to let somebody choose one."""
        message: dict[str, Any] = query.get("message") or {}
        replied: dict[str, Any] = message.get("reply_to_message") or {}
        if pressed.kind != "call" or not pressed.wants_photo or "photo" in replied or "document" in replied:
            return False
        asks = {self._layout.plain(locale, Text("action-photo-again")) for locale in LOCALES}
        keyboard: dict[str, list[list[dict[str, Any]]]] = message.get("reply_markup") or {}
        buttons = itertools.chain.from_iterable(keyboard.get("inline_keyboard", ()))
        return any(button["text"] in asks for button in buttons if button.get("callback_data") == query["data"])

    async def handle(
        self,
        key: str,
        query: telegram.CallbackQuery,
        message: telegram.MaybeInaccessibleMessage,
        locale: str,
        *,
        begin: Begin,
    ) -> None:
        """Do what a button says. Raises ``BadArgument`` for one that no longer means anything."""
        if message.chat.type != ChatType.PRIVATE:
            return
        try:
            pressed = self._callbacks.unpack(query.data or "", chat=message.chat.id)
        except ValueError:
            raise BadArgument("error-button") from None
        if self._only_asks(query.to_dict(), pressed):
            return
        home = self._homes.get(pressed.home)
        if home is None and pressed.home != PRIVATE:
            raise BadArgument("error-button")
        await self._titles.learn(home)
        who = Who(query.from_user.id, query.from_user.full_name, locale, home)
        command, now = self._calls.commands.get(pressed.command), asyncio.get_running_loop().time
        tapped = (who.user, message.message_id, query.data or "")
        if now() - self._drawn.get(tapped, -TWICE_SECONDS) < TWICE_SECONDS:
            return
        await self._do(key, who, pressed, message, begin)
        if pressed.kind == "call" and command is not None and command.draws:
            self._drawn[tapped] = now()

    async def _do(
        self, key: str, who: Who, pressed: Pressed, message: telegram.MaybeInaccessibleMessage, begin: Begin
    ) -> None:
        match pressed.kind:
            case "share":
                locale = await self._calls.language(who)
                form = self._layout.share_form(pressed, chat=who.user, home=who.number, name=who.name, locale=locale)
                # The window in which it was said is gone by the time that they choose.
                said = html.escape(self._share_ask(pressed.home, locale), quote=False)
                await self._change(key, who, message, form, said)
            case "keys" | "menu":
                await self._keys(key, who, pressed, message)
            case "choose" | "pick":
                await self._choose(key, who, pressed, message)
            case "run":
                await self._run(key, who, message)
            case "call" | "named" | "file":
                photo = _answered_photo(message)
                task = await self._task(key, who, pressed, message, photo if pressed.wants_photo else None)
                task = replace(task, named=pressed.kind == "named", as_file=pressed.kind == "file")
                if pressed.command == SHARE:
                    await self._share(task, pressed, message, begin)
                else:
                    await self._calls.do(task)

    async def _share(
        self, task: Task, pressed: Pressed, message: telegram.MaybeInaccessibleMessage, begin: Begin
    ) -> None:
        """Share a picture. Where the group has to wait for that, its member does not: it goes on beside what they do."""
        key, who = task.call.key, task.who
        shared: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        late = False

        async def carry_out() -> None:
            try:
                shared.set_result(await self._calls.carry_out(task))
            except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
                self._calls.give_up(key)
                shared.set_exception(error)
                shared.exception()  # whoever waited may be gone, and asyncio would print what it holds
            if late:
                begin(who.user, end)

        async def end() -> None:
            try:
                await self._shared(task, pressed, message, shared.result(), late=late)
            except Exception as error:  # noqa: BLE001 - nobody else waits for it
                log.error("a picture could not be shared in time: %s", named(error))  # noqa: TRY400
                await self._calls.say(f"{key}/sorry", who, Text("telegram-unexpected"))
            await self._calls.let_go(key)

        begin(0, carry_out)
        await asyncio.wait({shared}, timeout=SHARE_SECONDS)
        if shared.done():
            await self._shared(task, pressed, message, shared.result(), late=False)
            return
        late = True
        self._calls.go_on(key)
        said = self._layout.say(await self._calls.language(who), Text("telegram-share-waits"))
        if not shared.done():
            await self._change(f"{key}/waits", who, message, None, said)

    async def _shared(
        self,
        task: Task,
        pressed: Pressed,
        message: telegram.MaybeInaccessibleMessage,
        reply: Reply,
        *,
        late: bool,
    ) -> None:
        """Show what became of it. ``late``: its member may have deleted the picture since."""
        key, who = f"{task.call.key}/{SHOW}", task.who
        back = Pressed("keys", SHOW, pressed.home, pressed.job)
        if late and reply.picture is not None:
            now = await self._calls.handled(await self._task(key, who, back, message, command=SHOW))
            if now.replaces:
                return
        await self._calls.show(task, reply)
        if not reply.replaces:
            # It was refused: the question how to share is not open any more.
            await self._keys(key, who, back, message, asked=False)

    async def _task(
        self,
        key: str,
        who: Who,
        pressed: Pressed,
        message: telegram.MaybeInaccessibleMessage,
        photo: Found | None = None,
        command: str = "",
    ) -> Task:
        # What is made from a photo goes on answering it, so that the photo is found again.
        stands = _answered_photo(message)
        return await self._calls.task(
            key,
            who,
            command or pressed.command,
            pressed.arguments if not command else {},
            message=message,
            photo=photo,
            reply_to=stands.message if stands is not None else 0,
        )

    async def _keys(
        self,
        key: str,
        who: Who,
        pressed: Pressed,
        message: telegram.MaybeInaccessibleMessage,
        *,
        asked: bool = True,
    ) -> None:
        """Open a menu, or put back what stood there before it. What nobody ``asked`` for is left where it cannot be."""
        task = await self._task(key, who, pressed, message, command=pressed.panel)
        reply = await self._calls.handled(task)
        if not reply.actions:
            # What the message was about is gone, and this says so; or there is trouble, and it stays for another press.
            if asked or reply.replaces:
                await self._calls.show(task, reply)
            return
        keyboard = self._keyboard(reply, pressed, who)
        caption = None
        if pressed.kind == "keys" and reply.picture is not None:
            caption = self._layout.status(reply, chat=who.user, home=who.number)[0].text
        await self._change(key, who, message, keyboard, caption)

    async def _change(
        self,
        key: str,
        who: Who,
        message: telegram.MaybeInaccessibleMessage,
        keyboard: telegram.InlineKeyboardMarkup | None,
        caption: str | None = None,
    ) -> None:
        """Put other buttons under a message, and another caption under a picture, however long that takes."""
        sent = Sent(who.user, message.message_id, kind_of(message))

        async def change() -> bool:
            try:
                if caption is not None and sent.kind == "media":
                    await self._sender.caption(sent, Message(caption, keyboard), kind="answer")
                else:
                    await self._sender.keyboard(sent.chat, sent.message, keyboard)
            except Missing:
                return await self._calls.say(key, who, Text("error-button"))
            return True

        sorry = partial(self._calls.say, key, who, Text("telegram-unexpected"))
        await self._calls.tell(who.user, change, sorry, place=message.message_id)

    def _keyboard(self, reply: Reply, pressed: Pressed, who: Who) -> telegram.InlineKeyboardMarkup | None:
        if pressed.kind == "menu":
            menu = self._layout.menu(reply, pressed.command, chat=who.user, home=who.number, page=pressed.page)
            if menu is not None:
                return menu
        return self._layout.keyboard(reply, chat=who.user, home=who.number)

    async def _choose(self, key: str, who: Who, pressed: Pressed, message: telegram.MaybeInaccessibleMessage) -> None:
        task = await self._task(key, who, pressed, message)
        try:
            laid = await self._chooser.pressed(task.call, pressed, message, chat=who.user)
        except ValueError:
            raise BadArgument("error-button") from None
        await self._calls.put(task.target, laid, message=message)

    async def _run(self, key: str, who: Who, message: telegram.MaybeInaccessibleMessage) -> None:
        """Run the line in the chooser, with the photo that it answers."""
        try:
            name, arguments = self._chooser.read(message)
        except ValueError:
            raise BadArgument("error-button") from None
        command = self._calls.commands.get(name)
        photo = _answered_photo(message) if command is not None and takes_photo(command) else None
        await self._calls.do(await self._calls.task(key, who, name, arguments, message=message, photo=photo))


def _answered_photo(message: telegram.MaybeInaccessibleMessage) -> Found | None:
    """The member's photo to which a message of ours replies."""
    return photo_in(message.reply_to_message) if isinstance(message, telegram.Message) else None
