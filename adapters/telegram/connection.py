"""The way to Telegram: opened, kept and opened again; what comes in is confirmed only once it is written down.

Telegram hands updates to one asker at a time. Whoever asks with a higher number says that all before it may be forgotten,
so that number goes out after ``Receiver.receive`` has returned, and not before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from json import loads
from typing import Any

import httpx
import telegram
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import BaseRequest, HTTPXRequest

from adapters.telegram.webhook import Receiver, Webhook
from bot.errors import BotError, StorageTrouble

log = logging.getLogger(__name__)

API = "https://api.telegram.org"
UPDATES = ("message", "callback_query", "my_chat_member")
"""What we ask to be told of. Edited messages are not among it: whoever corrects a command sends it again."""
POLL_SECONDS = 25
CALL_SECONDS = 20.0
"""The longest silence in the middle of a call."""
UPLOAD_SECONDS = 60.0
CONNECT_SECONDS = 10.0
CONNECTIONS, POOL = 64, 8
SIGNS = ("/answerCallbackQuery", "/sendChatAction")
"""Methods that only show that something was heard: they wait for nothing that takes longer."""
INTRODUCE_SECONDS = 60.0
CLOSE_SECONDS = 5.0
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
CONFLICT_WAIT, LONGEST_CONFLICT_WAIT = 30.0, 300.0
MOST_CONFLICTS = 8
"""Waits do not grow any more after so many: longer ones no float could hold one day."""
WEBHOOK_WAIT = 1.0
WATCH_SECONDS = 60.0
"""Between two looks whether Telegram still calls us."""
TAKEN_AGAIN_SECONDS = 3600.0
"""Whoever sets a webhook twice within this has not forgotten it: they run."""

PASSING = (TelegramError, OSError, TimeoutError)
"""What the library raises when Telegram or the way there is not well."""

EPHEMERAL = "editEphemeralMessageText"
"""Whoever knows this method has messages in groups that one member alone sees."""

_TOKEN = re.compile(r"[A-Za-z0-9_:-]+")


class TokenRefused(BotError):
    """Telegram does not know this token (any more): trying again is of no use."""

    default_key = "telegram-token"


class Unreached(BotError):
    """Telegram cannot be reached, or is not well."""

    default_key = "telegram-unreachable"


class _Request(BaseRequest):
    """Connections in several small pools; signs that something was heard have their own share of them.

    At each request a pool looks at each of its connections for each other one that rests: of one large pool that is most
    of what a crowd costs. Whoever waits, waits here: in a pool, each would be looked at, too.
    """

    def __init__(self, connections: int, **more: Any) -> None:
        self._pools = [HTTPXRequest(connection_pool_size=POOL, **more) for _ in range(-(-connections // POOL))]
        self._taken = [0] * len(self._pools)
        signs = connections // 2
        self._signs = asyncio.Semaphore(signs)
        self._others = asyncio.Semaphore(connections - signs)

    @property
    def read_timeout(self) -> float | None:
        return CALL_SECONDS

    async def initialize(self) -> None:
        for pool in self._pools:
            await pool.initialize()

    async def shutdown(self) -> None:
        for pool in self._pools:
            await pool.shutdown()

    async def do_request(self, url: str, method: str, *arguments: Any, **more: Any) -> tuple[int, bytes]:
        async with self._signs if url.endswith(SIGNS) else self._others:
            number = self._taken.index(min(self._taken))
            self._taken[number] += 1
            try:
                return await self._pools[number].do_request(url, method, *arguments, **more)
            finally:
                self._taken[number] -= 1

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        # The library would log what it cannot read: a proxy's page, or half of somebody's message.
        try:
            return loads(payload.decode("utf-8", "replace"))
        except ValueError:
            raise TelegramError("Invalid server response") from None


class Client(telegram.Bot):
    """python-telegram-bot's client: no method without a time limit, and updates as they came."""

    def __init__(
        self,
        token: str,
        *,
        api: str = "",
        file_api: str = "",
        look: Callable[[Any], Awaitable[None]] | None = None,
    ) -> None:
        base = (api or API).rstrip("/")
        files = (file_api or base).rstrip("/")
        super().__init__(
            # An empty one is refused in ``check`` like any that no address can carry.
            token or "-",
            base_url=lambda token: f"{base}/bot{token}",
            base_file_url=lambda token: f"{files}/file/bot{token}",
            request=_request(CONNECTIONS, look),
            get_updates_request=_request(2),
        )

    async def ask(self, method: str, parameters: Mapping[str, Any], seconds: float = CALL_SECONDS) -> Any:
        """Call any method of the Bot API. The answer as it came."""
        return await self._post(method, dict(parameters), read_timeout=seconds)

    async def updates(self, offset: int | None, seconds: int) -> list[dict[str, Any]]:
        """What is there, or comes within so many seconds; ``offset`` confirms all before it."""
        parameters = {"offset": offset, "timeout": seconds, "allowed_updates": list(UPDATES)}
        return await self.ask("getUpdates", parameters, CALL_SECONDS + seconds)

    async def offers(self, method: str) -> bool:
        """Whether the server knows this method. Raises ``TelegramError`` where it cannot be told."""
        try:
            await self.ask(method, {"chat_id": 0})
        except InvalidToken:  # 404; the token was good a moment ago
            return False
        except BadRequest:
            return True
        return True


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to believe to be Telegram: read once (20 ms), where each of nine pools would read the same certificates."""
    return httpx.create_ssl_context()


def _request(connections: int, look: Callable[[Any], Awaitable[None]] | None = None) -> BaseRequest:
    return _Request(
        connections,
        read_timeout=CALL_SECONDS,
        write_timeout=CALL_SECONDS,
        connect_timeout=CONNECT_SECONDS,
        pool_timeout=CALL_SECONDS,
        media_write_timeout=UPLOAD_SECONDS,
        httpx_kwargs={"verify": _trusted(), "event_hooks": {"response": [look] if look is not None else []}},
    )


class Connection:
    """Receives updates until ``close``. ``welcome`` runs beside that from the moment that the bot is known."""

    def __init__(
        self,
        client: Client,
        receiver: Receiver,
        welcome: Callable[[], Awaitable[None]],
        *,
        webhook: Webhook | None = None,
    ) -> None:
        self._client = client
        self._receiver = receiver
        self._welcome = welcome
        self._webhook = webhook
        self._closing = asyncio.Event()
        self._reached = False
        self._begun = False
        self._wait = FIRST_WAIT
        self._conflicts = 0
        self._removed = float("-inf")
        """When we removed a webhook that somebody else had set."""
        self.unreached = asyncio.Event()
        """Set if Telegram could not be reached at the start. Trying goes on."""
        self.connected = asyncio.Event()
        """Set once something can arrive."""
        self.conflicted = asyncio.Event()
        """Set while somebody else asks for our updates."""

    async def run(self) -> None:
        """Receive until ``close``. Raises ``TokenRefused``; waits for whatever may pass."""
        check(self._client.token)
        running = asyncio.create_task(self._run())
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({running, closing}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                await running
        finally:
            for task in (running, closing):
                task.cancel()
            await asyncio.gather(running, closing, return_exceptions=True)

    async def close(self) -> None:
        """End ``run``."""
        self._closing.set()

    async def _run(self) -> None:
        welcoming: asyncio.Future[None] | None = None
        try:
            while True:
                rest = 0.0
                try:
                    await self._introduce()
                    if welcoming is None:
                        welcoming = asyncio.ensure_future(self._welcome())
                    if not self._begun:
                        await self._receiver.begin()
                        self._begun = True
                    await (self._poll() if self._webhook is None else self._listen(self._webhook))
                except Exception as error:  # noqa: BLE001 - what does not pass is raised again in there
                    rest = await self._rest_after(error, self._wait)
                if not rest:
                    rest, self._wait = self._wait, min(LONGEST_WAIT, self._wait * 2)
                await asyncio.sleep(rest)
        finally:
            if welcoming is not None:
                welcoming.cancel()
                await asyncio.gather(welcoming, return_exceptions=True)

    async def _rest_after(self, error: Exception, wait: float) -> float:
        """Seconds until the next try, 0 for ``wait``. Raises what does not pass by itself."""
        match error:
            case RetryAfter():
                log.info("Telegram wants to be asked again in %.0f s", seconds_of(error))
                return seconds_of(error)
            case Conflict():
                return await self._yield(error)
            case StorageTrouble():
                log.error("what arrives cannot be written down (%s); next try in %.0f s", error.key, wait)
                return 0.0
            case BotError():
                raise error
            case InvalidToken():
                await self._still_known()
            case _:
                pass
        if not self._reached:
            self.unreached.set()
        what = "is lost" if self._reached else "cannot be reached"
        log.warning("Telegram %s (%s); next try in %.0f s", what, named(error), wait)
        return 0.0

    async def _introduce(self) -> None:
        """Prove the token and learn who we are."""
        try:
            async with asyncio.timeout(INTRODUCE_SECONDS):
                await self._client.initialize()
        except InvalidToken:
            raise TokenRefused from None  # its cause may quote what was sent
        self._reached = True

    async def _still_known(self) -> None:
        """Raises ``TokenRefused`` if the token was revoked; 404 alone also comes from a proxy that is not well."""
        try:
            async with asyncio.timeout(INTRODUCE_SECONDS):
                await self._client.get_me()
        except InvalidToken:
            raise TokenRefused from None
        except PASSING as error:
            log.info("nor does Telegram say who we are: %s", named(error))

    async def _poll(self) -> None:
        offset: int | None = None
        seconds = 0  # the first answer tells that we are connected: let it come at once
        while True:
            await self._receiver.room()
            updates = await self._client.updates(offset, seconds)
            if seconds:
                self._alone()  # a short one may have been lucky
            self.connected.set()
            if updates:
                await self._receiver.receive(updates)
                offset = max(int(update["update_id"]) for update in updates) + 1
            else:
                offset = None  # after a quiet week the numbers start anew, and an old one would hide the new
            self._wait = FIRST_WAIT
            seconds = POLL_SECONDS

    async def _listen(self, webhook: Webhook) -> None:
        async with webhook.serving(self._receiver) as secret:
            await self._set(webhook, secret)
            self.connected.set()
            self._wait = FIRST_WAIT
            watching = asyncio.create_task(self._watch(webhook, secret))
            serving = asyncio.create_task(webhook.ended())
            try:
                done, _ = await asyncio.wait({watching, serving}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    await task
            finally:
                watching.cancel()
                serving.cancel()
                await asyncio.gather(watching, serving, return_exceptions=True)

    async def _watch(self, webhook: Webhook, secret: str) -> None:
        """See to it that Telegram goes on calling us: somebody else with this token may have told it otherwise."""
        failed = None
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                async with asyncio.timeout(INTRODUCE_SECONDS):
                    info = await self._client.get_webhook_info()
                    ours = info.url == webhook.url and set(info.allowed_updates or ()) == set(UPDATES)
                    broken = info.last_error_date not in (None, failed)
                    if not ours or broken:
                        # A twin with our address may have set it with a secret of its own, which nobody can ask for: all
                        # that is seen of it is that we refused the calls.
                        await self._set(webhook, secret)
                    failed = info.last_error_date
            except InvalidToken:
                await self._still_known()
            except PASSING as error:
                log.info("whether Telegram calls us cannot be looked up: %s", named(error))
            else:
                if ours:
                    self._alone()
                else:
                    self._taken("another process took the webhook of this bot away: stop one of the two")
                if broken:
                    log.warning("Telegram could not reach the webhook a while ago: see bpp doctor")

    async def _set(self, webhook: Webhook, secret: str) -> None:
        await self._client.set_webhook(
            webhook.url, allowed_updates=list(UPDATES), secret_token=secret, drop_pending_updates=False
        )

    async def _yield(self, error: Conflict) -> float:
        """Somebody else is told what we want to hear. How long to wait."""
        if "webhook" in error.message.lower():
            now = asyncio.get_running_loop().time()
            again, self._removed = now - self._removed < TAKEN_AGAIN_SECONDS, now
            if again:
                self._taken("another process sets a webhook for this bot again and again: stop one of the two")
            else:
                log.warning("a webhook was set for this bot: it is removed, since this bot is to ask for updates")
            try:
                await self._client.delete_webhook(drop_pending_updates=False)
            except PASSING as trouble:
                log.info("it could not be removed: %s", named(trouble))
                return 0.0
            return LONGEST_CONFLICT_WAIT if again else WEBHOOK_WAIT
        self._taken(
            "another process asks Telegram for this bot's updates: stop one of the two. Waiting until it is gone"
        )
        wait = min(LONGEST_CONFLICT_WAIT, CONFLICT_WAIT * 2**self._conflicts)
        self._conflicts = min(MOST_CONFLICTS, self._conflicts + 1)
        return wait

    def _taken(self, said: str) -> None:
        if not self.conflicted.is_set():
            self.conflicted.set()
            log.error(said)

    def _alone(self) -> None:
        if self.conflicted.is_set():
            self.conflicted.clear()
            log.warning("no other process asks for this bot's updates any more")
        self._conflicts = 0


def check(token: str) -> None:
    """Raises ``TokenRefused`` for what no address can carry."""
    if not _TOKEN.fullmatch(token) or token == "-":  # noqa: S105
        raise TokenRefused


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram wants us to wait."""
    # The public name warns that it will return something else one day.
    return max(0.1, error._retry_after.total_seconds())  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def named(error: BaseException) -> str:
    """What went wrong, without the texts that libraries put into messages: they quote addresses, and those the token."""
    name = type(error).__name__
    return f"{name} {seconds_of(error):.0f} s" if isinstance(error, RetryAfter) else name


@dataclass(frozen=True, slots=True)
class Checkup:
    """What Telegram says about a bot."""

    name: str
    username: str
    privacy: bool
    """In groups it receives little more than commands and replies to itself."""
    groups: bool
    """Anybody may add it to a group."""
    commands: int
    """Registered for private chats by now."""
    webhook: str
    """The address that Telegram calls; empty if the bot is to ask."""
    webhook_error: str
    """What went wrong with that lately; empty if nothing did."""
    webhook_error_at: int
    """Seconds since 1970, 0 for never."""
    pending: int
    """Updates that wait for us."""
    ephemeral: bool
    """The server offers messages in groups that one member alone sees."""
    ahead: float
    """Seconds by which ``clock`` is ahead of Telegram's."""

    @property
    def link(self) -> str:
        """Whoever opens this talks to the bot."""
        return f"https://t.me/{self.username}"

    @property
    def invite(self) -> str:
        """Whoever opens this can add the bot to a group, with the right to remove photos sent there by mistake."""
        return f"{self.link}?startgroup=add&admin=delete_messages"


async def checkup(token: str, *, api: str = "", file_api: str = "", clock: Callable[[], int] | None = None) -> Checkup:
    """Ask Telegram about the bot, without taking its updates. Raises ``TokenRefused`` or ``Unreached``."""
    check(token)
    ahead = 0.0

    async def look(response: Any) -> None:
        nonlocal ahead
        with contextlib.suppress(KeyError, ValueError, TypeError):
            theirs = parsedate_to_datetime(response.headers["Date"]).timestamp()
            ahead = 0.0 if clock is None else clock() / 1_000 - theirs

    client = Client(token, api=api, file_api=file_api, look=look)
    try:
        async with asyncio.timeout(INTRODUCE_SECONDS):
            await client.initialize()  # else the library closes nothing in the end
            me = client.bot
            commands: list[object] = await client.ask("getMyCommands", {"scope": {"type": "all_private_chats"}})
            webhook: dict[str, Any] = await client.ask("getWebhookInfo", {})
            ephemeral = await client.offers(EPHEMERAL)
            return Checkup(
                name=me.first_name,
                username=str(me.username),
                privacy=not me.can_read_all_group_messages,
                groups=bool(me.can_join_groups),
                commands=len(commands),
                webhook=str(webhook.get("url") or ""),
                webhook_error=str(webhook.get("last_error_message") or ""),
                webhook_error_at=int(webhook.get("last_error_date") or 0),
                pending=int(webhook.get("pending_update_count") or 0),
                ephemeral=ephemeral,
                ahead=ahead,
            )
    except InvalidToken:
        raise TokenRefused from None
    except PASSING as error:
        raise Unreached(parameters={"problem": named(error)}) from None
    finally:
        await hang_up(client)


async def hang_up(client: Client) -> None:
    """Close all connections."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.shutdown()
    except (NetworkError, OSError, TimeoutError, RuntimeError) as error:
        log.info("the connection did not end politely: %s", named(error))
