"""The folder of the weights: what is there, fetching what is not, and finding out whether a byte of it is wrong.

``<folder>/<model id>/`` holds a model whole, under the names of its repository, as ``from_pretrained`` reads it. What is
being fetched lies in ``<folder>/.pulling/`` until it is complete, so a folder that exists is a model that can be loaded.
``models.lock.toml`` beside them says of each model which commit it is and the SHA-256 of every file: from then on no
other bytes are taken for it. Nothing here is ever fetched while a picture is drawn.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import time
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, cast

from generator.errors import EngineUnavailable
from generator.sdxl.manifest import File, Manifest, Model, load_manifest
from generator.sdxl.sources import LineCut, ModelTrouble, Source, Stream

LOCK = "models.lock.toml"
OFFLINE: Mapping[str, str] = {
    "DISABLE_TELEMETRY": "YES",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}
"""Environment of a process that loads weights: its libraries ask nobody for anything."""

RESERVE = 500_000_000
"""Bytes that a pull leaves free: the database lives on this disk too."""

_STAGE = ".pulling"
_CHUNK = 1 << 20
_STALLS = 3
"""A line that breaks this often without a byte in between is broken."""
_STALL_SECONDS = 0.5

State = Literal["here", "partly", "missing"]


class ModelMissing(EngineUnavailable):
    """A model that is needed has not been pulled; the parameter names it."""

    default_key = "error-model-missing"


@dataclass(frozen=True, slots=True)
class Step:
    """How far one file is, for a progress bar."""

    model: str
    file: str
    checking: bool
    """Whether bytes that are here are being read, instead of fetched."""
    done: int
    total: int
    """0 where nobody knows."""


Report = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A file that is not what it should be."""

    model: str
    file: str
    what: Literal["missing", "size", "bytes", "unknown"]
    """``unknown``: it was put there by hand, and nothing says what it should be."""


@dataclass(slots=True)
class _Lock:
    """What the lock says of one model."""

    hub: str
    revision: str
    files: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])


@dataclass(slots=True)
class _Wanted:
    """One file that has to be fetched."""

    model: Model
    revision: str
    file: File
    size: int
    exact: bool
    sha256: str | None
    part: Path
    target: Path

    @property
    def left(self) -> int:
        """Bytes that are still to come, as far as known."""
        return max(0, self.size - (self.part.stat().st_size if self.part.exists() else 0))


class _Part:
    """What there is of a file, and its digest so far."""

    def __init__(self, file: IO[bytes], told: Callable[[int], None]) -> None:
        self._file = file
        file.seek(0)
        self.digest = _hashed(file, told)
        self.size = file.tell()

    def add(self, data: bytes) -> None:
        """Append ``data``."""
        self._file.write(data)
        self._file.flush()
        self.digest.update(data)
        self.size += len(data)

    def restart(self) -> None:
        """Throw it all away."""
        self._file.truncate(0)
        self.digest = hashlib.sha256()
        self.size = 0


def _silent(_step: Step) -> None:
    """Report to nobody."""


class Store:
    """The weights in one folder."""

    def __init__(self, folder: Path, manifest: Manifest | None = None) -> None:
        """``manifest`` is ours and the folder's own unless given. Raises ``ManifestInvalid``."""
        self.folder = folder
        self.manifest = load_manifest(folder) if manifest is None else manifest

    @property
    def fingerprint(self) -> str:
        """Eight digits that change when any of the weights that were pulled here does; empty where none were."""
        try:
            return hashlib.blake2b((self.folder / LOCK).read_bytes(), digest_size=4).hexdigest()
        except OSError:
            return ""

    def path(self, model_id: str) -> Path:
        """The folder of a model that is there. Raises ``ModelMissing``."""
        if not self.present(model_id):
            raise ModelMissing(None, {"model": model_id})
        return self.folder / model_id

    def present(self, model_id: str) -> bool:
        """Whether the model is there, whole."""
        return (self.folder / model_id).is_dir()

    def state(self, model_id: str) -> State:
        """Whether the model is there, or a pull of it was broken off."""
        if self.present(model_id):
            return "here"
        return "partly" if (self.folder / _STAGE / model_id).is_dir() else "missing"

    def model(self, model_id: str) -> Model:
        """What the manifest says of a model. Raises ``ModelTrouble`` for one that it does not know."""
        try:
            return self.manifest[model_id]
        except KeyError:
            raise ModelTrouble("models-unknown", {"model": model_id, "known": ", ".join(self.manifest)}) from None

    def pull(
        self,
        model_ids: Sequence[str],
        source: Source,
        report: Report = _silent,
        accepted: Collection[str] = (),
    ) -> None:
        """Make these models be there, whole and right; what is there already is checked, not fetched again.

        A pull that was broken off, however hard, goes on where it stopped. Of a licence that forbids hosting nothing is
        fetched unless its model is among ``accepted``. Raises ``ModelTrouble``; what arrived until then is kept.
        """
        models = [self.model(model_id) for model_id in dict.fromkeys(model_ids)]
        for model in models:
            if not model.hosting and model.id not in accepted:
                raise ModelTrouble("models-noncommercial", {"model": model.id, "licence": model.licence})
        with self._alone(), self._on_disk():
            wanted = [one for model in models for one in self._wanted(model, source, report)]
            self._check_room(wanted)
            for one in wanted:
                self._fetch(one, source, report)
            for model in models:
                self._settle(model)

    def verify(self, model_ids: Sequence[str], report: Report = _silent) -> list[Flaw]:
        """What is wrong with these models, every byte read. Raises ``ModelMissing`` and ``ModelTrouble``."""
        flaws: list[Flaw] = []
        for model_id in model_ids:
            model, home = self.model(model_id), self.path(model_id)
            locked = self._locked().get(model.id)
            for file in model.files:
                size, exact, sha256 = _known(model, locked, file)
                place = home / file.name
                if not place.is_file():
                    if file.needed or sha256 is not None:
                        flaws.append(Flaw(model.id, file.name, "missing"))
                elif exact and place.stat().st_size != size:
                    flaws.append(Flaw(model.id, file.name, "size"))
                elif sha256 is None:
                    flaws.append(Flaw(model.id, file.name, "unknown"))
                elif self._digest(model, file, place, report) != sha256:
                    flaws.append(Flaw(model.id, file.name, "bytes"))
        return flaws

    def _wanted(self, model: Model, source: Source, report: Report) -> Iterator[_Wanted]:
        stage = self.folder / _STAGE / model.id
        home = self.folder / model.id if self.present(model.id) else stage
        locked = self._locked().get(model.id)
        missing: list[File] = []
        for file in model.files:
            _size, _exact, sha256 = _known(model, locked, file)
            place = home / file.name
            if sha256 is None or not place.is_file() or self._digest(model, file, place, report) != sha256:
                missing.append(file)
        if not missing:
            return
        lock = self._begin(model, locked, source)
        for file in missing:
            size, exact, sha256 = _known(model, lock, file)
            if not exact or sha256 is None:
                try:
                    said = source.ask(model, lock.revision, file)
                except ModelTrouble as error:
                    if file.needed or error.key not in ("models-hub-missing", "models-not-there"):
                        raise
                    continue
                size, exact = (said.size, True) if said.size and not exact else (size, exact)
                sha256 = sha256 or said.sha256
            part = stage / f"{file.name}.part"
            yield _Wanted(model, lock.revision, file, size, exact, sha256, part, home / file.name)

    def _begin(self, model: Model, locked: _Lock | None, source: Source) -> _Lock:
        """The lock of a model that is about to be fetched: its commit is settled before its first byte."""
        if model.pinned:
            revision = model.revision
        elif locked is not None:
            revision = locked.revision
        else:
            revision = source.commit(model)
        if locked is None or locked.revision != revision or locked.hub != model.hub:
            # Another commit, so another file: what was begun of the old one is no beginning of the new one.
            shutil.rmtree(self.folder / _STAGE / model.id, ignore_errors=True)
            locked = _Lock(model.hub, revision)
            self._lock(model, locked)
        return locked

    def _check_room(self, wanted: Sequence[_Wanted]) -> None:
        needed = sum(one.left for one in wanted)
        free = shutil.disk_usage(self.folder).free
        if needed and needed + RESERVE > free:
            facts = {"folder": str(self.folder), "needed": _gigabytes(needed + RESERVE), "free": _gigabytes(free)}
            raise ModelTrouble("models-space", facts)

    def _fetch(self, one: _Wanted, source: Source, report: Report) -> None:
        one.part.parent.mkdir(parents=True, exist_ok=True)
        one.target.parent.mkdir(parents=True, exist_ok=True)
        with one.part.open("a+b") as opened:
            part = _Part(opened, lambda done: report(Step(one.model.id, one.file.name, True, done, one.size)))  # noqa: FBT003
            stalls = 0
            while not (one.exact and part.size == one.size):
                before = part.size
                try:
                    with source.open(one.model, one.revision, one.file, before) as stream:
                        self._receive(one, stream, part, report)
                    break
                except LineCut:
                    stalls = 0 if part.size > before else stalls + 1
                    if stalls == _STALLS:
                        facts = {"file": f"{one.model.id}/{one.file.name}", "got": _gigabytes(part.size)}
                        raise ModelTrouble("models-hub-cut", facts) from None
                    time.sleep(_STALL_SECONDS * stalls)
            os.fsync(opened.fileno())
        size, found = part.size, part.digest.hexdigest()
        if (one.exact and size != one.size) or (one.sha256 is not None and found != one.sha256) or not _sound(one):
            raise self._different(one)
        one.part.replace(one.target)
        _sync(one.target.parent)
        lock = self._locked().get(one.model.id) or _Lock(one.model.hub, one.revision)
        lock.files[one.file.name] = (size, found)
        self._lock(one.model, lock)

    def _receive(self, one: _Wanted, stream: Stream, part: _Part, report: Report) -> None:
        if one.exact and stream.total and stream.total != one.size:
            raise self._different(one)
        if stream.start != part.size:
            part.restart()
            if stream.start:
                raise LineCut
        total = stream.total or one.size
        while data := stream.read(_CHUNK):
            part.add(data)
            report(Step(one.model.id, one.file.name, checking=False, done=part.size, total=total))

    def _different(self, one: _Wanted) -> ModelTrouble:
        one.part.unlink()
        return ModelTrouble("models-different", {"file": f"{one.model.id}/{one.file.name}", "hub": one.model.hub})

    def _settle(self, model: Model) -> None:
        stage, home = self.folder / _STAGE / model.id, self.folder / model.id
        if home.is_dir():
            shutil.rmtree(stage, ignore_errors=True)
        else:
            stage.replace(home)
            _sync(self.folder)
        with contextlib.suppress(OSError):
            (self.folder / _STAGE).rmdir()

    def _digest(self, model: Model, file: File, place: Path, report: Report) -> str:
        with self._on_disk(), place.open("rb") as opened:
            total = os.fstat(opened.fileno()).st_size
            return _hashed(opened, lambda done: report(Step(model.id, file.name, True, done, total))).hexdigest()  # noqa: FBT003

    @contextlib.contextmanager
    def _on_disk(self) -> Iterator[None]:
        """Whatever the disk refuses, as a sentence."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ModelTrouble("models-disk-full", {"folder": str(self.folder)}) from error
            problem = error.strerror or str(error)
            raise ModelTrouble("models-folder", {"folder": str(self.folder), "problem": problem}) from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One pull at a time: two would write into one file."""
        with self._on_disk():
            # Where nothing is there yet, what is made is the data folder, which is nobody else's business.
            self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.mkdir(exist_ok=True, mode=0o700)
            gate = (self.folder / f"{_STAGE}.lock").open("wb")
        with gate:
            try:
                fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ModelTrouble("models-busy", {"folder": str(self.folder)}) from error
            yield

    def _locked(self) -> dict[str, _Lock]:
        file = self.folder / LOCK
        try:
            tables = cast("dict[str, dict[str, Any]]", tomllib.loads(file.read_text("utf-8")))
            return {
                name: _Lock(
                    str(table["hub"]),
                    str(table["revision"]),
                    {path: (int(one["size"]), str(one["sha256"])) for path, one in table["files"].items()},
                )
                for name, table in tables.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelTrouble("models-lock", {"file": str(file)}) from error

    def _lock(self, model: Model, lock: _Lock) -> None:
        locks = {**self._locked(), model.id: lock}
        lines = ["# Which commit each model is, and what its files hold. Written by `bpp models pull`; keep it.", ""]
        for name, one in sorted(locks.items()):
            lines += [f"[{name}]", f"hub = {json.dumps(one.hub)}", f"revision = {json.dumps(one.revision)}"]
            lines += [f"[{name}.files]"]
            lines += [
                f'{json.dumps(path)} = {{ size = {size}, sha256 = "{sha256}" }}'
                for path, (size, sha256) in sorted(one.files.items())
            ]
            lines += [""]
        draft = self.folder / f"{LOCK}.part"
        with draft.open("w", encoding="utf-8") as file:
            file.write("\n".join(lines))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / LOCK)


def _known(model: Model, locked: _Lock | None, file: File) -> tuple[int, bool, str | None]:
    """Size, whether that is exact, and SHA-256: by the manifest, else by what the first pull wrote down."""
    kept = None
    if locked is not None and (not model.pinned or locked.revision == model.revision):
        kept = locked.files.get(file.name)
    if kept is not None and file.sha256 in (None, kept[1]):
        return kept[0], True, kept[1]
    return file.size, file.exact, file.sha256


def _hashed(file: IO[bytes], told: Callable[[int], None]) -> Any:
    digest = hashlib.sha256()
    while data := file.read(_CHUNK):
        digest.update(data)
        told(file.tell())
    return digest


def _sound(one: _Wanted) -> bool:
    """Whether a file is at all what its name says; the page on which a network asks to sign in is not."""
    try:
        with one.part.open("rb") as file:
            if one.file.name.endswith(".json"):
                json.load(file)
            elif one.file.name.endswith(".safetensors"):
                length = int.from_bytes(file.read(8), "little")
                return length < one.part.stat().st_size and isinstance(json.loads(file.read(length)), dict)
    except ValueError:
        return False
    return True


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**8 else f"{size / 1e6:.1f} MB"
