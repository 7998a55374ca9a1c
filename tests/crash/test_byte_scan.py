"""After real traffic with real photos, no byte of them and no platform id is anywhere but where it must be."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from bot import storage
from bot.chat import Call
from bot.clock import clock
from generator.intake import Intake
from tests.crash.campaign import Campaign, campaign
from tests.crash.peer import OPEN_ROOM
from tests.crash.process import PLATFORM
from tests.crash.scan import ARTIST, Needles, found_in, found_in_files, found_in_picture, marked_photo, needles_of


async def needles() -> tuple[bytes, Needles]:
    """A marked photo and what would give it away."""
    jpeg = marked_photo(seed=11)
    intake = Intake()
    try:
        photo = await intake.decode(jpeg)
    finally:
        await intake.close()
    wanted = needles_of(jpeg, photo)
    assert all(len(wanted[name]) > 10 for name in ("pixels", "file"))
    return jpeg, wanted


class Searcher:
    """Searches again and again while traffic goes on, for files live only as long as their jobs."""

    def __init__(self, war: Campaign, wanted: Needles) -> None:
        self._places = (war.folder, war.zygote.temp, war.zygote.log)
        self._wanted = wanted
        self.found: set[str] = set()
        self.searched = 0
        self.rounds = 0

    async def once(self) -> None:
        """One look at every file."""
        found, size = await asyncio.to_thread(found_in_files, self._places, self._wanted)
        self.found |= found
        self.searched += size
        self.rounds += 1

    async def forever(self) -> None:
        """Looks until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(0.1)


async def busy_life(war: Campaign, jpeg: bytes, searcher: Searcher, photos: int) -> None:
    """Photos of several members, a kill in the middle of them, every command that tells something, a backup."""
    await war.start()
    assert await war.up(), war.zygote.tail()
    await war.peer.prepare()
    searching = asyncio.create_task(searcher.forever())
    try:
        asking = [
            asyncio.create_task(war.peer.ask(war.peer.wish(OPEN_ROOM, f"member-4711-{number}", jpeg), patient=True))
            for number in range(photos)
        ]
        await war.peer.quiet(10, lambda: len(war.peer.unsettled()) >= photos // 2)
        await asyncio.sleep(random.Random(12).uniform(0.1, 0.4))
        await war.kill("both")
        # Nobody has tidied up: this is what a thief finds.
        await searcher.once()
        await war.start()
        assert await war.up(), war.zygote.tail()
        await asyncio.gather(*asking)
        await war.peer.quiet(60, lambda: not war.peer.unsettled())
        for command in ("export", "queue", "settings", "privacy"):
            await war.peer.insist(Call(f"event-4711-{command}", PLATFORM, OPEN_ROOM, "member-4711-0", command))
        await asyncio.to_thread(storage.backup, war.folder, war.folder / "backups" / "by-hand.db", clock)
        await searcher.once()
    finally:
        searching.cancel()
        await asyncio.gather(searching, return_exceptions=True)


@pytest.mark.timeout(300)
async def test_no_byte_of_a_photo_and_no_platform_id_is_left_anywhere() -> None:
    jpeg, wanted = await needles()
    async with campaign(seed=10, photos=0, engine="classic") as war:
        war.peer.signed, war.peer.listening, war.peer.cancels = False, True, 0.0
        searcher = Searcher(war, wanted)
        await busy_life(war, jpeg, searcher, photos=7)
        verdict = await war.judge()
        await searcher.once()
        assert verdict, str(verdict)
        assert searcher.found == set()
        pictures = [picture for wish in war.peer.wishes for picture in wish.pictures]
        assert len(pictures) >= 6
        assert set().union(*(found_in_picture(picture, wanted) for picture in pictures)) == set()
        said = b"\n".join(war.peer.heard)
        assert found_in(said, wanted) == set()
        print(
            f"{searcher.rounds} rounds, {searcher.searched / 1e6:.0f} MB of files, {len(said) / 1e6:.1f} MB said, "
            f"{len(pictures)} pictures; {verdict}"
        )
        assert searcher.rounds > 10
        assert b"your_pseudonym" in said, "the export was not among what was searched"


@pytest.mark.timeout(300)
async def test_the_scan_finds_a_spool_that_is_not_encrypted() -> None:
    jpeg, wanted = await needles()
    async with campaign(seed=13, photos=0, slots=1, mutant="the spool is not encrypted") as war:
        war.peer.signed = False
        searcher = Searcher(war, wanted)
        await busy_life(war, jpeg, searcher, photos=3)
        assert any(found.startswith("pixels in ") for found in searcher.found), searcher.found


async def test_the_scan_finds_each_kind_of_trace(tmp_path: Path) -> None:
    jpeg, wanted = await needles()
    for name, all_ in wanted.items():
        for number, needle in enumerate(all_):
            planted = tmp_path / f"{name}-{number}"
            planted.write_bytes(random.Random(number).randbytes(5000) + needle + bytes(3000))
            assert found_in_files([planted], wanted)[0] == {f"{name} in {planted.name}"}
    assert {"file", "exif"} <= found_in(jpeg, wanted)
    assert ARTIST in jpeg
