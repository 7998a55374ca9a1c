"""/queue: my jobs, with their place in line, and my pictures that are still kept."""

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
    """Lists the caller's jobs, unfinished ones first."""

    def __init__(self, storage: Storage, replies: Replies) -> None:
        self._storage = storage
        self._replies = replies

    def command(self) -> Command:
        """The declaration, as every platform presents it."""
        return Command("queue", self, args=Args)

    async def __call__(self, caller: Caller, _args: Args) -> Reply:
        views = await self._storage.jobs.mine(caller.room, caller.member)
        open_ones = [view for view in views if view.state in ("queued", "running")]
        kept = sorted((view for view in views if view.state == "done"), key=lambda view: view.job, reverse=True)
        shown = (open_ones + kept)[:SHOWN]
        lines = [Text("queue-headline", {"open": len(open_ones), "kept": len(kept)})]
        lines += [self._line(view, caller.locale) for view in shown]
        if len(open_ones) + len(kept) > SHOWN:
            lines.append(Text("queue-more", {"count": len(open_ones) + len(kept) - SHOWN}))
        return Reply(lines=tuple(lines), actions=tuple(_action(view) for view in shown))

    def _line(self, view: JobView, locale: str) -> Text:
        parameters: dict[str, str | int | float | Text] = {
            "number": number(view.job),
            "style": self._replies.style(view.spec.style, locale),
        }
        if view.state == "queued":
            parameters |= {"place": view.place or 1, "duration": duration(view.seconds or 0.0)}
            return Text("queue-waiting", parameters)
        return Text("queue-drawing" if view.state == "running" else "queue-done", parameters)


def _action(view: JobView) -> Action:
    parameters = {"number": number(view.job)}
    if view.state == "done":
        return Action(Text("action-show", parameters), "show", view.job)
    return Action(Text("action-cancel-number", parameters), "cancel", view.job, tone="danger")
