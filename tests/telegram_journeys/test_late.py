"""What takes long on Telegram: pictures of twenty minutes, links and messages of days, a second program, by virtual time."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from PIL import Image

from generator.engine import Progress
from tests.telegram_journeys import traces
from tests.telegram_journeys.bot_process import complaints
from tests.telegram_journeys.inside import Inside, inside
from tests.telegram_journeys.what_people_do import (
    accepted,
    answer,
    asks,
    drawn,
    enters,
    finished,
    pictures,
    pressed,
    shares,
    tells,
    waits,
)
from tests.telegram_journeys.what_people_read import says, traced
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.peer import TelegramPeer

MINUTE, DAY = 60, 86_400


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telegram() -> AsyncIterator[TelegramPeer]:
    async with TelegramPeer.serving() as peer:
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(telegram: TelegramPeer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Inside]:
    async with inside(tmp_path_factory.mktemp("bot"), telegram) as running:
        yield running
    assert traces.everywhere(telegram, running.data) == set()


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What we said; as `bpp run` starts it, the libraries are silent."""
    return [one.getMessage() for one in caplog.get_records("call") if one.name.startswith(("bot", "adapters"))]


@pytest.fixture
def peer(telegram: TelegramPeer, bot: Inside, caplog: pytest.LogCaptureFixture) -> Iterator[TelegramPeer]:
    caplog.set_level(logging.INFO)
    assert bot.slot is not None
    bot.slot.let.clear()
    yield telegram
    bot.slot.let.set()
    problems = list(telegram.problems)
    telegram.problems.clear()
    assert problems == []
    assert complaints("\n".join(logged(caplog)), telegram) == []


def small() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(file, "PNG")
    return file.getvalue()


async def test_a_picture_of_twenty_minutes_grows_in_the_message_and_is_finished_there(
    peer: TelegramPeer, bot: Inside, group: Group, mina: User, photo: bytes
) -> None:
    assert bot.slot is not None
    await enters(mina, group)
    begun = len(bot.slot.reports)
    status = await accepted(await tells(mina, photo=photo))
    await peer.until(lambda: bot.slot is not None and len(bot.slot.reports) > begun)
    peer.clock.advance(10 * MINUTE)
    bot.slot.reports[-1](Progress(0.5, small()))
    await status.until(lambda one: one.photo and waits(one))
    assert "▰" in status.caption
    assert not finished(status)
    peer.clock.advance(10 * MINUTE)
    bot.slot.let.set()
    assert await drawn(status) is status
    assert traced(status)
    assert len(mina.told) == 2, "the welcome and the picture"
    assert says(await shares(mina, status), "telegram-share-done-in")
    assert [one.uploaded for one in pictures(group)] == [status.uploaded]
    again = await answer(mina, mina.press(status, ":again:"))
    assert traced(await drawn(again)), "the photo is fetched with a new link"


async def test_the_link_to_a_photo_runs_out_while_it_is_fetched_and_nothing_is_counted(
    peer: TelegramPeer, mina: User, photo: bytes
) -> None:
    hold = peer.hold("download")
    fetched = len(peer.asked("download"))
    await mina.says(None, photo=photo)
    await peer.until(lambda: len(peer.asked("download")) > fetched)
    peer.clock.advance(2 * 60 * MINUTE)
    hold.release()
    (said,) = await peer.until(lambda: mina.told)
    assert says(said, "telegram-photo-slow") or says(said, "telegram-photo-gone")
    assert says(await tells(mina, "/settings"), "settings-left", left=20, daily=20)


async def test_a_link_into_the_private_chat_is_good_for_an_hour(peer: TelegramPeer, group: Group, mina: User) -> None:
    pointer = await asks(mina, group)
    peer.clock.advance(61 * MINUTE)
    assert says(await answer(mina, mina.opens(pointer.urls[0])), "telegram-link-expired")
    broken = pointer.urls[0][:-4] + "AAAA"
    assert says(await answer(mina, mina.opens(broken)), "telegram-link-broken")


async def test_a_month_later_old_buttons_lead_on_and_old_messages_stay_as_they_are(
    peer: TelegramPeer, bot: Inside, mina: User, photo: bytes
) -> None:
    assert bot.slot is not None
    bot.slot.let.set()
    status = await drawn(await tells(mina, photo=photo))
    peer.clock.advance(31 * DAY)
    said = await pressed(mina, status, ":again:")
    assert said is not status
    assert not waits(said)
    assert not traced(said)
    # After such silence the numbers of updates start anew, and a bot that waited for higher ones would be deaf.
    peer.quiet_week()
    assert says(await tells(mina, "/help"), "telegram-help-photo")
    await peer.settled()


async def test_a_second_program_with_the_same_token_costs_nothing_but_time(
    peer: TelegramPeer, bot: Inside, mina: User, caplog: pytest.LogCaptureFixture
) -> None:
    assert bot.slot is not None
    bot.slot.let.set()
    peer.conflict(2)
    await peer.until(lambda: any("another process" in one for one in logged(caplog)))
    assert finished(await drawn(await tells(mina, "/avatar pixel")))
    assert says(await tells(mina, "/help"), "telegram-help-photo")
    await peer.until(lambda: any("no other process" in one for one in logged(caplog)))
