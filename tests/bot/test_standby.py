"""The painting engine is away: real processes of two engines, a real queue, and workers at both."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.engines import LocalEngine
from bot.live import Live
from bot.secrets import Secret
from bot.standby import Standby, beside, nearest, stand_ins
from bot.storage import Claim, JobSpec, JobView, Limits, Storage, Ticket
from bot.worker import Worker
from generator.styles import Catalog, load_catalog
from tests.engines.painter import DRAWN, PAINTED, WORDED
from tests.engines.slots import CALM, PHOTO, kill, ready, shade

STYLE = """
engine = "{engine}"
photo = true
needs_gpu = {gpu}
{fallback}
recipe = "{recipe}"
order = 1
[name]
en = "A style for tests"
[description]
en = "A style for tests"
[palettes]
{palettes}
"""
PAINTING = {
    "engine": "sdxl",
    "recipe": "painted",
    "gpu": "true",
    "palettes": '[parameters]\nprompt = "oil painting of {subject}"',
}
DRAWING = {"engine": "classic", "recipe": "ink", "gpu": "false", "palettes": 'red = ["#000000", "#888888", "#ffffff"]'}
NOON = 1_790_000_000_000
NEVER = 1e6


def painter(name: str = "sdxl-0", **options) -> LocalEngine:
    return LocalEngine(name, engine="tests.engines.painter:create", serves="sdxl", patience=CALM, **options)


def drawer() -> LocalEngine:
    return LocalEngine("classic-1", engine="tests.engines.painter:create_drawer", serves="classic", patience=CALM)


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("styles")
    for name in ("oil", "oil-slow", "oil-deadly", "oil-huge", "oil-unknown", "oil-wrong"):
        painted = STYLE.format(**PAINTING, fallback='fallback = "moss"')
        (folder / f"{name}.toml").write_text(painted, "utf-8")
    (folder / "own.toml").write_text(STYLE.format(**PAINTING, fallback=""), "utf-8")
    (folder / "moss.toml").write_text(STYLE.format(**DRAWING, fallback=""), "utf-8")
    return load_catalog([folder])


class Studio:
    """A queue, its slots, and a worker at each."""

    def __init__(self, storage: Storage, styles: Catalog) -> None:
        self.jobs = storage.jobs
        self.styles = styles
        self.live = Live()
        self.slots: list[LocalEngine] = []
        self.workers: list[Worker] = []
        self._keys = itertools.count()
        self._members: dict[int, str] = {}

    async def staff(self, *slots: LocalEngine, grace: float = 0.0, later: LocalEngine | None = None) -> Standby:
        """Start all; ``later`` is known, and away until it joins."""
        standby = Standby(slots if later is None else (*slots, later), self.styles, grace)
        for slot in slots:
            await slot.start()
            self.slots.append(slot)
        for slot in slots:
            await self.join(slot, standby)
        return standby

    async def join(self, slot: LocalEngine, standby: Standby) -> None:
        if slot not in self.slots:
            await slot.start()
            self.slots.append(slot)
        worker = Worker(slot, self.jobs, self.live, standby=standby, idle=3600)
        self.workers.append(worker)
        await worker.start()

    async def look(self, job: int) -> JobView:
        return await self.jobs.view(job, "room", self._members[job])

    async def paint(self, view: JobView, **more: Any) -> int:
        """Press *Paint it in full*; the new job."""
        member = self._members[view.job]
        ticket = Ticket("paint", "room", member, replace(view.spec, **more), "en", None, paints=view.job)
        job = (await self.jobs.accept(ticket, Limits(daily=20))).job
        self._members[job] = member
        return job

    async def refused(self, by: LocalEngine) -> Claim:
        """The next job that ``by`` has refused."""
        async with asyncio.timeout(20):
            while True:
                claim = await self.jobs.claim("somebody", ("sdxl",))
                if claim is not None and by.name in claim.refused:
                    return claim
                if claim is not None:
                    await self.jobs.release(claim, counted=False)
                await asyncio.sleep(0.02)

    async def ask(self, style: str = "oil", *, photo: bool = False, engine: str = "sdxl", **more: Any) -> int:
        spec = JobSpec(style, engine, 55, {}, 7, 64, has_photo=photo, **more)
        key = f"key-{next(self._keys)}"
        ticket = Ticket(key, "room", f"member-{key}", spec, "en", None, PHOTO if photo else None)
        job = (await self.jobs.accept(ticket, Limits(daily=20))).job
        self._members[job] = ticket.member
        return job

    async def over(self, job: int) -> tuple[JobView, int]:
        """The job once it is drawn, and its shade."""
        view = await self.ended(job)
        assert view.state == "done", view.error_key
        return view, shade(await self.jobs.avatar(job, "room", self._members[job]))

    async def ended(self, job: int) -> JobView:
        async with asyncio.timeout(40):
            while (view := await self.look(job)).state in ("queued", "running"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return view

    async def began(self, job: int) -> None:
        async with asyncio.timeout(20):
            while self.live.progress(job) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.fixture
async def studio(tmp_path: Path, styles: Catalog) -> AsyncIterator[Studio]:
    began = time.monotonic_ns()
    clock = lambda: NOON + (time.monotonic_ns() - began) // 1_000_000  # noqa: E731
    storage = await Storage.open(tmp_path / "data", Secret(b"w" * 32), clock)
    studio = Studio(storage, styles)
    yield studio
    await asyncio.gather(*(worker.stop(0) for worker in studio.workers))
    await asyncio.gather(*(slot.close() for slot in studio.slots))
    await storage.close()


async def test_whoever_paints_is_waited_for_while_it_is_there(studio: Studio) -> None:
    slots = painter(), drawer()
    standby = await studio.staff(*slots)
    await ready(slots[0])
    assert standby.painting
    jobs = [await studio.ask("oil-slow"), await studio.ask("oil-slow"), await studio.ask(photo=True)]
    for job in jobs[:2]:
        await studio.began(job)
    assert (await studio.over(await studio.ask("ink", engine="classic")))[1] == DRAWN
    assert standby.lines(slots[1]) == {"classic"}, "busy is not away"
    assert await studio.jobs.cancel(jobs[0], "room", "member-key-0")
    studio.live.cancel(jobs[0])
    view, seen = await studio.over(jobs[2])
    assert (seen, view.drawn_as, view.trace) == (PAINTED, "", "low")


async def test_a_painter_hears_the_members_own_words_and_somebody_who_stands_in_for_it_does_not(studio: Studio) -> None:
    slots = painter(), drawer()
    standby = await studio.staff(*slots)
    await ready(slots[0])
    assert slots[0].checks
    assert not standby.unchecked
    told: dict[str, Any] = {"about": "a zebra", "quality": "best", "count": 2}
    assert (await studio.over(await studio.ask(**told)))[1] == WORDED
    view, seen = await studio.over(await studio.ask("oil-huge", **told))
    assert (seen, view.drawn_as, view.spec.about) == (DRAWN, "moss", "a zebra")


async def test_what_nobody_looks_at_is_not_painted_unless_the_moderators_said_so(studio: Studio) -> None:
    slots = painter(environment={"PAINTER_BLIND": "1"}), drawer()
    standby = await studio.staff(*slots)
    await ready(slots[0])
    assert standby.unchecked
    view, seen = await studio.over(await studio.ask())
    assert (seen, view.drawn_as, view.why, view.paintable) == (DRAWN, "moss", "unchecked", True)
    assert (await studio.over(await studio.ask(unchecked=True)))[1] == PAINTED
    painted, seen = await studio.over(await studio.paint(view, unchecked=True))
    assert (seen, painted.drawn_as) == (PAINTED, ""), "for nothing, once the moderators allow it"


@pytest.mark.parametrize("stays", [True, False])
async def test_a_painter_that_could_do_it_gets_its_chance_before_anybody_draws(studio: Studio, stays: bool) -> None:
    poor, rich = painter(environment={"PAINTER_BLIND": "1"}), painter("sdxl-1")
    studio.slots.append(rich)
    await rich.start()
    await ready(rich)
    standby = await studio.staff(poor, drawer(), grace=NEVER, later=rich)
    job = await studio.ask()
    claim = await studio.refused(poor)
    assert claim.refused == {"sdxl-0": "unchecked"}
    if stays:
        await studio.join(rich, standby)
    else:
        await rich.close()
    await studio.jobs.release(claim, counted=False)
    view, seen = await studio.over(job)
    assert (seen, view.drawn_as, view.why) == ((PAINTED, "", "unchecked") if stays else (DRAWN, "moss", "unchecked"))


async def test_only_what_the_room_allows_is_drawn_in_place_of_a_painting(studio: Studio) -> None:
    away = painter()
    standby = await studio.staff(drawer(), later=away)
    waiting = await studio.ask(instead=("",))
    view, seen = await studio.over(await studio.ask(instead=("ink",)))
    assert (seen, view.drawn_as) == (DRAWN, "ink")
    grid = await studio.ask("own", count=2, styles=("own", "oil"), instead=("moss", "ink"))
    assert (await studio.over(grid))[0].drawn_as == "moss"
    assert (await studio.look(waiting)).state == "queued", "nothing may be drawn, so it waits"
    await studio.join(away, standby)
    assert (await studio.over(waiting))[1] == PAINTED


def test_no_two_of_several_pictures_drawn_in_place_of_paintings_are_the_same_one(styles: Catalog) -> None:
    standby = Standby([drawer()], styles)
    spec = JobSpec("oil", "sdxl", 55, {}, 7, 64, count=3, styles=("oil", "oil-slow", "own"))
    found = standby.instead(spec)
    assert found is not None
    assert (found.style, len({*found.styles}), found.styles) == ("moss", 3, stand_ins(styles, spec))
    assert {styles[style].engine for style in found.styles} == {"classic"}
    assert {*beside(styles, ("oil", "own"), {"moss", "ink"})} == {"moss", "ink"}
    for instead in (beside(styles, spec.styles, {"moss"}), ("moss", "ink", "moss")):
        few = replace(spec, instead=instead)
        found = standby.instead(few)
        assert found == replace(spec, style="moss", styles=()), "so they are tries of one style"
        assert stand_ins(styles, few) == ("moss",) * 3


def test_a_style_that_is_drawn_takes_its_own_place(styles: Catalog) -> None:
    assert nearest(styles, "pop") == "pop"
    assert nearest(styles, "pop", {"ink"}) == "ink"
    assert nearest(styles, "pop", set()) == ""


async def test_what_nobody_paints_and_nobody_may_draw_ends_with_a_sentence(studio: Studio, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    slots = painter(environment={"PAINTER_MARKER": str(marker)}, rest=0.2), drawer()
    await studio.staff(*slots, grace=NEVER)
    view = await studio.ended(await studio.ask(instead=("",)))
    assert (view.state, view.error_key, view.error_parameters) == ("failed", "error-nobody-paints", {"why": "away"})
    marker.touch()
    await ready(slots[0])
    view = await studio.ended(await studio.ask("oil-huge", instead=("",)))
    assert (view.state, view.error_key, view.error_parameters) == ("failed", "error-nobody-paints", {"why": "memory"})


async def test_whoever_was_killed_is_replaced_after_a_grace_and_paints_again_when_it_is_back(
    studio: Studio, tmp_path: Path
) -> None:
    marker = tmp_path / "marker"
    marker.touch()
    slots = painter(environment={"PAINTER_MARKER": str(marker)}, rest=0.2), drawer()
    standby = await studio.staff(*slots, grace=NEVER)
    await ready(slots[0])
    slow = await studio.ask("oil-slow", photo=True)
    await studio.began(slow)
    assert slots[0].pid is not None
    marker.unlink()
    kill(slots[0].pid)
    view, seen = await studio.over(slow)
    assert (seen, view.drawn_as, view.trace) == (DRAWN, "moss", "low")
    assert not standby.painting
    assert slots[0].hopeless, "so that nobody has to wait for the grace"
    marker.touch()
    await ready(slots[0])
    assert standby.painting
    view, seen = await studio.over(await studio.ask())
    assert (seen, view.drawn_as) == (PAINTED, "")


async def test_nobody_waits_for_an_engine_that_cannot_be_had(studio: Studio, tmp_path: Path) -> None:
    slots = painter(environment={"PAINTER_MARKER": str(tmp_path / "never")}), drawer()
    standby = await studio.staff(*slots, grace=NEVER)
    view, seen = await studio.over(await studio.ask())
    assert (seen, view.drawn_as, view.why, view.paintable) == (DRAWN, "moss", "away", True)
    now = standby.now(view.spec)
    assert (now.engine, now.style) == ("classic", "moss"), "so it takes no longer than that"
    slots[0].capacity, slots[1].capacity = 2, 3
    assert standby.seats() == {"classic": 3, "sdxl": 3}
    slots[0].down_since = None
    assert standby.now(view.spec) == view.spec
    assert standby.seats() == {"classic": 3, "sdxl": 2}


async def test_an_engine_that_starts_gets_its_grace(studio: Studio) -> None:
    sleepy = LocalEngine("sdxl-0", engine="tests.engines.rogue:create_sleepy", serves="sdxl", patience=CALM)
    standby = await studio.staff(sleepy, drawer(), grace=1.5)
    began = asyncio.get_running_loop().time()
    job = await studio.ask()
    assert standby.lines(studio.slots[1]) == {"classic"}
    assert standby.nap(studio.slots[1], frozenset({"classic"}), 3600) <= 1.5
    assert (await studio.over(job))[1] == DRAWN
    assert asyncio.get_running_loop().time() - began > 1


async def test_what_an_engine_dies_of_twice_is_drawn_and_does_not_fail(studio: Studio) -> None:
    slots = painter(), drawer()
    await studio.staff(*slots, grace=NEVER)
    deadly = await studio.ask("oil-deadly", photo=True)
    view, seen = await studio.over(deadly)
    assert (seen, view.drawn_as, view.trace) == (DRAWN, "moss", "low")
    assert (view.why, view.paintable) == ("died", False), "and is not given to it again"
    await ready(slots[0])
    assert (await studio.over(await studio.ask()))[1] == PAINTED


async def test_what_comes_to_nothing_is_drawn_at_once_and_ends_no_engine(studio: Studio) -> None:
    slots = painter(), drawer()
    await studio.staff(*slots, grace=NEVER)
    await ready(slots[0])
    before = slots[0].pid
    view, seen = await studio.over(await studio.ask("oil-void"))
    assert (seen, view.drawn_as, view.why, view.paintable) == (DRAWN, "moss", "died", False)
    assert slots[0].pid == before


async def test_what_is_beyond_the_memory_is_drawn_at_once(studio: Studio) -> None:
    await studio.staff(painter(), drawer(), grace=NEVER)
    view, seen = await studio.over(await studio.ask("oil-huge"))
    assert (seen, view.drawn_as, view.why, view.paintable) == (DRAWN, "moss", "memory", True)


async def test_a_style_that_the_painter_does_not_have_is_drawn_and_other_mistakes_are_said(studio: Studio) -> None:
    await studio.staff(painter(), drawer(), grace=NEVER)
    view, seen = await studio.over(await studio.ask("oil-unknown"))
    assert (seen, view.drawn_as, view.why, view.paintable) == (DRAWN, "moss", "lacking", True)
    with pytest.raises(AssertionError, match="error-spec"):
        await studio.over(await studio.ask("oil-wrong"))


async def test_a_job_that_a_painter_had_too_often_in_an_earlier_life_is_passed_on(studio: Studio) -> None:
    job = await studio.ask()
    for _ in range(2):  # as after two kills of the whole bot
        claim = await studio.jobs.claim("sdxl-0", ("sdxl",))
        assert claim is not None
        assert await studio.jobs.release(claim, counted=True)
    await studio.staff(painter(), drawer(), grace=NEVER)
    assert (await studio.over(job))[1] == DRAWN


@pytest.mark.parametrize("style", ["own", "forgotten"])
async def test_without_any_painter_every_style_is_drawn_as_something(studio: Studio, style: str) -> None:
    standby = await studio.staff(drawer())
    view, seen = await studio.over(await studio.ask(style))
    assert (seen, view.drawn_as) == (DRAWN, "moss")
    assert not standby.painting


async def test_a_worker_naps_no_longer_than_until_it_has_to_stand_in(styles: Catalog) -> None:
    slot, away, own = drawer(), painter(), frozenset({"classic"})
    away.down_since = asyncio.get_running_loop().time()
    standby = Standby([slot, away], styles, 100)
    assert Standby([slot], styles).nap(slot, own | {"sdxl"}, 30) == 30
    assert standby.nap(slot, own, 30) == 1
    assert standby.nap(away, frozenset({"sdxl"}), 30) == 30
    away.hopeless = True
    assert standby.nap(slot, own, 30) == 0, "that has come about since it looked for its own jobs"
    assert standby.nap(slot, own | {"sdxl"}, 30) == 30
    away.down_since, away.hopeless = None, False
    assert standby.nap(slot, own, 30) == 5
