"""What `bpp doctor` looks at: everything that would otherwise be found out when a member asks for a picture."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import stat
import sys
import time
import tomllib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import storage, wiring
from bot.chat import Text
from bot.commands import declare
from bot.config import SDXL, Settings, load_secret, settings_file
from bot.engines import PAINTING, Slot
from bot.errors import BotError
from bot.live import Live
from bot.wording import Wording
from generator.engine import AvatarSpec
from generator.errors import GeneratorError
from generator.intake import Intake
from generator.sdxl import hardware
from generator.sdxl.manifest import Model
from generator.sdxl.plans import plan_for, plan_named
from generator.sdxl.store import Store
from generator.styles import load_catalog

if TYPE_CHECKING:
    from adapters.telegram import Checkup

ENGINE_SECONDS = 30.0
"""A child has to import OpenCV first, and a machine that is asked this question may be a slow one."""
LOOK_SECONDS = 0.1
INTAKE_SECONDS = 15.0
CLOCK_SECONDS = 60
"""Clocks that are further apart are worth a word."""
FREE_BYTES = 500_000_000
_VITAL = ("base", "vae", "controlnet")
"""Without weights in these roles SDXL paints nothing at all."""
ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080200000090775"
    + "3de0000000c4944415408d763f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)
"""The smallest PNG: too small for a photo, which is just the answer that a working intake gives."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what is to be said about it."""

    what: str
    said: str
    wrong: bool = False
    absent: bool = False
    """There is nothing to look at, which is all right."""

    def line(self) -> str:
        """As the terminal shows it."""
        mark = "WRONG" if self.wrong else "-" if self.absent else "ok"
        first, *more = self.said.splitlines()
        return "\n".join([f"{mark:6} {self.what + ':':18} {first}", *(f"{'':26}{line}" for line in more)])


async def examine(settings: Settings) -> AsyncGenerator[Finding]:
    """Everything, one after the other, in the order in which a fresh installation needs it."""
    yield Finding("Python", f"{sys.version.split()[0]}, {os.cpu_count()} cores")
    yield _settings()
    yield _data(settings.data)
    yield _secret(settings)
    if not (settings.data / "bpp.db").exists():
        yield Finding("Database", "none yet; the first start makes it")
    elif settings.secret_file.exists():
        yield _database(settings)
    yield _styles(settings)
    yield await _intake()
    async for finding in _engines(settings):
        yield finding
    async for finding in _sdxl(settings):
        yield finding
    yield _port("Local room", settings.host, settings.port, "a running room")
    if settings.discord_token is None:
        yield _not_set_up("Discord", "discord_token")
    else:
        async for finding in _discord(settings, settings.discord_token.get_secret_value()):
            yield finding
    if settings.telegram_token is None:
        yield _not_set_up("Telegram", "telegram_token")
    else:
        async for finding in _telegram(settings, settings.telegram_token.get_secret_value()):
            yield finding


def _sentence(error: BotError | GeneratorError) -> str:
    return Wording().say("en", Text(error.key, error.parameters))


def _guarded(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except (BotError, GeneratorError) as error:
        return Finding(what, _sentence(error), wrong=True)
    except OSError as error:
        return Finding(what, error.strerror or type(error).__name__, wrong=True)


def _described(file: Path) -> str:
    return str(file) if file.exists() else f"{file} (no such file)"


def _settings() -> Finding:
    def look() -> Finding:
        file = settings_file()
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            known = tomllib.loads(file.read_text("utf-8"))
            if any(name.endswith("_token") for name in known):
                said = f"{file} holds a token and can be read by others. Run: chmod 600 '{file}'"
                return Finding("Settings", said, wrong=True)
        return Finding("Settings", _described(file), absent=not file.exists())

    return _guarded("Settings", look)


def _data(folder: Path) -> Finding:
    def look() -> Finding:
        if not folder.exists():
            # Nothing is made here: who asks a doctor does not want to be changed.
            parent = next(one for one in folder.absolute().parents if one.exists())
            if not (parent.is_dir() and os.access(parent, os.W_OK)):
                return Finding("Data folder", f"{folder} does not exist and cannot be made in {parent}", wrong=True)
            return Finding("Data folder", f"{folder} does not exist yet; the first start makes it")
        if not os.access(folder, os.W_OK | os.X_OK):
            return Finding("Data folder", f"{folder} cannot be written by this user", wrong=True)
        free = shutil.disk_usage(folder).free
        said = f"{folder}, {free / 1e9:.1f} GB free"
        return Finding("Data folder", said if free > FREE_BYTES else f"{said}: too little", wrong=free <= FREE_BYTES)

    return _guarded("Data folder", look)


def _secret(settings: Settings) -> Finding:
    def look() -> Finding:
        file = settings.secret_file
        if not file.exists():
            lost = (settings.data / "bpp.db").exists()
            said = (
                "is missing, and the database was made with it"
                if lost
                else "does not exist yet; the first start makes it"
            )
            return Finding("Secret", f"{file} {said}", wrong=lost)
        load_secret(file)
        if settings.data.absolute() in file.absolute().parents:
            return Finding(
                "Secret", f"{file} lies in the data folder: whoever gets a copy of that has both", wrong=True
            )
        return Finding("Secret", f"{file}; keep a copy of it apart from the backups")

    return _guarded("Secret", look)


def _database(settings: Settings) -> Finding:
    def look() -> Finding:
        found = storage.check(settings.data, load_secret(settings.secret_file))
        if found.problems or found.missing or not found.secret_fits:
            return Finding("Database", "damaged, or made with another secret; `bpp db check` tells more", wrong=True)
        behind = "" if found.revision == found.newest else "; the next start upgrades it, with a copy made first"
        return Finding("Database", f"revision {found.revision}, sound{behind}")

    return _guarded("Database", look)


def _styles(settings: Settings) -> Finding:
    def look() -> Finding:
        catalog = load_catalog(settings.style_folders, painted=settings.painted, models=settings.models_folder)
        return Finding("Styles", f"{len(catalog)}: {', '.join(catalog)}")

    return _guarded("Styles", look)


async def _intake() -> Finding:
    intake = Intake()
    try:
        async with asyncio.timeout(INTAKE_SECONDS):
            await intake.decode(ONE_PIXEL)
    except GeneratorError as error:
        if error.key != "photo-too-small":
            return Finding("Photos", _sentence(error), wrong=True)
    except TimeoutError:
        return Finding(
            "Photos", f"the process that opens them did not answer within {INTAKE_SECONDS:.0f} s", wrong=True
        )
    finally:
        await intake.close()
    return Finding("Photos", "can be opened, in a process without rights")


async def _engines(settings: Settings) -> AsyncGenerator[Finding]:
    try:
        slots = wiring.create_slots(settings)
    except BotError as error:
        yield Finding("Engines", _sentence(error), wrong=True)
    else:
        running = storage.in_use(settings.data)
        for slot in slots:
            if running and slot.name.startswith(SDXL):
                # Two on one device take each other's memory, and the bot's would be the one that a member waits for.
                yield Finding(f"Engine {slot.name}", "not started: the running bot has it; its log says how it is")
            else:
                yield await _engine(slot)


async def _engine(slot: Slot) -> Finding:
    what = f"Engine {slot.name}"
    limit = PAINTING.start if slot.name.startswith(SDXL) else ENGINE_SECONDS  # that one reads gigabytes first
    began = time.monotonic()
    await slot.start()
    try:
        async with asyncio.timeout(limit):
            if not await _answers(slot):
                said = "cannot be had here as things stand; SDXL below says what is missing"
                return Finding(what, said, wrong=True)
            if "classic" in slot.engines:
                ready = time.monotonic()
                await slot.draw(AvatarSpec(style="peeps", seed=1, size=256), lambda _progress: None)
                return Finding(
                    what, f"ready in {ready - began:.1f} s, draws a figure in {time.monotonic() - ready:.1f} s"
                )
            return Finding(what, f"ready; it draws with: {', '.join(sorted(slot.engines))}")
    except (BotError, GeneratorError) as error:
        return Finding(what, _sentence(error), wrong=True)
    except TimeoutError:
        return Finding(what, f"not ready within {limit:.0f} s; is its address right, and its token?", wrong=True)
    finally:
        await slot.close()


async def _answers(slot: Slot) -> bool:
    """Whether there is an engine to be had, which may take its time to say either."""
    ready = asyncio.ensure_future(slot.ready())
    try:
        while not ready.done():
            if slot.hopeless:
                return False
            await asyncio.wait({ready}, timeout=LOOK_SECONDS)
        await ready
        return True
    finally:
        ready.cancel()


_WHY_SLOW: Mapping[hardware.Why, str] = {
    "asked": "as the settings say",
    "amd": "for this torch was not made for the GPU of AMD’s that is here (install the one for ROCm)",
    "apple": "for torch can use no GPU of Apple’s here (it needs Apple silicon and a recent macOS)",
    "nothing": "for there is no GPU that torch can use",
}


async def _sdxl(settings: Settings) -> AsyncGenerator[Finding]:
    """What SDXL would find on this machine, where anything says that it is to paint here."""
    wanted = SDXL in settings.engines
    beside = wanted and storage.in_use(settings.data)
    try:
        store = Store(settings.models_folder)
    except GeneratorError as error:
        yield Finding("SDXL", _sentence(error), wrong=True)
        return
    there = [model for model in store.manifest.values() if store.present(model.id)]
    if not wanted and not there:
        said = "not set up: `bpp models pull` fetches its weights, then add sdxl to engines; without a GPU it is slow"
        yield Finding("SDXL", said, absent=True)
        return
    try:
        device = await asyncio.to_thread(hardware.look, settings.device)  # torch takes seconds to import
        plan = plan_for(device.free, device.kind) if settings.plan == "auto" else plan_named(settings.plan)
    except GeneratorError as error:
        yield Finding("SDXL", _sentence(error), wrong=wanted)
    else:
        chosen = "chosen from what is free" if settings.plan == "auto" else "as the settings say"
        waits = "" if plan.offload == "none" else f", offload: {plan.offload}"
        lines = [
            f"{device.name}, {device.free / 2**30:.1f} of {device.total / 2**30:.1f} GiB free; torch {device.torch}",
            f"plan {plan.name}, {chosen}: {plan.size} px in {plan.precision}, {plan.batch} at once{waits}",
        ]
        if beside:
            lines.append("what is not free may be the running bot's, which chose its plan when there was more")
        elif plan.peak() > device.free:
            lines.append(f"it may come to need {plan.peak() / 2**30:.1f} GiB, which are not free")
        if settings.control != "canny":
            lines.append(f"lines are followed by {settings.control}: quicker than canny, and less exact")
        if device.kind == "cpu":
            lines.append(f"on the processor, {_WHY_SLOW[device.why]}: it is slow, and the classic engine is not")
        yield Finding("SDXL", "\n".join(lines))
    yield _models(store, there, settings.control, wanted=wanted)


def _models(store: Store, there: Sequence[Model], control: str, *, wanted: bool) -> Finding:
    """Which weights are there, and what their licences ask of the host."""
    lines = [f"{', '.join(model.id for model in there) or 'none'} in {store.folder}"]
    needed = [
        model
        for model in store.manifest.values()
        if (model.id == control if model.role == "controlnet" else not model.optional)
    ]
    lacking = [model for model in needed if model not in there]
    if lacking:
        names = " ".join(model.id for model in lacking)
        lines.append(f"missing: {names}; run: bpp models pull {names}")
    if any(model.role == "safety" for model in lacking):
        lines.append("without the safety checker nothing looks at a painted picture before its member does")
    if any("RAIL" in model.licence for model in there):
        lines.append("Open RAIL licences: pass their use restrictions on to your members (`bpp models list`)")
    private = [model.id for model in there if not model.hosting]
    if private:
        lines.append(f"not for hosting by their licence, and here since you said so: {', '.join(private)}")
    vital = wanted and any(model.role in _VITAL for model in lacking)
    return Finding("SDXL weights", "\n".join(lines), wrong=vital)


def _port(what: str, host: str, port: int, reason: str) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return Finding(what, f"{host}:{port} is taken or not ours ({error.strerror}); {reason} is one reason")
    return Finding(what, f"{host}:{port} is free")


def _not_set_up(what: str, setting: str) -> Finding:
    said = f"not set up: no {setting} in {_described(settings_file())}, and no BPP_{setting.upper()}"
    return Finding(what, said, absent=True)


def _commands(registered: int) -> str:
    return f"{registered} commands registered" if registered else "no commands yet; `bpp run` registers them"


def _clock(ahead: float, whose: str) -> Finding:
    if abs(ahead) > CLOCK_SECONDS:
        how = "ahead of" if ahead > 0 else "behind"
        return Finding("Clock", f"this machine's is {abs(ahead):.0f} s {how} {whose}'s: please set it", wrong=True)
    return Finding("Clock", f"agrees with {whose}'s")


async def _discord(settings: Settings, token: str) -> AsyncGenerator[Finding]:
    nothing: Any = None  # only the names are looked at
    try:
        wiring.check_names(settings.discord_names, declare(nothing, load_catalog([]), Live(), nothing))
    except BotError as error:
        yield Finding("Discord names", _sentence(error), wrong=True)
    try:
        found = await wiring.ask_discord(settings, token)
    except BotError as error:
        yield Finding("Discord", _sentence(error), wrong=True)
        return
    lines = [
        f"{found.name}; servers: about {found.servers}; {_commands(found.commands)}",
        f"{found.sessions_left} of {found.sessions} connections left today",
        f"Invite it: {found.invite}",
    ]
    if found.endpoint:
        lines.append("An Interactions Endpoint URL is set in the Developer Portal: remove it, or nothing arrives here")
    yield Finding("Discord", "\n".join(lines), wrong=found.endpoint)
    if found.code_grant:
        said = "Requires OAuth2 Code Grant is on in the Developer Portal (Bot): turn it off, or nobody can add the bot"
    elif found.public:
        said = "Anybody who has the link can add it (Public Bot is on)"
    else:
        said = "Only you can add it (Public Bot is off)"
    yield Finding("Discord rights", said, wrong=found.code_grant)
    yield _clock(found.ahead, "Discord")


async def _telegram(settings: Settings, token: str) -> AsyncGenerator[Finding]:
    try:
        found = await wiring.ask_telegram(settings, token)
    except BotError as error:
        yield Finding("Telegram", _sentence(error), wrong=True)
        return
    lines = [f"@{found.username} ({found.name}); {_commands(found.commands)}"]
    if settings.telegram_api:
        lines.append(f"Bot API server: {settings.telegram_api}")
    lines.append(f"Write to it: {found.link}")
    if found.groups:
        lines.append(f"Add it to a group: {found.invite}")
    else:
        lines.append("It may join no group: in BotFather, /setjoingroups, Enable")
    yield Finding("Telegram", "\n".join(lines), wrong=not found.groups)
    if not found.privacy:
        said = (
            "privacy mode is off, so Telegram sends it all that is said in its groups. It needs only its commands:\n"
            "in BotFather, /setprivacy, Enable; then remove it from its groups and add it again"
        )
    else:
        said = "privacy mode is on, as it should be: of a group it hears its commands and answers to it, nothing else"
    yield Finding("Telegram privacy", said)
    yield _updates(found, settings.telegram_webhook)
    if settings.telegram_webhook:
        host, _, port = settings.telegram_listen.rpartition(":")
        yield _port("Telegram webhook", host.strip("[]"), int(port), "a running bot")
    if found.ephemeral:
        said = "commands are answered with a way to the private chat that only their member sees"
    else:
        said = (
            "commands are answered with a way to the private chat that all see, and nothing else:\n"
            "this server has no group messages for one member alone (Bot API 10.2)"
        )
    yield Finding("Telegram groups", said)
    yield _clock(found.ahead, "Telegram")


def _updates(found: Checkup, wanted: str) -> Finding:
    """How what members do gets here, and whether it does."""
    what = "Telegram updates"
    waiting = f"{found.pending} waiting"
    if found.webhook and found.webhook != wanted:
        said = (
            f"are sent to {found.webhook} just now; {waiting}. If another program uses this bot, stop it:\n"
            "`bpp run` takes the updates over"
        )
        return Finding(what, said, wrong=True)
    if not wanted:
        return Finding(what, f"are asked for, no address is needed; {waiting}")
    if not found.webhook:
        return Finding(what, f"`bpp run` has them sent to {wanted}; {waiting}")
    if found.webhook_error and found.pending:
        said = f"do not get through to {wanted}; {waiting}. Telegram says: {found.webhook_error}"
        return Finding(what, said, wrong=True)
    return Finding(what, f"are sent to {wanted}; {waiting}")
