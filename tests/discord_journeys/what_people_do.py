"""What people on Discord do again and again, and what they look at when it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.discord_peer.actors import Actor
from tests.discord_peer.interactions import Interaction
from tests.discord_peer.servers import Channel
from tests.discord_peer.world import Message

DRAWN_SECONDS = 30.0


def finished(message: Message) -> bool:
    """It shows a result that can be deleted, in whatever language."""
    return any(":delete:" in (part.get("custom_id") or "") for part in message.parts)


async def drawn(done: Interaction, *, seconds: float = DRAWN_SECONDS) -> Message:
    """The private message of a call, once it shows its one picture."""
    message = original(done)
    await message.until(finished, seconds)
    assert message.ephemeral or message.channel.guild is None
    assert len(message.pictures) == 1, message
    return message


async def accepted(done: Interaction) -> Message:
    """The private message of a call, once it says that a picture is on its way (or shows it already)."""
    return await original(done).until(lambda message: ":cancel:" in ids(message) or finished(message))


async def settled(done: Interaction) -> Message:
    """The answer to a call, once it is no longer "thinking"."""
    return await original(done).until(lambda message: not message.loading)


def original(done: Interaction) -> Message:
    assert done.message is not None, done
    return done.message


async def avatar(actor: Actor, channel: Channel, command: str = "avatar", **options: Any) -> Message:
    """Ask for a picture and wait for it."""
    return await drawn(await actor.slash(channel, command, **options))


async def pressed(actor: Actor, message: Message, button: str) -> Message:
    """Press, and the message that says what came of it: the same, or a new one."""
    return await _answer(message, lambda: actor.press(message, button))


async def chosen(actor: Actor, message: Message, menu: str, option: str) -> Message:
    """Choose from a menu, likewise."""
    return await _answer(message, lambda: actor.choose(message, menu, option))


async def share(actor: Actor, message: Message, *, tick: bool = False) -> Message:
    """Press *Share*, confirm, likewise."""
    asked = await actor.press(message, ":share:")
    return await _answer(message, lambda: actor.submit(asked.modal, tick=tick))


async def _answer(message: Message, act: Callable[[], Awaitable[Interaction]]) -> Message:
    before = message.edits
    done = await act()

    def answers() -> Message | None:
        if done.replies:
            return done.replies[0]
        if done.message is not message:
            return None if done.message is None or done.message.loading else done.message
        return message if message.edits > before else None

    await done.until(lambda _: answers())
    answer = answers()
    assert answer is not None
    return answer


def ids(message: Message) -> str:
    """All custom ids of a message."""
    return " ".join(part.get("custom_id") or "" for part in message.parts)
