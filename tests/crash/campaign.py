"""One data folder through many deaths: start, traffic, kill, start again, and at last the audit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil

from generator.styles import load_catalog
from tests.crash.audit import Audit, Verdict, count_open, emptied
from tests.crash.peer import Peer
from tests.crash.process import Life, Zygote

HOUR_MS = 3_600_000


class Campaign:
    """Keeps one chat process going, kills it and its engines, and judges what is left."""

    def __init__(self, folder: Path, zygote: Zygote, peer: Peer, dice: random.Random, life: Life) -> None:
        self.folder = folder
        self.zygote = zygote
        self.peer = peer
        self.life = life
        self.kills: Counter[str] = Counter()
        self.patience = 30.0
        """Seconds without any movement after which whatever is still open counts as stuck."""
        self.busy_kills = 0
        """Kills while at least one acknowledged job was unfinished."""
        self.pids: list[int] = []
        self._dice = dice
        self._death: asyncio.Task[int] | None = None

    async def start(self, **changes: object) -> None:
        """A new life, with ``changes`` for this one only."""
        self.pids.append(await self.zygote.bear(replace(self.life, **changes)))
        self._death = asyncio.create_task(self.zygote.death())

    async def up(self) -> bool:
        """Wait until the chat process takes calls. False if it died first."""
        connected = asyncio.create_task(self.peer.connected.wait())
        assert self._death is not None
        await asyncio.wait({self._death, connected}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        connected.cancel()
        return self.peer.connected.is_set()

    def engines(self) -> list[psutil.Process]:
        """The engine children that run."""
        found = list[psutil.Process]()
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self.pids[-1]).children():
                with contextlib.suppress(psutil.Error):
                    if "generator.server" in child.cmdline():
                        found.append(child)
        return found

    async def kill(self, target: str) -> None:
        """SIGKILL ``chat``, an ``engine``, or ``both``; a chat process that died is started again."""
        self.busy_kills += bool(self.peer.unsettled())
        if target != "chat":
            for engine in self._dice.sample(found, 1) if (found := self.engines()) else []:
                with contextlib.suppress(psutil.NoSuchProcess):
                    engine.kill()
        if target != "engine":
            os.kill(self.pids[-1], signal.SIGKILL)
            assert await self.buried() == -signal.SIGKILL, self.zygote.tail()
        self.kills[target] += 1

    async def buried(self, seconds: float = 60.0) -> int:
        """Exit status, once the process has gone and the platform has read everything that it said.

        Raises TimeoutError when it lives for ``seconds`` more.
        """
        assert self._death is not None
        async with asyncio.timeout(seconds):
            status = await asyncio.shield(self._death)
        self._death = None
        await self.peer.quiet(5, lambda: not self.peer.connected.is_set())
        return status

    async def kill_at_random(self, times: int, pause: float = 1.2) -> None:
        """Kill ``times`` times, at most ``pause`` seconds apart; one in six while the chat process is still starting."""
        for _ in range(times):
            if self._death is None:
                await self.start()
                if self._dice.random() < 0.17:
                    await asyncio.sleep(self._dice.uniform(0, 0.5))
                    await self.kill("chat")
                    self.kills["chat while starting"] += 1
                    continue
            assert await self.up(), self.zygote.tail()
            if self._dice.random() < 0.5:
                # Wherever the machine is slow, pictures would otherwise hardly ever be in the making.
                before = self.peer.counts["updates"]
                await self.peer.quiet(10, lambda: self.peer.counts["updates"] > before)  # noqa: B023
                await asyncio.sleep(self._dice.uniform(0, 0.3))
            else:
                await asyncio.sleep(self._dice.uniform(0.02, pause))
            await self.kill(self._dice.choices(("chat", "engine", "both"), (5, 3, 2))[0])

    async def kill_at(self, fault: str, most: int, seconds: float = 60.0) -> bool:
        """Live until the process dies at the named point, at its 1st … ``most``-th pass. False if it never came there."""
        if self._death is not None:
            await self.stop()
        await self.start(fault=fault, nth=self._dice.randint(1, most))
        try:
            status = await self.buried(seconds)
        except TimeoutError:
            os.kill(self.pids[-1], signal.SIGTERM)
            status = await self.buried()
        if status == 0:
            return False
        assert status == -signal.SIGKILL, self.zygote.tail()
        self.busy_kills += bool(self.peer.unsettled())
        self.kills[fault] += 1
        return True

    async def stop(self) -> None:
        """Ask the chat process to end, as an admin does."""
        os.kill(self.pids[-1], signal.SIGTERM)
        assert await self.buried() == 0, self.zygote.tail()

    async def judge(self) -> Verdict:
        """End the traffic, let everything come to rest, and compare."""
        if self._death is None:
            await self.start()
        assert await self.up(), self.zygote.tail()
        await self.peer.hush()
        self.peer.gentle = True
        await self.stop()
        # Later, so that messages which were to be tried again in some minutes are tried now.
        await self.start(ahead=HOUR_MS // 6)
        assert await self.up(), self.zygote.tail()
        await self._rest()
        await self.stop()
        return Audit(self.folder, self.peer).everything(self.pids)

    async def _rest(self) -> None:
        """Until nothing is open, or nothing moves any more."""
        clock = asyncio.get_running_loop().time
        seen, since = -1, clock()
        while (open_ := count_open(self.folder)) and clock() - since < self.patience:
            if open_ != seen:
                seen, since = open_, clock()
            await asyncio.sleep(0.05)

    async def expired(self) -> list[str]:
        """What is left in the spool after everything kept has passed its time."""
        await self.start(only_open=True, ahead=26 * HOUR_MS)
        assert await self.buried() == 0, self.zygote.tail()
        return emptied(self.folder)

    async def close(self) -> None:
        """Leave nothing running."""
        if self._death is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pids[-1], signal.SIGKILL)
            await self._death
        await self.peer.close()


@contextlib.asynccontextmanager
async def campaign(seed: int, *, photos: float = 0.2, **life: object) -> AsyncIterator[Campaign]:
    """A campaign in a fresh folder, with a short path for the sockets in it."""
    home = Path(tempfile.mkdtemp(prefix="bpp-crash-"))
    dice = random.Random(seed)
    peer = Peer(home / "peer", random.Random(seed + 1), tuple(load_catalog()), photos=photos)
    zygote = Zygote(home)
    folder = home / "data"
    await peer.start()
    all_ = Campaign(folder, zygote, peer, dice, Life(folder, home / "peer", **life))
    try:
        yield all_
    finally:
        await all_.close()
        zygote.close()
        shutil.rmtree(home)
