"""Judges Telegram traffic by a document that nobody here wrote: the Bot API as data, made of Telegram's own page.

The document gives names, types and what is required; the rest it says in sentences. Added to it:

1. Everything is closed, both ways: a parameter or a field that the document does not list is a mistake. (The real
   server ignores what it does not know, so a misspelt `caption` would be lost without a word.)
2. Parameters are judged as they are sent: text in a form, nested values as JSON text, files beside them. A file must be
   wanted by its name or by attach://, and what attach:// names must be there.
3. The sentences are read: ranges ("1-64 bytes", "2-10 items"), values ("must be one of ..."), characters that are
   allowed, "required if ... is not specified", "exactly one of the fields ...", "instead of parse_mode".
4. A subtype is found by the one value that its type, source or status may have; where there is none, by what fits best.
5. What the page says elsewhere, or in words that no pattern catches, is written down here: see `_said`.
6. Bot API 10.2 and 10.3 are younger than the document: the tables about ephemeral messages, with their sources.
7. Two things are tolerated that no document allows: TOLERATED and PROBE.

Characters are counted in UTF-16 units, as entities are: the document does not say how, and no other reading is
stricter. With HTML they are counted without the tags; with Markdown, which the bot never uses, not at all.

What the document cannot see is the duty of the fake: whether chats, messages, files and queries exist, rights, sizes of
files and pictures, HTML that cannot be parsed, entities beyond their text, how many buttons a keyboard may have, that a
webhook's address is https, times, floods, and what an edit changes.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, cast

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 5  # problems told of one call; the rest is counted

Raw = dict[str, Any]
Told = tuple[str, str]  # place, what is wrong there
Rule = Callable[[Raw], Iterator[Told]]

# Changes of July 14 and August 24, 2026 (core.telegram.org/bots/api-changelog); fields as in the references of
# aiogram 3.30 (10.2) and 3.31 (10.3) and of the crate ronami-core 1.5 (10.3). Where 10.2 has two parameters, 10.3 has
# one object; a bot that sends both is understood by either server, for each ignores what it does not know.
EPHEMERAL_SENDERS = [
    *("sendMessage", "sendAnimation", "sendAudio", "sendDocument", "sendLivePhoto", "sendPhoto", "sendSticker"),
    *("sendVideo", "sendVideoNote", "sendVoice", "sendContact", "sendLocation", "sendVenue"),
]
EPHEMERAL_EDITS = {  # answer True; what they change is said as by the method for ordinary messages
    "editEphemeralMessageText": "editMessageText",
    "editEphemeralMessageMedia": "editMessageMedia",
    "editEphemeralMessageCaption": "editMessageCaption",
    "editEphemeralMessageReplyMarkup": "editMessageReplyMarkup",
    "deleteEphemeralMessage": None,
}
ORDINARY_IDS = {"business_connection_id", "chat_id", "message_id", "inline_message_id"}
EPHEMERAL_IDS = {"chat_id": "Integer or String", "receiver_user_id": "Integer", "ephemeral_message_id": "Integer"}
EPHEMERAL_FIELDS = {
    "BotCommand": {"is_ephemeral": "Boolean"},
    "Message": {"ephemeral_message_id": "Integer", "receiver_user": "User"},
    "ReplyParameters": {"ephemeral_message_id": "Integer"},
}
EPHEMERAL_PARAMETERS = {"receiver_user_id": "Integer", "callback_query_id": "String"}  # of 10.2; the object is of 10.3

# python-telegram-bot leaves out what is empty: InlineKeyboardMarkup([]) is sent as {}. The server, which looks for
# inline_keyboard, keyboard, remove_keyboard and force_reply in turn, reads no keyboard out of it, as was meant.
TOLERATED = [("reply_markup", "{}")]
# The bot asks whether the server knows ephemeral messages by a call that can change nothing: 404 says no, 400 yes.
PROBE = ("editEphemeralMessageText", {"chat_id"})

PARSE_MODES = ("HTML", "MarkdownV2", "Markdown")
BUTTON_SCHEMES = ("http://", "https://", "tg://")
TAG = re.compile(r"<[^<>]*>")
USERNAME = re.compile(r"@[A-Za-z][A-Za-z0-9_]{2,31}")

RANGE = re.compile(r"(?<![\d.,+-])(\d+)-(\d+)(?![\d-])")
BETWEEN = re.compile(r"between (\d+) and (\d+)(, or 0x7FFFFFFF)?")
LENGTH = re.compile(r"(?<![\d.,+-])(\d+)-(\d+) (characters|bytes)", re.IGNORECASE)
AT_MOST = re.compile(r"(?:[Aa]t most|[Uu]p to) (\d+) [\w ]+")
ONE_OF = re.compile(r'(?:one of|(?:can|must) be(?: either)?|[Ee]ither|always|pass|[Pp]oll type,)\s+(?=")')
CONSTANT = re.compile(r'(?:always "(\w+)"|must be (\w+))$')
REQUIRED_IF = re.compile(r"[Rr]equired if ([\w ]+?) (?:is not|isn't|are not|aren't) specified")
INSTEAD_OF = re.compile(r"can be specified instead of (\w+)")
ONE_FIELD = re.compile(
    r"([Ee]xactly|[Aa]t most) one of the (optional )?fields ?(?:other than ([\w, ]+?) (?=must)|(\w+ or \w+))?"
)
ALPHABETS = {
    "Only characters A-Z, a-z, 0-9, _ and - are allowed": r"[A-Za-z0-9_-]*",
    "only A-Z, a-z, 0-9, _ and - are allowed": r"[A-Za-z0-9_-]*",
    "only lowercase English letters, digits and underscores": r"[a-z0-9_]*",
    "Can contain only English letters, digits and underscores": r"[A-Za-z0-9_]*",
    "two-letter ISO 639-1": r"([a-z]{2})?",
}


def specs() -> Path:
    return Path(os.environ.get("BPP_SPECS") or ROOT.parent / "shared" / "specs")


class Judge:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._raw_methods: dict[str, Raw] = {**document["methods"]}
        self._raw_types: dict[str, Raw] = {**document["types"]}
        _add_ephemeral(self._raw_methods, self._raw_types)
        self._methods: dict[str, Shape] = {}
        self._kinds: dict[tuple[str, ...], Kind] = {}

    @classmethod
    def load(cls) -> Judge | None:
        """The judge, or None where the document is absent."""
        path = specs() / "telegram-api.json"
        return cls(json.loads(path.read_bytes())) if path.is_file() else None

    def request(self, method: str, params: dict[str, Any], files: dict[str, bytes]) -> list[str]:
        """What is wrong with a call of the bot: parameters as sent (values of a form or of a JSON body), and files."""
        shape = self._method(method)
        if shape is None:
            return [f"{method}: the Bot API has no such method"]
        if (method, params.keys()) == PROBE:
            return []
        found = Finding()
        values: Raw = {}
        for name, value in params.items():
            if (name, value) in TOLERATED:
                continue
            wanted = shape.fields.get(name)
            try:
                values[name] = wanted.read(value) if wanted else value
            except ValueError as error:
                found.tell(name, str(error))
                values[name] = UNREAD
        direct = {name for name in files if name in shape.fields and shape.fields[name].takes_file}
        for name in direct & params.keys():
            found.tell(name, "comes as text and as a file")
        shape.check(values | dict.fromkeys(direct, FILE), "", found)
        found.match_files({name: content for name, content in files.items() if name not in direct})
        found.problems += [("", f"file {name!r} is empty") for name, content in files.items() if not content]
        return found.sentences(method)

    def answer(self, method: str, result: Any) -> list[str]:
        """What is wrong with the `result` of an answer of the fake."""
        raw = self._raw_methods.get(method)
        if raw is None:
            return [f"{method}: the Bot API has no such method"]
        found = Finding()
        if "Boolean" in raw["returns"] and isinstance(result, bool):
            if not result:
                found.tell("", "is false, where only True is ever returned")
        else:
            self.kind(tuple(raw["returns"])).check(result, "", found)
        return found.sentences(f"{method} answer")

    def update(self, update: Any) -> list[str]:
        """What is wrong with an update of the fake."""
        found = Finding()
        self.kind(("Update",)).check(update, "", found)
        if isinstance(update, dict) and len(update) < 2:  # the document says "at most one"; one of none tells nothing
            found.tell("", "holds nothing but its id")
        return found.sentences("update")

    def kind(self, types: tuple[str, ...]) -> Kind:
        """The checks of a type or a union of types; prepared when first needed, for types refer to one another."""
        if types not in self._kinds:
            self._kinds[types] = self._prepare(types)
        return self._kinds[types]

    def values_of(self, type_name: str) -> frozenset[str]:
        return frozenset(each["name"] for each in self._raw_types[type_name]["fields"])

    def _method(self, name: str) -> Shape | None:
        if name not in self._methods and name in self._raw_methods:
            self._methods[name] = self._shape(name, self._raw_methods[name])
        return self._methods.get(name)

    def _prepare(self, types: tuple[str, ...]) -> Kind:
        leaves = list(self._leaves(types))
        items = tuple(each.removeprefix("Array of ") for each in leaves if each.startswith("Array of "))
        objects = [each for each in leaves if each not in SCALARS and not each.startswith("Array of ")]
        kinds: list[Kind] = [Scalar(each) for each in leaves if each in SCALARS]
        if items:
            kinds.append(Array(lambda: self.kind(items)))
        if tagged := self._tagged(objects):
            kinds.append(tagged)
        else:
            kinds += [self._shape(each, self._raw_types[each]) for each in objects]
        return kinds[0] if len(kinds) == 1 else Union(kinds)

    def _tagged(self, names: list[str]) -> Kind | None:
        """Subtypes told apart by the one value of a field, where each has such a field."""
        for key in ("type", "source", "status") if len(names) > 1 else ():
            by_value: dict[str, list[Kind]] = {}
            for name in names:
                if (constant := self._constant(name, key)) is not None:
                    by_value.setdefault(constant, []).append(self.kind((name,)))
            if sum(map(len, by_value.values())) == len(names):
                return Tagged(key, by_value)
        return None

    def _leaves(self, types: Iterable[str]) -> Iterator[str]:
        for name in types:
            subtypes = self._raw_types.get(name, {}).get("subtypes")
            if subtypes:
                yield from self._leaves(subtypes)
            else:
                yield name

    def _constant(self, name: str, key: str) -> str | None:
        for each in self._raw_types.get(name, {}).get("fields", ()):
            if each["name"] == key and (match := CONSTANT.search(each["description"])):
                return match[1] or match[2]
        return None

    def _shape(self, name: str, raw: Raw) -> Shape:
        fields = {each["name"]: Field(name, each, self) for each in raw.get("fields", ())}
        rules = [*_rules_of_fields(raw), *_rules_of_description(raw), *_said(name)]
        return Shape(fields, [each for each in fields if fields[each].raw["required"]], rules)


@dataclass(slots=True)
class Finding:
    """What one look has found: problems with their places, and the files that attach:// names."""

    problems: list[Told] = field(default_factory=list)
    attached: set[str] = field(default_factory=set)

    def tell(self, place: str, what: str) -> None:
        self.problems.append((place.lstrip("."), what))

    def take(self, other: Finding) -> None:
        self.problems += other.problems
        self.attached |= other.attached

    def match_files(self, files: Mapping[str, bytes]) -> None:
        """Holds the files that no parameter names against what attach:// names."""
        self.problems += [("", f"attach://{name} names no file") for name in sorted(self.attached - files.keys())]
        for name in files.keys() - self.attached:
            self.tell("", f"file {name!r} is wanted by no parameter and by no attach://")

    def sentences(self, subject: str) -> list[str]:
        told = [f"{subject}: {f'{place} {what}'.strip()}" for place, what in self.problems[:SHOWN]]
        rest = len(self.problems) - SHOWN
        return [*told, f"{subject}: and {rest} more"] if rest > 0 else told


class Kind(Protocol):
    def check(self, value: Any, place: str, found: Finding) -> None: ...

    def fits(self, value: Any) -> int:
        """How well a value fits at first sight: 0 not at all, 1 the right kind of JSON, 2 nothing required is missing."""
        ...


class Sentinel:
    """A parameter whose value is not text: a file beside the form, or text that could not be read and was told."""


FILE, UNREAD = Sentinel(), Sentinel()
SCALARS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "Boolean": ("a boolean", lambda value: isinstance(value, bool)),
    "Integer": (
        "an integer",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63,
    ),
    "Float": ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "String": ("a string", lambda value: isinstance(value, str)),
    "InputFile": ("a file", lambda value: value is FILE),
}


@dataclass(frozen=True, slots=True)
class Scalar:
    name: str

    def check(self, value: Any, place: str, found: Finding) -> None:
        if not self.fits(value):
            found.tell(place, f"is {_kind(value)}, not {SCALARS[self.name][0]}")

    def fits(self, value: Any) -> int:
        return 2 if SCALARS[self.name][1](value) else 0


@dataclass(frozen=True, slots=True)
class Array:
    of: Callable[[], Kind]  # asked for when needed: a type may hold arrays of itself

    def check(self, value: Any, place: str, found: Finding) -> None:
        if not isinstance(value, list):
            found.tell(place, f"is {_kind(value)}, not an array")
            return
        for number, each in enumerate(cast("list[Any]", value)):
            self.of().check(each, f"{place}[{number}]", found)

    def fits(self, value: Any) -> int:
        return 2 if isinstance(value, list) else 0


@dataclass(frozen=True, slots=True)
class Union:
    of: list[Kind]

    def check(self, value: Any, place: str, found: Finding) -> None:
        best = self.fits(value)
        tried: list[Finding] = []
        for kind in self.of:
            if kind.fits(value) == best:
                tried.append(Finding())
                kind.check(value, place, tried[-1])
                if not tried[-1].problems:
                    break
        if not best and (wanted := [SCALARS[kind.name][0] for kind in self.of if isinstance(kind, Scalar)]):
            objects = [] if len(wanted) == len(self.of) else ["an object"]
            found.tell(place, f"is {_kind(value)}, not {' or '.join(wanted + objects)}")
        else:
            found.take(min(tried, key=lambda each: len(each.problems)))

    def fits(self, value: Any) -> int:
        return max(kind.fits(value) for kind in self.of)


@dataclass(frozen=True, slots=True)
class Tagged:
    """Subtypes that say which they are."""

    key: str
    by_value: dict[str, list[Kind]]

    def check(self, value: Any, place: str, found: Finding) -> None:
        if not isinstance(value, dict):
            found.tell(place, f"is {_kind(value)}, not an object")
        elif self.key not in value:
            found.tell(place, f"lacks {self.key}")
        elif not isinstance(tag := cast("Raw", value)[self.key], str) or tag not in self.by_value:
            found.tell(place, _cut(f"{self.key} is {tag!r}, not one of {', '.join(self.by_value)}"))
        else:
            Union(self.by_value[tag]).check(value, place, found)

    def fits(self, value: Any) -> int:
        return (2 if self.key in value else 1) if isinstance(value, dict) else 0


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of an object, or the parameters of a method, and the rules between them."""

    fields: dict[str, Field]
    required: list[str]
    rules: list[Rule]

    def check(self, value: Any, place: str, found: Finding) -> None:
        if not isinstance(value, dict):
            found.tell(place, f"is {_kind(value)}, not an object")
            return
        known = cast("Raw", value)
        if missing := [name for name in self.required if name not in known]:
            found.tell(place, f"lacks {', '.join(missing)}")
        for name, each in known.items():
            if each is UNREAD:
                continue
            if name in self.fields:
                self.fields[name].check(each, f"{place}.{name}", found)
            else:
                found.tell(place, f"has unknown {name!r}")
        for rule in self.rules:
            for name, what in rule(known):
                found.tell(f"{place}.{name}" if name else place, what)

    def fits(self, value: Any) -> int:
        return (2 if all(name in value for name in self.required) else 1) if isinstance(value, dict) else 0


class Field:
    """One field of an object or one parameter of a method."""

    def __init__(self, owner: str, raw: Raw, judge: Judge) -> None:
        self.raw = raw
        self._judge = judge
        self._limits = list(_limits(owner, raw, judge))
        self.takes_file = "InputFile" in raw["types"]
        self._names_files = self.takes_file or "attach://" in raw["description"]

    @cached_property
    def _kind(self) -> Kind:
        return self._judge.kind(tuple(self.raw["types"]))

    def read(self, value: Any) -> Any:
        """The value of a parameter out of the text of a form; ValueError says why there is none."""
        if not isinstance(value, str):
            return value
        types = self.raw["types"]
        if "Integer" in types and re.fullmatch(r"-?\d+", value):
            return int(value)
        if "Float" in types and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value)
        if types == ["Boolean"] and value in ("true", "false"):
            return value == "true"
        if all(each in SCALARS for each in types):
            return value
        try:
            return json.loads(value, parse_constant=_no_constant)
        except ValueError:
            raise ValueError("is not JSON") from None

    def check(self, value: Any, place: str, found: Finding) -> None:
        before = len(found.problems)
        self._kind.check(value, place, found)
        if len(found.problems) > before or value is FILE:
            return
        if self._names_files and isinstance(value, str) and value.startswith("attach://"):
            found.attached.add(value.removeprefix("attach://"))
        for limit in self._limits:
            if what := limit(value):
                found.tell(place, what)


Limit = Callable[[Any], str | None]


def _limits(owner: str, raw: Raw, judge: Judge) -> Iterator[Limit]:
    """What the description of one field says about its value alone."""
    types, description = raw["types"], raw["description"]
    if types[0].startswith("Array of "):
        yield from _limits_of_arrays(description)
    elif set(types) <= {"Integer", "Float"}:
        yield from _limits_of_numbers(description)
    elif "String" in types:
        yield from _limits_of_text(description)
        if values := _values(owner, raw["name"], description):
            yield _one_of(values)
        if "Integer" in types and "@username" in description:
            yield lambda value: None if isinstance(value, int) or USERNAME.fullmatch(value) else "is no @username"
    if raw["name"] == "allowed_updates":
        known = judge.values_of("Update") - {"update_id"}
        yield lambda value: next((f"holds unknown {each!r}" for each in value if each not in known), None)


def _limits_of_arrays(description: str) -> Iterator[Limit]:
    if match := RANGE.search(description):
        yield _counted(int(match[1]), int(match[2]), "items")
    elif match := AT_MOST.search(description):
        yield _counted(0, int(match[1]), "items")


def _limits_of_numbers(description: str) -> Iterator[Limit]:
    if ranges := RANGE.findall(description):
        yield _within(min(int(low) for low, _ in ranges), max(int(high) for _, high in ranges))
    elif match := BETWEEN.search(description):
        yield _within(int(match[1]), int(match[2]), 0x7FFFFFFF if match[3] else None)
    if "at most 52 significant bits" in description:
        yield _within(-(2**52) + 1, 2**52 - 1)


def _limits_of_text(description: str) -> Iterator[Limit]:
    if (match := LENGTH.search(description)) and "parsing" not in description:
        yield _counted(int(match[1]), int(match[2]), match[3].lower())
    for words, alphabet in ALPHABETS.items():
        if words in description:
            yield _made_of(alphabet, words)
    if "HTTP or tg:// URL" in description:
        yield lambda value: None if value.startswith(BUTTON_SCHEMES) else "is no HTTP or tg:// URL"


def _values(owner: str, name: str, description: str) -> list[str]:
    """The values that a string may have, where the description (or what it points to) lists them."""
    if name.endswith("parse_mode"):
        return [*PARSE_MODES]
    if (owner, name) == ("sendChatAction", "action"):
        return re.findall(r"(\w+) (?:for|or) ", description)
    if name in ("type", "source", "status") and (match := CONSTANT.search(description)):
        return [match[1] or match[2]]
    if not (match := ONE_OF.search(description)):
        return []
    listed = re.split(r"\.\s+(?=[A-Z])", description[match.end() :])[0]
    return [each for each in re.findall(r'"([^"]+)"', listed) if "<" not in each]


def _counted(low: int, high: int, unit: str) -> Limit:
    def limit(value: Any) -> str | None:
        if unit == "items":
            count = len(value)
        elif unit == "bytes":
            count = len(value.encode())
        else:
            count = _characters(value)
        return _told(count, low, high, unit)

    return limit


def _told(count: int, low: int, high: int, unit: str) -> str | None:
    if count > high:
        return f"has {count} {unit}, at most {high}"
    return f"has {count} {unit}, at least {low}" if count < low else None


def _within(low: int, high: int, also: int | None = None) -> Limit:
    return lambda value: None if low <= value <= high or value == also else f"is {value}, not {low} to {high}"


def _one_of(values: list[str]) -> Limit:
    return lambda value: None if value in values else _cut(f"is {value!r}, not one of {', '.join(values)}")


def _made_of(alphabet: str, words: str) -> Limit:
    return lambda value: None if re.fullmatch(alphabet, value) else _cut(f"{value!r} breaks: {words}")


def _rules_of_fields(raw: Raw) -> Iterator[Rule]:
    """What the descriptions of fields say about other fields."""
    for each in raw.get("fields", ()):
        name, description = each["name"], each["description"]
        if match := REQUIRED_IF.search(description):
            yield _needed(name, match[1].split(" and "))
        if match := INSTEAD_OF.search(description):
            yield _instead(name, match[1])
        if "parsing" in description and (match := LENGTH.search(description)):
            yield _parsed_length(name, int(match[1]), int(match[2]))


def _needed(name: str, unless: list[str]) -> Rule:
    def rule(value: Raw) -> Iterator[Told]:
        if name not in value and not any(other in value for other in unless):
            yield "", f"lacks {name} (required without {' and '.join(unless)})"

    return rule


def _instead(name: str, other: str) -> Rule:
    def rule(value: Raw) -> Iterator[Told]:
        if name in value and other in value:
            yield name, f"stands beside {other}, not instead of it"

    return rule


def _parsed_length(name: str, low: int, high: int) -> Rule:
    def rule(value: Raw) -> Iterator[Told]:
        text = value.get(name)
        mode = value.get("parse_mode", value.get(f"{name}_parse_mode"))
        if not isinstance(text, str) or mode in ("Markdown", "MarkdownV2"):
            return
        shown = html.unescape(TAG.sub("", text)) if mode == "HTML" else text
        if what := _told(_characters(shown.strip()), low, high, "characters"):  # Telegram trims what it shows
            yield name, what

    return rule


def _rules_of_description(raw: Raw) -> Iterator[Rule]:
    """What the description of an object says about its fields: "exactly one of" and "at most one of"."""
    for sentence in raw["description"]:
        for match in ONE_FIELD.finditer(sentence):
            exactly = match[1].lower() == "exactly"
            names = [each["name"] for each in raw["fields"] if not (match[2] and each["required"])]
            if match[3]:
                others = re.findall(r"\w+", match[3])
                names = [name for name in names if name not in others]
            elif match[4]:
                names = match[4].split(" or ")
            yield _one_field(names, exactly=exactly)


def _one_field(names: list[str], *, exactly: bool) -> Rule:
    def rule(value: Raw) -> Iterator[Told]:
        used = [name for name in names if name in value]
        if len(used) > 1:
            yield "", f"has {' and '.join(used)}, of which only one may be there"
        elif exactly and not used:
            yield "", _cut(f"has none of {', '.join(names)}")

    return rule


def _said(name: str) -> Iterator[Rule]:
    """What the page says in words that no pattern above catches."""
    if name == "sendMediaGroup":
        yield _one_kind_of_media
    elif name == "ReplyParameters":
        yield _replied_to
    elif name == "LinkPreviewOptions":
        yield _preview_size


def _one_kind_of_media(value: Raw) -> Iterator[Told]:
    media = value.get("media")
    kinds = {each.get("type") for each in media if isinstance(each, dict)} if isinstance(media, list) else set[Any]()
    for kind in ("audio", "document"):
        if kind in kinds and len(kinds) > 1:
            yield "media", f"groups a {kind} with others; it can be only grouped with messages of the same type"


def _replied_to(value: Raw) -> Iterator[Told]:
    if ("message_id" in value) == ("ephemeral_message_id" in value):  # optional since 10.2, for the other's sake only
        yield "", "names not exactly one of message_id and ephemeral_message_id"


def _preview_size(value: Raw) -> Iterator[Told]:
    if value.get("prefer_small_media") and value.get("prefer_large_media"):
        yield "", "prefers small media and large media"


def _add_ephemeral(methods: dict[str, Raw], types: dict[str, Raw]) -> None:
    """Puts 10.2 and 10.3 into the document; a younger document that knows them already keeps its own words."""

    def written(names: Mapping[str, str], *, required: bool = False) -> list[Raw]:
        return [
            {"name": name, "types": declared.split(" or "), "required": required, "description": ""}
            for name, declared in names.items()
        ]

    def extended(raw: Raw, fields: list[Raw]) -> Raw:
        known = {each["name"] for each in raw["fields"]}
        return {**raw, "fields": [*raw["fields"], *(each for each in fields if each["name"] not in known)]}

    if "EphemeralMessageParameters" not in types:
        fields = written({"receiver_user_id": "Integer"}, required=True)
        fields += written({"callback_query_id": "String", "replace_callback_query_message": "Boolean"})
        types["EphemeralMessageParameters"] = {"description": [], "fields": fields}
    for name, fields in EPHEMERAL_FIELDS.items():
        types[name] = extended(types[name], written(fields))
    replied_to = types["ReplyParameters"]["fields"]
    optional = [each | {"required": False} if each["name"] == "message_id" else each for each in replied_to]
    types["ReplyParameters"] = {**types["ReplyParameters"], "fields": optional}
    for name in EPHEMERAL_SENDERS:
        parameters = EPHEMERAL_PARAMETERS | {"ephemeral_message_parameters": "EphemeralMessageParameters"}
        methods[name] = extended(methods[name], written(parameters))
    for name, like in EPHEMERAL_EDITS.items():
        changed = [each for each in methods[like]["fields"] if each["name"] not in ORDINARY_IDS] if like else []
        raw: Raw = {
            "description": [],
            "returns": ["Boolean"],
            "fields": written(EPHEMERAL_IDS, required=True) + changed,
        }
        methods.setdefault(name, raw)


def _characters(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int():
            return "an integer"
        case float():
            return "a number"
        case list():
            return "an array"
        case Sentinel():
            return "a file"
        case bytes():
            return "bytes"
        case _:
            return "an object"


def _cut(text: str) -> str:
    return text if len(text) <= 300 else text[:299] + "…"
