"""Messages in a group that one member alone sees, where the server has them; and where it only says so."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.telegram_journeys import traces
from tests.telegram_journeys.inside import Inside, inside
from tests.telegram_journeys.what_people_do import answer, asks, pointers, tells
from tests.telegram_journeys.what_people_read import says
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="session",
    params=[(10, 2), (10, 3)],
    ids=lambda version: f"Bot API {version[0]}.{version[1]}",
)
async def telegram(request: pytest.FixtureRequest) -> AsyncIterator[TelegramPeer]:
    async with TelegramPeer.serving(version=request.param) as peer:
        yield peer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(telegram: TelegramPeer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Inside]:
    async with inside(tmp_path_factory.mktemp("bot"), telegram, draws=False) as running:
        yield running
    assert traces.everywhere(telegram, running.data) == set()


@pytest.fixture
def peer(telegram: TelegramPeer, bot: Inside) -> Iterator[TelegramPeer]:
    yield telegram
    problems = list(telegram.problems)
    telegram.problems.clear()
    assert problems == []


def whispers(group: Group, who: User) -> list[Message]:
    return [one for one in group.seen_by(who) if one.ephemeral and one.from_bot]


async def test_the_way_into_the_private_chat_is_seen_by_whoever_asked_and_nobody_else(
    peer: TelegramPeer, group: Group, mina: User, tomo: User
) -> None:
    assert any(one.get("is_ephemeral") for one in mina.menu(group))
    asked = await mina.says(group, "/avatar")
    assert asked.ephemeral
    (pointer,) = await peer.until(lambda: whispers(group, mina))
    assert says(pointer, "telegram-pointer")
    assert group.seen_by(tomo) == []
    assert group.messages == []
    assert says(await answer(mina, mina.opens(pointer.urls[0])), "telegram-welcome", title=group.title)
    await tomo.says(group, "/avatar")
    await peer.until(lambda: whispers(group, tomo))
    assert whispers(group, mina) == [pointer]


async def test_what_an_older_client_writes_for_all_to_see_is_answered_for_all_or_by_an_administrator_for_one(
    peer: TelegramPeer, group: Group, mina: User, tomo: User
) -> None:
    await mina.says(group, "/avatar@bpp_bot", ephemeral=False)
    (pointer,) = await peer.until(lambda: pointers(group))
    assert not pointer.ephemeral
    group.bot_rights(can_delete_messages=True)
    await peer.settled()
    asked = await tomo.says(group, "/privacy@bpp_bot", ephemeral=False)
    (whisper,) = await peer.until(lambda: whispers(group, tomo))
    assert says(whisper, "telegram-pointer-answer")
    assert asked.deleted
    assert pointers(group) == [pointer]


async def test_of_an_anonymous_administrator_nothing_is_known_and_all_see_the_pointer(
    peer: TelegramPeer, group: Group, boss: User
) -> None:
    group.admin(boss, anonymous=True)
    await boss.says(group, "/room@bpp_bot", anonymous=True, ephemeral=False)
    (pointer,) = await peer.until(lambda: pointers(group))
    assert not pointer.ephemeral


async def test_an_older_server_has_none_of_this(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with TelegramPeer.serving(version=(10, 1)) as peer:
        group, mina = peer.group("Library"), peer.user("mina_of_old")
        group.join(mina)
        async with inside(tmp_path_factory.mktemp("bot"), peer, draws=False):
            assert not any(one.get("is_ephemeral") for one in mina.menu(group))
            pointer = await asks(mina, group)
            assert not pointer.ephemeral
            await tells(mina, "/start")
        sent = [one.params for one in peer.asked("sendMessage")]
        assert not any({"receiver_user_id", "ephemeral_message_parameters"} & set(one) for one in sent)
        assert peer.problems == []


async def test_a_server_that_shows_them_to_all_is_not_believed_again(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with TelegramPeer.serving(version=(10, 3)) as peer:
        group, mina, tomo = peer.group("Library"), peer.user("mina_of_trust"), peer.user("tomo_of_trust")
        group.join(mina, tomo)
        group.bot_rights(can_delete_messages=True)
        peer.ignore_ephemerals()
        async with inside(tmp_path_factory.mktemp("bot"), peer, draws=False):
            await mina.says(group, "/avatar@bpp_bot", ephemeral=False)
            await peer.until(lambda: [one for one in group.all if one.from_bot and one.deleted])
            (pointer,) = await peer.until(lambda: pointers(group))
            meant = [one for one in peer.asked("sendMessage") if "receiver_user_id" in one.params]
            assert len(meant) == 1
            await tomo.says(group, "/privacy@bpp_bot", ephemeral=False)
            await peer.until(lambda: len(pointers(group)) == 2)
            assert pointer in pointers(group)
            assert len([one for one in peer.asked("sendMessage") if "receiver_user_id" in one.params]) == 1
        assert not any(one.says for one in group.posts if mina.first_name in one.says or tomo.first_name in one.says)
        assert peer.problems == []
    assert "shows to everybody" in caplog.text
