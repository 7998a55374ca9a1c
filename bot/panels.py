"""The two panels: a member's own settings, and the moderators' view of a room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from bot import likeness
from bot.caller import Caller
from bot.chat import Action, Reply, Text
from bot.choices import CHECKS, HALTS, SCOPES, WORDS, Choices, tag
from bot.replies import Replies, level
from bot.storage import LogEntry, Parts, RoomPolicy, Storage
from generator.engine import DEFAULT_LIKENESS

LOGGED = 20
WORDS_SHOWN = 30
"""Blocked words that the panel lists before it becomes unreadable."""
FORGOTTEN = "–"
"""Stands for a member who asked to be forgotten."""


class MemberPanel:
    """What a member has chosen for themselves in this room."""

    def __init__(self, storage: Storage, choices: Choices, replies: Replies) -> None:
        self._storage = storage
        self._choices = choices
        self._replies = replies

    async def show(self, caller: Caller) -> Reply:
        """The panel with its menus, in ``caller.locale``."""
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        own = await self._storage.members.preferences(caller.room, caller.member)
        left = await self._storage.jobs.left_today(caller.room, caller.member, policy.daily)
        levels = tuple(option for option in await self._choices.likeness(caller) if not option.hidden)
        style = self._replies.style(own.style, caller.locale) if own.style else Text("settings-style-auto")
        wanted = DEFAULT_LIKENESS if own.likeness is None else own.likeness
        return Reply(
            lines=(
                Text("settings-headline"),
                Text("settings-style", {"style": style}),
                Text("settings-likeness", {"level": level(min(wanted, policy.ceiling))}),
                Text("settings-language", {"language": Text(f"language-{own.locale or 'auto'}")}),
                Text("settings-left", {"left": left, "daily": policy.daily}),
            ),
            actions=(
                Action(Text("action-set-style"), "set-style", options=await self._choices.own_styles(caller)),
                Action(Text("action-set-likeness"), "set-likeness", options=levels),
                Action(Text("action-set-language"), "set-language", options=await self._choices.languages(caller)),
            ),
            replaces=True,
            panel="settings",
            locale=caller.locale,
        )


class RoomPanel:
    """What moderators have decided for a room, and the only place where they change it."""

    def __init__(self, storage: Storage, choices: Choices, replies: Replies) -> None:
        self._storage = storage
        self._choices = choices
        self._replies = replies
        self._turn = asyncio.Lock()

    async def show(self, caller: Caller) -> Reply:
        """The panel with its menus: the rules of this channel if it has its own, else those of the room."""
        own = await self._scope(caller) != ""
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        blocked = await self._choices.blocked(caller)
        # The menu offers the opposite of today's state; the entry of a style that is not selected is that opposite.
        entries = tuple(option for option in await self._choices.room_styles(caller) if not option.selected)
        forbidden = sum(option.value.startswith("+") for option in entries)
        parts = await self._storage.rooms.parts(caller.room)
        lines = [
            Text(_state(policy, parts, own=own)),
            Text("room-styles", {"allowed": len(entries) - forbidden, "all": len(entries)}),
            Text("room-quota", {"daily": policy.daily}),
            Text("room-ceiling", {"level": level(policy.ceiling)})
            if policy.ceiling < likeness.NO_CEILING
            else Text("room-ceiling-none"),
            Text("room-blocked", {"count": len(blocked)}),
        ]
        actions = [
            Action(Text("action-room-style"), "room-style", options=entries),
            Action(Text("action-room-quota"), "room-quota", options=await self._choices.room_quotas(caller)),
            Action(Text("action-room-ceiling"), "room-ceiling", options=await self._choices.ceilings(caller)),
            *_pauses(policy, parts),
            *([Action(Text("action-room-words"), "room-words")] if self._choices.painted else []),
        ]
        if blocked:
            lines.append(Text("room-unblock-hint"))
            actions.append(Action(Text("action-room-unblock"), "room-unblock", options=blocked))
        scope = [Text("room-lift")] if policy.halted else []
        if caller.channel or parts.count:
            scope.append(Text("channel-scope" if own else "room-scope"))
        if parts.count and not own:
            scope.append(Text("room-parts", {"count": parts.count, "paused": parts.paused}))
        lines[1:1] = scope
        if self._choices.unchecked():
            lines.append(Text("room-unchecked" if policy.unchecked else "room-unchecked-off"))
        if caller.channel:
            choice = "follow" if own else "own"
            actions.append(Action(Text(SCOPES[choice]), "room-channel", choice=choice))
        actions.append(Action(Text("action-room-log"), "room-log"))
        return Reply(lines=tuple(lines), actions=tuple(actions), replaces=True, panel="room")

    async def change(self, caller: Caller, edit: Callable[[RoomPolicy], RoomPolicy], what: str, detail: str) -> Reply:
        """Save an edited policy with its line in the log, and show the panel; no change writes no line."""
        await self.save(caller, edit, what, detail)
        return await self.show(caller)

    async def save(self, caller: Caller, edit: Callable[[RoomPolicy], RoomPolicy], what: str, detail: str) -> None:
        """The same without the panel."""
        async with self._turn:  # two moderators at once: neither's decision is lost
            before = await self._storage.rooms.policy(caller.room, caller.channel)
            after = edit(before)
            if after != before:
                scope = await self._scope(caller)
                await self._storage.rooms.change(caller.room, caller.member, after, what, detail, scope)

    async def halt(self, caller: Caller, *, on: bool) -> Reply:
        """Pause everywhere, or lift that again; show the panel."""
        async with self._turn:
            await self._storage.rooms.halt(caller.room, caller.member, on=on)
        return await self.show(caller)

    async def part(self, caller: Caller, *, own: bool) -> Reply:
        """Give this channel rules of its own, or take them away; show the panel. Nothing happens where there is no channel."""
        if caller.channel:
            async with self._turn:
                decide = self._storage.rooms.part if own else self._storage.rooms.rejoin
                await decide(caller.room, caller.member, caller.channel)
        return await self.show(caller)

    async def _scope(self, caller: Caller) -> str:
        """The channel of the call if it has rules of its own; empty where the room's hold."""
        own = caller.channel and await self._storage.rooms.chosen(caller.channel)
        return caller.channel if own else ""

    async def log(self, caller: Caller) -> Reply:
        """The latest decisions, newest first."""
        entries = await self._storage.rooms.log(caller.room, LOGGED)
        lines = [Text("log-headline") if entries else Text("log-empty")]
        lines += [self._line(entry, caller) for entry in entries]
        return Reply(lines=tuple(lines), actions=(Action(Text("action-back"), "room"),), replaces=True)

    def _line(self, entry: LogEntry, caller: Caller) -> Text:
        when = datetime.fromtimestamp(entry.at / 1000, tz=UTC).strftime("%m-%d %H:%M")
        who = Text("log-you") if entry.by == caller.member else Text("log-moderator", {"tag": _tag(entry.by)})
        what = self._decision(entry, caller.locale)
        if entry.channel:
            what = Text("log-here" if entry.channel == caller.channel else "log-elsewhere", {"what": what})
        return Text("log-line", {"when": when, "who": who, "what": what})

    def _decision(self, entry: LogEntry, locale: str) -> Text:
        detail: str | Text = entry.detail
        if entry.what.startswith("style-"):
            detail = self._replies.style(entry.detail, locale)
        elif entry.what == "ceiling":
            detail = Text(f"likeness-{entry.detail}") if entry.detail in likeness.LEVELS else entry.detail
        elif entry.what in ("block", "unblock"):
            detail = _tag(entry.detail)
        return Text(f"log-{entry.what}", {"detail": detail})


class PaintingPanel:
    """What moderators have decided about painted pictures: whose words they are made of, and who looks at them first."""

    def __init__(self, storage: Storage, choices: Choices, room: RoomPanel) -> None:
        self._storage = storage
        self._choices = choices
        self._room = room

    async def show(self, caller: Caller) -> Reply:
        """The panel, which a button of the room's own panel opens."""
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        options = await self._choices.words(caller)
        blocked = sorted(policy.blocked_words)
        unchecked = self._choices.unchecked()
        shown = ", ".join(blocked[:WORDS_SHOWN]) + (", …" if len(blocked) > WORDS_SHOWN else "")
        lines = [
            Text("words-headline"),
            Text("words-on" if policy.words else "words-off"),
            Text("words-blocked", {"count": len(blocked), "words": shown}) if blocked else Text("words-blocked-none"),
            Text("words-hint"),
            Text(("checks-off-allowed" if policy.unchecked else "checks-off") if unchecked else "checks-on"),
        ]
        switch = "off" if policy.words else "on"
        actions = [Action(Text(WORDS[switch]), "room-about", choice=switch)]
        if options:
            actions.append(Action(Text("action-room-word"), "room-word", options=options))
        if unchecked or policy.unchecked:
            # Also where somebody looks by now: what was allowed before would hold again without a word.
            switch = "on" if policy.unchecked else "off"
            actions.append(Action(Text(CHECKS[switch]), "room-checks", choice=switch))
        actions.append(Action(Text("action-back"), "room"))
        return Reply(lines=tuple(lines), actions=tuple(actions), replaces=True, panel="room-words")

    async def change(
        self, caller: Caller, edit: Callable[[RoomPolicy], RoomPolicy], what: str, detail: str = ""
    ) -> Reply:
        """Save an edited policy as the room's panel does, and show this one."""
        await self._room.save(caller, edit, what, detail)
        return await self.show(caller)


def _state(policy: RoomPolicy, parts: Parts, *, own: bool) -> str:
    """The headline: whether members can ask for pictures, and where not. ``own``: by the rules of one channel."""
    if policy.halted:
        return "room-halted"
    if own:
        return "channel-paused" if policy.paused else "channel-headline"
    if not policy.paused:
        return "room-headline"
    return "room-paused" if parts.paused == parts.count else "room-paused-partly"


def _pauses(policy: RoomPolicy, parts: Parts) -> list[Action]:
    """What can be done about a pause; “everywhere” only where that is more than here."""
    if policy.halted:
        return [Action(Text(HALTS["off"]), "room-halt", choice="off", tone="primary")]
    here = (
        Action(Text("action-resume"), "room-pause", choice="off", tone="primary")
        if policy.paused
        else Action(Text("action-pause"), "room-pause", choice="on")
    )
    return [here, Action(Text(HALTS["on"]), "room-halt", choice="on")] if parts.count else [here]


def _tag(member: str) -> str:
    return tag(member) if member else FORGOTTEN
