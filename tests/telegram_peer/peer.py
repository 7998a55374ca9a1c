"""A strict fake Bot API server on one loopback port, for a bot in this process or another.

    async with TelegramPeer.serving() as peer: ...

The bot is unmodified but for two addresses: ``peer.api`` and ``peer.file_api`` (PTB: ``base_url=peer.api + "/bot"``,
``base_file_url=peer.file_api + "/file/bot"``). Everything that only a faulty bot would do is in ``peer.problems``.
"""

from __future__ import annotations

import asyncio
import functools
import json
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from fnmatch import fnmatchcase
from typing import Any, Protocol, TypeVar

from aiohttp import web

from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Channel, Group
from tests.telegram_peer.clock import Clock
from tests.telegram_peer.floods import Floods, flood
from tests.telegram_peer.judge import Judge
from tests.telegram_peer.methods import COUNTED, Methods
from tests.telegram_peer.parameters import Parameters, Upload, spoken
from tests.telegram_peer.updates import Updates
from tests.telegram_peer.world import TOKEN, Refusal, World

T = TypeVar("T")

DOWNLOAD = "download"
"""As which the fetching of a file stands among the requests."""
NAMES = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 502: "Bad Gateway"}


class Judges(Protocol):
    """Telegram's own document, where it is at hand."""

    def request(self, method: str, params: dict[str, Any], files: dict[str, bytes]) -> list[str]: ...
    def answer(self, method: str, result: Any) -> list[str]: ...
    def update(self, update: Any) -> list[str]: ...


@dataclass
class Request:
    """One call of the bot. ``params`` are read (numbers, objects), ``files`` by the name of their part."""

    method: str
    params: dict[str, Any]
    files: dict[str, Upload]
    at: int = 0
    """Virtual time."""
    status: int = 0
    """0: no answer reached the bot."""
    result: Any = None
    description: str = ""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class Order:
    """A refusal, a delay or a wait that a test ordered for calls to come."""

    method: str
    times: int
    status: int | str = 0
    retry_after: int = 1
    description: str = ""
    after: bool = False
    where: Callable[[Request], bool] | None = None
    seconds: float = 0.0
    gate: asyncio.Event | None = None

    def meets(self, request: Request) -> bool:
        if self.times <= 0 or not fnmatchcase(request.method, self.method):
            return False
        return self.where is None or self.where(request)

    @property
    def refusal(self) -> Refusal:
        if self.status == 429:
            return flood(self.retry_after)
        assert isinstance(self.status, int)
        return Refusal(self.status, self.description or f"{NAMES.get(self.status, 'Error')}: ordered by the test")


@dataclass
class Hold:
    """Calls that wait for a test to let them go on."""

    order: Order

    def release(self) -> None:
        self.order.times = 0
        assert self.order.gate is not None
        self.order.gate.set()


class TelegramPeer:
    token = TOKEN

    def __init__(self, *, judge: Judges | None = None, version: tuple[int, int] = (10, 1)) -> None:
        self.world = World()
        self.judge = judge
        self.limits = Floods(self.world)
        self.updates = Updates(self.world, judge.update if judge else lambda _: [])
        self.methods = Methods(self.world, self.updates, self.limits, version)
        self.world.tell = self.updates.tell
        self.version = version
        self.requests: list[Request] = []
        self.orders: list[Order] = []
        self.latency = 0.0
        """Real seconds before each answer."""
        self.token_was_reset = False
        self.port = 0
        self._cut = False
        self._file_trouble: tuple[float, int | None] | None = None
        self._mending: asyncio.TimerHandle | None = None
        self._transports: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()

    @classmethod
    @asynccontextmanager
    async def serving(cls, *, judged: bool = True, version: tuple[int, int] = (10, 1)) -> AsyncGenerator[TelegramPeer]:
        peer = cls(judge=_judge() if judged else None, version=version)
        application = web.Application(client_max_size=1 << 30)
        application.router.add_route("*", "/file/bot{token}/{path:.+}", peer._serve_file)
        application.router.add_route("*", "/bot{token}/{method}", peer._serve)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            peer.port = runner.addresses[0][1]
            yield peer
        finally:
            for order in peer.orders:
                if order.gate is not None:
                    order.gate.set()
            if peer._mending is not None:
                peer._mending.cancel()
            await peer.updates.close()
            await runner.cleanup()

    # Where it is

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file_api(self) -> str:
        return self.api

    @property
    def username(self) -> str:
        return self.world.bot.username

    # Who and what is there

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def bot(self) -> User:
        return self.world.bot

    def user(self, name: str, *, language: str | None = "en") -> User:
        return self.world.new_user(name, language=language)

    def group(self, title: str, *, forum: bool = False, basic: bool = False, has_bot: bool = True) -> Group:
        """A supergroup, or a ``basic`` one (which can migrate); the bot has been in it for long."""
        if forum and basic:
            raise AssertionError("only a supergroup is a forum")
        return Group(self.world, title, basic=basic, forum=forum, has_bot=has_bot)

    def channel(self, title: str) -> Channel:
        return Channel(self.world, title)

    # What the bot did

    @property
    def problems(self) -> list[str]:
        return self.world.problems

    @property
    def reads_all(self) -> bool:
        """Is privacy mode switched off for the bot? BotFather does that; a group's own switch is ``group.privacy``."""
        return self.world.reads_all

    @reads_all.setter
    def reads_all(self, reads: bool) -> None:
        self.world.reads_all = reads

    @property
    def joins_groups(self) -> bool:
        """May the bot be added to groups?"""
        return self.world.joins_groups

    @joins_groups.setter
    def joins_groups(self, joins: bool) -> None:
        self.world.joins_groups = joins

    def asked(self, method: str) -> list[Request]:
        """The calls so far of one kind (a pattern of shell kind)."""
        return [one for one in self.requests if fnmatchcase(one.method, method)]

    @property
    def uploads(self) -> list[bytes]:
        """Every file that the bot ever sent, as it sent it."""
        return [file.data for one in self.requests for file in one.files.values()]

    @property
    def downloads(self) -> int:
        """How many files the bot has fetched."""
        return sum(one.status == 200 for one in self.asked(DOWNLOAD))

    @property
    def commands(self) -> dict[tuple[tuple[str, int, int], str], list[dict[str, Any]]]:
        """Registered commands by scope (kind, chat, user) and language."""
        return self.methods.commands

    @property
    def command_writes(self) -> int:
        return self.methods.command_writes

    @property
    def pending(self) -> int:
        """How many updates are not confirmed."""
        return len(self.updates.pending)

    async def until(self, predicate: Callable[[], T], seconds: float = 20, what: str = "what the test waits for") -> T:
        """Wait for anything that calls of the bot bring about."""
        return await self.world.until(predicate, seconds, lambda: what)

    async def settled(self, seconds: float = 20) -> None:
        """Wait until the bot has confirmed every update."""
        await self.until(lambda: not self.updates.pending, seconds, "a confirmation of every update")

    # What goes wrong on a test's order

    @property
    def floods(self) -> bool:
        """Are there flood limits? Off at first."""
        return self.limits.on

    @floods.setter
    def floods(self, on: bool) -> None:
        self.limits.on = on

    def refuse(
        self,
        method: str,
        *,
        status: int | str,
        times: int = 1,
        retry_after: int = 1,
        description: str = "",
        after: bool = False,
        where: Callable[[Request], bool] | None = None,
    ) -> None:
        """Answer the next calls of a method (a pattern) with an error; ``"drop"`` drops the connection.

        ``after``: the call is carried out, and only its answer is lost. ``where`` chooses among the calls. Fetching a
        file is the method ``download``.
        """
        self.orders.append(Order(method, times, status, retry_after, description, after, where))

    def delay(self, method: str, seconds: float, *, times: int = 1) -> None:
        """Let the next calls of a method wait (real time) before they are carried out."""
        self.orders.append(Order(method, times, seconds=seconds))

    def hold(self, method: str, *, times: int = 1, where: Callable[[Request], bool] | None = None) -> Hold:
        """Let the next calls of a method wait until ``release()``; then they go on as usual."""
        order = Order(method, times, where=where, gate=asyncio.Event())
        self.orders.append(order)
        return Hold(order)

    def slow_file(self, delay: float = 0.0, *, break_after: int | None = None) -> None:
        """The next download waits ``delay`` seconds before every 4 KiB, and breaks off after ``break_after`` bytes."""
        self._file_trouble = (delay, break_after)

    def ignore_ephemerals(self) -> None:
        """A server that knows the methods, yet shows to all what was meant for one person."""
        self.world.ignores_ephemerals = True

    def conflict(self, times: int = 1) -> None:
        """Somebody else polls with the same token: the next long polls (or the waiting one) end with 409."""
        self.updates.conflicts += times
        self.world.changed()

    def redeliver(self, count: int = 1) -> None:
        """The last updates that were delivered come once more, though they were confirmed."""
        self.updates.redeliver(count)

    def quiet_week(self) -> None:
        """Eight days pass without a word: the numbers of updates start anew at random (here: lower)."""
        self.clock.advance(8 * 86_400)
        self.updates.next_id -= 100_000_000

    def proxy(self, public: str, local: str) -> None:
        """What a webhook at ``public`` (https://bot.example.org) gets is delivered to ``local`` (http://127.0.0.1:…)."""
        self.updates.proxies[public.rstrip("/")] = local.rstrip("/")
        self.updates.push()

    def reset_token(self) -> None:
        """The token is no longer good: 401 from now on."""
        self.token_was_reset = True

    def cut(self, seconds: float | None) -> None:
        """Drop every connection, and every new one for ``seconds`` of real time (None: until ``mend``)."""
        self._cut = True
        for transport in list(self._transports):
            transport.abort()
        if seconds is not None:
            self._mending = asyncio.get_running_loop().call_later(seconds, self.mend)

    def mend(self) -> None:
        self._cut = False

    # Inside

    def _is_cut(self, http: web.Request) -> bool:
        if http.transport is not None:
            self._transports.add(http.transport)
            if self._cut:
                http.transport.abort()
        return self._cut

    async def _serve(self, http: web.Request) -> web.StreamResponse:
        if self._is_cut(http):
            return web.Response(status=502)
        name = self.methods.names.get(http.match_info["method"].lower(), http.match_info["method"])
        try:
            raw, files = await _read(http)
        except ValueError:
            self.problems.append(f"{name}: a body that nobody can read")
            return _answer(Refusal(400, "Bad Request: can't parse the request"))
        request = Request(name, spoken(raw), files, self.clock.now(), raw=raw)
        self.requests.append(request)

        async def carried_out() -> web.Response:
            if not self._is_token(http):
                raise Refusal(401, "Unauthorized")
            self._judge_request(request)
            request.result = await self.methods.call(name, Parameters(request.params, files), lambda: _is_open(http))
            if self.judge is not None and name != "getUpdates":
                self.world.problems += self.judge.answer(name, request.result)
            request.status = 200
            return web.json_response({"ok": True, "result": request.result})

        return await self._ordered(http, request, carried_out)

    async def _serve_file(self, http: web.Request) -> web.StreamResponse:
        if self._is_cut(http):
            return web.Response(status=502)
        path = http.match_info["path"]
        request = Request(DOWNLOAD, {"path": path}, {}, self.clock.now())
        self.requests.append(request)

        async def carried_out() -> web.StreamResponse:
            file = self.world.files.at(path)
            if not self._is_token(http):
                raise Refusal(401, "Unauthorized")
            if file is None or file.link_until <= self.clock.now():
                raise Refusal(404, "Not Found: file is temporarily unavailable or its link is too old")
            request.status = 200
            if self._file_trouble is not None:
                trouble, self._file_trouble = self._file_trouble, None
                return await _slowly(http, file.data, *trouble)
            return web.Response(body=file.data, content_type="application/octet-stream")

        return await self._ordered(http, request, carried_out)

    def _is_token(self, http: web.Request) -> bool:
        return http.match_info["token"] == self.token and not self.token_was_reset

    def _judge_request(self, request: Request) -> None:
        probe = "Ephemeral" in request.method and set(request.params) == {"chat_id"}
        if self.judge is not None and not probe:
            files = {name: file.data for name, file in request.files.items()}
            self.world.problems += self.judge.request(request.method, request.raw, files)

    async def _ordered(self, http: web.Request, request: Request, carry_out: Callable[[], Any]) -> web.StreamResponse:
        order = next((order for order in self.orders if order.meets(request)), None)
        if order is not None:
            order.times -= 1
            if order.gate is not None or order.seconds:
                await (order.gate.wait() if order.gate is not None else asyncio.sleep(order.seconds))
                order = None
        if self.latency:
            await asyncio.sleep(self.latency)
        response: web.StreamResponse | None = None
        if order is None or order.after:
            response = await self._tried(request, carry_out)
        if order is not None:
            self._mark_lost(request, order)
            if order.status == "drop":
                request.status = 0
                if http.transport is not None:
                    http.transport.abort()
                response = web.Response(status=502)
            else:
                response = self._refused(request, order.refusal)
        self.world.changed()
        assert response is not None
        if not response.prepared:
            response.headers["Date"] = formatdate(self.clock() / 1000, usegmt=True)
        return response

    async def _tried(self, request: Request, carry_out: Callable[[], Any]) -> web.StreamResponse:
        try:
            return await carry_out()
        except Refusal as refusal:
            return self._refused(request, refusal)
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # parameters of the wrong shape
            self.problems.append(f"{request.method}: parameters that nobody can read: {error!r}")
            return self._refused(request, Refusal(400, "Bad Request: wrong parameters"))

    def _refused(self, request: Request, refusal: Refusal) -> web.Response:
        if refusal.problem:
            self.problems.append(f"{request.method}: {refusal.problem}")
        seconds = refusal.parameters.get("retry_after")
        if (
            seconds is not None
            and COUNTED.match(request.method)
            and isinstance(chat := request.params.get("chat_id"), int)
        ):
            self.limits.refused(chat, seconds)
        request.status, request.description = refusal.code, refusal.description
        return _answer(refusal)

    def _mark_lost(self, request: Request, order: Order) -> None:
        """A bot whose answer to a press was carried out, but not confirmed, may well try again."""
        press = self.world.presses.get(str(request.params.get("callback_query_id")))
        if press is not None and order.after:
            press.answer_was_lost = True


async def _read(http: web.Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    """Parameters as they were sent, and files."""
    raw: dict[str, Any] = dict(http.query)
    files: dict[str, Upload] = {}
    if http.content_type == "application/json":
        body = await http.read()
        said = json.loads(body) if body else {}
        if not isinstance(said, dict):
            raise ValueError("not an object")
        return raw | said, files
    for name, value in (await http.post()).items():
        if isinstance(value, web.FileField):
            with value.file as opened:
                files[name] = Upload(opened.read(), value.filename, value.content_type)
        else:
            raw[name] = value if isinstance(value, str) else bytes(value).decode()
    return raw, files


async def _slowly(http: web.Request, data: bytes, delay: float, break_after: int | None) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(data))})
    await response.prepare(http)
    with suppress(ConnectionError):
        for start in range(0, len(data), 4096):
            await asyncio.sleep(delay)
            end = len(data) if break_after is None else break_after
            await response.write(data[start : min(start + 4096, end)])
            if end <= start + 4096 and break_after is not None:
                assert http.transport is not None
                http.transport.abort()
                return response
        await response.write_eof()
    return response


def _is_open(http: web.Request) -> bool:
    return http.transport is not None and not http.transport.is_closing()


def _answer(refusal: Refusal) -> web.Response:
    if refusal.code >= 500:
        return web.Response(status=refusal.code, text=f"<html>{refusal.code}</html>", content_type="text/html")
    return web.json_response(refusal.body, status=refusal.code)


@functools.cache
def _judge() -> Judges | None:
    """Reading Telegram's document takes a while: once is enough."""
    return Judge.load()
