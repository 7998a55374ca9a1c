"""Sentences: wording keys and parameters become text in the member's language (Project Fluent)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax.ast import Message, Resource, VariableReference
from fluent.syntax.visitor import Visitor

from bot.chat import DEFAULT_LOCALE, LOCALES, Text

FOLDER = Path(__file__).parent / "locales"


@lru_cache(256)
def negotiate(tag: str | None) -> str:
    """The language we speak that suits a platform's language tag: ``ko-KR`` → ``ko``; anything unknown → ``en``."""
    wanted = (tag or "").replace("_", "-").split("-")[0].strip().lower()
    return wanted if wanted in LOCALES else DEFAULT_LOCALE


class Wording:
    """All sentences in all languages, parsed once."""

    def __init__(self, folders: Sequence[Path] = (FOLDER,)) -> None:
        """Read ``<locale>.ftl`` from each folder; a later folder may reword what an earlier one says."""
        self._bundles: dict[str, FluentBundle] = {}
        self._keys: dict[str, dict[str, frozenset[str]]] = {}
        for locale in LOCALES:
            bundle = FluentBundle([locale], use_isolating=False)
            keys: dict[str, frozenset[str]] = {}
            for folder in folders:
                resource = _read(folder / f"{locale}.ftl")
                bundle.add_resource(resource, allow_overrides=True)
                keys |= {entry.id.name: _placeholders(entry) for entry in resource.body if isinstance(entry, Message)}
            self._bundles[locale] = bundle
            self._keys[locale] = keys

    def say(self, locale: str, text: Text) -> str:
        """The sentence of ``text``. Never raises: a language without it speaks English, an unknown key shows itself."""
        wanted = negotiate(locale)
        parameters = {
            name: self.say(wanted, value) if isinstance(value, Text) else value
            for name, value in text.parameters.items()
        }
        for candidate in (wanted, DEFAULT_LOCALE):
            bundle = self._bundles[candidate]
            if bundle.has_message(text.key) and (pattern := bundle.get_message(text.key).value) is not None:
                return str(bundle.format_pattern(pattern, parameters)[0])
        return text.key

    def table(self, locale: str, prefix: str = "") -> dict[str, str]:
        """Key → sentence of all keys that start with ``prefix``; a placeholder stays in the text as ``{$name}``."""
        wanted = negotiate(locale)
        keys = self._keys[DEFAULT_LOCALE] | self._keys[wanted]
        return {
            key: self.say(wanted, Text(key, {name: f"{{${name}}}" for name in names}))
            for key, names in keys.items()
            if key.startswith(prefix)
        }

    def keys(self, locale: str) -> Mapping[str, frozenset[str]]:
        """All keys that a language has, in the order of its file, with the names of their placeholders."""
        return self._keys[negotiate(locale)]


class _Placeholders(Visitor):
    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_VariableReference(self, node: VariableReference) -> None:  # noqa: N802 - the library calls it by this name
        self.found.add(node.id.name)


def _placeholders(entry: Message) -> frozenset[str]:
    visitor = _Placeholders()
    visitor.visit(entry)
    return frozenset(visitor.found)


def _read(path: Path) -> Resource:
    return FluentResource(path.read_text(encoding="utf-8")) if path.is_file() else Resource()
