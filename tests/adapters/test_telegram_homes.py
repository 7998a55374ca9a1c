"""Where members come from: numbers that stay what they are, over restarts and moves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapters.telegram.homes import PRIVATE, Homes
from bot.errors import StorageTrouble

GROUP, OTHER, MOVED = -100, -200, -1_000_000_000_100
KEY = b"k" * 32


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    return Homes(tmp_path, KEY)


async def test_each_topic_has_a_number_and_each_group_a_room(homes: Homes) -> None:
    general, art, other = await homes.of(GROUP, 0), await homes.of(GROUP, 7), await homes.of(OTHER, 7)
    assert len({PRIVATE, general.number, art.number, other.number}) == 4
    assert general.room == art.room == homes.room(GROUP) == str(GROUP)
    assert other.room == str(OTHER)
    assert await homes.of(GROUP, 7) == art
    assert homes.get(art.number) == art
    assert homes.get(999) is None
    assert homes.get(PRIVATE) is None
    assert homes.room(-5) is None


async def test_a_restart_changes_no_number(homes: Homes, tmp_path: Path) -> None:
    art = await homes.of(GROUP, 7)
    again = Homes(tmp_path, KEY)
    assert again.get(art.number) == art
    new = await again.of(OTHER, 0)
    assert new.number != art.number
    assert Homes(tmp_path, KEY).get(new.number) == new


async def test_many_who_ask_at_once_get_one_number(homes: Homes, tmp_path: Path) -> None:
    found = await asyncio.gather(*(homes.of(GROUP - number % 3, 0) for number in range(30)))
    assert len({home.number for home in found}) == 3
    assert len(json.loads((tmp_path / "homes.json").read_text())) == 3


async def test_a_group_that_becomes_a_supergroup_keeps_its_room(homes: Homes, tmp_path: Path) -> None:
    home = await homes.of(GROUP, 0)
    other = await homes.of(OTHER, 0)
    for _ in range(2):
        await homes.moved(GROUP, MOVED)
    for one in (homes, Homes(tmp_path, KEY)):
        moved = one.get(home.number)
        assert moved is not None
        assert (moved.chat, moved.room) == (MOVED, str(GROUP))
        assert await one.of(MOVED, 0) == moved
        assert (await one.of(MOVED, 9)).room == str(GROUP), "a topic that was made after the move"
        assert one.get(other.number) == other


async def test_what_was_said_in_the_new_group_before_the_move_was_told_belongs_to_the_same_room(homes: Homes) -> None:
    old = await homes.of(GROUP, 0)
    early = await homes.of(MOVED, 0)
    await homes.moved(GROUP, MOVED)
    for number in (old.number, early.number):
        home = homes.get(number)
        assert home is not None
        assert (home.chat, home.room) == (MOVED, str(GROUP))
    await homes.moved(-999, -998)
    assert homes.room(-998) is None


async def test_a_group_has_its_number_again_when_the_file_was_lost_and_no_other_ever_has(tmp_path: Path) -> None:
    before, after = Homes(tmp_path / "old", KEY), Homes(tmp_path / "new", KEY)
    places = [(GROUP, 0), (GROUP, 7), (OTHER, 0), (OTHER, 7)]
    numbers = {place: (await before.of(*place)).number for place in places}
    for place in reversed(places):
        assert after.get(numbers[place]) is None, "nobody's, until its group is heard of again"
        assert await after.of(*place) == before.get(numbers[place])
    assert all(number < 36**8 for number in numbers.values()), "eight letters of a button"
    assert (await Homes(tmp_path / "other", b"x" * 32).of(GROUP, 0)).number not in numbers.values()


async def test_a_number_that_is_another_groups_already_is_given_to_nobody_else(
    homes: Homes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.telegram.homes.NUMBER_BYTES", 1)  # so that they meet
    found = [await homes.of(GROUP, thread) for thread in range(100)]
    assert len({home.number for home in found} | {PRIVATE}) == 101
    assert [await Homes(tmp_path, KEY).of(GROUP, home.thread) for home in found] == found


async def test_numbers_that_were_counted_once_stay_what_they_are(tmp_path: Path) -> None:
    old = [
        {"number": 1, "chat": MOVED, "thread": 0, "room": str(GROUP)},
        {"number": 2, "chat": OTHER, "thread": 7, "room": str(OTHER)},
    ]
    (tmp_path / "homes.json").write_text(json.dumps(old))
    homes = Homes(tmp_path, KEY)
    assert (await homes.of(MOVED, 0)).number == 1
    new = await homes.of(MOVED, 9)
    assert new.number > 36**3
    assert new.room == str(GROUP)
    assert [home and home.chat for home in map(Homes(tmp_path, KEY).get, (1, 2, new.number))] == [MOVED, OTHER, MOVED]


async def test_a_write_that_was_killed_costs_nothing(homes: Homes, tmp_path: Path) -> None:
    home = await homes.of(GROUP, 0)
    (tmp_path / ".half").write_text("[{")
    again = Homes(tmp_path, KEY)
    assert again.get(home.number) == home
    await again.of(OTHER, 0)


async def test_a_disk_that_is_full_gives_no_number(homes: Homes, tmp_path: Path) -> None:
    (tmp_path / "homes.json").mkdir()  # nothing can be written there
    with pytest.raises(OSError, match="directory"):
        await homes.of(GROUP, 0)
    assert homes.room(GROUP) is None
    (tmp_path / "homes.json").rmdir()
    home = await homes.of(GROUP, 0)
    assert Homes(tmp_path, KEY).get(home.number) == home


def test_a_file_that_cannot_be_read_is_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "homes.json").write_text("[{}]")
    with pytest.raises(StorageTrouble):
        Homes(tmp_path, KEY)
