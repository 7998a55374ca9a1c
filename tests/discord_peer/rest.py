"""The REST side: who may ask, what is asked, what is refused on a test's order, and a record of it all."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from aiohttp import web

from tests.discord_peer import commands
from tests.discord_peer.world import File, Refusal, User

if TYPE_CHECKING:
    from tests.discord_peer.peer import DiscordPeer

PREFIX = "/api/v10"
USER_AGENT = re.compile(r"DiscordBot \(\S+,? \S+\).*")
RATE = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999", "X-RateLimit-Reset-After": "1.0"}


class Judges(Protocol):
    """Discord's own documents, where they are at hand."""

    def request(self, method: str, path: str, content_type: str | None, body: bytes) -> list[str]: ...
    def response(self, method: str, path: str, status: int, body: bytes) -> list[str]: ...
    def event(self, name: str, data: Any) -> list[str]: ...


@dataclass
class Request:
    """One request of the bot. ``path`` is what follows /api/v10, without the query."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: int = 0
    """Virtual time."""
    status: int = 0
    answer: bytes = field(default=b"", repr=False)

    @property
    def form(self) -> tuple[dict[str, Any] | list[Any], dict[int, File]]:
        """The JSON of the request and its files by number."""
        content_type = self.headers.get("Content-Type", "")
        if not content_type.startswith("multipart/form-data"):
            return (json.loads(self.body) if self.body else {}), {}
        found = re.search(r'boundary="?([^";]+)', content_type)
        if found is None:
            raise ValueError("multipart without a boundary")
        said: dict[str, Any] = {}
        files: dict[int, File] = {}
        for part in self.body.split(b"--" + found[1].encode())[1:-1]:
            head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            text, content = head.decode(), content.removesuffix(b"\r\n")
            name = re.search(r'[; ]name="([^"]*)"', text)
            kind = re.search(r"(?im)^content-type: *(\S+)", text)
            filename = re.search(r'filename="([^"]*)"', text)
            if name is None:
                raise ValueError("a part without a name")
            if name[1] == "payload_json":
                said = json.loads(content)
            elif number := re.fullmatch(r"files\[(\d)\]", name[1]):
                files[int(number[1])] = File(content, unquote(filename[1]) if filename else "", kind[1] if kind else "")
            else:
                raise ValueError(f"an unknown part {name[1]}")
        return said, files

    @property
    def payload(self) -> Any:
        return self.form[0]


@dataclass
class Order:
    """A refusal (or a wait) that a test ordered for requests to come."""

    method: str
    pattern: str
    times: int
    status: int = 0
    code: int = 0
    message: str = ""
    retry_after: float = 0.05
    cloudflare: bool = False
    after: bool = False
    gate: asyncio.Event | None = None

    def meets(self, request: Request) -> bool:
        return self.times > 0 and self.method in ("*", request.method) and fnmatchcase(request.path, self.pattern)


@dataclass
class Hold:
    """Requests that wait for a test to let them go on."""

    order: Order

    def release(self) -> None:
        self.order.times = 0
        assert self.order.gate is not None
        self.order.gate.set()


Endpoint = Callable[..., tuple[int, Any]]


class Rest:
    def __init__(self, peer: DiscordPeer, judge: Judges | None) -> None:
        self.peer, self.world, self.judge = peer, peer.world, judge
        self.requests: list[Request] = []
        self.orders: list[Order] = []
        self.commands: list[dict[str, Any]] = []
        self.command_writes = 0
        me, app = "/users/@me", r"/applications/(\d+)"
        hook, message = r"/webhooks/(\d+)/([^/]+)", r"/channels/(\d+)/messages/(\d+)"
        self._routes: list[tuple[str, re.Pattern[str], Endpoint, bool]] = [
            (method, re.compile(pattern), endpoint, needs_token)
            for method, pattern, endpoint, needs_token in (
                ("GET", me, self._me, True),
                ("GET", r"/(?:oauth2/)?applications/@me", self._application, True),
                ("GET", "/gateway/bot", self._gateway_bot, True),
                ("GET", "/gateway", self._gateway, False),
                ("POST", me + "/channels", self._open_dm, True),
                ("GET", r"/users/(\d+)", self._user, True),
                ("GET", r"/guilds/(\d+)", self._guild, True),
                ("GET", r"/guilds/(\d+)/members/(\d+)", self._member, True),
                ("GET", app + "/commands", self._list_commands, True),
                ("PUT", app + "/commands", self._put_commands, True),
                ("POST", r"/interactions/(\d+)/([^/]+)/callback", self._callback, False),
                ("POST", hook, self._follow_up, False),
                ("GET", hook + r"/messages/(@original|\d+)", self._get_answer, False),
                ("PATCH", hook + r"/messages/(@original|\d+)", self._edit_answer, False),
                ("DELETE", hook + r"/messages/(@original|\d+)", self._delete_answer, False),
                ("GET", r"/channels/(\d+)", self._channel, True),
                ("POST", r"/channels/(\d+)/typing", self._typing, True),
                ("GET", r"/channels/(\d+)/messages", self._list_messages, True),
                ("POST", r"/channels/(\d+)/messages", self._create_message, True),
                ("GET", message, self._get_message, True),
                ("PATCH", message, self._edit_message, True),
                ("DELETE", message, self._delete_message, True),
            )
        ]

    async def serve(self, http: web.Request) -> web.StreamResponse:
        path = http.url.raw_path.removeprefix(PREFIX).replace("%40", "@")
        request = Request(
            http.method, path, dict(http.query), http.headers.copy(), await http.read(), self.world.clock.now()
        )
        self.requests.append(request)
        order = next((order for order in self.orders if order.meets(request)), None)
        if order is not None:
            order.times -= 1
            if order.gate is not None:
                await order.gate.wait()
                order = None
        headers: dict[str, str] = {}
        if order is None or order.after:
            request.status, request.answer, headers = self._answer(request)
        if order is not None:
            self._mark_lost(request, order)
            if order.status == 0 and http.transport is not None:
                http.transport.abort()
            request.status, request.answer, headers = self._ordered(order)
        if order is None or not order.cloudflare:
            headers |= {"Via": "1.1 google"}
        self.world.changed()
        return web.Response(status=request.status, body=request.answer, headers=headers)

    def _mark_lost(self, request: Request, order: Order) -> None:
        """A bot whose answer was carried out, but not confirmed, may well try again."""
        found = re.fullmatch(r"/interactions/(\d+)/.*", request.path)
        if found and order.after:
            for interaction in self.peer.interactions.all:
                if str(interaction.id) == found[1]:
                    interaction.answer_was_lost = True

    def _ordered(self, order: Order) -> tuple[int, bytes, dict[str, str]]:
        if order.status >= 500 or order.cloudflare:
            return order.status, f"<html>error {order.status}</html>".encode(), {"Content-Type": "text/html"}
        headers = {"Content-Type": "application/json"}
        body: dict[str, Any] = {"message": order.message or f"{order.status}: ordered by the test", "code": order.code}
        if order.status == 429:
            body |= {"message": "You are being rate limited.", "retry_after": order.retry_after, "global": False}
            headers |= {
                "Retry-After": str(max(1, round(order.retry_after))),
                "X-RateLimit-Limit": "1",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset-After": str(order.retry_after),
                "X-RateLimit-Scope": "user",
            }
        return order.status, json.dumps(body).encode(), headers

    def _answer(self, request: Request) -> tuple[int, bytes, dict[str, str]]:
        content_type = request.headers.get("Content-Type")
        try:
            status, said = self._carry_out(request)
        except Refusal as refusal:
            status, said = refusal.status, refusal.body
            if refusal.problem:
                self._problem(request, refusal.problem)
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # a body of the wrong shape
            status, said = 400, {"message": "Invalid Form Body", "code": 50035}
            self._problem(request, f"a body that nobody can read: {error!r}")
        body = b"" if said is None else json.dumps(said).encode()
        if self.judge is not None:
            self.world.problems += self.judge.request(request.method, request.path, content_type, request.body)
            # Per field, Discord sends codes in words; its document has integers there and loses to its prose.
            judged = body if status < 400 else json.dumps(dict(said or {}) | {"errors": {}}).encode()
            self.world.problems += self.judge.response(request.method, request.path, status, judged)
        headers = RATE | {"X-RateLimit-Bucket": self._bucket(request), "X-RateLimit-Reset": "9999999999"}
        return status, body, headers | ({"Content-Type": "application/json"} if body else {})

    @staticmethod
    def _bucket(request: Request) -> str:
        return re.sub(r"\W+", "", f"{request.method}{re.sub(r'[0-9]{5,}|/webhooks.*', '', request.path)}") or "none"

    def _problem(self, request: Request, problem: str) -> None:
        shown = re.sub(r"(/(?:webhooks|interactions)/\d+/)[^/]+", r"\1…", request.path)
        self.world.problems.append(f"{request.method} {shown}: {problem}")

    def _carry_out(self, request: Request) -> tuple[int, Any]:
        agent = request.headers.get("User-Agent", "")
        for method, pattern, endpoint, needs_token in self._routes:
            found = pattern.fullmatch(request.path)
            if method != request.method or not found:
                continue
            if needs_token:
                if request.headers.get("Authorization") != f"Bot {self.peer.token}" or self.peer.token_was_reset:
                    raise Refusal(401, 0, "401: Unauthorized")
                if not USER_AGENT.fullmatch(agent):
                    raise Refusal(403, 0, "error code: 1010", problem=f"a User-Agent that is no bot's: {agent!r}")
            elif not agent:
                raise Refusal(403, 0, "error code: 1010", problem="no User-Agent")
            return endpoint(request, *[int(said) if said.isdecimal() else said for said in found.groups()])
        raise Refusal(404, 0, "404: Not Found", problem="no such endpoint in this fake")

    # The bot itself

    def _me(self, request: Request) -> tuple[int, Any]:
        more = {"mfa_enabled": False, "locale": "en-US", "verified": True, "email": None}
        return 200, self.world.bot.payload | more

    def _application(self, request: Request) -> tuple[int, Any]:
        bot = self.world.bot
        guilds = sum(guild.has_bot for guild in self.world.guilds.values())
        return 200, {
            "id": str(bot.id),
            "name": bot.name,
            "icon": None,
            "description": "",
            "type": None,
            "verify_key": "0" * 64,
            "flags": 0,
            "flags_new": "0",
            "bot": bot.payload,
            "bot_public": True,
            "bot_require_code_grant": False,
            "rpc_origins": [],
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "owner": self.world.admin.payload,
            "approximate_guild_count": guilds,
            "approximate_user_install_count": sum(user.has_installed for user in self.world.users.values()),
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "team": None,
            "eligible_oauth2_scopes": [],
            "integration_types_config": {"0": {}, "1": {}},
        }

    def _gateway(self, request: Request) -> tuple[int, Any]:
        return 200, {"url": self.peer.gateway}

    def _gateway_bot(self, request: Request) -> tuple[int, Any]:
        hub = self.peer.hub
        limit = {
            "total": 1000,
            "remaining": hub.identifies_left,
            "reset_after": 14_400_000,
            "max_concurrency": hub.max_concurrency,
        }
        return 200, {"url": self.peer.gateway, "shards": hub.shards, "session_start_limit": limit}

    # People and servers

    def _known(self, number: int) -> User:
        if number not in self.world.users:
            raise Refusal(404, 10013, "Unknown User")
        return self.world.users[number]

    def _user(self, request: Request, number: int) -> tuple[int, Any]:
        return 200, self._known(number).payload

    def _open_dm(self, request: Request) -> tuple[int, Any]:
        user = self._known(int(request.payload["recipient_id"]))
        if user.is_bot:
            raise Refusal(400, 50007, "Cannot send messages to this user", problem="a direct message to a bot")
        return 200, self.world.dm(user, self.world.bot).payload

    def _guild(self, request: Request, number: int) -> tuple[int, Any]:
        guild = self.world.guilds.get(number)
        if guild is None or not guild.has_bot:
            raise Refusal(404, 10004, "Unknown Guild")
        only_here = {
            "home_header": None,
            "widget_enabled": False,
            "widget_channel_id": None,
            "max_presences": None,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "nsfw": False,
        }
        return 200, guild.payload | only_here

    def _member(self, request: Request, number: int, user: int) -> tuple[int, Any]:
        self._guild(request, number)
        guild = self.world.guilds[number]
        if self._known(user) not in guild.members:
            raise Refusal(404, 10007, "Unknown Member")
        return 200, guild.member(self._known(user))

    # Commands

    def _mine(self, application: int) -> None:
        if application != self.world.bot.id:
            raise Refusal(403, 20012, "You are not authorized on this application", problem="another's application")

    def _list_commands(self, request: Request, application: int) -> tuple[int, Any]:
        self._mine(application)
        every = request.query.get("with_localizations", "false").lower() in ("true", "1")
        return 200, [commands.shown(command, localizations=every) for command in self.commands]

    def _put_commands(self, request: Request, application: int) -> tuple[int, Any]:
        self._mine(application)
        self.command_writes += 1
        wanted = request.payload
        commands.check(wanted)
        known = {(command["type"], command["name"]): int(command["id"]) for command in self.commands}
        self.commands = [
            commands.stored(
                command,
                known.get((command.get("type") or 1, command["name"])) or self.world.snowflake(),
                application,
                self.world.snowflake(),
            )
            for command in wanted
        ]
        return 200, self.commands

    # Answers to interactions

    def _callback(self, request: Request, number: int, token: str) -> tuple[int, Any]:
        body, files = request.form
        with_response = request.query.get("with_response", "").lower() in ("1", "true")
        return self.peer.interactions.callback(number, token, dict(body), files, with_response=with_response)

    def _follow_up(self, request: Request, application: int, token: str) -> tuple[int, Any]:
        body, files = request.form
        return self.peer.interactions.follow_up(application, token, dict(body), files)

    def _get_answer(self, request: Request, application: int, token: str, which: str | int) -> tuple[int, Any]:
        return self.peer.interactions.get(application, token, str(which))

    def _edit_answer(self, request: Request, application: int, token: str, which: str | int) -> tuple[int, Any]:
        body, files = request.form
        return self.peer.interactions.edit(application, token, str(which), dict(body), files)

    def _delete_answer(self, request: Request, application: int, token: str, which: str | int) -> tuple[int, Any]:
        return self.peer.interactions.delete(application, token, str(which))

    # Channels

    def _channel(self, request: Request, number: int) -> tuple[int, Any]:
        return 200, self.peer.messages.channel(number).payload

    def _typing(self, request: Request, number: int) -> tuple[int, Any]:
        self.peer.messages.channel(number)
        return 204, None

    def _list_messages(self, request: Request, number: int) -> tuple[int, Any]:
        return self.peer.messages.list(number, request.query)

    def _create_message(self, request: Request, number: int) -> tuple[int, Any]:
        body, files = request.form
        return self.peer.messages.create(number, dict(body), files)

    def _get_message(self, request: Request, number: int, message: int) -> tuple[int, Any]:
        return self.peer.messages.get(number, message)

    def _edit_message(self, request: Request, number: int, message: int) -> tuple[int, Any]:
        body, files = request.form
        return self.peer.messages.edit(number, message, dict(body), files)

    def _delete_message(self, request: Request, number: int, message: int) -> tuple[int, Any]:
        return self.peer.messages.delete(number, message)
