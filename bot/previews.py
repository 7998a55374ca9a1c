"""The small pictures by which members choose a style, drawn by whatever engine draws it here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bot.chat import Text
from bot.engines import Slot
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
    catalog: Catalog, folder: Path, slots: Sequence[Slot], names: Sequence[str], tell: Callable[[str], None]
) -> bool:
    """Draw a small picture of each style in ``names``, or of all that have none, into ``folder``.

    ``slots`` are started and closed here. ``tell`` hears of each style. False if one could not be drawn. Raises
    ``SpecInvalid`` for a style that is not known.
    """
    styles = [catalog.find(name) for name in names] or [style for style in catalog.values() if not style.preview]
    if not styles:
        tell("Every style has its picture.")
        return True
    done = True
    async with AsyncExitStack() as stack:
        for slot in slots:
            await slot.start()
            stack.push_async_callback(slot.close)
        for style in styles:
            problem = await _drawn(style, slots, folder / f"{style.id}.png")
            tell(f"{style.id}: {problem or 'drawn'}")
            done = done and not problem
    return done


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
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_bytes(avatar.png)
    draft.replace(file)
    return ""
