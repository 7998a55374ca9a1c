"""Forget me: after one more question, everything about the caller is erased, with a receipt."""

from __future__ import annotations

from dataclasses import dataclass

from bot.caller import Caller
from bot.chat import Action, Argument, Command, Reply, Text
from bot.live import Live
from bot.storage import Storage
from bot.storage.copies import KEPT_DAYS


@dataclass(frozen=True, slots=True)
class Args:
    """``yes`` once the member has confirmed."""

    choice: str | None = None


class Forget:
    """Asks, then erases, counts and says what stays."""

    def __init__(self, storage: Storage, live: Live) -> None:
        self._storage = storage
        self._live = live

    def command(self) -> Command:
        """The declaration; reached by the button of /privacy only."""
        return Command("forget", self, (Argument("choice", "choice", source="confirm"),), listed=False, args=Args)

    async def __call__(self, caller: Caller, args: Args) -> Reply:
        if args.choice is None:
            return Reply(
                lines=(Text("forget-confirm"), Text("forget-what"), Text("forget-stays", {"days": KEPT_DAYS})),
                actions=(
                    Action(Text("action-forget-yes"), "forget", choice="yes", tone="danger"),
                    Action(Text("action-back"), "privacy"),
                ),
                replaces=True,
            )
        receipt = await self._storage.members.forget(caller.member)
        for job in receipt.cancelled:
            self._live.cancel(job)
        lines = [Text("forget-done")]
        lines += [Text(f"receipt-{what}", {"count": count}) for what, count in receipt.counts.items() if count]
        if not any(receipt.counts.values()):
            lines.append(Text("receipt-nothing"))
        lines += [Text(f"kept-{what}", {"count": count}) for what, count in receipt.kept.items() if count]
        return Reply(
            lines=tuple(lines),
            replaces=True,
            forget=True,
            forgotten=receipt.jobs,
            unshare=tuple(str(job) for job in receipt.shared),
        )
