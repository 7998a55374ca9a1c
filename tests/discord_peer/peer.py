"""A strict fake Discord on one loopback port: REST, gateway and CDN, for a bot in this process or another.

    async with DiscordPeer.serving() as peer: ...

The bot is unmodified but for three addresses: ``peer.api``, ``peer.gateway`` and (in attachment links) ``peer.cdn``.
Everything that only a faulty bot would do is written to ``peer.problems``.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiohttp import web

from tests.discord_peer import cdn, rest
from tests.discord_peer.actors import Actor
from tests.discord_peer.channel_messages import ChannelMessages
from tests.discord_peer.clock import Clock
from tests.discord_peer.gateway import Hub
from tests.discord_peer.interactions import Interaction, Interactions
from tests.discord_peer.judge import Judge
from tests.discord_peer.rest import Hold, Judges, Order, Request, Rest
from tests.discord_peer.servers import Channel, Guild
from tests.discord_peer.world import Message, User, World

T = TypeVar("T")


class DiscordPeer:
    token = "MTAwMDAwMDAwMDAwMDAwMDAw.Gfake0.a-token-that-opens-nothing-anywhere"

    def __init__(self, *, shards: int = 1, judge: Judges | None = None) -> None:
        self.world = World()
        self.judge = judge
        self.token_was_reset = False
        self.interactions = Interactions(self.world)
        self.messages = ChannelMessages(self.world)
        self.hub = Hub(self, shards=shards)
        self.rest = Rest(self, judge)
        self.files = cdn.Cdn(self.world)
        self.world.new_user = self._new_user
        self.world.admin = self.world.user("admin")
        self.world.tell = self._tell
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def serving(cls, *, shards: int = 1, judged: bool = True) -> AsyncGenerator[DiscordPeer]:
        peer = cls(shards=shards, judge=_judge() if judged else None)
        application = web.Application(client_max_size=1 << 30)
        application.router.add_route("GET", "/gateway", peer.hub.serve)
        application.router.add_route("GET", "/gateway/resume", peer.hub.serve)
        application.router.add_route("*", cdn.PREFIX + "/{path:.*}", peer.files.serve)
        application.router.add_route("*", "/{path:.*}", peer.rest.serve)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            peer.port = runner.addresses[0][1]
            peer.world.cdn = peer.cdn
            yield peer
        finally:
            peer.hub.open.set()
            for order in peer.rest.orders:
                if order.gate is not None:
                    order.gate.set()
            for connection in list(peer.hub.connections):
                connection.drop()
            await runner.cleanup()

    # Where it is

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}{rest.PREFIX}"

    @property
    def gateway(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway"

    @property
    def cdn(self) -> str:
        return f"http://127.0.0.1:{self.port}{cdn.PREFIX}"

    # Who and what is there

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def bot(self) -> User:
        return self.world.bot

    def user(self, name: str, *, locale: str = "en-US") -> Actor:
        user = self.world.user(name, locale=locale)
        assert isinstance(user, Actor)
        return user

    def _new_user(self, *arguments: Any) -> Actor:
        actor = Actor(*arguments)
        actor.peer = self
        return actor

    def guild(self, name: str, *, has_bot: bool = True, locale: str = "en-US") -> Guild:
        return self.world.guild(name, has_bot=has_bot, locale=locale)

    def conversation(self, *people: User) -> Channel:
        """The direct message or group of these people, without the bot unless it is named."""
        return self.world.dm(*people)

    # What the bot did

    @property
    def problems(self) -> list[str]:
        return self.world.problems

    @property
    def requests(self) -> list[Request]:
        return self.rest.requests

    @property
    def commands(self) -> list[dict[str, Any]]:
        return self.rest.commands

    @property
    def command_writes(self) -> int:
        return self.rest.command_writes

    @property
    def identifies(self) -> int:
        return self.hub.identifies

    @property
    def resumes(self) -> int:
        return self.hub.resumes

    @property
    def downloads(self) -> list[str]:
        return self.files.downloads

    def asked(self, method: str, pattern: str) -> list[Request]:
        """The requests so far of one kind."""
        return [one for one in self.requests if Order(method, pattern, 1).meets(one)]

    def pages(self, reader: User | None = None) -> list[tuple[Channel, list[dict[str, Any]]]]:
        """Every channel with its messages as a client gets them: what ``reader`` sees, or what everybody does."""

        def seen(message: Message) -> bool:
            return not (message.ephemeral or message.deleted) if reader is None else message.visible_to(reader)

        pages = [
            (channel, [one.payload for one in channel.messages if seen(one)])
            for channel in self.world.channels.values()
        ]
        return [(channel, messages) for channel, messages in pages if messages]

    async def ready(self, seconds: float = 20) -> None:
        """Wait until every shard of the bot is connected and identified."""
        await self.until(lambda: self.hub.is_ready, seconds, "the bot's shards")

    async def until(self, predicate: Callable[[], T], seconds: float = 20, what: str = "a condition") -> T:
        """Wait for anything that requests and events of the bot bring about."""
        return await self.world.until(predicate, seconds, lambda: what)

    # What goes wrong on a test's order

    def refuse(
        self,
        method: str,
        pattern: str,
        *,
        status: int,
        code: int = 0,
        times: int = 1,
        retry_after: float = 0.05,
        after: bool = False,
        cloudflare: bool = False,
    ) -> None:
        """Answer the next requests that match with an error. ``pattern`` (of shell kind) is for the path after /api/v10.

        Status 0 drops the connection. ``after``: the request is carried out, and only its answer is lost.
        ``cloudflare``: an answer not from Discord, without ``Via`` and in HTML.
        """
        self.rest.orders.append(
            Order(method, pattern, times, status, code, retry_after=retry_after, after=after, cloudflare=cloudflare)
        )

    def hold(self, method: str, pattern: str, *, times: int = 1) -> Hold:
        """Let the next requests that match wait until ``release()``; then they go on as usual."""
        order = Order(method, pattern, times, gate=asyncio.Event())
        self.rest.orders.append(order)
        return Hold(order)

    def expire_tokens(self) -> None:
        """Every interaction so far is over: late for a first answer, its token dead."""
        self.interactions.expire_tokens()

    def expire_links(self) -> None:
        self.world.expire_links()

    def slow_cdn(
        self,
        *,
        delay: float = 0.0,
        break_after: int | None = None,
        times: int = 1_000_000,
        until: asyncio.Event | None = None,
    ) -> None:
        """The next downloads wait for ``until``, then ``delay`` seconds before every 16 KiB, and break off after
        ``break_after`` bytes."""
        self.files.trouble = cdn.Trouble(delay, break_after, times, until)

    def limit_files(self, size: int) -> None:
        """The largest file that may be posted from now on, in bytes."""
        self.interactions.size_limit = self.messages.size_limit = size

    async def cut_gateway(self, seconds: float | None = 0.0, *, refuses: bool = False) -> None:
        """Drop every gateway socket without a word. New ones wait (or get 503, with ``refuses``) for ``seconds``,
        or with None until ``mend_gateway``."""
        self.hub.cut(refuses=refuses)
        if seconds == 0:
            self.hub.open.set()
        elif seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self.hub.open.set)

    def mend_gateway(self) -> None:
        self.hub.open.set()

    def reconnect(self) -> None:
        self.hub.reconnect()

    def invalidate_sessions(self) -> None:
        self.hub.invalidate()

    def reset_token(self) -> None:
        """The token is no longer good: 401 and close code 4004 from now on."""
        self.token_was_reset = True
        self.hub.sessions.clear()
        self.close_gateway(4004)

    def close_gateway(self, code: int) -> None:
        """Close every socket with a code of Discord's."""
        for connection in self.hub.connections:
            connection.close(code)

    # Inside

    def _tell(self, guild: Guild | None, name: str, data: dict[str, Any]) -> None:
        self.hub.tell(guild, name, data)

    def deliver(self, interaction: Interaction) -> bool:
        """Send an interaction to the bot; False when there is no bot to get it."""
        self.interactions.all.append(interaction)
        event = interaction.event(size_limit=self.interactions.size_limit)
        return self.hub.tell(interaction.channel.guild, "INTERACTION_CREATE", event)


@functools.cache
def _judge() -> Judges | None:
    """Reading Discord's document takes a while: once is enough."""
    return Judge.load()
