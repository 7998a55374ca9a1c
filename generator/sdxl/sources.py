"""Where weights are fetched from: a hub or a mirror of one over HTTP, or a folder on this machine.

Written on urllib, not on the hub's own client: that one needs headers which a plain file server as a mirror does not
send, and hands a token of the admin's to any address it is pointed to.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any, Protocol

from generator.errors import GeneratorError
from generator.sdxl.manifest import File, Model, is_commit, is_sha256

HUB = "https://huggingface.co"
_SECONDS = 30.0
"""In which something has to arrive."""

_BROKEN = (OSError, http.client.HTTPException)
"""What a line that is cut looks like from here."""

_NOT_FOLLOWED = (301, 302, 303, 307, 308)
_NO_SUCH_METHOD = (405, 501)
_NO_SUCH_RANGE = 416
_REFUSED = (401, 403)
_NO_SUCH_FILE = (404, 410)


class ModelTrouble(GeneratorError):
    """Weights cannot be fetched, kept or checked; the key says why."""

    default_key = "models-hub-trouble"


class LineCut(Exception):
    """The line broke in the middle of a file; what arrived is good."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a source says of a file before it is fetched."""

    size: int = 0
    sha256: str | None = None


class Stream(Protocol):
    """The bytes of one file, from ``start`` on."""

    start: int
    total: int
    """Of the whole file; 0 where the source does not say."""

    def read(self, size: int) -> bytes:
        """Up to ``size`` further bytes, none at the end. Raises ``LineCut``."""
        ...


class Source(Protocol):
    """Where files of models come from. Everything raises ``ModelTrouble`` with what the admin can do."""

    def commit(self, model: Model) -> str:
        """The commit that ``model``'s revision is now; the revision itself where the source does not say."""
        ...

    def ask(self, model: Model, revision: str, file: File) -> Known:
        """What is said of ``file`` without fetching it."""
        ...

    def open(self, model: Model, revision: str, file: File, start: int) -> contextlib.AbstractContextManager[Stream]:
        """The bytes of ``file`` from ``start`` on, or from 0 where it cannot begin in the middle."""
        ...


def source_of(place: str | None) -> Source:
    """The hub for None, a mirror for an address, else a folder. Raises ``ModelTrouble``."""
    if place is None:
        return Hub(HUB)
    if place.startswith(("https://", "http://")):
        if _address(place):
            return Hub(place.rstrip("/"))
    elif place and Path(place).is_dir():
        return Folder(Path(place))
    raise ModelTrouble("models-source", {"source": place})


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Files are handed out by other hosts than the one that is asked. That one says what the file is: a HEAD stays."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        there = urllib.parse.urlsplit(newurl)
        if req.type == "https" and there.scheme != "https":
            return None
        if req.get_method() != "HEAD":
            return super().redirect_request(req, fp, code, msg, headers, newurl)
        if there.netloc != urllib.parse.urlsplit(req.full_url).netloc:
            return None
        return urllib.request.Request(newurl, headers=dict(req.header_items()), method="HEAD")  # noqa: S310 – http(s), see above


class Hub:
    """A hub, or a server with files at its paths: ``/{hub}/resolve/{revision}/{file}``."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._host = urllib.parse.urlsplit(address).netloc
        self._opener = urllib.request.build_opener(_Redirects())

    def commit(self, model: Model) -> str:
        """See ``Source``."""
        headers = self._head(model, model.revision, model.files[0])
        if is_commit(found := headers.get("x-repo-commit", "")):
            return found
        with contextlib.suppress(ModelTrouble, *_BROKEN, ValueError, AttributeError):
            with self._answer(f"/api/models/{model.hub}/revision/{model.revision}", model, model.files[0]) as answer:
                found = str(json.loads(answer.read(2**20)).get("sha"))
            if is_commit(found):
                return found
        return model.revision

    def ask(self, model: Model, revision: str, file: File) -> Known:
        """See ``Source``."""
        headers = self._head(model, revision, file)
        tag = headers.get("x-linked-etag", "").removeprefix("W/").strip('"')
        size = headers.get("x-linked-size", headers.get("content-length", ""))
        return Known(int(size) if size.isdecimal() else 0, tag if is_sha256(tag) else None)

    @contextlib.contextmanager
    def open(self, model: Model, revision: str, file: File, start: int) -> Iterator[Stream]:
        """See ``Source``."""
        wanted = {"Range": f"bytes={start}-"} if start else {}
        with self._answer(_path(model, revision, file), model, file, wanted) as answer:
            yield _Answer(answer)

    def _head(self, model: Model, revision: str, file: File) -> dict[str, str]:
        """Headers by their names in small letters; without a length where they belong to a redirection."""
        try:
            with self._answer(_path(model, revision, file), model, file, method="HEAD") as answer:
                return {name.lower(): value for name, value in answer.headers.items()}
        except _Elsewhere as elsewhere:
            return {
                name.lower(): value for name, value in elsewhere.headers.items() if name.lower() != "content-length"
            }

    @contextlib.contextmanager
    def _answer(
        self, path: str, model: Model, file: File, wanted: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Iterator[http.client.HTTPResponse]:
        try:
            with self._send(path, wanted or {}, method) as answer:
                yield answer
        except _Refused as error:
            raise self._refusal(error.status, model, file) from None

    def _send(self, path: str, wanted: Mapping[str, str], method: str) -> http.client.HTTPResponse:
        headers = {"User-Agent": "bpp", "Accept-Encoding": "identity", **wanted}
        request = urllib.request.Request(self._address + path, headers=headers, method=method)  # noqa: S310 – http(s), see source_of
        try:
            return self._opener.open(request, timeout=_SECONDS)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == _NO_SUCH_RANGE and wanted:
                    return self._send(path, {}, method)  # what is there already is no beginning of this file
                if method == "HEAD" and error.code in (*_NOT_FOLLOWED, *_NO_SUCH_METHOD):
                    raise _Elsewhere(error.headers) from None
                raise _Refused(error.code) from None
        except _BROKEN as error:
            raise ModelTrouble("models-hub-unreachable", {"host": self._host, "problem": _plain(error)}) from None

    def _refusal(self, status: int, model: Model, file: File) -> ModelTrouble:
        about = {"host": self._host, "hub": model.hub, "file": file.source, "status": status}
        if status in _REFUSED:
            return ModelTrouble("models-hub-refuses", about)
        if status in _NO_SUCH_FILE:
            return ModelTrouble("models-hub-missing", {**about, "revision": model.revision})
        return ModelTrouble("models-hub-trouble", about)


class _Elsewhere(Exception):
    """An answer to HEAD that is none, with all that its headers say."""

    def __init__(self, headers: Message) -> None:
        super().__init__()
        self.headers = headers


class _Refused(Exception):
    """A status that is no answer."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


class _Answer:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self._answer = answer
        length = answer.headers.get("Content-Length", "")
        self._left = int(length) if length.isdecimal() else None
        first, _, total = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        begin = first.partition("-")[0]
        partial = answer.status == http.client.PARTIAL_CONTENT and begin.isdecimal()
        self.start = int(begin) if partial else 0
        self.total = int(total) if partial and total.isdecimal() else self.start + (self._left or 0)

    def read(self, size: int) -> bytes:
        try:
            data = self._answer.read(size)
        except _BROKEN as error:
            raise LineCut from error
        if self._left is not None:
            self._left -= len(data)
            if not data and self._left > 0:
                raise LineCut
        return data


class Folder:
    """A folder with the models in it: as this program keeps them, by the name of the hub, or as the hub's cache."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def commit(self, model: Model) -> str:
        """See ``Source``."""
        with contextlib.suppress(OSError):
            found = (self._cache(model) / "refs" / model.revision).read_text("ascii").strip()
            if is_commit(found):
                return found
        return model.revision

    def ask(self, model: Model, revision: str, file: File) -> Known:
        """See ``Source``."""
        try:
            return Known(self._find(model, revision, file).stat().st_size)
        except OSError as error:
            raise self._unreadable(model, file, error) from error

    @contextlib.contextmanager
    def open(self, model: Model, revision: str, file: File, start: int) -> Iterator[Stream]:
        """See ``Source``."""
        place = self._find(model, revision, file)
        try:
            opened = place.open("rb")
        except OSError as error:
            raise self._unreadable(model, file, error) from error
        with opened:
            total = place.stat().st_size
            yield _Opened(opened, start if start <= total else 0, total)

    def _cache(self, model: Model) -> Path:
        return self._folder / f"models--{model.hub.replace('/', '--')}"

    def _find(self, model: Model, revision: str, file: File) -> Path:
        name = model.hub.split("/")[1]
        kept = self._folder / model.id / file.name
        others = [
            home / file.source
            for home in (
                self._folder / model.hub,
                self._cache(model) / "snapshots" / revision,
                self._folder / name,
                self._folder / model.id,
            )
        ]
        for place in (kept, *others):
            if place.is_file():
                return place
        raise ModelTrouble("models-not-there", {"folder": str(self._folder), "model": model.id, "file": file.name})

    def _unreadable(self, model: Model, file: File, error: OSError) -> ModelTrouble:
        place = self._folder / model.id / file.name
        return ModelTrouble("file-unreadable", {"file": str(place), "problem": error.strerror or str(error)})


class _Opened:
    def __init__(self, file: IO[bytes], start: int, total: int) -> None:
        self._file = file
        self.start = start
        self.total = total
        file.seek(start)

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise LineCut from error


def _address(place: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(place)
        host = (parts.hostname or "").encode("idna")
        return bool(host) and (parts.port or 80) > 0 and place.isprintable() and " " not in place and not parts.query
    except ValueError:
        return False


def _path(model: Model, revision: str, file: File) -> str:
    return f"/{model.hub}/resolve/{revision}/{urllib.parse.quote(file.source)}"


def _plain(error: BaseException) -> str:
    """In few words why nothing could be reached."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {_SECONDS:.0f} s"
    if isinstance(cause, ssl.SSLError):
        return "its certificate cannot be verified" if isinstance(cause, ssl.SSLCertVerificationError) else "TLS failed"
    if isinstance(cause, socket.gaierror):
        return "there is no such host"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return "it hung up" if isinstance(cause, ConnectionError | http.client.HTTPException) else str(cause)
