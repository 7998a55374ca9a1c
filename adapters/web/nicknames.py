"""What a member may be called in the room."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence

MAX_NICKNAME = 24

# Letters of other scripts that look Latin, and digits that look like letters: enough to see through "B0T" and "ВРР".
_LOOK_ALIKE = str.maketrans(
    "0134578авекмнорстухіјѕԁԛԝɡαβεικνορτυχ|$@",
    "oleastbabekmhopctyxijsdqwgabeikvoptuxlsa",
)
_RESERVED = frozenset(
    {"bot", "bpp", "bppbot", "botbpp", "avatarbot", "moderator", "mod", "admin", "administrator", "system"}
)
_RESERVED_PARTS = ("봇", "관리자", "운영자", "운영진", "moderator", "admin")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Blank letters: category "Lo" or "So", yet nothing is drawn.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def tidy(nickname: str) -> str:
    """``nickname`` in NFKC with single spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", nickname)).strip()


def skeleton(nickname: str) -> str:
    """What an eye takes from a nickname: two that look alike have the same skeleton."""
    folded = unicodedata.normalize("NFKD", nickname.casefold()).translate(_LOOK_ALIKE)
    kept = "".join(letter for letter in folded if unicodedata.category(letter)[0] in "LN")
    return unicodedata.normalize("NFC", kept) or folded.strip()


def objection(nickname: str, taken: Collection[str]) -> str | None:
    """The wording key of what is wrong with a tidy nickname, None when it will do. ``taken`` holds skeletons."""
    if not nickname:
        return "web-nickname-empty"
    if len(nickname) > MAX_NICKNAME:
        return "web-nickname-long"
    marks = [unicodedata.category(letter) in {"Mn", "Me"} for letter in unicodedata.normalize("NFD", nickname)]
    stacked = any(all(marks[at : at + 3]) for at in range(len(marks) - 2))
    if stacked or any(unicodedata.category(letter) in _UNSEEN or letter in _BLANK for letter in nickname):
        return "web-nickname-letters"
    bare = skeleton(nickname)
    if bare in _RESERVED or any(
        part in unicodedata.normalize("NFC", nickname.casefold()) or part in bare for part in _RESERVED_PARTS
    ):
        return "web-nickname-reserved"
    if bare in taken:
        return "web-nickname-taken"
    return None


def invent(adjectives: Sequence[str], animals: Sequence[str], taken: Collection[str]) -> str:
    """A friendly nickname that nobody has, e.g. "Quiet Otter"."""
    for number in ("", *range(2, 100)):
        nickname = f"{secrets.choice(adjectives)} {secrets.choice(animals)} {number}".strip()
        if objection(nickname, taken) is None:
            return nickname
    return f"Guest {secrets.token_hex(6)}"
