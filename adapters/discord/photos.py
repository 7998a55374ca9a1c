"""Fetches a member's photo from Discord's CDN: at once, no more of it than is looked at, and from nowhere else."""

from __future__ import annotations

import asyncio

import aiohttp
import yarl

from bot.chat import MAX_UPLOAD_BYTES, Upload
from bot.errors import BotError

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
PHOTO_SECONDS = 15.0
CHUNK = 65_536
OK = 200


class PhotoLost(BotError):
    """The photo could not be had; nothing happened."""

    default_key = "discord-photo-gone"


class Photos:
    """The way to Discord's CDN, or to ``cdn`` in its place. To be closed."""

    def __init__(self, cdn: str = "", seconds: float = PHOTO_SECONDS) -> None:
        self._cdn = yarl.URL(cdn.rstrip("/")) if cdn else None
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, url: str) -> Upload:
        """The file behind an attachment's address, cut off where it becomes too large. Raises ``PhotoLost``."""
        source = self._source(url)
        try:
            async with asyncio.timeout(self._seconds):
                return Upload(await self._read(source))
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise PhotoLost("discord-photo-slow") from None  # its cause holds the link

    def _source(self, url: str) -> yarl.URL:
        try:
            given = yarl.URL(url, encoded=True)  # a signed link is only good letter by letter
            origin = given.origin()
        except ValueError:
            raise PhotoLost("discord-photo-foreign") from None
        if self._cdn is not None and origin == self._cdn.origin():
            return given
        if given.host not in HOSTS or given.scheme != "https" or given.explicit_port not in (None, 443):
            raise PhotoLost("discord-photo-foreign")
        return given if self._cdn is None else yarl.URL(f"{self._cdn}{given.raw_path_qs}", encoded=True)

    async def _read(self, source: yarl.URL) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None, sock_connect=5)
            )
        data = bytearray()
        # A redirect could lead anywhere, into the network that we stand in too.
        async with self._session.get(source, allow_redirects=False) as response:
            if response.status != OK:
                raise PhotoLost
            async for chunk in response.content.iter_chunked(CHUNK):
                data += chunk[: MAX_UPLOAD_BYTES + 1 - len(data)]
                if len(data) > MAX_UPLOAD_BYTES:
                    break
        return bytes(data)

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()
            self._session = None
