"""The list of people in the room, in real files."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import adapters.web.people
from adapters.web.people import MAX_PEOPLE, People, Person
from tests.busy import slowdown

CROWD = [
    {"id": f"{n:032x}", "token": f"{n:064x}", "nickname": f"Quiet Otter {n}", "seed": n, "face": f"{n:032x}"}
    for n in range(MAX_PEOPLE)
]


def opened(folder: Path) -> People:
    return People(folder, lambda: 1_790_000_000_000, lambda member: False, lambda person: None)


def saved(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "people.json").read_bytes())["people"]


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    """A folder that knows as many people as a room may know."""
    (tmp_path / "people.json").write_text(json.dumps({"people": CROWD}))
    return tmp_path


@pytest.fixture
def saves(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many people each save wrote."""
    counted: list[int] = []
    write = adapters.web.people.write_people

    def count(path: Path, people: Sequence[Person]) -> None:
        counted.append(len(people))
        write(path, people)

    monkeypatch.setattr(adapters.web.people, "write_people", count)
    return counted


async def longest_pause(work: asyncio.Task[Any]) -> float:
    """Seconds for which the loop did nothing else while ``work`` was done."""
    longest, last = 0.0, time.perf_counter()
    while not work.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    await work
    return longest


async def test_saving_a_crowd_does_not_hold_anybody_up(crowd: Path) -> None:
    people = opened(crowd)
    pauses = [
        await longest_pause(asyncio.create_task(people.change(CROWD[n]["id"], nickname=f"Fox {n}"))) for n in range(5)
    ]
    assert min(pauses) < 0.03 * slowdown()  # other programs may hold us up, but not each time
    assert [person["nickname"] for person in saved(crowd)[:5]] == [f"Fox {n}" for n in range(5)]
    await people.close()


async def test_a_hundred_who_come_back_at_once_are_saved_once(crowd: Path, saves: list[int]) -> None:
    people = opened(crowd)
    for entry in CROWD[:100]:
        await people.change(entry["id"], seen=1)
    assert saves == []
    async with asyncio.timeout(20):
        while [person.get("seen") for person in saved(crowd)[:101]] != [1] * 100 + [0]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert saves == [MAX_PEOPLE]
    await people.close()
    assert saves == [MAX_PEOPLE]


async def test_changes_that_meet_are_saved_together_and_each_is_saved_when_it_is_answered(
    crowd: Path, saves: list[int]
) -> None:
    people = opened(crowd)

    async def rename(n: int) -> str:
        await people.change(CROWD[n]["id"], nickname=f"Fox {n}")
        return (await asyncio.to_thread(saved, crowd))[n]["nickname"]

    assert await asyncio.gather(*(rename(n) for n in range(20))) == [f"Fox {n}" for n in range(20)]
    assert len(saves) <= 2
    await people.close()


async def test_what_was_to_be_saved_soon_is_saved_when_the_room_closes(crowd: Path) -> None:
    people = opened(crowd)
    await people.change(CROWD[7]["id"], seen=7)
    await people.close()
    assert saved(crowd)[7]["seen"] == 7
    assert opened(crowd).get(CROWD[7]["id"]) == people.get(CROWD[7]["id"])


async def test_a_change_whose_caller_gave_up_is_saved_all_the_same(crowd: Path) -> None:
    people = opened(crowd)
    given_up = asyncio.create_task(people.change(CROWD[0]["id"], nickname="Fox"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    await people.change(CROWD[1]["id"], nickname="Hare")
    await people.close()
    assert [person["nickname"] for person in saved(crowd)[:2]] == ["Fox", "Hare"]


async def test_a_disk_that_takes_nothing_is_told_and_the_change_saved_later(crowd: Path) -> None:
    people = opened(crowd)
    aside = crowd.with_name("aside")
    crowd.rename(aside)  # noqa: ASYNC240 - the same as a rename by hand
    with pytest.raises(OSError, match="No such file"):
        await people.change(CROWD[0]["id"], nickname="Fox")
    aside.rename(crowd)
    await people.close()
    assert saved(crowd)[0]["nickname"] == "Fox"


async def test_nobody_else_on_this_machine_can_read_who_is_in_the_room(tmp_path: Path) -> None:
    folder = tmp_path / "room"
    folder.mkdir(mode=0o755)
    (folder / ".people.json.0badcafe").write_text("a save that was killed")
    people = opened(folder)
    person, _ = people.welcome(["Quiet"], ["Otter"])
    await people.change(person.id, seen=1)
    await people.keep_picture(b"a face")
    await people.close()
    modes = {path.relative_to(folder): stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    assert {modes.pop(Path()), modes.pop(Path("faces"))} == {0o700}
    assert list(modes.values()) == [0o600, 0o600]
