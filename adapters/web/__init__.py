"""The local room: a chat page that needs no account."""

from __future__ import annotations

from adapters.web.room import WebRoom

__all__ = ["WebRoom"]
