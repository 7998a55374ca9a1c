"""The same on all platforms: the README's table, made from what the commands declare and the real layouts show of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from discord import ui

from adapters.discord.custom_ids import unpack as unpack_discord
from adapters.discord.declarations import declared
from adapters.discord.layout import Layout as DiscordLayout
from adapters.telegram.callbacks import Callbacks
from adapters.telegram.declarations import called, scopes
from adapters.telegram.layout import Layout as TelegramLayout
from adapters.web.views import Drawing, offered
from bot.chat import Action, Command, MemberRef, Reply, Text
from tests.bot.conftest import PHOTO, WORDING, Chat

README = Path(__file__).parents[2] / "README.md"
HEAD = ("| | Local room | Discord | Telegram |", "|---|---|---|---|")
NOWHERE = "-"

GIVEN = {
    "photo": (
        "taken, attached, pasted or dropped",
        "an option; *{message}* in the menu of a message",
        "sent, with the command as its caption or alone; the command in reply to it",
    ),
    "choice": ("a form", "options that complete themselves", "words behind the command; buttons"),
    "text": ("a form", "an option", "words in quotes; alone where a command takes nothing else"),
    "member": ("a list; the menu of a member", "an option", "the command in reply to a message of theirs"),
}
"""How each kind of argument is given: the one part that is written by hand."""
CHAT, HOME = 7, 1


async def test_the_readme_says_how_everything_is_reached_everywhere(gallery: Chat) -> None:
    table = "\n".join([*HEAD, *await rows(gallery)])
    assert NOWHERE not in {cell.strip() for line in table.split("\n")[2:] for cell in line.split("|")}
    assert table in README.read_text("utf-8"), f"README.md lacks this table:\n{table}"


async def rows(chat: Chat) -> list[str]:
    """All rows; what is reached in the same way stands in one."""
    by_way: dict[tuple[str, ...], list[str]] = {}
    for name, way in [*await typed(chat), *await pressed(chat)]:
        names = by_way.setdefault(way, [])
        if name not in names:
            names.append(name)
    return [
        f"| {', '.join(names)} | {' | '.join(way)} |".replace("| `/", "| commands `/", 1)
        for way, names in by_way.items()
    ]


async def typed(chat: Chat) -> list[tuple[str, tuple[str, ...]]]:
    """Commands, and what can be said with them, by what each platform is told of them."""
    commands = chat.dispatcher.commands
    in_room = {command.name for command in offered(commands, moderator=True)}
    payload = await declared(chat.dispatcher, WORDING, names={}, open_to_all=False)
    slash = {one["name"]: one for one in payload}
    message = next(one["name"] for one in payload if one["type"] == 3)
    listed = {
        (scope.type, one["command"]): one
        for scope, locale, ours in scopes(chat.dispatcher, WORDING, ephemeral=False)
        if locale is None
        for one in ours
    }
    found: list[tuple[str, tuple[str, ...]]] = []
    given: dict[str, tuple[str, tuple[str, ...]]] = {}
    for command in (one for one in commands if one.listed):
        places = {scope for scope, name in listed if f"/{name}" == called(command.name)}
        found.append(
            (
                f"`/{command.name}`",
                (
                    "`/` or the list of commands" if command.name in in_room else NOWHERE,
                    _slash(slash.get(command.name)),
                    _telegram(places),
                ),
            )
        )
        for argument in command.arguments:
            ways = tuple(way.format(message=message) for way in GIVEN[argument.kind])
            has_option = any(one["name"] == argument.name for one in slash[command.name]["options"])
            given.setdefault(argument.kind, (_said(command, argument.kind), ways if has_option else (NOWHERE,) * 3))
    return [*found, *given.values()]


def _said(command: Command, kind: str) -> str:
    names = [argument.name for argument in command.arguments if argument.kind == kind]
    return f"`{command.name}`: " + ", ".join(names) if len(names) > 1 or kind == "text" else f"a {names[0]}"


def _slash(payload: dict[str, object] | None) -> str:
    if payload is None:
        return NOWHERE
    return "slash command" if payload["default_member_permissions"] is None else "slash command of *Manage Server*"


def _telegram(places: set[str]) -> str:
    if "all_chat_administrators" not in places:
        return NOWHERE
    if places == {"all_chat_administrators"}:
        return "listed for a group's administrators; answered in the private chat"
    return "in the private chat; in a group, a button leads there"


async def pressed(chat: Chat) -> list[tuple[str, tuple[str, ...]]]:
    """Buttons and menus, by what each platform's layout makes of real replies."""
    found: list[tuple[str, tuple[str, ...]]] = []
    seen: set[str] = set()
    async for reply in replies(chat):
        drawn = _Drawn(replace(reply, locale="en"))
        for action in reply.actions:
            seen.add(action.command)
            label = WORDING.say("en", Text(action.label.key, dict.fromkeys(action.label.parameters, "…")))
            if label != "…":  # a style that has no picture is shown by its name
                found.append((f"*{label}*", drawn.ways(action)))
        for action in (tile.action for tile in reply.wall if tile.action is not None):
            seen.add(action.command)
            label = "a style that is shown" + (" for a photo" if action.wants_photo else "")
            found.append((label, drawn.ways(action, tile=True)))
    unlisted = {command.name for command in chat.dispatcher.commands if not command.listed}
    assert seen >= unlisted, f"no reply had a button for {unlisted - seen}"
    return found


async def replies(chat: Chat) -> AsyncIterator[Reply]:
    """Replies that together have every button there is."""
    waiting = await chat.say("avatar", photo=PHOTO, style="slate")
    yield waiting
    await chat.draw()
    (job,) = [action.job for action in waiting.actions if action.command == "cancel"]
    result = await chat.say("show", job=job)
    yield result
    moving = await chat.say("avatar", motion="moving")
    await chat.draw()
    (job,) = [action.job for action in moving.actions if action.command == "cancel"]
    yield await chat.say("show", job=job)
    four = await chat.say("avatar", photo=PHOTO, style="slate", pictures="4")
    await chat.draw()
    (job,) = [action.job for action in four.actions if action.command == "cancel"]
    yield await chat.say("show", job=job)
    chat.painting.append(True)
    simple = await chat.say("avatar", photo=PHOTO, style="oilportrait")
    await chat.draw(drawn_as="moss")
    (job,) = [action.job for action in simple.actions if action.command == "cancel"]
    yield await chat.say("show", job=job)
    yield await chat.say("other", job=job)
    yield await chat.say("share", job=job)
    yield await chat.say("again", job=job)
    await chat.say("avatar")
    yield await chat.say("queue")
    yield await chat.say("styles")
    yield await chat.say("settings")
    yield await chat.say("privacy")
    yield await chat.say("forget")
    await chat.say("block", moderator=True, member=MemberRef("joon"))
    chat.unchecked.append(True)
    yield await chat.say("room-words", moderator=True, block="rose")
    yield await chat.say("room", moderator=True, channel="art")
    await chat.say("room-channel", moderator=True, channel="art", choice="own")
    await chat.say("room-pause", moderator=True, choice="on")
    yield await chat.say("room", moderator=True, channel="art")
    yield await chat.say("room-halt", moderator=True, choice="on")
    yield await chat.say("room-log", moderator=True)


class _Drawn:
    """One reply as the three platforms show it."""

    def __init__(self, reply: Reply) -> None:
        self._body = Drawing(WORDING, "en", lambda _picture: "").reply(reply).body
        messages = DiscordLayout(WORDING, lambda name: f"/{name}").status(reply, size_limit=10_000_000)
        self._items = [item for message in messages for item in message.view.walk_children()]
        callbacks = Callbacks(b"k" * 32)
        shown = TelegramLayout(WORDING, callbacks, called).status(reply, chat=CHAT, home=HOME)
        rows = [row for message in shown if message.keyboard for row in message.keyboard.inline_keyboard]
        data = [str(button.callback_data) for row in rows for button in row]
        self._pressed = [callbacks.unpack(one, chat=CHAT) for one in data]

    def ways(self, action: Action, *, tile: bool = False) -> tuple[str, ...]:
        return (self._in_room(action, tile=tile), self._on_discord(action), self._on_telegram(action))

    def _in_room(self, action: Action, *, tile: bool) -> str:
        shown = [one["action"] for one in self._body["wall"]] if tile else self._body["actions"]
        for one in shown:
            if one and one["command"] == action.command:
                what = "its picture" if tile else "menu" if one["options"] else "button"
                return _joined(what, photo=one["wantsPhoto"] and "the tab has the photo")
        return NOWHERE

    def _on_discord(self, action: Action) -> str:
        for item in self._items:
            if not isinstance(item, ui.DynamicItem):
                continue
            press = unpack_discord(item.custom_id)
            if press.command != action.command:
                continue
            return _joined(
                "menu" if isinstance(item.item, ui.Select) else "button",
                photo=press.wants_photo and "a form asks for the photo",
                posts=press.posts and "a form asks whether with the name",
            )
        return NOWHERE

    def _on_telegram(self, action: Action) -> str:
        for press in self._pressed:
            if press.command == action.command and press.kind in ("call", "share", "menu"):
                if action.label.key == "action-photo-again":  # no button of Telegram's opens a list of photos
                    return "button that says how to answer with it"
                return _joined(
                    "button that unfolds" if press.kind == "menu" else "button",
                    photo=press.wants_photo and "the message with the photo has it",
                    posts=press.kind == "share" and "two more ask whether with the name",
                )
        return NOWHERE


def _joined(what: str, **more: str | bool) -> str:
    return "; ".join([what, *(one for one in more.values() if isinstance(one, str))])
