"""A scripted check with a real token: an admin is told what to do in a test server, and what came of it."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot import wiring
from bot.chat import Address, Call, Command, Handler, Option, Platform, Reply, Text, Upload
from bot.config import ConfigInvalid, Settings
from bot.secrets import SECRET_BYTES, Secret
from bot.wording import Wording

STEP_SECONDS = 180.0
"""For a person to read, type and press, and for the picture to come."""
READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and how we know that it was done and went well."""

    todo: str
    command: str
    good: Callable[[Call, Reply], bool]
    drawn: bool = False
    """Whether a finished picture must reach the member afterwards."""


def _steps(wording: Wording) -> tuple[Step, ...]:
    again, share, unshare, delete = (
        f"“{wording.say('en', Text(key))}” ({wording.say('ko', Text(key))})"
        for key in ("action-again", "action-share", "action-unshare", "action-delete")
    )
    return (
        Step("Type /avatar in a channel of your test server and send it.", "avatar", lambda _, r: r.busy, drawn=True),
        Step(f"Press {again} under the picture.", "again", lambda _, r: r.busy, drawn=True),
        Step(
            "Type /avatar again, this time with a photo and the style “Ink”.",
            "avatar",
            lambda c, r: r.busy and isinstance(c.arguments.get("photo"), Upload),
            drawn=True,
        ),
        Step(f"Press {share} and confirm. Everybody sees the picture now.", "share", lambda _, r: bool(r.share)),
        Step(f"Press {unshare}. The shared picture disappears.", "unshare", lambda _, r: bool(r.unshare)),
        Step(f"Press {delete}.", "delete", lambda _, r: r.picture is None),
        Step("Type /room (you need Manage Server).", "room", lambda c, r: c.is_moderator and bool(r.actions)),
    )


@dataclass
class _Watched:
    """The application and a platform as each other sees them, with a look at what goes between."""

    handler: Handler
    commands: Sequence[Command]
    heard: asyncio.Queue[tuple[Call, Reply]] = field(default_factory=asyncio.Queue[tuple[Call, Reply]])
    arrived: asyncio.Queue[Reply] = field(default_factory=asyncio.Queue[Reply])
    platform: Platform | None = None
    name: str = "discord"
    throttle: float = 2.0

    def clear(self) -> None:
        """Forget what came of earlier steps."""
        for queue in (self.heard, self.arrived):
            while not queue.empty():
                queue.get_nowait()

    async def handle(self, call: Call) -> Reply:
        reply = await self.handler.handle(call)
        self.heard.put_nowait((call, reply))
        return reply

    async def options(self, call: Call, argument: str, typed: str = "") -> tuple[Option, ...]:
        return await self.handler.options(call, argument, typed)

    async def show(self, address: Address, reply: Reply) -> None:
        if self.platform is None:
            raise RuntimeError("shown before it was connected")
        await self.platform.show(address, reply)
        if not reply.busy:
            self.arrived.put_nowait(reply)


async def check_discord(settings: Settings, tell: Callable[[str], None], seconds: float = STEP_SECONDS) -> bool:
    """Lead an admin through all steps with a data folder that is thrown away. Whether all went well.

    Raises ``BotError`` if Discord cannot be used at all.
    """
    if settings.discord_token is None:
        raise ConfigInvalid("config-no-token")
    token = settings.discord_token.get_secret_value()
    found = await wiring.ask_discord(settings, token)
    if found.servers > 1:
        # Members elsewhere would be answered too, and what they get would be thrown away with the folder.
        alone = "it is in about {}: make another application for this, and add it to a test server only"
        tell(_verdict("The bot is in one server.", alone.format(found.servers)))
        return False
    with tempfile.TemporaryDirectory(prefix="bpp-smoke-") as folder:
        own = settings.model_copy(update={"data": Path(folder)})
        secret = Secret(secrets.token_bytes(SECRET_BYTES))
        async with wiring.application(own, secret, wiring.create_slots(own)) as app:
            watched = _Watched(app.dispatcher, app.dispatcher.commands)
            platform = wiring.discord(own, watched, Wording(), token)
            watched.platform = platform
            serving = asyncio.create_task(platform.run())
            ready = asyncio.create_task(platform.ready.wait())
            try:
                async with wiring.work(app, [watched], drain=5.0):
                    await asyncio.wait({serving, ready}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                    if serving.done():
                        await serving
                    tell(_verdict("Connect and register the commands.", None if ready.done() else "no answer in time"))
                    return ready.done() and await _walk(watched, tell, seconds)
            finally:
                ready.cancel()
                await platform.close()
                await asyncio.gather(serving, return_exceptions=True)


async def _walk(watched: _Watched, tell: Callable[[str], None], seconds: float) -> bool:
    failed = 0
    steps = _steps(Wording())
    for number, step in enumerate(steps, 1):
        watched.clear()
        tell(f"{number} of {len(steps)}: {step.todo}")
        problem = await _wait(watched, step, seconds)
        failed += problem is not None
        tell(_verdict(step.todo, problem))
    tell("All is well." if not failed else f"{failed} of {len(steps)} steps did not go well.")
    return not failed


async def _wait(watched: _Watched, step: Step, seconds: float) -> str | None:
    """What is wrong with this step; None if nothing."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                call, reply = await watched.heard.get()
                if call.command == step.command:
                    break
            if not step.good(call, reply):
                return (
                    "it was answered: " + Wording().say("en", reply.lines[0]) if reply.lines else "it was not answered"
                )
            if step.drawn and (await watched.arrived.get()).picture is None:
                return "no picture came of it"
    except TimeoutError:
        return f"nothing arrived within {seconds:.0f} seconds"
    return None


def _verdict(what: str, problem: str | None) -> str:
    return f"  ok     {what}" if problem is None else f"  WRONG  {what} ({problem})"
