"""A hub of models on loopback: the few routes that a pull needs, over real HTTP, with the weather of a real network.

Large files are handed out by another host after a redirection, as the real one does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from generator.sdxl.manifest import File, Manifest, Model

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HUB = "somebody/tiny-weights"


def weights(size: int, seed: int = 1) -> bytes:
    """A file of ``size`` bytes that begins as safetensors do."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
    body = hashlib.shake_256(bytes([seed])).digest(size)
    return (struct.pack("<Q", len(header)) + header + body)[:size]


CONFIG = b'{"of": "a tiny network"}'
BIG = weights(3_000_000)
FILES = {"config.json": CONFIG, "unet/model.safetensors": BIG}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


PINNED = Model(
    id="tiny",
    role="base",
    hub=HUB,
    revision=COMMIT,
    files=(
        File("config.json", len(CONFIG), sha256(CONFIG), exact=True, source="config.json"),
        File("unet/model.safetensors", len(BIG), sha256(BIG), exact=True, source="unet/model.safetensors"),
    ),
    licence="MIT",
    permits="Everything.",
    hosting=True,
    optional=False,
)
MOVING = dataclasses.replace(
    PINNED,
    id="moving",
    revision="main",
    files=tuple(File(file.name, 0, None, exact=False, source=file.source) for file in PINNED.files),
)
PRIVATE = dataclasses.replace(PINNED, id="private", licence="CC-BY-NC-4.0", hosting=False)
HUGE = dataclasses.replace(
    PINNED, id="huge", files=(dataclasses.replace(PINNED.files[0], size=10**16), PINNED.files[1])
)
ALL: Manifest = {model.id: model for model in (PINNED, MOVING, PRIVATE, HUGE)}


@dataclass(frozen=True)
class Request:
    """What somebody asked for."""

    method: str
    path: str
    first: int


@dataclass
class HubPeer:
    """One hub with one repository; everything in it may be changed while it runs."""

    files: dict[str, bytes]
    branch: str = COMMIT
    status: int = 200
    """What GET is answered with where it is not 200."""
    cut_after: int | None = None
    """Bytes of an answer after which the line is cut."""
    hold_after: int | None = None
    """Bytes of an answer after which nothing comes any more."""
    plain: bool = False
    """A file server without a word of the hub's own."""
    ranges: bool = True
    seen: list[Request] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    """Set when an answer is being held."""
    released: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        peer = self

        class Handler(_Handler):
            hub = peer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fetched(self, name: str) -> list[int]:
        """The first byte of each GET of a file that brought some of it."""
        return [one.first for one in self.seen if one.method == "GET" and one.path.endswith(f"/{name}")]

    @contextmanager
    def weather(self, **changes: object) -> Iterator[None]:
        """These attributes for a while."""
        before = {name: getattr(self, name) for name in changes}
        for name, value in changes.items():
            setattr(self, name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(self, name, value)


class _Handler(BaseHTTPRequestHandler):
    hub: HubPeer
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Silence."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(wanted.group(1)) if wanted and self.hub.ranges else 0
        if self.path == f"/api/models/{HUB}/revision/main" and not self.hub.plain:
            self._whole(json.dumps({"sha": self.hub.branch}).encode())
            return
        found = re.fullmatch(rf"/({re.escape(HUB)}/resolve/([\w.-]+)|elsewhere|api/resolve-cache)/(.+)", self.path)
        data = self.hub.files.get(found.group(3)) if found else None
        revision = found.group(2) if found else None
        if data is None or (revision is not None and revision not in {"main", self.hub.branch}):
            self._bare(404)
            return
        if found and revision is not None and not self.hub.plain:
            self._redirect(found.group(3), data)
            return
        self.hub.seen.append(Request(self.command, self.path, first))
        if self.hub.status != 200 and self.command == "GET":
            self._bare(self.hub.status)
        elif first > len(data) or (first and first == len(data)):
            self._bare(416)
        else:
            self._file(data, first, partial=wanted is not None and self.hub.ranges)

    def _redirect(self, name: str, data: bytes) -> None:
        large = name.endswith(".safetensors")
        self.send_response(302 if large else 307)
        there = f"http://localhost:{self.hub.port}/elsewhere" if large else "/api/resolve-cache"
        self.send_header("Location", f"{there}/{name}")
        self.send_header("X-Repo-Commit", self.hub.branch)
        if large:
            self.send_header("X-Linked-Size", str(len(data)))
            self.send_header("X-Linked-Etag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _file(self, data: bytes, first: int, *, partial: bool) -> None:
        self.send_response(206 if partial else 200)
        if partial:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        if not self.hub.plain:
            self.send_header("X-Repo-Commit", self.hub.branch)
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        if self.command == "HEAD":
            return
        rest = data[first:]
        for stop, held in ((self.hub.cut_after, False), (self.hub.hold_after, True)):
            if stop is not None and stop < len(rest):
                self.wfile.write(rest[:stop])
                self.wfile.flush()
                if held:
                    self.hub.held.set()
                    self.hub.released.wait(30)
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
        self.wfile.write(rest)

    def _whole(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _bare(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
