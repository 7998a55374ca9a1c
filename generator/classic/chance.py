"""Chance that repeats: one generator of random numbers for each purpose of each seed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

KEPT: Mapping[str, float] = {
    "colour": 0.65,
    "backdrop": 0.65,
    "clothes": 0.65,
    "glasses": 0.8,
    "mood": 0.8,
    "hair": 0.9,
    "beard": 0.9,
}
"""Theme → how probably a picture that is like another has it from there. What is no theme (the colours of skin and hair,
and which of the drawn noses, mouths and haircuts stand for a trait) it always has from there: it is to be the same
person."""
_PLAIN = ("colour", "backdrop", "mood", "glasses")
"""Themes whose change nobody overlooks."""
_PERSON = frozenset({"glasses", "mood", "hair", "beard"})
_MOST_OF_A_PERSON = 2
"""So many traits change at once, at most."""


def chance(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator that depends on ``seed`` (0 … 2**63-1) and on the words of ``purpose`` alone."""
    words = [part if isinstance(part, int) else zlib.crc32(part.encode()) for part in purpose]
    return np.random.Generator(np.random.PCG64([seed & 0xFFFFFFFF, seed >> 32, *words]))


@dataclass(frozen=True, slots=True)
class Luck:
    """Everything that is left to chance in one picture, and what of it the picture has from the one it is like.

    See ``AvatarSpec`` for ``seed``, ``attempt`` and ``like``. Each thing belongs to a theme; a picture that is like
    another has each theme either whole from there, or anew. Something that everybody sees is always new, and colour and
    backdrop never both are.
    """

    seed: int
    attempt: int = 0
    like: tuple[int, ...] = ()
    settled: frozenset[str] = frozenset()
    """Themes that are not left to chance here, or that do not show."""

    @property
    def parent(self) -> Luck | None:
        """That of the picture that this one is like."""
        return Luck(self.seed, self.like[-1], self.like[:-1], self.settled) if self.like else None

    def dice(self, theme: str, *purpose: str) -> np.random.Generator:
        """Numbers for ``purpose``, which belongs to ``theme``."""
        return chance(self.seed, *purpose, self.source(theme).attempt)

    def source(self, theme: str) -> Luck:
        """That of the picture in which ``theme`` was last new: this one, or one before it."""
        luck = self
        while (parent := luck.parent) is not None and theme not in luck.changed():
            luck = parent
        return luck

    def walk(self, theme: str, count: int, *purpose: str) -> int:
        """One of ``count`` things, 0 … count - 1. Attempts that follow each other get different ones, until all had
        their turn; what is new is not what it was."""
        luck = self.source(theme)
        order = [int(each) for each in chance(self.seed, *purpose).permutation(count)]
        if luck.parent is not None and count > 1:
            order.remove(luck.parent.walk(theme, count, *purpose))
        return order[luck.attempt % len(order)]

    def choice(self, theme: str, odds: Sequence[float], *purpose: str) -> int:
        """One of as many things as there are ``odds`` (sum 1), 0 …; what is new is not what it was."""
        luck = self.source(theme)
        weights = np.array(odds)
        if luck.parent is not None and np.count_nonzero(weights) > 1:
            weights[luck.parent.choice(theme, odds, *purpose)] = 0
            weights /= weights.sum()
        return int(chance(self.seed, *purpose, luck.attempt).choice(len(weights), p=weights))

    def changed(self) -> frozenset[str]:
        """The themes that are new in a picture that is like another."""
        dice = chance(self.seed, "like", self.attempt, *self.like)
        rolls = {theme: float(dice.random()) for theme in KEPT}
        free = [theme for theme in rolls if theme not in self.settled]
        new = [theme for theme in free if rolls[theme] >= KEPT[theme]]
        of_person = sorted((theme for theme in new if theme in _PERSON), key=rolls.__getitem__)
        new = [theme for theme in new if theme not in of_person[:-_MOST_OF_A_PERSON]]
        plain = [theme for theme in _PLAIN if theme in free]
        if plain and not set(plain).intersection(new):
            added = max(plain, key=rolls.__getitem__)
            if added in _PERSON and len(of_person) >= _MOST_OF_A_PERSON:
                new.remove(of_person[-_MOST_OF_A_PERSON])
            new.append(added)
        if {"colour", "backdrop"}.issubset(new):
            new.remove(min(("colour", "backdrop"), key=rolls.__getitem__))
        return frozenset(new)
