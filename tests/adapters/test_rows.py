"""Which buttons stand together: those that differ in their choice alone."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.rows import in_rows
from bot.chat import Action, Option, Text

LABEL = Text("action-again")


def said(actions: Iterable[Action]) -> list[tuple[bool, str]]:
    """Whether each row is alike, and what is in it."""
    return [
        (row.alike, " ".join(f"{one.command}{one.choice or ''}" for one in row.actions)) for row in in_rows(actions)
    ]


def test_what_differs_in_its_choice_alone_has_rows_of_its_own() -> None:
    use = [Action(LABEL, "use", 7, str(n)) for n in (1, 2)]
    like = [Action(LABEL, "like", 7, str(n)) for n in (1, 2)]
    rest = [Action(LABEL, command, 7) for command in ("again", "other", "delete")]
    apart = [(True, "use1 use2"), (True, "like1 like2"), (False, "again other delete")]
    assert said([*use, *like, *rest]) == apart
    assert said([*rest[:1], *use, *rest[1:]]) == [(False, "again"), (True, "use1 use2"), (False, "other delete")]
    assert said([]) == []


def test_everything_else_stands_together() -> None:
    alone = Action(LABEL, "forget", choice="yes")
    back = Action(LABEL, "privacy")
    menu = Action(LABEL, "set-style", options=(Option("ink", LABEL),))
    cancel = [Action(LABEL, "cancel", job) for job in (1, 2, 3)]
    others = [Action(LABEL, "show", 1, "a"), Action(LABEL, "show", 2, "a")]
    whole = [alone, back, menu, *cancel, *others]
    assert said(whole) == [(False, "forgetyes privacy set-style cancel cancel cancel showa showa")]
