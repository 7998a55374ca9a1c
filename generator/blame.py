"""Says for a log where an unexpected exception came from, without its message."""

from __future__ import annotations

import traceback

FRAMES = 6
"""The innermost calls that are named."""


def blame(error: BaseException) -> str:
    """The type of ``error``, then where it was raised and who called, innermost first.

    Never its message: it may hold a name, an id or bytes of a file.
    """
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = " < ".join(f"{one.name} ({one.filename.rsplit('/', 1)[-1]}:{one.lineno})" for one in reversed(frames))
    return f"{type(error).__name__} at {where or 'an unknown place'}"
