"""Says in words what is to be painted: the style's template, the person in it, and last what the member wrote.

There is no syntax in our prompts: no weights, no brackets, no commands. Words are all that is left of what a member
writes, so it can add to a picture, but neither end the style's text nor outweigh it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from generator.classic.chance import chance
from generator.errors import SpecInvalid
from generator.styles import Style

BUDGET = 75
"""What a text encoder of SDXL reads: 77 tokens, of which one opens and one closes."""

PERSON, THING, CREATURE = "a person", "a single subject full of character", "a friendly little creature"
NEGATIVE = (
    "photo, blurry, low quality, deformed, extra fingers, bad anatomy, cropped head, two heads, text, watermark, frame, "
    "washed out skin, nude, gore"
)
"""What no style wants; a style's own words come before."""

SKIN: Mapping[str, str] = {
    "lightest": "very fair skin",
    "light": "light skin",
    "medium": "warm beige skin",
    "tan": "tan skin",
    "brown": "brown skin",
    "dark": "dark brown skin",
}
_TONES: Mapping[str, str] = {
    "black": "black",
    "darkbrown": "dark brown",
    "brown": "brown",
    "auburn": "auburn",
    "ginger": "red",
    "blond": "blond",
    "grey": "grey",
    "plum": "plum",
    "teal": "teal",
}
_SURE = frozenset({"auburn", "ginger", "blond"})
"""Colours that are said of hair in a photo. A dark or grey headscarf measures like hair, and must not become hair."""
HAIR: Mapping[str, str] = {
    "bald": "a bald head",
    "short": "short {tone} hair",
    "curly": "curly {tone} hair",
    "afro": "a {tone} afro",
    "long": "long {tone} hair",
    "bun": "{tone} hair in a bun",
    "covered": "a headscarf",
    "hat": "a hat",
}
GLASSES: Mapping[str, str] = {"round": "round glasses", "square": "square glasses", "shades": "dark sunglasses"}
PROPS: Mapping[str, str] = {
    "mask": "a cloth face mask",
    "cap": "a baseball cap",
    "headphones": "headphones",
    "flowers": "a wreath of flowers",
}
BEARD: Mapping[str, str] = {"moustache": "a moustache", "goatee": "a goatee", "full": "a full beard"}
MOOD: Mapping[str, str] = {
    "happy": "a warm smile",
    "calm": "a calm face",
    "cheeky": "a playful grin",
    "serious": "a serious face",
    "surprised": "a surprised face",
    "dreamy": "a dreamy face",
}

FUR: Mapping[str, str] = {
    "lightest": "cream fur",
    "light": "light fur",
    "medium": "bright fur",
    "tan": "tawny fur",
    "brown": "deep fur",
    "dark": "dark fur",
}
EARS: Mapping[str, str] = {
    "short": "a small tuft",
    "curly": "a curly tuft",
    "afro": "a fluffy mane",
    "long": "long ears",
    "bun": "round ears",
    "covered": "a hood",
    "hat": "a hat",
}
WHISKERS: Mapping[str, str] = {"moustache": "whiskers", "goatee": "a tuft on the chin", "full": "a shaggy beard"}
"""What hair, beard and skin are on a creature."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*", re.UNICODE)
_PIECES = re.compile(r"[a-z]+|[0-9]|[^\sa-z0-9]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the painter reads. ``negative`` counts only where there is guidance."""

    text: str
    negative: str
    others: tuple[str, ...] = ()
    """``text`` before the style's other backdrops: what a second try of the same may read."""


def prompt_for(style: Style, traits: Mapping[str, str], about: str, seed: int, *, with_face: bool) -> Prompt:
    """The words for a picture in ``style`` of somebody with ``traits``; ``seed`` chooses among the style's backdrops.

    ``about`` is cut to what is left of the budget, the traits before the style's own words. Raises ``SpecInvalid``
    (``error-style-file``) when the style has no ``prompt`` with ``{subject}``.
    """
    template = style.parameters.get("prompt")
    if not isinstance(template, str) or template.count("{subject}") != 1:
        raise SpecInvalid(
            "error-style-file",
            {"file": str(style.source), "key": "parameters.prompt", "reason": "a text with one {subject}"},
        )
    negative = str(style.parameters.get("negative", ""))
    negative = f"{negative}, {NEGATIVE}" if negative else NEGATIVE
    backdrops = [str(each) for each in style.parameters.get("backdrops", ())] or ["plain"]
    if "{backdrop}" not in template:
        return Prompt(_text(style, template, traits, about, with_face=with_face), negative)
    texts = [
        _text(style, template.replace("{backdrop}", backdrop), traits, about, with_face=with_face)
        for backdrop in backdrops
    ]
    text = texts.pop(int(chance(seed, "backdrop").integers(len(texts))))
    return Prompt(text, negative, tuple(texts))


def _text(style: Style, template: str, traits: Mapping[str, str], about: str, *, with_face: bool) -> str:
    trigger = str(style.parameters.get("trigger", ""))
    before, after = (f"{trigger}, {template}" if trigger else template).split("{subject}")
    someone = CREATURE if traits.get("figure") == "creature" else PERSON
    subject = someone if with_face else THING
    said = looks(traits) if with_face else _colours(traits)
    joint = " with "
    for words in said:
        longer = f"{subject}{joint}{words}"
        if tokens(before + longer + after) > BUDGET:
            break
        subject, joint = longer, ", "
    text = before + subject + after
    added = _fitting(plain(about), BUDGET - tokens(text) - 1)
    return f"{text}, {added}" if added else text


def looks(traits: Mapping[str, str]) -> list[str]:
    """What is said of a person, the most telling first; nothing of a trait that is not there."""
    tone, hair = traits.get("hairtone", ""), traits.get("hair", "")
    human = traits.get("figure") != "creature"
    if not human:
        head = EARS.get(hair, "")
    elif hair in HAIR:
        head = HAIR[hair].replace("{tone} ", f"{_TONES[tone]} " if tone in _TONES else "")
    else:
        head = f"{_TONES[tone]} hair" if tone in _SURE else ""
    said = [
        (SKIN if human else FUR).get(traits.get("skin", ""), ""),
        head,
        PROPS.get(traits.get("prop", ""), ""),
        GLASSES.get(traits.get("glasses", ""), ""),
        (BEARD if human else WHISKERS).get(traits.get("beard", ""), ""),
        MOOD.get(traits.get("mood", ""), ""),
        f"{traits['colour']} {'clothes' if human else 'colours'}" if "colour" in traits else "",
    ]
    return [words for words in said if words]


def _colours(traits: Mapping[str, str]) -> list[str]:
    return [f"{traits['colour']} colours"] if "colour" in traits else []


def plain(about: str) -> str:
    """``about`` as words and commas on one line: no bracket, colon, bar or other sign that anything could read as more."""
    text = unicodedata.normalize("NFKC", about)
    parts = (" ".join(_WORD.findall(part)) for part in re.split(r"[,.;!?\n。、]", text))
    return ", ".join(part for part in parts if part)


def tokens(text: str) -> int:
    """At most how many tokens CLIP makes of ``text``, without its vocabulary: a little more than there are.

    An English word is one or two, a sign one, a letter of other scripts up to as many as it has bytes.
    """
    count = 0
    for piece in _PIECES.findall(text):
        count += -(-len(piece) // _LETTERS) if piece.isascii() else len(piece.encode())
    return count


_LETTERS = 7
"""Letters of English in one token; common words of up to twelve are one."""


def _fitting(text: str, budget: int) -> str:
    """As many whole words of ``text`` from its start as ``budget`` tokens hold."""
    words = text.split(" ")
    while words and (tokens(" ".join(words)) > budget or not words[-1]):
        words.pop()
    return " ".join(words).rstrip(",")
