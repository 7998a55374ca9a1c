"""Where members come from: numbers that stay what they are, over restarts and moves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapters.telegram.homes import PRIVATE, Homes
from bot.errors import StorageTrouble

GROUP, OTHER, MOVED = -100, -200, -1_000_000_000_100


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    return Homes(tmp_path)


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
    again = Homes(tmp_path)
    assert again.get(art.number) == art
    new = await again.of(OTHER, 0)
    assert new.number != art.number
    assert Homes(tmp_path).get(new.number) == new


async def test_many_who_ask_at_once_get_one_number(homes: Homes, tmp_path: Path) -> None:
    found = await asyncio.gather(*(homes.of(GROUP - number % 3, 0) for number in range(30)))
    assert len({home.number for home in found}) == 3
    assert len(json.loads((tmp_path / "homes.json").read_text())) == 3


async def test_a_group_that_becomes_a_supergroup_keeps_its_room(homes: Homes, tmp_path: Path) -> None:
    home = await homes.of(GROUP, 0)
    other = await homes.of(OTHER, 0)
    for _ in range(2):
        await homes.moved(GROUP, MOVED)
    for one in (homes, Homes(tmp_path)):
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


async def test_a_write_that_was_killed_costs_nothing(homes: Homes, tmp_path: Path) -> None:
    home = await homes.of(GROUP, 0)
    (tmp_path / "homes.json").write_text("[{")
    again = Homes(tmp_path)
    assert again.get(home.number) == home
    await again.of(OTHER, 0)


async def test_a_disk_that_is_full_gives_no_number(
    homes: Homes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "homes.json").mkdir()  # nothing can be written there
    with pytest.raises(OSError, match="directory"):
        await homes.of(GROUP, 0)
    assert homes.room(GROUP) is None
    (tmp_path / "homes.json").rmdir()
    assert (await homes.of(GROUP, 0)).number == 1


def test_a_file_that_cannot_be_read_is_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "homes.json").write_text("[{}]")
    with pytest.raises(StorageTrouble):
        Homes(tmp_path)
