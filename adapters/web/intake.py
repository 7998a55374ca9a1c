"""Reads what a page sends: a small JSON head, then perhaps a photo, never more than agreed, never on a disk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast

from starlette.requests import ClientDisconnect, Request

from bot.chat import MAX_UPLOAD_BYTES

MAX_HEAD_BYTES = 16_384
HEAD_SECONDS = 10.0
PHOTO_SECONDS = 90.0
PACE_SECONDS, PACE_BYTES = 5.0, 65_536
"""So much must come in so much time, or the place that it takes in memory is given to somebody else."""


class Rejected(Exception):
    """A request that is not answered as asked: an HTTP status, and the sentence that says why, not yet worded."""

    def __init__(self, status: int, key: str, parameters: Mapping[str, str] | None = None) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.parameters = dict(parameters or {})


async def _read(request: Request, most: int, seconds: float) -> bytearray:
    try:
        declared = int(request.headers.get("content-length", "0"))
    except ValueError:
        raise Rejected(400, "web-error-garbled") from None
    if declared > most:
        raise Rejected(413, "web-error-large")
    body = bytearray()
    counted = 0
    now = asyncio.get_running_loop().time
    end = now() + seconds
    try:
        async with asyncio.timeout_at(min(end, now() + PACE_SECONDS)) as limit:
            async for chunk in request.stream():
                if len(body) + len(chunk) > most:
                    raise Rejected(413, "web-error-large")
                body += chunk
                if len(body) - counted >= PACE_BYTES:
                    counted = len(body)
                    limit.reschedule(min(end, now() + PACE_SECONDS))
    except TimeoutError:
        raise Rejected(408, "web-error-slow") from None
    except ClientDisconnect:
        raise Rejected(400, "web-error-garbled") from None
    return body


def _parse(data: bytes | bytearray) -> dict[str, Any]:
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError):
        raise Rejected(400, "web-error-garbled") from None
    if not isinstance(value, dict):
        raise Rejected(400, "web-error-garbled")
    return cast("dict[str, Any]", value)


async def read_json(request: Request) -> dict[str, Any]:
    """The JSON object in the body of a request. Raises ``Rejected``."""
    return _parse(await _read(request, MAX_HEAD_BYTES, HEAD_SECONDS))


async def read_call(request: Request) -> tuple[dict[str, Any], bytes | None]:
    """Head and photo of a call: four bytes with the length of the head (big-endian), the head in JSON, the photo.

    An own frame instead of a multipart form, because form parsers put large files into the temp folder, and no photo
    may ever lie on a disk unencrypted. Raises ``Rejected``.
    """
    body = await _read(request, 4 + MAX_HEAD_BYTES + MAX_UPLOAD_BYTES, PHOTO_SECONDS)
    length = int.from_bytes(body[:4], "big")
    if len(body) < 4 + length or length > MAX_HEAD_BYTES:
        raise Rejected(400, "web-error-garbled")
    head = _parse(body[4 : 4 + length])
    photo = bytes(memoryview(body)[4 + length :])
    if len(photo) > MAX_UPLOAD_BYTES:
        raise Rejected(413, "web-error-large")
    return head, photo or None
