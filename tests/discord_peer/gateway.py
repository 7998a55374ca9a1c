"""The gateway: sessions that are identified, fed, dropped and resumed, with everything missed replayed."""

from __future__ import annotations

import asyncio
import json
import secrets
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.discord_peer.servers import Guild

if TYPE_CHECKING:
    from tests.discord_peer.peer import DiscordPeer

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = (
    *range(5),
    *range(6, 12),
)
GUILDS = 1 << 0
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
HEARTBEAT_MS = 41_250
TOTAL_IDENTIFIES = 1000


@dataclass(eq=False)
class Session:
    """What a bot's shard is to Discord: it outlives the socket."""

    id: str
    shard: int
    shards: int
    sequence: int = 0
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Everything sent so far, for those who come back."""
    connection: Connection | None = None

    def send(self, name: str, data: dict[str, Any]) -> None:
        self.sequence += 1
        event = {"op": DISPATCH, "t": name, "s": self.sequence, "d": data}
        self.events.append(event)
        if self.connection is not None:
            self.connection.send(event)


class Connection:
    """One socket: an outgoing queue, so that events keep their order, and its own compression stream."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.request, self.socket = request, socket
        self.session: Session | None = None
        self._queue: asyncio.Queue[dict[str, Any] | int] = asyncio.Queue()
        self._stream = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None

    def send(self, message: dict[str, Any]) -> None:
        self._queue.put_nowait({"t": None, "s": None} | message)

    def close(self, code: int) -> None:
        """Close it as Discord does, after what is still to be sent."""
        self._queue.put_nowait(code)

    async def write(self) -> None:
        while True:
            message = await self._queue.get()
            text = json.dumps(message)
            try:
                if isinstance(message, int):
                    await self.socket.close(code=message)
                    return
                if self._stream is None:
                    await self.socket.send_str(text)
                else:
                    packed = self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(packed)
            except ConnectionError:  # the other side is gone; a RESUME will ask for it again
                return

    def drop(self) -> None:
        """The network goes away: no close frame, nothing."""
        if self.session is not None and self.session.connection is self:
            self.session.connection = None
        self.session = None
        if self.request.transport is not None:
            self.request.transport.abort()


class Hub:
    def __init__(self, peer: DiscordPeer, *, shards: int) -> None:
        self.peer, self.world, self.shards = peer, peer.world, shards
        self.max_concurrency = 1
        self.identifies_left = TOTAL_IDENTIFIES
        self.identifies = self.resumes = 0
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.open = asyncio.Event()
        """Cleared while the network is cut: new sockets then wait without an answer."""
        self.open.set()
        self.refuses = False
        """While it is cut: answer new sockets with 503 instead of letting them wait."""

    def shard_of(self, guild: Guild | None) -> int:
        return 0 if guild is None else (guild.id >> 22) % self.shards

    def session_of(self, guild: Guild | None) -> Session | None:
        """The newest session that gets the events of a server."""
        shard = self.shard_of(guild)
        return next((one for one in reversed(self.sessions.values()) if one.shard == shard), None)

    def tell(self, guild: Guild | None, name: str, data: dict[str, Any]) -> bool:
        """Send an event to the bot; False when nobody listens and nobody will resume."""
        if guild is not None and not guild.has_bot and name != "INTERACTION_CREATE":
            return False
        if self.peer.judge is not None:
            self.world.problems += self.peer.judge.event(name, data)
        session = self.session_of(guild)
        if session is not None:
            session.send(name, data)
        return session is not None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if not self.open.is_set():
            if self.refuses:
                return web.Response(status=503)
            await self.open.wait()
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            self.world.problems.append(f"gateway query {dict(request.query)}: this fake speaks v=10, encoding=json")
        if request.query.get("compress", "zlib-stream") != "zlib-stream":
            self.world.problems.append(f"gateway compression {request.query['compress']}: this fake has zlib-stream")
        socket = web.WebSocketResponse(autoping=True, compress=False)
        try:
            await socket.prepare(request)
        except ConnectionError:  # gave up while the network was cut
            return socket
        connection = Connection(request, socket)
        self.connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            connection.send({"op": HELLO, "d": {"heartbeat_interval": HEARTBEAT_MS, "_trace": ["[]"]}})
            await self._listen(connection)
        finally:
            writer.cancel()
            self.connections.discard(connection)
            self._left(connection)
            self.world.changed()
        return socket

    def _left(self, connection: Connection) -> None:
        """A bot that closes with 1000 or 1001 ends its session; any other way it may resume it."""
        session = connection.session
        if session is None or session.connection is not connection:
            return
        session.connection = None
        if connection.socket.close_code in (1000, 1001):
            self.sessions.pop(session.id, None)

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is not WSMsgType.TEXT:
                break
            try:
                said = json.loads(message.data)
                op, data = said["op"], said.get("d")
            except (ValueError, KeyError, TypeError):
                await self._close(connection, 4002, "Error while decoding payload.")
                return
            code = self._take(connection, op, data)
            self.world.changed()
            if code is not None:
                await self._close(connection, *code)
                return

    async def _close(self, connection: Connection, code: int, why: str) -> None:
        if connection.session is not None:
            self.sessions.pop(connection.session.id, None)
        await connection.socket.close(code=code, message=why.encode())

    def _take(self, connection: Connection, op: int, data: Any) -> tuple[int, str] | None:
        """Act on what the bot says; a close code and reason when it may not say that."""
        if op == HEARTBEAT:
            connection.send({"op": ACK})
            return None
        if op == IDENTIFY:
            return self._identify(connection, data)
        if op == RESUME:
            return self._resume(connection, data)
        if connection.session is None:
            return 4003, "Not authenticated."
        if op == PRESENCE:
            return None
        self.world.problems.append(f"gateway op {op}: a bot for pictures needs none of this")
        return None if op in (VOICE, MEMBERS) else (4001, "Unknown opcode.")

    def _token_is_wrong(self, data: Any) -> bool:
        return data.get("token", "").removeprefix("Bot ") != self.peer.token or self.peer.token_was_reset

    def _identify(self, connection: Connection, data: Any) -> tuple[int, str] | None:
        if connection.session is not None:
            return 4005, "Already authenticated."
        if self._token_is_wrong(data):
            return 4004, "Authentication failed."
        shard, shards = data.get("shard") or (0, 1)
        if not 0 <= shard < shards:
            return 4010, "Invalid shard."
        intents = data.get("intents", 0)
        if intents & PRIVILEGED:
            self.world.problems.append(f"privileged intents: {intents}")
            return 4014, "Disallowed intent(s)."
        if intents != GUILDS:
            self.world.problems.append(f"intents {intents}: only guilds (1) are needed")
        if not {"os", "browser", "device"} <= set(data.get("properties") or ()):
            return 4002, "Error while decoding payload."
        self.identifies += 1
        self.identifies_left -= 1
        if self.identifies_left < 0:
            self.world.problems.append("more identifies than a day has: Discord has reset the token")
            self.peer.token_was_reset = True
            return 4004, "Authentication failed."
        self._begin(connection, shard, shards, with_shard="shard" in data)
        return None

    def _begin(self, connection: Connection, shard: int, shards: int, *, with_shard: bool) -> None:
        for old in [one for one in self.sessions.values() if one.shard == shard and one.connection is None]:
            del self.sessions[old.id]
        session = Session(secrets.token_hex(16), shard, shards, connection=connection)
        connection.session = session
        guilds = [guild for guild in self.world.guilds.values() if guild.has_bot and (guild.id >> 22) % shards == shard]
        ready: dict[str, Any] = {
            "v": 10,
            "user": self.world.bot.payload | {"mfa_enabled": False, "verified": True, "email": None},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.peer.gateway + "/resume",
            "application": {"id": str(self.world.bot.id), "flags": 0, "flags_new": "0"},
        }
        events: list[tuple[str, dict[str, Any]]] = [
            ("READY", ready | ({"shard": [shard, shards]} if with_shard else {})),
            *(("GUILD_CREATE", guild.payload) for guild in guilds),
        ]
        for name, data in events:
            if self.peer.judge is not None:
                self.world.problems += self.peer.judge.event(name, data)
            session.send(name, data)
        self.sessions[session.id] = session

    def _resume(self, connection: Connection, data: Any) -> tuple[int, str] | None:
        if self._token_is_wrong(data):
            return 4004, "Authentication failed."
        self.resumes += 1
        session = self.sessions.get(data.get("session_id"))
        if session is None:
            connection.send({"op": INVALID, "d": False})
            return None
        if not connection.request.path.endswith("/resume"):
            self.world.problems.append("a RESUME that did not go to resume_gateway_url")
        if data["seq"] > session.sequence:
            return 4007, "Invalid seq."
        if session.connection is not None:
            session.connection.drop()
        session.connection, connection.session = connection, session
        for event in session.events:
            if event["s"] > data["seq"]:
                connection.send(event)
        session.send("RESUMED", {"_trace": ["[]"]})
        return None

    # What a test may do to it

    def cut(self, *, refuses: bool) -> None:
        self.open.clear()
        self.refuses = refuses
        for connection in list(self.connections):
            connection.drop()

    def reconnect(self) -> None:
        """Ask every shard to reconnect (op 7), as Discord does when it restarts a server."""
        for connection in self.connections:
            connection.send({"op": RECONNECT})

    def invalidate(self) -> None:
        """Forget every session and say so (op 9)."""
        self.sessions.clear()
        for connection in self.connections:
            connection.session = None
            connection.send({"op": INVALID, "d": False})

    @property
    def is_ready(self) -> bool:
        live = {one.shard for one in self.sessions.values() if one.connection is not None}
        return live == set(range(self.shards))
