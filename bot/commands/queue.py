"""/queue: my jobs, with their place in line, and my pictures that are still kept or shared."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Action, Command, Reply, Text
from bot.replies import Replies, duration, number
from bot.storage import JobView, Storage

SHOWN = 8
"""More than this many buttons are no help to anybody."""


@dataclass(frozen=True, slots=True)
class Args:
    """Nothing to choose."""


class Queue:
    """Lists the caller's jobs: unfinished ones, then what others can see (to be taken back at any time), then the rest."""

    def __init__(self, storage: Storage, replies: Replies) -> None:
        self._storage = storage
        self._replies = replies

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command("queue", self, args=Args)

    async def __call__(self, caller: Caller, _args: Args) -> Reply:
        views = await self._storage.jobs.mine(caller.room, caller.member)
        open_ones = [view for view in views if view.state in ("queued", "running")]
        done = [view for view in reversed(views) if view.state == "done"]
        shown = open_ones[:SHOWN] + _within(done, SHOWN - len(open_ones))
        lines = [Text("queue-headline", {"open": len(open_ones), "kept": len(done)})]
        lines += [self._line(view, caller.locale) for view in shown]
        if (more := len(open_ones) + len(done) - SHOWN) > 0:
            lines.append(Text("queue-more", {"count": more}))
        return Reply(lines=tuple(lines), actions=tuple(_action(view) for view in shown))

    def _line(self, view: JobView, locale: str) -> Text:
        parameters: dict[str, str | int | float | Text] = {
            "number": number(view.job),
            "style": self._replies.of(view.spec, locale),
            "count": view.spec.count,
        }
        if view.state == "queued":
            parameters |= {"place": view.place or 1, "duration": duration(view.seconds or 0.0)}
            return Text("queue-waiting", parameters)
        if view.state == "running":
            return Text("queue-drawing", parameters)
        if view.spec.count > 1:
            return Text("queue-grid", parameters)
        return Text("queue-done" if view.kept else "queue-shared", parameters)


def _within(done: list[JobView], room: int) -> list[JobView]:
    """As many as there is room for, what others can see first. Neither kind may crowd the other out of reach."""
    shared, own = [view for view in done if view.shared], [view for view in done if not view.shared]
    for_own = min(len(own), max(room - len(shared), room // 2, 0))
    return shared[: max(0, room - for_own)] + own[:for_own]


def _action(view: JobView) -> Action:
    parameters = {"number": number(view.job)}
    if view.state == "done" and not view.kept:
        return Action(Text("action-unshare-number", parameters), "unshare", view.job)
    if view.state == "done":
        return Action(Text("action-show", parameters), "show", view.job)
    return Action(Text("action-cancel-number", parameters), "cancel", view.job, tone="danger")
