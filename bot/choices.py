"""What can be chosen: the options behind arguments and menus."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping

from bot import likeness
from bot.arguments import Source
from bot.caller import Caller
from bot.chat import LOCALES, Option, Text
from bot.orders import allowed
from bot.standby import PAINTER
from bot.storage import Storage
from generator.engine import DEFAULT_LIKENESS, MOST_PICTURES
from generator.styles import Catalog, Style
from generator.traits import TRAITS

AUTOMATIC = "auto"
"""The menu entry that takes a member's own choice back."""

IN_STYLES = "4-styles"
"""In place of a number of pictures: one look in several styles. Who begins to type *style* does not mean it."""

SCOPES = {"own": "action-channel-own", "follow": "action-channel-follow"}
"""Whether a channel has rules of its own → how that is offered."""

HALTS = {"on": "action-halt", "off": "action-lift"}
"""Whether the room is paused everywhere → how that is offered."""

WORDS = {"on": "action-words-allow", "off": "action-words-forbid"}
"""Whether members may describe pictures in their own words → how that is offered."""

CHECKS = {"off": "action-unchecked-allow", "on": "action-unchecked-forbid"}
"""Whether painted pictures must be looked at before anybody sees them → how that is offered."""

MOVING = "moving"
"""In place of a picture that stands still: the same, and one that moves."""

QUALITIES = ("fast", "balanced", "best")

QUOTAS = (1, 3, 5, 10, 20, 50, 100, 500)


class Choices:
    """Lists of options for a caller in a room, each with what is chosen now."""

    def __init__(self, storage: Storage, catalog: Catalog, unchecked: Callable[[], bool] = lambda: False) -> None:
        """``unchecked``: whether nobody looks at painted pictures before their member does."""
        self._storage = storage
        self._catalog = catalog
        self.unchecked = unchecked
        self.painted = any(style.engine == PAINTER for style in catalog.values())
        """Whether there are painted styles at all."""

    def sources(self) -> Mapping[str, Source]:
        """Source name, as declared in arguments → its options."""
        return {
            "styles": self.styles,
            "own-styles": self.own_styles,
            "likeness": self.likeness,
            "languages": self.languages,
            "confirm": _confirm,
            "room-styles": self.room_styles,
            "room-quotas": self.room_quotas,
            "ceilings": self.ceilings,
            "switch": self.switch,
            "scope": _fixed(SCOPES),
            "halt": _fixed(HALTS),
            "blocked": self.blocked,
            "room-words": self.words,
            "words-switch": _fixed(WORDS),
            "checks-switch": _fixed(CHECKS),
            "qualities": _fixed({quality: f"quality-{quality}" for quality in QUALITIES}),
            "pictures": _pictures,
            "motion": _motion,
            "places": _places,
            "four": _fixed({IN_STYLES: "action-four-styles"}),
            **{trait: _trait(trait, values) for trait, values in TRAITS.items()},
        }

    async def styles(self, caller: Caller) -> tuple[Option, ...]:
        """The styles allowed here; the member's default is selected."""
        preferences = await self._storage.members.preferences(caller.room, caller.member)
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        styles = allowed(self._catalog, policy, unchecked=self.unchecked())
        return tuple(_style(style, caller.locale, selected=style.id == preferences.style) for style in styles)

    async def own_styles(self, caller: Caller) -> tuple[Option, ...]:
        """The same, and the choice of none."""
        styles = await self.styles(caller)
        chosen = any(option.selected for option in styles)
        return (_automatic(selected=not chosen), *styles)

    async def likeness(self, caller: Caller) -> tuple[Option, ...]:
        """The levels within the room's ceiling; the member's default is selected. Those above it are understood too."""
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        preferences = await self._storage.members.preferences(caller.room, caller.member)
        wanted = DEFAULT_LIKENESS if preferences.likeness is None else preferences.likeness
        chosen = likeness.nearest(min(wanted, policy.ceiling))
        offered = likeness.within(policy.ceiling)
        return tuple(_level(level, selected=level == chosen, hidden=level not in offered) for level in likeness.LEVELS)

    async def languages(self, caller: Caller) -> tuple[Option, ...]:
        """Our languages, each in its own words."""
        chosen = (await self._storage.members.preferences(caller.room, caller.member)).locale or AUTOMATIC
        return tuple(
            Option(locale, Text(f"language-{locale}"), selected=locale == chosen) for locale in (AUTOMATIC, *LOCALES)
        )

    async def room_styles(self, caller: Caller) -> tuple[Option, ...]:
        """Every style with what pressing it does: ``+ink`` allows, ``-ink`` forbids. Today's state is selected.

        Both directions can be chosen at any time, for a panel may be older than the room's policy.
        """
        styles = (await self._storage.rooms.policy(caller.room, caller.channel)).styles
        options: list[Option] = []
        for style in self._catalog.values():
            is_allowed = styles is None or style.id in styles
            label = Text("verbatim", {"text": style.called(caller.locale)})
            picture = style.preview or None
            options += [
                Option(
                    f"+{style.id}", Text("room-style-allow", {"style": label}), selected=is_allowed, picture=picture
                ),
                Option(
                    f"-{style.id}",
                    Text("room-style-forbid", {"style": label}),
                    selected=not is_allowed,
                    picture=picture,
                ),
            ]
        return tuple(options)

    async def room_quotas(self, caller: Caller) -> tuple[Option, ...]:
        """Pictures a day for each member."""
        daily = (await self._storage.rooms.policy(caller.room, caller.channel)).daily
        counts = sorted({*QUOTAS, daily})
        return tuple(
            Option(str(count), Text("room-quota-option", {"count": count}), selected=count == daily) for count in counts
        )

    async def ceilings(self, caller: Caller) -> tuple[Option, ...]:
        """All levels; the strongest means no ceiling."""
        now = likeness.nearest((await self._storage.rooms.policy(caller.room, caller.channel)).ceiling)
        return tuple(
            _level(level, selected=level == now)
            if level != likeness.STRONGEST
            else Option(level, Text("ceiling-none"), selected=level == now)
            for level in likeness.LEVELS
        )

    async def switch(self, caller: Caller) -> tuple[Option, ...]:
        """Pause on or off."""
        paused = (await self._storage.rooms.policy(caller.room, caller.channel)).paused
        return (
            Option("on", Text("action-pause"), selected=paused),
            Option("off", Text("action-resume"), selected=not paused),
        )

    async def blocked(self, caller: Caller) -> tuple[Option, ...]:
        """Blocked members by tag. Moderators only: the sole commands that use it are theirs."""
        members = await self._storage.rooms.blocked(caller.room)
        return tuple(Option(member, Text("verbatim", {"text": tag(member)})) for member in members)

    async def words(self, caller: Caller) -> tuple[Option, ...]:
        """The room's own blocked words, by what stands for them in a button. Moderators only, as above."""
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        return tuple(Option(word_tag(word), Text("verbatim", {"text": word})) for word in sorted(policy.blocked_words))


def word_tag(word: str) -> str:
    """What stands for a blocked word where there is no room for it."""
    return hashlib.blake2b(word.encode(), digest_size=6).hexdigest()


def tag(member: str) -> str:
    """A short name for a pseudonym: enough to tell members of a room apart, useless outside."""
    return member[:6].upper()


async def _pictures(_caller: Caller) -> tuple[Option, ...]:
    counts = (
        Option(str(count), Text("pictures-count", {"count": count}), selected=count == 1)
        for count in range(1, MOST_PICTURES + 1)
    )
    styles = Option(IN_STYLES, Text("pictures-styles"), Text("pictures-styles-hint"))
    return (*counts, styles)


async def _motion(_caller: Caller) -> tuple[Option, ...]:
    return (
        Option("still", Text("motion-still"), selected=True),
        Option(MOVING, Text("motion-moving"), Text("motion-moving-hint")),
    )


async def _places(_caller: Caller) -> tuple[Option, ...]:
    return tuple(Option(str(place), Text("verbatim", {"text": str(place)})) for place in range(1, MOST_PICTURES + 1))


async def _confirm(_caller: Caller) -> tuple[Option, ...]:
    return (Option("yes", Text("action-forget-yes")),)


def _fixed(labels: Mapping[str, str]) -> Source:
    options = tuple(Option(choice, Text(key)) for choice, key in labels.items())

    async def source(_caller: Caller) -> tuple[Option, ...]:
        return options

    return source


def _automatic(*, selected: bool) -> Option:
    return Option(AUTOMATIC, Text("settings-style-auto"), Text("settings-style-auto-hint"), selected)


def _style(style: Style, locale: str, *, selected: bool) -> Option:
    return Option(
        style.id,
        Text("verbatim", {"text": style.called(locale)}),
        Text("verbatim", {"text": style.described(locale)}),
        selected,
        style.preview or None,
    )


def _level(level: str, *, selected: bool, hidden: bool = False) -> Option:
    return Option(level, Text(f"likeness-{level}"), Text(f"likeness-{level}-hint"), selected, hidden=hidden)


def _trait(trait: str, values: Iterable[str]) -> Source:
    return _fixed({value: f"trait-{trait}-{value}" for value in values})
