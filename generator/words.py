"""Words that no picture is painted of: found however they are spelt, and not inside of words that mean no harm.

A list of our own for clear terms, and lists that moderators make. Two kinds of letters are read in two ways: words in
Latin letters as whole words, for they have spaces around them; Hangul and all others anywhere inside a word, for endings
grow onto it. Imports nothing but the standard library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

WORD_CHARS = 40
"""Length of a word or phrase that moderators can block."""
LEAST_CHARS = 2
"""A single letter would block half of all that is said."""

Found = Literal["", "ours", "room"]
"""On which list a blocked word was: none, the one that holds everywhere, the room's own."""

# A star: whatever begins with it, too. An equals sign: a word of its own only, with an ending at most.
_ENGLISH = """
anal anus areola* bdsm beastiality behead* bestiality blowjob* bondage boob boobs boobies bukkake buttplug* clitoris
creampie cumshot* cunnilingus cunt* decapitat* deepthroat* dildo* disembowel* dismember* ecchi ejaculat* erotic*
eviscerat* fellatio fuck* gangbang* genital* gore gory handjob* hentai incest* jailbait lewd lolicon* loli masturbat*
milf molest* motherfuck* mutilat* naked nakedness necrophil* nipple* nsfw nude nudism nudist nudity orgasm* orgies orgy
paedo paedophil* pedo pedophil* penis porn* preteen* pubic pussies pussy rape raped raping rapist scrotum selfharm sex
sexual sexually shotacon* slut* softporn striptease stripper suicidal suicide testicle* tits titties titty topless
torture* underage undressed upskirt vagina* vulva whore* xxx zoophil*
child_sex no_clothes self_harm slit_wrist snuff_film without_clothes
"""

_KOREAN = """
19금 강간 고어물 근친상간 나체 난도질 누드 딸딸이 로리콘 매춘 목매단 벌거벗 사지절단 섹스 섹쓰 성추행 성폭행 성행위 소아성애 쇼타콘 쎅스 아동성애
아청물 알몸 오르가슴 오르가즘 유혈 윤간 음란 자위행위 젖가슴 젖꼭지 질내사정 참수 커닐링구스 토막살인 토막시체 페도필 펠라치오 포르노 피투성이
하드고어 헨타이 =고어 =성교 =성기 =성관계 =야동 =야설 =야한 =유두 =음경 =음부 =자살 =자위 =자해
"""

_HARMLESS = re.compile(
    r"\b(?:pussy[ -]?(?:cats?|willows?)|naked (?:eyes?|mole[ -]rats?)|suicide squad|nude (?:tones?|lipsticks?|makeup)"
    r"|rape (?:blossoms?|flowers?|fields?)|(?:blue|coal|great|marsh) tits|footed boob(?:y|ies))\b"
    r"|\bgore[ -]?tex\b|누드 ?(?:톤|색|베이지|립|김밥|메이크업)|유니섹스|[에서]섹스|건강간|최강간|참수리|유혈목이|나체육|윤간호|강간장"
)
"""What means no harm although a word of the list is in it, where the rules of reading do not tell."""

_LEET = str.maketrans("01345789@$!|", "oieastbgasil")
_LEET_OTHER = str.maketrans("1!", "ll")
_LATIN_ALIKE = str.maketrans("аеорсухікмтнвαεορυικτνѕј", "aeopcyxikmthbaeopuiktvsj")
_THRICE = re.compile(r"(.)\1{2,}")
_PARTICLES = frozenset(
    ("을", "를", "이", "가", "은", "는", "의", "로", "에", "도", "만", "과", "와", "한", "하고", "하는", "하기", "으로")
)
_RUN = 16
"""No blocked word is spelt in more pieces."""


def found(text: str, own: Collection[str] = ()) -> Found:
    """On which list a word of ``text`` is; ``own`` is the room's. The list that holds everywhere comes first."""
    plain = _plain(text)
    cleared = _HARMLESS.sub(" ", plain)
    said = _read(cleared)
    if _ours().meets(said):
        return "ours"
    if not own:
        return ""
    return "room" if _list(frozenset(own)).meets(said if cleared == plain else _read(plain)) else ""


def tidy(word: str) -> str:
    """A word or phrase as a list keeps it; empty for what cannot be on one: too short, too long, or no letters."""
    plain = " ".join(unicodedata.normalize("NFKC", word).casefold().split())
    letters = sum(char.isalnum() for char in plain)
    starred = "*" in plain.removesuffix("*")
    if letters < LEAST_CHARS or len(plain) > WORD_CHARS or starred or not plain.isprintable():
        return ""
    return plain if _Entry.of(plain) is not None else ""


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """One reading of a text. Each word is all that it may be, in the order in which it was said."""

    latin: tuple[tuple[str, ...], ...]
    latin_runs: frozenset[str]
    """What only appears when pieces beside each other are put together."""
    others: tuple[tuple[str, ...], ...]
    """What is not in Latin letters."""
    other_runs: tuple[str, ...]


def _read(plain: str) -> _Said:
    chunks = plain.split()
    others = [_other_forms(chunk) for chunk in chunks]
    return _Said(
        latin=tuple(word for chunk in chunks for word in _latin_words(chunk)),
        latin_runs=frozenset(_joined_latin(chunks)),
        others=tuple(forms for forms in others if forms),
        other_runs=tuple(_joined_others(others)),
    )


def _plain(text: str) -> str:
    """``text`` past case, width, accents and look-alikes; Hangul put together as far as it goes."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    marked = unicodedata.normalize("NFD", plain)
    bare = "".join(char for char in marked if unicodedata.category(char) not in ("Mn", "Cf"))
    return _composed(unicodedata.normalize("NFC", bare))


def _is_latin(char: str) -> bool:
    return "a" <= char <= "z" or char in "ßæœøđłı"


def _is_other(char: str) -> bool:
    return char.isalpha() and not _is_latin(char)


def _alike(word: str) -> str:
    """Letters of other scripts that look like Latin ones, beside Latin ones."""
    return word.translate(_LATIN_ALIKE) if any(_is_latin(char) for char in word) else word


def _latin_words(chunk: str) -> Iterator[tuple[str, ...]]:
    """The words in Latin letters of what has no space in it: its parts, and all of it without what is between them."""
    parts = re.split(r"[^\w@$!|]|_", chunk)
    words = [forms for part in parts if (forms := _latin_forms(part))]
    yield from words
    whole = _latin_forms(chunk)
    if len(words) > 1 and whole:
        yield whole


def _latin_forms(chunk: str) -> tuple[str, ...]:
    """All that the Latin letters of ``chunk`` may spell, taken as one word; empty where there is none."""
    word = _alike(chunk).rstrip("!|.,?")
    if not any(_is_latin(char) for char in word):
        return ()
    forms: dict[str, None] = {}
    for spelt in (word, word.translate(_LEET), word.translate(_LEET_OTHER).translate(_LEET)):
        letters = "".join(char for char in spelt if _is_latin(char))
        for form in (letters, _THRICE.sub(r"\1", letters), _THRICE.sub(r"\1\1", letters)):
            forms[form] = None
    return tuple(forms)


def _joined_latin(chunks: Sequence[str]) -> Iterator[str]:
    """What pieces beside each other spell where one of them is a single letter, or all of them are letters or digits.

    "a" and "i" are words of their own behind another word: "lol i want" says no more than it says.
    """
    words = [forms[0] if (forms := _latin_forms(chunk)) else "" for chunk in chunks]
    marks = [
        word or (chunk.translate(_LEET) if len(chunk) == 1 else "") for word, chunk in zip(words, chunks, strict=True)
    ]
    for pieces in (words, [mark if len(mark) == 1 else "" for mark in marks]):
        for start in range(len(pieces)):
            for end in range(start + 2, min(start + _RUN, len(pieces)) + 1):
                if not all(pieces[start:end]):
                    break
                if any(
                    len(piece) == 1 and (piece not in ("a", "i") or at == start or len(pieces[at - 1]) == 1)
                    for at, piece in enumerate(pieces[start:end], start)
                ):
                    yield "".join(pieces[start:end])


def _other_forms(chunk: str) -> tuple[str, ...]:
    """The letters of ``chunk`` that are not Latin: with digits between them, without, and without loose vowels."""
    letters = "".join(char for char in chunk if _is_other(char))
    if not letters:
        return ()
    counted = "".join(char for char in chunk if _is_other(char) or char.isdigit())
    whole = "".join(char for char in letters if not _is_jamo(char))
    return tuple(dict.fromkeys(form for form in (_composed(letters), counted, whole) if form))


def _joined_others(words: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Runs of single letters or syllables; the last may have an ending."""
    run = ""
    for forms in (*words, ()):
        word = forms[0] if forms else ""
        if len(word) == 1:
            run += word
            continue
        if run and word[1:] in _PARTICLES:
            run += word
        if len(run) > 1:
            yield _composed(run)
        run = ""


# --- Hangul -----------------------------------------------------------------------------------------------------------

_FIRST = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_MIDDLE = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_LAST = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]
_DOUBLE = {
    "ㅗㅏ": "ㅘ", "ㅗㅐ": "ㅙ", "ㅗㅣ": "ㅚ", "ㅜㅓ": "ㅝ", "ㅜㅔ": "ㅞ", "ㅜㅣ": "ㅟ", "ㅡㅣ": "ㅢ",
    "ㄱㅅ": "ㄳ", "ㄴㅈ": "ㄵ", "ㄴㅎ": "ㄶ", "ㄹㄱ": "ㄺ", "ㄹㅁ": "ㄻ", "ㄹㅂ": "ㄼ", "ㄹㅅ": "ㄽ", "ㄹㅌ": "ㄾ",
    "ㄹㅍ": "ㄿ", "ㄹㅎ": "ㅀ", "ㅂㅅ": "ㅄ",
}  # fmt: skip
_BASE, _END = 0xAC00, 0xD7A3
_HANGUL = re.compile("([ㄱ-ㅎㅏ-ㅣ가-힣]+)")


def _is_syllable(char: str) -> bool:
    return _BASE <= ord(char) <= _END


def _is_jamo(char: str) -> bool:
    return char in _FIRST or char in _MIDDLE or char in _LAST[1:]


def _composed(text: str) -> str:
    """Loose letters of Hangul put together into syllables, as a keyboard does it."""
    text = "".join(_compatible(char) for char in text)
    if not any(_is_jamo(char) for char in text):
        return text
    pieces = _HANGUL.split(text)
    return "".join(_typed(_letters(piece)) if place % 2 else piece for place, piece in enumerate(pieces))


def _compatible(char: str) -> str:
    """A letter of Hangul that NFKC left in its place within a syllable, as it stands alone."""
    code = ord(char)
    if 0x1100 <= code < 0x1100 + len(_FIRST):
        return _FIRST[code - 0x1100]
    if 0x1161 <= code < 0x1161 + len(_MIDDLE):
        return _MIDDLE[code - 0x1161]
    if 0x11A8 <= code < 0x11A7 + len(_LAST):
        return _LAST[code - 0x11A7]
    return char


def _letters(text: str) -> str:
    """Syllables as the letters that were typed for them."""
    letters: list[str] = []
    for char in text:
        if not _is_syllable(char):
            letters.append(char)
            continue
        rest, last = divmod(ord(char) - _BASE, len(_LAST))
        first, middle = divmod(rest, len(_MIDDLE))
        letters += [_FIRST[first], _MIDDLE[middle], _LAST[last]]
    return "".join(letters)


def _typed(letters: str) -> str:
    """What a keyboard makes of ``letters``."""
    made: list[str] = []
    place = 0
    while place < len(letters):
        first = letters[place]
        if not _opens(letters, place):
            made.append(first)
            place += 1
            continue
        middle, place = letters[place + 1], place + 2
        if (both := _DOUBLE.get(middle + letters[place : place + 1])) is not None:
            middle, place = both, place + 1
        last = letters[place : place + 1]
        if last and last in _LAST and not _opens(letters, place):
            place += 1
            both = _DOUBLE.get(last + letters[place : place + 1])
            if both is not None and not _opens(letters, place):
                last, place = both, place + 1
        else:
            last = ""
        code = (_FIRST.index(first) * len(_MIDDLE) + _MIDDLE.index(middle)) * len(_LAST) + _LAST.index(last)
        made.append(chr(_BASE + code))
    return "".join(made)


def _opens(letters: str, place: int) -> bool:
    """Whether the letter at ``place`` begins a syllable: a vowel follows it."""
    return letters[place] in _FIRST and letters[place + 1 : place + 2] in tuple(_MIDDLE)


# --- lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    """One word or phrase of a list, read as texts are."""

    words: tuple[str, ...]
    latin: bool
    begins: bool
    """The last word may go on."""
    alone: bool
    """Only as a word of its own; for words that are not in Latin letters."""

    @staticmethod
    def of(written: str) -> _Entry | None:
        """None for what has no letters that could be found."""
        plain = _plain(written.strip("*=").replace("_", " "))
        latin = not any(_is_other(char) for char in _alike(plain))
        words = tuple(word for chunk in plain.split() if (word := _spelt(chunk, latin=latin)))
        return _Entry(words, latin, written.endswith("*"), written.startswith("=")) if words else None


def _spelt(chunk: str, *, latin: bool) -> str:
    if latin:
        return "".join(char for char in _alike(chunk) if _is_latin(char))
    return "".join(char for char in chunk if _is_other(char) or char.isdigit())


class _List:
    """Words by the way in which they are looked for."""

    def __init__(self, written: Collection[str]) -> None:
        entries = [entry for word in written if (entry := _Entry.of(word)) is not None]
        single = [entry for entry in entries if entry.latin and len(entry.words) == 1]
        others = [entry for entry in entries if not entry.latin]
        self._whole = {form for entry in single for form in _plural(entry.words[0])}
        self._begun = tuple(entry.words[0] for entry in single if entry.begins)
        self._phrases = [entry for entry in entries if entry.latin and len(entry.words) > 1]
        self._alone = tuple(entry.words[0] for entry in others if entry.alone)
        self._anywhere = [("".join(entry.words), len(entry.words)) for entry in others if not entry.alone]

    def meets(self, said: _Said) -> bool:
        if any(self._latin(form) for forms in said.latin for form in forms) or said.latin_runs & self._whole:
            return True
        if any(_phrase_in(entry, said.latin) for entry in self._phrases):
            return True
        forms = [*(form for forms in said.others for form in forms), *said.other_runs]
        if any(_is_alone(word, form) for word in self._alone for form in forms):
            return True
        return any(
            any(word in form for form in forms)
            or any(word in "".join(one[0] for one in said.others[at : at + size]) for at in range(len(said.others)))
            for word, size in self._anywhere
        )

    def _latin(self, form: str) -> bool:
        return form in self._whole or form.startswith(self._begun)


def _phrase_in(entry: _Entry, words: Sequence[tuple[str, ...]]) -> bool:
    *firsts, last = entry.words
    for at in range(len(words) - len(firsts)):
        ends = any(
            form in _plural(last) or (entry.begins and form.startswith(last)) for form in words[at + len(firsts)]
        )
        if ends and all(word in words[at + place] for place, word in enumerate(firsts)):
            return True
    return False


def _is_alone(word: str, form: str) -> bool:
    return form.startswith(word) and (form == word or form[len(word) :] in _PARTICLES)


def _plural(word: str) -> tuple[str, ...]:
    """A word in Latin letters, and more than one of it."""
    return (word, f"{word}s", f"{word}es")


@lru_cache(1)
def _ours() -> _List:
    return _List(f"{_ENGLISH} {_KOREAN}".split())


@lru_cache(256)
def _list(own: frozenset[str]) -> _List:
    return _List(own)
