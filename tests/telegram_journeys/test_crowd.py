"""Fifty members at once, at the pace that Telegram allows: `bpp` itself, on a Telegram that minds its limits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest_asyncio

from tests.telegram_journeys import traces
from tests.telegram_journeys.bot_process import BotProcess, running
from tests.telegram_journeys.what_people_do import asks, drawn, finished, pictures, pointers, shares, waits
from tests.telegram_journeys.what_people_read import label, says
from tests.telegram_peer.actors import User
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer

MEMBERS, PATIENT = 50, 5
PATIENCE = 90


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telegram() -> AsyncIterator[TelegramPeer]:
    async with TelegramPeer.serving() as peer:
        peer.floods = True
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(telegram: TelegramPeer, tmp_path_factory) -> AsyncIterator[BotProcess]:
    async with running(tmp_path_factory.mktemp("bot"), telegram, hasty=False) as process:
        yield process
    assert traces.everywhere(telegram, process.data, process.log) == set()


async def test_fifty_members_ask_in_one_group_and_in_private_and_each_is_answered_once(
    peer: TelegramPeer, bot: BotProcess, photo: bytes
) -> None:
    await bot.engines_ready(1)
    group = peer.group("Library of the town")
    crowd = [peer.user(f"number_{number}_of_the_crowd") for number in range(MEMBERS)]
    group.join(*crowd)
    found = await asyncio.gather(*(asks(member, group) for member in crowd))
    assert pointers(group) == [found[0]], "one button for all of them"

    welcomes = await asyncio.gather(*(_patiently(member, member.opens(found[0].urls[0])) for member in crowd))
    assert all(says(one, "telegram-welcome", title=group.title) for one in welcomes)

    wishes: list[Awaitable[Any]] = [crowd[0].says(None, photo=photo)]
    wishes += [crowd[number].press(welcomes[number], label("telegram-welcome-draw")) for number in range(1, MEMBERS)]
    statuses = await asyncio.gather(*(_patiently(member, wish) for member, wish in zip(crowd, wishes, strict=True)))
    await asyncio.gather(*(_cancel(one, status) for one, status in list(zip(crowd, statuses, strict=True))[PATIENT:]))
    shown = await asyncio.gather(*(drawn(status, PATIENCE) for status in statuses[:PATIENT]))
    assert [member.told for member in crowd[:PATIENT]] == [
        [welcome, picture] for welcome, picture in zip(welcomes, shown, strict=False)
    ]
    await peer.until(lambda: not any(waits(one) for one in statuses), PATIENCE)
    # Whoever pressed Cancel at the very end is told that it was too late.
    twice = [one.told for one, status in zip(crowd, statuses, strict=True) if len(one.told) > 2 + finished(status)]
    assert twice == []
    # Where a busy machine takes messages later than they were sent, some are refused: what matters is that each came,
    # and none before the rest was over that Telegram asked for, which would be a problem.
    print(f"refused: {sum(one.status == 429 for one in peer.requests)} of {len(peer.requests)}")

    # What is posted in one group keeps to the pace of that group.
    for member, picture in list(zip(crowd, shown, strict=False))[:2]:
        told = await shares(member, picture)
        # Whoever has to wait for that is told so until then.
        await peer.until(lambda told=told: says(told, "telegram-share-done-in"), PATIENCE)
    assert len(pictures(group)) == 2


async def _cancel(who: User, status: Message) -> None:
    with contextlib.suppress(AssertionError):  # it is drawn by now, so there is nothing to cancel
        await who.press(status, ":cancel:", seconds=PATIENCE)


async def _patiently(who: User, act: Awaitable[Any]) -> Message:
    """What the bot answers, where fifty others are in line too."""
    before = set(who.told)
    await act
    await who.world.until(lambda: set(who.told) - before, PATIENCE, lambda: f"an answer to {who.name}")
    (message,) = set(who.told) - before
    return message
