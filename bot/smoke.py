"""A scripted check with a real token: an admin is told what to do in a place for tests, and what came of it."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from bot import wiring
from bot.chat import Address, Call, Command, Handler, Option, Reply, Text, Upload
from bot.config import ConfigInvalid, Settings
from bot.secrets import SECRET_BYTES, Secret
from bot.wording import Wording

STEP_SECONDS = 180.0
"""For a person to read, type and press, and for the picture to come."""
READY_SECONDS = 60.0
TAKEN = "another program receives this bot's updates: stop that one first, or make another bot for this"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and how we know that it was done and went well."""

    todo: str
    command: str
    good: Callable[[Call, Reply], bool]
    drawn: bool = False
    """Whether a finished picture must reach the member afterwards."""


def _on_discord() -> tuple[Step, ...]:
    return (
        Step("Type /avatar in a channel of your test server and send it.", "avatar", _busy, drawn=True),
        _press("action-again", " under the picture.", "again", _busy, drawn=True),
        Step("Type /avatar again, this time with a photo and the style “Ink”.", "avatar", _with_photo, drawn=True),
        _press("action-share", " and confirm. Everybody sees the picture now.", "share", _shared),
        _press("action-unshare", ". The shared picture disappears.", "unshare", lambda _, r: bool(r.unshare)),
        _press("action-delete", ".", "delete", lambda _, r: r.picture is None),
        Step("Type /room (you need Manage Server).", "room", _panel),
    )


def _on_telegram(username: str) -> tuple[Step, ...]:
    place = (
        f"Add @{username} to a test group (https://t.me/{username}?startgroup=add) and send /avatar@{username} there."
    )
    share = f", then {_named('telegram-share-nameless')}. Everybody in the group sees the picture now."
    return (
        Step(
            f"{place} Follow the button to the private chat, press Start, and {_named('telegram-welcome-draw')}.",
            "avatar",
            _of_group(_busy),
            drawn=True,
        ),
        _press("action-again", " under the picture.", "again", _busy, drawn=True),
        Step("Send a photo to the private chat, with the caption: /avatar ink", "avatar", _with_photo, drawn=True),
        _press("telegram-as-file", ". The picture comes as a file.", "show", lambda _, r: r.picture is not None),
        _press("telegram-own-action-share", share, "share", _of_group(_shared)),
        _press("action-unshare", ". The shared picture disappears.", "unshare", lambda _, r: bool(r.unshare)),
        _press("action-delete", ".", "delete", lambda _, r: r.picture is None),
        Step(
            f"Send /room@{username} in the group (you need to be an administrator there) and follow the button.",
            "room",
            _of_group(_panel),
        ),
    )


def _press(key: str, and_then: str, command: str, good: Callable[[Call, Reply], bool], *, drawn: bool = False) -> Step:
    return Step(f"Press {_named(key)}{and_then}", command, good, drawn)


def _named(key: str) -> str:
    """What stands on a button, in both languages."""
    return f"“{Wording().say('en', Text(key))}” ({Wording().say('ko', Text(key))})"


def _busy(_: Call, reply: Reply) -> bool:
    return reply.busy


def _with_photo(call: Call, reply: Reply) -> bool:
    return reply.busy and isinstance(call.arguments.get("photo"), Upload)


def _shared(_: Call, reply: Reply) -> bool:
    return reply.share is not None


def _panel(call: Call, reply: Reply) -> bool:
    return call.is_moderator and bool(reply.actions)


def _of_group(good: Callable[[Call, Reply], bool]) -> Callable[[Call, Reply], bool]:
    """``good``, and done for a group. Ids of groups are negative; whoever comes from none is in a room of their own."""
    return lambda call, reply: good(call, reply) and call.room.startswith("-")


@dataclass
class _Watched:
    """The application and a platform as each other sees them, with a look at what goes between."""

    handler: Handler
    commands: Sequence[Command]
    name: str
    throttle: float = 3.0
    heard: asyncio.Queue[tuple[Call, Reply]] = field(default_factory=asyncio.Queue[tuple[Call, Reply]])
    arrived: asyncio.Queue[Reply] = field(default_factory=asyncio.Queue[Reply])
    platform: wiring.Online | None = None
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once another program receives what is meant for this one."""

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
    token = _token(settings.discord_token, "BPP_DISCORD_TOKEN")
    found = await wiring.ask_discord(settings, token)
    if found.servers > 1:
        # Members elsewhere would be answered too, and what they get would be thrown away with the folder.
        alone = "it is in about {}: make another application for this, and add it to a test server only"
        tell(_verdict("The bot is in one server.", alone.format(found.servers)))
        return False

    def connect(own: Settings, watched: _Watched, _app: wiring.Application, _secret: Secret) -> wiring.Online:
        return wiring.discord(own, watched, Wording(), token)

    return await _check(settings, _on_discord(), "discord", connect, tell, seconds)


async def check_telegram(settings: Settings, tell: Callable[[str], None], seconds: float = STEP_SECONDS) -> bool:
    """Lead an admin through all steps with a data folder that is thrown away. Whether all went well.

    Raises ``BotError`` if Telegram cannot be used at all.
    """
    token = _token(settings.telegram_token, "BPP_TELEGRAM_TOKEN")
    found = await wiring.ask_telegram(settings, token)
    if found.webhook:
        used = f"they are sent to {found.webhook}: stop what runs there, or make another bot for this"
        tell(_verdict("The bot's updates are for us to ask for.", used))
        return False
    # Telegram does not tell in how many groups a bot is.
    tell(f"@{found.username} answers everybody while this runs, and forgets them afterwards: use a bot made for tests.")

    def connect(own: Settings, watched: _Watched, app: wiring.Application, secret: Secret) -> wiring.Online:
        asking = own.model_copy(update={"telegram_webhook": ""})
        inbox, visits = app.inbox("telegram"), app.visits("telegram")
        platform = wiring.telegram(
            asking, watched, Wording(), token, key=secret.key("telegram"), inbox=inbox, visits=visits
        )
        watched.taken = platform.conflicted
        return platform

    return await _check(settings, _on_telegram(found.username), "telegram", connect, tell, seconds)


def _token(token: SecretStr | None, setting: str) -> str:
    if token is None:
        raise ConfigInvalid("config-no-token", {"setting": setting})
    return token.get_secret_value()


async def _check(
    settings: Settings,
    steps: Sequence[Step],
    name: str,
    connect: Callable[[Settings, _Watched, wiring.Application, Secret], wiring.Online],
    tell: Callable[[str], None],
    seconds: float,
) -> bool:
    with tempfile.TemporaryDirectory(prefix="bpp-smoke-") as folder:
        own = settings.model_copy(update={"data": Path(folder)})
        secret = Secret(secrets.token_bytes(SECRET_BYTES))
        async with wiring.application(own, secret, wiring.create_slots(own)) as app:
            watched = _Watched(app.dispatcher, app.dispatcher.commands, name)
            watched.platform = platform = connect(own, watched, app, secret)
            serving = asyncio.create_task(platform.run())
            ready = asyncio.create_task(platform.ready.wait())
            try:
                async with wiring.work(app, [watched], drain=5.0):
                    await asyncio.wait({serving, ready}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                    if serving.done():
                        await serving
                    tell(_verdict("Connect and register the commands.", None if ready.done() else "no answer in time"))
                    return ready.done() and await _walk(watched, steps, tell, seconds)
            finally:
                ready.cancel()
                await platform.close()
                await asyncio.gather(serving, return_exceptions=True)


async def _walk(watched: _Watched, steps: Sequence[Step], tell: Callable[[str], None], seconds: float) -> bool:
    failed = 0
    for number, step in enumerate(steps, 1):
        watched.clear()
        tell(f"{number} of {len(steps)}: {step.todo}")
        waiting, taken = asyncio.create_task(_wait(watched, step, seconds)), asyncio.create_task(watched.taken.wait())
        try:
            await asyncio.wait({waiting, taken}, return_when=asyncio.FIRST_COMPLETED)
            problem = await waiting if waiting.done() else TAKEN
        finally:
            waiting.cancel()
            taken.cancel()
            await asyncio.gather(waiting, taken, return_exceptions=True)
        failed += problem is not None
        tell(_verdict(step.todo, problem))
        if problem == TAKEN:
            return False
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
