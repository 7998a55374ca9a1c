"""Which weights there are: the repository and commit of each, its files, its licence and what that permits a host to do.

Ours are in models.toml beside this file; an admin may add others in a models.toml in the folder of the weights.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, cast

from generator.errors import SpecInvalid

OWN = "models.toml"
"""Name of an admin's manifest in the folder of the weights."""

ROLES = ("base", "vae", "controlnet", "few-step", "preview", "safety", "style")
_SUFFIXES = (".safetensors", ".json", ".txt", ".md")
"""Nothing that runs when it is opened: a pickle (``.bin``, ``.ckpt``, ``.pt``) is a program."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_REVISION = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model."""

    name: str
    """Where it lies in the model's folder."""
    size: int
    """In bytes; 0 where nobody said."""
    sha256: str | None = None
    """None where the first pull has to find out."""
    exact: bool = False
    """Whether ``size`` is a fact of that commit; else it is roughly right."""
    source: str = ""
    """Where it lies in the repository."""

    @property
    def needed(self) -> bool:
        """Whether anything is loaded from it; a licence's text is welcome where the source has it."""
        return not self.name.endswith(".md")


@dataclass(frozen=True, slots=True)
class Model:
    """One set of weights."""

    id: str
    role: str
    """One of ``ROLES``."""
    hub: str
    """Owner and name of the repository."""
    revision: str
    files: tuple[File, ...]
    licence: str
    permits: str
    """What the licence permits a host to do, in a sentence."""
    hosting: bool
    """Whether it permits a bot for others, whoever pays for it."""
    optional: bool
    """Whether the engine paints without it: then it is only fetched by name."""

    @property
    def pinned(self) -> bool:
        """Whether the revision is a commit, not a branch that moves."""
        return is_commit(self.revision)

    @property
    def size(self) -> int:
        """All its files in bytes, as far as known."""
        return sum(file.size for file in self.files)


Manifest = Mapping[str, Model]


class ManifestInvalid(SpecInvalid):
    """A manifest of models cannot be used; the parameters name the file, the key and the reason."""

    default_key = "models-manifest"


def is_commit(revision: str) -> bool:
    """Whether ``revision`` names one state of a repository for good."""
    return _COMMIT.fullmatch(revision) is not None


def is_sha256(text: str) -> bool:
    """Whether ``text`` can be a SHA-256 in hexadecimal."""
    return _SHA256.fullmatch(text) is not None


def load_manifest(folder: Path | None = None) -> Manifest:
    """Our models, then those of ``folder``'s own models.toml. Raises ``ManifestInvalid``."""
    known = _read(Path(__file__).with_name("models.toml"))
    if folder is not None and (own := folder / OWN).is_file():
        for model in _read(own).values():
            if model.id in known:
                raise ManifestInvalid(None, {"file": str(own), "key": model.id, "reason": "this id is one of ours"})
            known[model.id] = model
    return MappingProxyType(known)


def _read(file: Path) -> dict[str, Model]:
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ManifestInvalid(None, {"file": str(file), "key": "-", "reason": str(error)}) from error
    models: dict[str, Model] = {}
    for name, table in tables.items():
        try:
            models[name] = _model(name, table)
        except (ValueError, TypeError) as error:
            raise ManifestInvalid(None, {"file": str(file), "key": name, "reason": str(error)}) from error
    return models


def _model(name: str, table: object) -> Model:
    if not isinstance(table, dict) or not _ID.fullmatch(name):
        raise ValueError("a model is a table whose name has a-z, 0-9 and - only")
    entries = dict(cast("dict[str, Any]", table))
    model = Model(
        id=name,
        role=_taken(entries, "role", str),
        hub=_taken(entries, "hub", str),
        revision=_taken(entries, "revision", str),
        files=tuple(_file(one) for one in _taken(entries, "files", list)),
        licence=_taken(entries, "licence", str),
        permits=_taken(entries, "permits", str),
        hosting=_taken(entries, "hosting", bool),
        optional=_taken(entries, "optional", bool, default=False),
    )
    if entries:
        raise ValueError(f"there is no such key: {', '.join(entries)}")
    if model.role not in ROLES:
        raise ValueError(f"role is one of {', '.join(ROLES)}")
    if not _HUB.fullmatch(model.hub) or not _REVISION.fullmatch(model.revision):
        raise ValueError("hub is owner/name, and revision a commit or a branch")
    names = [file.name for file in model.files]
    if not names or len(set(names)) < len(names):
        raise ValueError("files is a list of at least one, each named once")
    return model


def _file(table: object) -> File:
    if not isinstance(table, dict):
        raise TypeError("each of files is a table with a name")
    entries = dict(cast("dict[str, Any]", table))
    name = _taken(entries, "name", str)
    exact = "size" in entries
    size = _taken(entries, "size" if exact else "about", int, default=0)
    sha256 = _taken(entries, "sha256", str, default="") or None
    source = _taken(entries, "source", str, default=name)
    if entries:
        raise ValueError(f"there is no such key: {', '.join(entries)}")
    for path in (name, source):
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or "\\" in path or ".." in parts or str(PurePosixPath(path)) != path:
            raise ValueError(f"{path!r} is no path inside a folder")
        if not path.endswith(_SUFFIXES):
            raise ValueError(f"{path} is none of {', '.join(_SUFFIXES)}")
    if sha256 is not None and not is_sha256(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256")
    if size < 0:
        raise ValueError("a size is no less than 0")
    return File(name, size, sha256, exact, source)


def _taken(entries: dict[str, Any], key: str, kind: type, default: Any = None) -> Any:
    value = entries.pop(key, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{key} is missing or no {kind.__name__}")
    return value
