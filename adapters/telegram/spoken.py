"""What somebody writes after a command, in any order and in both languages: ``/avatar ink hair=long``."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.sentences import cut
from bot.chat import LOCALES, Argument, Call, Command, Handler, Text
from bot.wording import Wording, negotiate

MAX_LENGTH = 1000
MAX_PHRASE = 5
"""A label of more words than this must be put in quotes."""
MAX_SHOWN = 40
MAX_DIGITS = 15
STYLE = "style"
MATCHES = 5
"""So many guesses at what was meant."""
LIKE = 0.6
"""How much alike two words are that may have been meant for each other."""

_EQUALS = re.compile(r"\s*[=＝]\s*")
_TOKEN = re.compile(
    r'(?:(?P<name>[^\s="“”„«»]+)=)?(?:["“”„«](?P<quoted>[^"“”„«»]*)(?:["“”»]|$)|(?P<bare>[^\s"“”„«»]+))'
)
_PUNCTUATION = ".,;:!?、。"


@dataclass(frozen=True, slots=True)
class Match:
    """Something that may have been meant: a value of an argument."""

    argument: str
    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was understood: ``arguments`` by name, and a sentence about the first thing that was not."""

    command: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    problem: Text | None = None
    matches: tuple[Match, ...] = ()


async def parse(handler: Handler, wording: Wording, call: Call, text: str) -> Spoken:
    """The arguments of ``call.command`` in ``text``. Never raises: what cannot be understood is a sentence.

    Photos and members are not said in words, so they are never among the arguments.
    """
    command = next((one for one in handler.commands if one.name == call.command), None)
    if command is None or not text.strip():
        return Spoken(call.command)
    locale = await reads(handler, call)
    values = await _values(handler, wording, command.arguments, call, locale)
    styles = [argument for argument in command.arguments if argument.name == STYLE]
    # Where nobody has decided anything, everything is allowed.
    anywhere = await _values(handler, wording, styles, replace(call, room="", channel=""), locale)
    allowed = {value.match.value for value in values.get(STYLE, [])}
    forbidden = [value for value in anywhere.get(STYLE, []) if value.match.value not in allowed]
    reading = _Reading(command, wording, locale, values, forbidden)
    return reading.read(unicodedata.normalize("NFC", text[:MAX_LENGTH]))


async def reads(handler: Handler, call: Call) -> str:
    """The language in which a member reads: their own choice, which only the application knows."""
    # No command has this name, so nothing happens; the refusal is in the member's language.
    nothing = replace(call, key=f"{call.key}/language", command="", arguments={}, address=None)
    return (await handler.handle(nothing)).locale or negotiate(call.locale)


@dataclass(slots=True)
class _Value:
    """One value of an argument, and every way to say it."""

    match: Match
    words: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class _Said:
    """A word or a phrase, and all that it can mean."""

    words: str
    meanings: tuple[Match, ...]


class _Unclear(Exception):
    """Something was not understood."""

    def __init__(self, problem: Text, matches: Sequence[Match] = ()) -> None:
        super().__init__(problem.key)
        self.problem = problem
        self.matches = tuple(matches)


async def _values(
    handler: Handler, wording: Wording, arguments: Iterable[Argument], call: Call, locale: str
) -> dict[str, list[_Value]]:
    """Argument → its values here, each with its names in all languages."""
    found: dict[str, list[_Value]] = {}
    for argument in arguments:
        if argument.source is None or argument.kind != "choice":
            continue
        values: dict[str, _Value] = {}
        for language in (locale, *(one for one in LOCALES if one != locale)):
            # A member's own language would win over the one that is asked for, so it is nobody who asks.
            nobody = replace(call, member="", address=None, arguments={}, locale=language)
            for option in await handler.options(nobody, argument.name):
                match = Match(argument.name, option.value, option.label)
                value = values.setdefault(option.value, _Value(match, {_plain(option.value)}))
                for said in (_plain(wording.say(one, option.label)) for one in LOCALES):
                    value.words |= {said, said.replace(" ", "")}  # few agree where Korean has its spaces
        found[argument.name] = list(values.values())
    return found


class _Reading:
    """One line while it is read."""

    def __init__(
        self,
        command: Command,
        wording: Wording,
        locale: str,
        values: dict[str, list[_Value]],
        forbidden: Sequence[_Value],
    ) -> None:
        self._command = command
        self._wording = wording
        self._locale = locale
        self._values = values
        self._forbidden = forbidden
        self._found: dict[str, Any] = {}
        self._said: list[_Said] = []
        self._free: list[str] = []
        self._quoted: list[str] = []
        self._unclear: list[_Unclear] = []
        self._names = {
            argument.name: {
                _plain(argument.name),
                *(_plain(wording.say(one, Text(f"{command.name}-{argument.name}"))) for one in LOCALES),
                *(
                    _plain(wording.say(one, Text(f"{command.name}-{argument.name}"))).replace(" ", "")
                    for one in LOCALES
                ),
            }
            for argument in command.arguments
        }

    def read(self, text: str) -> Spoken:
        spoken = [one for one in self._command.arguments if one.kind in ("choice", "text", "number")]
        if not spoken:
            return Spoken(self._command.name)  # whoever thanks the bot in the same line has said nothing wrong
        self._tokens(list(_TOKEN.finditer(_EQUALS.sub("=", self._joined(text)))))
        self._settle()
        self._rest(spoken)
        first = self._unclear[0] if self._unclear else None
        if first is None:
            return Spoken(self._command.name, self._found)
        return Spoken(self._command.name, self._found, first.problem, first.matches)

    def _joined(self, text: str) -> str:
        """``text`` with names of arguments that are several words as one."""
        for name, words in self._names.items():
            for label in (one for one in words if " " in one):
                text = re.sub(rf"(?<!\w){re.escape(label)}(?!\w)", name, text, flags=re.IGNORECASE)
        return text

    # --- from words to meanings --------------------------------------------------------------------------------------

    def _tokens(self, tokens: Sequence[re.Match[str]]) -> None:
        at = 0
        while at < len(tokens):
            try:
                at += self._token(tokens[at], _bare(tokens[at + 1 :]))
            except _Unclear as unclear:
                self._unclear.append(unclear)
                at += 1

    def _token(self, token: re.Match[str], following: Sequence[str]) -> int:
        """Understand the next words; how many these were."""
        said = token["quoted"] if token["bare"] is None else token["bare"]
        name, _, value = said.partition(":")
        if token["bare"] and value and (argument := self._argument(name, exact=True)) is not None:
            return self._named(argument, [value, *following])  # as other platforms write it
        if token["name"]:
            argument = self._argument(token["name"])
            if argument is None:
                raise self._unknown(token[0])
            return self._named(argument, [said] if token["bare"] is None else [said, *following])
        if token["bare"] is None:
            before = len(self._free)
            self._bare([said])
            self._quoted += self._free[before:]
            return 1
        return self._bare([said, *following])

    def _named(self, argument: Argument, words: Sequence[str]) -> int:
        """``name=value``, whose value may go on in the next words."""
        if argument.name not in self._values:
            if argument.kind == "text":
                self._put(argument.name, " ".join(words))
                return len(words)
            if argument.kind == "number":
                self._put(argument.name, self._number(argument, words[0]))
            return 1
        if argument.name == STYLE and (count := self._refused(words, [STYLE])):
            return count
        count, meanings = self._longest(words, [argument.name])
        if not meanings:
            raise self._unknown(words[0], [argument.name])
        self._said.append(_Said(" ".join(words[:count]), meanings))
        return count

    def _bare(self, words: Sequence[str]) -> int:
        """A value without a name: the longest phrase that is one, or the beginning of one."""
        if count := self._refused(words, self._values):
            return count
        count, meanings = self._longest(words, self._values)
        if meanings:
            self._said.append(_Said(" ".join(words[:count]), meanings))
            return count
        if (argument := self._argument(words[0], exact=True)) is not None:
            return self._beside(argument, words)
        self._free.append(words[0])
        return 1

    def _beside(self, argument: Argument, words: Sequence[str]) -> int:
        """The name of an argument on its own: its value stands before it or after it, as in “long hair”."""
        if self._said and len(mine := _of(self._said[-1].meanings, argument.name)) == 1:
            self._said[-1] = replace(self._said[-1], meanings=mine)
            return 1
        return 1 + self._named(argument, words[1:]) if len(words) > 1 else 1

    def _refused(self, words: Sequence[str], arguments: Iterable[str]) -> int:
        """Say so of a style that is not allowed here; how many words named it. What else they may mean goes first."""
        known = {word for name in arguments for value in self._values[name] for word in value.words}
        for count in range(min(MAX_PHRASE, len(words)), 0, -1):
            phrase = _plain(" ".join(words[:count]))
            if phrase in known:
                return 0
            for value in self._forbidden:
                if phrase in value.words:
                    self._unclear.append(_Unclear(Text("telegram-style-forbidden", {"style": value.match.label})))
                    return count
        return 0

    def _longest(self, words: Sequence[str], arguments: Iterable[str]) -> tuple[int, tuple[Match, ...]]:
        among = [value for name in arguments for value in self._values[name]]
        for count in range(min(MAX_PHRASE, len(words)), 0, -1):
            phrase = _plain(" ".join(words[:count]))
            if found := tuple(value.match for value in among if phrase in value.words):
                return count, found
        word = _plain(words[0])
        if len(word) < 2 and word.isascii():
            return 1, ()  # a letter that strayed in is no beginning of anything
        return 1, tuple(value.match for value in among if any(each.startswith(word) for each in value.words))

    def _argument(self, name: str, *, exact: bool = False) -> Argument | None:
        wanted = _plain(name)
        same = [one for one in self._command.arguments if wanted in self._names[one.name]]
        if not same and not exact:
            same = [
                one for one in self._command.arguments if any(each.startswith(wanted) for each in self._names[one.name])
            ]
        return same[0] if len(same) == 1 else None

    # --- from meanings to arguments ----------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Take what is clear; what is not may be clear once other arguments have their values."""
        open_ = self._said
        while clear := [said for said in open_ if len(self._possible(said)) == 1]:
            for said in clear:
                self._take(said)
            open_ = [said for said in open_ if said not in clear]
        for said in open_:
            possible = self._possible(said)
            if possible:
                self._unclear.append(self._ambiguous(said.words, possible))
            else:
                self._take(said)

    def _possible(self, said: _Said) -> tuple[Match, ...]:
        if len(said.meanings) == 1:
            return said.meanings
        return tuple(match for match in said.meanings if match.argument not in self._found)

    def _take(self, said: _Said) -> None:
        possible = self._possible(said) or said.meanings
        if len(possible) == 1:
            self._put(possible[0].argument, possible[0].value)
        elif not any(self._found.get(match.argument) == match.value for match in possible):
            self._unclear.append(self._ambiguous(said.words, possible))

    def _put(self, name: str, value: Any) -> None:
        if self._found.setdefault(name, value) != value:
            label = self._wording.say(self._locale, Text(f"{self._command.name}-{name}"))
            self._unclear.append(_Unclear(Text("telegram-word-twice", {"name": label})))

    def _rest(self, spoken: Sequence[Argument]) -> None:
        """Words without a meaning of their own: a number, a text, or nothing that we know."""
        numbers = [one for one in spoken if one.kind == "number" and one.name not in self._found]
        texts = [one for one in spoken if one.kind == "text" and one.name not in self._found]
        free: list[str] = []
        for word in self._free:
            if len(numbers) == 1 and word.removeprefix("-").isdecimal():
                try:
                    self._put(numbers[0].name, self._number(numbers[0], word))
                except _Unclear as unclear:
                    self._unclear.append(unclear)
            else:
                free.append(word)
        if len(texts) == 1:
            # Beside arguments that have values of their own, a word that is none of these may be a slip of the pen.
            alone = all(one.kind == "text" for one in spoken)
            if said := free if alone else [word for word in free if word in self._quoted]:
                self._put(texts[0].name, " ".join(said))
            free = [word for word in free if word not in said]
        if free:
            self._unclear.append(self._unknown(free[0]))

    def _number(self, argument: Argument, word: str) -> int:
        least = 0 if argument.least is None else argument.least
        most = 10**MAX_DIGITS if argument.most is None else argument.most
        digits = word.removeprefix("-")
        number = int(word) if digits.isdecimal() and len(digits) <= MAX_DIGITS else None
        if number is None or not least <= number <= most:
            label = self._wording.say(self._locale, Text(f"{self._command.name}-{argument.name}"))
            raise _Unclear(Text("error-number", {"name": label, "least": least, "most": most}))
        return number

    # --- what was not understood -------------------------------------------------------------------------------------

    def _unknown(self, word: str, arguments: Iterable[str] | None = None) -> _Unclear:
        among = [value for name in (self._values if arguments is None else arguments) for value in self._values[name]]
        wanted = _letters(_plain(word))
        by_words = {_letters(each): value.match for value in among for each in value.words}
        like = difflib.get_close_matches(wanted, by_words, MATCHES, LIKE)
        like += [each for each in by_words if len(wanted) > 1 and wanted in each]
        once = {(match.argument, match.value): match for match in (by_words[each] for each in like)}
        matches = list(once.values())[:MATCHES]
        shown = cut(word, MAX_SHOWN)
        if not matches:
            return _Unclear(Text("telegram-word-unknown", {"word": shown}))
        return _Unclear(Text("telegram-word-like", {"word": shown, "matches": self._named_all(matches)}), matches)

    def _ambiguous(self, words: str, matches: Sequence[Match]) -> _Unclear:
        parameters = {"word": cut(words, MAX_SHOWN), "matches": self._named_all(matches[:MATCHES])}
        return _Unclear(Text("telegram-word-ambiguous", parameters), matches[:MATCHES])

    def _named_all(self, matches: Sequence[Match]) -> str:
        return ", ".join(
            f"{self._wording.say(self._locale, Text(f'{self._command.name}-{match.argument}'))}: "
            f"{self._wording.say(self._locale, match.label)}"
            for match in matches
        )


def _bare(tokens: Sequence[re.Match[str]]) -> list[str]:
    """The words up to the next one that has a name or stands in quotes."""
    words: list[str] = []
    for token in tokens:
        if token["name"] or token["bare"] is None:
            break
        words.append(token["bare"])
    return words


def _of(matches: Sequence[Match], argument: str) -> tuple[Match, ...]:
    return tuple(match for match in matches if match.argument == argument)


def _letters(word: str) -> str:
    """A word letter by letter: a Korean syllable is as many as were typed for it, of which one may be wrong."""
    return unicodedata.normalize("NFD", word)


def _plain(text: str) -> str:
    """A word as it is compared: past its case, its width and the comma behind it."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().strip(_PUNCTUATION).split())
