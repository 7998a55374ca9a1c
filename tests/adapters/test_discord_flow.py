"""Discord as members meet it: answered at once, in private, and never left without the picture that was promised."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters import publishing
from adapters.discord import Discord, IntentsRefused, TokenRefused, checkup, connection, inbound, outbound
from adapters.discord.connection import RESERVE
from adapters.discord.photos import PhotoLost, Photos
from adapters.discord.targets import Target
from bot.chat import Action, Address, Call, Command, Handler, Option, Reply, Text
from bot.courier import Courier
from bot.errors import Unreachable
from bot.replies import KEPT_HOURS
from bot.secrets import Secret
from generator.styles import Catalog
from tests.bot.conftest import PHOTO, PNG, WORDING, Chat, catalog, opened
from tests.busy import slowdown
from tests.discord_peer.actors import Actor
from tests.discord_peer.interactions import Interaction, NotAcknowledged
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.world import Channel, File, Guild, Message

__all__ = ["catalog"]

MINUTE = 60


def say(key: str, **parameters: Any) -> str:
    """A sentence, up to the first command in it: Discord shows that by its number."""
    return WORDING.say("en", Text(key, parameters)).split("/")[0]


@dataclass
class Bot:
    """The bot with everything behind it, but for the engine: what waits is drawn when a test says so."""

    peer: DiscordPeer
    chat: Chat
    platform: Discord
    courier: Courier
    folder: Path
    serving: asyncio.Task[None]
    greeted: list[str] = field(default_factory=list[str])

    async def deliver(self) -> None:
        """Let the courier look once and hand over what it has."""
        await self.courier.round()
        await self.courier.settle()

    async def draw(self) -> list[int]:
        """Draw everything that waits and hand it over."""
        jobs = await self.chat.draw()
        await self.deliver()
        return jobs

    async def asked(self, who: Actor, channel: Channel, **options: Any) -> Interaction:
        """/avatar, up to the sentence that it waits."""
        done = await who.slash(channel, "avatar", **options)
        assert done.message is not None
        await done.message.until(lambda message: not message.loading)
        return done

    async def result(self, who: Actor, channel: Channel, **options: Any) -> Message:
        """/avatar, up to the picture."""
        done = await self.asked(who, channel, **options)
        await self.draw()
        return await shown(done).until(lambda message: message.pictures)

    @property
    def posts(self) -> list[Path]:
        return list((self.folder / "discord" / "posts").iterdir())

    @property
    def notes(self) -> list[Path]:
        return [path for path in (self.folder / "discord" / "notes").iterdir() if path.name != "key"]


def shown(done: Interaction) -> Message:
    assert done.message is not None
    return done.message


async def answered(done: Interaction) -> Message:
    """The new private message that answers a press."""
    return await shown(done).until(lambda message: not message.loading)


async def until(holds: Callable[[], object]) -> None:
    """Wait for something of which the fake does not tell."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - there is nothing to wait on
            await asyncio.sleep(0.01)


async def asked(peer: DiscordPeer, method: str, pattern: str) -> None:
    """Wait until the bot has asked for something, answered or not."""
    await until(lambda: peer.asked(method, pattern))


@asynccontextmanager
async def running(peer: DiscordPeer, chat: Chat, folder: Path, **options: Any) -> AsyncGenerator[Bot]:
    greeted: list[str] = []

    async def returned(member: str) -> None:
        greeted.append(member)

    platform = Discord(
        chat.dispatcher,
        WORDING,
        folder / "discord",
        token=options.pop("token", peer.token),
        clock=options.pop("clock", peer.clock),
        api=peer.api,
        gateway=peer.gateway,
        cdn=peer.cdn,
        returned=returned,
        **options,
    )
    courier = Courier(chat.storage.jobs, chat.live, {"discord": platform}, chat.catalog, peer.clock)
    serving = asyncio.create_task(platform.run())
    ready = asyncio.create_task(platform.ready.wait())
    try:
        await asyncio.wait({serving, ready}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving
        assert ready.done()
        yield Bot(peer, chat, platform, courier, folder, serving, greeted)
    finally:
        ready.cancel()
        await platform.close()
        await asyncio.wait_for(serving, 30)


@dataclass
class Watched:
    """The application, with a look at what it is told."""

    handler: Handler
    calls: list[Call] = field(default_factory=list[Call])

    @property
    def commands(self) -> Sequence[Command]:
        return self.handler.commands

    async def handle(self, call: Call) -> Reply:
        self.calls.append(call)
        return await self.handler.handle(call)

    async def options(self, call: Call, argument: str, typed: str = "") -> tuple[Option, ...]:
        return await self.handler.options(call, argument, typed)


@asynccontextmanager
async def serving(handler: Handler, peer: DiscordPeer, folder: Path) -> AsyncGenerator[Discord]:
    """The platform in front of any handler."""
    platform = Discord(
        handler,
        WORDING,
        folder / "discord",
        token=peer.token,
        clock=peer.clock,
        api=peer.api,
        gateway=peer.gateway,
        cdn=peer.cdn,
    )
    running = asyncio.create_task(platform.run())
    await platform.ready.wait()
    try:
        yield platform
    finally:
        await platform.close()
        await running


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordPeer]:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    async with DiscordPeer.serving() as peer:
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


@pytest.fixture
async def chat(peer: DiscordPeer, tmp_path: Path, catalog: Catalog) -> AsyncGenerator[Chat]:
    clock: Any = peer.clock
    async for chat in opened(tmp_path, clock, Secret(b"s" * 32), catalog):
        yield chat


@pytest.fixture
async def bot(peer: DiscordPeer, chat: Chat, tmp_path: Path) -> AsyncGenerator[Bot]:
    async with running(peer, chat, tmp_path) as bot:
        yield bot


@pytest.fixture
def guild(peer: DiscordPeer) -> Guild:
    return peer.guild("Library")


@pytest.fixture
def channel(guild: Guild) -> Channel:
    return guild.channel("general")


@pytest.fixture
def mina(peer: DiscordPeer, guild: Guild) -> Actor:
    mina = peer.user("mina")
    guild.join(mina)
    return mina


@pytest.fixture
def theo(peer: DiscordPeer, guild: Guild) -> Actor:
    theo = peer.user("theo")
    guild.join(theo)
    return theo


def seen_by_all(channel: Channel) -> list[Message]:
    return [message for message in channel.messages if not message.ephemeral and not message.deleted]


# --- from the wish to the picture -------------------------------------------------------------------------------------


async def test_a_picture_from_the_wish_to_its_end(bot: Bot, channel: Channel, mina: Actor) -> None:
    done = await bot.asked(mina, channel, style="moss")
    assert shown(done).ephemeral
    assert "You are next in line" in shown(done).text
    assert shown(done).buttons == ["Cancel"]
    await bot.draw()
    assert shown(done).pictures == [PNG]
    assert not seen_by_all(channel)

    shared = await mina.submit((await mina.press(shown(done), "Share here")).modal, tick=False)
    await shown(done).until(lambda message: "Take it back" in message.buttons)
    assert not shared.replies
    (post,) = seen_by_all(channel)
    assert post.pictures == [PNG]
    assert post.author.is_bot
    assert post.asker is None
    assert "mina" not in post.text.lower()

    await mina.press(shown(done), "Delete")
    await shown(done).until(lambda message: not message.pictures)
    assert say("job-erased") in shown(done).text
    await bot.peer.until(lambda: not seen_by_all(channel))
    assert bot.posts == []


async def test_with_a_photo(bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer) -> None:
    done = await bot.asked(mina, channel, photo=PHOTO.data, style="slate")
    assert "Style: Slate" in shown(done).text
    await bot.draw()
    assert shown(done).pictures == [PNG]
    assert all(PHOTO.data not in request.body for request in peer.requests)
    assert len(peer.downloads) == 1

    opened = await mina.press(shown(done), "Try again")
    assert opened.modal is not None
    again = await mina.submit(opened.modal, photo=PHOTO.data)
    second = await answered(again)
    assert second is not shown(done)
    assert second.ephemeral
    assert "in line" in second.text
    await bot.draw()
    assert second.pictures == [PNG]


async def test_the_link_of_a_photo_is_dead_by_the_time(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    gate = peer.hold("POST", "/interactions/*")
    waiting = asyncio.create_task(mina.slash(channel, "avatar", photo=PHOTO.data))
    await asked(peer, "POST", "/interactions/*")
    peer.expire_links()
    gate.release()
    message = await answered(await waiting)
    assert message.text.startswith(say("discord-photo-gone"))
    assert bot.chat.jobs() == 0


async def test_only_the_own_message_gives_a_photo(bot: Bot, channel: Channel, mina: Actor, theo: Actor) -> None:
    own = mina.says(channel, "me", photo=PHOTO.data)
    message = await answered(await mina.message_command(channel, own))
    assert "in line" in message.text
    assert message.ephemeral
    foreign = await answered(await theo.message_command(channel, own))
    assert say("discord-message-foreign") in foreign.text
    empty = await answered(await theo.message_command(channel, theo.says(channel, "hi")))
    assert say("discord-message-empty") in empty.text
    assert bot.chat.jobs() == 1


async def test_in_korean(bot: Bot, guild: Guild, channel: Channel, peer: DiscordPeer) -> None:
    jun = peer.user("jun", locale="ko")
    guild.join(jun)
    done = await bot.asked(jun, channel)
    assert "스타일" in shown(done).text


async def test_completion_offers_what_the_room_allows(bot: Bot, channel: Channel, mina: Actor) -> None:
    offered = await mina.autocomplete(channel, "avatar", "style", "sla")
    assert offered[0] == ("Slate", "slate")
    assert len(offered) <= 25


async def test_somebody_who_comes_back_is_told_of_once(bot: Bot, channel: Channel, mina: Actor) -> None:
    await bot.asked(mina, channel)
    await bot.asked(mina, channel)
    await bot.peer.until(lambda: bot.greeted)
    assert bot.greeted == [str(mina.id)]


async def test_fifty_at_once_are_all_acknowledged_in_time(bot: Bot, guild: Guild, channel: Channel) -> None:
    members = [bot.peer.user(f"member-{number}") for number in range(50)]
    for member in members:
        guild.join(member)
    done = await asyncio.gather(*(member.slash(channel, "avatar") for member in members))
    assert max(one.ack_seconds or 99 for one in done) < 1 * slowdown()
    for one in done:
        assert "in line" in (await answered(one)).text.lower()
    assert bot.chat.jobs() == 50


# --- walls, panels and other messages ---------------------------------------------------------------------------------


async def test_a_panel_changes_in_its_place(bot: Bot, channel: Channel, mina: Actor) -> None:
    done = await mina.slash(channel, "settings")
    panel = await answered(done)
    pressed = await mina.choose(panel, "set-style", "moss")
    await panel.until(lambda message: "Usual style: Moss" in message.text)
    assert pressed.message is panel
    assert not pressed.replies


async def test_a_late_answer_does_not_stand_where_a_newer_one_belongs(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    panel = await answered(await mina.slash(channel, "settings"))
    before = panel.edits
    gate = peer.hold("PATCH", "/webhooks/*")
    first = await mina.choose(panel, "set-style", "moss")
    await asked(peer, "PATCH", f"/webhooks/*/{first.token}/*")
    second = await mina.choose(panel, "set-style", "slate")
    await asyncio.sleep(0.05)  # in which the second would overtake the first
    assert not peer.asked("PATCH", f"/webhooks/*/{second.token}/*")
    gate.release()
    await panel.until(lambda message: message.edits == before + 2)
    assert "Usual style: Slate" in panel.text


async def test_an_answer_that_never_comes_does_not_hold_up_the_next_for_ever(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "IN_TURN_SECONDS", 0.05)
    panel = await answered(await mina.slash(channel, "settings"))
    gate = peer.hold("PATCH", "/webhooks/*")
    first = await mina.choose(panel, "set-style", "moss")
    await asked(peer, "PATCH", f"/webhooks/*/{first.token}/*")
    await mina.choose(panel, "set-style", "slate")
    await panel.until(lambda message: "Usual style: Slate" in message.text)
    before = panel.edits
    gate.release()
    # It comes late: and so does the newer one, once more.
    await panel.until(lambda message: message.edits == before + 2)
    assert "Usual style: Slate" in panel.text


async def test_an_export_is_a_message_of_its_own(bot: Bot, channel: Channel, mina: Actor) -> None:
    privacy = await answered(await mina.slash(channel, "privacy"))
    pressed = await mina.press(privacy, "Export my data")
    await pressed.until(lambda one: one.replies)
    assert pressed.replies[0].ephemeral
    assert list(pressed.replies[0].files) == ["about-me.json"]
    assert "What is stored about you" in privacy.text


async def test_a_style_from_the_wall_is_drawn(bot: Bot, channel: Channel, mina: Actor) -> None:
    done = await mina.slash(channel, "styles")
    wall = await answered(done)
    assert all(message.ephemeral for message in done.replies)
    drawn = await answered(await mina.choose(wall, "try-style", "ink"))
    assert drawn is not wall
    assert "Style: Ink" in drawn.text


async def test_a_button_of_another_version_gets_a_sentence(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    message = await bot.result(mina, channel)
    for part in message.parts:
        if part.get("label") == "Delete":
            break
    for row in _rows(message.components):
        for button in row:
            if button.get("label") == "Delete":
                button["custom_id"] = "bpp:something-else"
    done = await mina.press(message, "Delete")
    assert say("error-button") in (await answered(done)).text


def _rows(components: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = []
    for part in components:
        inner = part.get("components") or []
        if part["type"] == 1:
            rows.append(inner)
        else:
            rows += _rows(inner)
    return rows


# --- acknowledgements that fail -----------------------------------------------------------------------------------------


async def test_too_late_for_an_answer_nothing_is_done(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    gate = peer.hold("POST", "/interactions/*")
    done = await mina.slash(channel, "avatar", wait=False)
    await asked(peer, "POST", "/interactions/*")
    peer.clock.advance(4)
    gate.release()
    await peer.until(lambda: done.was_refused)
    await bot.asked(mina, channel)
    assert bot.chat.jobs() == 1


@pytest.mark.parametrize("status", [0, 502])
async def test_an_acknowledgement_whose_answer_was_lost(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, status: int
) -> None:
    peer.refuse("POST", "/interactions/*", status=status, after=True)
    done = await mina.slash(channel, "avatar")
    assert "in line" in (await answered(done)).text
    assert bot.chat.jobs() == 1


async def test_what_is_slow_for_one_delays_no_other(
    bot: Bot, channel: Channel, mina: Actor, theo: Actor, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.platform.CLOSE_SECONDS", 0.05)  # nobody waits for the slow one in the end
    peer.refuse("PATCH", "/webhooks/*", status=429, retry_after=15.0)
    first = await mina.slash(channel, "avatar")
    await peer.until(lambda: [one for one in peer.asked("PATCH", "/webhooks/*") if one.status == 429])
    done = await bot.asked(theo, channel)
    assert (done.ack_seconds or 99) < 1 * slowdown()
    assert shown(first).loading


async def test_the_same_event_twice_is_one_call(bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer) -> None:
    done = await bot.asked(mina, channel)
    peer.hub.tell(channel.guild, "INTERACTION_CREATE", done.event(size_limit=1 << 20))
    await bot.asked(mina, channel)
    assert bot.chat.jobs() == 2
    assert len(peer.asked("POST", f"/interactions/{done.id}/*")) == 1


async def test_a_mistake_of_ours_is_a_sentence(
    peer: DiscordPeer, chat: Chat, channel: Channel, mina: Actor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Watched):
        async def handle(self, call: Call) -> Reply:
            raise RuntimeError(f"about {call.member}")

    async with serving(Broken(chat.dispatcher), peer, tmp_path):
        message = await answered(await mina.slash(channel, "help"))
    assert message.text.startswith(say("discord-unexpected"))
    assert "RuntimeError" in caplog.text
    assert str(mina.id) not in caplog.text


# --- edits that fail ------------------------------------------------------------------------------------------------------


async def test_a_picture_survives_trouble_on_its_way(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    done = await bot.asked(mina, channel)
    peer.refuse("PATCH", "/webhooks/*", status=502)
    peer.refuse("PATCH", "/webhooks/*", status=429)
    await bot.draw()
    assert shown(done).pictures == [PNG]


async def test_a_status_that_was_dismissed_comes_back_with_the_picture(bot: Bot, channel: Channel, mina: Actor) -> None:
    done = await bot.asked(mina, channel)
    mina.dismiss(shown(done))
    await bot.draw()
    (reply,) = done.replies
    assert reply.ephemeral
    assert reply.pictures == [PNG]
    assert not seen_by_all(channel)


async def test_a_picture_that_discord_finds_too_large_is_a_sentence(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    done = await bot.asked(mina, channel)
    peer.limit_files(8)
    await bot.draw()
    assert not shown(done).pictures
    assert say("discord-too-large") in shown(done).text


async def test_an_early_picture_is_not_replaced_by_the_answer(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    gate = peer.hold("PATCH", "/webhooks/*")
    done = await mina.slash(channel, "avatar")
    await asked(peer, "PATCH", "/webhooks/*")
    drawing = asyncio.create_task(bot.draw())
    await asyncio.sleep(0)
    gate.release()
    await drawing
    await shown(done).until(lambda message: message.pictures)
    target = Target.of(_address(bot, done))
    late = Reply(lines=(Text("queue-headline", {"open": 1, "kept": 0}),), busy=True, locale="en")
    await bot.platform.show(target.address(), late)
    assert shown(done).pictures == [PNG]


def _address(bot: Bot, done: Interaction) -> Address:
    """As the application got it."""
    target = Target(
        token=done.token,
        created=done.created,
        place="server",
        user=done.user.id,
        channel=done.channel.id,
        guild=done.channel.guild.id if done.channel.guild else 0,
    )
    return target.address()


@pytest.mark.parametrize("hours", [9, -9])
async def test_a_clock_that_is_hours_off_silences_nobody(
    peer: DiscordPeer, chat: Chat, channel: Channel, mina: Actor, tmp_path: Path, hours: int
) -> None:
    async with running(peer, chat, tmp_path, clock=lambda: peer.clock() + hours * 3_600_000) as bot:
        message = await bot.result(mina, channel)
        assert say("discord-arrives-note") not in "".join(text for _, text in message.history)
        assert not seen_by_all(channel)


async def test_an_answer_is_given_whatever_the_clock_says(bot: Bot, channel: Channel, mina: Actor) -> None:
    done = await mina.slash(channel, "help")
    await answered(done)
    old = replace(Target.of(_address(bot, done)), created=0)
    for reply in (
        Reply(lines=(Text("verbatim", {"text": "in line"}),), busy=True, locale="en"),
        Reply(lines=(Text("verbatim", {"text": "done"}),), locale="en"),
    ):
        bot.platform._outbound._spots.clear()
        assert await bot.platform._outbound.answer(old, reply)
        assert reply.lines[0].parameters["text"] in shown(done).text
    beside = Reply(lines=(Text("verbatim", {"text": "beside"}),), locale="en")
    assert await bot.platform._outbound.tell(old, beside)
    assert "beside" in done.replies[0].text
    bot.peer.expire_tokens()
    assert not await bot.platform._outbound.answer(old, beside)
    assert not await bot.platform._outbound.tell(old, beside)


# --- after the token ------------------------------------------------------------------------------------------------------


async def test_after_fifteen_minutes_a_note_waits_in_the_channel(
    bot: Bot, channel: Channel, mina: Actor, theo: Actor, peer: DiscordPeer
) -> None:
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    (note,) = seen_by_all(channel)
    assert not note.pictures
    assert "mina" not in note.text.lower()
    assert not note.pings
    await bot.deliver()
    assert seen_by_all(channel) == [note]

    foreign = await answered(await theo.press(note, say("discord-note-open")))
    assert foreign.ephemeral
    assert not foreign.pictures
    assert say("discord-note-stranger") in foreign.text
    assert seen_by_all(channel) == [note]

    own = await answered(await mina.press(note, say("discord-note-open")))
    assert own.ephemeral
    assert own.pictures == [PNG]
    await peer.until(lambda: not seen_by_all(channel))


async def test_a_token_that_ends_early_is_no_obstacle(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    await bot.asked(mina, channel)
    peer.expire_tokens()
    await bot.draw()
    assert len(seen_by_all(channel)) == 1


async def test_a_thread_that_was_archived_meanwhile(bot: Bot, channel: Channel, mina: Actor) -> None:
    thread = channel.thread("a talk")
    await bot.asked(mina, thread)
    thread.archived = thread.locked = True
    await bot.draw()
    assert [message.pictures for message in mina.dms] == [[PNG]]


async def test_what_failed_is_no_picture_to_announce(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    target = replace(Target.of(_address(bot, await bot.asked(mina, channel))), may_note=True)
    peer.clock.advance(20 * MINUTE)
    again = Action(Text("action-again"), "again", 1)
    failed = Reply(lines=(Text("job-free"),), actions=(again,), locale="en")
    await bot.platform.show(target.address(), failed)
    assert not seen_by_all(channel)
    (message,) = mina.dms
    assert say("job-free") in message.text


async def test_a_restart_in_mid_job(
    peer: DiscordPeer, chat: Chat, channel: Channel, mina: Actor, tmp_path: Path
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        done = await bot.asked(mina, channel)
    async with running(peer, chat, tmp_path) as bot:
        await bot.draw()
        assert shown(done).pictures == [PNG]
        again = await answered(await mina.press(shown(done), "Try again"))
        assert "in line" in again.text


async def test_a_note_goes_when_the_picture_was_fetched_elsewhere(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    assert seen_by_all(channel)
    queue = await answered(await mina.slash(channel, "queue"))
    await mina.press(queue, "Show #")
    await peer.until(lambda: not seen_by_all(channel))


async def test_a_note_goes_although_the_picture_was_fetched_before_it_was_known_where_it_stands(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, known = bot.platform._outbound._notes, asyncio.Event()
    put = notes.put

    async def late(tag: str, place: str) -> None:
        await known.wait()
        await put(tag, place)

    monkeypatch.setattr(notes, "put", late)
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    drawing = asyncio.create_task(bot.draw())
    await peer.until(lambda: seen_by_all(channel))
    opened = await mina.press(await answered(await mina.slash(channel, "queue")), "Show #")
    await opened.until(lambda one: one.replies)
    known.set()
    await drawing
    await peer.until(lambda: not seen_by_all(channel))
    await until(lambda: bot.notes == [])


async def test_after_a_restart_a_note_still_goes_and_what_is_kept_of_it_names_no_job(
    peer: DiscordPeer, chat: Chat, channel: Channel, mina: Actor, tmp_path: Path
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        await bot.asked(mina, channel)
        peer.clock.advance(20 * MINUTE)
        (job,) = await bot.draw()
        (kept,) = bot.notes
        assert int(kept.name, 16) != job
        assert not kept.name.endswith(f"{job:06d}")
    async with running(peer, chat, tmp_path) as bot:
        await mina.press(await answered(await mina.slash(channel, "queue")), "Show #")
        await peer.until(lambda: not seen_by_all(channel))
        await until(lambda: bot.notes == [])


async def test_a_note_goes_with_its_picture(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, tmp_path: Path
) -> None:
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    assert seen_by_all(channel)
    peer.clock.advance(25 * 60 * MINUTE)
    await bot.platform.close()
    async with running(peer, bot.chat, tmp_path):
        await peer.until(lambda: not seen_by_all(channel))


async def test_a_note_goes_with_whoever_is_forgotten(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    jobs = await bot.draw()
    assert seen_by_all(channel)
    await bot.platform._outbound.forgotten(jobs)
    assert seen_by_all(channel) == []
    assert bot.notes == []


async def test_where_the_bot_may_not_write_it_comes_directly(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    guild.deny(peer.bot, "send_messages")
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    assert not seen_by_all(channel)
    (message,) = mina.dms
    assert message.pictures == [PNG]
    assert "Share here" not in message.buttons
    assert say("discord-share-in-server") in message.text

    # Its buttons belong to the server's room: another try is that room's next job.
    again = await answered(await mina.press(message, "Try again"))
    assert "in line" in again.text
    rooms = {row[0] for row in bot.chat.rows("SELECT DISTINCT room FROM job")}
    assert len(rooms) == 1
    await mina.press(message, "Delete")
    await message.until(lambda one: not one.pictures)


async def test_a_picture_erased_in_the_server_does_not_stay_in_the_direct_message(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    guild.deny(peer.bot, "send_messages")
    for _ in range(2):
        await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    first, _ = await bot.draw()
    assert len(mina.dms) == 2
    assert not await bot.platform._outbound.erased(mina.id, first, 0)
    (left,) = mina.dms
    assert f":delete:{first}:" not in str(left.payload)


@pytest.mark.parametrize("trouble", ["refused", "slow"])
async def test_a_copy_that_could_not_be_removed_from_the_direct_messages_is_said(
    bot: Bot,
    guild: Guild,
    channel: Channel,
    mina: Actor,
    peer: DiscordPeer,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    guild.deny(peer.bot, "send_messages")
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    (copy,) = mina.dms
    queue = await answered(await mina.slash(channel, "queue"))
    shown_again = await mina.press(queue, "Show #")
    await shown_again.until(lambda one: one.replies)
    message = shown_again.replies[0]
    if trouble == "slow":
        monkeypatch.setattr(outbound, "COPY_SECONDS", 0.05)
        gate = peer.hold("DELETE", "/channels/*")
    else:
        peer.refuse("DELETE", "/channels/*", status=403, code=50001)
    await mina.press(message, "Delete")
    await message.until(lambda one: say("discord-delete-copy-left") in one.text)
    assert say("job-erased") in message.text
    assert copy.pictures
    if trouble == "slow":
        gate.release()
        await peer.until(lambda: copy.deleted)
    else:
        await mina.press(copy, "Delete")
        await copy.until(lambda one: not one.pictures)
        assert say("discord-delete-copy-left") not in copy.text


@pytest.mark.parametrize("way", ["note", "direct"])
async def test_killed_before_it_was_written_down_it_is_said_once(
    peer: DiscordPeer, chat: Chat, guild: Guild, channel: Channel, mina: Actor, tmp_path: Path, way: str
) -> None:
    if way == "direct":
        guild.deny(peer.bot, "send_messages")
    jobs = chat.storage.jobs

    async def killed(_delivery: Any) -> None:
        raise OSError

    async with running(peer, chat, tmp_path) as bot:
        await bot.asked(mina, channel)
        peer.clock.advance(20 * MINUTE)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(jobs, "delivered", killed)
            await bot.draw()
    peer.clock.advance(20 * MINUTE)
    async with running(peer, chat, tmp_path) as bot:
        await bot.deliver()
        assert await jobs.due(8) == []
        assert len(seen_by_all(channel) + mina.dms) == 1


async def test_where_nothing_reaches_them_the_queue_has_it(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    guild.deny(peer.bot, "send_messages")
    mina.block()
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    assert not seen_by_all(channel)
    queue = await answered(await mina.slash(channel, "queue"))
    assert "Finished pictures still kept or shared: 1" in queue.text
    assert await bot.chat.storage.jobs.due(8) == []


@pytest.mark.parametrize("trouble", ["kicked", "deleted"])
async def test_the_place_itself_is_gone(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer, trouble: str
) -> None:
    other = peer.guild("Elsewhere")
    other.join(mina)
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    if trouble == "kicked":
        guild.kick_bot()
    else:
        channel.deleted = True
    await bot.draw()
    assert [message.pictures for message in mina.dms] == [[PNG]]


async def test_discord_is_ill_when_the_note_should_go_out(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    peer.refuse("POST", "/channels/*", status=503, after=True)
    await bot.draw()
    assert len(seen_by_all(channel)) == 1
    peer.clock.advance(2)
    await bot.deliver()
    assert len(seen_by_all(channel)) == 1


async def test_before_the_token_ends_the_member_is_told_where_it_will_arrive(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    done = await bot.asked(mina, channel)
    busy = Reply(lines=(Text("verbatim", {"text": "still waiting"}),), busy=True, locale="en")
    target = Target.of(_address(bot, done))
    await bot.platform.show(target.address(), busy)
    assert shown(done).text == "still waiting"
    peer.clock.advance(14 * MINUTE)
    await bot.platform.show(target.address(), busy)
    assert say("discord-arrives-dm", hours=KEPT_HOURS) in shown(done).text
    edits = shown(done).edits
    peer.clock.advance(2 * MINUTE)
    await bot.platform.show(target.address(), busy)
    assert shown(done).edits == edits


async def test_the_last_word_is_said_although_nothing_moves(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "LAST_WORD_MS", 300)
    done = await bot.asked(mina, channel)
    await shown(done).until(lambda message: say("discord-arrives-note") in message.text)


async def test_a_slow_answer_does_not_replace_what_is_newer(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    target = Target.of(_address(bot, await bot.asked(mina, channel)))
    newer = Reply(lines=(Text("verbatim", {"text": "half drawn"}),), busy=True, locale="en")
    await bot.platform.show(target.address(), newer)
    older = Reply(lines=(Text("verbatim", {"text": "in line"}),), busy=True, locale="en")
    await bot.platform._outbound.answer(target, older)
    assert "half drawn" in [m for m in mina.sees(channel) if m.ephemeral][-1].text


async def test_nothing_of_a_message_stays_in_the_library(bot: Bot, channel: Channel, mina: Actor) -> None:
    message = await bot.result(mina, channel)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    state: Any = bot.platform._connection.client._connection
    assert state._view_store._views == {}
    assert state._view_store._synced_message_views == {}
    assert state._view_store._modals == {}
    assert not state._messages


async def test_an_address_that_nobody_wrote_is_nobody(bot: Bot) -> None:
    with pytest.raises(Unreachable):
        await bot.platform.show(Address("discord", "garbled"), Reply(lines=(Text("job-cancelled"),)))


# --- sharing --------------------------------------------------------------------------------------------------------------


async def share(who: Actor, message: Message, *, tick: bool = False) -> Interaction:
    return await who.submit((await who.press(message, "Share here")).modal, tick=tick)


async def test_a_name_stands_there_only_if_it_was_ticked(bot: Bot, channel: Channel, mina: Actor) -> None:
    message = await bot.result(mina, channel)
    await share(mina, message, tick=True)
    await message.until(lambda one: "Take it back" in one.buttons)
    (post,) = seen_by_all(channel)
    assert "Mina" in post.text
    assert not post.pings


async def test_sharing_is_done_once(bot: Bot, channel: Channel, mina: Actor) -> None:
    message = await bot.result(mina, channel)
    first = (await mina.press(message, "Share here")).modal
    second = (await mina.press(message, "Share here")).modal
    before = message.edits
    done = await asyncio.gather(mina.submit(first, tick=False), mina.submit(second, tick=False))
    await message.until(lambda one: one.edits == before + 2)
    assert len(done) == 2
    assert len(seen_by_all(channel)) == 1


async def test_shared_taken_back_and_shared_again(bot: Bot, channel: Channel, mina: Actor) -> None:
    message = await bot.result(mina, channel)
    for _ in range(2):
        await share(mina, message)
        await message.until(lambda one: "Take it back" in one.buttons)
        assert len(seen_by_all(channel)) == 1
        await mina.press(message, "Take it back")
        await message.until(lambda one: "Share here" in one.buttons)
        assert not seen_by_all(channel)


@pytest.mark.parametrize(
    ("denied", "sentence"),
    [("member", "discord-share-member"), ("bot", "discord-share-bot")],
)
async def test_who_may_not_post_there_does_not_share(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer, denied: str, sentence: str
) -> None:
    message = await bot.result(mina, channel)
    guild.deny(mina if denied == "member" else peer.bot, "attach_files")
    await share(mina, message)
    await message.until(lambda one: say(sentence) in one.text)
    assert message.pictures == [PNG]
    assert "Share here" in message.buttons
    assert not seen_by_all(channel)


async def test_a_thread_has_rights_of_its_own(bot: Bot, guild: Guild, channel: Channel, mina: Actor) -> None:
    thread = channel.thread("a talk")
    message = await bot.result(mina, thread)
    guild.deny(mina, "send_messages_in_threads")
    await share(mina, message)
    await message.until(lambda one: say("discord-share-member") in one.text)
    guild.allow(mina, "send_messages_in_threads")
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    assert len(seen_by_all(thread)) == 1


async def test_discord_does_not_take_the_post(bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer) -> None:
    message = await bot.result(mina, channel)
    peer.refuse("POST", "/channels/*", status=403, code=50013)
    await share(mina, message)
    await message.until(lambda one: say("discord-share-bot") in one.text)
    assert not seen_by_all(channel)
    assert bot.posts == []


async def test_only_the_answer_to_a_post_was_lost(bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer) -> None:
    message = await bot.result(mina, channel)
    peer.refuse("POST", "/channels/*", status=0, after=True)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    assert len(seen_by_all(channel)) == 1


async def test_one_record_that_cannot_be_read_keeps_no_other_from_being_removed(
    peer: DiscordPeer, chat: Chat, channel: Channel, mina: Actor, tmp_path: Path
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        message = await bot.result(mina, channel)
        await share(mina, message)
        await message.until(lambda one: "Take it back" in one.buttons)
        (kept,) = bot.posts
        kept.rename(kept.with_name(f"{kept.name}.doomed"))
        for folder, state in (("posts", ".doomed"), ("notes", ""), ("notes", ".doomed")):
            for name, garbage in (("0" * 32, b"\xff\xfe"), ("1" * 32, b"nowhere"), ("2" * 32, b"x/?y")):
                (tmp_path / "discord" / folder / f"{name}{state}").write_bytes(garbage)
    async with running(peer, chat, tmp_path) as bot:
        await peer.until(lambda: not seen_by_all(channel))


async def test_what_cannot_be_removed_is_not_asked_for_again_and_again(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bot.result(mina, channel)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    peer.refuse("DELETE", "/channels/*", status=403, code=50001, times=99)
    await mina.press(message, "Take it back")
    await message.until(lambda one: say("discord-unshare-later") in one.text)
    await bot.platform.close()
    tried = len(peer.asked("DELETE", "/channels/*"))
    monkeypatch.setattr(publishing, "SWEEP_SECONDS", 0.02)
    now = asyncio.get_running_loop().time
    began = now()
    async with running(peer, bot.chat, bot.folder):
        await peer.until(lambda: len(peer.asked("DELETE", "/channels/*")) >= tried + 5)
        assert now() - began > 0.02 + 0.04 + 0.08 + 0.16
        peer.rest.orders.clear()
        await peer.until(lambda: not seen_by_all(channel))


async def test_what_the_application_no_longer_knows_to_be_shared_is_removed(
    peer: DiscordPeer, chat: Chat, channel: Channel, mina: Actor, tmp_path: Path
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        for _ in range(2):
            message = await bot.result(mina, channel, style="moss")
            await share(mina, message)
            await message.until(lambda one: "Take it back" in one.buttons)
        kept, _ = seen_by_all(channel)
        (tag,) = [path.name for path in bot.posts if str(kept.id) in path.read_text()]

    async def shared() -> list[str]:
        return [tag]

    async with running(peer, chat, tmp_path, shared=shared):
        await peer.until(lambda: seen_by_all(channel) == [kept])


async def test_a_disk_that_fails_while_something_is_taken_back_is_said(
    bot: Bot, channel: Channel, mina: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bot.result(mina, channel)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", _no_space)
        assert not await bot.platform._outbound.unshare([path.name for path in bot.posts])
    assert len(seen_by_all(channel)) == 1


def _no_space(*_: Any) -> Path:
    raise OSError(28, "no space left")


@pytest.mark.parametrize("moment", [("POST", "/channels/*/messages"), ("PATCH", "/channels/*/messages/*")])
async def test_what_was_cut_off_while_it_was_shared_does_not_stay(
    peer: DiscordPeer,
    chat: Chat,
    channel: Channel,
    mina: Actor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: tuple[str, str],
) -> None:
    monkeypatch.setattr("adapters.discord.platform.CLOSE_SECONDS", 0.05)
    async with running(peer, chat, tmp_path) as bot:
        message = await bot.result(mina, channel)
        modal = (await mina.press(message, "Share here")).modal
        peer.refuse(*moment, status=502, after=True)
        await mina.submit(modal, tick=False)
        await peer.until(lambda: [one for one in peer.asked(*moment) if one.status == 502])
    assert len(seen_by_all(channel)) == 1
    async with running(peer, chat, tmp_path):
        await peer.until(lambda: not seen_by_all(channel))
        await until(lambda: bot.posts == [])


async def test_a_picture_of_which_nobody_knows_whether_it_was_posted_is_not_there(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bot.result(mina, channel)
    with monkeypatch.context() as patched:
        patched.setattr(outbound, "CALL_SECONDS", 0.3)
        peer.refuse("POST", "/channels/*/messages", status=0, after=True, times=99)
        await share(mina, message)
        await message.until(lambda one: say("discord-share-failed") in one.text)
    assert "Share here" in message.buttons
    assert [post.pictures for post in seen_by_all(channel)] == [[]]
    peer.rest.orders.clear()
    await bot.platform.close()
    async with running(peer, bot.chat, bot.folder):
        await peer.until(lambda: not seen_by_all(channel))


async def test_a_picture_that_may_stand_there_is_said_to_and_removed(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await bot.result(mina, channel)
    with monkeypatch.context() as patched:
        patched.setattr(outbound, "CALL_SECONDS", 0.3)
        peer.refuse("PATCH", "/channels/*", status=0, after=True, times=99)
        peer.refuse("DELETE", "/channels/*", status=0, times=99)
        await share(mina, message)
        await message.until(lambda one: say("discord-share-unknown") in one.text)
    peer.rest.orders.clear()
    await bot.platform.close()
    async with running(peer, bot.chat, bot.folder):
        await peer.until(lambda: not seen_by_all(channel))


async def test_a_post_that_cannot_be_removed_now_is_removed_later(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer, tmp_path: Path
) -> None:
    message = await bot.result(mina, channel)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    peer.refuse("DELETE", "/channels/*", status=403, code=50001)
    await mina.press(message, "Delete")
    await message.until(lambda one: say("discord-unshare-later") in one.text)
    assert len(seen_by_all(channel)) == 1
    await bot.platform.close()
    async with running(peer, bot.chat, tmp_path):
        await peer.until(lambda: not seen_by_all(channel))
        await until(lambda: bot.posts == [])


async def test_shared_again_while_it_could_not_be_removed(
    bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    message = await bot.result(mina, channel)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    peer.refuse("DELETE", "/channels/*", status=403, code=50001)
    await mina.press(message, "Take it back")
    await message.until(lambda one: say("discord-unshare-later") in one.text)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    assert len(seen_by_all(channel)) == 1
    await mina.press(message, "Take it back")
    await message.until(lambda one: "Share here" in one.buttons)
    assert not seen_by_all(channel)


async def test_a_post_that_somebody_else_removed_is_gone(bot: Bot, channel: Channel, mina: Actor) -> None:
    message = await bot.result(mina, channel)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    seen_by_all(channel)[0].deleted = True
    await mina.press(message, "Delete")
    await message.until(lambda one: not one.pictures)
    assert bot.posts == []


async def test_shared_once_more_elsewhere_it_stands_there(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor
) -> None:
    other = guild.channel("other")
    message = await bot.result(mina, channel)
    queue = await answered(await mina.slash(other, "queue"))
    opened = await mina.press(queue, "Show #")
    await opened.until(lambda one: one.replies)
    copy = opened.replies[0]
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    await share(mina, copy, tick=True)
    await copy.until(lambda one: "Take it back" in one.buttons)
    assert seen_by_all(channel) == []
    (post,) = seen_by_all(other)
    assert post.pictures == [PNG]
    assert "Mina" in post.text
    await mina.press(copy, "Delete")
    await copy.until(lambda one: not one.pictures)
    assert seen_by_all(other) == []


async def test_shared_once_more_after_a_moderator_removed_it_stands_there(
    bot: Bot, channel: Channel, mina: Actor
) -> None:
    message = await bot.result(mina, channel)
    first, second = [(await mina.press(message, "Share here")).modal for _ in range(2)]
    await mina.submit(first, tick=False)
    await message.until(lambda one: "Take it back" in one.buttons)
    seen_by_all(channel)[0].deleted = True
    await mina.submit(second, tick=True)
    await bot.peer.until(lambda: seen_by_all(channel) and seen_by_all(channel)[0].pictures)
    (post,) = seen_by_all(channel)
    assert "Mina" in post.text


async def test_shared_before_a_restart_and_taken_back_after_it(
    peer: DiscordPeer, chat: Chat, channel: Channel, mina: Actor, tmp_path: Path
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        message = await bot.result(mina, channel)
        await share(mina, message)
        await message.until(lambda one: "Take it back" in one.buttons)
    writes = peer.command_writes
    async with running(peer, chat, tmp_path):
        await mina.press(message, "Take it back")
        await message.until(lambda one: "Share here" in one.buttons)
        assert not seen_by_all(channel)
    assert peer.command_writes == writes == 1


# --- who may do what ------------------------------------------------------------------------------------------------------


async def test_a_stranger_presses_in_vain(bot: Bot, channel: Channel, mina: Actor, theo: Actor) -> None:
    message = await bot.result(mina, channel)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    (post,) = seen_by_all(channel)
    assert post.buttons == []


async def test_moderators_by_permission(
    bot: Bot, guild: Guild, channel: Channel, theo: Actor, peer: DiscordPeer
) -> None:
    keeper = peer.user("keeper")
    guild.join(keeper, permissions=("manage_guild",))
    panel = await answered(await keeper.slash(channel, "room"))
    assert "Members can ask for pictures" in panel.text
    refused = await answered(await theo.slash(channel, "room", force=True))
    assert refused.text.startswith(say("refused-moderator"))

    guild.members[keeper] = []
    pressed = await keeper.press(panel, "Pause")
    await pressed.until(lambda one: one.replies)
    assert pressed.replies[0].text == say("refused-moderator")


async def test_moderators_by_role(
    peer: DiscordPeer, chat: Chat, guild: Guild, channel: Channel, theo: Actor, tmp_path: Path
) -> None:
    role = guild.role("Keepers")
    keeper = peer.user("keeper")
    guild.join(keeper, roles=[role])
    async with running(peer, chat, tmp_path, moderator_roles=[role.id]):
        panel = await answered(await keeper.slash(channel, "room"))
        assert "Members can ask for pictures" in panel.text
        refused = await answered(await theo.slash(channel, "room"))
        assert refused.text.startswith(say("refused-moderator"))


async def test_a_block_names_whom_it_is_about_and_takes_back_what_they_shared(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    message = await bot.result(mina, channel)
    await share(mina, message)
    await message.until(lambda one: "Take it back" in one.buttons)
    keeper = peer.user("keeper")
    guild.join(keeper, permissions=("manage_guild",))
    done = await answered(await keeper.slash(channel, "block", member=mina))
    assert say("discord-about-member", name="Mina") in done.text
    assert str(mina.id) not in done.text
    assert not seen_by_all(channel)


# --- direct messages and user installations --------------------------------------------------------------------------------


async def test_alone_with_the_bot(bot: Bot, mina: Actor) -> None:
    message = await bot.result(mina, mina.dm)
    assert message.pictures == [PNG]
    assert "Share here" not in message.buttons
    assert say("discord-share-in-server") not in message.text


async def test_alone_with_the_bot_a_late_picture_is_a_message(bot: Bot, mina: Actor, peer: DiscordPeer) -> None:
    await bot.asked(mina, mina.dm)
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    message = mina.dms[-1]
    assert message.pictures == [PNG]
    assert not message.ephemeral
    again = await answered(await mina.press(message, "Try again"))
    assert "in line" in again.text


async def test_in_a_server_without_the_bot(bot: Bot, peer: DiscordPeer) -> None:
    elsewhere = peer.guild("Elsewhere", has_bot=False)
    channel = elsewhere.channel("general")
    nori = peer.user("nori")
    elsewhere.join(nori)
    nori.install()
    message = await bot.result(nori, channel)
    assert message.ephemeral
    await share(nori, message)
    await message.until(lambda one: say("discord-share-here") in one.text)
    assert not seen_by_all(channel)
    await bot.asked(nori, channel)
    elsewhere.leave(nori)
    nori.has_installed = False
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    assert not seen_by_all(channel)
    assert not nori.dms
    assert await bot.chat.storage.jobs.due(8) == []


async def test_between_others_nothing_is_sent_that_was_not_asked_for(
    bot: Bot, mina: Actor, theo: Actor, peer: DiscordPeer
) -> None:
    mina.install()
    talk = peer.conversation(mina, theo)
    done = await bot.asked(mina, talk)
    assert shown(done).ephemeral
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    assert theo.sees(talk) == []
    assert mina.dms == []
    queue = await answered(await mina.slash(talk, "queue"))
    assert "Finished pictures still kept or shared: 1" in queue.text


async def test_rooms_and_their_parts(
    peer: DiscordPeer, chat: Chat, guild: Guild, channel: Channel, mina: Actor, theo: Actor, tmp_path: Path
) -> None:
    mina.install()
    forum = guild.forum("ideas")
    talk = peer.conversation(mina, theo)
    where = {
        channel: (str(guild.id), str(channel.id)),
        channel.thread("aside"): (str(guild.id), str(channel.id)),
        forum.thread("an idea"): (str(guild.id), str(forum.id)),
        mina.dm: (f"dm-{mina.id}", ""),
        talk: (f"private-{talk.id}", ""),
    }
    watched = Watched(chat.dispatcher)
    async with serving(watched, peer, tmp_path):
        for place, expected in where.items():
            done = await mina.slash(place, "help")
            await answered(done)
            call = watched.calls[-1]
            assert (call.room, call.channel) == expected
            assert (call.key, call.member) == (str(done.id), str(mina.id))


async def test_forgotten_direct_messages_are_erased(
    bot: Bot, guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    guild.deny(peer.bot, "send_messages")
    await bot.asked(mina, channel)
    peer.clock.advance(20 * MINUTE)
    await bot.draw()
    assert len(mina.dms) == 1
    privacy = await answered(await mina.slash(channel, "privacy"))
    await mina.press(privacy, "Forget me")
    await privacy.until(lambda one: "Yes, erase everything" in one.buttons)
    await mina.press(privacy, "Yes, erase everything")
    await privacy.until(lambda one: say("discord-forget-screen") in one.text)
    await peer.until(lambda: not mina.dms)


# --- connecting -------------------------------------------------------------------------------------------------------------


async def test_a_wrong_token_is_said_at_once(peer: DiscordPeer, chat: Chat, tmp_path: Path) -> None:
    for token in ("wrong", "with\nline", "한국어"):
        with pytest.raises(TokenRefused):
            async with running(peer, chat, tmp_path, token=token):
                pass
    assert peer.identifies == 0


async def test_a_token_that_is_reset_while_serving(
    peer: DiscordPeer, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)

    async def served() -> None:
        async with running(peer, chat, tmp_path) as bot:
            peer.reset_token()
            peer.invalidate_sessions()
            await until(bot.serving.done)

    with pytest.raises(TokenRefused):
        await served()
    assert len([one for one in peer.requests if one.status == 401]) <= 2


async def at_once(_client: discord.Client, _shard: int | None, *, initial: bool = False) -> None:
    """The library waits five seconds between two starts."""


async def test_intents_that_discord_refuses(
    peer: DiscordPeer, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer.hub, "_identify", lambda *_: (4014, "Disallowed intent(s)."))
    with pytest.raises(IntentsRefused):
        async with running(peer, chat, tmp_path):
            pass


async def test_sessions_that_end_again_and_again_do_not_use_up_the_day(
    peer: DiscordPeer,
    chat: Chat,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)
    identify = peer.hub._identify

    def forgetful(connection: Any, data: Any) -> Any:
        said = identify(connection, data)
        asyncio.get_running_loop().call_soon(peer.invalidate_sessions)
        return said

    async with running(peer, chat, tmp_path):
        monkeypatch.setattr(peer.hub, "_identify", forgetful)
        peer.invalidate_sessions()
        await until(lambda: peer.identifies > 1 and not peer.hub.connections)
    assert peer.identifies <= 1 + connection.IDENTIFIES


async def test_a_stop_while_the_library_hangs_up_by_itself(
    peer: DiscordPeer, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = asyncio.Event()
    close = discord.gateway.DiscordWebSocket.close

    async def slowly(socket: Any, code: int = 4000) -> None:
        closing.set()
        await asyncio.sleep(0.2)
        await close(socket, code)

    async with running(peer, chat, tmp_path) as bot:
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "close", slowly)
        task = asyncio.create_task(bot.platform._connection.client.close())
        await closing.wait()
        await bot.platform.close()
        task.cancel()


async def test_several_shards(chat: Chat, peer: DiscordPeer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)
    peer.hub.shards = 2
    guilds = [peer.guild("One"), peer.guild("Two")]
    assert {peer.hub.shard_of(guild) for guild in guilds} == {0, 1}
    mina = peer.user("mina")
    async with running(peer, chat, tmp_path) as bot:
        assert peer.identifies == 2
        for guild in guilds:
            guild.join(mina)
            assert (await bot.result(mina, guild.channel("general"))).pictures == [PNG]


async def test_few_starts_left_are_not_used_up(
    peer: DiscordPeer, chat: Chat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    peer.hub.identifies_left = RESERVE
    platform = Discord(
        chat.dispatcher, WORDING, tmp_path, token=peer.token, clock=peer.clock, api=peer.api, gateway=peer.gateway
    )
    with caplog.at_level(logging.WARNING):
        serving = asyncio.create_task(platform.run())
        await asked(peer, "GET", "/gateway/bot")
        await until(lambda: caplog.records)
        await platform.close()
        await asyncio.wait_for(serving, 30)
    assert peer.identifies == 0
    assert "more starts" in caplog.text
    assert peer.token not in caplog.text


async def test_discord_is_not_there_yet(
    peer: DiscordPeer, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "FIRST_WAIT", 0.05)
    peer.refuse("GET", "/users/@me", status=0, times=2)
    async with running(peer, chat, tmp_path) as bot:
        assert bot.platform.ready.is_set()
    assert peer.identifies == 1


async def test_commands_that_cannot_be_registered_now_are_registered_later(
    peer: DiscordPeer, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.platform.FIRST_WAIT", 0.05)
    peer.refuse("PUT", "/applications/*", status=429, cloudflare=True)
    async with running(peer, chat, tmp_path):
        assert peer.command_writes == 1


async def test_the_gateway_is_cut_and_comes_back(bot: Bot, channel: Channel, mina: Actor, peer: DiscordPeer) -> None:
    done = await bot.asked(mina, channel)
    await peer.cut_gateway()
    await peer.until(lambda: peer.resumes)
    await bot.draw()
    assert shown(done).pictures == [PNG]
    await bot.asked(mina, channel)
    assert peer.identifies == 1


async def test_checkup_says_what_an_admin_must_know(peer: DiscordPeer) -> None:
    found = await checkup(peer.token, api=peer.api)
    assert found.sessions_left == found.sessions == 1000
    assert str(peer.bot.id) in found.invite
    assert found.commands == 0
    with pytest.raises(TokenRefused):
        await checkup("wrong", api=peer.api)


async def test_a_stop_lets_running_calls_end_and_takes_no_more(
    peer: DiscordPeer, chat: Chat, channel: Channel, mina: Actor, tmp_path: Path
) -> None:
    async with running(peer, chat, tmp_path) as bot:
        gate = peer.hold("PATCH", "/webhooks/*")
        done = await mina.slash(channel, "avatar")
        await asked(peer, "PATCH", "/webhooks/*")
        closing = asyncio.create_task(bot.platform.close())
        await asyncio.sleep(0)
        late = await mina.slash(channel, "avatar", wait=False)
        gate.release()
        await closing
        assert "in line" in shown(done).text
        with pytest.raises(NotAcknowledged):
            await late.acknowledged(0.2)
    assert chat.jobs() == 1


async def test_the_log_names_nobody_and_no_token(
    bot: Bot,
    channel: Channel,
    mina: Actor,
    peer: DiscordPeer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbound, "SHOW_AGAIN_SECONDS", 0.01)
    with caplog.at_level(logging.WARNING):
        peer.refuse("PATCH", "/webhooks/*", status=400, code=50035)
        done = await mina.slash(channel, "avatar")
        await peer.until(lambda: [one for one in peer.asked("PATCH", "/webhooks/*") if one.status == 400])
    assert done.token not in caplog.text
    assert str(mina.id) not in caplog.text


# --- photos ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/attachments/1/2/photo.jpg",
        "http://cdn.discordapp.com/attachments/1/2/photo.jpg",
        "https://cdn.discordapp.com:8443/attachments/1/2/photo.jpg",
        "https://cdn.discordapp.com.evil.example/photo.jpg",
        "file:///etc/passwd",
        "",
    ],
)
async def test_a_photo_comes_from_nowhere_else(url: str) -> None:
    for cdn in ("", "http://127.0.0.1:1/cdn"):
        photos = Photos(cdn)
        with pytest.raises(PhotoLost) as lost:
            await photos.fetch(url)
        await photos.close()
        assert lost.value.key == "discord-photo-foreign"


async def test_a_slow_photo_is_given_up(peer: DiscordPeer) -> None:
    link = peer.world.attach(File.of(b"x" * 100_000), "attachments/1").url
    photos = Photos(peer.cdn, seconds=0.2)
    peer.slow_cdn(delay=0.5)
    with pytest.raises(PhotoLost) as lost:
        await photos.fetch(link)
    assert lost.value.key == "discord-photo-slow"
    await photos.close()


async def test_a_photo_is_cut_off_where_it_is_too_large(peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.photos.MAX_UPLOAD_BYTES", 1_000)
    photos = Photos(peer.cdn)
    upload = await photos.fetch(peer.world.attach(File.of(b"x" * 100_000), "attachments/1").url)
    await photos.close()
    assert len(upload.data) == 1_001
