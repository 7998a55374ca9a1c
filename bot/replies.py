"""What a job looks like to its member: waiting, being drawn, finished, failed, cancelled, erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot import likeness
from bot.chat import Action, Picture, Reply, Text, Tile
from bot.quotas import MS_PER_HOUR
from bot.standby import PAINTER, stand_ins
from bot.storage import JobSpec
from bot.storage.outbox import AVATAR_KEPT_MS
from bot.storage.rows import Why
from bot.storage.spool import Pictures
from generator.engine import MOST_LIKE, Progress, Trace
from generator.styles import Catalog, Style

SECONDS_PER_MINUTE = 60
KEPT_HOURS = AVATAR_KEPT_MS // MS_PER_HOUR
"""How long a delivered avatar stays fetchable, as sentences say it."""


UNFIT, BROKEN = "note-picture-left-out", "note-picture-broken"
"""An engine's own notes: of a grid, some pictures are not to be seen, or came to nothing."""
LEFT_OUT = frozenset({UNFIT, BROKEN})
"""They are about the pictures that are missing, and about no other."""
OF_GRIDS = LEFT_OUT | {"note-still-grid"}
"""They mean nothing to whoever has taken one out of several."""


class Replies:
    """Writes replies about jobs, for the commands that start them and for the courier that ends them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def style(self, style: str, locale: str) -> Text:
        """The name of a style, also of one that is no longer installed."""
        known = self._catalog.get(style)
        return Text("verbatim", {"text": known.called(locale) if known else style})

    def styles(self, styles: Sequence[str], locale: str) -> Text:
        """The names of several, each once."""
        names = [known.called(locale) if (known := self._catalog.get(style)) else style for style in styles]
        return Text("verbatim", {"text": ", ".join(dict.fromkeys(names))})

    def of(self, spec: JobSpec, locale: str) -> Text:
        """The names of all styles of a job."""
        return self.styles(spec.styles or (spec.style,), locale)

    def waiting(self, job: int, spec: JobSpec, locale: str, place: int, seconds: float) -> Reply:
        """In line: place 1 is next; ``seconds`` until the picture is expected."""
        headline = Text("job-waiting", {"place": place, "duration": duration(seconds), "style": self.of(spec, locale)})
        return Reply(lines=(headline, *_remarks(spec)), actions=(_cancel(job),), progress=0.0, busy=True, locale=locale)

    def drawing(self, job: int, spec: JobSpec, locale: str, progress: Progress | None) -> Reply:
        """Being drawn, with a preview as soon as there is one."""
        fraction = min(1.0, max(0.0, progress.fraction)) if progress else 0.0
        style = self.of(spec, locale)
        preview = progress.preview if progress else None
        headline = "job-drawing" if spec.count == 1 else "job-drawing-grid"
        return Reply(
            lines=(Text(headline, {"style": style, "percent": int(fraction * 100), "count": spec.count}),),
            picture=Picture(preview, Text("picture-preview", {"style": style}), tiles=spec.count) if preview else None,
            actions=(_cancel(job),),
            progress=fraction,
            busy=True,
            locale=locale,
        )

    def result(
        self,
        job: int,
        spec: JobSpec,
        locale: str,
        kept: Pictures,
        *,
        trace: Trace | None,
        notes: tuple[str, ...] = (),
        shared: bool = False,
        headline: Text | None = None,
        drawn_as: str = "",
        why: Why = "away",
        paintable: bool = False,
    ) -> Reply:
        """The finished avatar, or a grid of several; what is to be said about it and what can be done next.

        ``drawn_as``: what another engine drew in place of the style that was asked for, and ``why``; ``paintable``:
        which may yet be painted, also while nobody paints: this reply stays as it is when the painter comes back. What
        is no painted style any more cannot be, whatever is said of the job.
        """
        drawn = spec.styles or (spec.style,)
        if drawn_as:
            drawn = stand_ins(self._catalog, spec) if spec.styles else (drawn_as,)
        style = self.styles(drawn, locale)
        paintable = paintable and self.painted(spec)
        parts = kept.parts
        there = [place for place, part in enumerate(parts) if part]
        ready = Text("grid-ready" if parts else "result-ready", {"style": style, "count": len(there)})
        lines = [headline or ready, *_remarks(spec)]
        if drawn_as:
            note = "note-drawn-simple-grid" if parts else "note-drawn-simple"
            lines.append(Text(note, {"style": style, "why": why}))
        if spec.has_photo:
            left = Text(f"trace-{trace or 'high'}")
            wanted = Text("result-likeness", {"level": level(spec.likeness)})
            # In one paragraph: the more there is to read, the less of it is read.
            lines.append(Text("result-photo", {"likeness": wanted, "trace": left}) if self._bends(spec) else left)
        lines += [Text(note) for note in notes if note not in LEFT_OUT]
        lines += _left_out(len(parts) - len(there), LEFT_OUT.intersection(notes))
        if shared and headline is None:
            lines.append(Text("result-shared"))
        lines.append(Text("result-kept-photo" if spec.has_photo else "result-kept", {"hours": KEPT_HOURS}))
        return Reply(
            lines=tuple(lines),
            picture=Picture(
                kept.png,
                Text("picture-grid" if parts else "picture-avatar", {"style": style, "count": len(there)}),
                tiles=len(parts) or 1,
            ),
            actions=(
                _out_of_grid(job, spec, there, paintable=paintable)
                if parts
                else _next(
                    job, spec, bends=self._bends(spec), moves=bool(kept.loop), shared=shared, paintable=paintable
                )
            ),
            locale=locale,
        )

    def moving(self, job: int, spec: JobSpec, locale: str, kept: Pictures, drawn_as: str = "") -> Reply:
        """The same picture, moving: as a file wherever a chat would make something else of it."""
        style = self.style(drawn_as or spec.style, locale)
        return Reply(
            lines=(Text("moving-ready", {"style": style}),),
            picture=Picture(kept.loop, Text("picture-moving", {"style": style}), "image/gif", still=kept.png),
            actions=(_delete(job),),
            locale=locale,
        )

    def painted(self, spec: JobSpec) -> bool:
        """Whether a job would be painted if it were placed again: its style may be another one by now, or gone."""
        style = self._catalog.get(spec.style)
        return style is not None and style.engine == PAINTER

    def _bends(self, spec: JobSpec) -> bool:
        """Whether likeness changes anything: a figure takes no more than colours from a photo."""
        style = self._catalog.get(spec.style)
        return spec.has_photo and (style is None or style.photo)

    def failed(
        self, job: int, spec: JobSpec, locale: str, key: str, parameters: Mapping[str, str | int | float]
    ) -> Reply:
        """The engine gave up; nothing was charged."""
        return Reply(
            lines=(Text(key, parameters), Text("job-free")),
            actions=(_again(job, spec), Action(Text("action-other"), "other", job)),
            locale=locale,
        )

    def cancelled(self, spec: JobSpec, locale: str) -> Reply:
        """Stopped by its member; nothing was charged."""
        line = Text("job-cancelled-photo" if spec.has_photo else "job-cancelled")
        return Reply(lines=(line,), replaces=True, erases=True, locale=locale)

    def erased(self, locale: str, shared: int | None = None) -> Reply:
        """There was a picture; it is gone for good. ``shared``: its job, if the room still shows it."""
        actions = () if shared is None else (_unshare(shared),)
        return Reply(lines=(Text("job-erased"),), actions=actions, replaces=True, locale=locale)

    def photo_again(self, action: Action, locale: str) -> Reply:
        """The photo was erased with its job, so ``action`` needs it again."""
        return Reply(lines=(Text("photo-again"),), actions=(action,), locale=locale)

    def tile(self, style: Style, locale: str, action: Action) -> Tile:
        """One style on a wall."""
        name = self.style(style.id, locale)
        return Tile(picture=Picture(style.preview, Text("picture-style", {"style": name})), label=name, action=action)


def level(value: int) -> Text:
    """A likeness of 0 … 100 as members know it."""
    return Text(f"likeness-{likeness.nearest(value)}")


def duration(seconds: float) -> Text:
    """About how long, as people say it."""
    if seconds < 90:
        return Text("duration-seconds", {"count": max(1, round(seconds))})
    if seconds < 90 * SECONDS_PER_MINUTE:
        return Text("duration-minutes", {"count": round(seconds / SECONDS_PER_MINUTE)})
    return Text("duration-hours", {"count": round(seconds / SECONDS_PER_MINUTE**2)})


def _remarks(spec: JobSpec) -> list[Text]:
    return [Text(spec.remark, {"level": level(spec.likeness)})] if spec.remark else []


def _left_out(count: int, notes: Collection[str]) -> list[Text]:
    """Why ``count`` pictures of a grid are missing: in one sentence, for nobody knows how many there are of each kind."""
    if not count:
        return []
    key = "note-pictures-missing" if len(notes) > 1 else next(iter(notes), UNFIT)
    return [Text(key, {"count": count})]


def number(job: int) -> str:
    """A job's number as members see it."""
    return f"#{job}"


def _again(job: int, spec: JobSpec) -> Action:
    return Action(Text("action-again"), "again", job, wants_photo=spec.has_photo, tone="primary")


def _paint(job: int, spec: JobSpec) -> Action:
    return Action(Text("action-paint"), "paint", job, wants_photo=spec.has_photo)


def _delete(job: int) -> Action:
    return Action(Text("action-delete"), "delete", job, tone="danger")


def _cancel(job: int) -> Action:
    return Action(Text("action-cancel"), "cancel", job, tone="danger")


def _unshare(job: int) -> Action:
    return Action(Text("action-unshare"), "unshare", job)


def _next(job: int, spec: JobSpec, *, bends: bool, moves: bool, shared: bool, paintable: bool) -> tuple[Action, ...]:
    actions = [_again(job, spec)]
    if paintable:
        actions.append(_paint(job, spec))
    actions.append(Action(Text("action-four"), "four", job, wants_photo=spec.has_photo))
    if bends and likeness.stronger(spec.likeness) > spec.likeness:
        actions.append(Action(Text("action-more"), "more", job, wants_photo=True))
    if bends:
        # One level below a hint there is no photo left to send.
        actions.append(Action(Text("action-less"), "less", job, wants_photo=likeness.weaker(spec.likeness) > 0))
    actions.append(Action(Text("action-other"), "other", job))
    if moves:
        actions.append(Action(Text("action-moving"), "moving", job))
    if shared:
        actions.append(_unshare(job))
    else:
        actions.append(Action(Text("action-share"), "share", job, posts=True))
    actions.append(Action(Text("action-save"), "save", job))
    actions.append(_delete(job))
    return tuple(actions)


def _out_of_grid(job: int, spec: JobSpec, there: Sequence[int], *, paintable: bool) -> tuple[Action, ...]:
    """What can be done with a grid that has pictures at these places (0 = the first)."""
    numbers = [str(place + 1) for place in there]
    actions = [Action(Text("action-use", {"number": number}), "use", job, number, tone="primary") for number in numbers]
    if len(spec.like) < MOST_LIKE:
        actions += [
            Action(Text("action-like", {"number": number}), "like", job, number, wants_photo=spec.has_photo)
            for number in numbers
        ]
    actions.append(replace(_again(job, spec), tone="normal"))
    if paintable:
        actions.append(_paint(job, spec))
    actions.append(Action(Text("action-other"), "other", job))
    actions.append(_delete(job))
    return tuple(actions)
