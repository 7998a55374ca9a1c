"""An engine for tests of what happens while a picture is drawn."""

from __future__ import annotations

import asyncio

from bot.engines import LocalEngine, Report
from generator.engine import Avatar, AvatarSpec


class Slow:
    """A real engine child that begins to draw only once it is let: how long a picture takes is a test's choice."""

    def __init__(self) -> None:
        self.name = "slow"
        self.let = asyncio.Event()
        self.reports: list[Report] = []
        """Of each picture that was begun: where a test may say how far it is."""
        self._engine = LocalEngine(self.name, engine="classic", styles=[], memory=2048)

    @property
    def engines(self) -> frozenset[str]:
        return self._engine.engines

    @property
    def capacity(self) -> int:
        return self._engine.capacity

    @property
    def down_since(self) -> float | None:
        return self._engine.down_since

    @property
    def hopeless(self) -> bool:
        return self._engine.hopeless

    async def start(self) -> None:
        await self._engine.start()

    async def ready(self) -> None:
        await self._engine.ready()

    async def draw(self, spec: AvatarSpec, report: Report) -> Avatar:
        self.reports.append(report)
        await self.let.wait()
        return await self._engine.draw(spec, report)

    async def close(self) -> None:
        await self._engine.close()
