"""What moderators decide is saved together with its line in the log."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import Refused
from bot.storage import Limits, Parts, RoomPolicy, Storage
from tests.bot.storage.conftest import HandClock, Opener
from tests.bot.storage.traffic import ticket


async def test_a_policy_survives_a_restart_with_its_log(reopen: Opener, clock: HandClock) -> None:
    storage = await reopen()
    assert await storage.rooms.policy("room") == RoomPolicy()
    assert await storage.rooms.chosen("room") is None
    policy = RoomPolicy(frozenset({"ink", "pixel"}), daily=3, ceiling=55, paused=True)
    await storage.rooms.change("room", "mod", policy, "daily", "3")
    clock.step(seconds=5)
    await storage.rooms.change("room", "mod2", RoomPolicy(), "reset", "")
    await storage.rooms.change("other", "mod", policy, "pause", "")
    storage = await reopen()
    assert await storage.rooms.policy("room") == RoomPolicy()
    assert await storage.rooms.policy("other") == policy
    assert [(entry.by, entry.what, entry.detail) for entry in await storage.rooms.log("room")] == [
        ("mod2", "reset", ""), ("mod", "daily", "3")
    ]  # fmt: skip
    assert len(await storage.rooms.log("room", limit=1)) == 1


async def test_an_empty_list_of_styles_allows_none(storage: Storage) -> None:
    await storage.rooms.change("room", "mod", RoomPolicy(frozenset()), "styles", "")
    assert (await storage.rooms.policy("room")).styles == frozenset()


async def test_blocking_twice_is_one_decision(storage: Storage) -> None:
    rooms = storage.rooms
    await rooms.block("room", "mod", "member")
    await rooms.block("room", "mod", "member")
    assert await rooms.blocked("room") == ["member"]
    assert await rooms.is_blocked("room", "member")
    assert not await rooms.is_blocked("other", "member")
    await rooms.unblock("room", "mod", "member")
    await rooms.unblock("room", "mod", "member")
    assert not await rooms.is_blocked("room", "member")
    assert [entry.what for entry in await rooms.log("room")] == ["unblock", "block"]


async def test_old_decisions_are_forgotten(storage: Storage, clock: HandClock) -> None:
    await storage.rooms.change("room", "mod", RoomPolicy(daily=1), "daily", "1")
    clock.step(days=91)
    assert (await storage.jobs.sweep()).decisions == 1
    assert await storage.rooms.log("room") == []
    assert (await storage.rooms.policy("room")).daily == 1


async def test_a_decision_holds_from_the_moment_it_is_saved(storage: Storage) -> None:
    """Policies are remembered; looks that began before a decision must not bring the old one back."""
    for daily in range(1, 40):
        early = [asyncio.create_task(storage.rooms.policy("room", "channel")) for _ in range(3)]
        change = asyncio.create_task(storage.rooms.change("room", "mod", RoomPolicy(daily=daily), "quota", ""))
        await asyncio.sleep(0)
        early += [asyncio.create_task(storage.rooms.policy("room", "channel")) for _ in range(3)]
        await change
        assert (await storage.rooms.policy("room", "channel")).daily == daily
        await asyncio.gather(*early)
        assert (await storage.rooms.policy("room", "channel")).daily == daily


async def test_a_decision_whose_moderator_hung_up_holds_all_the_same(storage: Storage) -> None:
    await storage.rooms.policy("room")
    change = asyncio.create_task(storage.rooms.change("room", "mod", RoomPolicy(paused=True), "paused", ""))
    await asyncio.sleep(0)
    change.cancel()
    await asyncio.gather(change, return_exceptions=True)
    async with asyncio.timeout(20):
        while not (await storage.rooms.policy("room")).paused:  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.001)
    assert len(await storage.rooms.log("room")) == 1


async def test_a_channel_with_rules_of_its_own_and_back(storage: Storage) -> None:
    await storage.rooms.change("room", "mod", RoomPolicy(daily=7), "quota", "7")
    await storage.rooms.part("room", "mod", "channel")
    await storage.rooms.part("room", "mod", "channel")
    await storage.rooms.change("room", "mod", RoomPolicy(daily=9), "quota", "9")
    assert (await storage.rooms.policy("room", "channel")).daily == 7
    assert (await storage.rooms.policy("room", "other")).daily == 9
    await storage.rooms.rejoin("room", "mod", "channel")
    assert (await storage.rooms.policy("room", "channel")).daily == 9
    assert [(entry.what, entry.channel) for entry in await storage.rooms.log("room")] == [
        ("rejoined", "channel"), ("quota", ""), ("parted", "channel"), ("quota", "")
    ]  # fmt: skip


async def test_a_pause_everywhere_holds_over_the_rules_of_parts_until_it_is_lifted(storage: Storage) -> None:
    rooms = storage.rooms
    for channel, paused in (("art", False), ("talk", True)):
        await rooms.part("room", "mod", channel)
        await rooms.change("room", "mod", RoomPolicy(daily=3, paused=paused), "paused", "", channel)
    await rooms.part("cellar", "mod", "stairs")
    before = {where: await rooms.policy("room", where) for where in ("", "art", "talk", "other")}
    assert await rooms.parts("room") == Parts(2, 1)
    for _ in range(2):
        await rooms.halt("room", "mod", on=True)
    await rooms.change("room", "mod", RoomPolicy(daily=5, halted=True), "quota", "5", "art")
    assert all([(await rooms.policy("room", where)).stopped for where in before])
    with pytest.raises(Refused, match="refused-paused"):
        await storage.jobs.accept(replace(ticket("k"), room="room", channel="art"), Limits(5))
    assert not (await rooms.policy("cellar", "stairs")).stopped
    await rooms.change("room", "mod", RoomPolicy(daily=3), "quota", "3", "art")
    for _ in range(2):
        await rooms.halt("room", "mod", on=False)
    assert {where: await rooms.policy("room", where) for where in before} == before
    decided = [entry for entry in await rooms.log("room") if entry.what in ("halted", "lifted")]
    assert [(entry.what, entry.channel) for entry in decided] == [("lifted", ""), ("halted", "")]
    await rooms.rejoin("room", "mod", "talk")
    assert await rooms.parts("room") == Parts(1, 0)
