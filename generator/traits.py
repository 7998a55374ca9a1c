"""The traits that a member may choose for an illustrated figure or a photo: names and value ids, nothing else.

Wording keys are ``trait-<name>`` and ``trait-<name>-<value>``.
"""

from __future__ import annotations

from collections.abc import Mapping

from generator.errors import SpecInvalid

FIGURES: Mapping[str, str] = {
    "bold": "peeps",
    "fine": "lorelei",
    "sketch": "notionists",
    "squares": "sprites",
    "creature": "critters",
}
"""Value of the trait ``figure`` → the style whose figures it means; each can be drawn in every style that has none."""

TRAITS: Mapping[str, tuple[str, ...]] = {
    "hair": ("bald", "short", "curly", "afro", "long", "bun", "covered", "hat"),
    "glasses": ("none", "round", "square", "shades"),
    "mood": ("happy", "calm", "cheeky", "serious", "surprised", "dreamy"),
    "beard": ("none", "moustache", "goatee", "full"),
    "skin": ("lightest", "light", "medium", "tan", "brown", "dark"),
    "colour": ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "grey"),
    "prop": ("mask", "cap", "headphones", "flowers"),
    "figure": tuple(FIGURES),
}
"""Trait → its value ids. ``colour`` tints clothes and backdrop; ``prop`` is worn by figures and on photos of people, and
by nobody who did not choose it."""


def check_traits(traits: Mapping[str, str]) -> None:
    """Raise ``SpecInvalid`` (``error-trait``) for a trait or a value that does not exist."""
    for name, value in traits.items():
        if value not in TRAITS.get(name, ()):
            raise SpecInvalid("error-trait", {"trait": name, "value": value})
