"""Placing a job: from what a member wishes to a place in line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

from bot.caller import Caller
from bot.chat import Action, Reply, Text, Upload
from bot.errors import Refused
from bot.replies import Replies
from bot.standby import PAINTER, beside
from bot.storage import Accepted, JobSpec, JobView, Limits, Preferences, RoomPolicy, Storage, Ticket
from generator import words
from generator.engine import DEFAULT_LIKENESS, DEFAULT_SIZE, MOST_PICTURES, Photo, Quality
from generator.styles import Catalog, Style
from generator.traits import FIGURES

Decode = Callable[[bytes], Awaitable[Photo]]
"""Bytes of a stranger's file → a photo. Raises ``generator.errors.PhotoRefused``."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member asked for; what is None is chosen for them."""

    style: str | None = None
    likeness: int | None = None
    """0 … 100."""
    photo: Upload | None = None
    traits: Mapping[str, str] = field(default_factory=dict[str, str])
    attempt: int = 0
    paints: int | None = None
    """The job whose picture is to be painted in full, free of charge."""
    about: str = field(default="", repr=False)
    """The member's own words."""
    quality: Quality = ""
    count: int = 1
    """How many pictures in one grid."""
    in_styles: bool = False
    """A grid of one look in several styles instead: as many as there are, up to ``MOST_PICTURES``."""
    like: tuple[int, ...] = ()
    """See ``generator.engine.AvatarSpec``."""
    loop: bool = False
    """Moving, too."""


def same(spec: JobSpec, photo: Upload | None) -> Wish:
    """What was asked for when ``spec`` was made; its photo is erased, so it must have been sent again."""
    return Wish(
        style=spec.style,
        likeness=spec.likeness if spec.has_photo else None,
        photo=photo,
        traits=spec.traits,
        attempt=spec.attempt,
        about=spec.about,
        quality=spec.quality,
        count=1 if spec.styles else spec.count,
        in_styles=bool(spec.styles),
        like=spec.like,
        loop=spec.loop,
    )


def allowed(catalog: Catalog, policy: RoomPolicy, *, unchecked: bool = False) -> tuple[Style, ...]:
    """The styles that a room allows, in display order. Raises Refused when there is none.

    ``unchecked``: nobody looks at painted pictures before their member does.
    """
    styles = tuple(catalog.values())
    if policy.styles is not None:
        styles = tuple(style for style in styles if style.id in policy.styles)
    if unchecked and not policy.unchecked:
        styles = tuple(style for style in styles if style.engine != PAINTER)
    if not styles:
        raise Refused("refused-no-style")
    return styles


class Orders:
    """Makes jobs of wishes, within what the room and the member's own settings say."""

    def __init__(
        self,
        storage: Storage,
        catalog: Catalog,
        decode: Decode,
        replies: Replies,
        unchecked: Callable[[], bool] = lambda: False,
    ) -> None:
        self._storage = storage
        self._catalog = catalog
        self._decode = decode
        self._replies = replies
        self._unchecked = unchecked
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tries: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def place(self, caller: Caller, wish: Wish) -> Reply:
        """Accept one job, or raise Refused or PhotoRefused and have nothing happen at all."""
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        preferences = caller.preferences
        strength, remark = _strength(wish, policy, preferences)
        photo = wish.photo if strength > 0 else None
        style = self._style(wish, policy, preferences, with_photo=photo is not None)
        painted = style.engine == PAINTER
        _check_words(wish.about, policy)
        whoever = photo is not None or "figure" in wish.traits
        styles = self._beside(style, policy, with_photo=whoever) if wish.in_styles else ()
        if wish.in_styles and not styles:
            raise Refused("refused-one-style")
        spec = JobSpec(
            style=style.id,
            engine=style.engine,
            likeness=strength,
            traits=dict(wish.traits),
            seed=caller.seed,
            size=DEFAULT_SIZE,
            attempt=wish.attempt,
            has_photo=photo is not None,
            remark=remark,
            about=wish.about,
            quality=wish.quality if painted else "",
            count=len(styles) or wish.count,
            styles=styles,
            like=wish.like,
            unchecked=painted and policy.unchecked,
            instead=self._instead(styles or (style.id,), policy) if painted else (),
            loop=wish.loop,
        )
        ticket = Ticket(
            key=caller.key,
            room=caller.room,
            member=caller.member,
            spec=spec,
            locale=caller.locale,
            address=caller.address,
            channel=caller.channel,
            photo=None,
            paints=wish.paints,
        )
        limits = Limits(daily=policy.daily)
        accepted = await self._accept(ticket, limits, photo)
        if accepted.repeated:
            view = await self._storage.jobs.view(accepted.job, caller.room, caller.member)
            return await self.show(caller, view)
        return self._replies.waiting(accepted.job, spec, caller.locale, accepted.place, accepted.seconds)

    async def _accept(self, ticket: Ticket, limits: Limits, photo: Upload | None) -> Accepted:
        if photo is None:
            return await self._storage.jobs.accept(ticket, limits)
        # Decoding is the dearest thing that anybody can ask for: one call of a member at a time, so that nobody waits
        # behind all the photos of somebody else; and only if the job would be accepted, which the call before decides.
        async with self._turns.setdefault(ticket.member, asyncio.Lock()):
            if await self._storage.jobs.admit(ticket, limits):
                ticket = replace(ticket, photo=await self._decode(photo.data))
            return await self._storage.jobs.accept(ticket, limits)

    async def repeat(
        self, caller: Caller, view: JobView, action: Action, wish: Wish, *, after: JobSpec | None = None
    ) -> Reply:
        """Place ``wish``, made of an earlier job; ask for the photo again if that job had one and none came along.

        As the next try ``after`` that spec, if one is given: unlike all tries of its style that the member still sees.
        """
        if view.spec.has_photo and wish.photo is None and wish.likeness != 0:
            return self._replies.photo_again(action, caller.locale)
        if after is None:
            return await self.place(caller, wish)
        # One at a time: of two presses at once, the second is to know the try that the first has taken.
        async with self._tries.setdefault(caller.member, asyncio.Lock()):
            return await self.place(caller, replace(wish, attempt=await self._attempt(caller, after)))

    async def _attempt(self, caller: Caller, spec: JobSpec) -> int:
        others = [view.spec for view in await self._storage.jobs.mine(caller.room, caller.member)]
        return 1 + max(_last(one) for one in (spec, *others) if _kinds(one) & _kinds(spec))

    async def compares(self, caller: Caller, spec: JobSpec) -> bool:
        """Whether there are several styles here in which the look of ``spec`` can be seen side by side."""
        policy = await self._storage.rooms.policy(caller.room, caller.channel)
        style = self._catalog.get(spec.style)
        return style is not None and bool(self._beside(style, policy, with_photo=spec.has_photo))

    async def show(self, caller: Caller, view: JobView, headline: Text | None = None) -> Reply:
        """How a job of the caller's stands right now."""
        match view.state:
            case "queued":
                return self._replies.waiting(view.job, view.spec, caller.locale, view.place or 1, view.seconds or 0.0)
            case "running":
                return self._replies.drawing(view.job, view.spec, caller.locale, None)
            case "cancelled":
                return self._replies.cancelled(view.spec, caller.locale)
            case "failed":
                key = view.error_key or "error-draw-failed"
                return self._replies.failed(view.job, view.spec, caller.locale, key, view.error_parameters)
            case "done" if not view.kept:
                return self._replies.erased(caller.locale, view.job if view.shared else None)
            case "done":
                kept = await self._storage.jobs.pictures(view.job, caller.room, caller.member)
                return self._replies.result(
                    view.job,
                    view.spec,
                    caller.locale,
                    kept,
                    trace=view.trace,
                    notes=view.notes,
                    shared=view.shared,
                    headline=headline,
                    drawn_as=view.drawn_as,
                    why=view.why,
                    paintable=view.paintable,
                )

    def about(self, spec: JobSpec, style: str) -> str:
        """The words of an earlier job, where another style can do something with them."""
        found = self._catalog.get(style)
        return spec.about if found is not None and found.engine == PAINTER else ""

    def _style(self, wish: Wish, policy: RoomPolicy, preferences: Preferences, *, with_photo: bool) -> Style:
        styles = allowed(self._catalog, policy, unchecked=self._unchecked())
        by_id = {style.id: style for style in styles}
        if wish.style is not None:
            if wish.style not in by_id:
                known = self._catalog.get(wish.style)
                hidden = known is not None and known in allowed(self._catalog, policy)
                raise Refused("refused-unchecked" if hidden else "refused-style", {"style": wish.style})
            if wish.about and by_id[wish.style].engine != PAINTER:
                raise Refused("refused-words-style")
            return by_id[wish.style]
        if wish.about:
            # Who has something to say wants it painted, whatever their usual style is.
            by_id = {style.id: style for style in styles if style.engine == PAINTER}
            styles = tuple(by_id.values())
            if not styles:
                raise Refused("refused-words-none")
        usual = by_id.get(preferences.style or "")
        wanted = FIGURES.get(wish.traits.get("figure", ""))
        if wanted and not with_photo and (usual is None or usual.figure):
            # Who asks for a figure alone gets it plain: a style with another figure is not what they meant.
            usual = by_id.get(wanted) or next((style for style in styles if not style.figure), usual)
        return usual or next((style for style in styles if style.photo is with_photo), styles[0])

    def _instead(self, styles: tuple[str, ...], policy: RoomPolicy) -> tuple[str, ...]:
        """What the room allows to be drawn where painted ``styles`` cannot be; nothing is said where it allows all."""
        if policy.styles is None:
            return ()
        return beside(self._catalog, styles, policy.styles)

    def _beside(self, style: Style, policy: RoomPolicy, *, with_photo: bool) -> tuple[str, ...]:
        """``style`` and others of its engine that may be drawn here; empty where it is alone.

        First those that suit what is drawn, as different from each other as can be told without a look.
        """
        others = [one for one in allowed(self._catalog, policy, unchecked=self._unchecked()) if one != style]
        others = [one for one in others if one.engine == style.engine]
        chosen = [style]
        while others and len(chosen) < MOST_PICTURES:
            looks = [_look(one) for one in chosen]
            chosen.append(min(others, key=lambda one: (one.photo is not with_photo, looks.count(_look(one)))))
            others.remove(chosen[-1])
        return tuple(one.id for one in chosen) if len(chosen) > 1 else ()


def _look(style: Style) -> str:
    return style.fallback or style.recipe


def _kinds(spec: JobSpec) -> set[str]:
    return {spec.style, *spec.styles}


def _last(spec: JobSpec) -> int:
    """The last attempt that a job takes up."""
    return spec.attempt if spec.styles else spec.attempt + spec.count - 1


def _check_words(about: str, policy: RoomPolicy) -> None:
    """Raises Refused for words that may not be said here."""
    if not about:
        return
    if not policy.words:
        raise Refused("refused-words-off")
    found = words.found(about, policy.blocked_words)
    if found:
        raise Refused(f"refused-words-{found}")


def _strength(wish: Wish, policy: RoomPolicy, preferences: Preferences) -> tuple[int, str]:
    """The likeness that this job gets (0 without a photo), and what the member should know about it: a wording key."""
    if wish.photo is None:
        return 0, ""
    if wish.likeness is None:
        wanted = DEFAULT_LIKENESS if preferences.likeness is None else preferences.likeness
    else:
        wanted = wish.likeness
    if wanted == 0:
        return 0, "note-photo-unused"
    if policy.ceiling <= 0:
        return 0, "note-photo-forbidden"
    if wanted > policy.ceiling:
        # Only who asked for more is told; a default simply follows the room.
        return policy.ceiling, "note-ceiling" if wish.likeness is not None else ""
    return wanted, ""
