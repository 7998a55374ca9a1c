"""The line in front of the painter: who goes with whom, and who waits for whom."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from generator.sdxl.batching import Line

pytestmark = pytest.mark.xdist_group("sdxl")


@dataclass(eq=False)
class Wish:
    name: str
    key: str = "a"
    whose: str = ""
    turn: int = 0

    def __post_init__(self) -> None:
        self.whose = self.whose or self.name


class Painter:
    """Notes who was painted with whom; waits at the gate before each batch."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.started = threading.Semaphore(0)
        self.batches: list[list[str]] = []

    def __call__(self, batch: Sequence[Wish]) -> None:
        self.batches.append([wish.name for wish in batch])
        self.started.release()
        assert self.gate.acquire(timeout=20)


def put(line: Line, *wishes: Wish) -> None:
    with line.preparing() as add:
        add(wishes)


def after(first: str, wishes: Sequence[Wish], most: Callable[[], int] = lambda: 3) -> list[list[str]]:
    """The batches painted when ``wishes`` came one by one while ``first`` was being painted."""
    painter = Painter()
    line = Line(painter, most)
    put(line, Wish(first))
    assert painter.started.acquire(timeout=20)
    for wish in wishes:
        put(line, wish)
    for _ in range(len(wishes)):
        painter.gate.release()
    while sum(map(len, painter.batches)) <= len(wishes):
        assert painter.started.acquire(timeout=20)
    painter.gate.release(100)
    line.close()
    return painter.batches[1:]


def test_those_who_fit_go_together_as_many_as_may() -> None:
    assert after("x", [Wish(name) for name in "abcde"]) == [["a", "b", "c"], ["d", "e"]]


def test_who_came_first_is_painted_first_and_takes_along_who_fits() -> None:
    wishes = [Wish("a"), Wish("b", "other"), Wish("c"), Wish("d", "other"), Wish("e")]
    assert after("x", wishes) == [["a", "c", "e"], ["b", "d"]]


def test_members_take_turns_however_many_pictures_each_has_in_the_line() -> None:
    burst = [Wish(f"a{n}", whose="a") for n in range(6)]
    assert after("x", [*burst, Wish("b")]) == [["a0", "b", "a1"], ["a2", "a3", "a4"], ["a5"]]
    assert after("x", [Wish("a0", "k0", "a"), Wish("a1", "k1", "a"), Wish("b")], lambda: 1) == [["a0"], ["b"], ["a1"]]
    assert after("x", [Wish("x1", whose="x"), Wish("b")], lambda: 1) == [["b"], ["x1"]], "who had one just now waits"


def test_whoever_comes_waits_for_one_picture_of_each_and_keeps_nobody_waiting_for_ever() -> None:
    painter = Painter()
    line = Line(painter, lambda: 1)
    with line.preparing() as add:
        add([Wish(f"a{n}", whose="a") for n in range(3)])
    for name in "bcdef":
        assert painter.started.acquire(timeout=20)
        put(line, Wish(name))
        painter.gate.release()
    painter.gate.release(100)
    for _ in range(3):
        assert painter.started.acquire(timeout=20)
    line.close()
    assert [name for (name,) in painter.batches] == ["a0", "b", "a1", "c", "a2", "d", "e", "f"]


def test_how_many_may_go_together_is_asked_each_time() -> None:
    sizes = iter([1, 1, 2, 1, 1, 1])
    assert after("x", [Wish(name) for name in "abcd"], lambda: next(sizes)) == [["a"], ["b", "c"], ["d"]]


def test_who_is_about_to_come_is_waited_for_where_nothing_else_is_to_do() -> None:
    painter = Painter()
    line = Line(painter, lambda: 2, window=0, idle_window=20)
    with line.preparing() as add:
        put(line, Wish("a"))
        add([Wish("b")])
    assert painter.started.acquire(timeout=20)
    assert painter.batches == [["a", "b"]]
    painter.gate.release()
    line.close()


def test_waits_no_longer_than_the_window_and_not_at_all_for_nobody() -> None:
    painter = Painter()
    line = Line(painter, lambda: 2, window=0.01, idle_window=0.01)
    with line.preparing():  # for ever, as far as the line knows
        put(line, Wish("a"))
        assert painter.started.acquire(timeout=20)
        painter.gate.release()
    line.close()
    busy = Line(painter, lambda: 2, window=0.01, idle_window=3600)
    put(busy, Wish("first"))
    assert painter.started.acquire(timeout=20)
    with busy.preparing():
        put(busy, Wish("second"))
        painter.gate.release(2)
        assert painter.started.acquire(timeout=20)
    busy.close()
    patient = Line(painter, lambda: 2, window=3600, idle_window=3600)
    with pytest.raises(ZeroDivisionError), patient.preparing():
        raise ZeroDivisionError  # who fails on the way is no longer waited for
    put(patient, Wish("b"))
    assert painter.started.acquire(timeout=20)
    painter.gate.release()
    patient.close()
    assert painter.batches == [["a"], ["first"], ["second"], ["b"]]


def test_a_painter_that_fails_leaves_a_line_that_says_so() -> None:
    def paint(_batch: Sequence[Wish]) -> None:
        raise OSError

    line = Line(paint, lambda: 1)
    assert not line.broken
    put(line, Wish("a"))
    line._thread.join(20)
    assert line.broken
    line.close()


def test_who_leaves_the_line_is_neither_painted_nor_remembered() -> None:
    painter = Painter()
    painter.gate.release(100)
    line = Line(painter, lambda: 2, window=3600, idle_window=3600)
    gone = threading.Event()
    with line.preparing() as add:
        wish = Wish("a")
        weakref.finalize(wish, gone.set)
        put(line, wish)
        line.withdraw([wish])
        del wish
        assert gone.wait(20)
        add([Wish("b")])
    assert painter.started.acquire(timeout=20)
    line.close()
    assert painter.batches == [["b"]]


def test_nothing_of_a_batch_stays_after_it_was_painted() -> None:
    painter = Painter()
    painter.gate.release(100)
    line = Line(painter, lambda: 1)
    wish = Wish("a")
    gone = threading.Event()
    weakref.finalize(wish, gone.set)
    put(line, wish)
    del wish
    assert gone.wait(20)
    line.close()
