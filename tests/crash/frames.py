"""Messages on the socket between the platform's server and the chat process: pickles, each after its length."""

from __future__ import annotations

import asyncio
import pickle
import struct
from typing import Any

_LENGTH = struct.Struct("!I")


def write(writer: asyncio.StreamWriter, *message: Any) -> None:
    """Send one message."""
    body = pickle.dumps(message)
    writer.write(_LENGTH.pack(len(body)) + body)


async def read(reader: asyncio.StreamReader) -> tuple[Any, ...]:
    """Receive one message. Raises ``EOFError`` when the other side has gone, in the middle of a message or not."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        return pickle.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise EOFError from error
