"""The connection to Discord: made, kept and made again, without ever using up what Discord allows.

Discord counts how often a bot introduces itself (IDENTIFY) and resets its token when that is too often. So whatever
goes wrong, waits grow; and nothing begins that would leave less than ``RESERVE`` for whoever repairs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import Route

from adapters.discord.items import ActionButton, ActionMenu, Receiver
from adapters.discord.rights import invite_link
from bot.errors import BotError

log = logging.getLogger(__name__)

RESERVE = 50
"""So many starts are left for repairs."""
LOGIN_SECONDS = 60.0
CLOSE_SECONDS = 5.0
STRAY_SECONDS = 1.0
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
HEALTHY_SECONDS = 300.0
"""Whoever was connected this long begins anew with short waits."""
LAUNCHES = 3
"""So often the library tries to open one connection before we wait longer than it would."""
IDENTIFIES, IDENTIFIES_SECONDS = 5, 600.0
"""More introductions than this in so much time, beside one a shard, and we wait."""

INTENTS = discord.Intents(guilds=True)

UNAUTHORIZED = 401
BAD_TOKEN = 4004
BAD_INTENTS = frozenset({4013, 4014})

PASSING = (OSError, TimeoutError, aiohttp.ClientError, discord.DiscordException)
"""What the library raises when Discord or the way there is not well."""


class TokenRefused(BotError):
    """Discord does not know this token (any more): trying again is of no use."""

    default_key = "discord-token"


class IntentsRefused(BotError):
    """Discord does not let us ask for what we ask for: trying again is of no use."""

    default_key = "discord-intents"


class Unreached(BotError):
    """Discord cannot be reached, or is not well."""

    default_key = "discord-unreachable"


class Offline(Exception):
    """There is no connection just now: try later."""


class Pause(Exception):
    """Nothing may be begun for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Client(discord.AutoShardedClient):
    """discord.py's client, told to keep nothing in memory that we do not need, and to hurry less."""

    def __init__(self, inbound: Receiver, gateway: str = "") -> None:
        _silence()
        super().__init__(
            intents=INTENTS,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.inbound = inbound
        """Found here by buttons and menus."""
        self.connected = asyncio.Event()
        """All shards were connected at least once."""
        self._gateway = yarl.URL(gateway) if gateway else None
        self._launches: dict[int, int] = {}
        self._identified: deque[float] = deque(maxlen=1_000)
        self._shards_connected: set[int] = set()
        self.add_dynamic_items(ActionButton, ActionMenu)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        gateway = self._gateway or gateway
        # Where a later new session is opened: what Discord tells us, not what the library was written with.
        DiscordWebSocket.DEFAULT_GATEWAY = gateway
        self._launches[shard_id] = self._launches.get(shard_id, 0) + 1
        if self._launches[shard_id] > LAUNCHES:
            raise ConnectionError("the gateway cannot be reached")
        await super().launch_shard(gateway, shard_id, initial=initial)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        now = asyncio.get_running_loop().time()
        shards = self.shard_count or 1
        if len(self._identified) >= shards:  # not the first introduction
            lately = sum(at > now - IDENTIFIES_SECONDS for at in self._identified)
            if lately >= shards + IDENTIFIES:
                raise Pause(LONGEST_WAIT)
            try:
                await spare(self, 1)
            except discord.GatewayNotFound as error:
                # The library takes any of these for bad luck, and would ask for ever.
                raise refusal(error) or error from None
        self._identified.append(now)
        await super().before_identify_hook(shard_id, initial=initial)

    async def on_shard_connect(self, shard_id: int) -> None:
        self._shards_connected.add(shard_id)
        if len(self._shards_connected) >= (self.shard_count or 1):
            self.connected.set()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        await self.inbound.interaction(interaction)

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        # The library would print what it was called with.
        error = sys.exc_info()[1]
        log.error("%s could not be handled: %s", event_method, type(error).__name__)


async def spare(client: discord.Client, wanted: int | None = None) -> None:
    """Raise ``Pause`` unless Discord lets us start ``wanted`` sessions more (all of the bot's) and ``RESERVE`` beyond."""
    shards, _, limit = await client.http.get_bot_gateway()
    wanted = wanted or shards
    if limit["remaining"] < wanted + min(RESERVE, limit["total"] - wanted):
        seconds = max(1.0, limit["reset_after"] / 1000)
        log.warning("Discord allows %s more starts until it counts anew: waiting %.0f s", limit["remaining"], seconds)
        raise Pause(seconds)


def refusal(error: BaseException) -> BotError | None:
    """What a person must repair before it is of any use to try again; None for whatever may pass."""
    if isinstance(error, discord.GatewayNotFound) and error.__cause__ is not None:
        error = error.__cause__
    match error:
        case discord.LoginFailure():
            return TokenRefused()
        case discord.HTTPException() if error.status == UNAUTHORIZED:
            return TokenRefused()
        case discord.PrivilegedIntentsRequired():
            return IntentsRefused(parameters={"code": "4014"})
        case discord.ConnectionClosed() if error.code == BAD_TOKEN:
            return TokenRefused()
        case discord.ConnectionClosed() if error.code in BAD_INTENTS:
            return IntentsRefused(parameters={"code": str(error.code)})
        case _:
            return None


def _silence() -> None:
    # The library would warn that it cannot speak, which we never do.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


def _check(token: str) -> None:
    """Raises ``TokenRefused`` for what no header can carry."""
    if not token.strip().isascii() or not token.strip().isprintable():
        raise TokenRefused


async def log_in(client: discord.Client, token: str) -> None:
    """Prove the token and learn who we are. Raises ``TokenRefused``, or whatever ``PASSING`` names."""
    async with asyncio.timeout(LOGIN_SECONDS):
        await client.login(token)


def use_api(api: str) -> None:
    """Talk to ``api`` instead of Discord's own REST address. discord.py knows one address in a process."""
    if api:
        Route.BASE = api.rstrip("/")


class Connection:
    """Keeps one client connected until ``close``. ``welcome`` is awaited with each new client once it has logged in."""

    def __init__(
        self,
        token: str,
        inbound: Receiver,
        welcome: Callable[[Client], Awaitable[None]],
        *,
        api: str = "",
        gateway: str = "",
    ) -> None:
        self._token = token
        self._inbound = inbound
        self._welcome = welcome
        self._api = api
        self._gateway = gateway
        self._client: Client | None = None
        self._closing = asyncio.Event()
        self._reached = False
        self.unreached = asyncio.Event()
        """Set if Discord could not be reached at the start. Trying goes on."""

    @property
    def client(self) -> Client:
        """The client that is logged in. Raises ``Offline``."""
        if self._client is None:
            raise Offline
        return self._client

    async def run(self) -> None:
        """Be connected until ``close``. Raises ``TokenRefused`` and ``IntentsRefused``; waits for whatever may pass."""
        use_api(self._api)
        _check(self._token)
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT
        while not self._closing.is_set():
            began = loop.time()
            rest = 0.0
            try:
                await self._session()
            except Pause as pause:
                rest = pause.seconds
            except Exception as error:
                if (told := refusal(error)) is not None:
                    raise told from None  # its cause may quote what was sent
                if isinstance(error, BotError):
                    raise
                if not self._reached:
                    self.unreached.set()
                what = "is lost" if self._reached else "cannot be reached"
                log.warning("Discord %s (%s); next try in %.0f s", what, named(error), wait)
            if loop.time() - began > HEALTHY_SECONDS:
                wait = FIRST_WAIT
            await self._rest(rest or wait)
            wait = min(LONGEST_WAIT, wait * 2)

    async def close(self) -> None:
        """End ``run``."""
        self._closing.set()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _session(self) -> None:
        """One client, from login to the end of its connection."""
        client = Client(self._inbound, self._gateway)
        closing = asyncio.create_task(self._closing.wait())
        serving = asyncio.create_task(self._serve(client))
        try:
            await asyncio.wait({serving, closing}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                await serving
        finally:
            self._client = None
            for task in (serving, closing):
                task.cancel()
            # The library sometimes swallows a cancellation and serves on: so hang up before waiting for it to end.
            await _hang_up(client)
            await asyncio.gather(serving, closing, return_exceptions=True)

    async def _serve(self, client: Client) -> None:
        await log_in(client, self._token)
        if client.application is not None and client.application.interactions_endpoint_url is not None:
            log.error("the application has an Interactions Endpoint URL: remove it, or nothing that members do arrives")
        await spare(client)
        self._reached = True
        self._client = client
        welcoming = asyncio.ensure_future(self._welcome(client))
        try:
            await client.connect()
        finally:
            welcoming.cancel()
            await asyncio.gather(welcoming, return_exceptions=True)


async def _hang_up(client: discord.Client) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
    except asyncio.CancelledError:
        # The library was closing by itself when it was cancelled, and says so to whoever asks again.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
    except Exception as error:  # noqa: BLE001 - it is over in any case
        log.info("the connection did not end politely: %s", named(error))
    finally:
        await _drop_strays(client)
        await client.http.close()


async def _drop_strays(client: discord.Client) -> None:
    """Close connections that were cut off while they were made, with their heartbeats: the library knows them no more."""
    for thread in threading.enumerate():
        if isinstance(thread, KeepAliveHandler) and thread.ws._connection is client._connection:  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            thread.stop()
            with contextlib.suppress(*PASSING):
                async with asyncio.timeout(STRAY_SECONDS):
                    await thread.ws.socket.close()


def named(error: BaseException) -> str:
    """What went wrong, without the texts that libraries put into messages: they quote addresses and tokens."""
    name = type(error).__name__
    if isinstance(error, discord.HTTPException):
        return f"{name} {error.status}/{error.code}"
    if isinstance(error, discord.ConnectionClosed):
        return f"{name} {error.code}"
    return name


@dataclass(frozen=True, slots=True)
class Checkup:
    """What Discord says about a bot."""

    name: str
    servers: int
    """About how many it is in."""
    commands: int
    """Registered by now."""
    sessions: int
    sessions_left: int
    """Until Discord counts anew, a day at most."""
    invite: str
    endpoint: bool
    """An Interactions Endpoint URL is set, so that nothing arrives here."""
    public: bool
    """Anybody may add it to a server."""
    code_grant: bool
    """An invitation asks for more than a link can give, so that nobody can add it."""
    ahead: float
    """Seconds by which ``clock`` is ahead of Discord's."""


async def checkup(token: str, *, api: str = "", clock: Callable[[], int] | None = None) -> Checkup:
    """Ask Discord about the bot, without connecting it. Raises ``TokenRefused`` or ``Unreached``."""
    use_api(api)
    _check(token)
    ahead = 0.0

    async def look(_session: object, _context: object, ended: aiohttp.TraceRequestEndParams) -> None:
        nonlocal ahead
        with contextlib.suppress(KeyError, ValueError):
            theirs = parsedate_to_datetime(ended.response.headers["Date"]).timestamp()
            ahead = 0.0 if clock is None else clock() / 1_000 - theirs

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(look)
    _silence()
    client = discord.Client(intents=INTENTS, http_trace=trace)
    try:
        await log_in(client, token)
        async with asyncio.timeout(LOGIN_SECONDS):
            _, _, limit = await client.http.get_bot_gateway()
            application = await client.application_info()
            commands: Sequence[Mapping[str, Any]] = await client.http.get_global_commands(application.id)
            return Checkup(
                name=application.name,
                servers=application.approximate_guild_count,
                commands=len(commands),
                sessions=limit["total"],
                sessions_left=limit["remaining"],
                invite=invite_link(application.id),
                endpoint=application.interactions_endpoint_url is not None,
                public=application.bot_public,
                code_grant=application.bot_require_code_grant,
                ahead=ahead,
            )
    except PASSING as error:
        raise refusal(error) or Unreached(parameters={"problem": named(error)}) from None
    finally:
        await _hang_up(client)
