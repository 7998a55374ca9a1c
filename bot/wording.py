"""Sentences: wording keys and parameters become text in the member's language (Project Fluent)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax.ast import Message, MessageReference, VariableReference
from fluent.syntax.visitor import Visitor

from bot.chat import DEFAULT_LOCALE, LOCALES, Text

FOLDER = Path(__file__).parent / "locales"

_ENTRY = re.compile(r"^(?=([a-zA-Z][\w-]*) *=)", re.MULTILINE)
"""Where an entry of a Fluent file begins: what belongs to it is indented, or has no such word before an equals sign."""


@lru_cache(256)
def negotiate(tag: str | None) -> str:
    """The language we speak that suits a platform's language tag: ``ko-KR`` → ``ko``; anything unknown → ``en``."""
    wanted = (tag or "").replace("_", "-").split("-")[0].strip().lower()
    return wanted if wanted in LOCALES else DEFAULT_LOCALE


class Wording:
    """All sentences in all languages."""

    def __init__(self, folders: Sequence[Path] = (FOLDER,)) -> None:
        """Read ``<locale>.ftl`` from each folder; a later folder may reword what an earlier one says."""
        self._languages = {locale: _Language(locale, folders) for locale in LOCALES}

    def say(self, locale: str, text: Text) -> str:
        """The sentence of ``text``. Never raises: a language without it speaks English, an unknown key shows itself."""
        wanted = negotiate(locale)
        parameters = {
            name: self.say(wanted, value) if isinstance(value, Text) else value
            for name, value in text.parameters.items()
        }
        for candidate in (wanted, DEFAULT_LOCALE):
            said = self._languages[candidate].say(text.key, parameters)
            if said is not None:
                return said
        return text.key

    def table(self, locale: str, prefix: str = "") -> dict[str, str]:
        """Key → sentence of all keys that start with ``prefix``; a placeholder stays in the text as ``{$name}``."""
        wanted = negotiate(locale)
        here, english = self._languages[wanted], self._languages[DEFAULT_LOCALE]
        keys = (key for key in dict.fromkeys((*english, *here)) if key.startswith(prefix))
        placeholders = {key: (here if key in here else english)[key] for key in keys}
        return {
            key: self.say(wanted, Text(key, {name: f"{{${name}}}" for name in names}))
            for key, names in placeholders.items()
        }

    def keys(self, locale: str) -> Mapping[str, frozenset[str]]:
        """All keys that a language has, in the order of its file, with the names of their placeholders."""
        return self._languages[negotiate(locale)]


class _Language(Mapping[str, frozenset[str]]):
    """Key → names of its placeholders, of one language.

    A sentence is parsed when somebody first wants it: to parse all of them would be a fifth of what a start of the bot
    costs.
    """

    def __init__(self, locale: str, folders: Sequence[Path]) -> None:
        self._bundle = FluentBundle([locale], use_isolating=False)
        self._sources: dict[str, str] = {}
        self._names: dict[str, frozenset[str]] = {}
        for file in (folder / f"{locale}.ftl" for folder in folders):
            if file.is_file():
                self._sources |= _entries(file.read_text(encoding="utf-8"))

    def __getitem__(self, key: str) -> frozenset[str]:
        if key not in self._names:
            resource, mentioned = FluentResource(self._sources[key]), _Mentioned()
            self._bundle.add_resource(resource)
            for entry in resource.body:
                if isinstance(entry, Message):
                    mentioned.visit(entry)
            self._names[key] = frozenset(mentioned.placeholders)
            for other in mentioned.sentences:  # which Fluent looks for in the bundle
                self.get(other)
        return self._names[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def say(self, key: str, parameters: Mapping[str, object]) -> str | None:
        """The sentence, or None where this language lacks it."""
        if self.get(key) is None or not self._bundle.has_message(key):
            return None
        pattern = self._bundle.get_message(key).value
        return None if pattern is None else str(self._bundle.format_pattern(pattern, dict(parameters))[0])


class _Mentioned(Visitor):
    def __init__(self) -> None:
        self.placeholders: set[str] = set()
        self.sentences: set[str] = set()

    def visit_VariableReference(self, node: VariableReference) -> None:  # noqa: N802 - the library calls it by this name
        self.placeholders.add(node.id.name)

    def visit_MessageReference(self, node: MessageReference) -> None:  # noqa: N802
        self.sentences.add(node.id.name)


def _entries(text: str) -> dict[str, str]:
    """Key → the lines that say it."""
    begins = [(match.start(), match[1]) for match in _ENTRY.finditer(text)]
    ends = [*(start for start, _ in begins[1:]), len(text)]
    return {key: text[start:end] for (start, key), end in zip(begins, ends, strict=True)}
