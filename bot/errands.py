"""What the command line does by itself, without a running bot: draw one picture, serve an engine, mind data and weights."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from bot import storage
from bot.chat import Text
from bot.clock import clock
from bot.config import ConfigInvalid, Settings, load_secret
from bot.errors import BotError
from bot.wording import Wording
from generator.classic import ClassicEngine
from generator.confinement import keep_memory_private
from generator.engine import SIZE_RANGE, AvatarSpec, Photo
from generator.errors import GeneratorError, SpecInvalid
from generator.intake import Intake
from generator.limits import MAX_FILE_BYTES
from generator.sdxl import architecture
from generator.sdxl.manifest import Model
from generator.sdxl.presets import preset_of
from generator.sdxl.sources import source_of
from generator.sdxl.store import Report, Step, Store
from generator.server import main as server_main
from generator.styles import Catalog, CatalogInvalid, Style, faults, load_catalog
from generator.styles.recipes import QUALITIES

_TOO_SMALL_FOR_A_BAR = 100_000
"""Bytes of a file that is there before anybody has read its name."""


class FileTrouble(BotError):
    """A file that was named on the command line cannot be read or written."""

    default_key = "file-unreadable"


def catalog(settings: Settings) -> Catalog:
    """The styles of this installation: ours, then the admin's own."""
    return load_catalog(
        settings.style_folders,
        painted=settings.painted,
        models=settings.models_folder,
        previews=settings.previews_folder,
    )


def styles_check(folder: Path) -> tuple[bool, str]:
    """Whether all style files of ``folder`` are sound, and what ``bpp styles check`` says about each of them.

    Those of the classic engine are drawn with, in each of their palettes; of the others the words are looked at.
    Raises ``CatalogInvalid`` for a folder that is none.
    """
    styles, wrong = faults(folder)
    said = [_sentence(error) for error in wrong]
    healthy = not said
    for style in styles.values():
        if style.source.parent == folder:
            problems = list(_problems(style, styles))
            said += problems or [f"{style.id}: good"]
            healthy = healthy and not problems
    return healthy, "\n".join(said) or f"There are no style files in {folder}."


def _problems(style: Style, styles: Catalog) -> Iterator[str]:
    if style.engine != ClassicEngine.name:
        for quality in QUALITIES:
            try:
                preset_of(style, quality)
            except SpecInvalid as error:
                yield _sentence(error)
        return
    for name, colours in style.palettes.items():
        alone = replace(style, palettes={name: colours})
        engine = ClassicEngine(Catalog([*(each for each in styles.values() if each.id != style.id), alone]))
        try:
            engine.draw(AvatarSpec(style.id, 0, size=SIZE_RANGE[0]), lambda _progress: None, lambda: False)
        except GeneratorError as error:
            where = {"file": str(style.source), "key": f"palettes.{name}", "reason": _sentence(error)}
            yield _sentence(CatalogInvalid(parameters=where))


def _sentence(error: GeneratorError) -> str:
    return Wording().say("en", Text(error.key, error.parameters))


def draw(
    settings: Settings,
    *,
    photo: Path | None,
    style: str | None,
    likeness: int,
    traits: Mapping[str, str],
    seed: int,
    size: int,
    output: Path,
) -> None:
    """Draw one avatar into ``output``. Raises ``GeneratorError`` or ``FileTrouble``; then nothing was written."""
    keep_memory_private()
    styles = catalog(settings)
    chosen = style or next(one.id for one in styles.values() if one.photo is (photo is not None))
    pixels = None if photo is None else asyncio.run(_decode(_read(photo)))
    spec = AvatarSpec(style=chosen, seed=seed, photo=pixels, likeness=likeness, traits=traits, size=size)
    if styles.get(chosen) is not None and styles[chosen].engine != ClassicEngine.name:
        raise SpecInvalid("error-style-engine", {"style": chosen, "engine": styles[chosen].engine})
    avatar = ClassicEngine(styles).draw(spec, lambda _progress: None, lambda: False)
    try:
        _write(output, avatar.png)
    except OSError as error:
        raise FileTrouble("file-unwritable", {"file": str(output), "problem": error.strerror or str(error)}) from error


def _write(output: Path, data: bytes) -> None:
    """Whole or not at all: a script that finds the file finds a picture."""
    draft = output.with_name(f".{output.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(data)
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)


def _read(photo: Path) -> bytes:
    try:
        with photo.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise FileTrouble("file-unreadable", {"file": str(photo), "problem": error.strerror or str(error)}) from error


async def _decode(data: bytes) -> Photo:
    intake = Intake()
    try:
        return await intake.decode(data)
    finally:
        await intake.close()


def serve_engine(settings: Settings, *, host: str, port: int, sdxl: bool = False) -> None:
    """Serve the classic engine, or SDXL, over TCP until told to end. Raises ``ConfigInvalid`` without a token."""
    if settings.engine_token is None:
        raise ConfigInvalid("config-engine-token")
    handle, name = tempfile.mkstemp(prefix="bpp-token-")  # the server takes it from a file, never from its command line
    try:
        os.write(handle, settings.engine_token.get_secret_value().encode())
        os.close(handle)
        folders = [part for folder in settings.style_folders for part in ("--styles", str(folder))]
        engine = ["--memory", str(settings.engine_memory)]
        if sdxl:
            where, device = str(settings.models_folder), settings.device
            engine = ["--engine", "sdxl", "--models", where, "--plan", settings.plan, "--device", device]
            engine += ["--control", settings.control]
        server_main(["--host", host, "--port", str(port), "--token-file", name, *engine, *folders])
    finally:
        Path(name).unlink(missing_ok=True)


def db_upgrade(settings: Settings) -> str:
    """What ``bpp db upgrade`` says. Raises ``StorageTrouble``."""
    done = storage.upgrade(settings.data, load_secret(settings.secret_file), clock)
    if done.before == done.after:
        return f"The database is up to date (revision {done.after})."
    kept = "" if done.backup is None else f" The copy made before is {done.backup}."
    return f"The database is now at revision {done.after}.{kept}"


def db_backup(settings: Settings, target: Path | None) -> str:
    """What ``bpp db backup`` says. Raises ``StorageTrouble``."""
    done = storage.backup(settings.data, target, clock)
    return (
        f"Copied to {done.path} ({done.size:,} bytes, revision {done.revision}). Pictures and the secret are not in it."
    )


def db_restore(settings: Settings, source: Path) -> str:
    """What ``bpp db restore`` says. Raises ``StorageTrouble``."""
    done = storage.restore(settings.data, source, load_secret(settings.secret_file), clock)
    kept = "" if done.replaced is None else f" What stood there before is {done.replaced}."
    return f"Restored (revision {done.revision}).{kept}"


def db_check(settings: Settings) -> tuple[bool, str]:
    """Whether all is well, and what ``bpp db check`` says. Raises ``StorageTrouble``."""
    found = storage.check(settings.data, load_secret(settings.secret_file))
    lines = [f"Revision {found.revision}, newest is {found.newest}."]
    lines += [f"Problem: {problem}" for problem in found.problems]
    lines += [f"Missing file: {name}" for name in found.missing]
    if found.orphans:
        lines.append(f"{len(found.orphans)} file(s) that no job names; the next start erases them.")
    if not found.secret_fits:
        lines.append("The secret is not the one that this database was made with.")
    lines += [f"{name}: {count}" for name, count in found.counts.items()]
    healthy = not found.problems and not found.missing and found.secret_fits
    lines.append("All is well." if healthy else "Something is wrong: restore a backup, or put the right secret back.")
    return healthy, "\n".join(lines)


def models_list(settings: Settings) -> str:
    """What ``bpp models list`` says. Raises ``ManifestInvalid``."""
    store = Store(settings.models_folder)
    lines = [f"In {store.folder}:", ""]
    for model in store.manifest.values():
        needed = "" if model.optional else "needed"
        hosting = "" if model.hosting else "NOT FOR HOSTING"
        lines.append(
            f"{model.id:15} {store.state(model.id):8} {model.role:11} {_size(model):>8}  {needed:7} {hosting}".rstrip()
        )
        lines.append(f"{'':16}{model.licence}. {model.permits}")
        lines.append(f"{'':16}{model.hub} @ {model.revision}")
    lacking = sum(model.size for model in _needed(store) if not store.present(model.id))
    lines += ["", f"{lacking / 1e9:.1f} GB to fetch: bpp models pull" if lacking else "All that is needed is here."]
    return "\n".join(lines)


def models_pull(settings: Settings, names: Sequence[str], *, source: str | None, accepted: Sequence[str]) -> str:
    """What ``bpp models pull`` says when all of it is there. Raises ``ModelTrouble`` and ``ManifestInvalid``."""
    store = Store(settings.models_folder)
    chosen = list(names) or [model.id for model in _needed(store)]
    with _bars() as report:
        store.pull(chosen, source_of(source), report, accepted)
    lines = [f"Here, whole and right: {', '.join(dict.fromkeys(chosen))}."]
    licences: dict[str, list[str]] = {}
    for model in map(store.model, dict.fromkeys(chosen)):
        licences.setdefault(f"{model.licence}: {model.permits}", []).append(model.id)
    lines += [f"{', '.join(ids)}: {terms}" for terms, ids in licences.items()]
    return "\n".join(lines)


def models_verify(settings: Settings, names: Sequence[str]) -> tuple[bool, str]:
    """Whether all is well, and what ``bpp models verify`` says. Raises ``ModelMissing`` and ``ModelTrouble``."""
    store = Store(settings.models_folder)
    chosen = list(names) or [model_id for model_id in store.manifest if store.present(model_id)]
    if not chosen:
        return True, f"There are no weights in {store.folder}."
    with _bars() as report:
        flaws = store.verify(chosen, report)
    if not flaws:
        return True, f"Every byte is right: {', '.join(chosen)}."
    said = {
        "missing": "is missing",
        "size": "has the wrong size",
        "bytes": "has a wrong byte",
        "unknown": "was not pulled, so nothing is known of it",
    }
    lines = [f"{flaw.model}/{flaw.file} {said[flaw.what]}." for flaw in flaws]
    damaged = " ".join(dict.fromkeys(flaw.model for flaw in flaws))
    return False, "\n".join([*lines, f"To put it right: bpp models pull {damaged}"])


def models_show() -> str:
    """What ``bpp models show`` says. Raises ``EngineUnavailable`` without the extra ``sdxl``."""
    return architecture.table()


def _needed(store: Store) -> list[Model]:
    return [model for model in store.manifest.values() if not model.optional]


def _size(model: Model) -> str:
    return f"{model.size / 1e9:.2f} GB" if model.size >= 10**8 else f"{model.size / 1e6:.1f} MB"


@contextlib.contextmanager
def _bars() -> Generator[Report]:
    """One bar a file on standard error, while something is done to it."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def report(step: Step) -> None:
            if step.total and step.total < _TOO_SMALL_FOR_A_BAR:
                return
            name = f"{'check' if step.checking else 'fetch'} {step.model}/{step.file}"
            if name not in bars:
                bars[name] = progress.add_task(name, total=step.total or None)
            progress.update(bars[name], completed=step.done, total=step.total or None)

        yield report
