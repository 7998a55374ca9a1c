"""The small pictures by which members choose a style, drawn by whatever engine draws it here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bot.chat import Text
from bot.engines import Slot
from bot.standby import PAINTER
from bot.wording import Wording
from generator.engine import AvatarSpec
from generator.errors import EngineUnavailable, GeneratorError
from generator.styles import Catalog, Style

SIDE = 256
READY_SECONDS = 900.0
"""Until an engine is there at all: one may have to read ten gigabytes of weights from a slow disk."""
SEED = 1
_LOOK = 0.2


async def draw(
    catalog: Catalog,
    folder: Path,
    slots: Sequence[Slot],
    names: Sequence[str],
    tell: Callable[[str], None],
    *,
    busy: bool = False,
) -> bool:
    """Draw a small picture of each style in ``names``, or of all that have none, into ``folder``.

    ``slots`` are started, as far as they are needed, and closed here. ``busy``: a bot runs on this data folder, and two
    painters on one device take each other's memory. ``tell`` hears of each style. False if one could not be drawn.
    Raises ``SpecInvalid`` for a style that is not known.
    """
    styles = [catalog.find(name) for name in names] or [style for style in catalog.values() if not style.preview]
    if not styles:
        tell("Every style has its picture.")
        return True
    problems = {style.id: problem for style in styles if (problem := _hindrance(style, busy=busy))}
    needed = {style.engine for style in styles if style.id not in problems}
    async with AsyncExitStack() as stack:
        for slot in slots if needed else ():
            if needed & slot.engines or not slot.engines:
                await slot.start()
                stack.push_async_callback(slot.close)
        for style in styles:
            if style.id not in problems and (problem := await _drawn(style, slots, folder / f"{style.id}.png")):
                problems[style.id] = problem
            tell(f"{style.id}: {problems.get(style.id, 'drawn')}")
    return not problems


def _hindrance(style: Style, *, busy: bool) -> str:
    """Why no picture of ``style`` is to be drawn, or nothing."""
    beside = style.source.with_suffix(".png")
    if beside.is_file():
        return f"{beside} is shown for it; remove that first"
    return "stop the bot first, for it has the painter" if busy and style.engine == PAINTER else ""


async def _serving(engine: str, slots: Sequence[Slot]) -> Slot:
    """A slot whose ``engine`` is there, and idle. Raises ``EngineUnavailable`` when none will ever be."""
    while True:
        hopeful = [slot for slot in slots if not slot.hopeless and (engine in slot.engines or not slot.engines)]
        for slot in hopeful:
            if engine in slot.engines and slot.down_since is None:
                await slot.ready()
                return slot
        if not hopeful:
            raise EngineUnavailable
        await asyncio.sleep(_LOOK)


async def _drawn(style: Style, slots: Sequence[Slot], file: Path) -> str:
    """Draw ``style`` into ``file``. What went wrong, or nothing."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            slot = await _serving(style.engine, slots)
        avatar = await slot.draw(AvatarSpec(style.id, SEED, size=SIDE), lambda _progress: None)
    except TimeoutError:
        return "there is no engine for it"
    except GeneratorError as error:
        return Wording().say("en", Text(error.key, error.parameters))
    draft = file.with_suffix(".draft")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(avatar.png)
        draft.replace(file)
    except OSError as error:
        return f"{file} cannot be written: {error.strerror}"
    return ""
