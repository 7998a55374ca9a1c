"""The composition root: the only place that sees bot, generator and adapters together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import threading
import webbrowser
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from bot import faults
from bot.chat import Command, Handler, Inbox, Left, Platform, Visits
from bot.choices import Choices
from bot.clock import clock
from bot.commands import declare
from bot.config import CLASSIC, EXPECTS_SDXL, SDXL, ConfigInvalid, Settings, gpu_environment, load_secret
from bot.courier import Courier
from bot.dispatch import Dispatcher
from bot.engines import PAINTING, LocalEngine, RemoteEngine, Slot
from bot.errors import BotError
from bot.live import Live
from bot.secrets import Secret
from bot.standby import Standby
from bot.storage import Storage
from bot.wording import Wording
from bot.worker import Worker
from generator.blame import blame
from generator.confinement import keep_memory_private
from generator.engine import AvatarSpec
from generator.errors import EngineUnavailable
from generator.intake import Intake
from generator.sdxl.store import OFFLINE
from generator.sheets import Sheets
from generator.styles import Catalog, load_catalog

if TYPE_CHECKING:
    from adapters.discord import Checkup, Discord
    from adapters.telegram import Checkup as TelegramCheckup
    from adapters.telegram import Telegram
    from adapters.web import WebRoom

log = logging.getLogger("bpp")

SWEEP_SECONDS = 600.0
READY_SECONDS = 3.0
"""Longer than a busy disk takes, shorter than whoever asks waits."""


def create_slots(settings: Settings) -> list[Slot]:
    """One slot an entry of ``engines``. Raises ``ConfigInvalid`` if a URL has no token to show.

    Where SDXL is set up, there is a classic slot as well: it draws when SDXL cannot.
    """
    token = settings.engine_token
    slots: list[Slot] = []
    alone = settings.painted and CLASSIC not in settings.engines
    gpus = iter(_gpus(settings))
    for number, entry in enumerate([*settings.engines, CLASSIC] if alone else settings.engines):
        if entry == CLASSIC:
            slots.append(
                LocalEngine(
                    f"{entry}-{number}", engine=entry, styles=settings.style_folders, memory=settings.engine_memory
                )
            )
        elif entry == SDXL:
            slots.append(_painter(settings, f"{entry}-{number}", next(gpus, None)))
        elif token is None:
            raise ConfigInvalid("config-engine-token")
        elif entry.startswith(EXPECTS_SDXL):
            url = entry.removeprefix(EXPECTS_SDXL)
            shown = token.get_secret_value()
            slots.append(RemoteEngine(url, shown, name=f"remote-{number}", expects=SDXL, patience=PAINTING))
        else:
            slots.append(RemoteEngine(entry, token.get_secret_value(), name=f"remote-{number}"))
    return slots


_GPUS = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
"""Which GPUs a process sees, NVIDIA's and AMD's; torch heeds the first of them on both."""


def _gpus(settings: Settings) -> list[dict[str, str]]:
    """What tells each of several painters of this machine its own GPU; nothing where there is only one painter.

    Two on one GPU would both lay themselves out for all of its memory. Raises ``ConfigInvalid`` where GPUs are too few.
    """
    painters = settings.engines.count(SDXL)
    if painters < 2:
        return []
    if settings.device not in ("auto", "cuda"):
        problem = f"{painters} times {SDXL} on one device ({settings.device}): they would fight for its memory"
        raise ConfigInvalid("config-invalid", {"setting": "engines", "problem": problem})
    variable = next((name for name in _GPUS if name in gpu_environment()), _GPUS[0])
    seen = gpu_environment().get(variable)
    gpus = [str(gpu) for gpu in range(painters)] if seen is None else [gpu for gpu in seen.split(",") if gpu.strip()]
    if len(gpus) < painters:
        problem = f"{painters} times {SDXL}, which needs a GPU each, and {variable} is {seen}"
        raise ConfigInvalid("config-invalid", {"setting": "engines", "problem": problem})
    return [{variable: gpu.strip()} for gpu in gpus[:painters]]


def _painter(settings: Settings, name: str, gpu: Mapping[str, str] | None) -> LocalEngine:
    # One that was given a GPU of its own must not share the processor with the others where there is no such GPU.
    device = settings.device if gpu is None else "cuda"
    # No limit of address space: what a GPU's driver reserves there has nothing to do with the memory that it uses.
    options = ("--models", str(settings.models_folder), "--plan", settings.plan, "--device", device)
    options += ("--control", settings.control)
    return LocalEngine(
        name,
        engine=SDXL,
        styles=settings.style_folders,
        options=options,
        environment={**OFFLINE, **gpu_environment(), **(gpu or {})},
        patience=PAINTING,
    )


@dataclass(frozen=True)
class Application:
    """What runs between the platforms and the engines, already started."""

    storage: Storage
    styles: Catalog
    dispatcher: Dispatcher
    wording: Wording
    slots: Sequence[Slot]
    live: Live

    @property
    def standby(self) -> Standby:
        """Who draws for engines that are away."""
        return Standby(self.slots, self.styles)

    async def ready(self) -> bool:
        """Whether a call can be taken: the database takes writes. Engines may be starting; the queue waits for them."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self.storage.prove_writable()
        except (BotError, TimeoutError) as error:
            log.warning("no calls can be taken: %s", error)
            return False
        return True

    async def returned(self, platform: str, member: str) -> None:
        """A member who could not be reached is there again: what waits for them is shown now, not at the next try."""
        try:
            await self.storage.jobs.hurry(self.dispatcher.known_as(platform, member))
        except BotError as error:
            log.warning("somebody who returned waits for the next try: %s", error.key)

    async def shared(self) -> frozenset[str]:
        """The tags of all pictures that stand in a room. Raises ``StorageTrouble``."""
        return frozenset(self.dispatcher.share_tag(str(job)) for job in await self.storage.jobs.shared())

    def inbox(self, platform: str) -> Inbox:
        """Where the adapter of this platform writes events down."""
        return _Inbox(self.storage, self.dispatcher, platform)

    def visits(self, platform: str) -> Visits:
        """Where members of this platform come from."""
        return _Visits(self.storage, self.dispatcher, platform)

    async def starter(self, seed: int) -> bytes:
        """A small figure for a newcomer, drawn by a slot that has nothing better to do. Raises ``EngineUnavailable``."""
        for slot in (slot for slot in self.slots if SDXL not in slot.engines):
            with contextlib.suppress(EngineUnavailable):
                return (await slot.draw(AvatarSpec(style="peeps", seed=seed, size=192), lambda _progress: None)).png
        raise EngineUnavailable


@dataclass(frozen=True)
class _Inbox:
    storage: Storage
    dispatcher: Dispatcher
    platform: str

    async def take(self, events: Sequence[tuple[str, bytes]]) -> list[str]:
        keys = {self.dispatcher.call_known_as(self.platform, key): key for key, _ in events}
        sealed = [(self.dispatcher.call_known_as(self.platform, key), event) for key, event in events]
        return [keys[new] for new in await self.storage.inbox.take(self.platform, sealed)]

    async def left(self) -> list[Left]:
        return [event for _, event in await self.storage.inbox.left(self.platform)]

    async def done(self, key: str) -> None:
        await self.storage.inbox.done(self.dispatcher.call_known_as(self.platform, key))


@dataclass(frozen=True)
class _Visits:
    storage: Storage
    dispatcher: Dispatcher
    platform: str

    async def begin(self, member: str, home: str) -> None:
        await self.storage.visits.begin(self.dispatcher.known_as(self.platform, member), home)

    async def home(self, member: str) -> str:
        return await self.storage.visits.home(self.dispatcher.known_as(self.platform, member))

    async def end(self, member: str) -> None:
        await self.storage.visits.end(self.dispatcher.known_as(self.platform, member))

    async def ran_out(self, member: str) -> bool:
        return await self.storage.visits.ran_out(self.dispatcher.known_as(self.platform, member))


@contextlib.asynccontextmanager
async def application(settings: Settings, secret: Secret, slots: Sequence[Slot]) -> AsyncGenerator[Application]:
    """Open the data folder, start intake and slots; close them in the opposite order."""
    styles = load_catalog(
        settings.style_folders,
        painted=settings.painted,
        models=settings.models_folder,
        previews=settings.previews_folder,
    )
    wording = Wording()
    async with contextlib.AsyncExitStack() as stack:
        storage = await Storage.open(settings.data, secret, clock)
        stack.push_async_callback(storage.close)
        intake = Intake()
        await intake.start()
        stack.push_async_callback(intake.close)
        for slot in slots:
            await slot.start()
            stack.push_async_callback(slot.close)
        live = Live()
        standby = Standby(slots, styles)

        def unchecked() -> bool:
            return standby.unchecked

        commands = declare(storage, styles, live, intake.decode, Sheets().draw, lambda: standby.painting, unchecked)
        dispatcher = Dispatcher(
            commands, Choices(storage, styles, unchecked).sources(), storage.members, secret, wording
        )
        yield Application(storage, styles, dispatcher, wording, slots, live)


@contextlib.asynccontextmanager
async def work(app: Application, platforms: Sequence[Platform], drain: float) -> AsyncGenerator[None]:
    """Draw and deliver while inside; leaving lets running pictures end for ``drain`` seconds and requeues the rest."""
    jobs = app.storage.jobs
    standby = app.standby
    jobs.slots, jobs.drawn = _Slots(standby), standby.now
    by_name = {platform.name: platform for platform in platforms}
    courier = Courier(jobs, app.live, by_name, app.styles, clock)
    workers = [Worker(slot, jobs, app.live, standby=standby) for slot in app.slots]
    tasks = [asyncio.create_task(courier.run()), asyncio.create_task(_sweep(app.storage))]
    for worker in workers:
        await worker.start()
    try:
        yield
    finally:
        await asyncio.gather(*(worker.stop(drain) for worker in workers))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Slots(Mapping[str, int]):
    """Engine → number of seats for it, looked up anew each time: a remote slot says so when it is reached."""

    def __init__(self, standby: Standby) -> None:
        self._standby = standby

    def __getitem__(self, engine: str) -> int:
        return self._standby.seats()[engine]

    def __iter__(self) -> Iterator[str]:
        return iter(self._standby.seats())

    def __len__(self) -> int:
        return len(self._standby.seats())


async def _sweep(storage: Storage) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            swept = await storage.jobs.sweep()
            log.info("swept: %s", swept)
        except Exception as error:  # noqa: BLE001 - whatever it was, what is due tomorrow must still be erased
            log.error("the sweep will be tried again in %d s: %s", SWEEP_SECONDS, blame(error))  # noqa: TRY400


def run_room(settings: Settings, *, announce: Callable[[str], None], browser: bool) -> None:
    """Serve the local room until SIGINT or SIGTERM. Raises ``BotError`` if it cannot start."""
    _prepare(settings)
    asyncio.run(_serve(settings, announce, (_Room(browser=browser),)))


def run(settings: Settings, *, announce: Callable[[str], None], room: bool) -> None:
    """Serve every chat platform that is set up, and the local room if wanted, until SIGINT or SIGTERM.

    Raises ``BotError`` if there is none, if one cannot start, or if one refuses us for good.
    """
    _prepare(settings)
    chats: list[_Chat] = [_Room(browser=False)] if room else []
    if settings.discord_token is not None:
        chats.append(_Discord(settings.discord_token.get_secret_value()))
    if settings.telegram_token is not None:
        chats.append(_Telegram(settings.telegram_token.get_secret_value()))
    if not chats:
        raise ConfigInvalid("config-no-platform")
    asyncio.run(_serve(settings, announce, chats))


def _prepare(settings: Settings) -> None:
    log_discreetly(settings.log_level)
    keep_memory_private()
    if settings.fault:
        name, _, nth = settings.fault.partition(":")
        try:
            faults.arm(name, int(nth or 1))
        except ValueError as error:
            raise ConfigInvalid("config-invalid", {"setting": "fault", "problem": str(error)}) from error


class _Served(Protocol):
    """A platform that is being served."""

    @property
    def platform(self) -> Platform: ...

    async def serve(self, announce: Callable[[str], None]) -> None:
        """Say where it can be found and serve it until ``close``. Raises ``BotError`` if it never can be."""
        ...

    async def close(self) -> None: ...


class _Chat(Protocol):
    """A platform that can be served."""

    def open(self, app: Application, settings: Settings, secret: Secret) -> _Served: ...


@dataclass(frozen=True)
class _Room:
    browser: bool

    def open(self, app: Application, settings: Settings, secret: Secret) -> _Served:  # noqa: ARG002 - asked like the others
        from adapters.web import WebRoom

        web = WebRoom(
            app.dispatcher,
            app.wording,
            settings.data / "room",
            clock=clock,
            invite=secrets.token_urlsafe(24),
            host=settings.host,
            port=settings.port,
            names=settings.public_hosts,
            starter=app.starter,
            returned=partial(app.returned, WebRoom.name),
            ready=app.ready,
        )
        web.bind()
        return _ServedRoom(web, self.browser)


@dataclass(frozen=True)
class _ServedRoom:
    platform: WebRoom
    browser: bool

    async def serve(self, announce: Callable[[str], None]) -> None:
        announce(f"Room:       {self.platform.address}")
        announce(f"Moderator:  {self.platform.moderator_link}   (works once; do not pass it on)")
        if self.browser:
            # A text browser may not come back before it is left: nobody waits for it, least of all Ctrl-C.
            threading.Thread(target=webbrowser.open, args=(self.platform.address,), daemon=True).start()
        await self.platform.serve()

    async def close(self) -> None:
        await self.platform.close()


class Online(Platform, Protocol):
    """A platform on somebody else's servers."""

    ready: asyncio.Event

    @property
    def unreached(self) -> asyncio.Event: ...

    async def run(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class _ServedOnline:
    """``news`` is told once each, at the moment when it becomes so."""

    label: str
    platform: Online
    news: Sequence[tuple[asyncio.Event, Callable[[], str]]]

    async def serve(self, announce: Callable[[str], None]) -> None:
        def tell(said: str) -> None:
            announce(f"{self.label + ':':11} {said}")

        async def watch(event: asyncio.Event, say: Callable[[], str]) -> None:
            await event.wait()
            tell(say())

        tell("connecting")
        telling = [asyncio.create_task(watch(event, say)) for event, say in self.news]
        try:
            await self.platform.run()
        finally:
            for task in telling:
                task.cancel()

    async def close(self) -> None:
        await self.platform.close()


UNREACHED = "cannot be reached; trying again until it can"


@dataclass(frozen=True)
class _Discord:
    token: str = field(repr=False)

    def open(self, app: Application, settings: Settings, secret: Secret) -> _Served:  # noqa: ARG002 - asked like the others
        return self.served(
            discord(
                settings,
                app.dispatcher,
                app.wording,
                self.token,
                returned=partial(app.returned, "discord"),
                shared=app.shared,
            )
        )

    @staticmethod
    def served(platform: Discord) -> _Served:
        return _ServedOnline(
            "Discord", platform, ((platform.unreached, lambda: UNREACHED), (platform.ready, lambda: "ready"))
        )


@dataclass(frozen=True)
class _Telegram:
    token: str = field(repr=False)

    def open(self, app: Application, settings: Settings, secret: Secret) -> _Served:
        return self.served(
            telegram(
                settings,
                app.dispatcher,
                app.wording,
                self.token,
                key=secret.key("telegram"),
                inbox=app.inbox("telegram"),
                visits=app.visits("telegram"),
                returned=partial(app.returned, "telegram"),
                shared=app.shared,
            )
        )

    @staticmethod
    def served(platform: Telegram) -> _Served:
        return _ServedOnline(
            "Telegram",
            platform,
            (
                (platform.unreached, lambda: UNREACHED),
                (
                    platform.conflicted,
                    lambda: "another program receives this bot's updates; trying again until it stops",
                ),
                (platform.ready, lambda: f"ready as @{platform.username}"),
            ),
        )


def discord(
    settings: Settings,
    handler: Handler,
    wording: Wording,
    token: str,
    *,
    returned: Callable[[str], Coroutine[Any, Any, None]] | None = None,
    shared: Callable[[], Awaitable[Collection[str]]] | None = None,
) -> Discord:
    """The Discord platform as the settings describe it, not yet connected. Raises ``ConfigInvalid``."""
    from adapters.discord import Discord

    check_names(settings.discord_names, handler.commands)
    return Discord(
        handler,
        wording,
        settings.data / "discord",
        token=token,
        clock=clock,
        api=settings.discord_api,
        gateway=settings.discord_gateway,
        cdn=settings.discord_cdn,
        moderator_roles=settings.discord_moderator_roles,
        names=settings.discord_names,
        returned=returned,
        shared=shared,
    )


async def ask_discord(settings: Settings, token: str) -> Checkup:
    """What Discord says about the bot, which is not connected for it. Raises ``BotError``."""
    from adapters.discord import checkup

    return await checkup(token, api=settings.discord_api, clock=clock)


def telegram(
    settings: Settings,
    handler: Handler,
    wording: Wording,
    token: str,
    *,
    key: bytes,
    inbox: Inbox,
    visits: Visits,
    returned: Callable[[str], Coroutine[Any, Any, None]] | None = None,
    shared: Callable[[], Awaitable[Collection[str]]] | None = None,
) -> Telegram:
    """The Telegram platform as the settings describe it, not yet connected. ``key`` signs its buttons and links."""
    from adapters.telegram import Telegram

    return Telegram(
        handler,
        wording,
        settings.data / "telegram",
        token=token,
        key=key,
        clock=clock,
        inbox=inbox,
        visits=visits,
        api=settings.telegram_api,
        file_api=settings.telegram_file_api or settings.telegram_api,
        webhook=settings.telegram_webhook,
        listen=settings.telegram_listen,
        returned=returned,
        shared=shared,
    )


async def ask_telegram(settings: Settings, token: str) -> TelegramCheckup:
    """What Telegram says about the bot, which receives nothing for it. Raises ``BotError``."""
    from adapters.telegram import checkup

    return await checkup(token, api=settings.telegram_api, clock=clock)


def check_names(names: Mapping[str, str], commands: Sequence[Command]) -> None:
    """Raises ``ConfigInvalid`` if ``names`` names a command that there is not, or gives two of them one name.

    Discord would refuse all commands for it.
    """
    from adapters.discord.declarations import MESSAGE_COMMAND

    ours = [command.name for command in commands if command.listed]
    problems = [f"there is no command /{name}" for name in names if name not in (*ours, MESSAGE_COMMAND)]
    called = Counter(names.get(name, name) for name in ours)
    problems += [f"two commands would be called /{name}" for name, times in called.items() if times > 1]
    if problems:
        raise ConfigInvalid("config-invalid", {"setting": "discord_names", "problem": problems[0]})


async def _serve(settings: Settings, announce: Callable[[str], None], chats: Sequence[_Chat]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    secret = load_secret(settings.secret_file)
    async with application(settings, secret, create_slots(settings)) as app:
        served = [chat.open(app, settings, secret) for chat in chats]
        serving = [asyncio.create_task(one.serve(announce)) for one in served]
        waiting = asyncio.create_task(stop.wait())
        try:
            async with work(app, [one.platform for one in served], settings.drain):
                await asyncio.sleep(0)  # each says first where it can be found
                announce("Stop with Ctrl-C.")
                await asyncio.wait({waiting, *serving}, return_when=asyncio.FIRST_COMPLETED)
                if waiting.done():
                    announce("Stopping: pictures being drawn are finished first. Nothing that waits is lost.")
        finally:
            waiting.cancel()
            await asyncio.gather(*(one.close() for one in served))
            ended = await asyncio.gather(*serving, return_exceptions=True)
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure


class _Discreet(logging.Filter):
    """Replaces the traceback of a library's record by type and frames: a message may hold what a member sent (P3)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            record.msg, record.args = f"{record.getMessage().strip()}: {blame(record.exc_info[1])}", None
            record.exc_info = record.exc_text = None
        return True


def log_discreetly(level: str) -> None:
    """Log to standard error, and let no library tell there what a member sent, or where."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(_Discreet())
    # Their INFO lines are noise, and the path of a request is nobody's business.
    for noisy in ("alembic", "httpx", "httpcore", "uvicorn", "asyncio", "websockets", "discord", "aiohttp", "telegram"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # They warn of each limit that they meet with the address, which is a member's when their messages are erased.
    for telling in ("discord.http", "discord.webhook"):
        logging.getLogger(telling).setLevel(logging.ERROR)
