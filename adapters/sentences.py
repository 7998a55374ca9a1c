"""Sentences on their way into any chat: which words are commands, how long they are, where they are cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeVar

HEADLINE = 90
"""A wider first sentence is no headline."""
CELLS = 12

COMMAND = re.compile(r"(?<![\w/.:<&?=-])/([a-z0-9-]{1,32})(?![A-Za-z0-9_/-]|\.\w)")
URL = re.compile(r"https?://[^\s<]+")

T = TypeVar("T")


def outside_urls(text: str, change: Callable[[str], str]) -> str:
    """``text`` with everything that is no address changed."""
    pieces: list[str] = []
    end = 0
    for match in URL.finditer(text):
        pieces += [change(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*pieces, change(text[end:])])


def paragraphs(lines: Sequence[tuple[str, str]], item: str, long: int) -> Iterator[str]:
    """Sentences, each with its wording key, as paragraphs: the same one again and again is a list, marked by ``item``.

    One that is wider than ``long`` is a paragraph of its own; shorter ones stand line by line.
    """
    short: list[str] = []
    for _, run in groupby(lines, key=lambda line: line[0]):
        same = [said for _, said in run]
        if len(same) > 1:
            yield "\n".join([*short, *(f"{item}{said}" for said in same)])
            short = []
        elif width(same[0]) <= long:
            short += same
        else:
            yield from ["\n".join(short)] if short else []
            yield same[0]
            short = []
    if short:
        yield "\n".join(short)


def bar(fraction: float) -> str:
    """How far it has got, as text."""
    done = round(min(1.0, max(0.0, fraction)) * CELLS)
    return "▰" * done + "▱" * (CELLS - done)


def cut(text: str, most: int) -> str:
    """``text``, ended with … where it would be longer than the platform takes."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def units(text: str) -> int:
    """A length in UTF-16, as platforms count it: never less than whatever they count otherwise."""
    return len(text.encode("utf-16-le")) // 2


def width(text: str) -> int:
    """How many columns ``text`` takes: a Korean letter is as wide as two others."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def even(things: Sequence[T], most: int) -> list[Sequence[T]]:
    """``things`` in parts of about the same size, none larger than ``most``."""
    parts = -(-len(things) // most)
    bounds = [len(things) * number // parts for number in range(parts + 1)] if parts else []
    return [things[low:high] for low, high in pairwise(bounds)]
