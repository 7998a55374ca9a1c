"""What the command line draws by itself, without a running bot; and for one elsewhere."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bot.chat import Text
from bot.config import ConfigInvalid, Settings
from bot.errands import catalog
from bot.errors import BotError
from bot.wording import Wording
from generator.classic import ClassicEngine
from generator.confinement import keep_memory_private
from generator.engine import SIZE_RANGE, AvatarSpec, Photo
from generator.errors import GeneratorError, SpecInvalid
from generator.intake import Intake
from generator.limits import MAX_FILE_BYTES
from generator.sdxl.presets import preset_of
from generator.server import main as server_main
from generator.styles import Catalog, CatalogInvalid, Style, faults
from generator.styles.recipes import QUALITIES


class FileTrouble(BotError):
    """A file that was named on the command line cannot be read or written."""

    default_key = "file-unreadable"


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
