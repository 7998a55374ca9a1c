"""What people on Telegram do again and again, and what they look at when it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.chat import Text
from tests.telegram_journeys.what_people_read import LAYOUT, label
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group, Topic
from tests.telegram_peer.messages import Message
from tests.telegram_peer.world import World

DRAWN_SECONDS = 40.0


def ids(message: Message) -> str:
    """The data of all buttons of a message."""
    return " ".join(part.get("callback_data", "") for part in message.parts)


def finished(message: Message) -> bool:
    """It shows a result that can be deleted, in whatever language."""
    return bool(message.photo) and ":delete:" in ids(message)


def waits(message: Message) -> bool:
    """It says that a picture is on its way."""
    return ":cancel:" in ids(message)


async def drawn(message: Message, seconds: float = DRAWN_SECONDS) -> Message:
    """A message, once it shows its picture."""
    return await message.until(finished, seconds)


async def accepted(message: Message) -> Message:
    """A message, once it says that a picture is on its way (or shows it already)."""
    return await message.until(lambda one: waits(one) or finished(one))


async def answer(who: User, act: Awaitable[Any]) -> Message:
    """Do something that the bot answers in a new message in the private chat. That message."""
    before = set(who.told)
    await act
    return await _until(
        who.world, lambda: next((one for one in who.told if one not in before), None), f"an answer to {who.name}"
    )


async def tells(who: User, text: str = "", **more: Any) -> Message:
    """Write to the bot alone; its answer."""
    return await answer(who, who.says(None, text, **more))


async def avatar(who: User, text: str = "/avatar pixel", **more: Any) -> Message:
    """Ask for a picture in private, and wait for it."""
    more = {"caption": text, **more} if "photo" in more or "document" in more else more
    return await drawn(await tells(who, "" if "caption" in more else text, **more))


async def pressed(who: User, message: Message, button: str) -> Message:
    """Press, and the message that says what came of it: the same, or a new one."""
    before, edits = set(who.told), message.edits
    await who.press(message, button)

    def said() -> Message | None:
        new = next((one for one in who.told if one not in before), None)
        return new or (message if message.edits > edits else None)

    return await _until(who.world, said, f"what came of {button!r}")


async def chosen(who: User, message: Message, menu: str, option: str) -> Message:
    """Choose from the menu of a command, likewise. The menu is opened in the keyboard of the message."""
    edits = message.edits
    await who.press(message, f":{menu}:")
    await message.until(lambda one: one.edits > edits)
    (label,) = [one["text"] for one in message.parts if one["callback_data"].endswith(f":{menu}::{option}")]
    return await pressed(who, message, label)


def pointers(where: Group | Topic, command: str = "") -> list[Message]:
    """What the bot wrote there for all to see that leads into the private chat (to a command)."""
    posts = [one for one in where.posts if isinstance(where, Topic) or not one.in_topic]
    return [one for one in posts if one.urls and f"_{command}" in one.urls[0]]


async def asks(who: User, where: Group | Topic, command: str = "/avatar", **more: Any) -> Message:
    """A command in a group, and the button that everybody there sees then."""
    group = where.group if isinstance(where, Topic) else where
    name, rest = command.split()[0], command[len(command.split()[0]) :]
    await who.says(where, f"{name}@{group.world.bot.username}{rest}", **more)

    def pointer() -> Message | None:
        return next(iter(pointers(where, f"{name[1:]}_")), None)

    return await _until(group.world, pointer, f"a pointer to {command}")


async def enters(who: User, where: Group | Topic, command: str = "/avatar") -> Message:
    """From a command in a group to what is said in the private chat then."""
    pointer = await asks(who, where, command)
    return await answer(who, who.opens(pointer.urls[0]))


async def shares(who: User, message: Message, *, named: bool = False) -> Message:
    """Share a picture; the message that says what came of it."""
    edits = message.edits
    await who.press(message, ":share:")
    await message.until(lambda one: one.edits > edits)
    name = LAYOUT.plain("en", Text("telegram-share-named", {"name": who.name}))
    return await pressed(who, message, name if named else label("telegram-share-nameless"))


def pictures(where: Group | Topic) -> list[Message]:
    """What stands there for all to see."""
    return [one for one in where.posts if one.photo]


async def _until(world: World, found: Callable[[], Message | None], what: str) -> Message:
    message = await world.until(found, 20, lambda: what)
    assert message is not None
    return message
