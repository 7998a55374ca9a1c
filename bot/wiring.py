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
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bot import faults
from bot.chat import Platform
from bot.choices import Choices
from bot.clock import clock
from bot.commands import declare
from bot.config import ENGINE_CHILD, ConfigInvalid, Settings, load_secret
from bot.courier import Courier
from bot.dispatch import Dispatcher
from bot.engines import LocalEngine, RemoteEngine, Slot
from bot.errors import BotError
from bot.live import Live
from bot.secrets import Secret
from bot.storage import Storage
from bot.wording import Wording
from bot.worker import Worker
from generator.blame import blame
from generator.confinement import keep_memory_private
from generator.engine import AvatarSpec
from generator.errors import EngineUnavailable
from generator.intake import Intake
from generator.styles import Catalog, load_catalog

log = logging.getLogger("bpp")

SWEEP_SECONDS = 600.0
READY_SECONDS = 3.0
"""Longer than a busy disk takes, shorter than whoever asks waits."""


def create_slots(settings: Settings) -> list[Slot]:
    """One slot an entry of ``engines``. Raises ``ConfigInvalid`` if a URL has no token to show."""
    token = settings.engine_token
    slots: list[Slot] = []
    for number, entry in enumerate(settings.engines):
        if entry == ENGINE_CHILD:
            slots.append(
                LocalEngine(
                    f"{entry}-{number}", engine=entry, styles=settings.style_folders, memory=settings.engine_memory
                )
            )
        elif token is None:
            raise ConfigInvalid("config-engine-token")
        else:
            slots.append(RemoteEngine(entry, token.get_secret_value(), name=f"remote-{number}"))
    return slots


@dataclass(frozen=True)
class Application:
    """What runs between the platforms and the engines, already started."""

    storage: Storage
    styles: Catalog
    dispatcher: Dispatcher
    wording: Wording
    slots: Sequence[Slot]
    live: Live

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

    async def starter(self, seed: int) -> bytes:
        """A small figure for a newcomer, drawn by a slot that has nothing better to do. Raises ``EngineUnavailable``."""
        for slot in self.slots:
            with contextlib.suppress(EngineUnavailable):
                return (await slot.draw(AvatarSpec(style="peeps", seed=seed, size=192), lambda _progress: None)).png
        raise EngineUnavailable


@contextlib.asynccontextmanager
async def application(settings: Settings, secret: Secret, slots: Sequence[Slot]) -> AsyncGenerator[Application]:
    """Open the data folder, start intake and slots; close them in the opposite order."""
    styles = load_catalog(settings.style_folders)
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
        commands = declare(storage, styles, live, intake.decode)
        dispatcher = Dispatcher(commands, Choices(storage, styles).sources(), storage.members, secret, wording)
        yield Application(storage, styles, dispatcher, wording, slots, live)


@contextlib.asynccontextmanager
async def work(app: Application, platforms: Sequence[Platform], drain: float) -> AsyncGenerator[None]:
    """Draw and deliver while inside; leaving lets running pictures end for ``drain`` seconds and requeues the rest."""
    jobs = app.storage.jobs
    jobs.slots = _Slots(app.slots)
    courier = Courier(jobs, app.live, {platform.name: platform for platform in platforms}, app.styles, clock)
    workers = [Worker(slot, jobs, app.live) for slot in app.slots]
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
    """Engine → number of slots that answer for it, looked up anew each time: a remote slot says so when it is reached."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots

    def _counts(self) -> Counter[str]:
        return Counter(engine for slot in self._slots for engine in slot.engines)

    def __getitem__(self, engine: str) -> int:
        return self._counts()[engine]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts())

    def __len__(self) -> int:
        return len(self._counts())


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
    _log(settings)
    keep_memory_private()
    if settings.fault:
        name, _, nth = settings.fault.partition(":")
        try:
            faults.arm(name, int(nth or 1))
        except ValueError as error:
            raise ConfigInvalid("config-invalid", {"setting": "fault", "problem": str(error)}) from error
    asyncio.run(_room(settings, announce, browser=browser))


async def _room(settings: Settings, announce: Callable[[str], None], *, browser: bool) -> None:
    from adapters.web import WebRoom

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    secret = load_secret(settings.secret_file)
    async with application(settings, secret, create_slots(settings)) as app:
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
        serving = asyncio.create_task(web.serve())
        try:
            async with work(app, [web], settings.drain):
                announce(f"Room:       {web.address}")
                announce(f"Moderator:  {web.moderator_link}   (works once; do not pass it on)")
                announce("Stop with Ctrl-C.")
                if browser:
                    # A text browser may not come back before it is left: nobody waits for it, least of all Ctrl-C.
                    threading.Thread(target=webbrowser.open, args=(web.address,), daemon=True).start()
                waiting = asyncio.create_task(stop.wait())
                await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if not serving.done():
                    announce("Stopping: pictures being drawn are finished first. Nothing that waits is lost.")
        finally:
            await web.close()
            await serving


class _Discreet(logging.Filter):
    """Replaces the traceback of a library's record by type and frames: a message may hold what a member sent (P3)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            record.msg, record.args = f"{record.getMessage().strip()}: {blame(record.exc_info[1])}", None
            record.exc_info = record.exc_text = None
        return True


def _log(settings: Settings) -> None:
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(_Discreet())
    # Their INFO lines are noise, and the path of a request is nobody's business.
    for noisy in ("alembic", "httpx", "httpcore", "uvicorn", "asyncio", "websockets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
