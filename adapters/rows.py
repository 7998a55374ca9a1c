"""Which buttons belong together, on every platform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from bot.chat import Action


@dataclass(frozen=True, slots=True)
class Row:
    """Buttons that stand together; what follows begins beneath them."""

    actions: tuple[Action, ...]
    alike: bool
    """They do the same and differ in their choice alone, as *Use 1*, *Use 2*, *Use 3* do."""


def in_rows(actions: Iterable[Action]) -> list[Row]:
    """``actions`` in their order: such as are alike stand together, and so does all that is between them."""
    found: list[Row] = []
    for (*_, choice), group in groupby(actions, key=lambda one: (one.command, one.job, bool(one.choice))):
        run = tuple(group)
        if choice and len(run) > 1:
            found.append(Row(run, alike=True))
        elif found and not found[-1].alike:
            found[-1] = Row((*found[-1].actions, *run), alike=False)
        else:
            found.append(Row(run, alike=False))
    return found
