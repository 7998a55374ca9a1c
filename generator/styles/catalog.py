"""Reads styles from folders of TOML files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence, ValuesView
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from generator.errors import SpecInvalid
from generator.styles.recipes import RECIPES, painting_fault
from generator.styles.style import Style

CATALOG_FOLDER = Path(__file__).parent / "catalog"
"""Styles that any machine can draw."""
PAINTED_FOLDER = Path(__file__).parent / "painted"
"""Styles that the SDXL engine paints."""

_ID = re.compile(r"[a-z][a-z0-9-]{0,31}")
_NEED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_KNOWN = {
    "engine", "name", "description", "order", "photo", "needs_gpu", "needs", "fallback", "recipe", "palettes", "parameters", "figure",
}  # fmt: skip


class CatalogInvalid(SpecInvalid):
    """A style file cannot be used; ``file`` and ``key`` say where to look, ``reason`` what was expected."""

    default_key = "error-style-file"


class Catalog(Mapping[str, Style]):
    """Style id → style, in display order. Immutable."""

    def __init__(self, styles: Sequence[Style]) -> None:
        self._styles = {style.id: style for style in sorted(styles, key=lambda style: (style.order, style.id))}

    def __getitem__(self, key: str) -> Style:
        return self._styles[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._styles)

    def __len__(self) -> int:
        return len(self._styles)

    def values(self) -> ValuesView[Style]:
        """All styles; asked for with every order, so without the detour over ``__getitem__``."""
        return self._styles.values()

    def find(self, style: str) -> Style:
        """The style called ``style``; raises ``SpecInvalid`` (``error-style``) when there is none."""
        if style not in self._styles:
            raise SpecInvalid("error-style", {"style": style})
        return self._styles[style]


def load_catalog(
    folders: Sequence[Path] = (), *, painted: bool = False, models: Path | None = None, previews: Path | None = None
) -> Catalog:
    """The built-in styles and those in ``folders``; a later folder replaces a style of the same id.

    ``painted``: with the styles of the SDXL engine, for rooms that have one; of those that need models of their own,
    the ones whose models lie in the folder ``models``. ``previews``: a folder of pictures, one named after each style
    that has none beside its file. Raises ``CatalogInvalid`` naming file and
    key when a file cannot be read, does not describe a style, or names a ``fallback`` that is not there.
    """
    styles: dict[str, Style] = {}
    for folder in (CATALOG_FOLDER, *([PAINTED_FOLDER] if painted else []), *folders):
        for file in _files(folder):
            style = _read(file)
            if all(_present(models, need) for need in style.needs):
                styles[style.id] = style if style.preview or previews is None else _illustrated(style, previews)
    for style in styles.values():
        _check_company(style, styles)
    return _credited(styles)


def faults(folder: Path) -> tuple[Catalog, list[CatalogInvalid]]:
    """Our styles with those of ``folder`` that are sound, and what is wrong with its other files: one fault each.

    Raises ``CatalogInvalid`` for a folder that is none.
    """
    styles = dict(load_catalog(painted=True))
    wrong: list[CatalogInvalid] = []
    for file in _files(folder):
        try:
            styles[file.stem] = _read(file)
        except CatalogInvalid as error:
            wrong.append(error)
    for style in [style for style in styles.values() if style.source.parent == folder]:
        try:
            _check_company(style, styles)
        except CatalogInvalid as error:
            wrong.append(error)
            del styles[style.id]
    return _credited(styles), wrong


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise CatalogInvalid(parameters={"file": str(folder), "key": "-", "reason": "not a folder"})
    return sorted(folder.glob("*.toml"))


def _check_company(style: Style, styles: Mapping[str, Style]) -> None:
    """Raises ``CatalogInvalid`` where ``style`` names another that is not there, or is of no use to it."""
    if style.fallback and (style.fallback not in styles or styles[style.fallback].needs_gpu):
        raise _fault(style.source, "fallback", "no style that needs no GPU")
    lender = style.parameters.get("figure")
    if lender is not None and (lender not in styles or not styles[lender].figure):
        raise _fault(style.source, "parameters.figure", "no style with figures")


def _credited(styles: Mapping[str, Style]) -> Catalog:
    """The catalog of sound ``styles``; who borrows figures owes what their lender owes."""
    found: list[Style] = []
    for style in styles.values():
        lender = styles.get(str(style.parameters.get("figure", "")))
        found.append(style if lender is None or style.credit else replace(style, credit=lender.credit))
    return Catalog(found)


def _fault(file: Path, key: str, reason: str) -> CatalogInvalid:
    return CatalogInvalid(parameters={"file": str(file), "key": key, "reason": reason})


def _illustrated(style: Style, previews: Path) -> Style:
    file = previews / f"{style.id}.png"
    return replace(style, preview=file.read_bytes()) if file.is_file() else style


def _present(models: Path | None, need: str) -> bool:
    """Whether ``models`` holds the model ``need``: a folder of that name, or one file of weights."""
    return models is not None and ((models / need).is_dir() or (models / f"{need}.safetensors").is_file())


def _read(file: Path) -> Style:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogInvalid(parameters={"file": str(file), "key": "-", "reason": str(error)}) from error
    entry = _Entry(file, table)
    if not _ID.fullmatch(file.stem):
        raise entry.wrong("-", "a file name of lower-case letters, digits and hyphens")
    unknown = sorted(set(table) - _KNOWN)
    if unknown:
        raise entry.wrong(unknown[0], "no such key")
    preview = file.with_suffix(".png")
    engine = entry.one("engine", RECIPES)
    recipe = entry.one("recipe", RECIPES[engine])
    parameters = entry.table("parameters")
    if recipe == "painted" and (fault := painting_fault(parameters)) is not None:
        raise entry.wrong(f"parameters.{fault[0]}", fault[1])
    return Style(
        id=file.stem,
        engine=engine,
        name=entry.words("name"),
        description=entry.words("description"),
        order=entry.whole("order", 1000),
        photo=entry.flag("photo", default=False),
        needs_gpu=entry.flag("needs_gpu", default=False),
        fallback=entry.text("fallback", default=""),
        needs=entry.names("needs"),
        recipe=recipe,
        palettes=entry.palettes("palettes", RECIPES[engine][recipe]),
        parameters=parameters,
        figure=entry.table("figure"),
        credit=entry.line("figure", "credit"),
        preview=preview.read_bytes() if preview.is_file() else b"",
        source=file,
    )


class _Entry:
    """One file's table, read key by key with errors that name the key."""

    def __init__(self, file: Path, table: dict[str, Any]) -> None:
        self._file = file
        self._table = table

    def wrong(self, key: str, reason: str) -> CatalogInvalid:
        return _fault(self._file, key, reason)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._table.get(key, default)
        if not isinstance(value, str) or (not value and value != default):
            raise self.wrong(key, "a text")
        return value

    def one(self, key: str, choices: Iterable[str]) -> str:
        value = self.text(key)
        if value not in choices:
            raise self.wrong(key, f"one of {', '.join(sorted(choices))}")
        return value

    def whole(self, key: str, default: int) -> int:
        value = self._table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(key, "a whole number")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def line(self, table: str, key: str) -> str:
        value = self.table(table).get(key, "")
        if not isinstance(value, str) or "\n" in value:
            raise self.wrong(f"{table}.{key}", "one line of text")
        return value

    def table(self, key: str) -> dict[str, Any]:
        value = self._table.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "a table")
        return cast("dict[str, Any]", value)

    def words(self, key: str) -> dict[str, str]:
        words = self.table(key)
        for locale, value in words.items():
            if not isinstance(value, str) or not value or "\n" in value:
                raise self.wrong(f"{key}.{locale}", "one line of text")
        if "en" not in words:
            raise self.wrong(f"{key}.en", "one line of text")
        return cast("dict[str, str]", words)

    def names(self, key: str) -> tuple[str, ...]:
        value = self._table.get(key, [])
        names = cast("list[object]", value) if isinstance(value, list) else [None]
        # Each becomes part of a path: nothing that leads out of the folder of models.
        if not all(isinstance(each, str) and _NEED.fullmatch(each) for each in names):
            raise self.wrong(key, "a list of ids of models")
        return tuple(cast("list[str]", names))

    def palettes(self, key: str, count: int) -> dict[str, tuple[str, ...]]:
        palettes: dict[str, tuple[str, ...]] = {}
        for name, value in self.table(key).items():
            colours = cast("list[object]", value) if isinstance(value, list) else []
            if len(colours) != count or not all(isinstance(each, str) and _COLOUR.fullmatch(each) for each in colours):
                raise self.wrong(f"{key}.{name}", f"a list of {count} colours like #a1b2c3")
            palettes[name] = tuple(cast("list[str]", colours))
        if count and not palettes:
            raise self.wrong(key, "at least one palette")
        return palettes
